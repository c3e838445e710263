"""Requests for information: asked under a number, triaged, answered, and closed by who asked."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.errors import JointHQError, NotVisible, Refusal
from jointhq.operations.forms import rfi as f
from jointhq.operations.forms.orders import MissionForm, NoteForm
from jointhq.operations.rules import ccir as ccirs
from jointhq.operations.rules import missions, orders
from jointhq.operations.rules import rfi as rules
from jointhq.operations.views import alike as questions
from jointhq.operations.views import rfi as views
from jointhq.operations.views.rfibook import NEXT, Rfis
from tests.operations.orders_book import form as order
from tests.operations.requirements_book import HOUR_MS, START_MS, RequirementsBook, ccir, rfi
from tests.people.house import DOOR


@pytest.fixture
def book() -> RequirementsBook:
    return RequirementsBook()


def refused(book: RequirementsBook, post: str, rule: Any, rfi_id: str, **more: Any) -> str:
    records = len(book.records)
    with pytest.raises(JointHQError) as error:
        book.step(post, rule, rfi_id, **more)
    assert len(book.records) == records
    return error.value.code


def not_asked(book: RequirementsBook, post: str = "watch", **more: Any) -> str:
    with pytest.raises(JointHQError) as error:
        book.asked(post, **more)
    return error.value.code


# -- asking


def test_who_keeps_the_log_of_a_unit_asks_in_its_name(book: RequirementsBook) -> None:
    assert not_asked(book, "planner") == "not_permitted"
    one = book.asked()
    assert (one.serial, one.asked.unit, book.standing(one.id).state) == ("RFI 1/23", "JFHQ", "new")
    assert book.asked(label="CUI").serial == "RFI 1/23", "a number of its own for each label"
    assert book.asked().serial == "RFI 2/23"
    assert book.asked("a-log", asked_of="JFHQ").serial == "RFI 1/23"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"asked_of": "nowhere"}, "unit_unknown"),
        ({"asked_of": "B"}, "nobody_reads"),  # nobody keeps a log there
        ({"ltiov_ms": START_MS}, "ltiov_past"),
        ({"label": "NONSENSE"}, "label_unknown"),
    ],
)
def test_what_cannot_be_asked_is_refused(book: RequirementsBook, more: dict[str, Any], code: str) -> None:
    assert not_asked(book, **more) == code


def test_a_unit_that_one_may_not_see_is_as_one_that_is_not_there(book: RequirementsBook) -> None:
    assert {not_asked(book, "desk-open", asked_of=unit) for unit in ("D", "nowhere")} == {"unit_unknown"}


def test_whatever_memory_has_no_room_for_is_refused_in_the_same_words(
    book: RequirementsBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = set()
    for module, name in ((rules, "RFIS_MAX"), (ccirs, "CCIRS_MAX"), (orders, "ORDERS_MAX"), (missions, "MISSIONS_MAX")):
        monkeypatch.setattr(module, name, 0)
    mission = MissionForm(title="t", text="t", from_ms=START_MS)
    acts: list[Any] = [(rules.ask, rfi()), (ccirs.draft, ccir()), (orders.draft, order()), (missions.add, mission)]
    for act, asked in acts:
        with pytest.raises(Refusal) as error:
            book.do("all", act, "x", asked)
        said.add((error.value.code, str(error.value), str(error.value.params)))
    assert len(said) == 1
    assert said.pop()[0] == "full"


# -- its way


def test_from_asked_to_satisfied(book: RequirementsBook) -> None:
    one = book.asked()
    assert refused(book, "a", rules.validate, one.id) == "not_your_desk"
    assert refused(book, "watch", rules.validate, one.id) == "not_your_desk"
    assert refused(book, "a-log", rules.task, one.id, appointment="a2") == "not_in_state"
    book.step("a-log", rules.validate, one.id)
    assert refused(book, "a-log", rules.task, one.id, appointment="chief") == "appointment_unknown"
    book.step("a-log", rules.task, one.id, appointment="a2")
    assert refused(book, "a", rules.answer, one.id, text="x") == "not_your_desk"
    book.step("a2", rules.answer, one.id, text="Three.")
    assert refused(book, "watch", rules.reopen, one.id) == "note_missing"
    book.step("desk", rules.reopen, one.id, note="Which?")
    assert book.standing(one.id).to == "a2"
    book.step("a2", rules.answer, one.id, text="Akashia, Botan, Sakura.")
    book.step("watch", rules.satisfy, one.id)
    now = book.standing(one.id)
    assert (now.state, [step.what for step in now.steps]) == (
        "satisfied",
        ["validated", "tasked", "answered", "reopened", "answered", "satisfied"],
    )
    assert refused(book, "watch", rules.withdraw, one.id) == "not_in_state"
    book.step("watch", rules.reopen, one.id, note="One has sunk.")
    assert book.standing(one.id).state == "tasked"


def test_who_asked_does_not_validate_it_himself(book: RequirementsBook) -> None:
    one = book.asked(asked_of="JFHQ")
    assert refused(book, "watch", rules.validate, one.id) == "own_work"
    assert "validated" not in views.body(book.requirements(), book.actor("watch"), one.id).actions
    book.step("desk", rules.validate, one.id)


def test_it_is_returned_asked_in_other_words_and_withdrawn(book: RequirementsBook) -> None:
    one = book.asked(label="CUI")
    book.step("a-log", rules.return_, one.id, note="Which harbour?")
    now = book.standing(one.id, "watch")
    form = rfi(question="How many ferries in Naha?", version=now.version)
    book.do("watch", rules.edit, one.id, form)
    after = book.standing(one.id)
    assert (after.state, after.text.question) == ("new", "How many ferries in Naha?")
    assert book.records[-1].label == one.label
    with pytest.raises(JointHQError) as error:
        book.do("watch", rules.edit, one.id, form)
    assert error.value.code == "changed_meanwhile"
    book.step("watch", rules.withdraw, one.id)
    assert refused(book, "a-log", rules.validate, one.id) == "not_in_state"


def test_what_is_edited_is_for_all_who_see_it(book: RequirementsBook) -> None:
    one = book.asked()
    version = book.standing(one.id, "watch").version
    with pytest.raises(JointHQError) as error:
        book.do("watch", rules.edit, one.id, rfi(asked_of="D", version=version))
    assert error.value.code == "unit_narrower"


def test_what_is_asked_of_another_unit_is_read_there_too(book: RequirementsBook) -> None:
    one, hidden = book.asked(), book.asked(label="CUI")
    asked = [(one.id, "B"), (hidden.id, "E")]  # nobody keeps a log in B; who does in E may see no CUI
    for rfi_id, unit in asked:
        with pytest.raises(JointHQError) as error:
            book.do("watch", rules.edit, rfi_id, rfi(asked_of=unit, version=book.standing(rfi_id, "watch").version))
        assert error.value.code == "nobody_reads"
    book.do("watch", rules.edit, one.id, rfi(asked_of="E", version=book.standing(one.id, "watch").version))


def test_what_goes_back_and_forth_too_long_can_still_be_ended(
    book: RequirementsBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "STEPS_MAX", 4)
    one = book.asked()
    book.steps(one.id)
    assert refused(book, "watch", rules.reopen, one.id, note="Which?") == "too_many"
    other = book.asked(question="Is the road open?")
    book.steps(other.id, until="tasked")
    book.step("a-log", rules.task, other.id, appointment="a2")
    book.step("a-log", rules.task, other.id, appointment="a2")
    assert refused(book, "a-log", rules.task, other.id, appointment="a2") == "too_many"
    book.step("watch", rules.withdraw, other.id)


# -- similar ones


def test_similar_ones_are_looked_at_before_one_is_tasked(book: RequirementsBook) -> None:
    first = book.asked()
    hidden = book.asked(question="How many ferries carry trucks now?", label="CUI")
    other = book.asked(question="Is the road to Nago open?")
    second = book.asked("desk", question="The number of ferries that can carry trucks?")
    book.step("a-log", rules.validate, second.id)
    shown = views.body(book.requirements(), book.actor("a-log"), second.id).similar
    assert {one.id for one in shown} == {first.id, hidden.id}
    assert other.id not in {one.id for one in shown}
    assert refused(book, "a-log", rules.task, second.id, appointment="a2", checked=[first.id]) == "similar"
    low = views.body(book.requirements(), book.actor("a-log-open"), second.id).similar
    assert [one.id for one in low] == [first.id]
    book.step("a-log-open", rules.task, second.id, appointment="a2", checked=[first.id])
    assert book.standing(second.id).state == "tasked"


def test_a_duplicate_names_the_other(book: RequirementsBook) -> None:
    first, second = book.asked(), book.asked("desk", label="CUI")
    assert refused(book, "a-log", rules.return_, first.id, note="x", duplicate_of=first.id) == "duplicate"
    assert refused(book, "a-log-open", rules.return_, first.id, note="x", duplicate_of=second.id) == "not_found"
    book.step("a-log", rules.return_, first.id, note="Asked before.", duplicate_of=second.id)
    names = [
        views.body(book.requirements(), book.actor(post), first.id).steps[-1].duplicate_of
        for post in ("watch", "desk-open")
    ]
    assert names[0] is not None
    assert (names[0].id, names[1]) == (second.id, None)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("How many ferries can carry trucks?", "Number of ferries able to carry trucks", True),
        ("トラックを運べるフェリーは何隻か", "フェリーでトラックを運べるのは何隻か", True),
        ("How many ferries can carry trucks?", "Is the road to Nago open?", False),
        ("トラックを運べるフェリーは何隻か", "名護への道路は通れるか", False),
        ("?", "?", False),
    ],
)
def test_questions_are_compared_by_their_words(one: str, other: str, alike: bool) -> None:  # noqa: FBT001
    assert (questions.alike(one, other) >= questions.ALIKE) == alike
    assert questions.alike(one, other) == questions.alike(other, one)


ASKED = st.lists(
    st.sampled_from(["ferry", "truck", "harbour", "road", "the", "Naha", "フェリー", "港", "道路は通れるか"]),
    max_size=6,
).map(" ".join)


@given(st.lists(st.tuples(ASKED, st.sampled_from(["", "", "CUI"]), st.none() | ASKED), max_size=12), ASKED)
@settings(max_examples=100, deadline=None)
def test_the_index_finds_what_looking_through_all_finds(asked: Any, question: str) -> None:
    book = RequirementsBook()
    for first, label, then in asked:
        one = book.asked(question=first or "?", label=label)
        if then is not None:
            form = rfi(question=then or "?", version=book.standing(one.id, "watch").version)
            book.do("watch", rules.edit, one.id, form)
    s = book.requirements()
    for post in ("watch", "desk-open"):
        actor, every = book.actor(post), list[tuple[float, int, str]]()
        for one in book.rfis.rfis.values():
            if s.sees(actor, one.label):
                much = questions.alike(question, rules.standing_of(s, actor, one).text.question)
                every += [(much, one.asked_ms, one.id)] if much >= questions.ALIKE else []
        every.sort(key=lambda found: found[:2], reverse=True)
        best = [found[2] for found in every[: rules.SIMILAR_MAX]]
        assert [one.id for one, _ in rules.similar(s, actor, question)] == best


def test_of_many_that_ask_something_else_none_is_looked_at(book: RequirementsBook, monkeypatch: Any) -> None:
    for n in range(50):
        book.asked(question=f"Is bridge number{n} of district{n} open?")
    looked, before = list[str](), rules.standing_of

    def counted(s: Any, actor: Any, one: Any) -> Any:
        looked.append(one.id)
        return before(s, actor, one)

    monkeypatch.setattr(rules, "standing_of", counted)
    (found,) = rules.similar(book.requirements(), book.actor("watch"), "Bridge number7 of district7?")
    assert found[0].asked.question.startswith("Is bridge number7 ")
    assert looked == [found[0].id]


# -- who sees an answer


def test_an_answer_is_as_narrow_as_what_it_rests_on(book: RequirementsBook) -> None:
    one = book.asked("desk-open")
    book.steps(one.id, until="tasked")
    entry = book.entered("a-log", label="CUI")
    look = views.look(book.requirements(), book.actor("a2"), one.id, f.AnswerLookForm(entries=(entry,)))
    assert (look.mark, look.withheld) == ("(CUI)", True), "who asked would not see it, and the writer is told before"
    assert refused(book, "a2", rules.answer, one.id, text="x", entries=["none"]) == "entry_unknown"
    assert refused(book, "a2", rules.answer, one.id, text="x", reports=["none"]) == "report_unknown"
    assert refused(book, "a2", rules.answer, one.id, text="x", files=["none"]) == "file_unknown"
    book.step("a2", rules.answer, one.id, text="Three.", entries=[entry])
    assert (book.standing(one.id, "watch").state, book.standing(one.id, "desk-open").state) == ("answered", "tasked")
    row = views.row(book.requirements(), book.actor("desk-open"), one, book.standing(one.id, "desk-open"))
    assert (row.answered_ms, row.mine) == (0, False)
    book.step("watch", rules.satisfy, one.id)
    assert book.standing(one.id, "desk-open").state == "tasked"


def test_who_does_not_see_the_answer_undoes_nothing_of_it(book: RequirementsBook) -> None:
    one = book.asked()
    book.steps(one.id, until="tasked")
    book.step("a2", rules.answer, one.id, text="Three.", label="CUI")
    book.step("a-log-open", rules.task, one.id, appointment="a2-open")
    book.step("a2-open", rules.answer, one.id, text="I don't know.")
    assert book.standing(one.id, "desk-open").state == "answered"
    now = book.standing(one.id, "watch")
    assert now.state == "answered"
    assert now.answer is not None
    assert now.answer.body.text == "Three."


def test_nobody_is_tasked_who_may_not_see_it(book: RequirementsBook) -> None:
    one = book.asked(label="CUI")
    book.step("a-log", rules.validate, one.id)
    assert refused(book, "a-log", rules.task, one.id, appointment="a2-open") == "nobody_reads"


# -- late, and figures


def test_what_is_late_and_how_it_goes(book: RequirementsBook) -> None:
    soon = START_MS + HOUR_MS
    in_time, too_late, never, hidden = (
        book.asked(question=q, ltiov_ms=soon, label=label)
        for q, label in (("Tide at Naha?", ""), ("Road to Nago?", ""), ("Fuel at Kure?", ""), ("Rice in Ube?", "CUI"))
    )
    book.now_ms += HOUR_MS // 2
    book.steps(in_time.id)
    book.now_ms += HOUR_MS
    page = views.page(book.requirements(), book.actor("watch"))
    assert {row.id for row in page.rows if row.late} == {too_late.id, never.id, hidden.id}
    book.steps(too_late.id)
    own = views.page(book.requirements(), book.actor("watch")).figures
    assert (own.open, own.late, own.answered, own.due, own.after_ltiov) == (2, 2, 2, 4, 3)
    assert (own.median_ms, own.p90_ms) == (HOUR_MS * 3 // 2, HOUR_MS * 3 // 2)
    open_ = views.page(book.requirements(), book.actor("desk-open")).figures
    assert (open_.open, open_.late, open_.due, open_.after_ltiov) == (1, 1, 3, 2)


def test_who_asked_hears_once_that_its_time_has_passed(book: RequirementsBook) -> None:
    soon = START_MS + HOUR_MS
    one = book.asked(ltiov_ms=soon)
    in_time = book.asked("desk-open", question="Tide at Naha?", ltiov_ms=soon)
    hidden = book.asked("desk-open", question="Rice in Ube?", ltiov_ms=soon)
    book.steps(in_time.id)
    book.steps(hidden.id, until="tasked")
    book.step("a2", rules.answer, hidden.id, text="None.", label="CUI")
    assert book.escalate() == 0

    def mine(post: str, of: Any) -> bool:
        rfi_now = book.rfis.rfis[of.id]
        return views.row(book.requirements(), book.actor(post), rfi_now, book.standing(of.id, post)).mine

    assert not mine("watch", one)
    book.now_ms = soon
    assert book.escalate() == 2  # an answer that who sees the question may not see is told of by no silence
    assert book.escalate() == 0
    assert {record.subject for record in book.records[-2:]} == {one.id, hidden.id}
    assert [record.label for record in book.records[-2:]] == [one.label, hidden.label]
    assert mine("watch", one)
    assert mine("desk-open", hidden)
    assert not mine("c", one)
    version = book.standing(one.id, "watch").version
    book.step("a-log", rules.return_, one.id, note="Which harbour?")
    assert version != book.standing(one.id, "watch").version
    form = rfi(version=book.standing(one.id, "watch").version, ltiov_ms=soon + HOUR_MS)
    book.do("watch", rules.edit, one.id, form)
    assert book.escalate() == 0
    book.now_ms = soon + HOUR_MS
    assert book.escalate() == 1


def test_it_waits_for_who_must_act(book: RequirementsBook) -> None:
    one = book.asked()

    def waits() -> set[str]:
        posts = ("watch", "desk", "a", "a2", "a-log", "c")
        return {
            post
            for post in posts
            if views.row(book.requirements(), book.actor(post), one, book.standing(one.id, post)).mine
        }

    assert waits() == {"a-log"}
    book.steps(one.id, until="validated")
    assert waits() == {"a-log"}
    book.step("a-log", rules.task, one.id, appointment="a2")
    one = book.rfis.rfis[one.id]
    assert waits() == {"a2"}
    book.step("a2", rules.answer, one.id, text="Three.")
    one = book.rfis.rfis[one.id]
    assert waits() == {"watch", "desk"}
    book.step("desk", rules.satisfy, one.id)
    one = book.rfis.rfis[one.id]
    assert waits() == set()


def test_a_hidden_one_is_as_an_absent_one_for_every_act(book: RequirementsBook) -> None:
    hidden = book.asked(label="CUI").id
    acts: list[tuple[Any, Any]] = [
        (rules.edit, rfi(version="x")), (rules.validate, NoteForm(version="x")),
        (rules.task, f.TaskForm(version="x", appointment="a2")), (rules.answer, f.AnswerForm(version="x", text="x")),
        (rules.satisfy, NoteForm(version="x")), (rules.reopen, NoteForm(version="x")),
        (rules.return_, f.ReturnForm(version="x", note="x")), (rules.withdraw, NoteForm(version="x")),
    ]  # fmt: skip
    for post in ("desk-open", "a-log-open"):
        for act, form in acts:
            told = set()
            for asked in (hidden, "absent"):
                with pytest.raises(NotVisible) as error:
                    book.do(post, act, asked, form)
                told.add(str(error.value))
            assert len(told) == 1, act


# -- whatever is done


STEPS: dict[str, Any] = {
    "validated": rules.validate, "tasked": rules.task, "answered": rules.answer, "satisfied": rules.satisfy,
    "reopened": rules.reopen, "returned": rules.return_, "withdrawn": rules.withdraw, "edited": rules.edit,
}  # fmt: skip
FORWARD = {"new": "validated", "validated": "tasked", "tasked": "answered", "answered": "satisfied"}
RIGHT = {"validated": "a-log", "tasked": "a-log", "returned": "a-log", "satisfied": "watch", "reopened": "desk"}
DESKS = ["watch", "desk", "desk-open", "a-log", "a-log-open", "a", "a2", "a2-open", "c"]
acts = st.lists(
    st.tuples(
        st.sampled_from(["ask", *STEPS, "validated", "tasked", "answered"]),
        st.sampled_from(DESKS),
        st.sampled_from(["", "", "CUI"]),
        st.integers(0, 9),
    ),
    min_size=6,
    max_size=40,
)


def body_of(what: str, label: str, n: int, book: RequirementsBook) -> dict[str, Any]:
    match what:
        case "tasked":
            return {"appointment": ("a2", "a2-open")[n % 2], "checked": list(book.rfis.rfis)}
        case "answered":
            return {"text": f"answer {n}", "label": "CUI" if n % 2 else label}
        case "edited":
            return msgspec.to_builtins(rfi(question=f"Question {n}?", version="x"))  # type: ignore[no-any-return]
        case _:
            return {"note": f"note {n}"}


def play(done: Any) -> RequirementsBook:
    book = RequirementsBook()
    book.asked(question="Question 0?")
    for asked, desk, label, n in done:
        what, post = asked, desk
        there = list(book.rfis.rfis)
        try:
            if what == "ask":
                book.asked(post, question=f"Question {n}?", label=label)
            elif there:
                rfi_id = there[n % len(there)]
                if n % 3:  # mostly what can be done by who can do it, so that it goes on
                    now = book.standing(rfi_id)
                    what = what if what in NEXT[now.state] and n % 2 else FORWARD.get(now.state, what)
                    post = {"answered": now.to}.get(what) or RIGHT.get(what, post)
                body = body_of(what, label, n, book)
                if what == "edited":
                    body["version"] = book.standing(rfi_id, post).version
                    book.do(post, rules.edit, rfi_id, msgspec.convert(body, f.RfiForm))
                else:
                    book.step(post, STEPS[what], rfi_id, **body)
                assert what in could_follow(book, rfi_id, post), "a step that was taken can follow what its author saw"
        except JointHQError:
            pass
    return book


def could_follow(book: RequirementsBook, rfi_id: str, post: str) -> dict[str, Any]:
    """Return the steps that could follow before the last one, as its author saw it; the last one counted for him."""
    now = book.standing(rfi_id, post)
    last = book.rfis.rfis[rfi_id].steps[-1]
    assert now.steps[-1] == last, "who takes a step sees it"
    before = [step for step in now.steps if step is not last]
    state: str = "new"
    for step in before:
        state = NEXT[state][step.what]
    return NEXT[state]


@given(acts)
@settings(max_examples=80, deadline=None)
def test_whoever_takes_a_step_sees_it_taken_and_numbers_have_no_gaps(done: Any) -> None:
    book = play(done)
    by_series: dict[str, list[int]] = {}
    for one in book.rfis.rfis.values():
        by_series.setdefault(one.asked.series, []).append(one.asked.number)
        assert len({str(two.label) for two in book.rfis.rfis.values() if two.asked.series == one.asked.series}) == 1
    for numbers in by_series.values():
        assert numbers == list(range(1, len(numbers) + 1))


@given(acts, st.sampled_from([*DESKS, "desk-open", "a-log-open", "desk-open"]))
@settings(max_examples=80, deadline=None)
def test_a_reader_has_the_same_page_as_if_nothing_hidden_had_been_written(done: Any, post: str) -> None:
    book = play(done)
    actor = book.actor(post)
    whole = views.page(book.requirements(), actor)
    bodies = [views.body(book.requirements(), actor, row.id) for row in whole.rows]
    seen = [one for one in book.records if DOOR.may_see(actor.reader, one.label, book.now_ms)]
    book.rfis = Rfis()
    for record in seen:
        book.rfis.apply(record)
    assert views.page(book.requirements(), actor) == whole
    assert [views.body(book.requirements(), actor, row.id) for row in whole.rows] == bodies


@given(acts)
@settings(max_examples=20, deadline=None)
def test_the_same_records_give_the_same_projection(done: Any) -> None:
    book = play(done)
    again = Rfis()
    for record in book.records:
        again.apply(record)
    assert again.state() == book.rfis.state()
