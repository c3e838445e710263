"""Packages that hold a certificate with its key, for a device that can't enrol by itself.

Owns: making both, and the form that goes with each client.
Doesn't own: how each form looks (`people.enrol`), who may hand out what (`people.rules`), HTTP.
The key is protected by nothing: it exists in the answer alone, and whoever has the package is that device.
"""

import asyncio
from typing import Final, Literal, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from jointhq.marti.enrolment import Grant
from jointhq.people import enrol
from jointhq.people.ca import RSA_BITS, Authority, Issued

Client = Literal["atak", "wintak", "wintak-nested", "itak", "pytak"]
CLIENTS: Final[tuple[Client, ...]] = ("atak", "wintak", "wintak-nested", "itak", "pytak")


class Writes(Protocol):
    """Where a new certificate is written down."""

    async def enrol(self, grant: Grant, issued: Issued, client_uid: str) -> bool:
        """Write it down; False if that person may have none."""
        ...


class Handouts:
    """Makes them for one site."""

    def __init__(
        self, authority: Authority, accounts: Writes, site: enrol.Site, *, entries: enrol.Entries, validity_days: int
    ) -> None:
        self._authority = authority
        self._accounts = accounts
        self._site = site
        self._entries = entries
        self._days = validity_days

    async def device_package(self, client: Client, grant: Grant, mark: str) -> bytes | None:
        """Return a package with a new key and its certificate, marked; None if that person may have none.

        The grant's invitation is used up by it, as if the device had enrolled.
        """
        key = await asyncio.to_thread(rsa.generate_private_key, 65537, RSA_BITS)
        issued = self._authority.sign(key.public_key(), grant.username, self._entries, days=self._days)
        if not await self._accounts.enrol(grant, issued, ""):
            return None
        return await asyncio.to_thread(self._package, client, issued, key, mark)

    def _package(self, client: Client, issued: Issued, key: rsa.RSAPrivateKey, mark: str) -> bytes:
        site = msgspec.structs.replace(self._site, mark=mark)
        if client == "itak":
            return enrol.package_itak(self._authority, site, issued, key)
        package = enrol.package_soft(self._authority, site, issued, key, aes=client == "pytak")
        return enrol.package_wintak_nested(package, site) if client == "wintak-nested" else package
