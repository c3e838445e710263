"""Port 8443: what a client asks when it connects, and what nobody else hears."""

import asyncio
import base64
import contextlib
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from jointhq.marti import server
from jointhq.marti.api import Endpoint
from jointhq.people.groups import NoUnits
from jointhq.release.label import NOBODY
from jointhq.release.reader import Reader
from tests.marti.conftest import csr, trusting, with_certificate
from tests.support.secure import Secured

API = "/Marti/api"
READS = [
    f"{API}/version",
    f"{API}/version/config",
    f"{API}/version/info",
    f"{API}/node/id",
    f"{API}/util/isAdmin",
    f"{API}/util/user/roles",
    f"{API}/clientEndPoints",
    f"{API}/contacts/all",
    f"{API}/contacts/lite",
    f"{API}/contacts/full",
    f"{API}/groups/all",
    f"{API}/groups/groupCacheEnabled",
    f"{API}/device/profile/connection",
    f"{API}/video",
    "/Marti/vcm",
    "/files/api/config",
    "/ca.crl",
    f"{API}/tls/config",
]


def client_of(secured: Secured, context: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"https://127.0.0.1:{secured.marti_port}", verify=context, trust_env=False)


async def test_what_atak_looks_for_is_there(marti: httpx.AsyncClient) -> None:
    assert "TAK Server" in (await marti.get(f"{API}/version")).text
    config = await marti.get(f"{API}/version/config")
    assert config.headers["content-type"] == "application/json"
    assert config.json()["type"] == "ServerConfig"
    assert config.json()["version"] == "3"
    assert config.json()["data"]["api"] == "3"
    assert "com.bbn.marti.remote.ClientEndpoint" in (await marti.get(f"{API}/clientEndPoints?secAgo=0")).text
    assert "com.bbn.marti.remote.groups.Group" in (await marti.get(f"{API}/groups/all?useCache=true")).text
    assert (await marti.get(f"{API}/device/profile/connection?syncSecago=0&clientUid=a")).status_code == 204


async def test_members_that_node_tak_declares_mandatory(
    secured: Secured, marti: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        secured.marti, "_visible", lambda _identity: [Endpoint(uid="U1", callsign="KITE 6", last_ms=1_795_000_000_000)]
    )
    (contact,) = (await marti.get(f"{API}/contacts/all")).json()
    assert set(contact) == {"filterGroups", "notes", "callsign", "team", "role", "takv", "uid"}
    (endpoint,) = (await marti.get(f"{API}/clientEndPoints")).json()["data"]
    assert set(endpoint) == {"callsign", "uid", "username", "team", "role", "lastEventTime", "lastStatus"}
    assert endpoint["lastEventTime"] == "2026-11-18T11:06:40.000Z"
    assert (await marti.get(f"{API}/clientEndPoints?secAgo=60")).json()["data"] == []
    for group in (await marti.get(f"{API}/groups/all?useCache=true")).json()["data"]:
        assert {"name", "direction", "created", "type", "bitpos", "active"} <= set(group)


async def test_nobody_without_a_certificate_and_no_revoked_one(secured: Secured, tmp_path: Path) -> None:
    async with client_of(secured, trusting(secured)) as nobody:
        with pytest.raises(httpx.TransportError):
            await nobody.get(f"{API}/version")
    async with client_of(secured, with_certificate(secured, "gone", tmp_path)) as gone:
        assert (await gone.get(f"{API}/version")).status_code == 200
        secured.accounts.revoke("gone")
        answers = [await gone.get(path) for path in READS]  # the same connection, if it lives
        assert {(answer.status_code, answer.content) for answer in answers} == {
            (403, b'{"status":"FORBIDDEN","code":10,"message":"this certificate opens nothing here (any more)"}')
        }


