"""The staff's story as a person sees it, in both languages, with real TAK clients: from a mission to the SITREP.

A mission comes in from the higher headquarters. The change of command takes effect that lets this one order. An order
goes to five units: one complies, one cannot, one was offline, one is another nation's and is requested, one is silent,
which is told to whom it was to be told. The log and the tasks write the SITREP, which another approves and releases.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Locator, Page, expect

from jointhq.base import dtg
from jointhq.exercise.demo import SCENARIO
from jointhq.exercise.people import PEOPLE
from jointhq.exercise.units import load
from jointhq.web.static import PAGE
from tests.clients.orders import is_order, message_of, receipt, reply, started, text_of
from tests.clients.secure import SecureClient, SecureServer, pytak_by_link

pytestmark = [pytest.mark.browser, pytest.mark.clients]

Open = Callable[..., Page]
LANGUAGES = {"en": "en-GB", "ja": "ja-JP"}
UNITS = {unit.id: {"en": unit.name, "ja": unit.name_ja} for unit in load(SCENARIO).units}
HIGHER, OWN, AIR, NAVY, MARINES, ALLY, SILENT = "US01", "US10", "US12", "US17", "US25", "JP02", "US13"
ACTS = (AIR, NAVY, MARINES, ALLY, SILENT)
HEARS = next(one for one in PEOPLE if one.username == "ops")
SILENCE_MIN = 31  # IMMEDIATE is to be answered within 30
ENTRY_S = 5.0  # from the key that brings one to the line until the entry stands there
WRONG = "Wrong"
LABEL, SERIAL = "CUI//REL TO USA, JPN", re.compile(r"USFJ SITREP \d{4}/\d{4}")
TYPED = {
    "en": {
        "mission": "Disaster relief", "who": "Help the coast after the earthquake.", "concur": "As discussed.",
        "order": "Harbour relief", "keep": "Keep the harbour open.", "survey": "the approaches to Yokohama",
        "wilco": "WILCO", "cantco": "CANTCO no ship", "why": "no ship", "havco": "HAVCO",
        "entry": "Naval Forces Japan has no ship to spare", "right": "Fuel at Kadena for 3 days",
    },
    "ja": {
        "mission": "災害派遣の支援", "who": "地震後の沿岸を支援する。", "concur": "異存なし",
        "order": "港湾支援", "keep": "港湾を維持する。", "survey": "横浜港への進入路",
        "wilco": "実施します", "cantco": "実施不能 艦船なし", "why": "艦船なし", "havco": "実施完了",
        "entry": "在日米海軍に余裕の艦船なし", "right": "嘉手納の燃料は3日分",
    },
}  # fmt: skip


class Story:
    """One headquarters, one language: who sits at which page, and which devices are connected."""

    def __init__(self, hq: SecureServer, open_page: Open, language: str, homes: Path) -> None:
        self.hq, self.language, self.homes = hq, language, homes
        self.words: dict[str, str] = json.loads((PAGE / "words" / f"{language}.json").read_text("utf-8"))
        self.typed = TYPED[language]
        self.hears = HEARS.title_ja if language == "ja" else HEARS.title  # of silence
        self.clients: list[SecureClient] = []
        self._open = open_page
        self._tokens: dict[str, str] = {}

    def unit(self, unit: str) -> str:
        return UNITS[unit][self.language]

    def at(self, user: str, place: str) -> Page:
        """Sign somebody in and go to a place."""
        page = self._open(self.hq.process.new_link(user), place=place, language=LANGUAGES[self.language])
        expect(page.locator(".topbar .who")).to_be_visible()
        return page

    def device(self, name: str, unit: str = "") -> SecureClient:
        """Connect somebody's device; he is added and assigned to his unit when first named."""
        if name not in self._tokens:
            self._tokens[name] = self.hq.invite(name, self.hq.appointment(f"{unit} desk", unit=unit))
            (self.homes / name).mkdir()
        self.clients.append(pytak_by_link(self.hq, name, self._tokens[name], self.homes / name))
        return self.clients[-1]

    def press(self, where: Page | Locator, word: str) -> None:
        where.get_by_role("button", name=self.words[word], exact=True).click()

    def step(self, page: Page, word: str, **fields: str) -> None:
        """Take a step that is asked about, with what it needs; by the word of each field."""
        self.press(page.locator(".order-acts, .steps"), word)
        dialog = page.get_by_role("dialog")
        for field, text in fields.items():
            dialog.get_by_label(self.words[field.replace("__", ".")]).fill(text)
        self.press(dialog, word)
        expect(dialog).to_have_count(0)


