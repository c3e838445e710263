"""What is shown of the battle rhythm.

Owns: queries - a time of it, one event, what is missing now - each event asked for at the door; what is wrong as far as
the reader may know; what a handover says of the next watch.
Doesn't own: the projection (`operations.views.rhythmbook`), checks (`operations.rules.drill`).

All of it is computed from what the reader may see: an event that is hidden conflicts with nothing, feeds nothing and is
awaited by nobody. An input from a hidden event is there when somebody says that it was delivered.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from jointhq.base import dtg
from jointhq.base.errors import NotVisible
from jointhq.operations.forms import rhythm as f
from jointhq.operations.ground import Ground
from jointhq.operations.records import rhythm as r
from jointhq.operations.records.reports import Link
from jointhq.operations.rules import drill, recurrence
from jointhq.operations.rules.compose import Found
from jointhq.operations.rules.recurrence import DAY_MS, MINUTE_MS
from jointhq.operations.templates import words
from jointhq.operations.views import rhythmbook as book_
from jointhq.operations.views.names import banner, mark, signed_by
from jointhq.operations.views.reportbook import Reports, forms_seen
from jointhq.operations.views.rhythmbook import Occurrence, Rhythm, Said, Seen
from jointhq.people.directory import LOG, PLAN, Session
from jointhq.release.label import Label
from jointhq.release.reader import Reader

ENDED_MS: Final = 31 * DAY_MS  # what has ended is shown so long: it may have to come back
PAGE_DAYS_MAX: Final = 42  # of one answer: six weeks, and the two before them fit one question
NEXT: Final = 3  # occurrences that an event's card names
OCCURRENCES_MAX: Final = 3_000  # of one answer: six weeks of seventy daily events
MISSING_MAX: Final = 100  # of one answer; who misses more has another problem
LOOK_AHEAD_MS: Final = 8 * DAY_MS  # an input is due a week before at most
NEW: Final = " "  # stands for the id of an event that isn't written yet, before all others
INPUT_SINCE_MS: Final = 8 * DAY_MS  # what came earlier is of another occurrence


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What one reader may know of the rhythm now."""

    g: Ground
    reader: Reader
    book: Rhythm
    reports: Reports
    known: book_.Known
    from_ms: int = 0  # what is looked at
    to_ms: int = 0
    expanded: dict[str, list[Occurrence]] = {}  # what was, or takes place, about that time; by event, made when asked
    released: dict[str, list[int]] = {}  # when reports were, in order; by form, made when asked

    @property
    def events(self) -> dict[str, Seen]:
        """What is there for the reader, by id."""
        return self.known.events

    def around(self, event: Seen) -> list[Occurrence]:
        """Return what takes place of an event in the time looked at and two inputs' time before, the first first."""
        found = self.expanded.get(event.id)
        if found is None:
            every = book_.occurrences(event, self.from_ms - 2 * INPUT_SINCE_MS, self.to_ms)
            found = [one for one in every if one.state != "skipped"]
            self.expanded[event.id] = found
        return found

    def releases(self, form: str) -> list[int]:
        """Return when reports of a form were released, the first first."""
        found = self.released.get(form)
        if found is None:
            reports = (one for one in self.reports.reports.values() if one.text.form == form and one.released_ms)
            found = self.released[form] = sorted(one.released_ms for one in reports if self.sees(one.label))
        return found

    def sees(self, label: Label | None) -> bool:
        """Tell whether the reader may see this."""
        return self.g.door.may_see(self.reader, label, self.g.now_ms)


def view(g: Ground, reader: Reader, book: Rhythm, reports: Reports) -> View:
    """Return the rhythm as a reader may know it."""
    return View(g=g, reader=reader, book=book, reports=reports, known=book_.known(g, reader, book))


