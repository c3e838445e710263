"""CCIR: drafted by one, approved by another; a hit is told to each on the list, and silence to the owner."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.errors import JointHQError, NotVisible
from jointhq.operations.forms import ccir as f
from jointhq.operations.forms.log import CorrectionForm
from jointhq.operations.forms.orders import NoteForm, ReasonForm, VersionForm
from jointhq.operations.records.reports import Link
from jointhq.operations.rules import ccir as rules
from jointhq.operations.rules import log
from jointhq.operations.sources import hits, requirements
from jointhq.operations.views import ccir as views
from jointhq.operations.views.ccirbook import Ccirs
from tests.operations.orders_book import POSTS
from tests.operations.requirements_book import DESKS, HOUR_MS, START_MS, RequirementsBook, ccir
from tests.people.house import DOOR

MINUTE_MS = 60_000


@pytest.fixture
def book() -> RequirementsBook:
    return RequirementsBook()


def refused(book: RequirementsBook, post: str, act: Any, *args: Any) -> str:
    records = len(book.records)
    with pytest.raises(JointHQError) as error:
        book.do(post, act, *args)
    assert len(book.records) == records
    return error.value.code


# -- writing and approving


def test_a_planner_drafts_for_his_unit_and_another_with_command_approves(book: RequirementsBook) -> None:
    assert refused(book, "watch", rules.draft, "x", ccir()) == "not_permitted"
    assert refused(book, "nobody", rules.draft, "x", ccir()) == "no_unit"
    book.do("j3", rules.draft, "one", ccir())
    version = VersionForm(version=book.ccir("one").version)
    assert refused(book, "planner", rules.approve, "one", version) == "not_permitted"
    assert refused(book, "j3", rules.approve, "one", version) == "own_work"
    assert refused(book, "high", rules.approve, "one", version) == "not_your_unit"
    assert refused(book, "chief", rules.approve, "one", VersionForm(version="old")) == "changed_meanwhile"
    book.do("chief", rules.approve, "one", version)
    one = book.ccir("one")
    assert (one.state, one.serial, one.written.unit) == ("in_force", "PIR 1/23", "JFHQ")
    assert refused(book, "chief", rules.approve, "one", VersionForm(version=one.version)) == "not_in_state"
    assert refused(book, "planner", rules.edit, "one", ccir(version=one.version)) == "not_in_state"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"owner": "nobody-there"}, "appointment_unknown"),
        ({"owner": "high"}, "appointment_unknown"),  # of another unit
        ({"notify": ["nobody-there"]}, "appointment_unknown"),
        ({"notify": ["a"]}, "appointment_unknown"),
        ({"ltiov_ms": START_MS}, "ltiov_past"),
        ({"replaces": "none"}, "not_found"),
        ({"label": "NONSENSE"}, "label_unknown"),
    ],
)
def test_what_cannot_be_is_refused(book: RequirementsBook, more: dict[str, Any], code: str) -> None:
    assert refused(book, "planner", rules.draft, "x", ccir(**more)) == code


@pytest.mark.parametrize(
    ("more", "code"),
    [({"decision": ""}, "decision_missing"), ({"notify": []}, "notify_missing")],
)
def test_what_says_no_decision_or_nobody_to_tell_is_not_put_in_force(
    book: RequirementsBook, more: dict[str, Any], code: str
) -> None:
    book.do("planner", rules.draft, "one", ccir(**more))
    assert refused(book, "chief", rules.approve, "one", VersionForm(version=book.ccir("one").version)) == code
    assert book.in_force(type="EEFI", decision="").serial == "EEFI 1/23", "what is protected supports no decision"


def test_numbers_run_without_gaps_by_type_and_label(book: RequirementsBook) -> None:
    names = [
        book.in_force(**more).serial
        for more in ({}, {"type": "FFIR"}, {}, {"label": "CUI"}, {"label": "CUI"}, {"type": "EEFI"}, {})
    ]
    assert names == ["PIR 1/23", "FFIR 1/23", "PIR 2/23", "PIR 1/23", "PIR 2/23", "EEFI 1/23", "PIR 3/23"]


def test_another_takes_the_place_of_one_in_force_and_is_as_narrow(book: RequirementsBook) -> None:
    old = book.in_force(label="CUI")
    assert refused(book, "planner", rules.draft, "x", ccir(replaces=old.id, type="FFIR")) == "replaces"
    new = book.in_force(replaces=old.id)
    assert new.label is not None
    assert new.label.level == "CUI"
    old = book.ccir(old.id)
    assert (old.state, old.replaced_by) == ("ended", new.id)
    assert new.id.encode() not in bytes(book.records[-1].body), "the old one doesn't tell of the new"
    assert refused(book, "planner", rules.draft, "x", ccir(replaces=old.id)) == "replaces"


def test_it_is_answered_asked_again_and_ended(book: RequirementsBook, monkeypatch: pytest.MonkeyPatch) -> None:
    one = book.in_force()

    def note(text: str = "") -> NoteForm:
        return NoteForm(version=book.ccir(one.id).version, note=text)

    assert refused(book, "chief", rules.answer, one.id, note()) == "note_missing"
    assert refused(book, "planner", rules.answer, one.id, note("x")) == "not_permitted"
    book.do("chief", rules.answer, one.id, note("It closes at noon."))
    assert refused(book, "watch", rules.hit, one.id, "h", f.HitForm(entry=book.entered())) == "ccir_unknown"
    assert refused(book, "chief", rules.answer, one.id, note("x")) == "not_in_state"
    book.do("j3", rules.resume, one.id, note("It did not."))
    assert book.ccir(one.id).state == "in_force"
    monkeypatch.setattr(rules, "STEPS_MAX", 5)
    book.do("chief", rules.answer, one.id, note("It did."))
    assert refused(book, "chief", rules.resume, one.id, note("It did not.")) == "too_many"
    book.do("j3", rules.end, one.id, ReasonForm(version=book.ccir(one.id).version, reason="Over."))
    assert [step.what for step in book.ccir(one.id).steps] == [
        "drafted", "approved", "answered", "resumed", "answered", "ended",
    ]  # fmt: skip


def test_its_time_passes_and_it_is_late_until_it_is_answered(book: RequirementsBook) -> None:
    one = book.in_force(ltiov_ms=START_MS + HOUR_MS)
    assert not one.late(START_MS + HOUR_MS - 1)
    assert one.late(START_MS + HOUR_MS)
    book.now_ms += HOUR_MS
    owner, other = (views.row(book.requirements(), book.actor(post), one) for post in ("chief", "watch"))
    assert (owner.late, owner.mine, other.late, other.mine) == (True, True, True, False)
    book.do("chief", rules.answer, one.id, NoteForm(version=one.version, note="Known."))
    assert not book.ccir(one.id).late(START_MS + 2 * HOUR_MS)


# -- hits


def test_an_entry_that_answers_one_is_told_to_each_on_the_list_at_once(book: RequirementsBook) -> None:
    one = book.in_force()
    hit = book.hit(one.id)
    assert [notice.appointment for notice in hit.notices] == ["desk", "j3"]
    assert hit.due_ms == START_MS + 30 * MINUTE_MS
    assert refused(book, "watch", rules.hit, one.id, "h", f.HitForm(entry=hit.entry)) == "hit_already"
    waits = {post: [row.id for row in views.page(book.requirements(), book.actor(post)).hits] for post in ("desk", "b")}
    assert waits == {"desk": [hit.id], "b": []}
    book.do("desk", rules.acknowledge, hit.id)
    records = len(book.records)
    book.do("desk", rules.acknowledge, hit.id)
    assert len(book.records) == records, "what is said twice is written once"
    assert book.records[-1].person == "p-desk"
    assert refused(book, "b", rules.acknowledge, hit.id) == "not_addressed"
    assert views.page(book.requirements(), book.actor("desk")).hits == []
    row = views.hit_row(book.requirements(), book.actor("j3"), book.ccirs.hits[hit.id])
    assert [one.by.person.name for one in row.notices if one.by and one.by.person] == ["Desk"]


def test_an_entry_of_before_is_named_afterwards(book: RequirementsBook) -> None:
    one, entry = book.in_force(), book.entered()
    assert refused(book, "planner", rules.hit, one.id, "h", f.HitForm(entry=entry)) == "not_permitted"
    assert refused(book, "watch", rules.hit, one.id, "h", f.HitForm(entry="none")) == "entry_unknown"
    assert refused(book, "watch", rules.hit, "none", "h", f.HitForm(entry=entry)) == "ccir_unknown"
    book.do("watch", rules.hit, one.id, "h", f.HitForm(entry=entry))
    assert book.ccirs.hits["h"].entry == entry


def test_an_entry_that_names_no_ccir_in_force_is_not_written(book: RequirementsBook) -> None:
    book.do("planner", rules.draft, "draft", ccir())
    closed = book.in_force(label="CUI")
    for post, one in (("watch", "none"), ("watch", "draft"), ("desk-open", closed.id)):
        records = len(book.records)
        with pytest.raises(JointHQError) as error:
            book.entered(post, one)
        assert (error.value.code, str(error.value), len(book.records)) == (
            "ccir_unknown", "there is no such CCIR in force", records,
        )  # fmt: skip


def test_silence_is_told_to_the_owner_once(book: RequirementsBook) -> None:
    hit = book.hit(book.in_force().id)
    book.do("desk", rules.acknowledge, hit.id)
    book.now_ms = hit.due_ms - 1
    assert book.escalate() == 0
    book.now_ms = hit.due_ms
    assert book.escalate() == 1
    assert book.escalate() == 0
    record = book.records[-1]
    assert (record.kind, record.person, record.appointment) == ("ccir.escalated", "", "")
    (row,) = views.page(book.requirements(), book.actor("chief")).hits
    assert (row.told, row.mine, [one.late for one in row.notices]) == (True, False, [False, True])
    book.do("j3", rules.acknowledge, hit.id)
    assert views.page(book.requirements(), book.actor("chief")).hits == []


def test_of_a_silence_that_was_told_nobody_asks_again_who_reads(
    book: RequirementsBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked for every few seconds, and a hit may wait for months."""
    book.hit(book.in_force().id)
    book.now_ms += HOUR_MS
    assert book.escalate() == 2
    asked = list[str]()
    monkeypatch.setattr(rules, "reads", lambda _s, appointment, _label: asked.append(appointment))
    assert (book.escalate(), asked) == (0, [])


