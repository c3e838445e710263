"""One run of the bench, as every row of it sees it.

Owns: how thorough the run is, a fresh server with a sampler on it, one load of fan-out, medians.
Doesn't own: which loads answer which claim (`rows`, `tls`, `door`).
"""

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import scenarios
from devices import Devices
from options import Options
from process import Sampler, pin
from servers import Server, Unavailable, running, taky

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """How thorough this run is, and what it may use."""

    quick: bool
    repetitions: int
    with_taky: bool
    say: Callable[[str], None]

    def seconds(self, full: float, quick: float) -> float:
        return quick if self.quick else full

    def servers(self) -> list[str]:
        return ["jointhq", "ceiling", *(["taky"] if self.with_taky else [])]


def make_run(*, quick: bool, repetitions: int, say: Callable[[str], None]) -> Run:
    try:
        taky()
    except Unavailable as reason:
        say(str(reason))
        return Run(quick, repetitions, with_taky=False, say=say)
    return Run(quick, repetitions, with_taky=True, say=say)


@contextmanager
def measured(name: str, data: Path | None = None) -> Iterator[tuple[Server, Sampler]]:
    """Run a fresh server with a sampler on it; `data` as `running` takes it."""
    with running(name, data) as server:
        sampler = Sampler([server.pid])
        try:
            yield server, sampler
        finally:
            sampler.close()


def median(rows: list[Row], key: str) -> float | None:
    values = [row[key] for row in rows if row.get(key) is not None]
    return statistics.median(values) if values else None


def options_for(server: Server, devices: Devices | None = None, **more: Any) -> Options:
    """Return how a load reaches a server: with certificates where there are any, else over plain TCP."""
    slow = {"settle_min": 2.0, "drain": 20.0} if server.name == "taky" else {}
    way = {"port": server.port} if devices is None else {"port": server.tls_port} | devices.options()
    return Options(**({"drain_quiet": 1.5, "pause": 0.3} | way | slow | more))


def one_load(
    name: str, clients: int, rate_hz: float, duration_s: float, *, procs: int = 1, core: int | None = None,
    devices: Devices | None = None, **more: Any,
) -> Row:  # fmt: skip
    """Put one load of fan-out on a fresh server; `core` is where it is kept, `more` goes to `scenarios.fan_out`."""
    with measured(name, devices.data if devices else None) as (server, sampler):
        if core is not None:
            pin(server.pid, {core})
        return scenarios.fan_out(
            options_for(server, devices, procs=procs), sampler, clients, rate_hz, duration_s, **more
        )
