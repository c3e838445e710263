"""People in the page, in real Chromium: signing in, taking an appointment, administration, marks, and why.

`open_page` fails the test that leaves an error on the console; refusals that a test provokes are cleared by it, for
Chromium itself writes every 4xx there.
"""

import re
import time
import zipfile
import zlib
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.administration import (
    NUMBERS,
    add_appointment,
    add_person,
    ask,
    link_for,
    menu,
    officer,
    person_form,
    refused,
    until,
)
from tests.support.demo import Process

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
CUT_OFF_S = 10.0  # the guaranteed second is measured without a browser, which loads the page anew for it
PASSWORD = "a sentence is easy to keep"


def row_of(page: Page, text: str) -> Locator:
    return page.locator(".desk-rows tbody tr", has_text=text)


# -- signing in


def test_first_run_by_link_then_by_password(empty: Process, open_page: Open) -> None:
    page = open_page(empty.link)
    offer = page.locator(".offer")
    offer.get_by_role("button", name="Set one now").click()
    drawer = page.locator(".drawer")
    expect(drawer.locator(".drawer-body")).to_be_focused()
    drawer.get_by_label("New password", exact=True).fill("short")
    drawer.get_by_label("New password again").fill("short")
    drawer.get_by_role("button", name="Set password").click()
    expect(drawer.get_by_role("alert")).to_contain_text("12 characters")
    drawer.get_by_label("New password", exact=True).fill(PASSWORD)
    expect(drawer.get_by_role("alert").filter(has_text="not the same")).to_be_visible()
    drawer.get_by_label("New password again").fill(PASSWORD)
    drawer.get_by_role("button", name="Set password").click()
    expect(drawer).to_contain_text("You have a password")
    drawer.get_by_label("New password", exact=True).focus()
    page.keyboard.press("Escape")
    expect(drawer.locator(".drawer-body")).to_be_focused()
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(page.locator(".who")).to_be_focused()
    expect(offer).to_have_count(0)

    menu(page, "Sign out")
    expect(page.get_by_role("alert")).to_contain_text("signed out")
    page.get_by_label("User name").fill("administrator")
    page.get_by_label("Password").fill("not this one, surely")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Check what you typed")
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_role("alert")).to_contain_text("正しくありません。入力を確かめる")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".who")).to_contain_text("管理者")
    refused(open_page)


def test_the_offer_can_be_put_off(admin: Page) -> None:
    admin.locator(".offer").get_by_role("button", name="Later").click()
    admin.reload()
    expect(admin.locator(".who")).to_be_visible()
    expect(admin.locator(".offer")).to_have_count(0)


def test_a_passkey_is_made_and_signs_in(open_page: Open, admin: Page, hq: Process) -> None:
    name, _, link = officer(admin, hq)
    page = open_page(link.replace("127.0.0.1", "localhost"))  # a passkey belongs to a name, never to an address
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    menu(page, "Password, passkeys, sessions")
    drawer = page.locator(".drawer")
    drawer.get_by_label("Name, such as").fill("virtual")
    drawer.get_by_role("button", name="Add a passkey").click()
    expect(drawer.locator("tr", has_text="virtual")).to_be_visible()
    expect(page.locator(".offer")).to_have_count(0)

    page.keyboard.press("Escape")
    menu(page, "Sign out")
    page.get_by_role("button", name="日本語").click()
    page.get_by_role("button", name="パスキーでサインイン").click()
    expect(page.locator(".who")).to_contain_text(name)


def test_an_address_offers_no_passkey(open_page: Open, hq: Process) -> None:
    page = open_page(hq.url)
    expect(page.get_by_label("User name")).to_be_focused()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_have_count(0)
    expect(page.get_by_role("button", name="certificate")).to_have_count(0)
    expect(page.get_by_role("link")).to_have_count(0)


def test_a_failed_return_from_a_provider_is_said(open_page: Open, hq: Process) -> None:
    page = open_page(f"{hq.url}#sign-in-failed=wrong")
    expect(page.get_by_role("alert")).to_contain_text("Ask an administrator to invite it")
    assert page.url == hq.url


