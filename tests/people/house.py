"""A headquarters for the tests of people: a journal in memory, a door, and browsers that talk to the routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from jointhq.base.clock import ManualClock
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore, Shelf
from jointhq.people.directory import FOREVER_MS, Directory
from jointhq.people.links import Links
from jointhq.people.people import People, PeopleSettings
from jointhq.people.routes import people_routes
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.policy import Policies

POLICY = "DEMO-USA-JPN"
OPEN = Label(policy=POLICY, level="U", owner="USA")
CLOSED = Label(policy=POLICY, level="CUI", owner="USA")
POLICIES = Policies.load()
DOOR = Door(POLICIES, system=CLOSED, nation="USA", organisation="USFJ")
PASSWORD = "a long walk to the harbour"
SITE = "http://localhost:8080"


class House:
    """One headquarters in this process."""

    def __init__(self, data: Path, *, shelf: Shelf | None = None, clock: ManualClock | None = None, **more: Any):
        self.data = data
        self.clock = clock or ManualClock()
        self.shelf = shelf or Shelf()
        self.journal = Journal(MemoryStore(self.shelf), hq="USFJ", clock=self.clock)
        self.directory = Directory()
        self.journal.attach(self.directory)
        defaults: dict[str, Any] = {
            "nation": "USA", "organisation": "USFJ", "label": OPEN, "system": CLOSED, "password_kib": 64,
        }  # fmt: skip
        labels: dict[str, Label] = {}
        self.labels = labels  # of tracks
        settings = PeopleSettings(data=data, **{**defaults, **more})
        self.people = People(self.journal, self.directory, DOOR, self.clock, settings, label_of=labels.get)
        self.app = Litestar([people_routes()], openapi_config=None, logging_config=None)
        self.app.state.people = self.people

    def browser(self, address: str = "192.0.2.1", site: str = SITE, **scope: Any) -> "Browser":
        return Browser(self, address, site, scope)

    async def administrator(self) -> "Browser":
        browser = self.browser()
        assert (await browser.post("/api/sign-in", token=Links(self.data, self.clock).issue())).status_code == 204
        return browser

    def kinds(self) -> list[str]:
        return [kind_in(content) for _, content in self.shelf.rows]


def kind_in(content: bytes) -> str:
    return content.split(b'"kind":"')[1].split(b'"')[0].decode()


@asynccontextmanager
async def house(data: Path, **more: Any) -> AsyncIterator[House]:
    """Run one, with its first administrator."""
    built = House(data, **more)
    await built.journal.start()
    await built.people.first_start()
    try:
        yield built
        assert built.journal.faults == {}
    finally:
        await built.journal.close()


class Browser:
    """Keeps cookies, sends JSON, and names its origin as a page does."""

    def __init__(self, hq: House, address: str, site: str, scope: dict[str, Any]) -> None:
        async def app(own: Any, receive: Any, send: Any) -> None:
            own.update(scope)
            await hq.app(own, receive, send)

        transport = httpx.ASGITransport(app, client=(address, 50_000))
        self.client = httpx.AsyncClient(transport=transport, base_url=site, headers={"origin": site})

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query or None)

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(path, json=body)

    async def put(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.put(path, json=body)

    async def ok(self, method: str, path: str, **body: Any) -> Any:
        """Do something that must succeed; return what comes back."""
        answer = await getattr(self, method)(path, **body)
        assert answer.status_code in (200, 201, 204), (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def no(self, method: str, path: str, **body: Any) -> tuple[int, str]:
        """Do something that must fail; return status and code."""
        answer = await getattr(self, method)(path, **body)
        assert answer.status_code >= 400, (path, answer.text)
        return answer.status_code, answer.json()["code"]

    async def session(self) -> Any:
        return await self.ok("get", "/api/session")


def person(username: str, **more: Any) -> dict[str, Any]:
    facts = {
        "name": username.title(), "username": username, "nation": "USA", "organisation": "USFJ", "policy": POLICY,
        "level": "U", "cleared_until_ms": FOREVER_MS,
    }  # fmt: skip
    return {**facts, **more}


def appointment(title: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "organisation": "USFJ", "permissions": ["watch"], **more}


async def staffed(admin: Browser, hq: House, name: str, into: str, **more: Any) -> Browser:
    """Add a person, assign to an appointment, and sign in by an invitation; return the browser."""
    who = (await admin.ok("post", "/api/people", **person(name, **more)))["id"]
    await assigned(admin, who, into)
    return await invited(admin, hq, who)


async def assigned(admin: Browser, who: str, into: str, **more: Any) -> None:
    rows = await admin.ok("get", "/api/appointments")
    version = next(row["version"] for row in rows if row["id"] == into)
    await admin.ok("post", f"/api/appointments/{into}/assign", version=version, person=who, **more)


async def invited(admin: Browser, hq: House, who: str, address: str = "192.0.2.7") -> Browser:
    token = (await admin.ok("post", "/api/invitations", purpose="sign-in", person=who))["token"]
    browser = hq.browser(address)
    await browser.ok("post", "/api/sign-in", token=token)
    return browser
