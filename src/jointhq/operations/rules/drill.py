"""What is wrong with a rhythm, and what is worth knowing of it: the checks of the seven-minute drill.

Owns: these checks, as pure functions of events and their occurrences. Doesn't own: who may see which event: what is
given here is what one reader may see, so that no warning tells of anything else (`operations.views.rhythm`).
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from jointhq.operations.forms.rhythm import Span, WarningRow
from jointhq.operations.records.rhythm import Event
from jointhq.operations.rules.recurrence import DAY_MS, MINUTE_MS, local, ms_of, zone_of
from jointhq.operations.views.rhythmbook import Occurrence, Seen, occurrences

CHECKED_DAYS: Final = 14  # what is looked at: two weeks show a rhythm; of what is rarer, the next time tells
WARNINGS_MAX: Final = 200  # of one answer; who has more mends some and looks again
OFFICE: Final = (8, 17)  # hours of an office, Monday to Friday, in each zone
FEEDS: Final = frozenset({"board", "cell", "working_group", "planning_team"})  # held for what comes of them
ROUND_THE_CLOCK: Final = frozenset({"watch", "report"})  # nobody asks of these what day it is

Planned = Mapping[str, Sequence[Occurrence]]  # by event, the earliest first; without what is skipped


def warnings(events: Mapping[str, Seen], from_ms: int, zones: Sequence[str], of: str = "") -> list[WarningRow]:
    """Return what is wrong first, then what is worth knowing, of two weeks from a moment on; `of` one event alone."""
    planned = plan(events.values(), from_ms, from_ms + CHECKED_DAYS * DAY_MS)
    bodies = {event.id: event.body for event in events.values() if planned.get(event.id)}
    shared_ = shared(from_ms, from_ms + CHECKED_DAYS * DAY_MS, zones)
    found = [
        *feeding(bodies),
        *cycles(bodies, planned, of),
        *late_inputs(bodies, planned),
        *islice(double_booked(bodies, planned, of), WARNINGS_MAX),
        *by_zone(bodies, planned, zones),
        *outside(bodies, planned, shared_, zones),
    ]
    found = [one for one in found if not of or of in (one.event, one.other)]
    found.sort(key=lambda one: not one.grave)
    return found[:WARNINGS_MAX]


def plan(events: Iterable[Seen], from_ms: int, to_ms: int) -> dict[str, list[Occurrence]]:
    """Return what takes place in a time, by event."""
    return {event.id: [one for one in occurrences(event, from_ms, to_ms) if one.state != "skipped"] for event in events}


def feeding(events: Mapping[str, Event]) -> Iterator[WarningRow]:
    """Yield outputs that feed neither an event nor a decision, and meetings that nothing comes of."""
    for event_id, event in events.items():
        if not event.outputs and event.kind in FEEDS:
            yield WarningRow(code="no_output", grave=True, event=event_id)
        for output in event.outputs:
            if output.event not in events and not output.decision:
                yield WarningRow(code="feeds_nothing", grave=True, event=event_id, what=output.what)


def edges(events: Mapping[str, Event]) -> dict[tuple[str, str], int]:
    """Return which event feeds which, and how many minutes before that begins."""
    found = dict[tuple[str, str], int]()
    for event_id, event in events.items():
        for one in event.inputs:
            if one.event in events:
                found[one.event, event_id] = max(one.before_minutes, found.get((one.event, event_id), 0))
        for output in event.outputs:
            if output.event in events:
                found.setdefault((event_id, output.event), 0)
    return found


def cycles(events: Mapping[str, Event], planned: Planned, of: str = "") -> Iterator[WarningRow]:
    """Yield events that wait for one another on one day, all of them named: none can begin. `of` one event alone."""
    feeds = defaultdict[str, list[str]](list)
    for producer, consumer in edges(events):
        feeds[producer].append(consumer)
    on = defaultdict[str, set[str]](set)
    first = dict[str, int]()
    for event_id, found in planned.items():
        for one in found:
            on[one.day].add(event_id)
            first.setdefault(one.day, one.start_ms)
    looked, told = set[frozenset[str]](), set[frozenset[str]]()
    for day in sorted(on):
        left = on[day]
        if frozenset(left) in looked:  # most days have the same events
            continue
        looked.add(frozenset(left))
        while ring := _through(feeds, left, of) if of else _ring(feeds, left):
            left = left - set(ring)
            if frozenset(ring) in told:
                continue
            told.add(frozenset(ring))
            start = of or min(ring)
            around = ring[ring.index(start) :] + ring[: ring.index(start)]
            yield WarningRow(
                code="cycle",
                grave=True,
                event=start,
                other=around[1 % len(around)],
                what=" → ".join(events[one].short for one in (*around, start)),
                at_ms=first[day],
            )


def _through(feeds: Mapping[str, list[str]], there: set[str], event: str) -> list[str]:
    """Return the shortest ring of events of a day that goes through one; [] where there is none."""
    before, todo = dict[str, str](), deque([event] if event in there else [])
    while todo:
        node = todo.popleft()
        for after in feeds.get(node, ()):
            if after in there and after not in before:
                before[after] = node
                todo.append(after)
        if event in before:
            ring = [before[event]]
            while ring[-1] != event:
                ring.append(before[ring[-1]])
            return ring[::-1]
    return []


def _ring(feeds: Mapping[str, list[str]], there: set[str]) -> list[str]:
    """Return events of a day, each of which feeds the next and the last the first; [] where there are none."""
    done = set[str]()
    for root in sorted(there):
        path, place, todo = list[str](), dict[str, int](), [(root, 0)]
        while todo:
            node, depth = todo.pop()
            for gone in path[depth:]:
                del place[gone]
                done.add(gone)
            del path[depth:]
            if node in place:
                return path[place[node] :]
            if node in done:
                continue
            place[node] = depth
            path.append(node)
            todo += [(after, depth + 1) for after in feeds.get(node, ()) if after in there]
        done.update(path)
    return []


def late_inputs(events: Mapping[str, Event], planned: Planned) -> Iterator[WarningRow]:
    """Yield events of which no occurrence ends in time for what it feeds."""
    for (producer, consumer), before in sorted(edges(events).items()):
        late, none = list[int](), list[int]()
        since_ms = 0
        for one in planned[consumer]:
            due_ms = one.start_ms - before * MINUTE_MS
            in_time = [p for p in planned[producer] if since_ms <= p.start_ms and p.end_ms <= due_ms]
            if not in_time:
                same = any(p.day == one.day and p.end_ms > due_ms for p in planned[producer])
                if same:
                    late.append(one.start_ms)
                elif since_ms:  # of the first we don't know what came before it
                    none.append(one.start_ms)
            since_ms = one.start_ms
        for code, found in (("input_late", late), ("input_none", none)):
            if found:
                yield WarningRow(
                    code=code, grave=True, event=consumer, other=producer, at_ms=found[0], times=len(found)
                )


def double_booked(events: Mapping[str, Event], planned: Planned, of: str = "") -> Iterator[WarningRow]:
    """Yield who is needed in two places at once; `of` one event alone."""
    needed = {event_id: {*event.required, event.chair} - {""} for event_id, event in events.items()}
    every = sorted((one for found in planned.values() for one in found), key=lambda one: (one.start_ms, one.event))
    both, found = dict[tuple[str, str], list[str]](), dict[tuple[str, str], list[int]]()
    open_ = list[Occurrence]()
    for one in every:
        open_ = [other for other in open_ if other.end_ms > one.start_ms]
        for other in open_:
            pair = (one.event, other.event) if one.event < other.event else (other.event, one.event)
            if one.event == other.event or (of and of not in pair):
                continue
            if pair not in both:  # once for two events, however often they meet
                both[pair] = sorted(needed.get(one.event, set()) & needed.get(other.event, set()))
            if both[pair]:
                found.setdefault(pair, []).append(one.start_ms)
        open_.append(one)
    for (event, other_), at in found.items():
        for who in both[event, other_]:
            yield WarningRow(
                code="double_booked", grave=True, event=event, other=other_, appointment=who, at_ms=at[0], times=len(at)
            )


def by_zone(events: Mapping[str, Event], planned: Planned, zones: Sequence[str]) -> Iterator[WarningRow]:
    """Yield events that fall on another date in a zone that is looked at, or on a weekend there and not at home."""
    for event_id, event in events.items():
        if event.kind in ROUND_THE_CLOCK:
            continue
        for zone in zones:
            other, weekend = list[tuple[int, int]](), list[tuple[int, int]]()
            for one in planned[event_id]:
                here, there = local(one.start_ms, event.schedule.zone), local(one.start_ms, zone)
                if there.weekday() > 4 >= here.weekday():
                    weekend.append((one.start_ms, here.weekday()))
                elif there.date() != here.date():
                    other.append((one.start_ms, here.weekday()))
            for code, found in (("weekend", weekend), ("other_date", other)):
                if found:
                    yield WarningRow(
                        code=code,
                        grave=code == "weekend",
                        event=event_id,
                        zone=zone,
                        weekdays=tuple(sorted({day for _, day in found})),
                        at_ms=found[0][0],
                        times=len(found),
                    )


def outside(
    events: Mapping[str, Event], planned: Planned, shared_: Sequence[Span], zones: Sequence[str]
) -> Iterator[WarningRow]:
    """Yield events that are not within the office hours of both of the first two zones."""
    if len(zones) < 2:
        return
    for event_id, event in events.items():
        if event.kind in ROUND_THE_CLOCK:
            continue
        out = [
            one
            for one in planned[event_id]
            if not any(span.from_ms <= one.start_ms and one.end_ms <= span.to_ms for span in shared_)
        ]
        if out:
            days = tuple(sorted({local(one.start_ms, event.schedule.zone).weekday() for one in out}))
            yield WarningRow(
                code="outside_shared",
                grave=False,
                event=event_id,
                weekdays=days,
                at_ms=out[0].start_ms,
                times=len(out),
            )


def shared(from_ms: int, to_ms: int, zones: Sequence[str]) -> list[Span]:
    """Return when offices of both of the first two zones are open, Monday to Friday in each."""
    if len(zones) < 2:
        return []
    first, second = (office(from_ms, to_ms, zone) for zone in zones[:2])
    found = (Span(max(a.from_ms, b.from_ms), min(a.to_ms, b.to_ms)) for a in first for b in second)
    return [span for span in found if span.from_ms < span.to_ms]


def office(from_ms: int, to_ms: int, zone: str) -> list[Span]:
    """Return when an office of a zone is open in a time."""
    day, last, found = local(from_ms, zone).date(), local(to_ms, zone).date(), list[Span]()
    while day <= last:
        if day.weekday() < 5:
            opens, closes = (
                ms_of(datetime(day.year, day.month, day.day, hour, tzinfo=zone_of(zone))) for hour in OFFICE
            )
            span = Span(max(opens, from_ms), min(closes, to_ms))
            found += [span] if span.from_ms < span.to_ms else []
        day += timedelta(days=1)
    return found
