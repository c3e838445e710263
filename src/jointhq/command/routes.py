"""The HTTP face of command: the structure at any moment, and changes of it.

Owns: paths, guards, status codes. Doesn't own: shapes (`command.forms`), rules (`command.rules`), writing (`.command`).

Reading (permission `watch`). `known` and `at` are milliseconds since 1970; left out: now
  GET  /api/command/units?known=&at=                  -> StructureBody
  GET  /api/command/units/{id}?known=&at=             -> UnitBody
  GET  /api/command/moments                           -> Moment[]
  GET  /api/command/may?superior=&subordinate=&action=&known=&at= -> Answer
  GET  /api/command/matrix?unit=&known=&at=           -> MatrixBody
  GET  /api/command/strength?known=&at=               -> StrengthBody
  GET  /api/command/changes                           -> ChangeRow[]
  GET  /api/command/changes/{id}                      -> ChangeBody
  GET  /api/command/changes/{id}/difference?phase=N   -> Difference    left out: with all phases
  GET  /api/command/choices                           -> Choices        what forms of acts offer
  GET  /api/command/prompts                           -> PromptRow[]    what waits for the asker to decide (R9)

Files of others, in and out: `command.exchange`.

Changing: permission `plan` drafts, edits, submits, withdraws, reverses; `command` concurs, objects, returns, approves
  POST /api/command/changes                           ChangeForm -> 201 ChangeBody
  PUT  /api/command/changes/{id}                      ChangeForm -> ChangeBody
  POST /api/command/changes/{id}/submit               VersionForm -> ChangeBody
  POST /api/command/changes/{id}/withdraw             VersionForm -> ChangeBody
  POST /api/command/changes/{id}/return               VersionForm, with a note -> ChangeBody
  POST /api/command/changes/{id}/concur               OpinionForm -> ChangeBody
  POST /api/command/changes/{id}/object               OpinionForm, with a note -> ChangeBody
  POST /api/command/changes/{id}/approve              ApproveForm -> ChangeBody
  POST /api/command/changes/{id}/reverse              -> 201 ChangeBody     the change that undoes it, as a draft
  POST /api/command/relations/{id}/accept             AcceptForm -> 204     as the losing or the gaining side
  POST /api/command/units/{id}/succession             DecideForm -> 204     who commands, when nothing is heard

Refused: 400 `blank` and `characters` (params.field), `label_unknown`, `phases_order`, `note_needed`, `id_twice`,
`id_new`, `place_half`, `dates`, `support_kind`, `flag_unknown`, `too_long`, `unit_not_there`, `relation_not_there`,
`responsibility_not_there`, `appointment_not_there` (params.phase, params.act: which); 403 `not_permitted`, `not_yours`,
`label_above_you`; 409 `changed_meanwhile`, `wrong_state` (params.state), `own_draft`, `two_persons`, `objected`
(params.office), `reversed`, `nothing_changed`, `too_many`, `too_many_acts`, `too_many_moments` (params.max); by a rule
of the structure (params.rule): `two_holders`, `more_than_held`, `needs_grant`, `not_transferable`, `no_order_ref`,
`across_nations`, `circle`, `two_tours`. Liaison officers and successions: 400 `liaison_at_home`, `liaison_who`,
`ceiling_unknown`, `no_alternates`, `alternate_twice`, `cannot_command`, `alternate_unknown`; 409 `nothing_to_decide`,
`acts_elsewhere`.
"""

from typing import Annotated, Any

from litestar import Request, Response, Router, get, post, put
from litestar.connection import ASGIConnection
from litestar.params import Parameter

from jointhq.command.command import Command
from jointhq.command.exchange import get_export, post_import
from jointhq.command.forms import changes as cf
from jointhq.command.forms import structure as f
from jointhq.command.forms.posts import Choices, DecideForm, PromptRow
from jointhq.command.ground import Ground
from jointhq.command.records import PHASES_MAX, TIME_MS_MAX
from jointhq.command.views import authority, changes, posts, rows, strength
from jointhq.command.views.difference import difference
from jointhq.people.directory import COMMAND, PLAN, WATCH
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


@get("/api/command/choices", guards=[permitted(WATCH)])
async def get_choices(request: Ask) -> Choices:
    """Tell which appointments and responsibilities a form may name."""
    return posts.choices(command_of(request).ground(), session_of(request))


@get("/api/command/prompts", guards=[permitted(WATCH)])
async def get_prompts(request: Ask) -> list[PromptRow]:
    """Tell what waits for the asker to decide: of whom nothing is heard who commands."""
    return posts.prompts(command_of(request).ground(), session_of(request))


# -- changes of it


@get("/api/command/changes", guards=[permitted(WATCH)])
async def get_changes(request: Ask) -> list[cf.ChangeRow]:
    """All changes, the newest first."""
    return changes.rows(*_asks(request))


def _body(request: Ask, change_id: str) -> cf.ChangeBody:
    return changes.body(command_of(request).ground(), session_of(request), change_id)


