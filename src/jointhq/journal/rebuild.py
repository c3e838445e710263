"""Do projections follow from the journal alone? Fold it anew, and compare with what the running server holds.

Owns: the comparison, in the server and beside it. Doesn't own: what is folded (each domain's projection).

A server leaves the fingerprints of its projections in `DATA/projections.json` when it stops and now and then while it
runs; `jointhq journal rebuild --check` folds the journal up to that position and compares, whether the server runs or
not.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from jointhq.base.errors import BadInput
from jointhq.journal.chain import Head
from jointhq.journal.journal import Journal
from jointhq.journal.projection import Projection, canonical, fingerprint
from jointhq.journal.record import read
from jointhq.journal.verify import lines_of

STATES: Final = "projections.json"
READ_RECORDS: Final = 500


class States(msgspec.Struct, frozen=True):
    """What projections held at a position, as SHA-256 of each state."""

    position: int
    digest: str  # of the record there: of this journal, and not of another
    fingerprints: dict[str, str]


def states(journal: Journal) -> States:
    """Return what the running projections hold, at this moment."""
    return States(journal.position, journal.digest, {p.name: fingerprint(p) for p in journal.projections})


def leave(journal: Journal, data: Path) -> None:
    """Write the fingerprints beside the journal."""
    fresh = data / (STATES + ".fresh")
    fresh.write_bytes(msgspec.json.encode(states(journal)))
    fresh.replace(data / STATES)


async def rebuild_check(journal: Journal, anew: Sequence[Projection]) -> list[str]:
    """Fold a running journal into new projections; return the names of those that hold something else than its own.

    Writing goes on meanwhile: they are compared at the moment when the new ones have caught up.
    """
    after = 0
    while after != journal.position:
        for record in await journal.read(after, READ_RECORDS):
            if after < journal.position:  # what is durable, but not yet in the running ones, comes with the next round
                for projection in anew:
                    projection.apply(record)
                after = record.position
    running = {projection.name: projection for projection in journal.projections}
    missing = running.keys() ^ {projection.name for projection in anew}
    differing = {
        p.name for p in anew if p.name in running and canonical(p.state()) != canonical(running[p.name].state())
    }
    return sorted(missing | differing)


def rebuild_file(path: Path, anew: Iterable[Projection], until: int | None = None) -> States:
    """Fold a journal into new projections, as far as a position. Raises Broken at a broken record."""
    projections = list(anew)
    head = Head()
    for behind, content in lines_of(path):
        if until is not None and behind.position > until:
            break
        head, record = behind, read(behind.digest, content)
        for projection in projections:
            projection.apply(record)
    return States(head.position, head.digest, {p.name: fingerprint(p) for p in projections})


def left(data: Path) -> States | None:
    """Return the fingerprints that a server left; None where there are none."""
    try:
        return msgspec.json.decode((data / STATES).read_bytes(), type=States)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise BadInput(f"{data / STATES} can't be read ({error}): delete it; the server writes it anew") from None
