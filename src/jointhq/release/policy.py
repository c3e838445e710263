"""What the codes in a label mean.

Owns: policies and the equivalences between them, read from data files and checked whole: a file that is wrong
anywhere is refused with its name and the field. Doesn't own: who may see what (`release.door`), marks as text
(`release.marks`).

An equivalence is a table that somebody agreed to, level by level; nothing is derived from ranks. Tables must start at
the lowest level without a gap, keep the order, and agree with one another, so that a roll-up over several policies can
never be seen by one that may not see all of its parts.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from jointhq.base.errors import BadInput

FILE_BYTES_MAX: Final = 1 << 20  # the shipped ones are under 8 KiB; more is not a policy
RESERVED: Final = frozenset({"JOINT", "REL", "TO"})  # words of the marks themselves
CODE: Final = re.compile(r"[A-Z][A-Z0-9-]{0,31}", re.ASCII)
NATION: Final = re.compile(r"[A-Z]{3}", re.ASCII)
MARK: Final = re.compile(r"[A-Z][A-Z0-9 -]{0,63}(?<! )", re.ASCII)

CaveatKind = Literal["held", "owner_nation", "originator", "foreign"]


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person reads, in both languages."""

    en: Annotated[str, msgspec.Meta(min_length=1)]
    ja: Annotated[str, msgspec.Meta(min_length=1)]


class OwnerMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one owner writes a level, where "NATO SECRET" and "(//NS)" don't follow from level and owner."""

    mark: str
    portion: str


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rung. Without a list, an `open` one is for anyone cleared to it; any other for its owner alone."""

    code: str  # what a label holds, and the portion mark: "S"
    rank: Annotated[int, msgspec.Meta(ge=0, le=100)]
    mark: str  # the banner mark: "SECRET"
    open: bool
    names: Names
    owner_marks: dict[str, OwnerMark] = {}

    def written(self, owner: str, *, portion: bool) -> str:
        """Return the words behind the leading "//" for one foreign owner: "JPN SECRET"; in a portion "JPN S"."""
        own = self.owner_marks.get(owner)
        if own is not None:
            return own.portion if portion else own.mark
        return f"{owner} {self.code if portion else self.mark}"


class Caveat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One restriction: `held` must be held by the reader, `owner_nation` is for the owner's nation alone,
    `originator` for the originating organisation and those it lists by name; `foreign` only tells whose
    information is inside, and is followed by their codes ("FGI JPN").
    """  # noqa: D205 - one sentence per kind, together

    code: str  # the banner mark: "NOFORN"
    kind: CaveatKind
    portion: str  # "NF"
    names: Names


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One policy, as in its file. Caveats stand in the order in which a mark shows them."""

    id: str
    oid: Annotated[str, msgspec.Meta(pattern=r"^[0-2](\.[0-9]+)+$")]
    names: Names
    nation: str  # whose marks these are: its own need no owner, and it comes first in REL TO; "": the headquarters'
    levels: Annotated[tuple[Level, ...], msgspec.Meta(min_length=1)]
    nations: dict[str, Names]
    caveats: tuple[Caveat, ...] = ()
    tetragraphs: dict[str, tuple[str, ...]] = {}
    organisations: dict[str, str] = {}  # code: its nation

    def level(self, code: str) -> Level | None:
        """Return the level of this code."""
        return next((level for level in self.levels if level.code == code), None)

    def caveat(self, code: str) -> Caveat | None:
        """Return the caveat that a label's "NOFORN" or "FGI JPN" names."""
        word, _, of = code.partition(" ")
        return next((c for c in self.caveats if c.code == word and (c.kind == "foreign") == bool(of)), None)

    def nation_of(self, owner: str) -> str:
        """Return the one nation behind an owner, joint owners included; "" where there isn't one."""
        nations = {code if code in self.nations else self.organisations.get(code, "") for code in owner.split()}
        return nations.pop() if len(nations) == 1 else ""

    def has(self, label_caveats: Iterable[str], kind: CaveatKind) -> bool:
        """Whether one of a label's caveats is of this kind."""
        return any(known.kind == kind for code in label_caveats if (known := self.caveat(code)))

    def matches(self, codes: Iterable[str], nation: str, organisation: str) -> str:
        """Return the first of `codes` that takes in somebody of this nation and organisation; "" if none does."""
        for code in codes:
            if code in self.nations:
                hit = code == nation
            elif code in self.tetragraphs:
                hit = nation in self.tetragraphs[code]
            else:
                hit = code in self.organisations and code == organisation
            if hit:
                return code
        return ""

    def by_rank(self) -> list[Level]:
        """Return the levels, lowest first."""
        return sorted(self.levels, key=lambda level: level.rank)

    def codes(self) -> tuple[str, ...]:
        """Return every code that can own a thing or that it can be released to."""
        return (*self.nations, *self.tetragraphs, *self.organisations)

    def knows(self, code: str) -> bool:
        """Whether something can be owned by, or released to, this code."""
        return code in self.nations or code in self.tetragraphs or code in self.organisations


