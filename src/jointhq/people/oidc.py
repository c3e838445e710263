"""Signing in with an identity provider: OpenID Connect, authorization code with PKCE.

Owns: discovery, the provider's keys, sending a browser there, and what its answer proves.
Doesn't own: which person an account is (`people.access`), HTTP of our own (`people.routes`).
Source: OpenID Connect Core 1.0 3.1, RFC 7636 (PKCE), RFC 9207 (`iss` in the answer).

The one place where this server calls out, and only to the provider that its settings name. The answer comes to the
browser that was sent, which a cookie of its own binds to the state; code, state and nonce work once.
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
from collections import OrderedDict
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput, JointHQError

PENDING_MS: Final = 600_000  # time to sign in over there
PENDING_MAX: Final = 2_000  # browsers on their way at once; the oldest are forgotten first
TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 1 << 20  # key sets of large providers have some 20 KiB
DISCOVERY_S: Final = 3_600.0  # how long the provider's description holds
KEYS_S: Final = 60.0  # an unknown key makes us ask again at most so often
LEEWAY_S: Final = 60  # by which two clocks may differ
ALGORITHMS: Final = ["RS256", "PS256", "ES256", "ES384", "RS384", "RS512", "EdDSA", "Ed25519"]  # asymmetric alone


class OidcSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The provider, and us as it knows us."""

    issuer: str
    client_id: str
    client_secret: str = ""  # "": a public client
    name: str = ""  # on the button; "": the issuer's host
    claim: Literal["email", "preferred_username"] = "email"  # what invites are for; an e-mail must be verified


class ProviderFault(JointHQError):
    """The provider can't be reached, or what it says doesn't hold."""

    code = "provider"


class Account(msgspec.Struct, frozen=True):
    """What the provider vouches for: the account, and the claim that an invitation may be for ("": none)."""

    issuer: str
    account: str
    claim: str


class _Pending(msgspec.Struct, frozen=True):
    browser: str
    nonce: str
    verifier: str
    redirect_uri: str
    until_ms: int


