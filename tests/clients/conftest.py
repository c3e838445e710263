"""Fixtures: a running server per module, and real clients that are gone after the test."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.clients.harness import KINDS, START_S, Client, Server, serving

Connect = Callable[..., list[Client]]
_number = count(1)


@pytest.fixture(scope="module")
def tak_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("headquarters") / "data") as server:
        yield server


def _connector(server: Server, opened: list[Client]) -> Connect:
    def connect(*kinds: str, as_uid: str = "") -> list[Client]:
        """Start one client per kind, all at once; return them when each is connected and known to the server."""
        clients = [Client(kind, f"{kind.upper()}-{next(_number)}", server.port) for kind in kinds]
        opened.extend(clients)
        for client in clients:
            client.wait_line("ready", within_s=START_S)
            client.uid = as_uid or client.uid
            client.identify()
        for client in clients:
            client.sync()
        return clients

    return connect


@pytest.fixture
def connect(tak_server: Server) -> Iterator[Connect]:
    """`connect("pytak", "node")`: clients for one test."""
    opened: list[Client] = []
    yield _connector(tak_server, opened)
    for client in opened:
        client.leave()


@pytest.fixture(scope="module")
def crew(tak_server: Server) -> Iterator[list[Client]]:
    """One client of every kind, shared by the tests of a module."""
    opened: list[Client] = []
    try:
        _connector(tak_server, opened)(*KINDS)
        yield opened
    finally:
        for client in opened:
            client.leave()
