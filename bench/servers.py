"""The servers that are compared: started fresh on a port of loopback, stopped, and gone.

Owns: ours, the raw-bytes ceiling, and taky from PyPI in a venv of its own, made when first needed.
Doesn't own: the load on them (`scenarios`).
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache"
TAKY = "0.10"
PAGE_PORT, PLAIN_PORT, TLS_PORT, MARTI_PORT, ENROL_PORT = range(26500, 26505)  # ours
CEILING_PORT, TAKY_PORT = 26550, 26551
TAKY_PORT_USUAL = 8087
START_S = 30.0
NAMES = ("jointhq", "ceiling", "taky")


class Unavailable(Exception):
    """A server that can't be run here, and why."""


@dataclass(frozen=True)
class Server:
    """One that runs."""

    name: str
    port: int
    pid: int
    started_s: float  # from its start to the first client it took
    data: Path
    page_port: int = 0
    tls_port: int = 0  # for devices with a certificate; 0: it has none

    def sign_in_token(self, user: str = "") -> str:
        """Ask our own server's command for a one-time link, for its administrator or a user; return the token."""
        command = [_jointhq(), "link", "--data", str(self.data), *(("--user", user) if user else ())]
        link = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return link.strip().partition("sign-in=")[2]


def _jointhq() -> str:
    return str(Path(sys.executable).with_name("jointhq"))


def _commands(name: str, folder: Path) -> tuple[list[str], int, Path]:
    """Return the command, the port it will listen on, and the folder to run it in."""
    if name == "jointhq":
        flags = {
            "data": folder / "data", "web-port": PAGE_PORT, "tak-plain": "true", "tak-port": PLAIN_PORT,
            "tls-host": "127.0.0.1", "tak-tls-port": TLS_PORT, "marti-port": MARTI_PORT, "enrol-port": ENROL_PORT,
        }  # fmt: skip
        return [_jointhq(), "serve", *(f"--{flag}={value}" for flag, value in flags.items())], PLAIN_PORT, folder
    if name == "ceiling":
        return [sys.executable, str(HERE / "ceiling.py"), "--port", str(CEILING_PORT)], CEILING_PORT, folder
    binaries = taky()
    site = folder / "site"
    setup = ["setup", "--no-ssl", "--host", "127.0.0.1", "--public-ip", "127.0.0.1", "--bind-ip", "127.0.0.1"]
    subprocess.run([str(binaries / "takyctl"), *setup, str(site)], check=True, capture_output=True)
    config = site / "taky.conf"
    text = config.read_text(encoding="utf-8").replace(f"port = {TAKY_PORT_USUAL}", f"port = {TAKY_PORT}")
    config.write_text(text, encoding="utf-8")
    return [str(binaries / "taky"), "-c", "taky.conf"], TAKY_PORT, site


def taky() -> Path:
    """Return the folder of taky's commands, installing it first where it isn't; raises Unavailable."""
    venv = CACHE / f"taky-{TAKY}"
    binaries = venv / "bin"
    if not (binaries / "taky").exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True, capture_output=True)
            pip = [str(binaries / "python"), "-m", "pip", "install", "--quiet", f"taky=={TAKY}"]
            subprocess.run(pip, check=True, capture_output=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            shutil.rmtree(venv, ignore_errors=True)
            raise Unavailable(f"taky {TAKY} can't be installed from PyPI here: {error}") from None
    return binaries


@contextlib.contextmanager
def running(name: str, data: Path | None = None, *, keep: Path | None = None) -> Iterator[Server]:
    """Run a fresh server for the length of a block.

    `data` is a directory of ours that it begins with a copy of; `keep` is where its own goes when it has ended.
    """
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as temporary:
        folder = Path(temporary)
        if data is not None:
            shutil.copytree(data, folder / "data")
        command, port, cwd = _commands(name, folder)
        log = folder / "log"
        with log.open("wb") as output:
            began = time.monotonic()
            process = subprocess.Popen(
                command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""},
            )  # fmt: skip
        try:
            _await_client(process, port, greets=name == "jointhq", log=log)
            started_s = time.monotonic() - began
            page, tls = (PAGE_PORT, TLS_PORT) if name == "jointhq" else (0, 0)
            yield Server(name, port, process.pid, started_s, folder / "data", page, tls)
            if process.poll() is not None:
                text = log.read_text(encoding="utf-8", errors="replace")[-2000:]
                raise RuntimeError(f"{name} ended by itself with {process.returncode}: {text}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if keep is not None:
                (folder / "data").rename(keep)


def _await_client(process: subprocess.Popen[bytes], port: int, *, greets: bool, log: Path) -> None:
    """Return when the server has taken a client: accepted, and where it greets, greeted."""
    give_up = time.monotonic() + START_S
    while time.monotonic() < give_up and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as client:
            client.settimeout(START_S)
            if not greets or client.recv(1):
                return
        time.sleep(0.005)
    text = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"no server on port {port}: {text}")
