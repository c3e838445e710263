"""A headquarters with orders, a real router and gateway, and pretend TAK clients around them; it can be restarted."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jointhq.base.clock import ManualClock
from jointhq.cot import xml
from jointhq.cot.event import Event
from jointhq.journal.journal import Draft, Journal
from jointhq.journal.memory import MemoryStore, Shelf
from jointhq.journal.record import Body
from jointhq.operations.forms import orders as f
from jointhq.operations.gateway import Gateway
from jointhq.operations.geochat import Speaker
from jointhq.operations.operations import Operations, OperationsSettings
from jointhq.operations.rules import orders as rules
from jointhq.operations.views.addressees import Addressee
from jointhq.operations.views.orders import Order
from jointhq.people import records as people
from jointhq.people.directory import FOREVER_MS, Directory, Session
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.release.label import Label
from jointhq.stream.addresses import Own
from jointhq.stream.router import Router
from tests.operations.orders_book import POSTS, START_MS, Structure, form
from tests.people.house import DOOR, OPEN, POLICY
from tests.support.events import STALE, T0, sa
from tests.support.wires import FakeWire, Reader

SPEAKER = Speaker("jointhq-USFJ", "JFHQ OPS", 35.2, 137.0)


class TakHall:
    """One process of it."""

    def __init__(self, data: Path, shelf: Shelf, clock: ManualClock) -> None:
        self.clock = clock
        self.journal = Journal(MemoryStore(shelf), hq="USFJ", clock=clock)
        self.directory = Directory()
        self.journal.attach(self.directory)
        self.ops = Operations(self.journal, self.directory, DOOR, clock, OperationsSettings(data=data, label=OPEN))
        self.ops.authority = Structure()
        self.picture = Picture(clock, None, door=DOOR)
        self.picture.add_source(Source(id="tak", kind="tak", name="tak", retention_s=3600, label=OPEN))
        self.router = Router(self.picture, DOOR, version="0", floor_of=lambda _: OPEN)
        self.gateway = Gateway(
            self.ops, self.router, SPEAKER, self.directory.identity_of_certificate, clock.monotonic_s
        )
        self.router.talk_as(Own(SPEAKER.uid, SPEAKER.callsign, self.gateway.hear, self.gateway.met))
        self.wires: dict[str, FakeWire] = {}
        self.clients: dict[str, Any] = {}
        self.readers: dict[str, Reader] = {}

    async def people(self) -> None:
        drafts = list[Draft]()
        for name, (unit, permissions, level, nation) in POSTS.items():
            person, certificate = f"p-{name}", f"c-{name}"
            bodies: list[tuple[str, Body]] = [
                (person, people.PersonAdded(name=name.title(), username=name, nation=nation, organisation="USFJ",
                                            policy=POLICY, level=level, cleared_until_ms=FOREVER_MS)),
                (name, people.AppointmentAdded(title=name.upper(), unit=unit, organisation="USFJ",
                                               permissions=permissions, from_ms=START_MS)),
                (name, people.AppointmentAssigned(person=person, from_ms=START_MS)),
                (name, people.AppointmentTaken(person=person)),
                (f"s-{name}", people.SessionStarted(person=person, appointment=name, how="link", until_ms=FOREVER_MS)),
                (certificate, people.CertificateIssued(fingerprint=certificate, serial="1", subject=name, person=person,
                                                       appointment=name, not_before_ms=0, not_after_ms=FOREVER_MS)),
            ]  # fmt: skip
            drafts += [Draft(body=body, subject=subject, label=OPEN) for subject, body in bodies]
        await self.journal.append(*drafts)

    def actor(self, post: str) -> Session:
        session = self.directory.session(f"s-{post}", self.clock.now_ms())
        assert session is not None
        return session

    async def issued(self, post: str = "j3", **more: Any) -> Order:
        order_id = self.ops.new_id()
        await self.ops.order(self.actor(post), rules.draft, order_id, form(**more))
        return await self.staffed(order_id, post)

    async def staffed(self, order_id: str, post: str = "j3") -> Order:
        """Bring a draft through staffing to its issue."""
        actor = self.actor(post)
        version = lambda: self.ops.orders.orders[order_id].version  # noqa: E731
        await self.ops.order(actor, rules.submit, order_id, f.SubmitForm(version=version()))
        await self.ops.order(self.actor("chief"), rules.approve, order_id, f.NoteForm(version=version()))
        await self.ops.order(actor, rules.issue, order_id, f.VersionForm(version=version()))
        await self.settle()
        return self.ops.orders.orders[order_id]

    def addressee(self, order: Order, unit: str) -> Addressee:
        found = (self.ops.orders.addressees[one] for one in order.addressees)
        return next(one for one in found if one.unit == unit)

    def steps(self, order: Order, unit: str) -> list[str]:
        return [step.what for step in self.addressee(order, unit).steps]

    # -- clients

    async def join(self, post: str, uid: str = "") -> None:
        """Connect the device of a post, which says who it is."""
        identity = self.directory.identity_of_certificate(f"c-{post}", self.clock.now_ms())
        assert identity is not None
        self.wires[post], self.readers[post] = FakeWire(), Reader()
        self.clients[post] = self.router.attach(self.wires[post], "192.0.2.1:1", self.clock.now_ms(), identity)
        self.say(post, sa(uid or f"UID-{post}", post.upper()))
        await self.settle()

    def leave(self, post: str) -> None:
        self.router.detach(self.clients[post], self.clock.now_ms())

    def say(self, post: str, data: bytes) -> None:
        self.router.receive(self.clients[post], data, self.clock.now_ms())

    async def settle(self, seconds: float = 1.0) -> None:
        """Let the gateway do what it would do by itself, then a tick."""
        await self.gateway.take()
        await self.gateway.deliver()
        self.clock.advance(seconds)
        self.router.flush(self.clock.monotonic_s() * 1000, self.clock.now_ms())

    def hears(self, post: str) -> list[Event]:
        """Return what a client hears now of the headquarters: chats, markers, receipts."""
        got = self.readers[post].feed(self.wires[post].read())
        self.router.drain(self.clients[post], self.clock.now_ms())
        return [one for one in got if one.type in ("b-t-f", "b-m-p-s-m", "b-t-f-d", "b-t-f-s")]

    def texts(self, post: str) -> list[str]:
        return [text_of(one) for one in self.hears(post) if one.type == "b-t-f"]

    async def reply(self, post: str, text: str, **attributes: str) -> None:
        """Say something to the headquarters as ATAK does."""
        uid = self.clients[post].session.uid
        detail = (
            f'<__chat id="{SPEAKER.uid}" chatroom="{SPEAKER.callsign}" messageId="m-{text[:3]}"'
            f' senderCallsign="{post.upper()}" parent="RootContactGroup" groupOwner="false">'
            f'<chatgrp id="{SPEAKER.uid}" uid0="{uid}" uid1="{SPEAKER.uid}"/></__chat>'
            f'<link uid="{uid}" type="a-f-G-U-C" relation="p-p"/>'
            f'<remarks source="BAO.F.ATAK.{uid}" to="{SPEAKER.uid}">{text}</remarks>'
            f'<marti><dest callsign="{SPEAKER.callsign}"/></marti>'
        )
        self.say(post, marked(event(f"GeoChat.{uid}.{SPEAKER.uid}.m", "b-t-f", detail), **attributes))
        await self.settle()

    async def receipt(self, post: str, kind: str, message: str) -> None:
        detail = (
            f'<__chatreceipt id="{SPEAKER.uid}" chatroom="{SPEAKER.callsign}" messageId="{message}"'
            f' senderCallsign="{post.upper()}"/><marti><dest uid="{SPEAKER.uid}"/></marti>'
        )
        self.say(post, event(message, kind, detail))
        await self.settle()


def event(uid: str, kind: str, detail: str) -> bytes:
    return (
        f'<event version="2.0" uid="{uid}" type="{kind}" how="h-g-i-g-o" time="{T0}" start="{T0}" stale="{STALE}">'
        f'<point lat="0" lon="0" hae="0" ce="9999999.0" le="9999999.0"/><detail>{detail}</detail></event>'
    ).encode()


def marked(data: bytes, **attributes: str) -> bytes:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return data.replace(b"<event ", f"<event{said} ".encode(), 1)


def part(event: Event, path: str) -> ET.Element:
    found = ET.fromstring(b"<detail>" + xml.detail_xml(event) + b"</detail>").find(path)
    assert found is not None
    return found


def text_of(event: Event) -> str:
    return part(event, "remarks").text or ""


def message_of(event: Event) -> str:
    return part(event, "__chat").get("messageId", "")


@asynccontextmanager
async def hall(data: Path, shelf: Shelf, clock: ManualClock) -> AsyncIterator[TakHall]:
    """Run one process of it."""
    built = TakHall(data, shelf, clock)
    await built.journal.start()
    if not built.directory.persons:
        await built.people()
    try:
        yield built
        assert built.journal.faults == {}
    finally:
        await built.journal.close()


def label(**more: Any) -> Label:
    return Label(**{"policy": POLICY, "level": "U", "owner": "USA", **more})
