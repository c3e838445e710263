"""The structure as an order of battle, as a reader sees it: at one moment, or with all its times.

Owns: from facts to the neutral value that every format is written from, and the marks on it; which relation is whose.
Doesn't own: formats (`command.orbat`), what is in force (`command.structure`).

What is hidden from the reader changes nothing: of each thing the facts he may see are folded, and no others.
"""

import contextlib
from collections.abc import Container, Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs

from jointhq.command import records as r
from jointhq.command.ground import Ground
from jointhq.command.orbat import value as o
from jointhq.command.snapshot import TREE, Fact
from jointhq.release.label import Label
from jointhq.release.reader import Reader

OURS: Final = "jointhq"  # the key in `kept` of what an import says beside the unit
OF_PEOPLE: Final = (r.LiaisonPosted, r.LiaisonEnded, r.SuccessionSet, r.CommandTaken)  # which no file of units carries
TEXTS: Final = ("name", "name_ja", "short", "nation", "service", "echelon", "note", "note_ja")


class Link(NamedTuple):
    """A relation from when to when, as far as it is seen; until None: no end."""

    from_ms: int
    until_ms: int | None
    fact: Fact[r.RelationMade]


class Exported(NamedTuple):
    """An order of battle; for an import, whose id in it is whose here, and the relations over each unit."""

    orbat: o.Orbat
    ids: dict[str, str]  # our id -> the id in `orbat`
    links: dict[str, list[Link]]  # by our id


class _Said(msgspec.Struct):
    """What an import kept beside units, collected again."""

    whole: o.Orbat
    sides: dict[str, o.Side] = {}
    side_of: dict[str, str] = {}
    more: dict[str, list[dict[str, Any]]] = {}
    parts: dict[str, dict[int, str]] = {}


def orbat(g: Ground, reader: Reader, known_ms: int | None = None, at_ms: int | None = None) -> Exported:
    """Return the order of battle that a reader sees, of what was known; at a moment, or with all times."""
    known = g.now_ms if known_ms is None else known_ms
    facts = {unit: found for unit in g.structure.units() if (found := _facts(g, reader, unit, known, at_ms))}
    said, labels = _Said(o.Orbat()), set[Label | None]()
    for unit_id, own in facts.items():
        _collect(own, unit_id, said)
    ids = _ids(facts, said.sides)
    ours = {file_id: unit_id for unit_id, file_id in ids.items()}
    units, relations, links = [], list[o.Relation](), dict[str, list[Link]]()
    for unit_id, own in facts.items():
        links[unit_id] = over = [link for link in _links(own, unit_id) if link.fact.act.superior in facts]
        labels |= {fact.label for fact in own if not isinstance(fact.act, (r.RelationMade, r.RelationEnded))}
        labels |= {link.fact.label for link in over}
        unit = _unit(g, unit_id, own, over, ids, at_ms)
        if unit is not None:
            units.append(unit)
            relations += _beside(over, unit, ids, at_ms)
    begins = [unit.from_ms for unit in units if unit.from_ms is not None]
    start = min(begins, default=None) if at_ms is None else at_ms
    whole = structs.replace(
        said.whole,
        mark=g.banner(labels),
        start_ms=start,
        sides=tuple(said.sides.values()),
        units=tuple(_with(unit, ours[unit.id], said, start, times=at_ms is None) for unit in units),
        relations=tuple(relations),
    )
    return Exported(_in_order(whole), ids, links)


def _in_order(whole: o.Orbat) -> o.Orbat:
    """Return it with each unit behind its parent; one whose parent is not there stands at the top."""
    known = {unit.id for unit in whole.units} | {side.id for side in whole.sides}
    children: dict[str, list[o.Unit]] = {}
    for unit in whole.units:
        parent = unit.parent if unit.parent in known else ""
        children.setdefault(parent, []).append(structs.replace(unit, parent=parent))
    ordered: list[o.Unit] = []
    stack = [unit for top in ("", *(side.id for side in whole.sides)) for unit in children.pop(top, [])][::-1]
    while stack or children:
        if not stack:  # a circle: opened where it comes first
            unit = next(iter(children.values())).pop(0)
            children = {key: left for key, left in children.items() if left}
            stack.append(structs.replace(unit, parent=""))
        unit = stack.pop()
        ordered.append(unit)
        stack += reversed(children.pop(unit.id, []))
    return structs.replace(whole, units=tuple(ordered))


