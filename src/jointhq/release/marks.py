"""Labels as the marks people read and write.

Owns: banner and portion marks, both ways, exactly: `SECRET//REL TO USA, JPN`, `(S//NF)`, `//JOINT SECRET JPN USA`.
Doesn't own: what the codes mean (`release.policy`). Need-to-know groups are no part of a mark.
Source: the public US marking rules as far as `docs/labels.md` tells them.

A label has one mark. The plain form is the policy's own nation (or, in a policy of no nation, the headquarters'), with
an owner in front where that would be ambiguous: another owner, or a list that leaves the owner's nation out.
"""

from itertools import pairwise
from typing import Final

from jointhq.base.errors import BadInput
from jointhq.release.label import Label, interned
from jointhq.release.policy import Caveat, Policy

MARK_CHARS_MAX: Final = 2000  # every nation and organisation listed stays under 1,000


class Marks:
    """The marks of one policy, as one headquarters reads them."""

    def __init__(self, policy: Policy, nation: str, organisation: str) -> None:
        self._policy = policy
        self._nation = policy.nation or nation
        # What originator control without an owner in front means; elsewhere's originator has to be named.
        self._originator = organisation if self._nation == nation and organisation in policy.organisations else ""
        codes = policy.codes()
        self._heads = {
            portion: {level.written(o, portion=portion): (o, level.code) for level in policy.levels for o in codes}
            for portion in (False, True)
        }
        self._plain = {
            portion: {level.code if portion else level.mark: level.code for level in policy.levels}
            for portion in (False, True)
        }

    def banner(self, label: Label) -> str:
        """Return the mark that stands on a page."""
        return self._write(label, portion=False)

    def portion(self, label: Label, within: Label | None = None) -> str:
        """Return the mark that stands on one item; a list equal to that of the page it is `within` is not repeated."""
        return f"({self._write(label, portion=True, within=within)})"

    def parse(self, text: str, within: Label | None = None) -> Label:
        """Return the label that a banner or a portion mark (in parentheses) says. Raises BadInput."""
        text = text.strip()
        if len(text) > MARK_CHARS_MAX:
            raise BadInput(f"a mark is longer than {MARK_CHARS_MAX} characters; shorten its list")
        portion = text.startswith("(")
        if portion != text.endswith(")"):
            raise BadInput(f"mark {text!r}: a portion mark has both parentheses, a banner none")
        body = text[1:-1] if portion else text
        try:
            return self._read(body, within, portion=portion)
        except BadInput as error:
            raise BadInput(f"mark {text!r}: {error}") from None

    def _write(self, label: Label, *, portion: bool, within: Label | None = None) -> str:
        policy = self._policy
        level = policy.level(label.level)
        if level is None:
            raise BadInput(f"policy {policy.id} has no level {label.level!r}; take one of its levels")
        owners = label.owner.split()
        word = level.code if portion else level.mark
        originator = policy.has(label.caveats, "originator")
        home_only = policy.has(label.caveats, "owner_nation")
        releasable = () if home_only else label.releasable_to  # the two exclude each other; the narrower is shown
        domestic = label.owner in ("", self._originator if originator else self._nation)
        if domestic and (not releasable or (self._nation in releasable and len(releasable) > 1)):
            parts = [word]
        elif len(owners) > 1:
            parts = ["", " ".join(["JOINT", word, *owners])]
        else:
            parts = ["", level.written(owners[0], portion=portion) if owners else word]
        foreign = sorted(code.partition(" ")[2] for code in label.caveats if policy.has((code,), "foreign"))
        if foreign:
            parts.append(" ".join([next(c.code for c in policy.caveats if c.kind == "foreign"), *foreign]))
        controls = [c.portion if portion else c.code for c in policy.caveats if c.code in label.caveats]
        if releasable:
            same = portion and within is not None and within.releasable_to == label.releasable_to
            controls.append("REL" if same else "REL TO " + ", ".join(self._in_order(releasable)))
        if controls:
            parts.append("/".join(controls))
        return "//".join(parts)

    def _in_order(self, codes: tuple[str, ...]) -> list[str]:
        """Return a list as a mark gives it: the policy's nation, nations, tetragraphs, organisations."""
        nations, groups = self._policy.nations, self._policy.tetragraphs
        return sorted(codes, key=lambda c: (c != self._nation, c not in nations, c not in groups, c))

    def _read(self, body: str, within: Label | None, *, portion: bool) -> Label:
        policy = self._policy
        explicit = body.startswith("//")
        head, *rest = body.removeprefix("//").split("//")
        owner, level = self._head(head, explicit=explicit, portion=portion)
        caveats: list[str] = []
        foreign = next((c for c in policy.caveats if c.kind == "foreign"), None)
        if foreign and rest and rest[0].split(" ")[0] == foreign.code:
            caveats += [f"{foreign.code} {code}" for code in self._codes(rest.pop(0).split(" ")[1:], foreign.code)]
        if len(rest) > 1:
            raise BadInput(f"{rest[-1]!r} is too much; after the level come at most FGI and one group of controls")
        releasable: tuple[str, ...] = ()
        known: list[Caveat] = []
        for control in rest[0].split("/") if rest else []:
            if releasable:
                raise BadInput(f"{control!r} stands behind REL TO, which comes last")
            if control == "REL" and portion:
                if within is None or not within.releasable_to:
                    raise BadInput("REL alone repeats the banner's list, and there is none; write REL TO with a list")
                releasable = within.releasable_to
            elif control == "REL TO" or control.startswith("REL TO "):
                releasable = self._list(control.removeprefix("REL TO").removeprefix(" "))
            else:
                known.append(self._caveat(control, portion=portion))
        places = [policy.caveats.index(caveat) for caveat in known]
        if any(a >= b for a, b in pairwise(places)):
            order = "/".join(c.code for c in policy.caveats if c in known)
            raise BadInput(f"controls stand once each and in this order: {order}")
        caveats += [caveat.code for caveat in known]
        kinds = {caveat.kind: caveat.code for caveat in known}
        if releasable and "owner_nation" in kinds:
            raise BadInput(f"{kinds['owner_nation']} and REL TO exclude each other; leave one out")
        if not explicit:
            owner = self._originator if "originator" in kinds else self._nation
            if not owner:
                raise BadInput(f"{kinds['originator']} needs its originator in front, as in //{self._nation} {head}")
            if releasable and self._nation not in releasable:
                raise BadInput(
                    f"REL TO starts with {self._nation}; or name the owner first: //{owner} {head}//REL TO ..."
                )
            if len(releasable) == 1:
                raise BadInput(f"REL TO {self._nation} alone releases to nobody; add another, or leave it out")
        if "owner_nation" in kinds and not policy.nation_of(owner):
            raise BadInput(f"{kinds['owner_nation']} needs an owner of one nation, not {owner}")
        return interned(Label(policy.id, level, owner, releasable, tuple(caveats)))

    def _head(self, head: str, *, explicit: bool, portion: bool) -> tuple[str, str]:
        """Return (owner, level); the owner is "" in the plain form."""
        plain = self._plain[portion]
        if not explicit:
            if head in plain:
                return "", plain[head]
            other = self._plain[not portion]
            if head in other:
                word = next(word for word, code in plain.items() if code == other[head])
                raise BadInput(f"{'a portion' if portion else 'a banner'} says {word}, not {head}")
            raise BadInput(f"no level {head!r} in policy {self._policy.id}; its levels are {', '.join(plain)}")
        if head.startswith("JOINT "):
            text = head.removeprefix("JOINT ")
            word = max((w for w in plain if text.startswith(w + " ")), key=len, default="")
            if not word:
                raise BadInput(f"JOINT is followed by a level ({', '.join(plain)}) and its owners")
            owners = self._codes(text.removeprefix(word + " ").split(" "), "JOINT")
            if len(owners) < 2:
                raise BadInput("JOINT needs two owners or more")
            return " ".join(owners), plain[word]
        found = self._heads[portion].get(head)
        if found is None:
            raise BadInput(f"{head!r} is no owner and level; write them as in //{self._nation} {next(iter(plain))}")
        return found

    def _codes(self, codes: list[str], where: str) -> list[str]:
        if not codes:
            raise BadInput(f"{where} is followed by codes, a space between them")
        for code in codes:
            self._need_known(code)
        if any(a >= b for a, b in pairwise(codes)):
            raise BadInput(f"the codes behind {where} stand once each, from A to Z")
        return codes

    def _list(self, text: str) -> tuple[str, ...]:
        codes = tuple(text.split(", ")) if text else ()
        if not codes:
            raise BadInput("REL TO needs a list, as in REL TO USA, JPN")
        for code in codes:
            self._need_known(code)
        right = self._in_order(tuple(set(codes)))
        if list(codes) != right:
            raise BadInput(f"write REL TO {', '.join(right)}: each once, nations before groups of them, A to Z")
        return tuple(sorted(codes))

    def _need_known(self, code: str) -> None:
        if not self._policy.knows(code):
            hint = "; put a comma and a space between codes" if " " in code or "," in code else ""
            raise BadInput(f"{code!r} is no nation, group of nations or organisation of {self._policy.id}{hint}")

    def _caveat(self, text: str, *, portion: bool) -> Caveat:
        for caveat in self._policy.caveats:
            if caveat.kind != "foreign" and text == (caveat.portion if portion else caveat.code):
                return caveat
        words = ", ".join(c.portion if portion else c.code for c in self._policy.caveats if c.kind != "foreign")
        raise BadInput(f"no control {text!r} in policy {self._policy.id}; it has {words or 'none'} and REL TO")
