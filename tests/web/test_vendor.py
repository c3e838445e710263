"""The page's libraries are what SHA256SUMS says, and run unbundled through the import map, in a real browser."""

import importlib.util
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import sync_playwright

from tests.support.chromium import ARGUMENTS, CHROMIUM

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "src/jointhq/web/page"

PROBE = """
import { h, render } from "preact";
import { useState } from "preact/hooks";
import { signal, computed } from "@preact/signals";
import { Signal } from "@preact/signals-core";
import htm from "htm";
import { html as shortcut } from "htm/preact";
import { Map, getVersion } from "maplibre-gl";
import { PMTiles, Protocol } from "pmtiles";
import milsymbol from "milsymbol";
import { forward, inverse } from "mgrs";

const html = htm.bind(h), count = signal(1), double = computed(() => count.value * 2);
function Counter() {
  const [word] = useState("tracks");
  return html`<p>${double.value} ${word}, ${count}</p>`;
}
render(html`<${Counter} />`, document.getElementById("root"));
const before = document.getElementById("root").textContent;
count.value = 21;
await new Promise((done) => setTimeout(done, 50));
const map = new Map({ container: "map", style: { version: 8, sources: {}, layers: [] } });
await new Promise((done) => map.once("load", done));
window.found = {
  before, after: document.getElementById("root").textContent, same: count instanceof Signal,
  shortcut: shortcut`<b />`.type, version: getVersion(), pmtiles: [typeof PMTiles, typeof Protocol],
  symbol: new milsymbol.Symbol("10031000161211000000", { size: 30 }).asSVG().slice(0, 4),
  mgrs: forward([139.6672, 35.2836], 4), back: inverse("54SUE7888205450").length,
};
"""


@pytest.fixture(scope="module")
def vendor() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor_script", REPOSITORY / "scripts/vendor.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def probe_url(tmp_path: Path) -> Iterator[str]:
    """A page with nothing but the vendored libraries, its import map inlined, on a loopback port."""
    (tmp_path / "vendor").symlink_to(PAGE / "vendor")
    (tmp_path / "favicon.ico").touch()
    import_map = (PAGE / "vendor/importmap.json").read_text()
    (tmp_path / "index.html").write_text(
        f'<!doctype html><script type="importmap">{import_map}</script><div id="root"></div>'
        f'<div id="map" style="height: 200px"></div><script type="module">{PROBE}</script>'
    )

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_every_file_is_as_its_sum_says(vendor: ModuleType) -> None:
    assert vendor.differences() == []


def test_a_changed_a_missing_and_an_unknown_file_are_told(vendor: ModuleType, tmp_path: Path) -> None:
    copy = tmp_path / "vendor"
    shutil.copytree(vendor.VENDOR, copy)
    (copy / "mgrs/mgrs.mjs").write_text("")
    (copy / "htm/htm.mjs").unlink()
    (copy / "stray.mjs").touch()
    assert vendor.differences(copy) == ["htm/htm.mjs: missing", "mgrs/mgrs.mjs: changed", "stray.mjs: unknown"]


def test_every_package_brings_its_licence_and_stands_in_the_list(vendor: ModuleType) -> None:
    listing = (vendor.VENDOR / "VENDOR.md").read_text()
    for package in vendor.PACKAGES:
        assert len((vendor.VENDOR / package.folder / "LICENSE").read_text()) > 200
        assert f"| {package.name} | {package.version} | {package.licence} |" in listing


def test_the_import_map_names_files_that_are_there(vendor: ModuleType) -> None:
    written = json.loads((vendor.VENDOR / "importmap.json").read_text())
    assert written == {"imports": vendor.import_map()}
    assert all((PAGE / path).is_file() for path in written["imports"].values())


@pytest.mark.browser
def test_the_libraries_work_together_without_a_build(probe_url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(probe_url)
        page.wait_for_function("window.found", timeout=30_000)
        found = page.evaluate("window.found")
        browser.close()
    assert errors == []
    assert (found["before"], found["after"]) == ("2 tracks, 1", "42 tracks, 21")
    assert (found["same"], found["shortcut"], found["version"]) == (True, "b", "6.17.0")
    assert found["pmtiles"] == ["function", "function"]
    assert found["symbol"] == "<svg"
    assert found["mgrs"].startswith("54SUE")
    assert found["back"] == 4