def test_too_many_attempts_say_how_long_to_wait(open_page: Open, hq: Process) -> None:
    page = open_page(hq.url)
    page.get_by_label("User name").fill("nobody.at.all")
    for _ in range(40):
        page.get_by_label("Password").fill("guess after guess")
        expect(page.locator(".sign-in form [type=submit]")).to_be_enabled()  # the one before is over
        with page.expect_response("**/api/sign-in/password") as answered:
            page.keyboard.press("Enter")
        if answered.value.status == 429:
            break
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Try again in \d+ s"))
    refused(open_page)


# -- appointments


def test_an_appointment_passes_from_one_to_another(open_page: Open, admin: Page, hq: Process) -> None:
    names = [f"Officer {next(NUMBERS)}" for _ in range(2)]
    persons = [add_person(admin, name)["id"] for name in names]
    title = f"J3 watch {next(NUMBERS)}"
    add_appointment(admin, title, *persons)
    first, second = (open_page(link_for(admin, hq, person)) for person in persons)
    expect(first.locator(".who")).to_contain_text(title)  # the only one there is: taken at once
    mine = second.locator(".appointment", has_text=title)
    expect(mine).to_contain_text(f"{names[0]} holds it since")
    mine.get_by_role("button", name="Take over").click()
    note = "Two tankers overdue; called twice."
    mine.get_by_label("Handover note").fill(note)
    second.keyboard.press("Tab")
    expect(mine.get_by_role("button", name="Take over")).to_be_focused()
    mine.get_by_role("button", name="Take over").click()
    expect(second.locator(".who")).to_contain_text(title)

    expect(first.get_by_role("alert").first).to_contain_text("Another person has taken")
    expect(first.locator(".appointment", has_text=title)).to_contain_text(note)
    expect(first.locator(".topbar")).to_have_count(0)

    menu(second, "Appointment")
    drawer = second.locator(".drawer")
    drawer.get_by_label("Note for whoever takes it next").fill("All quiet.")
    drawer.get_by_role("button", name="Lay down").click()
    expect(second.get_by_role("alert").first).to_contain_text("laid down")
    first.get_by_role("button", name="Look again").click()
    expect(first.locator(".appointment", has_text=title)).to_contain_text("All quiet.")
    first.get_by_role("button", name="Take", exact=True).click()
    expect(first.locator(".who")).to_contain_text(names[0])
    refused(open_page)


def test_without_an_appointment_one_is_told_so(open_page: Open, admin: Page, hq: Process) -> None:
    person = add_person(admin, f"Newcomer {next(NUMBERS)}")["id"]
    page = open_page(link_for(admin, hq, person))
    expect(page.locator(".appoint")).to_contain_text("No appointment is open to you")
    expect(page.locator(".appoint .product")).to_contain_text("Headquarters")
    expect(page.locator(".banner .marking")).to_have_text(["OPEN", "OPEN"])
    page.get_by_text("Password, passkeys, sessions").click()
    expect(page.get_by_label("New password", exact=True)).to_be_visible()
    expect(page.get_by_text("Browsers make passkeys only for a host name")).to_be_visible()  # this one has none


# -- administration


def test_a_person_is_added_invited_and_signs_in(open_page: Open, admin: Page) -> None:
    name = f"Naomi Sato {next(NUMBERS)}"
    admin.keyboard.press("a")
    admin.get_by_role("button", name="Add a person").click()
    side = admin.locator(".desk-side")
    side.get_by_label("Name", exact=True).fill(name)
    side.get_by_label("Name in Japanese").fill("佐藤 直美")
    side.get_by_label("User name").fill(name.lower().replace(" ", "."))
    side.get_by_role("button", name="Add a person").click()
    expect(side.locator("h2")).to_contain_text(name)
    expect(row_of(admin, name).locator(".portion")).to_have_text(re.compile(r"^\(.+\)$"))

    admin.get_by_role("tab", name="Appointments").click()
    admin.get_by_role("button", name="Add an appointment").click()
    title = f"Liaison officer {next(NUMBERS)}"
    side.get_by_label("Title", exact=True).fill(title)
    side.get_by_role("button", name="Add an appointment").click()
    side.get_by_label("Assign a person").fill(name)
    admin.get_by_role("option", name=name).wait_for()
    admin.keyboard.press("Enter")
    side.get_by_role("button", name="Assign", exact=True).click()
    expect(side.locator("tr", has_text=name)).to_be_visible()

    admin.get_by_role("tab", name="People").click()
    admin.get_by_role("searchbox", name="Search", exact=True).fill(name)
    row_of(admin, name).get_by_role("button").click()
    expect(side).to_contain_text(title)
    side.get_by_role("button", name="Invite").click()
    side.locator("form").get_by_role("button", name="Invite").click()
    link = side.locator(".made code").inner_text()
    page = open_page(link)
    expect(page.locator(".who")).to_contain_text(title)
    page.keyboard.press("g")
    expect(page.locator(".who")).to_contain_text("佐藤 直美")


