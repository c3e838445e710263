"""What TLS costs, on the server as it is run: fan-out beside plain TCP, memory, a storm of reconnects, half-open ones.

Owns: these loads and their figures. Doesn't own: clients (`fleet`), certificates (`devices`), the server (`servers`).

- fan-out: the most that 50 clients sustain, over plain TCP and over TLS, each with its own certificate.
- memory: PSS of the server over 5,000 connections that are held, greeted and silent; kernel buffers aren't in it. The
  server's CPU while they come is that of the handshakes: nobody sends anything.
- storm: a server that has just started; 100 are back, send and receive; all others come, 1,000 a second, three times as
  fast as it takes them. `back` is until the last was greeted; one whose handshake the server ended comes again after a
  second, as devices do. Their first positions aren't sent: they come at each client's own interval.
- half-open: half of these connections say nothing at all, half send a ClientHello and stop; all from one address.

In storm and half-open the server has a core of its own, and the generator the others: its half of a handshake costs as
much as the server's. Those who come stand back (nice) for the process that measures the others' latency.
"""

import contextlib
import multiprocessing
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Event
from typing import Any

import psutil

import scenarios
from devices import Devices, devices
from fleet import Fleet
from jointhq.settings import Settings
from jointhq.stream.tls import PACE_S
from options import Options
from process import Sampler, pin
from report import Figure, Section, figure, number
from runs import Row, Run, measured, median, one_load, options_for
from servers import Server

CLIENTS, CLIENTS_QUICK = 5_000, 1_000
FAN_OUT_CLIENTS = 50
BACK = 100  # clients that are served while others come
HALF_OPEN = 2_000
ATTACKER = "127.0.0.9"
MEMORY_KIB_MAX, STORM_S_MAX, CHANGE_PCT_MAX = 45.0, 20.0, 20.0
SERVER_CORE = 0
BUSY = 0.9  # of a core: past it we call it the limit
GENERATOR_LIMIT = "the generator was the limit"
CONNECT_S = 40.0
COMING_HZ = 1000.0  # all at once would be one long turn of the generator, which then answers nobody for seconds
NICE = 5
COME_AGAIN_S = 1.0


def tls(run: Run) -> Section:
    clients = CLIENTS_QUICK if run.quick else CLIENTS
    section = Section("tls", f"TLS with client certificates, {clients:,} different ones")
    with devices(clients) as made:
        _fan_out(run, section, made)
        _memory(run, section, made, clients)
        _storm(run, section, made, clients)
        _half_open(run, section, made)
    return section


def _p99(row: Row) -> str:
    lost = "" if row["ratio"] == 1 else f", {100 * (row['ratio'] or 0):.4g} % delivered"
    return f"p50 {number(row['p50_ms'], 3)} ms, p99 {number(row['p99_ms'], 3)} ms{lost}"


# -- fan-out


