"""The journal's records about people, folded into what is known; and who hears when somebody's access changes.

Owns: what each kind of record does to the facts, the ways back from a person to what is his, the moments at which
something begins or ends by itself.
Doesn't own: the values (`people.facts`), what follows from them at a moment (`people.directory`).
"""

import heapq
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from jointhq.base.listeners import Listeners
from jointhq.journal.record import Record, body_of
from jointhq.people import records as r
from jointhq.people.facts import (
    Appointment,
    Assignment,
    Certificate,
    Holding,
    Invitation,
    Passkey,
    Person,
    SessionFacts,
)
from jointhq.people.groups import UNIT

KEPT_MS: Final = 30 * 86_400_000  # an invitation past its time is listed so long; then it is in the journal alone

_CHANGES_ACCESS: Final = (
    r.PersonChanged,
    r.PersonRemoved,
    r.PersonReinstated,
    r.AppointmentChanged,
    r.AppointmentEnded,
    r.AppointmentAssigned,
    r.AppointmentUnassigned,
    r.AppointmentTaken,
    r.AppointmentLaidDown,
    r.SessionAppointed,
    r.SessionEnded,
    r.CertificateRevoked,
)
_OF_SESSIONS: Final = (r.SessionStarted, r.SessionAppointed, r.SessionEnded)  # many, and each ends


