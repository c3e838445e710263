"""What can be written about orders and their addressees.

Owns: the bodies of these records. Doesn't own: who may write them (`operations.rules`), what follows (`.views.orders`).

An order is drafted and edited whole; what was issued is the last draft before `order.issued`, and nothing is drafted
after it. An addressee is a unit in one role; its id follows from order, unit and role, so that whoever writes about it
twice writes about the same one.
"""

from typing import Final, Literal

import msgspec

from jointhq.journal.record import Body, kind
from jointhq.release.label import Label

OrderKind = Literal["WARNORD", "OPORD", "FRAGORD"]
ParagraphName = Literal["situation", "mission", "execution", "logistics", "command"]
Role = Literal["order", "request", "info"]
Answer = Literal["acknowledged", "wilco", "cantco", "havco"]
Way = Literal["page", "tak"]

PARAGRAPHS: Final[tuple[ParagraphName, ...]] = ("situation", "mission", "execution", "logistics", "command")


class Paragraph(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five, with the label of its text. A FRAGORD holds those alone that it changes."""

    name: ParagraphName
    text: str
    label: Label


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Who does what, when, where and why. Without `start_ms` it begins when the order takes effect."""

    id: str
    unit: str
    verb: str
    what: str
    why: str = ""
    start_ms: int | None = None
    until_ms: int | None = None  # no later than
    trigger: str = ""
    place: str = ""
    lat: float | None = None
    lon: float | None = None
    coord_with: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    label: Label


class OrderText(Body, frozen=True, kw_only=True):
    """An order as from now on, whole. Its record's label is what its parts make together."""

    type: OrderKind
    title: str
    title_ja: str = ""
    unit: str  # in whose name
    mission: str = ""
    base: str = ""  # of a FRAGORD: the order that it changes
    supersedes: tuple[str, ...] = ()
    references: str = ""
    letter: str = "Z"  # of the time zone used throughout the order
    effective_ms: int | None = None  # None: from its issue
    paragraphs: tuple[Paragraph, ...] = ()
    tasks: tuple[Task, ...] = ()
    ends_tasks: tuple[str, ...] = ()  # of a FRAGORD: tasks of its base that are no more
    action: tuple[str, ...] = ()  # units that act, beside those with a task
    info: tuple[str, ...] = ()
    escalate_to: str = ""  # the appointment that hears of silence; "": the one that issues
    chosen: Label  # the label the author chose for the whole, before its parts raised it


@kind("order.drafted", version=1)
class OrderDrafted(OrderText, frozen=True, kw_only=True):
    """A new order. Subject: the order, here and below."""


@kind("order.edited", version=1)
class OrderEdited(OrderText, frozen=True, kw_only=True):
    """The draft as from now on, whole."""


@kind("order.withdrawn", version=1)
class OrderWithdrawn(Body, frozen=True, kw_only=True):
    """The draft comes to nothing."""

    reason: str = ""


@kind("order.submitted", version=1)
class OrderSubmitted(Body, frozen=True, kw_only=True):
    """These offices are asked whether they concur; the text is fixed until it is returned."""

    offices: tuple[str, ...] = ()


@kind("order.concurred", version=1)
class OrderConcurred(Body, frozen=True, kw_only=True):
    """An office concurs."""

    office: str
    note: str = ""


@kind("order.not_concurred", version=1)
class OrderNotConcurred(Body, frozen=True, kw_only=True):
    """An office does not concur, and says why."""

    office: str
    note: str


@kind("order.returned", version=1)
class OrderReturned(Body, frozen=True, kw_only=True):
    """It is a draft again; what offices said is of the text before."""

    note: str = ""


@kind("order.approved", version=1)
class OrderApproved(Body, frozen=True, kw_only=True):
    """It may be issued. `note` says why where an office did not concur."""

    note: str = ""


class Addressed(msgspec.Struct, frozen=True, kw_only=True):
    """A unit in one role: given an order, asked by a request, or informed.

    A request goes to `refer_to`, whose authority reaches the unit; where that is nobody, to the unit itself.
    """

    id: str
    unit: str
    role: Role
    tasks: tuple[str, ...] = ()
    refer_to: str = ""
    rule: str = ""  # the rule by which authority reaches, or doesn't


@kind("order.issued", version=1)
class OrderIssued(Body, frozen=True, kw_only=True):
    """The last draft is issued; it applies from the record's effective time. `series` numbers have no gaps."""

    name: str  # "OPORD 3/26"
    series: str
    number: int
    addressees: tuple[Addressed, ...]


@kind("order.superseded", version=1)
class OrderSuperseded(Body, frozen=True, kw_only=True):
    """Another order takes its place: one that names it, and may be hidden from who reads this."""


@kind("order.cancelled", version=1)
class OrderCancelled(Body, frozen=True, kw_only=True):
    """It applies no more; nothing takes its place."""

    reason: str


@kind("order.completed", version=1)
class OrderCompleted(Body, frozen=True, kw_only=True):
    """What it asks for is done."""

    note: str = ""


class _Device(Body, frozen=True, kw_only=True):
    """What became of an order on one device of an addressee's people. Subject: the addressee, here and below."""

    order: str
    client: str
    person: str
    appointment: str


@kind("order.sent", version=1)
class OrderSent(_Device, frozen=True, kw_only=True):
    """It was given to a TAK client; whether it arrived, the client tells."""


@kind("order.delivered", version=1)
class OrderDelivered(_Device, frozen=True, kw_only=True):
    """The client says that it has it."""


@kind("order.opened", version=1)
class OrderOpened(_Device, frozen=True, kw_only=True):
    """Somebody has opened it, on a client or (`client` "") on the page."""


@kind("order.recalled", version=1)
class OrderRecalled(_Device, frozen=True, kw_only=True):
    """The client says that it has been told: the order it had is superseded or cancelled."""


@kind("order.answered", version=1)
class OrderAnswered(Body, frozen=True, kw_only=True):
    """The unit's answer, signed by a person in one of its appointments. Acknowledged is understood, not agreed."""

    order: str
    answer: Answer
    reason: str = ""
    way: Way
    client: str = ""


@kind("request.accepted", version=1)
class RequestAccepted(Body, frozen=True, kw_only=True):
    """Who has authority takes the request on: from now on it is an order for the unit."""

    order: str
    note: str = ""
    way: Way
    client: str = ""


@kind("request.declined", version=1)
class RequestDeclined(Body, frozen=True, kw_only=True):
    """Who has authority does not."""

    order: str
    note: str
    way: Way
    client: str = ""


@kind("order.escalated", version=1)
class OrderEscalated(Body, frozen=True, kw_only=True):
    """Nobody of the addressee has acknowledged by `due_ms`: the appointment `to` is told, once."""

    order: str
    to: str
    due_ms: int
