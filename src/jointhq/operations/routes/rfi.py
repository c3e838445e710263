"""The HTTP face of requests for information.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.rfi`), rules (`operations.rules.rfi`).
"""

from typing import Any, Final

from litestar import Request, get, post, put

from jointhq.operations.forms import rfi as f
from jointhq.operations.forms.orders import NoteForm
from jointhq.operations.routes.files import operations_of
from jointhq.operations.routes.steps import Rule, Step, routes_of
from jointhq.operations.rules import rfi as rules
from jointhq.operations.views import rfi as views
from jointhq.people.directory import LOG, WATCH
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
READS: Final = [permitted(WATCH)]
LOGS: Final = [permitted(LOG)]


async def _do(request: Ask, rfi_id: str, rule: Rule, data: Any) -> f.RfiBody:
    """Do something with one; return how it stands then."""
    ops = operations_of(request)
    await ops.require(session_of(request), rule, rfi_id, data)
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


@post("/api/operations/rfi/{rfi_id:str}/look", status_code=200, guards=READS)
async def post_look(request: Ask, rfi_id: str, data: f.AnswerLookForm) -> f.AnswerLook:
    """Return whether who asked would see an answer; nothing is written."""
    return views.look(operations_of(request).requirements(), session_of(request), rfi_id, data)


RFI_STEPS: Final = routes_of(
    "/api/operations/rfi/{rfi_id:str}",
    _do,
    Step("validate", LOGS, NoteForm, rules.validate, "Say that it is clear, and for one's unit to answer."),
    Step("task", LOGS, f.TaskForm, rules.task, "Say who is to answer."),
    Step("answer", READS, f.AnswerForm, rules.answer, "Answer."),
    Step("satisfy", LOGS, NoteForm, rules.satisfy, "Say that one has what one needs."),
    Step("reopen", LOGS, NoteForm, rules.reopen, "Say what is still missing."),
    Step("return", READS, f.ReturnForm, rules.return_, "Give it back to who asked."),
    Step("withdraw", LOGS, NoteForm, rules.withdraw, "Say that it is needed no more."),
)
RFI_ROUTES: Final = [get_rfis, post_rfi, post_similar, get_rfi, put_rfi, post_look, *RFI_STEPS]
