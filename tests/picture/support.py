"""Events and clocks for the tests of the picture."""

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from jointhq.cot.event import Event
from jointhq.picture.audiences import ALWAYS_MS
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.release.door import Door
from jointhq.release.label import Label, interned
from jointhq.release.policy import Policies
from jointhq.release.reader import ANON, Reader
from tests.picture.page import Frame, PyPage

T0_MS = 1_795_428_000_000  # 2026-11-23T10:00Z

POLICY = "DEMO-USA-JPN"
DOOR = Door(Policies.load(), system=Label(POLICY, "CUI"), nation="USA", organisation="")


def label(level: str = "U", owner: str = "USA", *, rel: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Label:
    return interned(Label(POLICY, level, owner, rel, groups=groups))


def reader(nation: str = "USA", level: str = "CUI", *groups: str, until_ms: int = 1 << 50) -> Reader:
    return Reader(nation, "", POLICY, level, frozenset(), frozenset(groups or (ANON,)), until_ms)


OPEN = label()
FEED = Source(id="adsb", kind="feed", name="ADS-B", label=OPEN, retention_s=86_400)
TAK = Source(id="tak", kind="tak", name="TAK", label=OPEN, retention_s=30 * 86_400)
UNITS = Source(id="units", kind="units", name="Units", label=OPEN, retention_s=30 * 86_400)
SOURCES = (FEED, TAK, UNITS)
BOTH = label("CUI", rel=("JPN", "USA"))
US = label("CUI")
JAPAN = label("CUI", "JPN")
BLUE = label("U", groups=("Blue",))
ABOVE = label("S", rel=("JPN", "USA"))  # more than the system may show: nobody
LABELS = (OPEN, BOTH, US, JAPAN, BLUE, ABOVE)

ANYONE = reader("USA", "CUI", "Blue")  # of most tests: sees what they say
AMERICAN = reader("USA", "CUI")
JAPANESE = reader("JPN", "CUI", "Blue")
VISITOR = reader("AUS", "U")
READERS = (ANYONE, AMERICAN, JAPANESE, VISITOR)


def event(uid: str = "a", *, time_ms: int = T0_MS, stale_s: float = 60, **said: Any) -> Event:
    whole: dict[str, Any] = {"type": "a-f-G", "how": "m-g", "lat": 35.0, "lon": 139.0, "callsign": uid} | said
    return Event(uid=uid, time_ms=time_ms, start_ms=time_ms, stale_ms=time_ms + round(stale_s * 1000), **whole)


def snapshot(picture: Picture, who: Reader = ANYONE) -> bytes:
    """Everything as of the last tick, in one frame."""
    audience = replace(who, cleared_until_ms=ALWAYS_MS)
    picture.since(who)
    return picture._audiences._frames[audience].snapshot()


def news(picture: Picture, page: PyPage, who: Reader = ANYONE) -> list[Frame]:
    """Bring a page up to date; return what it was told."""
    caught = picture.since(who, page.epoch, page.position)
    told = [page.decode(frame) for frame in caught.frames]
    if who.cleared_until_ms > picture._clock.now_ms():
        assert (page.epoch, page.position) == (caught.epoch, caught.position)
    return told


def degrees(limit: int) -> st.SearchStrategy[float]:
    """Whole millionths, so that no rounding stands between a test and its model; the edges come often."""
    return st.one_of(
        st.sampled_from([-limit, 0, limit]), st.integers(-limit * 10**6, limit * 10**6).map(lambda v: v / 10**6)
    )


def maybe(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[float | None]:
    return st.none() | st.just(float("nan")) | numbers


places = st.fixed_dictionaries(
    {
        "lat": degrees(90),
        "lon": degrees(180),
        "hae_m": maybe(st.floats(-20_000, 2e7)),
        "course_deg": maybe(st.floats(0, 360)),
        "speed_ms": maybe(st.floats(-1, 30_000)),
    }
)
