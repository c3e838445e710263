"""What TLS costs: memory of a connection, a storm of reconnects, unfinished handshakes, fan-out beside plain TCP.

    tls.py                     everything, 5,000 clients; some minutes
    tls.py --clients 500       smaller
    tls.py memory storm        these alone: memory, storm, halfopen, fanout

Owns: these four loads and their table. Doesn't own: clients (`fleet`), the server (`tests.support.secure`: authority,
router and TLS listener as the application joins them, people made up).

- memory: PSS of the server over connections that are held, greeted and silent; kernel buffers aren't in it.
- storm: everybody connects at once after a restart, while those who are back already send and receive; `back` is until
  the last handshake, positions of the others don't go round meanwhile (they come at each client's own interval). The
  generator's half of each handshake costs as much as ours: without two free cores it is that which takes so long.
- halfopen: half of the connections say nothing at all, half send a ClientHello and stop.
- fanout: the same load over plain TCP and over TLS, doubled until the server doesn't keep up.
Everything goes to loopback. The load generator needs a core of its own: on one that is busy read ratios, not digits.
"""

import argparse
import contextlib
import json
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fleet import Fleet
from options import Options
from process import Sampler, raise_nofile

ROOT = Path(__file__).parent.parent
HOST, TLS_PORT, PLAIN_PORT, OTHER_PORTS = "127.0.0.1", 26380, 26381, ("26382", "26383")
HALF_OPEN = 2_000
ATTACKER = "127.0.0.9"
MEMORY_KIB_MAX, STORM_S_MAX = 45.0, 20.0
START_S = 30.0


