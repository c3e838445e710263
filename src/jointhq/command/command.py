"""What one can do about command, each act decided and written.

Owns: looking, deciding and writing as one step. Doesn't own: rules (`command.rules`), HTTP (`command.routes`).
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec

import msgspec

from jointhq.base.clock import Clock
from jointhq.base.errors import Refusal
from jointhq.command.forms import changes as f
from jointhq.command.forms.posts import DecideForm
from jointhq.command.ground import Basis, Ground
from jointhq.command.rules import changes, succession
from jointhq.command.structure import Structure
from jointhq.journal.acts import Acts, Outcome
from jointhq.journal.chain import uuid7
from jointhq.journal.journal import Journal
from jointhq.people.directory import Directory, Session
from jointhq.release.door import Door
from jointhq.release.label import Label

P = ParamSpec("P")
EXCHANGES_MAX: Final = 2  # imports and exports under way at once: the largest workbook takes a core for seconds
WAITING_MAX: Final = 20  # for a turn at that; who comes then tries again


class Turns:
    """Turns at importing and exporting."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(EXCHANGES_MAX)
        self._here = 0

    async def __aenter__(self) -> None:
        if self._here >= EXCHANGES_MAX + WAITING_MAX:
            raise Refusal("busy", f"{self._here} imports and exports are under way or wait; try again", 503)
        self._here += 1
        try:
            await self._free.acquire()
        except BaseException:
            self._here -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        self._here -= 1
        self._free.release()


class Command:
    """The structure's only writer."""

    def __init__(
        self,
        journal: Journal,
        structure: Structure,
        directory: Directory,
        door: Door,
        clock: Clock,
        *,
        label: Label,
        exercise: bool = False,
        tasks: Callable[[], list[Basis]] = list,
    ) -> None:
        """`label` is what a change is marked that names no other; `tasks` gives the open tasks."""
        self.structure = structure
        self._directory = directory
        self._door = door
        self._clock = clock
        self._label = label
        self._exercise = exercise
        self._tasks = tasks
        self._acts = Acts(journal, structure.heads)
        self.contact: Callable[[], set[str]] | None = None  # the appointments that can be reached: by who knows
        self._heard_ms: dict[str, int] = {}  # when those who command were last heard of; before the start: at the start
        self.turns = Turns()

    def ground(self) -> Ground:
        """Return what rules and views go by, now."""
        return Ground(
            self.structure,
            self._directory,
            self._door,
            self._label,
            self._clock.now_ms(),
            exercise=self._exercise,
            tasks=self._tasks,
        )

    async def _do(
        self, rule: Callable[Concatenate[Ground, Session, P], Outcome], actor: Session, *args: P.args, **more: P.kwargs
    ) -> None:
        await self._acts.do(lambda: rule(self.ground(), self._now(actor), *args, **more))

    def _now(self, session: Session) -> Session:
        """Return the asker as he stands when the act is decided: what he could a moment ago may be gone."""
        return self._directory.session(session.id, self._clock.now_ms()) or msgspec.structs.replace(
            session, appointment="", permissions=frozenset()
        )

    def _new_id(self) -> str:
        return uuid7(self._clock.now_ms(), secrets.randbits(74))

    async def draft(self, actor: Session, form: f.ChangeForm) -> str:
        """Draft a change; return its id."""
        change_id = self._new_id()
        await self._do(changes.draft, actor, form, change_id, self._new_id)
        return change_id

    async def edit(self, actor: Session, change_id: str, form: f.ChangeForm) -> None:
        """Write a draft anew, whole."""
        await self._do(changes.edit, actor, change_id, form, self._new_id)

    async def submit(self, actor: Session, change_id: str, form: f.VersionForm) -> None:
        """Give a draft to others to look at."""
        await self._do(changes.submit, actor, change_id, form)

    async def opine(self, actor: Session, change_id: str, form: f.OpinionForm, *, concurs: bool) -> None:
        """Concur or object as an office."""
        await self._do(changes.opine, actor, change_id, form, concurs=concurs)

    async def give_back(self, actor: Session, change_id: str, form: f.VersionForm) -> None:
        """Return a change to be worked on."""
        await self._do(changes.give_back, actor, change_id, form)

    async def withdraw(self, actor: Session, change_id: str, form: f.VersionForm) -> None:
        """Let a change go."""
        await self._do(changes.withdraw, actor, change_id, form)

    async def approve(self, actor: Session, change_id: str, form: f.ApproveForm) -> None:
        """Approve a change."""
        await self._do(changes.approve, actor, change_id, form)

    async def take_back(self, actor: Session, change_id: str) -> str:
        """Draft what undoes a change; return the id of the new one."""
        reversal_id = self._new_id()
        await self._do(changes.take_back, actor, change_id, self._new_id, reversal_id)
        return reversal_id

    async def decide(self, actor: Session, unit: str, form: DecideForm) -> None:
        """Decide who commands a unit whose commander is not heard of, or is back."""
        await self._do(succession.decide, actor, unit, form)

    async def listen(self) -> None:
        """Note who of those who command can be reached now; write down whom nothing is heard of, and who is again."""
        if self.contact is None:
            return
        g = self.ground()
        names = {appointment for _, appointment in succession.watched(g)}
        there = self.contact() if names else set()
        self._heard_ms = {name: g.now_ms if name in there else self._heard_ms.get(name, g.now_ms) for name in names}
        if any(True for _ in succession.listen(g, self._heard_ms)):
            await self._acts.do(lambda: Outcome(list(succession.listen(self.ground(), self._heard_ms))))

    async def accept(self, actor: Session, relation_id: str, form: f.AcceptForm) -> None:
        """Take note of a relation as one of its sides."""
        await self._do(changes.accept, actor, relation_id, form)