def test_a_handover_says_of_a_hit_what_its_entry_was_corrected_to(book: RequirementsBook) -> None:
    hit = book.hit(book.in_force().id, text="A ferry has sunk.")
    corrected = CorrectionForm(text="A ferry is adrift.", reason="Misheard.", label="CUI")
    s, actor = book.requirements(), book.actor("watch")
    book.write(
        log.correct(
            s.g, actor, book.log, hit.entry, corrected, book.new_id(), files=book.files, track_of=lambda *_: None
        )
    )

    def found(post: str) -> list[tuple[str, str]]:
        every = requirements(book.requirements, book.actor(post).reader, START_MS, START_MS, "en")
        return [(DOOR.portion(one.label), one.text) for one in every if "ferry" in one.text]

    ((mark, text),) = found("chief")
    assert ("adrift" in text, "sunk" in text, mark) == (True, False, "(CUI)")
    assert "sunk" in found("desk-open")[0][1]  # for who may not see the correction there is none


def test_two_that_tell_of_one_silence_write_one_record(book: RequirementsBook) -> None:
    hit = book.hit(book.in_force(notify=["desk"]).id)
    book.now_ms = hit.due_ms
    first = list(rules.escalations(book.requirements()))
    book.now_ms += 5_000
    assert [one.id for one in rules.escalations(book.requirements())] == [one.id for one in first]