class Server:
    """A secure headquarters as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "client.pem"
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "tests.support.secure", "--data", str(folder), "--host", HOST,
                "--ports", str(TLS_PORT), *OTHER_PORTS, "--plain-port", str(PLAIN_PORT),
            ],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.pid = self._process.pid
        self._wait()
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"username": "bench", "path": str(self.certificate)}) + "\n")
        self._process.stdin.flush()
        self._wait()

    def _wait(self) -> None:
        assert self._process.stdout
        if not self._process.stdout.readline():
            raise RuntimeError("the server ended; run `python -m tests.support.secure` to see why")

    def options(self, *, tls: bool = True, **more: Any) -> Options:
        secure = {"tls": True, "cert": str(self.certificate)} if tls else {}
        return Options(port=TLS_PORT if tls else PLAIN_PORT, **secure, **more)

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="bench-tls-") as folder:
        server = Server(Path(folder))
        try:
            yield server
        finally:
            server.stop()


def say(what: str, value: str, target: str = "") -> None:
    print(f"| {what} | {value} | {target} |", flush=True)


def memory(clients: int) -> None:
    with serving() as server, Fleet(server.options(connect_concurrency=100)) as fleet:
        fleet.connect(10, identify=False)
        sampler = Sampler([server.pid])
        before = sampler.pss_bytes()
        told = fleet.connect(clients, identify=False)
        time.sleep(2.0)
        each = (sampler.pss_bytes() - before) / max(told["ok"], 1) / 1024
        sampler.close()
        say(f"memory of each of {told['ok']} TLS clients", f"{each:.1f} KiB", f"< {MEMORY_KIB_MAX:g} KiB")
        if told["failed"]:
            say("  not connected", f"{told['failed']}: {told['errors']}")


def p99(result: dict[str, Any]) -> str:
    lost = "" if result["ratio"] == 1 else f", {result['ratio']:.4f} delivered"
    late = f", of which generator {result['gen_lag_p99_ms']:.0f} ms" if result["gen_lag_p99_ms"] > 20 else ""
    return f"p50 {result['p50_ms']:.0f} ms, p99 {result['p99_ms']:.0f} ms{late}{lost}"


def storm(clients: int) -> None:
    back = min(100, clients // 5)
    with serving() as server, Fleet(server.options()) as here:
        here.connect(back)
        here.settle()
        quiet = here.publish(10, 2.0, 8.0)
        say(f"{back} connected, quiet", p99(quiet))
        # Everybody at once: as many handshakes as there are clients wait in the server's line.
        options = server.options(connect_concurrency=clients, connect_timeout=60.0, connect_block=clients, procs=2)
        sampler = Sampler([server.pid])
        with Fleet(options) as coming:
            told: dict[str, Any] = {}
            mark = sampler.mark()
            wanted_s = max(clients / 5000 * STORM_S_MAX, 5.0)
            busy = here.publish(
                10, 2.0, wanted_s, during=lambda: told.update(coming.connect(clients - back, identify=False))
            )
            spent = sampler.since(mark)["srv_cpu_s"]
            sampler.close()
            if told["failed"]:
                say("not back", f"{told['failed']}: {told['errors'][:2]}", "0")
            say(f"{told['ok']} others back", f"{told['seconds']:.1f} s", f"< {wanted_s:g} s")
            say("  CPU of the server for all of it", f"{spent / max(told['ok'], 1) * 1000:.1f} ms each")
            say(f"those {back} meanwhile", p99(busy), "as when all are back")
            say(f"those {back} when all are back", p99(here.publish(10, 2.0, 8.0)), "the tick alone is 250 ms then")


def client_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="x").do_handshake()
    return outgoing.read()


def half_open(count: int) -> list[socket.socket]:
    hello = client_hello()
    socks = []
    for n in range(count):
        sock = socket.create_connection((HOST, TLS_PORT), START_S, (ATTACKER, 0))
        if n % 2:
            sock.sendall(hello)
        socks.append(sock)
    return socks


def halfopen(clients: int) -> None:
    connected = min(100, clients)
    with serving() as server, Fleet(server.options()) as fleet:
        fleet.connect(connected)
        fleet.settle()
        say(f"{connected} connected, quiet", p99(fleet.publish(20, 2.0, 8.0)))
        open_now: list[socket.socket] = []
        newcomer: dict[str, Any] = {}
        with Fleet(server.options()) as late:

            def attack() -> None:
                open_now.extend(half_open(HALF_OPEN))
                newcomer.update(late.connect(1, identify=False))

            attacked = fleet.publish(20, 2.0, 12.0, during=attack)
        say(f"with {HALF_OPEN} half-open handshakes", p99(attacked), "as when quiet")
        say("a newcomer meanwhile, of another address", f"{newcomer['seconds'] * 1000:.0f} ms")
        for sock in open_now:
            sock.close()


def fanout(clients: int) -> None:
    receivers = min(200, clients)
    for name in ("plain", "TLS"):
        rate_hz = 4.0
        while True:
            with serving() as server, Fleet(server.options(tls=name == "TLS")) as fleet:
                fleet.connect(receivers)
                fleet.settle()
                sampler = Sampler([server.pid])
                mark = sampler.mark()
                result = fleet.publish(50, rate_hz, 6.0)
                spent = sampler.since(mark)
                sampler.close()
            cpu_us = spent["srv_cpu_s"] / max(result["delivered"], 1) * 1e6
            offered = result["offered_msgs_s"] * (receivers - 1)
            value = f"{result['deliveries_s'] / 1000:.0f} k/s of {offered / 1000:.0f} k/s"
            say(f"{name}, {receivers} clients", f"{value}, {p99(result)}, {cpu_us:.2f} us of CPU a delivery")
            if result["ratio"] < 0.99 or result["p99_ms"] > 1000 or result["gen_limited"]:
                break
            rate_hz *= 2


LOADS: dict[str, Callable[[int], None]] = {"memory": memory, "halfopen": halfopen, "storm": storm, "fanout": fanout}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loads", nargs="*", choices=[*LOADS, []], help="which; all of them if none is named")
    parser.add_argument("--clients", type=int, default=5_000)
    args = parser.parse_args()
    raise_nofile()
    print("| what | measured | target |\n|---|---|---|", flush=True)
    for name in args.loads or LOADS:
        LOADS[name](args.clients)


if __name__ == "__main__":
    main()
