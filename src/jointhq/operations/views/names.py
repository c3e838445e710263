"""Marks and names beside what is shown.

Owns: how a label, who signed, and the name of an order are shown to a reader. Doesn't own: who is who
(`people.directory`), which units there are (`operations.authority`).
"""

from jointhq.base.errors import BadInput
from jointhq.operations.authority import Authority
from jointhq.operations.forms.log import Signed
from jointhq.operations.ground import Ground
from jointhq.operations.views.orders import Order
from jointhq.people.views import SOMEONE, person_name
from jointhq.release.label import Label
from jointhq.release.reader import Reader


def mark(g: Ground, label: Label | None) -> str:
    """Return the portion mark; "" for a label of a policy we have no more."""
    try:
        return g.door.portion(label) if label else ""
    except BadInput:
        return ""


def banner(g: Ground, labels: list[Label | None]) -> str:
    """Return the mark of a page that shows all these; "" for an empty one."""
    whole = g.door.merge(labels)
    try:
        return g.door.banner(whole) if whole else ""
    except BadInput:
        return ""


def signed_by(g: Ground, reader: Reader, appointment_id: str, person_id: str) -> Signed:
    """Return who signed, as far as the reader may know."""
    person = g.directory.persons.get(person_id)
    appointment = g.directory.appointments.get(appointment_id)
    shown = appointment is not None and g.door.may_see(reader, appointment.label, g.now_ms)
    name = None
    if person is not None:
        name = person_name(person) if g.door.may_see(reader, person.label, g.now_ms) else SOMEONE
    return Signed(
        appointment=appointment.id if appointment and shown else "",
        title=appointment.title if appointment and shown else "",
        title_ja=appointment.title_ja if appointment and shown else "",
        person=name,
    )


def order_name(authority: Authority, reader: Reader, order: Order) -> str:
    """Return what an order is called wherever it is printed: "USFJ OPORD 1/26"; "" for one without a number.

    Two units may have issued an OPORD 1/26. An issuer that the reader may not see is left out, and the serial stands
    alone: that there is the order, he may know.
    """
    return named(authority, reader, order.written.unit, order.serial)


def named(authority: Authority, reader: Reader, unit_id: str, serial: str) -> str:
    """Return a serial with the unit that gave it, as far as the reader may know; "" for none."""
    unit = authority.unit(reader, unit_id) if serial else None
    return f"{unit.short or unit.name} {serial}" if unit is not None else serial