class Equivalence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which level of one policy is which of another, by one agreement."""

    between: tuple[str, str]
    agreement: str
    levels: tuple[tuple[str, str], ...]


class Policies:
    """Every policy this headquarters knows; made by `load`, and then unchanging."""

    def __init__(self, policies: Mapping[str, Policy], tables: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
        self._policies = dict(policies)
        self._tables = {pair: dict(table) for pair, table in tables.items()}

    @classmethod
    def load(cls, extra_files: Iterable[Path | str] = ()) -> "Policies":
        """Read the shipped files and then the operator's; a later file replaces an earlier one of the same id
        (an equivalence: of the same pair). Raises BadInput naming file and field.
        """  # noqa: D205 - the rule doesn't fit one line
        shipped = sorted((f for f in files(__package__).joinpath("data").iterdir()), key=lambda f: f.name)
        texts = [(f.name, f.read_bytes()) for f in shipped if f.name.endswith(".json")]
        texts += [(str(path), _read(Path(path))) for path in extra_files]
        policies: dict[str, Policy] = {}
        tables: dict[frozenset[str], tuple[str, Equivalence]] = {}
        for name, text in texts:
            value = _decode(name, text)
            if isinstance(value, Policy):
                _check_policy(name, value)
                policies[value.id] = value
            else:
                tables[frozenset(value.between)] = (name, value)
        return cls(policies, _check_tables(policies, tables.values()))

    def __iter__(self) -> Iterator[Policy]:
        return iter(self._policies.values())

    def with_organisation(self, code: str, nation: str) -> "Policies":
        """Return these policies, knowing one more organisation: the headquarters' own."""
        grown = dict(self._policies)
        for policy in self:
            if nation in policy.nations and policy.organisations.get(code) != nation:
                organisations = {**policy.organisations, code: nation}
                grown[policy.id] = msgspec.structs.replace(policy, organisations=organisations)
                _check_policy("settings: organisation", grown[policy.id])
        return Policies(grown, self._tables)

    def get(self, policy: str) -> Policy | None:
        """Return the policy of this id."""
        return self._policies.get(policy)

    def level_in(self, policy: str, label_policy: str, level: str) -> Level | None:
        """Return what a level of `label_policy` is in `policy`; None where no table says so."""
        target = self._policies.get(policy)
        if target is None or label_policy not in self._policies:
            return None
        if policy != label_policy:
            level = self._tables.get((label_policy, policy), {}).get(level, "")
        return target.level(level)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise BadInput(f"{path}: can't be read: {error.strerror}; name a policy file that exists") from None
    if len(text) > FILE_BYTES_MAX:
        raise BadInput(f"{path}: longer than {FILE_BYTES_MAX} bytes; that is no policy file")
    return text


def _decode(name: str, text: bytes) -> Policy | Equivalence:
    try:
        keys = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        if "between" in keys:
            return msgspec.json.decode(text, type=Equivalence)
        return msgspec.json.decode(text, type=Policy)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(f"{name}: {error}") from None


