"""One's own session over HTTP: who I am, what I hold, how I sign in, my devices.

Owns: the paths below /api/session, signing out, taking and laying down an appointment.
Doesn't own: the rules (`people.sessions`, `people.passes`), signing in (`.routes_sign_in`).
"""

from typing import Any, Final

import structlog
from litestar import Response, get, post, put

from jointhq.base.errors import NotSignedIn
from jointhq.people import forms as f
from jointhq.people import passes, sessions, views
from jointhq.people.guards import Ask, address_of, cookie, cookie_of, people_of, session_of, signed_in, site_of

log = structlog.get_logger("people")


@get("/api/session")
async def get_session(request: Ask) -> f.SessionBody:
    """Who is signed in: the one question a page may ask before anybody is."""
    try:
        return _session_body(request)
    except NotSignedIn:
        return f.SessionBody(signed_in=False)


def _session_body(request: Ask) -> f.SessionBody:
    people = people_of(request)
    return views.session(people.ground(), people.access, session_of(request))


@post("/api/sign-out", status_code=204)
async def post_sign_out(request: Ask) -> Response[None]:
    """End the session, wherever its cookie was copied, and forget it on this browser."""
    gone = cookie(request, cookie_of(request), "", max_age=0)
    try:
        await people_of(request).access.sign_out(session_of(request))
    except NotSignedIn:
        log.info("signed_out_already")
    return Response(None, status_code=204, cookies=[gone])


@post("/api/appointments/take", status_code=200, guards=[signed_in])
async def post_take(request: Ask, data: f.TakeForm) -> f.SessionBody:
    """Take an appointment; from another, with a handover note."""
    await people_of(request).do(sessions.take, session_of(request), data.appointment, data.note)
    return _session_body(request)


@post("/api/appointments/lay-down", status_code=200, guards=[signed_in])
async def post_lay_down(request: Ask, data: f.LayDownForm) -> f.SessionBody:
    """Lay the session's appointment down."""
    await people_of(request).do(sessions.lay_down, session_of(request), data.note)
    return _session_body(request)


@put("/api/session/password", status_code=204, guards=[signed_in])
async def put_password(request: Ask, data: f.SetPasswordForm) -> None:
    """Set one's password; ends one's other sessions."""
    access = people_of(request).access
    await access.set_password(session_of(request), data.password, data.current, address_of(request))


@get("/api/session/passkeys", guards=[signed_in])
async def get_passkeys(request: Ask) -> list[f.PasskeyRow]:
    """List one's passkeys."""
    return views.passkey_rows(people_of(request).ground(), session_of(request).person)


@post("/api/session/passkeys/options", status_code=200, guards=[signed_in])
async def post_new_passkey_options(request: Ask) -> dict[str, Any]:
    """Return what `navigator.credentials.create()` is asked with."""
    return people_of(request).access.options_to_add_passkey(session_of(request), site_of(request))


@post("/api/session/passkeys", guards=[signed_in])
async def post_new_passkey(request: Ask, data: f.CredentialForm) -> f.PasskeyRow:
    """Add a passkey."""
    people, session = people_of(request), session_of(request)
    added = await people.access.add_passkey(session, data.credential, site_of(request), data.name)
    return next(row for row in views.passkey_rows(people.ground(), session.person) if row.id == added)


@post("/api/session/passkeys/remove", status_code=204, guards=[signed_in])
async def post_remove_passkey(request: Ask, data: f.IdForm) -> None:
    """Remove a passkey, and end the sessions that it began."""
    await people_of(request).do(sessions.remove_passkey, session_of(request), data.id)


@get("/api/session/sessions", guards=[signed_in])
async def get_sessions(request: Ask) -> list[f.SessionRow]:
    """List one's sessions that go on."""
    g, own = people_of(request).ground(), session_of(request)
    return [views.session_row(g, own, facts) for facts in g.directory.sessions_of(own.person, g.now_ms)]


@post("/api/session/sessions/end", status_code=204, guards=[signed_in])
async def post_end_session(request: Ask, data: f.IdForm) -> None:
    """End one of one's own sessions."""
    await people_of(request).access.sign_out(session_of(request), data.id)


@get("/api/session/certificates", guards=[signed_in])
async def get_own_certificates(request: Ask) -> list[f.CertificateRow]:
    """List the certificates of one's devices."""
    return views.own_certificates(people_of(request).ground(), session_of(request))


@post("/api/session/certificates/revoke", status_code=204, guards=[signed_in])
async def post_revoke_own_certificate(request: Ask, data: f.IdForm) -> None:
    """Revoke the certificate of a device of one's own."""
    await people_of(request).do(passes.revoke_own_certificate, session_of(request), data.id)


@post("/api/session/enrolment", guards=[signed_in])
async def post_own_enrolment(request: Ask, data: f.EnrolmentForm) -> f.Invited:
    """Invite a device of one's own."""
    people, session = people_of(request), session_of(request)
    return views.invited(people.ground(), session, *await people.invite_own_device(session, data))


OWN_SESSION: Final = (
    get_session,
    post_sign_out,
    post_take,
    post_lay_down,
    put_password,
    get_passkeys,
    post_new_passkey_options,
    post_new_passkey,
    post_remove_passkey,
    get_sessions,
    post_end_session,
    get_own_certificates,
    post_revoke_own_certificate,
    post_own_enrolment,
)
