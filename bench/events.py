"""The events that the load generator sends: an ATAK-like position of about 760 bytes, as XML and as protobuf.

Owns: the bytes of an event, and the token in it by which a receiver accounts for every delivery.
Doesn't own: when it is sent (`worker`), how it is counted (`receiver`).

The token is `JQ<run:4><publisher:4><sequence:8><send time, us since boot:16>` in decimal digits, inside <remarks>:
found in raw bytes without parsing, in either encoding.
"""

import re
import struct
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

TOKEN_BYTES = 2 + 4 + 4 + 8 + 16
TOKEN = re.compile(rb"JQ(\d{32})")
TEAMS = ("Cyan", "Blue", "Green", "Yellow", "Orange", "Red", "Purple", "White", "Maroon", "Teal")
ROLES = ("Team Member", "Team Lead", "HQ", "Medic", "Forward Observer", "RTO")
DEVICE = ("GOOGLE PIXEL 7", "ATAK-CIV", "34", "5.2.0.16 (2c2c2d1a).1726596122-CIV")
STALE_S = 75


class Stamps:
    """The time attributes of an event, renewed every 100 ms: formatting them anew would cost more than the event."""

    def __init__(self) -> None:
        self._tick = -1
        self._made = (b"", 0, 0)

    def __call__(self, stale_s: int = STALE_S) -> tuple[bytes, int, int]:
        """Return (attributes, time in ms, stale in ms)."""
        tick = time.monotonic_ns() // 100_000_000 * 100_000 + stale_s
        if tick != self._tick:
            self._tick = tick
            now = datetime.now(UTC)
            stale = now + timedelta(seconds=stale_s)
            a, b = (f"{t:%Y-%m-%dT%H:%M:%S}.{t.microsecond // 1000:03d}Z" for t in (now, stale))
            attributes = f'time="{a}" start="{a}" stale="{b}"'.encode()
            self._made = (attributes, int(now.timestamp() * 1000), int(stale.timestamp() * 1000))
        return self._made


stamps = Stamps()


def now_us() -> int:
    """Microseconds since boot: one clock for every process of this machine."""
    return time.monotonic_ns() // 1000


def token(run: int, publisher: int, sequence: int, at_us: int) -> bytes:
    return b"JQ%04d%04d%08d%016d" % (run, publisher, sequence, at_us)


class Template(Protocol):
    """One client's position event, all but time, place and token made in advance."""

    def build(self, token: bytes, step: int = 0) -> bytes:
        """Return the event with this token, `step` places along the way."""
        ...


def _place(index: int) -> tuple[float, float]:
    return 52.10 + index % 100 * 0.001, 23.70 + index // 100 * 0.001


