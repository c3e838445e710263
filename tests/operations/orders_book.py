"""Orders without I/O: a structure of a few units in which authority comes and goes, people in each, and a journal."""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from jointhq.journal.acts import Outcome
from jointhq.journal.record import NO_DIGEST, Body, Draft, Record, prepare, read, write
from jointhq.operations.authority import Reporting, Unit, Verdict
from jointhq.operations.forms import orders as f
from jointhq.operations.ground import Ground
from jointhq.operations.rules import orders as rules
from jointhq.operations.rules.scene import Scene
from jointhq.operations.views.addressees import Addressee
from jointhq.operations.views.files import Files
from jointhq.operations.views.orders import Order, Orders
from jointhq.people import records as people
from jointhq.people.directory import FOREVER_MS, Directory, Session
from jointhq.release.label import Label
from jointhq.release.reader import Reader
from tests.people.house import DOOR, OPEN, POLICY

START_MS = 1_700_000_000_000
HOUR_MS = 3_600_000
SECRET = Label(policy=POLICY, level="CUI", owner="USA", caveats=("NOFORN",))
# Unit, who commands there, its label. JFHQ commands A and, for ten hours, B; C is an ally's; D is hidden from most.
UNITS = {"JFHQ": OPEN, "A": OPEN, "B": OPEN, "C": OPEN, "HIGH": OPEN, "E": OPEN, "D": SECRET}
NATIONS = {"C": "JPN", "E": ""}  # of all others USA
B_UNTIL_MS = START_MS + 10 * HOUR_MS
# Appointment: unit, permissions, level of its person, nation.
POSTS: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "j3": ("JFHQ", ("watch", "plan", "command"), "CUI", "USA"),
    "planner": ("JFHQ", ("watch", "plan"), "CUI", "USA"),
    "junior": ("JFHQ", ("watch", "plan", "command"), "U", "USA"),
    "chief": ("JFHQ", ("watch", "command"), "CUI", "USA"),
    "a": ("A", ("watch",), "CUI", "USA"),
    "b": ("B", ("watch",), "CUI", "USA"),
    "b-open": ("B", ("watch",), "U", "USA"),
    "c": ("C", ("watch", "command"), "CUI", "JPN"),
    "high": ("HIGH", ("watch", "command"), "CUI", "USA"),
    "nobody": ("", ("watch", "plan", "command"), "CUI", "USA"),
}


class Structure:
    """Who has authority over whom, by a table."""

    def __init__(self) -> None:
        self.ended = set[str]()

    def unit(self, reader: Reader, unit_id: str) -> Unit | None:
        return self.known(reader, unit_id) if unit_id not in self.ended else None

    def known(self, reader: Reader, unit_id: str) -> Unit | None:
        label = UNITS.get(unit_id)
        there = label is not None and DOOR.may_see(reader, label, START_MS)
        nation = NATIONS.get(unit_id, "USA")
        return Unit(id=unit_id, name=f"Unit {unit_id}", short=unit_id, nation=nation, label=label) if there else None

    def units(self, reader: Reader) -> Iterable[Unit]:
        return [unit for one in UNITS if (unit := self.unit(reader, one))]

    def unit_of(self, _appointment: str, written: str) -> str:
        return written

    def may(self, _reader: Reader, superior: str, subordinate: str, action: str, at_ms: int) -> Verdict:
        assert action == "assign_task"
        if superior == "JFHQ" and (subordinate in "AD" or (subordinate == "B" and at_ms < B_UNTIL_MS)):
            return Verdict(allowed=True, rule="US.OPCON")
        return Verdict(allowed=False, rule="R5", refer_to="HIGH" if subordinate == "B" else "")

    def reports_to(self, _reader: Reader, _unit_id: str, _at_ms: int) -> Reporting:
        return Reporting(why="no_superior")


