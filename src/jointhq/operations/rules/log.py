"""Who may write in the log, and what.

Owns: a new line, its correction, the mark of significance.
Doesn't own: what is shown (`operations.views.log`), shapes and bounds (`operations.forms.log`).

An entry is never changed and never removed. It is at least as narrow as the track and the files that it names. What
the asker may not see is for him not there: neither to correct nor to attach.
"""

from typing import Any, Final

from jointhq.base.dtg import Moment, read_typed
from jointhq.base.errors import BadInput, NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.operations.forms.log import CorrectionForm, EntryForm
from jointhq.operations.ground import Ground, few, label_for, need, signed
from jointhq.operations.records.log import LogCorrected, LogEntered, LogMarked, TrackThen
from jointhq.operations.views import log as views
from jointhq.operations.views.files import Files
from jointhq.operations.views.logbook import Logbook, TrackOf, Written
from jointhq.people.directory import LOG, Session
from jointhq.release.label import Label

AHEAD_MS: Final = 3_600_000  # a log says what has happened; a clock that was read may go an hour fast
BEHIND_MS: Final = 366 * 86_400_000  # and what happened longer ago belongs in a report
MARKS_MAX: Final = 100  # of one line, 200 B each: whoever marks it so often means something else


def enter(g: Ground, actor: Session, form: EntryForm, entry_id: str, *, files: Files, track_of: TrackOf) -> Outcome:
    """Enter a new line."""
    need(actor, LOG)
    when = _when(g, form.when)
    facts, label = _facts(g, actor, form, files, track_of, None)
    body = LogEntered(letter=when.letter, **facts)
    return Outcome([signed(g, actor, entry_id, body, label, effective_ms=when.ms, record_id=entry_id)])


def correct(
    g: Ground,
    actor: Session,
    log: Logbook,
    corrected_id: str,
    form: CorrectionForm,
    entry_id: str,
    *,
    files: Files,
    track_of: TrackOf,
) -> Outcome:
    """Write how an entry should read. One that was corrected already is corrected where it reads as it does now."""
    need(actor, LOG)
    before = seen(g, actor, log, corrected_id)
    if views.correction_of(g, actor.reader, log, before):
        raise Refusal("corrected_already", "this entry has been corrected; correct the one that stands in its place")
    when = _when(g, form.when) if form.when.strip() else Moment(before.at_ms, before.body.letter)
    facts, label = _facts(g, actor, form, files, track_of, before)
    body = LogCorrected(letter=when.letter, corrects=before.id, reason=form.reason.strip(), **facts)
    return Outcome([signed(g, actor, before.line, body, label, effective_ms=when.ms, record_id=entry_id)])


def mark(g: Ground, actor: Session, log: Logbook, entry_id: str, *, significant: bool) -> Outcome:
    """Mark a line as significant, or take that back."""
    need(actor, LOG)
    entry = seen(g, actor, log, entry_id)
    if views.significant(g, actor.reader, log, entry) == significant or entry.label is None:
        return Outcome([])
    marks = (one.label for one in log.marks.get(entry.line, ()))
    few(g, actor, marks, MARKS_MAX, "so often one line isn't marked; write another that says it")
    return Outcome([signed(g, actor, entry.line, LogMarked(significant=significant), entry.label)])


def seen(g: Ground, actor: Session, log: Logbook, entry_id: str) -> Written:
    """Return an entry that is there for the asker; else NotVisible."""
    entry = log.entries.get(entry_id)
    if entry is None or not g.door.may_see(actor.reader, entry.label, g.now_ms):
        raise NotVisible("no such entry")
    return entry


def label_of(
    g: Ground,
    actor: Session,
    text: str,
    uid: str,
    file_ids: tuple[str, ...],
    *,
    files: Files,
    track_of: TrackOf,
    before: Written | None = None,
) -> tuple[TrackThen | None, Label]:
    """Return the track as it goes into an entry, and the label that the entry gets with all this."""
    track, parts = _track(actor, uid, track_of, before)
    for file_id in file_ids:
        try:
            parts.append(files.seen(g, actor.reader, file_id).label)
        except NotVisible:
            raise Refusal("file_unknown", "there is no such file", 400) from None
    return track, label_for(g, actor, text, parts, before.label if before else None)


def _when(g: Ground, text: str) -> Moment:
    try:
        when = read_typed(text, g.now_ms)
    except BadInput as error:
        raise Refusal("time_form", str(error), 400) from None
    if not g.now_ms - BEHIND_MS <= when.ms <= g.now_ms + AHEAD_MS:
        raise Refusal("time_range", "a log says what has happened in the last year, and nothing to come", 400)
    return when


def _facts(
    g: Ground, actor: Session, form: EntryForm, files: Files, track_of: TrackOf, before: Written | None
) -> tuple[dict[str, Any], Label]:
    """Return what an entry says, and the label of all of it."""
    if (form.lat is None) != (form.lon is None):
        raise Refusal("place_form", "a place has a latitude and a longitude, or neither", 400)
    track, label = label_of(g, actor, form.label, form.track, form.files, files=files, track_of=track_of, before=before)
    facts: dict[str, Any] = {
        "source": form.source.strip(),
        "text": form.text.strip(),
        "decided": form.decided.strip(),
        "told": form.told.strip(),
        "significant": form.significant,
        "place": form.place.strip(),
        "lat": form.lat,
        "lon": form.lon,
        "order": form.order.strip(),
        "track": track,
        "files": form.files,
    }
    return facts, label


def _track(
    actor: Session, uid: str, track_of: TrackOf, before: Written | None
) -> tuple[TrackThen | None, list[Label | None]]:
    """Return the track as it is, or in a correction as it was, and what its label is."""
    if not uid:
        return None, []
    if before is not None and before.body.track is not None and before.body.track.uid == uid:
        return before.body.track, [before.label]
    found = track_of(actor.reader, uid)
    if found is None:
        raise Refusal("track_unknown", "there is no such track now", 400)
    return found[0], [found[1]]
