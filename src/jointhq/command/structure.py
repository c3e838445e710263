"""The structure, as the journal has it: what was known when, of what is in force when.

Owns: the projection of command's records; the structure at any moment, by both clocks; when something takes effect.
Doesn't own: what a change holds (`command.change`), questions about one moment (`command.snapshot` and above), who may
change what (`command.rules`).

Each unit, place, strength, relation, responsibility and bound appointment has a line: its facts by the moment from
which they apply, the later written behind. What was in force at a moment, as known at another, is the last fact of the
line that applies by the one and was written by the other: a correction is a later record with the same moment.
"""

import heapq
from bisect import bisect_left, bisect_right, insort
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

from jointhq.base.listeners import Listeners
from jointhq.command import records as r
from jointhq.command.change import Change, Planned, Signed, Voice, decision_of, facts_of
from jointhq.command.silence import Silences
from jointhq.command.snapshot import Fact, Relation, Sees, Snapshot, Unit
from jointhq.journal.record import Record, body_of
from jointhq.release.label import Label

SNAPSHOTS_MAX: Final = 32  # kept, of moments and sets of hidden labels; each is some references a unit
NOTHING: Final[frozenset[Label | None]] = frozenset()
OWN_MOMENT: Final = -1  # the "phase" of acts that have a moment of their own
UNWRITTEN: Final = 1 << 62  # the position of what is not written yet
NUMBERS: Final = 1 << 20  # facts of one record, for one number of both

Hidden = frozenset[Label | None]
Group = Literal["unit", "place", "strength", "relation", "responsibility", "bound", "liaison", "succession", "acting"]

_GROUPS: Final[dict[type[r.Act], Group]] = {
    r.UnitAdded: "unit",
    r.UnitChanged: "unit",
    r.UnitEnded: "unit",
    r.UnitPlaced: "place",
    r.StrengthReported: "strength",
    r.RelationMade: "relation",
    r.RelationEnded: "relation",
    r.ResponsibilityGiven: "responsibility",
    r.ResponsibilityEnded: "responsibility",
    r.AppointmentBound: "bound",
    r.LiaisonPosted: "liaison",
    r.LiaisonEnded: "liaison",
    r.SuccessionSet: "succession",
    r.CommandTaken: "acting",
}
_ENDS: Final = (r.UnitEnded, r.RelationEnded, r.ResponsibilityEnded, r.LiaisonEnded)


def subject(act: r.AnyAct | r.CommandTaken) -> str:
    """Return what an act is about: the unit, relation, responsibility or appointment."""
    match act:
        case r.RelationMade() | r.RelationEnded():
            return act.relation
        case r.ResponsibilityGiven() | r.ResponsibilityEnded():
            return act.responsibility
        case r.AppointmentBound():
            return act.appointment
        case r.LiaisonPosted() | r.LiaisonEnded():
            return act.liaison
        case _:
            return act.unit


class Tick(NamedTuple):
    """When acts of a change apply from: those of a phase, or (OWN_MOMENT) some with a moment of their own."""

    at_ms: int
    written_ms: int
    phase: int
    change: str
    label: Label | None


class Line:
    """The facts about one thing, by moment; of one moment, in the order they were written."""

    __slots__ = ("facts", "keys")

    def __init__(self) -> None:
        self.keys: list[tuple[int, int, int]] = []
        self.facts: list[Fact[Any]] = []

    def add(self, fact: Fact[Any]) -> None:
        """Take a fact."""
        key = (fact.from_ms, fact.position, fact.number)
        at = len(self.keys) if not self.keys or key > self.keys[-1] else bisect_right(self.keys, key)
        self.keys.insert(at, key)
        self.facts.insert(at, fact)

    def at(self, position: int, at_ms: int, hidden: Hidden = NOTHING) -> Fact[Any] | None:
        """Return the fact in force at a moment, of those written as far as a position and not hidden."""
        index = bisect_right(self.keys, (at_ms, UNWRITTEN + 1, 0))
        while index:
            index -= 1
            fact = self.facts[index]
            if fact.position <= position and (not hidden or fact.label not in hidden):
                return fact
        return None


