"""Where everything is now.

Owns: the latest of every uid, when it is stale and gone, its slot. Doesn't own: the past (`picture.history`), frames
to pages (`picture.frames`), who gets one (`web`).

Runs on the event loop and starts empty: what was before a restart is in history.
"""

from collections import Counter
from collections.abc import Iterator, ValuesView
from typing import Final

import msgspec

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput
from jointhq.cot import kinds
from jointhq.cot.event import Event
from jointhq.picture import blocks, wire
from jointhq.picture.frames import RING_BYTES_MAX, Frames
from jointhq.picture.history import History
from jointhq.picture.past import PATH_ROWS_MAX, PastReader
from jointhq.picture.track import Path, Source, Track, facts_on_card

TRACKS_MAX: Final = 200_000
GONE_AFTER_S: Final = 600.0
# A clock so far ahead is believed, and no further: or a phone that is set right again would stand still on the picture
# until its own future had passed.
AHEAD_MAX_MS: Final = 10_000
STALE_MAX_MS: Final = 10 * 365 * 86_400_000  # "never", from some senders; more would not fit everywhere
LOOK_AFTER_MAX_MS: Final = 600_000  # The sweep holds on to a track until it has looked, even to one removed long ago.
UID_CHARS_MAX: Final = 256
CALLSIGN_CHARS_MAX: Final = 100  # on a card: it goes to every page


class Picture:
    """All tracks. `update` for every event, `tick` a few times a second, `sweep` once a second."""

    def __init__(
        self,
        clock: Clock,
        history: History | None,
        *,
        tracks_max: int = TRACKS_MAX,
        gone_after_s: float = GONE_AFTER_S,
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

        now_ms = clock.now_ms()
        epoch = now_ms & 0xFFFFFFFF or 1  # another in every run; 0 means the past
        self._frames = Frames(epoch, now_ms, ring_bytes_max=ring_bytes_max)
        self._slots: list[Track | None] = []
        self._free_slots: list[int] = []
        self._changed: set[int] = set()  # slots pages must hear of
        self._gone: list[int] = []  # slots pages must forget before they are used again
        self._past = PastReader(history)

    @property
    def epoch(self) -> int:
        """Which run this is: positions of two do not compare."""
        return self._frames.epoch

    @property
    def position(self) -> int:
        """Where the stream of deltas is."""
        return self._frames.position

    def add_source(self, source: Source) -> None:
        """Name a source before its first event."""
        self.sources[source.id] = source
        self._retentions[source.id] = self.history.retention(source.retention_s) if self.history else 0

    # What comes in.

    def update(self, event: Event, source_id: str) -> bool:
        """Take one event of a source; False when it is refused, which is counted in `drops`.

        An event from before the latest of its uid changes nothing but the uid's path in history.
        """
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
            track = self._add(event, source_id, now_ms)
        elif time_ms < track.time_ms:
            self._log(track, blocks.LATE, source_id, now_ms, time_ms, stale_ms, event)
            return self._refuse("older")
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
        self._changed.add(track.slot)
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
        self._changed.add(track.slot)
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

    def _add(self, event: Event, source_id: str, now_ms: int) -> Track:
        slot = self._free_slots.pop() if self._free_slots else len(self._slots)
        if slot == len(self._slots):
            self._slots.append(None)
        track = Track(
            slot=slot,
            event=event,
            source_id=source_id,
            time_ms=event.time_ms,
            stale_ms=event.stale_ms,
            received_ms=now_ms,
            state="live",
            due_ms=now_ms + 2 * STALE_MAX_MS,  # after anything: `update` brings it forward
        )
        self._slots[slot] = self._tracks[event.uid] = track
        self._describe(track)
        if self.history is not None:
            track.key = self.history.open(event.uid, track.card)
        return track

    def _describe(self, track: Track) -> None:
        """Make a track's card anew when it says something else."""
        event = track.event
        facts = facts_on_card(event.facts, self.sources[track.source_id].kind)
        said = (event.callsign, event.type, track.source_id, facts)
        if said == track.said:
            return
        track.said = said
        track.card = msgspec.json.encode(
            {"u": event.uid, "c": event.callsign[:CALLSIGN_CHARS_MAX], "t": event.type, "o": track.source_id}
            | ({"f": facts} if facts else {})
        )
        track.card_changed = True
        if self.history is not None and track.key >= 0:
            self.history.describe(track.key, track.card)

    def _drop(self, track: Track) -> None:
        track.state = "gone"
        del self._tracks[track.event.uid]
        self._slots[track.slot] = None
        self._changed.discard(track.slot)
        if self._frames.is_told(track.slot):
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

    # What is known.

    def latest(self, uid: str) -> Track | None:
        """Return what a uid last said; None when it is gone or never was."""
        return self._tracks.get(uid)

    def tracks(self) -> ValuesView[Track]:
        """Return all tracks, live and stale."""
        return self._tracks.values()

    def replay(self) -> Iterator[Event]:
        """Yield the events a client needs that connects now: the latest of all that is not stale."""
        now_ms = self._clock.now_ms()
        return (track.event for track in list(self._tracks.values()) if track.stale_ms > now_ms)

    # What goes out.

    def tick(self) -> bytes | None:
        """Return one frame with all that changed since the last tick; None when nothing did."""
        if not self._changed and not self._gone:
            return None
        tracks = [track for slot in sorted(self._changed) if (track := self._slots[slot]) is not None]
        for track in tracks:
            self._describe(track)
        frame = self._frames.tell(tracks, self._gone, self._clock.now_ms())
        self._free_slots += self._gone
        self._gone = []
        self._changed.clear()
        return frame

    def snapshot(self) -> bytes:
        """Return one frame with everything as of the last tick; the next tick's follows on it."""
        return self._frames.snapshot()

    def since(self, epoch: int = 0, position: int = -1) -> list[bytes]:
        """Return the frames that bring a page from a position, or from nothing, to the last tick."""
        return self._frames.since(epoch, position)

    # The past.

    async def at(self, at_ms: int) -> bytes:
        """Return a snapshot frame, of epoch 0, of what the picture was at a moment. Raises BadInput without history."""
        return await self._past.at(at_ms)

    async def path(self, uid: str, from_ms: int, to_ms: int, limit: int = PATH_ROWS_MAX) -> Path:
        """Return where a uid was between two moments, at most the last `limit`. Raises BadInput without history."""
        return await self._past.path(uid, from_ms, to_ms, limit)
