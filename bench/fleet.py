"""N clients, spread over worker processes, as one thing that connects, publishes and says what was received.

Owns: the workers' processes and pipes; adding up their figures into the figures of one run.
Doesn't own: what a worker does (`worker`), which loads make a comparison (`scenarios`).
"""

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Self

import numpy as np
import psutil

import worker
from options import DURATION_S_MAX, MESSAGES_S_MAX, Options
from receiver import quantile_ms

Sees = Callable[[int, int], bool]
LAG_MS_MAX = 250.0  # a generator later than this against its own schedule was the bottleneck itself


class Fleet:
    """Close it when done: `with Fleet(options) as fleet`."""

    _run = 0

    def __init__(self, options: Options) -> None:
        self.options = options
        self.size = 0
        self._requests = 0
        self._answers: dict[int, Any] = {}
        tag = options.tag or f"{random.randrange(1 << 20):05X}"
        context = multiprocessing.get_context("fork")
        self._pipes: list[Connection] = []
        self._processes = []
        for number in range(options.procs):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=worker.main, args=(theirs, options, tag, number, options.procs), daemon=True
            )
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            try:
                pipe.send(("quit", {}))
            except OSError:
                continue
        for process in self._processes:
            process.join(5)
            if process.is_alive():
                process.terminate()
                process.join(5)

    def _ask(self, name: str, **arguments: Any) -> list[int]:
        numbers = []
        for pipe in self._pipes:
            self._requests += 1
            pipe.send((name, arguments | {"_number": self._requests}))
            numbers.append(self._requests)
        return numbers

    def _answer(self, numbers: list[int], timeout_s: float = DURATION_S_MAX + 120) -> list[Any]:
        answers = []
        give_up = time.monotonic() + timeout_s
        for pipe, number in zip(self._pipes, numbers, strict=True):
            while number not in self._answers:
                if not pipe.poll(max(0.0, give_up - time.monotonic())):
                    raise TimeoutError("a worker did not answer")
                other, answer = pipe.recv()
                self._answers[other] = answer
            answer = self._answers.pop(number)
            if isinstance(answer, dict) and "exception" in answer:
                raise RuntimeError(answer["exception"])
            answers.append(answer)
        return answers

    def call(self, name: str, **arguments: Any) -> list[Any]:
        return self._answer(self._ask(name, **arguments))

    def connect(self, count: int, *, identify: bool = True) -> dict[str, Any]:
        """Connect `count` more clients, in blocks; stop where the machine runs out of memory."""
        options = self.options
        total: dict[str, Any] = {"ok": 0, "failed": 0, "errors": [], "seconds": 0.0, "cpu_s": 0.0, "came_again": 0}
        left = count
        while left:
            if psutil.virtual_memory().available < options.min_free_gb * 2**30:
                total["errors"].append(f"less than {options.min_free_gb} GB of memory free at {self.size} clients")
                total["failed"] += left
                break
            block = min(left, options.connect_block)
            result = self._connect_block(block, identify=identify)
            total = {
                "ok": total["ok"] + result["ok"], "failed": total["failed"] + result["failed"],
                "errors": (total["errors"] + result["errors"])[:5], "seconds": total["seconds"] + result["seconds"],
                "cpu_s": total["cpu_s"] + result["cpu_s"], "came_again": result["came_again"],
            }  # fmt: skip
            left -= block
        return total

    def _connect_block(self, count: int, *, identify: bool) -> dict[str, Any]:
        options, first = self.options, self.size
        late = identify and bool(options.ident_delay or options.ident_delay_per_client)
        results = self.call(
            "connect", first=first, count=count, timeout_s=options.connect_timeout, pace_s=options.connect_pace,
            identify=identify and not late,
        )  # fmt: skip
        self.size += count
        if late:
            time.sleep(options.ident_delay + options.ident_delay_per_client * count)
            self.call("identify", first=first, count=count)
        return {
            "ok": sum(r["ok"] for r in results), "failed": sum(r["failed"] for r in results),
            "errors": [error for r in results for error in r["errors"]], "seconds": max(r["seconds"] for r in results),
            "cpu_s": sum(r["cpu_s"] for r in results), "came_again": sum(r["came_again"] for r in results),
        }  # fmt: skip

    def progress(self) -> dict[str, int]:
        results = self.call("progress")
        return {key: sum(r[key] for r in results) for key in ("received_bytes", "pending", "lost", "live")}

    def settle(self, *, quiet_s: float | None = None, limit_s: float | None = None) -> float:
        """Wait until nothing more arrives (first positions, replay); return the seconds it took."""
        options, began = self.options, time.monotonic()
        limit_s = options.settle if limit_s is None else limit_s
        if options.settle_min:
            time.sleep(options.settle_min)
        self._wait_quiet(limit_s, options.quiet if quiet_s is None else quiet_s)
        return time.monotonic() - began

    def _wait_quiet(self, limit_s: float, quiet_s: float) -> None:
        began = since = time.monotonic()
        last: tuple[int, int] | None = None
        while time.monotonic() - began < limit_s:
            progress = self.progress()
            now = progress["received_bytes"], progress["pending"]
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since >= quiet_s:
                return
            time.sleep(0.1)

    def publish(
        self, publishers: int, rate_hz: float, duration_s: float, *, during: Callable[[], None] | None = None,
        sees: Sees = lambda _receiver, _publisher: True,
    ) -> dict[str, Any]:  # fmt: skip
        """Let the first `publishers` clients send at `rate_hz` each; return the figures of the run.

        `during` is called meanwhile; `sees` says which receiver must get what which publisher says, and no other.
        """
        duration_s = min(duration_s, DURATION_S_MAX)
        if publishers * rate_hz > MESSAGES_S_MAX:
            raise SystemExit(f"more than {MESSAGES_S_MAX} messages a second are refused")
        Fleet._run += 1
        run = (os.getpid() * 7 + Fleet._run) % 10_000
        planned = publishers * rate_hz * duration_s
        per_publisher = worker.per_publisher_max(rate_hz, duration_s)
        alive = self.call("prepare", run=run, publishers=publishers, per_publisher=per_publisher)
        live = [index for indices in alive for index in indices]
        before = self.progress()["received_bytes"]
        asked = self._ask(
            "publish", start=time.monotonic() + 0.25, publishers=publishers, rate_hz=rate_hz, duration_s=duration_s
        )
        if during:
            during()
        published = self._answer(asked)
        self._wait_quiet(self.options.drain, self.options.drain_quiet)
        collected = self.call("collect")
        return {
            "clients": self.size, "live_at_start": len(live), "publishers": publishers, "rate_hz": rate_hz,
            "duration_s": duration_s, "offered_msgs_s": round(publishers * rate_hz, 2),
            "planned": int(planned),
        } | _figures(published, collected, before, live, sees, duration_s, planned)  # fmt: skip