def go(page: Page, place: str) -> None:
    page.goto(f"{page.url.partition('#')[0]}#{place}")


def line(page: Page, unit: str) -> Locator:
    return page.locator(".order-board tbody tr", has=page.locator("th", has_text=unit))


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[SecureServer]:
    server = SecureServer(tmp_path / "data", "demo", own_clock=True)
    yield server
    server.stop()


@pytest.fixture(params=LANGUAGES)
def story(request: pytest.FixtureRequest, hq: SecureServer, open_page: Open, tmp_path: Path) -> Iterator[Story]:
    told = Story(hq, open_page, request.param, tmp_path)
    yield told
    for client in told.clients:
        client.leave()


def test_from_a_mission_to_the_released_sitrep(story: Story) -> None:
    chief, director = story.at("chief", "orders"), story.at("indopacom", "structure/changes/demo-jfhq")
    a_mission_comes_in(story, chief)
    the_change_of_command_takes_effect(story, chief, director)
    away, *there = [story.device(name, unit) for name, unit in (("osprey", MARINES), ("falcon", AIR), ("heron", NAVY))]
    started(away).leave()
    story.clients.remove(away)
    falcon, heron = map(started, there)
    deputy = story.at("ops", "orders")
    an_order_goes_to_five_units(story, chief, deputy)
    they_answer(story, chief, falcon, heron)
    one_is_silent(story, chief, deputy)
    watch = the_log_is_kept_by_keyboard(story)
    the_log_writes_the_sitrep(story, watch, chief)
    it_goes_out_on_paper(story, chief)


def a_mission_comes_in(story: Story, chief: Page) -> None:
    say, typed = story.words, story.typed
    story.press(chief, "orders.missions")
    story.press(chief, "orders.new_mission")
    chief.get_by_label(say["orders.field.title"], exact=True).fill(typed["mission"])
    chief.get_by_label(say["orders.given_by_field"]).fill(story.unit(HIGHER))
    chief.keyboard.press("Enter")
    chief.get_by_label(say["orders.order_ref"]).fill("EXORD 26-115")
    chief.get_by_label(say["orders.mission_text"]).fill(typed["who"])
    story.press(chief, "orders.save_mission")
    given = chief.locator(".missions").first
    expect(given).to_contain_text(typed["mission"])
    expect(given).to_contain_text(say["orders.given_by"].format(unit=story.unit(HIGHER)))


def the_change_of_command_takes_effect(story: Story, chief: Page, director: Page) -> None:
    say = story.words
    state = director.locator(".change .badge").first
    expect(state).to_have_text(say["change.state.submitted"])
    go(chief, "structure/changes/demo-jfhq")
    expect(chief.locator(".difference")).to_contain_text(say["change.gains"])
    expect(chief.locator(".before-after .signs").last).to_contain_text("TACON")
    story.step(chief, "change.do.concur", change__note=story.typed["concur"])
    expect(director.locator(".change")).to_contain_text(story.typed["concur"])  # without a word from who looks
    go(chief, f"structure/tree/{AIR}")
    relations = chief.locator(".relations")
    expect(relations).to_contain_text("OPCON")
    expect(relations).not_to_contain_text("TACON")
    story.step(director, "change.do.approve")
    expect(state).to_have_text(say["change.state.approved"])
    expect(relations).to_contain_text("TACON")  # nor here
    expect(chief.locator(".moment-tick.planned")).to_contain_text(say["command.planned"])
    chief.keyboard.press("]")
    expect(chief.locator(".other-moment")).to_contain_text(say["command.future"])


