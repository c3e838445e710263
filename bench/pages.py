"""What 54,000 moving tracks cost the server: to take in, and to show on many pages at once.

Owns: pages as WebSocket clients that sign in and count bytes; CPU of the server with and without them.
Doesn't own: the tracks (`feeder`), drawing them (`browser`).
"""

import asyncio
import contextlib
import hashlib
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from process import Sampler
from servers import Server

DELTA = 1  # the kind of a frame is its second byte
HEADER_BYTES = 32
FILL_S_MAX = 60.0


def sign_in(server: Server) -> str:
    """Return the cookie of a new session."""
    connection = http.client.HTTPConnection("127.0.0.1", server.page_port, timeout=10)
    body = json.dumps({"token": server.sign_in_token()})
    connection.request("POST", "/api/sign-in", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    cookie = answer.getheader("Set-Cookie")
    if answer.status != 204 or not cookie:
        raise RuntimeError(f"no sign-in: HTTP {answer.status}")
    return cookie.partition(";")[0]


@contextlib.contextmanager
def feeding(server: Server, tracks: int, every_s: float, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """Feed moving tracks into the server during a block, which begins when each has been sent once."""
    command = [sys.executable, str(Path(__file__).with_name("feeder.py")), "--port", str(server.port)]
    command += ["--tracks", str(tracks), "--every-s", str(every_s), "--seconds", str(seconds)]
    feeder = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert feeder.stdout
        if "filled" not in feeder.stdout.readline():
            raise RuntimeError("the feeder ended before every track was sent")
        yield feeder
    finally:
        feeder.terminate()
        feeder.wait(10)
        if feeder.stdout:
            feeder.stdout.close()


class Page:
    """One page: what it was sent."""

    def __init__(self) -> None:
        self.frames: dict[float, bytes] = {}  # digest of each delta, by the server's position
        self.delta_bytes = 0

    async def read(self, url: str, cookie: str) -> None:
        async with connect(url, additional_headers={"Cookie": cookie}, compression=None, max_size=None) as socket:
            async for message in socket:
                if isinstance(message, bytes) and message[1] == DELTA:
                    self.delta_bytes += len(message)
                    self.frames[time.monotonic()] = hashlib.blake2b(message, digest_size=8).digest()

    def reset(self) -> None:
        self.frames.clear()
        self.delta_bytes = 0


async def _watch(server: Server, sampler: Sampler, pages: int, seconds: float) -> dict[str, Any]:
    """Open pages; measure the server for so long with them open."""
    url, cookie = f"ws://127.0.0.1:{server.page_port}/api/picture", sign_in(server)
    opened = [Page() for _ in range(pages)]
    reading = [asyncio.create_task(page.read(url, cookie)) for page in opened]
    await asyncio.sleep(3.0)  # the snapshots of newly opened pages aren't part of the steady state
    for page in opened:
        page.reset()
    mark, began = sampler.mark(), time.monotonic()
    await asyncio.sleep(seconds)
    took_s, used = time.monotonic() - began, sampler.since(mark)
    ended = sum(task.done() for task in reading)
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    distinct = {digest for page in opened for digest in page.frames.values()}
    frames = max(len(page.frames) for page in opened)
    return used | {
        "pages": pages, "pages_lost": ended, "seconds": round(took_s, 2), "frames_per_page": frames,
        "bytes_per_page": round(sum(page.delta_bytes for page in opened) / pages),
        "distinct_frames": len(distinct),  # one compression a tick: no more than the ticks in the window
    }  # fmt: skip


def moving_tracks(
    server: Server, sampler: Sampler, *, tracks: int, every_s: float, pages: int, seconds: float
) -> dict[str, Any]:
    """Feed `tracks` every `every_s`; return what it costs without and with open pages."""
    with feeding(server, tracks, every_s, 2 * seconds + 60):
        time.sleep(1.0)
        mark = sampler.mark()
        time.sleep(seconds)
        alone = sampler.since(mark)
        watched = asyncio.run(_watch(server, sampler, pages, seconds))
    moved = tracks / every_s * watched["seconds"]
    each_bytes = round(watched["bytes_per_page"] / moved, 2)
    return {
        "tracks": tracks, "every_s": every_s, "in_cpu_pct": alone.get("srv_cpu_pct"),
        "pages_cpu_pct": watched.get("srv_cpu_pct"), "bytes_per_moved_track": each_bytes,
        "rss_mb": watched.get("srv_rss_end_mb"),
    } | watched  # fmt: skip