def test_what_was_typed_survives_a_change_by_another(open_page: Open, admin: Page) -> None:
    name = f"Twice Changed {next(NUMBERS)}"
    row = add_person(admin, name)
    admin.keyboard.press("a")
    row_of(admin, name).get_by_role("button").click()
    side = admin.locator(".desk-side")
    side.get_by_role("button", name="Change").click()
    side.get_by_label("Name", exact=True).fill("Mine")
    form = person_form(admin, name) | {"name": "Theirs", "version": row["version"]}
    ask(admin, "PUT", f"/api/people/{row['id']}", form)
    side.get_by_role("button", name="Save").click()
    expect(side.get_by_role("alert")).to_contain_text("What you typed is kept")
    expect(side.get_by_text("Now: Theirs")).to_be_visible()
    expect(side.get_by_label("Name", exact=True)).to_have_value("Mine")
    side.get_by_role("button", name="Save").click()
    expect(side.locator("h2")).to_contain_text("Mine")
    refused(open_page)


@pytest.mark.parametrize("how", ["end", "remove"])
def test_revoking_cuts_a_session_off(open_page: Open, admin: Page, hq: Process, how: str) -> None:
    name, _, link = officer(admin, hq)
    page = open_page(link)
    expect(page.locator(".connection.live")).to_be_visible()
    admin.keyboard.press("a")
    row_of(admin, name).get_by_role("button").click()
    side = admin.locator(".desk-side")
    word = "End all sessions" if how == "end" else "Take access away"
    side.get_by_role("button", name=word).click()
    admin.get_by_role("dialog").get_by_role("button", name=word).click()
    expect(admin.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".sign-in form")).to_be_visible(timeout=CUT_OFF_S * 1000)
    expect(page.get_by_role("alert")).to_contain_text("session has ended")
    if how == "remove":
        side.get_by_role("button", name="Give access back").click()
        admin.get_by_role("dialog").get_by_role("button", name="Give access back").click()
        expect(side).to_contain_text("In force")
    refused(open_page)


def test_an_invitation_is_revoked_and_opens_nothing(open_page: Open, admin: Page, hq: Process) -> None:
    name, _, link = officer(admin, hq)
    admin.goto(f"{hq.url}#people/invitations")
    row_of(admin, name).get_by_role("button", name="Revoke").click()
    expect(row_of(admin, name)).to_contain_text("revoked")
    page = open_page(link)
    expect(page.get_by_role("alert")).to_contain_text("Ask for a new one")
    refused(open_page)


def test_a_delegate_hears_of_the_fence_and_others_have_no_desk(open_page: Open, admin: Page, hq: Process) -> None:
    _, _, link = officer(admin, hq, permissions=["watch", "delegate"])
    page = open_page(link)
    expect(page.locator(".who")).to_be_visible()
    page.keyboard.press("a")
    organisation = ask(admin, "GET", "/api/session")["organisation"]
    expect(page.locator(".fence")).to_contain_text(f"You administer {organisation} alone")
    expect(page.get_by_role("tab", name="Why")).to_have_count(0)
    expect(row_of(page, "Watch Officer").first).to_be_visible()

    _, _, link = officer(admin, hq)
    watch = open_page(f"{link}")
    expect(watch.locator(".who")).to_be_visible()
    watch.keyboard.press("a")
    expect(watch.locator(".desk")).to_have_count(0)
    expect(watch.locator(".places")).not_to_contain_text("People")
    watch.goto(f"{hq.url}#people/why")
    expect(watch.locator(".stage")).to_be_visible()
    expect(watch.locator(".desk")).to_have_count(0)


