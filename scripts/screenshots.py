"""Run the demo, let its staff work a little, and take a picture of every place of the page into docs/screens.

Owns: what is written before, what is open in each place, the pictures' size and the page that shows them.
Doesn't own: the places: they are asked of the page, so that one that is added is taken too, as it opens.

    make screenshots

A picture has 255 colours: a quarter of the bytes, and the page looks the same.
"""

import base64
import contextlib
import json
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.chromium import ARGUMENTS, CHROMIUM
from tests.support.demo import Process, running

from jointhq.web.static import PAGE

OUT = Path(__file__).resolve().parent.parent / "docs" / "screens"
WORDS = PAGE / "words"
DESK, PHONE = (1440, 900), (390, 844)
SETTLE_MS = 1_500  # until what moves has come to rest
COLOURS = 255
PLACES = """async () => (await import("/places.js")).places.value.map(({ name }) => name)"""
PIXELS = """async (png) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, image.width, image.height);
  let text = "";
  for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
  return [image.width, image.height, btoa(text)];
}"""


class Shot(NamedTuple):
    """One picture: its file, who looks, the place and what is open in it."""

    name: str
    user: str
    address: str
    says: str
    language: str = "en-GB"
    size: tuple[int, int] = DESK


# -- what the staff does before


@contextlib.contextmanager
def signed_in(demo: Process, user: str) -> Iterator[httpx.Client]:
    origin = demo.url.rstrip("/")
    with httpx.Client(base_url=origin, headers={"origin": origin}, trust_env=False, timeout=30) as browser:
        browser.post("/api/sign-in", json={"token": demo.new_link(user).partition("sign-in=")[2]}).raise_for_status()
        post = browser.get("/api/session").json()["appointments"][0]["id"]
        browser.post("/api/appointments/take", json={"appointment": post}).raise_for_status()
        yield browser


def ask(browser: httpx.Client, path: str, **body: Any) -> Any:
    answer = browser.post(f"/api/{path}", json=body)
    if not answer.is_success:
        raise SystemExit(f"{path}: {answer.text}")
    return answer.json() if answer.content else None


def work(demo: Process) -> dict[str, str]:
    """Let an order be issued and answered, the log kept, a SITREP composed; return what is to be opened."""
    with contextlib.ExitStack() as stack:
        names = ("indopacom", "deputy", "chief", "jjoc", "watch")
        high, deputy, chief, ally, watch = (stack.enter_context(signed_in(demo, name)) for name in names)
        one = ask(
            high, "operations/orders", type="OPORD", title="Relief of the Kanto coast", title_ja="関東沿岸の災害派遣",
            precedence="immediate",
            paragraphs=[
                {"name": "situation", "text": "Earthquake at sea; harbours of Tokyo Bay are blocked by wreckage."},
                {"name": "mission", "text": "Open the harbours for relief goods within 48 hours."},
                {"name": "execution", "text": "Survey first, then clear; the population before goods."},
            ],
            tasks=[
                {"unit": "US10", "verb": "coordinate", "what": "relief by all components in Japan"},
                {"unit": "US03", "verb": "survey", "what": "the approaches to Yokohama", "lat": 35.4, "lon": 139.7},
                {"unit": "US04", "verb": "transport", "what": "relief goods to Yokota"},
                {"unit": "JP02", "verb": "support", "what": "traffic in Tokyo Bay"},
            ],
        )  # fmt: skip
        order = one["row"]["id"]
        for step, by in (("submit", high), ("approve", deputy), ("issue", high)):
            one = ask(by, f"operations/orders/{order}/{step}", version=one["row"]["version"])
        for row in one["addressees"]:
            if row["unit"]["id"] == "US10":
                ask(chief, f"operations/addressees/{row['id']}/answer", answer="wilco", reason="")
            if row["unit"]["id"] == "JP02":
                ask(ally, f"operations/addressees/{row['id']}/decide", accept=True, note="")
        lines = (
            ("11th RCGH", "Ferry Akashia overdue at Naha", "Watch by P-1", True),
            ("CNFJ", "Two of four berths at Yokosuka usable", "", False),
            ("5 AF", "Yokota runway inspected, no damage", "", False),
            ("JJOC", "港湾の啓開に着手、横浜は明朝まで", "", True),
            ("18 WG", "Fuel at Kadena for 3 days", "", False),
        )
        for source, text, decided, significant in lines:
            form = {"source": source, "text": text, "decided": decided, "significant": significant}
            ask(watch, "operations/log", **form)
        report = ask(watch, "operations/reports", form="SITREP", to="INDOPACOM JOC")["report"]["id"]
    return {"order": order, "report": report}


