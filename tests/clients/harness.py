"""Real TAK clients as processes, and the server they talk through.

Owns: starting and stopping both, waiting for what must come (by event and time limit, never by sleeping), and the
events that the tests send.
Doesn't own: what a client does with bytes (`tak_pytak`, `tak_takproto`, `node/client.js`), what must hold (the tests).
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.ports import free_port

HERE = Path(__file__).parent
PLAIN = ["--tak-plain", "true", "--tls-host", "127.0.0.1"]
SERVE = [str(Path(sys.executable).with_name("jointhq")), "serve"]
ANSWER_S = 20.0  # How long an event may take on a machine that is busy with other tests; on a quiet one it is 20 ms.
START_S = 40.0

KINDS = ("pytak", "pytak-protobuf", "takproto", "takproto-direct", "node")
PROTOBUF_KINDS = frozenset({"pytak-protobuf", "takproto", "takproto-direct"})


def stamp(seconds: float = 0) -> str:
    """Now, or so many seconds from now, as CoT writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def event(uid: str, kind: str, detail: str, *, how: str = "m-g", lat: float = 35.44, lon: float = 139.64,
          stale_s: float = 120, attributes: str = "") -> str:  # fmt: skip
    return (
        f'<event version="2.0" uid="{uid}" type="{kind}" how="{how}" time="{stamp()}" start="{stamp()}" '
        f'stale="{stamp(stale_s)}"{attributes and " " + attributes}>'
        f'<point lat="{lat}" lon="{lon}" hae="42.5" ce="9.9" le="9999999.0"/><detail>{detail}</detail></event>'
    )


@dataclass(frozen=True)
class Seen:
    """One event as a client saw it."""

    xml: str
    encoding: str
    root: ET.Element = field(compare=False)

    @property
    def uid(self) -> str:
        return self.root.get("uid", "")

    @property
    def type(self) -> str:
        return self.root.get("type", "")

    def detail(self, path: str) -> ET.Element:
        found = self.root.find(f"detail/{path}")
        assert found is not None, f"no <{path}> in {self.xml}"
        return found

    def has(self, path: str) -> bool:
        return self.root.find(f"detail/{path}") is not None