def page(v: View, actor: Session, from_ms: int, to_ms: int, zones: Sequence[str]) -> f.RhythmPage:
    """Return the rhythm of a time."""
    to_ms = min(to_ms, from_ms + PAGE_DAYS_MAX * DAY_MS)
    v = msgspec.structs.replace(v, from_ms=from_ms, to_ms=to_ms, expanded={})
    found = [one for event in v.events.values() for one in book_.occurrences(event, from_ms, to_ms)]
    found.sort(key=lambda one: (one.start_ms, one.event))
    cut_ms = found[OCCURRENCES_MAX].start_ms if len(found) > OCCURRENCES_MAX else 0
    found = found[:OCCURRENCES_MAX]
    there = {one.event for one in found}
    since_ms = v.g.now_ms - ENDED_MS
    rows = [row(v, event) for event in v.events.values() if not 0 < event.ended_ms < since_ms or event.id in there]
    going = [event for event in v.events.values() if not event.ended_ms]
    labels = [v.book.events[one.id].label for one in rows]
    labels += [label for one in found for label in labels_of(v, one.event, one.body, one.day)]
    labels += [said.label for one in found if (said := _held(v, one.event, one.day))]
    return f.RhythmPage(
        events=sorted(rows, key=lambda one: (one.schedule.start, one.short)),
        occurrences=[occurrence_row(v, v.events[one.event], one) for one in found],
        cut_ms=cut_ms,
        warnings=named(v, _warnings(v, from_ms, zones)),
        shared=drill.shared(from_ms, to_ms, zones),
        members=_named(v, going),
        banner=banner(v.g, labels),
        may_plan=PLAN in actor.permissions,
        may_log=LOG in actor.permissions,
    )


def _warnings(v: View, from_ms: int, zones: Sequence[str]) -> list[f.WarningRow]:
    """Return what is wrong, of two weeks; of what pages look at again and again, worked out once."""
    warned, key = v.known.warned, (from_ms, tuple(zones))
    if key not in warned:
        going = {event.id: event for event in v.events.values() if not event.ended_ms}
        warned[key] = drill.warnings(going, from_ms, zones)
        if len(warned) > book_.WARNED_MAX:
            warned.popitem(last=False)
    return warned[key]


def named(v: View, found: Sequence[f.WarningRow]) -> list[f.WarningRow]:
    """Return the warnings that name nobody whom the reader may not know of."""
    return [one for one in found if not one.appointment or _member(v, one.appointment) is not None]


def check(v: View, event_id: str, body: r.Event, zones: Sequence[str]) -> list[f.WarningRow]:
    """Return what would be wrong with an event if it were so; "" is the id of a new one."""
    before, body, key = v.events.get(event_id), book_.shown(body, v.events), event_id or NEW
    would = Seen(id=key, body=body, versions=(body,), changes=before.changes if before else {})
    going = {event.id: event for event in v.events.values() if not event.ended_ms} | {key: would}
    first = recurrence.first_day(body.schedule)
    from_ms = max(v.g.now_ms, recurrence.start_ms(body.schedule, first) if first else 0)
    return [
        msgspec.structs.replace(one, event=one.event.removeprefix(NEW), other=one.other.removeprefix(NEW))
        for one in named(v, drill.warnings(going, from_ms, zones, of=key))
    ]


def row(v: View, event: Seen) -> f.EventRow:
    """Return an event."""
    body, fact = event.body, v.book.events[event.id]
    return f.EventRow(
        id=event.id,
        version=fact.version,
        name=body.name,
        name_ja=body.name_ja,
        short=body.short,
        kind=body.kind,
        chair=_member(v, body.chair),
        lead=body.lead,
        purpose=body.purpose,
        place=body.place,
        required=_members(v, body.required),
        optional=_members(v, body.optional),
        inputs=[_input(v, one) for one in body.inputs],
        outputs=[f.OutputRow(what=one.what, event=_name(v, one.event), decision=one.decision) for one in body.outputs],
        highest=banner(v.g, [body.highest]) if body.highest else "",
        schedule=body.schedule,
        mark=mark(v.g, fact.label),
        next_ms=[one.start_ms for one in book_.following(event, v.g.now_ms, NEXT)],
        ended_ms=fact.ended_ms,
        reason=fact.reason,
        exercise=fact.exercise,
    )


def one(v: View, event_id: str) -> f.EventRow:
    """Return an event that is there for the reader; else NotVisible."""
    event = v.events.get(event_id)
    if event is None:
        raise NotVisible("no such event")
    return row(v, event)