def test_who_may_not_see_a_hit_is_not_told_and_the_owner_hears_at_once(book: RequirementsBook) -> None:
    one = book.in_force(notify=["desk", "desk-open"])
    look = views.look(book.requirements(), book.actor("watch"), one.id, f.HitLookForm(label="CUI"))
    assert [(row.who.id, row.withheld) for row in look.notify] == [("desk", False), ("desk-open", True)]
    assert look.notify[1].__struct_fields__ == ("who", "withheld"), "the door's rule isn't for who writes a log"
    assert look.owner is not None
    assert not look.owner.withheld
    hit = book.hit(one.id, label="CUI")
    assert views.page(book.requirements(), book.actor("desk-open")).hits == []
    assert views.row(book.requirements(), book.actor("desk-open"), one).hits == 0
    assert refused(book, "desk-open", rules.acknowledge, hit.id) == "not_found"
    assert book.escalate() == 1, "nobody there may see it: no use in waiting"
    assert book.ccirs.hits[hit.id].notices[1].to == "chief"
    assert book.escalate() == 0
    row = views.hit_row(book.requirements(), book.actor("chief"), book.ccirs.hits[hit.id])
    assert [notice.withheld for notice in row.notices] == [False, True]


def test_a_hit_that_was_none_is_struck_and_waits_for_nobody(book: RequirementsBook) -> None:
    one = book.in_force()
    hit = book.hit(one.id)
    strike = f.StrikeForm(reason="Another ferry.")
    assert refused(book, "planner", rules.strike, hit.id, strike) == "not_permitted"
    book.do("watch", rules.strike, hit.id, strike)
    assert refused(book, "desk", rules.acknowledge, hit.id) == "hit_struck"
    book.now_ms += 24 * HOUR_MS
    assert (book.escalate(), views.row(book.requirements(), book.actor("j3"), one).hits) == (0, 0)
    book.do("watch", rules.hit, one.id, "again", f.HitForm(entry=hit.entry))
    book.do("chief", rules.strike, "again", strike)


