"""What every source of tracks is, and how it keeps going.

Owns: state and account of a feed, back-off, never taking the server down or more than half of a core.
Doesn't own: where bytes come from (`sources`), what they mean (`ais`, `adsb`).
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, Protocol

import msgspec
import structlog

from jointhq.base.clock import Clock
from jointhq.cot.event import Event
from jointhq.feeds.report import Tally

log = structlog.get_logger("feeds")

RETRY_S: Final = (
    1.0,
    30.0,
)  # first wait after a failure, and the longest: a receiver that reboots is back within a minute
WORK_S_MAX: Final = 0.002  # work in one go after which a feed rests as long as it worked: half of a core at most

Publish = Callable[[Event], None]
State = Literal["live", "waiting", "ended", "failed"]


class FeedStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a feed is doing. `detail` is English; `code` and `params` say the same for translation."""

    id: str
    name: str
    name_ja: str
    kind: str
    state: State
    code: str
    params: dict[str, str | int | float]
    detail: str
    received: int  # = decoded + held + all refused
    decoded: int
    held: int
    events: int
    refused: dict[str, int]
    last_ms: int | None  # when its last event was published


# Code of a status -> English, with the parameters it takes.
DETAILS: Final = {
    "starting": "starting",
    "connecting": "connecting to {place}",
    "listening": "listening on {place}; nothing yet",
    "receiving": "receiving from {place}",
    "reading": "reading {place}",
    "replaying": "replaying {place} at {speed:g} times its speed, round {round}",
    "replaying_paced": "replaying {place}, which has no times, at {rate:g} lines a second, round {round}",
    "unchanged": "{place} has not changed for {seconds} s",
    "retrying": "{reason}; trying again in {seconds:g} s",
    "ended": "read to the end",
    "publishing": "{count} units",
    "failed": "{reason}",
}


class Feed(Protocol):
    """A source of tracks."""

    id: str
    name: str
    name_ja: str  # empty: as `name`
    kind: str
    retention_s: int | None  # how long its history is kept, where that is said
    label: str  # what comes from it is labelled with at the least, as a marking; empty: the headquarters' default

    async def run(self, publish: Publish) -> None:
        """Deliver events until cancelled, or to the end where there is one. Raises nothing else than CancelledError."""
        ...

    def status(self) -> FeedStatus:
        """How it is doing now."""
        ...


class Parser(Protocol):
    """Turns one line, or one document, into events. Raises nothing, whatever the bytes."""

    def prepare(self) -> None:
        """Load what is slow to load."""
        ...

    def receive(self, line: bytes, now_ms: int) -> Sequence[Event]:
        """Take one line or document."""
        ...

    def flush(self, now_ms: int) -> None:
        """Give up what is held: no more comes."""
        ...


class SourceLost(Exception):
    """Nothing comes from there now; try again."""


class SourceFailed(Exception):
    """Nothing will ever come from there until somebody mends it."""


class BaseFeed:
    """State, account and persistence of a feed; a source says in `_session` where its bytes come from."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - the glossary's word
        name: str,
        kind: str,
        clock: Clock,
        name_ja: str = "",
        retention_s: int | None = None,
        label: str = "",
        retry_s: tuple[float, float] = RETRY_S,
    ) -> None:
        self.id = id
        self.name = name
        self.name_ja = name_ja
        self.kind = kind
        self.retention_s = retention_s
        self.label = label
        self.tally = Tally()
        self._clock = clock
        self._retry_s = retry_s
        self._state: State = "waiting"
        self._code = "starting"
        self._params: dict[str, str | int | float] = {}
        self._events = 0
        self._last_ms: int | None = None
        self._progress = False  # something came since the last failure

    def status(self) -> FeedStatus:
        """How it is doing now."""
        tally = self.tally
        return FeedStatus(
            id=self.id,
            name=self.name,
            name_ja=self.name_ja,
            kind=self.kind,
            state=self._state,
            code=self._code,
            params=dict(self._params),
            detail=DETAILS[self._code].format(**self._params),
            received=tally.received,
            decoded=tally.decoded,
            held=tally.held,
            events=self._events,
            refused=dict(tally.refused),
            last_ms=self._last_ms,
        )

    async def run(self, publish: Publish) -> None:
        """Deliver events until cancelled, or to the end where there is one."""
        wait_s = self._retry_s[0]
        while True:
            self._progress = False
            try:
                await self._session(publish)
            except SourceFailed as failure:
                self._say("failed", "failed", reason=str(failure))
                return
            except (SourceLost, OSError) as lost:
                reason = str(lost) or type(lost).__name__
            except Exception as error:
                log.exception("feed.broke", feed=self.id)
                reason = f"internal error, {type(error).__name__}; the log says more"
            else:
                self._say("ended", "ended")
                return
            wait_s = self._retry_s[0] if self._progress else wait_s
            self._say("waiting", "retrying", reason=reason, seconds=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, self._retry_s[1])

    async def _session(self, publish: Publish) -> None:
        """Deliver what comes. Return at the end of everything; raise SourceLost to be called again."""
        raise NotImplementedError

    def _say(self, state: State, code: str, **params: str | float) -> None:
        if state != self._state:
            log.info("feed.state", feed=self.id, state=state, detail=DETAILS[code].format(**params))
        self._state, self._code, self._params = state, code, params

    def _publish(self, events: Iterable[Event], publish: Publish, now_ms: int) -> None:
        for event in events:
            publish(event)
            self._events += 1
            self._last_ms = now_ms

    async def _take(self, parser: Parser, lines: Iterable[bytes], publish: Publish) -> None:
        """Decode and publish lines, a little at a time, resting as long as working."""
        self._progress = True
        began_s = time.perf_counter()
        for line in lines:
            now_ms = self._clock.now_ms()
            self._publish(parser.receive(line, now_ms), publish, now_ms)
            worked_s = time.perf_counter() - began_s
            if worked_s > WORK_S_MAX:
                await asyncio.sleep(worked_s)
                began_s = time.perf_counter()
        await asyncio.sleep(0)
