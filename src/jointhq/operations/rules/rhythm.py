"""Who may write the battle rhythm, and what.

Owns: an event, its change and end; an occurrence skipped, moved, held; an input delivered.
Doesn't own: what is wrong with a rhythm (`operations.rules.drill`): it is told, never refused; what is shown
(`operations.views.rhythm`), shapes and bounds (`operations.forms.rhythm`).

What the asker may not see is for him not there; what of it an event names stays when he changes the event. What is said
of one occurrence has the event's label; what was decided may be narrower, and no higher than may be spoken of there.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec

from jointhq.base.errors import BadInput, NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.operations.forms import rhythm as f
from jointhq.operations.ground import Ground, few, label_for, need, room, signed
from jointhq.operations.records import rhythm as r
from jointhq.operations.rules import recurrence
from jointhq.operations.views import calendar
from jointhq.operations.views.reportbook import Reports, forms_seen
from jointhq.operations.views.rhythmbook import Fact, Occurrence, Rhythm, Seen, known, occurrence, seen_one
from jointhq.people import fence
from jointhq.people.directory import LOG, PLAN, Session
from jointhq.release.label import Label

EVENTS_MAX: Final = 300  # that take place in one headquarters; a big one has sixty
EVER_MAX: Final = 5_000  # with those that have ended, some 10 KiB each; ten a week for ten years
VERSIONS_MAX: Final = 100  # of one event, from ever later dates; up to 30 KB each: one a week for two years
CHANGES_MAX: Final = 1_000  # occurrences of one event that are changed: three years of a daily one
RECENT_MAX: Final = 2_000  # of all events, since what a calendar program is told of: each is an event there, 0.4 ms
ZONES_MAX: Final = 32  # of one rhythm, half of what is kept of zones: a headquarters and its allies have ten
AHEAD_MS: Final = 900_000  # what is held may be written down a quarter of an hour before it begins
MOVED_MS_MAX: Final = 31 * 86_400_000  # what is moved further is another event


class Scene(msgspec.Struct, frozen=True):
    """What is known when somebody asks."""

    g: Ground
    book: Rhythm
    reports: Reports
    new_id: Callable[[], str]


def add(s: Scene, actor: Session, event_id: str, form: f.EventForm) -> Outcome:
    """Write down a new event."""
    need(actor, PLAN)
    room(len(s.book.events), EVER_MAX)
    going = (one.label for one in s.book.events.values() if not one.ended_ms)
    few(s.g, actor, going, EVENTS_MAX, f"{EVENTS_MAX} events are as many as one headquarters holds")
    body = r.EventAdded(**facts(s, actor, form))
    return Outcome([signed(s.g, actor, event_id, body, label_for(s.g, actor, form.label))])


def change(s: Scene, actor: Session, event_id: str, form: f.EventForm) -> Outcome:
    """Change an event from a date on; one that has ended takes place again."""
    need(actor, PLAN)
    fact, _ = event_seen(s, actor, event_id)
    _unchanged(fact, form.version)
    body = r.EventChanged(**facts(s, actor, form, fact))
    kept = (one.label for one in fact.versions if one.body.schedule.first < body.schedule.first)
    few(s.g, actor, kept, VERSIONS_MAX, "so often an event isn't changed; change it from an earlier date, or end it")
    return Outcome([signed(s.g, actor, event_id, body, label_for(s.g, actor, form.label, default=fact.label))])


def end(s: Scene, actor: Session, event_id: str, form: f.EndForm) -> Outcome:
    """Say that an event takes place no more."""
    need(actor, PLAN)
    fact, _ = event_seen(s, actor, event_id)
    _unchanged(fact, form.version)
    if fact.ended_ms:
        raise Refusal("event_over", "this event takes place no more already")
    return Outcome([signed(s.g, actor, event_id, r.EventEnded(reason=form.reason.strip()), _known(fact))])


def skip(s: Scene, actor: Session, event_id: str, form: f.SkipForm) -> Outcome:
    """Let one occurrence not take place."""
    fact, one = _changeable(s, actor, event_id, form.day)
    if one.state == "skipped":
        raise Refusal("occurrence_skipped", "this occurrence is skipped already")
    _few_changed(s, actor, event_id, form.day)
    body = r.OccurrenceSkipped(day=form.day, reason=form.reason.strip())
    return Outcome([signed(s.g, actor, event_id, body, _known(fact))])


def move(s: Scene, actor: Session, event_id: str, form: f.MoveForm) -> Outcome:
    """Let one occurrence take place at another time."""
    fact, one = _changeable(s, actor, event_id, form.day)
    if abs(form.start_ms - one.start_ms) > MOVED_MS_MAX:
        raise Refusal("moved_far", "an occurrence is moved by a month at most; add another event", 400)
    _few_changed(s, actor, event_id, form.day)
    body = r.OccurrenceMoved(day=form.day, start_ms=form.start_ms, minutes=form.minutes, reason=form.reason.strip())
    return Outcome([signed(s.g, actor, event_id, body, _known(fact))])


def restore(s: Scene, actor: Session, event_id: str, form: f.DayForm) -> Outcome:
    """Let one occurrence take place as the recurrence says."""
    fact, one = _changeable(s, actor, event_id, form.day)
    if one.state == "planned":
        return Outcome([])
    return Outcome([signed(s.g, actor, event_id, r.OccurrenceRestored(day=form.day), _known(fact))])


def hold(s: Scene, actor: Session, event_id: str, form: f.HeldForm) -> Outcome:
    """Write down that an occurrence has taken place, and what was decided; said again, it is corrected."""
    need(actor, LOG)
    fact, event = event_seen(s, actor, event_id)
    one = _takes_place(event, form.day)
    if one.start_ms > s.g.now_ms + AHEAD_MS:
        raise Refusal("not_yet", "this occurrence has not begun; it is written down when it has")
    label = label_for(s.g, actor, form.label, [_known(fact)])
    if one.body.highest is not None and not within(s.g, label, one.body.highest):
        raise Refusal("above_highest", "this is above what may be spoken of at this event; write it elsewhere", 400)
    body = r.OccurrenceHeld(day=form.day, decision=form.decision.strip(), note=form.note.strip())
    return Outcome([signed(s.g, actor, event_id, body, label)])


def deliver(s: Scene, actor: Session, event_id: str, form: f.DeliveredForm) -> Outcome:
    """Write down that an input of an occurrence is there, or isn't after all."""
    need(actor, LOG)
    fact, event = event_seen(s, actor, event_id)
    one = _takes_place(event, form.day)
    named = next((given for given in one.body.inputs if given.id == form.input), None)
    if named is None or not (named.what or named.form or _event_shown(s, actor, named.event)):
        raise Refusal("input_unknown", "this event has no such input", 400)
    body = r.InputDelivered(day=form.day, input=form.input, there=form.there, note=form.note.strip())
    return Outcome([signed(s.g, actor, event_id, body, _known(fact))])


