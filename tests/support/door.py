"""A door, a label and a reader for tests that are about something else."""

from jointhq.release.door import Door
from jointhq.release.label import Label, interned
from jointhq.release.policy import Policies
from jointhq.release.reader import ANON, Reader

FLOOR = interned(Label("DEMO-USA-JPN", "U", "USA"))
DOOR = Door(Policies.load(), system=FLOOR, nation="USA", organisation="")
EVERYONE = Reader("USA", "", FLOOR.policy, FLOOR.level, frozenset(), frozenset({ANON}), 1 << 62)
