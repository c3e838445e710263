"""Who may let a person or a device in, and shut it out: the rules of invitations and certificates.

Owns: these rules, as pure functions in the manner of `people.rules`.
Doesn't own: redeeming an invitation (`people.access`), issuing a certificate (`people.people`), its form (`people.ca`).
"""

from typing import Final

from jointhq.base.errors import NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.people import forms as f
from jointhq.people import records as r
from jointhq.people.directory import Session
from jointhq.people.facts import Certificate, Invitation, Person, good
from jointhq.people.fence import Ground, draft, person_seen, sees, touch

CERTIFICATES_MAX: Final = 40  # of one person, that are good: ten devices, what each renews, and room to change them
INVITATIONS_OPEN_MAX: Final = 2_000  # an exercise's devices on one morning
CALENDARS_MAX: Final = 10  # of one person, that are open: a program on each of his machines
CALENDAR_MS: Final = 180 * 86_400_000  # half a year; a program that is still used is given another link
INVITATION_MINUTES_MAX: Final = 7 * 24 * 60  # longer, and the paper it is printed on is forgotten somewhere


def invite(g: Ground, actor: Session, form: f.InvitationForm, invitation_id: str, token_sha256: str) -> Outcome:
    """Invite a person to sign in, by a link or an account, or to enrol a device."""
    person = person_seen(g, actor, form.person)
    touch(g, actor, person)
    appointment = g.directory.appointments.get(form.appointment)
    if form.purpose == "enrolment" and appointment is not None and not sees(g, actor, appointment):
        raise _not_assigned()  # as for one that isn't there
    return _invite(g, actor, person, form, invitation_id, token_sha256)


def _not_assigned() -> Refusal:
    return Refusal("not_assigned", "a device speaks for an appointment that its person is assigned to")


def invite_own_device(
    g: Ground, actor: Session, form: f.EnrolmentForm, invitation_id: str, token_sha256: str
) -> Outcome:
    """Invite a device of one's own. Needs an appointment: who may not act may not connect either."""
    if not actor.appointment:
        raise Refusal("not_permitted", "take an appointment first", 403)
    full = f.InvitationForm(
        purpose="enrolment", person=actor.person, appointment=form.appointment, minutes=form.minutes
    )
    return _invite(g, actor, g.directory.persons[actor.person], full, invitation_id, token_sha256)


def _invite(
    g: Ground, actor: Session, person: Person, form: f.InvitationForm, invitation_id: str, token_sha256: str
) -> Outcome:
    if not person.active:
        raise Refusal("person_removed", "this person has no access; reinstate first")
    if not 1 <= form.minutes <= INVITATION_MINUTES_MAX:
        raise Refusal("dates", f"an invitation lasts {INVITATION_MINUTES_MAX} minutes at most", 400)
    others = (one for one in g.directory.invitations.values() if one.purpose != "calendar")  # each has some for months
    if sum(g.directory.is_open(i, g.now_ms) for i in others) >= INVITATIONS_OPEN_MAX:
        raise Refusal("too_many", f"{INVITATIONS_OPEN_MAX} invitations are open; revoke some", max=INVITATIONS_OPEN_MAX)
    if form.purpose == "calendar":
        raise Refusal("bad_input", "who wants a calendar makes the link himself, at the rhythm", 400)
    if form.purpose == "enrolment":
        room_for_certificate(g, person.id)
        if person.id not in g.directory.assignments.get(form.appointment, {}) and form.appointment:
            raise _not_assigned()
    elif form.appointment:
        raise Refusal("bad_input", "an invitation to sign in names no appointment", 400)
    claim = form.claim.strip()
    if (form.purpose == "oidc") != bool(claim):
        raise Refusal("bad_input", "an account is invited by its e-mail or user name, and nothing else is", 400)
    for other in g.directory.invitations.values() if claim else ():
        taken = other.claim.casefold() == claim.casefold() and g.directory.is_open(other, g.now_ms)
        if taken and sees(g, actor, g.directory.persons[other.person]):  # of two, the older one counts
            raise Refusal("bad_input", f"{claim!r} is invited already; revoke that invitation first", 400)
    body = r.InvitationMade(
        purpose=form.purpose,
        person=person.id,
        appointment=form.appointment,
        until_ms=g.now_ms + form.minutes * 60_000,
        token_sha256=token_sha256,
        claim=claim,
    )
    return Outcome([draft(actor, invitation_id, body, person.label, g)], (person.id,))