def _fan_out(run: Run, section: Section, made: Devices) -> None:
    sweeps: dict[str, list[Row]] = {"plain": [], "TLS": []}
    for _ in range((run.repetitions + 1) // 2):
        for name, rows in sweeps.items():
            run.say(f"  saturated, {name}")
            rows.append(_sweep(run, made if name == "TLS" else None))
    section.data["fan_out"] = sweeps
    most = {name: max(row["max_sustained_deliveries_s"] for row in rows) for name, rows in sweeps.items()}
    for name, rows in sweeps.items():
        top = max(rows, key=lambda row: row["max_sustained_deliveries_s"])
        best = top["best"] or {}
        limit = "; the generator was the limit" if top["generator_limited"] else ""
        section.figures.append(
            Figure(
                f"saturated fan-out, {FAN_OUT_CLIENTS} clients, {name}", "",
                f"{number(most[name])} deliveries/s at {number(best.get('srv_us_per_delivery'), 3)} us CPU each{limit}",
            )
        )  # fmt: skip
    if most["plain"] and most["TLS"]:
        section.figures.append(figure("saturated, TLS to plain", most["TLS"] / most["plain"], "", digits=3))
    section.figures += _same_rate(sweeps)


def _same_rate(sweeps: dict[str, list[Row]]) -> list[Figure]:
    """Compare the CPU at the highest rate that both were offered and kept up with."""
    cost = {
        name: {
            step["offered_msgs_s"]: step["srv_us_per_delivery"]
            for row in rows for step in row["steps"] if step["passed"]
        }
        for name, rows in sweeps.items()
    }  # fmt: skip
    rate = max(cost["plain"].keys() & cost["TLS"].keys(), default=None)
    if rate is None:
        return []
    plain, secure = cost["plain"][rate], cost["TLS"][rate]
    what = f"CPU a delivery at {number(rate)} events/s, TLS to plain"
    detail = f"{number(secure, 3)} us to {number(plain, 3)} us"
    return [figure(what, secure / plain, "", digits=3, detail=detail)]


def _sweep(run: Run, made: Devices | None) -> Row:
    def trial(rate: float) -> Row:
        return one_load(
            "jointhq", FAN_OUT_CLIENTS, rate / FAN_OUT_CLIENTS, run.seconds(6, 4), procs=2, devices=made
        )  # fmt: skip

    return scenarios.sweep(trial, 8000.0, 64_000, 0 if run.quick else 1, run.say)


# -- memory


def _memory(run: Run, section: Section, made: Devices, clients: int) -> None:
    with measured("jointhq", made.data) as (server, sampler):
        options = options_for(server, made, connect_timeout=CONNECT_S)
        result = scenarios.ramp(options, sampler, [clients + 2], identify=False, say=run.say)
    last = section.data["memory"] = result["steps"][-1]
    held = last["live"] - 2
    cpu_ms = (last["connect_srv_cpu_s"] or 0) / max(held, 1) * 1000
    section.figures += [
        figure("memory of each in user space (PSS)", last["kib_per_client_pss"], " KiB", below=MEMORY_KIB_MAX,
               digits=3, detail=f"{held:,} held"),
        Figure("held, two active ones still served", f"{clients:,}", f"{held:,}",
               held >= clients and last["probe_ok"]),
        figure("server's CPU a handshake", cpu_ms, " ms", digits=3,
               detail=f"so {number(1000 / max(cpu_ms, 1e-3), 3)} a second take a whole core; "
                      f"it begins {1 / PACE_S:.0f} a second at the most"),
    ]  # fmt: skip


# -- a storm


def _storm(run: Run, section: Section, made: Devices, clients: int) -> None:
    wanted_s = max(clients / CLIENTS * STORM_S_MAX, 5.0)
    rows = [_one_storm(run, made, clients, wanted_s) for _ in range(1 if run.quick else min(run.repetitions, 2))]
    section.data["storm"] = rows
    back_s, alone, meanwhile, after = (median(rows, key) for key in ("back_s", "alone_ms", "storm_ms", "after_ms"))
    failed = sum(row["failed"] for row in rows)
    all_back: bool | None = back_s is not None and back_s < wanted_s and not failed
    if not all_back and any(row["limit"] == GENERATOR_LIMIT for row in rows):
        all_back = None  # it says nothing about the server
    again = max(row["came_again"] for row in rows)
    detail = (f"{failed} not back; " if failed else "") + (f"{again:,} came again; " if again else "")
    change = 100 * (meanwhile / after - 1) if meanwhile and after else None
    section.figures += [
        Figure(f"storm: {clients - BACK:,} others back after", f"< {number(wanted_s)} s",
               f"{number(back_s, 3)} s ({detail}{rows[0]['limit']})", all_back),
        Figure("storm: idle meanwhile", "",
               f"server's core {number(median(rows, 'server_idle_pct'), 3)} %, "
               f"generator's {number(median(rows, 'generator_idle_pct'), 3)} %; "
               f"server's CPU {number(median(rows, 'server_ms_each'), 3)} ms a client, fan-out included"),
        figure(f"storm: p99 of the {BACK} already back, change to when all are", change, " %",
               below=CHANGE_PCT_MAX, digits=3,
               detail=f"{number(meanwhile, 3)} ms meanwhile, {number(after, 3)} ms then; {number(alone, 3)} ms before, "
                      "when the server's tick is shorter"),
        figure(f"storm: delivered to the {BACK}", 100 * min(row["ratio"] for row in rows), " %", from_=99.9),
    ]  # fmt: skip


def _one_storm(run: Run, made: Devices, clients: int, wanted_s: float) -> Row:
    coming_procs = max(1, min(2, (os.cpu_count() or 1) - 1))
    with measured("jointhq", made.data) as (server, sampler):
        here_options, coming_options = _split(server, made), _split(
            server, made, procs=coming_procs, nice=NICE, connect_concurrency=clients, connect_block=clients,
            connect_timeout=CONNECT_S, connect_retry=COME_AGAIN_S, connect_spread=clients / COMING_HZ,
        )  # fmt: skip
        with Fleet(here_options) as here, Fleet(coming_options) as coming:
            here.connect(BACK)
            here.settle()
            coming.call("load_keys", first=0, count=clients - BACK)
            alone = here.publish(10, 2.0, 5.0)
            told: Row = {}

            def come() -> None:
                mark, cores = sampler.mark(), _core_times()
                began = time.monotonic()
                told.update(coming.connect(clients - BACK, identify=False))
                told["took_s"] = time.monotonic() - began
                told.update(sampler.since(mark))
                told["idle"] = _idle(cores, _core_times())

            storm = here.publish(10, 2.0, wanted_s * 0.8, during=come)
            time.sleep(1.0)
            live = coming.progress()["live"]
            after = here.publish(10, 2.0, 5.0)
    pace_s = (clients - BACK) * PACE_S
    row = {
        "clients": clients, "back_s": round(told["seconds"], 2), "failed": clients - BACK - live,
        "came_again": told["came_again"],
        "errors": told["errors"], "pace_s": pace_s, "ratio": storm["ratio"],
        "alone_ms": alone["p99_ms"], "storm_ms": storm["p99_ms"], "after_ms": after["p99_ms"],
        "server_ms_each": round(told["srv_cpu_s"] / max(live, 1) * 1000, 2),
        "server_idle_pct": round(max(0.0, 100 - 100 * told["srv_cpu_s"] / told["took_s"]), 1),
        "generator_idle_pct": round(told["idle"], 1), "generator_cpu_s": round(told["cpu_s"], 2),
        "runs": {"alone": alone, "storm": storm, "after": after},
    }  # fmt: skip
    row["limit"] = _limit(row)
    run.say(f"  storm: { ({k: v for k, v in row.items() if k != 'runs'}) }")
    return row


def _limit(row: Row) -> str:
    """Say what kept the clients from being back sooner."""
    if row["back_s"] < row["pace_s"] * 1.05:
        return f"as the server paces them: {1 / PACE_S:.0f} a second"
    if row["server_idle_pct"] < 100 * (1 - BUSY):
        return "the server's core was the limit"
    if row["generator_idle_pct"] < 100 * (1 - BUSY):
        return GENERATOR_LIMIT
    return "neither core was full"


def _split(server: Server, made: Devices, **more: Any) -> Options:
    """Give the server a core of its own where there are two; return options that leave it alone."""
    if (os.cpu_count() or 1) < 2:
        return options_for(server, made, **more)
    pin(server.pid, {SERVER_CORE})
    return options_for(server, made, avoid_core=SERVER_CORE, **more)


def _core_times() -> tuple[float, float]:
    """Return (idle, all) seconds of the cores that the generator has."""
    times = [t for core, t in enumerate(psutil.cpu_times(percpu=True)) if core != SERVER_CORE] or [psutil.cpu_times()]
    return sum(t.idle + t.iowait for t in times), sum(sum(t[:8]) for t in times)


def _idle(before: tuple[float, float], after: tuple[float, float]) -> float:
    return 100 * (after[0] - before[0]) / max(after[1] - before[1], 1e-3)


# -- handshakes that never end


def client_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="x").do_handshake()
    return outgoing.read()


