"""The picture as the log asks it.

Owns: where a track is, for what is written about it. Doesn't own: tracks (`picture`), entries (`operations.rules.log`).
"""

from jointhq.operations.records.log import TrackThen
from jointhq.picture.picture import Picture
from jointhq.release.label import Label
from jointhq.release.reader import Reader


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
