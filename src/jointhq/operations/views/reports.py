"""What is shown of reports: the list with what is owed, one report, and one as a document.

Owns: the rows, everything asked for at the door; what is late; which steps somebody may take; a report as lines of
text. Doesn't own: the projection (`operations.views.reportbook`), the rules of the steps (`operations.rules.reports`),
sheets of paper (`base.pdf`).
"""

from typing import Any, Final, Literal

import msgspec

from jointhq.base import dtg
from jointhq.base.errors import NotVisible
from jointhq.base.pdf import Line, Sheet
from jointhq.operations.authority import Reporting
from jointhq.operations.forms import reports as f
from jointhq.operations.ground import Ground
from jointhq.operations.records.reports import SectionText
from jointhq.operations.rules import freshness
from jointhq.operations.templates import HOUR_MS, Template, words
from jointhq.operations.views.logbook import Logbook
from jointhq.operations.views.names import banner, mark, signed_by
from jointhq.operations.views.reportbook import Owed, Report, Reports, addressee, form_of, forms_seen
from jointhq.people.directory import COMMAND, LOG, RELEASE, Session
from jointhq.people.views import SOMEONE
from jointhq.release.reader import Reader

NOBODY: Final = Reporting(why="unknown")  # where it isn't asked to whom a unit reports
ROWS_MAX: Final = 300  # of one answer: ten days at thirty a day
OWED_MAX: Final = 3  # of one form: the running period and the two before it


def page(
    g: Ground, reader: Reader, reports: Reports, upward: Reporting = NOBODY, actor: Session | None = None
) -> f.ReportPage:
    """Return the latest reports that are there for the reader, what is owed, and what waits for the actor."""
    there = [one for one in reports.reports.values() if g.door.may_see(reader, one.label, g.now_ms)]
    there.sort(key=lambda one: one.drafted_ms, reverse=True)
    forms = forms_seen(g, reader, reports)
    lines = [one for one in reports.lines.values() if g.door.may_see(reader, one.label, g.now_ms)]
    return f.ReportPage(
        rows=[row(g, reader, reports, one, actor) for one in there[:ROWS_MAX]],
        owed=[owed for line in lines if line.active for owed in _owed(g, line, forms.get(line.form), there)],
        forms=[forms[code] for code in sorted(forms)],
        own_forms=[
            f.OwnFormRow(
                form=code, version=one.version, set_ms=one.set_ms, by=signed_by(g, reader, one.appointment, one.person)
            )
            for code, one in sorted(reports.own_forms.items())
            if g.door.may_see(reader, one.label, g.now_ms)
        ],
        lines=[f.LineRow(form=one.form, to=one.to, active=one.active) for one in lines],
        choices=[_choice(g, reader, reports, forms[code]) for code in sorted(forms)],
        upward=f.UpwardRow(
            to=upward.to,
            name=upward.unit.name if upward.unit else "",
            name_ja=upward.unit.name_ja if upward.unit else "",
            why=upward.why,
            type=upward.type,
            order_ref=upward.order_ref,
        ),
        banner=banner(g, [*(one.label for one in there[:ROWS_MAX]), *upward.labels]),
    )


def _choice(g: Ground, reader: Reader, reports: Reports, form: Template) -> f.ChoiceRow:
    from_ms, to_ms = form.period(g.now_ms)
    due_ms = to_ms + form.due_minutes * 60_000
    to = addressee(g, reader, reports, form.code)
    return f.ChoiceRow(form=form.code, from_ms=from_ms, to_ms=to_ms, due_ms=due_ms, to=to)


def _owed(g: Ground, line: Owed, form: Template | None, there: list[Report]) -> list[f.OwedRow]:
    """Return what is owed of a form, the latest first: by reports that the reader may see."""
    if form is None or not form.daily:
        return []
    step = form.period_hours * HOUR_MS
    last = form.as_of_next(g.now_ms)
    rows = []
    for as_of_ms in (last - n * step for n in range(OWED_MAX)):
        if as_of_ms <= line.since_ms:
            break
        due_ms = as_of_ms + form.due_minutes * 60_000
        begun = [one for one in there if one.text.form == form.code and _of(one, as_of_ms - step, as_of_ms)]
        sent = [one for one in begun if one.text.to_ms == as_of_ms and one.released_ms]
        first = min(sent, key=lambda one: one.released_ms, default=None)
        if first is not None:
            state = "sent" if first.released_ms <= due_ms else "sent_late"
        else:
            state = "running" if g.now_ms < as_of_ms else "due" if g.now_ms <= due_ms else "late"
        open_ = next((one.id for one in begun if one.state in ("draft", "approved")), "")
        rows.append(
            f.OwedRow(
                form=form.code,
                name=form.name,
                name_ja=form.name_ja,
                to=line.to,
                from_ms=as_of_ms - step,
                as_of_ms=as_of_ms,
                due_ms=due_ms,
                state=state,
                report=first.id if first else open_,
            )
        )
    return rows


