"""The page's API: HTTP and WebSocket, typed, described by OpenAPI at /schema.

Owns: paths, what they take and give, sessions at the door, errors as codes that the page translates.
Doesn't own: the picture and its frames (`picture`), files of the page (`web.static`), composition (`app`).
"""

import asyncio
import contextlib
import ipaddress
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar import Litestar, MediaType, Request, Response, Router, WebSocket, get, websocket
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, ValidationException, WebSocketDisconnect
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.params import Parameter

from jointhq.base.errors import BadInput, JointHQError, NotSignedIn, NotVisible
from jointhq.command.command import Command
from jointhq.command.routes import command_routes
from jointhq.cot import xml
from jointhq.cot.event import Fact
from jointhq.cot.times import TIME_MS_MAX
from jointhq.operations.operations import Operations
from jointhq.operations.routes import operations_routes
from jointhq.people.directory import ADMIN, WATCH, Session
from jointhq.people.guards import ERRORS, permitted, problem, same_origin, session_of, signed_in
from jointhq.people.people import People
from jointhq.people.routes import people_routes
from jointhq.picture.audiences import AudiencesFull
from jointhq.picture.picture import Picture
from jointhq.release.door import Door
from jointhq.web.devices import Devices, device_routes
from jointhq.web.static import security_headers, static_files

log = structlog.get_logger("web")

API_PATHS: Final = ("/api/", "/schema/", "/healthz", "/metrics")  # all else is a file of the page, or nothing
BODY_BYTES_MAX: Final = 64 << 10  # the page sends small JSON; files have a door of their own
PAGES_MAX: Final = 500  # open pages; each costs a task and its share of the tick
PAGES_OF_ONE_MAX: Final = 50  # of one person: the walls of an operations room, and nobody keeps all from the others
PATH_POINTS_MAX: Final = 20_000  # of one answer; more than any screen shows
SEND_TIMEOUT_S: Final = 30.0  # a page that takes no bytes so long is closed; it comes back by itself
SHUT_OUT_S: Final = 0.5  # the same for one whose access has ended: it is gone within a second, taking bytes or not
CLOSE_TIMEOUT_S: Final = 3.0  # to say goodbye to one that takes none even then; `web.server` cuts it off
_STATUS_CODES: Final = {"not_signed_in": 401, "not_found": 404, "bad_input": 400, "audiences_max": 503}


