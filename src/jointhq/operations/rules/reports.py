"""Who may write, approve and release a report.

Owns: these rules, as pure functions to drafts or a refusal with its code; the number a report gets; the headquarters'
own forms, and to whom reports are owed. Doesn't own: what a report is composed of (`operations.rules.compose`).

A report is as narrow as all that stands in it. Who wrote it last doesn't approve it; what was approved and then edited
isn't approved any more; what was released is corrected by another report alone. One that was composed before its period
ended is an interim one, owed to nobody: it may go while the period runs; once that is over it is first brought up to
date, like one whose entries have been corrected. Numbers have no gaps: each series is of one originator, form, year and
label, so who sees one of it sees all.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from jointhq.base.errors import NotVisible, Refusal
from jointhq.base.text import check
from jointhq.journal.acts import Outcome
from jointhq.journal.record import Precedence
from jointhq.operations import numbers
from jointhq.operations.authority import Authority, NoAuthority, Reporting
from jointhq.operations.forms import reports as f
from jointhq.operations.ground import Ground, few, label_for, need, room, signed
from jointhq.operations.records import reports as r
from jointhq.operations.rules import compose, freshness
from jointhq.operations.rules.log import seen as entry_seen
from jointhq.operations.templates import HOUR_MS, Template, words
from jointhq.operations.views.log import correction_of
from jointhq.operations.views.logbook import Logbook, Written
from jointhq.operations.views.reportbook import Report, Reports, addressee, form_of, forms_seen
from jointhq.people.directory import COMMAND, LOG, PLAN, RELEASE, Session
from jointhq.release.label import Label

REPORTS_MAX: Final = 50_000  # held in memory, some 10 KiB each; at thirty a day, four years
FORMS_MAX: Final = 60
STEPS_MAX: Final = 500  # of one report, 300 B each: a day's watch saves it every three minutes
PERIOD_MS_MAX: Final = 62 * 24 * HOUR_MS  # a report is of two months at the most


class Scene(msgspec.Struct, frozen=True):
    """What is known when somebody asks."""

    g: Ground
    reports: Reports
    log: Logbook
    sources: compose.Sources
    authority: Authority = NoAuthority()

    def upward(self, actor: Session) -> Reporting:
        """Return to whom the asker's unit reports now."""
        own = self.g.directory.appointments.get(actor.appointment)
        unit = self.authority.unit_of(actor.appointment, own.unit) if own else ""
        return self.authority.reports_to(actor.reader, unit, self.g.now_ms)


# -- writing


def draft(s: Scene, actor: Session, report_id: str, form: f.ComposeForm) -> Outcome:
    """Compose a report, or a correction of one that was released."""
    need(actor, LOG)
    room(len(s.reports.reports), REPORTS_MAX)
    if form.corrects:
        return _correction(s, actor, report_id, form)
    template = form_seen(s, actor, form.form)
    period = _period(s, actor, template, form)
    to = form.to.strip() or addressee(s.g, actor.reader, s.reports, template.code)
    upward = s.upward(actor) if not to else Reporting(why="named")
    chosen = label_for(s.g, actor, form.label, upward.labels)
    sections = compose.sections(s.g, actor.reader, template, period, log=s.log, sources=s.sources)
    negative = not any(section.sentences for section in sections)
    if negative and template.daily:
        nothing = r.Sentence(id="s1", text=words(form.language)["negative"], label=chosen)
        sections = (msgspec.structs.replace(sections[0], sentences=(nothing,)), *sections[1:])
    own = s.reports.own_forms.get(template.code)
    body = r.ReportDrafted(
        form=template.code,
        name=template.name,
        name_ja=template.name_ja,
        language=form.language,
        originator=_originator(s, actor),
        to=to or upward.to,
        info=form.info.strip(),
        from_ms=period.from_ms,
        to_ms=min(period.to_ms, s.g.now_ms),  # what is yet to come isn't reported on
        due_ms=period.to_ms + template.due_minutes * 60_000,
        as_of_ms=period.to_ms if template.daily else 0,
        form_version=own.version if own and own.form == template else "",
        precedence=template.precedence,
        chosen=chosen,
        negative=negative and template.daily,
        sections=sections,
    )
    return _written(s, actor, report_id, body)


def pictured(s: Scene, actor: Session, form: f.ComposeForm) -> int:
    """Return the moment of the picture that a report to be composed tells of; 0: of none."""
    if form.corrects:
        return 0
    template = form_seen(s, actor, form.form)
    return template.pictured_until(_period(s, actor, template, form).to_ms)


