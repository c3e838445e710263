"""What several labels make together, and which of two is the narrower.

Owns: merging the labels of anything composed, and comparing two labels. Doesn't own: the decision (`release.rule`).

A label's audience is three demands: be one of some nations or organisations, be of the owner's nation, be of a named
organisation. Sets are compared code by code, so the result may be narrower than it could be, never wider: ADatP-4774
drops a list that is missing on one side, which would widen release; here it ends with the owner, or with nobody.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import msgspec

from jointhq.release.label import NOBODY, Label, interned
from jointhq.release.policy import Caveat, CaveatKind, Level, Policies, Policy
from jointhq.release.rule import High

Atom = tuple[str, str]  # ("nation", "USA") or ("organisation", "USFJ"): a reader is one of each
T = TypeVar("T")


class Audience(NamedTuple):
    """Who a label is for, levels and groups aside. None: no such demand."""

    members: frozenset[Atom] | None
    nation: str | None  # NOFORN: of this nation; "" is nobody's
    organisations: frozenset[str] | None  # ORCON: of one of these
    held: frozenset[str]


def dominates(policies: Policies, a: Label | None, b: Label | None) -> bool:
    """Whether everyone who may see `a` may see `b`. A yes is certain; some true ones that need more are a no."""
    mine, yours = _audience(policies, a), _audience(policies, b)
    if mine is None or a is None or _nobody(mine, a.groups):
        return True
    if yours is None or b is None:
        return False
    here, there = policies.level_in(a.policy, a.policy, a.level), policies.level_in(a.policy, b.policy, b.level)
    if here is None or there is None or there.rank > here.rank:
        return False
    if b.groups and not (a.groups and set(a.groups) - {NOBODY} <= set(b.groups)):
        return False
    if not yours.held <= mine.held or (yours.held and a.policy != b.policy):
        return False
    return _within_nation(mine, yours) and _within_organisations(mine, yours) and _within_members(mine, yours)


def merge(policies: Policies, system: High, nation: str, labels: Iterable[Label | None]) -> Label | None:
    """Return the label of a whole made of these parts: who may see it may see each part. None for no parts.

    `system` gives the policy for parts of several, `nation` owns what no single part does.
    """
    parts = frozenset(labels)
    if not parts:
        return None
    first = next(iter(parts))
    if len(parts) == 1 and first is not None:
        return interned(first)
    policy_ids = {part.policy for part in parts if part is not None}
    policy = policies.get(policy_ids.pop() if len(policy_ids) == 1 else system.policy) or policies.get(system.policy)
    assert policy is not None, "a door's own policy is loaded"
    closed = Label(policy.id, policy.by_rank()[-1].code, owner=nation, groups=(NOBODY,))
    known = [part for part in parts if part is not None and _audience(policies, part) is not None]
    if len(known) < len(parts):
        return interned(closed)
    levels = [policies.level_in(policy.id, part.policy, part.level) for part in known]
    if None in levels:
        return interned(closed)
    level = max((level for level in levels if level is not None), key=lambda level: level.rank)
    whole = _compose(policies, policy, level, nation, known)
    said = _audience(policies, whole) is not None
    if whole is None or not said or not all(dominates(policies, whole, part) for part in known):
        return interned(msgspec.structs.replace(closed, level=level.code))
    return interned(whole)


def _audience(policies: Policies, label: Label | None) -> Audience | None:
    """Return who the label is for; None where it can't be read, which is nobody."""
    if label is None:
        return None
    policy = policies.get(label.policy)
    level = policy.level(label.level) if policy else None
    if policy is None or level is None or any(policy.caveat(code) is None for code in label.caveats):
        return None
    members: frozenset[Atom] | None = None
    if label.releasable_to or not level.open:
        members = _atoms(policy, label.releasable_to or label.owner.split())
    organisations = None
    if policy.has(label.caveats, "originator"):
        organisations = frozenset(c for c in (label.owner, *label.releasable_to) if c in policy.organisations)
    nation = policy.nation_of(label.owner) if policy.has(label.caveats, "owner_nation") else None
    held = frozenset(code for code in label.caveats if policy.has((code,), "held"))
    return Audience(members, nation, organisations, held)