def test_what_is_asked_no_more_escalates_no_more(book: RequirementsBook) -> None:
    one = book.in_force()
    hit = book.hit(one.id)
    book.do("j3", rules.end, one.id, ReasonForm(version=one.version, reason="Over."))
    book.now_ms = hit.due_ms
    assert book.escalate() == 0
    assert views.page(book.requirements(), book.actor("desk")).hits == []


def test_a_hidden_one_is_as_an_absent_one_for_every_act(book: RequirementsBook) -> None:
    one = book.in_force(label="CUI")
    hit = book.hit(one.id)
    v = {"version": "x"}
    acts: list[tuple[Any, tuple[Any, ...]]] = [
        (rules.edit, (ccir(**v),)), (rules.approve, (VersionForm(**v),)), (rules.answer, (NoteForm(**v),)),
        (rules.resume, (NoteForm(**v),)), (rules.end, (ReasonForm(**v, reason="x"),)),
    ]  # fmt: skip
    on_hit: list[tuple[Any, tuple[Any, ...]]] = [(rules.acknowledge, ()), (rules.strike, (f.StrikeForm(reason="x"),))]
    for many, hidden in ((acts, one.id), (on_hit, hit.id)):
        for act, form in many:
            told = set()
            for asked in (hidden, "absent"):
                with pytest.raises(NotVisible) as error:
                    book.do("junior", act, asked, *form)
                told.add(str(error.value))
            assert len(told) == 1, act
    replaced = {refused(book, "junior", rules.draft, "x", ccir(replaces=r, owner="j3")) for r in (one.id, "absent")}
    assert replaced == {"not_found"}


# -- whatever is done


POSTS_ALL = [*POSTS, *DESKS]
STAFF = [post for post, (unit, *_) in (POSTS | DESKS).items() if unit == "JFHQ"]
acts = st.lists(
    st.tuples(
        st.sampled_from(["draft", "approve", "enter", "enter", "acknowledge", "acknowledge", "wait", "strike", "end"]),
        st.sampled_from(POSTS_ALL),
        st.sampled_from(["", "CUI"]),
        st.integers(0, 20),
    ),
    min_size=4,
    max_size=30,
)


def play(done: Any) -> RequirementsBook:
    """Do what can be done of it, telling of silence as the server does."""
    book = RequirementsBook()
    book.in_force(notify=STAFF)
    for what, post, label, n in done:
        ccirs, hits = list(book.ccirs.ccirs.values()), list(book.ccirs.hits.values())
        one, hit = ccirs[n % len(ccirs)] if ccirs else None, hits[n % len(hits)] if hits else None
        try:
            match what:
                case "draft":
                    notify = [STAFF[(n + i) % len(STAFF)] for i in range(n % 4 + 1)]
                    book.do("planner", rules.draft, book.new_id(), ccir(label=label, notify=notify))
                case "approve" if one:
                    one = next((ccir for ccir in ccirs if ccir.state == "draft"), one)
                    book.do("chief", rules.approve, one.id, VersionForm(version=one.version))
                case "enter":
                    live = [ccir.id for ccir in ccirs if ccir.state == "in_force"]
                    book.entered("watch" if n % 3 else post, *live[n % 2 : n % 2 + 1], label=label)
                case "acknowledge" if hit:
                    book.do(post, rules.acknowledge, hit.id)
                case "strike" if hit:
                    book.do(post, rules.strike, hit.id, f.StrikeForm(reason="x"))
                case "end" if one:
                    book.do("j3", rules.end, one.id, ReasonForm(version=one.version, reason="x"))
                case "wait":
                    book.now_ms += n * 10 * MINUTE_MS
        except JointHQError:
            pass
        book.escalate()
    return book


