"""The HTTP face of combined activities.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.combined`), rules (`operations.rules.combined`).
"""

from typing import Any, Final

from litestar import Request, get, post, put

from jointhq.operations.forms import combined as f
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import combined as rules
from jointhq.operations.views import combined as views
from jointhq.people.directory import COMMAND, WATCH
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]


def _row(request: Ask, activity_id: str) -> f.CombinedRow:
    ops = operations_of(request)
    return views.row(ops.scene(), session_of(request), ops.combined.activities[activity_id])


@get("/api/operations/combined", guards=[permitted(WATCH)])
async def get_combined(request: Ask) -> list[f.CombinedRow]:
    """List combined activities, the latest first."""
    ops = operations_of(request)
    return views.rows(ops.scene(), session_of(request), ops.combined)


@post("/api/operations/combined", guards=[permitted(COMMAND)])
async def post_combined(request: Ask, data: f.CombinedForm) -> f.CombinedRow:
    """Propose one."""
    ops, activity_id = operations_of(request), operations_of(request).new_id()
    await ops.order(session_of(request), rules.propose, ops.combined, activity_id, data)
    return _row(request, activity_id)


@put("/api/operations/combined/{activity_id:str}", guards=[permitted(COMMAND)])
async def put_combined(request: Ask, activity_id: str, data: f.CombinedForm) -> f.CombinedRow:
    """Write its coordination record anew."""
    ops = operations_of(request)
    await ops.order(session_of(request), rules.revise, ops.combined, activity_id, data)
    return _row(request, activity_id)


@post("/api/operations/combined/{activity_id:str}/agree", status_code=200, guards=[permitted(COMMAND)])
async def post_agree(request: Ask, activity_id: str, data: f.VersionForm) -> f.CombinedRow:
    """Agree to it as one's own side."""
    ops = operations_of(request)
    await ops.order(session_of(request), rules.agree, ops.combined, activity_id, data)
    return _row(request, activity_id)


@post("/api/operations/combined/{activity_id:str}/order", status_code=200, guards=[permitted(COMMAND)])
async def post_own_order(request: Ask, activity_id: str, data: f.OwnOrderForm) -> f.CombinedRow:
    """Name the order of one's own side."""
    ops = operations_of(request)
    await ops.order(session_of(request), rules.order, ops.combined, activity_id, data)
    return _row(request, activity_id)


@post("/api/operations/combined/{activity_id:str}/end", status_code=200, guards=[permitted(COMMAND)])
async def post_end_side(request: Ask, activity_id: str, data: f.EndForm) -> f.CombinedRow:
    """End one's own side's part."""
    ops = operations_of(request)
    await ops.order(session_of(request), rules.end, ops.combined, activity_id, data)
    return _row(request, activity_id)


COMBINED_ROUTES: Final = [get_combined, post_combined, put_combined, post_agree, post_own_order, post_end_side]
