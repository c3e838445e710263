"""What the staff waits for at 100,000 records, 2,000 units and 500 open tasks: pages, views at any moment, appends.

Owns: the headquarters that is looked at, measuring its pages in real Chromium, these figures and their targets.
Doesn't own: the records, views and appends in one process (`command`), the server (`servers`).

Somebody is signed in and the page is warm: every place has been gone to once. Then each place of the switch is gone to,
over and over, by its address. *First content* is when the server's answer first shows in the place, or, where it
doesn't ask, when the place does; *all* is its last change before a quiet tenth of a second. Opened afresh, the whole
page is loaded anew in the same browser, from its cache. The server has a core of its own.
"""

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import command
from browser import CHROMIUM, VIEWPORT
from jointhq.base.clock import SystemClock
from jointhq.journal.journal import Draft, Journal
from jointhq.parts import store_of, system_of
from jointhq.people.directory import FOREVER_MS, PERMISSIONS
from jointhq.people.records import AppointmentAdded, AppointmentAssigned, PersonAdded
from jointhq.settings import Settings
from process import pin
from report import Section, figure, number
from runs import Run
from servers import Server, running

UNITS, RECORDS = 2_000, 100_000
PAGE_MS, VIEW_MS, APPEND_MS = 300.0, 500.0, 5.0
USER, SERVER_CORE = "staff", 0
LOAD_MS_MAX = 60_000
REPORTS = 5

# Says when the place that is gone to has first shown an answer, and when it last changed before it was quiet.
WATCHES = """
  let asked = 0, open = 0, answers = [];
  const ask = window.fetch.bind(window);
  window.fetch = async (...of) => {
    asked++; open++;
    try { return await ask(...of); } finally { open--; answers.push(performance.now()); }
  };
  window.gone = async (to, quiet_ms, most_ms) => {
    const began = to ? performance.now() : 0, before = asked, changes = [];
    answers = [];
    const watcher = new MutationObserver((all) => {
      const main = document.querySelector("main:not(.away)"); // the picture stays behind the others
      const within = ({ target }) => main.contains(target) || target.contains(main);
      if (main && all.some(within)) changes.push(performance.now());
    });
    watcher.observe(document, { childList: true, subtree: true, characterData: true });
    if (to) location.hash = to;
    const since = () => performance.now() - Math.max(changes.at(-1), ...answers);
    const quiet = () => open === 0 && changes.length && since() > quiet_ms;
    while (!quiet() && performance.now() - began < most_ms) await new Promise((again) => setTimeout(again, 5));
    watcher.disconnect();
    const content = asked > before ? changes.filter((at) => at > answers[0]) : changes;
    const [first, last] = [content[0] ?? changes[0] ?? NaN, changes.at(-1) ?? NaN];
    return { first_ms: first - began, all_ms: last - began, asked: asked - before };
  };
  window.opened = window.gone("", 100, 10000);
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
PLACES = """async () => (await import("/places.js")).places.value.map(({ name }) => name)"""


@contextmanager
def headquarters() -> Iterator[Path]:
    """Write such a headquarters, with somebody who may do everything; yield its directory."""
    with tempfile.TemporaryDirectory(prefix="bench-staff-") as temporary:
        data = Path(temporary) / "data"
        with running("jointhq", keep=data):  # its first start: administrator, authority, version
            pass
        asyncio.run(_write(data))
        yield data


async def _write(data: Path) -> None:
    settings, clock = Settings(data=str(data), tls_host="127.0.0.1"), SystemClock()
    journal = Journal(store_of(settings), hq=settings.hq_organisation, clock=clock)
    await journal.start()
    person, system = str(uuid.uuid4()), system_of(settings)
    bodies = (
        (person, PersonAdded(
            name="Staff", username=USER, nation=settings.hq_nation, organisation=settings.hq_organisation,
            policy=system.policy, level=system.level, cleared_until_ms=FOREVER_MS,
        )),
        ("post", AppointmentAdded(
            title="J3", unit="u0", organisation=settings.hq_organisation, permissions=PERMISSIONS,
            from_ms=clock.now_ms(),
        )),
        ("post", AppointmentAssigned(person=person, from_ms=clock.now_ms())),
    )  # fmt: skip
    await journal.append(*(Draft(body=body, subject=subject, label=command.OPEN) for subject, body in bodies))
    await command.fill(journal, UNITS, RECORDS, random.Random(7))
    await journal.close()


def pages(server: Server, times: int) -> dict[str, dict[str, Any]]:
    """Go to every place, over and over, and open each afresh; return the medians of each."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - the other rows do without

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            page = browser.new_page(viewport=VIEWPORT)  # type: ignore[arg-type]
            page.set_default_timeout(LOAD_MS_MAX)
            page.add_init_script(WATCHES)
            home = f"http://127.0.0.1:{server.page_port}/"
            page.goto(f"{home}#sign-in={server.sign_in_token(USER)}")
            page.wait_for_selector(".topbar .who")
            for _ in range(REPORTS):
                made = page.evaluate(COMPOSE)
                assert made < 300, made
            places = [*page.evaluate(PLACES), "people/why"]
            went: dict[str, list[dict[str, float]]] = {place: [] for place in places}
            opened: dict[str, list[dict[str, float]]] = {place: [] for place in places}
            for n in range(times + 1):  # the first time each place is loaded: that is warming up
                for place in places:
                    row = page.evaluate("to => window.gone(to, 100, 3000)", f"#{place}")
                    if n:
                        went[place].append(row)
            for _ in range(times):
                for place in places:
                    page.goto("about:blank")
                    page.goto(f"{home}#{place}")
                    opened[place].append(page.evaluate("window.opened") | {"paint_ms": page.evaluate(PAINT)})
        finally:
            browser.close()
    return {
        place: {f"went_{name}": _median(went[place], name) for name in ("first_ms", "all_ms", "asked")}
        | {f"opened_{name}": _median(opened[place], name) for name in ("paint_ms", "all_ms")}
        for place in places
    }


