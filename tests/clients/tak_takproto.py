"""One client made of a socket and takproto's codec as a process: JSON lines in on stdin, JSON lines out on stdout.

Owns: TAK protocol v1 as a client that isn't ours sees it: negotiation (`negotiate`) or frames at once (`direct`).
Doesn't own: what must arrive (the tests say).

takproto 3.0.1 knows no caveat and releaseableTo (fields 16 and 17): they are added to and read from the bytes here.

In:  {"do": "send", "xml"} | {"do": "ping"}
Out: {"kind": "ready"} | {"kind": "negotiated", "status"} | {"kind": "event", "encoding", "xml", ...attributes}
     | {"kind": "pong"} | {"kind": "refused", "detail"} | {"kind": "closed"}
"""

import json
import socket
import sys
import threading
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import Any

import takproto
from google.protobuf.unknown_fields import UnknownFieldSet
from takproto.functions import msg2proto, parse_stream, xml2message

CAVEAT, RELEASEABLE_TO = 16, 17
TYPED = {"contact": "contact", "group": "__group", "precisionLocation": "precisionlocation", "status": "status",
         "takv": "takv", "track": "track"}  # fmt: skip
EVENT = (
    '<event version="2.0" uid="{uid}" type="{type}" how="m-g" time="{now}" start="{now}" stale="{stale}">'
    '<point lat="0.0" lon="0.0" hae="0.0" ce="999999" le="999999"/><detail>{detail}</detail></event>'
)


_SAYING = threading.Lock()  # two threads say things, and a line must stay one line


def say(**line: object) -> None:
    with _SAYING:
        print(json.dumps(line), flush=True)


def stamp(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def text_field(number: int, value: str) -> bytes:
    tag = number << 3 | 2
    return bytes([tag & 0x7F | 0x80, tag >> 7, len(value.encode())]) + value.encode()


def to_frame(xml: str) -> bytes:
    """Encode with takproto; caveat and releasable attributes ride along as the fields it doesn't know."""
    message = xml2message(xml.encode())
    event = ET.fromstring(xml)
    for number, names in ((CAVEAT, ("caveat",)), (RELEASEABLE_TO, ("releasableTo", "releaseableTo"))):
        for value in filter(None, map(event.get, names)):
            message.cotEvent.MergeFromString(text_field(number, value))
    return bytes(msg2proto(message, takproto.TAKProtoVer.STREAM))


def to_xml(message: Any) -> str:
    """Say as an event what the message says; typed fields by the names that CoT gives them."""
    cot = message.cotEvent
    known = {name: getattr(cot, name) for name in ("type", "uid", "how", "access", "qos", "opex")}
    unknown: Any = UnknownFieldSet(cot)  # iterable, whatever its types say
    for field in unknown:
        name = {CAVEAT: "caveat", RELEASEABLE_TO: "releasableTo"}.get(field.field_number)
        if name:
            known[name] = field.data.decode()
    times = {"time": cot.sendTime, "start": cot.startTime, "stale": cot.staleTime}
    iso = {
        k: datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" for k, ms in times.items()
    }
    event = ET.Element("event", {k: v for k, v in known.items() if v} | iso)
    ET.SubElement(event, "point", {k: repr(getattr(cot, k)) for k in ("lat", "lon", "hae", "ce", "le")})
    detail = ET.fromstring(f"<detail>{cot.detail.xmlDetail}</detail>")
    for field, value in cot.detail.ListFields():
        if field.name in TYPED:
            ET.SubElement(detail, TYPED[field.name], {f.name: str(v) for f, v in value.ListFields()})
    event.append(detail)
    return ET.tostring(event, encoding="unicode")


class Client:
    """The socket, what has arrived and not been cut yet, and which encoding each side is in."""

    def __init__(self, port: int, mode: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.settimeout(None)
        self.buffer = bytearray()
        self.mode = mode
        self.protobuf_out = mode == "direct"
        self.protobuf_in = threading.Event()

    def send(self, xml: str) -> None:
        self.socket.sendall(to_frame(xml) if self.protobuf_out else xml.encode())

    def ping(self) -> None:
        self.send(EVENT.format(uid="takproto-ping", type="t-x-c-t", now=stamp(), stale=stamp(10), detail=""))

    def receive(self) -> None:
        while data := self.socket.recv(1 << 16):
            self.buffer += data
            while self.next_message():
                pass
        say(kind="closed")

    def next_message(self) -> bool:
        if self.buffer[:1] == b"\xbf":
            return self.next_frame()
        end = self.buffer.find(b"</event>")
        if end < 0:
            return False
        end += len(b"</event>")
        xml = self.buffer[:end].decode()
        self.buffer = self.buffer[end:].lstrip(b"\n")
        self.take(ET.fromstring(xml), xml, "xml")
        return True

    def next_frame(self) -> bool:
        size, shift = 0, 0
        for i, byte in enumerate(self.buffer[1:6]):
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                end = 2 + i + size
                break
        else:
            return False
        if len(self.buffer) < end:
            return False
        frame = bytes(self.buffer[:end])
        del self.buffer[:end]
        xml = to_xml(parse_stream(frame))
        self.take(ET.fromstring(xml), xml, "protobuf")
        return True

    def take(self, event: ET.Element, xml: str, encoding: str) -> None:
        kind, control = event.get("type"), event.find("detail/TakControl")
        if encoding == "xml" and self.protobuf_in.is_set():
            say(kind="refused", detail=f"XML after the switch to protobuf: {xml}")
        if kind == "t-x-takp-v" and self.mode == "negotiate" and control is not None:
            say(kind="offer", xml=xml)
            detail = '<TakControl><TakRequest version="1"/></TakControl>'
            uid = event.get("uid")
            self.send(EVENT.format(uid=uid, type="t-x-takp-q", now=stamp(), stale=stamp(60), detail=detail))
        elif kind == "t-x-takp-r" and control is not None:
            answer = control.find("TakResponse")
            status = answer is not None and answer.get("status") == "true"
            self.protobuf_out = status
            if status:
                self.protobuf_in.set()
            say(kind="negotiated", status=status)
            say(kind="ready")
        elif kind == "t-x-c-t-r":
            say(kind="pong", encoding=encoding)
        elif kind != "t-x-takp-v":
            say(kind="event", encoding=encoding, xml=xml)


def main(port: int, mode: str) -> None:
    client = Client(port, mode)
    threading.Thread(target=client.receive, daemon=True).start()
    if mode == "direct":
        say(kind="ready")
    for line in sys.stdin:
        command = json.loads(line)
        client.ping() if command["do"] == "ping" else client.send(command["xml"])
    client.socket.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
