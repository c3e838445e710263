"""Who is who now: what follows at a moment from what the journal says about people.

Owns: what is in force at a moment, the one list of permissions, the reader and the identity that follow from a person
and an appointment. All of it fails closed: what is missing, ended or not begun gives NO_READER or None.
Doesn't own: folding records (`people.folding`), what a reader may see (`release`), who may change what
(`people.rules`), signing in (`people.access`).

A person *holds* an appointment from taking it to laying it down, over sign-outs: a watch stays with the one who has it
until another takes it. A session *speaks for* an appointment that its person holds. A device's certificate speaks for
an appointment as long as its person is assigned to it: a device in the pocket goes on when the watch is over.
"""

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from jointhq.people.facts import Invitation, Passkey, Person, SessionFacts, ended
from jointhq.people.folding import Folding
from jointhq.people.groups import UNIT, NoUnits, Units, groups_of, titles
from jointhq.people.records import How, Purpose
from jointhq.release.reader import NO_READER, Reader

Permission = Literal["watch", "release", "admin", "delegate", "log", "plan", "command"]
WATCH: Final = "watch"  # see the picture
RELEASE: Final = "release"  # release to others what is one's own
ADMIN: Final = "admin"  # everything about people
DELEGATE: Final = "delegate"  # people, appointments and certificates of the appointment's own organisation
LOG: Final = "log"  # keep the log
PLAN: Final = "plan"  # draft changes of command, and orders
COMMAND: Final = "command"  # concur in and approve changes, issue orders: in the name of the appointment's unit
PERMISSIONS: Final[tuple[Permission, ...]] = (WATCH, RELEASE, ADMIN, DELEGATE, LOG, PLAN, COMMAND)

FOREVER_MS: Final = 253_402_300_799_000  # 9999-12-31T23:59:59Z: a clearance without end


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session that goes on, and what it may do now: nothing but take an appointment while `appointment` is ""."""

    id: str
    person: str
    appointment: str
    reader: Reader
    permissions: frozenset[str]
    until_ms: int
    how: How
    started_ms: int


class Identity(msgspec.Struct, frozen=True):
    """Who is at the other end of a TAK client's connection."""

    person: str
    appointment: str
    reader: Reader
    groups_in: tuple[str, ...]
    client_uid: str
    fingerprint: str


def reader_of(person: Person, groups: Iterable[str]) -> Reader:
    """Return who reads when a person is in these groups."""
    return Reader(
        nation=person.nation,
        organisation=person.organisation,
        policy=person.policy,
        level=person.level,
        caveats=frozenset(person.caveats),
        groups=frozenset(groups),
        cleared_until_ms=person.cleared_until_ms,
    )


