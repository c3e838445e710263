"""The acts of a draft: what they name is there, what is new gets its id, each has its label.

Owns: from a form's acts to what is written. Doesn't own: what acts make together (`command.rules.invariants`).

What the drafter may not see is for him not there: he names neither it nor its id. Ids of what is new are made here, so
that nobody learns by asking whether an id is taken. An act is at least as narrow as what it names.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from jointhq.base.errors import BadInput, Refusal
from jointhq.command import matrix
from jointhq.command import records as r
from jointhq.command.change import Change, Planned
from jointhq.command.forms import changes as f
from jointhq.command.ground import Ground
from jointhq.command.rules import posts
from jointhq.command.structure import Group
from jointhq.people import fence
from jointhq.people.directory import Session
from jointhq.release.label import Label

NEW: Final = "+"  # what an id begins with until the draft is written
ACT_BYTES_MAX: Final = 64 * 1024  # of one act with what is kept of foreign fields
CHANGE_BYTES_MAX: Final = 8 << 20  # of all acts of a change: one append takes 16 MiB

# Fields that name something, by what they name.
_NAMES: Final = {
    "unit": "unit",
    "superior": "unit",
    "subordinate": "unit",
    "granted_by": "unit",
    "relation": "relation",
    "responsibility": "responsibility",
    "appointment": "appointment",
    "commander": "appointment",
    "liaison": "liaison",
    "home": "unit",
    "host": "unit",
}
_GROUPS: Final[dict[str, Group]] = {
    "unit": "unit",
    "relation": "relation",
    "responsibility": "responsibility",
    "liaison": "liaison",
}
_MAKES: Final = {
    r.UnitAdded: "unit",
    r.RelationMade: "relation",
    r.ResponsibilityGiven: "responsibility",
    r.LiaisonPosted: "liaison",
}


def label_of(g: Ground, actor: Session, text: str, parts: Iterable[Label | None] = ()) -> Label:
    """Return the label of something new, with what it is made of; refuses one that hides it from who writes it."""
    try:
        chosen = g.door.parse(text) if text.strip() else g.label
    except BadInput as error:
        raise Refusal("label_unknown", str(error), 400) from None
    label = g.door.merge([chosen, *parts])
    if label is None or not g.door.may_see(actor.reader, label, g.now_ms):
        raise Refusal("label_above_you", "you could not see this yourself any more; choose another label", 403)
    return label


def planned(
    g: Ground, actor: Session, form: f.ChangeForm, before: Change | None, new_id: Callable[[], str]
) -> list[list[Planned]]:
    """Return the acts of a form, by phase. Refuses what names something that isn't there."""
    total = sum(len(phase.acts) for phase in form.phases)
    if total > r.ACTS_MAX:
        raise Refusal("too_many_acts", f"{total} acts; {r.ACTS_MAX} are as many as one change takes", max=r.ACTS_MAX)
    own = _made(before) if before else {}
    fresh: dict[str, dict[str, str]] = {what: {} for what in _GROUPS}
    for phase in form.phases:
        for act in phase.acts:
            _new(act, fresh, own, new_id)
    there = _Known(g, actor, fresh, own)
    labels: dict[str, Label] = {}
    size, found = 0, list[list[Planned]]()
    for number, phase in enumerate(form.phases):
        acts = []
        for index, act in enumerate(phase.acts):
            where = {"phase": number, "act": index}
            text = act.label.strip() or form.label
            if text not in labels:
                labels[text] = label_of(g, actor, text)
            ready = there.resolved(act, where)
            length = len(msgspec.json.encode(ready))
            size += length
            if length > ACT_BYTES_MAX or size > CHANGE_BYTES_MAX:
                raise Refusal("too_long", "this is longer than a change takes; divide it", 400, **where)
            own_label = g.door.merge([labels[text], *there.labels(ready)])
            if own_label is None or not g.door.may_see(actor.reader, own_label, g.now_ms):
                raise Refusal("label_above_you", "you could not see this yourself any more; choose another label", 403)
            acts.append(Planned(msgspec.structs.replace(ready, label=""), own_label))
        found.append(acts)
    return found


def _made(change: Change) -> dict[str, set[str]]:
    """Return the ids that a draft has made already: it may go on naming them."""
    found: dict[str, set[str]] = {what: set() for what in _GROUPS}
    for _, one in change.facts():
        what = _MAKES.get(type(one.act))
        if what:
            found[what].add(getattr(one.act, what))
    return found


def _new(act: r.AnyAct, fresh: dict[str, dict[str, str]], own: dict[str, set[str]], new_id: Callable[[], str]) -> None:
    what = _MAKES.get(type(act))
    if what is None:
        return
    name = getattr(act, what)
    if name.startswith(NEW):
        if name in fresh[what]:
            raise Refusal("id_twice", f"{name!r} is made twice in this change", 400, name=name)
        fresh[what][name] = new_id()
    elif name not in own.get(what, ()):
        raise Refusal("id_new", f"what is new is called '+...', not {name!r}; it gets its id here", 400, name=name)


