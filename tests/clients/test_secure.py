"""Real clients enrol and stream over TLS, unchanged; revoked, they are cut off."""

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.harness import START_S, event
from tests.clients.secure import (
    SecureClient,
    SecureServer,
    node_tak,
    pytak_by_link,
    pytak_by_package,
)

pytestmark = pytest.mark.clients

Start = Callable[[SecureClient], SecureClient]
CUT_OFF_S = 2.0  # of which the server has one (tests/stream/test_tls.py); the rest is a process on a busy machine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureServer]:
    assert importlib.util.find_spec("aiohttp"), "pytak enrols with aiohttp, which is missing: run `make setup-test`"
    running = SecureServer(tmp_path_factory.mktemp("secure") / "data")
    yield running
    running.stop()


@pytest.fixture
def start() -> Iterator[Start]:
    """Wait until a client streams; it is gone after the test."""
    opened: list[SecureClient] = []

    def started(client: SecureClient) -> SecureClient:
        opened.append(client)
        client.wait_line("enrolled", within_s=START_S)
        client.wait_line("ready", within_s=START_S)
        client.identify()
        client.sync()
        return client

    yield started
    for client in opened:
        client.leave()


def test_pytak_and_node_tak_enrol_and_hear_each_other(server: SecureServer, start: Start, tmp_path: Path) -> None:
    server.set_password("cloud", "correct horse & battery")
    node = start(node_tak(server, "cloud", "correct horse & battery"))
    assert node.wait_line("enrolled")["sub"] == "cloud"
    pytak = start(pytak_by_link(server, "kite6", server.invite("kite6"), tmp_path))
    node.until_uid(pytak.uid, "a-f-G-U-C")
    pytak.until_uid(node.uid, "a-f-G-U-C")
    pytak.send(event("WELL", "b-m-p-s-m", '<contact callsign="井戸"/><archive/>'))
    assert node.until_uid("WELL").detail("contact").get("callsign") == "井戸"
    assert not node.refused()


def test_node_tak_enrols_with_a_one_time_token_and_its_schemas_hold(server: SecureServer, start: Start) -> None:
    token = server.invite("osprey")
    node = start(node_tak(server, "osprey", token))
    node.tell(do="ask")
    asked = node.wait_line("asked")
    assert "error" not in asked, asked
    assert not node.refused()
    assert [one["callsign"] for one in asked["contacts"]] == ["osprey"]  # type: ignore[attr-defined]
    assert {(one["name"], one["direction"], one["active"]) for one in asked["groups"]["data"]} == {  # type: ignore[index]
        ("__ANON__", "IN", True),
        ("__ANON__", "OUT", True),
    }
    again = SecureClient("node", "osprey", node._own_command)  # the token has been used
    again.wait_line("ended", within_s=START_S)
    assert not again.count("enrolled")
    again.leave()


def test_pytak_streams_with_a_package_and_verifies_us(server: SecureServer, start: Start, tmp_path: Path) -> None:
    start(pytak_by_package(server, "soft", tmp_path))


def test_pytak_comes_back_with_the_certificate_it_has(server: SecureServer, start: Start, tmp_path: Path) -> None:
    token = server.invite("heron")
    first = start(pytak_by_link(server, "heron", token, tmp_path))
    first.leave()
    start(pytak_by_link(server, "heron", token, tmp_path))  # the token is used up; it needs none


@pytest.mark.parametrize("kind", ["pytak", "node"])
def test_revoking_cuts_a_client_off(server: SecureServer, start: Start, tmp_path: Path, kind: str) -> None:
    name, token = f"{kind}-r", server.invite(f"{kind}-r")
    enrol = (lambda: pytak_by_link(server, name, token, tmp_path)) if kind == "pytak" else (
        lambda: node_tak(server, name, token)
    )  # fmt: skip
    watcher = start(pytak_by_package(server, f"watcher-{kind}", tmp_path))
    client = start(enrol())
    watcher.until_uid(client.uid)
    assert server.revoke(name) == 1
    watcher.until(lambda s: s.type == "t-x-d-d" and client.uid in s.xml, "that the client has gone", CUT_OFF_S)
    if kind == "node":  # pytak waits for ever for the next event of a server that left; it hears none
        client.wait_line("closed")
        client.tell(do="ask")
        assert "403" in json.dumps(client.wait_line("asked")) or "error" in client.wait_line("asked")
    watcher.send(event(f"AFTER-{kind}", "a-f-G", ""))
    watcher.sync()
    assert not client.saw(lambda s: s.uid == f"AFTER-{kind}")