def occurrence_row(v: View, event: Seen, one: Occurrence) -> f.OccurrenceRow:
    """Return one occurrence with the state of its inputs."""
    said = _held(v, event.id, one.day)
    held = None
    if said is not None and isinstance(said.body, r.OccurrenceHeld):
        held = f.HeldRow(
            decision=said.body.decision,
            note=said.body.note,
            mark=mark(v.g, said.label),
            at_ms=said.at_ms,
            by=signed_by(v.g, v.reader, said.appointment, said.person),
        )
    return f.OccurrenceRow(
        event=event.id,
        day=one.day,
        start_ms=one.start_ms,
        end_ms=one.end_ms,
        state="held" if held else one.state,
        reason=one.reason,
        inputs=[] if one.state == "skipped" else states_of(v, event, one),
        held=held,
    )


def states_of(v: View, event: Seen, one: Occurrence) -> list[f.InputState]:
    """Return whether the inputs of an occurrence are there, as far as the reader may know."""
    since_ms = _before(v, event, one) if one.body.inputs else 0
    return [_state(v, event, one, given, since_ms) for given in one.body.inputs]


def _state(v: View, event: Seen, one: Occurrence, given: r.Input, since_ms: int) -> f.InputState:
    due_ms = one.start_ms - given.before_minutes * MINUTE_MS
    there, note = _delivered(v, event.id, one.day, given.id)
    if there is None:
        there = _came_of_event(v, given, since_ms, one) or _came_as_report(v, given, since_ms, one)
    state = "there" if there else "awaited" if v.g.now_ms < due_ms else "missing"
    return f.InputState(id=given.id, state=state, due_ms=due_ms, note=note)


def missing(v: View) -> f.MissingPage:
    """Return the inputs that are not there when due, of what has neither ended nor been held; and when to ask again."""
    now_ms, rows, moments = v.g.now_ms, list[f.MissingRow](), list[int]()
    v = msgspec.structs.replace(v, from_ms=now_ms - DAY_MS, to_ms=now_ms + LOOK_AHEAD_MS, expanded={})
    for event in v.events.values():
        if not any(body.inputs for body in event.versions):
            continue
        from_ms = now_ms - recurrence.MINUTES_MAX * MINUTE_MS
        for one in book_.occurrences(event, from_ms, now_ms + LOOK_AHEAD_MS):
            if one.state == "skipped" or one.end_ms <= now_ms or _held(v, event.id, one.day):
                continue
            for given, state in zip(one.body.inputs, states_of(v, event, one), strict=True):
                if state.state == "missing":
                    rows.append(_missing(v, event, one, given, state))
                    moments.append(one.end_ms)
                elif state.state == "awaited":
                    moments.append(state.due_ms)
    rows.sort(key=lambda one: (one.due_ms, one.event))
    return f.MissingPage(rows=rows[:MISSING_MAX], again_ms=min(moments, default=0))


def _missing(v: View, event: Seen, one: Occurrence, given: r.Input, state: f.InputState) -> f.MissingRow:
    return f.MissingRow(
        event=event.id,
        short=one.body.short,
        name=one.body.name,
        name_ja=one.body.name_ja,
        day=one.day,
        start_ms=one.start_ms,
        due_ms=state.due_ms,
        input=_input(v, given),
    )


def expected(v: View, from_ms: int, to_ms: int, language: str) -> Iterator[Found]:
    """Yield what takes place in a time, and what of it misses an input, as sentences of a handover."""
    every = [(event, one) for event in v.events.values() for one in book_.occurrences(event, from_ms, to_ms)]
    for event, one in sorted(every, key=lambda pair: (pair[1].start_ms, pair[0].id)):
        label = v.g.door.merge(labels_of(v, event.id, one.body, one.day))
        if one.state == "skipped" or label is None or not v.sees(label):
            continue
        said, body = words(language), one.body
        name = (body.name_ja if language == "ja" else "") or body.name
        text = said["expected"].format(time=dtg.write(one.start_ms)[:7], short=body.short, name=name, place=body.place)
        yield Found(text=text, label=label, links=(Link("rhythm", event.id),))