class Structure:
    """The projection. Time passes for it only as the arguments of a question."""

    name = "command"

    def __init__(self) -> None:
        self.changes: dict[str, Change] = {}
        self.heads: dict[str, int] = {}  # position of the last record by subject: a change or a relation
        self._lines: dict[Group, dict[str, Line]] = {group: {} for group in dict.fromkeys(_GROUPS.values())}
        self._accepted: dict[str, list[tuple[int, str, Label | None]]] = {}  # (position, side, label) by relation
        self._relations_of: dict[str, dict[str, None]] = {}  # relations by unit
        self._responsibilities_of: dict[str, dict[str, None]] = {}
        self._liaisons_of: dict[str, dict[str, None]] = {}
        self.silences = Silences()
        self._written: list[int] = []  # when, and at which position, the structure was changed
        self._positions: list[int] = []
        self._moments: list[int] = []  # when anything begins or ends, each once, in order
        self._labels: dict[Label | None, None] = {}  # of all facts
        self._kept: OrderedDict[tuple[int, int, Hidden], Snapshot] = OrderedDict()
        self._told: Counter[Label | None] = Counter()  # how much was written, and the last moment passed, by label
        self._passed: dict[Label | None, int] = {}
        self._ahead: list[tuple[int, int, Label | None]] = []  # a heap: moments to come, a tie-breaker, whose
        self._ticks: list[Tick] = []  # in order
        self._ties = 0
        self._listeners = Listeners()
        self._takers: dict[type, Callable[[Record, Any], None]] = {
            r.ChangeDrafted: self._drafted,
            r.ChangeEdited: self._edited,
            r.ChangeActs: self._acts,
            r.ChangeSubmitted: self._submitted,
            r.ChangeConcurred: self._voiced,
            r.ChangeNotConcurred: self._voiced,
            r.ChangeReturned: self._returned,
            r.ChangeWithdrawn: self._withdrawn,
            r.ChangeApproved: self._approved,
            r.RelationAccepted: self._relation_accepted,
            r.ContactLost: self.silences.lost,
            r.ContactRegained: self.silences.regained,
            r.SuccessionDecided: self._decided,
        }

    # -- the projection

    def apply(self, record: Record) -> None:
        """Take the next record. Kinds of others, and kinds of a newer version, pass by."""
        body = body_of(record)
        taker = self._takers.get(type(body))
        if taker is None:
            return
        self.heads[record.subject] = record.position
        taker(record, body)
        self._told[record.label] += 1
        self._listeners.tell()

    def state(self) -> Any:
        """Return everything as plain values, for comparison with a rebuilt one: facts by where they were written."""
        return {
            "lines": {
                group: {key: [fact.position * NUMBERS + fact.number for fact in line.facts] for key, line in of.items()}
                for group, of in self._lines.items()
            },
            "moments": self._moments,
            "written": [self._written, self._positions],
            "accepted": {key: [of[:2] for of in sides] for key, sides in self._accepted.items()},
            "heads": self.heads,
            "silences": self.silences.state(),
            "changes": {
                change.id: f"{change.state} {change.version} {change.body.revision} {change.position}"
                f" {change.reversed_by} {len(change.steps)} {sum(map(len, change.acts))}"
                f" {[(voice.office, voice.concurs) for voice in change.voices.values()] if change.voices else ''}"
                for change in self.changes.values()
            },
        }

    def _step(self, record: Record, note: str = "") -> Change | None:
        """Note who did what with a change; None for a change that isn't there."""
        change = self.changes.get(record.subject)
        if change is not None:
            signed = Signed(record.kind, record.id, record.written_ms, record.person, record.appointment, note)
            change.steps.append(signed)
            change.version = record.id
        return change

    def _drafted(self, record: Record, body: r.ChangeDrafted) -> None:
        self.changes[record.subject] = Change(record, body)
        self._step(record)

    def _edited(self, record: Record, body: r.ChangeEdited) -> None:
        if change := self._step(record):
            change.edit(record, body)

    def _acts(self, record: Record, body: r.ChangeActs) -> None:
        change = self.changes.get(record.subject)
        if change is not None and change.body.revision == body.revision and change.approved is None:
            change.acts[body.phase] += [Planned(act, record.label) for act in body.acts]

    def _submitted(self, record: Record, _body: r.ChangeSubmitted) -> None:
        if change := self._step(record):
            change.state = "submitted"

    def _voiced(self, record: Record, body: r.ChangeConcurred | r.ChangeNotConcurred) -> None:
        if change := self._step(record, body.note):
            concurs = isinstance(body, r.ChangeConcurred)
            change.voices[body.office] = Voice(body.office, body.unit, concurs, change.body.revision, change.steps[-1])

    def _returned(self, record: Record, body: r.ChangeReturned) -> None:
        if change := self._step(record, body.note):
            change.state = "draft"

    def _withdrawn(self, record: Record, body: r.ChangeWithdrawn) -> None:
        if change := self._step(record, body.note):
            change.state = "withdrawn"

    def _approved(self, record: Record, body: r.ChangeApproved) -> None:
        change = self._step(record, body.note)
        if change is None or change.approved is not None or change.body.revision != body.revision:
            return
        change.state, change.approved, change.approved_ms = "approved", body, record.written_ms
        change.position = record.position
        if (reversed_one := self.changes.get(change.body.reverses)) is not None:
            reversed_one.reversed_by = change.id
        for fact in facts_of(change, record, body):
            self._add(fact)
        ticks = {
            (change.moment_ms(phase), phase, one.label)
            if one.act.at_ms is None
            else (one.act.at_ms, OWN_MOMENT, one.label)
            for phase, one in change.facts()
        }
        for at_ms, phase, label in ticks:
            insort(self._ticks, Tick(at_ms, record.written_ms, phase, change.id, label), key=lambda tick: tick[:4])
        self._restructured(record)

    def _restructured(self, record: Record) -> None:
        """Note when the structure was changed, and let go of what was kept of it."""
        self._written.append(max(record.written_ms, self._written[-1] if self._written else record.written_ms))
        self._positions.append(record.position)
        self._kept.clear()

    def _add(self, fact: Fact[Any]) -> None:
        act, written_ms = fact.act, fact.written_ms
        group = _GROUPS[type(act)]
        self._lines[group].setdefault(subject(act), Line()).add(fact)
        self._moment(fact.from_ms, fact.label, written_ms)
        if isinstance(act, r.RelationMade):
            if act.until_ms:
                self._moment(act.until_ms, fact.label, written_ms)
            for unit in (act.superior, act.subordinate):
                self._relations_of.setdefault(unit, {})[act.relation] = None
        elif isinstance(act, r.ResponsibilityGiven):
            self._responsibilities_of.setdefault(act.unit, {})[act.responsibility] = None
        elif isinstance(act, r.LiaisonPosted):
            if act.until_ms:
                self._moment(act.until_ms, fact.label, written_ms)
            for unit in (act.home, act.host):
                self._liaisons_of.setdefault(unit, {})[act.liaison] = None
        self._told[fact.label] += 1
        self._labels[fact.label] = None

    def _moment(self, at_ms: int, label: Label | None, written_ms: int) -> None:
        index = bisect_left(self._moments, at_ms)
        if index == len(self._moments) or self._moments[index] != at_ms:
            self._moments.insert(index, at_ms)
        if at_ms > written_ms:
            self._ties += 1
            heapq.heappush(self._ahead, (at_ms, self._ties, label))

    def _relation_accepted(self, record: Record, body: r.RelationAccepted) -> None:
        self._accepted.setdefault(record.subject, []).append((record.position, body.side, record.label))
        self._labels[record.label] = None
        self._restructured(record)

    def _decided(self, record: Record, body: r.SuccessionDecided) -> None:
        self.silences.decided(record, body)
        if body.decision == "wait":
            return
        act = r.CommandTaken(unit=record.subject, appointment=body.appointment, instead_of=body.instead_of)
        self._add(decision_of(record, act))
        self._restructured(record)

    # -- who hears of a change

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever something was written or took effect; return what ends that. Callbacks must be quick."""
        return self._listeners.add(callback)

    def sweep(self, now_ms: int) -> None:
        """Tell those who listen if something took effect or ended by itself by now."""
        passed = False
        while self._ahead and self._ahead[0][0] <= now_ms:
            at_ms, _, label = heapq.heappop(self._ahead)
            self._passed[label] = at_ms
            passed = True
        if passed:
            self._listeners.tell()

    def told(self, sees: Sees) -> tuple[int, int]:
        """Return how far the structure has come and the last moment that passed, of what a reader may see alone."""
        position = sum(count for label, count in self._told.items() if sees(label))
        return position, max((at for label, at in self._passed.items() if sees(label)), default=0)

    def labels(self, sees: Sees) -> list[Label]:
        """Return the labels of what was written, facts and changes, that a reader may see: what a banner rises by."""
        return [label for label in self._told if label is not None and sees(label)]

    # -- questions

    def at(self, known_ms: int, at_ms: int, sees: Sees | None = None) -> Snapshot:
        """Return what was in force at `at_ms`, of what was written by `known_ms`, and of what a reader may see.

        What is hidden from him changes nothing for him: he sees the structure as if it had not been written.
        """
        hidden = NOTHING if sees is None else self.hidden(sees)
        known = bisect_right(self._written, known_ms)
        position = self._positions[known - 1] if known else 0
        key = (position, bisect_right(self._moments, at_ms), hidden)
        snapshot = self._kept.get(key)
        if snapshot is None:
            snapshot = self.fold(position, at_ms, hidden=hidden)
            self._kept[key] = snapshot
            if len(self._kept) > SNAPSHOTS_MAX:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return snapshot

    def fold(self, position: int, at_ms: int, more: Iterable[Fact[Any]] = (), hidden: Hidden = NOTHING) -> Snapshot:
        """Return the structure at a moment, from records as far as a position, and facts that are not written yet."""
        extra: dict[Group, dict[str, Line]] = {}
        for one in more:
            of = extra.setdefault(_GROUPS[type(one.act)], {})
            of.setdefault(subject(one.act), Line()).add(one)
        lapsed: dict[str, Relation] = {}
        picked: dict[str, dict[str, Any]] = {}
        for group, lines in self._lines.items():
            found: dict[str, Any] = {}
            picked[group] = found
            for key, line in lines.items():
                fact = line.at(position, at_ms, hidden)
                if fact is not None:
                    found[key] = fact
            for key, line in extra.get(group, {}).items():
                late = line.at(UNWRITTEN, at_ms)
                known = found.get(key)
                if late is not None and (known is None or known.from_ms <= late.from_ms):
                    found[key] = late
        relations: dict[str, Relation] = {}
        for key, chosen in picked["relation"].items():
            made: Relation | None = chosen if isinstance(chosen.act, r.RelationMade) else self._made(key, extra)
            if made is None:
                continue
            if made is chosen and not (made.act.until_ms and made.act.until_ms <= at_ms):
                relations[key] = made
            elif made.act.type in ("OPCON", "OPCOM"):
                lapsed[made.act.subordinate] = made
        return Snapshot(
            units=_live(picked["unit"]),
            places=picked["place"],
            strengths=picked["strength"],
            relations=relations,
            responsibilities=_live(picked["responsibility"]),
            bound=picked["bound"],
            liaisons={
                key: fact
                for key, fact in _live(picked["liaison"]).items()
                if not (fact.act.until_ms and fact.act.until_ms <= at_ms)
            },
            successions=picked["succession"],
            acting=picked["acting"],
            accepted={
                key: frozenset(side for at, side, label in sides if at <= position and label not in hidden)
                for key, sides in self._accepted.items()
            },
            lapsed=lapsed,
        )

    def _made(self, relation: str, extra: dict[Group, dict[str, Line]]) -> Relation | None:
        lines = (self._lines["relation"].get(relation), extra.get("relation", {}).get(relation))
        facts = (fact for line in lines if line is not None for fact in line.facts)
        return next((fact for fact in facts if isinstance(fact.act, r.RelationMade)), None)

    def hidden(self, sees: Sees) -> Hidden:
        """Return the labels of what a reader may not see."""
        return frozenset(label for label in self._labels if not sees(label))

    def units(self) -> Iterable[str]:
        """Return the ids of all units that ever were."""
        return self._lines["unit"]

    def facts_about(self, unit: str) -> Iterator[Fact[Any]]:
        """Yield all that was ever written about a unit, its relations and responsibilities."""
        for group in ("unit", "place", "strength", "succession", "acting"):
            if line := self._lines[group].get(unit):
                yield from line.facts
        for key in self._relations_of.get(unit, {}):
            yield from self._lines["relation"][key].facts
        for key in self._responsibilities_of.get(unit, {}):
            yield from self._lines["responsibility"][key].facts
        for key in self._liaisons_of.get(unit, {}):
            yield from self._lines["liaison"][key].facts

    def labels_of(self, key: str, group: Group = "unit") -> set[Label | None]:
        """Return the labels of what a unit, a relation or a responsibility was said to be."""
        line = self._lines[group].get(key)
        return {fact.label for fact in line.facts} if line else set()

    def tours(self, appointment: str) -> Iterator[tuple[Fact[r.LiaisonPosted], int]]:
        """Yield every tour as a liaison officer that an appointment ever had, and when it ended; 0: not yet."""
        for liaison, line in self._lines["liaison"].items():
            posted = self.liaison(liaison)
            if posted is not None and posted.act.appointment == appointment:
                ends = [fact.from_ms for fact in line.facts if isinstance(fact.act, r.LiaisonEnded)]
                yield posted, min([*ends, *([posted.act.until_ms] if posted.act.until_ms else [])], default=0)

    def liaison(self, liaison: str) -> Fact[r.LiaisonPosted] | None:
        """Return the fact that posted a liaison officer, whether in force or not."""
        line = self._lines["liaison"].get(liaison)
        return next((fact for fact in line.facts if isinstance(fact.act, r.LiaisonPosted)), None) if line else None

    def made(self, relation: str) -> Relation | None:
        """Return the fact that made a relation, whether in force or not."""
        return self._made(relation, {})

    def losing(self, fact: Relation) -> set[str]:
        """Return who held the same over the unit just before a relation began."""
        before = self.fold(fact.position, fact.from_ms - 1)
        return {
            one.act.superior
            for one in before.over.get(fact.act.subordinate, ())
            if one.act.type == fact.act.type and one.act.superior != fact.act.superior
        }

    def void(self, fact: Relation) -> bool:
        """Tell whether a relation was ended from the moment on which it was to begin: it never was in force."""
        line = self._lines["relation"].get(fact.act.relation)
        last = line.at(UNWRITTEN, fact.from_ms) if line else None
        return last is not None and isinstance(last.act, r.RelationEnded)

    def relations_of(self, unit: str) -> Iterator[tuple[Relation, list[int]]]:
        """Yield every relation there ever was of a unit, with when it began and ended."""
        for key in self._relations_of.get(unit, ()):
            if (made := self.made(key)) is not None:
                moments = [fact.from_ms for fact in self._lines["relation"][key].facts]
                yield made, moments + ([made.act.until_ms] if made.act.until_ms else [])

    def described(self, unit: str, at_ms: int, sees: Sees) -> Unit | None:
        """Return what a unit was last said to be by a moment, also one that has ended; None where that is hidden."""
        line = self._lines["unit"].get(unit)
        facts = (fact for fact in reversed(line.facts) if fact.from_ms <= at_ms) if line else ()
        return next((fact for fact in facts if sees(fact.label) and not isinstance(fact.act, r.UnitEnded)), None)

    def moments_of(self, unit: str) -> list[int]:
        """Return when a unit was added, described anew or ended."""
        line = self._lines["unit"].get(unit)
        return [fact.from_ms for fact in line.facts] if line else []

    def moments(self) -> list[int]:
        """Return when anything begins or ends, each once, in order."""
        return self._moments

    def ticks(self) -> list[Tick]:
        """Return when acts apply from, in order."""
        return self._ticks

    @property
    def position(self) -> int:
        """The last record that changed the structure."""
        return self._positions[-1] if self._positions else 0


def _live(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: fact for key, fact in facts.items() if not isinstance(fact.act, _ENDS)}
