"""What every store of records promises, run on every store: memory, SQLite, and a real PostgreSQL."""

import asyncio
import contextlib
import hashlib
import random
import re

import msgspec
import pytest

from jointhq.base.clock import ManualClock
from jointhq.base.errors import BadInput
from jointhq.journal.chain import CLOCK_BACK_MS_MAX, Head, follow
from jointhq.journal.journal import Conflict, Draft, Refused
from jointhq.journal.record import NO_DIGEST, Body, body_of
from tests.journal.samples import OPEN, Counted, Noted, Notes, journal, note


@contextlib.asynccontextmanager
async def opened(place, *projections, clock=None, **more):
    made = journal(place.store(), clock, *projections, **more)
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def all_of(made):
    records = []
    while more := await made.read(len(records), 7):
        records += more
    return records


async def test_what_is_written_is_read_and_still_there_when_opened_again(place):
    clock = ManualClock()
    async with opened(place, clock=clock) as made:
        written = await made.append(
            note("first", "A", person="p1", appointment="a1", precedence="flash", exercise=True),
            note("second", "B", effective_ms=clock.now_ms() - 5, hq="OTHER"),
        )
        written += await made.append(Draft(body=Counted(count=3, unit="boats"), subject="A", label=OPEN))
        assert await all_of(made) == written
        assert made.position == 3
    async with opened(place, clock=clock) as made:
        assert await all_of(made) == written
        assert made.position == 3
        assert made.digest == written[-1].digest
    first, second, third = written
    assert [record.position for record in written] == [1, 2, 3]
    assert [record.hq for record in written] == ["HQ", "OTHER", "HQ"]
    assert (first.kind, first.version, first.subject) == ("test.noted", 1, "A")
    assert (first.person, first.appointment, first.precedence, first.exercise) == ("p1", "a1", "flash", True)
    assert first.written_ms == first.effective_ms == clock.now_ms()
    assert second.effective_ms == clock.now_ms() - 5
    assert first.label == OPEN
    assert (body_of(first), body_of(third)) == (Noted("first"), Counted(count=3, unit="boats"))
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first.id)


async def test_the_chain_can_be_checked_with_nothing_but_sha256_and_json(place):
    async with opened(place) as made:
        for n in range(5):
            await made.append(note(f"n{n} é 日本"), note("<&>\n"))
        lines = await made._store.lines(0, 100)
    previous = NO_DIGEST
    for position, line in enumerate(lines, 1):
        assert hashlib.sha256(line.content).hexdigest() == line.record.digest
        said = msgspec.json.decode(line.content)
        assert (said["previous"], said["position"]) == (previous, position)
        assert b"\n" not in line.content
        previous = line.record.digest


async def test_an_append_is_all_or_nothing(place):
    async with opened(place) as made:
        await made.append(note("1", "A"))
        with pytest.raises(Conflict):
            await made.append(note("2", "A"), note("3", "B"), heads={"A": 1, "B": 5})
        with pytest.raises(BadInput):
            await made.append(note("2", "A"), note("3", ""))
        assert await made.append() == []
        assert [record.position for record in await all_of(made)] == [1]


async def test_who_decides_on_an_old_reading_gets_a_conflict(place):
    async with opened(place) as made:
        (first,) = await made.append(note("new", "A"), heads={"A": 0})
        with pytest.raises(Conflict, match="A was changed at position 1"):
            await made.append(note("also new", "A"), heads={"A": 0})
        await made.append(note("of B", "B"))
        (third,) = await made.append(note("next", "A"), heads={"A": first.position, "B": 2, "C": 0})
        assert third.position == 3


async def test_of_many_who_decide_at_once_one_wins_each_round(place):
    async with opened(place) as made:
        for round_ in range(5):
            asked = [made.append(note(f"{n}", "A"), note("x"), heads={"A": max(0, round_ * 2 - 1)}) for n in range(20)]
            got = await asyncio.gather(*asked, return_exceptions=True)
            assert sum(isinstance(outcome, list) for outcome in got) == 1
            assert sum(isinstance(outcome, Conflict) for outcome in got) == 19
        assert made.position == 10


async def test_an_id_that_is_written_is_not_written_twice(place):
    async with opened(place) as made:
        (record,) = await made.append(note("once"))
        for drafts in ([note("again", id=record.id)], [note("x", id="0" * 8), note("y", id="0" * 8)]):
            with pytest.raises(Conflict, match="written already"):
                await made.append(*drafts)
        await made.append(note("mine", id="my-id"))
        with pytest.raises(Conflict):
            await made.append(note("mine", id="my-id"))
        assert [record.id for record in await all_of(made)][1:] == ["my-id"]


async def test_a_kind_a_version_a_field_and_a_mark_of_a_newer_program_survive(place):
    raw = msgspec.Raw(b'{ "count": 1,\n "unit": "x", "added later": [1, {"b": null}] }')
    async with opened(place) as made:
        await made.append(
            Draft(body=raw, kind="test.counted", version=2, subject="A", label=OPEN),
            Draft(body=raw, kind="test.counted", version=9, subject="A", label=OPEN),
            Draft(body=raw, kind="newer.kind", version=1, subject="A", label=OPEN),
        )
    notes = Notes()
    async with opened(place, notes) as made:
        known, newer, unknown = await all_of(made)
        assert body_of(known) == Counted(count=1, unit="x")
        assert body_of(newer) is body_of(unknown) is None
        for record in (known, newer, unknown):
            assert msgspec.json.decode(record.body) == msgspec.json.decode(raw)
        assert notes.positions == [1, 2, 3]


