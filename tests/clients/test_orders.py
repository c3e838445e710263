"""Orders reach plain TAK clients over TLS, across a restart of the server; what they reply is their unit's answer."""

import importlib.util
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.orders import is_order, message_of, receipt, reply, started, text_of
from tests.clients.secure import SecureClient, SecureServer, pytak_by_link

pytestmark = pytest.mark.clients

FIRST, SECOND = "US03", "US04"  # components of INDOPACOM, by its command of them


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureServer]:
    assert importlib.util.find_spec("aiohttp"), "pytak enrols with aiohttp, which is missing: run `make setup-test`"
    running = SecureServer(tmp_path_factory.mktemp("orders") / "data", "demo")
    yield running
    running.stop()


def issued(server: SecureServer, page: httpx.Client) -> str:
    """Draft, staff and issue an order to both units, a task with a place for the first; another approves it."""

    def ask(path: str, by: httpx.Client = page, **body: Any) -> Any:
        answer = by.post(f"/api/operations/orders{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    one = ask(
        "", type="OPORD", title="Harbour", title_ja="港湾", precedence="immediate", action=[SECOND],
        paragraphs=[{"name": "mission", "text": "Keep the harbour open."}],
        tasks=[{"unit": FIRST, "verb": "survey", "what": "the approach", "lat": 35.28, "lon": 139.67}],
    )  # fmt: skip
    with closing(server.page("deputy")) as deputy:
        for step, by in (("submit", page), ("approve", deputy), ("issue", page)):
            one = ask(f"/{one['row']['id']}/{step}", by, version=one["row"]["version"])
    assert {row["role"] for row in one["addressees"]} == {"order"}
    return str(one["row"]["id"])


def board(page: httpx.Client, order: str) -> dict[str, Any]:
    rows = page.get(f"/api/operations/orders/{order}").json()["addressees"]
    return {row["unit"]["id"]: row for row in rows}


@pytest.fixture
def opened() -> Iterator[list[SecureClient]]:
    clients: list[SecureClient] = []
    yield clients
    for client in clients:
        client.leave()


def test_an_order_reaches_two_units_one_of_them_on_return(
    server: SecureServer, tmp_path: Path, opened: list[SecureClient]
) -> None:
    posts = {unit: server.appointment(f"{unit} desk", unit=unit) for unit in (FIRST, SECOND)}
    homes = {name: tmp_path / name for name in ("heron", "osprey")}
    for home in homes.values():
        home.mkdir()
    tokens = {"heron": server.invite("heron", posts[FIRST]), "osprey": server.invite("osprey", posts[SECOND])}

    def connected(name: str) -> SecureClient:
        opened.append(pytak_by_link(server, name, tokens[name], homes[name]))
        return started(opened[-1])

    connected("osprey").leave()  # it has its certificate, and is away
    opened.clear()
    heron = connected("heron")
    page = server.page("indopacom")
    order = issued(server, page)
    got = heron.until(is_order, "the order")
    text = text_of(got)
    assert "SURVEY the approach" in text
    assert "IMMEDIATE" in text
    heron.until(lambda seen: seen.type == "b-m-p-s-m" and "jointhq.task" in seen.uid, "the place of the task")
    heron.send(receipt(heron, message_of(got), "b-t-f-d"))
    heron.send(reply(heron, "hello there"))
    heron.until(lambda seen: is_order(seen) and "WILCO" in text_of(seen)[:80], "a line of help")
    heron.send(reply(heron, "WILCO"))
    heron.until(lambda seen: seen.type == "b-t-f-d" and seen.uid == "WILC", "that it was written down")
    rows = board(page, order)
    assert (rows[FIRST]["reached"], rows[FIRST]["by"]["title"]) == ("wilco", f"{FIRST} desk")
    assert [step["what"] for step in rows[FIRST]["steps"]] == ["sent", "delivered", "wilco"]
    assert rows[SECOND]["reached"] == "waiting"
    opened.remove(heron)
    heron.leave()
    server.restart()
    osprey = connected("osprey")
    late = osprey.until(is_order, "the order, on return")
    osprey.send(receipt(osprey, message_of(late), "b-t-f-r"))
    osprey.send(reply(osprey, "CANTCO no ship"))
    again = connected("heron")
    osprey.until(lambda seen: seen.type == "b-t-f-d" and seen.uid == "CANT", "that it was written down")
    row = board(page, order)[SECOND]
    assert (row["reached"], row["note"], row["by"]["person"]["name"]) == ("cantco", "no ship", "osprey")
    again.sync()
    assert not again.saw(is_order), "it has it"
    page.close()
