"""The HTTP face of requests for information.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.rfi`), rules (`operations.rules.rfi`).
"""

from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec

from litestar import Request, get, post, put

from jointhq.journal.acts import Outcome
from jointhq.operations.forms import rfi as f
from jointhq.operations.forms.orders import NoteForm
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import rfi as rules
from jointhq.operations.rules.requirements import Scene
from jointhq.operations.views import rfi as views
from jointhq.people.directory import LOG, WATCH, Session
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
P = ParamSpec("P")
READS: Final = [permitted(WATCH)]
LOGS: Final = [permitted(LOG)]


async def _do(
    request: Ask,
    rfi_id: str,
    rule: Callable[Concatenate[Scene, Session, str, P], Outcome],
    *args: P.args,
    **more: P.kwargs,
) -> f.RfiBody:
    """Do something with one; return how it stands then."""
    ops, actor = operations_of(request), session_of(request)
    await ops.require(actor, lambda s, now: rule(s, now, rfi_id, *args, **more))
    return views.body(ops.requirements(), session_of(request), rfi_id)


@get("/api/operations/rfi", guards=READS)
async def get_rfis(request: Ask) -> f.RfiPage:
    """List them, with the figures."""
    return views.page(operations_of(request).requirements(), session_of(request))


@post("/api/operations/rfi", guards=LOGS)
async def post_rfi(request: Ask, data: f.RfiForm) -> f.RfiBody:
    """Ask a unit."""
    return await _do(request, operations_of(request).new_id(), rules.ask, data)


@post("/api/operations/rfi/similar", status_code=200, guards=READS)
async def post_similar(request: Ask, data: f.SimilarForm) -> list[f.RfiName]:
    """Return those that ask something similar; nothing is written."""
    return views.similar(operations_of(request).requirements(), session_of(request), data.question)


@get("/api/operations/rfi/{rfi_id:str}", guards=READS)
async def get_rfi(request: Ask, rfi_id: str) -> f.RfiBody:
    """Return all of one."""
    return views.body(operations_of(request).requirements(), session_of(request), rfi_id)


@put("/api/operations/rfi/{rfi_id:str}", guards=LOGS)
async def put_rfi(request: Ask, rfi_id: str, data: f.RfiForm) -> f.RfiBody:
    """Ask it in other words."""
    return await _do(request, rfi_id, rules.edit, data)


@post("/api/operations/rfi/{rfi_id:str}/validate", status_code=200, guards=LOGS)
async def post_validate(request: Ask, rfi_id: str, data: NoteForm) -> f.RfiBody:
    """Say that it is clear, and for one's unit to answer."""
    return await _do(request, rfi_id, rules.validate, data)


@post("/api/operations/rfi/{rfi_id:str}/task", status_code=200, guards=LOGS)
async def post_task(request: Ask, rfi_id: str, data: f.TaskForm) -> f.RfiBody:
    """Say who is to answer."""
    return await _do(request, rfi_id, rules.task, data)


@post("/api/operations/rfi/{rfi_id:str}/look", status_code=200, guards=READS)
async def post_look(request: Ask, rfi_id: str, data: f.AnswerLookForm) -> f.AnswerLook:
    """Return whether who asked would see an answer; nothing is written."""
    return views.look(operations_of(request).requirements(), session_of(request), rfi_id, data)


@post("/api/operations/rfi/{rfi_id:str}/answer", status_code=200, guards=READS)
async def post_answer(request: Ask, rfi_id: str, data: f.AnswerForm) -> f.RfiBody:
    """Answer."""
    return await _do(request, rfi_id, rules.answer, data)


@post("/api/operations/rfi/{rfi_id:str}/satisfy", status_code=200, guards=LOGS)
async def post_satisfy(request: Ask, rfi_id: str, data: NoteForm) -> f.RfiBody:
    """Say that one has what one needs."""
    return await _do(request, rfi_id, rules.satisfy, data)


@post("/api/operations/rfi/{rfi_id:str}/reopen", status_code=200, guards=LOGS)
async def post_reopen(request: Ask, rfi_id: str, data: NoteForm) -> f.RfiBody:
    """Say what is still missing."""
    return await _do(request, rfi_id, rules.reopen, data)


@post("/api/operations/rfi/{rfi_id:str}/return", status_code=200, guards=READS)
async def post_return(request: Ask, rfi_id: str, data: f.ReturnForm) -> f.RfiBody:
    """Give it back to who asked."""
    return await _do(request, rfi_id, rules.return_, data)


@post("/api/operations/rfi/{rfi_id:str}/withdraw", status_code=200, guards=LOGS)
async def post_withdraw(request: Ask, rfi_id: str, data: NoteForm) -> f.RfiBody:
    """Say that it is needed no more."""
    return await _do(request, rfi_id, rules.withdraw, data)


RFI_ROUTES: Final = [
    get_rfis,
    post_rfi,
    post_similar,
    get_rfi,
    put_rfi,
    post_validate,
    post_task,
    post_look,
    post_answer,
    post_satisfy,
    post_reopen,
    post_return,
    post_withdraw,
]
