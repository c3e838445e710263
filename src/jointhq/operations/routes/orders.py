"""The HTTP face of orders, their annexes and their addressees.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.orders`), rules (`operations.rules`).
"""

from typing import Any, Final

from litestar import Request, get, post, put

from jointhq.operations.forms import orders as f
from jointhq.operations.forms.annexes import AnnexForm
from jointhq.operations.operations import Operations
from jointhq.operations.routes.files import operations_of
from jointhq.operations.routes.steps import Rule, Step, routes_of
from jointhq.operations.rules import annexes, answers, orders
from jointhq.operations.views import board
from jointhq.people.directory import COMMAND, PLAN, WATCH
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
READS: Final = [permitted(WATCH)]
PLANS: Final = [permitted(PLAN)]
COMMANDS: Final = [permitted(COMMAND)]
STAFFS: Final = [permitted(PLAN, COMMAND)]


async def _do(request: Ask, order_id: str, rule: Rule, data: Any) -> f.OrderBody:
    """Do something with an order; return how it stands then."""
    ops = operations_of(request)
    await ops.order(session_of(request), rule, order_id, data)
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
    return await _do(request, operations_of(request).new_id(), orders.draft, data)


@get("/api/operations/orders/{order_id:str}", guards=READS)
async def get_order(request: Ask, order_id: str) -> f.OrderBody:
    """Return all of an order."""
    return _body(request, operations_of(request), order_id)


@put("/api/operations/orders/{order_id:str}", guards=PLANS)
async def put_order(request: Ask, order_id: str, data: f.OrderForm) -> f.OrderBody:
    """Change a draft, whole."""
    return await _do(request, order_id, orders.edit, data)


@get("/api/operations/orders/{order_id:str}/look", guards=STAFFS)
async def get_look(request: Ask, order_id: str) -> f.Look:
    """Return what issuing it now would do."""
    ops = operations_of(request)
    return board.look(ops.scene(), session_of(request), order_id, ops.online)


# -- annexes


@post("/api/operations/orders/{order_id:str}/annexes", guards=PLANS)
async def post_annex(request: Ask, order_id: str, data: AnnexForm) -> f.OrderBody:
    """Attach an annex to a draft."""
    ops = operations_of(request)
    await ops.order(session_of(request), annexes.attach, ops.new_id(), order_id, data)
    return _body(request, ops, order_id)


@put("/api/operations/annexes/{annex_id:str}", guards=PLANS)
async def put_annex(request: Ask, annex_id: str, data: AnnexForm) -> f.OrderBody:
    """Change an annex of a draft, whole."""
    return await _do_annex(request, annex_id, annexes.change, data)


async def _do_annex(request: Ask, annex_id: str, rule: Rule, data: Any) -> f.OrderBody:
    """Do something with an annex; return how its order stands then."""
    ops, actor = operations_of(request), session_of(request)
    order, _ = annexes.annex_seen(ops.scene(), actor, annex_id)
    await ops.order(actor, rule, annex_id, data)
    return _body(request, ops, order.id)


# -- steps


ORDER_STEPS: Final = routes_of(
    "/api/operations/orders/{order_id:str}",
    _do,
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
ANNEX_STEPS: Final = routes_of(
    "/api/operations/annexes/{annex_id:str}",
    _do_annex,
    Step("remove", PLANS, f.VersionForm, annexes.remove, "Take an annex out of a draft.", "post_remove_annex"),
)


@post("/api/operations/addressees/{addressee_id:str}/opened", status_code=200, guards=READS)
async def post_opened(request: Ask, addressee_id: str) -> f.AddresseeRow:
    """Note that somebody of the unit has opened it on the page."""
    ops, actor = operations_of(request), session_of(request)
    await ops.order(actor, answers.on_device, addressee_id, "opened", "")
    return board.addressee(ops.scene(), actor, addressee_id, ops.online)


async def _answer(request: Ask, addressee_id: str, rule: Rule, data: Any) -> f.AddresseeRow:
    """Say something for an addressee; return how it stands then."""
    ops, actor = operations_of(request), session_of(request)
    await ops.order(actor, rule, addressee_id, data)
    return board.addressee(ops.scene(), actor, addressee_id, ops.online)


ADDRESSEE_STEPS: Final = routes_of(
    "/api/operations/addressees/{addressee_id:str}",
    _answer,
    Step("answer", READS, f.AnswerForm, answers.answer, "Answer for one's unit."),
    Step("decide", COMMANDS, f.DecisionForm, answers.decide, "Accept or decline a request referred to one's unit."),
)


ORDER_ROUTES: Final = [
    get_choices,
    get_orders,
    post_order,
    get_order,
    put_order,
    get_look,
    post_annex,
    put_annex,
    *ANNEX_STEPS,
    *ORDER_STEPS,
    post_opened,
    *ADDRESSEE_STEPS,
]
