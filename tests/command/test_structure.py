"""The structure by both clocks: the same as folding everything anew, for whoever looks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jointhq.command import records as r
from jointhq.command.snapshot import Snapshot
from jointhq.command.structure import Structure
from jointhq.release.label import Label
from tests.command.records import CLOSED, OPEN, Writer

UNITS = ["u1", "u2", "u3"]
RELATIONS = ["r1", "r2", "r3"]
MOMENTS = st.integers(0, 12).map(lambda n: n * 10)
unit_ids, relation_ids = st.sampled_from(UNITS), st.sampled_from(RELATIONS)
moments = st.one_of(st.none(), MOMENTS)
acts: st.SearchStrategy[r.AnyAct] = st.one_of(
    st.builds(r.UnitAdded, unit=unit_ids, name=st.sampled_from("abc"), at_ms=moments),
    st.builds(r.UnitChanged, unit=unit_ids, name=st.sampled_from("xyz"), at_ms=moments),
    st.builds(r.UnitEnded, unit=unit_ids, at_ms=moments),
    st.builds(r.UnitPlaced, unit=unit_ids, place=st.sampled_from("pqr"), at_ms=moments),
    st.builds(r.StrengthReported, unit=unit_ids, number=st.integers(0, 9), at_ms=moments),
    st.builds(r.RelationEnded, relation=relation_ids, at_ms=moments),
    st.builds(r.AppointmentBound, appointment=st.just("a"), unit=unit_ids, at_ms=moments),
)
made = st.tuples(unit_ids, unit_ids, st.sampled_from(["OPCON", "ORG", "COORD"]), MOMENTS, moments)
labels = st.sampled_from([OPEN, CLOSED])
changes = st.lists(
    st.tuples(
        MOMENTS,  # written this much after the one before
        MOMENTS,  # the phase's own moment; 0: the approval
        st.lists(st.tuples(acts, labels), max_size=5),
        st.booleans(),  # and a relation
        made,
        labels,
    ),
    max_size=6,
)


class Naive:
    """Every fact in a list, looked through for every question."""

    def __init__(self) -> None:
        self.facts: list[tuple[int, int, int, r.AnyAct, Label]] = []  # written, from, number, act, label

    def last(self, known_ms: int, at_ms: int, sees: Any, *kinds: type, **subject: str) -> r.AnyAct | None:
        found = [
            (from_ms, number, act)
            for written_ms, from_ms, number, act, label in self.facts
            if written_ms <= known_ms and from_ms <= at_ms and sees(label) and isinstance(act, kinds)
            and all(getattr(act, key) == value for key, value in subject.items())
        ]  # fmt: skip
        return max(found, key=lambda one: one[:2])[2] if found else None

    def shown(self, known_ms: int, at_ms: int, sees: Any) -> dict[str, Any]:
        def last(*kinds: type, **subject: str) -> r.AnyAct | None:
            return self.last(known_ms, at_ms, sees, *kinds, **subject)

        units = {u: last(r.UnitAdded, r.UnitChanged, r.UnitEnded, unit=u) for u in UNITS}
        there = {u: act for u, act in units.items() if act is not None and not isinstance(act, r.UnitEnded)}
        relations = {}
        for one in RELATIONS:
            act = last(r.RelationMade, r.RelationEnded, relation=one)
            if isinstance(act, r.RelationMade) and not (act.until_ms and act.until_ms <= at_ms):
                relations[one] = act
        bound = last(r.AppointmentBound, appointment="a")
        return {
            "units": there,
            "places": {u: act for u in there if (act := last(r.UnitPlaced, unit=u))},
            "strengths": {u: act for u in there if (act := last(r.StrengthReported, unit=u))},
            "relations": {k: a for k, a in relations.items() if a.superior in there and a.subordinate in there},
            "bound": {"a": bound} if isinstance(bound, r.AppointmentBound) and bound.unit in there else {},
        }


def shown(snapshot: Snapshot) -> dict[str, Any]:
    return {
        name: {key: fact.act for key, fact in getattr(snapshot, name).items()}
        for name in ("units", "places", "strengths", "relations", "bound")
    }


def written(told: list[Any]) -> tuple[Structure, Naive, Writer]:
    structure, naive = Structure(), Naive()
    writer = Writer(structure)
    now_ms, number, unused = 0, 0, list(RELATIONS)
    for later_ms, phase_ms, said, relates, (superior, subordinate, kind, until_ms, own_ms), label in told:
        now_ms += later_ms
        todo: list[r.AnyAct] = [act for act, _ in said]
        of = [label for _, label in said]
        if relates and unused:
            todo.append(
                r.RelationMade(
                    relation=unused.pop(), type=kind, superior=superior, subordinate=subordinate, until_ms=until_ms,
                    at_ms=own_ms,
                )
            )  # fmt: skip
            of.append(label)
        for act, its in zip(todo, of, strict=True):
            number += 1
            from_ms = (phase_ms or now_ms) if act.at_ms is None else act.at_ms
            naive.facts.append((now_ms, from_ms, number, act, its))
        writer.change(todo, now_ms, at_ms=phase_ms, labels=of)
    return structure, naive, writer


@given(changes)
def test_any_view_is_that_of_folding_anew(told: list[Any]) -> None:
    structure, naive, _ = written(told)
    last_ms = sum(later_ms for later_ms, *_ in told)
    for known_ms in sorted({0, last_ms // 2 // 10 * 10, last_ms, last_ms + 1}):
        for at_ms in (0, 30, 55, 120, last_ms + 200):
            for sees in (lambda _: True, lambda label: label == OPEN):
                now = structure.at(known_ms, at_ms, sees)
                if any(written_ms == known_ms for written_ms, *_ in naive.facts) or known_ms in (0, last_ms + 1):
                    assert shown(now) == naive.shown(known_ms, at_ms, sees)


@given(changes)
def test_a_unit_that_has_ended_is_known_as_it_was_last(told: list[Any]) -> None:
    structure, naive, _ = written(told)
    for at_ms in (0, 30, 55, 120, 10_000):
        for sees in (lambda _: True, lambda label: label == OPEN):
            for unit in UNITS:
                fact = structure.described(unit, at_ms, sees)
                last = naive.last(10_000, at_ms, sees, r.UnitAdded, r.UnitChanged, unit=unit)
                assert (fact.act if fact else None) == last


@given(changes)
def test_the_projection_follows_from_the_records(told: list[Any]) -> None:
    structure, _, writer = written(told)
    anew = Structure()
    for record in writer.records:
        anew.apply(record)
    assert anew.state() == structure.state()


def test_what_is_hidden_changes_nothing_for_a_reader() -> None:
    structure = Structure()
    writer = Writer(structure)
    unit = r.UnitAdded(unit="u1", name="a")
    writer.change([unit, r.UnitPlaced(unit="u1", place="here")], 10)
    writer.change(
        [r.UnitPlaced(unit="u1", place="there"), r.UnitEnded(unit="u1", at_ms=30)], 20, labels=[CLOSED, CLOSED]
    )

    def open_alone(label: Label | None) -> bool:
        return label == OPEN

    assert structure.at(99, 99, open_alone).places["u1"].act.place == "here"
    assert structure.at(99, 25).places["u1"].act.place == "there"
    assert structure.at(99, 99).units == {}
    told = structure.told(open_alone)
    writer.change([r.UnitPlaced(unit="u1", place="where")], 40, labels=[CLOSED])
    assert structure.told(open_alone)[0] == told[0] + 2  # the change itself is open here: its acts are not
    assert structure.told(lambda _: True)[0] > told[0] + 2


def test_moments_are_told_when_they_pass_to_those_who_may_know() -> None:
    structure = Structure()
    heard: list[int] = []
    Writer(structure).change(
        [r.UnitAdded(unit="u1", name="a", at_ms=50), r.UnitAdded(unit="u2", name="b", at_ms=60)],
        10,
        labels=[OPEN, CLOSED],
    )
    structure.on_change(lambda: heard.append(1))
    structure.sweep(49)
    assert heard == []
    structure.sweep(70)
    assert heard == [1]
    assert structure.told(lambda label: label == OPEN)[1] == 50
    assert structure.told(lambda _: True)[1] == 60


@pytest.mark.parametrize(("at_ms", "there"), [(9, False), (10, True), (19, True), (20, False)])
def test_intervals_are_half_open(at_ms: int, *, there: bool) -> None:
    structure = Structure()
    both: list[r.AnyAct] = [r.UnitAdded(unit=one, name=one) for one in ("u1", "u2")]
    made = r.RelationMade(relation="r1", type="OPCON", superior="u1", subordinate="u2", at_ms=10, until_ms=20)
    Writer(structure).change([*both, made], 5)
    assert ("r1" in structure.at(99, at_ms).relations) is there