def _open_half(port: int, ready: Event, over: Event) -> None:
    """Hold half-open connections in a process of its own, which stands back for the one that measures."""
    os.nice(NICE)
    os.sched_setaffinity(0, os.sched_getaffinity(0) - {SERVER_CORE} or {SERVER_CORE})
    hello = client_hello()
    socks = []
    for n in range(HALF_OPEN):
        sock = socket.create_connection(("127.0.0.1", port), CONNECT_S, (ATTACKER, 0))
        if n % 2:
            sock.sendall(hello)
        socks.append(sock)
    ready.set()
    over.wait(2 * CONNECT_S)


@contextlib.contextmanager
def _attack(port: int) -> Iterator[Callable[[], None]]:
    """Give a function that begins the attack, and returns when all connections are open; end it with the block."""
    context = multiprocessing.get_context("fork")
    ready, over = context.Event(), context.Event()
    attacker = context.Process(target=_open_half, args=(port, ready, over), daemon=True)

    def begin() -> None:
        attacker.start()
        if not ready.wait(CONNECT_S):
            raise TimeoutError("the half-open connections couldn't be made")

    try:
        yield begin
    finally:
        over.set()
        if attacker.pid:
            attacker.join(5)
            attacker.kill()


def _half_open(run: Run, section: Section, made: Devices) -> None:
    rows = []
    for _ in range(run.repetitions):
        with measured("jointhq", made.data) as (server, sampler):
            rows.append(_one_half_open(run, server, sampler, made))
    section.data["half_open"] = rows
    quiet, attacked = median(rows, "quiet_ms"), median(rows, "attacked_ms")
    change = 100 * (attacked / quiet - 1) if quiet and attacked else None
    newcomer = max(row["newcomer_s"] for row in rows) * 1000
    section.figures += [
        figure(f"{HALF_OPEN:,} half-open handshakes: change of {BACK} clients' p99", change, " %",
               below=CHANGE_PCT_MAX, digits=3, detail=f"{number(quiet, 3)} to {number(attacked, 3)} ms; "
               f"generator late by {number(median(rows, 'lag_ms'), 3)} ms"),
        figure("delivered to them", 100 * min(row["ratio"] for row in rows), " %", from_=99.9),
        Figure("a newcomer meanwhile, from another address", "gets in",
               f"after {number(newcomer, 3)} ms" if all(row["newcomer_ok"] for row in rows) else "not",
               all(row["newcomer_ok"] for row in rows)),
    ]  # fmt: skip


