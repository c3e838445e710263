"""The structure in the page, in real Chromium: trees, moments, the unit chosen, authority, changes of command."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.demo import Process
from tests.support.structure import structure

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
FRAME_MS_MAX = 50  # p50 of a scroll through 2,000 units without a GPU, on a machine that does other things too
PHASE_1 = "1743292800000"  # 300000Z MAR 25


def row(page: Page, name: str) -> Locator:
    return page.locator(".unit-row", has=page.locator(".unit-name", has_text=re.compile(rf"\) ?{re.escape(name)}$")))


def choose(page: Page, name: str) -> None:
    row(page, name).locator(".unit-name").click()
    expect(page.locator(".unit h2")).to_contain_text(name)


def opened(open_page: Open, demo: Process, user: str, **more: Any) -> Page:
    page = open_page(demo.new_link(user), place="structure", **more)
    expect(page.locator(".who")).to_be_visible()
    expect(page.locator(".unit-row").first).to_be_visible()
    return page


def test_the_structure_by_keyboard(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "watch")
    expect(page.locator(".column h2").first).to_contain_text("United States")
    expect(page.locator(".column h2").last).to_contain_text("Japan")

    page.keyboard.press("/")
    page.keyboard.type("kadena")
    expect(page.locator(".search [role=status]")).to_have_text("1 found")
    page.keyboard.press("Enter")
    panel = page.locator(".unit")
    expect(panel.locator("h2")).to_contain_text("18th Wing")
    expect(panel).to_contain_text("Fifth Air Force")
    page.keyboard.press("ArrowLeft")
    expect(panel.locator("h2")).to_contain_text("Fifth Air Force")
    page.locator("#place-search").fill("")
    page.locator(".tree").first.focus()
    page.keyboard.press("ArrowLeft")  # closes it
    expect(row(page, "18th Wing")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(row(page, "18th Wing")).to_be_visible()
    page.keyboard.type("31st")
    expect(panel.locator("h2")).to_contain_text("31st Marine Expeditionary Unit")
    page.keyboard.press("Home")
    expect(panel.locator("h2")).to_contain_text("US Indo-Pacific Command")
    expect(page.locator(".tree").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".tree").first).not_to_be_focused()
    expect(panel.locator("h2")).to_contain_text("US Indo-Pacific Command")

    address = page.url
    page.reload()
    expect(panel.locator("h2")).to_contain_text("US Indo-Pacific Command")
    assert page.url == address
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_time_moves_over_the_first_phase(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "liaison", language="ja")
    expect(page.locator(".column h2").first).to_contain_text("日本")
    page.locator("#place-search").fill("JCT")
    page.keyboard.press("Enter")
    team = page.locator(".unit-row[aria-selected=true]")
    expect(team).to_contain_text("JCT")
    expect(page.locator(".other-moment")).to_have_count(0)
    page.keyboard.press("[")
    page.keyboard.press("[")
    page.keyboard.press("[")
    expect(page.locator(".other-moment")).to_contain_text("231500Z MAR 25 (月 00:00I、日 05:00W)に適用される編成")
    expect(page.locator(".unit")).to_contain_text("編成にありません")
    page.keyboard.press("]")
    expect(team).to_contain_text("JCT")
    assert f"at={PHASE_1}" in page.url
    page.go_back()
    expect(page.locator(".unit")).to_contain_text("編成にありません")
    page.keyboard.press("l")
    expect(page.locator(".other-moment")).to_have_count(0)


def test_who_may_task_whom_and_to_whom_else_it_goes(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "watch")
    choose(page, "US Forces Japan")
    asked = page.locator(".may")
    asked.get_by_role("button", name="Ask").click()
    expect(asked.locator(".may-answer")).to_contain_text("Yes: it may order this.")
    expect(asked.locator(".path")).to_contain_text("COCOM")
    choose(page, "Fifth Air Force")
    asked.get_by_label("Who").fill("US Forces Japan")
    page.keyboard.press("Enter")
    asked.get_by_role("button", name="Ask").click()
    expect(asked.locator(".may-answer")).to_contain_text("it becomes a request")
    expect(asked.locator(".may-answer")).to_contain_text("Pacific Air Forces")

    page.get_by_role("tab", name="Authority").click()
    expect(page.locator(".cells").first).to_contain_text("374th Airlift Wing")
    page.get_by_role("tab", name="Tree").click()
    choose(page, "US Forces Japan")
    page.locator(".unit").get_by_role("button", name="Show on the picture").click()
    expect(page.locator(".card h2")).to_contain_text("US Forces Japan")
    page.locator(".card").get_by_role("link", name="Show in the structure").click()
    expect(page.locator(".unit h2")).to_contain_text("US Forces Japan")


def test_what_binds_two_nations_is_a_line_from_tree_to_tree(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "watch")
    page.locator(".unit-row", has_text="Joint Operations Command").click()
    line = page.locator(".bonds g.own", has=page.locator(".relation-line")).first
    expect(line).to_be_attached()
    expect(page.locator(".bonds text.own").first).to_have_text(re.compile(r"^(DIRL|LNO) ↔$"))
    expect(line.locator("path")).to_have_count(1)  # the other row is below the edge
    page.locator(".unit-row", has_text="Joint Operations Command").locator(".bond").click()  # goes to the other
    expect(line.locator("circle")).to_have_count(2)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".bonds")).to_have_count(0)


def test_a_unit_is_shown_on_a_picture_that_nobody_has_looked_at_yet(open_page: Open, demo: Process) -> None:
    page = open_page(demo.new_link("watch"), place="structure/tree/US01")  # in Hawaii: beyond the first view
    name = page.locator(".unit h2").inner_text()
    expect(page.locator(".map")).to_have_count(0)
    page.get_by_role("button", name="Show on the picture").click()
    expect(page.locator(".card h2")).to_contain_text(name)
    expect(page.locator(".map canvas")).to_be_visible()
    page.get_by_label("Search tracks or go to a place").fill(name.removeprefix("(U)").strip())
    uid = page.locator(".row[aria-selected=true]").get_attribute("data-uid")
    box = page.locator(".map").bounding_box()
    assert box
    page.wait_for_function(  # the map has gone there, and stands in the middle of what the list leaves of it
        """([uid, x, y]) => {
            const at = window.jointhq.placeOf(uid);
            return at && Math.hypot(at.x - x, at.y - y) < 300;
        }""",
        arg=[uid, box["width"] / 2, box["height"] / 2],
    )


def test_two_thousand_units_scroll_without_a_stutter(open_page: Open, demo: Process) -> None:
    page = open_page(demo.new_link("watch"))
    expect(page.locator(".who")).to_be_visible()

    def answer(route: Route) -> None:
        route.fulfill(body=structure(2_000), content_type="application/json")

    page.route(re.compile(r"/api/command/units(\?|$)"), answer)
    page.keyboard.press("u")
    page.get_by_role("button", name="Open all").click()
    expect(page.locator(".column h2").first).to_contain_text("1,000 units")
    half_ms = page.evaluate(
        """async () => {
            const tree = document.querySelector(".tree");
            const frames = [];
            for (let i = 0; i < 160; i++) {
                const began = performance.now();
                tree.scrollTop += 180;
                await new Promise(requestAnimationFrame);
                frames.push(performance.now() - began);
            }
            return frames.slice(40).sort((a, b) => a - b)[60];
        }"""
    )
    assert page.locator(".unit-row").count() < 150, "only what is seen exists"
    assert half_ms < FRAME_MS_MAX


# -- changes of command


def answer(page: Page, step: str, **fields: str) -> None:
    """Take a step of the change shown: its button, what it asks for, yes."""
    page.locator(".steps").get_by_role("button", name=step, exact=True).click()
    asked = page.locator("dialog")
    for label, text in fields.items():
        asked.get_by_label(label).fill(text)
    asked.get_by_role("button", name=step, exact=True).click()
    expect(asked).to_have_count(0)


def test_a_change_beside_its_unit_is_drafted_by_one_and_approved_by_another(open_page: Open, demo: Process) -> None:
    planner = opened(open_page, demo, "planner")
    planner.locator("#place-search").fill("JCT")
    planner.keyboard.press("Enter")
    planner.locator(".unit").get_by_label("Change…").select_option("responsibility.given")
    form = planner.locator(".act-form")
    form.get_by_label("Title *").fill("Keep the two headquarters in step")
    form.get_by_role("button", name="Save as a draft").click()
    expect(planner.locator(".change .badge").first).to_have_text("draft")
    expect(planner.locator(".difference")).to_contain_text("Keep the two headquarters in step")
    answer(planner, "Submit")
    expect(planner.locator(".change .badge").first).to_have_text("submitted")
    address = planner.url

    chief = opened(open_page, demo, "chief")
    chief.goto(address)
    answer(chief, "Concur", Note="As discussed.")
    expect(chief.locator(".change")).to_contain_text("As discussed.")
    answer(chief, "Approve")
    expect(chief.locator(".change .badge").first).to_have_text("in force")
    chief.get_by_role("tab", name="Tree").click()
    choose(chief, "JJOC Cooperation Team (JCT)")
    expect(chief.locator(".unit")).to_contain_text("Keep the two headquarters in step")

    chief.locator(".unit").get_by_label("Change…").select_option("strength.reported")
    form = chief.locator(".act-form")
    form.get_by_label("Number").fill("14")
    form.get_by_label("In words", exact=True).fill("14")
    form.get_by_label("Approve it at once").check()
    form.get_by_role("button", name="Put in force now").click()
    expect(chief.locator(".unit-row[aria-selected=true] .strength")).to_contain_text("14")
    chief.locator(".notice").get_by_role("button", name="Undo").click()
    expect(chief.locator(".unit-row[aria-selected=true] .strength")).to_contain_text("12")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_no_view_of_the_structure_runs_over_the_edge(open_page: Open, demo: Process, width: int, height: int) -> None:
    page = opened(open_page, demo, "chief", width=width, height=height)
    for view in ("tree/US10", "tree/US10?at=1704067200001", "strength", "changes", "changes/demo-jfhq", "changes/new"):
        page.goto(f"{demo.url}#structure/{view}")
        expect(page.locator(".structure-time")).to_be_visible()
        page.wait_for_timeout(300)
        for language in ("en", "ja"):
            over = page.evaluate(
                """() => [...document.querySelectorAll(".topbar *, .structure *, .banner *")]
                    .filter((at) => at.getClientRects().length && !at.closest(".moments, .desk-rows, .tree, .scroll")
                        && at.getBoundingClientRect().right > innerWidth + 1)
                    .map((at) => at.outerHTML.slice(0, 80))"""
            )
            assert over == [], (view, language)
            page.keyboard.press("g")


def test_a_table_is_previewed_with_its_columns_and_becomes_a_draft(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "planner")
    page.get_by_role("tab", name="Import").click()
    table = "Kennung,Over,Unit name,Odd\nA1,,Alpha HQ,x\nA2,A1,Alpha 1st,y\n"
    page.locator("input[type=file]").set_input_files(
        {"name": "orbat.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.get_by_label("Id", exact=True).fill("Kennung")
    page.get_by_label("Id of the superior").fill("Over")
    page.get_by_role("button", name="Preview").click()
    preview = page.locator(".preview")
    expect(preview.locator(".rollup div", has_text="units added").locator("dd")).to_have_text("2")
    expect(preview.locator(".rollup div", has_text="relations").locator("dd")).to_have_text("1")
    expect(preview).to_contain_text("Odd")
    page.get_by_role("button", name="Draft the change").click()
    expect(page.locator(".change .badge").first).to_have_text("draft")
    expect(page.locator(".difference")).to_contain_text("Alpha 1st is added")

    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as file:
        page.get_by_role("menuitem", name="Table (CSV)").click()
    assert "US Forces Japan" in file.value.path().read_text("utf-8-sig")
    complaints: list[str] = open_page.complaints  # type: ignore[attr-defined]
    complaints[:] = [said for said in complaints if "400" not in said]  # before a column is chosen


def test_who_speaks_for_whom_and_who_would_take_over_stand_in_the_panel(open_page: Open, demo: Process) -> None:
    page = opened(open_page, demo, "planner")
    choose(page, "US Forces Japan")
    panel = page.locator(".unit")
    expect(panel).to_contain_text("Head, JJOC Cooperation Team")
    expect(panel.locator(".speaks").first).to_contain_text("shown up to")
    expect(panel.locator(".succession li")).to_have_count(2)
    expect(panel.locator(".succession li").first).to_contain_text("Chief of staff")
    expect(panel.locator(".chain", has_text="Reports to")).to_contain_text("US Indo-Pacific Command")
    panel.locator(".kind-choice").select_option("succession.set")
    form = panel.locator(".act-form")
    form.get_by_label("Commander").fill("chief")
    page.keyboard.press("Enter")
    form.get_by_label("Alternates, the first takes over first *").last.fill("j33")
    page.keyboard.press("Enter")
    expect(form.locator(".ordered li")).to_have_text(re.compile("J33 joint operations officer"))
    form.locator("button[type=submit]").click()
    expect(page.locator(".change .acts")).to_contain_text("succession set")


def test_silence_is_told_and_a_person_decides(open_page: Open, demo: Process) -> None:
    said: list[Any] = []
    post = {"id": "a2", "title": "Chief of staff", "title_ja": "", "holder": "L. Marsh", "holder_ja": ""}
    succession = {
        "unit": "US10", "commander": {**post, "id": "a1", "title": "Commander"}, "alternates": [post], "minutes": 60,
        "acting": None, "silent_ms": 1_795_000_000_000, "decided": "", "decided_ms": 0, "decided_by": None, "note": "",
        "mark": "(U)",
    }  # fmt: skip
    prompt = {"unit": "US10", "name": "US Forces Japan", "name_ja": "", "why": "lost", "version": "v1"}

    def prompts(route: Route) -> None:
        route.fulfill(json=[] if said else [{**prompt, "succession": succession}])

    def decide(route: Route) -> None:
        said.append(route.request.post_data_json)
        route.fulfill(status=204)

    page = open_page(demo.new_link("chief"))
    expect(page.locator(".who")).to_be_visible()
    page.route("**/api/command/prompts", prompts)
    page.route("**/api/command/units/US10/succession", decide)
    page.reload()
    expect(page.locator(".who")).to_be_visible()
    page.keyboard.press("u")
    shown = page.locator(".prompt")
    expect(shown).to_contain_text("nothing is heard of who commands")
    expect(shown).to_contain_text("Authority stays where it is")
    expect(page.locator(".places a", has_text="Structure").locator(".places-count")).to_have_text("1")
    shown.get_by_role("button", name="Decide").click()
    page.get_by_label("Transfer to Chief of staff").check()
    page.get_by_label("Reason").fill("no word since the storm")
    page.locator("dialog").get_by_role("button", name="Decide").click()
    expect(shown).to_have_count(0)
    assert said == [{"decision": "transfer", "appointment": "a2", "note": "no word since the storm", "version": "v1"}]
