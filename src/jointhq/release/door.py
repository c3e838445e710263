"""The one door: everything that leaves asks here.

Owns: the answer to "may this reader see this label?", remembered; reading, writing and combining labels for the rest of
the house. Doesn't own: the rule itself (`release.rule`), policies (`release.policy`), marks (`release.marks`).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from jointhq.base.errors import BadInput
from jointhq.release import cot, rollup, rule
from jointhq.release.label import Label, interned
from jointhq.release.marks import Marks
from jointhq.release.policy import Policies, Policy
from jointhq.release.reader import Reader
from jointhq.release.rule import High, Verdict

PAIRS_MAX: Final = 131_072  # remembered answers, about 25 MB; 500 audiences times 250 labels
RECENT_MAX: Final = 4096  # remembered marks and claims of each kind; texts are cut, so at most some 20 MB if hostile


class Door:
    """Who may see what, in one headquarters. Plain `==` values in, the same answer out, whatever was asked before."""

    def __init__(self, policies: Policies, *, system: High, nation: str, organisation: str) -> None:
        """Open for a system that shows at most `system`, run by `organisation` of `nation`. Raises BadInput."""
        if policies.level_in(system.policy, system.policy, system.level) is None:
            raise BadInput(f"system level {system.policy} {system.level}: no such policy or level; load its file")
        self.policies: Final = policies.with_organisation(organisation, nation) if organisation else policies
        home = self.policies.get(system.policy)
        assert home is not None, "looked up above"
        if nation not in home.nations:
            raise BadInput(f"nation {nation!r} is not one of policy {home.id}; use its three-letter code")
        self._home: Final[Policy] = home
        self._system: Final = system
        self._nation: Final = nation
        self._marks: Final = {policy.id: Marks(policy, nation, organisation) for policy in self.policies}
        self._answers: dict[tuple[Reader, Label | None], bool] = {}
        # Every event claims and every page marks, in few ways: 0.1 us instead of 5 to 100.
        self._banner = lru_cache(RECENT_MAX)(self._write_banner)
        self._portion = lru_cache(RECENT_MAX)(self._write_portion)
        self._raised = lru_cache(RECENT_MAX)(self._raise)
        self._claimed = lru_cache(RECENT_MAX)(self._claim)

    def may_see(self, reader: Reader, label: Label | None, now_ms: int) -> bool:
        """Whether `reader` may see what is marked `label`. No label: no."""
        if now_ms >= reader.cleared_until_ms:
            return False
        try:
            return self._answers[reader, label]
        except KeyError:
            return self._decide(reader, label)

    def explain(self, reader: Reader, label: Label | None, now_ms: int) -> Verdict:
        """Return the same answer with the one rule that decides it."""
        return rule.cleared(reader, now_ms) or rule.decide(self.policies, self._system, reader, label)

    def parse(self, text: str) -> Label:
        """Return the label that a banner or portion mark says; "EXAMPLE: GUARDED" names another policy than the
        system's. Raises BadInput that says what is wrong.
        """  # noqa: D205 - the prefix belongs to the first sentence
        policy, colon, mark = text.partition(":")
        if not colon:
            return self._marks[self._home.id].parse(text)
        return self._of(policy.strip()).parse(mark)

    def banner(self, label: Label) -> str:
        """Return the mark for a page. Raises BadInput for a label of no known policy or level."""
        return self._banner(label)

    def portion(self, label: Label) -> str:
        """Return the mark for one item. Raises BadInput for a label of no known policy or level."""
        return self._portion(label)

    def checked(self, label: Label) -> Label:
        """Return the label in order and with an owner (nobody's: this headquarters' nation), or raise BadInput."""
        policy = self.policies.get(label.policy)
        if policy is None:
            known = ", ".join(policy.id for policy in self.policies)
            raise BadInput(f"no policy {label.policy!r} is loaded; there are {known}")
        if policy.level(label.level) is None:
            levels = ", ".join(level.code for level in policy.by_rank())
            raise BadInput(f"no level {label.level!r} in policy {policy.id}; it has {levels}")
        label = interned(msgspec.structs.replace(label, owner=label.owner or self._nation))
        foreign = [code.partition(" ")[2] for code in label.caveats if policy.has((code,), "foreign")]
        for code in (*label.owner.split(), *label.releasable_to, *foreign):
            if not policy.knows(code):
                raise BadInput(f"{code!r} is no nation, group of nations or organisation of {policy.id}")
        for code in label.caveats:
            if policy.caveat(code) is None:
                raise BadInput(f"no caveat {code!r} in policy {policy.id}")
        if policy.has(label.caveats, "owner_nation"):
            if label.releasable_to:
                raise BadInput("a list and a caveat for the owner's nation alone exclude each other; leave one out")
            if not policy.nation_of(label.owner):
                raise BadInput(f"a caveat for the owner's nation alone needs an owner of one nation, not {label.owner}")
        return label

    def is_said(self, label: Label, event_access: str, caveat: str, releasable_to: str) -> bool:
        """Whether an event that says this of itself says all that its label's mark does, in whatever words.

        Groups aren't in a mark: need to know is the server's to keep.
        """
        policy = self.policies.get(label.policy)
        if policy is None:
            return False
        lowest = Label(policy=label.policy, level=policy.by_rank()[0].code, owner=label.owner)
        return self.of_cot(event_access, caveat, releasable_to, lowest) == msgspec.structs.replace(label, groups=())

    def merge(self, labels: Iterable[Label | None]) -> Label | None:
        """Return the label of what is made of all these: who may see it may see each. None for nothing."""
        return rollup.merge(self.policies, self._system, self._nation, labels)

    def raised(self, label: Label | None, floor: Label) -> Label:
        """Return `label`, or what it makes with `floor` where it claims less; None claims nothing."""
        if label is None or label is floor:
            return interned(floor)
        return self._raised(label, floor)

    def dominates(self, a: Label | None, b: Label | None) -> bool:
        """Whether everyone allowed `a` is allowed `b`. A yes is certain; a no may be for want of words."""
        return rollup.dominates(self.policies, a, b)

    def of_cot(self, event_access: str, caveat: str, releasable_to: str, floor: Label) -> Label:
        """Return the label of an event that says this and comes from a source with this floor. Never raises."""
        if not (event_access or caveat or releasable_to):
            return interned(floor)
        longest = cot.TEXT_CHARS_MAX
        return self._claimed(event_access[:longest], caveat[:longest], releasable_to[:longest], floor)

    def to_cot(self, label: Label) -> tuple[str, str, str]:
        """Return the event attributes access, caveat and releasableTo. Raises BadInput as `banner` does."""
        policy = self.policies.get(label.policy)
        level = policy.level(label.level) if policy else None
        if policy is None or level is None:
            raise BadInput(f"no level {label.level!r} of a policy {label.policy!r}; load its file")
        return cot.said(level, label)

    def _decide(self, reader: Reader, label: Label | None) -> bool:
        if len(self._answers) >= PAIRS_MAX:
            self._answers.clear()  # the working set comes back at some microseconds a pair
        allowed = rule.decide(self.policies, self._system, reader, label).allowed
        self._answers[reader, label] = allowed
        return allowed

    def _raise(self, label: Label, floor: Label) -> Label:
        if rollup.dominates(self.policies, label, floor):
            return interned(label)
        whole = self.merge((label, floor))
        assert whole is not None, "two parts make a whole"
        return whole

    def _claim(self, access: str, caveat: str, releasable_to: str, floor: Label) -> Label:
        policy = self.policies.get(floor.policy)
        if policy is None:
            return interned(floor)
        return self.raised(cot.claim(policy, access, caveat, releasable_to, floor), floor)

    def _write_banner(self, label: Label) -> str:
        return self._prefix(label) + self._of(label.policy).banner(label)

    def _write_portion(self, label: Label) -> str:
        return self._prefix(label) + self._of(label.policy).portion(label)

    def _of(self, policy: str) -> Marks:
        marks = self._marks.get(policy)
        if marks is None:
            raise BadInput(f"no policy {policy!r} is loaded; there are {', '.join(self._marks)}")
        return marks

    def _prefix(self, label: Label) -> str:
        return "" if label.policy == self._home.id else f"{label.policy}: "
