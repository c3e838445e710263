"""A newer version backs up first, migrates, and puts everything back where it fails: kept directories of every form."""

import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from jointhq.base.clock import ManualClock
from jointhq.base.errors import BadInput
from jointhq.journal import upgrade as module
from jointhq.journal.backup import BACKUPS, manifest_of
from jointhq.journal.sqlite import FILE, SCHEMA_VERSION, SqliteStore
from jointhq.journal.upgrade import DIRECTORY_VERSION, Step, upgrade
from jointhq.journal.verify import lines_of, verify
from tests.journal.samples import Notes, journal, note

KEPT = Path(__file__).parent / "kept"
FORMS = sorted(path.name for path in KEPT.iterdir() if path.is_dir())
RECORDS = 61
LAST = "26460e3abab071dc2542af944bce6c1bedb8b5ac55e1d376617b1645a28336c4"
NOW_MS = 1_790_000_000_000


@pytest.fixture(params=FORMS)
def kept(request, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(KEPT / request.param, data)
    (data / "lock").touch()
    return data


def schema(path):
    db = sqlite3.connect(path)
    try:
        return db.execute("PRAGMA user_version").fetchone()[0]
    finally:
        db.close()


def everything(data):
    """Every file below, but what the upgrade itself leaves."""
    return {
        path.relative_to(data).as_posix(): path.read_bytes()
        for path in sorted(data.rglob("*"))
        if path.is_file() and BACKUPS not in path.relative_to(data).parts
    }


def history_step(run):
    """A migration of files that others own."""

    def needed(data):
        return any(schema(path) == 1 for path in (data / "history").glob("*.sqlite"))

    return Step("history", needed, run)


def migrate_history(data):
    for path in (data / "history").glob("*.sqlite"):
        db = sqlite3.connect(path, isolation_level=None)
        db.executescript("BEGIN; ALTER TABLE kept ADD COLUMN more TEXT; PRAGMA user_version = 2; COMMIT;")
        db.close()


def test_every_form_is_kept():
    assert [str(n) for n in range(DIRECTORY_VERSION + 1)] == FORMS
    assert schema(KEPT / str(SCHEMA_VERSION) / FILE) == SCHEMA_VERSION


async def test_every_kept_directory_comes_to_todays_form_and_works(kept, request):
    form = int(request.node.callspec.params["kept"])
    before = everything(kept)
    made = upgrade(kept, now_ms=NOW_MS)
    assert (made is not None) == (form == 1), "a backup is made when something is migrated"
    assert (kept / "version").read_text() == f"{DIRECTORY_VERSION}\n"
    after = everything(kept)
    assert {name for name in before if after.get(name) != before[name]} == ({FILE} if form == 1 else set())
    assert set(after) - set(before) <= {"version"}
    notes = Notes()
    started = journal(SqliteStore(kept / FILE), ManualClock(NOW_MS), notes)
    await started.start()
    if form:
        assert started.position == RECORDS
        assert started.digest == LAST
        assert notes.texts["S1"] == "記録 29"
    await started.append(note("after"))
    await started.close()
    assert verify(kept).records == (RECORDS + 1 if form else 1)
    assert schema(kept / FILE) == SCHEMA_VERSION
    assert upgrade(kept, now_ms=NOW_MS + 1000) is None


def test_the_backup_is_what_was_there_before(kept):
    before = everything(kept)
    made = upgrade(kept, [history_step(migrate_history)], now_ms=NOW_MS)
    assert made.parent == kept / BACKUPS
    manifest = manifest_of(made)
    assert {copied.path for copied in manifest.files} == set(before) - {"lock"}
    for name in ("session.key", "page-url", "sign-in-links/kept-link"):
        assert (made / name).read_bytes() == before[name]
    if FILE in before:
        assert [content for _, content in lines_of(made)] == [content for _, content in lines_of(kept)]
        assert manifest.position == RECORDS
    assert schema(made / "history/2026-05-28.86400.sqlite") == 1
    assert schema(kept / "history/2026-05-28.86400.sqlite") == 2
    assert not (kept / "upgrading").exists()


def test_what_fails_half_way_is_put_back_and_says_so(kept):
    def fail(data):
        migrate_history(data)
        (data / "history/new.sqlite").write_bytes(b"x")
        (data / "session.key").unlink()
        raise RuntimeError("no such column")

    if FILE in (before := everything(kept)):
        contents = [content for _, content in lines_of(kept)]
    with pytest.raises(BadInput, match=r"the upgrade failed at history.*all is as it was before"):
        upgrade(kept, [history_step(fail)], now_ms=NOW_MS)
    after = everything(kept)
    assert set(after) == set(before)
    for name in before:
        if not name.endswith(".sqlite"):
            assert after[name] == before[name]
    assert schema(kept / "history/2026-05-28.86400.sqlite") == 1
    if FILE in before:
        assert [content for _, content in lines_of(kept)] == contents
        assert schema(kept / FILE) == schema_before(kept)
    assert upgrade(kept, [history_step(migrate_history)], now_ms=NOW_MS) is not None


def schema_before(data):
    return 2 if (data / "version").exists() else 1


def test_a_migration_of_the_journal_that_fails_rolls_itself_back(tmp_path, monkeypatch):
    data = tmp_path / "data"
    shutil.copytree(KEPT / "1", data)
    whole = (data / FILE).read_bytes()
    db = sqlite3.connect(data / FILE, isolation_level=None)
    db.execute("UPDATE record SET digest = upper(digest) WHERE position = 40")
    db.close()
    changed = (data / FILE).read_bytes()
    with pytest.raises(BadInput, match=r"the journal is broken.*record 40"):
        upgrade(data, now_ms=NOW_MS)  # not even backed up as if it were whole
    assert (data / FILE).read_bytes() == changed
    with pytest.raises(BadInput):
        module.migrate_journal(data / FILE)
    assert schema(data / FILE) == 1
    assert verify(data).position == 40
    (data / FILE).write_bytes(whole)
    assert upgrade(data, now_ms=NOW_MS) is not None


def test_killed_in_the_middle_the_next_start_puts_everything_back_and_goes_on(kept):
    """The step stands still half-way, in a real process; kill -9; then a start that needs no hand."""
    before = everything(kept)

    def stand_still(data):
        migrate_history(data)
        (data / "session.key").write_text("half")
        (data / "reached").touch()
        time.sleep(60)

    child = os.fork()
    if not child:
        try:
            upgrade(kept, [history_step(stand_still)], now_ms=NOW_MS)
        finally:
            os._exit(1)
    for _ in range(1000):
        if (kept / "reached").exists():
            break
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert (kept / "upgrading").exists()
    assert upgrade(kept, [history_step(migrate_history)], now_ms=NOW_MS + 1000) is not None
    after = everything(kept)
    assert set(after) == set(before) | {"version"}
    assert after["session.key"] == before["session.key"]
    assert schema(kept / "history/2026-05-28.86400.sqlite") == 2


def test_what_can_not_be_put_back_at_once_is_put_back_by_the_next_start(kept, monkeypatch):
    before = everything(kept)

    def fail(data):
        (data / "session.key").write_text("half")
        raise RuntimeError("no")

    def no_room(source, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, "put_back", no_room)
        with pytest.raises(BadInput, match=r"can't be put back.*start again"):
            upgrade(kept, [history_step(fail)], now_ms=NOW_MS)
    assert (kept / "session.key").read_text() == "half"
    assert upgrade(kept, [history_step(migrate_history)], now_ms=NOW_MS + 1000) is not None
    assert everything(kept)["session.key"] == before["session.key"]


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 99", None])
def test_a_directory_of_a_newer_version_is_left_alone(tmp_path, statement):
    data = tmp_path / "data"
    shutil.copytree(KEPT / "2", data)
    if statement:
        db = sqlite3.connect(data / FILE)
        db.execute(statement)
        db.close()
    else:
        (data / "version").write_text("99\n")
    before = everything(data)
    with pytest.raises(BadInput, match="written by a newer jointhq"):
        upgrade(data, now_ms=NOW_MS)
    assert everything(data) == before


def test_a_new_directory_needs_nothing_and_gets_its_version(tmp_path):
    (tmp_path / "lock").touch()
    assert upgrade(tmp_path, now_ms=NOW_MS) is None
    assert (tmp_path / "version").read_text() == f"{DIRECTORY_VERSION}\n"
    (tmp_path / "version").write_text("nonsense")
    with pytest.raises(BadInput, match="holds no version"):
        upgrade(tmp_path, now_ms=NOW_MS)
