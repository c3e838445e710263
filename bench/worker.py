"""One process of the load generator: its share of the clients, connecting, publishing, receiving.

Owns: sockets, the open-loop schedule (message k is due at start + k / rate, whatever the server does), negotiation of
TAK protocol v1 where asked for.
Doesn't own: counting what came (`receiver`), what is asked of the workers (`fleet`), events (`events`).

The send time is taken when an event is handed to the socket: one that waits in our own write buffer because the server
applies back pressure is charged to the server. Our lateness against the schedule is reported as the generator's lag.
"""

import asyncio
import contextlib
import math
import os
import re
import signal
import socket
import ssl
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any, cast

import numpy as np
import uvloop

import receiver
from events import Template, now_us, protocol_request, template, token
from options import Options
from process import raise_nofile

PENDING_BYTES_MAX = 256 << 20  # in our own write buffers; past it we stop publishing
BURST = 256  # messages published before the loop gets a turn
_OFFER = re.compile(rb'<event[^>]*\suid="([^"]*)"[^>]*t-x-takp-v|<event[^>]*t-x-takp-v[^>]*\suid="([^"]*)"')


class Client(asyncio.BufferedProtocol):
    """One connection."""

    def __init__(self, worker: "Worker", index: int, *, negotiates: bool) -> None:
        self._worker = worker
        self.index = index
        self.row = 0
        self.closed = False
        self.tail = b""
        self.transport: asyncio.Transport | None = None
        self.agreed: asyncio.Future[bool] | None = None
        self.greeted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._offer = b""
        if negotiates:
            self.agreed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get_buffer(self, sizehint: int) -> memoryview:
        return receiver.VIEW

    def buffer_updated(self, nbytes: int) -> None:
        worker = self._worker
        worker.received_bytes += nbytes
        if not self.greeted.done():
            self.greeted.set_result(True)
        if self.agreed is not None and not self.agreed.done():
            self._negotiate(bytes(receiver.VIEW[:nbytes]))
            return
        account = worker.account
        if account is None:
            self.tail = b""
            return
        tokens, count, self.tail = receiver.find_tokens(nbytes, self.tail)
        if count:
            account.add(self.row, tokens, count, now_us())

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.greeted.done():
            self.greeted.set_result(False)
        if self.agreed is not None and not self.agreed.done():
            self.agreed.set_result(False)

    def _negotiate(self, data: bytes) -> None:
        self._offer += data
        if b"TakResponse" in self._offer and self.agreed is not None:
            self.agreed.set_result(re.search(rb"status=.true", self._offer) is not None)
        elif b"TakProtocolSupport" in self._offer and b"</event>" in self._offer.partition(b"TakProtocolSupport")[2]:
            found = _OFFER.search(self._offer)
            uid = (found[1] or found[2]) if found else b""
            self._offer = b""
            self.write(protocol_request(uid))

    def write(self, data: bytes) -> None:
        assert self.transport
        self.transport.write(data)

    def pending_bytes(self) -> int:
        return 0 if self.closed or self.transport is None else self.transport.get_write_buffer_size()


