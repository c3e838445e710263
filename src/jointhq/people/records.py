"""What can be written about people: the bodies of their records.

Owns: which facts a record about a person, an appointment, a session, an invitation or a certificate carries.
Doesn't own: who may write them (`people.rules`), what follows from them (`people.directory`), the chain (`journal`).
No body holds a plain token or password. What lets someone in if it is guessed offline is in a kind of `SECRET_KINDS`,
whose bodies never leave the journal, not even to a reader who may see their label.
"""

from typing import Final, Literal

from jointhq.journal.record import Body, kind

Purpose = Literal["sign-in", "enrolment", "oidc", "calendar"]
Why = Literal["signed_out", "revoked", "credentials_changed", "too_many"]
How = Literal["link", "invitation", "password", "passkey", "oidc", "certificate"]

SECRET_KINDS: Final = frozenset({"password.set"})
NO_END: Final = 0  # an `until_ms` of an appointment or an assignment that nobody has set


class _Person(Body, frozen=True, kw_only=True):
    """A person as from now on. `cleared_until_ms` is when the clearance lapses; 0: never was cleared."""

    name: str
    name_ja: str = ""
    username: str
    nation: str
    organisation: str
    policy: str
    level: str
    caveats: tuple[str, ...] = ()
    cleared_until_ms: int


@kind("person.added", version=1)
class PersonAdded(_Person, frozen=True, kw_only=True):
    """Somebody who may be given appointments. Subject: the person."""


@kind("person.changed", version=1)
class PersonChanged(_Person, frozen=True, kw_only=True):
    """The person as from now on, whole."""


@kind("person.removed", version=1)
class PersonRemoved(Body, frozen=True, kw_only=True):
    """The person has no access any more; what was signed stays signed."""

    reason: str = ""


@kind("person.reinstated", version=1)
class PersonReinstated(Body, frozen=True, kw_only=True):
    """The removal is undone."""


class _Appointment(Body, frozen=True, kw_only=True):
    """An appointment as from now on. Groups are TAK groups: `in` is what its events belong to, `out` what it sees."""

    title: str
    title_ja: str = ""
    unit: str = ""
    organisation: str
    permissions: tuple[str, ...] = ()
    groups_in: tuple[str, ...] = ()
    groups_out: tuple[str, ...] = ()
    from_ms: int
    until_ms: int = NO_END


@kind("appointment.added", version=1)
class AppointmentAdded(_Appointment, frozen=True, kw_only=True):
    """A position in a unit that persons may take. Subject: the appointment, here and below."""


@kind("appointment.changed", version=1)
class AppointmentChanged(_Appointment, frozen=True, kw_only=True):
    """The appointment as from now on, whole; one that has ended goes on if its end is taken away."""


@kind("appointment.ended", version=1)
class AppointmentEnded(Body, frozen=True, kw_only=True):
    """Nobody holds the appointment from `until_ms` on."""

    until_ms: int
    reason: str = ""


@kind("appointment.assigned", version=1)
class AppointmentAssigned(Body, frozen=True, kw_only=True):
    """A person may take the appointment between two moments; a second record replaces the first."""

    person: str
    from_ms: int
    until_ms: int = NO_END


@kind("appointment.unassigned", version=1)
class AppointmentUnassigned(Body, frozen=True, kw_only=True):
    """The person may not take it any more, and doesn't hold it any more."""

    person: str


@kind("appointment.taken", version=1)
class AppointmentTaken(Body, frozen=True, kw_only=True):
    """A person holds the appointment from now on; `note` is the handover from `previous`, where another held it.

    `handover` names what `previous` had offered and this person accepted, signed for by both.
    """

    person: str
    previous: str = ""
    note: str = ""
    handover: str = ""


@kind("appointment.laid_down", version=1)
class AppointmentLaidDown(Body, frozen=True, kw_only=True):
    """The person holds it no more; `note` waits for the next."""

    person: str
    note: str = ""


@kind("session.started", version=1)
class SessionStarted(Body, frozen=True, kw_only=True):
    """Somebody signed in. Subject: the session. A cookie is this id and a signature that no record holds.

    `credential` is the passkey or the certificate that was used; `sign_count` what the passkey counted.
    """

    person: str
    appointment: str = ""
    how: How
    until_ms: int
    address: str = ""
    credential: str = ""
    sign_count: int = 0


@kind("session.appointed", version=1)
class SessionAppointed(Body, frozen=True, kw_only=True):
    """The session speaks for this appointment from now on; for none if empty."""

    appointment: str = ""


@kind("session.ended", version=1)
class SessionEnded(Body, frozen=True, kw_only=True):
    """The session's cookie opens nothing any more, wherever it was copied."""

    reason: Why


@kind("password.set", version=1)
class PasswordSet(Body, frozen=True, kw_only=True):
    """The person's password, as an Argon2id hash in its own text form. Subject: the person, here and below."""

    hash: str


@kind("password.removed", version=1)
class PasswordRemoved(Body, frozen=True, kw_only=True):
    """The person has no password."""


@kind("passkey.added", version=1)
class PasskeyAdded(Body, frozen=True, kw_only=True):
    """A passkey's public half. `credential` and `public_key` are base64url; it works on the host `rp_id` alone."""

    credential: str
    public_key: str
    sign_count: int
    rp_id: str
    name: str


@kind("passkey.removed", version=1)
class PasskeyRemoved(Body, frozen=True, kw_only=True):
    """The passkey opens nothing any more."""

    credential: str


@kind("oidc.linked", version=1)
class OidcLinked(Body, frozen=True, kw_only=True):
    """An account of an identity provider is this person."""

    issuer: str
    account: str


@kind("oidc.unlinked", version=1)
class OidcUnlinked(Body, frozen=True, kw_only=True):
    """The account is nobody any more."""

    issuer: str
    account: str


@kind("invitation.made", version=1)
class InvitationMade(Body, frozen=True, kw_only=True):
    """Somebody may come in once. Subject: the invitation, here and below.

    `sign-in` and `enrolment` are redeemed by a token, of which only the SHA-256 is kept; `oidc` by an account whose
    `claim` (e-mail or user name, as the settings say) is the one named here. `calendar` is not used up: a program reads
    the rhythm by its token, as this person in this appointment, until it is revoked or ends.
    """

    purpose: Purpose
    person: str
    appointment: str = ""
    until_ms: int
    token_sha256: str = ""
    claim: str = ""


@kind("invitation.used", version=1)
class InvitationUsed(Body, frozen=True, kw_only=True):
    """It was redeemed; it opens nothing any more."""


@kind("invitation.revoked", version=1)
class InvitationRevoked(Body, frozen=True, kw_only=True):
    """It was taken back."""


class _Certificate(Body, frozen=True, kw_only=True):
    """A client certificate of our own authority. Subject: its fingerprint, SHA-256 of the DER in hex."""

    fingerprint: str
    serial: str
    subject: str
    person: str
    appointment: str = ""
    client_uid: str = ""
    not_before_ms: int
    not_after_ms: int


@kind("certificate.issued", version=1)
class CertificateIssued(_Certificate, frozen=True, kw_only=True):
    """A device of the person, speaking for the appointment, may connect with it."""


@kind("certificate.renewed", version=1)
class CertificateRenewed(_Certificate, frozen=True, kw_only=True):
    """As issued; `replaces` is the fingerprint of the one before, which works until it is revoked or ends."""

    replaces: str


@kind("certificate.revoked", version=1)
class CertificateRevoked(Body, frozen=True, kw_only=True):
    """It opens nothing any more."""

    reason: str = ""
