"""The HTTP face of people: signing in, one's own session, administration, and why somebody may not see something.

Owns: paths, guards, cookies, status codes; `session_of`, `signed_in` and `permitted` for the routes of others.
Doesn't own: shapes (`people.forms`), rules (`people.rules`), the application they are hung into (`web`).

Bodies are the structs of `people.forms`. An error is a `Problem` with the status beside it; 401 `not_signed_in` and
404 `not_found` (absent or hidden: the same answer) may come from any path.

Signing in (no session needed; 204 and a cookie, or 401 `wrong`, 429 `too_many_attempts` with Retry-After)
  GET  /api/sign-in                      -> Ways
  POST /api/sign-in                      TokenForm           a one-time link, or an invitation to sign in
  POST /api/sign-in/password             PasswordForm
  POST /api/sign-in/passkey/options      -> 200 PublicKeyCredentialRequestOptionsJSON
  POST /api/sign-in/passkey              CredentialForm
  GET  /api/sign-in/oidc                 -> 303 to the provider (a link for a browser to follow)
  GET  /api/sign-in/oidc/callback        -> 303 to /, or to /#sign-in-failed=<code>
  POST /api/sign-in/certificate          with the connection's client certificate

One's own session (any session, with or without an appointment)
  GET  /api/session                      -> SessionBody, without a session too
  POST /api/sign-out                     -> 204
  POST /api/appointments/take            TakeForm -> SessionBody; 409 `held`: another holds it, a note is needed
  POST /api/appointments/lay-down        LayDownForm -> SessionBody
  PUT  /api/session/password             SetPasswordForm -> 204; ends one's other sessions
  GET  /api/session/passkeys             -> PasskeyRow[]
  POST /api/session/passkeys/options     -> 200 PublicKeyCredentialCreationOptionsJSON
  POST /api/session/passkeys             CredentialForm -> 201 PasskeyRow
  POST /api/session/passkeys/remove      IdForm -> 204
  GET  /api/session/sessions             -> SessionRow[]
  POST /api/session/sessions/end         IdForm -> 204
  GET  /api/session/certificates         -> CertificateRow[]
  POST /api/session/certificates/revoke  IdForm (fingerprint) -> 204
  POST /api/session/enrolment            EnrolmentForm -> 201 Invited

Administration (permission `admin`, or `delegate` for its own organisation)
  GET  /api/people/choices               -> Choices
  GET  /api/people                       -> PersonRow[]
  POST /api/people                       PersonForm -> 201 PersonRow
  GET  /api/people/{id}                  -> PersonBody
  PUT  /api/people/{id}                  PersonForm -> PersonRow
  POST /api/people/{id}/remove           ReasonForm -> PersonRow     no access any more; undone by reinstate
  POST /api/people/{id}/reinstate        ReasonForm -> PersonRow
  POST /api/people/{id}/sessions/end     -> Ended
  POST /api/people/{id}/credentials/remove -> Ended    password, passkeys, accounts, devices, and the sessions
  GET  /api/appointments                 -> AppointmentRow[]
  POST /api/appointments                 AppointmentForm -> 201 AppointmentRow
  PUT  /api/appointments/{id}            AppointmentForm -> AppointmentRow
  POST /api/appointments/{id}/end        EndForm -> AppointmentRow   undone by PUT with until_ms 0
  POST /api/appointments/{id}/assign     AssignForm -> AppointmentRow
  POST /api/appointments/{id}/unassign   UnassignForm -> AppointmentRow
  GET  /api/invitations                  -> InvitationRow[]
  POST /api/invitations                  InvitationForm -> 201 Invited
  POST /api/invitations/{id}/revoke      -> InvitationRow
  GET  /api/certificates?ends_within_days=N -> CertificateRow[]   soonest end first; N: those valid that end by then
  POST /api/certificates/{fingerprint}/revoke ReasonForm -> CertificateRow
  GET  /api/why?reader=ID[&appointment=ID]&(person=ID|uid=UID|record=ID) -> WhyBody     permission `admin`

Refused: 400 `bad_input`, `username_form`, `organisation_form`, `level_unknown`, `nation_unknown`, `caveat_unknown`,
`permission_unknown`, `group_form`, `dates`, `label_unknown`, `password_short`, `password_like_name`,
`passkey_not_accepted`, `current_wrong`; 403 `not_permitted`, `above_you` (params.what: in what it is beyond the asker),
`label_above_you`, `origin`; 409 `changed_meanwhile`, `last_administrator`, `username_taken`, `held`, `not_in_force`
(params.standing), `person_removed`, `not_assigned`, `too_many` (params.max), `invitation_closed`,
`certificate_revoked`; 502 `provider`; 503 `disk_full`, `read_only` and the journal's other refusals.
"""

