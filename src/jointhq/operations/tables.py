"""What is set in tables, not in code: norms of precedence, verbs of tasks, letters of annexes, words of a reply.

Owns: reading the files in `data`. Doesn't own: what is made of them.
"""

import functools
from pathlib import Path
from typing import Any, Final

import msgspec

DATA: Final = Path(__file__).parent / "data"


@functools.cache
def _table(name: str) -> Any:
    return msgspec.json.decode((DATA / f"{name}.json").read_bytes())


def norm_ms(precedence: str) -> int:
    """Return how long an addressee may be silent."""
    minutes: int = _table("precedence").get(precedence, _table("precedence")["routine"])
    return minutes * 60_000


def norms() -> dict[str, int]:
    """Return the norms in minutes, most urgent first."""
    return dict(_table("precedence"))


def verbs() -> tuple[str, ...]:
    """Return the verbs of tasks."""
    return tuple(_table("verbs"))


def annexes() -> dict[str, dict[str, str]]:
    """Return what the letters of annexes stand for, in each language."""
    return dict(_table("annexes"))


def reply_words() -> dict[str, list[str]]:
    """Return what may be replied, by what it means."""
    return dict(_table("replies"))


def chat_words(language: str) -> dict[str, str]:
    """Return the words of a chat message in a language: "en", "ja"."""
    return dict(_table("chat")[language])
