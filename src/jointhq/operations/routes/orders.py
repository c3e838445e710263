"""The HTTP face of orders, their annexes and their addressees.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.orders`), rules (`operations.rules`).

A step that an order or an addressee takes is a row of a table: the path's last word, who may ask, the form that it
takes, the rule that decides.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from litestar import Request, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.types import Guard
from msgspec import Struct

from jointhq.journal.acts import Outcome
from jointhq.operations.forms import orders as f
from jointhq.operations.forms.annexes import AnnexForm
from jointhq.operations.operations import Operations
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import annexes, answers, orders
from jointhq.operations.views import board
from jointhq.people.directory import COMMAND, PLAN, WATCH
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
Rule = Callable[..., Outcome]  # of a scene, who asks, an id, and the form where there is one
READS: Final = [permitted(WATCH)]
PLANS: Final = [permitted(PLAN)]
COMMANDS: Final = [permitted(COMMAND)]
STAFFS: Final = [permitted(PLAN, COMMAND)]


async def _do(request: Ask, order_id: str, rule: Rule, *args: Any) -> f.OrderBody:
    """Do something with an order; return how it stands then."""
    ops = operations_of(request)
    await ops.order(session_of(request), rule, *args)
    return _body(request, ops, order_id)


def _body(request: Ask, ops: Operations, order_id: str) -> f.OrderBody:
    return board.body(ops.scene(), session_of(request), order_id, ops.online)


@get("/api/operations/orders/choices", guards=READS)
async def get_choices(request: Ask) -> f.OrderChoices:
    """Return what forms offer."""
    return board.choices(operations_of(request).scene(), session_of(request))


@get("/api/operations/orders", guards=READS)
async def get_orders(request: Ask) -> list[f.OrderRow]:
    """List orders and drafts, the latest first."""
    return board.rows(operations_of(request).scene(), session_of(request))


@post("/api/operations/orders", guards=PLANS)
async def post_order(request: Ask, data: f.OrderForm) -> f.OrderBody:
    """Draft an order."""
    order_id = operations_of(request).new_id()
    return await _do(request, order_id, orders.draft, order_id, data)


@get("/api/operations/orders/{order_id:str}", guards=READS)
async def get_order(request: Ask, order_id: str) -> f.OrderBody:
    """Return all of an order."""
    return _body(request, operations_of(request), order_id)


@put("/api/operations/orders/{order_id:str}", guards=PLANS)
async def put_order(request: Ask, order_id: str, data: f.OrderForm) -> f.OrderBody:
    """Change a draft, whole."""
    return await _do(request, order_id, orders.edit, order_id, data)


@get("/api/operations/orders/{order_id:str}/look", guards=STAFFS)
async def get_look(request: Ask, order_id: str) -> f.Look:
    """Return what issuing it now would do."""
    ops = operations_of(request)
    return board.look(ops.scene(), session_of(request), order_id, ops.online)


# -- annexes


@post("/api/operations/orders/{order_id:str}/annexes", guards=PLANS)
async def post_annex(request: Ask, order_id: str, data: AnnexForm) -> f.OrderBody:
    """Attach an annex to a draft."""
    return await _do(request, order_id, annexes.attach, operations_of(request).new_id(), order_id, data)


@put("/api/operations/annexes/{annex_id:str}", guards=PLANS)
async def put_annex(request: Ask, annex_id: str, data: AnnexForm) -> f.OrderBody:
    """Change an annex of a draft, whole."""
    return await _do(request, _order_of(request, annex_id), annexes.change, annex_id, data)


@post("/api/operations/annexes/{annex_id:str}/remove", status_code=200, guards=PLANS)
async def post_remove_annex(request: Ask, annex_id: str, data: f.VersionForm) -> f.OrderBody:
    """Take an annex out of a draft."""
    return await _do(request, _order_of(request, annex_id), annexes.remove, annex_id, data)


def _order_of(request: Ask, annex_id: str) -> str:
    order, _ = annexes.annex_seen(operations_of(request).scene(), session_of(request), annex_id)
    return order.id


# -- steps


class Step(NamedTuple):
    """A step that an order, or an addressee, takes: the last word of its path, who may ask, its form, its rule."""

    verb: str
    guards: Sequence[Guard]
    form: type[Struct]
    rule: Rule
    does: str


ORDER_STEPS: Final = (
    Step("submit", PLANS, f.SubmitForm, orders.submit, "Ask offices whether they concur."),
    Step("concur", COMMANDS, f.OpinionForm, orders.concur, "Concur for an office."),
    Step("object", COMMANDS, f.OpinionForm, orders.object_to, "Not concur for an office."),
    Step("return", STAFFS, f.NoteForm, orders.return_, "Give it back to be changed."),
    Step("approve", COMMANDS, f.NoteForm, orders.approve, "Approve it."),
    Step("issue", COMMANDS, f.VersionForm, orders.issue, "Issue it."),
    Step("withdraw", STAFFS, f.ReasonForm, orders.withdraw, "Let a draft come to nothing."),
    Step("cancel", COMMANDS, f.ReasonForm, orders.cancel, "Cancel what was issued."),
    Step("complete", COMMANDS, f.NoteForm, orders.complete, "Say that it is done."),
)
ADDRESSEE_STEPS: Final = (
    Step("answer", READS, f.AnswerForm, answers.answer, "Answer for one's unit."),
    Step("decide", COMMANDS, f.DecisionForm, answers.decide, "Accept or decline a request referred to one's unit."),
)


def _of_order(step: Step) -> HTTPRouteHandler:
    async def handler(request: Ask, order_id: str, data: Any) -> f.OrderBody:
        return await _do(request, order_id, step.rule, order_id, data)

    return _handler(step, "orders/{order_id:str}", handler)


def _of_addressee(step: Step) -> HTTPRouteHandler:
    async def handler(request: Ask, addressee_id: str, data: Any) -> f.AddresseeRow:
        return await _answer(request, addressee_id, step.rule, data)

    return _handler(step, "addressees/{addressee_id:str}", handler)


def _handler(step: Step, of: str, handler: Callable[..., Awaitable[Any]]) -> HTTPRouteHandler:
    """Return the handler of a step, which takes the step's form and is documented as it."""
    handler.__annotations__["data"] = step.form
    handler.__name__, handler.__doc__ = f"post_{step.verb}", step.does
    return post(f"/api/operations/{of}/{step.verb}", status_code=200, guards=step.guards)(handler)


@post("/api/operations/addressees/{addressee_id:str}/opened", status_code=200, guards=READS)
async def post_opened(request: Ask, addressee_id: str) -> f.AddresseeRow:
    """Note that somebody of the unit has opened it on the page."""
    return await _answer(request, addressee_id, answers.on_device, "opened", "")


async def _answer(request: Ask, addressee_id: str, rule: Rule, *args: Any) -> f.AddresseeRow:
    """Say something for an addressee; return how it stands then."""
    ops, actor = operations_of(request), session_of(request)
    await ops.order(actor, rule, addressee_id, *args)
    return board.addressee(ops.scene(), actor, addressee_id, ops.online)


ORDER_ROUTES: Final = [
    get_choices,
    get_orders,
    post_order,
    get_order,
    put_order,
    get_look,
    post_annex,
    put_annex,
    post_remove_annex,
    *map(_of_order, ORDER_STEPS),
    post_opened,
    *map(_of_addressee, ADDRESSEE_STEPS),
]
