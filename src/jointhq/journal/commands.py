"""What `jointhq journal ...`, `backup` and `restore` do.

Owns: the words they say and their exit status: 0 all is well, 1 something is wrong with the journal. What can't be done
at all raises BadInput, as everywhere. Doesn't own: the command line (`cli`).
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from jointhq.base.clock import SystemClock
from jointhq.journal.backup import backup as make_backup
from jointhq.journal.backup import restore as restore_backup
from jointhq.journal.chain import Head, Sealer
from jointhq.journal.export import export as export_file
from jointhq.journal.export import export_store
from jointhq.journal.projection import Projection
from jointhq.journal.rebuild import left, rebuild_file
from jointhq.journal.sqlite import FILE
from jointhq.journal.verify import Broken
from jointhq.journal.verify import verify as verify_journal

Say = Callable[[str], None]


def verify(path: Path, say: Say, *, expect: Head | None = None) -> int:
    """`jointhq journal verify [PATH]`: a data directory, a journal file or an export, in use or not."""
    verdict = verify_journal(path, expect=expect)
    if verdict.ok:
        say(f"{path}: {verdict.records} records, none changed; the last has digest {verdict.digest}")
        return 0
    named = f"BROKEN at record {verdict.position}: " if verdict.position is not None else "DAMAGED: "
    say(f"{path}: {named}{verdict.reason}")
    if verdict.position is not None:
        say(f"{verdict.records} records before it are whole; `jointhq restore` the last good backup")
    return 1


def export(source: Path | str, target: Path, say: Say) -> int:
    """`jointhq journal export FILE`: from a data directory, or from the database that a URL names."""
    try:
        head = asyncio.run(_export_postgres(source, target)) if isinstance(source, str) else export_file(source, target)
    except Broken as broken:
        say(f"{target}: the {broken.head.position} records before the first that is broken; {broken}")
        return 1
    say(f"{target}: {head.position} records; the last has digest {head.digest}")
    return 0


async def _export_postgres(url: str, target: Path) -> Head:
    from jointhq.journal.postgres import PostgresStore  # noqa: PLC0415 - asyncpg is there only where it is asked for

    store = PostgresStore(url)
    await store.open(Sealer("", SystemClock()), lambda _: None, lambda: None)
    try:
        return await export_store(store, target)
    finally:
        await store.close()


def rebuild(data: Path, anew: Iterable[Projection], say: Say) -> int:
    """`jointhq journal rebuild --check`: fold the journal anew, compare with what the server held."""
    kept = left(data)
    try:
        built = rebuild_file(data / FILE, anew, None if kept is None else kept.position)
    except Broken as broken:
        say(f"{data}: can't be rebuilt: {broken}")
        return 1
    if kept is None:
        say(f"{data}: rebuilt from {built.position} records; no server has left anything to compare with yet")
        return 0
    if (kept.position, kept.digest) != (built.position, built.digest):
        say(f"{data}: the server was at position {kept.position} of another journal; this one is at {built.position}")
        return 1
    wrong = 0
    for name in sorted(kept.fingerprints.keys() | built.fingerprints.keys()):
        same = kept.fingerprints.get(name) == built.fingerprints.get(name)
        wrong += not same
        say(f"{name}: {'equal' if same else 'DIFFERENT'} at position {built.position}")
    if wrong:
        say("the running state doesn't follow from the journal: restart the server, which rebuilds it, and report this")
    return 1 if wrong else 0


def backup(data: Path, target: Path, say: Say) -> int:
    """`jointhq backup TARGET`, while the server runs or not."""
    manifest = make_backup(data, target, now_ms=SystemClock().now_ms())
    size = sum(copied.bytes for copied in manifest.files)
    say(f"{target}: {len(manifest.files)} files, {size:,} bytes, read back; journal whole to {manifest.position}")
    for copied in manifest.files:
        if copied.damaged:
            say(f"{copied.path}: was damaged before, and is copied as it is")
    return 0


def restore(source: Path, data: Path, say: Say) -> int:
    """`jointhq restore SOURCE`: from a backup, or from an exported journal, into an empty data directory."""
    head = restore_backup(source, data)
    say(f"{data}: restored to position {head.position}; start it by `jointhq serve --data {data}`")
    say("its first start ends all sessions and takes open invitations back")
    say("certificates that were revoked since the copy was made are good again: revoke them anew")
    return 0
