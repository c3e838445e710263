"""The administration of people over HTTP, and why somebody may not see something.

Owns: the paths of persons, appointments, invitations and certificates; /api/why.
Doesn't own: the rules (`people.rules`, `people.passes`), what of it the asker sees (`people.fence`, `people.views`).

What a change answers with is told as the asker stood before it: it may have ended his own session.
"""

from collections.abc import Callable
from typing import Annotated, Concatenate, Final, ParamSpec

from litestar import get, post, put
from litestar.params import Parameter

from jointhq.journal.acts import Outcome
from jointhq.people import fence, passes, rules, views
from jointhq.people import forms as f
from jointhq.people.directory import ADMIN, DELEGATE, RELEASE, Session
from jointhq.people.fence import Ground
from jointhq.people.guards import Ask, people_of, permitted, session_of
from jointhq.people.why import Question, readers, why

DAY_MS: Final = 86_400_000
ADMINISTRATION: Final = permitted(ADMIN, DELEGATE)
ASKS_WHY: Final = permitted(ADMIN, RELEASE)  # who releases must be able to tell what a label does

P = ParamSpec("P")
Change = Callable[Concatenate[Ground, Session, str, P], Outcome]  # of the one that is named
Which = Annotated[str, Parameter(max_length=200)]


@get("/api/people/choices", guards=[ADMINISTRATION])
async def get_choices(request: Ask) -> f.Choices:
    """Return what forms offer."""
    return views.choices(people_of(request).ground(), session_of(request))


# -- persons


@get("/api/people", guards=[ADMINISTRATION])
async def get_people(request: Ask) -> list[f.PersonRow]:
    """List the persons that are there for the asker."""
    return views.people(people_of(request).ground(), session_of(request))


@post("/api/people", guards=[ADMINISTRATION])
async def post_person(request: Ask, data: f.PersonForm) -> f.PersonRow:
    """Add a person."""
    return await _person(request, people_of(request).new_id(), rules.add_person, data)


@get("/api/people/{person_id:str}", guards=[ADMINISTRATION])
async def get_person(request: Ask, person_id: str) -> f.PersonBody:
    """Return all about a person."""
    return views.person_body(people_of(request).ground(), session_of(request), person_id)


@put("/api/people/{person_id:str}", guards=[ADMINISTRATION])
async def put_person(request: Ask, person_id: str, data: f.PersonForm) -> f.PersonRow:
    """Change a person, whole."""
    return await _person(request, person_id, rules.change_person, data)


@post("/api/people/{person_id:str}/remove", status_code=200, guards=[ADMINISTRATION])
async def post_remove_person(request: Ask, person_id: str, data: f.ReasonForm) -> f.PersonRow:
    """End all access of a person."""
    return await _person(request, person_id, rules.remove_person, data)


@post("/api/people/{person_id:str}/reinstate", status_code=200, guards=[ADMINISTRATION])
async def post_reinstate_person(request: Ask, person_id: str, data: f.ReasonForm) -> f.PersonRow:
    """Undo that."""
    return await _person(request, person_id, rules.reinstate_person, data)


async def _person(request: Ask, person_id: str, change: Change[P], *args: P.args, **more: P.kwargs) -> f.PersonRow:
    """Do something to a person, and return him."""
    people, actor = people_of(request), session_of(request)
    await people.do(change, actor, person_id, *args, **more)
    g = people.ground()
    return views.person(g, actor, fence.person_seen(g, actor, person_id))


@post("/api/people/{person_id:str}/sessions/end", status_code=200, guards=[ADMINISTRATION])
async def post_end_sessions(request: Ask, person_id: str) -> f.Ended:
    """End all sessions of a person."""
    return await _ended(request, person_id, rules.end_sessions)


@post("/api/people/{person_id:str}/credentials/remove", status_code=200, guards=[ADMINISTRATION])
async def post_remove_credentials(request: Ask, person_id: str) -> f.Ended:
    """Take away all a person signs in with; end the sessions."""
    return await _ended(request, person_id, rules.remove_credentials)


async def _ended(request: Ask, person_id: str, change: Change[[]]) -> f.Ended:
    """Do what ends a person's sessions, and return how many there were."""
    people, actor = people_of(request), session_of(request)
    g = people.ground()
    before = len(g.directory.sessions_of(person_id, g.now_ms))
    await people.do(change, actor, person_id)
    return f.Ended(before)


# -- appointments


@get("/api/appointments", guards=[ADMINISTRATION])
async def get_appointments(request: Ask) -> list[f.AppointmentRow]:
    """List the appointments that are there for the asker."""
    return views.appointments(people_of(request).ground(), session_of(request))


@post("/api/appointments", guards=[ADMINISTRATION])
async def post_appointment(request: Ask, data: f.AppointmentForm) -> f.AppointmentRow:
    """Add an appointment."""
    return await _appointment(request, people_of(request).new_id(), rules.add_appointment, data)


