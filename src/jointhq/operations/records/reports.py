"""What can be written about reports.

Owns: the bodies of their records. Doesn't own: who may write them (`operations.rules.reports`).

A report that was released is never edited: what was wrong in it is corrected by another, which names it.
"""

import msgspec

from jointhq.journal.record import Body, kind
from jointhq.operations.templates import Template
from jointhq.release.label import Label


class Link(msgspec.Struct, frozen=True):
    """What a sentence rests on: an entry of the log, a unit's strength, an order and one of its addressees, a CCIR."""

    kind: str
    id: str


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence, with its own label and the records it rests on. `id` stays when its words are edited by hand."""

    id: str
    text: str
    label: Label
    links: tuple[Link, ...] = ()
    edited: bool = False


class SectionText(msgspec.Struct, frozen=True, kw_only=True):
    """A section as written; the names are those of the form at that time."""

    code: str
    name: str
    name_ja: str = ""
    sentences: tuple[Sentence, ...] = ()


class ReportText(Body, frozen=True, kw_only=True):
    """A report, whole. `chosen` is the least label that its writer gave it.

    It says what was known of [from, to). `as_of_ms` is where its period ends: while that lies behind `to_ms`, or was
    never set, it is of its whole period; else it is an interim one, which is owed to nobody. `form_version` is the
    record of its form, "" for one that comes with jointhq.
    """

    form: str
    name: str
    name_ja: str = ""
    language: str
    originator: str
    to: str
    info: str = ""  # who gets it to know, and need not act
    from_ms: int
    to_ms: int
    due_ms: int
    as_of_ms: int = 0
    form_version: str = ""
    precedence: str
    chosen: Label
    corrects: str = ""
    negative: bool = False
    sections: tuple[SectionText, ...]

    @property
    def interim(self) -> bool:
        """Whether it ends before its period does."""
        return self.to_ms < self.as_of_ms


@kind("report.drafted", version=1)
class ReportDrafted(ReportText, frozen=True, kw_only=True):
    """A new report. Subject: the report, here and below."""


@kind("report.edited", version=1)
class ReportEdited(ReportText, frozen=True, kw_only=True):
    """The report as from now on; an approval of what it was is void."""


@kind("report.refreshed", version=1)
class ReportRefreshed(ReportText, frozen=True, kw_only=True):
    """The report with what has been written since it was composed; an approval of what it was is void."""


@kind("report.approved", version=1)
class ReportApproved(Body, frozen=True, kw_only=True):
    """It may be released as it is."""


@kind("report.returned", version=1)
class ReportReturned(Body, frozen=True, kw_only=True):
    """It is to be worked on."""

    note: str


@kind("report.withdrawn", version=1)
class ReportWithdrawn(Body, frozen=True, kw_only=True):
    """It won't be released."""

    note: str = ""


@kind("report.released", version=1)
class ReportReleased(Body, frozen=True, kw_only=True):
    """It was sent under this number, the next of its series."""

    series: str
    number: int
    serial: str


@kind("report.form_set", version=1)
class FormSet(Body, frozen=True, kw_only=True):
    """A form of this headquarters, instead of one with the same code. Subject follows from the code."""

    form: Template


@kind("report.form_ended", version=1)
class FormEnded(Body, frozen=True, kw_only=True):
    """The headquarters has no form of its own with this code any more."""

    form: str


@kind("report.line_set", version=1)
class LineSet(Body, frozen=True, kw_only=True):
    """Reports of this form are owed to whom, or no more. Subject follows from the code."""

    form: str
    to: str
    active: bool