class Folding:
    """What was written about people so far. Time passes for it only as `sweep` is told."""

    name = "people"

    def __init__(self) -> None:
        self.persons: dict[str, Person] = {}
        self.appointments: dict[str, Appointment] = {}
        self.assignments: dict[str, dict[str, Assignment]] = {}  # by appointment, then person
        self.holdings: dict[str, Holding] = {}  # by appointment
        self.sessions: dict[str, SessionFacts] = {}
        self.passwords: dict[str, str] = {}  # Argon2id hash by person
        self.passkeys: dict[str, Passkey] = {}  # by credential
        self.accounts: dict[tuple[str, str], str] = {}  # person by (issuer, account)
        self.invitations: dict[str, Invitation] = {}
        self.certificates: dict[str, Certificate] = {}  # by fingerprint
        self.heads: dict[str, int] = {}  # position of the last record by subject
        self._usernames: dict[str, str] = {}
        self._posts: dict[str, dict[str, None]] = {}  # appointments by person; what follows are such ways back
        self._sessions: dict[str, dict[str, None]] = {}
        self._passkeys: dict[str, dict[str, None]] = {}
        self._moments: list[int] = []  # a heap: when something begins or ends by itself
        self._listeners = Listeners()
        self._takers: dict[type, Callable[[Record, Any], None]] = {
            r.PersonAdded: self._person,
            r.PersonChanged: self._person,
            r.PersonRemoved: self._person_active,
            r.PersonReinstated: self._person_active,
            r.AppointmentAdded: self._appointment,
            r.AppointmentChanged: self._appointment,
            r.AppointmentEnded: self._appointment_ended,
            r.AppointmentAssigned: self._assigned,
            r.AppointmentUnassigned: self._unassigned,
            r.AppointmentTaken: self._taken,
            r.AppointmentLaidDown: self._laid_down,
            r.SessionStarted: self._session_started,
            r.SessionAppointed: self._session_appointed,
            r.SessionEnded: self._session_ended,
            r.PasswordSet: self._password,
            r.PasswordRemoved: self._no_password,
            r.PasskeyAdded: self._passkey,
            r.PasskeyRemoved: self._no_passkey,
            r.OidcLinked: self._linked,
            r.OidcUnlinked: self._unlinked,
            r.InvitationMade: self._invited,
            r.InvitationUsed: self._invitation_closed,
            r.InvitationRevoked: self._invitation_closed,
            r.CertificateIssued: self._certificate,
            r.CertificateRenewed: self._certificate,
            r.CertificateRevoked: self._certificate_revoked,
        }

    # -- the projection

    def apply(self, record: Record) -> None:
        """Take the next record. Kinds of others, and kinds of a newer version, pass by."""
        body = body_of(record)
        taker = self._takers.get(type(body))
        if taker is None:
            return
        if not isinstance(body, _OF_SESSIONS):
            self.heads[record.subject] = record.position
        taker(record, body)
        if isinstance(body, _CHANGES_ACCESS):
            self._listeners.tell()

    def state(self) -> Any:
        """Return everything as plain values, for comparison with a rebuilt one."""
        return msgspec.to_builtins(
            {
                "persons": self.persons,
                "appointments": self.appointments,
                "assignments": self.assignments,
                "holdings": self.holdings,
                "sessions": self.sessions,
                "passwords": self.passwords,
                "passkeys": self.passkeys,
                "accounts": sorted((*account, person) for account, person in self.accounts.items()),
                "invitations": self.invitations,
                "certificates": self.certificates,
                "heads": self.heads,
                "usernames": self._usernames,
            },
            order="deterministic",
        )

    # -- who hears of a change

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever somebody's access may have changed; return what ends that. Callbacks must be quick."""
        return self._listeners.add(callback)

    def sweep(self, now_ms: int) -> bool:
        """Tell those who listen if something began or ended by itself by now; return whether."""
        passed = False
        while self._moments and self._moments[0] <= now_ms:
            heapq.heappop(self._moments)
            passed = True
        if passed:
            self._listeners.tell()
        return passed

    def regrouped(self) -> None:
        """Tell those who listen that the groups of units may be others now, if anybody's access rests on them."""
        if any(UNIT in (*one.groups_in, *one.groups_out) for one in self.appointments.values()):
            self._listeners.tell()

    def _await(self, record: Record, *moments_ms: int) -> None:
        """Remember when something begins or ends by itself; what did before the record was written, it told itself."""
        for moment_ms in moments_ms:
            if record.written_ms < moment_ms:
                heapq.heappush(self._moments, moment_ms)

    # -- what each kind of record does

    def _person(self, record: Record, body: r.PersonAdded | r.PersonChanged) -> None:
        before = self.persons.get(record.subject)
        if before is not None and self._usernames.get(before.username) == before.id:
            del self._usernames[before.username]
        self._usernames.setdefault(body.username, record.subject)  # of two processes at once, the first has the name
        self.persons[record.subject] = Person(
            id=record.subject,
            name=body.name,
            name_ja=body.name_ja,
            username=body.username,
            nation=body.nation,
            organisation=body.organisation,
            policy=body.policy,
            level=body.level,
            caveats=body.caveats,
            cleared_until_ms=body.cleared_until_ms,
            active=before is None or before.active,
            label=record.label,
            version=_version(record),
        )
        self._await(record, body.cleared_until_ms)

    def _person_active(self, record: Record, body: r.PersonRemoved | r.PersonReinstated) -> None:
        person = self.persons.get(record.subject)
        if person is None:
            return
        active = isinstance(body, r.PersonReinstated)
        self.persons[person.id] = msgspec.structs.replace(person, active=active, version=_version(record))
        if not active:
            for session in self._sessions.pop(person.id, ()):
                del self.sessions[session]
            for appointment, holding in self.holdings.items():
                if holding.person == person.id:
                    self._vacate(appointment, holding, record)

    def _appointment(self, record: Record, body: r.AppointmentAdded | r.AppointmentChanged) -> None:
        self.appointments[record.subject] = Appointment(
            id=record.subject,
            title=body.title,
            title_ja=body.title_ja,
            unit=body.unit,
            organisation=body.organisation,
            permissions=frozenset(body.permissions),
            groups_in=body.groups_in,
            groups_out=body.groups_out,
            from_ms=body.from_ms,
            until_ms=body.until_ms,
            label=record.label,
            version=_version(record),
        )
        self._await(record, body.from_ms, body.until_ms)

    def _appointment_ended(self, record: Record, body: r.AppointmentEnded) -> None:
        if appointment := self.appointments.get(record.subject):
            self.appointments[appointment.id] = msgspec.structs.replace(
                appointment, until_ms=body.until_ms, version=_version(record)
            )
            self._await(record, body.until_ms)

    def _assigned(self, record: Record, body: r.AppointmentAssigned) -> None:
        assignment = Assignment(body.person, body.from_ms, body.until_ms)
        self.assignments.setdefault(record.subject, {})[body.person] = assignment
        self._posts.setdefault(body.person, {})[record.subject] = None
        self._reversion(record)
        self._await(record, body.from_ms, body.until_ms)

    def _unassigned(self, record: Record, body: r.AppointmentUnassigned) -> None:
        self.assignments.get(record.subject, {}).pop(body.person, None)
        self._posts.get(body.person, {}).pop(record.subject, None)
        self._reversion(record)
        holding = self.holdings.get(record.subject)
        if holding is not None and holding.person == body.person:
            self._vacate(record.subject, holding, record)

    def _reversion(self, record: Record) -> None:
        if appointment := self.appointments.get(record.subject):
            self.appointments[appointment.id] = msgspec.structs.replace(appointment, version=_version(record))

    def _taken(self, record: Record, body: r.AppointmentTaken) -> None:
        before = self.holdings.get(record.subject)
        writer = body.previous if body.handover else record.person
        note, by = (body.note, writer) if body.note or before is None else (before.note, before.note_by)
        self.holdings[record.subject] = Holding(body.person, record.written_ms, note, by)

    def _laid_down(self, record: Record, body: r.AppointmentLaidDown) -> None:
        holding = self.holdings.get(record.subject)
        if holding is not None and holding.person == body.person:
            self.holdings[record.subject] = Holding("", record.written_ms, body.note, record.person)

    def _vacate(self, appointment: str, holding: Holding, record: Record) -> None:
        """Let nobody hold it; the note waits for the next."""
        self.holdings[appointment] = msgspec.structs.replace(holding, person="", since_ms=record.written_ms)

    def _session_started(self, record: Record, body: r.SessionStarted) -> None:
        for old in list(self.sessions.values()):  # those past their time, oldest first; by the journal's time alone
            if old.until_ms > record.written_ms:
                break
            self._forget_session(old.id)
        self._sessions.setdefault(body.person, {})[record.subject] = None
        self.sessions[record.subject] = SessionFacts(
            id=record.subject,
            person=body.person,
            appointment=body.appointment,
            how=body.how,
            started_ms=record.written_ms,
            until_ms=body.until_ms,
            address=body.address,
            credential=body.credential,
        )
        passkey = self.passkeys.get(body.credential)
        if passkey is not None:
            self.passkeys[passkey.credential] = msgspec.structs.replace(passkey, sign_count=body.sign_count)
        self._await(record, body.until_ms)

    def _session_appointed(self, record: Record, body: r.SessionAppointed) -> None:
        if session := self.sessions.get(record.subject):
            self.sessions[session.id] = msgspec.structs.replace(session, appointment=body.appointment)

    def _session_ended(self, record: Record, _body: r.SessionEnded) -> None:
        self._forget_session(record.subject)

    def _forget_session(self, session_id: str) -> None:
        if session := self.sessions.pop(session_id, None):
            theirs = self._sessions[session.person]
            del theirs[session_id]
            if not theirs:
                del self._sessions[session.person]

    def _password(self, record: Record, body: r.PasswordSet) -> None:
        self.passwords[record.subject] = body.hash

    def _no_password(self, record: Record, _body: r.PasswordRemoved) -> None:
        self.passwords.pop(record.subject, None)

    def _passkey(self, record: Record, body: r.PasskeyAdded) -> None:
        if body.credential in self.passkeys:
            return  # of two processes at once, the first has it
        self._passkeys.setdefault(record.subject, {})[body.credential] = None
        self.passkeys[body.credential] = Passkey(
            person=record.subject,
            credential=body.credential,
            public_key=body.public_key,
            sign_count=body.sign_count,
            rp_id=body.rp_id,
            name=body.name,
            added_ms=record.written_ms,
        )

    def _no_passkey(self, _record: Record, body: r.PasskeyRemoved) -> None:
        if passkey := self.passkeys.pop(body.credential, None):
            self._passkeys[passkey.person].pop(body.credential, None)

    def _linked(self, record: Record, body: r.OidcLinked) -> None:
        self.accounts[body.issuer, body.account] = record.subject

    def _unlinked(self, _record: Record, body: r.OidcUnlinked) -> None:
        self.accounts.pop((body.issuer, body.account), None)

    def _invited(self, record: Record, body: r.InvitationMade) -> None:
        for old in [i.id for i in self.invitations.values() if i.until_ms + KEPT_MS <= record.written_ms]:
            del self.invitations[old]
            self.heads.pop(old, None)
        self.invitations[record.subject] = Invitation(
            id=record.subject,
            purpose=body.purpose,
            person=body.person,
            appointment=body.appointment,
            made_ms=record.written_ms,
            made_by=record.person,
            until_ms=body.until_ms,
            token_sha256=body.token_sha256,
            claim=body.claim,
            state="open",
        )

    def _invitation_closed(self, record: Record, body: r.InvitationUsed | r.InvitationRevoked) -> None:
        if invitation := self.invitations.get(record.subject):
            state: Literal["used", "revoked"] = "used" if isinstance(body, r.InvitationUsed) else "revoked"
            self.invitations[invitation.id] = msgspec.structs.replace(invitation, state=state)

    def _certificate(self, record: Record, body: r.CertificateIssued | r.CertificateRenewed) -> None:
        self.certificates[body.fingerprint] = Certificate(
            fingerprint=body.fingerprint,
            serial=body.serial,
            subject=body.subject,
            person=body.person,
            appointment=body.appointment,
            client_uid=body.client_uid,
            not_before_ms=body.not_before_ms,
            not_after_ms=body.not_after_ms,
            issued_ms=record.written_ms,
            replaces=body.replaces if isinstance(body, r.CertificateRenewed) else "",
            revoked_ms=0,
            reason="",
        )
        self._await(record, body.not_before_ms, body.not_after_ms)

    def _certificate_revoked(self, record: Record, body: r.CertificateRevoked) -> None:
        if certificate := self.certificates.get(record.subject):
            self.certificates[certificate.fingerprint] = msgspec.structs.replace(
                certificate, revoked_ms=record.written_ms, reason=body.reason
            )


def _version(record: Record) -> str:
    """Return what names this record to a form and says nothing about how many there are."""
    return record.digest[:16]