COMPOSE = """async () => (await fetch("/api/operations/reports", { method: "POST",
  headers: { "content-type": "application/json" }, body: JSON.stringify({ form: "SITREP" }) })).status"""


def _median(rows: list[dict[str, float]], name: str) -> float | None:
    values = [row[name] for row in rows if row[name] is not None]
    return statistics.median(values) if values else None


def staff(run: Run) -> Section:
    """Measure pages, views and appends."""
    title = f"The staff: {RECORDS:,} records, {UNITS:,} units, {command.ORDERS * command.TASKS_OF_AN_ORDER} open tasks"
    section = Section("staff", title)
    with headquarters() as data, running("jointhq", data) as server:
        if (os.cpu_count() or 1) > 1:
            pin(server.pid, {SERVER_CORE})
        found = section.data["pages"] = pages(server, 3 if run.quick else 9)
    for place, row in found.items():
        detail = (
            f"all after {number(row['went_all_ms'], 3)} ms; opened afresh: first paint"
            f" {number(row['opened_paint_ms'], 3)} ms, all after {number(row['opened_all_ms'], 3)} ms"
        )
        section.figures.append(
            figure(f"first content of {place}", row["went_first_ms"], " ms", below=PAGE_MS, digits=3, detail=detail)
        )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        script = [sys.executable, str(Path(__file__).with_name("command.py")), "--json", str(out)]
        script += ["--units", str(UNITS), "--records", str(RECORDS), "--appends", "500" if run.quick else "2000"]
        done = subprocess.run(script, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        measured = section.data["one_process"] = json.loads(out.read_text(encoding="utf-8"))
    for name, ms in measured["views"].items():
        section.figures.append(figure(name, ms, " ms", below=VIEW_MS, digits=3, detail="CPU, the slowest of several"))
    for name, ms in measured["appends"].items():
        section.figures.append(figure(name, ms, " ms", below=APPEND_MS if name.endswith("p99") else None, digits=3))
    section.figures += [figure(name, ms, " ms", digits=3) for name, ms in measured["more"].items()]
    section.notes.append(
        "An append returns when it is durable and everything is folded: it waits for one sync of this disk, which"
        " stands beside it. The server has a core of its own; Chromium shares the others with whoever else is there."
    )
    return section
