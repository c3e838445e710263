"""CoT XML <-> Event.

Owns: what makes one `<event>` acceptable, and writing one. Forwarding keeps the bytes that arrived: an event is
re-written only where the wire rules demand it (`<marti>` removed, a number no client could read).
Doesn't own: where one event ends in a stream (`cot.framing`), protobuf (`cot.proto`).
Source: MITRE Event.xsd; behaviour of ATAK and node-cot (what they refuse, we never write).
"""

import math
import re
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element, ParseError, XMLParser, tostring
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from jointhq.base.errors import BadEvent
from jointhq.cot.event import UNKNOWN, UNKNOWN_FROM, Dest, Event, Fact
from jointhq.cot.times import TIME_MS_MAX, format_time, parse_time

# uid, type, how, access, qos, opex, caveat, releasableTo; time, start, stale in ms; lat, lon, hae, ce, le; callsign,
# course, speed. Texts as written, empty where missing; times and numbers None where missing or unreadable.
Ms = int | None
Number = float | None
Header = tuple[
    str, str, str, str, str, str, str, str,
    Ms, Ms, Ms,
    Number, Number, Number, Number, Number,
    str, Number, Number,
]  # fmt: skip

try:
    from jointhq.cot._scan import scan
except ImportError:  # there was no C compiler where this was installed: the same, slower

    def scan(raw: bytes, /) -> Header | None:  # noqa: ARG001
        """Return the header of a plain event; None of anything else. Here: of anything."""
        return None


SCANNER: Final = "tree" if scan.__module__ == __name__ else "C scanner"  # what reads an ordinary event

UID_CHARS_MAX: Final = 256  # uids are keys in every table; ATAK's own stay under 100
TYPE_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+]*(?:-[A-Za-z0-9_.+]+)*", re.ASCII)
TYPE_CHARS_MAX: Final = 64
DEPTH_MAX: Final = 64  # of nested elements; real detail has under ten, and readers that recurse break at some hundreds
READER_BYTES_MAX: Final = 65_536  # ATAK keeps no more of one event
DEST_MAX: Final = 256  # addressees of one event; a call-up list, not a bomb