def _check_policy(name: str, policy: Policy) -> None:
    def need(ok: object, field: str, why: str) -> None:
        if not ok:
            raise BadInput(f"{name}: {field}: {why}")

    def code(text: str, field: str, pattern: re.Pattern[str] = CODE) -> None:
        shape = "three capitals" if pattern is NATION else "capitals, digits and hyphens, at most 32"
        need(pattern.fullmatch(text), field, f"{text!r} is not a code ({shape})")
        need(text not in RESERVED, field, f"{text!r} is a word of the marks; choose another")

    def mark(text: str, field: str) -> None:
        need(MARK.fullmatch(text), field, f"{text!r} is not a mark (capitals, digits, spaces, hyphens, at most 64)")
        taken = [word for word in text.split(" ") if word in RESERVED or word in policy.nations]
        need(not taken, field, f"{taken} can't stand inside a mark")

    def once(values: Iterable[str | int], field: str) -> None:
        for value, times in Counter(values).items():
            need(times == 1, field, f"{value!r} stands {times} times")

    code(policy.id, "id")
    need(not policy.nation or policy.nation in policy.nations, "nation", f"{policy.nation!r} is not in nations")
    for nation in policy.nations:
        code(nation, f"nations.{nation}", NATION)
    for tetragraph, members in policy.tetragraphs.items():
        code(tetragraph, f"tetragraphs.{tetragraph}")
        need(members, f"tetragraphs.{tetragraph}", "names no nation")
        for member in members:
            need(member in policy.nations, f"tetragraphs.{tetragraph}", f"{member!r} is not in nations")
    for organisation, nation in policy.organisations.items():
        code(organisation, f"organisations.{organisation}")
        need(nation in policy.nations, f"organisations.{organisation}", f"{nation!r} is not in nations")
    once(policy.codes(), "nations, tetragraphs, organisations")
    for i, level in enumerate(policy.levels):
        code(level.code, f"levels[{i}].code")
        mark(level.mark, f"levels[{i}].mark")
        for owner, written in level.owner_marks.items():
            need(policy.knows(owner), f"levels[{i}].owner_marks.{owner}", "is no nation, tetragraph or organisation")
            mark(written.mark, f"levels[{i}].owner_marks.{owner}.mark")
            mark(written.portion, f"levels[{i}].owner_marks.{owner}.portion")
    once((level.rank for level in policy.levels), "levels.rank")
    once((level.code for level in policy.levels), "levels.code")
    once((level.mark for level in policy.levels), "levels.mark")
    for portion in (False, True):
        once((level.written(o, portion=portion) for level in policy.levels for o in policy.codes()), "owner_marks")
    for i, caveat in enumerate(policy.caveats):
        code(caveat.code, f"caveats[{i}].code")
        code(caveat.portion, f"caveats[{i}].portion")
    once((text for c in policy.caveats for text in {c.code, c.portion}), "caveats")
    for kind in ("owner_nation", "originator", "foreign"):
        need(sum(c.kind == kind for c in policy.caveats) <= 1, "caveats", f"more than one of kind {kind}")


def _check_tables(
    policies: Mapping[str, Policy], read: Iterable[tuple[str, Equivalence]]
) -> dict[tuple[str, str], dict[str, str]]:
    """Return every table in both directions, or refuse the first that a roll-up couldn't trust."""
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for name, agreed in read:
        for side, policy_id in enumerate(agreed.between):
            policy = policies.get(policy_id)
            if policy is None:
                raise BadInput(f"{name}: between[{side}]: no policy {policy_id!r} is loaded; add its file")
            lowest = [level.code for level in policy.by_rank()][: len(agreed.levels)]
            if [pair[side] for pair in agreed.levels] != lowest:
                raise BadInput(f"{name}: levels: give those of {policy_id} from the lowest up, none left out: {lowest}")
        one, other = agreed.between
        if one == other:
            raise BadInput(f"{name}: between: one policy twice")
        tables[one, other] = dict(agreed.levels)
        tables[other, one] = {b: a for a, b in agreed.levels}
    for (one, via), first in tables.items():
        for (start, other), then in tables.items():
            if start != via or other == one:
                continue
            agreed_levels = tables.get((one, other), {})
            for level, between in first.items():
                if between in then and agreed_levels.get(level) != then[between]:
                    raise BadInput(
                        f"equivalence {one} and {other}: levels: {level} must be {then[between]}, as it is via {via}"
                    )
    return tables
