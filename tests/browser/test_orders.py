"""Orders in the page, in real Chromium: staffing, an answer by keyboard, a change; the rest is told in `test_story`."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.support.demo import Process

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


def opened(open_page: Open, demo: Process, user: str, **more: Any) -> Page:
    page = open_page(demo.new_link(user), place="orders", **more)
    expect(page.locator(".who")).to_be_visible()
    expect(page.locator(".orders-body")).to_be_visible()
    return page


def step(page: Page, button: str, **fields: str) -> None:
    """Take a step that is asked about, with what it needs."""
    page.locator(".order-acts").get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog")
    for label, text in fields.items():
        dialog.get_by_label(label.replace("_", " ")).fill(text)
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_have_count(0)


def line(page: Page, unit: str) -> Locator:
    return page.locator(".order-board tbody tr", has=page.locator("th", has_text=unit))


def top(of: Locator) -> float:
    return (of.bounding_box() or {"y": 0.0})["y"]


def test_an_order_from_its_draft_to_the_answers(open_page: Open, demo: Process) -> None:
    high = opened(open_page, demo, "indopacom")
    expect(high.locator(".orders-list")).to_contain_text("No orders yet")
    high.keyboard.press("n")
    high.get_by_label("Title", exact=True).fill("Harbour relief")
    high.get_by_label("Title in Japanese").fill("港湾支援")
    high.get_by_label("Precedence").select_option("immediate")
    expect(high.locator(".order-form")).to_contain_text("within 30 minutes")
    high.get_by_label("2 Mission").fill("Keep the harbour open for relief goods.")
    high.get_by_role("button", name="Add a task").click()
    task = high.locator(".order-task")
    task.get_by_label("Who", exact=True).fill("Forces Japan")
    high.keyboard.press("Enter")
    task.get_by_label("Does").select_option("survey")
    task.get_by_label("What").fill("the port of Yokohama")
    high.get_by_role("button", name="Save the draft").click()
    expect(high.locator(".order-bar")).to_contain_text("draft")

    step(high, "Staff it", Offices_that_are_asked="J2")
    step(high, "Concur or not", Remark="no objection")
    expect(high.get_by_label("Staffing")).to_contain_text("no objection")
    deputy = opened(open_page, demo, "deputy")
    deputy.locator(".order-row", has_text="Harbour relief").click()
    step(deputy, "Approve")
    high.locator(".order-acts").get_by_role("button", name="Issue").click()
    expect(high.locator(".order-look tbody tr")).to_contain_text("order")
    high.get_by_role("dialog").get_by_role("button", name="Issue").click()
    expect(high.locator(".order-bar")).to_contain_text(re.compile(r"INDOPACOM OPORD 1/\d\d"))
    expect(line(high, "US Forces Japan")).to_contain_text("not sent yet")

    chief = opened(open_page, demo, "chief")
    expect(chief.locator(".notice")).to_contain_text(
        re.compile(r"IMMEDIATE: INDOPACOM OPORD 1/\d\d waits for your unit")
    )
    expect(chief.locator(".places a[href='#orders'] .places-count")).to_have_text("1")
    expect(chief.locator(".places a[href='#orders'] .unseen")).to_have_text("Waiting for you: 1")
    expect(chief).to_have_title(re.compile(r"^\(\d\) "))
    row = chief.locator(".order-row", has_text="Harbour relief")
    expect(row).to_contain_text("waits for your unit")
    chief.keyboard.press("ArrowDown")
    expect(chief.locator(".order-mine-box")).to_be_visible()
    expect(line(high, "US Forces Japan")).to_contain_text("opened")
    chief.keyboard.press("d")
    expect(chief.get_by_role("dialog").locator("textarea")).to_be_focused()
    chief.keyboard.press("Enter")
    expect(line(chief, "US Forces Japan")).to_contain_text("WILCO")
    answer = line(high, "US Forces Japan")
    expect(answer).to_contain_text("WILCO")
    expect(answer).to_contain_text("L. Marsh, Chief of staff")
    chief.keyboard.press("c")
    dialog = chief.get_by_role("dialog")
    dialog.get_by_role("button", name="CANTCO").click()
    expect(dialog).to_be_visible()  # it says why, or it isn't said
    chief.keyboard.press("Escape")

    high.locator(".order-acts").get_by_role("button", name="Change by FRAGORD").click()
    high.get_by_label("3 Execution").fill("By night as well.")
    high.get_by_label("For information", exact=True).fill("Pacific Fleet")
    high.keyboard.press("Enter")
    high.get_by_role("button", name="Save the draft").click()
    step(high, "Staff it", Offices_that_are_asked="")
    deputy.locator(".order-row", has_text="FRAGORD").click()
    step(deputy, "Approve")
    step(high, "Issue")
    expect(high.locator(".order-bar")).to_contain_text("INDOPACOM FRAGORD 1 to OPORD 1/")
    high.locator(".order-row", has_text="Harbour relief").last.click()
    expect(high.locator(".order-text")).to_contain_text("By night as well.")
    expect(high.locator(".order-text")).to_contain_text("by INDOPACOM FRAGORD 1")

    leader = opened(open_page, demo, "chief", language="ja", width=390, height=844, has_touch=True)
    leader.locator(".order-row", has_text="OPORD").last.click()
    text, board = leader.locator(".order-text"), leader.locator(".order-board")
    expect(text).to_be_visible()
    assert top(leader.locator(".order-mine-box")) < top(text) < top(board)  # what it says before who else has it
    assert top(high.locator(".order-board")) < top(high.locator(".order-text"))  # who issued it asks who has it
    for button in leader.locator(".order-mine-box button").all():
        assert (button.bounding_box() or {"height": 0})["height"] >= 40
    assert leader.evaluate("document.documentElement.scrollWidth") <= 390


def test_annexes_are_attached_to_a_draft_and_read_with_the_order(
    open_page: Open, demo: Process, tmp_path: Path
) -> None:
    (tmp_path / "tides.txt").write_text("High water 0412Z")
    high = opened(open_page, demo, "indopacom")
    high.keyboard.press("n")
    high.get_by_label("Title", exact=True).fill("Annexed")
    high.get_by_label("2 Mission").fill("Keep the channel open.")
    high.get_by_label("Other units that act", exact=True).fill("Forces Japan")
    high.keyboard.press("Enter")
    high.get_by_role("button", name="Save the draft").click()
    annexes = high.get_by_label("Annexes", exact=True)
    annexes.get_by_role("button", name="Add an annex").click()
    high.keyboard.press("Escape")  # leaves the field
    high.keyboard.press("Escape")  # nothing is typed yet, and nothing asked
    high.locator(".order-row", has_text="Annexed").click()
    annexes.get_by_role("button", name="Add an annex").click()
    form = high.locator(".annex-form")
    form.get_by_label("Annex", exact=True).select_option("H")
    form.locator("input[type=file]").set_input_files(tmp_path / "tides.txt")
    form.get_by_role("button", name="Save the annex").click()
    expect(annexes).to_contain_text("H Meteorology and oceanography")
    with high.expect_download() as download:
        annexes.get_by_role("link", name="tides.txt").click()
    assert download.value.path().read_text() == "High water 0412Z"
    high.evaluate("""() => {
      const data = new DataTransfer();
      data.items.add(new File(["net"], "net.csv"));
      const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector(".annexes").dispatchEvent(drop);
    }""")
    expect(form).to_contain_text("net.csv")
    form.get_by_label("Annex", exact=True).select_option("K")
    form.get_by_label("In words").fill("One net.")
    form.get_by_role("button", name="Save the annex").click()
    expect(annexes.locator("li")).to_have_count(2)
    annexes.get_by_role("button", name="Edit annex K Communications").click()
    form.get_by_label("Title, beside").fill("Guard")
    form.get_by_role("button", name="Save the annex").click()
    expect(annexes).to_contain_text("K Communications: Guard")
    annexes.get_by_role("button", name="Take out annex K Communications: Guard").click()
    high.get_by_role("dialog").get_by_role("button", name="Take out").click()
    expect(annexes.locator("li")).to_have_count(1)
    step(high, "Staff it", Offices_that_are_asked="")
    expect(annexes.get_by_role("button")).to_have_count(0)
    deputy = opened(open_page, demo, "deputy", language="ja", width=390)
    deputy.locator(".order-row", has_text="Annexed").click()
    expect(deputy.get_by_label("別紙", exact=True)).to_contain_text("H 気象・海洋")
    expect(deputy.get_by_role("link", name="tides.txt")).to_be_visible()


def test_what_cannot_be_is_said_and_nothing_typed_is_lost(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "chief")
    page.keyboard.press("n")
    page.get_by_label("Title", exact=True).fill("Nowhere")
    page.get_by_label("Label", exact=True).fill("NONSENSE")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Title", exact=True)).to_have_value("Nowhere")
    page.get_by_label("Label", exact=True).fill("")
    page.get_by_role("button", name="Save the draft").click()
    page.locator(".order-acts").get_by_role("button", name="Staff it").click()
    page.get_by_role("dialog").get_by_role("button", name="Staff it").click()
    expect(page.get_by_role("alert")).to_contain_text("addresses somebody")
    open_page.complaints.clear()  # type: ignore[attr-defined]  # a refusal is a 400, which a browser complains of


def test_who_has_no_unit_reads_and_is_told_why_he_cannot_order(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "observer", width=390)
    expect(page.locator(".orders-list")).to_contain_text("Your appointment is of no unit")
    expect(page.get_by_role("button", name="New order")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_typed_stays_as_it_was_typed(open_page: Open, demo: Process) -> None:
    high = opened(open_page, demo, "indopacom")
    high.keyboard.press("n")
    high.get_by_label("Title", exact=True).fill("Typed by hand")
    high.get_by_role("button", name="Add a task").click()
    task = high.locator(".order-task")
    task.get_by_label("Who", exact=True).fill("Forces Japan")
    high.keyboard.press("Enter")
    task.get_by_label("What").fill("the channel")
    position = task.get_by_label("Position")
    position.press_sequentially("35.05 some")
    high.get_by_role("button", name="Save the draft").click()
    expect(task).to_contain_text("No position")
    expect(high.locator(".order-form")).to_be_visible()
    position.clear()
    position.press_sequentially("-35.25, 139.05")
    moment = high.get_by_label("In force from")
    moment.fill("061608I MAY 26")
    read = high.locator(".moment", has=moment)
    expect(read).to_contain_text("Wed 6 May 07:08Z")
    expect(read).to_contain_text("Wed 6 May 16:08I")
    expect(read).to_contain_text("Tue 5 May 21:08W")
    moment.press("Home")
    moment.press("ArrowUp")
    expect(moment).to_have_value("071608I MAY 26")
    moment.fill("311608I JUN 26")
    moment.blur()
    expect(read).to_contain_text("JUN 26 has no day 31.")
    moment.fill("071608I MAY 26")
    high.get_by_role("button", name="Save the draft").click()
    expect(high.locator(".order-tasks")).to_contain_text("-35.25000, 139.05000")


def test_what_is_not_saved_is_not_left_without_a_question(open_page: Open, demo: Process) -> None:
    high = opened(open_page, demo, "indopacom")
    high.keyboard.press("n")
    title = high.get_by_label("Title", exact=True)
    question = high.get_by_role("dialog", name="Leave without saving?")
    title.fill("Half an order")
    title.press("Escape")  # leaves the field
    expect(title).not_to_be_focused()
    expect(title).to_have_value("Half an order")
    for leave in (lambda: high.keyboard.press("j"), lambda: high.keyboard.press("Escape"), high.go_back):
        leave()
        expect(question).to_be_visible()
        question.get_by_role("button", name="Stay").click()
        expect(title).to_have_value("Half an order")
        assert high.url.endswith("#orders/new")
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    high.once("dialog", refuse)
    high.evaluate("setTimeout(() => location.reload(), 0)")
    high.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    high.go_back()
    question.get_by_role("button", name="Leave").click()
    expect(high.locator(".orders-choose")).to_be_visible()
    high.keyboard.press("j")
    expect(high.locator("main.log")).to_be_visible()


def test_both_sides_agree_to_what_a_combined_activity_says(open_page: Open, demo: Process) -> None:
    ours, theirs = opened(open_page, demo, "chief"), opened(open_page, demo, "jjoc")
    for page in (ours, theirs):
        page.get_by_role("button", name="Missions", exact=True).click()
        expect(page.locator(".combined")).to_contain_text("Agreed by both sides")
    ours.get_by_role("button", name="Change the text").click()
    ours.get_by_label("Coordination record").fill("One search area each, divided by the meridian 139-30E.")
    for leave in ("Cancel", "Propose one"):
        ours.get_by_role("button", name=leave, exact=True).click()
        ours.get_by_role("dialog").get_by_role("button", name="Stay").click()
    expect(ours.get_by_label("Coordination record")).to_have_value(re.compile("139-30E"))
    ours.get_by_role("button", name="Save", exact=True).click()
    side = theirs.locator(".combined .lines li", has_text="Joint Operations Command")
    expect(theirs.locator(".combined")).to_contain_text("139-30E")  # without asking for it
    expect(side).to_contain_text("has not agreed")
    theirs.get_by_role("button", name="Agree", exact=True).click()
    expect(side).to_contain_text("agrees,")
    ours.get_by_role("button", name="Agree", exact=True).click()  # who wrote it last agrees by an act of his own
    expect(ours.locator(".combined")).to_contain_text("Agreed by both sides")


def test_what_is_wrong_with_a_draft_is_said_where_one_looks(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "planner", height=700)
    page.keyboard.press("n")
    page.get_by_label("Title", exact=True).fill("Turned \u202eround")
    page.get_by_role("button", name="Add a task").click()
    task = page.locator(".order-task")
    who = task.get_by_label("Who", exact=True)
    task.get_by_label("What", exact=True).fill("the port of Yokohama")
    who.fill("no such unit")
    page.get_by_role("button", name="Save the draft").click()
    expect(who).to_have_value("no such unit")  # Nothing typed is thrown away, and nothing is guessed.
    expect(who).to_be_focused()
    expect(task).to_contain_text("Choose one of the list, or clear the field.")
    who.fill("Seventh")
    page.keyboard.press("Enter")
    expect(who).to_have_value("US Seventh Fleet")
    expect(task).not_to_contain_text("Choose one of the list")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator(".order-save .problem")).to_contain_text("cannot be seen")
    expect(page.locator(".order-save .problem")).to_be_in_viewport()
    open_page.complaints.clear()  # type: ignore[attr-defined]  # the refusal that was asked for


def test_a_combined_activity_that_is_typed_is_not_left_without_a_question(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "chief")
    page.get_by_role("button", name="Missions", exact=True).click()
    question = page.get_by_role("dialog", name="Leave without saving?")
    for begin in ("Propose one", "New mission"):
        page.get_by_role("button", name=begin).click()
        title = page.get_by_label("Title", exact=True)
        title.fill("Half a sentence")
        page.get_by_role("link", name="Log").click()
        expect(question).to_be_visible()
        question.get_by_role("button", name="Stay").click()
        expect(title).to_have_value("Half a sentence")
        page.get_by_role("button", name="Cancel").click()
        question.get_by_role("button", name="Leave").click()
        expect(title).to_have_count(0)