class ErrorBody(msgspec.Struct, frozen=True):
    """What an error says: `code` is API and is translated by the page; `message` is for whoever reads the wire."""

    code: str
    message: str
    params: dict[str, Any] = {}


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
    mark: str  # portion mark of its label, "(U)"
    banner: str  # the same as it stands over a page
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
    """The open pages: wakes them when the picture has moved; tells each how the server is, as far as it may know."""

    def __init__(
        self,
        picture: Picture,
        status: Callable[[Session], bytes],
        news: Mapping[str, Callable[[Session], dict[str, Any]]],
    ) -> None:
        """`status` gives the server's state as JSON for one session's eyes; `news`, by kind, how far a domain has come.

        A page is told of a kind only when what it may see of it has changed.
        """
        self._sources = news
        self._news_count = 0
        self._picture = picture
        self._moved = asyncio.Event()
        self._status = status
        self._status_count = 0
        self.open = 0
        self.open_of: Counter[str] = Counter()  # by person
        self._attended: dict[asyncio.Future[None], Callable[[], Session | None]] = {}  # done: access has ended
        self.bytes_out = 0

    def wake(self) -> None:
        """Let every page take what is new; and end those whose session has ended."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def tell(self) -> None:
        """Tell every page how the server is."""
        self._status_count += 1
        self.wake()

    def news(self) -> None:
        """Let every page hear of what is new in a domain, if it may see that."""
        self._news_count += 1
        self.wake()

    def look_again(self) -> None:
        """End those whose access has ended, and let the others take what they may see now."""
        for shut_out, session in self._attended.items():
            if not shut_out.done() and session() is None:
                shut_out.set_result(None)
        self.wake()

    def attended(self) -> set[str]:
        """Return the appointments in which a page is open."""
        now = (session() for session in self._attended.values())
        return {one.appointment for one in now if one is not None}

    async def attend(
        self, socket: "WebSocket[Any, Any, Any]", session: Callable[[], Session | None], epoch: int, position: int
    ) -> None:
        """Serve a page until it goes away, takes no more or loses access, and end its connection."""
        shut_out = asyncio.get_running_loop().create_future()
        self._attended[shut_out] = session
        serving = asyncio.create_task(self.serve(socket, session, epoch, position))
        listening = asyncio.create_task(_until_gone(socket))
        try:
            await asyncio.wait({serving, listening, shut_out}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._attended[shut_out]
            for task in (serving, listening):
                task.cancel()
            for result in await asyncio.gather(serving, listening, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                    log.error("page.failed", error=repr(result))
            code, reason, timeout_s = 1000, "", CLOSE_TIMEOUT_S
            if shut_out.done():
                code, reason, timeout_s = 4401, "not_signed_in", SHUT_OUT_S
            with contextlib.suppress(Exception):  # the connection may be gone in any of several ways
                await asyncio.wait_for(socket.close(code, reason), timeout_s)

    async def serve(
        self, socket: "WebSocket[Any, Any, Any]", session: Callable[[], Session | None], epoch: int, position: int
    ) -> None:
        """Bring one page up to date and keep it so, until it goes away or its session ends.

        `session` gives the session as it is now: who takes another appointment goes on as that one.
        """
        said, heard = -1, -1
        known: dict[str, dict[str, Any]] = {}
        while (now := session()) is not None:
            moved = self._moved
            if said != self._status_count:
                said = self._status_count
                await self._send(socket, self._status(now), mode="text")
            if heard != self._news_count:
                heard = self._news_count
                for kind, source in self._sources.items():
                    if (fresh := source(now)) != known.get(kind):
                        known[kind] = fresh
                        await self._send(socket, msgspec.json.encode({"kind": kind, **fresh}), mode="text")
            try:
                frames, epoch, position = self._picture.since(now.reader, epoch, position)
            except AudiencesFull:
                await socket.close(code=4403, reason="pages_max")
                return
            for frame in frames:
                await self._send(socket, frame, mode="binary")
            await moved.wait()
        await socket.close(code=4401, reason="not_signed_in")

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
        door: Door,
        people: People,
        command: Command,
        operations: Operations,
        devices: Devices,
        headquarters: Callable[[Session], dict[str, Any]],
        health: Callable[[], dict[str, Any]],
        metrics: Callable[[], bytes],
    ) -> None:
        self.picture = picture
        self.pages = pages
        self.door = door
        self.people = people
        self.command = command
        self.operations = operations
        self.devices = devices
        self.headquarters = headquarters
        self.health = health
        self.metrics = metrics


def loopback_or_administrator(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of `/metrics`, which counts what hidden things do: for administrators, and collectors on this machine."""
    asked = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""  # a page of another site names its own
    if connection.client and _is_here(connection.client.host) and _is_here(asked):
        return
    permitted(ADMIN)(connection, handler)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _api(connection: ASGIConnection[Any, Any, Any, Any]) -> Api:
    api: Api = connection.app.state.api
    return api