def _facts(g: Ground, reader: Reader, unit: str, known: int, at_ms: int | None) -> list[Fact[Any]]:
    """Return what a reader sees of what was known of a unit, by when it applies; nothing where it is no unit to him."""
    seen = g.sees(reader)
    found = [
        msgspec.structs.replace(fact, order_ref=g.order_ref(reader, fact)) if fact.order_ref else fact
        for fact in g.structure.facts_about(unit)
        if fact.written_ms <= known
        and (at_ms is None or fact.from_ms <= at_ms)
        and not isinstance(fact.act, OF_PEOPLE)
        and seen(fact.label)
    ]
    found.sort(key=lambda fact: (fact.from_ms, fact.position, fact.number))
    return found if any(isinstance(fact.act, (r.UnitAdded, r.UnitChanged)) for fact in found) else []


def _ids(facts: dict[str, list[Fact[Any]]], sides: Container[str]) -> dict[str, str]:
    """Return the id of each unit in the file: the one it had where it came from, if that is one unit's alone."""
    foreign = {
        unit: next((f.act.external_id for f in reversed(own) if isinstance(f.act, (r.UnitAdded, r.UnitChanged))), "")
        for unit, own in facts.items()
    }
    often: dict[str, int] = dict.fromkeys(facts, 1)
    for one in foreign.values():
        often[one] = often.get(one, 0) + 1
    return {
        unit: one if often[one] == 1 and one not in sides and _is_id(one) else unit for unit, one in foreign.items()
    }


def _is_id(text: str) -> bool:
    """Tell whether an id of elsewhere can be one in a file."""
    return text not in ("", "-") and len(text) <= o.ID_CHARS_MAX and " ".join(text.split()) == text


def _links(own: list[Fact[Any]], unit: str) -> list[Link]:
    """Return the relations over a unit, each from when to when."""
    by_id: dict[str, list[Fact[Any]]] = {}
    for fact in own:
        if isinstance(fact.act, (r.RelationMade, r.RelationEnded)):
            by_id.setdefault(fact.act.relation, []).append(fact)
    found = []
    for facts in by_id.values():
        for n, fact in enumerate(facts):
            if not isinstance(fact.act, r.RelationMade) or fact.act.subordinate != unit:
                continue
            ends = [facts[n + 1].from_ms] if n + 1 < len(facts) else []
            ends += [fact.act.until_ms] if fact.act.until_ms else []
            until = min(ends, default=None)
            if until is None or until > fact.from_ms:
                found.append(Link(fact.from_ms, until, fact))
    return found


def link_at(links: list[Link], at_ms: int) -> Link | None:
    """Return the relation by which a unit stands in the tree at a moment."""
    there = [
        link
        for link in links
        if link.from_ms <= at_ms and (link.until_ms is None or at_ms < link.until_ms) and link.fact.act.type in TREE
    ]
    return min(
        there,
        key=lambda k: (TREE.index(k.fact.act.type), k.from_ms, k.fact.position, k.fact.act.relation),
        default=None,
    )


class _State(NamedTuple):
    unit: r.UnitAdded | r.UnitChanged
    place: r.UnitPlaced | None
    strength: r.StrengthReported | None
    link: Link | None


