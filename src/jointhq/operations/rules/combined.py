"""Who may propose a combined activity, agree to it, name his order for it, and end his side of it (R7).

Owns: these rules. Doesn't own: orders (`operations.rules.orders`), what is shown (`operations.views.combined`).

Each side speaks for itself alone: it agrees to the text that it saw, orders its own part by its own order, and ends its
own part. No relation of authority follows from any of it.
"""

from typing import Final

from jointhq.base.errors import NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.operations.forms import combined as f
from jointhq.operations.ground import label_for, need, room, signed
from jointhq.operations.records import combined as r
from jointhq.operations.rules.orders import known
from jointhq.operations.rules.scene import Scene, order_seen, own_unit, unit_seen
from jointhq.operations.views.combined import Activity, Combined, seen
from jointhq.people.directory import COMMAND, Session

ACTIVITIES_MAX: Final = 1_000  # held in memory, 8 KiB each


def propose(s: Scene, actor: Session, combined: Combined, activity_id: str, form: f.CombinedForm) -> Outcome:
    """Propose an activity of one's own unit with one of another nation."""
    need(actor, COMMAND)
    room(len(combined.activities), ACTIVITIES_MAX)
    own, other = own_unit(s, actor), unit_seen(s, actor, form.other)
    if own.id != other.id and not (own.nation and other.nation):
        raise Refusal(
            "no_nation", "a combined activity is of two nations; let the structure say each unit's nation", 400
        )
    if own.nation == other.nation:
        raise Refusal("one_nation", "a combined activity has two sides, of two nations; within one give an order", 400)
    label = label_for(s.g, actor, form.label, [own.label, other.label])
    body = r.CombinedProposed(
        title=form.title.strip(), title_ja=form.title_ja.strip(), text=form.text.strip(), sides=(own.id, other.id)
    )
    return Outcome([signed(s.g, actor, activity_id, body, label)])


def revise(s: Scene, actor: Session, combined: Combined, activity_id: str, form: f.CombinedForm) -> Outcome:
    """Write the coordination record anew: both sides agree to it again, or don't."""
    activity, _ = _own(s, actor, combined, activity_id)
    if activity.version != form.version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")
    label = label_for(s.g, actor, form.label, [activity.label])
    body = r.CombinedRevised(
        title=form.title.strip(), title_ja=form.title_ja.strip(), text=form.text.strip(), sides=activity.text.sides
    )
    return Outcome([signed(s.g, actor, activity_id, body, label)])


def agree(s: Scene, actor: Session, combined: Combined, activity_id: str, form: f.VersionForm) -> Outcome:
    """Agree in one's own side's name to the text that one saw."""
    activity, unit = _own(s, actor, combined, activity_id)
    if activity.version != form.version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")
    if activity.agrees(unit):
        return Outcome([])
    body = r.CombinedAgreed(unit=unit, text=activity.version)
    return Outcome([signed(s.g, actor, activity_id, body, known(activity.label, s))])


def order(s: Scene, actor: Session, combined: Combined, activity_id: str, form: f.OwnOrderForm) -> Outcome:
    """Name the order by which one's own side does its part."""
    activity, unit = _own(s, actor, combined, activity_id)
    parts = [activity.label]
    if form.order:
        named = order_seen(s, actor, form.order)
        if named.written.unit != unit:
            raise Refusal("not_own_order", "each side's part is ordered by an order of its own", 400)
        parts.append(named.label)
    label = label_for(s.g, actor, "", parts, default=known(activity.label, s))
    return Outcome([signed(s.g, actor, activity_id, r.CombinedOrdered(unit=unit, order=form.order), label)])


def end(s: Scene, actor: Session, combined: Combined, activity_id: str, form: f.EndForm) -> Outcome:
    """End one's own side's part; of the other's nothing follows."""
    activity, unit = _own(s, actor, combined, activity_id)
    body = r.CombinedEnded(unit=unit, reason=form.reason.strip())
    return Outcome([signed(s.g, actor, activity_id, body, known(activity.label, s))])


def _own(s: Scene, actor: Session, combined: Combined, activity_id: str) -> tuple[Activity, str]:
    """Return an activity, and the asker's side of it, which has not ended."""
    need(actor, COMMAND)
    activity = combined.activities.get(activity_id)
    if activity is None or not seen(s, actor, activity):
        raise NotVisible("no such activity")
    unit = own_unit(s, actor).id
    if unit not in activity.text.sides:
        raise Refusal("not_your_unit", "this is an activity of other units; ask there", 403)
    if unit in activity.ended:
        raise Refusal("side_ended", "your side has ended its part")
    return activity, unit
