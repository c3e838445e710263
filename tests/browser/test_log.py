"""The watch officer's desk in real Chromium: the watch handed over, a spot report, a phone.

Entries, their correction and the SITREP of them are part of the staff's story (`test_story`).
"""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from jointhq.base import dtg
from tests.browser.administration import add_appointment, add_person, link_for
from tests.support.demo import Process

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
LANGUAGES = {"en": "en-GB", "ja": "ja-JP"}


def at_work(page: Page) -> None:
    expect(page.locator(".topbar .who")).to_be_visible()


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

    # The handover is read again as a whole, and what one writes for the next isn't left without a question.
    on.locator("body").press("j")
    expect(on.locator("main.log")).to_be_visible()
    on.locator("body").press("h")
    on.locator(".desk-side summary").click()
    read = on.locator(".desk-side details .handover")
    expect(read).to_contain_text("Mind the ferry.")
    expect(read).to_contain_text("Ferry overdue")
    on.get_by_label("Your own words").fill("Half a sentence")
    not_left_without_a_question(on, on.get_by_role("button", name="Close", exact=True).first.click)
    expect(on.get_by_label("Your own words")).to_have_value("Half a sentence")


def test_keys_pressed_ahead_of_a_place_that_loads_are_not_lost(demo: Process, open_page: Open) -> None:
    page = open_page(demo.new_link("watch"))
    at_work(page)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/operations/log.js", hold)
    page.locator("body").press("j")
    page.locator("body").press("h")
    page.wait_for_timeout(200)
    held[0].continue_()
    expect(page.locator(".desk-side .handover")).to_be_visible()


def not_left_without_a_question(page: Page, leave: Callable[[], object]) -> None:
    """Leave, be asked, and stay; be asked by the browser too, before a reload."""
    question = page.get_by_role("dialog", name="Leave without saving?")
    leave()
    expect(question).to_be_visible()
    question.get_by_role("button", name="Stay").click()
    expect(question).not_to_be_visible()
    reload_asks(page)


def reload_asks(page: Page) -> None:
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", refuse)
    page.evaluate("setTimeout(() => location.reload(), 0)")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]


def test_a_half_written_correction_and_report_are_not_left_without_a_question(demo: Process, open_page: Open) -> None:
    page = open_page(demo.new_link("watch"), place="log")
    at_work(page)
    page.keyboard.press("e")
    expect(page.locator("#entry-source")).to_be_focused()
    page.locator(".entry-text input").fill("To be corrected")
    page.keyboard.press("Enter")
    row = page.locator(".log-row", has_text="To be corrected")
    row.get_by_role("button", name="Correct").click()
    side = page.locator(".desk-side")
    side.locator("[name=text]").fill("Half a correction")
    for leave in (
        lambda: side.get_by_role("button", name="Cancel").click(),
        lambda: page.locator("body").press("r"),
    ):
        not_left_without_a_question(page, leave)
        expect(side.locator("[name=text]")).to_have_value("Half a correction")
    side.locator("[name=reason]").fill("Misheard")
    side.locator("[type=submit]").click()
    expect(page.locator(".log-row s", has_text="To be corrected")).to_be_visible()

    page.locator("body").press("r")
    page.locator(".report-tools").get_by_role("button", name="Compose").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    side.get_by_label("To", exact=True).fill("Half an addressee")
    not_left_without_a_question(page, lambda: side.get_by_role("button", name="Cancel").click())
    expect(side.get_by_label("To", exact=True)).to_have_value("Half an addressee")
    side.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".report-head")).to_contain_text("Half an addressee")
    page.locator("body").press("j")  # saved: nothing is asked
    expect(page.locator("main.log")).to_be_visible()


