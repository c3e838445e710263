"""A running headquarters in which every text is a canary, and readers who may see some of them.

Owns: filling it over its own doors (HTTP, TAK streams, feeds), who may see which canary (by the rule written a second
way, `tests.release.test_rule.naive`), searching bytes. Doesn't own: what must hold (`tests.canary.test_routes`).
"""

import asyncio
import base64
import contextlib
import io
import re
import ssl
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jointhq.app import Server
from jointhq.base.clock import SystemClock
from jointhq.cot import framing, proto, xml
from jointhq.cot.kinds import is_state
from jointhq.cot.times import format_time
from jointhq.parts import system_of
from jointhq.people import records as r
from jointhq.people.directory import FOREVER_MS
from jointhq.people.links import Links
from jointhq.release.label import Label
from jointhq.release.reader import ANON, Reader
from jointhq.settings import load
from tests.release.test_rule import naive
from tests.support.ports import free_port

POLICY = "DEMO-USA-JPN"
LABELS = ("UNCLASSIFIED", "CUI", "CUI//REL TO USA, JPN", "CUI//NOFORN", "CONFIDENTIAL")
ORGANISATIONS = {"USFJ": "USA", "JJOC": "JPN"}
PORTS = ("web_port", "tak_port", "tak_tls_port", "marti_port", "enrol_port")
WORDS = re.compile(r"kn\d+z|feed\d|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY = ec.generate_private_key(ec.SECP256R1())
BASE64 = re.compile(rb"[A-Za-z0-9+/_=-]{40,}")
CLAIMS: tuple[tuple[dict[str, str], dict[str, Any]], ...] = (
    ({}, {}),
    ({"access": "CUI"}, {"level": "CUI"}),
    ({"access": "CUI", "releasableTo": "USA, JPN"}, {"level": "CUI", "releasable_to": ("JPN", "USA")}),
    ({"caveat": "NOFORN"}, {"caveats": ("NOFORN",)}),
    ({"access": "CONFIDENTIAL"}, {"level": "C"}),
)
LAPSED_MS = 1_000


# What is told of a reader and what he reads as, to one who may ask why and sees the record.
ASKED_WHY = {f"person's {k}" for k in ("name", "name_ja")} | {
    f"appointment's {k}" for k in ("title", "title_ja", "groups_in", "groups_out")
}
# Whom an event of the battle rhythm can name: told to who plans, where he may see it.
PLANNED_WITH = {f"appointment's {k}" for k in ("title", "title_ja")}


class Who(msgspec.Struct, kw_only=True):
    """One who reads: what he is, what he may do, and what is his own."""

    name: str
    reader: Reader
    permissions: tuple[str, ...] = ()
    organisation: str = ""
    person: str = ""
    appointment: str = ""
    client: Any = None  # HTTP, signed in
    own: set[str] = msgspec.field(default_factory=set)

    @property
    def administers(self) -> bool:
        return bool({"admin", "delegate"} & set(self.permissions))

    @property
    def fence(self) -> str:
        return "" if "admin" in self.permissions else self.organisation


class Secret(msgspec.Struct, frozen=True):
    """A text, who may see it, and what it is, for who reads a failure."""

    text: str
    may: Callable[[Who], bool]
    what: str


class Stream:
    """One TAK client: it says things, and keeps every byte it hears."""

    def __init__(self, who: Who, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, encoding: str) -> None:
        self.who, self.encoding, self.writer, self.heard = who, encoding, writer, bytearray()
        self._task = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := await reader.read(1 << 16):
                self.heard += data

    def say(self, event: bytes) -> None:
        self.writer.write(proto.encode(xml.parse(event)) if self.encoding == "protobuf" else event)

    async def hears(self, text: str) -> None:
        async with asyncio.timeout(10):
            while text.encode() not in self.heard:
                await asyncio.sleep(0.01)

    def kinds(self) -> set[str]:
        framer, found = framing.StreamFramer(), set()
        for message in framer.receive(bytes(self.heard)):
            event = proto.decode(message.data) if message.is_proto else xml.parse(message.data)
            found |= {event.type} if event is not None else set()
        return found

    async def close(self) -> None:
        self.writer.transport.abort()
        await self._task


class House:
    """The headquarters, its secrets and its readers."""

    def __init__(self, hq: Server, data: Path) -> None:
        self.hq, self.data = hq, data
        self.system = system_of(hq.settings)
        self.secrets: list[Secret] = []
        self._answers: dict[tuple[Reader, Label], bool] = {}  # nobody's clearance ends while a test runs
        self._by_text: dict[str, Secret] = {}
        self.files: dict[str, str] = {}  # certificate and key of a reader's device
        self.people: dict[str, Who] = {}
        self.ids: dict[str, list[Secret]] = {}  # kind of thing -> ids that a route may be asked for
        self.streams: list[Stream] = []
        self.early: list[Stream] = []  # there before anything was said
        self.others: list[Stream] = []
        self.order_labels: list[Label | None] = []  # of the records about orders
        self.ordered: Stream  # of a unit that orders are for
        self._n = 0
        self.searched = 0

    # -- secrets

    def sees(self, who: Who, label: Label | None) -> bool:
        if label is None:
            return False
        known = self._answers.get((who.reader, label))
        if known is None:
            known = naive(self.hq.door, who.reader, label, self.hq.clock.now_ms(), self.system)
            self._answers[who.reader, label] = known
        return known

    def sees_label(self, label: Label, who: Who) -> bool:
        return self.sees(who, label)

    def _new(self, may: Callable[[Who], bool], what: str) -> str:
        self._n += 1
        text = f"kn{self._n}z"
        return self.keep(Secret(text, lambda who: text in who.own or may(who), what)).text

    def keep(self, secret: Secret) -> Secret:
        self.secrets.append(secret)
        self._by_text[secret.text] = secret
        return secret

    def labelled(self, label: Label, what: str) -> str:
        """Return a canary for all who may see a label."""
        return self._new(lambda who: self.sees(who, label), f"{what} under {label.level} {label.releasable_to}")

    def of_people(self, label: Label, organisation: str, what: str) -> str:
        """Return a canary for those who administer, inside their fence, and for who asks why what he may be told."""
        may = self._people(label, organisation, what in ASKED_WHY, what in PLANNED_WITH)
        return self._new(may, f"{what} of {organisation} under {label.level}")

    def _people(
        self,
        label: Label | None,
        organisation: str,
        asked_why: bool,  # noqa: FBT001
        planned: bool,  # noqa: FBT001
    ) -> Callable[[Who], bool]:
        def may(who: Who) -> bool:
            told = (asked_why and "release" in who.permissions) or (planned and "plan" in who.permissions)
            inside = who.fence in ("", organisation) if who.administers else told
            return inside and self.sees(who, label)

        return may

    def note_id(self, kind: str, text: str, label: Label | None, organisation: str) -> str:
        """Take an id of a thing of people for a secret too."""
        may = self._people(label, organisation, kind in ("person", "appointment"), kind == "appointment")
        secret = Secret(text, lambda who: text in who.own or may(who), f"id of {kind} of {organisation}, {label}")
        self.ids.setdefault(kind, []).append(self.keep(secret))
        return text

    def note_item(self, kind: str, text: str, label: Label) -> str:
        """Take an id for a secret of those who see what it is of."""
        secret = Secret(text, partial(self.sees_label, label), f"id of {kind} under {label.level}")
        self.ids.setdefault(kind, []).append(self.keep(secret))
        return text

    def signs(self, who: Who) -> None:
        """Let his name and title be for all who may see their labels, not for who administers: he signs things."""
        label = self.hq.door.parse("UNCLASSIFIED")
        shown = re.compile(r"person's name|appointment's title|id of (person|appointment)")
        for secret in [one for one in self.secrets if one.text in who.own and shown.match(one.what)]:
            self.keep(Secret(secret.text, partial(self.sees_label, label), f"{secret.what}, who signs"))

    def search(self, who: Who, data: bytes, where: str, *, asked: str = "") -> set[str]:
        """Fail if bytes hold a canary of what somebody may not see; return those found."""
        found = set()
        for part in opened(data):
            text = part.decode("latin-1").casefold()
            if asked:
                text = text.replace(asked.casefold(), "")
            for word in set(WORDS.findall(text)):
                secret = self._by_text.get(word)
                if secret is not None:
                    found.add(secret.text)
                    self.searched += 1
                    assert secret.may(who), f"{where}: {who.name} reads {secret.what} ({secret.text})"
        return found

    # -- people

    async def ask(self, client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
        answer = await client.request(method, path, json=body)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    def browser(self) -> httpx.AsyncClient:
        url = f"http://127.0.0.1:{self.hq.web_port}"
        return httpx.AsyncClient(base_url=url, headers={"origin": url}, timeout=20, trust_env=False)

    async def root(self) -> httpx.AsyncClient:
        self.admin = self.browser()
        await self.ask(self.admin, "POST", "/api/sign-in", {"token": Links(self.data, self.hq.clock).issue()})
        me = (await self.ask(self.admin, "GET", "/api/session"))["person"]["id"]
        self.note_id("person", me, self.hq.label, "USFJ")
        return self.admin

    async def person(self, organisation: str, label: str, **more: Any) -> tuple[str, str]:
        """Add one with a canary in every field; return id and user name."""
        of = self.hq.door.parse(label)
        words = {k: self.of_people(of, organisation, f"person's {k}") for k in ("name", "name_ja", "username")}
        facts = {"organisation": organisation, "nation": ORGANISATIONS[organisation], "policy": POLICY, "level": "U",
                 "cleared_until_ms": FOREVER_MS, "label": label}  # fmt: skip
        row = await self.ask(self.admin, "POST", "/api/people", {**words, **facts, **more})
        self.note_id("person", row["id"], of, organisation)
        return row["id"], words["username"]

    async def appointment(self, organisation: str, label: str, *groups: str, **more: Any) -> str:
        of = self.hq.door.parse(label)
        words: dict[str, Any] = {
            k: self.of_people(of, organisation, f"appointment's {k}") for k in ("title", "title_ja", "unit")
        }
        for k in ("groups_in", "groups_out"):
            words[k] = [*groups, self.of_people(of, organisation, f"appointment's {k}")]
        row = await self.ask(
            self.admin, "POST", "/api/appointments",
            {**words, "organisation": organisation, "permissions": ["watch"], "label": label, **more},
        )  # fmt: skip
        return self.note_id("appointment", row["id"], of, organisation)

    async def assign(self, appointment: str, person: str) -> None:
        rows = await self.ask(self.admin, "GET", "/api/appointments")
        version = next(row["version"] for row in rows if row["id"] == appointment)
        body = {"version": version, "person": person}
        await self.ask(self.admin, "POST", f"/api/appointments/{appointment}/assign", body)

    async def invite(self, person: str, label: str, organisation: str, **more: str) -> str:
        """Invite; return the token."""
        said = await self.ask(self.admin, "POST", "/api/invitations", {"purpose": "sign-in", "person": person, **more})
        self.note_id("invitation", said["invitation"]["id"], self.hq.door.parse(label), organisation)
        token: str = said["token"]
        return token

    async def certify(self, person: str, appointment: str, username: str, label: str, organisation: str) -> str:
        """Issue a certificate for KEY; return the path of its PEM file."""
        of = self.hq.door.parse(label)
        issued = self.hq.authority.sign(KEY.public_key(), username, self.hq._entries)
        body = r.CertificateIssued(
            fingerprint=issued.fingerprint, serial=issued.serial, subject=username, person=person,
            appointment=appointment, client_uid=self.of_people(of, organisation, "certificate's uid"),
            not_before_ms=issued.not_before_ms, not_after_ms=issued.not_after_ms,
        )  # fmt: skip
        await self.hq.people.certificate_issued(body)
        self.note_id("certificate", issued.fingerprint, of, organisation)
        file = self.data / f"{issued.fingerprint}.pem"
        pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        pem = KEY.private_bytes(serialization.Encoding.PEM, pkcs8, plain)
        file.write_bytes(pem + x509.load_der_x509_certificate(issued.der).public_bytes(serialization.Encoding.PEM))
        return str(file)

    async def reader(
        self, name: str, organisation: str, level: str, *permissions: str,
        group: str = "", until_ms: int = FOREVER_MS, clients: bool = False,
    ) -> Who:  # fmt: skip
        """Add one who reads, sign him in, and give him a device."""
        before, label = len(self.secrets), "UNCLASSIFIED"
        person, username = await self.person(organisation, label, level=level, cleared_until_ms=until_ms)
        appointment, groups = "", [group] if group else []
        if permissions:
            appointment = await self.appointment(organisation, label, *groups, permissions=list(permissions))
            await self.assign(appointment, person)
        token = await self.invite(person, label, organisation)
        who = Who(name=name, reader=Reader("", "", "", "", frozenset(), frozenset(), 0), permissions=permissions,
                  organisation=organisation, person=person, appointment=appointment, client=self.browser())  # fmt: skip
        await self.ask(who.client, "POST", "/api/sign-in", {"token": token})
        if clients:
            self.files[name] = await self.certify(person, appointment, username, label, organisation)
        own = self.hq.directory.appointments.get(appointment)
        who.reader = Reader(
            ORGANISATIONS[organisation], organisation, POLICY, level, frozenset(),
            frozenset(own.groups_out if own else (ANON,)), until_ms,
        )  # fmt: skip
        who.own = {secret.text for secret in self.secrets[before:]} - {s.text for s in self.ids.get("invitation", [])}
        if until_ms == LAPSED_MS:
            who.permissions = ()
        self.people[name] = who
        return who

    # -- TAK clients

    def trust(self, name: str = "") -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.hq.authority.pem.decode())
        if name:
            context.load_cert_chain(self.files[name])
        return context

    async def stream(self, who: Who, encoding: str, *, plain: bool = False) -> Stream:
        port = self.hq.tak_port if plain else self.hq.site.stream_port
        context = None if plain else self.trust(who.name)
        stream = Stream(who, *await asyncio.open_connection("127.0.0.1", port, ssl=context), encoding)
        await stream.hears("t-x-takp-v")
        if encoding == "protobuf":
            ping = event("ping", "t-x-c-t", self.hq.clock.now_ms())
            stream.say(ping)
            await stream.hears("takPong")
        self.streams.append(stream)
        return stream

    def claims(self, floor: Label) -> list[tuple[dict[str, str], Label]]:
        return [(said, msgspec.structs.replace(floor, **means)) for said, means in CLAIMS]

    def canaried(self, kind: str, label: Label, *, uid: str = "", to: str = "", **attributes: str) -> bytes:
        """Return an event with a canary in every text that it can hold."""

        def c(what: str) -> str:
            return self.labelled(label, f"{kind} {what}")

        contact = f'<contact callsign="{c("callsign")}" endpoint="*:-1:stcp" phone="{c("phone")}"/>'
        marti = f'<marti><dest callsign="{to}"/></marti>' if to else ""
        detail = (
            f'{contact}<__group name="{c("team")}" role="{c("role")}"/><remarks source="{c("source")}">{c("remarks")}'
            f'</remarks><takv device="{c("device")}" platform="{c("platform")}" os="{c("os")}" version="{c("ver")}"/>'
            f'<other what="{c("attribute")}">{c("text")}</other>'
            f'<__chat id="{c("room id")}" chatroom="{c("room")}" senderCallsign="{c("sender")}"/>'
            f'<link uid="{c("link")}" relation="p-p"/>{marti}'
        )
        kind = f"{kind}-{c('type')}" if kind.startswith("a-") else kind
        more = {"opex": c("opex"), "qos": c("qos"), **attributes}
        uid = uid or c("uid")
        if is_state(kind) and self._by_text[uid] not in self.ids.setdefault("track", []):
            self.ids["track"].append(self._by_text[uid])
        return event(uid, kind, self.hq.clock.now_ms(), detail, how=c("how"), **more)

    async def close(self) -> None:
        for stream in self.streams:
            await stream.close()
        for client in (self.admin, *(who.client for who in self.people.values() if who.client)):
            await client.aclose()


def event(uid: str, kind: str, now_ms: int, detail: str = "", *, how: str = "m-g", **attributes: str) -> bytes:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    time, stale = format_time(now_ms), format_time(now_ms + 600_000)
    return (
        f'<event version="2.0" uid="{uid}" type="{kind}" how="{how}" time="{time}" start="{time}" stale="{stale}"'
        f'{more}><point lat="35.1" lon="139.6" hae="42.5" ce="9.9" le="9999999.0"/><detail>{detail}</detail></event>'
    ).encode()


def opened(data: bytes) -> list[bytes]:
    """Return bytes, and what is packed in them: a frame's body, the files of a package, base64."""
    parts = [data]
    if data[:2] in (b"\x01\x00", b"\x01\x01"):
        parts.append(zlib.decompress(data[32:], -15))
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                parts += [name.encode(), *opened(archive.read(name))]
    for packed in BASE64.findall(data):
        with contextlib.suppress(ValueError):
            parts.append(base64.urlsafe_b64decode(packed.replace(b"+", b"-").replace(b"/", b"_") + b"=="))
    return parts


def csr(username: str, organisation: str) -> bytes:
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, username), x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(KEY, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


@contextlib.asynccontextmanager
async def house(data: Path) -> AsyncIterator[House]:
    """Run one: empty but for its feeds."""
    flags = {"data": str(data), "picture_tick_ms": "50", "tak_plain": "true", "tls_host": "127.0.0.1",
             "tls_names": "127.0.0.1", "hq_organisation": "USFJ", "label_policy": POLICY, "label_highest": "C",
             "label_default": "UNCLASSIFIED", "tak_idle_timeout_s": "3600"}  # fmt: skip
    loaded = load(flags | {name: str(free_port()) for name in PORTS}, {})
    tables = [
        {"id": f"feed{n}", "kind": "ais", "url": f"udp://127.0.0.1:{free_port()}", "name": f"kn9000{n}z",
         "name_ja": f"kn9001{n}z", "label": label}
        for n, label in enumerate(LABELS)
    ]  # fmt: skip
    hq = Server(msgspec.structs.replace(loaded, feeds=tables), SystemClock())
    ready = asyncio.Event()
    task = asyncio.create_task(hq.run(lambda _: ready.set()))
    await asyncio.wait_for(ready.wait(), 20)
    built = House(hq, data)
    for n, label in enumerate(LABELS):
        of = hq.door.parse(label)
        for text in (f"feed{n}", f"kn9000{n}z", f"kn9001{n}z"):
            built.keep(Secret(text, partial(built.sees_label, of), f"feed of {label}"))
    try:
        await built.root()
        yield built
    finally:
        await built.close()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