def _of(report: Report, from_ms: int, as_of_ms: int) -> bool:
    """Whether a report is of this period, the whole of it or, as long as it is an interim one, its beginning."""
    text = report.text
    return text.from_ms <= from_ms and as_of_ms in (text.to_ms, text.as_of_ms)


def row(g: Ground, reader: Reader, reports: Reports, report: Report, actor: Session | None = None) -> f.ReportRow:
    """Return one report of the list."""
    text = report.text
    corrects = reports.reports.get(text.corrects)
    if corrects is not None and not g.door.may_see(reader, corrects.label, g.now_ms):
        corrects = None
    by = (reports.reports[one] for one in reports.corrections.get(report.id, ()))
    corrected_by = next((one.id for one in by if g.door.may_see(reader, one.label, g.now_ms)), "")
    first = report.steps[0]
    gone_ms = report.released_ms or g.now_ms
    sent_early = bool(report.released_ms) and text.interim
    return f.ReportRow(
        id=report.id,
        version=report.version,
        form=text.form,
        name=text.name,
        name_ja=text.name_ja,
        serial=report.serial,
        state=report.state,
        mark=mark(g, report.label),
        originator=text.originator,
        to=text.to,
        info=text.info,
        from_ms=text.from_ms,
        to_ms=text.to_ms,
        as_of_ms=text.as_of_ms or text.to_ms,
        due_ms=text.due_ms,
        late=report.state != "withdrawn" and not text.corrects and not sent_early and gone_ms > text.due_ms,
        interim=text.interim,
        drafted_ms=report.drafted_ms,
        released_ms=report.released_ms,
        by=signed_by(g, reader, first.appointment, first.person),
        corrects=corrects.id if corrects else "",
        corrects_serial=corrects.serial if corrects else "",
        corrected_by=corrected_by,
        negative=text.negative,
        exercise=report.exercise,
        waits=_waits(actor, report) if actor else "",
    )


def body(g: Ground, actor: Session, reports: Reports, log: Logbook, report_id: str) -> f.ReportBody:
    """Return a report that is there for the reader, whole; else NotVisible."""
    report = seen(g, actor.reader, reports, report_id)
    reader, open_ = actor.reader, report.state in ("draft", "approved")
    return f.ReportBody(
        report=row(g, reader, reports, report, actor),
        language=report.text.language,
        precedence=report.text.precedence,
        banner=banner(g, [report.label]),
        sections=section_rows(g, reader, log, report.text.sections),
        steps=[
            f.StepRow(
                what=step.what,
                at_ms=step.at_ms,
                by=signed_by(g, reader, step.appointment, step.person),
                note=step.note,
            )
            for step in report.steps
            if g.door.may_see(reader, step.label, g.now_ms)
        ],
        stale=freshness.stale(g, reader, report.text, log) if open_ else 0,
        fresh=freshness.fresh(g, reader, report, form_of(g, reader, reports, report.text), log) if open_ else 0,
        over=open_ and freshness.over(g, report.text),
        may=_may(actor, report),
    )


def section_rows(g: Ground, reader: Reader, log: Logbook, sections: tuple[SectionText, ...]) -> list[f.SectionRow]:
    """Return sections with those of their sentences that are there for the reader."""
    return [
        f.SectionRow(
            code=section.code,
            name=section.name,
            name_ja=section.name_ja,
            sentences=[
                f.SentenceRow(
                    id=one.id,
                    text=one.text,
                    mark=mark(g, one.label),
                    links=[link for link in one.links if link.kind != "log" or _linked(g, reader, log, link.id)],
                )
                for one in section.sentences
                if g.door.may_see(reader, one.label, g.now_ms)
            ],
        )
        for section in sections
    ]


def seen(g: Ground, reader: Reader, reports: Reports, report_id: str) -> Report:
    """Return a report that is there for the reader; else NotVisible."""
    report = reports.reports.get(report_id)
    if report is None or not g.door.may_see(reader, report.label, g.now_ms):
        raise NotVisible("no such report")
    return report