def test_a_draft_of_a_change_outlasts_a_change_of_place_and_is_asked_about_before_a_reload(
    demo: Process, open_page: Open
) -> None:
    page = open_page(demo.new_link("chief"), place="reports")
    at_work(page)
    page.goto(f"{demo.url}#structure/changes/new")
    page.goto(f"{demo.url}#structure/changes")
    page.locator("main").get_by_role("button", name="New change").click()
    title = page.locator(".editor [required]").first
    title.fill("Half a change")
    page.keyboard.press("Escape")
    page.goto(f"{demo.url}#log")
    expect(page.locator("main.log")).to_be_visible()
    reload_asks(page)
    page.goto(f"{demo.url}#structure/changes/new")
    expect(title).to_have_value("Half a change")


def test_the_log_of_a_period_is_an_address(hq: Process, admin: Page) -> None:
    admin.goto(f"{hq.url}#log")
    midnight = int(time.time()) // 86_400 * 86_400_000
    first, second, third = (dtg.write(midnight - days * dtg.DAY_MS) for days in (9, 8, 7))
    for when, text in (
        (first, "The first day"),
        (dtg.write(midnight - 7 * dtg.DAY_MS - dtg.HOUR_MS, "I"), "The second"),
    ):
        admin.locator(".entry-when input").fill(when)
        admin.locator(".entry-text input").fill(text)
        admin.keyboard.press("Enter")
        expect(admin.locator(".log-row", has_text=text)).to_be_visible()
    start, end = admin.locator(".log-period input").first, admin.locator(".log-period input").last
    start.fill(second)
    expect(admin.locator(".log-row")).to_have_count(1)
    expect(admin.locator(".log-row")).to_contain_text("The second")
    start.fill(third)
    expect(admin.locator(".desk-empty")).to_be_visible()
    admin.reload()
    expect(start).to_have_value(third)
    expect(admin.locator(".desk-empty")).to_be_visible()
    start.fill(first)
    expect(admin.locator(".log-row")).to_have_count(2)
    end.fill(second)
    expect(admin.locator(".log-row")).to_have_count(1)
    expect(admin.locator(".log-row")).to_contain_text("The first day")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_log_on_a_phone(demo: Process, open_page: Open, language: str) -> None:
    page = open_page(demo.new_link("watch"), place="log", width=390, height=844, language=LANGUAGES[language])
    at_work(page)
    for place in ("log", "reports"):
        page.goto(f"{demo.url}#{place}")
        expect(page.locator(f"main.{place}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{demo.url}#log")
    for field in page.locator(".entry-line input").all():
        assert (field.bounding_box() or {"width": 0})["width"] >= 120  # enough to read what one types
    page.locator(".log-tools button").last.click()
    side = page.locator(".desk-side")
    expect(side).to_be_visible()
    assert (side.bounding_box() or {"height": 0})["height"] > 500  # what the next will read has the screen to itself


def test_a_spot_report_is_made_of_one_entry(demo: Process, open_page: Open) -> None:
    page = open_page(demo.new_link("watch"), place="log")
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


def test_a_report_is_composed_of_what_was_chosen_and_brought_up_to_date(demo: Process, open_page: Open) -> None:
    page = open_page(demo.new_link("watch"), place="log")
    at_work(page)
    for text in ("Chosen for the report", "Not chosen for it"):
        page.keyboard.press("e")
        expect(page.locator("#entry-source")).to_be_focused()
        page.locator(".entry-text input").fill(text)
        page.keyboard.press("Enter")
        expect(page.locator(".log-row", has_text=text)).to_be_visible()
        page.keyboard.press("Escape")
    page.locator("body").press("r")
    tools = page.locator(".report-tools")
    tools.get_by_label("Form").select_option("SITREP")
    expect(tools.get_by_label("Until")).to_have_value(re.compile(r"^\d{2}2359Z"))
    tools.get_by_label("Form").select_option("ICS-214")
    tools.get_by_label("Form").select_option("SITREP")
    now_ms = int(time.time() * 1000)  # until it is due, the report that one would write is yesterday's
    tools.get_by_label("From").fill(dtg.write(now_ms - 3_600_000))
    tools.get_by_label("Until").fill(dtg.write(now_ms + 3_600_000))
    tools.get_by_label("To", exact=True).fill("INDOPACOM JOC")
    tools.get_by_label("Language").select_option("ja")
    tools.get_by_role("button", name="All entries of the period").click()
    tools.locator(".report-entries label", has_text="Chosen for the report").locator("input").check()
    tools.get_by_role("button", name="Compose").click()
    report = page.locator(".report")
    expect(report).to_contain_text("Chosen for the report")
    expect(report).to_contain_text("一般状況")
    expect(report).to_contain_text("INDOPACOM JOC")
    expect(report).not_to_contain_text("Not chosen for it")

    # What stood in the picture at that moment is said, and one click shows it.
    seen = report.locator("p", has_text=re.compile(r"\d{6}Zの状況図")).first
    expect(seen).to_contain_text("陸上")
    page.wait_for_timeout(1_000)  # half a second ago is now
    with page.expect_response(re.compile(r"/api/picture/at\?t=\d+$")) as then:
        seen.get_by_role("link", name="Picture").click()
    assert then.value.ok
    expect(page.locator(".past-frame")).to_contain_text("PAST")
    page.keyboard.press("l")
    page.go_back()

    address = page.url.partition("#")[2]
    page.keyboard.press("e")
    expect(page.locator("#entry-source")).to_be_focused()
    page.locator(".entry-text input").fill("Heard since then")
    page.keyboard.press("Control+Enter")
    page.goto(f"{demo.url}#{address}")
    expect(page.locator(".report-since")).to_contain_text("1 entry has been written since")
    page.get_by_role("button", name="Bring up to date").click()
    expect(report).to_contain_text("Heard since then")
    expect(report).not_to_contain_text("Not chosen for it")


def test_the_entry_line_tells_the_mark_it_will_bear(demo: Process, open_page: Open) -> None:
    page = open_page(demo.new_link("watch"), place="log")
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


def test_a_planner_makes_a_form_of_the_headquarters_own(demo: Process, open_page: Open) -> None:
    page = open_page(demo.new_link("chief"), place="reports")
    at_work(page)
    page.goto(f"{demo.url}#reports/forms")
    page.get_by_role("button", name="New form").click()
    editor = page.locator(".form-edit")
    editor.get_by_label("Code").fill("water")
    editor.get_by_label("Name", exact=True).first.fill("Water situation")
    editor.get_by_label("To", exact=True).fill("JJOC")
    section = editor.locator(".form-section")
    section.get_by_label("Name", exact=True).fill("Everything that was logged")
    page.get_by_role("button", name="Preview").click()
    expect(editor.locator(".report")).to_contain_text("Everything that was logged")

    # What isn't saved isn't left without a question.
    question = page.get_by_role("dialog", name="Leave without saving?")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(question).to_be_visible()
    question.get_by_role("button", name="Stay").click()
    expect(editor.get_by_label("Code")).to_have_value("WATER")

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".form-list")).to_contain_text("WATER Water situation")
    page.goto(f"{demo.url}#reports")
    tools = page.locator(".report-tools")
    tools.get_by_label("Form").select_option("WATER")
    expect(tools).to_contain_text("to JJOC")
    tools.get_by_role("button", name="Compose").click()
    expect(page.locator(".report")).to_contain_text("Everything that was logged")

    # The form changes; the report stays of the version that it was written by.
    page.goto(f"{demo.url}#reports/forms/WATER")
    section.get_by_label("Name", exact=True).fill("Another name")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".form-list")).to_be_visible()
    page.goto(f"{demo.url}#reports")
    page.get_by_role("button", name="USFJ WATER").click()
    expect(page.locator(".report")).to_contain_text("Everything that was logged")
    page.goto(f"{demo.url}#reports/forms/WATER")
    page.get_by_role("button", name="No longer our own").click()
    expect(page.locator(".form-list")).not_to_contain_text("WATER")
