"""A journal that is gone when its process ends: for tests, the simulator and replay.

Owns: lines in a list. Several `MemoryStore`s over one `Shelf` are several processes on one journal.
"""

from collections.abc import Callable

from jointhq.base.errors import BadInput
from jointhq.journal.chain import Ask, Conflict, Head, Known, Line, Refused, Sealer
from jointhq.journal.record import read


class Shelf:
    """What outlives a store: the lines, who wrote last about what, and who wants to hear of more."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, bytes]] = []  # (digest, content)
        self.head = Head()
        self.last: dict[str, int] = {}
        self.ids: dict[str, int] = {}
        self.stores: list[MemoryStore] = []
        self.refusal: Refused | None = None  # what a test wants every append to meet, as if a disk were full


class MemoryStore:
    """One opening of a shelf."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()
        self._sealer: Sealer | None = None

    async def open(self, sealer: Sealer, on_commit: Callable[[list[Line]], None], on_news: Callable[[], None]) -> Head:
        """Open the journal."""
        self._sealer, self._on_commit, self._on_news = sealer, on_commit, on_news
        self.shelf.stores.append(self)
        return self.shelf.head

    async def append(self, ask: Ask) -> list[Line]:
        """Write at once."""
        shelf = self.shelf
        if self._sealer is None:
            raise Refused("closed", "the journal is closed; start the server again")
        if shelf.refusal is not None:
            raise Refused(shelf.refusal.code, str(shelf.refusal))
        (outcome,), head = self._sealer.seal([ask], shelf.head, Known(shelf.last, shelf.ids))
        if isinstance(outcome, Conflict):
            raise outcome
        shelf.head = head
        for line in outcome:
            record = line.record
            shelf.rows.append((record.digest, line.content))
            shelf.last[record.subject] = shelf.ids[record.id] = record.position
        self._on_commit(outcome)
        for store in shelf.stores:
            if store is not self:
                store._on_news()  # noqa: SLF001 - of the same class
        return outcome

    async def lines(self, after: int, limit: int) -> list[Line]:
        """Return lines behind a position."""
        rows = self.shelf.rows[after : after + limit]
        try:
            return [Line(read(digest, content), content) for digest, content in rows]
        except BadInput as error:
            raise BadInput(f"a record behind position {after} can't be read: {error}") from None

    async def head(self) -> Head:
        """Return where the journal ends."""
        return self.shelf.head

    async def close(self) -> None:
        """Let go of the shelf."""
        self._sealer = None
        if self in self.shelf.stores:
            self.shelf.stores.remove(self)
