"""What a person may write: on one line, in a text."""

from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from jointhq.base.errors import Refusal
from jointhq.base.text import Form, check, shown

HIDDEN = [chr(n) for n in (*range(9), 11, 12, *range(14, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F))]
HIDDEN += [chr(n) for n in (*range(0x2060, 0x2070), 0xFEFF, *range(0xE0020, 0xE0080))]
ORDINARY = ["第3海兵機動展開部隊", "が" + "か\u3099", "é e\u0301", "👩🏽\u200d✈️ 🇯🇵", "שלום\u200f", "नमस्ते", "\u3000x"]


class Inner(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class Said(Form, frozen=True, kw_only=True):
    title: Annotated[str, Meta(min_length=1, max_length=200)] = "title"
    place: Annotated[str, Meta(max_length=200)] = ""
    text: Annotated[str, Meta(max_length=4_000)] = ""
    needed: Annotated[str, Meta(min_length=1, max_length=4_000)] = "text"
    offices: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=40)], ...], Meta(max_length=3)] = ()
    inner: tuple[Inner, ...] = ()
    number: int | None = None


def refused(said: dict[str, object]) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        msgspec.json.decode(msgspec.json.encode(said), type=Said)
    assert caught.value.status == 400
    return caught.value.code, caught.value.params["field"]


@given(st.sampled_from(HIDDEN), st.text(max_size=5), st.text(max_size=5))
def test_nothing_hidden_is_taken_however_deep_it_stands(hidden: str, before: str, after: str) -> None:
    odd = f"a{hidden}z"
    for field in ("title", "place", "text", "needed"):
        assert refused({field: odd}) == ("characters", field)
    assert refused({"offices": ["J4", odd]}) == ("characters", "offices")
    assert refused({"inner": [{"name": odd}]}) == ("characters", "name")
    check(shown(before + hidden + after))


@pytest.mark.parametrize("text", ORDINARY)
def test_every_language_is_taken(text: str) -> None:
    said = Said(title=text, place=text, text=f"{text}\n\t{text}", inner=(Inner(text),), number=3)
    assert shown(said.text) == said.text


def test_a_line_is_one_line() -> None:
    for end in "\n\r\t\u2028\u200b":
        assert refused({"title": f"a{end}b"}) == ("characters", "title")
        assert Said(text=f"a{end}b").text == f"a{end}b"


@pytest.mark.parametrize("blank", [" ", "\u3000 ", "\u00a0", "\u200d\u200f", "\u3164", "\u2800"])
def test_what_must_say_something_isnt_blank(blank: str) -> None:
    for field in ("title", "needed"):
        assert refused({field: blank}) == ("blank", field)
    assert refused({"offices": [blank]}) == ("blank", "offices")
    assert refused({"inner": [{"name": blank}]}) == ("blank", "name")
    assert Said(place=blank, text=blank).place == blank