_PROLOG = re.compile(rb"(?:[\s\x00]|\xef\xbb\xbf|<\?xml[^>]*\?>|<!--.*?-->)+", re.DOTALL)
_MARTI = re.compile(rb"<marti(?:\s[^<>]*)?/>|<marti(?:\s[^<>]*)?>.*?</marti\s*>", re.DOTALL)
_DETAIL = re.compile(rb"<detail(?:\s[^<>]*)?>(.*)</detail\s*>", re.DOTALL)
_START_TAG = re.compile(rb"""<event((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>""")
# Not from inside of a blank: long ones would be looked through once for each of their characters.
_ATTRIBUTE = re.compile(rb"""(?<!\s)\s++([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_MARKS: Final = frozenset({b"access", b"caveat", b"releasableTo", b"releaseableTo"})
_DEST_KEYS = ("callsign", "publish", "uid", "mission", "mission-guid", "group")


def parse_tree(raw: bytes) -> Element:
    """Return the element tree of one document. No DTD, so no entity beyond the five; UTF-8 whatever it claims."""
    if b"<!DOCTYPE" in raw:
        raise BadEvent("doctype", "a document type declaration is never accepted")
    try:
        parser = XMLParser(encoding="utf-8")  # noqa: S314 - no DTD gets here, so no entity and no outside file
        parser.feed(raw)
        root = parser.close()
    except ParseError as error:
        raise BadEvent("xml", f"not well-formed XML: {error}") from None
    except ValueError as error:  # expat: an encoding it can't do
        raise BadEvent("xml", str(error)) from None
    if raw.count(b"</") > DEPTH_MAX and _deeper_than(root, DEPTH_MAX):
        raise BadEvent("depth", f"elements nested deeper than {DEPTH_MAX}")
    return root


def _deeper_than(root: Element, limit: int) -> bool:
    level = [root]
    for _ in range(limit):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True


def parse(raw: bytes) -> Event:
    """Return the event in `raw`, one document with nothing behind it. Raises BadEvent, naming what is wrong."""
    if not raw.startswith(b"<event"):
        prolog = _PROLOG.match(raw)
        raw = raw[prolog.end() :] if prolog else raw
    plain = scan(raw)
    return _parse_tree_of(raw) if plain is None else _event(plain, raw)


def _parse_tree_of(raw: bytes) -> Event:
    """Return the event in `raw`, whatever XML it is written in."""
    root = parse_tree(raw)
    event = _event(_header(root), raw)
    point, detail = root.find("point"), root.find("detail")
    # A number that no client could read, or no place at all.
    rewrite = point is None or None in map(number, map(point.attrib.get, ("hae", "ce", "le")))
    if detail is not None and detail.find("marti") is not None:
        event.to = _addressees(detail)
        event.xml = _without_marti(raw)
        rewrite = rewrite or event.xml is None
        for marti in detail.findall("marti"):
            detail.remove(marti)
    if rewrite or not raw.endswith(b"</event>"):
        event.detail = inner_xml(detail) if detail is not None else b""
        event.xml = None
    return event


def _header(root: Element) -> Header:
    """Return what the tree says in its header, numbers and times read."""
    if root.tag != "event":
        raise BadEvent("root", f"expected <event>, got <{root.tag[:40]}>")
    get = root.attrib.get
    kind, time = get("type", ""), get("time", "")
    point, detail = root.find("point"), root.find("detail")
    if point is not None:
        lat, lon, hae, ce, le = (number(point.attrib.get(name)) for name in ("lat", "lon", "hae", "ce", "le"))
    elif kind.startswith("t-"):  # pytak's pong has none, and means no place by it
        lat, lon, hae, ce, le = 0.0, 0.0, None, None, None
    else:
        lat = lon = hae = ce = le = None
    return (
        get("uid", ""),
        kind,
        get("how", ""),
        get("access", ""),
        get("qos", ""),
        get("opex", ""),
        get("caveat", ""),
        get("releasableTo") or get("releaseableTo", ""),
        _time_ms(time),
        _time_ms(get("start", time)),
        _time_ms(get("stale", "")),
        lat,
        lon,
        hae,
        ce,
        le,
        *(("", None, None) if detail is None else _said(detail)),
    )


def _time_ms(text: str) -> int | None:
    try:
        return parse_time(text)
    except BadEvent:
        return None


def _said(detail: Element) -> tuple[str, float | None, float | None]:
    """Return callsign, course and speed as detail children say them."""
    contact, track = detail.find("contact"), detail.find("track")
    callsign = "" if contact is None else contact.attrib.get("callsign", "")
    if track is None:
        return callsign, None, None
    return callsign, number(track.attrib.get("course")), number(track.attrib.get("speed"))


def _event(header: Header, raw: bytes) -> Event:
    """Return the event that a header makes, if its values are acceptable."""
    (
        uid, kind, how, access, qos, opex, caveat, releasable_to,
        time_ms, start_ms, stale_ms, lat, lon, hae, ce, le, callsign, course, speed,
    ) = header  # fmt: skip
    if not 0 < len(uid) <= UID_CHARS_MAX:
        raise BadEvent("uid", f"uid must have 1 to {UID_CHARS_MAX} characters")
    if not _is_type(kind):
        raise BadEvent("type", f"not a CoT type: {kind[:80]!r}")
    if not how and not kind.startswith("t-"):
        raise BadEvent("how", "attribute how is missing")
    if (
        time_ms is None or not 0 <= time_ms <= TIME_MS_MAX
        or start_ms is None or not 0 <= start_ms <= TIME_MS_MAX
        or stale_ms is None or not 0 <= stale_ms <= TIME_MS_MAX
    ):  # fmt: skip
        raise BadEvent("time", "time, start or stale is no xs:dateTime with a zone, from 1970 on")
    if lat is None or not -90.0 <= lat <= 90.0 or lon is None or not -180.0 <= lon <= 180.0:
        raise BadEvent("point", f"no point with a latitude and longitude in degrees: {lat}, {lon}")
    # In the order of the fields: named, twenty arguments cost as much as the scanner.
    return Event(
        uid,
        kind,
        how,
        time_ms,
        start_ms,
        stale_ms,
        lat,
        lon,
        known(hae),
        known(ce),
        known(le),
        access,
        qos,
        opex,
        caveat,
        releasable_to,
        callsign,
        _course_deg(course),
        _speed_ms(speed),
        xml=raw,
    )


@lru_cache(maxsize=1024)  # a picture has some dozens
def _is_type(kind: str) -> bool:
    return len(kind) <= TYPE_CHARS_MAX and TYPE_PATTERN.fullmatch(kind) is not None


def read_detail(event: Event, detail: Element) -> None:
    """Set on `event` what its detail children say about it: callsign, course, speed, addressees."""
    event.callsign, course, speed = _said(detail)
    event.course_deg, event.speed_ms = _course_deg(course), _speed_ms(speed)
    event.to = _addressees(detail)


def _addressees(detail: Element) -> tuple[Dest, ...]:
    return tuple(dest for marti in detail.findall("marti") for dest in _dests(marti))


def _course_deg(course: float | None) -> float | None:
    course = known(course)
    return None if course is None else course % 360.0


def _speed_ms(speed: float | None) -> float | None:
    return speed if speed is not None and 0.0 <= speed < UNKNOWN_FROM else None


def _dests(marti: Element) -> tuple[Dest, ...]:
    dests: list[Dest] = []
    for dest in marti.iter("dest"):
        if len(dests) == DEST_MAX:
            raise BadEvent("marti", f"more than {DEST_MAX} addressees")
        for key in _DEST_KEYS:
            if value := dest.attrib.get(key):
                dests.append(Dest(key, value))
                break
    return tuple(dests)


def _without_marti(raw: bytes) -> bytes | None:
    """Return `raw` with its one marti element cut out; None where bytes alone can't tell."""
    if raw.count(b"<marti") != 1 or b"<!" in raw or raw.count(b"<") != raw.count(b">"):
        return None  # as many < as >: no value and no text holds one, so a tag ends where it seems to
    cut, count = _MARTI.subn(b"", raw)
    return cut if count == 1 else None


def number(text: str | None) -> float | None:
    """Return the number in `text` as every client can read it; None where it is missing, or no finite number."""
    try:
        value = float(text)  # type: ignore[arg-type]  # None raises TypeError, and is no number like the rest
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) and "_" not in text else None  # type: ignore[operator]


