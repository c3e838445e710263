"""The page's API against a real server: who gets in, what comes out, what an error looks like."""

import asyncio
import json
import socket
from pathlib import Path

import httpx
import pytest
import websockets

from jointhq.app import Server
from jointhq.base.clock import SystemClock
from jointhq.cot import xml
from jointhq.settings import load
from jointhq.web.api import COOKIE
from jointhq.web.static import PAGE
from tests.support.events import sa


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


class Site:
    """A running headquarters, and an HTTP client that may be signed in."""

    def __init__(self, hq, client):
        self.hq, self.client = hq, client

    async def sign_in(self):
        answer = await self.client.post("/api/sign-in", json={"token": self.hq.sign_in.issue()})
        assert answer.status_code == 204
        return self

    def socket(self, query="", **headers):
        cookie = self.client.cookies.get(COOKIE)
        if cookie:
            headers["cookie"] = f"{COOKIE}={cookie}"
        url = f"ws://127.0.0.1:{self.hq.web_port}/api/picture{query}"
        return websockets.connect(url, additional_headers=headers, max_size=None)


def flags(tmp_path):
    return {"data": str(tmp_path), "web_port": str(free_port()), "tak_port": str(free_port()), "picture_tick_ms": "50"}


@pytest.fixture
async def site(tmp_path):
    hq = Server(load(flags(tmp_path), {}), SystemClock())
    ready = asyncio.Event()
    task = asyncio.create_task(hq.run(lambda _: ready.set()))
    await asyncio.wait_for(ready.wait(), 20)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{hq.web_port}", timeout=20) as client:
        yield Site(hq, client)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


DATA = [
    "/api/headquarters",
    "/api/picture/at?t=1",
    "/api/track?uid=A",
    "/api/track/path?uid=A&from=0&to=1",
]


@pytest.mark.parametrize("path", DATA)
async def test_data_is_behind_the_session(site, path):
    answer = await site.client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    site.client.cookies.set(COOKIE, "forged.99999999999999.0")
    assert (await site.client.get(path)).status_code == 401


def test_every_route_is_known_here(tmp_path):
    """A new route must be put on one of these lists, with open eyes."""
    from litestar.handlers import BaseRouteHandler

    from jointhq.web import api

    public = {"/api/session", "/api/sign-in", "/api/sign-out", "/healthz", "/", "/metrics", "/api/picture"}
    routes = {
        path for handler in vars(api).values() if isinstance(handler, BaseRouteHandler) for path in handler.paths
    }  # /metrics is for this machine; /api/picture checks the session itself, as a socket must be open to say why not
    assert routes == public | {path.partition("?")[0] for path in DATA}


