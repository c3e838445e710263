"""The loads that a server is put under, one function each; each returns the figures of what happened.

Owns: fan-out, the sweep to the most that is sustained, idle connections, one stalled reader, what a late joiner gets.
Doesn't own: broken input (`malformed`), which server at which settings is compared with which (`run`).
"""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import psutil

from events import contact, event, stamps
from fleet import Fleet, Sees
from options import Options
from process import MIB, Sampler

Row = dict[str, Any]
Say = Callable[[str], None]
GOOD_RATIO, GOOD_P99_MS = 0.99, 1000.0  # what a server must deliver, and how soon, to count as keeping up


def with_cost(row: Row) -> Row:
    """Add the server's CPU per delivery: the figure that doesn't depend on how fast the generator is."""
    if row.get("srv_cpu_s") is not None and row.get("delivered"):
        row["srv_us_per_delivery"] = round(row["srv_cpu_s"] * 1e6 / row["delivered"], 2)
        row["srv_us_per_msg"] = round(row["srv_cpu_s"] * 1e6 / max(row["sent"], 1), 1)
    return row


def fan_out(
    options: Options, sampler: Sampler, clients: int, rate_hz: float, duration_s: float,
    publishers: int | None = None, *, sees: Sees = lambda _receiver, _publisher: True,
) -> Row:  # fmt: skip
    """Every client publishes at the rate and must get everyone else's events, as far as it sees them."""
    with Fleet(options) as fleet:
        connected = fleet.connect(clients)
        row: Row = {
            "scenario": f"{clients}x{rate_hz:g}Hz", "connected": connected["ok"], "connect_errors": connected["errors"],
            "settle_s": round(fleet.settle(), 2),
        }  # fmt: skip
        if connected["ok"] < clients * 0.9:
            return row | {"failed": "could not connect enough clients"}
        mark = sampler.mark()
        row |= fleet.publish(publishers or clients, rate_hz, duration_s, sees=sees)
        row |= sampler.since(mark)
    time.sleep(options.pause)
    return with_cost(row)


def keeps_up(row: Row) -> bool:
    return (
        (row.get("ratio") or 0) >= GOOD_RATIO
        and (row.get("p99_ms") or math.inf) <= GOOD_P99_MS
        and "failed" not in row
        and row.get("live_at_start") == row.get("clients")
    )


def sweep(
    trial: Callable[[float], Row], start_msgs_s: float, max_msgs_s: float, refine: int, say: Say = lambda _: None
) -> Row:
    """Double the message rate until the server no longer keeps up, then narrow it down; `trial(rate)` runs one load."""
    rows: list[Row] = []

    def attempt(rate: float) -> bool:
        row = trial(rate)
        row["passed"] = keeps_up(row)
        rows.append(row)
        say(
            f"  {rate:g} msg/s: ratio {row.get('ratio')}, p99 {row.get('p99_ms')} ms, {row.get('deliveries_s')}/s, "
            f"CPU {row.get('srv_cpu_pct')} %, generator lag {row.get('gen_lag_p99_ms')} ms: "
            + ("keeps up" if row["passed"] else "doesn't keep up")
        )
        return bool(row["passed"])

    low, high, rate = 0.0, 0.0, start_msgs_s
    while start_msgs_s / 8 <= rate <= max_msgs_s:
        if not attempt(rate) and not attempt(rate):  # once more: a machine has hiccups
            high = rate
            if low:
                break
            rate /= 2
            continue
        low = rate
        if high:
            break
        if rows[-1]["gen_limited"] and not (attempt(rate) and not rows[-1]["gen_limited"]):
            say("  the generator is the limit; stopping")
            break
        rate *= 2
    for _ in range(refine if low and high else 0):
        rate = round(math.sqrt(low * high), 1)
        if attempt(rate):
            low = rate
        else:
            high = rate
    best = max((r for r in rows if r["passed"]), key=lambda r: r["deliveries_s"], default=None)
    return {
        "max_sustained_msgs_s": low, "max_sustained_deliveries_s": best["deliveries_s"] if best else 0,
        "generator_limited": bool(low and not high), "best": best, "steps": rows,
    }  # fmt: skip


def ramp(options: Options, sampler: Sampler, steps: list[int], *, identify: bool, say: Say = lambda _: None) -> Row:
    """Hold more and more idle connections; after each step two active ones must still hear each other."""
    rows: list[Row] = []
    with Fleet(options) as fleet:
        fleet.connect(2)
        fleet.settle(limit_s=5)
        base_rss, base_pss = sampler.sample(), sampler.pss_bytes()
        for target in steps:
            mark = sampler.mark()
            connected = fleet.connect(target - fleet.size, identify=identify)
            connecting = sampler.since(mark)
            fleet.settle()
            mark = sampler.mark()
            time.sleep(2.0)
            idle, progress = sampler.since(mark), fleet.progress()
            row: Row = {
                "scenario": f"idle {target}", "connected": connected["ok"], "failed_to_connect": connected["failed"],
                "errors": connected["errors"], "connect_s": round(connected["seconds"], 2),
                "connect_srv_cpu_s": connecting.get("srv_cpu_s"), "live": progress["live"],
                "lost": progress["lost"], "idle_cpu_pct": idle.get("srv_cpu_pct"),
            }  # fmt: skip
            if sampler.pids:
                others = max(fleet.size - 2, 1)
                rss, pss = sampler.sample(), sampler.pss_bytes()
                row |= {
                    "rss_mb": round(rss / MIB, 1), "pss_mb": round(pss / MIB, 1),
                    "kib_per_client_rss": round((rss - base_rss) / 1024 / others, 2),
                    "kib_per_client_pss": round((pss - base_pss) / 1024 / others, 2),
                }  # fmt: skip
            probe = fleet.publish(1, 5, 2)  # idle clients that never said who they are may rightly get nothing
            row |= {
                "probe_p50_ms": probe["p50_ms"], "probe_max_ms": probe["max_ms"],
                "probe_ok": bool(probe["sent"] and probe["max_receiver"] >= probe["sent"] * GOOD_RATIO),
            }  # fmt: skip
            rows.append(row)
            say(f"  {target} idle: {row}")
            if connected["failed"] > target * 0.02 or progress["lost"] > target * 0.02 or not row["probe_ok"]:
                row["failed"] = True
                break
            if psutil.virtual_memory().available < options.min_free_gb * 2**30:
                break
    return {"held": max((r["live"] for r in rows if "failed" not in r), default=0), "steps": rows}


