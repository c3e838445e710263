"""The rows of the bench: which loads answer which claim, and what each claim's target is.

Owns: one function per row, from settings of the run to a section of figures; interleaving servers and repetitions.
Doesn't own: the loads (`scenarios`, `pages`, `browser`), servers (`servers`), the table (`report`).
"""

import dataclasses
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import scenarios
from door import door
from jointhq.settings import Settings
from report import Figure, Section, figure, number
from runs import Row, Run, measured, median, one_load, options_for
from servers import running
from staff import staff
from tls import tls

FAN_OUT = ((10, 10.0), (50, 1.0), (100, 1.0), (500, 1.0), (1000, 0.2), (1000, 1.0))
TAKY_CLIENTS_MAX = 100  # past it taky delivers nothing and its runs last minutes (PEERS.md)
IDLE = 5000
MIB = 1 << 20
ACKS_S, ACK_P99_MS = 10_000, 50.0


# -- fan-out


def fan_out(run: Run) -> Section:
    section = Section("fanout", "Fan-out: every client sends, and gets what all others send")
    loads = FAN_OUT if not run.quick else FAN_OUT[:5]
    results: dict[tuple[int, float], dict[str, list[Row]]] = {load: {} for load in loads}
    for repetition in range(run.repetitions):
        for clients, rate_hz in loads:
            for name in run.servers():
                if name == "taky" and (clients > TAKY_CLIENTS_MAX or repetition):
                    continue
                procs = 2 if clients * clients * rate_hz > 500_000 else 1
                row = one_load(name, clients, rate_hz, run.seconds(8, 4), procs=procs)
                results[clients, rate_hz].setdefault(name, []).append(row)
                run.say(f"  {clients} x {rate_hz:g} Hz, {name}: " + _short(row))
    for (clients, rate_hz), by_server in results.items():
        section.data[f"{clients}x{rate_hz:g}"] = by_server
        for name, rows in by_server.items():
            section.figures.append(_fan_out_figure(name, clients, rate_hz, rows))
    _fan_out_targets(section, results)
    return section


def _short(row: Row) -> str:
    keys = ("ratio", "p50_ms", "p99_ms", "deliveries_s", "srv_us_per_delivery", "gen_lag_p99_ms")
    return ", ".join(f"{key} {row.get(key)}" for key in keys)


def _fan_out_figure(name: str, clients: int, rate_hz: float, rows: list[Row]) -> Figure:
    return Figure(
        f"{clients} x {rate_hz:g} Hz, {name}", "",
        f"{number(median(rows, 'deliveries_s'))}/s of {number(clients * (clients - 1) * rate_hz)}/s, "
        f"p50 {number(median(rows, 'p50_ms'), 3)} ms, p99 {number(median(rows, 'p99_ms'), 3)} ms, "
        f"{number(median(rows, 'srv_us_per_delivery'), 3)} us CPU a delivery",
    )  # fmt: skip


def _fan_out_targets(section: Section, results: dict[tuple[int, float], dict[str, list[Row]]]) -> None:
    ours = {load: by_server["jointhq"] for load, by_server in results.items()}
    section.figures.append(figure("p50 at 10 x 10 Hz", median(ours[10, 10.0], "p50_ms"), " ms", below=10))
    hundred = results[100, 1.0]
    cost, floor = (median(hundred[name], "srv_us_per_delivery") for name in ("jointhq", "ceiling"))
    if cost and floor:
        detail = f"{number(cost, 3)} us to {number(floor, 3)} us"
        if "taky" in hundred:
            detail += f"; taky {number(median(hundred['taky'], 'srv_us_per_delivery'), 3)} us"
        ratio = cost / floor
        section.figures.append(
            Figure(
                "CPU a delivery at 100 x 1 Hz, to the ceiling's", "<= 2", f"{number(ratio, 3)} ({detail})", ratio <= 2
            )
        )


# -- saturation


def saturation(run: Run) -> Section:
    section = Section("saturated", "Saturated fan-out: the most that 50 clients sustain (99 % delivered, p99 <= 1 s)")
    best: dict[str, list[Row]] = {}
    for repetition in range(1 if run.quick else 2):
        for name in run.servers():
            if name == "taky" and repetition:
                continue
            run.say(f"  {name}")
            result = _sweep(run, name)
            best.setdefault(name, []).append(result)
    section.data = {"sweeps": best}
    most = {name: max(r["max_sustained_deliveries_s"] for r in results) for name, results in best.items()}
    for name, results in best.items():
        top = max(results, key=lambda r: r["max_sustained_deliveries_s"])
        cost = (top["best"] or {}).get("srv_us_per_delivery")
        limit = "; the generator was the limit" if top["generator_limited"] else ""
        section.figures.append(
            Figure(name, "", f"{number(most[name])} deliveries/s at {number(cost, 3)} us CPU each{limit}")
        )
    section.figures.append(figure("to the ceiling's", most["jointhq"] / most["ceiling"], "", from_=0.5, digits=3))
    if most.get("taky"):
        section.figures.append(figure("to taky's", most["jointhq"] / most["taky"], "", from_=30, digits=3))
    else:
        section.figures.append(Figure("to taky's", ">= 30", "taky couldn't be run here"))
    return section