def known(value: float | None) -> float | None:
    """Return the value; None where it is CoT's "unknown"."""
    return value if value is not None and -UNKNOWN_FROM < value < UNKNOWN_FROM else None


def inner_xml(detail: Element) -> bytes:
    """Return the XML of an element's content, without the element."""
    whole: bytes = tostring(detail, encoding="utf-8", xml_declaration=False)
    if whole.startswith(b"<detail>"):  # without a name space, which each child would have to say for itself
        return whole[len(b"<detail>") : whole.rindex(b"</detail>")]
    parts = [escape(detail.text).encode() if detail.text else b""]
    parts += (tostring(child, encoding="utf-8", xml_declaration=False) for child in detail)
    return b"".join(parts)


def detail_xml(event: Event) -> bytes:
    """Return the XML of the children of <detail>, without the wrapper; empty where there are none."""
    if event.detail is None:
        raw = event.xml or b""
        if raw.count(b"<detail") == 1 and b"<!" not in raw and b"xmlns" not in raw:
            match = _DETAIL.search(raw)
            return match[1] if match else b""
        detail = parse_tree(raw).find("detail") if raw else None
        return b"" if detail is None else inner_xml(detail)
    return event.detail


def detail_children(event: Event) -> list[Element]:
    """Return the children of the event's <detail>."""
    return list(parse_tree(b"<detail>" + detail_xml(event) + b"</detail>"))


