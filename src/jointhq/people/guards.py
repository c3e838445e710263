"""What every route asks first, whoever's it is: whose request this is, what he may do, where it was sent from.

Owns: the session behind a connection, guards, the session's cookie, how a refusal is answered.
Doesn't own: paths (`people.routes` and those of others), what a permission is (`people.directory`).
"""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from jointhq.base.errors import BadInput, JointHQError, NotSignedIn, NotVisible, Refusal
from jointhq.journal.journal import Refused
from jointhq.people import forms as f
from jointhq.people.access import WrongCredentials
from jointhq.people.attempts import TooManyAttempts
from jointhq.people.directory import Session
from jointhq.people.oidc import ProviderFault
from jointhq.people.passkeys import Site
from jointhq.people.people import People

Connection = ASGIConnection[Any, Any, Any, Any]
Ask = Request[Any, Any, Any]


def people_of(connection: Connection) -> People:
    """Return the people that this application serves."""
    people: People = connection.app.state.people
    return people


def cookie_of(connection: Connection) -> str:
    """Return the name of the session's cookie; browsers keep one jar for all ports of a machine."""
    return f"jointhq_session_{port_of(connection)}"


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


def port_of(connection: Connection) -> int:
    """Return the port that was asked."""
    return (connection.scope["server"] or ("", 0))[1] or 0


def address_of(request: Ask) -> str:
    """Return the address that asks."""
    return request.client.host if request.client else ""


def origin_of(request: Ask) -> str:
    """Return the scheme, host and port that the browser sees."""
    return people_of(request).settings.origin or f"{request.url.scheme}://{request.headers.get('host', '')}"


def site_of(request: Ask) -> Site:
    """Return the site that a passkey is for."""
    origin = origin_of(request)
    return Site(rp_id=urlsplit(origin).hostname or "", origin=origin)


def cookie(request: Ask, key: str, value: str, **more: Any) -> Cookie:
    """Return a cookie that no script reads, and no plain connection where the site has another."""
    secure = origin_of(request).startswith("https://")
    return Cookie(**{"key": key, "value": value, "path": "/", "httponly": True, "secure": secure, **more})


# -- how a refusal is answered


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
            status, params = 400, error.params
        case ProviderFault():
            status = 502
        case _:
            status = 503
    return Response(f.Problem(code, message, params), status_code=status, headers=headers)


ERRORS: Final = (Refusal, TooManyAttempts, WrongCredentials, NotSignedIn, NotVisible, BadInput, ProviderFault, Refused)
