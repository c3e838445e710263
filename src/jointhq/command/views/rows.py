"""Units, relations and what was written about them, as a reader sees them.

Owns: from facts to rows; who signed. Doesn't own: what is in force (`command.structure`), sums
(`.strength`), authority (`command.authority`).
"""

from typing import Any, Final

import msgspec

from jointhq.base.errors import NotVisible
from jointhq.command import matrix
from jointhq.command import records as r
from jointhq.command.authority import reports_to
from jointhq.command.change import Change, Signed
from jointhq.command.forms import changes as cf
from jointhq.command.forms import structure as f
from jointhq.command.ground import Ground
from jointhq.command.snapshot import ADMINISTRATIVE, OPERATIONAL, Fact, Relation, Snapshot, Unit
from jointhq.command.structure import OWN_MOMENT
from jointhq.command.views import posts, strength
from jointhq.people.directory import Session
from jointhq.release.reader import Reader

HISTORY_MAX: Final = 500  # rows of one unit, the newest first
MOMENTS_MAX: Final = 2_000  # ticks of a time bar, the newest first
ALARMS_MAX: Final = 500
SPAN_MAX: Final = 7  # direct subordinates that one headquarters leads well (ICS: 3 to 7)
NOBODY: Final = f.WhoRow(id="", name="", name_ja="", appointment="", title="", title_ja="")


def who(g: Ground, reader: Reader, person_id: str, appointment_id: str) -> f.WhoRow:
    """Return who signed; nobody's name where the reader may not see that person or appointment."""
    person = g.directory.persons.get(person_id)
    appointment = g.directory.appointments.get(appointment_id)
    seen = g.sees(reader)
    named = person if person and seen(person.label) else None
    titled = appointment if appointment and seen(appointment.label) else None
    return f.WhoRow(
        id=named.id if named else "",
        name=named.name if named else "",
        name_ja=named.name_ja if named else "",
        appointment=titled.id if titled else "",
        title=titled.title if titled else "",
        title_ja=titled.title_ja if titled else "",
    )


def signed(g: Ground, reader: Reader, one: Signed) -> cf.StepRow:
    """Return a step of a change."""
    return cf.StepRow(kind=one.kind, at_ms=one.at_ms, who=who(g, reader, one.person, one.appointment), note=one.note)


# -- units and relations


def unit(g: Ground, snapshot: Snapshot, fact: Unit) -> f.UnitRow:
    """Return a unit as it stands in a snapshot."""
    act = fact.act
    place, reported = snapshot.places.get(act.unit), snapshot.strengths.get(act.unit)
    parent = snapshot.parents.get(act.unit)
    return f.UnitRow(
        id=act.unit,
        name=act.name,
        name_ja=act.name_ja,
        short=act.short,
        sidc=act.sidc,
        nation=act.nation,
        service=act.service,
        echelon=act.echelon,
        external_id=act.external_id,
        place=place.act.place if place else "",
        place_ja=place.act.place_ja if place else "",
        lat=place.act.lat if place else None,
        lon=place.act.lon if place else None,
        strength=_strength(g, reported) if reported else None,
        parent=parent.act.superior if parent else "",
        parent_type=parent.act.type if parent else "",
        note=act.note,
        note_ja=act.note_ja,
        from_ms=fact.from_ms,
        mark=g.mark(fact.label),
        version=fact.version,
    )


def _strength(g: Ground, fact: Fact[r.StrengthReported]) -> f.Strength:
    act = fact.act
    return f.Strength(
        number=act.number,
        text=act.text,
        text_ja=act.text_ja,
        date=act.date,
        source=act.source,
        authorised=act.authorised,
        whole=act.whole,
        doubtful=strength.is_doubtful(act),
        mark=g.mark(fact.label),
    )


def relation(g: Ground, reader: Reader, snapshot: Snapshot, fact: Relation) -> f.RelationRow:
    """Return a relation."""
    act = fact.act
    return f.RelationRow(
        id=act.relation,
        type=act.type,
        support=act.support,
        superior=act.superior,
        subordinate=act.subordinate,
        limits=act.limits,
        granted_by=act.granted_by if act.granted_by in snapshot.units else "",
        order_ref=g.order_ref(reader, fact),
        from_ms=fact.from_ms,
        until_ms=act.until_ms,
        condition=act.condition,
        policy=act.policy,
        accepted=sorted(snapshot.accepted.get(act.relation, ())),
        mark=g.mark(fact.label),
        version=fact.version,
    )