import ipaddress
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import structlog
from litestar import Request, Response, Router, get, post, put
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import Parameter

from jointhq.base.errors import BadInput, JointHQError, NotSignedIn, NotVisible, Refusal
from jointhq.journal.journal import Refused
from jointhq.people import forms as f
from jointhq.people import rules, views
from jointhq.people.access import WrongCredentials
from jointhq.people.attempts import TooManyAttempts
from jointhq.people.directory import ADMIN, DELEGATE, Session
from jointhq.people.oidc import ProviderFault
from jointhq.people.passkeys import Site
from jointhq.people.people import People
from jointhq.people.why import Question, why

log = structlog.get_logger("people")

DAY_MS: Final = 86_400_000
OIDC_COOKIE_S: Final = 600  # as long as the provider may take
CALLBACK: Final = "/api/sign-in/oidc/callback"
TLS_EXTENSION: Final = "jointhq.certificate"  # in the ASGI scope's `extensions`, put there by a TLS shell alone

Connection = ASGIConnection[Any, Any, Any, Any]
Ask = Request[Any, Any, Any]
OidcText = Annotated[str, Parameter(max_length=4096)]
OidcState = Annotated[str, Parameter(query="state", max_length=200)]
Which = Annotated[str, Parameter(max_length=200)]


# -- what the routes of others use


def people_of(connection: Connection) -> People:
    """Return the people that this application serves."""
    people: People = connection.app.state.people
    return people


def cookie_of(connection: Connection) -> str:
    """Return the name of the session's cookie; browsers keep one jar for all ports of a machine."""
    return f"jointhq_session_{_port(connection)}"


def session_of(connection: Connection) -> Session:
    """Return the session of a connection as it stands now; else NotSignedIn. Streams ask again on every change."""
    return people_of(connection).access.session(connection.cookies.get(cookie_of(connection), ""))


