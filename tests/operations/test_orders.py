"""Orders: staffed, issued once, numbered without gaps; an order where authority reaches, a request where not."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jointhq.base.errors import JointHQError, NotVisible, Refusal
from jointhq.journal.acts import Outcome
from jointhq.operations.forms import orders as f
from jointhq.operations.records.reports import Link
from jointhq.operations.rules import answers, missions, orders
from jointhq.operations.sources import done, requests, tasks
from jointhq.operations.views import board
from jointhq.operations.views.addressees import answered, current, reached, silent
from jointhq.operations.views.in_force import in_force, open_requests
from jointhq.operations.views.in_force import open_tasks as tasks_open
from jointhq.operations.views.names import order_name
from jointhq.release.label import Label
from tests.operations.orders_book import B_UNTIL_MS, HOUR_MS, POSTS, SECRET, START_MS, UNITS, Book, form, task
from tests.people.house import CLOSED, DOOR, OPEN


@pytest.fixture
def book() -> Book:
    return Book()


def refused(book: Book, post: str, act: Any, *args: Any) -> str:
    with pytest.raises(JointHQError) as error:
        book.do(post, act, *args)
    return error.value.code


# -- drafting


def test_drafts_that_one_may_not_see_take_none_of_his_room(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "DRAFTS_MAX", 2)
    for _ in range(2):
        book.draft("j3", label=DOOR.banner(SECRET))
    assert refused(book, "j3", orders.draft, "x", form()) == "too_many"
    for _ in range(2):
        book.draft("junior")
    assert refused(book, "junior", orders.draft, "x", form()) == "too_many"


def test_only_a_planner_of_a_unit_drafts_and_in_its_name(book: Book) -> None:
    assert refused(book, "a", orders.draft, "x", form()) == "not_permitted"
    assert refused(book, "nobody", orders.draft, "x", form()) == "no_unit"
    assert book.order(book.draft("planner")).written.unit == "JFHQ"


def test_the_label_is_what_the_parts_make_together(book: Book) -> None:
    one = book.order(book.draft(paragraphs=[
        {"name": "mission", "text": "Open."}, {"name": "situation", "text": "Closed.", "label": "CUI"},
    ]))  # fmt: skip
    assert [(p.name, p.label.level) for p in one.written.paragraphs] == [("situation", "CUI"), ("mission", "U")]
    assert one.label is not None
    assert DOOR.dominates(one.label, CLOSED)
    assert one.written.chosen == OPEN
    tasked = book.order(book.draft(tasks=[task("A", label="CUI")]))
    assert tasked.label is not None
    assert tasked.label.level == "CUI"
    to_hidden = book.order(book.draft(action=["D"]))  # that there is such a unit is in the order, too
    assert to_hidden.label is not None
    assert "NOFORN" in to_hidden.label.caveats


def test_what_its_author_could_not_see_is_refused(book: Book) -> None:
    assert refused(book, "junior", orders.draft, "x", form(label="CUI")) == "label_above_you"
    assert refused(book, "j3", orders.draft, "x", form(label="NONSENSE")) == "label_unknown"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"action": ["nowhere"]}, "unit_unknown"),
        ({"info": ["nowhere"]}, "unit_unknown"),
        ({"tasks": [task("A", coord_with=["nowhere"])]}, "unit_unknown"),
        ({"tasks": [task("A", verb="fly")]}, "verb_unknown"),
        ({"tasks": [task("A", lat=35.0)]}, "place_half"),
        ({"tasks": [task("A", start_ms=2, until_ms=1)]}, "dates"),
        ({"tasks": [task("A", id="t"), task("B", id="t")]}, "task_twice"),
        ({"paragraphs": [{"name": "mission", "text": "a"}, {"name": "mission", "text": "b"}]}, "paragraph_twice"),
        ({"type": "FRAGORD"}, "base"),
        ({"base": "x"}, "base"),
        ({"mission": "x"}, "not_found"),
        ({"supersedes": ["x"]}, "not_found"),
        ({"escalate_to": "x"}, "appointment_unknown"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_reason(book: Book, more: dict[str, Any], code: str) -> None:
    assert refused(book, "j3", orders.draft, "x", form(**more)) == code


def test_a_unit_that_one_may_not_see_is_as_one_that_is_not_there(book: Book) -> None:
    messages = set()
    for unit in ("D", "nowhere"):
        with pytest.raises(Refusal) as error:
            book.do("junior", orders.draft, "x", form(action=[unit]))
        messages.add((error.value.code, str(error.value), str(error.value.params)))
    assert len(messages) == 1


def test_a_hidden_order_is_as_an_absent_one_for_every_act(book: Book) -> None:
    hidden = book.issued(label="CUI", action=["B"])
    addressee = book.addressee(hidden, "B").id
    acts: list[tuple[Any, Any]] = [
        (orders.edit, form(version="x")), (orders.withdraw, f.ReasonForm(version="x", reason="x")),
        (orders.submit, f.SubmitForm(version="x")), (orders.concur, f.OpinionForm(version="x", office="J2")),
        (orders.object_to, f.OpinionForm(version="x", office="J2", note="x")),
        (orders.return_, f.NoteForm(version="x")), (orders.approve, f.NoteForm(version="x")),
        (orders.issue, f.VersionForm(version="x")), (orders.cancel, f.ReasonForm(version="x", reason="x")),
        (orders.complete, f.NoteForm(version="x")),
    ]  # fmt: skip
    to_addressee: list[tuple[Any, Any]] = [
        (answers.answer, f.AnswerForm(answer="wilco")), (answers.decide, f.DecisionForm(accept=True)),
    ]  # fmt: skip
    for post in ("junior", "b-open"):
        for act, given_form in acts:
            told = {said(book, post, act, one, given_form) for one in (hidden.id, "absent")}
            assert len(told) == 1, (post, act)
        for act, given_form in to_addressee:
            told = {said(book, post, act, one, given_form) for one in (addressee, "absent")}
            assert len(told) == 1, (post, act)


def said(book: Book, post: str, act: Any, *args: Any) -> str:
    with pytest.raises(NotVisible) as error:
        book.do(post, act, *args)
    return str(error.value)


# -- staffing


def test_staffing_waits_for_every_office_and_an_objection_for_a_word(book: Book) -> None:
    one = book.draft("planner")
    book.do("planner", orders.submit, one, f.SubmitForm(version=book.version(one), offices=("J2", "J4")))
    assert refused(book, "j3", orders.edit, one, form(version=book.version(one))) == "order_state"
    assert refused(book, "j3", orders.approve, one, f.NoteForm(version=book.version(one))) == "staffing_open"
    assert refused(book, "planner", orders.concur, one, f.OpinionForm(version=book.version(one), office="J2")) == (
        "not_permitted"
    )
    assert refused(book, "j3", orders.concur, one, f.OpinionForm(version=book.version(one), office="J9")) == (
        "office_not_asked"
    )
    book.do("j3", orders.concur, one, f.OpinionForm(version=book.version(one), office="J2"))
    assert refused(book, "j3", orders.object_to, one, f.OpinionForm(version=book.version(one), office="J4")) == (
        "reason_missing"
    )
    book.do("j3", orders.object_to, one, f.OpinionForm(version=book.version(one), office="J4", note="no fuel"))
    assert refused(book, "j3", orders.approve, one, f.NoteForm(version=book.version(one))) == "objection"
    book.do("j3", orders.approve, one, f.NoteForm(version=book.version(one), note="fuel is on its way"))
    assert (book.order(one).state, book.order(one).approved_by) == ("approved", "j3")
    book.do("planner", orders.return_, one, f.NoteForm(version=book.version(one), note="again"))
    assert (book.order(one).state, book.order(one).opinions) == ("draft", ())
    assert refused(book, "j3", orders.issue, one, f.VersionForm(version=book.version(one))) == "order_state"


def test_what_is_staffed_waits_for_who_can_take_it_on(book: Book) -> None:
    one = book.draft("planner")

    def waits() -> list[str]:
        return [board.row(book.scene(), book.actor(post), book.order(one)).waits for post in ("planner", "j3", "a")]

    assert waits() == ["", "", ""]
    book.do("planner", orders.submit, one, f.SubmitForm(version=book.version(one), offices=("J2",)))
    assert waits() == ["", "concur", ""]
    book.do("j3", orders.concur, one, f.OpinionForm(version=book.version(one), office="J2"))
    assert waits() == ["", "approve", ""]
    book.do("j3", orders.approve, one, f.NoteForm(version=book.version(one)))
    assert waits() == ["", "issue", ""]
    book.do("j3", orders.issue, one, f.VersionForm(version=book.version(one)))
    assert waits()[:2] == ["", ""]


def test_why_it_was_returned_stays_with_who_saw_it_then(book: Book) -> None:
    one = book.draft("planner", label="CUI")
    book.do("planner", orders.submit, one, f.SubmitForm(version=book.version(one)))
    book.do("j3", orders.return_, one, f.NoteForm(version=book.version(one), note="leave the convoy out"))
    book.do("planner", orders.edit, one, form(version=book.version(one)))
    notes = {
        post: board.body(book.scene(), book.actor(post), one, board.nobody_online).note for post in ("j3", "junior")
    }
    assert notes == {"j3": "leave the convoy out", "junior": ""}


@pytest.mark.parametrize("precedence", ["routine", "flash"])
def test_who_wrote_it_last_does_not_approve_it(book: Book, precedence: str) -> None:
    one = book.draft("planner", precedence=precedence)
    book.do("j3", orders.edit, one, form(version=book.version(one), precedence=precedence))
    book.do("planner", orders.submit, one, f.SubmitForm(version=book.version(one)))
    assert "approve" not in orders.may(book.scene(), book.actor("j3"), book.order(one))
    assert refused(book, "j3", orders.approve, one, f.NoteForm(version=book.version(one))) == "own_work"
    assert "approve" in orders.may(book.scene(), book.actor("chief"), book.order(one))
    book.do("chief", orders.approve, one, f.NoteForm(version=book.version(one)))
    assert book.order(one).state == "approved"


def test_who_saw_an_older_version_is_told(book: Book) -> None:
    one = book.draft()
    version = book.version(one)
    book.do("planner", orders.edit, one, form(version=version, title="Port"))
    assert refused(book, "j3", orders.edit, one, form(version=version)) == "changed_meanwhile"
    assert book.order(one).written.title == "Port"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"action": []}, "no_addressee"),
        ({"paragraphs": []}, "no_mission"),
    ],
)
def test_what_is_not_whole_is_not_staffed(book: Book, more: dict[str, Any], code: str) -> None:
    one = book.draft(**more)
    assert refused(book, "j3", orders.submit, one, f.SubmitForm(version=book.version(one))) == code


# -- issuing


def test_an_order_reaches_where_authority_does_and_is_a_request_beyond(book: Book) -> None:
    one = book.issued(
        tasks=[
            task("A", id="now"), task("B", id="today"), task("B", id="later", start_ms=B_UNTIL_MS),
            task("C", id="ally"),
        ],
        action=["JFHQ"], info=["HIGH"],
    )  # fmt: skip
    found = {(one.unit, one.role, one.refer_to, one.tasks) for one in map(book.orders.addressees.get, one.addressees)}  # type: ignore[union-attr]
    assert found == {
        ("A", "order", "", ("now",)),
        ("B", "order", "", ("today",)),
        ("B", "request", "HIGH", ("later",)),
        ("C", "request", "C", ("ally",)),
        ("JFHQ", "order", "", ()),
        ("HIGH", "info", "", ()),
    }


def test_it_is_issued_once_and_is_in_force_from_its_time(book: Book) -> None:
    one = book.issued(effective_ms=START_MS + HOUR_MS)
    assert refused(book, "j3", orders.issue, one.id, f.VersionForm(version=one.version)) == "order_state"
    assert refused(book, "j3", orders.edit, one.id, form(version=one.version)) == "order_state"
    assert refused(book, "j3", orders.withdraw, one.id, f.ReasonForm(version=one.version, reason="x")) == "order_state"
    assert [one.state_at(START_MS + hours * HOUR_MS) for hours in (0, 1)] == ["issued", "in_force"]
    assert book.issued(effective_ms=1).effective_ms == START_MS, "nothing applies before it is issued"


def test_numbers_run_by_type_and_base_and_by_label(book: Book) -> None:
    first = book.issued()
    names = [
        book.issued().serial,
        book.issued(type="WARNORD").serial,
        book.issued(label="CUI").serial,
        book.issued(type="FRAGORD", base=first.id, paragraphs=[{"name": "execution", "text": "x"}]).serial,
        book.issued(type="FRAGORD", base=first.id, paragraphs=[{"name": "execution", "text": "y"}]).serial,
    ]
    assert names == [
        "OPORD 2/23", "WARNORD 1/23", "OPORD 1/23", "FRAGORD 1 to OPORD 1/23", "FRAGORD 2 to OPORD 1/23"
    ]  # fmt: skip


def test_the_name_of_an_order_says_whose_it_is_as_far_as_one_may_know(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = book.issued(tasks=[task("A", id="t")])
    change = book.issued(type="FRAGORD", base=ours.id, paragraphs=[{"name": "execution", "text": "x"}])
    theirs = msgspec.structs.replace(ours, written=msgspec.structs.replace(ours.written, unit="HIGH"))
    scene, junior, j3 = book.scene(), book.actor("junior"), book.actor("j3")
    names = [order_name(scene.authority, junior.reader, one) for one in (ours, theirs, change)]
    assert names == ["JFHQ OPORD 1/23", "HIGH OPORD 1/23", "JFHQ FRAGORD 1 to OPORD 1/23"]
    assert order_name(scene.authority, j3.reader, book.order(book.draft())) == "", "a draft has no number yet"
    monkeypatch.setitem(UNITS, "JFHQ", SECRET)  # from now on its name is not for everybody
    one = board.body(scene, junior, change.id, board.nobody_online)
    said = [found.text for found in tasks(book.scene, junior.reader, 0, START_MS, "en")]
    assert (one.row.name, one.row.base_name) == ("FRAGORD 1 to OPORD 1/23", "OPORD 1/23")
    assert b"JFHQ" not in msgspec.json.encode((one, said))
    (found,) = tasks(book.scene, j3.reader, 0, START_MS, "en")
    assert "JFHQ OPORD 1/23" in found.text
    assert found.label == DOOR.merge([OPEN, SECRET]), "a sentence that names the issuer is as narrow as its name"


def test_a_change_and_its_base_read_as_one_text(book: Book) -> None:
    base = book.issued(
        paragraphs=[{"name": "mission", "text": "m"}, {"name": "execution", "text": "old"}],
        tasks=[task("A", id="t1"), task("A", id="t2")],
    )
    soon = START_MS + HOUR_MS
    book.issued(type="FRAGORD", base=base.id, effective_ms=soon, ends_tasks=["t1"], tasks=[task("A", id="t3")],
                paragraphs=[{"name": "execution", "text": "new"}], action=[])  # fmt: skip
    secret = book.issued(type="FRAGORD", base=base.id, effective_ms=soon, label="CUI",
                         paragraphs=[{"name": "logistics", "text": "hidden"}])  # fmt: skip

    def text(post: str, now_ms: int) -> tuple[list[str], list[str]]:
        reader = book.actor(post).reader
        whole = in_force(book.orders, base, lambda label: DOOR.may_see(reader, label, now_ms), now_ms)
        return [p.text for _, p in whole.paragraphs], [t.id for _, t in whole.tasks]

    assert text("j3", START_MS) == (["m", "old"], ["t1", "t2"])
    assert text("j3", soon) == (["m", "new", "hidden"], ["t2", "t3"])
    assert text("junior", soon) == (["m", "new"], ["t2", "t3"])
    book.do("j3", orders.cancel, secret.id, f.ReasonForm(version=book.version(secret.id), reason="x"))
    assert text("j3", soon) == (["m", "new"], ["t2", "t3"])
    assert open_tasks(book, soon) == {"t2", "t3"}
    base = book.order(base.id)
    book.do("j3", orders.complete, base.id, f.NoteForm(version=base.version))
    assert {one.state for one in book.orders.changes_of(base.id)} == {"complete", "cancelled"}
    assert list(book.orders.live_addressees()) == []


def open_tasks(book: Book, now_ms: int = START_MS, post: str = "j3") -> set[str]:
    reader = book.actor(post).reader
    return {one.id for _, one, _ in tasks_open(book.orders, lambda label: DOOR.may_see(reader, label, now_ms), now_ms)}


def test_what_is_open_is_what_is_in_force(book: Book) -> None:
    base = book.issued(tasks=[task("A", id="t1"), task("A", id="t2")])

    def change(**more: Any) -> str:
        return book.issued(type="FRAGORD", base=base.id, paragraphs=[], **{"action": ["A"], **more}).id

    ends = change(ends_tasks=["t1"])
    assert open_tasks(book) == {"t2"}
    book.do("j3", orders.cancel, ends, f.ReasonForm(version=book.version(ends), reason="x"))
    assert open_tasks(book) == {"t1", "t2"}
    change(ends_tasks=["t2"], effective_ms=START_MS + HOUR_MS)
    assert (open_tasks(book), open_tasks(book, START_MS + HOUR_MS)) == ({"t1", "t2"}, {"t1"})
    change(tasks=[task("A", id="t3")])
    assert open_tasks(book) == {"t1", "t2", "t3"}
    change(ends_tasks=["t3"])
    assert open_tasks(book) == {"t1", "t2"}
    change(ends_tasks=["t1"], label="CUI")
    assert (open_tasks(book), open_tasks(book, post="junior")) == ({"t2"}, {"t1", "t2"})


def test_who_loses_a_task_is_addressed(book: Book) -> None:
    base = book.issued(tasks=[task("A", id="t1"), task("B", id="t2")])
    more: dict[str, Any] = {"type": "FRAGORD", "base": base.id, "ends_tasks": ["t1", "t2"]}
    with pytest.raises(Refusal, match="address B") as error:
        book.draft(**more, action=["A"], info=["B"])
    assert (error.value.code, error.value.params["units"]) == ("unit_not_addressed", ["B"])
    assert book.issued(**more, action=["A"], tasks=[task("B", id="t3")]).state == "issued"


def test_a_hidden_task_is_none_to_end(book: Book) -> None:
    base = book.issued()
    book.issued(type="FRAGORD", base=base.id, label="CUI", tasks=[task("A", id="t1")])
    for one in ("t1", "none"):
        assert refused(book, "junior", orders.draft, "x", form(type="FRAGORD", base=base.id, ends_tasks=[one])) == (
            "task_unknown"
        )


def test_a_new_order_takes_the_place_of_an_old_one(book: Book) -> None:
    old = book.issued(type="WARNORD")
    new = book.issued(supersedes=[old.id], label="CUI")
    old = book.order(old.id)
    assert (old.state, old.superseded_by) == ("superseded", new.id)
    ended = book.records[-1]
    assert ended.label == old.label
    assert new.id.encode() not in bytes(ended.body), "who may not see the new one doesn't learn of it from the old"
    assert refused(book, "j3", orders.draft, "x", form(supersedes=[old.id])) == "supersedes"


# -- answers


def test_a_unit_answers_for_itself_alone(book: Book) -> None:
    one = book.addressee(book.issued(), "A").id
    wilco = f.AnswerForm(answer="wilco")
    assert refused(book, "b", answers.answer, one, wilco) == "not_addressed"
    assert refused(book, "j3", answers.answer, one, wilco) == "not_addressed"
    book.do("a", answers.answer, one, f.AnswerForm(answer="acknowledged"))
    book.do("a", answers.answer, one, wilco)
    records = len(book.records)
    book.do("a", answers.answer, one, wilco)
    assert len(book.records) == records, "what is said twice is written once"
    assert refused(book, "a", answers.answer, one, f.AnswerForm(answer="acknowledged")) == "answer_order"
    assert refused(book, "a", answers.answer, one, f.AnswerForm(answer="cantco")) == "reason_missing"
    book.do("a", answers.answer, one, f.AnswerForm(answer="cantco", reason="no fuel"))
    book.do("a", answers.answer, one, f.AnswerForm(answer="havco"))
    last = book.records[-1]
    assert (last.person, last.appointment) == ("p-a", "a")
    assert refused(book, "a", answers.answer, one, f.AnswerForm(answer="wilco")) == "answer_order"


def test_what_waits_for_a_unit_is_an_answer_that_is_owed(book: Book) -> None:
    until = START_MS + HOUR_MS
    order = book.issued(tasks=[task("A", id="t1", until_ms=until), task("B", id="t2", start_ms=B_UNTIL_MS)], info=["C"])

    def waits(post: str) -> str:
        return board.row(book.scene(), book.actor(post), book.order(order.id)).waits

    def say(answer: str, **more: Any) -> None:
        form_ = msgspec.convert({"answer": answer, **more}, f.AnswerForm)
        book.do("a", answers.answer, book.addressee(order, "A").id, form_)

    assert [waits(post) for post in ("a", "high", "c", "j3", "nobody")] == ["answer", "decide", "", "", ""]
    say("acknowledged")
    assert waits("a") == "agree", "understood, not agreed"
    say("wilco")
    assert waits("a") == ""
    book.now_ms = until
    assert waits("a") == "comply", "its time is over, and nobody has heard"
    say("cantco", reason="storm")
    assert waits("a") == ""
    say("havco")
    assert waits("a") == ""
    book.do("high", answers.decide, book.addressee(order, "B").id, f.DecisionForm(accept=True))
    assert (waits("high"), waits("b")) == ("", "answer")


def test_a_report_says_what_was_ordered_and_what_became_of_it(book: Book) -> None:
    def said(post: str = "j3", from_ms: int = START_MS, to_ms: int = START_MS + HOUR_MS, language: str = "en") -> Any:
        return [one.text for one in done(book.scene, book.actor(post).reader, from_ms, to_ms, language)]

    order = book.issued(tasks=[task("A", id="t1"), task("B", id="t2", what="the pier")], action=[])
    at, later = "142213Z", "150013Z"
    ordered = f"{at}: JFHQ OPORD 1/23 issued to A, B: Harbour."
    assert said() == [ordered]
    a, b = (book.addressee(order, unit).id for unit in "AB")
    book.do("a", answers.answer, a, f.AnswerForm(answer="acknowledged"))
    assert said() == [ordered], "a receipt is none"
    book.do("a", answers.answer, a, f.AnswerForm(answer="wilco"))
    book.do("a", answers.answer, a, f.AnswerForm(answer="havco"))
    book.do("b", answers.answer, b, f.AnswerForm(answer="cantco", reason="no ship"))
    whole = [ordered, f"{at}: A HAVCO, JFHQ OPORD 1/23: patrol the bay.",
             f"{at}: B CANTCO, JFHQ OPORD 1/23: patrol the pier (no ship)."]  # fmt: skip
    assert said() == whole
    assert said(language="ja")[2] == f"{at}:B CANTCO、JFHQ OPORD 1/23:patrol the pier(no ship)。"
    assert said(from_ms=START_MS + 1) == said(to_ms=START_MS) == [], "of the period, and of nothing else"
    found = list(done(book.scene, book.actor("j3").reader, START_MS, START_MS + HOUR_MS, "en"))
    assert [(one.label, one.links[0]) for one in found] == [(OPEN, Link("order", order.id))] * 3
    assert len({one.links for one in found}) == 3, "each rests on something of its own"
    book.now_ms += 2 * HOUR_MS
    book.do("j3", orders.cancel, order.id, f.ReasonForm(version=book.version(order.id), reason="over"))
    assert said() == whole
    assert said(from_ms=book.now_ms, to_ms=book.now_ms + 1) == [f"{later}: JFHQ OPORD 1/23 cancelled."]


def test_a_report_says_what_was_asked_and_decided_and_no_more_than_its_writer_may_know(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = book.issued(tasks=[task("B", id="t", start_ms=B_UNTIL_MS)])
    book.do("high", answers.decide, book.addressee(order, "B").id, f.DecisionForm(accept=False, note="Too far"))

    def found(post: str) -> Any:
        return list(done(book.scene, book.actor(post).reader, START_MS, START_MS + 1, "en"))

    monkeypatch.setitem(UNITS, "A", SECRET)  # since it was issued
    ordered, declined = found("j3")
    assert (ordered.text[9:], ordered.label) == ("JFHQ OPORD 1/23 issued to B, A: Harbour.", DOOR.merge([OPEN, SECRET]))
    assert declined.text[9:] == "JFHQ OPORD 1/23, request to HIGH for B: declined (Too far)."
    assert [one.text[9:] for one in found("junior")] == [
        "JFHQ OPORD 1/23 issued to B: Harbour.", declined.text[9:]
    ]  # fmt: skip
    monkeypatch.setitem(UNITS, "B", SECRET)
    assert [one.text[9:] for one in found("junior")] == ["JFHQ OPORD 1/23 issued: Harbour."]


def test_who_is_informed_acknowledges_and_no_more(book: Book) -> None:
    one = book.addressee(book.issued(info=["B"]), "B").id
    assert refused(book, "b", answers.answer, one, f.AnswerForm(answer="wilco")) == "info_only"
    book.do("b", answers.answer, one, f.AnswerForm(answer="acknowledged"))


def test_a_request_is_decided_where_the_authority_is_and_becomes_an_order(book: Book) -> None:
    order = book.issued(tasks=[task("B", id="t", start_ms=B_UNTIL_MS)], action=[])
    one = book.addressee(order, "B")
    assert (one.recipient, one.phase) == ("HIGH", "request")
    assert (open_tasks(book), len(list(open_requests(book.orders, lambda _: True)))) == (set(), 1)
    assert refused(book, "b", answers.decide, one.id, f.DecisionForm(accept=True)) == "not_addressed"
    assert refused(book, "high", answers.decide, one.id, f.DecisionForm(accept=False)) == "reason_missing"
    assert refused(book, "high", answers.answer, one.id, f.AnswerForm(answer="wilco")) == "request_open"
    book.do("high", answers.answer, one.id, f.AnswerForm(answer="acknowledged"))
    book.now_ms += HOUR_MS
    book.do("high", answers.decide, one.id, f.DecisionForm(accept=True))
    one = book.addressee(order, "B")
    assert (one.recipient, one.phase, one.since_ms) == ("B", "order", START_MS + HOUR_MS)
    assert (reached(one, one.steps), silent(one), answered(current(one))) == ("accepted", True, "")
    assert book.orders.to_answer("HIGH") == []
    assert book.orders.to_answer("B") == [one]
    assert (open_tasks(book), list(open_requests(book.orders, lambda _: True))) == ({"t"}, [])
    book.do("b", answers.answer, one.id, f.AnswerForm(answer="wilco"))
    one = book.addressee(order, "B")
    assert reached(one, one.steps) == "wilco"


@pytest.mark.parametrize(("language", "says"), [("en", "not answered"), ("ja", "未回答")])
def test_a_request_is_told_until_it_is_decided(book: Book, language: str, says: str) -> None:
    order = book.issued(tasks=[task("B", id="t", start_ms=B_UNTIL_MS)], action=[], label="CUI")

    def told(post: str) -> list[str]:
        return [one.text for one in requests(book.scene, book.actor(post).reader, 0, 0, language)]

    (text,) = told("planner")
    assert all(part in text for part in (says, "JFHQ OPORD 1/23", "B", "HIGH"))
    assert told("junior") == []
    book.do("high", answers.decide, book.addressee(order, "B").id, f.DecisionForm(accept=True))
    assert told("planner") == []


def test_a_request_that_was_declined_stays_so(book: Book) -> None:
    one = book.addressee(book.issued(action=["C"]), "C")
    book.do("c", answers.decide, one.id, f.DecisionForm(accept=False, note="not now"))
    assert refused(book, "c", answers.decide, one.id, f.DecisionForm(accept=True)) == "request_decided"
    one = book.orders.addressees[one.id]
    assert reached(one, one.steps) == "declined"


def test_nothing_is_answered_to_what_has_ended(book: Book) -> None:
    order = book.issued()
    one = book.addressee(order, "A").id
    book.do("j3", orders.cancel, order.id, f.ReasonForm(version=book.version(order.id), reason="storm"))
    assert refused(book, "a", answers.answer, one, f.AnswerForm(answer="wilco")) == "order_over"


def test_what_a_client_says_raises_the_label_of_the_answer_and_of_nothing_else(book: Book) -> None:
    order = book.issued()
    one = book.addressee(order, "A").id
    said = Label(policy=CLOSED.policy, level="CUI", owner="USA", groups=("Blue",))
    book.do("a", answers.answer, one, f.AnswerForm(answer="wilco"), client="UID", said=said)
    (step,) = book.orders.addressees[one].steps
    assert step.label is not None
    assert (step.label.level, step.label.groups, step.way) == ("CUI", (), "tak")
    assert book.order(order.id).label == OPEN


# -- silence


@pytest.mark.parametrize(
    ("precedence", "minutes"), [("flash", 10), ("immediate", 30), ("priority", 180), ("routine", 360)]
)
def test_silence_past_the_norm_is_told_once(book: Book, precedence: str, minutes: int) -> None:
    order = book.issued(precedence=precedence, action=["A", "B", "C"], info=["HIGH"], escalate_to="planner")
    book.do("a", answers.answer, book.addressee(order, "A").id, f.AnswerForm(answer="acknowledged"))
    book.now_ms += minutes * 60_000 - 1
    assert list(answers.escalations(book.scene())) == []
    book.now_ms += 1
    drafts = list(answers.escalations(book.scene()))
    assert {draft.subject for draft in drafts} == {book.addressee(order, unit).id for unit in ("B", "C")}
    assert {(draft.person, draft.appointment) for draft in drafts} == {("", "")}
    book.write(Outcome(drafts))
    assert [step.appointment for step in book.addressee(order, "B").steps] == ["planner"]
    assert list(answers.escalations(book.scene())) == []
    book.do("c", answers.decide, book.addressee(order, "C").id, f.DecisionForm(accept=True))
    book.now_ms += minutes * 60_000
    (again,) = answers.escalations(book.scene())  # it is another silence: now the unit's own
    assert again.subject == book.addressee(order, "C").id
    assert again.id not in {draft.id for draft in drafts}


# -- missions


def test_missions_are_given_taken_on_changed_and_ended(book: Book) -> None:
    def mission(**more: Any) -> f.MissionForm:
        return msgspec.convert({"title": "Relief", "text": "x", "from_ms": 1, **more}, f.MissionForm)

    assert refused(book, "planner", missions.add, "m", mission()) == "not_permitted"
    book.do("j3", missions.add, "m", mission(given_by="HIGH", label="CUI"))
    one = book.orders.missions["m"]
    assert (one.written.unit, one.written.given_by) == ("JFHQ", "HIGH")
    assert refused(book, "junior", missions.change, "m", mission(version=one.version)) == "not_found"
    assert book.order(book.draft(mission="m")).label == one.label
    book.do("j3", missions.change, "m", mission(version=one.version, title="Aid"))
    one = book.orders.missions["m"]
    book.do("j3", missions.end, "m", f.ReasonForm(version=one.version, reason="done"))
    again = f.ReasonForm(version=book.orders.missions["m"].version, reason="x")
    assert refused(book, "j3", missions.end, "m", again) == "mission_over"


# -- whatever anybody does in whatever order

posts = st.sampled_from([*POSTS, *["j3"] * 10])
labels = st.sampled_from(["", "CUI", "CUI//NOFORN"])
units = st.lists(st.sampled_from(["A", "B", "C", "D", "HIGH", "JFHQ"]), max_size=3)
WORDS = ["acknowledged", "wilco", "cantco", "havco", "yes", "no", "opened", "sent"]
starts = st.sampled_from([None, START_MS, B_UNTIL_MS - 1, B_UNTIL_MS])


class Anybody(RuleBasedStateMachine):
    """Everybody tries everything."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.fixed: dict[str, Any] = {}

    @initialize()
    def begin(self) -> None:
        for label in ("", "CUI"):
            order = self.book.issued(action=["A", "B", "C"], info=["HIGH"], label=label)
            self.fixed[order.id] = order.written

    def do(self, post: str, act: Any, *args: Any, **more: Any) -> bool:
        try:
            self.book.do(post, act, *args, **more)
        except JointHQError:
            return False
        return True

    def one(self, index: int) -> str:
        ids = list(self.book.orders.orders)
        return ids[index % len(ids)] if ids else "none"

    def version(self, order_id: str) -> str:
        order = self.book.orders.orders.get(order_id)
        return order.version if order else "x"

    @rule(post=posts, action=units, info=units, tasked=units, start=starts, base=st.integers(0, 30),
          kind=st.sampled_from(["OPORD", "WARNORD", "FRAGORD"]), label=labels, part=labels,
          precedence=st.sampled_from(["flash", "routine"]))  # fmt: skip
    def draft(
        self, post: str, action: list[str], info: list[str], tasked: list[str], start: int | None, base: int,
        kind: str, label: str, part: str, precedence: str,
    ) -> None:  # fmt: skip
        self.do(post, orders.draft, self.book.new_id(), form(
            type=kind, action=action, info=info, tasks=[task(unit, start_ms=start) for unit in tasked], label=label,
            base=self.one(base) if kind == "FRAGORD" else "", precedence=precedence,
            paragraphs=[{"name": "mission", "text": "x", "label": part}],
        ))  # fmt: skip

    @rule(post=posts, index=st.integers(0, 30))
    def forward(self, post: str, index: int) -> None:
        """Take an order to its next state, as far as this one may."""
        one = self.one(index)
        self.do(post, orders.submit, one, f.SubmitForm(version=self.version(one), offices=("J2",)))
        self.do(post, orders.concur, one, f.OpinionForm(version=self.version(one), office="J2"))
        self.do(post, orders.approve, one, f.NoteForm(version=self.version(one)))
        self.do("chief", orders.approve, one, f.NoteForm(version=self.version(one)))
        if self.do(post, orders.issue, one, f.VersionForm(version=self.version(one))):
            assert "command" in POSTS[post][1]
            self.fixed[one] = self.book.order(one).written

    @rule(
        post=posts, index=st.integers(0, 30), what=st.sampled_from(["edit", "return", "withdraw", "cancel", "complete"])
    )
    def other(self, post: str, index: int, what: str) -> None:
        one = self.one(index)
        version = self.version(one)
        match what:
            case "edit":
                self.do(post, orders.edit, one, form(version=version, title="other"))
            case "return":
                self.do(post, orders.return_, one, f.NoteForm(version=version))
            case "withdraw":
                self.do(post, orders.withdraw, one, f.ReasonForm(version=version, reason="x"))
            case "cancel":
                self.do(post, orders.cancel, one, f.ReasonForm(version=version, reason="x"))
            case _:
                self.do(post, orders.complete, one, f.NoteForm(version=version))

    @rule(post=posts, whose=st.sampled_from(["its", "any"]), index=st.integers(0, 60), what=st.sampled_from(WORDS))
    def answer(self, post: str, whose: str, index: int, what: str) -> None:
        """Answer for an addressee: as one of its own people, or as anybody."""
        ids = list(self.book.orders.addressees)
        if not ids:
            return
        one = self.book.orders.addressees[ids[index % len(ids)]]
        if whose == "its":
            post = next((name for name, (unit, *_) in POSTS.items() if unit == one.recipient), post)
        match what:
            case "yes" | "no":
                done = self.do(post, answers.decide, one.id, f.DecisionForm(accept=what == "yes", note="n"))
            case "opened" | "sent":
                done = self.do(post, answers.on_device, one.id, what, f"UID-{post}")
            case _:
                done = self.do(post, answers.answer, one.id, f.AnswerForm(answer=what, reason="r"))  # type: ignore[arg-type]
        if done:
            assert POSTS[post][0] == one.recipient

    @rule(hours=st.integers(0, 9))
    def time_passes(self, hours: int) -> None:
        self.book.now_ms += hours * HOUR_MS
        self.book.write(Outcome(list(answers.escalations(self.book.scene()))))
        assert not list(answers.escalations(self.book.scene()))

    @invariant()
    def numbers_have_no_gap(self) -> None:
        by_series: dict[str, list[int]] = {}
        for order in self.book.orders.orders.values():
            if order.number:
                by_series.setdefault(order.series, []).append(order.number)
        for numbers in by_series.values():
            assert sorted(numbers) == list(range(1, len(numbers) + 1))

    @invariant()
    def what_was_issued_stays_as_it_was(self) -> None:
        for one, written in self.fixed.items():
            assert self.book.order(one).written == written

    @invariant()
    def an_order_reaches_only_where_authority_does(self) -> None:
        for one in self.book.orders.addressees.values():
            order = self.book.order(one.order)
            tasks = [order.task(task_id) for task_id in one.tasks]
            starts = [max(task.start_ms or 0, order.effective_ms) for task in tasks if task] or [order.effective_ms]
            for start in starts if one.role != "info" else ():
                reaches = one.unit in ("A", "D", "JFHQ") or (one.unit == "B" and start < B_UNTIL_MS)
                assert reaches == (one.role == "order")

    @invariant()
    def whoever_sees_it_may_see_its_parts(self) -> None:
        for order in self.book.orders.orders.values():
            labels = {one.label for one in order.written.paragraphs} | {one.label for one in order.written.tasks}
            assert all(DOOR.dominates(order.label, label) for label in labels)
            if order.written.base:
                assert DOOR.dominates(order.label, self.book.order(order.written.base).label)

    @invariant()
    def it_follows_from_the_records_alone(self) -> None:
        assert self.book.rebuilt().state() == self.book.orders.state()

    @invariant()
    def who_has_to_answer_is_known(self) -> None:
        live = {one.id for one in self.book.orders.live_addressees()}
        assert live == {one.id for one in self.book.orders.addressees.values() if self.book.order(one.order).live}
        for unit in ("A", "B", "C", "D", "HIGH", "JFHQ"):
            assert {one.recipient for one in self.book.orders.to_answer(unit)} <= {unit}


TestAnybody = Anybody.TestCase
TestAnybody.settings = settings(max_examples=40, stateful_step_count=40)


@given(st.permutations(["sent", "delivered", "opened", "acknowledged", "wilco"]))
def test_a_state_never_goes_back_for_a_late_receipt(order_of: list[str]) -> None:
    book = Book()
    one = book.addressee(book.issued(), "A").id
    for what in order_of:
        if what in ("sent", "delivered", "opened"):
            book.do("a", answers.on_device, one, what, "UID")
        elif not (what == "acknowledged" and answered(book.orders.addressees[one].steps)):
            book.do("a", answers.answer, one, f.AnswerForm(answer=what))  # type: ignore[arg-type]
    assert reached(book.orders.addressees[one], book.orders.addressees[one].steps) == "wilco"
