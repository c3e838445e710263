"""The HTTP face of combined activities.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.combined`), rules (`operations.rules.combined`).
"""

from typing import Any, Final

from litestar import Request, get, post, put

from jointhq.operations.forms import combined as f
from jointhq.operations.routes.files import operations_of
from jointhq.operations.routes.steps import Rule, Step, routes_of
from jointhq.operations.rules import combined as rules
from jointhq.operations.views import combined as views
from jointhq.people.directory import COMMAND, WATCH
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
COMMANDS: Final = [permitted(COMMAND)]


async def _do(request: Ask, activity_id: str, rule: Rule, data: Any) -> f.CombinedRow:
    """Do something with one; return how it stands then."""
    ops = operations_of(request)
    await ops.order(session_of(request), rule, ops.combined, activity_id, data)
    return views.row(ops.scene(), session_of(request), ops.combined.activities[activity_id])


@get("/api/operations/combined", guards=[permitted(WATCH)])
async def get_combined(request: Ask) -> list[f.CombinedRow]:
    """List combined activities, the latest first."""
    ops = operations_of(request)
    return views.rows(ops.scene(), session_of(request), ops.combined)


@post("/api/operations/combined", guards=COMMANDS)
async def post_combined(request: Ask, data: f.CombinedForm) -> f.CombinedRow:
    """Propose one."""
    return await _do(request, operations_of(request).new_id(), rules.propose, data)


@put("/api/operations/combined/{activity_id:str}", guards=COMMANDS)
async def put_combined(request: Ask, activity_id: str, data: f.CombinedForm) -> f.CombinedRow:
    """Write its coordination record anew."""
    return await _do(request, activity_id, rules.revise, data)


COMBINED_STEPS: Final = routes_of(
    "/api/operations/combined/{activity_id:str}",
    _do,
    Step("agree", COMMANDS, f.VersionForm, rules.agree, "Agree to it as one's own side."),
    Step("order", COMMANDS, f.OwnOrderForm, rules.order, "Name the order of one's own side.", "post_own_order"),
    Step("end", COMMANDS, f.EndForm, rules.end, "End one's own side's part.", "post_end_side"),
)
COMBINED_ROUTES: Final = [get_combined, post_combined, put_combined, *COMBINED_STEPS]
