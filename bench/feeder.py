"""Send the reports of many moving tracks into a server over a few TAK connections, at a steady pace.

    feeder.py --port 8087 --tracks 54000 --every-s 30 --seconds 60

Owns: who reports when, and the sockets. Doesn't own: how tracks move (`traffic`), what it costs (`pages`, `browser`).
Prints one JSON line when every track has been sent once, and one at the end; stops by itself.
"""

import argparse
import asyncio
import json
import random
import time
from typing import cast

import uvloop

from jointhq.cot import xml
from traffic import Traffic

CONNECTIONS = 2  # "a few": each also gets what the others send
FILL_S = 10.0  # in which every track is sent for the first time
STEP_S = 0.02


class Quiet(asyncio.Protocol):
    """A connection whose incoming events are read and dropped."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)


async def feed(port: int, tracks: int, every_s: float, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    wires = [(await loop.create_connection(Quiet, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)]
    traffic = Traffic(tracks)
    order = list(range(tracks))
    random.Random(1).shuffle(order)
    await _round(wires, traffic, order, FILL_S, FILL_S)
    print(json.dumps({"filled": tracks}), flush=True)
    sent = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        traffic.step(every_s)
        sent += await _round(wires, traffic, order, every_s, until - time.monotonic())
    print(json.dumps({"sent": sent}), flush=True)
    for wire in wires:
        wire.transport.close()


async def _round(wires: list[Quiet], traffic: Traffic, order: list[int], every_s: float, limit_s: float) -> int:
    """Let every track report once, evenly over `every_s`; stop after `limit_s`. Return how many did."""
    began, sent = time.monotonic(), 0
    while sent < len(order):
        await asyncio.sleep(STEP_S)
        passed = time.monotonic() - began
        if passed > limit_s:
            break
        due = min(int(len(order) * passed / every_s), len(order))
        if due == sent:
            continue
        part = order[sent:due]
        for track, event in zip(part, traffic.events(part, time.time_ns() // 1_000_000), strict=True):
            wires[track % len(wires)].transport.write(xml.write(event))
        sent = due
    return sent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tracks", type=int, default=54_000)
    parser.add_argument("--every-s", type=float, default=30.0)
    parser.add_argument("--seconds", type=float, default=60.0, help="after every track was sent once")
    args = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(feed(args.port, args.tracks, args.every_s, min(args.seconds, 600.0)))


if __name__ == "__main__":
    main()
