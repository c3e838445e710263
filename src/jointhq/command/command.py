"""What one can do about command, each act decided and written.

Owns: looking, deciding and writing as one step. Doesn't own: rules (`command.rules`), HTTP (`command.routes`).
"""

from collections.abc import Callable
from typing import Final

import structlog

from jointhq.base.clock import Clock
from jointhq.command.ground import Basis, Ground
from jointhq.command.structure import Structure
from jointhq.journal.acts import Acts
from jointhq.journal.journal import Journal
from jointhq.people.directory import Directory
from jointhq.release.door import Door
from jointhq.release.label import Label

log: Final = structlog.get_logger("command")


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
