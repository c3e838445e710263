"""TAK clients over TLS: who gets in, who is thrown out and how soon, and what unfinished handshakes cost the others."""

import asyncio
import contextlib
import functools
import inspect
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from jointhq.base.clock import ManualClock
from jointhq.people.ca import SERVER_DAYS, Authority
from jointhq.stream import tls
from jointhq.stream.tls import TlsListener
from tests.marti.conftest import trusting, with_certificate
from tests.support.events import sa
from tests.support.ports import free_port
from tests.support.secure import Secured

SOON_S = 10.0  # on a machine busy with other tests
REVOKED_WITHIN_S = 1.0


def on_uvloop(test: Callable[..., Any]) -> Callable[..., None]:
    """Run a test on the loop that the server runs on: its TLS is another one than asyncio's."""

    @functools.wraps(test)
    def run(*args: Any, **more: Any) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(test(*args, **more))

    run.__signature__ = inspect.signature(test)  # type: ignore[attr-defined]
    return run


class Device:
    """One connection of a device."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, secured: Secured, context: ssl.SSLContext | None) -> "Device":
        return cls(*await asyncio.open_connection("127.0.0.1", secured.stream_port, ssl=context))

    async def until(self, text: bytes, within_s: float = SOON_S) -> bytes:
        async with asyncio.timeout(within_s):
            return await self.reader.readuntil(text)

    async def until_closed(self, within_s: float = SOON_S) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            async with asyncio.timeout(within_s):
                while await self.reader.read(65_536):
                    pass

    def close(self) -> None:
        self.writer.transport.abort()


@contextlib.asynccontextmanager
async def headquarters(folder: Path, *, handshake_s: float = 5.0) -> AsyncIterator[Secured]:
    secured = Secured(folder, "127.0.0.1", (free_port(), free_port(), free_port()))
    async with secured.serving(handshake_s=handshake_s):
        yield secured


def listener(secured: Secured) -> TlsListener:
    assert secured.tak.listener is not None
    return secured.tak.listener


@on_uvloop
async def test_two_devices_with_certificates_hear_each_other(tmp_path: Path) -> None:
    async with headquarters(tmp_path) as secured:
        kite = await Device.connect(secured, with_certificate(secured, "kite6", tmp_path))
        osprey = await Device.connect(secured, with_certificate(secured, "osprey", tmp_path))
        assert b"t-x-takp-v" in await osprey.until(b"</event>")
        kite.writer.write(sa("KITE", "KITE 6"))
        assert b"KITE 6" in await osprey.until(b"</event>")
        assert sorted(c.identity.person for c in secured.router.clients.values()) == ["id-kite6", "id-osprey"]
        kite.close()
        osprey.close()


@on_uvloop
async def test_nobody_else_gets_in(tmp_path: Path) -> None:
    async with headquarters(tmp_path) as secured:
        (tmp_path / "other").mkdir()
        other = Secured(tmp_path / "other", "127.0.0.1", (1, 2, 3))
        foreign = with_certificate(other, "kite6", tmp_path / "other")
        foreign.load_verify_locations(cadata=secured.authority.pem.decode())
        unknown = with_certificate(secured, "ghost", tmp_path)  # ours, and nobody wrote it down
        secured.accounts.certificates.clear()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(distrust, secured.stream_port)
        for context in (trusting(secured), foreign, unknown, None):
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                device = await Device.connect(secured, context)
                if context is None:
                    device.writer.write(sa("PLAIN"))
                assert await device.reader.read() == b""
                device.close()
        async with asyncio.timeout(SOON_S):
            while secured.tak.drops.total() < 5:
                await asyncio.sleep(0.01)
        assert secured.tak.drops["tls_not_tls"] == 1
        assert secured.tak.drops["tls_not_trusted"] == 1
        assert secured.tak.drops["tls_no_certificate"] == 1
        assert secured.tak.drops["tls_bad_certificate"] == 1
        assert secured.tak.drops["tls_not_known"] == 1
        assert not secured.router.clients


def distrust(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), SOON_S) as sock:
        ssl.create_default_context().wrap_socket(sock, server_hostname="127.0.0.1")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_revoked_means_gone_within_a_second_and_for_good(tmp_path: Path, version: ssl.TLSVersion) -> None:
    @on_uvloop
    async def run() -> None:
        async with headquarters(tmp_path) as secured:
            context = with_certificate(secured, "kite6", tmp_path)
            context.maximum_version = version
            kite = await Device.connect(secured, context)
            osprey = await Device.connect(secured, with_certificate(secured, "osprey", tmp_path))
            kite.writer.write(sa("KITE", "KITE 6"))
            await osprey.until(b"KITE 6")
            began = time.monotonic()
            assert secured.accounts.revoke("kite6") == 1
            await kite.until_closed()
            assert time.monotonic() - began < REVOKED_WITHIN_S
            assert b"t-x-d-d" in await osprey.until(b"t-x-d-d")
            assert secured.router.closed[-1].reason == "revoked"
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                again = await Device.connect(secured, context)
                assert await again.reader.read() == b""
            osprey.writer.write(sa("OSPREY", "OSPREY"))  # the other one goes on
            async with asyncio.timeout(SOON_S):
                while "OSPREY" not in {c.session.uid for c in secured.router.clients.values()}:
                    await asyncio.sleep(0.01)
            osprey.close()

    run()


def test_a_resumed_session_is_asked_again(tmp_path: Path) -> None:
    @on_uvloop
    async def run() -> None:
        async with headquarters(tmp_path) as secured:
            context = with_certificate(secured, "kite6", tmp_path)

            def connect(session: ssl.SSLSession | None) -> tuple[bytes, ssl.SSLSession | None, bool]:
                with (
                    socket.create_connection(("127.0.0.1", secured.stream_port), SOON_S) as plain,
                    context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as sock,
                ):
                    data = sock.recv(4096)
                    return data, sock.session, bool(sock.session_reused)

            data, session, _ = await asyncio.to_thread(connect, None)
            assert b"t-x-takp-v" in data
            data, session, reused = await asyncio.to_thread(connect, session)
            assert b"t-x-takp-v" in data
            assert reused, "a device that comes back needn't do all of it again"
            secured.accounts.revoke("kite6")
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                assert (await asyncio.to_thread(connect, session))[0] == b""
            assert secured.tak.drops["tls_not_known"] == 1

    run()


@on_uvloop
async def test_who_gets_other_groups_comes_back_as_who_he_is_now(tmp_path: Path) -> None:
    async with headquarters(tmp_path) as secured:
        context = with_certificate(secured, "kite6", tmp_path)
        kite = await Device.connect(secured, context)
        await kite.until(b"</event>")
        secured.tak.look_again()  # nothing has changed for him
        await asyncio.sleep(0.1)
        assert len(secured.router.clients) == 1
        secured.accounts.groups["kite6"] = ("Blue",)
        secured.tak.look_again()
        await kite.until_closed(REVOKED_WITHIN_S)
        kite = await Device.connect(secured, context)
        await kite.until(b"</event>")
        (client,) = secured.router.clients.values()
        assert client.identity.groups_in == ("Blue",)
        kite.close()


@on_uvloop
async def test_half_open_handshakes_harm_nobody(tmp_path: Path) -> None:
    async with headquarters(tmp_path, handshake_s=2.0) as secured:
        kite = await Device.connect(secured, with_certificate(secured, "kite6", tmp_path))
        osprey = await Device.connect(secured, with_certificate(secured, "osprey", tmp_path))
        await osprey.until(b"</event>")
        flood = [await asyncio.open_connection("127.0.0.1", secured.stream_port) for _ in range(300)]
        hello = client_hello()
        for _, writer in flood[:100]:
            writer.write(hello)  # and never anything again
        for _, writer in flood[100:150]:
            writer.write(hello[:20])
        for _, writer in flood[150:170]:
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
        worst_s = 0.0
        for n in range(50):
            began = time.monotonic()
            kite.writer.write(sa("KITE", "KITE 6", n=n))
            await osprey.until(f'lat="{35 + n * 0.0001:.5f}"'.encode())
            worst_s = max(worst_s, time.monotonic() - began)
        assert worst_s < 1.0  # bench/tls.py has the figures; this is the floor on a busy machine
        newcomer = await Device.connect(secured, with_certificate(secured, "newcomer", tmp_path))
        await newcomer.until(b"t-x-takp-v", within_s=3.0)
        async with asyncio.timeout(SOON_S):
            while listener(secured).open_handshakes:
                await asyncio.sleep(0.05)
        drops = secured.tak.drops
        assert drops["tls_not_tls"] == 20
        assert drops["tls_timeout"] == 280
        for reader, writer in flood:
            with contextlib.suppress(ConnectionError):
                await reader.read()
            writer.close()
        for device in (kite, osprey, newcomer):
            device.close()


def client_hello() -> bytes:
    """What a client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="x").do_handshake()
    return outgoing.read()