async def test_hidden_and_absent_are_alike(secured: Secured, tmp_path: Path) -> None:
    """Two in one group see each other; a third in another hears what he would hear if they weren't there."""
    secured.accounts.groups |= {"a": ("Blue",), "b": ("Blue",), "c": ("Red",)}
    contexts = {name: with_certificate(secured, name, tmp_path) for name in "abc"}
    async with client_of(secured, contexts["c"]) as alone:
        before = [(await alone.get(path)).content for path in READS if path != "/ca.crl"]
        streams = []
        for name in "ab":
            reader, writer = await asyncio.open_connection("127.0.0.1", secured.stream_port, ssl=contexts[name])
            writer.write(sa_of(name))
            await reader.readuntil(b"</event>")
            streams.append(writer)
        async with asyncio.timeout(5):
            while sum(bool(c.session.uid) for c in secured.router.clients.values()) < 2:
                await asyncio.sleep(0.01)
        assert [(await alone.get(path)).content for path in READS if path != "/ca.crl"] == before
    async with client_of(secured, contexts["a"]) as inside:
        assert {one["uid"] for one in (await inside.get(f"{API}/contacts/all")).json()} == {"UID-a", "UID-b"}
    for writer in streams:
        writer.transport.abort()


def sa_of(name: str) -> bytes:
    from tests.support.events import sa

    return sa(f"UID-{name}", name)


async def test_groups_have_numbers_that_say_nothing_of_others(secured: Secured, marti: httpx.AsyncClient) -> None:
    secured.accounts.groups |= {"kite6": ("Zulu", "Alpha"), "other": ("Bravo", "Charlie")}
    data = (await marti.get(f"{API}/groups/all?useCache=true")).json()["data"]
    assert [(g["name"], g["direction"], g["bitpos"]) for g in data] == [
        ("Alpha", "IN", 0),
        ("Alpha", "OUT", 0),
        ("Zulu", "IN", 1),
        ("Zulu", "OUT", 1),
    ]
    out = (await marti.get(f"{API}/groups/all")).json()["data"]
    assert {g["direction"] for g in out} == {"OUT"}


async def test_a_device_switches_its_groups_and_only_narrows(secured: Secured, marti: httpx.AsyncClient) -> None:
    secured.accounts.groups["kite6"] = ("Alpha", "Zulu")
    (fingerprint,) = secured.accounts.certificates

    def now() -> Any:
        identity = secured.identify(fingerprint, 0)
        assert identity is not None
        return set(identity.groups_in), set(identity.reader.groups)

    groups = (await marti.get(f"{API}/groups/all?useCache=true")).json()["data"]
    for group in groups:
        group["active"] = group["name"] == "Alpha"
    groups.append(groups[0] | {"name": "Secret", "active": True})
    answer = await marti.put(f"{API}/groups/active?clientUid=x", json=groups)
    assert (answer.status_code, answer.content) == (200, b"")
    assert now() == ({"Alpha"}, {"Alpha"})
    said = (await marti.get(f"{API}/groups/all?useCache=true")).json()["data"]
    assert {(g["name"], g["active"]) for g in said} == {("Alpha", True), ("Zulu", False)}
    for body in ("[]", '[{"name":"Secret","direction":"IN","active":true}]', "{}", "x"):
        assert (await marti.put(f"{API}/groups/active", content=body)).status_code == 400
    assert now() == ({"Alpha"}, {"Alpha"})
    assert (await marti.put(f"{API}/groups/activebits", json=[0, 1])).status_code == 200
    assert now() == ({"Alpha", "Zulu"}, {"Alpha", "Zulu"})


class Named(NoUnits):
    """Units that the asker sees, but for U3."""

    def name(self, _reader: Reader, unit: str, _now_ms: int) -> str:
        return {"U1": "USFJ", "U2": "INDOPACOM"}.get(unit, "")


async def test_a_units_group_is_called_as_the_unit_and_switched_by_that_name(
    secured: Secured, marti: httpx.AsyncClient
) -> None:
    secured.units = Named()
    secured.accounts.groups["kite6"] = ("@unit:U1", "@unit:U2", "@unit:U3")
    (fingerprint,) = secured.accounts.certificates
    groups = (await marti.get(f"{API}/groups/all?useCache=true")).json()["data"]
    assert {(g["name"], g["direction"]) for g in groups} == {
        (name, way) for name in ("USFJ", "INDOPACOM") for way in ("IN", "OUT")
    }
    assert b"U3" not in (await marti.get(f"{API}/groups/all?useCache=true")).content
    for group in groups:
        group["active"] = group["name"] == "USFJ"
    assert (await marti.put(f"{API}/groups/active", json=groups)).status_code == 200
    identity = secured.identify(fingerprint, 0)
    assert identity is not None
    assert identity.groups_in == ("@unit:U1",)
    assert identity.reader.groups == {"@unit:U1"}


