"""The HTTP face of missions.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.orders`), rules (`operations.rules.missions`).
"""

from typing import Any, Final

from litestar import Request, get, post, put

from jointhq.operations.forms import orders as f
from jointhq.operations.routes.files import operations_of
from jointhq.operations.routes.steps import Rule, Step, routes_of
from jointhq.operations.rules import missions as rules
from jointhq.operations.views import board
from jointhq.people.directory import COMMAND, WATCH
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
COMMANDS: Final = [permitted(COMMAND)]


@get("/api/operations/missions", guards=[permitted(WATCH)])
async def get_missions(request: Ask) -> list[f.MissionRow]:
    """List missions, the latest first."""
    return board.missions(operations_of(request).scene(), session_of(request))


@post("/api/operations/missions", guards=COMMANDS)
async def post_mission(request: Ask, data: f.MissionForm) -> f.MissionRow:
    """Write down a mission."""
    return await _do(request, operations_of(request).new_id(), rules.add, data)


@put("/api/operations/missions/{mission_id:str}", guards=COMMANDS)
async def put_mission(request: Ask, mission_id: str, data: f.MissionForm) -> f.MissionRow:
    """Change a mission, whole."""
    return await _do(request, mission_id, rules.change, data)


async def _do(request: Ask, mission_id: str, rule: Rule, data: Any) -> f.MissionRow:
    """Do something with a mission; return how it stands then."""
    ops = operations_of(request)
    await ops.order(session_of(request), rule, mission_id, data)
    return board.mission(ops.scene(), session_of(request), mission_id)


MISSION_STEPS: Final = routes_of(
    "/api/operations/missions/{mission_id:str}",
    _do,
    Step("end", COMMANDS, f.ReasonForm, rules.end, "Say that a mission is over.", "post_end_mission"),
)
MISSION_ROUTES: Final = [get_missions, post_mission, put_mission, *MISSION_STEPS]
