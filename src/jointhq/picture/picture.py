"""Where everything is now.

Owns: the latest of every uid, when it is stale and gone, its slot. Doesn't own: the past (`picture.history`), frames
to pages (`picture.audiences` and below), the answer who may see a label (`release.door`).

Every question takes the reader who asks, and answers as if what he may not see were not there. What has none is for
house-keeping alone, and is called so: `tracks_all`, `latest_any`. No track is without label.

Runs on the event loop and starts empty: what was before a restart is in history.
"""

from collections import Counter
from collections.abc import Callable, ValuesView
from typing import Final, TypeVar

import numpy as np

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput
from jointhq.cot import kinds
from jointhq.cot.event import Event
from jointhq.picture import blocks, wire
from jointhq.picture.audiences import AUDIENCES_MAX, Audiences, AudiencesFull, Caught
from jointhq.picture.board import Board
from jointhq.picture.columns import Ints
from jointhq.picture.dayfile import Box
from jointhq.picture.frames import RING_BYTES_MAX
from jointhq.picture.history import BOX_ROWS_MAX, Found, History, Past
from jointhq.picture.labels import Labels
from jointhq.picture.past import PATH_ROWS_MAX, PastReader
from jointhq.picture.track import Path, Source, Track, card_of, facts_on_card
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.reader import Reader

TRACKS_MAX: Final = 200_000
GONE_AFTER_S: Final = 600.0
# A clock so far ahead is believed, and no further: or a phone that is set right again would stand still on the picture
# until its own future had passed.
AHEAD_MAX_MS: Final = 10_000
STALE_MAX_MS: Final = 10 * 365 * 86_400_000  # "never", from some senders; more would not fit everywhere
LOOK_AFTER_MAX_MS: Final = 600_000  # The sweep holds on to a track until it has looked, even to one removed long ago.
UID_CHARS_MAX: Final = 256

T = TypeVar("T")