def pictured_again(s: Scene, actor: Session, report_id: str) -> int:
    """Return the moment of the picture that a report will tell of once it is brought up to date; 0: of none."""
    text = report_seen(s, actor, report_id).text
    form = form_of(s.g, actor.reader, s.reports, text)
    return form.pictured_until(freshness.end_ms(s.g, text)) if form else 0


def _correction(s: Scene, actor: Session, report_id: str, form: f.ComposeForm) -> Outcome:
    before = report_seen(s, actor, form.corrects)
    if before.state != "released":
        raise Refusal("not_in_state", "only what was released is corrected; edit this one", state=before.state)
    facts = msgspec.structs.asdict(before.text) | {"corrects": before.id, "originator": _originator(s, actor)}
    outcome = _written(s, actor, report_id, r.ReportDrafted(**facts))
    return Outcome(outcome.drafts, (before.id,))


def edit(s: Scene, actor: Session, report_id: str, form: f.EditForm) -> Outcome:
    """Change a report that hasn't been released; whatever was approved of it isn't any more."""
    need(actor, LOG)
    report = _open(s, actor, report_id, form.version, "draft", "approved")
    few(s.g, actor, (one.label for one in report.steps), STEPS_MAX, "so often one report isn't changed; write another")
    text = report.text
    chosen = label_for(s.g, actor, form.label, default=text.chosen)
    given = {section.code: section for section in form.sections}
    if given.keys() - {section.code for section in text.sections} or len(given) < len(form.sections):
        raise Refusal("section_unknown", "a section that the form doesn't have", 400)
    taken = {sentence.id for section in text.sections for sentence in section.sentences}
    fresh = (f"s{n}" for n in range(1, 1_000_000) if f"s{n}" not in taken)
    sections = []
    for section in text.sections:
        known = {sentence.id: sentence for sentence in section.sentences}
        said = given[section.code].sentences if section.code in given else ()
        made = [_sentence(s, actor, one, known.get(one.id), chosen, next(fresh)) for one in said if one.text.strip()]
        if len({sentence.id for sentence in made}) < len(made):
            raise Refusal("sentence_twice", "a sentence stands there twice", 400)
        sections.append(msgspec.structs.replace(section, sentences=tuple(made)))
    facts = msgspec.structs.asdict(text) | {
        "to": form.to.strip(),
        "info": form.info.strip(),
        "chosen": chosen,
        "negative": form.negative,
        "sections": tuple(sections),
    }
    return _written(s, actor, report_id, r.ReportEdited(**facts))


def refresh(s: Scene, actor: Session, report_id: str, form: f.StepForm) -> Outcome:
    """Bring a report up to date: with what was written since it was composed, up to the end of its period or now."""
    need(actor, LOG)
    report = _open(s, actor, report_id, form.version, "draft", "approved")
    few(s.g, actor, (one.label for one in report.steps), STEPS_MAX, "so often one report isn't changed; write another")
    template = form_of(s.g, actor.reader, s.reports, report.text)
    sections = freshness.refreshed(s.g, actor.reader, report, template, log=s.log, sources=s.sources)
    facts = msgspec.structs.asdict(report.text) | {
        "to_ms": freshness.end_ms(s.g, report.text),
        "negative": report.text.negative and not freshness.says(sections),
        "sections": sections,
    }
    return _written(s, actor, report_id, r.ReportRefreshed(**facts))


def _sentence(
    s: Scene, actor: Session, form: f.SentenceForm, before: r.Sentence | None, chosen: Label, fresh: str
) -> r.Sentence:
    """Return a sentence: its words may change; what it rests on, and with it its label, doesn't get less."""
    if before is not None:
        label = label_for(s.g, actor, form.label, [before.label], default=before.label)
        text = form.text.strip()
        return msgspec.structs.replace(before, text=text, label=label, edited=before.edited or text != before.text)
    entries = [_entry(s, actor, entry_id) for entry_id in form.entries]
    label = label_for(s.g, actor, form.label, [entry.label for entry in entries], default=chosen)
    links = tuple(r.Link("log", entry.id) for entry in entries)
    return r.Sentence(id=fresh, text=form.text.strip(), label=label, links=links, edited=True)


