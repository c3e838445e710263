"""Requests and answers for clients that want exact bytes: a few lines over ASGI, and no framework.

Owns: reading a request within its limits, routing, errors in TAK's envelope, exact content types.
Doesn't own: sockets and TLS (`marti.server`), what is answered (`marti.enrolment`, `marti.api`).
node-tak takes a body for JSON only if the content type is `application/json` to the letter: so nothing is added to it.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

import msgspec
import structlog

from jointhq.base.errors import JointHQError

log = structlog.get_logger("marti")

CERTIFICATE: Final = "jointhq.certificate"  # of the ASGI scope's extensions, put there by the TLS shell alone
JSON: Final = "application/json"
TEXT: Final = "text/plain"
XML: Final = "application/xml"
QUERY_BYTES_MAX: Final = 4096  # a user name, a password and a client's uid are a few hundred
FIELDS_MAX: Final = 50  # of a query or a form
_CODES = {400: ("BAD_REQUEST", 2), 401: ("UNAUTHORIZED", 9), 403: ("FORBIDDEN", 10), 404: ("NOT_FOUND", 1),
          405: ("METHOD_NOT_ALLOWED", 2), 413: ("PAYLOAD_TOO_LARGE", 2), 500: ("INTERNAL_SERVER_ERROR", 6),
          503: ("SERVICE_UNAVAILABLE", 6)}  # fmt: skip


class Call(NamedTuple):
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]  # the last of each name
    headers: Mapping[str, str]
    address: str
    certificate: str  # fingerprint of the client's certificate; "" without one
    body: bytes


class Answer(NamedTuple):
    """What goes back."""

    status: int
    body: bytes = b""
    kind: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[Call], Awaitable[Answer]]
Routes = Mapping[tuple[str, str], Handler]


def json(value: Any, status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, msgspec.json.encode(value))


def text(value: str) -> Answer:
    """Answer with text."""
    return Answer(200, value.encode(), TEXT)


def failed(status: int, message: str, *, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Answer with an error as TAK clients know it."""
    word, code = _CODES[status]
    return Answer(status, msgspec.json.encode({"status": word, "code": code, "message": message}), JSON, headers)


NOTHING_HERE: Final = failed(404, "nothing here")


class App:
    """An ASGI application made of routes; absent and hidden answer alike."""

    def __init__(self, routes: Routes, *, body_bytes_max: int) -> None:
        self._routes = routes
        self._methods = {path for _, path in routes}
        self._body_bytes_max = body_bytes_max

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})
            return
        answer = await self._answer(scope, receive)
        headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
        headers += [(name.encode(), value.encode()) for name, value in answer.headers]
        if answer.status != 204:
            headers += [(b"content-type", answer.kind.encode()), (b"content-length", str(len(answer.body)).encode())]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Any, receive: Any) -> Answer:
        path, query = scope["path"], scope.get("query_string", b"")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        handler = self._routes.get((method, path))
        if handler is None:
            return failed(405, "not by this method") if path in self._methods else NOTHING_HERE
        try:
            fields = _fields(query)
            body = await self._body(receive)
        except ValueError as error:
            return failed(413 if "body" in str(error) else 400, str(error))
        call = Call(
            method=method,
            path=path,
            query=fields,
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            address=(scope.get("client") or ("?", 0))[0],
            certificate=scope.get("extensions", {}).get(CERTIFICATE, {}).get("fingerprint", ""),
            body=body,
        )
        try:
            return await handler(call)
        except JointHQError as error:
            log.warning("request.refused", path=path, code=error.code, reason=str(error))
            return failed(503, "the server can't do this now; its log says why")
        except Exception:  # the edge of one request: end that one, keep serving
            log.exception("request.failed", path=path)
            return failed(500, "the server failed at this; its log says why")

    async def _body(self, receive: Any) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ValueError("the client left")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._body_bytes_max:
                raise ValueError(f"a body of more than {self._body_bytes_max} bytes")
            if not message.get("more_body"):
                return b"".join(parts)


def form(body: bytes) -> Mapping[str, str]:
    """Return the fields of a form body; ValueError when it is none."""
    return _fields(body)


def _fields(query: bytes) -> Mapping[str, str]:
    if len(query) > QUERY_BYTES_MAX:
        raise ValueError(f"more than {QUERY_BYTES_MAX} bytes of query")
    fields = parse_qs(query.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    return {name: values[-1] for name, values in fields.items()}
