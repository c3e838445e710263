"""The log's keys.

Owns: a small number for each uid under each label, given to another once the last row with it is sealed.
Doesn't own: rows (`picture.history`), a file's own numbers (`picture.dayfile`).
"""

import msgspec

from jointhq.release.label import Label


class Names(msgspec.Struct, frozen=True):
    """What keys mean: each list is by key. A card says only what its label allows."""

    uids: list[str]
    labels: list[Label]
    cards: list[bytes]


class Keys:
    """Gives keys out and takes them back. The event loop's, but for reading `names`."""

    def __init__(self) -> None:
        self.names = Names([], [], [])
        self._of: dict[str, tuple[int, ...]] = {}  # one for each label a uid has had lately
        self._released: dict[int, int] = {}  # key -> the last batch that can have a row of it
        self._free: list[int] = []

    def of(self, uid: str) -> tuple[int, ...]:
        """Return the keys of a uid."""
        return self._of.get(uid, ())

    def open(self, uid: str, label: Label, card: bytes) -> int:
        """Return the key of a uid under a label; the card counts where it is new."""
        names, own = self.names, self._of.get(uid, ())
        for key in own:
            if names.labels[key] == label:
                self._released.pop(key, None)
                return key
        if self._free:
            key = self._free.pop()
            names.uids[key], names.labels[key], names.cards[key] = uid, label, card
        else:
            key = len(names.uids)
            names.cards.append(card)
            names.labels.append(label)
            names.uids.append(uid)
        self._of[uid] = (*own, key)
        return key

    def release(self, key: int, seq: int) -> None:
        """Note that no row with this key comes after batch `seq`, unless it is opened again."""
        self._released[key] = seq

    def reclaim(self, unsealed_seq: int) -> list[int]:
        """Take back, and return, the keys that no row in batch `unsealed_seq` or after it has."""
        reclaimed = [key for key, last_seq in self._released.items() if last_seq < unsealed_seq]
        for key in reclaimed:
            del self._released[key]
            uid = self.names.uids[key]
            left = tuple(other for other in self._of[uid] if other != key)
            if left:
                self._of[uid] = left
            else:
                del self._of[uid]
        self._free += reclaimed
        return reclaimed
