"""Annexes of orders: attached to a draft, as narrow as what they hold, and there without a trace for nobody else."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.errors import JointHQError
from jointhq.operations import tables
from jointhq.operations.forms import orders as f
from jointhq.operations.forms.annexes import AnnexForm
from jointhq.operations.records.files import FileKept
from jointhq.operations.rules import annexes, files, orders
from jointhq.operations.views import board
from jointhq.operations.views.in_force import annexes_in_force
from jointhq.operations.views.orders import Order
from tests.operations.orders_book import HOUR_MS, START_MS, Book
from tests.people.house import DOOR, OPEN

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@pytest.fixture
def book() -> Book:
    return Book()


def attach(book: Book, order_id: str, post: str = "j3", **more: Any) -> str:
    annex_id = book.new_id()
    facts = {"letter": "B", "text": "Tides.", **more}
    book.do(post, annexes.attach, annex_id, order_id, msgspec.convert(facts, AnnexForm))
    return annex_id


def refused(book: Book, order_id: str, post: str = "j3", **more: Any) -> str:
    with pytest.raises(JointHQError) as error:
        attach(book, order_id, post, **more)
    return error.value.code


def change(book: Book, base: Order, *put: dict[str, Any], post: str = "j3") -> Order:
    """Issue a FRAGORD with these annexes."""
    order_id = book.draft(type="FRAGORD", base=base.id, paragraphs=[], action=["A"])
    for one in put:
        attach(book, order_id, post, **one)
    return issue(book, order_id)


def issue(book: Book, order_id: str) -> Order:
    book.do("j3", orders.submit, order_id, f.SubmitForm(version=book.version(order_id)))
    book.do("chief", orders.approve, order_id, f.NoteForm(version=book.version(order_id)))
    book.do("j3", orders.issue, order_id, f.VersionForm(version=book.version(order_id)))
    return book.order(order_id)


def issued(book: Book, *put: dict[str, Any]) -> Order:
    order_id = book.draft()
    for one in put:
        attach(book, order_id, **one)
    return issue(book, order_id)


def in_force(book: Book, base: Order, post: str, now_ms: int = START_MS) -> list[str]:
    reader = book.actor(post).reader
    there = annexes_in_force(
        book.orders, base, lambda label: DOOR.may_see(reader, label, now_ms), DOOR.dominates, now_ms
    )
    return [f"{one.letter} {one.text}" for one in there]


def test_every_letter_but_i_and_o_stands_for_something_in_both_languages() -> None:
    table = tables.annexes()
    assert set(table) <= set(LETTERS)
    assert all(set(names) == {"en", "ja"} and all(names.values()) for names in table.values())
    for letter in "IO":
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"letter": letter, "text": "x"}, AnnexForm)


def test_an_annex_is_as_narrow_as_its_order_its_files_and_its_author_say(book: Book) -> None:
    order_id = book.draft()
    book.do("j3", lambda s, a: files.keep(s.g, a, s.files, kept("map.pdf"), "secret-map", "CUI"))
    labels = [
        book.orders.annexes[attach(book, order_id, **more)].label
        for more in ({}, {"label": "CUI"}, {"files": ["secret-map"], "text": ""})
    ]
    assert [one.level for one in labels if one] == ["U", "CUI", "CUI"]
    assert book.order(order_id).label == OPEN, "the order is not narrowed by what stands beside it"
    narrow = book.draft(label="CUI")
    label = book.orders.annexes[attach(book, narrow, label="UNCLASSIFIED")].label
    assert label is not None
    assert label.level == "CUI"


def kept(name: str) -> FileKept:
    return FileKept(name=name, media="application/octet-stream", bytes=1, sha256="0" * 64)


def test_what_cannot_be_is_refused(book: Book) -> None:
    order_id = book.draft()
    book.do("j3", lambda s, a: files.keep(s.g, a, s.files, kept("map.pdf"), "secret-map", "CUI"))
    assert refused(book, order_id, letter="S") == "annex_letter"
    assert refused(book, order_id, text=" ") == "annex_empty"
    assert refused(book, order_id, files=["nowhere"]) == "file_unknown"
    assert refused(book, order_id, "junior", files=["secret-map"]) == "file_unknown", "hidden is absent"
    assert refused(book, order_id, "junior", label="CUI") == "label_above_you"
    assert refused(book, order_id, ends=True, text="") == "annex_ends", "an OPORD changes nothing"
    assert refused(book, order_id, "chief") == "not_permitted"
    assert refused(book, "nothing") == "not_found"
    for _ in range(annexes.ANNEXES_MAX):
        attach(book, order_id)
    assert refused(book, order_id) == "too_many"


def test_what_is_staffed_or_issued_is_fixed(book: Book) -> None:
    order_id = book.draft()
    annex_id = attach(book, order_id)
    version = book.orders.annexes[annex_id].version
    book.do("j3", annexes.change, annex_id, AnnexForm(letter="B", text="Tides and swell.", version=version))
    assert refused_act(book, annexes.change, annex_id, AnnexForm(letter="B", text="x", version=version)) == (
        "changed_meanwhile"
    )
    version = book.orders.annexes[annex_id].version
    put, out = AnnexForm(letter="B", text="x", version=version), f.VersionForm(version=version)
    book.do("j3", orders.submit, order_id, f.SubmitForm(version=book.version(order_id)))

    def fixed() -> bool:
        tries = [refused_act(book, annexes.change, annex_id, put), refused_act(book, annexes.remove, annex_id, out)]
        return [*tries, refused(book, order_id)] == ["order_state"] * 3

    assert fixed()
    book.do("chief", orders.approve, order_id, f.NoteForm(version=book.version(order_id)))
    assert fixed()
    book.do("j3", orders.return_, order_id, f.NoteForm(version=book.version(order_id)))
    book.do("j3", annexes.remove, annex_id, out)
    assert book.orders.annexes_of(order_id) == []
    order = issue(book, order_id)
    assert refused(book, order.id) == "order_state"
    assert book.rebuilt().state() == book.orders.state()


def refused_act(book: Book, act: Any, *args: Any) -> str:
    with pytest.raises(JointHQError) as error:
        book.do("j3", act, *args)
    return error.value.code


def test_who_may_not_see_an_annex_has_no_trace_of_it(book: Book) -> None:
    order_id = book.draft()
    bare = shown(book, order_id, "junior")
    hidden = attach(book, order_id, letter="K", text="Frequencies.", label="CUI")
    assert shown(book, order_id, "junior") == bare, "not even its version or its banner tells"
    assert refused_by(book, "junior", annexes.change, hidden) == refused_by(book, "junior", annexes.change, "absent")
    body = board.body(book.scene(), book.actor("j3"), order_id, board.nobody_online)
    assert ([one.letter for one in body.annexes], body.banner.split("//")[0]) == (["K"], "CUI")
    issue(book, order_id)
    after = shown(book, order_id, "junior")
    assert b"Frequencies" not in after
    assert b'"annexes":[]' in after


def refused_by(book: Book, post: str, act: Any, annex_id: str) -> tuple[str, str]:
    with pytest.raises(JointHQError) as error:
        book.do(post, act, annex_id, AnnexForm(letter="B", text="x", version="x"))
    return error.value.code, str(error.value)


def shown(book: Book, order_id: str, post: str) -> bytes:
    body = board.body(book.scene(), book.actor(post), order_id, board.nobody_online)
    return msgspec.json.encode((body, board.rows(book.scene(), book.actor(post))))


def test_a_change_replaces_ends_and_adds_annexes(book: Book) -> None:
    base = issued(book, {"letter": "B", "text": "old"}, {"letter": "D", "text": "fuel"}, {"letter": "K", "text": "net"})
    assert in_force(book, base, "j3") == ["B old", "D fuel", "K net"]
    one = change(
        book, base, {"text": "new"}, {"letter": "D", "text": "", "ends": True}, {"letter": "Q", "text": "clinic"}
    )
    assert in_force(book, base, "j3") == ["B new", "K net", "Q clinic"]
    draft_id = book.draft(type="FRAGORD", base=base.id, paragraphs=[])
    assert refused(book, draft_id, letter="D", text="", ends=True) == "annex_ends", "it has none any more"
    assert refused(book, draft_id, letter="B", ends=True) == "annex_ends", "one ends, or stands for another"
    book.do("j3", orders.cancel, one.id, f.ReasonForm(version=book.version(one.id), reason="x"))
    assert in_force(book, base, "j3") == ["B old", "D fuel", "K net"]
    later = book.draft(type="FRAGORD", base=base.id, paragraphs=[], effective_ms=START_MS + HOUR_MS)
    attach(book, later, text="night")
    issue(book, later)
    assert in_force(book, base, "j3") == ["B old", "D fuel", "K net"]
    assert in_force(book, base, "j3", START_MS + HOUR_MS)[0] == "B night"


def test_a_change_says_of_a_hidden_annex_nothing_and_does_it_nothing(book: Book) -> None:
    base = issued(book, {"text": "open"}, {"text": "closed", "label": "CUI"})
    nothing = book.draft(type="FRAGORD", base=base.id, paragraphs=[])
    with pytest.raises(JointHQError, match="changes nothing"):
        book.do("j3", orders.submit, nothing, f.SubmitForm(version=book.version(nothing)))
    change(book, base, {"text": "new"})
    assert in_force(book, base, "junior") == ["B new"]
    assert in_force(book, base, "j3") == ["B closed", "B new"], "an open one stands for the open one alone"
    change(book, base, {"text": "", "ends": True, "label": "CUI"})
    assert in_force(book, base, "j3") == []
    assert in_force(book, base, "junior") == ["B new"], "that it ended he may not know"


@settings(max_examples=60, deadline=None)
@given(
    layers=st.lists(
        st.lists(st.tuples(st.sampled_from("BK"), st.sampled_from(["U", "CUI"]), st.booleans()), max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_what_one_reads_follows_from_what_he_may_see_alone(layers: list[list[tuple[str, str, bool]]]) -> None:
    """Hypothesis: with all that is hidden left out, he reads the same."""
    whole, open_ = Book(), Book()
    for layer, (book, levels) in ((layers, (whole, ("U", "CUI"))), (layers, (open_, ("U",)))):
        base: Order | None = None
        for n, annexes_ in enumerate(layer):
            order_id = book.draft() if base is None else book.draft(type="FRAGORD", base=base.id, title=str(n))
            for m, (letter, level, ends) in enumerate(annexes_):
                there = [one[0] for one in in_force(book, base, "junior" if level == "U" else "j3")] if base else []
                content = {"text": "", "ends": True} if ends and letter in there else {"text": f"{n}.{m}"}
                if level in levels:
                    attach(book, order_id, "junior" if level == "U" else "j3", letter=letter,
                           label={"U": "UNCLASSIFIED"}.get(level, level), **content)  # fmt: skip
            order = issue(book, order_id)
            base = base or order
        assert base is not None
        book.orders = book.rebuilt()
    first = next(iter(whole.orders.orders)), next(iter(open_.orders.orders))
    assert in_force(whole, whole.order(first[0]), "junior") == in_force(open_, open_.order(first[1]), "junior")
