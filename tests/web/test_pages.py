"""Pages catch up by position: whatever happens while bytes are on their way, nothing is skipped."""

import asyncio
import struct

from jointhq.base.clock import ManualClock
from jointhq.cot import xml
from jointhq.people.directory import Session
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.web.api import Pages
from tests.support.events import T0_MS, sa
from tests.support.people import DOOR, OPEN, reader


class SlowSocket:
    """Something happens in the picture each time it sends."""

    def __init__(self, meanwhile):
        self.frames, self.meanwhile = [], meanwhile

    async def send_data(self, data, mode):
        if mode == "binary":
            self.frames.append((data[1], struct.unpack_from("<d", data, 8)[0]))
            self.meanwhile()
        await asyncio.sleep(0)


async def test_a_tick_while_a_frame_is_sent_is_not_skipped():
    clock = ManualClock(T0_MS)
    picture = Picture(clock, None, door=DOOR)
    picture.add_source(Source(id="tak", kind="tak", name="TAK", retention_s=60, label=OPEN))
    pages = Pages(picture, lambda _: b"{}", {})
    count = iter(range(20))

    def move():
        if (n := next(count, None)) is not None:
            clock.advance(1)  # reports from the future are refused
            picture.update(xml.parse(sa("A", n=n)), "tak", OPEN)
            picture.tick()
            pages.wake()

    move()
    socket = SlowSocket(move)
    session = Session(
        id="", person="", appointment="", reader=reader(), permissions=frozenset(), until_ms=0, how="link", started_ms=0
    )
    serving = asyncio.create_task(pages.serve(socket, lambda: session, 0, 0))
    for _ in range(200):
        await asyncio.sleep(0.01)
        if socket.frames[-1:] == [(1, 19.0)]:
            break
    serving.cancel()
    kinds, positions = zip(*socket.frames, strict=True)
    assert kinds == (0, *[1] * (len(kinds) - 1))
    assert list(positions) == [float(n) for n in range(20)]