@put("/api/appointments/{appointment_id:str}", guards=[ADMINISTRATION])
async def put_appointment(request: Ask, appointment_id: str, data: f.AppointmentForm) -> f.AppointmentRow:
    """Change an appointment, whole."""
    return await _appointment(request, appointment_id, rules.change_appointment, data)


@post("/api/appointments/{appointment_id:str}/end", status_code=200, guards=[ADMINISTRATION])
async def post_end_appointment(request: Ask, appointment_id: str, data: f.EndForm) -> f.AppointmentRow:
    """End an appointment, at once or on a date."""
    return await _appointment(request, appointment_id, rules.end_appointment, data)


@post("/api/appointments/{appointment_id:str}/assign", status_code=200, guards=[ADMINISTRATION])
async def post_assign(request: Ask, appointment_id: str, data: f.AssignForm) -> f.AppointmentRow:
    """Let a person take an appointment."""
    return await _appointment(request, appointment_id, rules.assign, data)


@post("/api/appointments/{appointment_id:str}/unassign", status_code=200, guards=[ADMINISTRATION])
async def post_unassign(request: Ask, appointment_id: str, data: f.UnassignForm) -> f.AppointmentRow:
    """Take that back."""
    return await _appointment(request, appointment_id, rules.unassign, data)


async def _appointment(
    request: Ask, appointment_id: str, change: Change[P], *args: P.args, **more: P.kwargs
) -> f.AppointmentRow:
    """Do something to an appointment, and return it."""
    people, actor = people_of(request), session_of(request)
    await people.do(change, actor, appointment_id, *args, **more)
    g = people.ground()
    return views.appointment(g, actor, fence.appointment_seen(g, actor, appointment_id))


# -- invitations and certificates


@get("/api/invitations", guards=[ADMINISTRATION])
async def get_invitations(request: Ask) -> list[f.InvitationRow]:
    """List the invitations that are there for the asker, newest first."""
    return views.invitations(people_of(request).ground(), session_of(request))


@post("/api/invitations", guards=[ADMINISTRATION])
async def post_invitation(request: Ask, data: f.InvitationForm) -> f.Invited:
    """Invite a person to sign in, or a device of his."""
    people, session = people_of(request), session_of(request)
    return views.invited(people.ground(), session, *await people.invite(session, data))


@post("/api/invitations/{invitation_id:str}/revoke", status_code=200, guards=[ADMINISTRATION])
async def post_revoke_invitation(request: Ask, invitation_id: str) -> f.InvitationRow:
    """Take an invitation back."""
    people, actor = people_of(request), session_of(request)
    await people.do(passes.revoke_invitation, actor, invitation_id)
    g = people.ground()
    return views.invitation(g, actor, passes.invitation_seen(g, actor, invitation_id))


@get("/api/certificates", guards=[ADMINISTRATION])
async def get_certificates(
    request: Ask, ends_within_days: Annotated[int | None, Parameter(ge=0, le=36_500)] = None
) -> list[f.CertificateRow]:
    """List the certificates that are there for the asker, or those of them that end soon."""
    g = people_of(request).ground()
    ends_by_ms = None if ends_within_days is None else g.now_ms + ends_within_days * DAY_MS
    return views.certificates(g, session_of(request), ends_by_ms)


@post("/api/certificates/{fingerprint:str}/revoke", status_code=200, guards=[ADMINISTRATION])
async def post_revoke_certificate(request: Ask, fingerprint: str, data: f.ReasonForm) -> f.CertificateRow:
    """Revoke a certificate."""
    people, actor = people_of(request), session_of(request)
    await people.do(passes.revoke_certificate, actor, fingerprint, data.reason)
    g = people.ground()
    return views.certificate(g, actor, passes.certificate_seen(g, actor, fingerprint))


# -- why somebody may not see something


@get("/api/why/readers", guards=[ASKS_WHY])
async def get_why_readers(request: Ask) -> list[f.ReaderRow]:
    """List those about whom the asker may ask."""
    return readers(people_of(request).ground(), session_of(request))


@get("/api/why", guards=[ASKS_WHY])
async def get_why(
    request: Ask, reader: Which, appointment: Which = "", person: Which = "", uid: Which = "", record: Which = ""
) -> f.WhyBody:
    """Why this reader may or may not see that."""
    question = Question(reader=reader, appointment=appointment, person=person, uid=uid, record=record)
    people = people_of(request)
    return await why(
        people.ground(),
        session_of(request),
        question,
        label_of=people.label_of,
        label_of_record=people.label_of_record,
    )


ADMINISTRATION_ROUTES: Final = (
    get_choices,
    get_people,
    post_person,
    get_person,
    put_person,
    post_remove_person,
    post_reinstate_person,
    post_end_sessions,
    post_remove_credentials,
    get_appointments,
    post_appointment,
    put_appointment,
    post_end_appointment,
    post_assign,
    post_unassign,
    get_invitations,
    post_invitation,
    post_revoke_invitation,
    get_certificates,
    post_revoke_certificate,
    get_why_readers,
    get_why,
)
