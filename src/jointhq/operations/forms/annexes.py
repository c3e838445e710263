"""What the routes of annexes take and give.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`operations.routes.orders`), rules.
"""

from typing import Annotated, Final

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.operations.forms.files import FileRow

TEXT_CHARS_MAX: Final = 8_000  # an annex in words: two pages, as a paragraph; what is longer is a file
FILES_OF_ONE_MAX: Final = 20  # maps and tables of one staff section; each as large as any file

Id = Annotated[str, Meta(min_length=1, max_length=100)]
Line = Annotated[str, Meta(max_length=200)]


class AnnexForm(Form, frozen=True, kw_only=True):
    """An annex, whole: words, files, or both. `ends`, in a FRAGORD: the order has none of this letter any more.

    `label` is its text, "" the order's own; the annex is at least as narrow as its order and its files.
    """

    letter: Annotated[str, Meta(pattern="^[A-HJ-NP-Z]$")]  # I and O are taken for 1 and 0
    title: Line = ""
    text: Annotated[str, Meta(max_length=TEXT_CHARS_MAX)] = ""
    files: Annotated[tuple[Id, ...], Meta(max_length=FILES_OF_ONE_MAX)] = ()
    ends: bool = False
    label: Line = ""
    version: Annotated[str, Meta(max_length=100)] = ""


class AnnexRow(Struct, frozen=True, kw_only=True):
    """An annex. `kind` and `kind_ja` are what the letter stands for; in a text in force with the order it stands in."""

    id: str
    letter: str
    kind: str
    kind_ja: str
    title: str
    text: str
    files: list[FileRow]
    ends: bool
    mark: str
    label: str
    order: str
    order_name: str
    version: str


class AnnexKind(Struct, frozen=True, kw_only=True):
    """What a letter stands for."""

    letter: str
    kind: str
    kind_ja: str