def _unit(
    g: Ground, unit_id: str, own: list[Fact[Any]], over: list[Link], ids: dict[str, str], at_ms: int | None
) -> o.Unit | None:
    times = {fact.from_ms for fact in own if not isinstance(fact.act, (r.RelationMade, r.RelationEnded))}
    times |= {link.from_ms for link in over} | {link.until_ms for link in over if link.until_ms is not None}
    lives = [fact for fact in own if isinstance(fact.act, (r.UnitAdded, r.UnitChanged, r.UnitEnded))]
    ended = isinstance(lives[-1].act, r.UnitEnded)
    if at_ms is not None and ended:
        return None
    begin = next(fact.from_ms for fact in lives if not isinstance(fact.act, r.UnitEnded))
    end = lives[-1].from_ms if ended else None
    later = [at for at in sorted(times) if at > begin and (end is None or at < end)] if at_ms is None else []
    state = _state(own, over, begin if at_ms is None else at_ms)
    label = next(fact.label for fact in reversed(lives) if not isinstance(fact.act, r.UnitEnded))
    first = state
    moments = []
    for at in later:
        after = _state(own, over, at)
        placed = any(fact.from_ms == at and isinstance(fact.act, r.UnitPlaced) for fact in own)
        moments.append(_moment(at, state, after, ids, placed=placed))
        state = after
    act, place = first.unit, first.place
    return o.Unit(
        id=ids[unit_id],
        **{name: getattr(act, name) for name in TEXTS},
        sidc=act.sidc,
        external_id=act.external_id if act.external_id != ids[unit_id] else "",
        parent=ids[first.link.fact.act.superior] if first.link else "",
        relation=first.link.fact.act.type if first.link else "",
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        place=place.place if place else "",
        place_ja=place.place_ja if place else "",
        strength=_strength(first.strength),
        mark=g.mark(label),
        from_ms=begin if at_ms is None else None,
        until_ms=end,
        moments=tuple(moment for moment in moments if moment != o.Moment(at_ms=moment.at_ms)),
        kept={name: value for name, value in act.kept.items() if name != OURS},
    )


def _state(own: list[Fact[Any]], over: list[Link], at_ms: int) -> _State:
    last: dict[type, Any] = {}
    for fact in own:
        if fact.from_ms > at_ms:
            break
        kind = r.UnitAdded if isinstance(fact.act, r.UnitChanged) else type(fact.act)
        last[kind] = fact.act
    return _State(last[r.UnitAdded], last.get(r.UnitPlaced), last.get(r.StrengthReported), link_at(over, at_ms))


def _moment(at_ms: int, before: _State, after: _State, ids: dict[str, str], *, placed: bool) -> o.Moment:
    told: dict[str, Any] = {}
    if after.place is not None and placed:  # also where it was before: that it is there still
        place = after.place
        nowhere = place.lat is None and not place.place and not place.place_ja
        told |= {"lat": place.lat, "lon": place.lon, "place": place.place, "place_ja": place.place_ja}
        told["off_map"] = nowhere
    if after.strength != before.strength:
        told["strength"] = _strength(after.strength)
    if after.unit.sidc != before.unit.sidc:
        told["sidc"] = after.unit.sidc
    if _stands(after.link) != _stands(before.link):
        told["parent"] = ids[after.link.fact.act.superior] if after.link else ""
        told["relation"] = after.link.fact.act.type if after.link else ""
    names = {
        name: getattr(after.unit, name) for name in TEXTS if getattr(after.unit, name) != getattr(before.unit, name)
    }
    return o.Moment(at_ms=at_ms, kept={"unit": names} if names else {}, **told)


def _stands(link: Link | None) -> tuple[str, str]:
    return (link.fact.act.superior, link.fact.act.type) if link else ("", "")


def _strength(act: r.StrengthReported | None) -> o.Strength | None:
    if act is None:
        return None
    said = {name: getattr(act, name) for name in o.Strength.__struct_fields__}
    return o.Strength(**said)


# -- relations that the tree doesn't say, or not all of


def _beside(over: list[Link], unit: o.Unit, ids: dict[str, str], at_ms: int | None) -> Iterator[o.Relation]:
    """Yield the relations over a unit, but those that its place in the tree says whole."""
    steps = {(unit.parent, unit.relation)} | {(m.parent, m.relation) for m in unit.moments if m.parent is not None}
    for link in over:
        act = link.fact.act
        said = _terms(link.fact)
        if at_ms is not None and not (link.until_ms is None or at_ms < link.until_ms):
            continue
        if not said and (ids[act.superior], act.type) in steps:
            continue
        yield o.Relation(
            type=act.type,
            superior=ids[act.superior],
            subordinate=unit.id,
            from_ms=link.from_ms,
            until_ms=link.until_ms,
            said=said,
        )


