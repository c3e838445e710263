"""Who commands when nothing is heard of the commander: nobody but whom somebody decides on (R9).

Owns: when silence is too long, who is asked then, who decides, and what is written.
Doesn't own: what is contact (`app`), the list of alternates (`command.rules.posts`), who speaks for a unit then
(`command.snapshot`).

However long the silence, nothing moves by itself: a record asks, and a person answers with another record. Whoever
replaces a commander speaks for the unit, the commander for none, until it is decided that he commands again.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from jointhq.base.errors import NotVisible, Refusal
from jointhq.command import records as r
from jointhq.command.authority import commands
from jointhq.command.forms.posts import DecideForm
from jointhq.command.ground import Ground
from jointhq.command.silence import MINUTE_MS, Silence
from jointhq.command.snapshot import Fact, Snapshot
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Body, Draft
from jointhq.people.directory import COMMAND, Session
from jointhq.release.label import NOBODY, Label

Succession = Fact[r.SuccessionSet]


class Prompt(msgspec.Struct, frozen=True):
    """Somebody has to decide: who commands is not heard of ("lost"), or the commander is back ("back")."""

    why: Literal["lost", "back"]
    unit: str
    succession: Succession
    silence: Silence | None
    version: str  # the record that it rests on; who decides sends it back


# -- listening


def watched(g: Ground) -> Iterator[tuple[Succession, str]]:
    """Yield each succession in force with whom to listen for: who commands, and whom he replaces."""
    whole = g.whole()
    for unit, fact in whole.successions.items():
        for appointment in dict.fromkeys((whole.commander(unit), fact.act.commander)):
            yield fact, appointment


def listen(g: Ground, heard_ms: Mapping[str, int]) -> Iterator[Draft]:
    """Yield what is to be written of contact lost and regained; `heard_ms` is when each was last heard of."""
    for fact, appointment in watched(g):
        act = fact.act
        last_ms = heard_ms.get(appointment, g.now_ms)
        lasting = g.structure.silences.lasting(act.unit, appointment)
        late = g.now_ms - last_ms >= act.minutes * MINUTE_MS
        body: Body | None = None
        if lasting is None and late:
            body = r.ContactLost(appointment=appointment, since_ms=last_ms, minutes=act.minutes)
        elif lasting is not None and last_ms > lasting.lost_ms and not late:
            body = r.ContactRegained(appointment=appointment)
        if body is not None:
            yield Draft(body=body, subject=act.unit, label=_label(g, fact.label), exercise=g.exercise)


def _label(g: Ground, label: Label | None) -> Label:
    return label or msgspec.structs.replace(g.label, groups=(NOBODY,))


# -- who is asked, and what he decides


def prompt(g: Ground, unit: str) -> Prompt | None:
    """Return what is to be decided about a unit now; None: nothing, or all wait for the time they gave themselves."""
    whole = g.whole()
    fact = whole.successions.get(unit)
    if fact is None:
        return None
    silences = g.structure.silences
    decided = silences.decisions.get(unit)
    silence = silences.lasting(unit, whole.commander(unit))
    back = unit in whole.acting and silences.lasting(unit, fact.act.commander) is None
    if silence is None and not back:
        return None
    asked_ms = silence.lost_ms if silence else 0
    last = decided if decided is not None and decided.at_ms >= asked_ms else None
    if last is not None and last.decision == "wait" and g.now_ms < last.at_ms + fact.act.minutes * MINUTE_MS:
        return None
    version = last.record if last else silence.record if silence else ""
    return Prompt("lost" if silence else "back", unit, fact, silence, version)


def is_asked(g: Ground, actor: Session, whole: Snapshot, fact: Succession) -> bool:
    """Tell whether the asker decides about a unit: its commander and alternates, its chief, and who is over it.

    The chief is whoever has `command` and speaks for the unit.
    """
    act = fact.act
    if COMMAND not in actor.permissions or not g.door.may_see(actor.reader, fact.label, g.now_ms):
        return False
    named = actor.appointment in (act.commander, *act.alternates, whole.commander(act.unit))
    unit = g.unit_of(actor)
    return named or bool(unit and commands(whole, unit, act.unit))


def prompts(g: Ground, actor: Session) -> list[Prompt]:
    """Return what waits for the asker to decide."""
    whole = g.whole()
    asked = (unit for unit, fact in whole.successions.items() if is_asked(g, actor, whole, fact))
    return [found for unit in asked if (found := prompt(g, unit)) is not None]


def decide(g: Ground, actor: Session, unit: str, form: DecideForm) -> Outcome:
    """Decide who commands: another, or for now nobody else, or the commander again."""
    whole = g.whole()
    fact = whole.successions.get(unit)
    if fact is None or not g.door.may_see(actor.reader, fact.label, g.now_ms) or not g.unit_seen(actor.reader, unit):
        raise NotVisible("no such succession")
    if not is_asked(g, actor, whole, fact):
        raise Refusal("not_yours", "the alternates decide this, the unit's chief, or who is over it", 403, unit=unit)
    asked = prompt(g, unit)
    if asked is None:
        raise Refusal("nothing_to_decide", "who commands is heard of, or somebody has decided already; look again")
    if asked.version != form.version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")
    act = fact.act
    if form.decision == "transfer":
        _can_take_over(whole, fact, form.appointment)
    elif form.appointment:
        raise Refusal("alternate_unknown", "nobody takes over by this; leave the appointment out", 400)
    if form.decision == "return" and unit not in whole.acting:
        raise Refusal("nothing_to_decide", "nobody acts in the commander's place")
    body = r.SuccessionDecided(
        decision=form.decision, appointment=form.appointment, instead_of=act.commander, note=form.note.strip()
    )
    return Outcome(
        [
            Draft(
                body=body,
                subject=unit,
                label=_label(g, fact.label),
                appointment=actor.appointment,
                person=actor.person,
                exercise=g.exercise,
            )
        ]
    )


def _can_take_over(whole: Snapshot, fact: Succession, appointment: str) -> None:
    act = fact.act
    if appointment not in act.alternates or appointment == whole.commander(act.unit):
        raise Refusal("alternate_unknown", "choose one of the alternates who doesn't command already", 400)
    if any(one.act.appointment == appointment for one in whole.acting.values()):
        raise Refusal("acts_elsewhere", "this alternate commands another unit in its commander's place")
