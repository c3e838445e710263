"""CoT XML <-> Event.

Owns: what makes one `<event>` acceptable, and writing one. Forwarding keeps the bytes that arrived: an event is
re-written only where the wire rules demand it (`<marti>` removed, a number no client could read).
Doesn't own: where one event ends in a stream (`cot.framing`), protobuf (`cot.proto`).
Source: MITRE Event.xsd; behaviour of ATAK and node-cot (what they refuse, we never write).
"""

import math
import re
from typing import Final
from xml.etree.ElementTree import Element, ParseError, XMLParser, tostring
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from jointhq.base.errors import BadEvent
from jointhq.cot.event import UNKNOWN, UNKNOWN_FROM, Dest, Event, Fact
from jointhq.cot.times import TIME_MS_MAX, format_time, parse_time

UID_CHARS_MAX: Final = 256  # uids are keys in every table; ATAK's own stay under 100
TYPE_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+]*(?:-[A-Za-z0-9_.+]+)*", re.ASCII)
TYPE_CHARS_MAX: Final = 64
DEPTH_MAX: Final = 64  # of nested elements; real detail has under ten, and readers that recurse break at some hundreds
READER_BYTES_MAX: Final = 65_536  # ATAK keeps no more of one event
DEST_MAX: Final = 256  # addressees of one event; a call-up list, not a bomb

_PROLOG = re.compile(rb"(?:[\s\x00]|\xef\xbb\xbf|<\?xml[^>]*\?>|<!--.*?-->)+", re.DOTALL)
_MARTI = re.compile(rb"<marti(?:\s[^<>]*)?/>|<marti(?:\s[^<>]*)?>.*?</marti\s*>", re.DOTALL)
_DETAIL = re.compile(rb"<detail(?:\s[^<>]*)?>(.*)</detail\s*>", re.DOTALL)
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
    root = parse_tree(raw)
    if root.tag != "event":
        raise BadEvent("root", f"expected <event>, got <{root.tag[:40]}>")
    get = root.attrib.get
    uid, kind, how = get("uid", ""), get("type", ""), get("how", "")
    if not 0 < len(uid) <= UID_CHARS_MAX:
        raise BadEvent("uid", f"uid must have 1 to {UID_CHARS_MAX} characters")
    if len(kind) > TYPE_CHARS_MAX or not TYPE_PATTERN.fullmatch(kind):
        raise BadEvent("type", f"not a CoT type: {kind[:80]!r}")
    control = kind.startswith("t-")
    if not how and not control:
        raise BadEvent("how", "attribute how is missing")
    time = get("time", "")
    time_ms = parse_time(time)
    start = get("start", time)
    start_ms = time_ms if start == time else parse_time(start)
    stale_ms = parse_time(get("stale", ""))
    if not 0 <= time_ms <= TIME_MS_MAX or not 0 <= start_ms <= TIME_MS_MAX or not 0 <= stale_ms <= TIME_MS_MAX:
        raise BadEvent("time", "times before 1970 are not events")

    point, detail = root.find("point"), root.find("detail")
    rewrite = False
    if point is None:
        if not control:  # pytak's pong has none, and means no place by it
            raise BadEvent("point", "element point is missing")
        lat = lon = 0.0
        hae_m = ce_m = le_m = None
        rewrite = True
    else:
        at = point.attrib.get
        lat, lon = coordinate(at("lat"), 90.0), coordinate(at("lon"), 180.0)
        hae_m, ce_m, le_m = hae_ce_le = measure(at("hae")), measure(at("ce")), measure(at("le"))
        if None in hae_ce_le:  # unknown as CoT writes it, or a number that no client could read
            rewrite = not (readable(at("hae")) and readable(at("ce")) and readable(at("le")))

    event = Event(
        uid=uid,
        type=kind,
        how=how,
        time_ms=time_ms,
        start_ms=start_ms,
        stale_ms=stale_ms,
        lat=lat,
        lon=lon,
        hae_m=hae_m,
        ce_m=ce_m,
        le_m=le_m,
        access=get("access", ""),
        qos=get("qos", ""),
        opex=get("opex", ""),
        caveat=get("caveat", ""),
        releasable_to=get("releasableTo") or get("releaseableTo", ""),
        xml=raw,
    )
    if detail is not None:
        read_detail(event, detail)
        if event.to or detail.find("marti") is not None:
            event.xml = _without_marti(raw)
            rewrite = rewrite or event.xml is None
            for marti in detail.findall("marti"):
                detail.remove(marti)
    if rewrite or not raw.endswith(b"</event>"):
        event.detail = inner_xml(detail) if detail is not None else b""
        event.xml = None
    return event


def read_detail(event: Event, detail: Element) -> None:
    """Set on `event` what its detail children say about it: callsign, course, speed, addressees."""
    contact, track = detail.find("contact"), detail.find("track")
    if contact is not None:
        event.callsign = contact.attrib.get("callsign", "")
    if track is not None:
        course, speed = measure(track.attrib.get("course")), measure(track.attrib.get("speed"))
        event.course_deg = None if course is None else course % 360.0
        event.speed_ms = speed if speed is not None and speed >= 0 else None
    if detail.find("marti") is not None:
        for marti in detail.findall("marti"):
            event.to += _dests(marti)


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


def coordinate(text: str | None, most: float) -> float:
    """Return a latitude or longitude in degrees, -most to +most. Raises BadEvent."""
    value = measure(text)
    if value is None or not -most <= value <= most:
        raise BadEvent("point", f"not a coordinate between -{most:g} and {most:g}: {str(text)[:40]!r}")
    return value


def measure(text: str | None) -> float | None:
    """Return the number in `text`; None where it is missing, no finite number, or CoT's "unknown"."""
    try:
        value = float(text)  # type: ignore[arg-type]  # None raises TypeError, and is as unknown as the rest
    except (TypeError, ValueError):
        return None
    return value if -UNKNOWN_FROM < value < UNKNOWN_FROM and "_" not in text else None  # type: ignore[operator]


def readable(text: str | None) -> bool:
    """Tell whether every client can read this hae, ce or le as it stands."""
    try:
        return text is not None and "_" not in text and math.isfinite(float(text))
    except ValueError:
        return False


def inner_xml(detail: Element) -> bytes:
    """Return the XML of an element's content, without the element."""
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