def _one_half_open(run: Run, server: Server, sampler: Sampler, made: Devices) -> Row:
    seconds = min(run.seconds(10, 8), Settings().tls_handshake_s - 3.0)  # all of them are open until the end
    options = _split(server, made)
    newcomer: Row = {}
    late_options = _split(server, made, connect_timeout=CONNECT_S)
    with Fleet(options) as fleet, Fleet(late_options) as late, _attack(server.tls_port) as begin:
        fleet.connect(BACK)
        fleet.settle()
        quiet = fleet.publish(20, 2.0, seconds)

        def attack() -> None:
            begin()
            newcomer.update(late.connect(1, identify=False))

        mark = sampler.mark()
        attacked = fleet.publish(20, 2.0, seconds, during=attack)
        spent = sampler.since(mark)
    run.say(f"  half-open: quiet {_p99(quiet)}; attacked {_p99(attacked)}; newcomer {newcomer}; {spent}")
    return {
        "quiet_ms": quiet["p99_ms"], "attacked_ms": attacked["p99_ms"], "ratio": attacked["ratio"],
        "lag_ms": attacked["gen_lag_p99_ms"],
        "newcomer_s": newcomer["seconds"], "newcomer_ok": newcomer["ok"] == 1,
        "runs": {"quiet": quiet, "attacked": attacked | spent},
    }  # fmt: skip
