"""The labels tracks have now, as small numbers.

Owns: a number for each label in use, how many tracks have it, the mark pages draw, who sees which number.
Doesn't own: the answer itself (`release.door`), which track has which label (`picture.picture`).

A label's number is given to another only after pages were told (`settle`): until then it may still stand on the board.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from jointhq.base.errors import BadInput
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.reader import Reader

# A headquarters uses some hundreds; each audience asks the door once for each, so a hostile sender must not add more.
LABELS_MAX: Final = 1024

Mask = NDArray[np.bool_]  # by number of label


class Labels:
    """Counts tracks by label. Belongs to one picture."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._numbers: dict[Label, int] = {}
        self._labels: list[Label] = []
        self._counts: list[int] = []
        self._free: list[int] = []
        self._left: set[int] = set()  # numbers some track has left since pages were told
        self._fresh: list[int] = []  # numbers whose label is new since pages were told
        self.marks: list[bytes] = []  # by number: the portion mark as JSON

    def take(self, label: Label) -> int:
        """Return the number of a label for one more track; -1 where LABELS_MAX others are in use."""
        number = self._numbers.get(label)
        if number is None:
            mark = mark_of(self._door, label)
            if self._free:
                number = self._free.pop()
                self._labels[number], self.marks[number] = label, mark
            elif len(self._labels) < LABELS_MAX:
                number = len(self._labels)
                self._labels.append(label)
                self.marks.append(mark)
                self._counts.append(0)
            else:
                return -1
            self._numbers[label] = number
            self._fresh.append(number)
        self._counts[number] += 1
        return number

    def leave(self, number: int) -> None:
        """Note that one track less has this label."""
        self._counts[number] -= 1
        self._left.add(number)

    def settle(self) -> None:
        """Give numbers free that no track has: pages were told of everything."""
        for number in self._left:
            if not self._counts[number]:
                del self._numbers[self._labels[number]]
                self._free.append(number)
        self._left.clear()
        self._fresh.clear()

    def seen_by(self, reader: Reader, now_ms: int) -> Mask:
        """Return which numbers a reader may see."""
        mask = np.zeros(LABELS_MAX, np.bool_)
        for label, number in self._numbers.items():
            mask[number] = self._door.may_see(reader, label, now_ms)
        return mask

    def refresh(self, mask: Mask, reader: Reader, now_ms: int) -> None:
        """Bring up to date what `seen_by` returned before pages were last told, or since."""
        for number in self._fresh:
            mask[number] = self._door.may_see(reader, self._labels[number], now_ms)

    def of(self, reader: Reader, now_ms: int) -> dict[Label, int]:
        """Return the labels of what a reader may see, and of each how many tracks have it."""
        counts = {label: self._counts[number] for label, number in self._numbers.items()}
        return {label: n for label, n in counts.items() if self._door.may_see(reader, label, now_ms) and n}


def mark_of(door: Door, label: Label) -> bytes:
    """Return a label's portion mark as it stands on a card; none for a label of no policy we know: nobody sees it."""
    try:
        return msgspec.json.encode(door.portion(label))
    except BadInput:
        return b'""'