def stalled_reader(
    options: Options, sampler: Sampler, clients: int, rate_hz: float, duration_s: float, say: Say = lambda _: None
) -> Row:
    """Put on the same load twice: everyone reads; then the last client, which only listens, stops reading."""
    result: Row = {}
    stalled, publishers = clients - 1, clients - 1
    for phase in ("all_read", "one_stalled"):
        with Fleet(options) as fleet:
            fleet.connect(clients)
            fleet.settle()
            if phase == "one_stalled":
                fleet.call("pause", index=stalled, on=True)
            mark = sampler.mark()
            row = fleet.publish(publishers, rate_hz, duration_s) | sampler.since(mark)
            received = {int(i): n for c in fleet.call("collect") for i, n in c["per_receiver"].items()}
            healthy = sum(n for i, n in received.items() if i != stalled) - row["duplicates"]
            row["healthy_ratio"] = round(healthy / max(row["sent"] * (clients - 2), 1), 4)
            if phase == "one_stalled":
                fleet.call("pause", index=stalled, on=False)
                fleet.settle(quiet_s=1.5, limit_s=20)
                row["stalled_client_was_closed"] = fleet.progress()["lost"] > 0
        result[phase] = row
        say(
            f"  {phase}: healthy {row['healthy_ratio']}, p99 {row['p99_ms']} ms, "
            f"RSS {row.get('srv_rss_start_mb')} -> {row.get('srv_rss_peak_mb')} MB"
        )
        time.sleep(options.pause)
    before, after = result["all_read"], result["one_stalled"]
    if before["p99_ms"] and after["p99_ms"]:
        result["p99_change_pct"] = round(100 * (after["p99_ms"] / before["p99_ms"] - 1), 1)
    if "srv_rss_peak_mb" in after:
        growth = [row["srv_rss_peak_mb"] - row["srv_rss_start_mb"] for row in (before, after)]
        result["extra_memory_mb"] = round(growth[1] - growth[0], 1)
    return result


def late_joiner(options: Options, phase: str) -> Row:
    """`write`: publish a marker, a chat and a position, then leave. `read`: say what a newcomer is given."""
    return asyncio.run(_late_write(options) if phase == "write" else _late_read(options))


async def _late_write(options: Options) -> Row:
    _, writer = await asyncio.open_connection(options.host, options.port, ssl=options.ssl_context())
    await asyncio.sleep(options.ident_delay)
    room = b'chatroom="All Chat Rooms" id="All Chat Rooms" senderCallsign="LATEPUB"'
    for kind, uid, detail in (
        (b"a-f-G-U-C", b"LATE-PUB", contact(b"LATEPUB")),
        (b"a-h-G", b"LATE-MARKER", b'<contact callsign="MARK"/><remarks>LATEMARKER</remarks><archive/>'),
        (
            b"b-t-f", b"GeoChat.LATE-PUB.All Chat Rooms.1",
            b'<__chat parent="RootContactGroup" groupOwner="false" %b><chatgrp uid0="LATE-PUB" uid1="All Chat Rooms" '
            b'id="All Chat Rooms"/></__chat><link uid="LATE-PUB" type="a-f-G-U-C" relation="p-p"/>'
            b'<remarks source="BAO.F.ATAK.LATE-PUB" to="All Chat Rooms">LATECHAT</remarks>' % room,
        ),
        (b"a-f-G-U-C", b"LATE-PUB", contact(b"LATEPUB") + b"<remarks>LATEPOSITION</remarks>"),
    ):  # fmt: skip
        writer.write(event(uid, detail, kind, stale_s=3600))
        await writer.drain()
        await asyncio.sleep(0.7)
    await asyncio.sleep(2)
    writer.close()
    return {"phase": "write"}


async def _late_read(options: Options) -> Row:
    reader, writer = await asyncio.open_connection(options.host, options.port, ssl=options.ssl_context())
    name = b"LATE%d" % (stamps()[1] % 100_000)
    writer.write(event(name, contact(name)))
    seen = b""
    try:
        async with asyncio.timeout(6):
            while data := await reader.read(1 << 18):
                seen += data
    except TimeoutError:
        pass
    writer.close()
    return {
        "phase": "read", "bytes": len(seen), "events": seen.count(b"</event>"),
        "marker": b"LATEMARKER" in seen, "chat": b"LATECHAT" in seen, "position": b"LATEPOSITION" in seen,
    }  # fmt: skip
