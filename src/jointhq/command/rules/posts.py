"""Who speaks for a headquarters elsewhere, and who would take it over.

Owns: R8, liaison officers, and what a list of alternates must be (R9).
Doesn't own: what happens when a commander is not heard of (`command.rules.succession`).

R8 a liaison officer stands between two headquarters, at one of them at a time; who may commit his own does so by an
order that says so. R9 who commands, and who would, can command: his appointment has the permission for it.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from jointhq.base.errors import BadInput, Refusal
from jointhq.command import records as r
from jointhq.command.ground import Ground
from jointhq.command.rules.invariants import Fault
from jointhq.command.snapshot import Fact
from jointhq.command.structure import Structure
from jointhq.people.directory import COMMAND

FOREVER_MS: Final = r.TIME_MS_MAX + 1


def liaison(g: Ground, act: r.LiaisonPosted, where: dict[str, int]) -> r.LiaisonPosted:
    """Return the act with its ceiling as marks are written; refuse one that can't be, whatever else there is."""
    if act.home == act.host:
        raise Refusal("liaison_at_home", "a liaison officer stands at another headquarters than his own", 400, **where)
    if bool(act.appointment) == bool(act.name.strip()):
        text = "say who he is: an appointment of this headquarters, or else his name"
        raise Refusal("liaison_who", text, 400, **where)
    if act.until_ms and act.at_ms is not None and act.until_ms <= act.at_ms:
        raise Refusal("dates", "a tour ends after it begins", 400, **where)
    try:
        ceiling = g.door.banner(g.door.parse(act.ceiling))
    except BadInput as error:
        raise Refusal("ceiling_unknown", f"the ceiling is a mark: {error}", 400, **where) from None
    return msgspec.structs.replace(act, ceiling=ceiling)


def succession(g: Ground, act: r.SuccessionSet, where: dict[str, int]) -> None:
    """Refuse a list that can't be one."""
    named = (act.commander, *act.alternates)
    if not act.alternates:
        raise Refusal("no_alternates", "name who would take over, the first one first", 400, **where)
    if len(set(named)) < len(named):
        raise Refusal("alternate_twice", "each stands once in a succession, the commander before all", 400, **where)
    for name in named:
        if COMMAND not in g.directory.appointments[name].permissions:
            text = "who commands, or would, needs an appointment with the permission `command`"
            raise Refusal("cannot_command", text, 400, appointment=name, **where)


def faults(structure: Structure, facts: list[Fact[Any]]) -> Iterator[Fault]:
    """Yield what would be wrong with liaison officers if these facts came into force."""
    ended: dict[str, int] = {}
    for fact in facts:
        if isinstance(fact.act, r.LiaisonEnded):
            ended[fact.act.liaison] = min(fact.from_ms, ended.get(fact.act.liaison, FOREVER_MS))
    new = [fact for fact in facts if isinstance(fact.act, r.LiaisonPosted)]
    for number, fact in enumerate(new):
        act = fact.act
        names = {"unit": act.host, "superior": act.home, "appointment": act.appointment}
        if act.speaks == "commit" and not fact.order_ref:
            text = "a liaison officer who may commit his headquarters needs an order reference"
            yield Fault("no_order_ref", "R8", text, fact.from_ms, names)
        if not act.appointment:
            continue
        there = [(one, until or FOREVER_MS) for one, until in structure.tours(act.appointment)]
        there += [
            (one, one.act.until_ms or FOREVER_MS) for one in new[:number] if one.act.appointment == act.appointment
        ]
        until_ms = min(act.until_ms or FOREVER_MS, ended.get(act.liaison, FOREVER_MS))
        for other, other_until_ms in there:
            end_ms = min(other_until_ms, ended.get(other.act.liaison, FOREVER_MS))
            if max(fact.from_ms, other.from_ms) < min(until_ms, end_ms):
                text = f"he would be a liaison officer at {act.host} and at {other.act.host} at the same time"
                yield Fault("two_tours", "R8", text, fact.from_ms, {**names, "other": other.act.host})
                break