def signed_in(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Guard: somebody is signed in, with or without an appointment."""
    session_of(connection)


def permitted(*permissions: str) -> Callable[[Connection, BaseRouteHandler], None]:
    """Guard: the session's appointment has one of these permissions."""

    def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        if session_of(connection).permissions.isdisjoint(permissions):
            raise Refusal("not_permitted", f"this needs an appointment with {' or '.join(permissions)}", 403)

    return guard


def same_origin(connection: Connection) -> bool:
    """Tell whether no page of another site asks: a browser names the page that does, other programs name none."""
    host = connection.headers.get("host", "")
    return connection.headers.get("origin") in (None, f"http://{host}", f"https://{host}")


def from_same_origin(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Guard of what changes anything: SameSite cookies alone would trust every port of this machine."""
    if getattr(connection, "method", "GET") != "GET" and not same_origin(connection):
        raise PermissionDeniedException("asked by a page of another site")


# -- what a request says


def _port(connection: Connection) -> int:
    return (connection.scope["server"] or ("", 0))[1] or 0


def _address(request: Ask) -> str:
    return request.client.host if request.client else ""


def _origin(request: Ask) -> str:
    """Return the scheme, host and port that the browser sees."""
    return people_of(request).settings.origin or f"{request.url.scheme}://{request.headers.get('host', '')}"


def _site(request: Ask) -> Site:
    origin = _origin(request)
    return Site(rp_id=urlsplit(origin).hostname or "", origin=origin)


def _passkeys_work(request: Ask) -> bool:
    """Tell whether a browser makes passkeys here: it wants a name, and https or itself."""
    parts = urlsplit(_origin(request))
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost") or parts.scheme == "https"
    return False


def _certificate(request: Ask) -> str:
    """Return the fingerprint of the connection's client certificate, "" for none. No header can say this."""
    extensions: Any = request.scope.get("extensions") or {}
    return str(extensions.get(TLS_EXTENSION, {}).get("fingerprint", ""))


def _cookie(request: Ask, key: str, value: str, **more: Any) -> Cookie:
    secure = _origin(request).startswith("https://")
    return Cookie(**{"key": key, "value": value, "path": "/", "httponly": True, "secure": secure, **more})


def _signed_in(request: Ask, cookie: str) -> Response[None]:
    return Response(None, status_code=204, cookies=[_session_cookie(request, cookie)])


def _session_cookie(request: Ask, cookie: str) -> Cookie:
    return _cookie(request, cookie_of(request), cookie, samesite="strict")


# -- signing in


@get("/api/sign-in")
async def get_ways(request: Ask) -> f.Ways:
    """How one may sign in at this address."""
    oidc = people_of(request).access.oidc
    return f.Ways(
        password=True,
        passkey=_passkeys_work(request),
        oidc=oidc.name if oidc else "",
        certificate=bool(_certificate(request)),
    )


@post("/api/sign-in", status_code=204)
async def post_token(request: Ask, data: f.TokenForm) -> Response[None]:
    """Redeem a one-time link, or an invitation to sign in."""
    return _signed_in(request, await people_of(request).access.with_token(data.token, _address(request)))


@post("/api/sign-in/password", status_code=204)
async def post_password(request: Ask, data: f.PasswordForm) -> Response[None]:
    """Sign in by user name and password."""
    access = people_of(request).access
    return _signed_in(request, await access.with_password(data.username, data.password, _address(request)))


@post("/api/sign-in/passkey/options", status_code=200)
async def post_passkey_options(request: Ask) -> dict[str, Any]:
    """Return what `navigator.credentials.get()` is asked with."""
    return people_of(request).access.passkey_options(_site(request))


@post("/api/sign-in/passkey", status_code=204)
async def post_passkey(request: Ask, data: f.CredentialForm) -> Response[None]:
    """Sign in by passkey."""
    access = people_of(request).access
    return _signed_in(request, await access.with_passkey(data.credential, _site(request), _address(request)))


@get("/api/sign-in/oidc", status_code=303)
async def get_oidc(request: Ask) -> Response[None]:
    """Send the browser to the identity provider. It must come back: a cookie of its own says so, for ten minutes."""
    try:
        url, browser = await people_of(request).access.oidc_begin(_origin(request) + CALLBACK, _address(request))
    except JointHQError as error:
        log.warning("oidc_failed", reason=str(error))
        return _back(error.code)
    cookie = _oidc_cookie(request, browser, OIDC_COOKIE_S)
    return Response(None, status_code=303, headers={"location": url}, cookies=[cookie])


@get(CALLBACK, status_code=303)
async def get_oidc_callback(
    request: Ask, oidc_state: OidcState = "", code: OidcText = "", iss: OidcText = "", error: OidcText = ""
) -> Response[None]:
    """Take the browser back from the identity provider.

    The provider's site sent it here, so cookies with SameSite=Strict don't come along and the one for the way there is
    Lax. The session's own may be Strict all the same: setting it is allowed, and the page asks from our site.
    """
    browser = request.cookies.get(_oidc_cookie_name(request), "")
    try:
        if error:
            raise ProviderFault(f"the provider says {error[:100]!r}")
        cookie = await people_of(request).access.oidc_finish(
            state=oidc_state, code=code, issuer=iss, browser=browser, address=_address(request)
        )
    except JointHQError as problem:
        return _back(problem.code, _oidc_cookie(request, "", 0))
    return _back("", _session_cookie(request, cookie), _oidc_cookie(request, "", 0))


def _back(code: str, *cookies: Cookie) -> Response[None]:
    where = f"/#sign-in-failed={code}" if code else "/"
    return Response(None, status_code=303, headers={"location": where}, cookies=list(cookies))


def _oidc_cookie_name(request: Ask) -> str:
    return f"jointhq_oidc_{_port(request)}"


def _oidc_cookie(request: Ask, value: str, seconds: int) -> Cookie:
    return _cookie(
        request, _oidc_cookie_name(request), value, samesite="lax", max_age=seconds, path="/api/sign-in/oidc"
    )


@post("/api/sign-in/certificate", status_code=204)
async def post_certificate(request: Ask) -> Response[None]:
    """Sign in by the client certificate of this connection."""
    access = people_of(request).access
    return _signed_in(request, await access.with_certificate(_certificate(request), _address(request)))


# -- one's own session


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
    cookie = _cookie(request, cookie_of(request), "", max_age=0)
    try:
        await people_of(request).access.sign_out(session_of(request))
    except NotSignedIn:
        log.info("signed_out_already")
    return Response(None, status_code=204, cookies=[cookie])


@post("/api/appointments/take", status_code=200, guards=[signed_in])
async def post_take(request: Ask, data: f.TakeForm) -> f.SessionBody:
    """Take an appointment; from another, with a handover note."""
    await people_of(request).take(session_of(request), data)
    return _session_body(request)


@post("/api/appointments/lay-down", status_code=200, guards=[signed_in])
async def post_lay_down(request: Ask, data: f.LayDownForm) -> f.SessionBody:
    """Lay the session's appointment down."""
    await people_of(request).lay_down(session_of(request), data)
    return _session_body(request)


@put("/api/session/password", status_code=204, guards=[signed_in])
async def put_password(request: Ask, data: f.SetPasswordForm) -> None:
    """Set one's password; ends one's other sessions."""
    access = people_of(request).access
    await access.set_password(session_of(request), data.password, data.current, _address(request))


@get("/api/session/passkeys", guards=[signed_in])
async def get_passkeys(request: Ask) -> list[f.PasskeyRow]:
    """List one's passkeys."""
    return views.passkey_rows(people_of(request).ground(), session_of(request).person)


@post("/api/session/passkeys/options", status_code=200, guards=[signed_in])
async def post_new_passkey_options(request: Ask) -> dict[str, Any]:
    """Return what `navigator.credentials.create()` is asked with."""
    return people_of(request).access.options_to_add_passkey(session_of(request), _site(request))


@post("/api/session/passkeys", guards=[signed_in])
async def post_new_passkey(request: Ask, data: f.CredentialForm) -> f.PasskeyRow:
    """Add a passkey."""
    people, session = people_of(request), session_of(request)
    added = await people.access.add_passkey(session, data.credential, _site(request), data.name)
    return next(row for row in views.passkey_rows(people.ground(), session.person) if row.id == added)


@post("/api/session/passkeys/remove", status_code=204, guards=[signed_in])
async def post_remove_passkey(request: Ask, data: f.IdForm) -> None:
    """Remove a passkey, and end the sessions that it began."""
    await people_of(request).remove_passkey(session_of(request), data.id)


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
    await people_of(request).revoke_own_certificate(session_of(request), data.id)


@post("/api/session/enrolment", guards=[signed_in])
async def post_own_enrolment(request: Ask, data: f.EnrolmentForm) -> f.Invited:
    """Invite a device of one's own."""
    people, session = people_of(request), session_of(request)
    return _invited(people, session, *await people.invite_own_device(session, data))


# -- administration

ADMINISTRATION: Final = permitted(ADMIN, DELEGATE)


@get("/api/people/choices", guards=[ADMINISTRATION])
async def get_choices(request: Ask) -> f.Choices:
    """Return what forms offer."""
    return views.choices(people_of(request).ground(), session_of(request))


@get("/api/people", guards=[ADMINISTRATION])
async def get_people(request: Ask) -> list[f.PersonRow]:
    """List the persons that are there for the asker."""
    return views.people(people_of(request).ground(), session_of(request))


@post("/api/people", guards=[ADMINISTRATION])
async def post_person(request: Ask, data: f.PersonForm) -> f.PersonRow:
    """Add a person."""
    people, actor = people_of(request), session_of(request)
    return _person(request, actor, await people.add_person(actor, data))


def _person(request: Ask, actor: Session, person_id: str) -> f.PersonRow:
    """Return a person after a change, as the asker stood before it: it may have ended his own session."""
    g = people_of(request).ground()
    return views.person(g, actor, rules.person_seen(g, actor, person_id))


@get("/api/people/{person_id:str}", guards=[ADMINISTRATION])
async def get_person(request: Ask, person_id: str) -> f.PersonBody:
    """Return all about a person."""
    return views.person_body(people_of(request).ground(), session_of(request), person_id)


@put("/api/people/{person_id:str}", guards=[ADMINISTRATION])
async def put_person(request: Ask, person_id: str, data: f.PersonForm) -> f.PersonRow:
    """Change a person, whole."""
    people, actor = people_of(request), session_of(request)
    await people.change_person(actor, person_id, data)
    return _person(request, actor, person_id)


@post("/api/people/{person_id:str}/remove", status_code=200, guards=[ADMINISTRATION])
async def post_remove_person(request: Ask, person_id: str, data: f.ReasonForm) -> f.PersonRow:
    """End all access of a person."""
    people, actor = people_of(request), session_of(request)
    await people.remove_person(actor, person_id, data)
    return _person(request, actor, person_id)


@post("/api/people/{person_id:str}/reinstate", status_code=200, guards=[ADMINISTRATION])
async def post_reinstate_person(request: Ask, person_id: str, data: f.ReasonForm) -> f.PersonRow:
    """Undo that."""
    people, actor = people_of(request), session_of(request)
    await people.reinstate_person(actor, person_id, data)
    return _person(request, actor, person_id)


@post("/api/people/{person_id:str}/sessions/end", status_code=200, guards=[ADMINISTRATION])
async def post_end_sessions(request: Ask, person_id: str) -> f.Ended:
    """End all sessions of a person."""
    return f.Ended(await people_of(request).end_sessions(session_of(request), person_id))


@post("/api/people/{person_id:str}/credentials/remove", status_code=200, guards=[ADMINISTRATION])
async def post_remove_credentials(request: Ask, person_id: str) -> f.Ended:
    """Take away all a person signs in with; end the sessions."""
    return f.Ended(await people_of(request).remove_credentials(session_of(request), person_id))


@get("/api/appointments", guards=[ADMINISTRATION])
async def get_appointments(request: Ask) -> list[f.AppointmentRow]:
    """List the appointments that are there for the asker."""
    return views.appointments(people_of(request).ground(), session_of(request))


@post("/api/appointments", guards=[ADMINISTRATION])
async def post_appointment(request: Ask, data: f.AppointmentForm) -> f.AppointmentRow:
    """Add an appointment."""
    people, actor = people_of(request), session_of(request)
    return _appointment(request, actor, await people.add_appointment(actor, data))


def _appointment(request: Ask, actor: Session, appointment_id: str) -> f.AppointmentRow:
    g = people_of(request).ground()
    return views.appointment(g, actor, rules.appointment_seen(g, actor, appointment_id))


@put("/api/appointments/{appointment_id:str}", guards=[ADMINISTRATION])
async def put_appointment(request: Ask, appointment_id: str, data: f.AppointmentForm) -> f.AppointmentRow:
    """Change an appointment, whole."""
    people, actor = people_of(request), session_of(request)
    await people.change_appointment(actor, appointment_id, data)
    return _appointment(request, actor, appointment_id)


@post("/api/appointments/{appointment_id:str}/end", status_code=200, guards=[ADMINISTRATION])
async def post_end_appointment(request: Ask, appointment_id: str, data: f.EndForm) -> f.AppointmentRow:
    """End an appointment, at once or on a date."""
    people, actor = people_of(request), session_of(request)
    await people.end_appointment(actor, appointment_id, data)
    return _appointment(request, actor, appointment_id)


@post("/api/appointments/{appointment_id:str}/assign", status_code=200, guards=[ADMINISTRATION])
async def post_assign(request: Ask, appointment_id: str, data: f.AssignForm) -> f.AppointmentRow:
    """Let a person take an appointment."""
    people, actor = people_of(request), session_of(request)
    await people.assign(actor, appointment_id, data)
    return _appointment(request, actor, appointment_id)


@post("/api/appointments/{appointment_id:str}/unassign", status_code=200, guards=[ADMINISTRATION])
async def post_unassign(request: Ask, appointment_id: str, data: f.UnassignForm) -> f.AppointmentRow:
    """Take that back."""
    people, actor = people_of(request), session_of(request)
    await people.unassign(actor, appointment_id, data)
    return _appointment(request, actor, appointment_id)


@get("/api/invitations", guards=[ADMINISTRATION])
async def get_invitations(request: Ask) -> list[f.InvitationRow]:
    """List the invitations that are there for the asker, newest first."""
    return views.invitations(people_of(request).ground(), session_of(request))


@post("/api/invitations", guards=[ADMINISTRATION])
async def post_invitation(request: Ask, data: f.InvitationForm) -> f.Invited:
    """Invite a person to sign in, or a device of his."""
    people, session = people_of(request), session_of(request)
    return _invited(people, session, *await people.invite(session, data))


def _invited(people: People, session: Session, invitation_id: str, token: str) -> f.Invited:
    g = people.ground()
    invitation = g.directory.invitations[invitation_id]
    return f.Invited(
        invitation=views.invitation(g, session, invitation),
        token=token,
        username=g.directory.persons[invitation.person].username,
    )


@post("/api/invitations/{invitation_id:str}/revoke", status_code=200, guards=[ADMINISTRATION])
async def post_revoke_invitation(request: Ask, invitation_id: str) -> f.InvitationRow:
    """Take an invitation back."""
    people, actor = people_of(request), session_of(request)
    await people.revoke_invitation(actor, invitation_id)
    g = people.ground()
    return views.invitation(g, actor, rules.invitation_seen(g, actor, invitation_id))


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
    await people.revoke_certificate(actor, fingerprint, data.reason)
    g = people.ground()
    return views.certificate(g, actor, rules.certificate_seen(g, actor, fingerprint))


@get("/api/why", guards=[permitted(ADMIN)])
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


# -- the whole, and its errors


def problem(_request: Ask, error: Exception) -> Response[f.Problem]:
    """Return what a refusal says: the handler of all in ERRORS, for the routes of others that use our guards too."""
    headers: dict[str, str] = {}
    params: dict[str, Any] = {}
    code, message = (error.code if isinstance(error, JointHQError) else "internal"), str(error)
    match error:
        case Refusal():
            status, params = error.status, error.params
        case TooManyAttempts():
            status, headers = 429, {"retry-after": str(error.retry_after_s)}
            params = {"retry_after_s": error.retry_after_s}
        case WrongCredentials() | NotSignedIn():
            status = 401
        case NotVisible():
            status = 404
        case BadInput():
            status = 400
        case ProviderFault():
            status = 502
        case _:
            status = 503
    return Response(f.Problem(code, message, params), status_code=status, headers=headers)


ERRORS: Final = (Refusal, TooManyAttempts, WrongCredentials, NotSignedIn, NotVisible, BadInput, ProviderFault, Refused)


def people_routes() -> Router:
    """Return all of this to be hung into an application whose `state.people` is a `People`."""
    return Router(
        "/",
        guards=[from_same_origin],
        exception_handlers=dict.fromkeys(ERRORS, problem),
        route_handlers=[
            get_ways,
            post_token,
            post_password,
            post_passkey_options,
            post_passkey,
            get_oidc,
            get_oidc_callback,
            post_certificate,
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
            get_why,
        ],
    )
