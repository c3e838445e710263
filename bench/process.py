"""Processes that the bench starts and watches.

Owns: file limits, core affinity, CPU and memory of a server's process tree over time.
Doesn't own: which server it is (`servers`).
"""

import os
import resource
import threading
import time
from typing import Any

import psutil

INTERVAL_S = 0.5
DUTY_MAX = 0.05  # sampling a large process tree is work itself: at most this share of the time
MIB = 1 << 20


def raise_nofile() -> None:
    """Allow as many open files as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pin(pid: int, cores: set[int]) -> None:
    """Let a process and its threads run on these cores only."""
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, cores)


class Sampler:
    """Memory and CPU of one or more process trees, sampled in a thread; no pids: measures nothing."""

    def __init__(self, pids: list[int], interval_s: float = INTERVAL_S) -> None:
        self.pids = pids
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._rows: list[tuple[float, int, float, int]] = []  # (time, RSS in bytes, CPU seconds, processes)
        self._cpu_seen: dict[tuple[int, float], float] = {}
        self._known: dict[int, psutil.Process] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        if pids:
            self.sample()
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _processes(self) -> dict[int, psutil.Process]:
        found = {}
        for pid in self.pids:
            try:
                root = self._known.setdefault(pid, psutil.Process(pid))
                found[pid] = root
                for child in root.children(recursive=True):
                    found[child.pid] = self._known.setdefault(child.pid, child)
            except psutil.NoSuchProcess:
                continue
        return found

    def sample(self) -> int:
        """Take a sample now; return the memory in RSS bytes."""
        rss = count = 0
        for pid, process in self._processes().items():
            try:
                with process.oneshot():
                    rss += process.memory_info().rss
                    times = process.cpu_times()
                    self._cpu_seen[pid, process.create_time()] = times.user + times.system
                count += 1
            except psutil.Error:
                continue
        with self._lock:
            self._rows.append((time.monotonic(), rss, sum(self._cpu_seen.values()), count))
        return rss

    def pss_bytes(self) -> int:
        """Return the memory that is this tree's own, shared pages by share. User space: kernel buffers aren't in it."""
        total = 0
        for process in self._processes().values():
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
        return total

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            self.sample()
            if self._stop.wait(max(self._interval_s, (time.monotonic() - began) / DUTY_MAX)):
                return

    def mark(self) -> float:
        """Note the moment from which `since` is to count."""
        if self.pids:
            self.sample()
            return self._rows[-1][0]
        return time.monotonic()

    def since(self, mark: float) -> dict[str, Any]:
        """Return CPU and memory since a mark."""
        if not self.pids:
            return {}
        self.sample()
        with self._lock:
            rows = [row for row in self._rows if row[0] >= mark]
        first, last = rows[0], rows[-1]
        spent = last[2] - first[2]
        return {
            "srv_cpu_pct": round(100 * spent / max(last[0] - first[0], 1e-3), 1),
            "srv_cpu_s": round(spent, 3),
            "srv_rss_start_mb": round(first[1] / MIB, 1),
            "srv_rss_end_mb": round(last[1] / MIB, 1),
            "srv_rss_peak_mb": round(max(row[1] for row in rows) / MIB, 1),
            "srv_procs": last[3],
        }

    def close(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join(2)
