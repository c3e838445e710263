"""Deciding and writing as one step.

Owns: one act after the other within a process; between processes on one journal, checking while writing that nobody
wrote about what the decision rests on, and deciding again where somebody did.
Doesn't own: what is decided (the rules of each domain), what a record is (`journal.record`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from jointhq.base.errors import Refusal
from jointhq.journal.journal import Conflict, Journal
from jointhq.journal.record import Draft, Record

TRIES: Final = 5  # an act is decided again so often when other processes write about the same
TRY_AGAIN_S: Final = 0.02  # time for what the other wrote to arrive


class Outcome(msgspec.Struct, frozen=True):
    """What to write, and which subjects must not have changed meanwhile: those that the rules relied on."""

    drafts: list[Draft]
    relied_on: tuple[str, ...] = ()


class Acts:
    """The one who writes for a projection, whose `heads` tell the position of the last record about each subject."""

    def __init__(self, journal: Journal, heads: Mapping[str, int]) -> None:
        self._journal = journal
        self._heads = heads
        self._turn = asyncio.Lock()

    async def do(self, decide: Callable[[], Outcome]) -> list[Record]:
        """Decide and write; return what was written. Raises what `decide` raises, and the journal's refusals."""
        async with self._turn:
            for left in reversed(range(TRIES)):
                outcome = decide()
                try:
                    return await self._journal.append(*outcome.drafts, heads=self.heads(outcome))
                except Conflict:
                    if not left:
                        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look again") from None
                    await asyncio.sleep(TRY_AGAIN_S)
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Nothing is decided or written here meanwhile, and all that was is folded. Within it, `do` of another only."""
        async with self._turn:
            yield

    def heads(self, outcome: Outcome) -> dict[str, int]:
        """Return what the journal checks while it writes: nobody wrote about these since we looked."""
        subjects = {draft.subject for draft in outcome.drafts} | set(outcome.relied_on)
        return {subject: self._heads[subject] for subject in sorted(subjects) if subject in self._heads}
