"""TAK protocol v1 <-> Event.

Owns: the mapping between a TakMessage's typed fields and the CoT value.
Doesn't own: frames in a stream (`cot.framing`), negotiation (`stream.session`).
Source: ATAK-CIV, "TAK Protocol, version 1", detail rules: an element becomes a typed field only when it carries
exactly what the field can say; where an element comes both ways, xmlDetail wins.
"""

import math
import re
from collections import Counter
from typing import Any, Final
from xml.etree.ElementTree import Element, tostring

from google.protobuf.message import DecodeError, Message

from jointhq.base.errors import BadEvent
from jointhq.cot import framing
from jointhq.cot.event import UNKNOWN, UNKNOWN_FROM, Event
from jointhq.cot.takproto_pb2 import TakMessage
from jointhq.cot.times import TIME_MS_MAX
from jointhq.cot.xml import (
    TYPE_CHARS_MAX,
    TYPE_PATTERN,
    UID_CHARS_MAX,
    detail_children,
    inner_xml,
    parse_tree,
    read_detail,
)

# Element -> (protobuf field, attributes it must have, attributes it may have).
_TYPED: Final[dict[str, tuple[str, frozenset[str], frozenset[str]]]] = {
    "contact": ("contact", frozenset({"callsign"}), frozenset({"endpoint"})),
    "__group": ("group", frozenset({"name", "role"}), frozenset()),
    "precisionlocation": ("precisionLocation", frozenset({"geopointsrc", "altsrc"}), frozenset()),
    "status": ("status", frozenset({"battery"}), frozenset()),
    "takv": ("takv", frozenset({"device", "platform", "os", "version"}), frozenset()),
    "track": ("track", frozenset({"speed", "course"}), frozenset()),
}
_BATTERIES: Final = frozenset(str(percent) for percent in range(101))
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what no XML document can carry


def decode(payload: bytes) -> Event | None:
    """Return the event in one TakMessage; None where it carries only TakControl. Raises BadEvent."""
    message = TakMessage()
    try:
        message.ParseFromString(payload)
    except DecodeError as error:
        raise BadEvent("protobuf", f"not a TakMessage: {error}") from None
    if not message.HasField("cotEvent"):
        return None
    cot = message.cotEvent
    if not 0 < len(cot.uid) <= UID_CHARS_MAX:
        raise BadEvent("uid", f"uid must have 1 to {UID_CHARS_MAX} characters")
    if len(cot.type) > TYPE_CHARS_MAX or not TYPE_PATTERN.fullmatch(cot.type):
        raise BadEvent("type", f"not a CoT type: {cot.type[:80]!r}")
    if not cot.how and not cot.type.startswith("t-"):
        raise BadEvent("how", "field how is missing")
    if not (-90.0 <= cot.lat <= 90.0 and -180.0 <= cot.lon <= 180.0):
        raise BadEvent("point", f"not a position: {cot.lat}, {cot.lon}")
    if max(cot.sendTime, cot.startTime, cot.staleTime) > TIME_MS_MAX:
        raise BadEvent("time", "time after the year 9999")
    said = (cot.uid, cot.how, cot.access, cot.qos, cot.opex, cot.caveat, cot.releaseableTo)
    if _NOT_XML.search("".join(said)):
        raise BadEvent("characters", "a text holds a character that XML can't carry")
    event = Event(
        uid=cot.uid,
        type=cot.type,
        how=cot.how,
        time_ms=cot.sendTime,
        start_ms=cot.startTime,
        stale_ms=cot.staleTime,
        lat=cot.lat,
        lon=cot.lon,
        hae_m=_known(cot.hae),
        ce_m=_known(cot.ce),
        le_m=_known(cot.le),
        access=cot.access,
        qos=cot.qos,
        opex=cot.opex,
        caveat=cot.caveat,
        releasable_to=cot.releaseableTo,
    )
    detail = parse_tree(b"<detail>" + cot.detail.xmlDetail.encode() + b"</detail>")
    in_xml = {child.tag for child in detail}
    typed = [
        (tag, value)
        for tag, (field, _, _) in _TYPED.items()
        if cot.detail.HasField(field) and tag not in in_xml  # type: ignore[arg-type]  # field names from the table
        if (value := _attributes(tag, getattr(cot.detail, field)))
    ]
    for i, (tag, value) in enumerate(typed):
        detail.insert(i, Element(tag, value))
    read_detail(event, detail)
    for marti in detail.findall("marti"):
        detail.remove(marti)
    event.detail = inner_xml(detail)
    if not event.to and "marti" not in in_xml:
        event.frame = framing.frame(payload)
    return event


def _known(value: float) -> float | None:
    return value if -UNKNOWN_FROM < value < UNKNOWN_FROM else None


def _attributes(tag: str, message: Message) -> dict[str, str]:
    """Return a typed field as the attributes of its element; what the wire left out is left out."""
    values: dict[str, str] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if isinstance(value, str):
            if _NOT_XML.search(value):
                raise BadEvent("characters", f"a text of <{tag}> holds a character that XML can't carry")
            if value:
                values[field.name] = value
        elif isinstance(value, float):
            if math.isfinite(value):
                values[field.name] = repr(value)
        else:
            values[field.name] = str(value)
    return values if tag != "track" or len(values) == 2 else {}


def encode(event: Event) -> bytes:
    """Return the event as one stream frame: the one it came in as, where that serves."""
    if event.frame is None:
        event.frame = framing.frame(_encode(event).SerializeToString())
    return event.frame


def _encode(event: Event) -> TakMessage:
    message = TakMessage()
    cot = message.cotEvent
    cot.uid, cot.type, cot.how = event.uid, event.type, event.how
    cot.sendTime, cot.startTime, cot.staleTime = event.time_ms, event.start_ms, event.stale_ms
    cot.lat, cot.lon = event.lat, event.lon
    cot.hae = UNKNOWN if event.hae_m is None else event.hae_m
    cot.ce = UNKNOWN if event.ce_m is None else event.ce_m
    cot.le = UNKNOWN if event.le_m is None else event.le_m
    cot.access, cot.qos, cot.opex = event.access, event.qos, event.opex
    cot.caveat, cot.releaseableTo = event.caveat, event.releasable_to
    children = detail_children(event)
    times = Counter(child.tag for child in children)
    rest = [
        tostring(child, encoding="utf-8", xml_declaration=False)
        for child in children
        if times[child.tag] != 1 or not _typed(cot.detail, child)
    ]
    if rest:
        cot.detail.xmlDetail = b"".join(rest).decode()
    return message


def _typed(detail: Any, child: Element) -> bool:
    """Write `child` as its typed field if that loses nothing; tell whether it did."""
    if child.tag not in _TYPED or len(child) or (child.text and child.text.strip()):
        return False
    field, must, may = _TYPED[child.tag]
    values = child.attrib
    if not must <= values.keys() <= must | may or not all(values.values()):
        return False
    if child.tag == "status":
        if values["battery"] not in _BATTERIES:
            return False
        detail.status.battery = int(values["battery"])
    elif child.tag == "track":
        try:
            speed, course = float(values["speed"]), float(values["course"])
        except ValueError:
            return False
        if not (math.isfinite(speed) and math.isfinite(course)):
            return False
        detail.track.speed, detail.track.course = speed, course
    else:
        message = getattr(detail, field)
        for name, value in values.items():
            setattr(message, name, value)
    return True
