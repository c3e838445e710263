"""The HTTP face of the battle rhythm.

Owns: its paths and guards, and the way in for calendar programs. Doesn't own: shapes (`operations.forms.rhythm`),
rules (`operations.rules.rhythm`), who may still read by a link (`people.passes`).
"""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post, put
from litestar.params import Parameter

from jointhq.base.errors import NotVisible, Refusal
from jointhq.operations.forms import rhythm as f
from jointhq.operations.ground import Ground
from jointhq.operations.operations import Operations
from jointhq.operations.records.rhythm import EventAdded
from jointhq.operations.routes.files import operations_of
from jointhq.operations.routes.steps import Rule, Step, routes_of
from jointhq.operations.rules import recurrence
from jointhq.operations.rules import rhythm as rules
from jointhq.operations.views import calendar, rhythm
from jointhq.people import fence, passes
from jointhq.people.directory import FOREVER_MS, LOG, PLAN, WATCH, Session
from jointhq.people.facts import Invitation
from jointhq.people.guards import origin_of, people_of, permitted, session_of
from jointhq.people.links import digest

Ask = Request[Any, Any, Any]
READS: Final = [permitted(WATCH)]
PLANS: Final = [permitted(PLAN)]
LOGS: Final = [permitted(LOG)]
FromMs = Annotated[int, Parameter(query="from", ge=0, le=FOREVER_MS)]
ToMs = Annotated[int, Parameter(query="to", ge=0, le=FOREVER_MS)]
Zones = Annotated[str, Parameter(max_length=200)]


def _view(request: Ask) -> rhythm.View:
    ops = operations_of(request)
    return rhythm.view(ops.ground(), session_of(request).reader, ops.rhythm, ops.reports)


def _scene(ops: Operations, g: Ground) -> rules.Scene:
    return rules.Scene(g, ops.rhythm, ops.reports, ops.new_id)


async def _do(request: Ask, event_id: str, rule: Rule, data: Any) -> f.EventRow:
    """Do something with an event; return how it stands then."""
    ops = operations_of(request)
    await ops.act(session_of(request), lambda g, now: rule(_scene(ops, g), now, event_id, data))
    return rhythm.one(_view(request), event_id)


def _zones(names: list[str] | tuple[str, ...]) -> list[str]:
    """Return the zones that are looked at. Refuses what is none."""
    if len(names) > f.ZONES_VIEWED_MAX:
        raise Refusal("too_many", "three zones are shown side by side at most", 400, max=f.ZONES_VIEWED_MAX)
    for name in names:
        if name not in recurrence.zones():
            raise Refusal("zone_unknown", "that is no zone; choose one like Asia/Tokyo", 400)
    return list(dict.fromkeys(names))


@get("/api/operations/rhythm", guards=READS)
async def get_rhythm(request: Ask, from_ms: FromMs, to_ms: ToMs, zones: Zones = "") -> f.RhythmPage:
    """Return the rhythm of a time, six weeks at most; `zones`: IANA names, comma between, that it is looked at in."""
    viewed = _zones([one for one in zones.split(",") if one])
    latest = (recurrence.LAST_YEAR - 1970) * 366 * recurrence.DAY_MS
    return rhythm.page(_view(request), session_of(request), min(from_ms, latest), min(to_ms, latest), viewed)


@get("/api/operations/rhythm/missing", guards=READS)
async def get_missing(request: Ask) -> f.MissingPage:
    """Return the inputs that are due and not there."""
    return rhythm.missing(_view(request))


@get("/api/operations/rhythm/choices", guards=PLANS)
async def get_rhythm_choices(request: Ask) -> f.RhythmChoices:
    """Return what the form of an event offers."""
    actor, v = session_of(request), _view(request)
    return rhythm.choices(v, [one for one in v.g.directory.appointments if fence.offered(v.g.people, actor, one)])


@post("/api/operations/rhythm/check", status_code=200, guards=PLANS)
async def post_check(request: Ask, data: f.CheckForm) -> list[f.WarningRow]:
    """Return what would be wrong with an event; nothing is written."""
    ops, actor, v = operations_of(request), session_of(request), _view(request)
    scene = _scene(ops, v.g)
    fact = rules.event_seen(scene, actor, data.id)[0] if data.id else None
    body = EventAdded(**rules.facts(scene, actor, data.event, fact))
    return rhythm.check(v, data.id, body, _zones(data.zones))


@post("/api/operations/rhythm", guards=PLANS)
async def post_event(request: Ask, data: f.EventForm) -> f.EventRow:
    """Write down a new event."""
    return await _do(request, operations_of(request).new_id(), rules.add, data)


