"""One real pytak client as a process: JSON lines in on stdin, JSON lines out on stdout.

Owns: running pytak's own CLITool, hello, TX and RX workers; with TAK_PROTO=1 pytak sends TAK protocol v1.
Doesn't own: what must arrive (the tests say).

pytak 7.6.1 waits for `</event>` in whatever a TCP server sends, so in protobuf it can't read an answer at all; there,
the one method that cuts its input is replaced by one that cuts frames, and pytak's own decoder reads them.

In:  {"do": "send", "xml"} | {"do": "ping"}
Out: {"kind": "ready"} | {"kind": "event", "encoding", "xml"} | {"kind": "pong"} | {"kind": "closed"}
"""

import asyncio
import json
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")  # pytak warns of extras that a plain TCP client doesn't need

import pytak  # noqa: E402
from pytak.classes import _takmsg2xml  # noqa: E402

PING = (
    '<event version="2.0" uid="pytak-ping" type="t-x-c-t" how="m-g" time="{0}" start="{0}" stale="{1}">'
    '<point lat="0.0" lon="0.0" hae="0.0" ce="9999999.0" le="9999999.0"/><detail/></event>'
)


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


class FrameRXWorker(pytak.RXWorker):  # type: ignore[misc]
    """pytak's receiver, cutting frames: 0xBF, varint length, payload; XML until the first of them."""

    async def readcot(self) -> Any:
        reader: asyncio.StreamReader = self.reader
        first = await reader.readexactly(1)
        if first != b"\xbf":
            return first + await reader.readuntil(b"</event>")
        head, size, shift = first, 0, 0
        while True:
            byte = await reader.readexactly(1)
            head += byte
            size |= (byte[0] & 0x7F) << shift
            shift += 7
            if byte[0] < 0x80:
                break
        return head + await reader.readexactly(size)


class Receiver(pytak.QueueWorker):  # type: ignore[misc]
    """Tell what came in."""

    async def handle_data(self, data: bytes) -> None:
        encoding = "protobuf" if data[:1] == b"\xbf" else "xml"
        xml = _takmsg2xml(pytak.classes.takproto.parse_proto(data)) if encoding == "protobuf" else data
        if b"t-x-c-t-r" in xml:
            say(kind="pong", encoding=encoding)
        else:
            say(kind="event", encoding=encoding, xml=xml.decode())

    async def run(self, _: int = -1) -> None:
        while True:
            await self.handle_data(await self.queue.get())


class Commands(pytak.QueueWorker):  # type: ignore[misc]
    """Put on pytak's queue what stdin tells."""

    async def handle_data(self, data: bytes) -> None:
        await self.put_queue(data)

    async def run(self, _: int = -1) -> None:
        say(kind="ready")
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command = json.loads(line)
            xml = PING.format(pytak.cot_time(), pytak.cot_time(10)) if command["do"] == "ping" else command["xml"]
            await self.handle_data(xml.encode())
        raise EOFError


async def main(port: int, *, protobuf: bool) -> None:
    config = {"COT_URL": f"tcp://127.0.0.1:{port}", "TAK_PROTO": "1" if protobuf else "0"}
    tool = pytak.CLITool(config)
    reader, writer = await pytak.protocol_factory(config)
    receive = FrameRXWorker if protobuf else pytak.RXWorker
    tool.add_tasks(
        {
            pytak.TXWorker(tool.tx_queue, config, writer),
            receive(tool.rx_queue, config, reader),
            Receiver(tool.rx_queue, config),
            Commands(tool.tx_queue, config),
        }
    )
    await tool.run()


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]), protobuf=sys.argv[2:] == ["protobuf"]))
    except EOFError:  # stdin ended, or the server left (IncompleteReadError is one too)
        say(kind="closed")