@given(acts)
@settings(max_examples=60, deadline=None)
def test_no_hit_is_left_unheard_and_each_silence_is_told_once(done: Any) -> None:
    book = play(done)
    escalated = [record.subject for record in book.records if record.kind == "ccir.escalated"]
    assert len(escalated) == len(set(escalated))
    for hit in book.ccirs.hits.values():
        live = book.ccir(hit.ccir).state in ("in_force", "answered")
        for notice in hit.notices:
            if live and not hit.struck_ms and not notice.acknowledged_ms and hit.due_ms <= book.now_ms:
                assert notice.escalated_ms
                assert notice.to == "chief"
            if notice.escalated_ms and notice.escalated_ms < hit.due_ms:
                assert not notice.acknowledged_ms, "told early only where nobody could have seen it"


@given(acts, st.sampled_from(["junior", "b-open", "desk-open", "c"]))
@settings(max_examples=60, deadline=None)
def test_a_reader_has_the_same_page_as_if_nothing_hidden_had_been_written(done: Any, post: str) -> None:
    book = play(done)
    actor = book.actor(post)
    whole = views.page(book.requirements(), actor)
    bodies = [views.body(book.requirements(), actor, row.id) for row in whole.rows]
    seen = [one for one in book.records if DOOR.may_see(actor.reader, one.label, book.now_ms)]
    book.ccirs, book.log = Ccirs(), type(book.log)()
    for record in seen:
        book.ccirs.apply(record)
        book.log.apply(record)
    assert views.page(book.requirements(), actor) == whole
    assert [views.body(book.requirements(), actor, row.id) for row in whole.rows] == bodies


@given(acts)
@settings(max_examples=20, deadline=None)
def test_the_same_records_give_the_same_projection(done: Any) -> None:
    book = play(done)
    again = Ccirs()
    for record in book.records:
        again.apply(record)
    assert again.state() == book.ccirs.state()
    assert list(again.open_hits()) == list(book.ccirs.open_hits())


# -- in reports


def test_a_report_names_the_hits_of_its_period_as_they_stand(book: RequirementsBook) -> None:
    def said(post: str = "planner", from_ms: int = START_MS, to_ms: int = START_MS + HOUR_MS) -> list[Any]:
        return list(hits(book.requirements, book.actor(post).reader, from_ms, to_ms, "en"))

    open_, secret = book.in_force(), book.in_force(label="CUI")
    entry = book.entered("watch", open_.id, secret.id, text="The harbour is shut.")
    first, second = said()
    assert first.text == "JFHQ PIR 1/23 hit 142213Z: The harbour is shut."
    assert first.links == (Link("ccir", open_.id), Link("log", entry))
    assert second.label == DOOR.merge([secret.label]), "as narrow as what was asked"
    assert said("junior") == [first]
    assert said(from_ms=START_MS + 1) == said(to_ms=START_MS) == []
    form = CorrectionForm(text="The pier is shut.", reason="Misheard.")
    ground, watch = book.requirements().g, book.actor("watch")
    book.write(log.correct(ground, watch, book.log, entry, form, "right", files=book.files, track_of=lambda *_: None))
    assert [one.text.partition(": ")[2] for one in said()] == ["The pier is shut."] * 2
    assert said()[0].links[1] == Link("log", "right")
    one, _ = book.ccirs.hits.values()
    book.do("chief", rules.strike, one.id, f.StrikeForm(reason="Another harbour."))
    assert [found.links[0].id for found in said()] == [secret.id]
