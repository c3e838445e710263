"""Stores to hold to the contract."""

import pytest

from jointhq.journal.memory import MemoryStore, Shelf
from jointhq.journal.postgres import PostgresStore
from jointhq.journal.sqlite import SqliteStore
from tests.contract.postgres import Server


@pytest.fixture(scope="session")
def postgres():
    server = Server()
    yield server
    server.close()


class Place:
    """Where one journal lies; `store()` opens it once more, beside those that are open."""

    def __init__(self, name, store):
        self.name, self.store = name, store


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def place(request, tmp_path):
    match request.param:
        case "memory":
            shelf = Shelf()
            return Place("memory", lambda: MemoryStore(shelf))
        case "sqlite":
            return Place("sqlite", lambda: SqliteStore(tmp_path / "journal.sqlite"))
    url = request.getfixturevalue("postgres").url()
    return Place("postgres", lambda: PostgresStore(url))
