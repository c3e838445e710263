"""What is claimed by saying something: the label that it goes under, and the track that it moves.

Owns: the label of what comes in, said on the wire; who may move a track that he can't see.
Doesn't own: who may see a label (`release.door`), where things are (`picture`), what is sent (`stream.router`).
"""

from typing import Final

from jointhq.cot import xml
from jointhq.cot.event import Event
from jointhq.picture.track import Track
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.stream.client import Client

LABELLED_MAX: Final = 4096  # remembered claims; a hostile sender can make no more
UNSEEN_MAX: Final = 4096  # remembered tracks that who said them may not see; who claims so much is in error, or hostile


class Claims:
    """What everyone has claimed."""

    def __init__(self, door: Door) -> None:
        self._door = door
        # What an event claims, its source's floor -> its label, and how to mark it where it doesn't say so itself.
        self._labelled: dict[tuple[str, str, str, Label], tuple[Label, tuple[str, str, str] | None]] = {}
        self._unseen: dict[str, str] = {}  # person by uid, who claimed more for a track than he may see himself

    def label(self, event: Event, floor: Label) -> None:
        """Set what an event is labelled with: what it claims, raised to its source's floor; and say so on the wire."""
        key = (event.access, event.caveat, event.releasable_to, floor)
        known = self._labelled.get(key)
        if known is None:
            if len(self._labelled) >= LABELLED_MAX:
                self._labelled.clear()
            label = self._door.of_cot(*key)
            said = self._door.is_said(label, *key[:3])
            known = self._labelled[key] = (label, None if said else self._door.to_cot(label))
        event.label, marks_to_write = known
        if marks_to_write is not None:
            xml.mark(event, *marks_to_write)

    def may_move(self, client: Client, track: Track, now_ms: int) -> bool:
        """Tell whether a client may move, end or remove a track: one that it can't see, only if it said it itself.

        What it claims to say doesn't count: whoever guesses uid and label would move what is hidden from him.
        """
        label = track.label
        return (
            label is client.floor
            or label == client.floor
            or self._door.may_see(client.identity.reader, label, now_ms)
            or self._unseen.get(track.event.uid) == client.identity.person
        )

    def note(self, event: Event, client: Client, now_ms: int) -> None:
        """Remember that a client may move the track that it has just said, if it can't see it."""
        if self._door.may_see(client.identity.reader, event.label, now_ms):
            return
        if len(self._unseen) >= UNSEEN_MAX and event.uid not in self._unseen:
            del self._unseen[next(iter(self._unseen))]
        self._unseen[event.uid] = client.identity.person

    def forget(self, uid: str) -> None:
        """Forget whose a track was: it is another's now."""
        self._unseen.pop(uid, None)
