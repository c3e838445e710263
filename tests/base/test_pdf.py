"""Lines on sheets: nothing is lost, nothing stands out of the margin, every sheet has its banner."""

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base import pdf
from jointhq.base.pdf import Line, Sheet

texts = st.text(st.sampled_from("abc XYZ,.。、「」漢字かなカナ12 \n"), max_size=300)
SHEET = Sheet(title="USFJ SITREP 0001/2026", banner="CUI//REL TO USA, JPN", note="EXERCISE", language="ja")


def read(data: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data)]


@given(texts, st.integers(2, 60))
def test_a_text_keeps_every_character_however_it_is_broken(text, room):
    lines = pdf.wrap(text, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(pdf.width(line) <= room + 1 for line in lines)  # a stop may hang over the edge


@given(st.lists(st.text("漢字かなカナ", min_size=1, max_size=30), max_size=12), st.sampled_from("。、」）"))
def test_no_line_begins_with_a_stop(parts, stop):
    for line in pdf.wrap(stop.join(parts), 20):
        assert not line.startswith(stop)


def test_letters_are_half_as_wide_as_kanji():
    assert (pdf.width("ab"), pdf.width("漢"), pdf.width("ﾌ")) == (1.0, 1.0, 0.5)


@pytest.mark.parametrize("count", [0, 1, 200])
def test_every_sheet_has_its_banner_twice_and_its_number(count):
    pages = read(pdf.write(SHEET, [Line(f"行 {n} of the report", gap=0.3) for n in range(count)]))
    for n, page in enumerate(pages, 1):
        assert page.count(SHEET.banner) == 2
        assert page.count(SHEET.title) == 1
        assert f"{n} / {len(pages)}" in page
    assert all(f"行 {n} of the report" in "".join(pages) for n in range(count))
    assert len(pages) == (1 if count < 2 else len(pages)) >= 1


def test_what_no_type_has_is_shown_as_missing():
    (page,) = read(pdf.write(SHEET, [Line("a\U0001f600b"), Line("c\x00d\ud800e")]))
    assert "a〓b" in page
    assert "c d〓e" in page


def test_it_ends_where_no_report_ends():
    pages = pypdfium2.PdfDocument(pdf.write(SHEET, [Line("x")] * 60_000))
    assert len(pages) == pdf.SHEETS_MAX
