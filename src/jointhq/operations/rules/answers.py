"""Who may say what became of an order, who answers it, and when silence is told to somebody.

Owns: these rules, as pure functions from what is known and who asks to drafts or a refusal with its code.
Doesn't own: orders themselves (`operations.rules.orders`), how an answer comes in (`operations.gateway`, the page).

A unit's answer is signed by a person in one of its appointments. A request is decided by the unit that it is referred
to, whose appointment needs `command`. What is said twice is written once.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from jointhq.base.errors import Refusal
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Body, Draft
from jointhq.operations import tables
from jointhq.operations.forms import orders as f
from jointhq.operations.ground import few, need
from jointhq.operations.records import orders as r
from jointhq.operations.rules.orders import known
from jointhq.operations.rules.scene import Scene, addressee_seen, unit_of
from jointhq.operations.rules.silence import told
from jointhq.operations.views.addressees import Addressee, answered, current, silent
from jointhq.operations.views.orders import Order
from jointhq.people.directory import COMMAND, Session
from jointhq.release.label import Label

STEPS_MAX: Final = 200  # of one addressee: devices and answers of one unit; what is beyond is refused
MAY_FOLLOW: Final[dict[str, tuple[str, ...]]] = {  # by the last answer
    "": ("acknowledged", "wilco", "cantco", "havco"),
    "acknowledged": ("wilco", "cantco", "havco"),
    "wilco": ("cantco", "havco"),
    "cantco": ("wilco", "havco"),
    "havco": (),
}
Seen = Literal["sent", "delivered", "opened", "recalled"]
_DEVICE: Final[dict[str, type[r.OrderSent | r.OrderDelivered | r.OrderOpened | r.OrderRecalled]]] = {
    "sent": r.OrderSent,
    "delivered": r.OrderDelivered,
    "opened": r.OrderOpened,
    "recalled": r.OrderRecalled,
}


def ways(s: Scene, actor: Session, order: Order, addressee: Addressee) -> list[str]:
    """Return what the asker may say for an addressee now."""
    if not actor.appointment or not order.live or unit_of(s, actor.appointment) != addressee.recipient:
        return []
    if addressee.phase == "request":
        decided = any(step.what in ("accepted", "declined") for step in addressee.steps)
        acknowledge = ["acknowledged"] if silent(addressee) else []
        return [] if decided else [*acknowledge, *(("accept", "decline") if COMMAND in actor.permissions else ())]
    follow = MAY_FOLLOW[answered(current(addressee))]
    return [one for one in follow if addressee.phase == "order" or one == "acknowledged"]


def waits(s: Scene, actor: Session, order: Order, addressee: Addressee) -> f.Waits:
    """Return what an addressee waits for of the asker's unit, "" for nothing.

    Acknowledged is understood, not agreed: WILCO or CANTCO is still owed. Who will comply owes nothing until his time
    is over, who cannot has said so, and who is informed may acknowledge but owes nothing.
    """
    may = ways(s, actor, order, addressee)
    if not may or addressee.phase == "info":
        return ""
    if addressee.phase == "request":
        return "decide" if "accept" in may else "answer"
    match answered(current(addressee)):
        case "":
            return "answer"
        case "acknowledged":
            return "agree"
        case "wilco":
            return "comply" if _over(order, addressee, s.g.now_ms) else ""
    return ""


def _over(order: Order, addressee: Addressee, now_ms: int) -> bool:
    """Whether the time of all that an addressee has to do is over."""
    ends = [task.until_ms for task in order.written.tasks if task.id in addressee.tasks]
    return bool(ends) and all(one is not None and one <= now_ms for one in ends)


def _recipient(s: Scene, actor: Session, addressee_id: str, *, live: bool = True) -> tuple[Order, Addressee]:
    order, addressee = addressee_seen(s, actor, addressee_id)
    if not actor.appointment or unit_of(s, actor.appointment) != addressee.recipient:
        raise Refusal("not_addressed", "this is for another unit to answer", 403)
    if live and not order.live:
        raise Refusal("order_over", f"this order is {order.state}; there is nothing to answer", state=order.state)
    steps = (one.label for one in addressee.steps)
    few(s.g, actor, steps, STEPS_MAX, f"more than {STEPS_MAX} entries about one addressee")
    return order, addressee


def answer(
    s: Scene, actor: Session, addressee_id: str, form: f.AnswerForm, *, client: str = "", said: Label | None = None
) -> Outcome:
    """Answer for one's unit. `said` is the label of what a TAK client said, which the answer's is raised to."""
    order, addressee = _recipient(s, actor, addressee_id)
    last = answered(current(addressee))
    if last == form.answer:
        return Outcome([])
    if addressee.phase != "order" and form.answer != "acknowledged":
        code = "info_only" if addressee.phase == "info" else "request_open"
        raise Refusal(code, "this is not ordered of your unit: acknowledge it, or decide the request")
    if form.answer not in MAY_FOLLOW[last]:
        raise Refusal("answer_order", f"{form.answer} can't follow {last}", last=last, answer=form.answer)
    if form.answer == "cantco" and not form.reason.strip():
        raise Refusal("reason_missing", "CANTCO says why", 400)
    body = r.OrderAnswered(
        order=order.id,
        answer=form.answer,
        reason=form.reason.strip(),
        way="tak" if client else "page",
        client=client,
    )
    return _said(s, actor, order, addressee, body, said)


def decide(
    s: Scene, actor: Session, addressee_id: str, form: f.DecisionForm, *, client: str = "", said: Label | None = None
) -> Outcome:
    """Accept or decline a request that was referred to one's unit."""
    order, addressee = _recipient(s, actor, addressee_id)
    need(actor, COMMAND)
    if addressee.phase != "request" or any(step.what == "declined" for step in addressee.steps):
        raise Refusal("request_decided", "this request has been decided")
    note = form.note.strip()
    way: r.Way = "tak" if client else "page"
    body: Body
    if form.accept:
        body = r.RequestAccepted(order=order.id, note=note, way=way, client=client)
    elif note:
        body = r.RequestDeclined(order=order.id, note=note, way=way, client=client)
    else:
        raise Refusal("reason_missing", "who declines says why", 400)
    return _said(s, actor, order, addressee, body, said)


