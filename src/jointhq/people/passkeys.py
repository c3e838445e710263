"""Passkeys (WebAuthn): what a browser is asked, and whether its answer holds.

Owns: challenges (fresh, bound to what they were made for, used once, short-lived), verification.
Doesn't own: where public keys are kept (`people.directory`), sessions (`people.access`).

A challenge for signing in is our own signature over a random number and a time: strangers may ask for any number of
them and fill nothing. One for adding a key is remembered, with the session that asked.

A passkey signs in by itself, so the device must have checked its owner (user verification), and it must be found
without a user name (resident key): nobody learns from us who has one. Attestation is not asked for.
"""

import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from jointhq.base.clock import Clock
from jointhq.people.facts import Passkey, Person

CHALLENGE_MS: Final = 300_000  # time to find the key in one's pocket
CHALLENGES_MAX: Final = 5_000  # open at once for adding a key, by who is signed in; the oldest are forgotten first
NONCE_BYTES: Final = 24
TIME_BYTES: Final = 8


class NotAccepted(Exception):
    """The answer doesn't hold; the reason is for the log, never for the one who sent it."""


class Site(msgspec.Struct, frozen=True):
    """Where the browser thinks it is: the host a passkey belongs to, and the origin it signs."""

    rp_id: str
    origin: str


class Passkeys:
    """The open challenges, and what is done with an answer."""

    def __init__(self, clock: Clock, rp_name: str) -> None:
        self._clock = clock
        self._rp_name = rp_name
        self._key = secrets.token_bytes(32)
        self._used: dict[bytes, int] = {}  # when it ends, by challenge that has signed somebody in
        self._open: OrderedDict[bytes, tuple[str, str, int]] = OrderedDict()  # (session, host, until) by challenge

    def options_to_add(self, person: Person, known: Sequence[Passkey], site: Site, session_id: str) -> dict[str, Any]:
        """Return what `navigator.credentials.create()` is asked with."""
        options = webauthn.generate_registration_options(
            rp_id=site.rp_id,
            rp_name=self._rp_name,
            user_name=person.username,
            user_id=person.id.encode(),
            user_display_name=person.name,
            timeout=CHALLENGE_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(k.credential)) for k in known],
        )
        self._open[options.challenge] = (session_id, site.rp_id, self._clock.now_ms() + CHALLENGE_MS)
        if len(self._open) > CHALLENGES_MAX:
            self._open.popitem(last=False)
        return _plain(options)

    def add(self, answer: dict[str, Any], site: Site, session_id: str) -> tuple[str, str, int]:
        """Return (credential, public key, sign count) of a new passkey, texts in base64url; else NotAccepted."""
        challenge = _challenge(answer)
        asked = self._open.pop(challenge, None)
        if asked is None or asked[:2] != (session_id, site.rp_id) or self._clock.now_ms() >= asked[2]:
            raise NotAccepted("not a challenge of ours for this session, or past its time")
        try:
            verified = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except _FAULTS as error:
            raise NotAccepted(repr(error)) from None
        return (
            bytes_to_base64url(verified.credential_id),
            bytes_to_base64url(verified.credential_public_key),
            verified.sign_count,
        )

    def options(self, site: Site) -> dict[str, Any]:
        """Return what `navigator.credentials.get()` is asked with: the same for everybody."""
        options = webauthn.generate_authentication_options(
            rp_id=site.rp_id,
            challenge=self._signed(secrets.token_bytes(NONCE_BYTES), self._clock.now_ms() + CHALLENGE_MS, site.rp_id),
            timeout=CHALLENGE_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _plain(options)

    def verify(self, answer: dict[str, Any], passkey: Passkey | None, site: Site) -> int:
        """Return the new sign count of the passkey that answered; else NotAccepted."""
        challenge = _challenge(answer)
        now_ms, until_ms = (
            self._clock.now_ms(),
            int.from_bytes(challenge[NONCE_BYTES : NONCE_BYTES + TIME_BYTES], "big"),
        )
        genuine = hmac.compare_digest(challenge, self._signed(challenge[:NONCE_BYTES], until_ms, site.rp_id))
        if not genuine or now_ms >= until_ms or challenge in self._used:
            raise NotAccepted("not a challenge of ours, past its time, or used")
        if passkey is None or passkey.rp_id != site.rp_id:
            raise NotAccepted("no such passkey here")
        try:
            handle = answer["response"].get("userHandle")
            if handle is not None and base64url_to_bytes(handle) != passkey.person.encode():
                raise NotAccepted("the passkey of somebody else")
            verified = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.rp_id,
                expected_origin=site.origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except _FAULTS as error:
            raise NotAccepted(repr(error)) from None
        self._used = {used: ends_ms for used, ends_ms in self._used.items() if ends_ms > now_ms}
        self._used[challenge] = until_ms
        return verified.new_sign_count

    def _signed(self, nonce: bytes, until_ms: int, rp_id: str) -> bytes:
        """Return the challenge that holds until then on this host."""
        text = nonce + until_ms.to_bytes(TIME_BYTES, "big")
        return text + hmac.digest(self._key, text + rp_id.encode(), "sha256")


# What a hostile answer makes the libraries raise, besides their own: it is JSON, base64 and CBOR of any shape.
_FAULTS: Final = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)


def _plain(options: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return plain


def _challenge(answer: dict[str, Any]) -> bytes:
    """Return the challenge that was answered."""
    try:
        client = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
        return base64url_to_bytes(client["challenge"])
    except _FAULTS as error:
        raise NotAccepted(repr(error)) from None
