"""What rules about CCIR and RFI look at, and what they all ask.

Owns: `Scene`; which appointment, entry, report or file is there for the asker to name; who would see what is sent.
Doesn't own: what may be done (`rules.ccir`, `rules.rfi`).
"""

from jointhq.base.errors import NotVisible, Refusal
from jointhq.operations.authority import Unit
from jointhq.operations.rules import scene
from jointhq.operations.rules.log import seen as entry_seen
from jointhq.operations.rules.scene import unit_of
from jointhq.operations.views.ccirbook import Ccirs
from jointhq.operations.views.logbook import Logbook, Written
from jointhq.operations.views.reportbook import Reports
from jointhq.operations.views.rfibook import Rfis
from jointhq.people.directory import Session
from jointhq.people.facts import Appointment, ended
from jointhq.release.label import Label


class Scene(scene.Scene, frozen=True):
    """What is known when somebody asks."""

    ccirs: Ccirs
    rfis: Rfis
    log: Logbook
    reports: Reports


def appointments(s: Scene, actor: Session, unit: str) -> list[Appointment]:
    """Return the appointments of a unit that are there for the asker and have not ended."""
    return [
        one
        for one in s.g.directory.appointments.values()
        if not ended(one.until_ms, s.g.now_ms) and s.sees(actor, one.label) and unit_of(s, one.id) == unit
    ]


def appointment_seen(s: Scene, actor: Session, appointment_id: str, unit: str) -> Appointment:
    """Return an appointment of a unit that is there for the asker; else a refusal."""
    one = s.g.directory.appointments.get(appointment_id)
    there = one is not None and not ended(one.until_ms, s.g.now_ms) and s.sees(actor, one.label)
    if one is None or not there or unit_of(s, one.id) != unit:
        raise Refusal("appointment_unknown", "no such appointment in this unit; choose another", 400)
    return one


def units_with_people(s: Scene, actor: Session) -> list[Unit]:
    """Return the units that are there for the asker and that somebody speaks for."""
    there = s.authority.units(actor.reader)
    spoken_for = {unit_of(s, one.id) for one in s.g.directory.appointments.values() if s.sees(actor, one.label)}
    return [unit for unit in there if unit.id in spoken_for]


def reads(s: Scene, appointment_id: str, label: Label | None) -> bool:
    """Tell whether anybody in an appointment may see this now."""
    people = s.g.directory.assignments.get(appointment_id, {})
    readers = (s.g.directory.reader(person, appointment_id, s.g.now_ms) for person in people)
    return any(s.g.door.may_see(reader, label, s.g.now_ms) for reader in readers)


def entry(s: Scene, actor: Session, entry_id: str) -> Written:
    """Return an entry of the log to name; else a refusal."""
    try:
        return entry_seen(s.g, actor, s.log, entry_id)
    except NotVisible:
        raise Refusal("entry_unknown", "there is no such entry", 400) from None


def cited(
    s: Scene, actor: Session, entries: tuple[str, ...], reports: tuple[str, ...], files: tuple[str, ...]
) -> list[Label | None]:
    """Return the labels of what something rests on; a refusal where one isn't there for the asker."""
    labels = [entry(s, actor, one).label for one in entries]
    for one in reports:
        report = s.reports.reports.get(one)
        if report is None or not s.sees(actor, report.label):
            raise Refusal("report_unknown", "there is no such report", 400)
        labels.append(report.label)
    for one in files:
        try:
            labels.append(s.files.seen(s.g, actor.reader, one).label)
        except NotVisible:
            raise Refusal("file_unknown", "there is no such file", 400) from None
    return labels
