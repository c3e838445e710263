"""Strength, rolled up: what is known, what of it is doubtful, and how many have no figure at all.

Owns: sums over the tree and over nations. Doesn't own: the tree (`command.snapshot`), figures (`command.records`).

A figure that a unit gives for the whole stands for all under it; those count in nothing above a second time.
"""

from collections.abc import Iterable

import msgspec

from jointhq.command.forms import structure as f
from jointhq.command.ground import Ground
from jointhq.command.records import StrengthReported
from jointhq.command.snapshot import Snapshot
from jointhq.release.label import Label
from jointhq.release.reader import Reader

REPORTED = "R"  # the source that is the unit itself


class Sum(msgspec.Struct):
    """What some units make together."""

    known: int = 0
    below: int = 0
    doubtful: int = 0
    authorised: int = 0
    units: int = 0
    missing: int = 0
    labels: set[Label | None] = msgspec.field(default_factory=set)

    def add(self, other: "Sum") -> None:
        """Take another's units too."""
        self.known += other.known
        self.below += other.below
        self.doubtful += other.doubtful
        self.authorised += other.authorised
        self.units += other.units
        self.missing += other.missing
        self.labels |= other.labels


def is_doubtful(act: StrengthReported) -> bool:
    """Tell whether somebody else than the unit says so, or it says so in words alone."""
    return act.source != REPORTED or act.number is None


def sums(snapshot: Snapshot, roots: Iterable[str]) -> dict[str, Sum]:
    """Return the sum of each unit under some roots, from the leaves up."""
    found: dict[str, Sum] = {}
    for root in roots:
        for unit in reversed(list(snapshot.below(root))):
            found[unit] = _sum(snapshot, unit, found)
    return found


def _sum(snapshot: Snapshot, unit: str, found: dict[str, Sum]) -> Sum:
    reported = snapshot.strengths.get(unit)
    act = reported.act if reported else None
    total = Sum(units=1, labels={snapshot.units[unit].label})
    for child in snapshot.children.get(unit, ()):
        if child in found:
            total.add(found[child])
    total.below = total.known
    if reported is not None:
        total.labels.add(reported.label)
    if act is None or act.number is None:
        total.missing += 1
    elif act.whole:
        total.known, total.doubtful = act.number, act.number if is_doubtful(act) else 0
    else:
        total.known += act.number
        total.doubtful += act.number if is_doubtful(act) else 0
    if act is not None and act.authorised is not None:
        total.authorised = act.authorised if act.whole else total.authorised + act.authorised
    return total


def rollup(g: Ground, snapshot: Snapshot, unit: str) -> f.Rollup:
    """Return the strength of a unit with all under it."""
    return _row(g, snapshot, unit, sums(snapshot, (unit,))[unit])


def _row(g: Ground, snapshot: Snapshot, unit: str, total: Sum, nation: str = "", service: str = "") -> f.Rollup:
    act = snapshot.units[unit].act if unit else None
    return f.Rollup(
        unit=unit,
        name=act.name if act else "",
        name_ja=act.name_ja if act else "",
        nation=act.nation if act else nation,
        service=act.service if act else service,
        known=total.known,
        below=total.below,
        doubtful=total.doubtful,
        authorised=total.authorised,
        units=total.units,
        missing=total.missing,
        mark=g.portion(total.labels),
    )


def strength(g: Ground, reader: Reader, known_ms: int | None, at_ms: int | None) -> f.StrengthBody:
    """Return the strength by nation, by service, and of each root."""
    snapshot = g.snapshot(reader, known_ms, at_ms)
    found = sums(snapshot, snapshot.roots)
    nations: dict[str, Sum] = {}
    services: dict[tuple[str, str], Sum] = {}
    for root in snapshot.roots:
        nations.setdefault(snapshot.units[root].act.nation, Sum()).add(found[root])
    for unit in snapshot.units:
        act = snapshot.units[unit].act
        parent = snapshot.parents.get(unit)
        above = snapshot.units[parent.act.superior].act if parent else None
        if unit in found and (above is None or (above.nation, above.service) != (act.nation, act.service)):
            services.setdefault((act.nation, act.service), Sum()).add(_of_service(snapshot, unit, found))
    return f.StrengthBody(
        nations=[_row(g, snapshot, "", total, nation) for nation, total in sorted(nations.items())],
        services=[_row(g, snapshot, "", total, *key) for key, total in sorted(services.items())],
        roots=[_row(g, snapshot, root, found[root]) for root in snapshot.roots],
        mark=g.banner(snapshot.labels),
        known_ms=g.now_ms if known_ms is None else known_ms,
        at_ms=g.now_ms if at_ms is None else at_ms,
    )


def _of_service(snapshot: Snapshot, unit: str, found: dict[str, Sum]) -> Sum:
    """Return what units of one nation and service make, from the top one of them down."""
    act = snapshot.units[unit].act
    total, left = Sum(), [unit]
    while left:
        one = left.pop()
        own = snapshot.strengths.get(one)
        covers = own is not None and own.act.whole and own.act.number is not None
        if covers:
            total.add(found[one])
            continue
        alone = _sum(snapshot, one, {})
        total.add(alone)
        left += [
            child
            for child in snapshot.children.get(one, ())
            if child in found
            and (snapshot.units[child].act.nation, snapshot.units[child].act.service) == (act.nation, act.service)
        ]
    return total
