"""The HTTP face of people: signing in, one's own session, administration, and why somebody may not see something.

Owns: the list of every path, its body and its errors, and hanging them together.
Doesn't own: what a path does (`.routes_sign_in`, `.routes_session`, `.routes_administration`), guards
(`people.guards`), shapes (`people.forms`), the application they are hung into (`web`).

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

Why can A not see B? (permission `admin` or `release`; about what the asker may see, and readers he may know of)
  GET  /api/why/readers                  -> ReaderRow[]
  GET  /api/why?reader=ID[&appointment=ID]&(person=ID|uid=UID|record=ID) -> WhyBody

Refused: 400 `bad_input`, `blank` and `characters` (params.field), `username_form`, `organisation_form`,
`level_unknown`, `nation_unknown`, `caveat_unknown`, `permission_unknown`, `group_form`, `dates`, `label_unknown`,
`password_short`, `password_like_name`, `passkey_not_accepted`, `current_wrong`; 403 `not_permitted`, `above_you`
(params.what: in what it is beyond the asker), `label_above_you`, `origin`; 409 `changed_meanwhile`,
`last_administrator`, `username_taken`, `held`, `not_in_force` (params.standing), `person_removed`, `not_assigned`,
`too_many` (params.max), `invitation_closed`, `handover_over`, `certificate_revoked`; 502 `provider`; 503 `disk_full`,
`read_only` and the journal's other refusals.
"""

from litestar import Router

from jointhq.people.guards import ERRORS, from_same_origin, problem
from jointhq.people.routes_administration import ADMINISTRATION_ROUTES
from jointhq.people.routes_session import OWN_SESSION
from jointhq.people.routes_sign_in import SIGN_IN


def people_routes() -> Router:
    """Return all of this to be hung into an application whose `state.people` is a `People`."""
    return Router(
        "/",
        guards=[from_same_origin],
        exception_handlers=dict.fromkeys(ERRORS, problem),
        route_handlers=[*SIGN_IN, *OWN_SESSION, *ADMINISTRATION_ROUTES],
    )
