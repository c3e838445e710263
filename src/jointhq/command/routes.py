"""The HTTP face of command: the structure at any moment, and changes of it.

Owns: paths, guards, status codes. Doesn't own: shapes (`command.forms`), rules (`command.rules`), writing (`.command`).

Reading (permission `watch`). `known` and `at` are milliseconds since 1970; left out: now
  GET  /api/command/units?known=&at=                  -> StructureBody
  GET  /api/command/units/{id}?known=&at=             -> UnitBody
  GET  /api/command/moments                           -> Moment[]
  GET  /api/command/may?superior=&subordinate=&action=&known=&at= -> Answer
  GET  /api/command/matrix?unit=&known=&at=           -> MatrixBody
  GET  /api/command/strength?known=&at=               -> StrengthBody
"""

from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.connection import ASGIConnection
from litestar.params import Parameter

from jointhq.command import forms as f
from jointhq.command.command import Command
from jointhq.command.ground import Ground
from jointhq.command.records import TIME_MS_MAX
from jointhq.command.views import authority, rows, strength
from jointhq.people.directory import WATCH
from jointhq.people.guards import ERRORS, from_same_origin, permitted, problem, session_of
from jointhq.release.reader import Reader

Ask = Request[Any, Any, Any]
Moment = Annotated[int | None, Parameter(ge=-62_135_596_800_000, le=TIME_MS_MAX)]
Which = Annotated[str, Parameter(max_length=100)]


def command_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Command:
    """Return the command that this application serves."""
    command: Command = connection.app.state.command
    return command


def _asks(request: Ask) -> tuple[Ground, Reader]:
    return command_of(request).ground(), session_of(request).reader


# -- the structure


@get("/api/command/units", guards=[permitted(WATCH)])
async def get_units(request: Ask, known: Moment = None, at: Moment = None) -> f.StructureBody:
    """All units and relations in force at a moment, as known at a moment."""
    return rows.structure(*_asks(request), known, at)


@get("/api/command/units/{unit:str}", guards=[permitted(WATCH)])
async def get_unit(request: Ask, unit: str, known: Moment = None, at: Moment = None) -> f.UnitBody:
    """All that is known of one unit."""
    return rows.unit_body(command_of(request).ground(), session_of(request), unit, known, at)


@get("/api/command/moments", guards=[permitted(WATCH)])
async def get_moments(request: Ask) -> list[f.Moment]:
    """When anything took or takes effect."""
    return rows.moments(*_asks(request))


@get("/api/command/may", guards=[permitted(WATCH)])
async def get_may(
    request: Ask, superior: Which, subordinate: Which, action: Which, known: Moment = None, at: Moment = None
) -> f.Answer:
    """Whether A may do this to B, by which path; if not, who may."""
    return authority.answer(*_asks(request), (superior, subordinate, action), known, at)


@get("/api/command/matrix", guards=[permitted(WATCH)])
async def get_matrix(request: Ask, unit: Which, known: Moment = None, at: Moment = None) -> f.MatrixBody:
    """Who may do what to whom, of one unit."""
    return authority.matrix_body(*_asks(request), unit, known, at)


@get("/api/command/strength", guards=[permitted(WATCH)])
async def get_strength(request: Ask, known: Moment = None, at: Moment = None) -> f.StrengthBody:
    """Strength by nation, by service and of each root."""
    return strength.strength(*_asks(request), known, at)


def command_routes() -> Router:
    """Return all of this to be hung into an application whose `state.command` is a `Command`."""
    return Router(
        "/",
        guards=[from_same_origin],
        exception_handlers=dict.fromkeys(ERRORS, problem),
        route_handlers=[get_units, get_unit, get_moments, get_may, get_matrix, get_strength],
    )
