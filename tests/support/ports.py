"""Ports for the tests, each given out once, however many processes of tests run on this machine.

They lie below those that the kernel gives to outgoing connections, so that none of these is in the way. What keeps a
port is a name (Linux: an abstract socket's) that goes with the process that has it.
"""

import atexit
import os
import random
import socket

PORTS = range(20_000, 30_000)
_next = random.Random(os.getpid()).randrange(len(PORTS))


def keep(name: str) -> bool:
    """Keep a name for this process; False if another has it."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.bind(f"\0jointhq-tests-{name}")
    except OSError:
        sock.close()
        return False
    atexit.register(sock.close)
    return True


def is_free(host: str, port: int) -> bool:
    """Tell whether nobody listens there, for TCP and for UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(type=kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def free_port() -> int:
    """Return a port that nobody else is given while this process lives."""
    global _next  # noqa: PLW0603 - one line of ports for the process
    for _ in PORTS:
        port = PORTS[_next % len(PORTS)]
        _next += 1
        if keep(str(port)) and is_free("127.0.0.1", port):
            return port
    raise AssertionError(f"no port of {PORTS} is free")
