"""The HTTP face of CCIR and their hits.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.ccir`), rules (`operations.rules.ccir`).
"""

from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec

from litestar import Request, get, post, put

from jointhq.journal.acts import Outcome
from jointhq.operations.forms import ccir as f
from jointhq.operations.forms.orders import NoteForm, ReasonForm, VersionForm
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import ccir as rules
from jointhq.operations.rules.requirements import Scene
from jointhq.operations.views import ccir as views
from jointhq.people.directory import COMMAND, LOG, PLAN, WATCH, Session
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
P = ParamSpec("P")
READS: Final = [permitted(WATCH)]
PLANS: Final = [permitted(PLAN)]
STAFFS: Final = [permitted(PLAN, COMMAND)]


async def _do(
    request: Ask,
    ccir_id: str,
    rule: Callable[Concatenate[Scene, Session, str, P], Outcome],
    *args: P.args,
    **more: P.kwargs,
) -> f.CcirBody:
    """Do something with one; return how it stands then."""
    ops, actor = operations_of(request), session_of(request)
    await ops.require(actor, lambda s, now: rule(s, now, ccir_id, *args, **more))
    return views.body(ops.requirements(), session_of(request), ccir_id)


async def _do_hit(request: Ask, hit_id: str, rule: Callable[[Scene, Session], Outcome]) -> f.HitRow:
    ops, actor = operations_of(request), session_of(request)
    await ops.require(actor, rule)
    s, now = ops.requirements(), session_of(request)
    return views.hit_row(s, now, rules.hit_seen(s, now, hit_id))


@get("/api/operations/requirements/choices", guards=READS)
async def get_choices(request: Ask) -> f.Choices:
    """Return what the forms of CCIR and RFI offer."""
    return views.choices(operations_of(request).requirements(), session_of(request))


@get("/api/operations/ccir", guards=READS)
async def get_ccirs(request: Ask) -> f.CcirPage:
    """List them, and the hits that wait for the asker."""
    return views.page(operations_of(request).requirements(), session_of(request))


@post("/api/operations/ccir", guards=PLANS)
async def post_ccir(request: Ask, data: f.CcirForm) -> f.CcirBody:
    """Draft one."""
    return await _do(request, operations_of(request).new_id(), rules.draft, data)


@get("/api/operations/ccir/{ccir_id:str}", guards=READS)
async def get_ccir(request: Ask, ccir_id: str) -> f.CcirBody:
    """Return all of one."""
    return views.body(operations_of(request).requirements(), session_of(request), ccir_id)


@put("/api/operations/ccir/{ccir_id:str}", guards=PLANS)
async def put_ccir(request: Ask, ccir_id: str, data: f.CcirForm) -> f.CcirBody:
    """Change a draft, whole."""
    return await _do(request, ccir_id, rules.edit, data)


@post("/api/operations/ccir/{ccir_id:str}/approve", status_code=200, guards=[permitted(COMMAND)])
async def post_approve(request: Ask, ccir_id: str, data: VersionForm) -> f.CcirBody:
    """Put it in force."""
    return await _do(request, ccir_id, rules.approve, data)


@post("/api/operations/ccir/{ccir_id:str}/answer", status_code=200, guards=READS)
async def post_answer(request: Ask, ccir_id: str, data: NoteForm) -> f.CcirBody:
    """Say that it is answered."""
    return await _do(request, ccir_id, rules.answer, data)


@post("/api/operations/ccir/{ccir_id:str}/resume", status_code=200, guards=READS)
async def post_resume(request: Ask, ccir_id: str, data: NoteForm) -> f.CcirBody:
    """Ask it again."""
    return await _do(request, ccir_id, rules.resume, data)


@post("/api/operations/ccir/{ccir_id:str}/end", status_code=200, guards=STAFFS)
async def post_end(request: Ask, ccir_id: str, data: ReasonForm) -> f.CcirBody:
    """Ask it no more."""
    return await _do(request, ccir_id, rules.end, data)


@post("/api/operations/ccir/{ccir_id:str}/look", status_code=200, guards=READS)
async def post_look(request: Ask, ccir_id: str, data: f.HitLookForm) -> f.CcirLook:
    """Return who would be told of a hit, and who of them could not see it; nothing is written."""
    return views.look(operations_of(request).requirements(), session_of(request), ccir_id, data)


@post("/api/operations/ccir/{ccir_id:str}/hit", guards=[permitted(LOG)])
async def post_hit(request: Ask, ccir_id: str, data: f.HitForm) -> f.CcirBody:
    """Say that an entry of the log answers it."""
    return await _do(request, ccir_id, rules.hit, operations_of(request).new_id(), data)


@post("/api/operations/hits/{hit_id:str}/acknowledge", status_code=200, guards=READS)
async def post_acknowledge(request: Ask, hit_id: str) -> f.HitRow:
    """Acknowledge a hit for one's appointment."""
    return await _do_hit(request, hit_id, lambda s, now: rules.acknowledge(s, now, hit_id))


@post("/api/operations/hits/{hit_id:str}/strike", status_code=200, guards=READS)
async def post_strike(request: Ask, hit_id: str, data: f.StrikeForm) -> f.HitRow:
    """Say that it was no hit."""
    return await _do_hit(request, hit_id, lambda s, now: rules.strike(s, now, hit_id, data))


CCIR_ROUTES: Final = [
    get_choices,
    get_ccirs,
    post_ccir,
    get_ccir,
    put_ccir,
    post_approve,
    post_answer,
    post_resume,
    post_end,
    post_look,
    post_hit,
    post_acknowledge,
    post_strike,
]
