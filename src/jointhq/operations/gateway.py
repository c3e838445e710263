"""Orders to TAK clients, and their answers back: what is owed, given and heard.

Owns: which connected client is owed which message, giving it, writing down that it was sent, taking receipts and
replies in their order, and the one line of help to what isn't understood.
Doesn't own: what the events look like and what a reply means (`operations.geochat`), what an answer does
(`operations.rules.answers`), sockets and clients (`stream`, through `Clients`).

What is owed follows from records alone: a client of a unit's people is owed what the unit has before it, until that
device has said that it has it. So nothing is lost by a restart or a broken line, and who has it isn't told again; one
that says no receipts is told once in a connection. Nothing goes to whom the door doesn't allow it.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec
import structlog

from jointhq.base.errors import BadEvent, JointHQError, Refusal
from jointhq.cot.event import Event
from jointhq.operations import geochat, tables
from jointhq.operations.forms import orders as f
from jointhq.operations.geochat import Heard, Hearer, Message, Part, Reply, Speaker
from jointhq.operations.operations import Operations
from jointhq.operations.records import orders as r
from jointhq.operations.rules import answers
from jointhq.operations.rules.scene import unit_of
from jointhq.operations.views.addressees import Addressee, answered, current
from jointhq.operations.views.names import order_name
from jointhq.operations.views.orders import Order
from jointhq.people.directory import FOREVER_MS, Identity, Session
from jointhq.release.label import Label
from jointhq.release.reader import Reader

log = structlog.get_logger("orders")

HEARD_MAX: Final = 2_000  # receipts and replies that wait to be written; a storm of reconnects says a few each
OWED_MAX: Final = 50  # messages given to one client at once; the rest follow when it has said that it has these
HELP_S: Final = 20.0  # one line of help to a client in this time: two machines that answer each other stay quiet
RECALLED_MS: Final = 30 * 86_400_000  # who comes back later than so isn't told any more what was cancelled meanwhile
LOOKS_A_TURN: Final = 200  # clients looked at before others have their turn of the event loop
SETTLE_S: Final = 0.05  # what changes together is looked at together


class Client(Protocol):
    """One connected client, as the router knows it."""

    key: int
    identity: Identity
    label: Label
    session: Any  # its `uid` and `callsign`


C = TypeVar("C", bound=Client)


class Clients(Protocol[C]):
    """The connected clients."""

    def connected(self) -> Iterable[C]:
        """Return those that are there."""
        ...

    def give(self, client: C, *events: Event) -> None:
        """Queue events for one client; each has its label, and the door decides again."""
        ...


class Gateway(Generic[C]):
    """One headquarters' orders on the way to its TAK clients."""

    def __init__(
        self,
        operations: Operations,
        clients: Clients[C],
        speaker: Speaker,
        identify: Callable[[str, int], Identity | None],
        monotonic_s: Callable[[], float],
    ) -> None:
        """`identify` tells who a certificate is at a moment."""
        self._operations = operations
        self._clients = clients
        self._speaker = speaker
        self._identify = identify
        self._monotonic_s = monotonic_s
        self._work = asyncio.Event()
        self._heard: deque[tuple[C, Heard, Label | None]] = deque()  # with the label of what was said
        self._given: dict[int, set[str]] = {}  # by connection: messages that it was given
        self._all = True  # look at every client, not at those alone that have just said who they are
        self._units: dict[str, str] = {}  # by appointment, while one look lasts
        self._helped: dict[int, float] = {}  # by connection: when it was last helped
        self.drops: Counter[str] = Counter()
        operations.orders.on_change(self.wake)

    def wake(self) -> None:
        """Look again at what everybody is owed: an order, somebody's access or unit has changed."""
        self._all = True
        self._work.set()

    def met(self) -> None:
        """Look at those that are new: somebody has said who he is."""
        self._work.set()

    def hear(self, client: C, event: Event) -> None:
        """Take what a client says to the headquarters."""
        try:
            heard = geochat.read(event)
        except BadEvent:
            return
        if heard is None:
            return
        if len(self._heard) >= HEARD_MAX:
            self.drops["orders_heard_max"] += 1
            return
        said = msgspec.structs.replace(event.label, groups=()) if event.label else None  # need to know is ours to keep
        self._heard.append((client, heard, said))
        self._work.set()

    def online(self, reader: Reader, person: str, appointment: str) -> bool:
        """Tell whether a device of somebody is connected, as far as the reader may know."""
        g = self._operations.ground()
        return any(
            (client.identity.person, client.identity.appointment) == (person, appointment)
            and g.door.may_see(reader, client.label, g.now_ms)
            for client in self._clients.connected()
        )

    async def run(self) -> None:
        """Give and take until cancelled. What fails is logged whole; the next is taken all the same."""
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self.take()
                await self.deliver()
            except Exception:
                log.exception("gateway.failed")
            await asyncio.sleep(SETTLE_S)

    # -- giving

    async def deliver(self) -> None:
        """Give every connected client what it is owed, and write down that it was sent."""
        there = list(self._clients.connected())
        keys = {client.key for client in there}
        self._given = {key: given for key, given in self._given.items() if key in keys}
        self._helped = {key: at_s for key, at_s in self._helped.items() if key in keys}
        everybody, self._all, self._units = self._all, False, {}
        looked = 0
        for client in there if self._operations.orders.waits() else ():
            if not self._named(client) or (client.key in self._given and not everybody):
                continue
            for order, addressee in list(self._owed(client)):
                self._give(client, order, addressee)
                await self._note(client, addressee.id, "sent")
            for order, addressee in list(self._recalled(client)):
                self._recall(client, order, addressee)
            looked += 1
            if looked % LOOKS_A_TURN == 0:
                await asyncio.sleep(0)

    @staticmethod
    def _named(client: C) -> bool:
        """Tell whether a client is somebody's, and has said how it is addressed."""
        return bool(client.identity.appointment and client.session.uid and client.session.callsign)

    def _unit(self, client: C) -> str:
        appointment = client.identity.appointment
        if appointment not in self._units:
            self._units[appointment] = unit_of(self._operations.scene(), appointment)
        return self._units[appointment]

    def _before(self, client: C) -> Iterator[tuple[Order, Addressee]]:
        """Yield what the client's unit has before it, of what the client may see, oldest first."""
        g, orders = self._operations.ground(), self._operations.orders
        unit = self._unit(client)
        for addressee in orders.to_answer(unit) if unit else ():
            order = orders.orders[addressee.order]
            if g.door.may_see(client.identity.reader, order.label, g.now_ms):
                yield order, addressee

    def _owed(self, client: C) -> Iterator[tuple[Order, Addressee]]:
        uid = client.session.uid
        given = self._given.setdefault(client.key, set())
        waiting = 0
        for order, addressee in self._before(client):
            has = any(step.client == uid and step.what != "sent" for step in current(addressee))
            done = any(step.what in ("havco", "cantco", "declined") for step in current(addressee))
            if has or done:
                continue
            waiting += 1
            if waiting > OWED_MAX:
                return
            message = geochat.message_id(addressee.id, addressee.phase)
            if message not in given:
                given.add(message)
                yield order, addressee

    def _recalled(self, client: C) -> Iterator[tuple[Order, Addressee]]:
        """Yield what the client was given and must be told is no more, until it says that it has heard."""
        uid, orders, g = client.session.uid, self._operations.orders, self._operations.ground()
        given = self._given.setdefault(client.key, set())
        unit = self._unit(client)
        for addressee in orders.recalled(unit, g.now_ms - RECALLED_MS) if unit else ():
            order = orders.orders[addressee.order]
            steps = {step.what for step in addressee.steps if step.client == uid}
            message = geochat.message_id(addressee.id, "ended")
            told = not steps or "recalled" in steps or message in given
            if not told and g.door.may_see(client.identity.reader, order.label, g.now_ms):
                given.add(message)
                yield order, addressee

    def _recall(self, client: C, order: Order, addressee: Addressee) -> None:
        words, now_ms = tables.chat_words(_language(client)), self._operations.clock.now_ms()
        banner = self._operations.door.banner(order.label) if order.label else ""
        text = words["ended"].format(
            name=self._called(client, order), state=words[f"state_{order.state}"], note=order.note
        )
        hearer = Hearer(client.session.uid, client.session.callsign)
        message = geochat.message_id(addressee.id, "ended")
        chat = geochat.chat(self._speaker, hearer, message, f"{banner}\n{text.strip()}\n{banner}", now_ms)
        self._say(client, order.label, geochat.contact(self._speaker, now_ms), chat)

    def _give(self, client: C, order: Order, addressee: Addressee) -> None:
        now_ms = self._operations.clock.now_ms()
        hearer = Hearer(client.session.uid, client.session.callsign)
        message = geochat.message_id(addressee.id, addressee.phase)
        text = geochat.text_of(self._message(client, order, addressee), geochat.code_of(message), _language(client))
        events = [
            geochat.contact(self._speaker, now_ms),
            geochat.chat(self._speaker, hearer, message, text, now_ms),
        ]
        for number, task in enumerate(self._tasks(order, addressee), 1):
            if task.lat is not None and task.lon is not None:
                name = f"{self._called(client, order)} {number} {task.verb}"
                events.append(geochat.marker(self._speaker, task.id, name, task.what, task.lat, task.lon, now_ms))
        self._say(client, order.label, *events)

    def _say(self, client: C, label: Label | None, *events: Event) -> None:
        for event in events:
            event.label = label
        self._clients.give(client, *events)

    def _tasks(self, order: Order, addressee: Addressee) -> list[r.Task]:
        if addressee.phase == "info":
            return list(order.written.tasks)
        return [task for task in order.written.tasks if task.id in addressee.tasks]

    def _message(self, client: C, order: Order, addressee: Addressee) -> Message:
        g, reader, written = self._operations.ground(), client.identity.reader, order.written
        shows_unit = addressee.phase != "order"
        language = _language(client)
        return Message(
            phase=addressee.phase,
            banner=g.door.banner(order.label) if order.label else "",
            name=self._called(client, order),
            title=(written.title_ja if language == "ja" else "") or written.title,
            sender=self._name(reader, written.unit, language),
            precedence=order.precedence,
            exercise=order.exercise,
            issued_ms=order.issued_ms,
            effective_ms=order.effective_ms,
            letter=written.letter,
            tasks=tuple(
                self._part(reader, task, written.letter, language, with_unit=shows_unit)
                for task in self._tasks(order, addressee)
            ),
            paragraphs=tuple((one.name, one.text) for one in written.paragraphs),
            annexes=tuple(
                f"{one.letter} {one.title or tables.annexes()[one.letter][language]}"
                for one in self._operations.orders.annexes_of(order.id)
                if g.door.dominates(order.label, one.label) and not one.ends  # the message has the order's label
            ),
        )

    def _part(self, reader: Reader, task: r.Task, letter: str, language: str, *, with_unit: bool) -> Part:
        at = f"{task.lat:.4f} {task.lon:.4f}" if task.lat is not None and task.lon is not None else ""
        return Part(
            what=f"{task.verb.upper()} {task.what}",
            unit=self._name(reader, task.unit, language) if with_unit else "",
            more=(
                ("begins", geochat.group(task.start_ms, letter) if task.start_ms is not None else ""),
                ("no_later", geochat.group(task.until_ms, letter) if task.until_ms is not None else ""),
                ("when", task.trigger),
                ("at", " ".join(one for one in (task.place, at) if one)),
                ("so_that", task.why),
                ("with", ", ".join(self._name(reader, one, language) for one in task.coord_with)),
                ("report", ", ".join(task.reports)),
            ),
        )

    def _called(self, client: C, order: Order) -> str:
        return order_name(self._operations.authority, client.identity.reader, order)

    def _name(self, reader: Reader, unit_id: str, language: str) -> str:
        unit = self._operations.authority.unit(reader, unit_id)
        if unit is None:
            return ""
        return (unit.name_ja if language == "ja" else "") or unit.name

    # -- taking

    async def take(self) -> None:
        """Write down what clients have said, one after the other."""
        while self._heard:
            client, heard, said = self._heard.popleft()
            self._units = {}
            if heard.what != "text":
                await self._take_receipt(client, heard)
            else:
                await self._take_reply(client, heard, said)

    async def _take_receipt(self, client: C, heard: Heard) -> None:
        for _, addressee in list(self._before(client)):
            if geochat.message_id(addressee.id, addressee.phase) == heard.message_id and heard.what != "text":
                await self._note(client, addressee.id, heard.what)
        unit, since_ms = self._unit(client), self._operations.clock.now_ms() - RECALLED_MS
        for addressee in self._operations.orders.recalled(unit, since_ms) if unit else ():
            if geochat.message_id(addressee.id, "ended") == heard.message_id:
                await self._note(client, addressee.id, "recalled")

    async def _note(self, client: C, addressee_id: str, what: answers.Seen) -> None:
        uid = client.session.uid
        try:
            await self._operations.by_device(
                lambda: self._session(client), lambda s, actor: answers.on_device(s, actor, addressee_id, what, uid)
            )
        except JointHQError as error:  # it has ended meanwhile, or the journal takes nothing now
            log.info("order.not_noted", what=what, code=error.code)

    def _session(self, client: C) -> Session | None:
        """Return who a client acts for now; None where that is nobody."""
        directory, now_ms = self._operations.directory, self._operations.clock.now_ms()
        who = self._identify(client.identity.fingerprint, now_ms) if client.identity.fingerprint else None
        if who is None or not who.appointment:
            return None
        return Session(
            id="",
            person=who.person,
            appointment=who.appointment,
            reader=who.reader,
            permissions=directory.appointments[who.appointment].permissions,
            until_ms=FOREVER_MS,
            how="certificate",
            started_ms=now_ms,
        )

    async def _take_reply(self, client: C, heard: Heard, said: Label | None) -> None:
        words = tables.chat_words(_language(client))
        before = {
            geochat.code_of(geochat.message_id(one.id, one.phase)): (order, one) for order, one in self._before(client)
        }
        reply = geochat.reply(heard.text, frozenset(before))
        if reply is None:
            self._help(client, words["help"], said)
            return
        fits = [code for code, (_, one) in before.items() if _fits(reply, one)]
        code = reply.code or (fits[0] if len(fits) == 1 else "")
        if not code and not fits:
            self._help(client, words["help_none"], said)
        elif not code:
            word = heard.text.split()[0][:20]
            which = [f"{word} {one} ({self._called(client, before[one][0])})" for one in fits]
            g = self._operations.ground()
            label = g.door.merge([said, *(before[one][0].label for one in fits)])
            self._help(client, words["help_which"] + ", ".join(which), label)
        else:
            await self._answer(client, heard, said, reply, before[code][1])

    async def _answer(self, client: C, heard: Heard, said: Label | None, reply: Reply, addressee: Addressee) -> None:
        uid, words = client.session.uid, tables.chat_words(_language(client))

        def rule(s: Any, actor: Session) -> Any:
            if reply.meaning in ("accepted", "declined"):
                decision = f.DecisionForm(accept=reply.meaning == "accepted", note=reply.rest)
                return answers.decide(s, actor, addressee.id, decision, client=uid, said=said)
            answer = f.AnswerForm(answer=reply.meaning, reason=reply.rest)  # type: ignore[arg-type] # no decision
            return answers.answer(s, actor, addressee.id, answer, client=uid, said=said)

        try:
            known = await self._operations.by_device(lambda: self._session(client), rule)
        except Refusal as refusal:
            word = heard.text.split()[0][:20]
            helps = {"reason_missing": "help_reason", "not_permitted": "help_not_permitted"}
            text = words[helps.get(refusal.code, "help_refused")].format(word=word, code=refusal.code)
            self._help(client, text, said)
            return
        except JointHQError as error:
            log.warning("order.answer_lost", code=error.code)
            self._help(client, words["help_refused"].format(code=error.code), said)
            return
        if known:
            hearer = Hearer(uid, client.session.callsign)
            now_ms = self._operations.clock.now_ms()
            self._say(client, said, geochat.received(self._speaker, hearer, heard.message_id, now_ms))

    def _help(self, client: C, text: str, label: Label | None) -> None:
        """Say one short line, not often."""
        now_s = self._monotonic_s()
        if not client.identity.appointment or now_s - self._helped.get(client.key, -HELP_S) < HELP_S:
            return
        self._helped[client.key] = now_s
        now_ms = self._operations.clock.now_ms()
        hearer = Hearer(client.session.uid, client.session.callsign)
        message = geochat.message_id(f"{client.key}|{now_ms}", "help")
        self._say(
            client,
            label,
            geochat.contact(self._speaker, now_ms),
            geochat.chat(self._speaker, hearer, message, text, now_ms),
        )


def _language(client: Client) -> str:
    return "ja" if client.identity.reader.nation == "JPN" else "en"


def _fits(reply: Reply, addressee: Addressee) -> bool:
    """Whether an addressee waits for what a reply means."""
    last = answered(current(addressee))
    if addressee.phase == "request":
        open_ = not any(step.what in ("accepted", "declined") for step in addressee.steps)
        return open_ and reply.meaning in ("accepted", "declined", "acknowledged")
    if addressee.phase == "info":
        return reply.meaning == "acknowledged" and not last
    return reply.meaning in answers.MAY_FOLLOW[last]
