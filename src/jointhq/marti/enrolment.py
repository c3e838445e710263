"""Enrolment of devices, for clients that have no certificate yet (port 8446).

Owns: who signs in how, the order of things, answers to the byte as ATAK, iTAK, CloudTAK and pytak want them.
Doesn't own: what is true of a user name and its secret (`Accounts`: `people`), keys (`people.ca`), bodies
(`people.enrol`).

A client signs in for each of its three calls with the same secret, which may be a one-time token: signing uses it up.
For a few minutes after that the secret still gets what belongs to the same enrolment and nothing else: the profile, and
the same certificate for the same request, since the answer to the first may have been lost on the way.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import rsa

from jointhq.base.clock import Clock
from jointhq.base.errors import Refusal
from jointhq.marti.http import XML, Answer, App, Call, failed, form, json
from jointhq.people import enrol
from jointhq.people.ca import P12_PASSWORD, RSA_BITS, Authority, Issued, PublicKey

log = structlog.get_logger("enrolment")

SAME_ENROLMENT_S: Final = 300  # a client's three calls take seconds; over a bad link, minutes
RECENT_MAX: Final = 2_000  # enrolments remembered for that, 2 KiB each
KEYS_AT_A_TIME: Final = 1  # making an RSA key takes a thread a tenth of a second
SECRET_CHARS_MAX: Final = 512
UID_CHARS_MAX: Final = 256
UPLOAD_MB: Final = 400  # what clients are told of files, until there are any
_AGAIN = (("www-authenticate", 'Basic realm="TAK"'),)
REFUSED: Final = failed(401, "user name, password or token is wrong, or the token was used", headers=_AGAIN)


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a secret opens: whose it is and, where it was a one-time token, which invitation it redeems.

    Where it was a password, `proof` tells it from the one after it.
    """

    person: str
    username: str
    invitation: str = ""
    proof: str = ""


class Accounts(Protocol):
    """What enrolment asks `people`. Every refusal is None or False, with no reason: the answer is the same for all."""

    async def authenticate(self, username: str, secret: str, address: str) -> Grant | None:
        """Check a password, or a one-time token without using it up; limits the rate by itself."""
        ...

    async def resume(self, grant: Grant) -> Grant | None:
        """Tell whether a grant given within the last hour still holds: person active, token not used, same password."""
        ...

    async def enrol(self, grant: Grant, issued: Issued, client_uid: str) -> bool:
        """Write down the certificate and, in the same breath, that the token is used; False if it was meanwhile.

        Raises Refusal where the person has as many certificates as one may.
        """
        ...


class Recent(msgspec.Struct, frozen=True):
    """An enrolment that has just been."""

    username: str
    request: str  # SHA-256 of the request for the certificate
    issued: Issued
    over_s: float


