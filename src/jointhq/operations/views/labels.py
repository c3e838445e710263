"""Marks that somebody may use, to choose from.

Owns: which are offered: of each level that he may see, those of what he sees already, without a list, and for the own
nation alone. Doesn't own: what a mark means (`release`); another that he types is as good.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from jointhq.base.errors import BadInput
from jointhq.operations.ground import Ground
from jointhq.release.label import Label
from jointhq.release.policy import Policy
from jointhq.release.reader import Reader

MARKS_MAX: Final = 40  # a list that one finds one's way in; more are typed


def offered(g: Ground, reader: Reader, seen: Iterable[Label]) -> list[str]:
    """Return the marks offered to a reader who sees these labels."""
    policy = g.door.policies.get(g.label.policy)
    if policy is None:
        return []
    marks = dict[str, None]()
    for label in _made(policy, g.label, sorted(seen, key=repr)):
        try:
            mark = g.door.banner(label)
            known = g.door.may_see(reader, label, g.now_ms) and g.door.parse(mark) is not None
        except BadInput:
            continue
        if known:
            marks[mark] = None
    return list(marks)[:MARKS_MAX]


def _made(policy: Policy, own: Label, seen: list[Label]) -> Iterator[Label]:
    bare = Label(policy=policy.id, level=own.level, owner=own.owner)
    alone = [one.code for one in policy.caveats if one.kind == "owner_nation"]
    shapes = [bare, msgspec.structs.replace(own, groups=())]
    shapes += [msgspec.structs.replace(one, groups=()) for one in seen if one.policy == policy.id]
    for level in policy.by_rank():
        mine = [] if level.open else [msgspec.structs.replace(bare, caveats=(code,)) for code in alone]
        for shape in (*shapes, *mine):
            yield msgspec.structs.replace(shape, level=level.code)
