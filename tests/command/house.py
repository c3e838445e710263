"""A headquarters for the tests of command: that of people, with units, and people who plan and command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar

from jointhq.command.command import Command
from jointhq.command.ground import Basis
from jointhq.command.routes import command_routes
from jointhq.command.structure import Structure
from jointhq.people.routes import people_routes
from tests.people.house import CLOSED, DOOR, OPEN, Browser, appointment, staffed
from tests.people.house import House as PeopleHouse

__all__ = ["CLOSED", "DOOR", "OPEN", "Browser", "Desk", "House", "desk", "house", "unit"]


class House(PeopleHouse):
    """One headquarters in this process."""

    def __init__(self, data: Path, **more: Any) -> None:
        super().__init__(data, **more)
        self.structure = Structure()
        self.journal.attach(self.structure)
        self.tasks: list[Basis] = []
        self.command = Command(
            self.journal, self.structure, self.directory, DOOR, self.clock, label=OPEN, tasks=lambda: self.tasks
        )
        self.app = Litestar([people_routes(), command_routes()], openapi_config=None, logging_config=None)
        self.app.state.people = self.people
        self.app.state.command = self.command


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


class Desk:
    """Somebody in an appointment, at his page."""

    def __init__(self, browser: Browser, appointment_id: str) -> None:
        self.browser, self.appointment = browser, appointment_id

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.browser.get(f"/api/command/{path}", **query)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def post(self, path: str, **body: Any) -> Any:
        return await self.browser.ok("post", f"/api/command/{path}", **body)

    async def no(self, path: str, method: str = "post", **body: Any) -> tuple[int, str]:
        return await self.browser.no(method, f"/api/command/{path}", **body)

    async def draft(self, *acts: dict[str, Any], **more: Any) -> Any:
        phases = [{"name": "one", "acts": acts}]
        return await self.post("changes", **{"title": "A change", "phases": phases, **more})

    async def then(self, body: Any, verb: str, **more: Any) -> Any:
        return await self.post(f"changes/{body['row']['id']}/{verb}", version=body["row"]["version"], **more)

    async def wont(self, body: Any, verb: str, **more: Any) -> tuple[int, str]:
        return await self.no(f"changes/{body['row']['id']}/{verb}", version=body["row"]["version"], **more)


async def desk(hq: House, name: str, *permissions: str, admin: Browser | None = None, **more: Any) -> Desk:
    """Add somebody with an appointment of his own, signed in."""
    admin = admin or await hq.administrator()
    held = ["watch", *(permissions or ("plan", "command"))]
    where = {key: more.pop(key) for key in ("unit",) if key in more}
    into = await admin.ok("post", "/api/appointments", **appointment(f"{name} desk", permissions=held, **where))
    return Desk(await staffed(admin, hq, name, into["id"], **more), into["id"])


def unit(name: str, nation: str = "USA", **more: Any) -> dict[str, Any]:
    return {"kind": "unit.added", "unit": f"+{name}", "name": name, "nation": nation, **more}


def made(kind: str, superior: str, subordinate: str, **more: Any) -> dict[str, Any]:
    said = {"relation": f"+{kind}-{superior}-{subordinate}".replace("+", "").join(("+", "")), "order_ref": "EXORD 1"}
    return {"kind": "relation.made", "type": kind, "superior": superior, "subordinate": subordinate, **said, **more}