def _sweep(run: Run, name: str) -> Row:
    clients, duration_s = 50, run.seconds(6, 4)

    def trial(rate: float) -> Row:
        return one_load(name, clients, rate / clients, duration_s, procs=2)

    start, refine = (150.0, 2) if name == "taky" else (8000.0, 1)
    return scenarios.sweep(trial, start, 64_000, 0 if run.quick else refine, run.say)


# -- a million a second on one core


def million(run: Run) -> Section:
    section = Section("million", "A million deliveries a second: 1,000 clients at 1 Hz, the server pinned to one core")
    rows = [one_load("jointhq", 1000, 1.0, run.seconds(15, 6), procs=2, core=0) for _ in range(1 if run.quick else 2)]
    for row in rows:
        run.say("  " + _short(row))
    section.data = {"rows": rows}
    section.figures = [
        figure("delivered", (median(rows, "ratio") or 0) * 100, " %", from_=99.9,
               detail=f"{number(median(rows, 'deliveries_s'))}/s"),
        figure("p99", median(rows, "p99_ms"), " ms", below=250, digits=3),
        Figure("CPU of the one core", "", f"{number(median(rows, 'srv_cpu_pct'))} %, "
               f"{number(median(rows, 'srv_us_per_delivery'), 3)} us a delivery; generator late by "
               f"{number(median(rows, 'gen_lag_p99_ms'), 3)} ms (p99)"),
    ]  # fmt: skip
    return section


# -- one who doesn't read


def stall(run: Run) -> Section:
    section = Section("stall", "One of 20 clients stops reading (20 kB events at 5 Hz)")
    rows = []
    for _ in range(run.repetitions):
        with measured("jointhq") as (server, sampler):
            options = options_for(server, pad=20_000)
            rows.append(scenarios.stalled_reader(options, sampler, 20, 5.0, run.seconds(12, 6), run.say))
    section.data = {"rows": rows}
    before, after = (statistics.median(row[key]["p99_ms"] for row in rows) for key in ("all_read", "one_stalled"))
    stalled = [row["one_stalled"] for row in rows]
    bound_mib = (Settings().tak_write_buffer_bytes + Settings().tak_queue_bytes) / MIB
    section.figures = [
        figure("change of the others' p99", 100 * (after / before - 1), " %", below=20, digits=3,
               detail=f"{number(before, 3)} to {number(after, 3)} ms"),
        figure("others' deliveries", 100 * (median(stalled, "healthy_ratio") or 0), " %", from_=99.9),
        Figure("server's memory", f"< {number(bound_mib)} MiB more (tak_write_buffer_bytes + tak_queue_bytes)",
               f"{number(median(rows, 'extra_memory_mb'), 3)} MiB more",
               (median(rows, "extra_memory_mb") or 0) < bound_mib),
    ]  # fmt: skip
    return section


# -- idle connections


def idle(run: Run) -> Section:
    section = Section("idle", "5,000 idle plain connections")
    for name in ("jointhq", "ceiling"):
        with measured(name) as (server, sampler):
            result = scenarios.ramp(options_for(server), sampler, [IDLE + 2], identify=False, say=run.say)
        section.data[name] = result
        last = result["steps"][-1]
        ours = name == "jointhq"
        section.figures.append(
            figure(f"memory of each in user space (PSS), {name}", last["kib_per_client_pss"], " KiB",
                   below=12 if ours else None, digits=3, detail=f"{last['live'] - 2:,} held")
        )  # fmt: skip
        if ours:
            section.figures.append(Figure("held, two active ones still served", "5,000", f"{last['live'] - 2:,}",
                                          last["live"] - 2 >= IDLE and last["probe_ok"]))  # fmt: skip
    return section


# -- start


def start(run: Run) -> Section:
    section = Section("start", "From start to the first client")
    for name in run.servers():
        times = []
        for _ in range(run.repetitions + 2):
            with running(name) as server:
                times.append(server.started_s)
        section.data[name] = times
        below = 2.0 if name == "jointhq" else None
        section.figures.append(figure(name, statistics.median(times), " s", below=below, digits=3))
    return section


# -- tracks and pages


def tracks(run: Run) -> Section:
    import pages  # noqa: PLC0415 - needs websockets, which other rows don't

    section = Section("tracks", "54,000 tracks, each reporting every 30 s, with 50 pages open")
    with measured("jointhq") as (server, sampler):
        found = pages.moving_tracks(server, sampler, tracks=54_000, every_s=30.0, pages=50, seconds=run.seconds(30, 15))
    section.data = found
    distinct, sent = found["distinct_frames"], found["frames_per_page"]
    section.figures = [
        figure("one core, taking them in", found["in_cpu_pct"], " %", below=30, digits=3),
        figure("one core, with 50 pages open", found["pages_cpu_pct"], " %", digits=3),
        Figure("a page gets", "<= 8 B a moved track", f"{number(found['bytes_per_moved_track'], 3)} B",
               found["bytes_per_moved_track"] <= 8),
        Figure("compressions a tick, for all pages", "1",
               f"{distinct / max(sent, 1):.3g} ({distinct} different frames, {sent} sent to each page)",
               distinct <= sent + 1),
    ]  # fmt: skip
    return section


