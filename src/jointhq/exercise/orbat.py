"""The demo's structure of command: as published, the upgrade's first phase, and the change that waits for approval.

Owns: from the scenario and `data/command.json` to changes, written into the journal of a new demo.
Doesn't own: units and their places (`exercise.units`), rules of command (`command`), the people who sign (`.people`).

What is written is what the page could have written: drafted by one, approved by another. The published lines (CMD, ORG,
COMP) give no authority; the COCOM and OPCON beside them are the demo's, and name their source.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from jointhq.command import records as r
from jointhq.command.change import Planned
from jointhq.command.rules.revision import drafts
from jointhq.command.structure import Structure
from jointhq.exercise.people import id_of, signed
from jointhq.exercise.units import Scenario, Unit, load
from jointhq.journal.journal import Draft, Journal
from jointhq.release.door import Door
from jointhq.release.label import Label

DATA: Final = Path(__file__).parent / "data"
DRAFTER: Final = "planner"
APPROVER: Final = "indopacom"
NOW_ENDED: Final = "JP00"  # whose direct command the JJOC took over


class _Phase(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    name_ja: str
    at: str
    acts: list[dict[str, Any]] | Literal["before", "jjoc", "jmsdf"]


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    title_ja: str
    purpose: str
    purpose_ja: str
    label: str
    approved: bool
    phases: list[_Phase]


class _Described(msgspec.Struct, frozen=True, kw_only=True):
    order_refs: dict[str, str]
    changes: list[_Change]
    later: dict[str, str]
    numbers: dict[str, tuple[int, bool]]
    cocom: list[str]
    opcon: dict[str, str]


class Orbat:
    """The demo's units as acts."""

    def __init__(self) -> None:
        self._scenario: Scenario = load(DATA / "usfj.json")
        self._units = {unit.id: unit for unit in self._scenario.units}
        self.described = msgspec.json.decode((DATA / "command.json").read_bytes(), type=_Described)

    def acts(self, phase: _Phase) -> list[r.AnyAct]:
        """Return what a phase does."""
        if isinstance(phase.acts, str):
            return list({"before": self._before, "jjoc": self._jjoc, "jmsdf": self._jmsdf}[phase.acts]())
        return [act for said in phase.acts for act in self._said(said)]

    def _said(self, said: dict[str, Any]) -> Iterator[r.AnyAct]:
        match said["kind"]:
            case "unit" if "name" in said:
                base = self._added(self._units[said["unit"]])
                changed = {**msgspec.structs.asdict(base), "name": said["name"], "name_ja": said["name_ja"]}
                yield r.UnitChanged(**changed)
            case "unit":
                yield from self._unit(self._units[said["unit"]])
            case "appointment.bound":
                yield r.AppointmentBound(appointment=id_of("appointment", said["appointment"]), unit=said["unit"])
            case "liaison.posted" if said.get("appointment"):
                yield msgspec.convert({**said, "appointment": id_of("appointment", said["appointment"])}, r.AnyAct)
            case "succession.set":
                alternates = [id_of("appointment", name) for name in said["alternates"]]
                commander = id_of("appointment", said["commander"])
                yield msgspec.convert({**said, "commander": commander, "alternates": alternates}, r.AnyAct)
            case _:
                yield msgspec.convert(said, r.AnyAct)

    def _added(self, unit: Unit) -> r.UnitAdded:
        return r.UnitAdded(
            unit=unit.id,
            name=unit.name,
            name_ja=unit.name_ja,
            short=unit.short,
            sidc=unit.sidc,
            nation=unit.nation,
            service=unit.service,
            echelon=unit.echelon,
            external_id=f"unit-{unit.id}",
            note=unit.note,
            note_ja=unit.note_ja,
        )

    def _unit(self, unit: Unit) -> Iterator[r.AnyAct]:
        yield self._added(unit)
        yield r.UnitPlaced(unit=unit.id, lat=unit.lat, lon=unit.lon, place=unit.place, place_ja=unit.place_ja)
        if unit.strength:
            number, whole = self.described.numbers.get(unit.id, (None, False))
            yield r.StrengthReported(
                unit=unit.id,
                number=number,
                text=unit.strength.text,
                text_ja=unit.strength.text_ja,
                date=unit.strength.date,
                source=unit.strength.source,
                whole=whole,
            )

    def _made(self, kind: str, superior: str, subordinate: str, **more: Any) -> r.RelationMade:
        relation = f"demo-{superior}-{subordinate}-{kind}".lower()
        said = {"type": kind, "superior": superior, "subordinate": subordinate, **more}
        said.setdefault("order_ref", self.described.order_refs.get(kind, ""))
        return msgspec.convert({"relation": relation, **said}, r.RelationMade, strict=False)

    def _before(self) -> Iterator[r.AnyAct]:
        d = self.described
        for unit in self._scenario.units:
            if unit.id not in d.later:
                yield from self._unit(unit)
        for unit in self._scenario.units:
            if unit.id in d.later or not unit.parent:
                continue
            parent = NOW_ENDED if unit.parent in d.later else unit.parent
            yield self._made(unit.relation, parent, unit.id)
            if unit.superior:
                yield self._made("ADCON", unit.superior, unit.id)
        for unit_id in d.cocom:
            yield self._made("COCOM", "US01", unit_id)
        for unit_id, superior in d.opcon.items():
            yield self._made("OPCON", superior, unit_id, granted_by="US01")

    def _jjoc(self) -> Iterator[r.AnyAct]:
        for unit in self._scenario.units:
            if self.described.later.get(unit.id) == "jjoc":
                yield from self._unit(unit)
        yield self._made("CMD", NOW_ENDED, "JP02")
        for unit in self._scenario.units:
            if unit.parent != "JP02":
                continue
            if unit.id not in self.described.later:
                yield r.RelationEnded(relation=f"demo-jp00-{unit.id}-cmd".lower(), reason="JJOC activated")
            else:
                yield self._made("ADCON", unit.superior, unit.id)
            yield self._made("CMD", "JP02", unit.id)

    def _jmsdf(self) -> Iterator[r.AnyAct]:
        for unit in self._scenario.units:
            if self.described.later.get(unit.id) == "jmsdf":
                yield from self._unit(unit)
                yield self._made(unit.relation, unit.parent, unit.id)


