"""Put load on a CoT server, ours or another, and measure what comes out.

    cotload.py fanout    --port 8087 --clients 50 --rate 1 --duration 15 --server-pid PID
    cotload.py sweep     --port 8087 --clients 50 --start 100 --server-pid PID
    cotload.py ramp      --port 8087 --steps 100,1000,5000 --server-pid PID
    cotload.py stall     --port 8087 --clients 20 --rate 2 --pad 20000 --duration 20 --server-pid PID
    cotload.py malformed --port 8087 --server-pid PID
    cotload.py late      --port 8087 --phase write   # then --phase read; restart the server and read again

Owns: the command line of the generator. README.md tells how it measures; `run.py` compares servers with it.
Every mode is bounded in count and time, and goes to loopback addresses only.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import malformed
import scenarios
from options import CLIENTS_MAX, add_arguments, from_arguments
from process import Sampler, raise_nofile

COLUMNS = (
    "scenario", "offered_msgs_s", "ratio", "healthy_ratio", "p50_ms", "p95_ms", "p99_ms", "max_ms", "deliveries_s",
    "duplicates", "disconnected", "srv_cpu_pct", "srv_us_per_delivery", "srv_rss_peak_mb", "gen_lag_p99_ms", "live",
    "lost", "rss_mb", "kib_per_client_pss", "probe_ok", "server_reachable", "newcomer_served_s", "probe_ratio",
    "probe_max_ms", "bystander_disconnected", "attacker_disconnected", "valid_after_delivered", "rss_growth_mb",
    "secret_leaked", "failed",
)  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    columns = [c for c in COLUMNS if any(row.get(c) is not None for row in rows)]
    cells = [["" if row.get(c) is None else str(row[c]) for c in columns] for row in rows]
    widths = [max(len(c), *(len(line[i]) for line in cells)) for i, c in enumerate(columns)]
    lines = ["  ".join(c.ljust(w) for c, w in zip(columns, widths, strict=True))]
    return "\n".join(lines + ["  ".join(c.rjust(w) for c, w in zip(line, widths, strict=True)) for line in cells])


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = top.add_subparsers(dest="mode", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    add_arguments(shared)
    shared.add_argument("--server-pid", default="", help="comma list; each is measured with its children")
    shared.add_argument("--out", help="write JSON here")
    shared.add_argument("--clients", type=int, default=50)
    shared.add_argument("--publishers", type=int, help="of the clients; default all")
    shared.add_argument("--rate", type=float, default=1.0, help="events per second and publisher")
    shared.add_argument("--duration", type=float, default=15.0)
    modes.add_parser("fanout", parents=[shared])
    mode = modes.add_parser("sweep", parents=[shared])
    mode.add_argument("--start", type=float, default=10.0, help="total messages a second to begin with")
    mode.add_argument("--max-msgs", type=float, default=200_000)
    mode.add_argument("--refine", type=int, default=2)
    mode = modes.add_parser("ramp", parents=[shared])
    mode.add_argument("--steps", default="100,250,500,1000,2000,5000")
    mode.add_argument("--identify", action="store_true", help="idle clients also say who they are")
    modes.add_parser("stall", parents=[shared])
    mode = modes.add_parser("malformed", parents=[shared])
    mode.add_argument("--only", default="", help="comma list of cases")
    mode.add_argument("--recover", type=float, default=15.0, help="s within which two newcomers must be able to talk")
    mode = modes.add_parser("late", parents=[shared])
    mode.add_argument("--phase", choices=("write", "read"), default="read")
    return top


def measure(args: argparse.Namespace, sampler: Sampler) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return everything measured, and the rows to print."""
    options = from_arguments(args)
    if args.mode == "fanout":
        row = scenarios.fan_out(options, sampler, args.clients, args.rate, args.duration, args.publishers)
        return {"fanout": row}, [row]
    if args.mode == "sweep":
        publishers = args.publishers or args.clients

        def trial(rate: float) -> dict[str, Any]:
            return scenarios.fan_out(options, sampler, args.clients, rate / publishers, args.duration, publishers)

        result = scenarios.sweep(trial, args.start, args.max_msgs, args.refine, say)
        return {"sweep": result}, result["steps"]
    if args.mode == "ramp":
        steps = [int(step) for step in args.steps.split(",")]
        result = scenarios.ramp(options, sampler, steps, identify=args.identify, say=say)
        return {"ramp": result}, result["steps"]
    if args.mode == "stall":
        result = scenarios.stalled_reader(options, sampler, args.clients, args.rate, args.duration, say)
        return {"stall": result}, [{"scenario": k} | v for k, v in result.items() if isinstance(v, dict)]
    if args.mode == "malformed":
        rows = malformed.run(options, sampler, set(filter(None, args.only.split(","))), args.recover, say)
        return {"malformed": rows}, rows
    return {"late": scenarios.late_joiner(options, args.phase)}, []


def main() -> int:
    raise_nofile()
    top = parser()
    args = top.parse_args()
    if args.clients > CLIENTS_MAX:
        top.error(f"--clients is limited to {CLIENTS_MAX}")
    sampler = Sampler([int(pid) for pid in args.server_pid.split(",") if pid])
    began = time.time()
    try:
        result, rows = measure(args, sampler)
    finally:
        sampler.close()
    result = {"mode": args.mode, "wire": args.wire, "wall_s": round(time.time() - began, 1)} | result
    if rows:
        print(table(rows))
    if args.out:
        Path(args.out).write_text(json.dumps(result, indent=1), encoding="utf-8")
    elif not rows:
        print(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
