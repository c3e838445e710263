"""The battle rhythm in real Chromium: an event is planned, misses an input, is held."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from playwright.sync_api import Page, expect

from jointhq.web.static import PAGE
from tests.browser.administration import until
from tests.browser.test_log import LANGUAGES, at_work
from tests.support.demo import Process

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


def words(language: str) -> dict[str, str]:
    table: dict[str, str] = json.loads((PAGE / "words" / f"{language}.json").read_text("utf-8"))
    return table


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_event_is_planned_misses_its_input_and_is_held(demo: Process, open_page: Open, language: str) -> None:
    say = words(language)
    short = f"FUEL {language.upper()}"
    planner = open_page(demo.new_link("planner"), place="rhythm", language=LANGUAGES[language])
    at_work(planner)
    grid = planner.locator(".rhythm-grid")
    expect(grid.locator(".rhythm-one", has_text="TRILAT SYNC").first).to_be_visible()
    said = planner.locator(".rhythm-legend")
    expect(said).to_contain_text("08:00–12:00")  # in Tokyo, and in Hawaii the day before
    expect(said).to_contain_text("13:00–17:00")
    expect(said).to_contain_text(say["rhythm.day_before"])
    expect(grid.locator(".rhythm-shared")).to_have_count(4)
    heads = grid.locator(".rhythm-day")
    expect(heads).to_have_count(7)
    monday, before = heads.nth(0).locator("b").first.inner_text(), heads.nth(0).locator("small").inner_text()
    assert re.findall(r"\d+", monday)[-1] != re.findall(r"\d+", before)[-1]

    missing = planner.locator(".rhythm-missing .link", has_text=short)

    def all_missing() -> int:  # the demo's grow by the hour
        return len(planner.request.get(f"{demo.url}api/operations/rhythm/missing").json()["rows"])

    others = all_missing()

    # A new event, due in ten minutes, whose input should have been there an hour before.
    planner.keyboard.press("n")
    form = planner.locator(".rhythm-form")
    expect(form.locator("[name=name]")).to_be_focused()
    expect(form.locator("[type=submit]")).to_be_in_viewport(ratio=1)  # though the form is longer than the panel
    planner.keyboard.insert_text("Fuel cell")
    form.locator("[name=short]").fill(short)
    starts = datetime.now(UTC) + timedelta(minutes=10)
    form.get_by_label(say["rhythm.zone"], exact=True).fill("UTC")
    form.get_by_label(say["rhythm.start"], exact=True).fill(f"{starts:%H%M}")
    form.get_by_label(say["rhythm.every"], exact=True).select_option("day")
    form.locator("[name=first]").fill(f"{starts:%Y-%m-%d}")
    expect(form.locator(".rhythm-live")).to_contain_text(say["rhythm.warning.no_output"].partition("{event}")[2][:12])
    form.get_by_role("button", name=say["rhythm.add_output"]).click()
    form.get_by_label(say["rhythm.decision_fed"]).fill("Fuel first")
    form.get_by_role("button", name=say["rhythm.add_input"]).click()
    form.get_by_label(say["rhythm.what"]).first.fill("Fuel state")
    form.get_by_label(say["rhythm.before"]).fill("0100")
    expect(form.locator(".rhythm-live")).not_to_contain_text(
        say["rhythm.warning.no_output"].partition("{event}")[2][:12]
    )
    form.locator("[type=submit]").click()
    card = planner.locator(".desk-side")
    expect(card.locator("h2")).to_contain_text(short)
    expect(card.locator(".rhythm-occurrence")).to_contain_text(say["rhythm.state.missing"])
    expect(missing).to_contain_text("Fuel state")

    # The watch sees it from wherever it is, goes there, and says that the input has come.
    watch = open_page(demo.new_link("watch"), place="log", language=LANGUAGES[language])
    at_work(watch)
    counted = watch.locator(".places a", has_text=say["place.rhythm"]).locator(".places-count")
    assert all_missing() > others
    until(lambda: counted.inner_text() == str(all_missing()))
    watch.keyboard.press("y")
    watch.locator(".rhythm-missing .link", has_text=short).click()
    watch.get_by_role("button", name=say["rhythm.is_there"], exact=True).click()
    expect(watch.locator(".rhythm-missing .link", has_text=short)).to_have_count(0)
    until(lambda: counted.all_inner_texts() == [str(n) for n in [all_missing()] if n])
    expect(missing).to_have_count(0)  # and the planner sees that, without asking
    watch.get_by_role("button", name=say["rhythm.hold"], exact=True).click()
    expect(watch.get_by_label(say["rhythm.decision"], exact=True)).to_be_focused()
    watch.keyboard.press("Escape")  # nothing is typed yet, and nothing asked
    expect(watch.locator("dialog")).to_have_count(0)
    watch.get_by_role("button", name=say["rhythm.hold"], exact=True).click()
    watch.get_by_label(say["rhythm.decision"], exact=True).fill("Naha first.")
    question = watch.get_by_role("dialog", name=say["unsaved.ask"])
    for leave in (
        lambda: watch.keyboard.press("Escape"),
        lambda: watch.get_by_role("button", name=say["form.cancel"], exact=True).click(),
    ):
        leave()
        question.get_by_role("button", name=say["unsaved.stay"], exact=True).click()
        expect(question).to_have_count(0)
        expect(watch.get_by_label(say["rhythm.decision"], exact=True)).to_have_value("Naha first.")
    watch.get_by_label(say["rhythm.decision"], exact=True).press("Control+Enter")
    expect(watch.locator(".rhythm-occurrence")).to_contain_text("Naha first.")
    expect(card.locator(".rhythm-occurrence")).to_contain_text("Naha first.")

    # One of next week's is skipped, and that is undone; the event is given up.
    planner.locator("body").press("k")
    planner.locator("body").press("]")
    planner.locator(".rhythm-row", has_text=short).nth(1).click()
    planner.get_by_role("button", name=say["rhythm.skip"], exact=True).click()
    planner.get_by_label(say["rhythm.reason"], exact=True).fill("Typhoon")
    planner.locator("dialog [type=submit]").click()
    expect(planner.locator(".rhythm-row.skipped", has_text=short)).to_contain_text("Typhoon")
    planner.get_by_role("button", name=say["notice.undo"], exact=True).click()
    expect(planner.locator(".rhythm-row.skipped")).to_have_count(0)
    planner.get_by_role("button", name=say["rhythm.end"], exact=True).click()
    planner.get_by_label(say["rhythm.reason"], exact=True).fill("Done")
    planner.locator("dialog [type=submit]").click()
    expect(card).to_contain_text("Done")
    planner.locator("body").press("k")

    # A calendar program gets a link, once.
    planner.get_by_role("button", name=say["rhythm.calendar"], exact=True).click()
    planner.get_by_role("button", name=say["rhythm.calendar_make"], exact=True).click()
    link = planner.locator(".rhythm-link code").inner_text()
    assert link.endswith(f"language={language}")
    program = planner.request.get(link)
    assert len(icalendar.Calendar.from_ical(program.body()).events) >= 8
    planner.get_by_role("button", name=say["rhythm.calendar_revoke"], exact=True).click()
    expect(planner.locator(".rhythm-link")).to_have_count(0)
    assert planner.request.get(link).status == 404


def test_a_phone_reads_the_rhythm_as_a_list_and_an_empty_one_says_what_to_do(
    demo: Process, empty: Process, open_page: Open
) -> None:
    say = words("en")
    phone = open_page(demo.new_link("watch"), width=390, height=844)
    at_work(phone)
    phone.goto(f"{phone.url.partition('#')[0]}#rhythm")
    row = phone.locator(".rhythm-row", has_text="JFHQ UPD").first
    expect(row).to_contain_text("08:00 Tokyo")
    expect(row).to_contain_text("13:00 Hawaii")
    row.click()
    expect(phone.locator(".desk-side h2")).to_contain_text("JFHQ UPD")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390

    administrator = open_page(empty.new_link())
    at_work(administrator)
    administrator.keyboard.press("y")
    expect(administrator.locator(".rhythm-none")).to_contain_text(say["rhythm.none"][:16])