async def test_who_sends_in_no_group_any_more_sends_to_nobody(secured: Secured, marti: httpx.AsyncClient) -> None:
    """A label without groups restricts nothing: switching all of one's own off must not make one."""
    secured.accounts.groups["kite6"] = ("Alpha", "Zulu")
    (fingerprint,) = secured.accounts.certificates
    groups = (await marti.get(f"{API}/groups/all?useCache=true")).json()["data"]
    for group in groups:
        group["active"] = group["direction"] == "OUT"
    assert (await marti.put(f"{API}/groups/active", json=groups)).status_code == 200
    identity = secured.identify(fingerprint, 0)
    assert identity is not None
    assert identity.groups_in == (NOBODY,)
    assert identity.reader.groups == frozenset(("Alpha", "Zulu"))


async def test_the_revocation_list_is_for_who_is_in(secured: Secured, marti: httpx.AsyncClient, tmp_path: Path) -> None:
    with_certificate(secured, "gone", tmp_path)
    secured.accounts.revoke("gone")
    answer = await marti.get("/ca.crl")
    assert answer.headers["content-type"] == "application/pkix-crl"
    assert len(list(x509.load_der_x509_crl(answer.content))) == 1


async def test_a_certificate_is_renewed_by_who_has_it(secured: Secured, marti: httpx.AsyncClient) -> None:
    (old,) = secured.accounts.certificates
    refused = await marti.post(f"{API}/tls/signClient/v2", content=csr("osprey"))
    assert refused.status_code == 400
    answer = await marti.post(f"{API}/tls/signClient/v2", content=csr("kite6"))
    new = x509.load_der_x509_certificate(base64.b64decode(answer.json()["signedCert"]))
    new.verify_directly_issued_by(secured.authority.certificate)
    assert set(secured.accounts.certificates) == {old, new.fingerprint(hashes.SHA256()).hex()}
    secured.accounts.revoked[old] = 1
    assert (await marti.post(f"{API}/tls/signClient/v2", content=csr("kite6"))).status_code == 403
    assert len(secured.accounts.certificates) == 2


async def test_the_list_above_is_all_there_is(secured: Secured, marti: httpx.AsyncClient) -> None:
    """A new call must come past the tests of what it hides."""
    assert {path for method, path in secured.marti.app._routes if method == "GET"} == set(READS)
    for path in ("/", f"{API}/missions", f"{API}/certadmin/cert", f"{API}/subscriptions/all", "/metrics"):
        answer = await marti.get(path)
        assert (answer.status_code, answer.json()["status"]) == (404, "NOT_FOUND")
    assert (await marti.post(f"{API}/version")).status_code == 405


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET / HTTP/1.1\r\n", b"a:b\r\n" * 1000),
        (b"GET / HTTP/1.1\r\na: ", b"b" * 5000),
        (b"GET /", b"b" * 5000),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
        (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a:b\r\n" * 1000),
    ],
)
async def test_a_request_without_end_costs_no_memory(secured: Secured, begin: bytes, more: bytes) -> None:
    """Nobody needs a certificate or a password to send one to port 8446."""
    _, writer = await asyncio.open_connection("127.0.0.1", secured.enrol_port, ssl=trusting(secured))
    writer.write(begin)
    sent = 0
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while sent < 16 << 20:
            writer.write(more)
            sent += len(more)
            await writer.drain()
            await asyncio.sleep(0)
    assert sent < 16 << 20
    writer.close()


async def test_a_request_that_never_ends_is_cut_off(
    secured: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_S", 0.3)
    context = with_certificate(secured, "slow", tmp_path)
    for said in (
        b"",
        b"GET /Marti/api/version HTTP/1.1\r\nHost: x\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", secured.marti_port, ssl=context)
        writer.write(said)
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):
                assert b"200" not in await reader.read()
        writer.close()
