"""The people of the demo, in a journal in memory."""

from jointhq.base.clock import ManualClock
from jointhq.exercise.people import PEOPLE, add_people
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore, Shelf
from jointhq.people.directory import Directory
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