def page(run: Run) -> Section:
    import browser  # noqa: PLC0415 - needs playwright

    section = Section("page", "The page in Chromium without a GPU, 54,000 moving tracks")
    with measured("jointhq") as (server, _):
        found = browser.page_figures(server, tracks=54_000, every_s=30.0, seconds=run.seconds(15, 6))
    section.data = found
    drawing = f"drawing p50 {found['draw_p50_ms']} ms, p99 {found['draw_p99_ms']} ms"
    section.figures = [
        figure("first paint", found["first_paint_ms"], " ms"),
        figure("all tracks drawn after", found["all_drawn_s"], " s", digits=3),
        figure("frames a second, drawing all at each", found["fps"], "", from_=30, digits=3,
               detail=f"{found['in_view']:,} in view; {drawing}"),
        figure("update to pixel, p95", found["update_to_pixel_p95_ms"], " ms", below=300, digits=3,
               detail=f"p50 {number(found['update_to_pixel_p50_ms'], 3)} ms; the wait for the tick included"),
    ]  # fmt: skip
    return section


# -- the picture alone: scripts of their own, whose lines are read

_LINE = re.compile(
    r"^  (?P<what>.{34}) +(?P<value>[-\d.]+) (?P<unit>.*?)(?:   goal (?P<goal>[\d.]+): (?P<verdict>\w+))?$"
)


def _script(name: str, title: str, arguments: list[str]) -> Section:
    section = Section(name, title)
    script = Path(__file__).with_name(f"{name}.py")
    done = subprocess.run([sys.executable, str(script), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    section.data = {"output": done.stdout}
    part = ""
    parts: dict[str, list[tuple[str, Figure]]] = {}
    for text in done.stdout.splitlines():
        found = _LINE.match(text)
        if not found:
            part = text.strip()
            continue
        unit = f" {found['unit'].strip()}".rstrip()
        target = f"<= {found['goal']}{unit.partition(',')[0]}" if found["goal"] else ""
        met = found["verdict"] == "reached" if found["verdict"] else None
        what = found["what"].strip()
        one = Figure(what, target, f"{number(float(found['value']))}{unit}", met)
        parts.setdefault(part, []).append((what, one))
    for heading, figures in parts.items():
        of = f", {heading.partition(';')[0]}" if len(parts) > 1 else ""
        section.figures += [dataclasses.replace(one, what=f"{what}{of}") for what, one in figures]
    if len(parts) == 1:
        section.notes.append(f"{part}.")
    return section


def history(run: Run) -> Section:
    return _script("history", "History", ["--reports", "20"] if run.quick else [])


def journal(run: Run) -> Section:
    section = Section("journal", "The journal: records of 800 bytes, durable before they are acknowledged")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, str(Path(__file__).with_name("journal.py")), "--brief", "--json", str(out)]
        command += ["--rounds", str(run.repetitions), "--seconds", f"{run.seconds(5, 3):g}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        run.say(done.stdout)
        found = section.data = json.loads(out.read_text(encoding="utf-8"))
    for one in found["stores"]:
        store, writers = one["store"], one["in_flight"]
        said = (
            f"p50 {number(one['p50_ms'], 3)} ms, p99 {number(one['p99_ms'], 3)} ms, {number(one['cpu_us'], 3)} us CPU"
        )
        name = f"acknowledgements, {store}, {writers} in flight"
        judged = (store, writers) == ("sqlite", 50)
        bound = ACKS_S if judged else None
        section.figures.append(figure(name, one["acks_s"], "/s", from_=bound, detail=said))
        if judged:
            section.figures.append(figure(f"p99, {store}, {writers} in flight", one["p99_ms"], " ms", below=ACK_P99_MS))
    for one in found["disk"]:
        section.figures.append(
            figure(f"this disk syncs {one['bytes'] >> 10} KiB", one["per_s"], "/s",
                   detail=f"p99 {number(one['p99_ms'], 3)} ms")
        )  # fmt: skip
    small = found["disk"][0]["per_s"]
    section.notes.append(
        "A lone writer waits for one sync each; 50 in flight share one, so this disk bounds them at 50 times its"
        f" syncs: {number(50 * small)} a second. PostgreSQL runs with its own defaults on the same disk, and uses CPU"
        " in processes of its own besides; memory is the ceiling, where nothing is durable."
    )
    return section


def deltas(run: Run) -> Section:
    del run
    return _script("deltas", "The picture alone, in one process", [])


ROWS: dict[str, Callable[[Run], Section]] = {
    "start": start, "fanout": fan_out, "saturated": saturation, "million": million, "stall": stall, "idle": idle,
    "tls": tls, "door": door, "journal": journal, "tracks": tracks, "page": page, "deltas": deltas, "history": history,
    "staff": staff,
}  # fmt: skip
