"""Which questions are alike, by their words.

Owns: what a question is compared by, how much of one the other has, an index from words to questions.
Doesn't own: who may see which, and which still matter (`operations.rules.rfi`).
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

from jointhq.operations.views.logbook import folded

ALIKE: Final = 0.5  # of the words of the shorter question that the other has too
ALIKE_WORDS: Final = 2
WORDS_MAX: Final = 200  # of one question that it is compared by, the first; 4 bytes each: 16 MB with 20,000 at the most
_WORDS: Final = re.compile(r"[a-z0-9]{3,}|[぀-ヿ㐀-鿿豈-﫿々ー]+")
_COMMON: Final = frozenset(
    {"the", "and", "for", "are", "was", "has", "have", "any", "its", "with", "from", "what", "which", "when", "will"}
)


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """Return what a question is compared by: words, and of Japanese each two characters that stand together."""
    found = dict.fromkeys(one for word in _WORDS.findall(folded(text)) for one in _parts(word))
    return frozenset(islice((one for one in found if one not in _COMMON), WORDS_MAX))


def _parts(word: str) -> Iterator[str]:
    if word.isascii():
        yield word.removesuffix("s")
    else:
        yield from (word[i : i + 2] for i in range(max(1, len(word) - 1)))


def alike(one: str, other: str) -> float:
    """Return how much of the shorter of two questions the other has too, 0 to 1."""
    mine, theirs = words_of(one), words_of(other)
    both = len(mine & theirs)
    return both / min(len(mine), len(theirs)) if both >= ALIKE_WORDS else 0.0


class Index:
    """From words to those that have, or had, them in their question."""

    def __init__(self) -> None:
        self._ids: list[str] = []  # as they came: each is known here by its place
        self._places: dict[str, int] = {}
        self._fewest: list[int] = []  # words of any text that one had
        self._with: dict[str, array[int]] = {}

    def add(self, asked: str, text: str, before: Iterable[str] = ()) -> None:
        """Note the question of one; `before` are those that it had."""
        words = words_of(text)
        place = self._places.setdefault(asked, len(self._ids))
        if place == len(self._ids):
            self._ids.append(asked)
            self._fewest.append(len(words))
        self._fewest[place] = min(self._fewest[place], len(words))
        for word in words.difference(*map(words_of, before)):
            self._with.setdefault(word, array("I")).append(place)

    def like(self, question: str) -> Iterator[str]:
        """Yield every one that a question it had may make alike, as they came, and few more."""
        mine, both = words_of(question), Counter[int]()
        for word in mine:
            both.update(self._with.get(word, ()))
        for place in sorted(both):
            if both[place] >= max(ALIKE_WORDS, ALIKE * min(len(mine), self._fewest[place])):
                yield self._ids[place]
