"""The HTTP face of orders and their addressees.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.orders`), rules (`operations.rules`).
"""

from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec

from litestar import Request, get, post, put

from jointhq.journal.acts import Outcome
from jointhq.operations.forms import orders as f
from jointhq.operations.operations import Operations
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import answers, orders
from jointhq.operations.rules.scene import Scene
from jointhq.operations.views import board
from jointhq.people.directory import COMMAND, PLAN, WATCH, Session
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
P = ParamSpec("P")
READS: Final = [permitted(WATCH)]
PLANS: Final = [permitted(PLAN)]
COMMANDS: Final = [permitted(COMMAND)]
STAFFS: Final = [permitted(PLAN, COMMAND)]


async def _do(
    request: Ask,
    order_id: str,
    rule: Callable[Concatenate[Scene, Session, str, P], Outcome],
    *args: P.args,
    **more: P.kwargs,
) -> f.OrderBody:
    """Do something with an order; return how it stands then."""
    ops, actor = operations_of(request), session_of(request)
    await ops.order(actor, lambda s, now: rule(s, now, order_id, *args, **more))
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


@post("/api/operations/orders/{order_id:str}/submit", status_code=200, guards=PLANS)
async def post_submit(request: Ask, order_id: str, data: f.SubmitForm) -> f.OrderBody:
    """Ask offices whether they concur."""
    return await _do(request, order_id, orders.submit, data)


@post("/api/operations/orders/{order_id:str}/concur", status_code=200, guards=COMMANDS)
async def post_concur(request: Ask, order_id: str, data: f.OpinionForm) -> f.OrderBody:
    """Concur for an office."""
    return await _do(request, order_id, orders.concur, data)


@post("/api/operations/orders/{order_id:str}/object", status_code=200, guards=COMMANDS)
async def post_object(request: Ask, order_id: str, data: f.OpinionForm) -> f.OrderBody:
    """Not concur for an office."""
    return await _do(request, order_id, orders.object_to, data)


@post("/api/operations/orders/{order_id:str}/return", status_code=200, guards=STAFFS)
async def post_return(request: Ask, order_id: str, data: f.NoteForm) -> f.OrderBody:
    """Give it back to be changed."""
    return await _do(request, order_id, orders.return_, data)


@post("/api/operations/orders/{order_id:str}/approve", status_code=200, guards=COMMANDS)
async def post_approve(request: Ask, order_id: str, data: f.NoteForm) -> f.OrderBody:
    """Approve it."""
    return await _do(request, order_id, orders.approve, data)


@get("/api/operations/orders/{order_id:str}/look", guards=STAFFS)
async def get_look(request: Ask, order_id: str) -> f.Look:
    """Return what issuing it now would do."""
    ops = operations_of(request)
    return board.look(ops.scene(), session_of(request), order_id, ops.online)


@post("/api/operations/orders/{order_id:str}/issue", status_code=200, guards=COMMANDS)
async def post_issue(request: Ask, order_id: str, data: f.VersionForm) -> f.OrderBody:
    """Issue it."""
    return await _do(request, order_id, orders.issue, data)


@post("/api/operations/orders/{order_id:str}/withdraw", status_code=200, guards=STAFFS)
async def post_withdraw(request: Ask, order_id: str, data: f.ReasonForm) -> f.OrderBody:
    """Let a draft come to nothing."""
    return await _do(request, order_id, orders.withdraw, data)


@post("/api/operations/orders/{order_id:str}/cancel", status_code=200, guards=COMMANDS)
async def post_cancel(request: Ask, order_id: str, data: f.ReasonForm) -> f.OrderBody:
    """Cancel what was issued."""
    return await _do(request, order_id, orders.cancel, data)


@post("/api/operations/orders/{order_id:str}/complete", status_code=200, guards=COMMANDS)
async def post_complete(request: Ask, order_id: str, data: f.NoteForm) -> f.OrderBody:
    """Say that it is done."""
    return await _do(request, order_id, orders.complete, data)


# -- addressees


async def _answer(
    request: Ask,
    addressee_id: str,
    rule: Callable[Concatenate[Scene, Session, str, P], Outcome],
    *args: P.args,
    **more: P.kwargs,
) -> f.AddresseeRow:
    ops, actor = operations_of(request), session_of(request)
    await ops.order(actor, lambda s, now: rule(s, now, addressee_id, *args, **more))
    return board.addressee(ops.scene(), session_of(request), addressee_id, ops.online)


@post("/api/operations/addressees/{addressee_id:str}/opened", status_code=200, guards=READS)
async def post_opened(request: Ask, addressee_id: str) -> f.AddresseeRow:
    """Note that somebody of the unit has opened it on the page."""
    return await _answer(request, addressee_id, answers.on_device, "opened", "")


@post("/api/operations/addressees/{addressee_id:str}/answer", status_code=200, guards=READS)
async def post_answer(request: Ask, addressee_id: str, data: f.AnswerForm) -> f.AddresseeRow:
    """Answer for one's unit."""
    return await _answer(request, addressee_id, answers.answer, data)


@post("/api/operations/addressees/{addressee_id:str}/decide", status_code=200, guards=COMMANDS)
async def post_decide(request: Ask, addressee_id: str, data: f.DecisionForm) -> f.AddresseeRow:
    """Accept or decline a request that was referred to one's unit."""
    return await _answer(request, addressee_id, answers.decide, data)


ORDER_ROUTES: Final = [
    get_choices,
    get_orders,
    post_order,
    get_order,
    put_order,
    post_submit,
    post_concur,
    post_object,
    post_return,
    post_approve,
    get_look,
    post_issue,
    post_withdraw,
    post_cancel,
    post_complete,
    post_opened,
    post_answer,
    post_decide,
]
