"""An order of battle from elsewhere as a change of command: to be drafted, previewed and approved like any other.

Owns: which acts bring the structure to what a file says; which unit of the file is which here; what is kept beside.
Doesn't own: reading files (`command.orbat`), whether a change may be (`command.rules`), what is there (`.exports`).

A unit of the file is one of ours if it has its id, or the id that ours had where it came from. Then only what differs
is changed. What the file doesn't name stays as it is: an import ends no unit.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import structs

from jointhq.base.errors import BadInput
from jointhq.command import records as r
from jointhq.command.forms import changes as f
from jointhq.command.ground import Ground
from jointhq.command.orbat import value as o
from jointhq.command.orbat.settle import clean
from jointhq.command.rules.invariants import MOMENTS_MAX
from jointhq.command.views.exports import OURS, TEXTS, Exported, Kept, link_at

DEFAULT_RELATION: Final = "ORG"  # of a unit under another, where the file doesn't say
CODE_CHARS_MAX: Final = 64
KEPT_BYTES_MAX: Final = 12 << 10  # of what the times of one unit keep: one act has 64 KiB, the unit's own 16 KiB
PART_CHARS_MAX: Final = 6_000  # of what a file says of the whole, beside one unit: 6 to 30 KB
NOWHERE: Final = (None, None, "", "")
MADE_ID: Final = re.compile(r"unit~\d+")  # given by the reader of the file to a unit that came without


class Plan(NamedTuple):
    """What an import would do."""

    form: f.ChangeForm
    added: int
    changed: int
    same: int
    report: o.Report


def plan(g: Ground, read: o.Read, there: Exported, *, title: str, label: str) -> Plan:
    """Return the change that brings the structure to what a file says. Raises BadInput where it would be too much.

    `label` "": what the file is marked with.
    """
    planner = _Planner(g, read.orbat, there)
    label = label or planner.mark(read.orbat.mark, "the file")
    acts = planner.acts()
    if len(acts) > r.ACTS_MAX:
        raise BadInput(f"that would be {len(acts):,} acts; a change has at most {r.ACTS_MAX:,}: split the file")
    report = read.report
    settled = tuple(p for p in report.problems if p.code != "parent_absent" or p.where not in planner.found)
    report = structs.replace(
        report,
        problems=(*settled, *planner.notes.problems)[: o.PROBLEMS_MAX],
        problems_total=report.problems_total - len(report.problems) + len(settled) + planner.notes.problems_total,
    )
    form = f.ChangeForm(
        title=title[: r.NAME_CHARS_MAX],
        label=label,
        phases=(f.PhaseForm(name="Import", name_ja="取り込み", acts=tuple(acts)),),
    )
    return Plan(form, planner.added, planner.changed, planner.same, report)


class _Now(NamedTuple):
    """What is said of a unit so far, at the moment that the plan has come to."""

    names: dict[str, Any]
    sidc: str
    parent: str  # id here
    relation: str  # its type
    relation_id: str
    place: tuple[Any, ...] | None
    strength: o.Strength | None


class _Planner:
    """Walks through a file, unit after unit, and through the times of each."""

    def __init__(self, g: Ground, orbat: o.Orbat, there: Exported) -> None:
        self.notes = o.Notes()
        self._g = g
        self.added = self.changed = self.same = 0
        self._orbat = orbat
        self._there = there
        self._now_ms = g.now_ms
        self._sides = {side.id for side in orbat.sides}
        self.found: set[str] = set()  # names of units whose parent is not in the file, but here
        ours = {here: here for here in there.ids}
        ours |= {file_id: here for here, file_id in there.ids.items()}
        self._ours = ours
        self._known = {unit.id: unit for unit in there.orbat.units}  # by the id in `there`
        self._here = {
            unit.id: ours.get(unit.external_id or unit.id) or ours.get(unit.id) or f"+{n}"
            for n, unit in enumerate(orbat.units, 1)
        }
        self._relations = 0
        self._made: dict[tuple[str, str, str], dict[int | None, int]] = {}  # superior, subordinate, type; when: its act
        self._acts: list[r.AnyAct] = []

    def mark(self, text: str, where: str) -> str:
        """Return a mark as the file has it, if it is one of ours; what has none is of the change's label."""
        try:
            if text:
                self._g.door.parse(text)
            return text
        except BadInput as error:
            self.notes.problem("mark", where, f"{error}; taken with the change's label: is that right?")
            return ""

    def acts(self) -> list[r.AnyAct]:
        """Return the acts: units first, what is under what behind."""
        moments = [moment.at_ms for unit in self._orbat.units for moment in unit.moments]
        start = self._orbat.start_ms
        if moments and (start is not None or min(moments) < self._now_ms):
            start = min(moments) if start is None else min(start, *moments)
        parts = self._parts()
        for unit in self._orbat.units:
            before = len(self._acts)
            self._unit(unit, start if unit.from_ms is None else unit.from_ms, next(parts, {}))
            if label := self.mark(unit.mark, unit.name):
                self._acts[before:] = [structs.replace(act, label=label) for act in self._acts[before:]]
            if self._here[unit.id].startswith("+"):
                self.added += 1
            elif len(self._acts) > before:
                self.changed += 1
            else:
                self.same += 1
        for relation in self._orbat.relations:
            self._beside(relation, start)
        if left := list(parts):
            self.notes.problem(
                "too_much",
                self._orbat.name,
                f"{len(left)} parts of what it says of the whole found no unit to stand with; keep the file",
            )
        changes_at = {act.at_ms for act in self._acts if not isinstance(act, (r.UnitPlaced, r.StrengthReported))}
        if len(changes_at) > MOMENTS_MAX:
            self.notes.problem(
                "too_many_moments",
                self._orbat.name,
                f"units and relations change at {len(changes_at)} moments; a change with more than {MOMENTS_MAX}"
                " can't be submitted: divide the file",
            )
        return self._acts

    def _parts(self) -> Iterator[o.Kept]:
        """Yield what the file says of the whole, in parts that units take along."""
        whole = msgspec.to_builtins(structs.replace(self._orbat, units=(), relations=(), mark="", start_ms=None))
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        if not whole:
            return
        starts = range(0, len(text), PART_CHARS_MAX)
        for n, start in enumerate(starts):
            yield {
                "file": self._orbat.id or self._orbat.name,
                "part": n,
                "parts": len(starts),
                "orbat": text[start : start + PART_CHARS_MAX],
            }

    # -- one unit

    def _unit(self, unit: o.Unit, start: int | None, part: o.Kept) -> None:
        here = self._here[unit.id]
        names: dict[str, Any] = {name: self._bounded(name, getattr(unit, name), unit) for name in TEXTS}
        external = "" if MADE_ID.fullmatch(unit.id) else (unit.external_id or unit.id)
        kept = self._kept(unit, start, part)
        known = self._known.get(self._there.ids.get(here, ""))
        now = self._stands(known, here, start)
        if known is None:
            foreign = external if external != here else ""
            added = r.UnitAdded(unit=here, at_ms=start, sidc=unit.sidc, **names, external_id=foreign, kept=kept)
            self._acts.append(added)
        elif (names, unit.sidc) != (now.names, now.sidc) or any(
            known.kept.get(name) != value for name, value in kept.items() if name != OURS
        ):
            foreign = self._there.ids[here] if self._there.ids[here] != here else known.external_id
            kept = {**known.kept, **kept}
            changed = r.UnitChanged(unit=here, at_ms=start, sidc=unit.sidc, **names, external_id=foreign, kept=kept)
            self._acts.append(changed)
        now = now._replace(names=names, sidc=unit.sidc)
        base = o.Moment(
            at_ms=start or 0,
            lat=unit.lat,
            lon=unit.lon,
            place=unit.place,
            place_ja=unit.place_ja,
            parent="" if unit.parent in self._sides else unit.parent or self._elsewhere(unit),
            relation=unit.relation,
            strength=unit.strength,
        )
        now = self._moment(unit, here, now, base, start, later=False)
        for moment in unit.moments:
            if known is not None:
                there = self._stands(known, here, moment.at_ms)
                ours = now.relation_id.startswith("+")  # our own relation goes on until we end it
                stands = {name: getattr(now, name) for name in ("parent", "relation", "relation_id")} if ours else {}
                now = there._replace(**stands)
            now = self._described(unit, here, now, moment, kept, external)
            now = self._moment(unit, here, now, moment, moment.at_ms)
        if unit.until_ms is not None and (known is None or known.until_ms != unit.until_ms):
            self._acts.append(r.UnitEnded(unit=here, at_ms=unit.until_ms))

    def _elsewhere(self, unit: o.Unit) -> str:
        """Return the parent that the file names and doesn't hold, if it is one of ours."""
        parent = unit.kept.get("parent")
        if not isinstance(parent, str) or parent not in self._ours:
            return ""
        self.found.add(unit.name)
        self._here.setdefault(parent, self._ours[parent])
        return parent

    def _stands(self, known: o.Unit | None, here: str, at_ms: int | None) -> _Now:
        """Return what is said of a unit here at a moment; nothing of one that is new."""
        if known is None:
            return _Now({}, "", "", "", "", None, None)
        at = self._now_ms if at_ms is None else at_ms
        names, sidc = {name: getattr(known, name) for name in TEXTS}, known.sidc
        place: tuple[Any, ...] | None = (known.lat, known.lon, known.place, known.place_ja)
        strength = known.strength
        for moment in known.moments:
            if moment.at_ms > at:
                break
            names |= moment.kept.get("unit", {})
            sidc = moment.sidc or sidc
            strength = moment.strength or strength
            if moment.lat is not None or moment.off_map or moment.place or moment.place_ja:
                place = (moment.lat, moment.lon, moment.place, moment.place_ja)
        link = link_at(self._there.links.get(here, []), at)
        if link is None:
            return _Now(names, sidc, "", "", "", place, strength)
        act = link.fact.act
        return _Now(names, sidc, act.superior, act.type, act.relation, place, strength)

    def _described(self, unit: o.Unit, here: str, now: _Now, moment: o.Moment, kept: o.Kept, external: str) -> _Now:
        """Say what a unit is called, and its symbol, from a moment on."""
        told = moment.kept.get("unit")
        names = dict(now.names)
        if isinstance(told, dict):
            names |= {n: self._bounded(n, v, unit) for n, v in told.items() if n in TEXTS and isinstance(v, str)}
        sidc = moment.sidc or now.sidc
        if (names, sidc) != (now.names, now.sidc) and names["name"]:
            rest = {name: value for name, value in kept.items() if name != OURS}
            self._acts.append(
                r.UnitChanged(
                    unit=here,
                    at_ms=moment.at_ms,
                    sidc=sidc,
                    **names,
                    external_id=external if external != here else "",
                    kept=rest,
                )
            )
        return now._replace(names=names, sidc=sidc)

    def _moment(
        self, unit: o.Unit, here: str, now: _Now, moment: o.Moment, at_ms: int | None, *, later: bool = True
    ) -> _Now:
        place = (moment.lat, moment.lon, moment.place, moment.place_ja)
        if moment.off_map or place != NOWHERE:
            if place != (now.place or NOWHERE) or (later and not self._placed(here, at_ms)):
                self._acts.append(
                    r.UnitPlaced(unit=here, at_ms=at_ms, lat=place[0], lon=place[1], place=place[2], place_ja=place[3])
                )
            now = now._replace(place=place)
        if moment.strength is not None and moment.strength != now.strength:
            self._strength(unit, here, moment.strength, at_ms)
            now = now._replace(strength=moment.strength)
        return self._under(unit, here, now, moment, at_ms)

    def _placed(self, here: str, at_ms: int | None) -> bool:
        """Tell whether the structure says at just this moment where a unit is."""
        known = self._known.get(self._there.ids.get(here, ""))
        return known is not None and any(
            moment.at_ms == at_ms and (moment.lat is not None or moment.off_map) for moment in known.moments
        )

    def _strength(self, unit: o.Unit, here: str, strength: o.Strength, at_ms: int | None) -> None:
        said = structs.asdict(strength)
        for name in ("text", "text_ja", "source", "date"):
            said[name] = self._bounded(name, " ".join(clean(said[name]).split()), unit)
        if not re.fullmatch(r"(\d{4}(-\d{2}(-\d{2})?)?)?", said["date"], re.ASCII):
            self.notes.problem("date", unit.name, f"{said['date'][:40]!r} is no date; it was put beside the figure")
            said["text"] = " ".join(part for part in (said["text"], said["date"]) if part)[: r.NAME_CHARS_MAX]
            said["date"] = ""
        for name in ("number", "authorised"):
            if said[name] is not None and not 0 <= said[name] <= 100_000_000:
                self.notes.problem("strength", unit.name, f"{said[name]} are more than any unit has; left behind")
                said[name] = None
        self._acts.append(r.StrengthReported(unit=here, at_ms=at_ms, **said))

    # -- what is under what

    def _under(self, unit: o.Unit, here: str, now: _Now, moment: o.Moment, at_ms: int | None) -> _Now:
        """Put a unit under another, or under none, from a moment on."""
        if moment.parent is None:
            return now
        parent = self._here.get(moment.parent, "")
        kind = self._type(moment.relation, unit) or (now.relation if parent == now.parent else "") or DEFAULT_RELATION
        if parent == now.parent and (not parent or kind == now.relation):
            return now
        if now.relation_id:
            self._acts.append(r.RelationEnded(relation=now.relation_id, at_ms=at_ms, reason="import"))
        if not parent:
            return now._replace(parent="", relation="", relation_id="")
        link = link_at(self._there.links.get(here, []), self._now_ms if at_ms is None else at_ms)
        act = link.fact.act if link else None
        if act is not None and (act.superior, act.type) == (parent, kind):  # it is there, behind one that was ours
            return now._replace(parent=parent, relation=kind, relation_id=act.relation)
        return now._replace(parent=parent, relation=kind, relation_id=self._relation(kind, parent, here, at_ms))

    def _relation(self, kind: str, superior: str, subordinate: str, at_ms: int | None, **more: Any) -> str:
        self._relations += 1
        relation = f"+r{self._relations}"
        self._made.setdefault((superior, subordinate, kind), {})[at_ms] = len(self._acts)
        said: dict[str, Any] = {"relation": relation, "type": kind, "superior": superior, "subordinate": subordinate}
        self._acts.append(msgspec.convert({**said, "at_ms": at_ms, **more}, r.RelationMade))
        return relation

    def _type(self, said: str, unit: o.Unit) -> str:
        kind = said.strip().upper()
        if kind in ("", *r.RELATION_TYPES):
            return kind
        self.notes.problem(
            "relation_type",
            unit.name,
            f"{said[:40]!r} is no type of relation; taken as {DEFAULT_RELATION}:"
            f" there are {', '.join(r.RELATION_TYPES)}",
        )
        return DEFAULT_RELATION

    def _beside(self, said: o.Relation, start: int | None) -> None:
        """Make a relation beside the tree, or say the terms of one in it."""
        superior, subordinate = self._here[said.superior], self._here[said.subordinate]
        kind = said.type.strip().upper()
        if kind not in r.RELATION_TYPES:
            self.notes.problem(
                "relation_type", f"{said.superior} - {said.subordinate}", f"{kind[:40]!r} was left behind"
            )
            return
        terms: dict[str, Any] = {
            name: said.said[name]
            for name in ("support", "limits", "order_ref", "condition", "policy")
            if name in said.said
        }
        if kind != "SUPPORT":
            terms.pop("support", None)
        elif not terms.get("support"):
            terms["support"] = "general"
            self.notes.problem("support_kind", f"{said.superior} - {said.subordinate}", "taken as general support")
        try:
            msgspec.convert(
                {"relation": "+r", "type": kind, "superior": superior, "subordinate": subordinate, **terms},
                r.RelationMade,
            )
        except msgspec.ValidationError as error:
            self.notes.problem(
                "relation", f"{said.superior} - {said.subordinate}", f"its terms were left behind: {error}"
            )
            terms = {}
        if self._is_there(superior, subordinate, kind, said, terms):
            return
        from_ms = start if said.from_ms is None else said.from_ms
        made_at = self._made.get((superior, subordinate, kind), {})
        at = made_at.get(from_ms, next(iter(made_at.values())) if len(made_at) == 1 else None)
        if at is not None:
            made = self._acts[at]
            assert isinstance(made, r.RelationMade)
            self._acts[at] = msgspec.convert({**structs.asdict(made), **terms}, r.RelationMade)
            return
        relation = self._relation(kind, superior, subordinate, from_ms, **terms)
        if said.until_ms is not None:
            self._acts.append(r.RelationEnded(relation=relation, at_ms=said.until_ms))

    def _is_there(self, superior: str, subordinate: str, kind: str, said: o.Relation, terms: o.Kept) -> bool:
        ids = self._there.ids
        return any(
            (one.type, one.superior, one.subordinate) == (kind, ids.get(superior), ids.get(subordinate))
            and (said.from_ms is None or one.from_ms == said.from_ms)
            and all(one.said.get(name) == value for name, value in terms.items())
            for one in self._there.orbat.relations
        )

    # -- what has no home

    def _bounded(self, name: str, text: str, unit: o.Unit) -> str:
        limit = {"nation": CODE_CHARS_MAX, "service": CODE_CHARS_MAX, "echelon": CODE_CHARS_MAX}.get(
            name, r.NOTE_CHARS_MAX
        )
        if name not in ("note", "note_ja"):
            limit = min(limit, r.NAME_CHARS_MAX)
        if len(text) > limit:
            self.notes.problem("too_long", unit.name, f"{name} was cut to {limit} characters")
        return text[:limit]

    def _kept(self, unit: o.Unit, start: int | None, part: o.Kept) -> o.Kept:
        """Return what is kept beside a unit: foreign fields, and what times and sides say beyond acts."""
        side = unit.parent if unit.parent in self._sides else ""
        ours = msgspec.to_builtins(Kept(side=side, moments=list(self._extras(unit, start)), **part))
        size = len(msgspec.json.encode(ours.get("moments", [])))
        if size > KEPT_BYTES_MAX:
            self.notes.problem(
                "too_much",
                unit.name,
                f"what its times keep has {size:,} bytes and was left behind; {KEPT_BYTES_MAX:,} are kept",
            )
            del ours["moments"]
        if len(unit.kept) >= r.KEPT_MAX:
            self.notes.problem(
                "too_much", unit.name, f"{len(unit.kept)} foreign fields; the first {r.KEPT_MAX - 1} are kept"
            )
        kept = dict(list(unit.kept.items())[: r.KEPT_MAX - 1])
        if self._elsewhere(unit):
            del kept["parent"]
        return {**kept, **({OURS: ours} if ours else {})}

    def _extras(self, unit: o.Unit, start: int | None) -> Iterator[dict[str, Any]]:
        sidc, parent = unit.sidc, unit.parent
        for moment in unit.moments:
            same_sidc = moment.sidc == sidc
            no_act = moment.parent is not None and (
                moment.parent in self._sides or moment.parent == parent or (not moment.parent and parent in self._sides)
            )
            first = moment.at_ms == start  # told from the unit's own place, which is of the same time
            extra = o.Moment(
                at_ms=moment.at_ms,
                lat=moment.lat if first else None,
                lon=moment.lon if first else None,
                via=moment.via,
                sidc=moment.sidc if same_sidc else "",
                parent=moment.parent if no_act else None,
                kept={name: value for name, value in moment.kept.items() if name != "unit"},
            )
            sidc, parent = moment.sidc or sidc, parent if moment.parent is None else moment.parent
            if extra != o.Moment(at_ms=moment.at_ms):
                yield msgspec.to_builtins(extra)


def _ours(kept: o.Kept) -> o.Kept:
    return {OURS: kept[OURS]} if OURS in kept else {}