def changes(door: Door, label: Label) -> Iterator[list[Draft]]:
    """Yield what is written for each change of the demo."""
    orbat = Orbat()
    for change in orbat.described.changes:
        own = door.parse(change.label) if change.label else label
        phases = [orbat.acts(phase) for phase in change.phases]
        head = r.ChangeDrafted(
            revision=1,
            title=change.title,
            title_ja=change.title_ja,
            purpose=change.purpose,
            purpose_ja=change.purpose_ja,
            phases=tuple(
                r.Phase(name=phase.name, name_ja=phase.name_ja, at_ms=_ms(phase.at)) for phase in change.phases
            ),
        )
        planned = [[Planned(act, own) for act in acts] for acts in phases]
        written = drafts(
            change.id,
            head,
            planned,
            own,
            appointment=id_of("appointment", DRAFTER),
            person=id_of("person", DRAFTER),
            exercise=True,
        )
        bodies: list[tuple[str, Any]] = [(DRAFTER, r.ChangeSubmitted())]
        if change.approved:
            at_ms = tuple(phase.at_ms for phase in head.phases)
            bodies.append((APPROVER, r.ChangeApproved(revision=1, at_ms=at_ms, unit="US01", note="demo")))
        accepted = [
            signed(act.relation, r.RelationAccepted(side="gaining", unit=act.superior), own, APPROVER)
            for act in (act for acts in phases for act in acts if change.approved)
            if isinstance(act, r.RelationMade) and act.granted_by
        ]
        yield [*written, *(signed(change.id, body, own, name) for name, body in bodies), *accepted]


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000) if text else r.AT_APPROVAL


async def add_orbat(journal: Journal, structure: Structure, door: Door, label: Label) -> None:
    """Write the demo's changes where they are not there yet."""
    for written in changes(door, label):
        if written[0].subject not in structure.changes:
            await journal.append(*written)