def test_devices_are_listed_and_the_filter_asks_the_server(admin: Page, hq: Process) -> None:
    admin.goto(f"{hq.url}#people/certificates")
    with admin.expect_response("**/api/certificates?ends_within_days=30"):
        admin.get_by_label("ends within 30 days").check()
    expect(admin.locator(".desk-empty")).to_contain_text("No certificate ends so soon")


def test_a_device_gets_a_token_once(admin: Page) -> None:
    menu(admin, "Devices")
    drawer = admin.locator(".drawer")
    drawer.get_by_role("button", name="Make a token").click()
    token = drawer.locator(".token code").inner_text()
    assert len(token) >= 12
    expect(drawer).to_contain_text("administrator")
    for client in ("ATAK", "WinTAK", "iTAK", "pytak", "CloudTAK", "node-tak"):
        expect(drawer.locator("h3", has_text=re.compile(f"^{client}\\b"))).to_have_count(1)
    drawer.get_by_role("button", name="Another device").click()
    expect(drawer).not_to_contain_text(token)


def test_a_device_that_cannot_enrol_gets_a_package_and_is_revoked(open_page: Open, admin: Page, hq: Process) -> None:
    name, _, link = officer(admin, hq)
    page = open_page(link)
    menu(page, "Devices")
    drawer = page.locator(".drawer")
    drawer.get_by_role("button", name="Make a token").click()
    expect(drawer.locator(".code-of img")).to_have_count(2)  # ATAK and iTAK scan; pytak reads its link
    assert drawer.locator(".code-of img").first.evaluate("image => image.complete && image.naturalWidth > 0")
    drawer.get_by_label("Client").select_option("pytak")
    with page.expect_download() as taken:
        drawer.get_by_role("button", name="Get the package").click()
    assert zipfile.is_zipfile(taken.value.path())
    drawer.get_by_role("button", name="Another device").click()
    expect(drawer.locator("tr", has_text="valid")).to_have_count(1)

    admin.goto(f"{hq.url}#people/certificates")
    row_of(admin, name).get_by_role("button", name="Revoke").click()
    admin.get_by_role("dialog").get_by_label("Reason").fill("lost")
    admin.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row_of(admin, name)).to_contain_text("revoked")
    expect(row_of(admin, name)).to_contain_text("lost")


def test_the_menu_by_keyboard(admin: Page) -> None:
    admin.keyboard.press("m")
    expect(admin.get_by_role("menuitem").first).to_be_focused()
    admin.keyboard.press("End")
    expect(admin.get_by_role("menuitem", name="Sign out")).to_be_focused()
    admin.keyboard.press("Escape")
    expect(admin.get_by_role("menu")).to_have_count(0)
    expect(admin.locator(".who")).to_be_focused()
    admin.keyboard.press("a")
    expect(admin.get_by_role("tab", name="People")).to_have_attribute("aria-selected", "true")
    admin.keyboard.press("w")
    expect(admin.get_by_role("heading", name="Why can A not see B?")).to_be_visible()
    admin.go_back()
    expect(admin.get_by_role("tab", name="People")).to_have_attribute("aria-selected", "true")
    admin.keyboard.press("v")
    expect(admin.locator(".desk")).to_have_count(0)


def test_places_stand_in_the_address(admin: Page, hq: Process) -> None:
    places = admin.get_by_role("navigation", name="Places")
    places.get_by_role("link", name="Picture").click()
    expect(places.get_by_role("link", name="Picture")).to_have_attribute("aria-current", "page")
    places.get_by_role("link", name="People").click()
    admin.get_by_role("tab", name="Devices").click()
    assert admin.url == f"{hq.url}#people/certificates"
    admin.reload()
    expect(admin.get_by_role("tab", name="Devices")).to_have_attribute("aria-selected", "true")
    admin.go_back()
    expect(admin.get_by_role("tab", name="People")).to_have_attribute("aria-selected", "true")
    admin.go_back()
    expect(admin.locator(".desk")).to_have_count(0)
    admin.go_forward()
    expect(admin.locator(".desk")).to_be_visible()
    admin.keyboard.press("?")
    keys = admin.locator(".keys")
    expect(keys.locator("div", has_text="People").locator("kbd")).to_have_text("a")
    expect(keys).not_to_contain_text("Follow")
    admin.keyboard.press("v")
    expect(keys).to_contain_text("Follow")


