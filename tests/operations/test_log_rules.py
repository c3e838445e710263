"""The log without I/O: whatever is written in it, by whom and under which label, each reader has his own whole log."""

from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.journal.record import NO_DIGEST, Draft, Record, prepare, read, write
from jointhq.operations.ground import Ground
from jointhq.operations.records.log import LogCorrected, LogEntered, LogMarked
from jointhq.operations.views import log as views
from jointhq.operations.views.files import Files
from jointhq.operations.views.log import Query
from jointhq.operations.views.logbook import Logbook
from jointhq.people.directory import FOREVER_MS, Directory
from jointhq.release.label import Label
from jointhq.release.reader import ANON, Reader
from tests.people.house import CLOSED, DOOR, OPEN, POLICY

START_MS = 1_700_000_000_000
JAPAN = msgspec.structs.replace(CLOSED, releasable_to=("JPN", "USA"))
OURS = msgspec.structs.replace(CLOSED, caveats=("NOFORN",))
LABELS = (OPEN, CLOSED, JAPAN, OURS)


def reader(nation: str, level: str) -> Reader:
    return Reader(nation, "X", POLICY, level, frozenset(), frozenset({ANON}), FOREVER_MS)


READERS = [reader("USA", "CUI"), reader("USA", "U"), reader("JPN", "CUI"), reader("AUS", "U")]
GROUND = Ground(directory=Directory(), door=DOOR, label=OPEN, now_ms=START_MS)
# What is done, when it happened, under which label, and to which entry of before (a correction, a mark).
acts = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "correct", "mark"]),
        st.integers(0, 5),
        st.sampled_from(LABELS),
        st.integers(0, 30),
        st.booleans(),
    ),
    max_size=25,
)


def records(done: list[Any]) -> list[Record]:
    """Return what is written, one record a second."""
    made: list[Record] = []
    lines: dict[str, str] = {}
    for n, (what, happened, label, target, flag) in enumerate(done):
        entry_id, subject = f"e{n}", f"e{n}"
        body: Any = LogEntered(text=f"entry {n}", significant=flag)
        if what != "enter" and lines:
            of = list(lines)[target % len(lines)]
            subject = lines[of]
            body = LogMarked(significant=flag)
            if what == "correct":
                body = LogCorrected(text=f"entry {n}", significant=flag, corrects=of, reason="r")
        if not isinstance(body, LogMarked):
            lines[entry_id] = subject
        draft = Draft(body=body, subject=subject, label=label, id=entry_id, effective_ms=START_MS + happened * 60_000)
        content = write(
            prepare(draft), id=entry_id, hq="X", position=n + 1, written_ms=START_MS + n * 1000, previous=NO_DIGEST
        )
        made.append(read(f"{n:064x}", content))
    return made


def book(of: list[Record]) -> Logbook:
    log = Logbook()
    for record in of:
        log.apply(record)
    return log


def shown(log: Logbook, who: Reader, **more: Any) -> list[Any]:
    """Return what a reader is shown, page by page."""
    rows, before = list[Any](), ""
    while True:
        page = views.page(GROUND, who, log, Files(), Query(before=before, **{"limit": 3, **more}), lambda *_: [])
        rows += page.rows
        if not (before := page.more):
            return rows


@given(acts, st.sampled_from(READERS))
def test_pages_hold_each_entry_of_the_reader_once_the_latest_first(done, who):
    log = book(records(done))
    rows = shown(log, who)
    mine = {one.id for one in log.entries.values() if DOOR.may_see(who, one.label, START_MS)}
    assert {row.id for row in rows} == mine
    assert len(rows) == len(mine)
    assert [row.at_ms for row in rows] == sorted((row.at_ms for row in rows), reverse=True)
    assert [row.id for row in rows] == [row.id for row in shown(log, who, limit=200)]


@given(acts, st.sampled_from(READERS))
def test_a_reader_has_the_same_log_as_if_nothing_hidden_had_been_written(done, who):
    every = records(done)
    seen = [one for one in every if DOOR.may_see(who, one.label, START_MS)]
    assert shown(book(every), who) == shown(book(seen), who)


@given(acts, st.integers(0, 25), st.sampled_from(READERS))
@settings(max_examples=60)
def test_what_was_known_then_is_what_a_log_of_then_would_show(done, moment, who):
    every, known_ms = records(done), START_MS + moment * 1000
    then = [one for one in every if one.written_ms <= known_ms]
    assert shown(book(every), who, known_ms=known_ms) == shown(book(then), who)
    standing = {"standing": True, "significant": True}
    assert shown(book(every), who, known_ms=known_ms, **standing) == shown(book(then), who, **standing)


@given(acts, st.integers(0, 5), st.integers(0, 5))
def test_a_time_is_half_open_so_that_two_in_a_row_make_one(done, one, other):
    log, who = book(records(done)), READERS[0]
    edges = [0, *(START_MS + n * 60_000 for n in sorted((one, other))), FOREVER_MS]
    parts = [shown(log, who, from_ms=a, to_ms=b) for a, b in pairwise(edges)]
    assert [row.id for part in reversed(parts) for row in part] == [row.id for row in shown(log, who)]


def test_a_label_of_nobodys_policy_is_for_nobody() -> None:
    unknown = Label(policy="NONE", level="X", owner="USA")
    log = book([msgspec.structs.replace(one, label=unknown) for one in records([("enter", 0, OPEN, 0, True)])])
    assert all(shown(log, who) == [] for who in READERS)
