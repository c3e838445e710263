"""The demo's battle rhythm is one that a headquarters could keep."""

from datetime import UTC, datetime

from jointhq.base.clock import ManualClock
from jointhq.exercise.rhythm import add_rhythm, drafts
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.operations.ground import Ground
from jointhq.operations.rules import drill
from jointhq.operations.views.rhythmbook import Rhythm, known
from jointhq.people.directory import Directory
from tests.operations.house import DOOR, OPEN
from tests.operations.rhythm_book import HAWAII, TOKYO
from tests.operations.test_rhythm import READER

MONDAY_MS = round(datetime(2026, 11, 23, 3, tzinfo=UTC).timestamp() * 1000)


async def test_it_is_written_once_and_has_one_thing_to_mend() -> None:
    book, clock = Rhythm(), ManualClock(MONDAY_MS)
    journal = Journal(MemoryStore(), hq="USFJ", clock=clock)
    journal.attach(book)
    await journal.start()
    for _ in range(2):
        await add_rhythm(journal, book, DOOR, OPEN, clock)
    assert journal.position == len(drafts(DOOR, OPEN, MONDAY_MS))
    events = known(Ground(directory=Directory(), door=DOOR, label=OPEN, now_ms=MONDAY_MS), READER, book).events
    found = drill.warnings(events, MONDAY_MS, (TOKYO, HAWAII))
    short = {event.id: event.body.short for event in events.values()}
    grave = {(one.code, *sorted({short[one.event], short.get(one.other, "")} - {""})) for one in found if one.grave}
    assert grave == {
        ("double_booked", "LOG WG", "OPS/PLANS WG"), ("weekend", "JFHQ UPD"), ("weekend", "OPS/PLANS WG"),
    }  # fmt: skip
    await journal.close()
