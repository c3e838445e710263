"""The watch officer's day in real Chromium: entries, a correction, a SITREP of them, and the watch handed over."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from jointhq.web.static import PAGE
from tests.browser.administration import add_appointment, add_person, link_for
from tests.support.demo import Process

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
LANGUAGES = {"en": "en-GB", "ja": "ja-JP"}
FERRY = {"en": "Ferry Akashia overdue at Naha", "ja": "フェリー「アカシア」那覇に未着"}
ENTRY_S = 5.0  # from the key that brings one to the line until the entry stands there


def words(language: str) -> dict[str, str]:
    table: dict[str, str] = json.loads((PAGE / "words" / f"{language}.json").read_text("utf-8"))
    return table


def at_work(page: Page) -> None:
    expect(page.locator(".topbar .who")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_an_entry_to_a_released_sitrep(demo: Process, open_page: Open, tmp_path: Path, language: str) -> None:
    say = words(language)
    watch = open_page(demo.new_link("watch"), language=LANGUAGES[language])
    at_work(watch)

    # An entry from the picture, by keyboard alone, within five seconds of the key.
    watch.keyboard.press("e")
    expect(watch.locator("#entry-source")).to_be_focused()
    watch.keyboard.press("Escape")
    watch.keyboard.press("v")
    began = time.monotonic()
    watch.keyboard.press("e")
    expect(watch.locator("#entry-source")).to_be_focused()
    watch.keyboard.insert_text("11th RCGH")
    watch.keyboard.press("Tab")
    watch.keyboard.insert_text(FERRY[language])
    watch.keyboard.press("Control+Enter")
    row = watch.locator(".log-row", has_text=FERRY[language]).first
    expect(row).to_be_visible()
    assert time.monotonic() - began < ENTRY_S
    expect(row).to_contain_text(say["log.significant"])
    expect(row.locator("time")).to_have_text(re.compile(r"^\d{6}Z [A-Z]{3} \d\d$"))
    expect(row.locator(".times small")).to_have_count(3)  # Zulu, Tokyo, Hawaii, each with its weekday

    # A wrong one, corrected: the old stays, struck.
    expect(watch.locator("#entry-source")).to_be_focused()
    wrong, right = f"Wrong {language}", f"Fuel at Kadena for 3 days {language}"
    watch.keyboard.press("Tab")
    watch.keyboard.insert_text(wrong)
    watch.keyboard.press("Enter")
    expect(watch.locator(".log-row", has_text=wrong)).to_be_visible()
    watch.keyboard.press("Escape")
    watch.keyboard.press("ArrowDown")
    watch.keyboard.press("c")
    side = watch.locator(".desk-side")
    expect(side.locator("[name=reason]")).to_be_focused()
    watch.keyboard.insert_text("Misheard")
    side.locator("[name=text]").fill(right)
    side.locator("[type=submit]").click()
    expect(watch.locator(".log-row s", has_text=wrong)).to_be_visible()
    expect(watch.locator(".log-row", has_text=right)).to_contain_text("Misheard")

    # The SITREP of it.
    watch.locator("body").press("r")
    watch.get_by_role("button", name=say["report.compose"]).click()
    report = watch.locator(".report")
    expect(report).to_contain_text(FERRY[language])
    expect(report).to_contain_text(right)
    expect(report).not_to_contain_text(wrong)
    watch.get_by_role("button", name=say["report.do_edit"], exact=True).click()
    watch.get_by_label(say["report.to"], exact=True).fill("INDOPACOM JOC")
    watch.get_by_role("button", name=say["form.save"], exact=True).click()
    expect(report).to_contain_text("INDOPACOM JOC")
    expect(watch.get_by_role("button", name=say["report.do_approve"], exact=True)).to_have_count(0)
    address = watch.url.partition("#")[2]

    # Another approves and releases it, and takes it away as a file.
    chief = open_page(demo.new_link(), language=LANGUAGES[language])
    at_work(chief)
    chief.goto(f"{demo.url}#{address}")
    chief.get_by_role("button", name=say["report.do_approve"], exact=True).click()
    chief.get_by_role("button", name=say["report.do_release"], exact=True).click()
    chief.get_by_role("dialog").get_by_role("button", name=say["report.do_release"], exact=True).click()
    title = chief.locator(".desk-side-head h2")
    expect(title).to_have_text(re.compile(r"USFJ SITREP \d{4}/\d{4}"))
    with chief.expect_download() as download:
        chief.get_by_role("link", name=say["report.as_pdf"], exact=True).click()
    file = tmp_path / "report.pdf"
    download.value.save_as(file)
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(file)]
    text = "".join(pages).replace("\r\n", "")
    assert re.search(r"USFJ SITREP \d{4}/\d{4}", text)
    for needed in (FERRY[language], right, "INDOPACOM JOC", "UNCLASSIFIED"):
        assert needed in text, needed
    expect(watch.locator(".desk-side-head h2")).to_have_text(re.compile(r"USFJ SITREP \d{4}"))  # told at once

    # A sentence leads to its entry.
    watch.locator(".report p", has_text=FERRY[language]).locator(".source").click()
    expect(watch.locator(".log-line")).to_contain_text(FERRY[language])


def test_the_watch_is_handed_over_and_signed_by_both(empty: Process, open_page: Open) -> None:
    admin = open_page(empty.link)
    at_work(admin)
    first, second = (add_person(admin, name) for name in ("Hale", "Sato"))
    add_appointment(admin, "J3 watch", first["id"], second["id"], permissions=["watch", "log"])
    off = open_page(link_for(admin, empty, first["id"]))
    at_work(off)
    off.keyboard.press("e")
    expect(off.locator("#entry-source")).to_be_focused()
    off.keyboard.press("Tab")
    off.keyboard.insert_text("Ferry overdue")
    off.keyboard.press("Control+Enter")
    expect(off.locator(".log-row")).to_have_count(1)
    off.keyboard.press("Escape")
    off.locator("body").press("h")
    expect(off.locator(".handover")).to_contain_text("Ferry overdue")
    off.get_by_label("Your own words").fill("Mind the ferry.")
    off.get_by_role("button", name="Offer the watch").click()
    expect(off.locator(".desk-side")).to_contain_text("until it is accepted")

    on = open_page(link_for(admin, empty, second["id"]))
    offered = on.locator(".offered")
    expect(offered).to_contain_text("Mind the ferry.")
    expect(offered).to_contain_text("Ferry overdue")
    offered.get_by_role("button", name="Accept the watch").click()
    expect(on.locator(".topbar .who")).to_contain_text("Sato")
    expect(off.locator("main.appoint")).to_be_visible()  # the watch is the other's now


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_log_on_a_phone(demo: Process, open_page: Open, language: str) -> None:
    page = open_page(demo.new_link("watch"), width=390, height=844, language=LANGUAGES[language])
    at_work(page)
    for place in ("log", "reports"):
        page.goto(f"{demo.url}#{place}")
        expect(page.locator(f"main.{place}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_spot_report_is_made_of_one_entry(demo: Process, open_page: Open) -> None:
    page = open_page(demo.new_link("watch"))
    at_work(page)
    page.keyboard.press("e")
    expect(page.locator("#entry-source")).to_be_focused()
    page.keyboard.insert_text("P-1 crew")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("Two vessels heading east")
    page.keyboard.press("Enter")
    page.locator(".log-row", has_text="Two vessels").first.get_by_role("button", name="SPOTREP").click()
    expect(page.locator(".report")).to_contain_text("P-1 crew: Two vessels heading east.")
    expect(page.locator(".desk-side-head h2")).to_have_text(re.compile("USFJ SPOTREP"))


def test_the_entry_line_tells_the_mark_it_will_bear(demo: Process, open_page: Open) -> None:
    page = open_page(demo.new_link("watch"))
    at_work(page)
    page.keyboard.press("e")
    mark = page.locator(".entry-mark b")
    expect(mark).to_have_text("(U)")
    page.get_by_role("button", name="Place, order, label, photographs").click()
    label = page.locator(".entry-fields .label-text input")
    offered = page.locator(".entry-fields datalist option")
    expect(offered.first).to_be_attached()
    narrow = next(one for one in (one.get_attribute("value") or "" for one in offered.all()) if "CUI" in one)
    label.fill("CUI//REL TO NOBODY")
    expect(page.locator(".entry-fields .label-text .warn")).to_contain_text("cannot be read")
    label.fill(narrow)
    expect(mark).to_contain_text("CUI")
    told = mark.inner_text()
    page.locator("#entry-source").fill("Naha")
    page.locator(".entry-text input").fill("Marked before it was sent")
    page.keyboard.press("Enter")
    row = page.locator(".log-row", has_text="Marked before it was sent")
    expect(row.locator(".portion").first).to_have_attribute("title", told)
