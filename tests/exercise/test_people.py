"""The people of the demo, in a journal in memory."""

from pathlib import Path

from jointhq.base.clock import ManualClock
from jointhq.exercise.people import PEOPLE, add_people
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore, Shelf
from jointhq.people.directory import COMMAND, PLAN, Directory
from tests.support.people import OPEN


async def test_the_watch_can_be_handed_over_and_a_second_start_writes_nothing() -> None:
    clock, directory = ManualClock(), Directory()
    journal = Journal(MemoryStore(Shelf()), hq="USFJ", clock=clock)
    journal.attach(directory)
    await journal.start()
    await add_people(journal, directory, OPEN, clock)
    persons = {person.username: person for person in directory.persons.values()}
    assert persons.keys() == {row[0] for row in PEOPLE}
    (post,) = directory.assigned_to(persons["watch"].id)
    assert directory.assigned_to(persons["relief"].id) == [post]
    assert directory.appointments[post].title == "J3 watch officer"
    assert len(directory.appointments) == len(PEOPLE) - 1
    for person in persons.values():
        (own,) = directory.assigned_to(person.id)
        assert directory.standing(person.id, own, clock.now_ms()) == ""
    before = journal.position
    await add_people(journal, directory, OPEN, clock)
    assert journal.position == before
    await journal.close()


def test_for_each_headquarters_that_speaks_somebody_decides() -> None:
    """A request to a unit that nobody can answer would stay open for ever."""
    speaks = {one.unit for one in PEOPLE if one.unit}
    decides = {one.unit for one in PEOPLE if one.unit and COMMAND in one.permissions}
    assert decides == speaks == {"US01", "US10", "JP02"}


def test_what_one_of_a_headquarters_writes_another_may_approve() -> None:
    for one in PEOPLE:
        if PLAN in one.permissions and one.unit:
            others = [other for other in PEOPLE if other.unit == one.unit and other.username != one.username]
            assert any(COMMAND in other.permissions for other in others), one.username


def test_the_readme_tells_who_is_who() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    for one in PEOPLE:
        assert f"| `{one.username}` | " in readme, one.username
