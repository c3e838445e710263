"""The page's API: HTTP and WebSocket, typed, described by OpenAPI at /schema.

Owns: paths, what they take and give, sessions at the door, errors as codes that the page translates.
Doesn't own: the picture and its frames (`picture`), files of the page (`web.static`), composition (`app`).
"""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, Final

import msgspec
import structlog
from litestar import Litestar, MediaType, Request, Response, Router, WebSocket, asgi, get, post, websocket
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException, PermissionDeniedException, ValidationException, WebSocketDisconnect
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import Parameter

from jointhq.base.errors import BadInput, JointHQError, NotSignedIn, NotVisible
from jointhq.cot import xml
from jointhq.cot.event import Fact
from jointhq.cot.times import TIME_MS_MAX
from jointhq.people.signin import SignIn
from jointhq.picture.picture import Picture
from jointhq.release.reader import Reader
from jointhq.web.static import security_headers, static_files

log = structlog.get_logger("web")

BODY_BYTES_MAX: Final = 64 << 10  # the page sends small JSON; files have a door of their own
PAGES_MAX: Final = 500  # open pages; each costs a task and its share of the tick
PATH_POINTS_MAX: Final = 20_000  # of one answer; more than any screen shows
SEND_TIMEOUT_S: Final = 30.0  # a page that takes no bytes so long is closed; it comes back by itself
CLOSE_TIMEOUT_S: Final = 3.0  # to say goodbye to one that takes none even then; `web.server` cuts it off
_STATUS_CODES: Final = {"not_signed_in": 401, "not_found": 404, "bad_input": 400}


class ErrorBody(msgspec.Struct, frozen=True):
    """What an error says: `code` is API and is translated by the page; `message` is for whoever reads the wire."""

    code: str
    message: str
    params: dict[str, Any] = {}


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token of a one-time link."""

    token: Annotated[str, msgspec.Meta(max_length=200)]


class TrackBody(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one track. Degrees, metres, metres per second, milliseconds since 1970."""

    uid: str
    callsign: str
    type: str
    how: str
    source: str
    source_name: str
    lat: float
    lon: float
    hae_m: float | None
    altitude_is_barometric: bool
    ce_m: float | None
    course_deg: float | None
    speed_ms: float | None
    time_ms: int
    stale_ms: int
    received_ms: int
    state: str
    access: str
    caveat: str
    releasable_to: str
    facts: dict[str, Fact]


class PathBody(msgspec.Struct, frozen=True, kw_only=True):
    """The path of one track, oldest first, in columns of equal length; `truncated` where there was more."""

    uid: str
    t_ms: Sequence[int]
    lat: Sequence[float]
    lon: Sequence[float]
    alt_m: Sequence[float | None]
    truncated: bool


class Pages:
    """The open pages: wakes them when the picture has moved, and gives them the state of the server."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._moved = asyncio.Event()
        self.status = b'{"kind":"status"}'
        self._status_count = 0
        self.open = 0
        self.bytes_out = 0

    def wake(self) -> None:
        """Let every page take what is new."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def say(self, status: bytes) -> None:
        """Give every page the server's state as JSON."""
        self.status = status
        self._status_count += 1
        self.wake()

    async def serve(self, socket: "WebSocket[Any, Any, Any]", reader: Reader, epoch: int, position: int) -> None:
        """Bring one page up to date and keep it so, until it goes away."""
        said = -1
        while True:
            moved = self._moved
            if said != self._status_count:
                said = self._status_count
                await self._send(socket, self.status, mode="text")
            # Where these frames lead to is known before anything is sent: meanwhile the picture moves on.
            frames, epoch, position = self._picture.since(reader, epoch, position)
            for frame in frames:
                await self._send(socket, frame, mode="binary")
            await moved.wait()

    async def _send(self, socket: "WebSocket[Any, Any, Any]", data: bytes, mode: Any) -> None:
        try:
            await asyncio.wait_for(socket.send_data(data, mode=mode), SEND_TIMEOUT_S)
        except (OSError, RuntimeError) as error:  # a send fails in no other way than that nobody takes it
            raise WebSocketDisconnect(detail=repr(error)) from None
        self.bytes_out += len(data)


