"""The HTTP face of missions.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.orders`), rules (`operations.rules.missions`).
"""

from typing import Any, Final

from litestar import Request, get, post, put

from jointhq.operations.forms import orders as f
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import missions as rules
from jointhq.operations.views import board
from jointhq.people.directory import COMMAND, WATCH
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]


@get("/api/operations/missions", guards=[permitted(WATCH)])
async def get_missions(request: Ask) -> list[f.MissionRow]:
    """List missions, the latest first."""
    return board.missions(operations_of(request).scene(), session_of(request))


@post("/api/operations/missions", guards=[permitted(COMMAND)])
async def post_mission(request: Ask, data: f.MissionForm) -> f.MissionRow:
    """Write down a mission."""
    ops, mission_id = operations_of(request), operations_of(request).new_id()
    await ops.order(session_of(request), rules.add, mission_id, data)
    return board.mission(ops.scene(), session_of(request), mission_id)


@put("/api/operations/missions/{mission_id:str}", guards=[permitted(COMMAND)])
async def put_mission(request: Ask, mission_id: str, data: f.MissionForm) -> f.MissionRow:
    """Change a mission, whole."""
    ops = operations_of(request)
    await ops.order(session_of(request), rules.change, mission_id, data)
    return board.mission(ops.scene(), session_of(request), mission_id)


@post("/api/operations/missions/{mission_id:str}/end", status_code=200, guards=[permitted(COMMAND)])
async def post_end_mission(request: Ask, mission_id: str, data: f.ReasonForm) -> f.MissionRow:
    """Say that a mission is over."""
    ops = operations_of(request)
    await ops.order(session_of(request), rules.end, mission_id, data)
    return board.mission(ops.scene(), session_of(request), mission_id)


MISSION_ROUTES: Final = [get_missions, post_mission, put_mission, post_end_mission]
