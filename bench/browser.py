"""What the page does with 54,000 moving tracks in real Chromium, without a GPU.

Owns: first paint, time until every track is drawn, frames a second, update to pixel.
Doesn't own: the tracks (`feeder`), the page's own counters (`window.jointhq.stats`).
"""

import shutil
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

from jointhq.settings import Settings
from pages import feeding
from servers import Server

CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
VIEWPORT = {"width": 1440, "height": 900}
LOAD_S_MAX = 60.0
WAIT_STEP_MS = 5
SETTLE_S = 3.0  # after loading: what is drawn late then isn't an update
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"

DELAYS = """async seconds => {
  const seen = [], until = performance.now() + seconds * 1000;
  let last = jointhq.stats.tick_to_pixel_ms;
  while (performance.now() < until) {
    await new Promise(requestAnimationFrame);
    const now = jointhq.stats.tick_to_pixel_ms;
    if (now !== last) seen.push(now);
    last = now;
  }
  return seen;
}"""


def page_figures(server: Server, *, tracks: int, every_s: float, seconds: float) -> dict[str, Any]:
    """Open the page on a server that is fed; return how it fared."""
    with feeding(server, tracks, every_s, 2 * seconds + 120), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            page = browser.new_page(viewport=VIEWPORT)  # type: ignore[arg-type]
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            began = time.monotonic()
            page.goto(f"http://127.0.0.1:{server.page_port}/#sign-in={server.sign_in_token()}")
            page.wait_for_function(
                "wanted => (window.jointhq?.stats?.tracks ?? 0) >= wanted", arg=tracks * 0.99, timeout=LOAD_S_MAX * 1000
            )
            all_drawn_s = time.monotonic() - began
            return {
                "tracks": tracks, "first_paint_ms": page.evaluate(PAINT), "all_drawn_s": round(all_drawn_s, 2),
                "errors": errors, "gpu": False,
            } | _steady(page, seconds)  # fmt: skip
        finally:
            browser.close()


def quantile(ordered: list[float], q: float) -> float | None:
    return round(ordered[int(len(ordered) * q)], 1) if ordered else None


def _steady(page: Page, seconds: float) -> dict[str, Any]:
    """Watch the page as a person has it, then drawing at every animation frame."""
    page.wait_for_timeout(SETTLE_S * 1000)
    delays = sorted(page.evaluate(DELAYS, seconds))
    drawn = page.evaluate("seconds => jointhq.stats.measure(seconds)", seconds)
    # An event waits for the next tick, evenly between nothing and a whole one; then come the page's delays.
    whole = sorted(wait + delay for delay in delays for wait in range(0, Settings().picture_tick_ms, WAIT_STEP_MS))
    return {
        "fps": round(drawn["fps"], 1), "interval_p99_ms": round(drawn["interval_p99_ms"], 1),
        "draw_p50_ms": round(drawn["draw_p50_ms"], 2), "draw_p99_ms": round(drawn["draw_p99_ms"], 2),
        "in_view": drawn["in_view"], "dots": drawn["dots"], "updates_seen": len(delays),
        "tick_to_pixel_p50_ms": quantile(delays, 0.5), "tick_to_pixel_p95_ms": quantile(delays, 0.95),
        "update_to_pixel_p50_ms": quantile(whole, 0.5), "update_to_pixel_p95_ms": quantile(whole, 0.95),
    }  # fmt: skip
