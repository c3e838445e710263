"""History when the disk is full, read-only, broken, gone, or the process is killed: the picture never notices."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jointhq.base.clock import SystemClock
from jointhq.picture import blocks, history, picture
from jointhq.picture.blocks import CHUNK_ROWS
from jointhq.picture.dayfile import Box
from jointhq.picture.history import History
from jointhq.picture.sealer import FILE_BYTES_MAX
from tests.picture.support import T0_MS, event
from tests.picture.test_history import Desk, everything, sealed

ROOT = Path(__file__).parents[2]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(picture, "AHEAD_MAX_MS", 300_000)  # the clock here stands still while reports go on
    with Desk(tmp_path / "history") as desk:
        yield desk


def until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def fill(desk: Desk, rows: int, start: int = 0) -> None:
    chance = random.Random(start)
    for n in range(start, start + rows):
        place = {"lat": chance.uniform(-80, 80), "lon": chance.uniform(-180, 180)}
        desk.say(event(f"uid-{n % 50}", time_ms=T0_MS + n, stale_s=1e6, **place))


def kept(desk: Desk) -> int:
    return len(desk.history.box(Box(lat_min=-90, lat_max=90, lon_min=-180, lon_max=180), 0, 2 * T0_MS, everything).uids)


def test_a_full_disk_stops_history_not_the_picture_and_it_recovers_by_itself(desk: Desk) -> None:
    desk.history._sealer.file_bytes_max = 12 * 4096
    fill(desk, 5000)
    desk.history._cut(T0_MS)
    until(lambda: not desk.history.recording)
    assert "full" in desk.history.reason
    fill(desk, 100, start=5000)
    assert kept(desk) == 5100  # from memory
    assert not desk.picture.tick()  # nobody asks
    desk.history._sealer.file_bytes_max = FILE_BYTES_MAX
    sealed(desk.history)
    assert desk.history.recording
    assert desk.history.reason == ""
    desk.restart()
    assert kept(desk) == 5100


def test_room_is_left_to_the_journal(desk: Desk) -> None:
    desk.history._sealer.free_bytes_min = 1 << 60
    fill(desk, 1)
    desk.history._cut(T0_MS)
    until(lambda: not desk.history.recording)
    assert "MiB free" in desk.history.reason
    desk.history._sealer.free_bytes_min = 0
    sealed(desk.history)
    assert desk.history.recording


def test_a_read_only_disk_can_still_be_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(desk, 10)
    desk.restart()
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **options: connect(f"file:{path}?mode=ro", uri=True, **options)
        if not str(path).startswith("file:") else connect(path, **options)
    )  # fmt: skip
    fill(desk, 10, start=10)
    desk.history._cut(T0_MS)
    until(lambda: not desk.history.recording)
    assert "readonly" in desk.history.reason
    assert kept(desk) == 20
    monkeypatch.undo()
    sealed(desk.history)
    assert kept(desk) == 20


def test_a_directory_that_cannot_be_made_does_not_prevent_start(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("in the way")
    with Desk(tmp_path / "history") as desk:
        assert not desk.history.recording
        fill(desk, 10)
        desk.history._cut(T0_MS)
        assert kept(desk) == 10
        (tmp_path / "history").unlink()
        sealed(desk.history)
        assert desk.history.recording
        assert kept(desk) == 10


def test_what_does_not_fit_in_memory_is_dropped_and_counted_and_the_latest_noted_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "UNSEALED_ROWS_MAX", 3 * CHUNK_ROWS)
    desk.history._sealer.free_bytes_min = 1 << 60
    rows = 4 * CHUNK_ROWS
    fill(desk, rows)
    dropped = desk.history.drops["history_behind"]
    assert dropped > 0
    assert kept(desk) == rows - dropped
    desk.picture.sweep()
    assert desk.picture.drops == {}
    desk.history._sealer.free_bytes_min = 0
    desk.seal()
    desk.picture.sweep()
    assert not desk.history.gap
    desk.seal()
    assert desk.shown_at(T0_MS).keys() == desk.shown().keys()


@pytest.mark.parametrize("junk", [b"", b"no database at all" * 1000, None])
def test_a_corrupt_file_is_set_aside(desk: Desk, junk: bytes | None) -> None:
    fill(desk, 3000)
    desk.seal()
    desk.history.close()
    (path,) = desk.directory.glob("*.sqlite")
    if junk is None:
        whole = bytearray(path.read_bytes())
        whole[100:4096] = bytes(3996)  # the schema
        junk = bytes(whole)
    path.write_bytes(junk)
    desk.open()
    fill(desk, 10)
    desk.seal()
    assert desk.history.recording
    assert kept(desk) == 10
    (aside,) = desk.directory.glob("*.corrupt-*")
    assert aside.read_bytes() == junk


def test_a_file_broken_in_the_middle_answers_with_what_can_be_read(desk: Desk) -> None:
    fill(desk, 60_000)
    desk.seal()
    (path,) = desk.directory.glob("*.sqlite")
    whole = bytearray(path.read_bytes())
    for at in range(len(whole) // 2, len(whole), 50_000):
        whole[at : at + 500] = b"\xaa" * 500
    path.write_bytes(whole)
    desk.shown_at(T0_MS)
    assert kept(desk) < 60_000
    desk.history.path("uid-7", 0, 2 * T0_MS, everything)
    fill(desk, 10)
    desk.history._cut(T0_MS)
    sealed(desk.history)
    assert desk.history.recording


def test_an_unexpected_error_costs_one_batch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "split", lambda _: 1 // 0)
    fill(desk, 10)
    desk.seal()
    monkeypatch.undo()
    assert desk.history.drops == {"history_failed": 10}
    desk.picture.sweep()
    desk.seal()
    assert desk.shown_at(T0_MS).keys() == desk.shown().keys()


def test_closing_with_a_full_disk_says_what_is_lost(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.history._sealer.free_bytes_min = 1 << 60
        fill(desk, 10)
    assert desk.history.drops == {"history_closed": 10}
    assert not desk.history._thread.is_alive()


def test_a_killed_process_loses_only_what_was_not_sealed(tmp_path: Path) -> None:
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("crash.py")), str(tmp_path)],
            stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        )  # fmt: skip
        try:
            assert process.stdout is not None
            on_disk = [int(process.stdout.readline()) for _ in range(4)][-1]
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

        asked = History(tmp_path, SystemClock())
        asked.start()
        box = Box(lat_min=0, lat_max=1, lon_min=0, lon_max=180)
        found = asked.box(box, 0, 2**50, everything)
        assert asked.recording
        assert on_disk <= len(found.uids)
        asked.close()
        assert list(tmp_path.glob("*.corrupt*")) == []
        for path in tmp_path.glob("*.sqlite*"):
            path.unlink()


def test_questions_while_it_seals_see_every_row_once(desk: Desk) -> None:
    stop = threading.Event()
    failed = []

    def ask() -> None:
        seen = 0
        while not stop.is_set():
            path = desk.history.path("uid-7", 0, 2 * T0_MS, everything)
            if len(set(path.t_ms)) != len(path.t_ms) or len(path.t_ms) < seen:
                failed.append((seen, len(path.t_ms)))
            seen = len(path.t_ms)
            if len(desk.history.at(T0_MS, everything).uids) < min(50, seen):
                failed.append((seen, -1))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    for n in range(60):
        fill(desk, 500, start=n * 500)
        desk.history._cut(T0_MS)
    sealed(desk.history)
    stop.set()
    for thread in asking:
        thread.join()
    assert failed == []
    assert len(desk.history.path("uid-7", 0, 2 * T0_MS, everything).t_ms) == 600
