"""What the routes of labels take and give.

Owns: the shapes. Doesn't own: paths (`operations.routes.labels`), what a label means (`release`).
"""

from typing import Annotated

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.log import FILES_OF_ONE_MAX, Id, Short


class LabelForm(Form, frozen=True, kw_only=True):
    """A label as typed, "" the headquarters' own, and what goes with the entry that it is for."""

    label: Short = ""
    track: Annotated[str, Meta(max_length=500)] = ""
    files: Annotated[tuple[Id, ...], Meta(max_length=FILES_OF_ONE_MAX)] = ()


class LabelSaid(Struct, frozen=True, kw_only=True):
    """The mark that an entry would bear; or why it would be refused, as the error's code."""

    mark: str = ""
    problem: str = ""


class LabelChoices(Struct, frozen=True, kw_only=True):
    """Marks that somebody may write, the most open first."""

    marks: list[str]