class Directory(Folding):
    """The projection, and its answers. Time passes for it only as `now_ms` of a question."""

    units: Units = NoUnits()  # the structure, once there is one

    def person_named(self, username: str) -> Person | None:
        """Return the person with this user name, whatever its case."""
        return self.persons.get(self._usernames.get(username.casefold(), ""))

    def standing(self, person_id: str, appointment_id: str, now_ms: int) -> str:
        """Return why the person may not act in the appointment now: a code; "" if nothing stands against it.

        Without an appointment ("") the person alone is asked about.
        """
        person = self.persons.get(person_id)
        if person is None:
            return "person_unknown"
        if not person.active:
            return "person_removed"
        if now_ms >= person.cleared_until_ms:
            return "clearance_ended" if person.cleared_until_ms else "clearance_never"
        if not appointment_id:
            return ""
        appointment = self.appointments.get(appointment_id)
        if appointment is None:
            return "appointment_unknown"
        if now_ms < appointment.from_ms:
            return "appointment_not_begun"
        if ended(appointment.until_ms, now_ms):
            return "appointment_ended"
        assignment = self.assignments.get(appointment_id, {}).get(person_id)
        if assignment is None:
            return "not_assigned"
        if now_ms < assignment.from_ms:
            return "assignment_not_begun"
        return "assignment_ended" if ended(assignment.until_ms, now_ms) else ""

    def reader(self, person_id: str, appointment_id: str, now_ms: int) -> Reader:
        """Return who reads when this person acts in this appointment now; NO_READER unless all of it is in force."""
        if self.standing(person_id, appointment_id, now_ms):
            return NO_READER
        return self.otherwise(person_id, appointment_id, now_ms)

    def otherwise(self, person_id: str, appointment_id: str, now_ms: int) -> Reader:
        """Return the reader that a person would be in an appointment, if all dates were in force."""
        return reader_of(self.persons[person_id], self.groups(person_id, appointment_id, now_ms)[1])

    def groups(self, person_id: str, appointment_id: str, now_ms: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the groups that this person sends to in this appointment, and those he sees.

        The chain of command counts as far as he may see it by himself: it never tells him of a headquarters.
        """
        appointment = self.appointments.get(appointment_id)
        sent, seen = (appointment.groups_in, appointment.groups_out) if appointment else ((), ())
        units: tuple[str, ...] = ()
        if appointment is not None and UNIT in (*sent, *seen):
            person = self.persons[person_id]
            alone = reader_of(person, groups_of(seen, ()))
            units = self.units.chain(alone, appointment.id, appointment.unit, now_ms)
        return groups_of(sent, units), groups_of(seen, units[:1])

    def called(self, identity: Identity, now_ms: int) -> dict[str, str]:
        """Return what each group of an identity is called."""
        return titles({*identity.groups_in, *identity.reader.groups}, self.units, identity.reader, now_ms)

    def holder(self, appointment_id: str, now_ms: int) -> str:
        """Return the person who holds the appointment now, "" for nobody."""
        holding = self.holdings.get(appointment_id)
        if holding is None or self.standing(holding.person, appointment_id, now_ms):
            return ""
        return holding.person

    def assigned_to(self, person_id: str) -> list[str]:
        """Return the appointments the person is or will be assigned to, or was until it ended by itself."""
        return list(self._posts.get(person_id, ()))

    def session(self, session_id: str, now_ms: int) -> Session | None:
        """Return the session as it stands now; None if there is none, or it has ended.

        Its appointment is gone when another has taken it, or when anything it rests on isn't in force; then it reads
        nothing and may do nothing.
        """
        facts = self.sessions.get(session_id)
        if facts is None or now_ms >= facts.until_ms:
            return None
        person = self.persons.get(facts.person)
        if person is None or not person.active:
            return None
        if facts.how == "certificate" and self.identity_of_certificate(facts.credential, now_ms) is None:
            return None  # a device that is lost is out, in its browser too
        appointment, reader, permissions = "", NO_READER, frozenset[str]()
        if facts.appointment and self.holder(facts.appointment, now_ms) == facts.person:
            appointment = facts.appointment
            reader = self.reader(facts.person, appointment, now_ms)
            permissions = self.appointments[appointment].permissions
        return Session(
            id=session_id,
            person=facts.person,
            appointment=appointment,
            reader=reader,
            permissions=permissions,
            until_ms=facts.until_ms,
            how=facts.how,
            started_ms=facts.started_ms,
        )

    def sessions_of(self, person_id: str, now_ms: int) -> list[SessionFacts]:
        """Return the person's sessions that go on, oldest first."""
        return [self.sessions[s] for s in self._sessions.get(person_id, ()) if self.session(s, now_ms)]

    def passkeys_of(self, person_id: str) -> list[Passkey]:
        """Return the person's passkeys."""
        return [self.passkeys[credential] for credential in self._passkeys.get(person_id, ())]

    def invitation(self, token_sha256: str, purpose: Purpose, now_ms: int) -> Invitation | None:
        """Return the open invitation that this token redeems."""
        for invitation in self.invitations.values():
            if invitation.purpose == purpose and invitation.token_sha256 == token_sha256:
                return invitation if self.is_open(invitation, now_ms) else None
        return None

    def is_open(self, invitation: Invitation, now_ms: int) -> bool:
        """Tell whether it can be redeemed now."""
        person = self.persons.get(invitation.person)
        return invitation.state == "open" and now_ms < invitation.until_ms and person is not None and person.active

    def identity_of_certificate(self, fingerprint: str, now_ms: int) -> Identity | None:
        """Return who connects with this certificate now; None unless all it rests on is in force."""
        certificate = self.certificates.get(fingerprint)
        if certificate is None or certificate.revoked_ms:
            return None
        if not certificate.not_before_ms <= now_ms < certificate.not_after_ms:
            return None
        if self.standing(certificate.person, certificate.appointment, now_ms):
            return None
        return Identity(
            person=certificate.person,
            appointment=certificate.appointment,
            reader=self.reader(certificate.person, certificate.appointment, now_ms),
            groups_in=self.groups(certificate.person, certificate.appointment, now_ms)[0],
            client_uid=certificate.client_uid,
            fingerprint=fingerprint,
        )