def choices(v: View, appointments: Iterable[str]) -> f.RhythmChoices:
    """Return what the form of an event offers; of appointments those that are given."""
    return f.RhythmChoices(
        appointments=sorted(_members(v, appointments), key=lambda one: one.title),
        events=[name for event in v.events.values() if not event.ended_ms and (name := _name(v, event.id))],
        forms=sorted(forms_seen(v.g, v.reader, v.reports)),
        zones=sorted(recurrence.zones()),
    )


# -- parts of it


def labels_of(v: View, event_id: str, body: r.Event, day: str = "") -> list[Label | None]:
    """Return what is said of an event in a version of it, and on a day, is labelled with.

    Each record keeps its label: an event that was widened since says of earlier dates what not all may know.
    """
    fact = v.book.events[event_id]
    found = [one.label for one in fact.versions if one.body.schedule.first == body.schedule.first]
    changed = _last(v, fact.changes.get(day, ()))
    return [fact.label, *found, *([changed.label] if changed else [])]


def _named(v: View, events: Iterable[Seen]) -> list[f.Member]:
    """Return the appointments that events name, as far as the reader may see them."""
    ids = (one for event in events for one in (event.body.chair, *event.body.required, *event.body.optional))
    return _members(v, dict.fromkeys(ids))


def _input(v: View, one: r.Input) -> f.InputRow:
    return f.InputRow(
        id=one.id, what=one.what, event=_name(v, one.event), form=one.form, before_minutes=one.before_minutes
    )


def _name(v: View, event_id: str) -> f.EventName | None:
    event = v.events.get(event_id)
    if event is None:
        return None
    return f.EventName(id=event.id, short=event.body.short, name=event.body.name, name_ja=event.body.name_ja)


def _member(v: View, appointment_id: str) -> f.Member | None:
    appointment = v.g.directory.appointments.get(appointment_id)
    if appointment is None or not v.sees(appointment.label):
        return None
    return f.Member(id=appointment.id, title=appointment.title, title_ja=appointment.title_ja)


def _members(v: View, ids: Iterable[str]) -> list[f.Member]:
    return [one for appointment_id in ids if (one := _member(v, appointment_id)) is not None]


def _last(v: View, said: Sequence[Said]) -> Said | None:
    return next((one for one in reversed(said) if v.sees(one.label)), None)


def _held(v: View, event_id: str, day: str) -> Said | None:
    return _last(v, v.book.events[event_id].held.get(day, ()))


def _delivered(v: View, event_id: str, day: str, input_id: str) -> tuple[bool | None, str]:
    """Return whether somebody said that an input is there; None where nobody said anything."""
    by_input: Mapping[str, list[Said]] = v.book.events[event_id].delivered.get(day, {})
    last = _last(v, by_input.get(input_id, ()))
    if last is None or not isinstance(last.body, r.InputDelivered):
        return None, ""
    return last.body.there, last.body.note


def _before(v: View, event: Seen, one: Occurrence) -> int:
    """Return when the occurrence before this one began: what came earlier was for that."""
    every = v.around(event)
    at = bisect_left(every, one.start_ms, key=lambda other: other.start_ms)
    return max(every[at - 1].start_ms if at else 0, one.start_ms - INPUT_SINCE_MS)


def _came_of_event(v: View, given: r.Input, since_ms: int, one: Occurrence) -> bool:
    """Tell whether the last occurrence of the producer before this one has been held."""
    producer = v.events.get(given.event)
    if producer is None:
        return False
    every = v.around(producer)
    at = bisect_left(every, one.start_ms, key=lambda other: other.start_ms)
    last = every[at - 1] if at else None
    return last is not None and since_ms <= last.start_ms and _held(v, producer.id, last.day) is not None


def _came_as_report(v: View, given: r.Input, since_ms: int, one: Occurrence) -> bool:
    """Tell whether a report of the form was released for this occurrence."""
    if not given.form:
        return False
    every = v.releases(given.form)
    at = bisect_left(every, since_ms)
    return at < len(every) and every[at] < one.end_ms