def event_seen(s: Scene, actor: Session, event_id: str) -> tuple[Fact, Seen]:
    """Return an event that is there for the asker; else NotVisible."""
    fact = s.book.events.get(event_id)
    event = seen_one(s.g, actor.reader, fact) if fact else None
    if fact is None or event is None:
        raise NotVisible("no such event")
    return fact, event


def within(g: Ground, label: Label, highest: Label) -> bool:
    """Tell whether something of this label may be spoken of where that is the highest; by level, as rooms are."""
    here = g.door.policies.level_in(highest.policy, label.policy, label.level)
    most = g.door.policies.level_in(highest.policy, highest.policy, highest.level)
    return here is not None and most is not None and here.rank <= most.rank


def facts(s: Scene, actor: Session, form: f.EventForm, fact: Fact | None = None) -> dict[str, Any]:
    """Return what an event says, with what stays of it that the asker may not see. Refuses what can't be."""
    before = fact.versions[-1].body if fact else None
    chair = _appointment(s, actor, form.chair, before)
    if before and not chair and before.chair and not _appointment_shown(s, actor, before.chair):
        chair = before.chair
    required = _members(s, actor, form.required, before, before.required if before else ())
    optional = _members(s, actor, form.optional, before, before.optional if before else ())
    return {
        "name": form.name.strip(),
        "name_ja": form.name_ja.strip(),
        "short": form.short.strip(),
        "kind": form.kind,
        "chair": chair,
        "lead": form.lead.strip(),
        "purpose": form.purpose.strip(),
        "place": form.place.strip(),
        "required": required,
        "optional": tuple(one for one in optional if one not in required),
        "inputs": _inputs(s, actor, form, fact, before),
        "outputs": _outputs(s, actor, form, fact, before),
        "highest": _highest(s, form.highest),
        "schedule": _in_few_zones(s, actor, schedule(form.schedule)),
    }


