"""Events and clocks for the tests of the picture."""

from typing import Any

from hypothesis import strategies as st

from jointhq.cot.event import Event
from jointhq.picture.track import Source

T0_MS = 1_795_428_000_000  # 2026-11-23T10:00Z

FEED = Source(id="adsb", kind="feed", name="ADS-B", retention_s=86_400)
TAK = Source(id="tak", kind="tak", name="TAK", retention_s=30 * 86_400)
UNITS = Source(id="units", kind="units", name="Units", retention_s=30 * 86_400)
SOURCES = (FEED, TAK, UNITS)


def event(uid: str = "a", *, time_ms: int = T0_MS, stale_s: float = 60, **said: Any) -> Event:
    whole: dict[str, Any] = {"type": "a-f-G", "how": "m-g", "lat": 35.0, "lon": 139.0, "callsign": uid} | said
    return Event(uid=uid, time_ms=time_ms, start_ms=time_ms, stale_ms=time_ms + round(stale_s * 1000), **whole)


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
