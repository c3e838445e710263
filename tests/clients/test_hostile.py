"""Broken, slow, silent and hostile connections harm only themselves.

While each of them does its worst, two healthy clients keep exchanging events; afterwards a newcomer is served too.
"""

import contextlib
import html
import os
import random
import re
import socket
import struct
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest
import takproto
from takproto.functions import msg2proto

from tests.clients.harness import ANSWER_S, Server, event

pytestmark = pytest.mark.clients

WORST_S = 10.0  # A healthy exchange may take this long on a very busy machine; on a quiet one it takes milliseconds.
GROWTH_BYTES_MAX = 48 << 20  # What one hostile client may cost the server: its limits allow it a few MiB.
STALLED_BYTES_MAX = (
    24 << 20
)  # the settings' write buffer (8 MiB) and queue (1 MiB), a tick, and what the allocator keeps
_number = count(1)


class Wire:
    """A TAK client made of a socket and nothing else."""

    opened: ClassVar[list["Wire"]] = []

    def __init__(self, server: Server, *, receive_bytes: int = 0) -> None:
        self.opened.append(self)
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(ANSWER_S)
        self.socket.connect(("127.0.0.1", server.port))
        self.uid = f"WIRE-{next(_number)}"
        self.seen = bytearray()

    def send(self, *parts: str | bytes) -> None:
        for part in parts:
            self.socket.sendall(part.encode() if isinstance(part, str) else part)

    def identify(self) -> None:
        """Say who we are, and return when the server knows it."""
        self.send(event(self.uid, "a-f-G-U-C", f'<contact callsign="{self.uid}" endpoint="*:-1:stcp"/>'))
        self.sync()

    def sync(self) -> None:
        """Return when the server has dealt with everything sent before."""
        start = len(self.seen)
        self.send(event(f"{self.uid}-ping", "t-x-c-t", ""))
        self.until(b"t-x-c-t-r", start=start)

    def until(self, mark: bytes, *, within_s: float = ANSWER_S, start: int = 0) -> None:
        """Read until `mark` has come; before byte `start` of what was seen it doesn't count."""
        give_up = time.monotonic() + within_s
        while self.seen.find(mark, max(start, 0)) < 0:
            left = give_up - time.monotonic()
            assert left > 0, f"waited {within_s} s for {mark!r}; last came {bytes(self.seen[-500:])!r}"
            self.socket.settimeout(left)
            with contextlib.suppress(TimeoutError):
                data = self.socket.recv(1 << 18)
                assert data, f"the server closed the connection before {mark!r} came"
                self.seen += data

    def until_closed(self, within_s: float = ANSWER_S) -> None:
        """Read until the server has ended the connection, by FIN or reset."""
        self.socket.settimeout(within_s)
        with contextlib.suppress(ConnectionError):
            while data := self.socket.recv(1 << 18):
                self.seen += data

    def close(self) -> None:
        self.socket.close()


def fence(server: Server, watcher: Wire) -> None:
    """Return when `watcher` has seen all that was sent to everyone before now."""
    newcomer = Wire(server)
    newcomer.identify()
    watcher.until(newcomer.uid.encode())
    newcomer.close()


class Pair:
    """Two healthy clients; one sends, the other receives, and how long that takes is noted."""

    def __init__(self, server: Server) -> None:
        self.sender, self.receiver = Wire(server), Wire(server)
        self.worst_s = 0.0
        for wire in (self.sender, self.receiver):
            wire.identify()

    def exchange(self) -> None:
        mark = f"beat-{next(_number)}-end"
        del self.receiver.seen[:]  # what came before isn't looked through again
        began = time.monotonic()
        self.sender.send(event(mark, "a-f-G", f'<contact callsign="{mark}"/>', stale_s=2))
        self.receiver.until(mark.encode())
        self.worst_s = max(self.worst_s, time.monotonic() - began)


