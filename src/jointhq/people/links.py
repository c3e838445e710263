"""One-time links, and the signature on a session's cookie: what the data directory holds of signing in.

Owns: making and redeeming a link, DATA/sign-in-links and DATA/session.key.
Doesn't own: sessions, which are records (`people.access`), and invitations, which are too.

A link is the way in for whoever has the machine: the first start, and when nobody else can let one in. Its token is
kept only as its SHA-256, in a file, so that another process of the same headquarters can make one while the server
runs. Redeeming claims the file by its name, which only one can do; where the session can't be written, it is put back.
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
from jointhq.base.errors import BadInput

LINK_MINUTES: Final = 60  # time enough to walk over to the other laptop
TOKEN_BYTES: Final = 24
KEY_BYTES: Final = 32
_LINKS, _KEY, _CLAIMED = "sign-in-links", "session.key", ".claimed"


class Links:
    """The one-time links of one headquarters."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._data = directory
        self._links = directory / _LINKS
        self._clock = clock
        with _writable(directory):
            self._links.mkdir(mode=0o700, parents=True, exist_ok=True)

    def issue(self, username: str = "") -> str:
        """Return a new token that signs in this person; "": the first administrator. BadInput on a full disk."""
        now_ms = self._clock.now_ms()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with _writable(self._data):
            for file in self._links.iterdir():  # those past their time are removed on the way
                if _read(file, now_ms) is None:
                    file.unlink(missing_ok=True)
            text = f"{now_ms + LINK_MINUTES * 60_000} {username}"
            _write(self._links / digest(token), text.encode())
        return token

    def forget(self) -> None:
        """Let no link open anything any more."""
        with _writable(self._data):
            for file in self._links.iterdir():
                file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def claimed(self, token: str) -> Iterator[str | None]:
        """Give whom a token signs in ("": the first administrator), None if it is unknown, used or past its time.

        It is used when the block ends, and unused again if the block fails.
        """
        file = self._links / digest(token)
        claimed = file.with_suffix(_CLAIMED)
        try:
            file.rename(claimed)
        except OSError:
            yield None
            return
        try:
            yield _read(claimed, self._clock.now_ms())
        except BaseException:
            with contextlib.suppress(OSError):
                claimed.rename(file)
            raise
        with contextlib.suppress(OSError):
            claimed.unlink()


class Signer:
    """Signs the ids of sessions, so that a reader of the journal, where ids stand, can't make a cookie of one."""

    def __init__(self, directory: Path) -> None:
        with _writable(directory):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._key = _own_key(directory / _KEY)

    def cookie(self, session_id: str) -> str:
        """Return the cookie of a session."""
        return f"{session_id}.{self._sign(session_id)}"

    def session_id(self, cookie: str) -> str | None:
        """Return whose cookie this is; None if we didn't make it."""
        session_id, _, signature = cookie.rpartition(".")
        genuine = hmac.compare_digest(self._sign(session_id).encode(), signature.encode(errors="replace"))
        return session_id if genuine else None

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(errors="replace"), hashlib.sha256).hexdigest()


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def new_token() -> str:
    """Return a token nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _own_key(file: Path) -> bytes:
    """Return the signing key of this headquarters, made at its first start.

    One of another length was cut short by a full disk: anybody could sign with nothing, so it is made anew.
    """
    with contextlib.suppress(FileNotFoundError):
        if len(key := file.read_bytes()) == KEY_BYTES:
            return key
    _write(file, secrets.token_bytes(KEY_BYTES))
    return file.read_bytes()


def _write(file: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all, and that only its owner reads."""
    half = file.parent / f".{secrets.token_hex(8)}.new"
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
def _writable(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"can't write to the data directory {directory}: {error.strerror};"
            " make room there, or name another with --data"
        ) from None


def _read(file: Path, now_ms: int) -> str | None:
    """Return whom a link's file names; None if it is past its time or no link."""
    try:
        until, _, username = file.read_text("utf-8").partition(" ")
        return username if int(until) > now_ms else None
    except (OSError, ValueError):
        return None
