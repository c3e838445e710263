"""The page in real Chromium, on the demo: what a watch officer sees and does.

`open_page` and `signed_in` fail the test that leaves an error on the console.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import opening, with_units
from tests.support.demo import Process, running

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
UNITS = 61
WAIT_S = 20.0  # for what must happen; a busy machine draws slowly
YOKOTA = ("US10", "US12", "US13", "US16", "BI01")  # five units at one spot, to 0.01 degrees


def until(what: Callable[[], Any], within_s: float = WAIT_S) -> Any:
    """Ask again until the answer is truthy."""
    ends = time.monotonic() + within_s
    while not (answer := what()):
        assert time.monotonic() < ends, "it didn't come about in time"
        time.sleep(0.1)
    return answer


@pytest.fixture(scope="module")
def stays(browser: Browser, demo: Process) -> Iterator[Page]:
    with opening(browser) as open_page:
        yield with_units(open_page, demo)


@pytest.fixture
def standing(stays: Page) -> Page:
    """As `signed_in`, but one page for all tests that leave nothing behind but a view, a search and a card."""
    stays.get_by_label("Search tracks or go to a place").fill("")
    stays.evaluate("() => document.activeElement?.blur()")
    stays.keyboard.press("Escape")
    expect(stays.locator(".card")).to_have_count(0)
    return stays


def place_of(page: Page, uid: str) -> dict[str, float] | None:
    """Where a track is drawn, in pixels of the page; None out of view."""
    place: dict[str, float] | None = page.evaluate("uid => window.jointhq.placeOf(uid)", uid)
    if place is None:
        return None
    top = page.locator(".map").bounding_box()
    assert top
    return {"x": place["x"] + top["x"], "y": place["y"] + top["y"]}


def drawn_at(page: Page, uid: str) -> dict[str, float]:
    """Return where a track is drawn, once it is in view and the map stands still."""

    def settled() -> dict[str, float] | None:
        before = place_of(page, uid)
        time.sleep(0.3)
        after = place_of(page, uid)
        return after if before and after and abs(before["x"] - after["x"]) + abs(before["y"] - after["y"]) < 2 else None

    found: dict[str, float] = until(settled)
    return found


def rows(page: Page) -> Locator:
    return page.locator(".row")


def search(page: Page, text: str) -> None:
    """Type into the search, and wait for what it finds."""
    page.get_by_label("Search tracks or go to a place").fill(text)
    expect(rows(page).first).to_be_visible()


def count_said(page: Page) -> int:
    text = page.locator(".list-head .count").inner_text()
    return int(re.sub(r"[^0-9]", "", re.split(r"of|tracks", text)[0]))


def test_the_units_are_there_each_with_its_symbol_and_place(standing: Page) -> None:
    chip = standing.get_by_role("button", name=re.compile("^Command units"))
    expect(chip).to_contain_text(str(UNITS))
    search(standing, "yokota")
    expect(rows(standing).filter(has_text="US Forces Japan")).to_have_count(1)
    expect(rows(standing).filter(has_text="Bilateral Information Analysis Cell")).to_have_count(1)


def test_recorded_traffic_moves(standing: Page) -> None:
    moved = standing.evaluate("() => window.jointhq.stats.moved_total")
    until(lambda: standing.evaluate("() => window.jointhq.stats.moved_total") > moved + 50)
    assert standing.evaluate("() => window.jointhq.stats.update_to_pixel_ms") < 2000


def test_units_at_one_spot_open_so_that_each_can_be_clicked(signed_in: Page) -> None:
    signed_in.keyboard.press("2")  # the Tokyo area
    for unit in YOKOTA:
        at = drawn_at(signed_in, f"unit-{unit}")
        signed_in.mouse.click(at["x"], at["y"])
        expect(signed_in.locator(".card .fact", has_text="UID")).to_contain_text(f"unit-{unit}")
    places = {tuple(drawn_at(signed_in, f"unit-{unit}").values()) for unit in YOKOTA}
    assert len(places) == len(YOKOTA)


def test_the_date_line_parts_nothing(standing: Page) -> None:
    standing.keyboard.press("5")  # Hawaii and Japan
    japan, hawaii = drawn_at(standing, "unit-US10"), drawn_at(standing, "unit-US01")
    assert japan["x"] < hawaii["x"]  # Hawaii lies east of Japan, over the date line


def test_a_click_tells_all_about_an_aircraft(standing: Page) -> None:
    standing.keyboard.press("6")  # northern France
    search(standing, "civil fixed-wing")
    standing.keyboard.press("ArrowDown")
    card = standing.locator(".card")
    expect(card.locator(".kind")).to_have_text("neutral civil fixed-wing aircraft")
    for name in ("MGRS", "Lat, lon", "Last report", "Source", "ICAO address", "UID"):
        expect(card.locator("dt", has_text=re.compile(f"^{name}$"))).to_have_count(1)
    expect(card).to_contain_text(re.compile(r"3[01]U [A-Z]{2} \d{5} \d{5}"))
    expect(card).to_contain_text("barometric")


def test_follow_path_and_copy(signed_in: Page) -> None:
    signed_in.context.grant_permissions(["clipboard-read", "clipboard-write"])
    signed_in.keyboard.press("6")
    search(signed_in, "civil fixed-wing")
    signed_in.keyboard.press("Enter")
    with signed_in.expect_response(re.compile(r"/api/track/path\?uid=")) as answered:
        signed_in.get_by_role("button", name="15 min").click()
    assert answered.value.ok
    signed_in.get_by_role("button", name="Copy MGRS").click()
    assert re.fullmatch(r"\d\d[A-Z] [A-Z]{2} \d{5} \d{5}", signed_in.evaluate("() => navigator.clipboard.readText()"))
    signed_in.get_by_role("button", name="Follow").click()
    expect(signed_in.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("typed", ["54S UE 69142 57032", "35.7485, 139.349", "35-44.91N 139-20.94E"])
def test_a_place_typed_in_is_gone_to(standing: Page, typed: str) -> None:
    standing.get_by_label("Search tracks or go to a place").fill(typed)
    expect(standing.locator(".search .go")).to_contain_text("54S")
    standing.keyboard.press("Enter")
    at = drawn_at(standing, "unit-US10")  # Yokota
    middle = standing.locator(".map").bounding_box()
    assert middle
    assert abs(at["x"] - middle["x"] - middle["width"] / 2) < 300


def test_filters_hide_on_the_map_and_in_the_list(signed_in: Page) -> None:
    signed_in.keyboard.press("1")
    drawn_at(signed_in, "unit-US10")
    chip = signed_in.get_by_role("button", name=re.compile("^Command units"))
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    until(lambda: place_of(signed_in, "unit-US10") is None)
    expect(rows(signed_in).filter(has_text="US Forces Japan")).to_have_count(0)
    signed_in.get_by_role("button", name="Show all").click()
    until(lambda: place_of(signed_in, "unit-US10"))


def test_the_list_orders_and_says_how_many(signed_in: Page) -> None:
    until(lambda: count_said(signed_in) >= UNITS)
    signed_in.get_by_label("Order").select_option("speed")
    expect(rows(signed_in).first.locator(".figure")).to_contain_text("kn")


def test_a_search_without_result_says_what_to_do(standing: Page) -> None:
    standing.get_by_label("Search tracks or go to a place").fill("no such thing")
    expect(standing.locator(".nothing")).to_contain_text("MGRS")
    standing.get_by_role("button", name="Clear search").click()
    expect(rows(standing).first).to_be_visible()


def test_a_search_by_keys_brings_what_was_chosen_into_view(standing: Page) -> None:
    standing.keyboard.press("/")
    standing.keyboard.type("Camp Naha")
    expect(standing.get_by_label("Search tracks or go to a place")).to_have_value("Camp Naha")
    expect(rows(standing)).to_have_count(1)
    standing.keyboard.press("ArrowDown")
    standing.keyboard.press("Enter")
    expect(standing.locator(".card")).to_contain_text("15th Brigade")


def test_past_and_back_by_keys(standing: Page) -> None:
    standing.locator(".map").hover()
    with standing.expect_response(re.compile(r"/api/picture/at\?t=\d+$")) as answered:
        standing.keyboard.press("[")
    assert answered.value.ok
    frame = standing.locator(".past-frame")
    expect(frame).to_contain_text("PAST")
    expect(frame).to_contain_text("ago")
    expect(standing.locator(".clocks")).to_have_class("clocks past")
    standing.keyboard.press("l")
    expect(frame).to_have_count(0)
    until(lambda: standing.evaluate("() => window.jointhq.stats.tracks") >= UNITS)


def test_past_by_mouse_on_the_rail(standing: Page, demo: Process) -> None:
    rail = standing.get_by_role("slider", name="Moment shown")
    box = rail.bounding_box()
    assert box
    rail.click(position={"x": box["width"] - 3, "y": box["height"] / 2})
    expect(standing.locator(".past-frame")).to_be_visible()
    rail.press("End")
    expect(standing.locator(".past-frame")).to_have_count(0)


def test_languages_switch_whole(signed_in: Page) -> None:
    signed_in.keyboard.press("g")
    expect(signed_in.locator("html")).to_have_attribute("lang", "ja")
    expect(signed_in.locator("h1")).to_have_text("在日米軍(デモ)")
    expect(signed_in.locator(".exercise").first).to_have_text("演習")
    expect(signed_in.locator(".clock .day").first).to_contain_text("月")
    signed_in.get_by_label("航跡の検索・場所への移動").fill("横田")
    expect(rows(signed_in).filter(has_text="在日米軍").first).to_be_visible()
    signed_in.get_by_role("button", name="English").click()
    expect(signed_in.locator("h1")).to_have_text("US Forces Japan (demo)")


def test_japanese_browsers_start_in_japanese(open_page: Open, demo: Process) -> None:
    page = open_page(demo.new_link(), language="ja-JP")
    expect(page.locator("h1")).to_have_text("在日米軍(デモ)")


def test_the_theme_switches_and_stays(signed_in: Page) -> None:
    expect(signed_in.locator("html")).to_have_attribute("data-theme", "dark")
    signed_in.keyboard.press("t")
    expect(signed_in.locator("html")).to_have_attribute("data-theme", "light")
    signed_in.reload()
    expect(signed_in.locator("html")).to_have_attribute("data-theme", "light")


def test_three_clocks_with_weekday_whatever_the_browsers_zone(standing: Page) -> None:
    clocks = standing.locator(".clock")
    expect(clocks).to_have_count(3)
    zulu, tokyo, hawaii = (int(clocks.nth(i).locator("time").inner_text()[:2]) for i in range(3))
    assert ((zulu + 9) % 24, (zulu - 10) % 24) == (tokyo, hawaii)
    for i in range(3):
        assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w{3}", clocks.nth(i).locator(".day").inner_text())


def test_the_zones_beside_zulu_are_ones_own(open_page: Open, demo: Process) -> None:
    page = open_page(demo.new_link("watch"))
    page.locator(".clocks").click()
    page.get_by_label("Zone 3").select_option("Europe/London")
    page.get_by_label("Zone 2").select_option("Australia/Sydney")
    expect(page.locator(".zone-times")).to_contain_text("Canberra")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".clock .zone").nth(2)).to_have_text("Canberra")
    page.keyboard.press("j")
    beside = r"[A-Z][a-z]{2} \d\d? [A-Z][a-z]{2} \d\d:\d\d[IKLAZ]"
    at = page.locator(".log-row .times").first
    expect(at).to_have_text(re.compile(rf"^\s*\d{{6}}Z.*{beside}\s*{beside}\s*{beside}\s*$", re.DOTALL))
    page.reload()
    expect(page.locator(".clock .zone").nth(2)).to_have_text("Canberra")
    page.keyboard.press("i")
    due = r"LTIOV \w{3} \d{6}Z [A-Z]{3} \d\d \(\w{3} \d\d:\d\dI, \w{3} \d\d:\d\d[KL], \w{3} \d\d:\d\d[ZA]\)"
    expect(page.locator("main.requirements")).to_contain_text(re.compile(due))


def test_help_lists_the_keys_and_escape_closes(standing: Page) -> None:
    standing.keyboard.press("?")
    expect(standing.locator(".drawer .keys kbd").first).to_have_text("v")
    standing.keyboard.press("Escape")
    expect(standing.locator(".drawer")).to_have_count(0)


def test_a_tak_client_appears_and_its_leaving_is_told(signed_in: Page, demo: Process) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300))
    event = (
        f'<event version="2.0" uid="ANDROID-test" type="a-f-G-U-C" how="m-g" time="{now}" start="{now}"'
        f' stale="{later}">'
        '<point lat="35.6" lon="139.7" hae="40" ce="5" le="5"/><detail><contact callsign="VIPER 1"/>'
        '<__group name="Cyan" role="Team Lead"/></detail></event>'
    )
    with socket.create_connection(("127.0.0.1", demo.tak_port)) as client:
        client.sendall(event.encode())
        search(signed_in, "viper")
        rows(signed_in).filter(has_text="VIPER 1").click()
        expect(signed_in.locator(".card")).to_contain_text("Team Lead")
        signed_in.locator(".connection").click()
        expect(signed_in.locator(".drawer table").first).to_contain_text("VIPER 1")
    expect(signed_in.locator(".drawer section", has_text="Closed connections")).to_contain_text("VIPER 1")


def test_the_page_comes_back_by_itself_after_the_server_restarts(open_page: Open, tmp_path: Path) -> None:
    with running("demo", tmp_path / "data", "--demo-speed", "10") as demo:
        page = open_page(demo.new_link())
        expect(page.locator(".connection.live")).to_be_visible()
        demo.stop()
        expect(page.locator(".connection.waiting")).to_contain_text("Reconnecting")
        expect(page.locator(".lost-banner")).to_be_visible()
        demo.start()
        expect(page.locator(".connection.live")).to_be_visible(timeout=40_000)
        until(lambda: page.evaluate("() => window.jointhq.stats.tracks") >= UNITS)
        expect(page.locator(".lost-banner")).to_have_count(0)
        page.close()
        open_page.complaints.clear()  # type: ignore[attr-defined]  # the browser itself says that nobody answered


def test_without_a_session_the_page_says_how_to_get_one(open_page: Open, demo: Process) -> None:
    page = open_page(demo.url)
    expect(page.locator(".sign-in")).to_contain_text("jointhq link")
    assert open_page.complaints == []  # type: ignore[attr-defined]
    page.goto("about:blank")
    page.goto(f"{demo.url}#sign-in=used")
    expect(page.get_by_role("alert")).to_contain_text("Ask for a new one")
    assert page.url == demo.url
    open_page.complaints.clear()  # type: ignore[attr-defined]  # the browser itself says 401


def test_signing_out_ends_the_session(open_page: Open, demo: Process) -> None:
    page = open_page(demo.new_link())
    page.locator(".who").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.locator(".sign-in")).to_contain_text("signed out")
    assert page.url == demo.url


def test_an_empty_headquarters_says_how_to_fill_it(empty: Process, open_page: Open) -> None:
    page = open_page(empty.new_link())
    page.locator(".nothing").get_by_role("button", name="Connect a device").click()
    expect(page.locator(".drawer")).to_contain_text(str(empty.tak_port))
    for client in ("ATAK", "WinTAK", "iTAK", "CloudTAK", "pytak", "node-tak"):
        expect(page.locator(".drawer h3", has_text=re.compile(f"^{client}\\b"))).to_have_count(1)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (2560, 1440), (390, 844)])
def test_nothing_runs_over_the_edge(open_page: Open, demo: Process, width: int, height: int) -> None:
    page = open_page(demo.new_link(), width=width, height=height)
    expect(page.locator(".connection.live")).to_be_visible()
    for language in ("en", "ja"):
        over = page.evaluate(
            """() => [...document.querySelectorAll(".topbar *, .timebar *, .panel *")]
                .filter((at) => at.getClientRects().length && at.getBoundingClientRect().right > innerWidth + 1)
                .map((at) => at.outerHTML.slice(0, 80))"""
        )
        assert over == [], language
        page.keyboard.press("g")


def test_a_row_pressed_is_the_one_meant_though_the_list_moves_under_the_pointer(signed_in: Page) -> None:
    page = signed_in
    search(page, "31")  # the 31st MEU, and ships
    expect(page.locator(".list-head .count")).not_to_have_text(re.compile("^[0-9]+ tracks"))
    ship = rows(page).filter(has_text="civil vessel").first
    box, meant = ship.bounding_box(), ship.locator(".name").inner_text()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.evaluate("document.querySelector('.domain .chip:last-of-type').previousElementSibling.click()")  # land goes
    until(lambda: ship.bounding_box() != box)
    page.mouse.up()
    expect(page.locator(".card h2")).to_have_text(meant)


def test_a_phone_has_its_list_as_a_sheet(open_page: Open, demo: Process) -> None:
    page = open_page(demo.new_link(), width=390, height=844)
    page.get_by_role("button", name="Track list").click()
    filters = page.get_by_role("button", name=re.compile("^Filters"))
    expect(filters).to_have_attribute("aria-expanded", "false")
    expect(rows(page).nth(2)).to_be_in_viewport(ratio=1)
    filters.click()
    expect(page.locator(".rows")).to_have_css(
        "height", re.compile(r"^(8[4-9]|[1-9]\d{2})")
    )  # two rows, with any filters
    filters.click()
    rows(page).first.click()
    expect(page.locator(".card")).to_be_visible()
    expect(page.locator(".list")).to_have_count(0)
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".card")).to_have_count(0)