def hop(fact: Relation) -> f.Hop:
    """Return one step of a path."""
    act = fact.act
    return f.Hop(relation=act.relation, type=act.type, superior=act.superior, subordinate=act.subordinate)


def alarms(snapshot: Snapshot) -> list[f.Alarm]:
    """Return what a structure should not have, as far as it is seen."""
    found = [
        f.Alarm(code="gap", unit=unit_id, relation="", params={"reverts_to": snapshot.holder(unit_id)})
        for unit_id in snapshot.lapsed
        if not snapshot.upward(unit_id, ("OPCON", "OPCOM"))
    ]
    for fact in snapshot.relations.values():
        act = fact.act
        if matrix.rank(act) and act.type != "ORG" and not fact.order_ref:
            found.append(f.Alarm(code="no_order", unit=act.subordinate, relation=act.relation, params={}))
        if act.granted_by and "gaining" not in snapshot.accepted.get(act.relation, ()):
            found.append(f.Alarm(code="not_accepted", unit=act.subordinate, relation=act.relation, params={}))
    found += [
        f.Alarm(code="span", unit=unit_id, relation="", params={"span": len(children), "max": SPAN_MAX})
        for unit_id, children in snapshot.children.items()
        if len(children) > SPAN_MAX
    ]
    lead = {one.act.superior for one in snapshot.relations.values() if matrix.rank(one.act) and one.act.type != "ORG"}
    found += [
        f.Alarm(code="no_alternates", unit=unit_id, relation="", params={})
        for unit_id in lead
        if unit_id not in snapshot.successions
    ]
    return sorted(found, key=lambda a: (a.code, a.unit, a.relation))[:ALARMS_MAX]


def structure(g: Ground, reader: Reader, known_ms: int | None, at_ms: int | None) -> f.StructureBody:
    """Return all of it at a moment."""
    snapshot = g.snapshot(reader, known_ms, at_ms)
    return f.StructureBody(
        units=[unit(g, snapshot, fact) for fact in snapshot.units.values()],
        relations=[relation(g, reader, snapshot, fact) for fact in snapshot.relations.values()],
        liaisons=posts.liaisons(g, reader, snapshot),
        alarms=alarms(snapshot),
        mark=g.banner(snapshot.labels),
        known_ms=g.now_ms if known_ms is None else known_ms,
        at_ms=g.now_ms if at_ms is None else at_ms,
        position=g.structure.told(g.sees(reader))[0],
    )


def unit_body(g: Ground, actor: Session, unit_id: str, known_ms: int | None, at_ms: int | None) -> f.UnitBody:
    """Return all that is known of one unit; NotVisible if it isn't there."""
    reader = actor.reader
    snapshot = g.snapshot(reader, known_ms, at_ms)
    fact = snapshot.units.get(unit_id)
    if fact is None:
        raise NotVisible("no such unit")
    own = [*snapshot.over.get(unit_id, ()), *snapshot.under.get(unit_id, ())]
    responsibilities = [one for one in snapshot.responsibilities.values() if one.act.unit == unit_id]
    rows, truncated = history(g, reader, snapshot, unit_id, g.now_ms if known_ms is None else known_ms)
    labels = [fact.label, *(one.label for one in (*own, *responsibilities))]
    labels += [
        one[unit_id].label for one in (snapshot.places, snapshot.strengths, snapshot.successions) if unit_id in one
    ]
    labels += [one.label for one in snapshot.liaisons.values() if unit_id in (one.act.home, one.act.host)]
    return f.UnitBody(
        row=unit(g, snapshot, fact),
        chains=f.Chains(
            operational=[hop(one) for one in snapshot.chain(unit_id, OPERATIONAL)],
            administrative=[hop(one) for one in snapshot.chain(unit_id, ADMINISTRATIVE)],
        ),
        reporting=_reporting(snapshot, unit_id),
        span=len(snapshot.children.get(unit_id, ())),
        strength_rollup=strength.rollup(g, snapshot, unit_id),
        responsibilities=[
            f.ResponsibilityRow(
                id=one.act.responsibility,
                title=one.act.title,
                title_ja=one.act.title_ja,
                text=one.act.text,
                order_ref=g.order_ref(reader, one),
                from_ms=one.from_ms,
                mark=g.mark(one.label),
            )
            for one in responsibilities
        ],
        relations=[relation(g, reader, snapshot, one) for one in own],
        history=rows,
        truncated=truncated,
        appointments=posts.of_unit(g, reader, snapshot, unit_id),
        liaisons=posts.liaisons(g, reader, snapshot, unit_id),
        succession=posts.succession(g, reader, snapshot, unit_id),
        kept=fact.act.kept,
        mark=g.banner(labels),
        known_ms=g.now_ms if known_ms is None else known_ms,
        at_ms=g.now_ms if at_ms is None else at_ms,
    )


