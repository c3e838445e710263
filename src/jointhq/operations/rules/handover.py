"""Who may hand a watch over, and who may take it on.

Owns: offering, taking the offer back, whether it can be accepted. Doesn't own: the appointment itself, which is taken
by people's own rule (`people.sessions.take`): the watch stays with who offers it until then.
"""

import msgspec

from jointhq.base.errors import NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.operations.forms.handover import OfferForm
from jointhq.operations.ground import Ground, label_for, need, signed
from jointhq.operations.records.handover import HandoverOffered, HandoverWithdrawn, Item
from jointhq.operations.rules.compose import Sources
from jointhq.operations.views import handover as views
from jointhq.operations.views.handover import Handover, Handovers
from jointhq.operations.views.logbook import Logbook
from jointhq.operations.views.reportbook import Reports
from jointhq.people.directory import LOG, Session
from jointhq.release.label import Label
from jointhq.release.reader import Reader


class Scene(msgspec.Struct, frozen=True):
    """What is known when somebody asks."""

    g: Ground
    handovers: Handovers
    log: Logbook
    reports: Reports
    sources: Sources


def compose(s: Scene, actor: Session, form: OfferForm) -> tuple[HandoverOffered, Label]:
    """Return what would be offered, and its label."""
    need(actor, LOG)
    since_ms = s.g.directory.holdings[actor.appointment].since_ms
    items = _items(s, actor.reader, since_ms, form.language, s.g.now_ms)
    body = HandoverOffered(
        appointment=actor.appointment,
        since_ms=since_ms,
        language=form.language,
        note=form.note.strip(),
        items=items,
    )
    return body, label_for(s.g, actor, form.label, [item.label for item in items])


def _items(s: Scene, reader: Reader, since_ms: int, language: str, at_ms: int) -> tuple[Item, ...]:
    return views.items(s.g, reader, since_ms, language, at_ms, log=s.log, reports=s.reports, sources=s.sources)


def offer(s: Scene, actor: Session, handover_id: str, form: OfferForm) -> Outcome:
    """Offer one's watch; an offer of before is taken back by it."""
    body, label = compose(s, actor, form)
    drafts = [signed(s.g, actor, handover_id, body, label)]
    for before in s.handovers.handovers.values():
        own = (before.person, before.body.appointment) == (actor.person, actor.appointment)
        if own and before.state == "offered" and before.label:
            drafts.append(signed(s.g, actor, before.id, HandoverWithdrawn(), before.label))
    return Outcome(drafts)


def withdraw(s: Scene, actor: Session, handover_id: str) -> Outcome:
    """Take one's offer back."""
    handover = s.handovers.handovers.get(handover_id)
    if handover is None or handover.person != actor.person or handover.label is None:
        raise NotVisible("no such handover")
    if not s.g.door.may_see(actor.reader, handover.label, s.g.now_ms):
        raise NotVisible("no such handover")
    _offered(s.g, handover)
    return Outcome([signed(s.g, actor, handover_id, HandoverWithdrawn(), handover.label)])


def acceptable(s: Scene, actor: Session, handover_id: str) -> Handover:
    """Return an offer that the asker may accept; a refusal for one that is over or stale, else NotVisible."""
    handover = s.handovers.handovers.get(handover_id)
    reader = views.reader_of(s.g, actor, handover) if handover and handover.person != actor.person else None
    if handover is None or reader is None:
        raise NotVisible("no such handover")
    _offered(s.g, handover)
    body = handover.body
    offers = s.g.directory.reader(handover.person, body.appointment, s.g.now_ms)
    then, now = (
        [item for item in items if s.g.door.may_see(reader, item.label, s.g.now_ms)]  # what is hidden is no change
        for items in (body.items, _items(s, offers, body.since_ms, body.language, handover.offered_ms))
    )
    if then != now:
        raise Refusal("handover_changed", "something happened since this was offered; have it offered anew, then look")
    return handover


def _offered(g: Ground, handover: Handover) -> None:
    if views.state_of(g, handover) != "offered":
        raise Refusal("handover_over", "this offer isn't open any more; look again")
