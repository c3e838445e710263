"""How records follow one another: positions, digests, times, and who wrote last.

Owns: turning checked drafts into records behind a head, and checking that a line follows its head. Pure: what is known
comes in, records and refusals go out. Doesn't own: where they are kept (`sqlite`, `postgres`, `memory`).
"""

import hashlib
import secrets
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput, JointHQError
from jointhq.journal.record import NO_DIGEST, Prepared, Record, read, write

CLOCK_BACK_MS_MAX: Final = 5_000  # Time services step a clock by less; more is somebody's mistake, so we ask.
RECORD_BYTES: Final = 600  # a record without its body, about


class Conflict(JointHQError):
    """Somebody else wrote about the same subject meanwhile: read again, decide again, append again."""

    code = "conflict"


class Refused(JointHQError):
    """The journal can't take a record now, and has written nothing. `code` says why, the message what to do."""

    code: str = "refused"  # type: ignore[misc]  # each refusal has its own: disk_full, read_only, disk_error, clock, ...

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Head(msgspec.Struct, frozen=True, gc=False):
    """Where a journal ends."""

    position: int = 0
    digest: str = NO_DIGEST
    written_ms: int = 0


class Line(msgspec.Struct, frozen=True, gc=False):
    """A record with the bytes that its digest covers."""

    record: Record
    content: bytes


class Known(msgspec.Struct, frozen=True, gc=False):
    """What a store looked up for a batch, under the lock that it writes under."""

    last: dict[str, int]  # subject -> position of its last record, of those that were asked for
    ids: dict[str, int]  # id -> its position, of those that are there already


class Ask(msgspec.Struct, frozen=True):
    """One append: all of it or nothing."""

    drafts: Sequence[Prepared]
    heads: Mapping[str, int]

    def ids(self) -> Iterable[str]:
        """Return the ids that may be there already."""
        return (p.draft.id for p in self.drafts if p.draft.id)

    def size(self) -> int:
        """Return about how many bytes will be written."""
        return sum([len(p.body) + RECORD_BYTES for p in self.drafts])


class Sealer:
    """Gives records their id, position, time and digest. Holds no position: each batch brings the head it follows."""

    def __init__(
        self,
        hq: str,
        clock: Clock,
        *,
        random_bits: Callable[[int], int] = secrets.randbits,
        accept_clock: bool = False,
    ) -> None:
        self._hq = hq
        self._clock = clock
        self._random_bits = random_bits
        self._accept_clock = accept_clock  # a person said that the clock is right, and the last record's time wrong

    def seal(self, asks: Sequence[Ask], head: Head, known: Known) -> tuple[list[list[Line] | Conflict], Head]:
        """Return, for each ask, its records or its conflict, and the head behind them all. Raises Refused."""
        now_ms = self._now_ms(head)
        last: ChainMap[str, int] = ChainMap({}, known.last)
        ids: ChainMap[str, int] = ChainMap({}, known.ids)
        outcomes: list[list[Line] | Conflict] = []
        for ask in asks:
            if conflict := _conflict(ask, last, ids):
                outcomes.append(conflict)
                continue
            lines: list[Line] = []
            for prepared in ask.drafts:
                line = self._next(prepared, head, now_ms)
                record = line.record
                head = Head(record.position, record.digest, now_ms)
                last[record.subject] = record.position
                ids[record.id] = record.position
                lines.append(line)
            outcomes.append(lines)
        return outcomes, head

    def _next(self, prepared: Prepared, head: Head, now_ms: int) -> Line:
        content = write(
            prepared,
            id=prepared.draft.id or uuid7(now_ms, self._random_bits(74)),
            hq=self._hq,
            position=head.position + 1,
            written_ms=now_ms,
            previous=head.digest,
        )
        return Line(read(digest_of(content), content), content)

    def _now_ms(self, head: Head) -> int:
        """Return the time of the next record, which is never before the last one's."""
        now_ms = self._clock.now_ms()
        if now_ms >= head.written_ms:
            return now_ms
        if head.written_ms - now_ms <= CLOCK_BACK_MS_MAX:
            return head.written_ms
        if self._accept_clock:
            return now_ms
        raise Refused(
            "clock",
            f"the clock says {_moment(now_ms)}, but the last record was written at {_moment(head.written_ms)}: nothing"
            " is written until they agree. Set the clock and try again; if the clock is right and the record's time"
            " was wrong, start once with --journal-accept-clock",
        )


def _conflict(ask: Ask, last: Mapping[str, int], ids: Mapping[str, int]) -> Conflict | None:
    for subject, position in ask.heads.items():
        if (found := last.get(subject, 0)) != position:
            return Conflict(f"{subject} was changed at position {found}, after {position}: read it and decide again")
    seen: set[str] = set()
    for id_ in ask.ids():
        if id_ in ids or id_ in seen:
            return Conflict(f"record {id_} is written already: read it instead of writing it again")
        seen.add(id_)
    return None


def digest_of(content: bytes) -> str:
    """Return what a record with this content has as its digest."""
    return hashlib.sha256(content).hexdigest()


def follow(head: Head, digest: str, content: bytes) -> Head:
    """Return the head behind a line. Raises BadInput saying what is wrong with it, its digest first of all."""
    if digest_of(content) != digest:
        raise BadInput("its content doesn't give its digest: one of them was changed")
    record = read(digest, content)
    if record.position != head.position + 1:
        raise BadInput(f"it says position {record.position} where {head.position + 1} must stand")
    if record.previous != head.digest:
        raise BadInput("it doesn't name the digest of the record before it: one was changed, added or taken out")
    return Head(record.position, digest, record.written_ms)


def uuid7(now_ms: int, random_bits: int) -> str:
    """Return a UUID version 7 (RFC 9562): time first, then 74 random bits."""
    value = (now_ms & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (random_bits >> 62 & 0xFFF) << 64
    text = f"{value | 0b10 << 62 | (random_bits & (1 << 62) - 1):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _moment(ms: int) -> str:
    try:
        return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"{ms} ms"