@on_uvloop
async def test_the_one_who_has_waited_longest_makes_room(tmp_path: Path) -> None:
    limit, tls.WAITING_MAX = tls.WAITING_MAX, 5  # type: ignore[misc]
    try:
        async with headquarters(tmp_path) as secured:
            silent = [await asyncio.open_connection("127.0.0.1", secured.stream_port) for _ in range(8)]
            assert await asyncio.wait_for(silent[0][0].read(), SOON_S) == b""
            kite = await Device.connect(secured, with_certificate(secured, "kite6", tmp_path))
            await kite.until(b"t-x-takp-v")
            assert secured.tak.drops["tls_crowded_out"] >= 3
            kite.close()
            for _, writer in silent:
                writer.close()
    finally:
        tls.WAITING_MAX = limit  # type: ignore[misc]


@on_uvloop
async def test_the_oldest_handshake_gives_way(tmp_path: Path) -> None:
    limits = tls.SHAKING_MAX, tls.GIVE_WAY_S
    tls.SHAKING_MAX, tls.GIVE_WAY_S = 3, 0.2  # type: ignore[misc]
    try:
        async with headquarters(tmp_path, handshake_s=60.0) as secured:
            stalled = [await asyncio.open_connection("127.0.0.1", secured.stream_port) for _ in range(6)]
            for _, writer in stalled:
                writer.write(client_hello())
            kite = await Device.connect(secured, with_certificate(secured, "kite6", tmp_path))
            await kite.until(b"t-x-takp-v")
            for reader, _ in stalled[:3]:
                with contextlib.suppress(ConnectionError):
                    await asyncio.wait_for(reader.read(), SOON_S)
            assert secured.tak.drops["tls_crowded_out"] >= 3
            assert listener(secured).open_handshakes <= 3
            kite.close()
            for _, writer in stalled:
                writer.close()
    finally:
        tls.SHAKING_MAX, tls.GIVE_WAY_S = limits  # type: ignore[misc]