def _said(s: Scene, actor: Session, order: Order, addressee: Addressee, body: Body, said: Label | None) -> Outcome:
    """Write what somebody said: under the order's label, raised to what his client says has, need to know aside."""
    label = known(order.label, s)
    if said is not None:
        label = s.g.door.merge([label, msgspec.structs.replace(said, groups=())]) or label
    return Outcome([_draft(order, addressee, body, label, actor)], (order.id,))


def _draft(order: Order, addressee: Addressee, body: Body, label: Label, actor: Session | None) -> Draft:
    return Draft(
        body=body,
        subject=addressee.id,
        label=label,
        appointment=actor.appointment if actor else "",
        person=actor.person if actor else "",
        precedence=order.precedence,
        exercise=order.exercise,
    )


# -- devices


def noted(addressee: Addressee, what: str, client: str, person: str) -> bool:
    """Tell whether this is known of a device, or (`client` "") of a person on the page."""
    return any(
        (step.what, step.client, "" if client else step.person) == (what, client, "" if client else person)
        for step in current(addressee)
    )


def on_device(s: Scene, actor: Session, addressee_id: str, what: Seen, client: str) -> Outcome:
    """Note that an order was sent to, delivered at, or opened on a device of the recipient's people; or recalled."""
    order, addressee = _recipient(s, actor, addressee_id, live=what != "recalled")
    if noted(addressee, what, client, actor.person):
        return Outcome([])
    body = _DEVICE[what](order=order.id, client=client, person=actor.person, appointment=actor.appointment)
    signer = None if what == "sent" else actor  # that it was sent, the headquarters says
    return Outcome([_draft(order, addressee, body, known(order.label, s), signer)], (order.id,))


# -- silence


def due_ms(order: Order, addressee: Addressee) -> int:
    """Return when silence is too long."""
    return addressee.since_ms + tables.norm_ms(order.precedence)


def late(order: Order, addressee: Addressee, now_ms: int) -> bool:
    """Tell whether an addressee that has to act is silent past the norm."""
    return order.live and addressee.role != "info" and silent(addressee) and due_ms(order, addressee) <= now_ms


def escalations(s: Scene) -> Iterator[Draft]:
    """Yield what is to be told about silence now: once for each that was to answer, signed by the headquarters."""
    for addressee in s.orders.live_addressees():
        order = s.orders.orders[addressee.order]
        known_of = any(step.what == "escalated" for step in current(addressee))
        if not known_of and late(order, addressee, s.g.now_ms):
            due = due_ms(order, addressee)
            body = r.OrderEscalated(order=order.id, to=order.written.escalate_to or order.issued_by, due_ms=due)
            yield told(_draft(order, addressee, body, known(order.label, s), None), due)