@get("/api/command/changes/{change_id:str}", guards=[permitted(WATCH)])
async def get_change(request: Ask, change_id: str) -> cf.ChangeBody:
    """One change, whole."""
    return _body(request, change_id)


@get("/api/command/changes/{change_id:str}/difference", guards=[permitted(WATCH)])
async def get_difference(
    request: Ask, change_id: str, phase: Annotated[int | None, Parameter(ge=0, le=PHASES_MAX)] = None
) -> cf.Difference:
    """Compare: what a change makes different, with its phases as far as one."""
    return difference(command_of(request).ground(), session_of(request), change_id, phase)


@post("/api/command/changes", guards=[permitted(PLAN)], request_max_body_size=cf.FORM_BYTES_MAX)
async def post_change(request: Ask, data: cf.ChangeForm) -> cf.ChangeBody:
    """Draft a change."""
    return _body(request, await command_of(request).draft(session_of(request), data))


@put("/api/command/changes/{change_id:str}", guards=[permitted(PLAN)], request_max_body_size=cf.FORM_BYTES_MAX)
async def put_change(request: Ask, change_id: str, data: cf.ChangeForm) -> cf.ChangeBody:
    """Write a draft anew, whole."""
    await command_of(request).edit(session_of(request), change_id, data)
    return _body(request, change_id)


@post("/api/command/changes/{change_id:str}/submit", status_code=200, guards=[permitted(PLAN)])
async def post_submit(request: Ask, change_id: str, data: cf.VersionForm) -> cf.ChangeBody:
    """Give a draft to others to look at."""
    await command_of(request).submit(session_of(request), change_id, data)
    return _body(request, change_id)


@post("/api/command/changes/{change_id:str}/withdraw", status_code=200, guards=[permitted(PLAN)])
async def post_withdraw(request: Ask, change_id: str, data: cf.VersionForm) -> cf.ChangeBody:
    """Let a change go that nobody approved."""
    await command_of(request).withdraw(session_of(request), change_id, data)
    return _body(request, change_id)


@post("/api/command/changes/{change_id:str}/return", status_code=200, guards=[permitted(COMMAND)])
async def post_return(request: Ask, change_id: str, data: cf.VersionForm) -> cf.ChangeBody:
    """Return a change to be worked on."""
    await command_of(request).give_back(session_of(request), change_id, data)
    return _body(request, change_id)


@post("/api/command/changes/{change_id:str}/concur", status_code=200, guards=[permitted(COMMAND)])
async def post_concur(request: Ask, change_id: str, data: cf.OpinionForm) -> cf.ChangeBody:
    """Concur as an office."""
    await command_of(request).opine(session_of(request), change_id, data, concurs=True)
    return _body(request, change_id)


@post("/api/command/changes/{change_id:str}/object", status_code=200, guards=[permitted(COMMAND)])
async def post_object(request: Ask, change_id: str, data: cf.OpinionForm) -> cf.ChangeBody:
    """Object as an office, with a reason."""
    await command_of(request).opine(session_of(request), change_id, data, concurs=False)
    return _body(request, change_id)


@post("/api/command/changes/{change_id:str}/approve", status_code=200, guards=[permitted(COMMAND)])
async def post_approve(request: Ask, change_id: str, data: cf.ApproveForm) -> cf.ChangeBody:
    """Approve: from each phase's moment on, its acts apply."""
    await command_of(request).approve(session_of(request), change_id, data)
    return _body(request, change_id)


@post("/api/command/changes/{change_id:str}/reverse", guards=[permitted(PLAN)])
async def post_reverse(request: Ask, change_id: str) -> cf.ChangeBody:
    """Draft the change that undoes an approved one."""
    return _body(request, await command_of(request).take_back(session_of(request), change_id))


@post("/api/command/relations/{relation_id:str}/accept", status_code=204, guards=[permitted(COMMAND)])
async def post_accept(request: Ask, relation_id: str, data: cf.AcceptForm) -> Response[None]:
    """Take note of a relation as the losing or the gaining headquarters."""
    await command_of(request).accept(session_of(request), relation_id, data)
    return Response(None, status_code=204)


@post("/api/command/units/{unit:str}/succession", status_code=204, guards=[permitted(COMMAND)])
async def post_succession(request: Ask, unit: str, data: DecideForm) -> Response[None]:
    """Decide who commands a unit whose commander is not heard of, or is back."""
    await command_of(request).decide(session_of(request), unit, data)
    return Response(None, status_code=204)


def command_routes() -> Router:
    """Return all of this to be hung into an application whose `state.command` is a `Command`."""
    return Router(
        "/",
        guards=[from_same_origin],
        exception_handlers=dict.fromkeys(ERRORS, problem),
        route_handlers=[
            get_units,
            get_unit,
            get_moments,
            get_may,
            get_matrix,
            get_strength,
            get_changes,
            get_change,
            get_difference,
            post_change,
            put_change,
            post_submit,
            post_withdraw,
            post_return,
            post_concur,
            post_object,
            post_approve,
            post_reverse,
            post_accept,
            get_choices,
            get_prompts,
            post_succession,
            post_import,
            get_export,
        ],
    )