def _atoms(policy: Policy, codes: Iterable[str]) -> frozenset[Atom]:
    found = set[Atom]()
    for code in codes:
        if code in policy.organisations:
            found.add(("organisation", code))
        elif code in policy.tetragraphs:
            found.update(("nation", member) for member in policy.tetragraphs[code])
        elif code in policy.nations:
            found.add(("nation", code))
    return frozenset(found)


def _nobody(audience: Audience, groups: tuple[str, ...]) -> bool:
    sets = (audience.members, audience.organisations)
    return audience.nation == "" or any(one is not None and not one for one in sets) or set(groups) == {NOBODY}


def _within_nation(a: Audience, b: Audience) -> bool:
    if b.nation is None or a.nation == b.nation:
        return True
    return a.members is not None and a.members <= {("nation", b.nation)}


def _within_organisations(a: Audience, b: Audience) -> bool:
    if b.organisations is None or (a.organisations is not None and a.organisations <= b.organisations):
        return True
    return a.members is not None and a.members <= {("organisation", code) for code in b.organisations}


def _within_members(a: Audience, b: Audience) -> bool:
    if b.members is None or (a.members is not None and a.members <= b.members):
        return True
    if a.nation is not None and ("nation", a.nation) in b.members:
        return True
    return a.organisations is not None and {("organisation", code) for code in a.organisations} <= b.members


def _compose(policies: Policies, policy: Policy, level: Level, nation: str, parts: list[Label]) -> Label | None:
    """Return a label for the whole, to be checked against each part; None where this policy can't say it."""
    audiences = [audience for part in parts if (audience := _audience(policies, part)) is not None]
    members = _common(a.members for a in audiences)
    organisations = _common(a.organisations for a in audiences)
    nations = {a.nation for a in audiences if a.nation is not None}
    held = frozenset[str]().union(*(a.held for a in audiences))
    originators = {part.owner for part, a in zip(parts, audiences, strict=True) if a.organisations is not None}
    owners = {part.owner for part in parts}

    codes = set(held)
    needed: dict[CaveatKind, set[str]] = {"owner_nation": nations, "originator": originators}
    for kind in (kind for kind, wanted in needed.items() if wanted):
        caveat = _caveat(policy, kind)
        if caveat is None:
            return None
        codes.add(caveat.code)
    if originators:
        owner = _joint(originators)
    elif len(nations) == 1 and (members is None or ("nation", *nations) in members):
        (owner,) = nations
    else:
        owner = owners.pop() if len(owners) == 1 else nation
    if foreign := _caveat(policy, "foreign"):
        codes |= {code for part in parts for code in part.caveats if policy.has((code,), "foreign")}
        others = {policy.nation_of(one) for part in parts for one in part.owner.split()}
        codes |= {f"{foreign.code} {one}" for one in others - {"", policy.nation_of(owner)}}

    releasable_to: set[str] = set()
    own = _atoms(policy, owner.split())
    if not nations and members is not None and (level.open or members != own):
        releasable_to = {
            code
            for kind, code in members
            if (kind == "nation" and code in policy.nations)
            or (code in policy.organisations and (organisations is None or code in organisations))
        }
        if not releasable_to:
            return None
    groups = _common(frozenset(part.groups) or None for part in parts)
    return Label(
        policy=policy.id,
        level=level.code,
        owner=owner,
        releasable_to=tuple(sorted(releasable_to)),
        caveats=tuple(sorted(codes)),
        groups=() if groups is None else tuple(sorted(groups - {NOBODY})) or (NOBODY,),
    )


def _common(sets: Iterable[frozenset[T] | None]) -> frozenset[T] | None:
    """Return what all have in common; None is everything."""
    given = [one for one in sets if one is not None]
    return frozenset.intersection(*given) if given else None


def _caveat(policy: Policy, kind: CaveatKind) -> Caveat | None:
    return next((caveat for caveat in policy.caveats if caveat.kind == kind), None)


def _joint(owners: Iterable[str]) -> str:
    return " ".join(sorted({code for owner in owners for code in owner.split()}))
