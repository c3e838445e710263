"""Signing in over HTTP: every way in, and the cookie that each ends with.

Owns: the paths below /api/sign-in.
Doesn't own: whether it is true (`people.access`), what one does then (`.routes_session`).
"""

import ipaddress
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import structlog
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import Parameter

from jointhq.base.errors import JointHQError
from jointhq.people import forms as f
from jointhq.people.guards import Ask, address_of, cookie, cookie_of, origin_of, people_of, port_of, site_of
from jointhq.people.oidc import ProviderFault

log = structlog.get_logger("people")

OIDC_COOKIE_S: Final = 600  # as long as the provider may take
CALLBACK: Final = "/api/sign-in/oidc/callback"
TLS_EXTENSION: Final = "jointhq.certificate"  # in the ASGI scope's `extensions`, put there by a TLS shell alone

OidcText = Annotated[str, Parameter(max_length=4096)]
OidcState = Annotated[str, Parameter(query="state", max_length=200)]


def _passkeys_work(request: Ask) -> bool:
    """Tell whether a browser makes passkeys here: it wants a name, and https or itself."""
    parts = urlsplit(origin_of(request))
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


def _signed_in(request: Ask, value: str) -> Response[None]:
    return Response(None, status_code=204, cookies=[_session_cookie(request, value)])


def _session_cookie(request: Ask, value: str) -> Cookie:
    return cookie(request, cookie_of(request), value, samesite="strict")


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
    return _signed_in(request, await people_of(request).access.with_token(data.token, address_of(request)))


@post("/api/sign-in/password", status_code=204)
async def post_password(request: Ask, data: f.PasswordForm) -> Response[None]:
    """Sign in by user name and password."""
    access = people_of(request).access
    return _signed_in(request, await access.with_password(data.username, data.password, address_of(request)))


@post("/api/sign-in/passkey/options", status_code=200)
async def post_passkey_options(request: Ask) -> dict[str, Any]:
    """Return what `navigator.credentials.get()` is asked with."""
    return people_of(request).access.passkey_options(site_of(request))


@post("/api/sign-in/passkey", status_code=204)
async def post_passkey(request: Ask, data: f.CredentialForm) -> Response[None]:
    """Sign in by passkey."""
    access = people_of(request).access
    return _signed_in(request, await access.with_passkey(data.credential, site_of(request), address_of(request)))


@get("/api/sign-in/oidc", status_code=303)
async def get_oidc(request: Ask) -> Response[None]:
    """Send the browser to the identity provider. It must come back: a cookie of its own says so, for ten minutes."""
    try:
        url, browser = await people_of(request).access.oidc_begin(origin_of(request) + CALLBACK, address_of(request))
    except JointHQError as error:
        log.warning("oidc_failed", reason=str(error))
        return _back(error.code)
    way_back = _oidc_cookie(request, browser, OIDC_COOKIE_S)
    return Response(None, status_code=303, headers={"location": url}, cookies=[way_back])


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
        value = await people_of(request).access.oidc_finish(
            state=oidc_state, code=code, issuer=iss, browser=browser, address=address_of(request)
        )
    except JointHQError as problem:
        return _back(problem.code, _oidc_cookie(request, "", 0))
    return _back("", _session_cookie(request, value), _oidc_cookie(request, "", 0))


def _back(code: str, *cookies: Cookie) -> Response[None]:
    where = f"/#sign-in-failed={code}" if code else "/"
    return Response(None, status_code=303, headers={"location": where}, cookies=list(cookies))


def _oidc_cookie_name(request: Ask) -> str:
    return f"jointhq_oidc_{port_of(request)}"


def _oidc_cookie(request: Ask, value: str, seconds: int) -> Cookie:
    return cookie(request, _oidc_cookie_name(request), value, samesite="lax", max_age=seconds, path="/api/sign-in/oidc")


@post("/api/sign-in/certificate", status_code=204)
async def post_certificate(request: Ask) -> Response[None]:
    """Sign in by the client certificate of this connection."""
    access = people_of(request).access
    return _signed_in(request, await access.with_certificate(_certificate(request), address_of(request)))


SIGN_IN: Final = (
    get_ways,
    post_token,
    post_password,
    post_passkey_options,
    post_passkey,
    get_oidc,
    get_oidc_callback,
    post_certificate,
)
