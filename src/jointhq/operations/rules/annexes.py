"""Who may attach an annex to an order, change it, and take it out again.

Owns: these rules, as pure functions from what is known and who asks to drafts or a refusal with its code.
Doesn't own: which annexes are in force (`operations.views.in_force`), keeping files (`operations.rules.files`).

An annex belongs to the text: whoever may edit the draft attaches it, and what is staffed or issued is fixed. It is at
least as narrow as its order and its files; whoever may not see one writes as if it were not there.
"""

from typing import Final

from jointhq.base.errors import NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.operations import tables
from jointhq.operations.forms.annexes import AnnexForm
from jointhq.operations.forms.orders import VersionForm
from jointhq.operations.ground import label_for, signed
from jointhq.operations.records.annexes import AnnexPut, AnnexRemoved
from jointhq.operations.rules.orders import draft_of
from jointhq.operations.rules.scene import Scene, annexes_seen, unchanged
from jointhq.operations.views.in_force import annexes_in_force
from jointhq.operations.views.orders import Annex, Order
from jointhq.people.directory import Session

ANNEXES_MAX: Final = 50  # of one order, of those that one reader sees: every letter twice


def attach(s: Scene, actor: Session, annex_id: str, order_id: str, form: AnnexForm) -> Outcome:
    """Attach an annex to a draft."""
    order = draft_of(s, actor, order_id)
    if len(annexes_seen(s, actor, order)) >= ANNEXES_MAX:
        raise Refusal("too_many", f"an order has {ANNEXES_MAX} annexes at most", max=ANNEXES_MAX)
    return _put(s, actor, annex_id, order, form)


def change(s: Scene, actor: Session, annex_id: str, form: AnnexForm) -> Outcome:
    """Change an annex of a draft, whole."""
    return _put(s, actor, annex_id, _own(s, actor, annex_id, form.version), form)


def remove(s: Scene, actor: Session, annex_id: str, form: VersionForm) -> Outcome:
    """Take an annex out of a draft."""
    order = _own(s, actor, annex_id, form.version)
    annex = s.orders.annexes[annex_id]
    label = annex.label or s.g.label
    return Outcome([signed(s.g, actor, annex_id, AnnexRemoved(order=order.id), label)], (order.id,))


def annex_seen(s: Scene, actor: Session, annex_id: str) -> tuple[Order, Annex]:
    """Return an annex that is there for the asker, with its order; else NotVisible."""
    annex = s.orders.annexes.get(annex_id)
    if annex is None or not s.sees(actor, annex.label):
        raise NotVisible("no such annex")
    order = s.orders.orders[annex.order]
    if not s.sees(actor, order.label):
        raise NotVisible("no such annex")
    return order, annex


def _own(s: Scene, actor: Session, annex_id: str, version: str) -> Order:
    order, annex = annex_seen(s, actor, annex_id)
    draft_of(s, actor, order.id)
    unchanged(annex, version)
    return order


def _put(s: Scene, actor: Session, annex_id: str, order: Order, form: AnnexForm) -> Outcome:
    if form.letter not in tables.annexes():
        raise Refusal("annex_letter", f"{form.letter} stands for nothing; choose another letter", 400)
    if form.ends:
        _may_end(s, actor, order, form)
    elif not form.text.strip() and not form.files:
        raise Refusal("annex_empty", "an annex holds a text, a file, or both", 400)
    parts = [order.label]
    for file_id in form.files:
        try:
            parts.append(s.files.seen(s.g, actor.reader, file_id).label)
        except NotVisible:
            raise Refusal("file_unknown", "there is no such file", 400) from None
    body = AnnexPut(
        order=order.id,
        letter=form.letter,
        title=form.title.strip(),
        text=form.text.strip(),
        files=tuple(dict.fromkeys(form.files)),
        ends=form.ends,
        chosen=label_for(s.g, actor, form.label, default=order.written.chosen),
    )
    label = label_for(s.g, actor, form.label, parts, order.written.chosen)
    return Outcome([signed(s.g, actor, annex_id, body, label, precedence=order.precedence)], (order.id,))


def _may_end(s: Scene, actor: Session, order: Order, form: AnnexForm) -> None:
    """Refuse to end what is not there."""
    base = s.orders.orders.get(order.written.base)
    if base is None:
        raise Refusal("annex_ends", "only a FRAGORD ends an annex, one of the order that it changes", 400)
    if form.text.strip() or form.files:
        raise Refusal("annex_ends", "what ends an annex holds nothing itself", 400)
    there = annexes_in_force(s.orders, base, lambda label: s.sees(actor, label), s.g.door.dominates, s.g.now_ms)
    if all(one.letter != form.letter for one in there):
        raise Refusal("annex_ends", f"the order has no annex {form.letter} to end", 400)