class Oidc:
    """One provider."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        _need_https(settings.issuer, "oidc_issuer")
        if not settings.client_id:
            raise BadInput("oidc_client_id is missing: register jointhq at the provider, then name its client id")
        self._settings = settings
        self._clock = clock
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._found: dict[str, Any] = {}
        self._found_s = 0.0
        self._keys: KeySet | None = None
        self._keys_s = 0.0

    @property
    def name(self) -> str:
        """What the button says."""
        return self._settings.name or urlsplit(self._settings.issuer).hostname or self._settings.issuer

    async def begin(self, redirect_uri: str) -> tuple[str, str]:
        """Return where to send the browser, and what its cookie must hold when it comes back."""
        found = await self._discover()
        state, nonce, verifier, browser = (secrets.token_urlsafe(32) for _ in range(4))
        self._pending[state] = _Pending(browser, nonce, verifier, redirect_uri, self._clock.now_ms() + PENDING_MS)
        if len(self._pending) > PENDING_MAX:
            self._pending.popitem(last=False)
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": _unpadded(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        endpoint = found["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", browser

    async def finish(self, *, state: str, code: str, issuer: str, browser: str) -> Account:
        """Return whom the provider vouches for; ProviderFault if anything about the answer doesn't hold."""
        pending = self._pending.pop(state, None)
        if pending is None or self._clock.now_ms() >= pending.until_ms:
            raise ProviderFault("this sign-in was not begun here, or too long ago; begin again")
        if not hmac.compare_digest(pending.browser.encode(), browser.encode(errors="replace")):
            raise ProviderFault("this sign-in was begun in another browser; begin again")
        if issuer and issuer != self._settings.issuer:
            raise ProviderFault("the answer comes from another provider")
        found = await self._discover()
        tokens = await self._redeem(found, code, pending)
        claims = await self._claims(found, tokens.get("id_token", ""), pending.nonce)
        claim = self._claim(claims)
        if not claim and isinstance(tokens.get("access_token"), str) and "userinfo_endpoint" in found:
            about = await self._get(
                found["userinfo_endpoint"], headers={"authorization": f"Bearer {tokens['access_token']}"}
            )
            if about.get("sub") != claims["sub"]:
                raise ProviderFault("the provider's userinfo is about somebody else")
            claim = self._claim(about)
        return Account(self._settings.issuer, claims["sub"], claim)

    def _claim(self, claims: dict[str, Any]) -> str:
        """Return the claim that an invitation may be for; an e-mail only if the provider has verified it."""
        value = claims.get(self._settings.claim)
        if not isinstance(value, str) or (self._settings.claim == "email" and claims.get("email_verified") is not True):
            return ""
        return value.strip()

    async def _redeem(self, found: dict[str, Any], code: str, pending: _Pending) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": pending.redirect_uri,
            "code_verifier": pending.verifier,
        }
        settings = self._settings
        if not settings.client_secret:
            return await self._ask("POST", found["token_endpoint"], data={**form, "client_id": settings.client_id})
        if "client_secret_basic" in found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            basic = httpx.BasicAuth(_form_encoded(settings.client_id), _form_encoded(settings.client_secret))
            return await self._ask("POST", found["token_endpoint"], data=form, auth=basic)
        secret = {"client_id": settings.client_id, "client_secret": settings.client_secret}
        return await self._ask("POST", found["token_endpoint"], data={**form, **secret})

    async def _claims(self, found: dict[str, Any], id_token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token that holds in every respect."""
        try:
            token = await self._decoded(found, id_token)
            registry = jwt.JWTClaimsRegistry(
                now=self._clock.now_ms() // 1000,
                leeway=LEEWAY_S,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            registry.validate(token.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFault(f"the provider's ID token doesn't hold: {error}") from None
        claims: dict[str, Any] = token.claims
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self._settings.client_id) != self._settings.client_id:
            raise ProviderFault("the ID token was made for another program (azp)")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise ProviderFault("the ID token names no account (sub)")
        return claims

    async def _decoded(self, found: dict[str, Any], id_token: str) -> jwt.Token:
        if self._keys is None:
            await self._fetch_keys(found)
        assert self._keys is not None, "fetched above"
        try:
            return jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            if self._clock.monotonic_s() < self._keys_s + KEYS_S:
                raise
            await self._fetch_keys(found)  # the provider may have changed its keys
            return jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)

    async def _fetch_keys(self, found: dict[str, Any]) -> None:
        self._keys = KeySet.import_key_set(await self._get(found["jwks_uri"]))  # type: ignore[arg-type] # checked inside
        self._keys_s = self._clock.monotonic_s()

    async def _discover(self) -> dict[str, Any]:
        """Return the provider's description of itself."""
        if not self._found or self._clock.monotonic_s() >= self._found_s + DISCOVERY_S:
            found = await self._get(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found.get("issuer") != self._settings.issuer:
                raise ProviderFault(
                    f"{self._settings.issuer} calls itself {found.get('issuer')!r}; set that as the issuer"
                )
            for endpoint in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _need_https(str(found.get(endpoint, "")), endpoint)
            self._found, self._found_s = found, self._clock.monotonic_s()
        return self._found

    async def _get(self, url: str, **how: Any) -> dict[str, Any]:
        return await self._ask("GET", url, **how)

    async def _ask(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        """Ask the provider; ProviderFault unless it answers with a JSON object in time."""
        try:
            async with (
                httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client,
                client.stream(method, url, **how) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > ANSWER_BYTES_MAX:
                        raise ProviderFault(f"{url} answers with more than {ANSWER_BYTES_MAX} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderFault(f"{url} can't be reached: {type(error).__name__} {error}") from None
        try:
            value = msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            value = None
        if not answer.is_success or not isinstance(value, dict):
            reason = value.get("error", "") if isinstance(value, dict) else "no JSON object"
            raise ProviderFault(f"{url} answers {answer.status_code} {reason}")
        return value


def _need_https(url: str, what: str) -> None:
    """Refuse a URL over which others could read along; a provider on this machine may do without."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        raise BadInput(f"{what} is {url!r}; it must be an https:// URL")


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _form_encoded(text: str) -> str:
    """RFC 6749 2.3.1: id and secret are form-encoded before they become Basic."""
    return urlencode({"": text})[1:]