def _figures(
    published: list[Any],
    collected: list[Any],
    received_before: int,
    live: list[int],
    sees: Sees,
    duration_s: float,
    planned: float,
) -> dict[str, Any]:
    by_publisher = np.sum([p["sent"] for p in published], axis=0).tolist()
    sent = sum(by_publisher)
    received_by = {receiver: count for c in collected for receiver, count in c["per_receiver"].items()}
    expected_by = {
        receiver: sum(n for p, n in enumerate(by_publisher) if p != receiver and sees(receiver, p)) for receiver in live
    }
    skipped = sum(p["skipped"] for p in published)
    latency, lag = (
        np.sum([r[key] for r in rows], axis=0) for rows, key in ((collected, "latency"), (published, "lag"))
    )
    expected, unique = sum(expected_by.values()), sum(c["unique"] for c in collected)
    duplicates = sum(c["duplicates"] for c in collected)
    too_many = sum(max(0, count - expected_by.get(receiver, 0)) for receiver, count in received_by.items())
    first = min((c["first_us"] for c in collected if c["first_us"]), default=0)
    span_s = max((max(c["last_us"] for c in collected) - first) / 1e6, 1e-3) if first else 0.0
    received = sum(c["received_bytes"] for c in collected) - received_before
    lag_ms = quantile_ms(lag, 0.99)
    return {
        "sent": sent, "sent_bytes_avg": round(sum(p["bytes"] for p in published) / max(sent, 1)),
        "expected": expected, "delivered": unique, "ratio": round(unique / expected, 5) if expected else None,
        "duplicates": duplicates, "unseen": max(0, too_many - duplicates),  # got what it must not see
        "echoes": sum(c["echoes"] for c in collected),
        "foreign": sum(c["foreign"] for c in collected),
        "min_receiver": min(received_by.values(), default=0), "max_receiver": max(received_by.values(), default=0),
        "p50_ms": quantile_ms(latency, 0.50), "p95_ms": quantile_ms(latency, 0.95),
        "p99_ms": quantile_ms(latency, 0.99),
        "max_ms": round(max(c["max_us"] for c in collected) / 1000, 2) if unique else None,
        "deliveries_s": round(unique / max(span_s, duration_s)) if unique else 0,
        "rx_mb_s": round(received / max(span_s, duration_s) / 1e6, 2) if unique else 0,
        "span_s": round(span_s, 2), "disconnected": sum(c["lost"] for c in collected), "skipped": skipped,
        "gen_lag_p99_ms": lag_ms, "gen_cpu_s": round(sum(p["cpu_s"] for p in published), 2),
        "gen_limited": bool((lag_ms or 0) > LAG_MS_MAX or sent + skipped < int(planned) * 0.98),
    }  # fmt: skip
