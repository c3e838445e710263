"""The picture as operations ask it.

Owns: where a track is, for what is written about it; what stood in the picture at a moment, as a report says it.
Doesn't own: tracks (`picture`), entries (`operations.rules.log`), reports (`operations.rules.compose`).
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec

from jointhq.base import dtg
from jointhq.base.errors import BadInput
from jointhq.cot import kinds
from jointhq.operations.records.log import TrackThen
from jointhq.operations.records.reports import Link
from jointhq.operations.rules.compose import Found, Source
from jointhq.operations.templates import words
from jointhq.picture import blocks
from jointhq.picture.history import Past
from jointhq.picture.picture import Picture
from jointhq.release.label import Label
from jointhq.release.reader import Reader

DIMENSIONS: Final = "PAGSUF"  # of an atom: space, air, ground, sea surface, subsurface, special operations
OF_NOTE: Final = "shjk"  # identities: suspect, hostile, and the exercise's joker and faker
LABELS_MAX: Final = 20  # sentences of counts, one a label: a release officer leaves out what is too narrow
OF_NOTE_MAX: Final = 40  # sentences of single tracks, the last heard of; a report says what mattered


def track_then(picture: Picture, reader: Reader, uid: str) -> tuple[TrackThen, Label | None] | None:
    """Return where a track is now, for what is written about it; None where the reader sees none."""
    track = picture.latest(reader, uid)
    if track is None:
        return None
    event = track.event
    then = TrackThen(
        uid=uid, callsign=event.callsign, type=event.type, lat=event.lat, lon=event.lon, time_ms=event.time_ms
    )
    return then, track.label


async def standing(picture: Picture, reader: Reader, at_ms: int) -> Source:
    """Return what a report says of the picture as a reader saw it at a moment."""
    try:
        then = await picture.read(reader, at_ms, _Standing.of)
    except BadInput:  # no history is kept
        then = _Standing(at_ms=at_ms)
    return partial(_said, then)


class _Card(msgspec.Struct):
    uid: str = msgspec.field(name="u", default="")
    callsign: str = msgspec.field(name="c", default="")
    type: str = msgspec.field(name="t", default="")


class _Track(msgspec.Struct, frozen=True, kw_only=True):
    card: _Card
    label: Label
    lat: float
    lon: float
    time_ms: int
    identity: str  # one of `OF_NOTE`, or ""
    kind: str  # in `report_words.json`


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What stood in a picture: how many under each label by dimension, how many of them stale, and those of note."""

    at_ms: int
    counts: tuple[tuple[Label, Counter[str], int], ...] = ()  # those with the most first
    of_note: tuple[_Track, ...] = ()  # the last heard of first

    @classmethod
    def of(cls, past: Past) -> "_Standing":
        counts, stale = dict[Label, Counter[str]](), Counter[Label]()
        of_note = list[_Track]()
        rows, decode = past.rows, msgspec.json.Decoder(_Card).decode
        lat, lon = blocks.lat(rows), blocks.lon(rows)
        late = (rows[blocks.STALE] <= past.at_ms) | (rows[blocks.KIND] == blocks.ENDED)
        times = rows[blocks.TIME]
        for n, ((*_, text), label, is_late) in enumerate(zip(past.tracks, past.labels, late.tolist(), strict=True)):
            card = decode(text)
            identity, dimension, function = [*card.type.split("-")[1:4], "", "", ""][:3]
            emergency = card.type.startswith(kinds.EMERGENCY) and not card.type.startswith(kinds.EMERGENCY_OVER)
            if kinds.is_position(card.type) and dimension in DIMENSIONS:
                counts.setdefault(label, Counter())[dimension] += 1
                stale[label] += is_late
            elif not emergency:
                continue
            missile = (dimension, function) == ("A", "W")
            if identity in OF_NOTE or missile or emergency:
                track = _Track(
                    card=card,
                    label=label,
                    lat=float(lat[n]),
                    lon=float(lon[n]),
                    time_ms=int(times[n]),
                    identity=identity if identity in OF_NOTE and not emergency else "",
                    kind="emergency" if emergency else "missile" if missile else f"dimension_{dimension}",
                )
                of_note.append(track)
        of_note.sort(key=lambda one: (-one.time_ms, one.card.uid))
        most = sorted(counts.items(), key=lambda one: (-one[1].total(), str(one[0])))
        return cls(
            at_ms=past.at_ms,
            counts=tuple((label, count, stale[label]) for label, count in most[:LABELS_MAX]),
            of_note=tuple(of_note[:OF_NOTE_MAX]),
        )


def _said(then: _Standing, _reader: Reader, _from_ms: int, _to_ms: int, language: str) -> Iterator[Found]:
    """Yield how many tracks there were under each label, and each hostile, suspect or missile track and emergency."""
    said, time = words(language), dtg.write(then.at_ms)[:7]
    comma = "、" if language == "ja" else ", "
    for label, count, stale in then.counts:
        listed = comma.join(
            said["tracks"].format(what=said[f"dimension_{one}"], n=f"{count[one]:,}")
            for one in DIMENSIONS
            if count[one]
        )
        line = said["picture_stale" if stale else "picture"].format(time=time, tracks=listed, stale=f"{stale:,}")
        yield Found(text=line, label=label, links=(Link("picture", str(then.at_ms)),))
    for track in then.of_note:
        who, kind = said[f"identity_{track.identity}"] if track.identity else "", said[track.kind]
        line = said["track"].format(
            time=dtg.write(track.time_ms)[:7],
            name=track.card.callsign or track.card.uid,
            what=said["of"].format(identity=who, kind=kind) if who else kind,
            lat=f"{track.lat:.4f}",
            lon=f"{track.lon:.4f}",
        )
        yield Found(text=line, label=track.label, links=(Link("picture", f"{then.at_ms}/{track.card.uid}"),))