@pytest.mark.parametrize(
    "draft",
    [
        Draft(body=Body(), subject="A", label=OPEN),
        Draft(body=msgspec.Raw(b"[1]"), kind="a.b", version=1, subject="A", label=OPEN),
        Draft(body=msgspec.Raw(b"{"), kind="a.b", version=1, subject="A", label=OPEN),
        Draft(body=msgspec.Raw(b"{}"), subject="A", label=OPEN),
        Draft(body=msgspec.Raw(b"{}"), kind="Wrong", version=1, subject="A", label=OPEN),
        note("x" * 300_000),
        note("x", "s" * 600),
    ],
)
async def test_what_can_not_be_a_record_is_refused_before_it_goes_near_the_store(place, draft):
    async with opened(place) as made:
        with pytest.raises(BadInput):
            await made.append(draft)
        assert made.position == 0


async def test_a_clock_that_jumps_back_is_refused_until_it_is_right_again(place):
    clock = ManualClock()
    async with opened(place, clock=clock) as made:
        (first,) = await made.append(note("1"))
        clock.advance(-CLOCK_BACK_MS_MAX / 1000)
        (second,) = await made.append(note("2"))  # a small step: the time stands still
        assert second.written_ms == first.written_ms
        clock.advance(-3600)
        with pytest.raises(Refused, match="Set the clock") as refused:
            await made.append(note("3"))
        assert refused.value.code == "clock"
        assert len(await all_of(made)) == 2
        clock.advance(3700)
        (third,) = await made.append(note("3"))
        assert third.written_ms == clock.now_ms()
    clock.advance(-86_400)
    async with opened(place, clock=clock, accept_clock=True) as made:
        (fourth,) = await made.append(note("4"))
        assert (fourth.position, fourth.written_ms) == (4, clock.now_ms())


async def test_projections_hold_a_record_before_its_append_returns_and_listeners_follow(place):
    notes, heard = Notes(), []
    async with opened(place, notes) as made:

        def hear(record):
            assert notes.positions[-1] == record.position
            heard.append(record)

        stop = made.listen(hear)

        async def write(n):
            for i in range(5):
                (record,) = await made.append(note(f"{n}.{i}", f"S{n}"))
                assert notes.texts[f"S{n}"] == f"{n}.{i}"
                assert made.position >= record.position

        await asyncio.gather(*(write(n) for n in range(10)))
        assert heard == await all_of(made)
        assert notes.positions == list(range(1, 51))
        stop()
        await made.append(note("unheard"))
        assert len(heard) == 50
    again = Notes()
    async with opened(place, again):
        assert again.state() == notes.state()


async def test_who_fails_at_a_record_is_named_and_the_others_go_on(place):
    class Broken:
        name = "broken"

        def apply(self, _):
            raise RuntimeError

        def state(self):
            return None

    notes = Notes()
    async with opened(place, Broken(), notes) as made:
        made.listen(lambda _: 1 // 0)
        await made.append(note("1"))
        assert notes.positions == [1]
        assert made.faults["broken"] == "position 1, test.noted: RuntimeError"
        assert len(made.faults) == 2


async def test_readers_never_see_a_gap_however_many_write(place):
    """Writers on two openings of one journal; readers poll a third, and listen on all."""
    rnd = random.Random(5)
    async with opened(place) as first, opened(place) as second, opened(place) as third:
        heard = {made: [] for made in (first, second, third)}
        for made, positions in heard.items():
            made.listen(lambda record, positions=positions: positions.append(record.position))
        writing = True

        async def write(made):
            for i in range(15):
                await made.append(*(note(f"{i}", f"S{rnd.randrange(9)}") for _ in range(rnd.randint(1, 4))))

        async def poll():
            seen = []
            while writing or len(seen) < third.position:
                records = await third.read(len(seen), rnd.randint(1, 50))
                seen += [record.position for record in records]
                assert seen == list(range(1, len(seen) + 1))
                await asyncio.sleep(0)
            return seen

        polling = [asyncio.create_task(poll()) for _ in range(3)]
        await asyncio.gather(*(write(made) for made in (first, second) for _ in range(8)))
        total = (await first._store.head()).position
        async with asyncio.timeout(20):
            while min(made.position for made in heard) < total and place.name != "sqlite":
                await asyncio.sleep(0.01)
        writing = False
        for seen in await asyncio.gather(*polling):
            assert seen == list(range(1, len(seen) + 1))
        expected = list(range(1, total + 1))
        for positions in heard.values():
            assert positions == expected[: len(positions)]
        if place.name != "sqlite":  # which is for one process: a second one reads, but nobody wakes it
            assert all(positions == expected for positions in heard.values())
        head = Head()
        for line in await first._store.lines(0, 10_000):
            head = follow(head, line.record.digest, line.content)
        assert head.position == total


async def test_after_closing_nothing_is_taken(place):
    async with opened(place) as made:
        writing = [asyncio.create_task(made.append(note(f"{n}"))) for n in range(20)]
        await asyncio.sleep(0)
    done = await asyncio.gather(*writing, return_exceptions=True)
    assert all(isinstance(outcome, list) for outcome in done)
    with pytest.raises(Refused, match="start the server again"):
        await made.append(note("late"))


async def test_an_append_that_was_cancelled_is_there_or_not_but_whole(place):
    async with opened(place) as made:
        for n in range(10):
            task = asyncio.create_task(made.append(note(f"{n}a"), note(f"{n}b")))
            for _ in range(n):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await made.append(note("end"))
        texts = [body_of(record).text for record in await all_of(made)]
        assert texts[-1] == "end"
        assert [text[:-1] for text in texts[:-1:2]] == [text[:-1] for text in texts[1:-1:2]]
