"""A headquarters with devices: its data directory, and a certificate for each device, before any server runs on it.

Owns: writing people, appointments and certificates into a new journal as enrolment does, signed by the directory's own
authority; which client of a load uses which certificate. Doesn't own: servers (`servers`), loads (`scenarios`).

Enrolling 5,000 over port 8446 writes the same records and takes minutes. All devices share one key, which no server
can tell: certificates differ, and so do the people.
"""

import asyncio
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jointhq.base.clock import SystemClock
from jointhq.journal.journal import Draft, Journal
from jointhq.journal.record import Body
from jointhq.parts import door_of, label_of, server_names, store_of, system_of
from jointhq.people.ca import Authority, Issued
from jointhq.people.directory import FOREVER_MS
from jointhq.people.records import AppointmentAdded, AppointmentAssigned, CertificateIssued, PersonAdded
from jointhq.settings import Settings
from servers import running

APPEND_DRAFTS = 9_000  # the journal takes 10,000 at a time


@dataclass(frozen=True)
class Post:
    """An appointment of devices: the groups that what they say belongs to, and the groups whose events they see."""

    groups_in: tuple[str, ...] = ()
    groups_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Devices:
    """Client i of a load uses certificate i modulo `count`, which is of post i modulo the number of posts."""

    data: Path  # what a server begins with, by a copy
    certificates: str  # path of a certificate with its key, {} standing for its number
    count: int

    def options(self) -> dict[str, object]:
        """Return what `Options` needs for these devices."""
        return {"tls": True, "cert": self.certificates, "certs": self.count}


@contextmanager
def devices(count: int, posts: Sequence[Post] = (Post(),)) -> Iterator[Devices]:
    """Make a headquarters with `count` devices, each of a person of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-devices-") as temporary:
        folder = Path(temporary)
        with running("jointhq", keep=folder / "data"):  # its first start: administrator, authority, version
            pass
        made = Devices(folder / "data", str(folder / "device-{}.pem"), count)
        asyncio.run(_people(made, posts))
        yield made


async def _people(made: Devices, posts: Sequence[Post]) -> None:
    settings, clock = Settings(data=str(made.data), tls_host="127.0.0.1"), SystemClock()
    authority = Authority(made.data / "ca", clock, headquarters=settings.hq_name, names=server_names(settings))
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    facts: list[tuple[str, Body]] = []
    for number, post in enumerate(posts):
        appointment = AppointmentAdded(
            title=f"Bench {number}", organisation=settings.hq_organisation, from_ms=clock.now_ms(),
            groups_in=post.groups_in, groups_out=post.groups_out,
        )  # fmt: skip
        facts.append((f"post {number}", appointment))
    for number in range(made.count):
        issued = authority.sign(key.public_key(), f"bench{number}", (("O", settings.hq_organisation),))
        public = x509.load_der_x509_certificate(issued.der).public_bytes(serialization.Encoding.PEM)
        Path(made.certificates.format(number)).write_bytes(pem + public)
        facts += _device(number, f"post {number % len(posts)}", issued, settings, clock.now_ms())
    journal = Journal(store_of(settings), hq=settings.hq_organisation, clock=clock)
    await journal.start()
    label = label_of(door_of(settings), settings, "label_default")
    drafts = [Draft(body=body, subject=subject, label=label) for subject, body in facts]
    for at in range(0, len(drafts), APPEND_DRAFTS):
        await journal.append(*drafts[at : at + APPEND_DRAFTS])
    await journal.close()


def _device(number: int, post: str, issued: Issued, settings: Settings, now_ms: int) -> list[tuple[str, Body]]:
    """Return the records of a person, the appointment, the certificate."""
    person, system = str(uuid.uuid4()), system_of(settings)
    return [
        (person, PersonAdded(
            name=f"Bench {number}", username=f"bench{number}", nation=settings.hq_nation,
            organisation=settings.hq_organisation, policy=system.policy, level=system.level,
            cleared_until_ms=FOREVER_MS,
        )),
        (post, AppointmentAssigned(person=person, from_ms=now_ms)),
        (issued.fingerprint, CertificateIssued(
            fingerprint=issued.fingerprint, serial=issued.serial, subject=issued.subject, person=person,
            appointment=post, not_before_ms=issued.not_before_ms, not_after_ms=issued.not_after_ms,
        )),
    ]  # fmt: skip
