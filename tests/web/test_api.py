"""The page's API against a real server: who gets in, what comes out, what an error looks like."""

import asyncio
import json
import re
import socket
import struct
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import websockets
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from jointhq.app import Server
from jointhq.base.clock import SystemClock
from jointhq.cot import xml
from jointhq.marti import server as marti_server
from jointhq.people.links import Links
from jointhq.settings import load
from jointhq.web import api as web_api
from jointhq.web import static
from jointhq.web.api import make_app
from jointhq.web.metrics import Reading, metrics_text
from jointhq.web.static import PAGE
from tests.support.events import sa
from tests.support.ports import free_port


class Site:
    """A running headquarters, and an HTTP client that may be signed in."""

    def __init__(self, hq, client):
        self.hq, self.client, self.cookie = hq, client, f"jointhq_session_{hq.web_port}"

    def link(self, username=""):
        return Links(self.hq.data, self.hq.clock).issue(username)

    async def sign_in(self, username=""):
        answer = await self.client.post("/api/sign-in", json={"token": self.link(username)})
        assert answer.status_code == 204
        return self

    def socket(self, query="", **headers):
        cookie = self.client.cookies.get(self.cookie)
        if cookie:
            headers["cookie"] = f"{self.cookie}={cookie}"
        url = f"ws://127.0.0.1:{self.hq.web_port}/api/picture{query}"
        return websockets.connect(url, additional_headers=headers, max_size=None)

    async def raw(self, text, read_bytes=-1):
        """Send bytes as they are, which no client library would; return the answer's."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.hq.web_port)
        writer.write(text.encode())
        answer = await asyncio.wait_for(reader.read(read_bytes), 10)
        writer.close()
        return answer


def flags(tmp_path):
    ports = ("web_port", "tak_port", "tak_tls_port", "marti_port", "enrol_port")
    fixed = {"data": str(tmp_path), "picture_tick_ms": "50", "tak_plain": "true", "tls_host": "127.0.0.1"}
    return fixed | {name: str(free_port()) for name in ports}


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
    site.client.cookies.set(site.cookie, "forged.99999999999999.0")
    assert (await site.client.get(path)).status_code == 401


# Whom a route answers. A new route fails here until it stands in the table, with open eyes; what each lets through is
# `tests/canary`.
PUBLIC = {
    "GET /api/session",
    "GET /api/sign-in",
    "POST /api/sign-in",
    "POST /api/sign-out",  # out is out
    "POST /api/sign-in/password",
    "POST /api/sign-in/passkey",
    "POST /api/sign-in/passkey/options",
    "POST /api/sign-in/certificate",
    "GET /api/sign-in/oidc",
    "GET /api/sign-in/oidc/callback",
    "GET /healthz",
    "GET /metrics",  # this machine's collectors alone
    "GET /api/operations/rhythm.ics",  # by a link: a calendar program has no session; without one, nothing is there
    "GET /api/picture",  # checks the session itself: a socket must be open to say why not
}
NOTHING = {"/schema", "/schema/{path:str}"}  # Litestar's own; they answer 404


def routes(app):
    for route in app.routes:
        methods = getattr(route, "methods", None) or {"GET" if route.path == "/api/picture" else "*"}
        yield from (f"{method} {route.path}" for method in methods - {"OPTIONS"} if route.path not in NOTHING)


async def test_every_other_route_is_behind_the_session(site):
    api = web_api.Api(
        picture=site.hq.picture,
        pages=site.hq.pages,
        door=site.hq.door,
        people=site.hq.people,
        command=site.hq.command,
        operations=site.hq.operations,
        devices=None,
        headquarters=dict,
        health=dict,
        metrics=lambda: b"",
    )
    found = set(routes(make_app(api, "1")))
    assert found >= PUBLIC | {"GET " + path.partition("?")[0] for path in DATA} | {"GET /schema/openapi.json"}
    for route in sorted(found - PUBLIC):
        method, path = route.split(" ", 1)
        path = re.sub(r"{[^}]+}", "x", path)
        answer = await site.client.request(method, path, json={})
        assert answer.status_code in (400, 401), route
        answer = await site.client.request(method, path)
        assert answer.status_code in (400, 401), route
    await site.sign_in()
    assert "/api/track" in (await site.client.get("/schema/openapi.json")).json()["paths"]


async def test_sign_in_once_and_out(site):
    token = site.link()
    assert (await site.client.get("/api/session")).json()["signed_in"] is False
    assert (await site.client.post("/api/sign-in", json={"token": token})).status_code == 204
    assert (await site.client.get("/api/session")).json()["signed_in"] is True
    copied = dict(site.client.cookies)
    assert (await site.client.get("/api/headquarters")).json()["name"] == "Headquarters"
    again = await site.client.post("/api/sign-in", json={"token": token})
    assert (again.status_code, again.json()["code"]) == (401, "wrong")
    cookie = next(c for c in site.client.cookies.jar if c.name == site.cookie)
    assert cookie.has_nonstandard_attr("HttpOnly")
    await site.client.post("/api/sign-out")
    assert (await site.client.get("/api/headquarters")).status_code == 401
    site.client.cookies.update(copied)
    assert (await site.client.get("/api/headquarters")).status_code == 401  # nor by a copied cookie


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/sign-in", b"{}", 400, "bad_input"),
        ("POST", "/api/sign-in", b"\xff", 400, "bad_input"),
        ("POST", "/api/sign-in", b'{"token":"' + b"x" * 100_000 + b'"}', 413, "too_large"),
        ("PUT", "/api/sign-in", b"", 405, "method"),
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
        epoch, position = struct.unpack_from("<Id", frame, 4)
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


async def test_no_other_site_signs_anybody_in_or_out(site):
    token = {"token": site.link()}
    for path in ("/api/sign-in", "/api/sign-out"):
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
            answer = await site.client.post(path, json=token, headers={"origin": origin})
            assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    own = {"origin": f"http://127.0.0.1:{site.hq.web_port}"}
    assert (await site.client.post("/api/sign-in", json=token, headers=own)).status_code == 204


async def test_two_headquarters_on_one_machine_do_not_sign_each_other_out(site):
    site.client.cookies.set(f"jointhq_session_{site.hq.web_port + 1}", "another headquarters'", domain="127.0.0.1")
    await site.sign_in()
    await site.client.post("/api/sign-out")
    assert [cookie.value for cookie in site.client.cookies.jar] == ["another headquarters'"]


async def test_a_page_that_takes_nothing_is_cut_off_and_counted_until_then(site, monkeypatch):
    monkeypatch.setattr(web_api, "SEND_TIMEOUT_S", 0.3)
    monkeypatch.setattr(web_api, "CLOSE_TIMEOUT_S", 0.3)
    await site.sign_in()
    stalled = socket.create_connection(("127.0.0.1", site.hq.web_port))
    stalled.sendall(
        f"GET /api/picture HTTP/1.1\r\nHost: x\r\nCookie: {site.cookie}={site.client.cookies[site.cookie]}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    open_after = []
    with capture_logs() as logs, stalled:
        for _ in range(15):
            site.hq.pages._status = lambda _: b" " * (16 << 20)
            site.hq.pages.tell()
            await asyncio.sleep(0.1)
            open_after.append(site.hq.pages.open)
        assert await asyncio.to_thread(bytes_until_end, stalled) < 16 << 20  # what was queued for it is let go
    assert open_after[3] == 1  # the sending is given up; the goodbye is under way
    assert open_after[-1] == 0
    assert [line for line in logs if line["log_level"] == "error"] == []


def bytes_until_end(sock):
    sock.settimeout(10)
    return sum(map(len, iter(lambda: sock.recv(1 << 20), b"")))


async def test_one_person_does_not_take_all_pages(site, monkeypatch):
    monkeypatch.setattr(web_api, "PAGES_OF_ONE_MAX", 1)
    await site.sign_in()
    async with site.socket() as socket:
        await asyncio.wait_for(socket.recv(), 10)
        with pytest.raises(websockets.exceptions.InvalidStatus):
            async with site.socket():
                pass
    for _ in range(100):
        if not site.hq.pages.open_of:
            break
        await asyncio.sleep(0.05)
    async with site.socket() as socket:
        assert await asyncio.wait_for(socket.recv(), 10)


async def test_who_says_nothing_holds_no_connection_and_a_socket_stays_open(site, monkeypatch):
    monkeypatch.setattr(marti_server, "REQUEST_S", 0.3)
    await site.sign_in()
    async with site.socket() as socket:
        assert await site.raw("") == b""
        assert await site.raw("GET / HTTP/1.1\r\nHost: x\r\n") == b""
        await asyncio.sleep(0.5)
        assert await asyncio.wait_for(socket.recv(), 10)
        assert socket.state.name == "OPEN"


async def test_a_page_that_vanishes_is_no_error(site):
    await site.sign_in()
    with capture_logs() as logs:
        for _ in range(5):
            async with site.socket() as ws:
                await ws.recv()
                site.hq.pages._status = lambda _: b" " * (4 << 20)
                site.hq.pages.tell()
                await asyncio.sleep(0.01)
                ws.transport.abort()
                site.hq.pages.tell()
        await asyncio.sleep(0.3)
    assert site.hq.pages.open == 0
    assert [line for line in logs if line["log_level"] == "error"] == []


async def test_health_says_what_is_degraded(site):
    assert (await site.client.get("/healthz")).json()["ok"] is True
    site.hq.history.recording, site.hq.history.reason = False, "disk full"
    assert (await site.client.get("/healthz")).json()["degraded"] == ["history: disk full"]


@pytest.mark.parametrize(
    ("address", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:8000", 200),
        ("::1", "[::1]:8000", 200),
        ("127.0.0.1", "localhost", 200),
        ("203.0.113.9", "127.0.0.1", 401),
        ("127.0.0.1", "rebound.example", 401),  # a page of another site whose name was turned to this machine
    ],
)
async def test_metrics_are_for_this_machine(site, address, host, status):
    api = web_api.Api(
        picture=site.hq.picture,
        pages=site.hq.pages,
        door=site.hq.door,
        people=site.hq.people,
        command=site.hq.command,
        operations=site.hq.operations,
        devices=None,
        headquarters=dict,
        health=dict,
        metrics=lambda: b"numbers",
    )
    transport = httpx.ASGITransport(make_app(api, "1"), client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        assert (await client.get("/metrics")).status_code == status


def samples(text):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_carry_the_numbers():
    reading = Reading(
        clients={"xml": 2, "proto": 3},
        events_in=5,
        events_out=7,
        drops={"superseded": 11, "clients_max": 13},
        feed_events={"adsb": 17},
        feed_refused={("adsb", "position"): 19, ("ais", "time"): 23},
        tracks=29,
        pages=31,
        page_bytes_out=37,
        lag_s=0.5,
        history_bytes=41,
        history_recording=True,
    )
    assert samples(metrics_text(lambda: reading)().decode()) == {
        ("jointhq_clients", "xml"): 2,
        ("jointhq_clients", "proto"): 3,
        ("jointhq_events_in_total",): 5,
        ("jointhq_events_out_total",): 7,
        ("jointhq_drops_total", "superseded"): 11,
        ("jointhq_drops_total", "clients_max"): 13,
        ("jointhq_feed_events_total", "adsb"): 17,
        ("jointhq_feed_refused_total", "adsb", "position"): 19,
        ("jointhq_feed_refused_total", "ais", "time"): 23,
        ("jointhq_tracks",): 29,
        ("jointhq_pages",): 31,
        ("jointhq_page_bytes_out_total",): 37,
        ("jointhq_lag_seconds",): 0.5,
        ("jointhq_history_bytes",): 41,
        ("jointhq_history_recording",): 1,
    }


async def test_metrics_count_what_was_dropped(site):
    site.hq.picture.drops["tracks_max"] += 3
    site.hq.router.drops["superseded"] += 5
    read = samples((await site.client.get("/metrics")).text)
    assert (read["jointhq_drops_total", "tracks_max"], read["jointhq_drops_total", "superseded"]) == (3, 5)


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


@pytest.mark.parametrize(
    "path",
    [
        "/../static.py",
        "/%2e%2e/static.py",
        "/x.md/../index.html",
        "/vendor/../../static.py",
        "/vendor/../index.html",
        "/../basemap/SOURCES.md/../../index.html",
        f"/{quote(str(PAGE))}/index.html",
        "//etc/passwd",
        "/vendor",
        "/%00",
        "/index.html%00",
        "/" + "x" * 300,
        "/" + "x/" * 3000,
    ],
)
async def test_only_files_of_the_page_have_an_address(site, path):
    answer = await site.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404 ")


async def test_a_range_that_is_no_number_is_no_range(site):
    answer = await site.client.get("/basemap/world.pmtiles", headers={"range": f"bytes=0-{'9' * 5000}"})
    assert answer.status_code == 200


async def test_browsers_share_the_bytes_of_a_file():
    parts = []

    async def send(message):
        parts.append(message.get("body"))

    for asked in (b"", b"bytes=5-100005"):
        scope = {"path": "/basemap/world.pmtiles", "method": "GET", "headers": [(b"range", asked)]}
        await static.static_files(scope, None, send)
    _, whole, _, part = parts
    assert whole.obj is part.obj
    assert part == whole[5:100_006]


async def test_every_answer_carries_the_security_headers(site):
    for path in ("/", "/healthz", "/api/headquarters", "/nothing"):
        headers = (await site.client.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"


async def test_two_processes_do_not_share_a_directory(tmp_path):
    from jointhq.base.errors import BadInput
    from jointhq.process import owned

    with owned(tmp_path), pytest.raises(BadInput, match="another jointhq process"), owned(tmp_path):
        pass


async def test_a_port_in_use_is_one_clear_line(site, tmp_path):
    from jointhq.base.errors import BadInput

    settings = flags(tmp_path / "b") | {"tak_port": str(site.hq.tak_port)}
    with pytest.raises(BadInput, match=r"can't listen for TAK clients on 127.0.0.1:"):
        await Server(load(settings, {}), SystemClock()).run()
    settings = flags(tmp_path / "c") | {"web_port": str(site.hq.web_port)}
    with pytest.raises(BadInput, match=r"can't listen on 127.0.0.1:"):
        await Server(load(settings, {}), SystemClock()).run()


async def test_a_header_does_not_say_from_where_one_comes(site):
    for n in range(60):
        form = {"token": f"guess{n}"}  # a password would be hashed each time
        answer = await site.client.post("/api/sign-in", json=form, headers={"x-forwarded-for": f"198.51.100.{n}"})
        if answer.status_code == 429:
            return
    raise AssertionError("sixty guesses from one address, and no end to it")
