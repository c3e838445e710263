"""Who may write down a mission, change it, and end it.

Owns: these rules. Doesn't own: orders that a mission leads to (`operations.rules.orders`).
"""

from typing import Final

from jointhq.base.errors import Refusal
from jointhq.journal.acts import Outcome
from jointhq.operations.forms import orders as f
from jointhq.operations.ground import label_for, need, room, signed
from jointhq.operations.records import missions as m
from jointhq.operations.rules.orders import known
from jointhq.operations.rules.scene import Scene, mission_seen, own_unit, unchanged, unit_seen
from jointhq.people.directory import COMMAND, Session
from jointhq.release.label import Label

MISSIONS_MAX: Final = 5_000  # held in memory, 2 KiB each


def _facts(s: Scene, actor: Session, form: f.MissionForm) -> tuple[dict[str, str | int], Label]:
    need(actor, COMMAND)
    unit = own_unit(s, actor)
    given = [unit_seen(s, actor, form.given_by).label] if form.given_by else []
    if form.until_ms and form.until_ms <= form.from_ms:
        raise Refusal("dates", "a mission ends after it begins", 400)
    facts: dict[str, str | int] = {
        "title": form.title.strip(),
        "title_ja": form.title_ja.strip(),
        "text": form.text.strip(),
        "unit": unit.id,
        "given_by": "" if form.given_by == unit.id else form.given_by,
        "order_ref": form.order_ref.strip(),
        "from_ms": form.from_ms,
        "until_ms": form.until_ms,
    }
    return facts, label_for(s.g, actor, form.label, [unit.label, *given])


def add(s: Scene, actor: Session, mission_id: str, form: f.MissionForm) -> Outcome:
    """Write down a mission of one's own unit: given by a higher headquarters, or taken on."""
    room(len(s.orders.missions), MISSIONS_MAX)
    facts, label = _facts(s, actor, form)
    return Outcome([signed(s.g, actor, mission_id, m.MissionAdded(**facts), label)])  # type: ignore[arg-type]


def change(s: Scene, actor: Session, mission_id: str, form: f.MissionForm) -> Outcome:
    """Change a mission, whole."""
    _own(s, actor, mission_id, form.version)
    facts, label = _facts(s, actor, form)
    return Outcome([signed(s.g, actor, mission_id, m.MissionChanged(**facts), label)])  # type: ignore[arg-type]


def end(s: Scene, actor: Session, mission_id: str, form: f.ReasonForm) -> Outcome:
    """Say that a mission is over."""
    need(actor, COMMAND)
    label = _own(s, actor, mission_id, form.version)
    return Outcome([signed(s.g, actor, mission_id, m.MissionEnded(reason=form.reason), label)])


def _own(s: Scene, actor: Session, mission_id: str, version: str) -> Label:
    mission = mission_seen(s, actor, mission_id)
    if own_unit(s, actor).id != mission.written.unit:
        raise Refusal("not_your_unit", "this mission is another unit's; ask there", 403)
    unchanged(mission, version)
    if mission.ended_ms:
        raise Refusal("mission_over", "this mission is over")
    return known(mission.label, s)
