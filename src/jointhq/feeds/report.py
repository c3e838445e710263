"""From what a decoder understood to one event; and the account of what came in.

Owns: the detail that TAK clients get from a feed, and the sums received = decoded + refused + held.
Doesn't own: decoding (`ais`, `adsb`). Never writes an empty element: node-cot would drop the whole event.
"""

from typing import Final

from jointhq.cot.event import Event, Fact
from jointhq.feeds.facts import Facts

TEXT_CHARS_MAX: Final = 64  # the longest honest name is 34 characters (AtoN with extension)


class Tally:
    """What came in and what became of it. Every sentence is decoded, refused with a reason, or held for its parts."""

    def __init__(self) -> None:
        self.received = 0
        self.decoded = 0
        self.held = 0
        self.refused: dict[str, int] = {}

    def refuse(self, reason: str, count: int = 1) -> None:
        """Count `count` refusals for one of `facts.REASONS`."""
        self.refused[reason] = self.refused.get(reason, 0) + count


def clean(text: str) -> str:
    """Return what may stand in XML and on a page of a text somebody broadcast: printable, trimmed, bounded."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isprintable())
    return text.strip()[:TEXT_CHARS_MAX].rstrip()


def make_event(
    kind: str,
    *,
    uid: str,
    cot_type: str,
    how: str,
    time_ms: int,
    stale_s: int,
    lat: float,
    lon: float,
    callsign: str,
    course_deg: float | None,
    speed_ms: float | None,
    facts: Facts,
    remarks: str,
    hae_m: float | None = None,
    altitude_is_barometric: bool = False,
    ce_m: float | None = None,
    position_source: str = "",
    altitude_source: str = "",
    extra: str = "",
    opex: str = "",
) -> Event:
    """Return the event of one report. Texts are clean already; `extra` is XML of further detail children."""
    lat, lon = round(lat, 6), round(lon, 6)
    if course_deg is not None:
        course_deg = round(course_deg, 1) % 360.0
    if speed_ms is not None:
        speed_ms = round(speed_ms, 2)
    parts = [f'<contact callsign="{_escape(callsign)}"/>']
    if course_deg is not None and speed_ms is not None:
        parts.append(f'<track course="{course_deg}" speed="{speed_ms}"/>')
    elif course_deg is not None:
        parts.append(f'<track course="{course_deg}"/>')
    elif speed_ms is not None:
        parts.append(f'<track speed="{speed_ms}"/>')
    if position_source:
        altsrc = f' altsrc="{altitude_source}"' if altitude_source else ""
        parts.append(f'<precisionlocation geopointsrc="{position_source}"{altsrc}/>')
    parts.append(extra)
    if remarks:
        parts.append(f"<remarks>{_escape(remarks)}</remarks>")
    said = "".join([f' {key}="{_text(value)}"' for key, value in facts.items()])
    parts.append(f'<__feed kind="{kind}"{said}/>')
    return Event(
        uid=uid,
        type=cot_type,
        how=how,
        time_ms=time_ms,
        start_ms=time_ms,
        stale_ms=time_ms + stale_s * 1000,
        lat=lat,
        lon=lon,
        hae_m=hae_m if hae_m is None else round(hae_m, 1),
        ce_m=ce_m,
        callsign=callsign,
        course_deg=course_deg,
        speed_ms=speed_ms,
        altitude_is_barometric=altitude_is_barometric,
        facts=facts,
        opex=opex,
        detail="".join(parts).encode(),
    )


def _text(value: Fact) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    return _escape(value) if isinstance(value, str) else str(value)


def _escape(text: str) -> str:
    if text.isalnum():
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