def _reporting(snapshot: Snapshot, unit_id: str) -> f.ReportingRow:
    found = reports_to(snapshot, unit_id)
    act = found.relation.act if found.relation else None
    return f.ReportingRow(why=found.why, superior=act.superior if act else "", type=act.type if act else "")


def history(
    g: Ground, reader: Reader, snapshot: Snapshot, unit_id: str, known_ms: int
) -> tuple[list[f.HistoryRow], bool]:
    """Return what was written about a unit by a moment, the newest first, and whether there was more."""
    seen = g.sees(reader)

    def shown(fact: Fact[Any]) -> bool:
        """Tell whether all units it names are there."""
        act = fact.act
        if isinstance(act, r.RelationEnded):
            made = g.structure.made(act.relation)
            if made is None or not seen(made.label):
                return False
            act = made.act
        if isinstance(act, r.LiaisonEnded):
            posted = g.structure.liaison(act.liaison)
            if posted is None or not seen(posted.label):
                return False
            act = posted.act
        others = (act.superior, act.subordinate) if isinstance(act, r.RelationMade) else ()
        others = (act.home, act.host) if isinstance(act, r.LiaisonPosted) else others
        return all(other in snapshot.units or g.unit_seen(reader, other) for other in others)

    facts = [
        fact
        for fact in g.structure.facts_about(unit_id)
        if fact.written_ms <= known_ms and seen(fact.label) and shown(fact)
    ]
    facts.sort(key=lambda fact: (fact.from_ms, fact.position, fact.number), reverse=True)
    return [_history_row(g, reader, fact) for fact in facts[:HISTORY_MAX]], len(facts) > HISTORY_MAX


def _history_row(g: Ground, reader: Reader, fact: Fact[Any]) -> f.HistoryRow:
    said = msgspec.to_builtins(fact.act)
    kind = said.pop("kind")
    for name in ("label", "at_ms", "kept", "granted_by"):
        said.pop(name, None)
    return f.HistoryRow(
        at_ms=fact.from_ms,
        written_ms=fact.written_ms,
        kind=kind,
        who=who(g, reader, fact.person, fact.appointment),
        change=fact.change if g.change(reader, fact.change) else "",
        order_ref=g.order_ref(reader, fact),
        act=said,
        mark=g.mark(fact.label),
    )


# -- when something takes effect


def moments(g: Ground, reader: Reader) -> list[f.Moment]:
    """Return when something took or takes effect, the oldest first; a change that is hidden has no title."""
    seen = g.sees(reader)
    found: dict[tuple[int, str, int], f.Moment] = {}
    for tick in reversed(g.structure.ticks()):
        if len(found) >= MOMENTS_MAX:
            break
        if not seen(tick.label):
            continue
        change = g.structure.changes[tick.change]
        shown = seen(change.label)
        key = (tick.at_ms, change.id if shown else "", tick.phase if shown else OWN_MOMENT)
        if key not in found:
            found[key] = _moment(change, key)
    return list(reversed(found.values()))


def _moment(change: Change, key: tuple[int, str, int]) -> f.Moment:
    at_ms, change_id, number = key
    phase = change.body.phases[number] if number != OWN_MOMENT else None
    return f.Moment(
        at_ms=at_ms,
        written_ms=change.approved_ms,
        title=change.body.title if change_id else "",
        title_ja=change.body.title_ja if change_id else "",
        change=change_id,
        phase=number,
        phase_name=phase.name if phase else "",
        phase_name_ja=phase.name_ja if phase else "",
    )