def schedule(form: f.ScheduleForm) -> r.Schedule:
    """Return a schedule that can be. Refuses one that has no occurrence."""
    if form.zone not in recurrence.zones():
        raise Refusal("zone_unknown", f"{form.zone!r} is no zone; choose one like Asia/Tokyo", 400)
    for day in (form.first, form.until):
        try:
            date.fromisoformat(day or form.first)
        except ValueError:
            raise Refusal("dates", f"{day} is no date", 400) from None
    if form.every == "week" and not form.weekdays:
        raise Refusal("weekdays", "choose the days of the week on which it takes place", 400)
    if form.until and form.until < form.first:
        raise Refusal("dates", "it ends before it begins", 400)
    made = r.Schedule(
        zone=form.zone,
        first=form.first,
        start=form.start,
        minutes=form.minutes,
        every="week" if form.every == "week" else "day",
        interval=form.interval,
        weekdays=tuple(sorted(set(form.weekdays))) if form.every == "week" else (),
        until=form.until,
    )
    if recurrence.first_day(made) is None:
        raise Refusal("dates", "in this time it never takes place; set a later end", 400)
    return made


def _in_few_zones(s: Scene, actor: Session, made: r.Schedule) -> r.Schedule:
    """Return the schedule. Refuses one in a further zone than ZONES_MAX of the events that the asker may see."""
    events = (one for one in known(s.g, actor.reader, s.book).events.values() if not one.ended_ms)
    zones = {body.schedule.zone for one in events for body in one.versions}
    if made.zone not in zones and len(zones) >= ZONES_MAX:
        raise Refusal("zones_many", f"events are of {ZONES_MAX} zones at most; choose one of those", max=ZONES_MAX)
    return made


def _inputs(
    s: Scene, actor: Session, form: f.EventForm, fact: Fact | None, before: r.Event | None
) -> tuple[r.Input, ...]:
    there = before.inputs if before else ()
    hidden = [one for one in there if not (one.what or one.form or _event_shown(s, actor, one.event))]
    unseen = {one.id: "" if _event_shown(s, actor, one.event) else one.event for one in there if one not in hidden}
    forms, made = forms_seen(s.g, actor.reader, s.reports), list[r.Input]()
    for one in form.inputs:
        _feeds(s, actor, one.event, fact)
        event = one.event or unseen.get(one.id, "")
        if one.form and one.form not in forms:
            raise Refusal("form_unknown", f"there is no form of report {one.form}", 400)
        if not (event or one.form or one.what.strip()):
            raise Refusal("input_empty", "an input is of an event, of a report, or said in words", 400)
        made.append(
            r.Input(
                id=one.id if one.id in unseen else s.new_id(),
                what=one.what.strip(),
                event=event,
                form=one.form,
                before_minutes=one.before_minutes,
            )
        )
    if len({one.id for one in made}) < len(made):
        raise Refusal("input_twice", "an input is named once", 400)
    return (*made, *hidden)


def _outputs(
    s: Scene, actor: Session, form: f.EventForm, fact: Fact | None, before: r.Event | None
) -> tuple[r.Output, ...]:
    there = [one for one in before.outputs if one.event and not _event_shown(s, actor, one.event)] if before else []
    hidden = [one for one in there if not (one.what or one.decision)]
    unseen = {(one.what, one.decision): one.event for one in there if one not in hidden}
    made = []
    for one in form.outputs:
        _feeds(s, actor, one.event, fact)
        if not (one.event or one.what.strip() or one.decision.strip()):
            raise Refusal("output_empty", "an output feeds an event or a decision, or is said in words", 400)
        said = one.what.strip(), one.decision.strip()
        made.append(r.Output(what=said[0], event=one.event or unseen.get(said, ""), decision=said[1]))
    return (*made, *hidden)


