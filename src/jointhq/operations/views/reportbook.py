"""Reports as the journal has them.

Owns: the projection: reports with their steps, numbers given, the headquarters' own forms, to whom what is owed.
Doesn't own: what of it is shown to whom (`operations.views.reports`).
"""

from typing import Final

import msgspec

from jointhq.journal.record import Body, Record
from jointhq.operations.ground import Ground
from jointhq.operations.records import reports as r
from jointhq.operations.templates import Template, built_in
from jointhq.operations.views.book import Book
from jointhq.release.label import Label
from jointhq.release.reader import Reader

PREFIX: Final = "report."
STATES: Final = {
    r.ReportDrafted: "draft",
    r.ReportEdited: "draft",
    r.ReportRefreshed: "draft",
    r.ReportApproved: "approved",
    r.ReportReturned: "draft",
    r.ReportWithdrawn: "withdrawn",
    r.ReportReleased: "released",
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What was done with a report, and by whom."""

    what: str
    at_ms: int
    appointment: str
    person: str
    note: str
    label: Label | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One report as it stands, written last by the person `written_by`, composed of the journal up to `composed_at`."""

    id: str
    text: r.ReportText
    label: Label | None
    state: str
    version: str
    drafted_ms: int
    composed_at: int
    written_by: str
    exercise: bool
    steps: tuple[Step, ...]
    serial: str = ""
    released_ms: int = 0


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """Reports of a form are owed to somebody, since then."""

    form: str
    to: str
    active: bool
    since_ms: int
    label: Label | None


class OwnForm(msgspec.Struct, frozen=True):
    """A form of this headquarters. `version` is the record that set it."""

    form: Template
    label: Label | None
    version: str
    set_ms: int
    appointment: str
    person: str


class Reports(Book):
    """The projection."""

    name = "operations.reports"
    kinds = (PREFIX,)
    keeps = ("reports", "given", "corrections", "own_forms", "form_versions", "lines")

    def __init__(self) -> None:
        super().__init__()
        self.reports: dict[str, Report] = {}
        self.given: dict[str, int] = {}  # the last number by series
        self.corrections: dict[str, list[str]] = {}  # by the report that they correct
        self.own_forms: dict[str, OwnForm] = {}  # as they are now, by code
        self.form_versions: dict[str, OwnForm] = {}  # each as it was ever set
        self.lines: dict[str, Owed] = {}  # by form

    def _take(self, record: Record, body: Body) -> None:
        if isinstance(body, r.FormSet):
            own = OwnForm(body.form, record.label, record.id, record.written_ms, record.appointment, record.person)
            self.own_forms[body.form.code] = self.form_versions[record.id] = own
        elif isinstance(body, r.FormEnded):
            self.own_forms.pop(body.form, None)
        elif isinstance(body, r.LineSet):
            before = self.lines.get(body.form)
            since_ms = before.since_ms if before and before.active and body.active else record.written_ms
            self.lines[body.form] = Owed(
                form=body.form, to=body.to, active=body.active, since_ms=since_ms, label=record.label
            )
        elif isinstance(body, r.ReportDrafted):
            self._drafted(record, body)
        elif type(body) in STATES and record.subject in self.reports:
            self._step(record, body)

    def _drafted(self, record: Record, body: r.ReportDrafted) -> None:
        corrected = self.reports.get(body.corrects)  # its words are copied: they are of when those were composed
        self.reports[record.subject] = Report(
            id=record.subject,
            text=body,
            label=record.label,
            state="draft",
            version=record.id,
            drafted_ms=record.written_ms,
            composed_at=corrected.composed_at if corrected else record.position,
            written_by=record.person,
            exercise=record.exercise,
            steps=(_step(record, ""),),
        )

    def _step(self, record: Record, body: Body) -> None:
        before = self.reports[record.subject]
        report = msgspec.structs.replace(
            before,
            state=STATES[type(body)],
            version=record.id,
            label=record.label,
            steps=(*before.steps, _step(record, getattr(body, "note", ""))),
        )
        if isinstance(body, r.ReportEdited | r.ReportRefreshed):
            report = msgspec.structs.replace(report, text=body, written_by=record.person)
            if isinstance(body, r.ReportRefreshed):
                report = msgspec.structs.replace(report, composed_at=record.position)
        elif isinstance(body, r.ReportReleased):
            report = msgspec.structs.replace(report, serial=body.serial, released_ms=record.written_ms)
            self.given[body.series] = max(self.given.get(body.series, 0), body.number)
            if report.text.corrects:
                self.corrections.setdefault(report.text.corrects, []).append(report.id)
        self.reports[report.id] = report


def forms_seen(g: Ground, reader: Reader, reports: Reports) -> dict[str, Template]:
    """Return the forms that are there for the reader by code, the headquarters' own before those of jointhq."""
    own = {c: o.form for c, o in reports.own_forms.items() if g.door.may_see(reader, o.label, g.now_ms)}
    return {**built_in(), **own}


def form_of(g: Ground, reader: Reader, reports: Reports, text: r.ReportText) -> Template | None:
    """Return the form that a report was written by, as it was then; None where the reader may not see it."""
    own = reports.form_versions.get(text.form_version)
    if own is not None:
        return own.form if g.door.may_see(reader, own.label, g.now_ms) else None
    return built_in().get(text.form) or forms_seen(g, reader, reports).get(text.form)


def addressee(g: Ground, reader: Reader, reports: Reports, code: str) -> str:
    """Return to whom reports of a form are owed; "": whoever the reporting line names."""
    line = reports.lines.get(code)
    if line is not None and g.door.may_see(reader, line.label, g.now_ms):
        return line.to
    form = forms_seen(g, reader, reports).get(code)
    return form.to if form else ""


def _step(record: Record, note: str) -> Step:
    return Step(
        what=record.kind.removeprefix(PREFIX),
        at_ms=record.written_ms,
        appointment=record.appointment,
        person=record.person,
        note=note,
        label=record.label,
    )
