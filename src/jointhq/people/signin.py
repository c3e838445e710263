"""Who may open the page: one-time links and the sessions they start.

Owns: making and redeeming a link, and the signed cookie of a session that outlives a restart.
Doesn't own: persons and appointments, passwords and certificates, which are not there yet; HTTP (`web`).
A link's token is kept only as its SHA-256, in a file of the data directory, so that another process of the same
headquarters can make one; redeeming removes the file, which only one can do.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput, NotSignedIn

LINK_MINUTES: Final = 60  # time enough to walk over to the other laptop
TOKEN_BYTES: Final = 24
KEY_BYTES: Final = 32
_LINKS, _KEY = "sign-in-links", "session.key"


class SignIn:
    """The sign-in of one headquarters; everything it knows is in two places of its data directory."""

    def __init__(self, directory: Path, clock: Clock, session_hours: int = 12) -> None:
        self._directory = directory
        self._links = directory / _LINKS
        self._clock = clock
        self._session_ms = session_hours * 3_600_000
        with self._writable():
            self._links.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._key = self._own_key()

    def issue(self) -> str:
        """Return a new one-time token; links past their time are removed on the way. BadInput on a full disk."""
        now_ms = self._clock.now_ms()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._writable():
            for file in self._links.iterdir():
                if not _valid(file, now_ms):
                    file.unlink(missing_ok=True)
            self._write(self._links / _digest(token), str(now_ms + LINK_MINUTES * 60_000).encode())
        return token

    def redeem(self, token: str) -> str:
        """Return a session cookie for a token that is known, unused and not past its time; else NotSignedIn."""
        file = self._links / _digest(token)
        now_ms = self._clock.now_ms()
        valid = _valid(file, now_ms)
        try:
            file.unlink()
        except OSError:
            valid = False
        if not valid:
            raise NotSignedIn("this link has been used or is past its time; `jointhq link` makes a new one")
        text = f"{secrets.token_urlsafe(9)}.{now_ms + self._session_ms}"
        return f"{text}.{self._sign(text)}"

    def check(self, cookie: str) -> None:
        """Return if this is the cookie of a session that goes on; else raise NotSignedIn."""
        text, _, signature = cookie.rpartition(".")
        ends = text.rpartition(".")[2]
        if not hmac.compare_digest(self._sign(text).encode(), signature.encode()) or not ends.isdigit():
            raise NotSignedIn("not signed in")
        if int(ends) <= self._clock.now_ms():
            raise NotSignedIn("this session has ended; `jointhq link` makes a new link")

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def _own_key(self) -> bytes:
        """Return the signing key of this headquarters, made at its first start.

        One of another length was cut short by a full disk: anybody could sign with nothing, so it is made anew.
        """
        file = self._directory / _KEY
        with contextlib.suppress(FileNotFoundError):
            if len(key := file.read_bytes()) == KEY_BYTES:
                return key
        self._write(file, secrets.token_bytes(KEY_BYTES))
        return file.read_bytes()

    def _write(self, file: Path, data: bytes) -> None:
        """Write a file that is there whole or not at all, and that only its owner reads."""
        half = self._directory / f".{secrets.token_hex(8)}.new"
        try:
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            half.replace(file)
        finally:
            with contextlib.suppress(OSError):  # it has its name now, or could not even be made
                half.unlink()

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BadInput(
                f"can't write to the data directory {self._directory}: {error.strerror};"
                " make room there, or name another with --data"
            ) from None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _valid(file: Path, now_ms: int) -> bool:
    try:
        return int(file.read_text()) > now_ms
    except (OSError, ValueError):
        return False
