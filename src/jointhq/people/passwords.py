"""Passwords: hashing them, checking them, and which are taken.

Owns: Argon2id in threads, few at a time, with the same work for a name that nobody has.
Doesn't own: how often one may try (`people.attempts`), where hashes are kept (`people.directory`).
"""

import asyncio
import unicodedata
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from jointhq.base.errors import Refusal
from jointhq.people.attempts import TooManyAttempts

CHARS_MIN: Final = 12  # NIST SP 800-63B asks for 15 where nothing else is asked, 8 beside another factor
MEMORY_KIB: Final = 46 * 1024  # OWASP's first choice for Argon2id: 46 MiB, one pass; we make it two
PASSES: Final = 2
AT_ONCE: Final = 2  # 92 MiB and two cores while people sign in; the picture keeps the rest
WAITING_MAX: Final = 64  # some 5 s of work; who comes later is told to come again
BUSY_S: Final = 5

T = TypeVar("T")


class Passwords:
    """Argon2id with bounded memory and bounded waiting."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None  # the hash that is checked for a name that nobody has

    async def hash(self, password: str) -> str:
        """Return the hash of a password in its own text form."""
        return await self._in_turn(self._hasher.hash, _bytes(password))

    async def verify(self, known: str | None, password: str) -> bool:
        """Tell whether the password has this hash. None: no, after the same work."""
        if self._nobodys is None:
            self._nobodys = await self._in_turn(self._hasher.hash, b"nobody's")
        return await self._in_turn(self._same, known or self._nobodys, _bytes(password)) and known is not None

    def _same(self, known: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (Argon2Error, InvalidHashError):
            return False

    async def _in_turn(self, work: Callable[..., T], *arguments: object) -> T:
        if self._waiting >= WAITING_MAX:
            raise TooManyAttempts(BUSY_S)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work, *arguments)
        finally:
            self._waiting -= 1


def acceptable(password: str, username: str, name: str) -> None:
    """Refuse a password that is guessed first."""
    if len(unicodedata.normalize("NFKC", password)) < CHARS_MIN:
        raise Refusal("password_short", f"take {CHARS_MIN} characters or more; a sentence is easy to keep", 400)
    plain = password.casefold()
    if any(word and word.casefold() in plain for word in (username, name)) or len(set(plain)) < 5:
        raise Refusal("password_like_name", "it holds your name, or few characters again and again", 400)


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