def an_order_goes_to_five_units(story: Story, chief: Page, deputy: Page) -> None:
    say, typed = story.words, story.typed
    go(chief, "orders")
    chief.keyboard.press("n")
    chief.get_by_label(say["orders.field.title"], exact=True).fill(typed["order"])
    chief.get_by_label(say["orders.field.precedence"]).select_option("immediate")
    chief.get_by_label(say["orders.field.mission"], exact=True).select_option(label=typed["mission"])
    chief.get_by_label(say["orders.field.escalate_to"]).select_option(label=story.hears)
    chief.get_by_label(say["orders.paragraph.mission"]).fill(typed["keep"])
    for n, unit in enumerate(ACTS):
        story.press(chief, "orders.add_task")
        task = chief.locator(".order-task").nth(n)
        task.get_by_label(say["orders.task.unit"], exact=True).fill(story.unit(unit))
        chief.keyboard.press("Enter")
        task.get_by_label(say["orders.task.verb"]).select_option("survey")
        task.get_by_label(say["orders.task.what"]).fill(typed["survey"])
    story.press(chief, "orders.save")
    expect(chief.locator(".order-bar")).to_contain_text(say["orders.state.draft"])
    story.step(chief, "orders.do.submit", orders__offices="")
    waits = deputy.locator(".order-row", has_text=typed["order"])
    expect(waits).to_contain_text(say["orders.waits.approve"])
    waits.click()
    story.step(deputy, "orders.do.approve")
    expect(waits).to_contain_text(say["orders.waits.issue"])
    story.press(chief.locator(".order-acts"), "orders.do.issue")
    look = chief.locator(".order-look tbody tr")
    expect(look).to_have_count(len(ACTS))
    expect(look.filter(has_text=say["orders.role.order"])).to_have_count(len(ACTS) - 1)
    asked = look.filter(has_text=story.unit(ALLY))
    expect(asked).to_contain_text(say["orders.role.request"])
    expect(asked).to_contain_text(say["orders.refer_to"].format(unit=story.unit(ALLY)))
    expect(asked).to_contain_text(say["orders.rule.not_by_type"])
    expect(look.filter(has_text="osprey")).to_contain_text(say["orders.state.away"])
    story.press(chief.get_by_role("dialog"), "orders.do.issue")
    expect(chief.locator(".order-bar")).to_contain_text(re.compile(r"OPORD 1/\d\d"))


def they_answer(story: Story, chief: Page, falcon: SecureClient, heron: SecureClient) -> None:
    say, typed = story.words, story.typed
    ally = story.at("jjoc", "orders")
    expect(ally.locator(".places a[href='#orders'] .places-count")).to_have_text("1")
    got = falcon.until(is_order, "the order")
    assert "IMMEDIATE" in text_of(got)
    assert f"SURVEY {typed['survey']}" in text_of(got)
    falcon.send(receipt(falcon, message_of(got), "b-t-f-d"))
    expect(line(chief, story.unit(AIR))).to_contain_text(say["orders.state.delivered"])
    falcon.send(reply(falcon, typed["wilco"]))
    heron.send(receipt(heron, message_of(heron.until(is_order, "the order")), "b-t-f-r"))
    heron.send(reply(heron, typed["cantco"]))
    complies, cannot = line(chief, story.unit(AIR)), line(chief, story.unit(NAVY))
    expect(complies).to_contain_text(say["orders.state.wilco"])
    expect(complies).to_contain_text("falcon")
    expect(cannot).to_contain_text(say["orders.state.cantco"])
    expect(cannot).to_contain_text(typed["why"])

    away = line(chief, story.unit(MARINES))
    expect(away).to_contain_text(say["orders.state.waiting"])
    osprey = started(story.device("osprey"))
    osprey.until(is_order, "the order, on return")
    expect(away).to_contain_text(say["orders.state.sent"])
    osprey.send(reply(osprey, typed["havco"]))
    expect(away).to_contain_text(say["orders.state.havco"])

    ally.locator(".order-row", has_text=typed["order"]).click()
    for answer in ("accept", "wilco"):  # a request that is taken on is an order, to be answered as one
        story.press(ally.locator(".order-mine-box"), f"orders.act.{answer}")
        story.press(ally.get_by_role("dialog"), f"orders.act.{answer}")
    taken = line(chief, story.unit(ALLY))
    expect(taken).to_contain_text(say["orders.taken_on_by"].format(unit=story.unit(ALLY)))
    expect(taken).to_contain_text(say["orders.state.wilco"])


def one_is_silent(story: Story, chief: Page, deputy: Page) -> None:
    say = story.words
    silent = line(chief, story.unit(SILENT))
    expect(silent).to_contain_text(say["orders.state.waiting"])
    story.hq.process.let_pass(SILENCE_MIN)
    expect(silent).to_contain_text(say["orders.silent"])
    expect(silent).to_contain_text(say["orders.escalated"].format(who=story.hears))
    told = deputy.locator(".order-row", has_text=story.typed["order"])
    expect(told).to_contain_text(say["orders.told_you"].partition("|")[0].format(n=1))


