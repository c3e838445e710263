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


class StuckSocket:
    """Takes no byte, and says nothing."""

    def __init__(self):
        self.closed = ()

    async def send_data(self, _data, **_mode):
        await asyncio.Event().wait()

    async def receive_data(self, **_mode):
        await asyncio.Event().wait()

    async def close(self, *said):
        self.closed = said
        await asyncio.Event().wait()  # a goodbye isn't taken either


def session_of(who):
    return Session(
        id="", person="", appointment="", reader=who, permissions=frozenset(), until_ms=0, how="link", started_ms=0
    )


async def test_a_page_that_takes_no_byte_is_gone_within_a_second_of_losing_access():
    pages = Pages(Picture(ManualClock(T0_MS), None, door=DOOR), lambda _: b"{}", {})
    sockets, access = (StuckSocket(), StuckSocket()), {0: session_of(reader()), 1: session_of(reader())}
    attending = [
        asyncio.create_task(pages.attend(socket, lambda n=n: access[n], 0, 0)) for n, socket in enumerate(sockets)
    ]
    await asyncio.sleep(0.05)
    access[0] = None
    pages.look_again()
    await asyncio.wait_for(attending[0], 1)
    assert sockets[0].closed == (4401, "not_signed_in")
    assert not attending[1].done()
    access[1] = None
    pages.look_again()
    await asyncio.wait(attending)
    assert not pages._attended


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
    session = session_of(reader())
    serving = asyncio.create_task(pages.serve(socket, lambda: session, 0, 0))
    for _ in range(200):
        await asyncio.sleep(0.01)
        if socket.frames[-1:] == [(1, 19.0)]:
            break
    serving.cancel()
    kinds, positions = zip(*socket.frames, strict=True)
    assert kinds == (0, *[1] * (len(kinds) - 1))
    assert list(positions) == [float(n) for n in range(20)]