def test_addresses_take_turns() -> None:
    one = TlsListener(asyncio.Protocol, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), timeout_s=1)
    socks = {name: socket.socket() for name in ("a1", "a2", "a3", "b1")}
    one._ready = {"a": deque(socks[n] for n in ("a1", "a2", "a3")), "b": deque([socks["b1"]])}
    order = [one._next() for _ in range(4)]
    assert order == [socks["a1"], socks["b1"], socks["a2"], socks["a3"]]
    assert not one._ready
    for sock in socks.values():
        sock.close()


def test_a_flood_crowds_out_itself() -> None:
    one = TlsListener(asyncio.Protocol, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), timeout_s=1)
    socks = {name: socket.socket() for name in ("a1", "a2", "b1")}
    one._ready = {"a": deque(socks[n] for n in ("a1", "a2")), "b": deque([socks["b1"]])}
    one._ready_count = 3
    one._shorten()
    assert socks["a2"].fileno() == -1
    assert [one._next() for _ in range(2)] == [socks["a1"], socks["b1"]]
    assert (one._ready_count, one.drops) == (0, {"tls_crowded_out": 1})
    for sock in socks.values():
        sock.close()


@on_uvloop
async def test_a_renewed_server_certificate_needs_no_restart(tmp_path: Path) -> None:
    clock = ManualClock(time.time_ns() // 1_000_000)
    authority = Authority(tmp_path / "ca", clock, headquarters="HQ", names=["127.0.0.1"])
    context = authority.server_context(ssl.CERT_NONE)
    one = TlsListener(asyncio.Protocol, context, timeout_s=5)
    port = free_port()
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE

    async def shown() -> bytes:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anyone)
        certificate: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        return certificate

    async with one.listening("127.0.0.1", port, ""):
        first = await shown()
        assert not authority.renew()
        assert await shown() == first
        clock.advance((SERVER_DAYS - 199) * 86_400)
        assert authority.renew()
        assert await shown() != first
    again = Authority(tmp_path / "ca", clock, headquarters="HQ", names=["127.0.0.1"])
    assert again.server_not_after_ms == authority.server_not_after_ms
    assert not again.renew()


@on_uvloop
async def test_plain_tcp_is_there_only_when_asked_for(tmp_path: Path) -> None:
    secured = Secured(tmp_path, "127.0.0.1", (free_port(), 0, 0))
    port = free_port()
    async with secured.tak.listening(None):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
    async with secured.tak.listening("127.0.0.1", port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.wait_for(reader.readuntil(b"t-x-takp-v"), SOON_S)
        writer.close()


def test_what_a_listening_socket_accepts_sends_at_once() -> None:
    with tls.listen("127.0.0.1", 0, "") as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
