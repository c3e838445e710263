"""A headquarters for the tests of operations: that of people, with a log, tracks, and a clock that is turned."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar

from jointhq.operations.operations import Operations, OperationsSettings
from jointhq.operations.records.log import TrackThen
from jointhq.operations.routes import operations_routes
from jointhq.people.routes import people_routes
from jointhq.release.label import Label
from jointhq.release.reader import Reader
from tests.people.house import CLOSED, DOOR, OPEN, Browser, appointment, staffed
from tests.people.house import House as PeopleHouse

__all__ = ["CLOSED", "DOOR", "OPEN", "Browser", "Desk", "House", "desk", "house"]


class House(PeopleHouse):
    """One headquarters in this process."""

    def __init__(self, data: Path, **more: Any) -> None:
        super().__init__(data, **more)
        self.tracks: dict[str, tuple[TrackThen, Label]] = {}
        self.operations = Operations(
            self.journal,
            self.directory,
            DOOR,
            self.clock,
            OperationsSettings(data=data, label=OPEN, exercise=True),
            track_of=self._track,
        )
        self.app = Litestar([people_routes(), operations_routes()], openapi_config=None, logging_config=None)
        self.app.state.people = self.people
        self.app.state.operations = self.operations

    def _track(self, reader: Reader, uid: str) -> tuple[TrackThen, Label] | None:
        found = self.tracks.get(uid)
        return found if found and DOOR.may_see(reader, found[1], self.clock.now_ms()) else None

    def track(self, uid: str, label: Label = OPEN, lat: float = 35.0) -> None:
        then = TrackThen(uid=uid, callsign=uid.upper(), type="a-n-S", lat=lat, lon=139.0, time_ms=self.clock.now_ms())
        self.tracks[uid] = (then, label)


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

    async def get(self, path: str = "", **query: Any) -> Any:
        answer = await self.browser.get(f"/api/operations{path}", **query)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    async def post(self, path: str, **body: Any) -> Any:
        return await self.browser.ok("post", f"/api/operations{path}", **body)

    async def no(self, path: str, **body: Any) -> tuple[int, str]:
        return await self.browser.no("post", f"/api/operations{path}", **body)

    async def log(self, text: str = "A ferry is overdue.", **more: Any) -> Any:
        return await self.post("/log", text=text, **more)

    async def texts(self, **query: Any) -> list[str]:
        return [row["text"] for row in (await self.get("/log", **query))["rows"]]


async def desk(hq: House, name: str, *permissions: str, admin: Browser | None = None, **more: Any) -> Desk:
    """Add somebody with an appointment of his own, signed in."""
    admin = admin or await hq.administrator()
    held = list(permissions or ("watch", "log"))
    into = await admin.ok("post", "/api/appointments", **appointment(f"{name} desk", permissions=held))
    return Desk(await staffed(admin, hq, name, into["id"], **more), into["id"])
