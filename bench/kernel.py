"""What this machine's kernel and memory can do at all: copies, loopback bandwidth, the cost of one small send.

    kernel.py

Owns: the floor under every figure here. Doesn't own: any server.
"""

import json
import os
import selectors
import socket
import time
from typing import Any

RUN_S = 2.0
EVENT_BYTES = 760  # a position event of ATAK, with the token
RECEIVERS = 50


def copies() -> dict[str, float]:
    """Measure memory bandwidth out of and within the caches, in GB/s."""
    figures = {}
    source, target = bytearray(os.urandom(64 << 20)), bytearray(64 << 20)
    for name, size in (("memcpy_64MiB_GB_s", 64 << 20), ("memcpy_256KiB_GB_s", 256 << 10)):
        a, b = memoryview(source)[:size], memoryview(target)[:size]
        copied, began = 0, time.perf_counter()
        while time.perf_counter() - began < RUN_S:
            b[:] = a
            copied += size
        figures[name] = round(copied / (time.perf_counter() - began) / 1e9, 2)
    return figures


def pair(block_bytes: int) -> dict[str, float]:
    """Send blocks from one process to another over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pid = os.fork()
        if pid == 0:
            with socket.create_connection(listener.getsockname()) as sender:
                sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                block, end = bytes(block_bytes), time.perf_counter() + RUN_S
                while time.perf_counter() < end:
                    for _ in range(64):
                        sender.sendall(block)
            os._exit(0)
        buffer, received, began = bytearray(256 << 10), 0, time.perf_counter()
        with listener.accept()[0] as receiver:
            while count := receiver.recv_into(buffer):
                received += count
        took = time.perf_counter() - began
        os.waitpid(pid, 0)
    return {"GB_s": round(received / took / 1e9, 3), "sends_s": round(received / block_bytes / took)}


def fan_out(block_bytes: int) -> dict[str, float]:
    """Send blocks from one process to RECEIVERS sockets of another."""
    with socket.create_server(("127.0.0.1", 0), backlog=RECEIVERS) as listener:
        pid = os.fork()
        if pid == 0:
            _drain([socket.create_connection(listener.getsockname()) for _ in range(RECEIVERS)])
            os._exit(0)
        sockets = [listener.accept()[0] for _ in range(RECEIVERS)]
        for each in sockets:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        block, sends, began, cpu = bytes(block_bytes), 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - began < RUN_S:
            for each in sockets:
                each.sendall(block)
            sends += RECEIVERS
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        for each in sockets:
            each.close()
        os.waitpid(pid, 0)
    return {
        "sends_s": round(sends / took),
        "cpu_us_per_send": round(cpu / sends * 1e6, 2),
        "events_s": round(sends * block_bytes / EVENT_BYTES / took),
    }


def _drain(sockets: list[socket.socket]) -> None:
    selector, buffer, live = selectors.EpollSelector(), bytearray(256 << 10), len(sockets)
    for each in sockets:
        each.setblocking(False)
        selector.register(each, selectors.EVENT_READ)
    while live:
        for key, _ in selector.select():
            if not key.fileobj.recv_into(buffer):  # type: ignore[union-attr]
                selector.unregister(key.fileobj)
                live -= 1


def main() -> None:
    figures: dict[str, Any] = copies()
    figures["loopback_64KiB"] = pair(64 << 10)
    figures["loopback_event_each"] = pair(EVENT_BYTES)
    figures["fan_out_event_each"] = fan_out(EVENT_BYTES)
    figures["fan_out_16KiB_each"] = fan_out(16 << 10)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
