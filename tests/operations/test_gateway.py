"""Orders by TAK: who is owed one gets it, once, however lines and processes break; what he replies is his unit's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.cot import xml
from jointhq.journal.memory import Shelf
from jointhq.operations import geochat, tables
from jointhq.operations.forms import orders as f
from jointhq.operations.forms.annexes import AnnexForm
from jointhq.operations.geochat import Hearer, Message, Part, code_of, message_id, reply
from jointhq.operations.rules import annexes
from jointhq.operations.rules import orders as rules
from jointhq.operations.views import board
from jointhq.operations.views.addressees import reached
from tests.operations.orders_book import B_UNTIL_MS, START_MS, form, task
from tests.operations.tak_hall import SPEAKER, TakHall, hall, message_of, part, text_of
from tests.people.house import OPEN

HOUR_S = 3600.0


@pytest_asyncio.fixture
async def hq(tmp_path: Path) -> AsyncIterator[TakHall]:
    async with hall(tmp_path, Shelf(), ManualClock(START_MS)) as built:
        yield built


# -- out


async def test_an_order_reaches_the_units_clients_as_chat_with_its_places(hq: TakHall) -> None:
    await hq.join("a")
    await hq.join("b")
    await hq.join("planner")
    order = await hq.issued(
        tasks=[task("A", id="t1", lat=35.1, lon=139.2, why="it stays open", until_ms=START_MS)], precedence="priority"
    )
    chat, marker = hq.hears("a")
    text = text_of(chat)
    assert chat.uid == f"GeoChat.{SPEAKER.uid}.UID-a.{message_of(chat)}"
    assert part(chat, "__chat").get("id") == "UID-a"
    for words in (
        f"JFHQ {order.serial}",
        "PRIORITY",
        "PATROL the bay",
        "in order to it stays open",
        "142213Z NOV 23",
        "WILCO",
    ):
        assert words in text
    assert text.startswith("UNCLASSIFIED\n")
    assert text.endswith("\nUNCLASSIFIED")
    assert (marker.type, marker.lat, marker.lon, marker.access) == ("b-m-p-s-m", 35.1, 139.2, "UNCLASSIFIED")
    assert hq.hears("b") == hq.hears("planner") == []
    assert hq.steps(order, "A") == ["sent"]
    await hq.settle()
    assert hq.hears("a") == [], "once in a connection"


async def test_one_that_is_away_gets_it_on_return_and_not_again_once_it_has_it(tmp_path: Path) -> None:
    shelf, clock = Shelf(), ManualClock(START_MS)
    async with hall(tmp_path, shelf, clock) as hq:
        await hq.join("a")
        order = await hq.issued(action=["A", "B"])
        (first,) = hq.hears("a")
        await hq.receipt("a", "b-t-f-d", message_of(first))
        assert hq.steps(order, "A") == ["sent", "delivered"]
        assert hq.steps(order, "B") == []
    async with hall(tmp_path, shelf, clock) as hq:  # another process
        await hq.join("a")
        await hq.join("b")
        assert hq.hears("a") == [], "it has it"
        (late,) = hq.hears("b")
        hq.leave("b")  # without a word that it has it: the line broke
        await hq.join("b")
        (again,) = hq.hears("b")
        assert message_of(again) == message_of(late), "the same message to whoever has it after all"
        assert hq.steps(order, "B") == ["sent"]
        await hq.receipt("b", "b-t-f-r", message_of(again))
        hq.leave("b")
        await hq.join("b")
        assert hq.hears("b") == []
        assert hq.steps(order, "B") == ["sent", "opened"]


async def test_a_client_is_told_of_the_annexes_that_are_no_narrower_than_the_order(hq: TakHall) -> None:
    order_id, actor = hq.ops.new_id(), hq.actor("j3")
    await hq.ops.order(actor, rules.draft, order_id, form())
    for letter, label in (("H", ""), ("K", "CUI")):
        put = AnnexForm(letter=letter, text="x", label=label)
        await hq.ops.order(actor, annexes.attach, hq.ops.new_id(), order_id, put)
    await hq.staffed(order_id)
    await hq.join("a")
    (text,) = hq.texts("a")
    assert "page: H Meteorology and oceanography\n" in text


async def test_the_door_decides_for_each_client(hq: TakHall) -> None:
    await hq.join("b")
    await hq.join("b-open")
    order = await hq.issued(action=["B"], label="CUI")
    (chat,) = hq.hears("b")
    assert chat.access == "CUI"
    assert hq.hears("b-open") == []
    assert {step.client for step in hq.addressee(order, "B").steps} == {"UID-b"}
    await hq.reply("b-open", "WILCO")
    assert "OPORD" not in hq.texts("b-open")[0], "what he may not see is for him not there"
    assert hq.steps(order, "B") == ["sent"]


async def test_a_request_goes_to_whose_authority_it_is_and_then_to_the_unit(hq: TakHall) -> None:
    for post in ("b", "high"):
        await hq.join(post)
    order = await hq.issued(tasks=[task("B", id="t", start_ms=B_UNTIL_MS)], action=[])
    (text,) = hq.texts("high")
    assert "REQUEST" in text
    assert "Unit B: PATROL" in text
    assert hq.hears("b") == []
    await hq.reply("high", "decline")
    assert "Say why" in hq.texts("high")[0]
    await hq.reply("high", "Accept, from tomorrow")
    (text,) = hq.texts("b")
    assert "ORDER" in text
    await hq.reply("b", "wilco")
    one = hq.addressee(order, "B")
    assert reached(one, one.steps) == "wilco"
    assert [(s.what, s.person, s.way) for s in one.steps if s.what in ("accepted", "wilco")] == [
        ("accepted", "p-high", "tak"), ("wilco", "p-b", "tak"),
    ]  # fmt: skip


async def test_an_ally_reads_it_in_japanese_and_answers_so(hq: TakHall) -> None:
    await hq.join("c")
    order = await hq.issued(action=["C"])
    assert "依頼" in hq.texts("c")[0]
    await hq.reply("c", "受諾します。")
    await hq.settle()
    assert "命令" in hq.texts("c")[0]
    await hq.reply("c", "実施不能、燃料なし")
    last = hq.addressee(order, "C").steps[-1]
    assert (last.what, last.note) == ("cantco", "燃料なし")


async def test_what_has_ended_is_sent_to_nobody_any_more(hq: TakHall) -> None:
    order = await hq.issued()
    await hq.ops.order(hq.actor("j3"), rules.cancel, order.id, f.ReasonForm(version=order.version, reason="x"))
    await hq.join("a")
    assert hq.hears("a") == []


async def test_who_had_what_is_cancelled_is_told_until_he_says_that_he_heard(hq: TakHall) -> None:
    await hq.join("a")
    order = await hq.issued(action=["A", "B"])
    hq.hears("a")
    await hq.ops.order(hq.actor("j3"), rules.cancel, order.id, f.ReasonForm(version=order.version, reason="Storm."))
    await hq.settle()
    (told,) = hq.hears("a")
    assert text_of(told) == f"UNCLASSIFIED\nJFHQ {order.serial} is no longer in force: CANCELLED. Storm.\nUNCLASSIFIED"
    hq.leave("a")
    await hq.join("a")
    (again,) = hq.hears("a")
    assert message_of(again) == message_of(told)
    await hq.receipt("a", "b-t-f-d", message_of(again))
    hq.leave("a")
    await hq.join("a")
    await hq.join("b")
    assert hq.hears("a") == hq.hears("b") == [], "one has heard, the other never had it"
    assert hq.steps(order, "A") == ["sent", "recalled"]


# -- back


async def test_a_reply_is_the_units_answer_signed_by_person_and_appointment(hq: TakHall) -> None:
    await hq.join("a")
    order = await hq.issued()
    hq.hears("a")
    await hq.reply("a", "ROGER")
    await hq.reply("a", "Wilco")
    (ack, done) = hq.hears("a")
    assert (ack.type, done.type, done.uid) == ("b-t-f-d", "b-t-f-d", "m-Wil")
    await hq.reply("a", "CANTCO engine is broken")
    await hq.reply("a", "havco.")
    assert hq.steps(order, "A") == ["sent", "acknowledged", "wilco", "cantco", "havco"]
    steps = hq.addressee(order, "A").steps
    assert {(s.person, s.appointment, s.client) for s in steps} == {("p-a", "a", "UID-a")}
    assert steps[3].note == "engine is broken"


async def test_an_unknown_reply_gets_one_line_of_help_now_and_then(hq: TakHall) -> None:
    await hq.join("a")
    order = await hq.issued()
    hq.hears("a")
    for text in ("hello", "WILCOX", "完了していません"):
        await hq.reply("a", text)
    (help_,) = hq.texts("a")
    assert "CANTCO" in help_
    assert len(help_) < 100
    await hq.settle(60)
    await hq.reply("a", "CANTCO")
    assert "Say why" in hq.texts("a")[0]
    assert hq.steps(order, "A") == ["sent"]


async def test_of_several_a_reply_names_one_by_its_code(hq: TakHall) -> None:
    await hq.join("a")
    first, second = await hq.issued(), await hq.issued()
    hq.hears("a")
    await hq.reply("a", "WILCO")
    (which,) = hq.texts("a")
    codes = [code_of(message_id(hq.addressee(one, "A").id, "order")) for one in (first, second)]
    assert all(code in which for code in codes)
    await hq.reply("a", f"WILCO {codes[1].lower()}")
    assert (hq.steps(first, "A"), hq.steps(second, "A")) == (["sent"], ["sent", "wilco"])
    await hq.settle(60)
    await hq.reply("a", "HAVCO")  # fits both
    assert "Which" in hq.texts("a")[0]
    await hq.reply("a", "ACK")  # fits the first alone
    assert hq.steps(first, "A") == ["sent", "acknowledged"]


async def test_who_is_nobody_or_of_another_unit_answers_for_nobody(hq: TakHall) -> None:
    order = await hq.issued()
    for post in ("b", "nobody"):
        await hq.join(post)
        await hq.reply(post, f"WILCO {code_of(message_id(hq.addressee(order, 'A').id, 'order'))}")
        await hq.receipt(post, "b-t-f-r", message_id(hq.addressee(order, "A").id, "order"))
        assert "OPORD" not in str(hq.texts(post))
    assert hq.steps(order, "A") == []


async def test_what_is_said_under_a_label_is_written_under_it(hq: TakHall) -> None:
    await hq.join("a")
    order = await hq.issued()
    await hq.reply("a", "CANTCO because", access="CUI")
    (sent, said) = hq.addressee(order, "A").steps
    assert sent.label == order.label
    assert said.label is not None
    assert said.label.level == "CUI"
    hidden = hq.ops.scene()
    assert board.row(hidden, hq.actor("junior"), order).reached == {"sent": 1}
    assert board.row(hidden, hq.actor("j3"), order).reached == {"cantco": 1}


async def test_nobody_else_speaks_as_the_headquarters(hq: TakHall) -> None:
    await hq.join("a")
    await hq.join("b")
    hearer = Hearer("UID-a", "A")
    forged = geochat.chat(SPEAKER, hearer, "m", "Go home.", START_MS)
    forged.detail = (forged.detail or b"") + b'<marti><dest callsign="A"/></marti>'
    hq.say("b", xml.write(forged))
    hq.say("b", xml.write(geochat.contact(SPEAKER, START_MS)))
    await hq.settle()
    assert hq.hears("a") == []
    assert hq.picture.latest_any(SPEAKER.uid) is None
    await hq.join("planner", SPEAKER.uid)
    assert hq.wires["planner"].closing
    assert hq.router.drops["uid_of_another"] >= 1


async def test_a_storm_of_words_is_bounded(hq: TakHall) -> None:
    await hq.join("a")
    said = geochat.chat(SPEAKER, Hearer("x", "x"), "m", "hello", START_MS)
    said.label = OPEN
    for _ in range(3_000):
        hq.gateway.hear(hq.clients["a"], said)
    assert hq.gateway.drops["orders_heard_max"] == 1_000
    await hq.settle()
    assert len(hq.texts("a")) == 1


async def test_the_page_shows_to_whom_it_was_not_sent_and_why(hq: TakHall) -> None:
    await hq.join("b")
    order = await hq.issued(action=["B"], label="CUI")
    s = hq.ops.scene()
    body = board.body(s, hq.actor("j3"), order.id, hq.gateway.online)
    (row,) = body.addressees
    assert {(one.who.title, one.state, one.rule) for one in row.people} == {
        ("B", "sent", ""),
        ("B-OPEN", "withheld", "level_above_clearance"),
    }
    other = board.body(s, hq.actor("high"), order.id, hq.gateway.online).addressees[0]
    assert (other.people, other.rule) == ([], ""), "whom it concerns not learns no more of people"
    order2 = hq.ops.new_id()
    await hq.ops.order(hq.actor("j3"), rules.draft, order2, form(action=["B"], label="CUI"))
    look = board.look(s, hq.actor("j3"), order2, hq.gateway.online)
    assert {(one.who.title, one.state) for one in look.addressees[0].people} == {
        ("B", "online"),
        ("B-OPEN", "withheld"),
    }


# -- words


@pytest.mark.parametrize(
    ("text", "meaning", "rest"),
    [
        ("WILCO", "wilco", ""), ("wilco!", "wilco", "!"), ("  Will comply ", "wilco", ""),
        ("ROGER", "acknowledged", ""),
        ("CANTCO no fuel", "cantco", "no fuel"), ("can't comply: storm", "cantco", "storm"), ("HAVCO", "havco", ""),
        ("了解", "acknowledged", ""), ("了解しました。", "acknowledged", ""), ("実施します", "wilco", ""),
        ("実施不能 燃料なし", "cantco", "燃料なし"), ("完了しました", "havco", ""), ("WILCO", "wilco", ""),
        ("Wilcox", None, ""), ("will", None, ""), ("", None, ""), ("完了していません", None, ""), ("I WILCO", None, ""),
    ],
)  # fmt: skip
def test_replies_mean_what_the_table_says(text: str, meaning: str | None, rest: str) -> None:
    got = reply(text, frozenset())
    assert (got and (got.meaning, got.rest)) == (meaning and (meaning, rest))


@given(st.sampled_from([(m, w) for m, words in tables.reply_words().items() for w in words]), st.text(max_size=40))
def test_every_word_of_the_table_is_read_in_any_case_and_width(word: tuple[str, str], rest: str) -> None:
    meaning, said = word
    got = reply(f"{said.title()} / {rest}", frozenset())
    assert got is not None
    assert got.meaning == meaning


@given(st.text(max_size=200))
def test_no_reply_breaks_the_reader(text: str) -> None:
    reply(text, frozenset({"ABCD"}))


@given(st.uuids())
def test_a_code_is_four_plain_characters(one: object) -> None:
    code = code_of(str(one))
    assert len(code) == 4
    assert set(code) <= set(geochat.CODE)
    got = reply(f"CANTCO {code} no fuel", frozenset({code}))
    assert got is not None
    assert (got.code, got.rest) == (code, "no fuel")


@given(
    st.lists(st.tuples(st.sampled_from(["situation", "mission"]), st.text(max_size=9_000)), max_size=3),
    st.lists(st.text(max_size=900), max_size=12),
    st.sampled_from(["en", "ja"]),
    st.sampled_from(["order", "request", "info"]),
)
def test_any_order_fits_into_what_a_client_takes(
    paragraphs: list[tuple[str, str]], tasks: list[str], language: str, phase: str
) -> None:
    message = Message(
        phase=phase, banner="CUI//REL TO USA, JPN", name="OPORD 1/26", title="題", sender="JFHQ", precedence="flash",  # type: ignore[arg-type]
        exercise=True, issued_ms=START_MS, effective_ms=START_MS + 1, letter="I",
        tasks=tuple(Part(what=one, more=(("at", "港"),)) for one in tasks), paragraphs=tuple(paragraphs),
    )  # fmt: skip
    text = geochat.text_of(message, "ABCD", language)
    assert text.startswith(message.banner)
    assert text.endswith(message.banner)
    assert "ABCD" in text
    written = xml.write(geochat.chat(SPEAKER, Hearer("UID", "OSPREY"), "m", text, START_MS))
    assert len(written) < 65_536
    assert part(xml.parse(written), "remarks").text is not None


def test_both_languages_have_all_the_words() -> None:
    assert tables.chat_words("en").keys() == tables.chat_words("ja").keys()