class Worker:
    """Carries out what the fleet asks: each `do_` method is one request, its result goes back through the pipe."""

    def __init__(self, pipe: Connection, options: Options, tag: str, number: int, workers: int) -> None:
        self._pipe, self._options, self._tag = pipe, options, tag
        self._number, self._workers = number, workers
        self._clients: dict[int, Client] = {}
        self._templates: dict[int, Template] = {}
        self._contexts: dict[int, ssl.SSLContext | None] = {}  # by number of the certificate
        self.received_bytes = 0
        self.came_again = 0  # connections that were closed before their first byte
        self.account: receiver.Account | None = None

    def _template(self, index: int) -> Template:
        if index not in self._templates:
            names = f"ANDROID-{self._tag}{index:06d}", f"BENCH{self._tag}{index}"
            self._templates[index] = template(self._options.wire, index, *names, self._options.pad)
        return self._templates[index]

    def _ssl(self, index: int) -> ssl.SSLContext | None:
        number = index % self._options.certs
        if number not in self._contexts:
            self._contexts[number] = self._options.ssl_context(number)
        return self._contexts[number]

    async def _open(self, client: Client) -> None:
        options, context = self._options, self._ssl(client.index)
        await asyncio.get_running_loop().create_connection(
            lambda: client, options.host, options.port, ssl=context,
            server_hostname=(options.server_name or None) if context else None,
        )  # fmt: skip

    async def _connect_greeted(self, index: int, retry_s: float) -> Client:
        """Connect as devices do: whoever is closed comes again. With TLS 1.3 a client is through before the server."""
        while True:
            client = Client(self, index, negotiates=self._options.wire == "tak")
            with contextlib.suppress(OSError):
                await self._open(client)
                if await client.greeted:
                    return client
            self.came_again += 1
            await asyncio.sleep(retry_s)

    async def _connect(self, index: int, timeout_s: float, *, identify: bool) -> str:
        """Connect one client; return what went wrong, or nothing."""
        client = Client(self, index, negotiates=self._options.wire == "tak")
        retry_s = self._options.connect_retry
        try:
            async with asyncio.timeout(timeout_s):
                if retry_s:
                    client = await self._connect_greeted(index, retry_s)
                else:
                    await self._open(client)
                if client.agreed is not None and not await client.agreed:
                    return "negotiation refused"
        except OSError as error:
            return f"{type(error).__name__}: {error}"[:120]
        self._clients[index] = client
        if identify:
            client.write(self._template(index).build(b""))
        return ""

    def do_load_keys(self, first: int, count: int) -> None:
        for index in range(first, first + count):
            if index % self._workers == self._number:
                self._ssl(index)

    async def do_connect(
        self, first: int, count: int, timeout_s: float, pace_s: float, *, identify: bool
    ) -> dict[str, Any]:
        mine = [i for i in range(first, first + count) if i % self._workers == self._number]
        self.do_load_keys(first, count)  # reading keys isn't part of connecting
        began, cpu = time.monotonic(), time.process_time()
        room = asyncio.Semaphore(self._options.connect_concurrency)
        errors: list[str] = []

        async def one(index: int) -> None:
            await asyncio.sleep(self._options.connect_spread * (index - first) / count)
            async with room:
                if error := await self._connect(index, timeout_s, identify=identify):
                    errors.append(error)
                if pace_s:
                    await asyncio.sleep(pace_s)

        await asyncio.gather(*map(one, mine))
        took = time.monotonic() - began
        return {
            "ok": len(mine) - len(errors), "failed": len(errors), "errors": errors[:5], "seconds": took,
            "cpu_s": time.process_time() - cpu, "came_again": self.came_again,
        }  # fmt: skip

    def do_identify(self, first: int, count: int) -> None:
        for index in range(first, first + count):
            client = self._clients.get(index)
            if client is not None and not client.closed:
                client.write(self._template(index).build(b""))

    def do_prepare(self, run: int, publishers: int, per_publisher: int) -> list[int]:
        """Start a new account; return the clients that live."""
        indices = sorted(self._clients)
        for row, index in enumerate(indices):
            self._clients[index].row, self._clients[index].tail = row, b""
        self.account = receiver.Account(run, publishers, per_publisher, indices)
        return [index for index in indices if not self._clients[index].closed]

    async def do_publish(self, start: float, publishers: int, rate_hz: float, duration_s: float) -> dict[str, Any]:
        assert self.account
        step_s, total = 1.0 / (publishers * rate_hz), int(publishers * rate_hz * duration_s + 1e-9)
        mine = [p for p in range(publishers) if p % self._workers == self._number and p in self._clients]
        sent, lag = np.zeros(publishers, dtype=np.int64), np.zeros(receiver.LATENCY_BINS + 1, dtype=np.int64)
        run, templates, clients = self.account.run, {p: self._template(p) for p in mine}, self._clients
        give_up = start + duration_s + 5.0
        sequence, turn, skipped, sent_bytes, cpu = 0, 0, 0, 0, time.process_time()
        while mine:
            k = sequence * publishers + mine[turn]
            due, now = start + k * step_s, time.monotonic()
            if k >= total or now > give_up:
                break
            if now < due:
                await asyncio.sleep(min(due - now, 0.25))
                continue
            burst = 0
            while due <= now and burst < BURST and k < total:
                publisher = mine[turn]
                if clients[publisher].closed:
                    skipped += 1
                else:
                    at = now_us()
                    data = templates[publisher].build(token(run, publisher, sequence, at), sequence)
                    clients[publisher].write(data)
                    sent_bytes += len(data)
                    sent[publisher] += 1
                    lag[receiver.bin_of(at - due * 1e6)] += 1
                burst += 1
                turn += 1
                if turn == len(mine):
                    turn, sequence = 0, sequence + 1
                k = sequence * publishers + mine[turn]
                due = start + k * step_s
            await asyncio.sleep(0)
            if burst == BURST and sequence % 50 == 0 and self._pending() > PENDING_BYTES_MAX:
                break
        cpu = time.process_time() - cpu
        return {"sent": sent.tolist(), "lag": lag.tolist(), "skipped": skipped, "bytes": sent_bytes, "cpu_s": cpu}

    def _pending(self) -> int:
        return sum(client.pending_bytes() for client in self._clients.values())

    def do_progress(self) -> dict[str, int]:
        lost = sum(client.closed for client in self._clients.values())
        return {
            "received_bytes": self.received_bytes, "pending": self._pending(),
            "lost": lost, "live": len(self._clients) - lost,
        }  # fmt: skip

    def do_collect(self) -> dict[str, Any]:
        assert self.account
        return self.account.result() | self.do_progress()

    def do_pause(self, index: int, *, on: bool) -> None:
        """Stop one client reading, or let it read again."""
        client = self._clients.get(index)
        if client is None or client.closed or client.transport is None:
            return
        # A small window while it stalls; a window below loopback's segment size would only trickle afterwards.
        size = 8192 if on else 4 << 20
        client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        if on:
            client.transport.pause_reading()
        else:
            client.transport.resume_reading()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        requests: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

        def read() -> None:
            try:
                requests.put_nowait(self._pipe.recv())
            except EOFError:
                loop.remove_reader(self._pipe.fileno())
                requests.put_nowait(("quit", {}))

        async def handle(number: int, name: str, arguments: dict[str, Any]) -> None:
            try:
                result = getattr(self, f"do_{name}")(**arguments)
                if asyncio.iscoroutine(result):
                    result = await result
            except Exception:
                result = {"exception": traceback.format_exc()}
            self._pipe.send((number, result))

        async def end_with_parent() -> None:
            parent = os.getppid()
            while os.getppid() == parent:
                await asyncio.sleep(1.0)
            requests.put_nowait(("quit", {}))

        loop.add_reader(self._pipe.fileno(), read)
        tasks = {loop.create_task(end_with_parent())}
        while True:
            name, arguments = await requests.get()
            if name == "quit":
                break
            task = loop.create_task(handle(arguments.pop("_number"), name, arguments))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        for client in self._clients.values():
            if client.transport and not client.closed:
                client.transport.abort()


def per_publisher_max(rate_hz: float, duration_s: float) -> int:
    return math.ceil(rate_hz * duration_s) + 2


def main(pipe: Connection, options: Options, tag: str, number: int, workers: int) -> None:
    raise_nofile()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(options.nice)
    cores = os.sched_getaffinity(0) - {options.avoid_core}
    if cores:
        os.sched_setaffinity(0, cores)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Worker(pipe, options, tag, number, workers).run())
