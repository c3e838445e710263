"""What a thing is marked with.

Owns: the label as a value. Doesn't own: what its codes mean (`release.policy`), who may see it (`release.door`).
"""

from collections.abc import Iterable
from typing import Final

import msgspec

NOBODY: Final = (
    "__NOBODY__"  # a group no reader is ever in: what is left when two need-to-know lists have nothing in common
)
INTERNED_MAX: Final = 65_536  # labels kept; a headquarters uses some hundreds, a hostile sender can't make it grow


class Label(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Who a thing is for, in the words of one policy. Codes are sorted; `interned` makes equal labels one object."""

    policy: str
    level: str  # the level's code in that policy: "U", "CUI", "S"
    owner: str = ""  # nation or organisation it comes from; several joint owners are sorted and joined by a space
    releasable_to: tuple[str, ...] = ()  # nations, tetragraphs (not expanded) and organisations
    caveats: tuple[str, ...] = ()  # "NOFORN", "ORCON", "FGI JPN", what else the policy defines
    groups: tuple[str, ...] = ()  # need to know, permissive: () restricts nothing, NOBODY is nobody


_interned: dict[Label, Label] = {}


def interned(label: Label) -> Label:
    """Return the one object that stands for this label, its codes sorted and each there once."""
    known = _interned.get(label)
    if known is None:
        tidy = Label(
            policy=label.policy,
            level=label.level,
            owner=" ".join(_sorted(label.owner.split())),
            releasable_to=_sorted(label.releasable_to),
            caveats=_sorted(label.caveats),
            groups=_sorted(label.groups),
        )
        if len(_interned) >= INTERNED_MAX:
            _interned.clear()  # equal labels stay equal; they only cease to be the same object
        known = _interned.setdefault(tidy, tidy)
    return known


def _sorted(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(codes)))