class XmlTemplate:
    """As XML."""

    __slots__ = ("_head", "_lat", "_lon", "_tail")

    def __init__(self, index: int, uid: str, callsign: str, pad_bytes: int = 0) -> None:
        device, platform, system, version = DEVICE
        self._head = f'<event version="2.0" uid="{uid}" type="a-f-G-U-C" how="m-g" '.encode()
        self._tail = (
            f'<takv device="{device}" platform="{platform}" os="{system}" version="{version}"/>'
            f'<contact endpoint="*:-1:stcp" callsign="{callsign}"/><uid Droid="{callsign}"/>'
            '<precisionlocation altsrc="GPS" geopointsrc="GPS"/>'
            f'<__group role="{ROLES[index % len(ROLES)]}" name="{TEAMS[index % len(TEAMS)]}"/><status battery="87"/>'
            f'<track course="{index * 37 % 360}.25713" speed="1.41231"/><remarks>{"p" * pad_bytes}'
        ).encode()
        self._lat, self._lon = _place(index)

    def build(self, token: bytes, step: int = 0) -> bytes:
        off = step % 64 * 0.00001
        point = b'><point lat="%.7f" lon="%.7f" hae="161.482" ce="4.2" le="9999999.0"/><detail>' % (
            self._lat + off,
            self._lon - off,
        )
        return b"".join((self._head, stamps()[0], point, self._tail, token, b"</remarks></detail></event>"))


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _bytes(field: int, value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def _double(field: int, value: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", value)


def _uint(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


class TakTemplate:
    """As a stream frame of TAK protocol v1."""

    __slots__ = ("_before", "_detail", "_how", "_lat", "_lon", "_remarks_end", "_remarks_pad")

    def __init__(self, index: int, uid: str, callsign: str, pad_bytes: int = 0) -> None:
        self._before = _bytes(1, "a-f-G-U-C") + _bytes(5, uid)
        self._how = _bytes(9, "m-g")
        self._detail = (
            _bytes(2, _bytes(1, "*:-1:stcp") + _bytes(2, callsign))
            + _bytes(3, _bytes(1, TEAMS[index % len(TEAMS)]) + _bytes(2, ROLES[index % len(ROLES)]))
            + _bytes(4, _bytes(1, "GPS") + _bytes(2, "GPS"))
            + _bytes(5, _uint(1, 87))
            + _bytes(6, b"".join(_bytes(i, text) for i, text in enumerate(DEVICE, 1)))
            + _bytes(7, _double(1, 1.41231) + _double(2, index * 37 % 360 + 0.25713))
        )
        self._remarks_pad = b"<remarks>" + b"p" * pad_bytes
        self._remarks_end = f'</remarks><uid Droid="{callsign}"/>'.encode()
        self._lat, self._lon = _place(index)

    def build(self, token: bytes, step: int = 0) -> bytes:
        _, time_ms, stale_ms = stamps()
        off = step % 64 * 0.00001
        event = b"".join((
            self._before, _uint(6, time_ms), _uint(7, time_ms), _uint(8, stale_ms), self._how,
            _double(10, self._lat + off), _double(11, self._lon - off), _double(12, 161.482), _double(13, 4.2),
            _double(14, 9999999.0),
            _bytes(15, _bytes(1, self._remarks_pad + token + self._remarks_end) + self._detail),
        ))  # fmt: skip
        message = _bytes(2, event) + _uint(3, time_ms) + _uint(4, time_ms)
        return b"\xbf" + varint(len(message)) + message


def template(wire: str, index: int, uid: str, callsign: str, pad_bytes: int = 0) -> Template:
    """Return the template for `wire`: xml, tak (negotiated) or tak-raw (protobuf at once)."""
    return (XmlTemplate if wire == "xml" else TakTemplate)(index, uid, callsign, pad_bytes)


def event(
    uid: bytes, detail: bytes = b"", kind: bytes = b"a-f-G-U-C", attributes: bytes = b"", *, stale_s: int = STALE_S
) -> bytes:
    """Return a plain event, for what isn't load."""
    return (
        b'<event version="2.0" uid="%b" type="%b" how="m-g" %b%b><point lat="52.1" lon="23.7" hae="1.0" '
        b'ce="9.0" le="9.0"/><detail>%b</detail></event>' % (uid, kind, stamps(stale_s)[0], attributes, detail)
    )


def contact(callsign: bytes) -> bytes:
    return (
        b'<takv device="x" platform="ATAK-CIV" os="34" version="5.2"/>'
        b'<contact endpoint="*:-1:stcp" callsign="%b"/><__group role="Team Member" name="Cyan"/>' % callsign
    )


def protocol_request(offer_uid: bytes) -> bytes:
    """Return the request for TAK protocol v1 that answers an offer."""
    return (
        b'<event version="2.0" uid="%b" type="t-x-takp-q" %b how="m-g">'
        b'<point lat="0.0" lon="0.0" hae="0.0" ce="999999" le="999999"/>'
        b'<detail><TakControl><TakRequest version="1"/></TakControl></detail></event>' % (offer_uid, stamps()[0])
    )
