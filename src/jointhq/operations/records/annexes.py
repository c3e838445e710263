"""What can be written about annexes of orders.

Owns: the bodies of these records. Doesn't own: who may write them (`operations.rules.annexes`), the bytes of a file
(`operations.files`).

An annex is a record of its own, under a label of its own: it is at least as narrow as its order and its files, and an
order says nothing of an annex that its reader may not see.
"""

from jointhq.journal.record import Body, kind
from jointhq.release.label import Label


@kind("annex.put", version=1)
class AnnexPut(Body, frozen=True, kw_only=True):
    """An annex of a draft as from now on, whole. Subject: the annex, here and below.

    In a FRAGORD it stands for those of its letter that are as wide as it is, or wider; with `ends` nothing does.
    """

    order: str
    letter: str
    title: str = ""  # beside the letter's own
    text: str = ""
    files: tuple[str, ...] = ()
    ends: bool = False
    chosen: Label  # the label its author chose, before its order and files raised it


@kind("annex.removed", version=1)
class AnnexRemoved(Body, frozen=True, kw_only=True):
    """The draft has this annex no more."""

    order: str