# -- why


def test_why_names_the_rule_that_decides(admin: Page, hq: Process) -> None:
    name, person, _ = officer(admin, hq)
    ended = f"Cleared No More {next(NUMBERS)}"
    add_person(admin, ended, cleared_until_ms=int(time.time() * 1000) - 1000)
    admin.goto(f"{hq.url}#people/why")
    answer = admin.locator(".answer")

    def why(reader: str, item: str) -> None:
        admin.get_by_role("button", name="Person", exact=True).click()
        for label, text in (("Who looks", reader), ("Person", item)):
            admin.get_by_label(label, exact=True).fill(text)
            admin.get_by_role("option", name=text).wait_for()
            admin.keyboard.press("Enter")
        admin.get_by_role("button", name="Ask", exact=True).click()

    why(name, "Administrator")
    expect(answer.locator(".verdict")).to_contain_text(f"{name} may see Administrator")
    expect(answer.locator(".check-list li")).not_to_have_count(0)
    why(ended, "Administrator")
    expect(answer.locator(".verdict")).to_contain_text(f"{ended} may not see Administrator")
    expect(answer.locator(".rule")).to_contain_text("clearance ended")
    admin.get_by_label("Person", exact=True).fill(name)
    expect(answer).to_contain_text("The answer appears here")  # never one that was of another
    admin.keyboard.press("Escape")
    assert person


def test_who_releases_asks_why_by_a_key_and_learns_of_readers_alone(admin: Page, hq: Process, open_page: Open) -> None:
    name, _, link = officer(admin, hq, permissions=["watch", "release"])
    page = open_page(link)
    expect(page.locator(".who")).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_role("tab")).to_have_text(["Why can A not see B?"])
    page.get_by_role("button", name="Person", exact=True).click()
    for label, text in (("Who looks", name), ("Person", "Administrator")):
        page.get_by_label(label, exact=True).fill(text)
        page.get_by_role("option", name=text).wait_for()
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".verdict")).to_contain_text(f"{name} may see Administrator")
    page.get_by_role("tab").focus()
    page.keyboard.press("v")
    expect(page.locator(".desk")).to_have_count(0)
    menu(page, "Appointment")
    expect(page.locator(".drawer-body .appointment .portion").first).to_have_text("(OPEN)")


# -- marks


def test_marks_stand_on_pages_and_items(signed_in: Page) -> None:
    banners = signed_in.locator(".banner .marking")
    expect(banners).to_have_count(2)
    assert len(set(banners.all_inner_texts())) == 1
    for i, edge in ((0, "top"), (1, "bottom")):
        box = banners.nth(i).bounding_box()
        assert box
        assert (box["y"] < 30) if edge == "top" else (box["y"] > 860)
    mark = re.compile(r"^\(.+\)$")
    expect(signed_in.locator(".row .portion").first).to_have_text(mark)
    signed_in.locator(".row").first.click()
    expect(signed_in.locator(".card h2 .portion")).to_have_text(mark)
    signed_in.locator(".row").nth(2).hover()
    expect(signed_in.locator(".plain-tcp")).to_contain_text("nobody is asked who he is")

    signed_in.emulate_media(media="print")
    expect(banners.nth(0)).to_be_visible()
    expect(banners.nth(1)).to_be_visible()
    expect(signed_in.locator(".topbar")).to_be_hidden()
    signed_in.emulate_media(media="screen")

    signed_in.keyboard.press("a")
    expect(signed_in.locator(".desk-rows .portion").first).to_have_text(mark)
    expect(banners).to_have_count(2)


