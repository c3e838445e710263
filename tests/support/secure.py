"""A headquarters' secure side, put together for tests: authority, enrolment, Marti API, TLS listener, made-up people.

Owns: `FakeAccounts`, who stand in for `people` in memory, and `Secured`, the parts as `app` joins them.
Run as a program it is the server of `bench/tls.py`; a line of JSON {"username", "path"} makes a certificate.
"""

import argparse
import asyncio
import contextlib
import json
import secrets
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import structlog
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jointhq.base.clock import Clock, SystemClock
from jointhq.marti.api import Endpoint, Marti
from jointhq.marti.channels import Channels
from jointhq.marti.enrolment import Enrolment, Grant
from jointhq.marti.server import serving_tls
from jointhq.people import enrol
from jointhq.people.ca import Authority, Issued, Revoked
from jointhq.people.directory import Identity
from jointhq.people.groups import NoUnits, Units, titles
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source
from jointhq.process import prepare_process
from jointhq.release.reader import ANON
from jointhq.stream.router import TAK_SOURCE, Router
from jointhq.stream.tcp import Secure, TakServer
from tests.support.people import ANYBODY, DOOR, OPEN, floor_of, identity, reader

ENTRIES = (("O", "USFJ"), ("OU", "J6"))


class FakeAccounts:
    """Persons with passwords and one-time tokens, and their certificates."""

    def __init__(self) -> None:
        self.passwords: dict[str, str] = {}
        self.tokens: dict[str, str] = {}  # user name by token, while it is open
        self.certificates: dict[str, tuple[str, str, Issued]] = {}  # user name and client uid by fingerprint
        self.revoked: dict[str, int] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self.asked: list[tuple[str, str]] = []  # user name and address, each time a secret was tried
        self.on_change: list[Callable[[], None]] = []

    def invite(self, username: str) -> str:
        token = secrets.token_urlsafe(12)
        self.tokens[token] = username
        return token

    async def authenticate(self, username: str, secret: str, address: str) -> Grant | None:
        self.asked.append((username, address))
        if self.tokens.get(secret) == username:
            return Grant(person=f"id-{username}", username=username, invitation=secret)
        if self.passwords.get(username) == secret:
            return Grant(person=f"id-{username}", username=username)
        return None

    async def resume(self, grant: Grant) -> Grant | None:
        return None if grant.invitation and grant.invitation not in self.tokens else grant

    async def enrol(self, grant: Grant, issued: Issued, client_uid: str) -> bool:
        if grant.invitation and self.tokens.pop(grant.invitation, None) is None:
            return False
        self.certificates[issued.fingerprint] = (grant.username, client_uid, issued)
        return True

    def username(self, identity: Identity) -> str:
        return self.certificates[identity.fingerprint][0]

    async def renew(self, identity: Identity, issued: Issued) -> bool:
        if identity.fingerprint in self.revoked:
            return False
        username, client_uid, _ = self.certificates[identity.fingerprint]
        self.certificates[issued.fingerprint] = (username, client_uid, issued)
        return True

    def identify(self, fingerprint: str, _now_ms: int) -> Identity | None:
        if fingerprint in self.revoked or fingerprint not in self.certificates:
            return None
        username, client_uid, _ = self.certificates[fingerprint]
        groups = self.groups.get(username, (ANON,))
        who = identity(reader("USA", "U", *groups), f"id-{username}", *groups)
        return msgspec.structs.replace(who, client_uid=client_uid, fingerprint=fingerprint)

    def revoke(self, username: str, now_ms: int = 1) -> int:
        found = [f for f, (name, _, _) in self.certificates.items() if name == username and f not in self.revoked]
        self.revoked |= dict.fromkeys(found, now_ms)
        for callback in self.on_change:
            callback()
        return len(found)

    def crl(self) -> list[Revoked]:
        return [Revoked(self.certificates[f][2].serial, at_ms) for f, at_ms in self.revoked.items()]