@get("/api/headquarters", guards=[signed_in])
async def get_headquarters(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Name, zones, views, and where TAK clients connect."""
    return _api(request).headquarters(session_of(request))


@get("/api/picture/at", guards=[permitted(WATCH)], media_type="application/octet-stream")
async def get_picture_at(
    request: Request[Any, Any, Any], t: Annotated[int, Parameter(ge=0, le=TIME_MS_MAX)]
) -> Response[bytes]:
    """Where everything was at `t` (milliseconds since 1970): one snapshot frame."""
    return Response(
        await _api(request).picture.at(session_of(request).reader, t), media_type="application/octet-stream"
    )


@get("/api/track", guards=[permitted(WATCH)])
async def get_track(request: Request[Any, Any, Any], uid: str) -> TrackBody:
    """All that is known of one track now."""
    api, picture = _api(request), _api(request).picture
    track = picture.latest(session_of(request).reader, uid)
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
        mark=api.door.portion(track.label),
        banner=api.door.banner(track.label),
        access=event.access,
        caveat=event.caveat,
        releasable_to=event.releasable_to,
        facts=xml.facts(event),
    )


@get("/api/track/path", guards=[permitted(WATCH)])
async def get_path(
    request: Request[Any, Any, Any],
    uid: str,
    from_ms: Annotated[int, Parameter(query="from", ge=0, le=TIME_MS_MAX)],
    to_ms: Annotated[int, Parameter(query="to", ge=0, le=TIME_MS_MAX)],
) -> PathBody:
    """Return the path of one track between two moments (milliseconds since 1970)."""
    path = await _api(request).picture.path(session_of(request).reader, uid, from_ms, to_ms, PATH_POINTS_MAX)
    return PathBody(uid=uid, t_ms=path.t_ms, lat=path.lat, lon=path.lon, alt_m=path.alt_m, truncated=path.truncated)


@get("/healthz", media_type=MediaType.JSON)
async def get_health(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Tell that the server works; what is degraded is for those who may read `/metrics`."""
    health = _api(request).health()
    try:
        loopback_or_administrator(request, request.route_handler)
    except JointHQError:
        return {"ok": health["ok"], "degraded": bool(health["degraded"])}
    return health


@get("/metrics", guards=[loopback_or_administrator], media_type="text/plain; version=0.0.4")
async def get_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Counters and gauges for Prometheus."""
    return Response(_api(request).metrics(), media_type="text/plain; version=0.0.4")


@websocket("/api/picture")
async def picture_socket(socket: "WebSocket[Any, Any, Any]", epoch: int = 0, position: int = 0) -> None:
    """Send the picture as binary frames from a position on, and the server's state as JSON."""
    pages = _api(socket).pages
    session = _watching(socket)
    if session is None:
        await socket.accept()  # a browser learns the reason of a close only on a socket that was open
        await socket.close(code=4401, reason="not_signed_in")
        return
    full = pages.open >= PAGES_MAX or pages.open_of[session.person] >= PAGES_OF_ONE_MAX
    if not same_origin(socket) or full:
        await socket.close(code=4403, reason="pages_max" if full else "origin")
        return
    pages.open += 1
    pages.open_of[session.person] += 1
    try:
        await socket.accept()
        await pages.attend(socket, lambda: _watching(socket), epoch, position)
    finally:
        pages.open -= 1
        pages.open_of -= Counter((session.person,))  # and none is kept of who has none open


def _watching(socket: "WebSocket[Any, Any, Any]") -> Session | None:
    """Return the session of a page as it is now; None where it has ended or may not see the picture."""
    try:
        session = session_of(socket)
    except NotSignedIn:
        return None
    return session if WATCH in session.permissions else None


async def _until_gone(socket: "WebSocket[Any, Any, Any]") -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_data(mode="text")  # pages say nothing; bytes of theirs are thrown away


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
            people_routes(),
            command_routes(),
            operations_routes(),
            device_routes(),
            get_headquarters,
            get_picture_at,
            get_track,
            get_path,
            get_health,
            get_metrics,
            picture_socket,
        ],
        exception_handlers={
            **dict.fromkeys(ERRORS, problem),
            **dict.fromkeys((Exception, HTTPException, JointHQError), _error),
        },
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
    app.state.people = api.people
    app.state.command = api.command
    app.state.operations = api.operations
    app.state.devices = api.devices
    return app


def with_page(app: Litestar) -> Any:
    """Return the application (ASGI) with the files of the page around the API."""

    async def site(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(API_PATHS):
            await static_files(scope, receive, send)
        else:
            await app(scope, receive, send)

    return site