def shots(made: dict[str, str], places: list[str]) -> list[Shot]:
    """Return what is taken: every place, with something open in those that are known here."""
    shown = {
        "picture": ("watch", "picture", "The picture: units, sea and air traffic, each with its label"),
        "structure": ("chief", "structure/tree/US10", "The structure of command, two nations side by side"),
        "orders": ("indopacom", f"orders/{made['order']}", "An order, and what each unit says of it"),
        "log": ("watch", "log", "The log of the watch"),
        "reports": ("watch", f"reports/{made['report']}", "A SITREP, composed of log, strength, tasks and picture"),
        "rhythm": ("chief", "rhythm", "The battle rhythm, in the zones of those who meet"),
        "requirements": ("watch", "requirements", "What the commander must know, and requests for information"),
        "people": ("", "people", "Persons, appointments, certificates"),
    }
    taken = [Shot(place, *shown.get(place, ("chief", place, place.capitalize()))) for place in places]
    moment = "structure/tree/US10?at=1743292800000"
    return [
        *taken,
        Shot("moment", "watch", moment, "The structure as it was on the day of phase 1"),
        Shot("change", "chief", "structure/changes/demo-jfhq", "What the change of command makes different"),
        Shot("orders-ja", "jjoc", f"orders/{made['order']}", "The same order at its ally's desk", "ja-JP"),
        Shot("structure-ja", "liaison", "structure/tree/JP02", "The structure in Japanese", "ja-JP"),
        Shot("reports-ja", "watch", f"reports/{made['report']}", "The SITREP in a Japanese page", "ja-JP"),
        Shot("log-phone", "watch", "log", "The log on a phone", "ja-JP", PHONE),
    ]


# -- taking


def take(browser: Browser, demo: Process, shot: Shot) -> bytes:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=shot.language, color_scheme="dark"
    )
    try:
        page = context.new_page()
        page.goto(demo.new_link(shot.user))
        page.wait_for_function("() => (window.jointhq?.stats.tracks ?? 0) >= 61", timeout=60_000)
        words = json.loads((WORDS / f"{shot.language[:2]}.json").read_text("utf-8"))
        page.get_by_role("button", name=words["offer.later"], exact=True).click()
        page.evaluate("address => { location.hash = address }", shot.address)
        page.wait_for_selector("main:not(.away)")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(SETTLE_MS)
        if shot.address == "picture":
            unit_card(page)
        return smaller(page, page.screenshot())
    finally:
        context.close()


def unit_card(page: Page) -> None:
    """Open a unit on the picture by way of the structure."""
    page.evaluate("location.hash = 'structure/tree/US14'")
    page.locator(".unit [aria-label], .unit button").first.wait_for()
    page.get_by_role("button", name="Show on the picture").click()
    page.locator(".card h2").wait_for()
    page.wait_for_timeout(SETTLE_MS)


def smaller(page: Page, png: bytes) -> bytes:
    """Return the same picture in so many colours as a byte tells apart."""
    page.goto("about:blank")
    width, height, text = page.evaluate(PIXELS, base64.b64encode(png).decode())
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, 4)[:, :3].astype(np.int32)
    keys = (pixels[:, 0] >> 2 << 12) | (pixels[:, 1] >> 2 << 6) | (pixels[:, 2] >> 2)
    _, which, counts = np.unique(keys, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(which, pixels[:, c]) / counts for c in range(3)], axis=1)
    palette = means[np.argsort(-counts)[:COLOURS]]
    distance = ((means[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2)
    of_key = distance.argmin(axis=1).astype(np.uint8)
    rows = of_key[which].reshape(height, width)
    raw = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = palette.round().clip(0, 255).astype(np.uint8).tobytes()
    parts = (chunk(b"IHDR", head), chunk(b"PLTE", colours), chunk(b"IDAT", zlib.compress(raw, 9)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def main() -> None:
    OUT.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running("demo", Path(folder) / "data", "--demo-speed", "10") as demo,
        sync_playwright() as playwright,
    ):
        made = work(demo)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(demo.link)
        page.wait_for_selector(".topbar .who")
        wanted = shots(made, page.evaluate(PLACES))
        page.close()
        for old in OUT.glob("*.png"):
            old.unlink()
        for shot in wanted:
            png = take(browser, demo, shot)
            (OUT / f"{shot.name}.png").write_bytes(png)
            print(f"{shot.name}.png {len(png) >> 10} KiB")
        browser.close()
    pictures = "\n\n".join(f"## {shot.says}\n\n![{shot.says}]({shot.name}.png)" for shot in wanted)
    head = "# The page, place by place\n\nOf the demo, written by `make screenshots`.\n"
    (OUT / "README.md").write_text(f"{head}\n{pictures}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
