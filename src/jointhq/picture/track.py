"""What a track is, and where it comes from.

Owns: the values the picture keeps for every uid, and the kinds of source.
Doesn't own: keeping them (`picture.picture`), the past (`picture.history`), the bytes of a frame (`picture.wire`).
"""

from typing import Final, Literal

import msgspec

from jointhq.cot.event import Event, Fact
from jointhq.release.label import Label

SourceKind = Literal["tak", "feed", "units"]
CALLSIGN_CHARS_MAX: Final = 100  # on a card: it goes to every page
State = Literal["live", "stale", "gone"]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever says where things are: all TAK clients together, one feed, or the headquarters' own units."""

    id: str
    kind: SourceKind
    name: str
    label: Label  # what comes from it has at the least
    retention_s: int  # how long the past is kept, at least; files go by whole UTC days
    name_ja: str = ""  # empty: as `name`


class Track(msgspec.Struct, kw_only=True, eq=False, gc=False):
    """The latest of one uid. The picture alone changes it; it stays valid, as "gone", for whoever still holds it.

    `time_ms` and `stale_ms` are the event's, but for a sender whose clock is far ahead (`Picture.update`) and for a
    track ended early.
    """

    slot: int  # its number on the wire; given to another uid once it is gone
    event: Event
    label: Label  # who may see it; the picture holds no track without
    label_number: int  # the label's in `picture.labels`
    source_id: str
    time_ms: int
    stale_ms: int
    received_ms: int
    state: State
    ended: bool = False  # made stale before its time: its owner left
    key: int = -1  # of its uid and label in the history's log
    due_ms: int = 0  # when the sweep looks at it next, at the latest
    said: tuple[object, ...] = ()  # what `card` was made of; empty when that was under another label
    card: bytes = b"{}"  # JSON of what pages and history know beside where it is and its label
    card_changed: bool = True  # since pages were told


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """Where one uid was, oldest first; NaN is unknown. `truncated`: there is more, older than the first."""

    uid: str
    t_ms: list[int]
    lat: list[float]
    lon: list[float]
    alt_m: list[float]
    course_deg: list[float]
    speed_ms: list[float]
    truncated: bool


def card_of(event: Event, source_id: str, facts: dict[str, Fact]) -> bytes:
    """Return what an event says beside where; `facts` are those of `facts_on_card`."""
    said: dict[str, object] = {
        "u": event.uid, "c": event.callsign[:CALLSIGN_CHARS_MAX], "t": event.type, "o": source_id
    }  # fmt: skip
    return msgspec.json.encode(said | {"f": facts} if facts else said)


def facts_on_card(facts: dict[str, Fact], kind: SourceKind) -> dict[str, Fact]:
    """Return the facts every page gets at once; the others it asks for one track at a time.

    A unit's are few and the page lists and draws by them; a feed's are many and change.
    """
    if not facts or kind == "units":
        return facts
    return {name: facts[name] for name in ("sidc", "name_ja") if name in facts}
