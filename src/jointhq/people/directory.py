"""Who is who: persons, appointments, sessions, invitations and certificates, as the journal has them.

Owns: the projection of people's records, what is in force at a moment, the one list of permissions, the reader and the
identity that follow from a person and an appointment. All of it fails closed: what is missing, ended or not begun gives
NO_READER or None.
Doesn't own: what a reader may see (`release`), who may change what (`people.rules`), signing in (`people.access`).

A person *holds* an appointment from taking it to laying it down, over sign-outs: a watch stays with the one who has it
until another takes it. A session *speaks for* an appointment that its person holds. A device's certificate speaks for
an appointment as long as its person is assigned to it: a device in the pocket goes on when the watch is over.
"""

import heapq
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from jointhq.journal.record import Record, body_of
from jointhq.people import records as r
from jointhq.people.records import NO_END, How, Purpose
from jointhq.release.label import Label
from jointhq.release.reader import ANON, NO_READER, Reader

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
KEPT_MS: Final = 30 * 86_400_000  # an invitation past its time is listed so long; then it is in the journal alone


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, with nation, organisation and clearance. `version` names the record this stands in."""

    id: str
    name: str
    name_ja: str
    username: str
    nation: str
    organisation: str
    policy: str
    level: str
    caveats: tuple[str, ...]
    cleared_until_ms: int
    active: bool
    label: Label | None
    version: str


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """A position in a unit. `version` names the record this stands in."""

    id: str
    title: str
    title_ja: str
    unit: str
    organisation: str
    permissions: frozenset[str]
    groups_in: tuple[str, ...]
    groups_out: tuple[str, ...]
    from_ms: int
    until_ms: int
    label: Label | None
    version: str


class Assignment(msgspec.Struct, frozen=True):
    """A person may take an appointment between two moments."""

    person: str
    from_ms: int
    until_ms: int


class Holding(msgspec.Struct, frozen=True):
    """Who holds an appointment (nobody: ""), since when, and the note left at the last handover."""

    person: str
    since_ms: int
    previous: str
    note: str


class Passkey(msgspec.Struct, frozen=True):
    """The public half of a passkey."""

    person: str
    credential: str
    public_key: str
    sign_count: int
    rp_id: str
    name: str
    added_ms: int


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it was written down; whether it goes on, `Directory.session` answers."""

    id: str
    person: str
    appointment: str
    how: How
    started_ms: int
    until_ms: int
    address: str
    credential: str


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


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """One way in, once. `state` is as written; one that is open may be past its time."""

    id: str
    purpose: Purpose
    person: str
    appointment: str
    made_ms: int
    made_by: str
    until_ms: int
    token_sha256: str
    claim: str
    state: Literal["open", "used", "revoked"]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A client certificate of our own authority."""

    fingerprint: str
    serial: str
    subject: str
    person: str
    appointment: str
    client_uid: str
    not_before_ms: int
    not_after_ms: int
    issued_ms: int
    replaces: str
    revoked_ms: int  # 0: not revoked
    reason: str


class Identity(msgspec.Struct, frozen=True):
    """Who is at the other end of a TAK client's connection."""

    person: str
    appointment: str
    reader: Reader
    groups_in: tuple[str, ...]
    client_uid: str
    fingerprint: str


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


class Directory:
    """The projection. Time passes for it only as `now_ms` of a question."""

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
        self._callbacks: dict[object, Callable[[], None]] = {}
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
            self._tell()

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
        key = object()
        self._callbacks[key] = callback

        def forget() -> None:
            self._callbacks.pop(key, None)

        return forget

    def next_change_ms(self) -> int | None:
        """Return when something next begins or ends by itself; None: never."""
        return self._moments[0] if self._moments else None

    def sweep(self, now_ms: int) -> bool:
        """Tell those who listen if something began or ended by itself by now; return whether."""
        passed = False
        while self._moments and self._moments[0] <= now_ms:
            heapq.heappop(self._moments)
            passed = True
        if passed:
            self._tell()
        return passed

    def _tell(self) -> None:
        for callback in list(self._callbacks.values()):
            callback()

    def _await(self, record: Record, *moments_ms: int) -> None:
        """Remember when something begins or ends by itself; what did before the record was written, it told itself."""
        for moment_ms in moments_ms:
            if record.written_ms < moment_ms < FOREVER_MS:
                heapq.heappush(self._moments, moment_ms)

    # -- questions

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
        person = self.persons[person_id]
        return Reader(
            nation=person.nation,
            organisation=person.organisation,
            policy=person.policy,
            level=person.level,
            caveats=frozenset(person.caveats),
            groups=frozenset(self._groups(appointment_id)[1]),
            cleared_until_ms=person.cleared_until_ms,
        )

    def _groups(self, appointment_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the groups in and out of an appointment."""
        appointment = self.appointments.get(appointment_id)
        if appointment is None:
            return (ANON,), (ANON,)
        return effective(appointment.groups_in), effective(appointment.groups_out)

    def groups_in(self, appointment_id: str) -> tuple[str, ...]:
        """Return the groups that what is sent from this appointment belongs to."""
        return self._groups(appointment_id)[0]

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
            groups_in=self.groups_in(certificate.appointment),
            client_uid=certificate.client_uid,
            fingerprint=fingerprint,
        )

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
                    self._lay_down(appointment, holding, record, holding.note)

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
            self._lay_down(record.subject, holding, record, holding.note)

    def _reversion(self, record: Record) -> None:
        if appointment := self.appointments.get(record.subject):
            self.appointments[appointment.id] = msgspec.structs.replace(appointment, version=_version(record))

    def _taken(self, record: Record, body: r.AppointmentTaken) -> None:
        before = self.holdings.get(record.subject)
        note = body.note or (before.note if before else "")
        previous = body.previous or (before.previous if before else "")
        self.holdings[record.subject] = Holding(body.person, record.written_ms, previous, note)

    def _laid_down(self, record: Record, body: r.AppointmentLaidDown) -> None:
        holding = self.holdings.get(record.subject)
        if holding is not None and holding.person == body.person:
            self._lay_down(record.subject, holding, record, body.note)

    def _lay_down(self, appointment: str, holding: Holding, record: Record, note: str) -> None:
        self.holdings[appointment] = Holding("", record.written_ms, holding.person, note)

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


def ended(until_ms: int, now_ms: int) -> bool:
    """Tell whether something that lasts until then is over."""
    return until_ms != NO_END and now_ms >= until_ms


def effective(groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return the TAK groups of an appointment: one that is given none is in the group of all such."""
    return groups or (ANON,)


def _version(record: Record) -> str:
    """Return what names this record to a form and says nothing about how many there are."""
    return record.digest[:16]
