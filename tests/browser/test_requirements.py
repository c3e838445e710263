"""CCIR and RFI in the page, in real Chromium: drafted, approved, hit, acknowledged; asked, tasked, answered."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.demo import Process

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


def opened(open_page: Open, demo: Process, user: str, where: str = "ccir", **more: Any) -> Page:
    page = open_page(demo.new_link(user), place="requirements", **more)
    expect(page.locator(".who")).to_be_visible()
    expect(page.locator(".requirements .desk-tabs")).to_be_visible()
    if where == "rfi":
        page.keyboard.press("x")
    return page


def step(page: Page, button: str, **fields: str) -> None:
    """Take a step that is asked about, with what it needs."""
    page.locator(".order-acts").get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    for label, text in fields.items():
        dialog.get_by_label(label.replace("_", " ")).fill(text)
    dialog.locator("button[type=submit]").click()
    expect(dialog).to_have_count(0)


def row(page: Page, text: str) -> Any:
    return page.locator(".order-row", has_text=text)


def test_a_ccir_from_its_draft_to_who_acknowledges_its_hit(open_page: Open, demo: Process) -> None:
    planner = opened(open_page, demo, "planner")
    planner.keyboard.press("n")
    planner.get_by_label("What must be known").fill("Is the harbour of Naha open?")
    planner.get_by_label("Decision that it supports").fill("Where the ships land.")
    planner.get_by_label("Owner", exact=True).select_option(label="Chief of staff")
    planner.get_by_label("J3 watch officer").check()
    planner.keyboard.press("Escape")
    planner.keyboard.press("i")  # it stays; another place is left only when one says so
    planner.keyboard.press("o")
    expect(planner.get_by_role("dialog")).to_be_visible()
    planner.keyboard.press("Escape")
    planner.get_by_role("button", name="Save the draft").click()
    expect(planner.locator(".order-bar")).to_contain_text("draft")
    expect(planner.get_by_role("button", name="Put in force")).to_have_count(0)

    chief = opened(open_page, demo, "chief")
    row(chief, "Is the harbour of Naha open?").click()
    step(chief, "Put in force")
    expect(chief.locator(".order-bar")).to_contain_text("in force")
    name = chief.locator(".order-bar h2 span").first.inner_text()

    watch = opened(open_page, demo, "watch")
    planner.keyboard.press("e")
    planner.locator("#entry-source").fill("Naha")
    planner.locator(".entry-text input").fill("The harbour is closed.")
    planner.locator(".entry-answers select").select_option(label=f"{name}: Is the harbour of Naha open?")
    expect(planner.locator(".reach")).to_contain_text("Will be told: J3 watch officer")
    planner.locator(".entry-text input").press("Enter")
    expect(planner.locator(".log-row").first).to_contain_text("The harbour is closed.")

    waiting = watch.locator(".hits-waiting li", has_text="The harbour is closed.")
    expect(waiting).to_be_visible()
    expect(watch.locator(".places a[href='#requirements'] .places-count")).to_be_visible()
    later = open_page(demo.new_link("watch"), place="log")
    expect(later.locator(".notice")).to_contain_text(re.compile(r"was hit: |Waiting: .*CCIR and RFI \d"))
    later.close()
    watch.locator("body").press("k")
    expect(waiting).to_have_count(0)
    row(watch, "Is the harbour of Naha open?").click()
    expect(watch.locator(".notices")).to_contain_text("R. Hale, J3 watch officer has acknowledged")
    step(chief, "Answered", What_is_known="It is closed until Tuesday.")
    expect(chief.locator(".order-bar")).to_contain_text("answered")
    expect(watch.locator(".order-steps")).to_contain_text("It is closed until Tuesday.")


def test_an_entry_is_named_afterwards_and_taken_back(open_page: Open, demo: Process) -> None:
    watch = opened(open_page, demo, "watch")
    watch.keyboard.press("e")
    watch.locator(".entry-text input").fill("Storm warning for Okinawa.")
    watch.locator(".entry-text input").press("Enter")
    expect(watch.locator(".log-row").first).to_contain_text("Storm warning")
    watch.keyboard.press("Escape")
    watch.locator("body").press("i")
    row(watch, "Will weather close Kadena").click()
    watch.locator(".order-acts").get_by_role("button", name="An entry answers it").click()
    dialog = watch.get_by_role("dialog")
    dialog.get_by_label("Entry of the log").select_option(index=0)
    expect(dialog.locator(".reach")).to_contain_text("J5 planner")
    dialog.get_by_role("button", name="Tell them").click()
    hit = watch.locator(".hits li", has_text="Storm warning for Okinawa.").first
    expect(hit.locator(".notices")).to_contain_text("Chief of staff")
    hit.get_by_role("button", name="No hit").click()
    watch.get_by_role("dialog").get_by_label("Why").fill("For another island.")
    watch.get_by_role("dialog").get_by_role("button", name="No hit").click()
    expect(hit).to_contain_text("It was none: For another island.")


def test_a_question_is_asked_tasked_and_answered(open_page: Open, demo: Process) -> None:
    watch = opened(open_page, demo, "watch", "rfi")
    expect(watch.locator(".rfi-figures")).to_contain_text("open:")
    watch.keyboard.press("n")
    watch.get_by_label("What do you need to know?").fill("Which ports in Kyushu can berth a large relief ship?")
    expect(watch.locator(".similar")).to_contain_text("Hakata and Sasebo")
    watch.get_by_label("What for?").fill("For the third wave.")
    watch.get_by_label("Asked of", exact=True).select_option(label="Joint Operations Command (JJOC)")
    watch.get_by_label("LTIOV", exact=True).fill("2359Z")
    watch.get_by_role("button", name="Ask", exact=True).last.click()
    expect(watch.locator(".order-bar")).to_contain_text("new")

    ally = opened(open_page, demo, "liaison", "rfi", language="ja-JP")
    row(ally, "large relief ship").click()
    step(ally, "妥当と認める")
    ally.locator(".order-acts").get_by_role("button", name="担当を指定", exact=True).click()
    dialog = ally.get_by_role("dialog")
    expect(dialog.locator(".similar")).to_contain_text("Hakata")
    dialog.get_by_label("回答担当").select_option(label="統合作戦司令部運用幕僚")
    dialog.locator("button[type=submit]").click()
    expect(ally.locator(".order-bar")).to_contain_text("担当指定済み")

    desk = opened(open_page, demo, "jjoc", "rfi", language="ja-JP")
    row(desk, "large relief ship").click()
    desk.get_by_role("button", name="回答する", exact=True).click()
    desk.get_by_label("回答", exact=True).fill("博多と佐世保。")
    expect(desk.locator(".rfi-form")).to_contain_text("回答の表示:")
    desk.get_by_role("button", name="回答を送る").click()
    expect(desk.locator(".order-bar")).to_contain_text("回答済み")

    expect(watch.locator(".rfi-steps")).to_contain_text("博多と佐世保。")
    step(watch, "Ask for more", Why="How long?")
    expect(watch.locator(".order-bar")).to_contain_text("tasked")


def test_on_a_phone_in_japanese(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "planner", language="ja-JP", width=390, height=844)
    row(page, "航行警報により").click()
    expect(page.locator(".order-one .hits")).to_contain_text("NAVAREA XI")
    expect(page.locator(".orders-list")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".orders-list")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#place-search").fill("どこにもない")
    expect(page.locator(".desk-empty").first).to_contain_text("該当するものがありません")


def test_a_line_of_the_log_is_where_one_says_what_it_answers(open_page: Open, demo: Process) -> None:
    watch = opened(open_page, demo, "watch")
    watch.keyboard.press("e")
    watch.locator(".entry-text input").fill("Typhoon turns to Kadena.")
    watch.locator(".entry-text input").press("Enter")
    line = watch.locator(".log-row", has_text="Typhoon turns to Kadena.")
    line.get_by_role("button", name="This entry answers…").click()
    side = watch.locator(".desk-side")
    side.get_by_label("This entry answers…").select_option(index=1)
    expect(side.locator(".reach")).to_contain_text("Will be told")
    side.get_by_role("button", name="Tell them").click()
    answered = line.locator("a[href*='requirements/ccir/']")
    expect(answered).to_be_visible()
    name = answered.inner_text()
    answered.click()
    expect(watch.locator(".order-bar")).to_contain_text(name)
    expect(watch.locator(".hits li", has_text="Typhoon turns to Kadena.")).to_be_visible()
