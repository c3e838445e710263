"""The HTTP face of CCIR and their hits.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.ccir`), rules (`operations.rules.ccir`).
"""

from typing import Any, Final

from litestar import Request, get, post, put

from jointhq.operations.forms import ccir as f
from jointhq.operations.forms.orders import NoteForm, ReasonForm, VersionForm
from jointhq.operations.routes.files import operations_of
from jointhq.operations.routes.steps import Rule, Step, routes_of
from jointhq.operations.rules import ccir as rules
from jointhq.operations.views import ccir as views
from jointhq.people.directory import COMMAND, LOG, PLAN, WATCH
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
READS: Final = [permitted(WATCH)]
PLANS: Final = [permitted(PLAN)]
STAFFS: Final = [permitted(PLAN, COMMAND)]


async def _do(request: Ask, ccir_id: str, rule: Rule, data: Any) -> f.CcirBody:
    """Do something with one; return how it stands then."""
    ops = operations_of(request)
    await ops.require(session_of(request), rule, ccir_id, data)
    return views.body(ops.requirements(), session_of(request), ccir_id)


async def _do_hit(request: Ask, hit_id: str, rule: Rule, data: Any) -> f.HitRow:
    """Do something with a hit; return how it stands then."""
    await operations_of(request).require(session_of(request), rule, hit_id, data)
    return _hit(request, hit_id)


def _hit(request: Ask, hit_id: str) -> f.HitRow:
    s, actor = operations_of(request).requirements(), session_of(request)
    return views.hit_row(s, actor, rules.hit_seen(s, actor, hit_id))


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


@post("/api/operations/ccir/{ccir_id:str}/look", status_code=200, guards=READS)
async def post_look(request: Ask, ccir_id: str, data: f.HitLookForm) -> f.CcirLook:
    """Return who would be told of a hit, and who of them could not see it; nothing is written."""
    return views.look(operations_of(request).requirements(), session_of(request), ccir_id, data)


@post("/api/operations/ccir/{ccir_id:str}/hit", guards=[permitted(LOG)])
async def post_hit(request: Ask, ccir_id: str, data: f.HitForm) -> f.CcirBody:
    """Say that an entry of the log answers it."""
    ops = operations_of(request)
    await ops.require(session_of(request), rules.hit, ccir_id, ops.new_id(), data)
    return views.body(ops.requirements(), session_of(request), ccir_id)


@post("/api/operations/hits/{hit_id:str}/acknowledge", status_code=200, guards=READS)
async def post_acknowledge(request: Ask, hit_id: str) -> f.HitRow:
    """Acknowledge a hit for one's appointment."""
    await operations_of(request).require(session_of(request), rules.acknowledge, hit_id)
    return _hit(request, hit_id)


CCIR_STEPS: Final = routes_of(
    "/api/operations/ccir/{ccir_id:str}",
    _do,
    Step("approve", [permitted(COMMAND)], VersionForm, rules.approve, "Put it in force."),
    Step("answer", READS, NoteForm, rules.answer, "Say that it is answered."),
    Step("resume", READS, NoteForm, rules.resume, "Ask it again."),
    Step("end", STAFFS, ReasonForm, rules.end, "Ask it no more."),
)
HIT_STEPS: Final = routes_of(
    "/api/operations/hits/{hit_id:str}",
    _do_hit,
    Step("strike", READS, f.StrikeForm, rules.strike, "Say that it was no hit."),
)
CCIR_ROUTES: Final = [
    get_choices,
    get_ccirs,
    post_ccir,
    get_ccir,
    put_ccir,
    *CCIR_STEPS,
    post_look,
    post_hit,
    post_acknowledge,
    *HIT_STEPS,
]