@contextlib.contextmanager
def undisturbed(server: Server) -> Iterator[Wire]:
    """Let two healthy clients exchange throughout the block, which gets a third one that reads what reaches all."""
    pair, watcher = Pair(server), Wire(server)
    watcher.identify()
    before = server.rss_bytes()
    stop = threading.Event()
    failures: list[Exception] = []

    def beat() -> None:
        try:
            while not stop.wait(0.01):
                pair.exchange()
        except Exception as failure:  # noqa: BLE001  handed to the test's own thread
            failures.append(failure)

    beating = threading.Thread(target=beat, daemon=True)
    beating.start()
    try:
        yield watcher
    finally:
        stop.set()
        beating.join(ANSWER_S + 1)
    try:
        assert not failures, failures
        pair.exchange()
        Wire(server).identify()
        assert server.alive(), server.said()
        assert pair.worst_s < WORST_S
        assert server.rss_bytes() - before < GROWTH_BYTES_MAX
    finally:
        pair.sender.close()
        pair.receiver.close()
        watcher.close()


@pytest.fixture(autouse=True)
def nobody_stays() -> Iterator[None]:
    yield
    while Wire.opened:
        Wire.opened.pop().close()


@pytest.fixture
def attacker(tak_server: Server) -> Wire:
    return Wire(tak_server)


