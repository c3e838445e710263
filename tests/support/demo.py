"""A running `jointhq` process for tests that need the whole: demo or empty headquarters.

Owns: starting it on free ports, its page and link, stopping and starting it again on the same directory.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from jointhq.base.clock import ManualClock, SystemClock
from jointhq.people.links import Links
from tests.support import clock as ahead
from tests.support.ports import free_port

START_S = 60.0  # on a machine busy with other tests; on a quiet one it is under 2 s
_LINK = re.compile(r"https?://\S+#sign-in=\S+")


class Process:
    """One headquarters; `start` after `stop` brings it back on the same directory and ports."""

    def __init__(self, verb: str, data: Path, *flags: str, own_clock: bool = False) -> None:
        """`own_clock`: one that `let_pass` moves on, minutes in a moment."""
        self.data, self.web_port, self.tak_port = data, free_port(), free_port()
        self.tls_port, self.marti_port, self.enrol_port = free_port(), free_port(), free_port()
        self.log = data.parent / f"{data.name}.log"
        program = [str(Path(sys.executable).with_name("jointhq"))]
        self._ahead, self._ahead_ms = data.parent / f"{data.name}.ahead", 0
        if own_clock:
            ahead.move(self._ahead, 0)
            program = [sys.executable, ahead.__file__, str(self._ahead)]
        self.command = [
            *program,
            verb,
            *("--data", str(data), "--web-port", str(self.web_port), "--tak-port", str(self.tak_port)),
            *("--tls-host", "127.0.0.1", "--tak-tls-port", str(self.tls_port)),
            *("--marti-port", str(self.marti_port), "--enrol-port", str(self.enrol_port), "--tak-plain", "true"),
            *flags,
        ]
        self.scheme = "https" if "--web-tls" in flags else "http"
        self.process: subprocess.Popen[bytes] | None = None
        self.link = ""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.web_port}/"

    def start(self) -> "Process":
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                self.command, stdout=out, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONUNBUFFERED": "1"}
            )
        ends = time.monotonic() + START_S
        while not (found := _LINK.search(self.log.read_text("utf-8", "replace"))):
            assert self.process.poll() is None, self.log.read_text("utf-8", "replace")
            assert time.monotonic() < ends, f"not up within {START_S} s: {self.log.read_text('utf-8', 'replace')}"
            time.sleep(0.05)
        self.link = found[0]
        return self

    def new_link(self, user: str = "") -> str:
        """Another one-time link, as `jointhq link` makes one: for that user name, else for an administrator."""
        clock = ManualClock(SystemClock().now_ms() + self._ahead_ms)
        return f"{self.url}#sign-in={Links(self.data, clock).issue(user)}"

    def let_pass(self, minutes: int) -> None:
        """Move its own clock on."""
        self._ahead_ms += minutes * 60_000
        ahead.move(self._ahead, self._ahead_ms)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; return its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(START_S)
        self.process = None
        return status


@contextlib.contextmanager
def running(verb: str, data: Path, *flags: str) -> Iterator[Process]:
    headquarters = Process(verb, data, *flags)
    try:
        yield headquarters.start()
    finally:
        if headquarters.process is not None:
            headquarters.stop()