class Api:
    """What the routes need of the rest of the server; built by `app`."""

    def __init__(
        self,
        *,
        picture: Picture,
        pages: Pages,
        sign_in: SignIn,
        reader: Reader,
        headquarters: Callable[[], dict[str, Any]],
        health: Callable[[], dict[str, Any]],
        metrics: Callable[[], bytes],
    ) -> None:
        self.picture = picture
        self.pages = pages
        self.sign_in = sign_in
        self.reader = reader  # of every page
        self.headquarters = headquarters
        self.health = health
        self.metrics = metrics

    def check(self, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        """Raise NotSignedIn unless the connection carries the cookie of a session that goes on."""
        self.sign_in.check(connection.cookies.get(cookie_of(_port(connection)), ""))


def cookie_of(port: int) -> str:
    """Return the name of the session's cookie; browsers keep one jar for all ports of a machine."""
    return f"jointhq_session_{port}"


def _port(connection: ASGIConnection[Any, Any, Any, Any]) -> int:
    return (connection.scope["server"] or ("", 0))[1] or 0


def same_origin(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Tell whether no page of another site asks: a browser names the page that does, other programs name none."""
    host = connection.headers.get("host", "")
    return connection.headers.get("origin") in (None, f"http://{host}", f"https://{host}")


def from_same_origin(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of what changes the session."""
    if not same_origin(connection):
        raise PermissionDeniedException("asked by a page of another site")


def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of every route with data."""
    connection.app.state.api.check(connection)


def loopback_or_signed_in(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of `/metrics`: a collector on this machine needs no session."""
    with contextlib.suppress(ValueError):
        if connection.client and ipaddress.ip_address(connection.client.host).is_loopback:
            return
    signed_in(connection, handler)


def _api(connection: ASGIConnection[Any, Any, Any, Any]) -> Api:
    api: Api = connection.app.state.api
    return api


@post("/api/sign-in", status_code=204, guards=[from_same_origin])
async def post_sign_in(request: Request[Any, Any, Any], data: Token) -> Response[None]:
    """Redeem the token of a one-time link for a session cookie."""
    cookie = Cookie(
        key=cookie_of(_port(request)),
        value=_api(request).sign_in.redeem(data.token),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return Response(None, status_code=204, cookies=[cookie])


@get("/api/session")
async def get_session(request: Request[Any, Any, Any]) -> dict[str, bool]:
    """Tell whether this browser is signed in: the one question a page may ask before it is."""
    try:
        _api(request).check(request)
    except NotSignedIn:
        return {"signed_in": False}
    return {"signed_in": True}


@post("/api/sign-out", status_code=204, guards=[from_same_origin])
async def post_sign_out(request: Request[Any, Any, Any]) -> Response[None]:
    """Forget the session on this browser."""
    cookie = Cookie(key=cookie_of(_port(request)), value="", max_age=0, path="/")
    return Response(None, status_code=204, cookies=[cookie])


@get("/api/headquarters", guards=[signed_in])
async def get_headquarters(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Name, zones, views, and where TAK clients connect."""
    return _api(request).headquarters()


@get("/api/picture/at", guards=[signed_in], media_type="application/octet-stream")
async def get_picture_at(
    request: Request[Any, Any, Any], t: Annotated[int, Parameter(ge=0, le=TIME_MS_MAX)]
) -> Response[bytes]:
    """Where everything was at `t` (milliseconds since 1970): one snapshot frame."""
    api = _api(request)
    return Response(await api.picture.at(api.reader, t), media_type="application/octet-stream")


@get("/api/track", guards=[signed_in])
async def get_track(request: Request[Any, Any, Any], uid: str) -> TrackBody:
    """All that is known of one track now."""
    api = _api(request)
    picture = api.picture
    track = picture.latest(api.reader, uid)
    if track is None:
        raise NotVisible(f"no track {uid[:80]!r}")
    event = track.event
    return TrackBody(
        uid=uid,
        callsign=event.callsign,
        type=event.type,
        how=event.how,
        source=track.source_id,
        source_name=picture.sources[track.source_id].name,
        lat=event.lat,
        lon=event.lon,
        hae_m=event.hae_m,
        altitude_is_barometric=event.altitude_is_barometric,
        ce_m=event.ce_m,
        course_deg=event.course_deg,
        speed_ms=event.speed_ms,
        time_ms=event.time_ms,
        stale_ms=event.stale_ms,
        received_ms=track.received_ms,
        state=track.state,
        access=event.access,
        caveat=event.caveat,
        releasable_to=event.releasable_to,
        facts=xml.facts(event),
    )


@get("/api/track/path", guards=[signed_in])
async def get_path(
    request: Request[Any, Any, Any],
    uid: str,
    from_ms: Annotated[int, Parameter(query="from", ge=0, le=TIME_MS_MAX)],
    to_ms: Annotated[int, Parameter(query="to", ge=0, le=TIME_MS_MAX)],
) -> PathBody:
    """Return the path of one track between two moments (milliseconds since 1970)."""
    api = _api(request)
    path = await api.picture.path(api.reader, uid, from_ms, to_ms, PATH_POINTS_MAX)
    return PathBody(uid=uid, t_ms=path.t_ms, lat=path.lat, lon=path.lon, alt_m=path.alt_m, truncated=path.truncated)


@get("/healthz", media_type=MediaType.JSON)
async def get_health(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Return what is degraded; that there is an answer says that the server works."""
    return _api(request).health()


@get("/metrics", guards=[loopback_or_signed_in], media_type="text/plain; version=0.0.4")
async def get_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counters and gauges for Prometheus."""
    return Response(_api(request).metrics(), media_type="text/plain; version=0.0.4")


@websocket("/api/picture")
async def picture_socket(socket: "WebSocket[Any, Any, Any]", epoch: int = 0, position: int = 0) -> None:
    """Send the picture as binary frames from a position on, and the server's state as JSON."""
    api, pages = _api(socket), _api(socket).pages
    try:
        api.check(socket)
    except NotSignedIn:
        await socket.accept()  # a browser learns the reason of a close only on a socket that was open
        await socket.close(code=4401, reason="not_signed_in")
        return
    if not same_origin(socket) or pages.open >= PAGES_MAX:
        await socket.close(code=4403, reason="origin" if pages.open < PAGES_MAX else "pages_max")
        return
    pages.open += 1
    try:
        await socket.accept()
        await _attend(socket, pages.serve(socket, api.reader, epoch, position))
    finally:
        pages.open -= 1


async def _attend(socket: "WebSocket[Any, Any, Any]", serve: Coroutine[Any, Any, None]) -> None:
    """Serve a page until it goes away or takes no more, and end its connection."""
    serving, listening = asyncio.create_task(serve), asyncio.create_task(_until_gone(socket))
    try:
        await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (serving, listening):
            task.cancel()
        for result in await asyncio.gather(serving, listening, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                log.error("page.failed", error=repr(result))
        with contextlib.suppress(Exception):  # the connection may be gone in any of several ways
            await asyncio.wait_for(socket.close(), CLOSE_TIMEOUT_S)


async def _until_gone(socket: "WebSocket[Any, Any, Any]") -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_data(mode="text")  # pages say nothing; bytes of theirs are thrown away


@asgi("/", is_static=True)
async def page_files(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the files of the page."""
    await static_files(scope, receive, send)


def _error(_request: Request[Any, Any, Any], error: Exception) -> Response[ErrorBody]:
    if isinstance(error, JointHQError):
        return Response(ErrorBody(error.code, str(error)), status_code=_STATUS_CODES.get(error.code, 500))
    if isinstance(error, ValidationException):
        keys = ", ".join(str(item.get("key", "")) for item in error.extra or [] if isinstance(item, dict))
        return Response(ErrorBody(BadInput.code, f"not acceptable: {keys or error.detail}"), status_code=400)
    if isinstance(error, HTTPException):
        codes = {403: "origin", 404: NotVisible.code, 405: "method", 413: "too_large"}
        code = codes.get(error.status_code, BadInput.code if error.status_code < 500 else "internal")
        return Response(ErrorBody(code, error.detail), status_code=error.status_code)
    log.error("request.failed", path=_request.url.path, exc_info=error)
    return Response(ErrorBody("internal", "the server failed at this request; its log says why"), status_code=500)


async def _secure(message: Any, _scope: Any) -> None:
    if message["type"] == "http.response.start":
        names = {name.lower() for name, _ in message["headers"]}
        extra = [*security_headers(), (b"cache-control", b"no-store")]
        message["headers"] = [*message["headers"], *((n, v) for n, v in extra if n not in names)]


def make_app(api: Api, version: str) -> Litestar:
    """Return the ASGI application."""
    app = Litestar(
        [
            get_session,
            post_sign_in,
            post_sign_out,
            get_headquarters,
            get_picture_at,
            get_track,
            get_path,
            get_health,
            get_metrics,
            picture_socket,
            page_files,
        ],
        exception_handlers={Exception: _error, HTTPException: _error, JointHQError: _error},
        before_send=[_secure],
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=OpenAPIConfig(
            title="jointhq",
            version=version,
            openapi_router=Router("/schema", route_handlers=[], guards=[signed_in]),
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        logging_config=None,
    )
    app.state.api = api
    return app