def _linked(g: Ground, reader: Reader, log: Logbook, entry_id: str) -> bool:
    entry = log.entries.get(entry_id)
    return entry is not None and g.door.may_see(reader, entry.label, g.now_ms)


def _may(actor: Session, report: Report) -> list[str]:
    held, state = actor.permissions, report.state
    steps = {
        "edit": LOG in held and state in ("draft", "approved"),
        "refresh": LOG in held and state in ("draft", "approved"),
        "approve": COMMAND in held and state == "draft" and report.written_by != actor.person,
        "return": COMMAND in held and state in ("draft", "approved"),
        "release": RELEASE in held and state == "approved",
        "withdraw": LOG in held and state in ("draft", "approved"),
        "correct": LOG in held and state == "released",
    }
    return [step for step, may in steps.items() if may]


def _waits(actor: Session, report: Report) -> Literal["", "approve", "release"]:
    """Return the step that waits for the actor. An interim one is still being written until its period is over."""
    may = _may(actor, report)
    if "approve" in may and not report.text.interim:
        return "approve"
    return "release" if "release" in may else ""


# -- as a document


def sheet(report: f.ReportBody, now_ms: int) -> Sheet:
    """Return what stands on every sheet of a report."""
    said = words(report.language)
    of = report.report
    notes = [said["exercise"]] if of.exercise else []
    notes += [] if of.serial else [said["draft"]]
    return Sheet(
        title=of.serial or f"{of.originator} {of.form}",
        banner=report.banner,
        note=" ".join(notes),
        language=report.language,
        made_ms=of.released_ms or now_ms,
    )


def lines(report: f.ReportBody) -> list[Line]:
    """Return a report as lines: its head, its sections, who approved and released it."""
    of, said, ja = report.report, words(report.language), report.language == "ja"
    head = [
        (said["from"], of.originator),
        (said["to"], of.to),
        *([(said["info"], of.info)] if of.info else []),
        (said["dtg"], dtg.write(of.released_ms) if of.released_ms else said["not_released"]),
        (said["period"], f"{dtg.write(of.from_ms)} - {dtg.write(of.to_ms)}"),
        (said["as_of"], dtg.write(of.to_ms)),
        (said["precedence"], report.precedence.upper()),
    ]
    head += [(said["interim"], said["interim_of"].format(until=dtg.write(of.as_of_ms)))] if of.interim else []
    head += [(said["corrects"], of.corrects_serial)] if of.corrects_serial else []
    out = [Line(of.serial or of.form, size=15, strong=True), Line((of.name_ja if ja else "") or of.name, size=11)]
    out += [Line(f"{name}: {text}", gap=0.6 if n == 0 else 0.0) for n, (name, text) in enumerate(head)]
    for n, section in enumerate(report.sections, 1):
        name = (section.name_ja if ja else "") or section.name
        out.append(Line(f"{n}. {name}", size=11, gap=0.9, strong=True))
        out += [Line(f"{one.mark} {one.text}".strip(), indent=14, gap=0.25) for one in section.sentences]
        if not section.sentences:
            out.append(Line("-", indent=14, gap=0.25))
    signed = [step for step in report.steps if step.what in ("approved", "released")]
    for step in signed[-2:] if of.state in ("approved", "released") else ():
        out.append(Line(f"{said[step.what]}: {_who(step, ja=ja)} {dtg.write(step.at_ms)}", gap=0.9))
    return out


def _who(step: f.StepRow, *, ja: bool) -> str:
    person = step.by.person or SOMEONE
    title = (step.by.title_ja if ja else "") or step.by.title
    return f"{title} {(person.name_ja if ja else '') or person.name}".strip()


def text(report: f.ReportBody, now_ms: int) -> str:
    """Return a report as plain text, the banner first and last."""
    top = sheet(report, now_ms)
    marked = " ".join(part for part in (top.note, top.banner, top.note) if part)
    out = [marked, ""]
    for line in lines(report):
        out += [""] if line.gap > 0.5 else []
        out.append(" " * round(line.indent / 7) + line.text)
    return "\n".join([*out, "", marked, ""])


def exported(report: f.ReportBody) -> dict[str, Any]:
    """Return a report as data, the banner with it; what is to be done with it is left out."""
    found: dict[str, Any] = msgspec.to_builtins(report)
    for name in ("may", "stale", "fresh", "over"):
        del found[name]
    return {"banner": found.pop("banner"), **found}