class Enrolment:
    """The application of port 8446; `app` is what a server runs."""

    def __init__(
        self,
        authority: Authority,
        accounts: Accounts,
        clock: Clock,
        site: enrol.Site,
        *,
        entries: enrol.Entries,
        validity_days: int,
    ) -> None:
        """`entries` are what a certificate says beside the user: ("O", ...), ("OU", ...)."""
        self._authority = authority
        self._accounts = accounts
        self._clock = clock
        self._site = site
        self._entries = entries
        self._days = validity_days
        self._recent: dict[str, Recent] = {}  # by SHA-256 of user name and secret, oldest first
        self._making = asyncio.Semaphore(KEYS_AT_A_TIME)
        api = "/Marti/api/tls"
        self.app = App(
            {
                ("GET", f"{api}/config"): self._signed_in(self._config),
                ("POST", f"{api}/signClient"): self._sign_v1,
                ("POST", f"{api}/signClient/v2"): self._sign_v2,
                ("GET", f"{api}/profile/enrollment"): self._profile,
                ("GET", f"{api}/makeClientKeyStore"): self._signed_in(self._key_store),
                ("POST", "/oauth/token"): self._token,
                ("GET", "/files/api/config"): self._signed_in(self._files),
                ("GET", "/ca.crt"): self._authority_certificate,
            },
            body_bytes_max=enrol.CSR_BYTES_MAX,
        )

    # -- who it is

    def _signed_in(self, handler: Callable[[Call, Grant], Awaitable[Answer]]) -> Callable[[Call], Awaitable[Answer]]:
        async def guarded(call: Call) -> Answer:
            grant = await self._who(call)
            return REFUSED if grant is None else await handler(call, grant)

        return guarded

    async def _who(self, call: Call) -> Grant | None:
        """Return whose call it is: HTTP Basic with a password or a one-time token, or a bearer token of ours."""
        scheme, _, said = call.headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "bearer":
            claims = enrol.bearer_claims(self._authority, said.strip(), self._clock.now_ms())
            if not claims:
                return None
            return await self._accounts.resume(
                Grant(
                    person=claims["person"],
                    username=claims["sub"],
                    invitation=claims["invitation"],
                    proof=claims.get("proof", ""),
                )
            )
        basic = _basic(call)
        return None if basic is None else await self._accounts.authenticate(*basic, call.address)

    # -- calls

    async def _config(self, _call: Call, _grant: Grant) -> Answer:
        return Answer(200, enrol.config_xml(self._entries, self._days), XML)

    async def _sign_v1(self, call: Call) -> Answer:
        issued = await self._sign(call)
        if isinstance(issued, Answer):
            return issued
        store = await asyncio.to_thread(self._authority.signed, issued)
        return Answer(200, store, "application/octet-stream")

    async def _sign_v2(self, call: Call) -> Answer:
        accept = call.headers.get("accept", "")
        if not enrol.speaks(accept):
            return failed(400, "Accept must take application/json or application/xml")
        issued = await self._sign(call)
        return issued if isinstance(issued, Answer) else Answer(200, *enrol.signed(accept, issued, self._authority))

    async def _sign(self, call: Call) -> Issued | Answer:
        key, request = _secret_key(call), hashlib.sha256(call.body).hexdigest()
        recent = self._just_now(key)
        if recent is not None and recent.request == request:
            return recent.issued
        grant = await self._who(call)
        if grant is None:
            return REFUSED
        try:
            public = enrol.csr_key(call.body, grant.username, self._entries)
        except enrol.BadRequest as error:
            return failed(400, str(error))
        try:
            issued = await self._issue(grant, public, call)
        except Refusal as refusal:
            return failed(403, str(refusal))
        if issued is None:
            return REFUSED
        self._remember(key, Recent(grant.username, request, issued, self._clock.monotonic_s() + SAME_ENROLMENT_S))
        return issued

    async def _issue(self, grant: Grant, public: PublicKey, call: Call) -> Issued | None:
        """Make a certificate and have it written down; only then does it leave."""
        client_uid = call.query.get("clientUid") or call.query.get("clientUID") or ""
        client_uid = "".join(c for c in client_uid if c.isprintable())[:UID_CHARS_MAX]
        issued = self._authority.sign(public, grant.username, self._entries, days=self._days)
        if not await self._accounts.enrol(grant, issued, client_uid):
            return None
        log.info("certificate.issued", username=grant.username, fingerprint=issued.fingerprint, address=call.address)
        return issued

    async def _profile(self, call: Call) -> Answer:
        recent = self._just_now(_secret_key(call))
        if recent is not None:
            username = recent.username
        else:
            grant = await self._who(call)
            if grant is None:
                return REFUSED
            username = grant.username
        body = enrol.profile(self._authority, self._site, callsign=username)
        name = enrol.file_name("profile", self._site.mark)
        return Answer(200, body, "application/zip", (("content-disposition", f'attachment; filename="{name}"'),))

    async def _key_store(self, call: Call, grant: Grant) -> Answer:
        """Make the key here, for a client that can't; it is in no file of ours."""
        if call.query.get("cn", grant.username).casefold() != grant.username.casefold():
            return failed(403, "cn must be the user who signed in")
        password = call.query.get("password") or P12_PASSWORD
        async with self._making:
            key = await asyncio.to_thread(rsa.generate_private_key, 65537, RSA_BITS)
            issued = await self._issue(grant, key.public_key(), call)
            if issued is None:
                return REFUSED
            store = await asyncio.to_thread(self._authority.key_store, issued, key, password[:SECRET_CHARS_MAX])
        return Answer(200, store, "application/octet-stream")

    async def _token(self, call: Call) -> Answer:
        """OAuth's password grant; node-tak puts it all into the query."""
        try:
            fields = {**call.query, **form(call.body)}
        except ValueError:
            return failed(400, "the body must be a form, or empty")
        if fields.get("grant_type") != "password":
            return json({"error": "unsupported_grant_type", "error_description": "grant_type must be password"}, 400)
        username, secret = fields.get("username", ""), fields.get("password", "")
        grant = await self._authenticated(username, secret, call.address)
        if grant is None or "}" in grant.username:  # node-tak cuts the token's text at a brace
            return json({"error": "invalid_grant", "error_description": "Bad credentials"}, 401)
        claims = {"sub": grant.username, "person": grant.person, "invitation": grant.invitation, "proof": grant.proof}
        token = enrol.bearer(self._authority, claims, self._clock.now_ms())
        return json({"access_token": token, "token_type": "bearer", "expires_in": enrol.TOKEN_S})

    async def _authenticated(self, username: str, secret: str, address: str) -> Grant | None:
        if not username or not secret or max(len(username), len(secret)) > SECRET_CHARS_MAX:
            return None
        return await self._accounts.authenticate(username, secret, address)

    async def _files(self, _call: Call, _grant: Grant) -> Answer:
        return json({"uploadSizeLimit": UPLOAD_MB})

    async def _authority_certificate(self, _call: Call) -> Answer:
        """Return what every handshake shows anyway."""
        return Answer(200, self._authority.pem, "application/x-x509-ca-cert")

    # -- enrolments that have just been

    def _just_now(self, key: str) -> Recent | None:
        now_s = self._clock.monotonic_s()
        while self._recent and (oldest := next(iter(self._recent.items())))[1].over_s <= now_s:
            del self._recent[oldest[0]]
        return self._recent.get(key) if key else None

    def _remember(self, key: str, recent: Recent) -> None:
        if not key:
            return
        self._recent.pop(key, None)
        if len(self._recent) >= RECENT_MAX:
            del self._recent[next(iter(self._recent))]
        self._recent[key] = recent


def _basic(call: Call) -> tuple[str, str] | None:
    """Return user name and secret of HTTP Basic."""
    scheme, _, said = call.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        return None
    try:
        username, colon, secret = base64.b64decode(said.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return None
    if not colon or not username or not secret or max(len(username), len(secret)) > SECRET_CHARS_MAX:
        return None
    return username, secret


def _secret_key(call: Call) -> str:
    """Return what the secret of a call is remembered by; "" where it has none."""
    basic = _basic(call)
    return "" if basic is None else hashlib.sha256("\0".join(basic).encode()).hexdigest()