class Client:
    """One client process; everything that it saw, and commands to it."""

    def __init__(self, kind: str, name: str, port: int) -> None:
        self.kind, self.uid, self.callsign = kind, f"UID-{name}", name
        self.protobuf = kind in PROTOBUF_KINDS
        self.seen: list[Seen] = []
        self.lines: list[dict[str, object]] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            self._command(kind, port), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            # `pem`, below node-tak, prints a runner's groups to stdout and stops when it sees CI.
            env={name: value for name, value in os.environ.items() if name != "CI"} | {"PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        self._complaints: list[str] = []
        self._threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_complaints, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @staticmethod
    def _command(kind: str, port: int) -> list[str]:
        if kind == "node":
            beside = Path(sys.executable).parent  # where a package of Debian isn't needed
            node = shutil.which("node", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
            assert node, "node is missing: run `make setup-test`"
            assert (HERE / "node/node_modules/@tak-ps/node-tak").is_dir(), "node-tak is missing: run `make setup-test`"
            return [node, str(HERE / "node/client.js"), str(port)]
        script, *mode = {
            "pytak": ("tak_pytak.py",), "pytak-protobuf": ("tak_pytak.py", "protobuf"),
            "takproto": ("tak_takproto.py", "negotiate"), "takproto-direct": ("tak_takproto.py", "direct"),
        }[kind]  # fmt: skip
        return [sys.executable, str(HERE / script), str(port), *mode]

    def _read(self) -> None:
        assert self._process.stdout
        for text in self._process.stdout:
            line = json.loads(text)
            with self._news:
                self.lines.append(line)
                if line["kind"] == "event":
                    self.seen.append(Seen(line["xml"], line["encoding"], ET.fromstring(line["xml"])))
                self._news.notify_all()
        with self._news:
            self.lines.append({"kind": "ended"})
            self._news.notify_all()

    def _read_complaints(self) -> None:
        assert self._process.stderr
        self._complaints.extend(self._process.stderr)

    def _tell(self, **command: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def _wait(self, found: Callable[[], bool], what: str, within_s: float) -> None:
        with self._news:
            self._news.wait_for(lambda: found() or bool(self.count("ended")), within_s)
            if not found():
                told = [line for line in self.lines if line["kind"] not in {"event", "pong"}]
                raise AssertionError(
                    f"{self.callsign} ({self.kind}) waited {within_s} s for {what}; "
                    f"it saw {[s.xml for s in self.seen]}, {told}, {self._complaints[-20:]}"
                )

    def count(self, kind: str) -> int:
        return sum(line["kind"] == kind for line in self.lines)

    def wait_line(self, kind: str, at_least: int = 1, within_s: float = ANSWER_S) -> dict[str, object]:
        self._wait(lambda: self.count(kind) >= at_least, f"{kind!r}", within_s)
        return next(line for line in reversed(self.lines) if line["kind"] == kind)

    def send(self, xml: str) -> None:
        self._tell(do="send", xml=xml)

    def tell(self, **command: object) -> None:
        self._tell(**command)

    def identify(self, extra: str = "", *, stale_s: float = 120, attributes: str = "") -> str:
        """Send our own position, as ATAK would; return the XML sent."""
        xml = event(
            self.uid, "a-f-G-U-C",
            '<takv device="TEST" platform="ATAK-CIV" os="34" version="5.2.0"/>'
            f'<contact callsign="{self.callsign}" endpoint="*:-1:stcp"/><uid Droid="{self.callsign}"/>'
            '<__group name="Cyan" role="HQ"/><status battery="81"/><track course="271.5" speed="1.25"/>'
            f'<precisionlocation geopointsrc="GPS" altsrc="GPS"/>{extra}',
            stale_s=stale_s, attributes=attributes,
        )  # fmt: skip
        self.send(xml)
        return xml

    def sync(self) -> None:
        """Return when the server has dealt with everything we sent: it answers in order."""
        before = self.count("pong")
        self._tell(do="ping")
        self.wait_line("pong", before + 1)

    def saw(self, match: Callable[[Seen], bool]) -> list[Seen]:
        return [one for one in list(self.seen) if match(one)]

    def until(self, match: Callable[[Seen], bool], what: str, within_s: float = ANSWER_S) -> Seen:
        """Return the first event that matches, waiting for it if it isn't here yet."""
        self._wait(lambda: any(match(one) for one in self.seen), what, within_s)
        return self.saw(match)[0]

    def until_uid(self, uid: str, kind: str | None = None, within_s: float = ANSWER_S) -> Seen:
        return self.until(lambda s: s.uid == uid and kind in {None, s.type}, f"event {uid} {kind or ''}", within_s)

    def refused(self) -> list[dict[str, object]]:
        return [line for line in self.lines if line["kind"] == "refused"]

    def leave(self) -> None:
        """End the process the way a person closes the app."""
        with contextlib.suppress(BrokenPipeError):
            assert self._process.stdin
            self._process.stdin.close()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:  # pytak spins when a server leaves
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(5)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe
            pipe.close()


def chat(sender: Client, text: str, message_id: str, to: Client | None = None) -> str:
    """Write a GeoChat message as ATAK does: to one, addressed by callsign, or to all."""
    room, peer = (to.callsign, to.uid) if to else ("All Chat Rooms", "All Chat Rooms")
    marti = f'<marti><dest callsign="{to.callsign}"/></marti>' if to else ""
    return event(
        f"GeoChat.{sender.uid}.{peer}.{message_id}", "b-t-f",
        f'<__chat id="{peer}" chatroom="{room}" messageId="{message_id}" senderCallsign="{sender.callsign}" '
        'parent="RootContactGroup" groupOwner="false">'
        f'<chatgrp id="{peer}" uid0="{sender.uid}" uid1="{peer}"/></__chat>'
        f'<link uid="{sender.uid}" type="a-f-G-U-C" relation="p-p"/>'
        f'<remarks source="BAO.F.ATAK.{sender.uid}" to="{peer}" time="{stamp()}">{text}</remarks>{marti}',
        how="h-g-i-g-o", stale_s=86400,
    )  # fmt: skip


def receipt(kind: str, reader: Client, author: Client, message_id: str) -> str:
    """Delivered (`b-t-f-d`) or read (`b-t-f-r`), back to who wrote the message."""
    return event(
        message_id, kind,
        f'<__chatreceipt id="{author.uid}" chatroom="{author.callsign}" messageId="{message_id}" '
        f'senderCallsign="{reader.callsign}" parent="RootContactGroup" groupOwner="false">'
        f'<chatgrp id="{author.uid}" uid0="{reader.uid}" uid1="{author.uid}"/></__chatreceipt>'
        f'<link uid="{reader.uid}" type="a-f-G-U-C" relation="p-p"/>'
        f'<marti><dest callsign="{author.callsign}"/></marti>',
    )  # fmt: skip


class Server:
    """`jointhq serve` in a process of its own, on free ports, with a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data, self.log = data, data.parent / "server.log"
        self.port, self.page_port = free_port(), free_port()
        ports = {"tak": self.port, "web": self.page_port} | {n: free_port() for n in ("tak-tls", "marti", "enrol")}
        flags = [f"--{name}-port={port}" for name, port in ports.items()]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*SERVE, *PLAIN, "--data", str(data), *flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._await_start()

    def _await_start(self) -> None:
        until = time.monotonic() + START_S
        while time.monotonic() < until and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        if self._process.poll() is None:
            self.stop()
        raise AssertionError(f"the server took no client within {START_S} s: {self.said()}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def rss_bytes(self) -> int:
        pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def stop(self) -> int:
        """Ask it to stop, as an operator does; return its exit code."""
        if self.alive():
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the server did not stop within 10 s of SIGTERM: {self.said()}") from None


@contextlib.contextmanager
def serving(data: Path) -> Iterator[Server]:
    """Run a server for the length of a block; it must end cleanly and without a traceback."""
    server = Server(data)
    try:
        yield server
        assert server.alive(), f"the server ended by itself: {server.said()}"
    finally:
        code = server.stop()
    assert code == 0, f"the server ended with {code}: {server.said()}"
    _, traceback, rest = server.log.read_text(encoding="utf-8", errors="replace").partition("Traceback")
    assert not traceback, f"the server logged a traceback: {rest[:4000]}"
