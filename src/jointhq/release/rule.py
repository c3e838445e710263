"""The decision: may this reader see this label.

Owns: the one decision and the rule that made it. Whatever is missing, unknown or past means no.
Doesn't own: remembering answers (`release.door`), what several labels make together (`release.rollup`).
"""

from typing import Final, Literal, Protocol, get_args

import msgspec

from jointhq.release.label import NOBODY, Label
from jointhq.release.policy import Policies
from jointhq.release.reader import Reader

Rule = Literal[
    # yes
    "open_level",  # level: without a list, everyone cleared to it
    "owner",  # owner: the reader is of its nation or organisation
    "released_to",  # code: the entry of the list that takes the reader in
    # no: the label
    "unlabelled",
    "label_policy_unknown",  # policy
    "label_level_unknown",  # policy, level
    "caveat_unknown",  # policy, caveat
    "level_above_system",  # level, system
    "nobody",  # the need-to-know lists have nothing in common
    # no: the reader
    "never_cleared",
    "clearance_ended",  # ended_ms
    "reader_policy_unknown",  # policy
    "reader_level_unknown",  # policy, level
    "reader_nation_unknown",  # policy, nation
    # no: the two together
    "policies_not_equivalent",  # policy, level, to: no table takes the level to the system's or reader's
    "level_above_clearance",  # level, clearance
    "caveat_not_held",  # caveat, policy
    "not_owner_nation",  # caveat, owner, nation
    "not_originator",  # caveat, owner, organisation
    "not_released_to",  # releasable_to, nation, organisation
    "not_owner",  # level, owner, nation, organisation: no list, and not an open level
    "not_in_groups",  # groups
]
RULES: Final[tuple[str, ...]] = get_args(Rule)


class Verdict(msgspec.Struct, frozen=True):
    """The answer and the one rule that decides it; pages turn `rule` and `params` into words."""

    allowed: bool
    rule: Rule
    params: dict[str, str | int]


class High(Protocol):
    """The highest level a system may show; a `Label` is one."""

    @property
    def policy(self) -> str:
        """Id of the policy."""
        ...

    @property
    def level(self) -> str:
        """Code of the level."""
        ...


def cleared(reader: Reader, now_ms: int) -> Verdict | None:
    """Return why this reader's clearance doesn't hold at `now_ms`; None while it does."""
    if reader.cleared_until_ms <= 0:
        return _no("never_cleared")
    if now_ms >= reader.cleared_until_ms:
        return _no("clearance_ended", ended_ms=reader.cleared_until_ms)
    return None


def decide(policies: Policies, system: High, reader: Reader, label: Label | None) -> Verdict:
    """Return whether a reader whose clearance holds may see `label`, and by which rule."""
    if label is None:
        return _no("unlabelled")
    policy = policies.get(label.policy)
    if policy is None:
        return _no("label_policy_unknown", policy=label.policy)
    level = policy.level(label.level)
    if level is None:
        return _no("label_level_unknown", policy=label.policy, level=label.level)
    for code in label.caveats:
        if policy.caveat(code) is None:
            return _no("caveat_unknown", policy=label.policy, caveat=code)

    theirs = policies.get(reader.policy)
    if theirs is None:
        return _no("reader_policy_unknown", policy=reader.policy)
    clearance = theirs.level(reader.level)
    if clearance is None:
        return _no("reader_level_unknown", policy=reader.policy, level=reader.level)
    if reader.nation not in theirs.nations:
        return _no("reader_nation_unknown", policy=reader.policy, nation=reader.nation)

    highest = policies.level_in(system.policy, system.policy, system.level)
    here, asked = (policies.level_in(to, label.policy, label.level) for to in (system.policy, reader.policy))
    if here is None or asked is None:
        to = system.policy if here is None else reader.policy
        return _no("policies_not_equivalent", policy=label.policy, level=label.level, to=to)
    if highest is None or here.rank > highest.rank:
        return _no("level_above_system", level=label.level, system=system.level)
    if asked.rank > clearance.rank:
        return _no("level_above_clearance", level=label.level, clearance=reader.level)

    for code in label.caveats:
        kind = policy.caveat(code)
        if kind is None or kind.kind == "foreign":
            continue
        # A category held under one policy says nothing about its namesake in another.
        if kind.kind == "held" and (code not in reader.caveats or reader.policy != label.policy):
            return _no("caveat_not_held", caveat=code, policy=label.policy)
        if kind.kind == "owner_nation" and reader.nation != policy.nation_of(label.owner):
            return _no("not_owner_nation", caveat=code, owner=label.owner, nation=reader.nation)
        if kind.kind == "originator":
            named = (c for c in (label.owner, *label.releasable_to) if c in policy.organisations)
            if reader.organisation not in named:
                return _no("not_originator", caveat=code, owner=label.owner, organisation=reader.organisation)

    if label.groups and not (reader.groups - {NOBODY}).intersection(label.groups):
        if set(label.groups) == {NOBODY}:
            return _no("nobody")
        return _no("not_in_groups", groups=", ".join(label.groups))

    who = {"nation": reader.nation, "organisation": reader.organisation}
    if label.releasable_to:
        code = policy.matches(label.releasable_to, reader.nation, reader.organisation)
        if not code:
            return _no("not_released_to", releasable_to=", ".join(label.releasable_to), **who)
        return Verdict(allowed=True, rule="released_to", params={"code": code})
    if level.open:
        return Verdict(allowed=True, rule="open_level", params={"level": label.level})
    if policy.matches(label.owner.split(), reader.nation, reader.organisation):
        return Verdict(allowed=True, rule="owner", params={"owner": label.owner})
    return _no("not_owner", level=label.level, owner=label.owner, **who)


def _no(rule: Rule, **params: str | int) -> Verdict:
    return Verdict(allowed=False, rule=rule, params=params)