def _feeds(s: Scene, actor: Session, event_id: str, fact: Fact | None) -> None:
    if not event_id:
        return
    if fact is not None and event_id == fact.id:
        raise Refusal("feeds_itself", "an event doesn't feed itself", 400)
    try:
        event_seen(s, actor, event_id)
    except NotVisible:
        raise Refusal("event_unknown", "there is no such event", 400) from None


def _event_shown(s: Scene, actor: Session, event_id: str) -> bool:
    fact = s.book.events.get(event_id)
    return fact is not None and s.g.door.may_see(actor.reader, fact.label, s.g.now_ms)


def _highest(s: Scene, text: str) -> Label | None:
    try:
        return s.g.door.parse(text) if text.strip() else None
    except BadInput as error:
        raise Refusal("label_unknown", str(error), 400) from None


def _appointment_shown(s: Scene, actor: Session, appointment_id: str) -> bool:
    appointment = s.g.directory.appointments.get(appointment_id)
    return appointment is not None and s.g.door.may_see(actor.reader, appointment.label, s.g.now_ms)


def _appointment(s: Scene, actor: Session, appointment_id: str, before: r.Event | None) -> str:
    """Return an appointment that the asker may name: one that he may know of, or that stands there already."""
    if not appointment_id:
        return ""
    named = before is not None and appointment_id in (before.chair, *before.required, *before.optional)
    if not (
        _appointment_shown(s, actor, appointment_id) if named else fence.offered(s.g.people, actor, appointment_id)
    ):
        raise Refusal("member_unknown", "there is no such appointment", 400)
    return appointment_id


def _members(
    s: Scene, actor: Session, chosen: tuple[str, ...], before: r.Event | None, members: tuple[str, ...]
) -> tuple[str, ...]:
    hidden = [one for one in members if not _appointment_shown(s, actor, one)]
    return tuple(dict.fromkeys([*(_appointment(s, actor, one, before) for one in chosen if one), *hidden]))


def _changeable(s: Scene, actor: Session, event_id: str, day: str) -> tuple[Fact, Occurrence]:
    need(actor, PLAN)
    fact, event = event_seen(s, actor, event_id)
    if day not in event.changes and len(event.changes) >= CHANGES_MAX:
        raise Refusal("too_many", "so often an event isn't changed; write another schedule", max=CHANGES_MAX)
    one = occurrence(event, day)
    if one is None:
        raise Refusal("no_occurrence", "the event has no occurrence on that day", 400)
    if any(s.g.door.may_see(actor.reader, said.label, s.g.now_ms) for said in fact.held.get(day, ())):
        raise Refusal("occurrence_held", "this occurrence has taken place")
    return fact, one


def _few_changed(s: Scene, actor: Session, event_id: str, day: str) -> None:
    """Refuse one more changed occurrence than RECENT_MAX of the events that the asker may see."""
    since = recurrence.local(s.g.now_ms - calendar.PAST_MS, "UTC").date().isoformat()
    changed = sum(
        at >= since and not isinstance(change, r.OccurrenceRestored) and (one.id, at) != (event_id, day)
        for one in known(s.g, actor.reader, s.book).events.values()
        for at, change in one.changes.items()
    )
    if changed >= RECENT_MAX:
        raise Refusal("too_many", "no more occurrences can be changed; write another schedule", max=RECENT_MAX)


def _takes_place(event: Seen, day: str) -> Occurrence:
    one = occurrence(event, day)
    if one is None:
        raise Refusal("no_occurrence", "the event has no occurrence on that day", 400)
    if one.state == "skipped":
        raise Refusal("occurrence_skipped", "this occurrence is skipped; restore it first")
    return one


def _unchanged(fact: Fact, version: str) -> None:
    if fact.version != version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")


def _known(fact: Fact) -> Label:
    if fact.label is None:
        raise NotVisible("no such event")
    return fact.label