def test_each_sees_what_is_released_to_him_and_why_tells_the_rest(
    open_page: Open, demo: Process, signed_in: Page
) -> None:
    """The demo's AIS is CUI//REL TO USA, JPN; its observer is Australian."""
    restricted = """async () => (await import("/picture/moment.js")).liveStore.cards
        .filter((card) => card?.l?.startsWith("(CUI")).map((card) => card.u)"""
    signed_in.wait_for_function("() => document.querySelector('.banner .marking').innerText.startsWith('CUI')")
    uid = until(lambda: signed_in.evaluate(restricted))[0]
    signed_in.get_by_label("Search tracks or go to a place").fill(uid)
    mark = signed_in.locator(".row .portion").first
    expect(mark).to_have_text("(CUI//REL)")  # the list is the banner's, and not written again
    expect(mark).to_have_attribute("title", "(CUI//REL TO USA, JPN)")
    signed_in.locator(".row").first.click()
    expect(signed_in.locator(".card .fact", has_text="Marking")).to_contain_text("CUI//REL TO USA, JPN")

    persons = {person["username"]: person for person in ask(signed_in, "GET", "/api/people")}
    observer = open_page(link_for(signed_in, demo, persons["observer"]["id"]))
    observer.wait_for_function("() => (window.jointhq?.stats.tracks ?? 0) >= 61")
    expect(observer.locator(".banner .marking").first).to_have_text("UNCLASSIFIED")
    assert observer.evaluate(restricted) == []

    signed_in.keyboard.press("w")
    expect(signed_in.get_by_label("Track", exact=True)).not_to_have_value("")  # the one that was selected
    signed_in.get_by_label("Who looks").fill("observer")
    signed_in.get_by_role("option").first.wait_for()
    signed_in.keyboard.press("Enter")
    signed_in.get_by_role("button", name="Ask", exact=True).click()
    expect(signed_in.locator(".verdict")).to_contain_text("may not see")
    expect(signed_in.locator(".answer .rule")).to_have_text(
        re.compile("above the reader's clearance U|released to .*JPN")
    )


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (2560, 1440), (390, 844)])
def test_no_view_runs_over_the_edge(open_page: Open, hq: Process, width: int, height: int) -> None:
    page = open_page(hq.new_link(), width=width, height=height)
    expect(page.locator(".who")).to_be_visible()
    for view in ("people", "people/appointments", "people/invitations", "people/certificates", "people/why"):
        page.goto(f"{hq.url}#{view}")
        expect(page.locator(".desk-body")).to_be_visible()
        for language in ("en", "ja"):
            over = page.evaluate(
                """() => [...document.querySelectorAll(".topbar *, .desk-body *, .banner *")]
                    .filter((at) => at.getClientRects().length && at.getBoundingClientRect().right > innerWidth + 1)
                    .map((at) => at.outerHTML.slice(0, 80))"""
            )
            assert over == [], (view, language)
            page.keyboard.press("g")


def test_every_printed_sheet_has_the_banner_at_its_head_and_foot(admin: Page) -> None:
    for _ in range(8):
        add_person(admin, f"On Paper {next(NUMBERS)}")
    admin.keyboard.press("a")
    expect(row_of(admin, "On Paper")).not_to_have_count(0)
    low = admin.pdf(width="210mm", height="80mm")  # so low that the table takes several sheets
    sheets = [
        body for body in re.findall(rb"\d+ 0 obj(.*?)endobj", low, re.DOTALL) if re.search(rb"/Type\s*/Page\b", body)
    ]
    objects = dict(re.findall(rb"(\d+) 0 obj(.*?)endobj", low, re.DOTALL))
    assert len(sheets) > 1
    marking = admin.locator(".banner.top .marking").inner_text().replace(" ", "")
    for sheet in sheets:
        found = re.search(rb"/Contents (\d+)", sheet)
        assert found
        stream = objects[found[1]].partition(b"stream")[2].lstrip(b"\r\n")
        shown = re.findall(rb"(<\w+>|\(.*?\)|\[.*?\])\s*T[jJ]", zlib.decompressobj().decompress(stream))
        head = shown[: len(marking)]  # letter-spaced, so glyph by glyph
        assert sum(shown[i : i + len(head)] == head for i in range(len(shown))) == 2
