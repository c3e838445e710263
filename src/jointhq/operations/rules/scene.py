"""What rules about orders look at, and what they all ask.

Owns: `Scene`; whose unit somebody speaks for; which order, addressee, unit or mission is there for him.
Doesn't own: what may be done with it (the modules beside).
"""

from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from jointhq.base.errors import NotVisible, Refusal
from jointhq.operations.authority import Authority, Unit
from jointhq.operations.ground import Ground
from jointhq.operations.views.addressees import Addressee
from jointhq.operations.views.files import Files
from jointhq.operations.views.orders import Annex, Mission, Order, Orders
from jointhq.people.directory import Session
from jointhq.release.label import Label


class Labelled(Protocol):
    """What has a label."""

    @property
    def label(self) -> Label | None:
        """Who may see it."""
        ...


L = TypeVar("L", bound=Labelled)


class Scene(msgspec.Struct, frozen=True):
    """What is known when somebody asks."""

    g: Ground
    orders: Orders
    authority: Authority
    files: Files

    def sees(self, actor: Session, label: Label | None) -> bool:
        """Tell whether the asker may see this."""
        return self.g.door.may_see(actor.reader, label, self.g.now_ms)

    def there(self, actor: Session, things: Mapping[str, L], thing_id: str, what: str) -> L:
        """Return one of these that is there for the asker; else NotVisible: absent and hidden are one answer."""
        one = things.get(thing_id)
        if one is None or not self.sees(actor, one.label):
            raise NotVisible(f"no such {what}")
        return one


def unit_of(s: Scene, appointment_id: str) -> str:
    """Return the unit that an appointment speaks for: "" for none."""
    appointment = s.g.directory.appointments.get(appointment_id)
    return s.authority.unit_of(appointment_id, appointment.unit) if appointment is not None else ""


def own_unit(s: Scene, actor: Session) -> Unit:
    """Return the unit in whose name the asker acts."""
    unit_id = unit_of(s, actor.appointment)
    unit = s.authority.unit(actor.reader, unit_id) if unit_id else None
    if unit is None:
        raise Refusal("no_unit", "your appointment is of no unit; an administrator can name one", 403)
    return unit


def order_seen(s: Scene, actor: Session, order_id: str) -> Order:
    """Return an order that is there for the asker; else NotVisible."""
    return s.there(actor, s.orders.orders, order_id, "order")


def addressee_seen(s: Scene, actor: Session, addressee_id: str) -> tuple[Order, Addressee]:
    """Return an addressee of an order that is there for the asker; else NotVisible."""
    addressee = s.orders.addressees.get(addressee_id)
    if addressee is None:
        raise NotVisible("no such order")
    return order_seen(s, actor, addressee.order), addressee


def mission_seen(s: Scene, actor: Session, mission_id: str) -> Mission:
    """Return a mission that is there for the asker; else NotVisible."""
    return s.there(actor, s.orders.missions, mission_id, "mission")


def unit_seen(s: Scene, actor: Session, unit_id: str) -> Unit:
    """Return a unit that is there for the asker; else a refusal."""
    unit = s.authority.unit(actor.reader, unit_id)
    if unit is None:
        raise Refusal("unit_unknown", "no such unit; choose one of the structure", 400)
    return unit


def annexes_seen(s: Scene, actor: Session, order: Order) -> list[Annex]:
    """Return the annexes of an order that are there for the asker."""
    return [one for one in s.orders.annexes_of(order.id) if s.sees(actor, one.label)]


def unchanged(thing: Order | Mission | Annex, version: str) -> None:
    """Refuse who saw another version than this."""
    if thing.version != version:
        raise Refusal("changed_meanwhile", "somebody changed this meanwhile; look at it again, then decide")
