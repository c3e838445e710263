"""What a store of records promises. `tests/contract` holds every store to it.

Owns: the protocol, and what one append may ask for. Doesn't own: the chain (`chain`), projections (`journal`).
"""

from collections.abc import Callable
from typing import Final, Protocol

from jointhq.journal.chain import Ask, Head, Line, Sealer

DRAFTS_MAX: Final = 10_000  # records of one append: they wait together, and are one transaction
ASK_BYTES_MAX: Final = 16 << 20  # of one append
BATCH_BYTES_MAX: Final = 4 << 20  # of one commit: what comes later waits for the next, tens of milliseconds
BATCH_ASKS_MAX: Final = 1000
WAITING_BYTES_MAX: Final = 64 << 20  # taken and not yet durable; beyond it an append waits before it is taken


class Store(Protocol):
    """Keeps the lines of one journal. All methods belong to the event loop that opened it.

    Readers see positions 1..n without a gap, at every moment, in every process: a line is to be seen only when all
    before it are. Lines never change.
    """

    async def open(self, sealer: Sealer, on_commit: Callable[[list[Line]], None], on_news: Callable[[], None]) -> Head:
        """Open or make the journal; return where it ends.

        From then on `on_commit` gets what was appended here, in order, before the append returns; `on_news` says
        that others may have written (or what was refused here may be there after all): read on from where you are.
        """
        ...

    async def append(self, ask: Ask) -> list[Line]:
        """Write all drafts behind the last line, and return when they are durable. Raises Conflict or Refused.

        Refused with `unknown` means that the store went away while it wrote; all else means that nothing was written.
        """
        ...

    async def lines(self, after: int, limit: int) -> list[Line]:
        """Return the lines behind a position, in order, at most `limit`. Raises BadInput at one that isn't a record."""
        ...

    async def head(self) -> Head:
        """Return where the journal ends now, whoever wrote last."""
        ...

    async def close(self) -> None:
        """Finish what was taken, and let go."""
        ...