class _Known:
    """What a drafter may name."""

    def __init__(self, g: Ground, actor: Session, fresh: dict[str, dict[str, str]], own: dict[str, set[str]]) -> None:
        self._g, self._actor, self._fresh, self._own = g, actor, fresh, own
        self._seen: dict[tuple[str, str], bool] = {}

    def resolved(self, act: r.AnyAct, where: dict[str, int]) -> r.AnyAct:
        """Return an act with the ids of what it names."""
        if isinstance(act, r.RelationMade):
            _whole(act, where)
        if isinstance(act, r.LiaisonPosted):
            act = posts.liaison(self._g, act, where)
        if isinstance(act, r.SuccessionSet):
            for name in (act.commander, *act.alternates):
                if not self._there("appointment", name):
                    raise self._unknown("appointment", name, where)
            posts.succession(self._g, act, where)
        if isinstance(act, r.UnitPlaced) and (act.lat is None) != (act.lon is None):
            raise Refusal("place_half", "a place has both degrees, or none", 400, **where)
        changed: dict[str, Any] = {}
        for field, what in _NAMES.items():
            name = getattr(act, field, "")
            if not name:
                continue
            if name.startswith(NEW):
                changed[field] = self._fresh.get(what, {}).get(name, "")
                if not changed[field]:
                    raise self._unknown(what, name, where)
            elif name not in self._own.get(what, ()) and not self._there(what, name):
                raise self._unknown(what, name, where)
        return msgspec.structs.replace(act, **changed) if changed else act

    def labels(self, act: r.AnyAct) -> set[Label | None]:
        """Return the labels of what an act names, of what is there already."""
        found = set[Label | None]()
        for field, what in _NAMES.items():
            name = getattr(act, field, "")
            if name:
                found |= self._labels(what, name)
        for name in getattr(act, "alternates", ()):
            found |= self._labels("appointment", name)
        return found

    def _labels(self, what: str, name: str) -> set[Label | None]:
        """Return by which labels the drafter sees it: the one of now, else all of those."""
        if what == "appointment":
            known = self._g.directory.appointments.get(name)
            return {known.label} if known else set()
        snapshot = self._g.snapshot(self._actor.reader)
        groups: dict[str, dict[str, Any]] = {
            "unit": snapshot.units,
            "relation": snapshot.relations,
            "responsibility": snapshot.responsibilities,
            "liaison": snapshot.liaisons,
        }
        fact = groups[what].get(name)
        if fact is not None:
            return {fact.label}
        sees = self._g.sees(self._actor.reader)
        return {label for label in self._g.structure.labels_of(name, _GROUPS[what]) if sees(label)}

    def _unknown(self, what: str, name: str, where: dict[str, int]) -> Refusal:
        return Refusal(f"{what}_not_there", f"there is no {what} {name[:40]!r} that you may see", 400, **where)

    def _there(self, what: str, name: str) -> bool:
        key = (what, name)
        if key not in self._seen:
            g, reader = self._g, self._actor.reader
            if what == "unit":
                self._seen[key] = g.unit_seen(reader, name)
            elif what == "appointment":
                appointment = g.directory.appointments.get(name)
                self._seen[key] = appointment is not None and (
                    g.stands(g.snapshot(reader), reader, appointment) or fence.knows(g.people, self._actor, appointment)
                )
            else:
                labels = g.structure.labels_of(name, _GROUPS[what])
                seen = any(g.door.may_see(reader, label, g.now_ms) for label in labels)
                made = g.structure.made(name) if what == "relation" else None
                posted = g.structure.liaison(name) if what == "liaison" else None
                ends = (made.act.superior, made.act.subordinate) if made else ()
                ends = (posted.act.home, posted.act.host) if posted else ends
                self._seen[key] = seen and all(g.unit_seen(reader, unit) for unit in ends)
        return self._seen[key]


def _whole(act: r.RelationMade, where: dict[str, int]) -> None:
    """Refuse a relation that can't be one, whatever else there is."""
    if act.superior == act.subordinate:
        raise Refusal("circle", "a unit can't stand over itself", 400, **where)
    if act.until_ms and act.at_ms is not None and act.until_ms <= act.at_ms:
        raise Refusal("dates", "a relation ends after it begins", 400, **where)
    if (act.type == "SUPPORT") != bool(act.support):
        raise Refusal("support_kind", "SUPPORT is general, mutual, direct or close; nothing else is", 400, **where)
    unknown = set(act.limits.flags) - set(matrix.actions())
    if unknown:
        raise Refusal("flag_unknown", f"{min(unknown)!r} is no action of the matrices", 400, **where)