class Picture:
    """All tracks. `update` for every event, `tick` a few times a second, `sweep` once a second."""

    def __init__(
        self,
        clock: Clock,
        history: History | None,
        door: Door,
        *,
        tracks_max: int = TRACKS_MAX,
        gone_after_s: float = GONE_AFTER_S,
        audiences_max: int = AUDIENCES_MAX,
        ring_bytes_max: int = RING_BYTES_MAX,
    ) -> None:
        if not 0 < tracks_max <= wire.SLOTS_MAX // 2:  # half: a slot rests until pages know that it is free
            raise BadInput(f"tracks_max is {tracks_max}; it can be 1 to {wire.SLOTS_MAX // 2}")
        self.updates = 0  # accepted so far
        self.drops: Counter[str] = Counter()  # events refused, by reason
        self.sources: dict[str, Source] = {}
        self.history = history

        self._clock = clock
        self._tracks_max = tracks_max
        self._gone_after_ms = round(gone_after_s * 1000)
        self._retentions: dict[str, int] = {}
        self._tracks: dict[str, Track] = {}
        self._due: dict[int, list[Track]] = {}  # by second, for the sweep

        self._door = door
        self._labels = Labels(door)
        self._board = Board(self._labels)
        self._audiences = Audiences(
            self._labels, self._board, self._present, audiences_max=audiences_max, ring_bytes_max=ring_bytes_max
        )
        self._slots_used = 0
        self._free_slots: list[int] = []
        self._changed: dict[int, Track] = {}  # by slot, what pages must hear of; in the order it came into sight
        self._gone: list[int] = []  # slots pages must forget before they are used again
        self._past = PastReader(history, door, clock)

    def add_source(self, source: Source) -> None:
        """Name a source before its first event."""
        self.sources[source.id] = source
        self._retentions[source.id] = self.history.retention(source.retention_s) if self.history else 0

    # What comes in.

    def update(self, event: Event, source_id: str, label: Label | None) -> bool:
        """Take one event of a source; False when it is refused, which is counted in `drops`.

        An event from before the latest of its uid changes nothing but the uid's path in history. The latest decides the
        track's label: whoever may not see it sees the track gone.
        """
        if label is None:
            return self._refuse("unlabelled")
        if not event.type.startswith(kinds.STATE):
            return self._refuse("not_a_track")
        if not (-90.0 <= event.lat <= 90.0 and -180.0 <= event.lon <= 180.0):
            return self._refuse("bad_position")
        now_ms = self._clock.now_ms()
        time_ms, stale_ms = event.time_ms, event.stale_ms
        if time_ms > now_ms + AHEAD_MAX_MS:
            stale_ms -= time_ms - now_ms - AHEAD_MAX_MS
            time_ms = now_ms + AHEAD_MAX_MS
        if stale_ms > now_ms + STALE_MAX_MS:  # noqa: PLR1730 min() costs this path more
            stale_ms = now_ms + STALE_MAX_MS
        track = self._tracks.get(event.uid)
        if track is None:
            if len(self._tracks) >= self._tracks_max:
                return self._refuse("tracks_max")
            if not 0 < len(event.uid) <= UID_CHARS_MAX:
                return self._refuse("bad_uid")
            track = self._add(event, source_id, label, now_ms)
            if track is None:
                return self._refuse("labels_max")
        elif time_ms < track.time_ms:
            self._log_late(track, source_id, label, now_ms, time_ms, stale_ms, event)
            return self._refuse("older")
        elif (
            label is not track.label
            and label != track.label
            and not self._relabel(track, event, source_id, label, now_ms)
        ):
            return self._refuse("labels_max")
        live = stale_ms > now_ms
        track.event = event
        track.source_id = source_id
        track.time_ms = time_ms
        track.stale_ms = stale_ms
        track.received_ms = now_ms
        track.state = "live" if live else "stale"
        track.ended = False
        due_ms = stale_ms if live else now_ms + self._gone_after_ms
        if due_ms < track.due_ms:
            self._look_again(track, due_ms, now_ms)
        self._changed[track.slot] = track
        self.updates += 1
        if self.history is not None:
            self.history.append(track.key, blocks.MOVED, self._retentions[source_id], now_ms, time_ms, stale_ms, event)
        return True

    def end(self, uid: str) -> None:
        """Make a track stale now: its owner ended it, or left."""
        track = self._tracks.get(uid)
        if track is None or track.state == "stale":
            return
        now_ms = self._clock.now_ms()
        track.stale_ms = track.received_ms = now_ms
        track.state = "stale"
        track.ended = True
        self._look_again(track, now_ms + self._gone_after_ms, now_ms)
        self._changed[track.slot] = track
        self._log(track, blocks.ENDED, track.source_id, now_ms, track.time_ms, now_ms, track.event)

    def remove(self, uid: str) -> None:
        """Take a track away at once: a person deleted it."""
        track = self._tracks.get(uid)
        if track is not None:
            now_ms = self._clock.now_ms()
            self._log(track, blocks.REMOVED, track.source_id, now_ms, track.time_ms, track.stale_ms, track.event)
            self._drop(track)

    def sweep(self) -> None:
        """Once a second: live -> stale -> gone, and let history do its round."""
        now_ms = self._clock.now_ms()
        for second in [second for second in self._due if second * 1000 <= now_ms]:
            for track in self._due.pop(second):
                if track.state == "gone" or track.due_ms > now_ms:
                    continue
                if track.stale_ms > now_ms:
                    self._look_again(track, track.stale_ms, now_ms)
                    continue
                track.state = "stale"
                gone_ms = max(track.stale_ms, track.received_ms) + self._gone_after_ms
                if gone_ms > now_ms:
                    self._look_again(track, gone_ms, now_ms)
                else:
                    self._drop(track)
        self._audiences.drop_unused(now_ms)
        if self.history is not None:
            self.history.poll()
            if self.history.gap and self.history.can_take(len(self._tracks)):
                self.history.gap = False
                for track in self._tracks.values():
                    kind = blocks.ENDED if track.ended else blocks.MOVED
                    self._log(track, kind, track.source_id, now_ms, track.time_ms, track.stale_ms, track.event)

    def _refuse(self, reason: str) -> bool:
        self.drops[reason] += 1
        return False

    def _add(self, event: Event, source_id: str, label: Label, now_ms: int) -> Track | None:
        number = self._labels.take(label)
        if number < 0:
            return None
        if self._free_slots:
            slot = self._free_slots.pop()
        else:
            slot = self._slots_used
            self._slots_used += 1
        track = Track(
            slot=slot,
            event=event,
            label=label,
            label_number=number,
            source_id=source_id,
            time_ms=event.time_ms,
            stale_ms=event.stale_ms,
            received_ms=now_ms,
            state="live",
            due_ms=now_ms + 2 * STALE_MAX_MS,  # after anything: `update` brings it forward
        )
        self._tracks[event.uid] = track
        self._open(track)
        return track

    def _relabel(self, track: Track, event: Event, source_id: str, label: Label, now_ms: int) -> bool:
        """Put a track under another label. What it was under the old one stays there: card, and rows of history."""
        number = self._labels.take(label)
        if number < 0:
            return False
        self._labels.leave(track.label_number)
        self._log(track, blocks.LEFT, track.source_id, now_ms, track.time_ms, track.stale_ms, track.event)
        if self.history is not None:
            self.history.release(track.key)
        track.event, track.source_id, track.label, track.label_number = event, source_id, label, number
        track.said = ()
        # The last to come, as for those who see it from now on.
        self._tracks[event.uid] = self._tracks.pop(event.uid)
        self._changed.pop(track.slot, None)
        self._open(track)
        return True

    def _open(self, track: Track) -> None:
        """Begin a track's rows under its label."""
        track.key = -1
        self._describe(track)
        if self.history is not None:
            track.key = self.history.open(track.event.uid, track.label, track.card)
            self.history.describe(track.key, track.card)

    def _describe(self, track: Track) -> None:
        """Make a track's card anew when it says something else."""
        event = track.event
        facts = facts_on_card(event.facts, self.sources[track.source_id].kind)
        said = (event.callsign, event.type, track.source_id, facts)
        if said == track.said:
            return
        track.said = said
        track.card = card_of(event, track.source_id, facts)
        track.card_changed = True
        if self.history is not None and track.key >= 0:
            self.history.describe(track.key, track.card)

    def _drop(self, track: Track) -> None:
        track.state = "gone"
        del self._tracks[track.event.uid]
        self._changed.pop(track.slot, None)
        self._labels.leave(track.label_number)
        if self._board.is_told(track.slot):
            self._gone.append(track.slot)
        else:
            self._free_slots.append(track.slot)
        if self.history is not None:
            self.history.release(track.key)

    def _look_again(self, track: Track, due_ms: int, now_ms: int) -> None:
        track.due_ms = min(due_ms, now_ms + LOOK_AFTER_MAX_MS)
        self._due.setdefault(-(-track.due_ms // 1000), []).append(track)

    def _log(
        self, track: Track, kind: int, source_id: str, now_ms: int, time_ms: int, stale_ms: int, event: Event
    ) -> None:
        if self.history is not None:
            self.history.append(track.key, kind, self._retentions[source_id], now_ms, time_ms, stale_ms, event)

    def _log_late(
        self, track: Track, source_id: str, label: Label, now_ms: int, time_ms: int, stale_ms: int, event: Event
    ) -> None:
        """Note where a uid was before what we know: a row of the label it had then."""
        if label is track.label or label == track.label or self.history is None:
            self._log(track, blocks.LATE, source_id, now_ms, time_ms, stale_ms, event)
            return
        facts = facts_on_card(event.facts, self.sources[source_id].kind)
        key = self.history.open(event.uid, label, card_of(event, source_id, facts))
        self.history.append(key, blocks.LATE, self._retentions[source_id], now_ms, time_ms, stale_ms, event)
        self.history.release(key)

    # What is known.

    def latest(self, reader: Reader, uid: str) -> Track | None:
        """Return what a uid last said; None when it is gone, never was, or is not for this reader."""
        track = self._tracks.get(uid)
        # The door is asked either way: how long an answer takes tells nothing.
        seen = self._door.may_see(reader, None if track is None else track.label, self._clock.now_ms())
        return track if seen else None

    def tracks(self, reader: Reader) -> int:
        """Return how many tracks a reader sees, live and stale."""
        return sum(self._labels.of(reader, self._clock.now_ms()).values())

    def labels(self, reader: Reader) -> list[Label]:
        """Return the labels of the tracks a reader sees: what the banner over them is made of."""
        return list(self._labels.of(reader, self._clock.now_ms()))

    def replay(self, reader: Reader) -> list[Event]:
        """Return the events a client needs that connects now: the latest of all he sees that is not stale."""
        now_ms = self._clock.now_ms()
        seen = self._labels.seen_by(reader, now_ms).tolist()
        return [t.event for t in self._tracks.values() if seen[t.label_number] and t.stale_ms > now_ms]

    def tracks_all(self) -> ValuesView[Track]:
        """Return all tracks, live and stale, whoever may see them: for house-keeping and the operators' totals."""
        return self._tracks.values()

    def latest_any(self, uid: str) -> Track | None:
        """Return what a uid last said, whoever may see it: for those who keep house, never for what leaves."""
        return self._tracks.get(uid)

    # What goes out.

    def tick(self) -> bool:
        """Make the next frame of every audience that can see something of what changed; True where there is one."""
        if not self._changed and not self._gone:
            return False
        now_ms = self._clock.now_ms()
        tracks = list(self._changed.values())
        for track in tracks:
            self._describe(track)
        told = self._audiences.tell(self._board.write(tracks, self._gone, now_ms))
        self._labels.settle()
        self._free_slots += self._gone
        self._gone = []
        self._changed.clear()
        return told

    def since(self, reader: Reader, epoch: int = 0, position: int = -1) -> Caught:
        """Return the frames that bring a reader's page from a position, or from nothing, to the last tick.

        Nothing for a reader who is not cleared any more. Raises AudiencesFull, counted in `drops`. An audience nobody
        asks for in two minutes is dropped; its pages begin anew.
        """
        try:
            return self._audiences.since(reader, epoch, position, self._clock.now_ms())
        except AudiencesFull:
            self.drops[AudiencesFull.code] += 1
            raise

    def _present(self) -> Ints:
        return np.array([t.slot for t in self._tracks.values() if self._board.is_told(t.slot)], np.int64)

    # The past.

    async def at(self, reader: Reader, at_ms: int) -> bytes:
        """Return a snapshot frame, of epoch 0, of what a reader may see of a moment.

        Raises BadInput without history.
        """
        return await self._past.at(reader, at_ms)

    async def read(self, reader: Reader, at_ms: int, reading: Callable[[Past], T]) -> T:
        """Return what is read, off the event loop, of all that a reader may see of a moment.

        Raises BadInput without history.
        """
        return await self._past.read(reader, at_ms, reading)

    async def path(self, reader: Reader, uid: str, from_ms: int, to_ms: int, limit: int = PATH_ROWS_MAX) -> Path:
        """Return where a reader may see that a uid was between two moments, at most the last `limit`.

        Raises BadInput without history.
        """
        return await self._past.path(reader, uid, from_ms, to_ms, limit)

    async def box(self, reader: Reader, box: Box, from_ms: int, to_ms: int, limit: int = BOX_ROWS_MAX) -> Found:
        """Return what a reader may see of a box between two moments, at most `limit` positions.

        Raises BadInput without history.
        """
        return await self._past.box(reader, box, from_ms, to_ms, limit)