class Secured:
    """The parts, joined; `serving` runs them."""

    def __init__(self, data: Path, host: str, ports: tuple[int, int, int], clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.host = host
        self.stream_port, self.marti_port, self.enrol_port = ports
        self.site = enrol.Site(name="USFJ", host=host, stream_port=ports[0], marti_port=ports[1], enrol_port=ports[2])
        self.authority = Authority(data / "ca", self.clock, headquarters="USFJ", names=[host])
        self.accounts = FakeAccounts()
        self.channels = Channels(self._changed)
        self.units: Units = NoUnits()
        self.picture = Picture(self.clock, None, DOOR, tracks_max=10_000)
        self.picture.add_source(Source(id=TAK_SOURCE, kind="tak", name="TAK", label=OPEN, retention_s=3600))
        self.router = Router(self.picture, DOOR, version="test", floor_of=floor_of)
        self.tak = TakServer(self.router, self.clock, idle_timeout_s=120, anybody=ANYBODY, identify=self.identify)
        self.accounts.on_change.append(self._changed)
        self.enrolment = Enrolment(
            self.authority, self.accounts, self.clock, self.site, entries=ENTRIES, validity_days=30
        )
        self.marti = Marti(
            self.accounts.identify,
            self.clients,
            self.clock,
            self.site,
            self.channels,
            version="test",
            node_id=self.authority.fingerprint[:16],
            authority=self.authority,
            renewals=self.accounts,
            entries=ENTRIES,
            validity_days=30,
            revoked=self.accounts.crl,
            called=lambda who, now_ms: titles({*who.groups_in, *who.reader.groups}, self.units, who.reader, now_ms),
        )

    def identify(self, fingerprint: str, now_ms: int) -> Identity | None:
        return self.channels.narrowed(self.accounts.identify(fingerprint, now_ms))

    def _changed(self) -> None:
        self.tak.look_again()

    def clients(self, identity: Identity) -> list[Endpoint]:
        """All clients that share a group with who asks."""
        found = []
        for client in self.router.clients.values():
            other = client.identity
            if client.session.uid and set(other.groups_in) & identity.reader.groups:
                found.append(
                    Endpoint(
                        uid=client.session.uid,
                        callsign=client.session.callsign,
                        username=other.person,
                        last_ms=self.clock.now_ms(),
                    )
                )
        return found

    @contextlib.asynccontextmanager
    async def serving(self, *, handshake_s: float = 10.0, plain_port: int = 0) -> AsyncIterator["Secured"]:
        host, authority = self.host, self.authority
        secure = Secure(host, self.stream_port, authority.server_context(ssl.CERT_REQUIRED), handshake_s)
        marti = authority.server_context(ssl.CERT_REQUIRED)
        enrolment = authority.server_context(ssl.CERT_NONE)
        async with (
            self.tak.listening(host if plain_port else None, plain_port, tls=secure),
            serving_tls(self.marti.app, host, self.marti_port, marti, handshake_s=handshake_s, advice=""),
            serving_tls(self.enrolment.app, host, self.enrol_port, enrolment, handshake_s=handshake_s, advice=""),
        ):
            yield self


def _certify(secured: Secured, username: str, path: str) -> None:
    """Write a key and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    issued = secured.authority.sign(key.public_key(), username, ENTRIES)
    secured.accounts.certificates[issued.fingerprint] = (username, "", issued)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    Path(path).write_bytes(pem + x509.load_der_x509_certificate(issued.der).public_bytes(serialization.Encoding.PEM))


async def _main(data: Path, host: str, ports: tuple[int, int, int], plain_port: int) -> None:
    secured = Secured(data, host, ports)
    loop = asyncio.get_running_loop()
    async with secured.serving(plain_port=plain_port):
        print("ready", flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            _certify(secured, **json.loads(line))
            print("done", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--ports", type=int, nargs=3, required=True)
    parser.add_argument("--plain-port", type=int, default=0)
    arguments = parser.parse_args()
    prepare_process()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for answers
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main(arguments.data, arguments.host, tuple(arguments.ports), arguments.plain_port))