def the_log_is_kept_by_keyboard(story: Story) -> Page:
    """Enter what was heard, and one entry that is wrong, which is corrected."""
    say, typed = story.words, story.typed
    watch = story.at("watch", "picture")
    began = time.monotonic()
    watch.keyboard.press("e")
    expect(watch.locator("#entry-source")).to_be_focused()
    watch.keyboard.insert_text("CNFJ")
    watch.keyboard.press("Tab")
    watch.keyboard.insert_text(typed["entry"])
    watch.keyboard.press("Control+Enter")
    row = watch.locator(".log-row", has_text=typed["entry"]).first
    expect(row).to_be_visible()
    took_s = time.monotonic() - began
    expect(row).to_contain_text(say["log.significant"])
    expect(row.locator("time")).to_have_text(re.compile(r"^\d{6}Z [A-Z]{3} \d\d$"))
    expect(row.locator(".times small")).to_have_count(3)  # Zulu, Tokyo, Hawaii, each with its weekday

    began = time.monotonic()
    expect(watch.locator("#entry-source")).to_be_focused()
    watch.keyboard.press("Tab")
    watch.keyboard.insert_text(WRONG)
    watch.keyboard.press("Enter")
    expect(watch.locator(".log-row", has_text=WRONG)).to_be_visible()
    assert min(took_s, time.monotonic() - began) < ENTRY_S, "of two: a machine that is busy for a moment is no finding"
    watch.keyboard.press("Escape")
    watch.keyboard.press("ArrowDown")
    watch.keyboard.press("c")
    side = watch.locator(".desk-side")
    expect(side.locator("[name=reason]")).to_be_focused()
    watch.keyboard.insert_text("Misheard")
    side.locator("[name=text]").fill(typed["right"])
    side.locator("[type=submit]").click()
    expect(watch.locator(".log-row s", has_text=WRONG)).to_be_visible()
    expect(watch.locator(".log-row", has_text=typed["right"])).to_contain_text("Misheard")
    return watch


def the_log_writes_the_sitrep(story: Story, watch: Page, chief: Page) -> None:
    say, typed = story.words, story.typed
    watch.locator("body").press("r")
    now_ms = int(time.time() * 1000)  # until it is due, the report that one would write is yesterday's
    watch.locator(".report-tools").get_by_label(say["report.from"]).fill(dtg.write(now_ms - dtg.DAY_MS))
    watch.locator(".report-tools").get_by_label(say["report.until"]).fill(dtg.write(now_ms + dtg.HOUR_MS))
    story.press(watch, "report.compose")
    report = watch.locator(".report")
    expect(report).to_contain_text(typed["entry"])
    expect(report).to_contain_text(typed["right"])
    expect(report).not_to_contain_text(WRONG)
    expect(report).to_contain_text(re.compile(rf"5 AF.*{re.escape(typed['survey'])}.*OPORD 1/"))
    for became in ("HAVCO", "CANTCO"):
        expect(report).to_contain_text(re.compile(rf"\d{{6}}Z:.{{0,40}} {became}.{{1,3}}USFJ OPORD 1/"))
    story.press(watch, "report.do_edit")
    watch.locator(".desk-side").get_by_label(say["report.to"], exact=True).fill("INDOPACOM JOC")
    story.press(watch, "form.save")
    expect(report).to_contain_text("INDOPACOM JOC")
    expect(watch.get_by_role("button", name=say["report.do_approve"], exact=True)).to_have_count(0)

    go(chief, watch.url.partition("#")[2])
    story.press(chief, "report.do_approve")
    expect(chief.locator(".report-head")).to_contain_text(say["report.state_approved"])
    expect(chief.get_by_role("button", name=say["report.do_release"], exact=True)).to_have_count(0)
    waits = watch.locator(".places a[href='#reports'] .places-count")
    expect(waits).to_have_text("1")
    story.press(watch, "report.do_release")
    dialog = watch.get_by_role("dialog")
    expect(dialog).to_contain_text(LABEL)
    story.press(dialog, "report.do_release")
    expect(chief.locator(".desk-side-head h2")).to_have_text(SERIAL)  # told at once
    expect(waits).to_have_count(0)
    expect(chief.locator(".report .marking").first).to_contain_text(LABEL)


def it_goes_out_on_paper(story: Story, chief: Page) -> None:
    """The chief takes it away as a file; a sentence leads to its entry."""
    typed, file = story.typed, story.homes / "report.pdf"
    with chief.expect_download() as download:
        chief.get_by_role("link", name=story.words["report.as_pdf"], exact=True).click()
    download.value.save_as(file)
    pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(file)]
    text = "".join(pages).replace("\r\n", "")
    assert SERIAL.search(text)
    for needed in (typed["entry"], typed["right"], "INDOPACOM JOC", LABEL):
        assert needed in text, needed
    chief.locator(".report p", has_text=typed["entry"]).locator(".source").click()
    expect(chief.locator(".log-line")).to_contain_text(typed["entry"])