def _written(s: Scene, actor: Session, report_id: str, body: r.ReportText) -> Outcome:
    """Return the report as a record, under the label of all that stands in it."""
    parts = [sentence.label for section in body.sections for sentence in section.sentences]
    label = label_for(s.g, actor, "", parts, default=body.chosen)
    if len(msgspec.json.encode(body)) > f.REPORT_BYTES_MAX:
        raise Refusal("report_long", "this is too long for a report; leave something out", 400)
    return Outcome([signed(s.g, actor, report_id, body, label, precedence=_precedence(body.precedence))])


# -- steps


def approve(s: Scene, actor: Session, report_id: str, form: f.StepForm) -> Outcome:
    """Approve what another has written."""
    need(actor, COMMAND)
    report = _open(s, actor, report_id, form.version, "draft")
    if report.written_by == actor.person:
        raise Refusal("own_work", "who wrote it doesn't approve it; ask another")
    if not any(section.sentences for section in report.text.sections):
        raise Refusal("report_empty", "it says nothing; write something, or report that there is nothing")
    _up_to_date(s, actor, report)
    return _step(s, actor, report, r.ReportApproved())


def return_(s: Scene, actor: Session, report_id: str, form: f.StepForm) -> Outcome:
    """Give it back to be worked on."""
    need(actor, COMMAND)
    report = _open(s, actor, report_id, form.version, "draft", "approved")
    if not form.note.strip():
        raise Refusal("note_missing", "say what is to be changed", 400)
    return _step(s, actor, report, r.ReportReturned(note=form.note.strip()))


def withdraw(s: Scene, actor: Session, report_id: str, form: f.StepForm) -> Outcome:
    """Give it up."""
    need(actor, LOG)
    report = _open(s, actor, report_id, form.version, "draft", "approved")
    return _step(s, actor, report, r.ReportWithdrawn(note=form.note.strip()))


def release(s: Scene, actor: Session, report_id: str, form: f.StepForm) -> Outcome:
    """Release what was approved, under the next number of its series."""
    need(actor, RELEASE)
    report = _open(s, actor, report_id, form.version, "approved")
    if not report.text.to:
        raise Refusal("addressee_missing", "say to whom it goes", 400)
    assert report.label is not None, "the asker sees it"
    _up_to_date(s, actor, report)
    year = datetime.fromtimestamp(s.g.now_ms / 1000, UTC).year
    what = f"report {report.text.form} of {report.text.originator} in {year}"
    series = numbers.series(what, report.label, exercise=s.g.exercise)
    number = s.reports.given.get(series, 0) + 1
    serial = f"{report.text.originator} {report.text.form} {number:04d}/{year}"
    body = r.ReportReleased(series=series, number=number, serial=serial)
    draft_ = signed(
        s.g, actor, report.id, body, report.label, precedence=_precedence(report.text.precedence),
        record_id=numbers.record_id(series, number),
    )  # fmt: skip
    return Outcome([draft_])


def _up_to_date(s: Scene, actor: Session, report: Report) -> None:
    """Refuse what says less than is known by now: the period is over, or what it rests on was corrected."""
    if freshness.over(s.g, report.text):
        raise Refusal(
            "period_over",
            "its period has ended since it was composed; bring it up to date, then decide",
            as_of_ms=report.text.as_of_ms,
        )
    if n := freshness.stale(s.g, actor.reader, report.text, s.log):
        raise Refusal("report_stale", "entries it rests on have been corrected; bring it up to date, then decide", n=n)


def _step(
    s: Scene, actor: Session, report: Report, body: r.ReportApproved | r.ReportReturned | r.ReportWithdrawn
) -> Outcome:
    assert report.label is not None, "the asker sees it"
    return Outcome([signed(s.g, actor, report.id, body, report.label)])


# -- forms and lines


def set_form(s: Scene, actor: Session, form: Template, version: str | None = None) -> Outcome:
    """Set a form of one's own, also in place of one that comes with jointhq; reports keep the one they were written by.

    `version` is the one that was changed, "" for none yet.
    """
    need(actor, PLAN)
    _whole(form)
    before = s.reports.own_forms.get(form.code)
    seen = before is not None and s.g.door.may_see(actor.reader, before.label, s.g.now_ms)
    if version is not None and version != (before.version if before and seen else ""):
        raise Refusal("changed_meanwhile", "somebody changed this form meanwhile; look at it again")
    if before is None:
        few(s.g, actor, (one.label for one in s.reports.own_forms.values()), FORMS_MAX, f"{FORMS_MAX} forms are enough")
    return Outcome([signed(s.g, actor, numbers.derived("form", form.code), r.FormSet(form=form), s.g.label)])


