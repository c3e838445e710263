"""Labels as CoT says them.

Owns: the event attributes `access`, `caveat` and `releasableTo`, both ways. Clients write free text there
("Undefined", "Unrestricted", anything): what isn't understood claims nothing, so the source's floor stands.
Doesn't own: raising to the floor (`release.door`). Owner and groups aren't on this wire; they are the source's.
"""

import re
from typing import Final

import msgspec

from jointhq.release.label import Label, interned
from jointhq.release.policy import Level, Policy

TEXT_CHARS_MAX: Final = 500  # of each attribute; every nation there is listed stays under 300, and more is not read
_BETWEEN: Final = re.compile(r"[\s,;/()]+")


def claim(policy: Policy, access: str, caveat: str, releasable_to: str, floor: Label) -> Label:
    """Return what an event says of itself, in words of `policy`; where it says nothing, what `floor` does."""
    access, caveat, releasable_to = (text.upper() for text in (access, caveat, releasable_to))
    head, _, behind = access.strip(" ()/").partition("//")
    level = next((level.code for level in reversed(policy.by_rank()) if _says(head, level)), floor.level)
    controls = f"{behind}/{caveat}"
    listed = controls.partition("REL TO")[2]
    caveats = {c.code for c in policy.caveats for word in _BETWEEN.split(controls) if word in (c.code, c.portion)}
    codes = {code for code in _BETWEEN.split(f"{listed} {releasable_to}") if policy.knows(code)}
    said = {*floor.caveats, *(code for code in caveats if policy.caveat(code))}
    if policy.has(said, "owner_nation"):
        codes = set()  # it excludes a list and is narrower
    elif not codes:
        codes = set(floor.releasable_to)
    return interned(msgspec.structs.replace(floor, level=level, caveats=tuple(said), releasable_to=tuple(codes)))


def _says(text: str, level: Level) -> bool:
    """Whether the level stands in the text, foreign and joint forms included; "TOP SECRET" is tried before "SECRET"."""
    words = f" {' '.join(text.split())} "
    return words.strip() == level.code or f" {level.mark} " in words


def said(level: Level, label: Label) -> tuple[str, str, str]:
    """Return access, caveat and releasableTo."""
    return level.mark, "/".join(label.caveats), ", ".join(label.releasable_to)