@get("/api/operations/rhythm/{event_id:str}", guards=READS)
async def get_event(request: Ask, event_id: str) -> f.EventRow:
    """Return one event."""
    return rhythm.one(_view(request), event_id)


@put("/api/operations/rhythm/{event_id:str}", guards=PLANS)
async def put_event(request: Ask, event_id: str, data: f.EventForm) -> f.EventRow:
    """Change an event from a date on."""
    return await _do(request, event_id, rules.change, data)


RHYTHM_STEPS: Final = routes_of(
    "/api/operations/rhythm/{event_id:str}",
    _do,
    Step("end", PLANS, f.EndForm, rules.end, "Say that an event takes place no more.", "post_event_end"),
    Step("skip", PLANS, f.SkipForm, rules.skip, "Let one occurrence not take place."),
    Step("move", PLANS, f.MoveForm, rules.move, "Let one occurrence take place at another time."),
    Step("restore", PLANS, f.DayForm, rules.restore, "Let one occurrence take place as the recurrence says."),
    Step("held", LOGS, f.HeldForm, rules.hold, "Write down that an occurrence has taken place, and what was decided."),
    Step("delivered", LOGS, f.DeliveredForm, rules.deliver, "Write down that an input is there, or isn't after all."),
)


# -- calendar programs


@get("/api/operations/calendars", guards=READS)
async def get_calendars(request: Ask) -> list[f.CalendarRow]:
    """List the links of one's own that calendar programs read by."""
    actor, g = session_of(request), people_of(request).ground()
    return [_calendar(request, actor, one) for one in passes.own_calendars(g, actor)]


@post("/api/operations/calendars", guards=READS)
async def post_calendar(request: Ask) -> f.CalendarMade:
    """Make a link for a calendar program of one's own: it reads as the asker in his appointment does."""
    people, actor = people_of(request), session_of(request)
    link_id, token = await people.invite_own_calendar(actor)
    made = people.directory.invitations[link_id]
    url = f"{origin_of(request)}/api/operations/rhythm.ics?key={token}"
    return f.CalendarMade(row=_calendar(request, actor, made), url=url)


@post("/api/operations/calendars/{link_id:str}/revoke", status_code=204, guards=READS)
async def post_revoke_calendar(request: Ask, link_id: str) -> None:
    """Take a link of one's own back; who has it reads nothing any more."""
    await people_of(request).do(passes.revoke_own_calendar, session_of(request), link_id)


@get("/api/operations/rhythm.ics", media_type="text/calendar")
async def get_calendar(
    request: Ask,
    key: Annotated[str, Parameter(max_length=200)] = "",
    language: Annotated[str, Parameter(pattern="^(en|ja)$")] = "en",
) -> Response[bytes]:
    """Return the rhythm for a calendar program, which has no session: the link says who reads."""
    ops = operations_of(request)
    g = ops.ground()
    link = g.directory.invitation(digest(key), "calendar", g.now_ms)
    appointment = g.directory.appointments.get(link.appointment) if link else None
    if link is None or appointment is None or WATCH not in appointment.permissions:
        raise NotVisible("no such calendar")
    if g.directory.standing(link.person, link.appointment, g.now_ms):
        raise NotVisible("no such calendar")
    reader = g.directory.reader(link.person, link.appointment, g.now_ms)
    v = rhythm.view(g, reader, ops.rhythm, ops.reports)
    body = calendar.calendar(v, origin_of(request), language)
    return Response(
        body,
        media_type="text/calendar; charset=utf-8",
        headers={"content-disposition": 'inline; filename="rhythm.ics"'},
    )


def _calendar(request: Ask, actor: Session, one: Invitation) -> f.CalendarRow:
    g = people_of(request).ground()
    appointment = g.directory.appointments.get(one.appointment)
    shown = appointment is not None and g.door.may_see(actor.reader, appointment.label, g.now_ms)
    return f.CalendarRow(
        id=one.id,
        made_ms=one.made_ms,
        until_ms=one.until_ms,
        title=appointment.title if appointment and shown else "",
        title_ja=appointment.title_ja if appointment and shown else "",
    )


RHYTHM_ROUTES: Final = [
    get_rhythm,
    get_missing,
    get_rhythm_choices,
    post_check,
    post_event,
    get_event,
    put_event,
    *RHYTHM_STEPS,
    get_calendars,
    post_calendar,
    post_revoke_calendar,
    get_calendar,
]