def end_form(s: Scene, actor: Session, code: str) -> Outcome:
    """Have a form of one's own no more; one that comes with jointhq is there again."""
    need(actor, PLAN)
    before = s.reports.own_forms.get(code)
    if before is None or before.label is None or not s.g.door.may_see(actor.reader, before.label, s.g.now_ms):
        raise NotVisible("no such form")
    return Outcome([signed(s.g, actor, numbers.derived("form", code), r.FormEnded(form=code), before.label)])


def preview(s: Scene, actor: Session, form: f.PreviewForm) -> tuple[r.SectionText, ...]:
    """Return what a form would compose now; nothing is written."""
    need(actor, PLAN)
    _whole(form.form)
    from_ms, to_ms = form.form.period(s.g.now_ms)
    period = compose.Period(from_ms=from_ms, to_ms=min(to_ms, s.g.now_ms), language=form.language)
    return compose.sections(s.g, actor.reader, form.form, period, log=s.log, sources=s.sources)


def _whole(form: Template) -> None:
    check(form)
    codes = [section.code for section in form.sections]
    if len(set(codes)) < len(codes) or bool(form.period_hours) != bool(form.as_of):
        raise Refusal("form_wrong", "sections have different codes; a period and its end belong together", 400)
    if any(section.source == "log" and section.pick == "words" and not section.words for section in form.sections):
        raise Refusal("words_missing", "a section by words names some", 400)


def set_line(s: Scene, actor: Session, form: f.LineForm) -> Outcome:
    """Set to whom reports of a form are owed, or that they aren't any more."""
    need(actor, PLAN)
    template = form_seen(s, actor, form.form)
    if not template.daily:
        raise Refusal("form_wrong", "a report of an event is owed when there is one", 400)
    body = r.LineSet(form=template.code, to=form.to.strip(), active=form.active)
    return Outcome([signed(s.g, actor, numbers.derived("line", template.code), body, s.g.label)])


# -- what is there for the asker


def report_seen(s: Scene, actor: Session, report_id: str) -> Report:
    """Return a report that is there for the asker; else NotVisible."""
    report = s.reports.reports.get(report_id)
    if report is None or not s.g.door.may_see(actor.reader, report.label, s.g.now_ms):
        raise NotVisible("no such report")
    return report


def form_seen(s: Scene, actor: Session, code: str) -> Template:
    """Return a form that is there for the asker; else a refusal."""
    found = forms_seen(s.g, actor.reader, s.reports).get(code)
    if found is None:
        raise Refusal("form_unknown", "there is no such form", 400)
    return found


def _entry(s: Scene, actor: Session, entry_id: str) -> Written:
    """Return an entry to rest on: one that stands."""
    try:
        entry = entry_seen(s.g, actor, s.log, entry_id)
    except NotVisible:
        raise Refusal("entry_unknown", "there is no such entry", 400) from None
    if correction_of(s.g, actor.reader, s.log, entry):
        raise Refusal("corrected_already", "this entry has been corrected; choose the one that stands in its place")
    return entry


def _open(s: Scene, actor: Session, report_id: str, version: str, *states: str) -> Report:
    report = report_seen(s, actor, report_id)
    if report.version != version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")
    if report.state not in states:
        raise Refusal("not_in_state", f"not possible for a report that is {report.state}", state=report.state)
    return report


def _period(s: Scene, actor: Session, template: Template, form: f.ComposeForm) -> compose.Period:
    chosen = tuple(sorted((_entry(s, actor, one) for one in form.entries), key=lambda one: (one.at_ms, one.position)))
    from_ms, to_ms = template.period(s.g.now_ms)
    if chosen and not template.daily:
        from_ms, to_ms = min(one.at_ms for one in chosen), s.g.now_ms
    from_ms = from_ms if form.from_ms is None else form.from_ms
    to_ms = to_ms if form.to_ms is None else form.to_ms
    if not from_ms < min(to_ms, s.g.now_ms) or to_ms > from_ms + PERIOD_MS_MAX:
        raise Refusal("period_wrong", "a period ends after its beginning, within two months", 400)
    return compose.Period(from_ms=from_ms, to_ms=to_ms, language=form.language, chosen=chosen)


def _originator(s: Scene, actor: Session) -> str:
    return s.g.directory.appointments[actor.appointment].organisation


def _precedence(text: str) -> Precedence:
    known: Precedence = msgspec.convert(text, Precedence)
    return known
