"""Enrolment's questions, answered by the people of this headquarters.

Owns: which secret opens what for a device, and which appointment a new certificate speaks for.
Doesn't own: persons, invitations, passwords and how often one may try (`people`), HTTP (`marti.enrolment`).
"""

from collections.abc import Callable

from jointhq.base.clock import Clock
from jointhq.base.errors import Refusal
from jointhq.marti.enrolment import Grant
from jointhq.people import records as r
from jointhq.people.access import WrongCredentials
from jointhq.people.attempts import TooManyAttempts
from jointhq.people.ca import Issued, Revoked
from jointhq.people.directory import Directory, Identity
from jointhq.people.links import digest
from jointhq.people.people import People


class PeopleAccounts:
    """`Accounts` and `Renewals` over `People`."""

    def __init__(self, people: People, clock: Clock) -> None:
        self._people = people
        self._directory = people.directory
        self._clock = clock

    async def authenticate(self, username: str, secret: str, address: str) -> Grant | None:
        """Take a device's one-time token, or the person's password; tokens are too long to be guessed."""
        invitation = self._people.access.invited_to_enrol(secret)
        if invitation is not None:
            person = self._directory.persons.get(invitation.person)
            if person is not None and person.username.casefold() == username.casefold():
                return Grant(person=person.id, username=person.username, invitation=invitation.id)
        try:
            person, known = await self._people.access.check_password(username, secret, address)
        except (WrongCredentials, TooManyAttempts):
            return None
        return Grant(person=person.id, username=person.username, proof=digest(known))

    async def resume(self, grant: Grant) -> Grant | None:
        """Tell whether the person is still here, and the invitation still open or the password still the same."""
        person = self._directory.persons.get(grant.person)
        if person is None or not person.active:
            return None
        if grant.invitation:
            invitation = self._directory.invitations.get(grant.invitation)
            if invitation is None or not self._directory.is_open(invitation, self._clock.now_ms()):
                return None
        elif not _knows(self._directory, grant):
            return None
        return grant

    async def enrol(self, grant: Grant, issued: Issued, client_uid: str) -> bool:
        """Write the certificate and use up the invitation."""
        body = r.CertificateIssued(
            fingerprint=issued.fingerprint,
            serial=issued.serial,
            subject=issued.subject,
            person=grant.person,
            appointment=self._appointment(grant),
            client_uid=client_uid,
            not_before_ms=issued.not_before_ms,
            not_after_ms=issued.not_after_ms,
        )
        return await self._write(body, grant.invitation, lambda d: bool(grant.invitation) or _knows(d, grant))

    def _appointment(self, grant: Grant) -> str:
        """Return what a device speaks for: what its invitation says; by password, the one appointment there is.

        With several or none it speaks for the person alone, in no group but the one of all such.
        """
        if grant.invitation:
            return self._directory.invitations[grant.invitation].appointment
        now_ms = self._clock.now_ms()
        directory, person = self._directory, grant.person
        ids = [one for one in directory.assigned_to(person) if not directory.standing(person, one, now_ms)]
        return ids[0] if len(ids) == 1 else ""

    def mark(self, grant: Grant) -> str:
        """Return the mark of what is handed out for a grant: what all that it tells of make together."""
        appointment = self._directory.appointments.get(self._appointment(grant))
        told = (self._directory.persons[grant.person].label, appointment.label if appointment else None)
        labels = [self._people.settings.label, *(label for label in told if label)]
        return self._people.door.banner(self._people.door.merge(labels) or self._people.settings.label)

    def username(self, identity: Identity) -> str:
        """Return the user name of a certificate's person."""
        return self._directory.persons[identity.person].username

    async def renew(self, identity: Identity, issued: Issued) -> bool:
        """Write the certificate that comes after the one of `identity`, for the same appointment and device."""
        if self._directory.identity_of_certificate(identity.fingerprint, self._clock.now_ms()) is None:
            return False
        body = r.CertificateRenewed(
            fingerprint=issued.fingerprint,
            serial=issued.serial,
            subject=issued.subject,
            person=identity.person,
            appointment=identity.appointment,
            client_uid=identity.client_uid,
            not_before_ms=issued.not_before_ms,
            not_after_ms=issued.not_after_ms,
            replaces=identity.fingerprint,
        )
        return await self._write(body)

    async def _write(
        self,
        body: r.CertificateIssued | r.CertificateRenewed,
        invitation: str = "",
        still: Callable[[Directory], bool] = lambda _: True,
    ) -> bool:
        try:
            await self._people.certificate_issued(body, invitation_id=invitation, still=still)
        except Refusal as refusal:
            if refusal.code == "too_many":
                raise  # who asks has shown who he is, and can do something about it
            return False
        return True

    def revoked(self) -> list[Revoked]:
        """Return what the revocation list names: those that haven't ended by themselves."""
        now_ms = self._clock.now_ms()
        return [
            Revoked(one.serial, one.revoked_ms)
            for one in self._directory.certificates.values()
            if one.revoked_ms and one.not_after_ms > now_ms
        ]


def _knows(directory: Directory, grant: Grant) -> bool:
    """Tell whether the password that was shown for a grant is the person's still."""
    known = directory.passwords.get(grant.person)
    return known is not None and digest(known) == grant.proof
