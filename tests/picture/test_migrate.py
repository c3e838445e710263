"""History kept by earlier versions: it is read on, under the labels of its sources, or set aside; never lost."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from jointhq.base.clock import ManualClock
from jointhq.picture.dayfile import label_of, schema_version, text_of
from jointhq.picture.history import History
from jointhq.picture.migrate import is_due, migrate, migrate_all
from jointhq.release.label import Label
from tests.picture.support import AMERICAN, BOTH, DOOR, JAPANESE, LABELS, OPEN, T0_MS, US, VISITOR, event
from tests.picture.test_history import Desk, everything

KEPT = Path(__file__).with_name("kept")  # written by version 0.1: three reports of 12 tracks, then "team-3" was removed
FLOORS = {"adsb": OPEN, "tak": US, "units": BOTH}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    shutil.copytree(KEPT, tmp_path / "history")
    return tmp_path / "history"


def ask(directory: Path) -> History:
    assert is_due(directory)
    migrate_all(directory, FLOORS.__getitem__)
    assert not is_due(directory)
    asked = History(directory, ManualClock(T0_MS + 3_600_000))
    asked.start()
    asked.close()
    return asked


@pytest.mark.parametrize(
    ("who", "kinds"),
    [(AMERICAN, {"plane", "team", "unit"}), (JAPANESE, {"plane", "unit"}), (VISITOR, {"plane"})],
)
def test_what_was_kept_is_seen_by_those_who_may_see_its_source(directory: Path, who: object, kinds: set[str]) -> None:
    asked = ask(directory)

    def sees(label: Label) -> bool:
        return DOOR.may_see(who, label, T0_MS)  # type: ignore[arg-type]

    past = asked.at(T0_MS + 25_000, sees)
    assert {uid.partition("-")[0] for uid in past.uids} == kinds
    assert [FLOORS[{"plane": "adsb", "team": "tak", "unit": "units"}[uid[:-2]]] for uid in past.uids] == past.labels
    assert len(past.uids) == 4 * len(kinds)
    for uid, lats in (("plane-1", [30.1, 31.1, 32.1]), ("team-3", [20.3, 21.3, 22.3]), ("unit-0", [10.0, 11.0, 12.0])):
        assert asked.path(uid, 0, 2 * T0_MS, sees).lat == (lats if uid[:-2] in kinds else [])
    assert "team-3" not in asked.at(T0_MS + 30_500, everything).uids


def test_a_file_is_migrated_once_and_written_on(directory: Path) -> None:
    paths = sorted(directory.iterdir())
    assert [migrate(path, FLOORS.__getitem__) for path in paths * 2] == [True, True, False, False]
    with Desk(directory, T0_MS + 60_000) as desk:
        desk.say(event("plane-1", time_ms=T0_MS + 60_000, lat=33.1), "adsb", US)
        desk.say(event("plane-1", time_ms=T0_MS + 61_000, lat=34.1), "adsb", OPEN)
        desk.seal()
        assert desk.history.path("plane-1", 0, 2 * T0_MS, everything).lat == [30.1, 31.1, 32.1, 33.1, 34.1]
        assert desk.history.path("plane-1", 0, 2 * T0_MS, {OPEN}.__contains__).lat == [30.1, 31.1, 32.1, 34.1]
        assert not list(directory.glob("*schema*"))


def test_a_migration_that_fails_changes_nothing(directory: Path) -> None:
    for path in directory.iterdir():
        before = path.read_bytes()

        def no_label(source_id: str) -> Label:
            raise LookupError(source_id)

        with pytest.raises(LookupError):
            migrate(path, no_label)
        assert path.read_bytes() == before
        assert migrate(path, lambda _: US)


def test_a_card_that_names_no_source_asks_for_the_label_of_none(directory: Path) -> None:
    path = min(directory.iterdir())
    with sqlite3.connect(path) as db:
        db.execute("UPDATE track SET card = ? WHERE uid = 'team-0'", (b"broken",))
    db.close()
    asked: list[str] = []

    def label(source_id: str) -> Label:
        asked.append(source_id)
        return FLOORS.get(source_id, US)

    migrate(path, label)
    assert sorted(asked) == ["", "tak", "units"]


@pytest.mark.parametrize("version", [1, 3])
def test_what_cannot_be_read_is_set_aside_and_a_new_file_begun(directory: Path, version: int) -> None:
    for path in directory.iterdir():
        with sqlite3.connect(path) as db:
            db.execute(f"PRAGMA user_version = {version}")
        db.close()
    with Desk(directory, T0_MS + 60_000) as desk:  # knows no labels of sources
        desk.say(event("a", time_ms=T0_MS + 60_000))
        desk.seal()
        assert desk.history.recording
        assert desk.history.at(T0_MS + 60_000, everything).uids == ["a"]
    assert len(list(directory.glob(f"*.schema-{version}-*"))) == 2


def test_a_label_is_one_text_and_a_text_that_is_no_label_is_nobodys() -> None:
    for label in LABELS:
        assert label_of(text_of(label)) is label
    assert text_of(Label("P", "U", "USA", ("JPN",))) == (
        '{"policy":"P","level":"U","owner":"USA","releasable_to":["JPN"],"caveats":[],"groups":[]}'
    )
    assert label_of("{}") is label_of("secret") is None


def test_rows_whose_label_is_unreadable_are_shown_to_nobody(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.say(event("a", stale_s=1e6))
        desk.say(event("b", stale_s=1e6), label=US)
        desk.seal()
        desk.wait(1)
        (path,) = desk.directory.glob("*.sqlite")
        with sqlite3.connect(path) as db:
            db.execute("UPDATE label SET label = 'x' WHERE id = 1")
            assert schema_version(db) == 2
        db.close()
        assert desk.history.at(T0_MS, everything).uids == ["b"]
        assert desk.history.path("a", 0, T0_MS, everything).t_ms == []