def invite_own_calendar(g: Ground, actor: Session, invitation_id: str, token_sha256: str) -> Outcome:
    """Let a calendar program of one's own read the rhythm, as one reads it in this appointment."""
    if not actor.appointment:
        raise Refusal("not_permitted", "take an appointment first", 403)
    if len(own_calendars(g, actor)) >= CALENDARS_MAX:
        raise Refusal("too_many", f"{CALENDARS_MAX} calendars are open; revoke some", max=CALENDARS_MAX)
    body = r.InvitationMade(
        purpose="calendar",
        person=actor.person,
        appointment=actor.appointment,
        until_ms=g.now_ms + CALENDAR_MS,
        token_sha256=token_sha256,
    )
    label = g.directory.persons[actor.person].label
    return Outcome([draft(actor, invitation_id, body, label, g)], (actor.person,))


def own_calendars(g: Ground, actor: Session) -> list[Invitation]:
    """Return the asker's own links for calendar programs that are open."""
    every = g.directory.invitations.values()
    return [
        i for i in every if (i.purpose, i.person) == ("calendar", actor.person) and g.directory.is_open(i, g.now_ms)
    ]


def revoke_own_calendar(g: Ground, actor: Session, invitation_id: str) -> Outcome:
    """Take a link of one's own for a calendar program back."""
    if invitation_id not in [one.id for one in own_calendars(g, actor)]:
        raise NotVisible("no such calendar")
    label = g.directory.persons[actor.person].label
    return Outcome([draft(actor, invitation_id, r.InvitationRevoked(), label, g)], (invitation_id,))


def room_for_certificate(g: Ground, person_id: str) -> None:
    """Refuse one more certificate than a person may have that are good."""
    if sum(c.person == person_id and good(c, g.now_ms) for c in g.directory.certificates.values()) >= CERTIFICATES_MAX:
        raise Refusal(
            "too_many",
            f"{CERTIFICATES_MAX} certificates of one person are good; revoke those of devices that are gone",
            max=CERTIFICATES_MAX,
        )


def invitation_seen(g: Ground, actor: Session, invitation_id: str) -> Invitation:
    """Return an invitation of a person who is there for the asker; else NotVisible."""
    invitation = g.directory.invitations.get(invitation_id)
    person = g.directory.persons.get(invitation.person) if invitation else None
    if invitation is None or not person or not sees(g, actor, person):
        raise NotVisible("no such invitation")
    return invitation


def revoke_invitation(g: Ground, actor: Session, invitation_id: str) -> Outcome:
    """Take an invitation back."""
    invitation = invitation_seen(g, actor, invitation_id)
    person = g.directory.persons[invitation.person]
    touch(g, actor, person)
    if invitation.state != "open":
        raise Refusal("invitation_closed", "it has been used or revoked")
    return Outcome([draft(actor, invitation_id, r.InvitationRevoked(), person.label, g)], (invitation_id,))


def certificate_seen(g: Ground, actor: Session, fingerprint: str) -> Certificate:
    """Return a certificate of a person who is there for the asker; else NotVisible."""
    certificate = g.directory.certificates.get(fingerprint)
    person = g.directory.persons.get(certificate.person) if certificate else None
    if certificate is None or not person or not sees(g, actor, person):
        raise NotVisible("no such certificate")
    return certificate


def revoke_certificate(g: Ground, actor: Session, fingerprint: str, reason: str) -> Outcome:
    """Revoke a certificate. There is no way back: the device enrols anew."""
    certificate = certificate_seen(g, actor, fingerprint)
    person = g.directory.persons[certificate.person]
    touch(g, actor, person)
    return _revoke(g, actor, certificate, person, reason)


def revoke_own_certificate(g: Ground, actor: Session, fingerprint: str) -> Outcome:
    """Revoke a certificate of one's own device: it is lost. Needs no appointment."""
    certificate = g.directory.certificates.get(fingerprint)
    if certificate is None or certificate.person != actor.person:
        raise NotVisible("no such certificate")
    return _revoke(g, actor, certificate, g.directory.persons[actor.person], "by its owner")


def _revoke(g: Ground, actor: Session, certificate: Certificate, person: Person, reason: str) -> Outcome:
    if certificate.revoked_ms:
        raise Refusal("certificate_revoked", "it is revoked already")
    body = r.CertificateRevoked(reason=reason)
    return Outcome([draft(actor, certificate.fingerprint, body, person.label, g)], (certificate.fingerprint,))