EVIL = event("EVIL", "a-h-G", '<contact callsign="EVIL"/>')
BROKEN: dict[str, str | bytes] = {
    "cut short": EVIL[:200],
    "no uid": EVIL.replace('uid="EVIL"', ""),
    "empty uid": EVIL.replace('uid="EVIL"', 'uid=""'),
    "no type": EVIL.replace('type="a-h-G"', ""),
    "no point": re.sub("<point[^>]*/>", "", EVIL),
    "latitude is a word": EVIL.replace('lat="35.44"', 'lat="north"'),
    "latitude off the earth": EVIL.replace('lat="35.44"', 'lat="91"'),
    "longitude is not a number": EVIL.replace('lon="139.64"', 'lon="NaN"'),
    "stale is a word": re.sub('stale="[^"]*"', 'stale="tomorrow"', EVIL),
    "no time": re.sub(' time="[^"]*"', "", EVIL),
    "tags cross": EVIL.replace('<contact callsign="EVIL"/>', "<a><b></a></b>"),
    "tag not closed": EVIL.replace('<contact callsign="EVIL"/>', "<remarks>"),
    "attribute twice": EVIL.replace('how="m-g"', 'how="m-g" how="m-g"'),
    "bare ampersand": EVIL.replace('callsign="EVIL"', 'callsign="A & B"'),
    "undefined entity": EVIL.replace('callsign="EVIL"', 'callsign="&evil;"'),
    "control character": EVIL.replace('callsign="EVIL"', 'callsign="\x01"'),
    "not UTF-8": EVIL.encode().replace(b'callsign="EVIL"', b'callsign="\xff\xfe"'),
    "an end without a beginning": "</event>",
    "another root": "<evil><event/></evil></event>",
    "zero bytes": b"\x00" * 4096,
    "deeply nested": EVIL.replace('<contact callsign="EVIL"/>', "<a>" * 5000 + "</a>" * 5000),
    "deeply nested and an infinite height": EVIL.replace(
        '<contact callsign="EVIL"/>', "<a>" * 5000 + "</a>" * 5000
    ).replace('hae="42.5"', 'hae="Infinity"'),
    "many attributes": EVIL.replace("<contact", "<x " + " ".join(f'a{n}="1"' for n in range(5000)) + "/><contact", 1)
    .replace('uid="EVIL"', ""),
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_event_is_dropped_and_the_next_one_arrives(
    tak_server: Server, attacker: Wire, broken: str | bytes
) -> None:
    evil, good = f"EVIL-{next(_number)}-end", f"GOOD-{next(_number)}-end"
    data = broken.encode() if isinstance(broken, str) else broken
    with undisturbed(tak_server) as watcher:
        attacker.identify()
        attacker.send(data.replace(b'"EVIL"', f'"{evil}"'.encode()), event(good, "a-f-G", '<contact callsign="GOOD"/>'))
        watcher.until(good.encode())
        attacker.sync()  # still connected, and answered
        assert evil.encode() not in watcher.seen


def frame(uid: str, detail: str, **fields: object) -> bytes:
    """Return an event as a protobuf frame; `fields` stand for those of a good one."""
    now_ms = time.time_ns() // 1_000_000
    good = {
        "uid": uid, "type": "a-h-G", "how": "m-g", "sendTime": now_ms, "startTime": now_ms,
        "staleTime": now_ms + 60_000, "lat": 35.0, "lon": 139.0, "hae": 1.0, "ce": 1.0, "le": 1.0,
    }  # fmt: skip
    message = takproto.proto.TakMessage(cotEvent=good | fields)
    message.cotEvent.detail.xmlDetail = detail
    return bytes(msg2proto(message, takproto.TAKProtoVer.STREAM))


INJECTED = f"<remarks/></detail></event>{event('INJECTED', 'a-h-G', '')}<event><detail>"
BROKEN_FRAMES: dict[str, dict[str, object]] = {
    "no uid": {"uid": ""},
    "no type": {"type": ""},
    "latitude off the earth": {"lat": 91.0},
    "longitude is not a number": {"lon": float("nan")},
    "detail is not well-formed": {"detail": "<remarks>"},
    "detail ends the event and begins another": {"detail": INJECTED},
    "detail has a document type": {"detail": "<!DOCTYPE x [<!ENTITY e 'EVIL'>]><remarks>&e;</remarks>"},
    "detail has an undefined entity": {"detail": "<remarks>&e;</remarks>"},
    "detail is deeply nested": {"detail": "<a>" * 5000 + "</a>" * 5000},
    "type is markup": {"type": 'a-h-G"/><event uid="INJECTED'},
}


@pytest.mark.parametrize("broken", BROKEN_FRAMES.values(), ids=BROKEN_FRAMES.keys())
def test_a_broken_frame_is_dropped_and_the_next_one_arrives(
    tak_server: Server, attacker: Wire, broken: dict[str, object]
) -> None:
    evil, good = f"EVIL-{next(_number)}-end", f"GOOD-{next(_number)}-end"
    with undisturbed(tak_server) as watcher:
        attacker.send(frame(**{"uid": evil, "detail": ""} | broken), frame(good, '<contact callsign="GOOD"/>'))  # type: ignore[arg-type]
        watcher.until(good.encode())
        assert evil.encode() not in watcher.seen
        assert b"INJECTED" not in watcher.seen


@pytest.mark.parametrize("field", ["uid", "how", "access", "qos", "opex"])
def test_text_of_a_frame_stays_text_in_xml(tak_server: Server, attacker: Wire, field: str) -> None:
    text = f"<&>\"'{next(_number)}"
    with undisturbed(tak_server) as watcher:
        attacker.send(frame(**{"uid": f"TEXT-{next(_number)}", "detail": ""} | {field: text}))
        fence(tak_server, watcher)
        for raw in re.findall(rb"<event.*?</event>", bytes(watcher.seen), re.DOTALL):
            root = ET.fromstring(raw)
            if root.get(field) == text:
                break
        else:
            pytest.fail(f"no event with {field}={text!r} in {bytes(watcher.seen)!r}")


def test_deep_detail_reaches_no_protobuf_client_either(tak_server: Server, attacker: Wire) -> None:
    reader = Wire(tak_server)
    reader.send(frame("READER", "", type="a-f-G-U-C"))
    with undisturbed(tak_server):
        attacker.send(BROKEN["deeply nested"])
        mark = f"AFTER-{next(_number)}-end"
        attacker.send(event(mark, "a-f-G", '<contact callsign="GOOD"/>'))
        reader.until(mark.encode())
        assert b"\xbf" in reader.seen


def entities(levels: int, body: str = "&l{top};") -> str:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, levels + 1))
    remarks = f'<contact callsign="EVIL"/><remarks>{body.format(top=levels)}</remarks>'
    return f'<?xml version="1.0"?><!DOCTYPE event [<!ENTITY l0 "EVIL-ROOT">{lines}]>' + event("EVIL", "a-h-G", remarks)