def write(event: Event) -> bytes:
    """Return the event as XML, closed by a literal `</event>`: the bytes it came in as, where they serve.

    On the wire it is ASCII: node-tak decodes UTF-8 read by read, and a character cut in two would be lost.
    """
    xml = event.xml
    if xml is None:
        event.xml = xml = _ascii(_write(event))
    elif not xml.isascii():
        event.xml = xml = _ascii(xml)
    return xml


def mark(event: Event, access: str, caveat: str, releasable_to: str) -> None:
    """Set what the event says of its label, before it is first written."""
    event.access, event.caveat, event.releasable_to, event.frame = access, caveat, releasable_to, None
    if event.xml is None:
        return
    start = _START_TAG.match(event.xml)
    if start is None or start[1].endswith(b"/"):
        event.detail, event.xml = detail_xml(event), None
        return
    said = "".join(
        f" {name}={quoteattr(value)}"
        for name, value in (("access", access), ("caveat", caveat), ("releasableTo", releasable_to))
        if value
    )
    kept = b"".join(found[0] for found in _ATTRIBUTE.finditer(start[1]) if found[1] not in _MARKS)
    event.xml = b"<event" + said.encode() + kept + event.xml[start.end(1) :]


def _ascii(xml: bytes) -> bytes:
    """Return the same document in ASCII; as it is where a reference would mean something else, or make it too long."""
    if xml.isascii() or b"<!" in xml or b"<?" in xml:
        return xml  # references mean nothing inside CDATA, comments and instructions
    ascii_xml = xml.decode().encode("ascii", "xmlcharrefreplace")
    if len(ascii_xml) > READER_BYTES_MAX:
        return xml
    try:
        expat.ParserCreate("utf-8").Parse(ascii_xml, True)
    except expat.ExpatError:
        return xml  # nor inside names
    return ascii_xml


def _write(event: Event) -> bytes:
    optional = "".join(
        f" {name}={quoteattr(value)}"
        for name, value in (
            ("access", event.access),
            ("qos", event.qos),
            ("opex", event.opex),
            ("caveat", event.caveat),
            ("releasableTo", event.releasable_to),
        )
        if value
    )
    head = (
        f'<event version="2.0" uid={quoteattr(event.uid)} type="{event.type}" how={quoteattr(event.how or "m-g")}'
        f' time="{format_time(event.time_ms)}" start="{format_time(event.start_ms)}"'
        f' stale="{format_time(event.stale_ms)}"{optional}>'
        f'<point lat="{event.lat!r}" lon="{event.lon!r}" hae="{_known(event.hae_m)!r}"'
        f' ce="{_known(event.ce_m)!r}" le="{_known(event.le_m)!r}"/>'
    ).encode()
    return head + b"<detail>" + detail_xml(event) + b"</detail></event>"


def _known(value: float | None) -> float:
    return UNKNOWN if value is None else float(value)


# Fact name -> (element, attribute) of a client's own position report.
_FACTS: Final = {
    "team": ("__group", "name"),
    "role": ("__group", "role"),
    "device": ("takv", "device"),
    "platform": ("takv", "platform"),
    "app_version": ("takv", "version"),
    "os": ("takv", "os"),
    "battery_percent": ("status", "battery"),
    "phone": ("contact", "phone"),
    "position_source": ("precisionlocation", "geopointsrc"),
    "altitude_source": ("precisionlocation", "altsrc"),
}


def facts(event: Event) -> dict[str, Fact]:
    """Return what the event says beyond place and movement, by fact name; read when somebody looks at it."""
    found: dict[str, Fact] = dict(event.facts)
    if found or not (event.detail or event.xml):
        return found
    children = detail_children(event)
    for name, (tag, attribute) in _FACTS.items():
        for child in children:
            if child.tag == tag and child.attrib.get(attribute):
                found.setdefault(name, child.attrib[attribute])
    for child in children:
        if child.tag == "remarks" and child.text and child.text.strip():
            found.setdefault("remarks", child.text.strip())
    return found