def _terms(fact: Fact[r.RelationMade]) -> o.Kept:
    """Return the terms of a relation beside its type and its ends."""
    act = fact.act
    said = {
        "support": act.support,
        "limits": msgspec.to_builtins(act.limits) if act.limits != r.Limits() else None,
        "order_ref": fact.order_ref,
        "condition": act.condition,
        "policy": act.policy,
    }
    return {name: value for name, value in said.items() if value}


# -- what an import kept


def _collect(own: list[Fact[Any]], unit_id: str, said: _Said) -> None:
    """Take what an import kept beside a unit, from the first of its facts that has it."""
    found = next(
        (f.act.kept[OURS] for f in own if isinstance(f.act, (r.UnitAdded, r.UnitChanged)) and OURS in f.act.kept), None
    )
    if not isinstance(found, dict):
        return
    try:
        kept = msgspec.convert(found, Kept)
    except msgspec.ValidationError:  # somebody else's word
        return
    if kept.side:
        said.side_of = {**said.side_of, unit_id: kept.side}
    if kept.moments:
        said.more = {**said.more, unit_id: kept.moments}
    if kept.orbat:
        parts = said.parts.setdefault(kept.file, {})
        parts[kept.part] = kept.orbat
        if len(parts) == kept.parts:
            _collect_whole("".join(parts[n] for n in sorted(parts)), said)


def _collect_whole(text: str, said: _Said) -> None:
    """Take what an import kept of the whole."""
    try:
        one = msgspec.json.decode(text, type=o.Orbat)
    except msgspec.DecodeError:
        return
    said.sides = {**{side.id: side for side in one.sides}, **said.sides}
    if not said.whole.name:
        said.whole = structs.replace(said.whole, id=one.id, name=one.name, note=one.note)
    said.whole = structs.replace(said.whole, kept={**one.kept, **said.whole.kept})


class Kept(msgspec.Struct, omit_defaults=True):
    """What an import says beside a unit, under the key `jointhq` of what it keeps."""

    side: str = ""
    moments: list[dict[str, Any]] = []  # {at_ms, via?, parent?, kept?}
    file: str = ""  # which file
    part: int = 0
    parts: int = 0
    orbat: str = ""  # a part of an `Orbat` without units, as JSON


def _with(unit: o.Unit, unit_id: str, said: _Said, start: int | None, *, times: bool) -> o.Unit:
    """Return a unit with what an import kept beside it."""
    more = []
    for one in said.more.get(unit_id, []) if times else ():
        with contextlib.suppress(msgspec.ValidationError):
            more.append(msgspec.convert(one, o.Moment))
    moved = any(m.lat is not None and (m.at_ms, m.lat, m.lon) == (unit.from_ms, unit.lat, unit.lon) for m in more)
    return structs.replace(
        unit,
        parent=unit.parent or said.side_of.get(unit_id, ""),
        lat=None if moved else unit.lat,
        lon=None if moved else unit.lon,
        from_ms=None if unit.from_ms == start else unit.from_ms,
        moments=tuple(sorted(_merged(unit.moments, more), key=lambda moment: moment.at_ms)),
    )


def _merged(moments: tuple[o.Moment, ...], more: list[o.Moment]) -> Iterator[o.Moment]:
    """Yield the moments with what was kept of each."""
    by_time = {moment.at_ms: moment for moment in moments}
    told = set()
    for extra in more:
        moment = by_time.get(extra.at_ms)
        if moment is None or extra.at_ms in told:
            yield extra
            continue
        told.add(extra.at_ms)
        yield structs.replace(
            moment,
            via=extra.via if moment.lat is not None else (),
            sidc=moment.sidc or extra.sidc,
            parent=moment.parent if extra.parent is None else extra.parent,
            relation=moment.relation or extra.relation,
            kept={**extra.kept, **moment.kept},
        )
    yield from (moment for at, moment in by_time.items() if at not in told)