class Book:
    """A journal without I/O: drafts become records, and records feed both projections."""

    def __init__(self, posts: dict[str, tuple[str, tuple[str, ...], str, str]] = POSTS) -> None:
        self.directory, self.orders, self.files = Directory(), Orders(), Files()
        self.structure = Structure()
        self.records: list[Record] = []
        self.now_ms = START_MS
        self._ids = itertools.count(1)
        drafts = list[Draft]()
        for name, (unit, permissions, level, nation) in posts.items():
            bodies: list[tuple[str, Body]] = [
                (
                    f"p-{name}",
                    people.PersonAdded(
                        name=name.title(), username=name, nation=nation, organisation="USFJ", policy=POLICY,
                        level=level, cleared_until_ms=FOREVER_MS,
                    ),
                ),
                (
                    name,
                    people.AppointmentAdded(
                        title=name.upper(), unit=unit, organisation="USFJ", permissions=permissions, from_ms=START_MS
                    ),
                ),
                (name, people.AppointmentAssigned(person=f"p-{name}", from_ms=START_MS)),
            ]  # fmt: skip
            drafts += [Draft(body=body, subject=subject, label=OPEN) for subject, body in bodies]
        self.write(Outcome(drafts))

    def scene(self) -> Scene:
        ground = Ground(directory=self.directory, door=DOOR, label=OPEN, now_ms=self.now_ms)
        return Scene(ground, self.orders, self.structure, self.files)

    def actor(self, post: str) -> Session:
        return Session(
            id=post, person=f"p-{post}", appointment=post, reader=self.directory.reader(f"p-{post}", post, self.now_ms),
            permissions=self.directory.appointments[post].permissions, until_ms=FOREVER_MS, how="link",
            started_ms=START_MS,
        )  # fmt: skip

    def new_id(self) -> str:
        return f"id{next(self._ids)}"

    def write(self, outcome: Outcome) -> None:
        ids = {record.id for record in self.records}
        for draft in outcome.drafts:
            position = len(self.records) + 1
            content = write(
                prepare(draft), id=str(position), hq="USFJ", position=position, written_ms=self.now_ms,
                previous=NO_DIGEST,
            )  # fmt: skip
            record = read(f"{position:064x}"[::-1], content)
            assert record.id not in ids, "the journal would refuse a second record of this id"
            ids.add(record.id)
            self.records.append(record)
            self.directory.apply(record)
            self.orders.apply(record)
            self.files.apply(record)

    def do(self, post: str, rule: Callable[..., Outcome], *args: Any, **more: Any) -> None:
        self.write(rule(self.scene(), self.actor(post), *args, **more))

    # -- in short

    def draft(self, post: str = "j3", **more: Any) -> str:
        order_id = self.new_id()
        self.do(post, rules.draft, order_id, form(**more))
        return order_id

    def order(self, order_id: str) -> Order:
        return self.orders.orders[order_id]

    def version(self, order_id: str) -> str:
        return self.order(order_id).version

    def issued(self, post: str = "j3", **more: Any) -> Order:
        order_id = self.draft(post, **more)
        self.do(post, rules.submit, order_id, f.SubmitForm(version=self.version(order_id)))
        self.do("chief", rules.approve, order_id, f.NoteForm(version=self.version(order_id)))
        self.do(post, rules.issue, order_id, f.VersionForm(version=self.version(order_id)))
        return self.order(order_id)

    def addressee(self, order: Order, unit: str, role: str = "") -> Addressee:
        found = [self.orders.addressees[one] for one in self.order(order.id).addressees]
        return next(one for one in found if one.unit == unit and role in ("", one.role))

    def rebuilt(self) -> Orders:
        orders = Orders()
        for record in self.records:
            orders.apply(record)
        return orders


def form(**more: Any) -> f.OrderForm:
    facts: dict[str, Any] = {
        "type": "OPORD",
        "title": "Harbour",
        "paragraphs": [{"name": "mission", "text": "Keep the harbour open."}],
        "action": ["A"],
    }
    return msgspec.convert({**facts, **more}, f.OrderForm)


def task(unit: str, **more: Any) -> dict[str, Any]:
    return {"unit": unit, "verb": "patrol", "what": "the bay", **more}