async def test_sign_in_once_and_out(site):
    token = site.hq.sign_in.issue()
    assert (await site.client.get("/api/session")).json() == {"signed_in": False}
    assert (await site.client.post("/api/sign-in", json={"token": token})).status_code == 204
    assert (await site.client.get("/api/session")).json() == {"signed_in": True}
    assert (await site.client.get("/api/headquarters")).json()["name"] == "Headquarters"
    again = await site.client.post("/api/sign-in", json={"token": token})
    assert (again.status_code, again.json()["code"]) == (401, "not_signed_in")
    cookie = next(c for c in site.client.cookies.jar if c.name == COOKIE)
    assert cookie.has_nonstandard_attr("HttpOnly")
    await site.client.post("/api/sign-out")
    assert (await site.client.get("/api/headquarters")).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/sign-in", b"{}", 400, "bad_input"),
        ("POST", "/api/sign-in", b"\xff", 400, "bad_input"),
        ("POST", "/api/sign-in", b'{"token":"' + b"x" * 100_000 + b'"}', 413, "too_large"),
        ("GET", "/api/sign-in", b"", 405, "method"),
        ("GET", "/api/nothing", b"", 404, "not_found"),
        ("GET", "/api/picture/at", b"", 400, "bad_input"),
        ("GET", "/api/picture/at?t=x", b"", 400, "bad_input"),
        ("GET", "/api/picture/at?t=-1", b"", 400, "bad_input"),
        ("GET", "/api/picture/at?t=99999999999999999999999", b"", 400, "bad_input"),
        ("GET", "/api/track?uid=none", b"", 404, "not_found"),
        ("GET", "/../jointhq.toml", b"", 404, "not_found"),
    ],
)
async def test_errors_are_codes(site, method, path, body, status, code):
    await site.sign_in()
    answer = await site.client.request(method, path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "Traceback" not in answer.text


async def test_a_track_and_its_path(site):
    await site.sign_in()
    now = site.hq.clock.now_ms()
    for n in range(3):
        event = xml.parse(sa("A/1 ?", "KITE 6", detail='<__group name="Cyan" role="HQ"/>', access="Restricted"))
        event.time_ms, event.stale_ms, event.lat = now - 2000 + n * 1000, now + 60_000, 35.0 + n
        site.hq.router.publish(event, "tak", now)
    body = (await site.client.get("/api/track", params={"uid": "A/1 ?"})).json()
    assert (body["callsign"], body["lat"], body["state"], body["source_name"]) == ("KITE 6", 37.0, "live", "TAK")
    assert (body["facts"]["team"], body["access"]) == ("Cyan", "Restricted")
    query = {"uid": "A/1 ?", "from": now - 60_000, "to": now + 1000}
    path = (await site.client.get("/api/track/path", params=query)).json()
    assert path["lat"] == [35.0, 36.0, 37.0]
    assert path["t_ms"] == sorted(path["t_ms"])
    frame = await site.client.get("/api/picture/at", params={"t": now + 500})
    assert frame.status_code == 200
    assert frame.headers["content-type"] == "application/octet-stream"


async def test_the_socket_tells_state_and_picture_and_catches_up(site):
    await site.sign_in()
    async with site.socket() as ws:
        status = json.loads(await asyncio.wait_for(ws.recv(), 10))
        assert status["kind"] == "status"
        site.hq.router.publish(xml.parse(sa("A", stale="x").replace(b' stale="x"', b"")), "tak", 0)
        frame = b""
        while not isinstance(frame, bytes) or len(frame) < 32 or frame == b"":
            frame = await asyncio.wait_for(ws.recv(), 10)
        epoch, position = site.hq.picture.epoch, site.hq.picture.position
    site.hq.router.publish(xml.parse(sa("B")), "tak", 0)
    await asyncio.sleep(0.2)
    async with site.socket(f"?epoch={epoch}&position={position}") as ws:
        kinds = []
        while len(kinds) < 1:
            message = await asyncio.wait_for(ws.recv(), 10)
            if isinstance(message, bytes):
                kinds.append(message[1])
        assert kinds == [1]  # a delta, not everything again


async def test_a_page_of_nobody_or_of_another_site_gets_no_picture(site):
    async with site.socket() as ws:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await ws.recv()
    assert closed.value.rcvd.code == 4401
    await site.sign_in()
    with pytest.raises(websockets.InvalidStatus):
        async with site.socket(origin="http://evil.example"):
            pass


async def test_health_and_metrics(site):
    assert (await site.client.get("/healthz")).json()["ok"] is True
    site.hq.history.recording, site.hq.history.reason = False, "disk full"
    assert (await site.client.get("/healthz")).json()["degraded"] == ["history: disk full"]
    text = (await site.client.get("/metrics")).text
    for name in ("clients", "events_in_total", "events_out_total", "drops_total", "lag_seconds", "tracks", "pages"):
        assert f"# TYPE jointhq_{name.removesuffix('_total')}" in text or f"jointhq_{name}" in text


async def test_files_by_range_by_tag_and_compressed(site):
    tiles = next(iter(Path(PAGE).glob("basemap/*.pmtiles")))
    whole = tiles.read_bytes()
    for asked, part in (("bytes=0-126", whole[:127]), ("bytes=-10", whole[-10:]), ("bytes=100-", whole[100:])):
        answer = await site.client.get(f"/basemap/{tiles.name}", headers={"range": asked})
        assert (answer.status_code, answer.content) == (206, part)
    assert (await site.client.get(f"/basemap/{tiles.name}", headers={"range": "bytes=999999999-"})).status_code == 416
    first = await site.client.get("/index.html", headers={"accept-encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    again = await site.client.get("/index.html", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await site.client.head("/index.html")).content == b""
    for outside in ("/%2e%2e/api.py", "/../api.py", "/vendor/../../api.py", "/vendor", "//etc/passwd"):
        assert (await site.client.get(outside)).status_code == 404


async def test_every_answer_carries_the_security_headers(site):
    for path in ("/", "/healthz", "/api/headquarters", "/nothing"):
        headers = (await site.client.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"


async def test_two_processes_do_not_share_a_directory(tmp_path):
    from jointhq.app import owned
    from jointhq.base.errors import BadInput

    with owned(tmp_path), pytest.raises(BadInput, match="another jointhq process"), owned(tmp_path):
        pass


async def test_a_port_in_use_is_one_clear_line(site, tmp_path):
    from jointhq.base.errors import BadInput

    settings = flags(tmp_path / "b") | {"tak_port": str(site.hq.tak_port)}
    with pytest.raises(BadInput, match=r"can't listen for TAK clients on 127.0.0.1:"):
        await Server(load(settings, {}), SystemClock()).run()
    settings = flags(tmp_path / "c") | {"web_port": str(site.hq.web_port)}
    with pytest.raises(BadInput, match=r"can't serve the page on 127.0.0.1:"):
        await Server(load(settings, {}), SystemClock()).run()