@pytest.mark.parametrize(
    "bomb",
    [
        entities(8),
        entities(0, body="&l0;" * 3),
        '<!DOCTYPE event [<!ENTITY a "' + "A" * 50_000 + '">]>' + event("EVIL", "a-h-G", "&a;" * 2_000),
    ],
    ids=["billion laughs", "one entity", "quadratic"],
)
def test_an_entity_bomb_goes_off_nowhere(tak_server: Server, attacker: Wire, bomb: str) -> None:
    evil = f"EVIL-{next(_number)}-end"
    with undisturbed(tak_server) as watcher:
        attacker.identify()
        with contextlib.suppress(ConnectionError):
            attacker.send(bomb.replace('"EVIL"', f'"{evil}"'))
            attacker.sync()
        fence(tak_server, watcher)
        assert evil.encode() not in watcher.seen
        assert b"EVIL-ROOT" not in watcher.seen


def test_nothing_outside_is_read_for_an_event(tak_server: Server, attacker: Wire, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the-secret-itself", encoding="ascii")
    remarks = event("OUTSIDE", "a-h-G", '<contact callsign="EVIL"/><remarks>&x;</remarks>')
    with undisturbed(tak_server) as watcher, socket.create_server(("127.0.0.1", 0)) as elsewhere:
        url = "http://{}:{}/evil.dtd".format(*elsewhere.getsockname())
        attacker.identify()
        with contextlib.suppress(ConnectionError):
            attacker.send(f'<!DOCTYPE event [<!ENTITY x SYSTEM "file://{secret}">]>{remarks}')
            attacker.send(f'<!DOCTYPE event [<!ENTITY x SYSTEM "{url}">]>{remarks}')
            attacker.send(f'<!DOCTYPE event SYSTEM "{url}">{EVIL}')
            attacker.sync()
        fence(tak_server, watcher)
        assert b"the-secret-itself" not in watcher.seen
        elsewhere.setblocking(False)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_a_number_that_no_client_could_read_is_passed_on_as_unknown(tak_server: Server, attacker: Wire) -> None:
    with undisturbed(tak_server) as watcher:
        attacker.send(
            EVIL.replace("EVIL", "HIGH").replace('hae="42.5"', 'hae="Infinity"').replace('ce="9.9"', 'ce="NaN"')
        )
        watcher.until(b'uid="HIGH"')
        watcher.until(b"</event>")
        assert b'hae="9999999.0" ce="9999999.0"' in watcher.seen
        assert b"Infinity" not in watcher.seen


def flood(wire: Wire, parts: Iterator[bytes]) -> None:
    """Send until done or until the server has had enough."""
    with contextlib.suppress(ConnectionError, TimeoutError):
        for part in parts:
            wire.send(part)


def ten_megabytes() -> Iterator[bytes]:
    yield event("EVIL", "a-h-G", '<contact callsign="EVIL"/><remarks>').partition("</detail>")[0].encode()
    for _ in range(160):
        yield b"B" * (1 << 16)
    yield b"</remarks></detail></event>"


def never_ending() -> Iterator[bytes]:
    yield b"<event uid='EVIL'><detail><remarks>"
    for _ in range(512):
        yield b"C" * (1 << 16)


def long_frame() -> Iterator[bytes]:
    yield b"\xbf" + b"\xff\xff\xff\xff\x0f"
    for _ in range(160):
        yield b"D" * (1 << 16)


@pytest.mark.parametrize("parts", [ten_megabytes, never_ending, long_frame])
def test_an_oversize_event_ends_its_own_connection(
    tak_server: Server, attacker: Wire, parts: Callable[[], Iterator[bytes]]
) -> None:
    with undisturbed(tak_server) as watcher:
        attacker.identify()
        flood(attacker, parts())
        attacker.until_closed()
        watcher.until(f'uid="{attacker.uid}" type="a-f-G-U-C"/>'.encode())  # the others are told that it has gone
        assert b"BBBB" not in watcher.seen


def junk() -> bytes:
    return random.Random(7).randbytes(1 << 20)


@pytest.mark.parametrize(
    "data",
    [
        junk(),
        b"\xbf" + junk(),
        b"\xbf\x05\xff\xff\xff\xff\xff" * 100,
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"hello? is anyone there?\r\n",
        bytes.fromhex("16030100c8010000c40303") + bytes(190),
    ],
    ids=["random bytes", "random bytes as a frame", "frames of nonsense", "HTTP", "text", "TLS hello"],
)
def test_what_is_no_cot_at_all_harms_nobody(tak_server: Server, attacker: Wire, data: bytes) -> None:
    with undisturbed(tak_server) as watcher:
        flood(attacker, iter([data]))
        with contextlib.suppress(OSError):  # it may have been closed already
            attacker.socket.shutdown(socket.SHUT_WR)
        attacker.until_closed()
        fence(tak_server, watcher)


def test_an_event_byte_by_byte_arrives(tak_server: Server, attacker: Wire) -> None:
    with undisturbed(tak_server) as watcher:
        for byte in event("SLOW-end", "a-f-G", '<contact callsign="遅い"/>').encode():
            attacker.send(bytes([byte]))
            time.sleep(0.001)  # so that each byte is a packet; proves nothing
        watcher.until(b"SLOW-end")
        fence(tak_server, watcher)
        assert "遅い" in html.unescape(watcher.seen.decode())


@pytest.mark.parametrize("how", ["half an event, then no more", "reset"])
def test_who_vanishes_is_announced_and_forgotten(tak_server: Server, how: str) -> None:
    with undisturbed(tak_server) as watcher:
        leaver = Wire(tak_server)
        leaver.identify()
        fence(tak_server, watcher)
        leaver.send(event("HALF", "a-h-G", "")[:150])
        if how == "reset":
            leaver.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            leaver.close()
        else:
            leaver.socket.shutdown(socket.SHUT_WR)
        watcher.until(b"t-x-d-d")
        watcher.until(leaver.uid.encode())
        assert b"HALF" not in watcher.seen


def test_two_hundred_silent_connections_cost_nobody_a_thing(tak_server: Server) -> None:
    with undisturbed(tak_server) as watcher:
        for _ in range(200):
            Wire(tak_server)
        fence(tak_server, watcher)


def test_a_stalled_reader_gets_the_newest_of_each_uid_and_costs_little(tak_server: Server) -> None:
    uids, rounds, pad = 20, 50, "x" * 60_000  # 60 MB that the stalled reader doesn't take
    stalled = Wire(tak_server, receive_bytes=8192)
    stalled.identify()
    sender = Wire(tak_server)
    sender.identify()
    before = tak_server.rss_bytes()
    with undisturbed(tak_server) as watcher:
        for turn in range(rounds):
            for n in range(uids):
                mark = f"turn-{turn}-{n}-end"
                remarks = f"<remarks>{mark} {pad}</remarks>"
                sender.send(event(f"MOVER-{n}", "a-f-G", f'<contact callsign="M{n}"/>{remarks}', stale_s=30))
                watcher.until(mark.encode())  # so that each is sent on by itself
                del watcher.seen[:]
        assert tak_server.rss_bytes() - before < STALLED_BYTES_MAX
        stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        for n in range(uids):
            stalled.until(f"turn-{rounds - 1}-{n}-end".encode(), within_s=30)


def test_a_stalled_reader_is_closed_before_chat_would_be_lost(tak_server: Server) -> None:
    stalled = Wire(tak_server, receive_bytes=8192)
    stalled.identify()
    sender = Wire(tak_server)
    sender.identify()
    gone = re.compile(rb"t-x-d-d.{0,600}" + re.escape(stalled.uid.encode()), re.DOTALL)
    chat = '<__chat id="All Chat Rooms" chatroom="All Chat Rooms" senderCallsign="S"/>'
    sent = 0
    with undisturbed(tak_server) as watcher:
        while not gone.search(watcher.seen):
            assert sent < 64 << 20, "64 MB of chat sent, and the reader that takes none of it is still connected"
            del watcher.seen[:-4096]
            for _ in range(8):
                text = os.urandom(20_000).hex()
                message = event(f"GeoChat.S.{next(_number)}", "b-t-f", f"{chat}<remarks>{text}</remarks>")
                sender.send(message)
                sent += len(message)
            mark = f"fence-{next(_number)}-end"
            sender.send(event(mark, "b-t-f", chat))
            watcher.until(mark.encode())
        stalled.until_closed()
