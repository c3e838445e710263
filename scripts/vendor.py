#!/usr/bin/env python3
"""Refresh or check the libraries that the page runs on, `src/jointhq/web/page/vendor/`.

    scripts/vendor.py           fetch the pinned packages with npm and write the folder anew (developers only)
    scripts/vendor.py --check   hold every file against SHA256SUMS (offline, nothing but Python)
    scripts/vendor.py --pins    print name@version for each, for `npm install` of the same versions' types

Owns: which packages, which versions, which of their files, and the licence texts that must travel with them.
Doesn't own: how the page uses them. It runs unbundled; its index.html inlines the import map, `vendor/importmap.json`.

To take a new version: change its pin below, run the script, look at the page, commit the folder.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "src/jointhq/web/page/vendor"
SUMS = "SHA256SUMS"
SOURCE_MAP = re.compile(rb"\s*(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*\Z")
LICENCE_NAME = re.compile(r"licen[cs]e(\.\w+)?", re.IGNORECASE)
LICENCE_SECTION = re.compile(r"^## Licen[cs]e[^\n]*\n+(.{200,})", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Package:
    """One npm package at one version, and what the page takes of it."""

    name: str
    version: str
    licence: str
    use: str
    files: dict[str, str]  # file in the package -> file in vendor/<folder>/
    imports: dict[str, str]  # bare specifier -> file in vendor/<folder>/
    script: bool = False  # its browser file is a classic script: give it a default export
    bundles: bool = False  # its file carries its dependencies: their licences come along

    @property
    def folder(self) -> str:
        """Its folder in vendor/."""
        return self.name.removeprefix("@").replace("/", "-")


PACKAGES = (
    Package(
        "preact",
        "11.2.0",
        "MIT",
        "components",
        {"dist/preact.mjs": "preact.mjs", "hooks/dist/hooks.mjs": "hooks.mjs"},
        {"preact": "preact.mjs", "preact/hooks": "hooks.mjs"},
    ),
    Package(
        "@preact/signals",
        "2.11.4",
        "MIT",
        "signals that re-render components",
        {"dist/signals.mjs": "signals.mjs"},
        {"@preact/signals": "signals.mjs"},
    ),
    Package(
        "@preact/signals-core",
        "1.14.5",
        "MIT",
        "signals",
        {"dist/signals-core.mjs": "signals-core.mjs"},
        {"@preact/signals-core": "signals-core.mjs"},
    ),
    Package(
        "htm",
        "3.1.1",
        "Apache-2.0",
        "markup in template strings, without a build",
        {"dist/htm.mjs": "htm.mjs", "preact/index.mjs": "preact.mjs"},
        {"htm": "htm.mjs", "htm/preact": "preact.mjs"},
    ),
    Package(
        "maplibre-gl",
        "6.17.0",
        "BSD-3-Clause",
        "the map; it finds its worker beside itself",
        {
            "dist/maplibre-gl.mjs": "maplibre-gl.mjs",
            "dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
            "dist/maplibre-gl.css": "maplibre-gl.css",
        },
        {"maplibre-gl": "maplibre-gl.mjs"},
        bundles=True,
    ),
    Package(
        "pmtiles",
        "4.5.0",
        "BSD-3-Clause",
        "reads the base map's tiles by byte range",
        {"dist/esm/index.js": "pmtiles.mjs"},
        {"pmtiles": "pmtiles.mjs"},
    ),
    Package(
        "fflate",
        "0.8.3",
        "MIT",
        "decompression for pmtiles",
        {"esm/browser.js": "fflate.mjs"},
        {"fflate": "fflate.mjs"},
    ),
    Package(
        "milsymbol",
        "3.0.4",
        "MIT",
        "MIL-STD-2525 and APP-6 symbols",
        {"dist/milsymbol.js": "milsymbol.mjs"},
        {"milsymbol": "milsymbol.mjs"},
        script=True,  # as modules it is 81 files; one file loads at once
    ),
    Package(
        "mgrs",
        "2.2.0",
        "MIT",
        "MGRS grid references",
        {"dist/mgrs.esm.js": "mgrs.mjs"},
        {"mgrs": "mgrs.mjs"},
    ),
)


def refresh() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        modules = Path(scratch) / "node_modules"
        (Path(scratch) / "package.json").write_text("{}")
        npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", *pins()]
        subprocess.run(npm, cwd=scratch, check=True)
        for package in PACKAGES:
            copy(package, modules)
    (VENDOR / "importmap.json").write_text(json.dumps({"imports": import_map()}, indent=2) + "\n")
    (VENDOR / "VENDOR.md").write_text(listing())
    (VENDOR / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in digests().items()))


def copy(package: Package, modules: Path) -> None:
    source, target = modules / package.name, VENDOR / package.folder
    manifest = json.loads((source / "package.json").read_text())
    if manifest["version"] != package.version or manifest["license"] != package.licence:
        sys.exit(f"{package.name}: npm gave {manifest['version']} under {manifest['license']}; correct its entry here")
    licence = licence_text(source) or licence_text(target)  # pmtiles ships none: ours is from its repository, kept
    if not licence:
        sys.exit(f"{package.name} ships no licence text: put its repository's into {target / 'LICENSE'}")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for origin, name in package.files.items():
        content = SOURCE_MAP.sub(b"\n", (source / origin).read_bytes())
        if package.script:
            content = b"const module = { exports: {} }, exports = module.exports;\n" + content
            content += b"export default module.exports;\n"
        (target / name).write_bytes(content)
    (target / "LICENSE").write_text(licence)
    if package.bundles:
        (target / "LICENSE.bundled").write_text(bundled_licences(manifest, modules))


def bundled_licences(manifest: dict[str, dict[str, str]], modules: Path) -> str:
    """Return the licence of every package that `manifest`'s build carries inside its own file."""
    sections = []
    for name in sorted(manifest["dependencies"]):
        if name.startswith("@types/"):
            continue
        licence = json.loads((modules / name / "package.json").read_text())["license"]
        sections.append(f"{name}: {licence}\n\n{licence_text(modules / name)}")
    return ("\n" + "-" * 80 + "\n\n").join(sections)


def licence_text(folder: Path) -> str:
    """Return the package's licence: its own file, else that section of its README, else nothing."""
    files = sorted(folder.iterdir()) if folder.exists() else []
    for path in files:
        if LICENCE_NAME.fullmatch(path.name):
            return path.read_text()
    for path in files:
        if path.name.lower() == "readme.md" and (section := LICENCE_SECTION.search(path.read_text())):
            return section[1]
    return ""


def import_map() -> dict[str, str]:
    return {name: f"./vendor/{package.folder}/{file}" for package in PACKAGES for name, file in package.imports.items()}


def listing() -> str:
    rows = (f"| {p.name} | {p.version} | {p.licence} | [text]({p.folder}/LICENSE) | {p.use} |\n" for p in PACKAGES)
    return (
        "# Libraries the page runs on\n\n"
        "Written by `scripts/vendor.py`; change nothing here by hand. `scripts/vendor.py --check` holds every file\n"
        "against SHA256SUMS. The files are the packages' own, but for source map references (removed) and milsymbol\n"
        "(a classic script: given a default export). What maplibre-gl carries inside its files is in\n"
        "maplibre-gl/LICENSE.bundled.\n\n"
        "| package | version | licence | | used for |\n|---|---|---|---|---|\n" + "".join(rows)
    )


def pins() -> list[str]:
    return [f"{package.name}@{package.version}" for package in PACKAGES]


def digests(folder: Path = VENDOR) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def differences(folder: Path = VENDOR) -> list[str]:
    """Return what in `folder` isn't as SHA256SUMS says, one line each."""
    lines = (folder / SUMS).read_text().splitlines()
    expected = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    found = digests(folder)
    return [
        f"{name}: {'changed' if name in found and name in expected else 'missing' if name in expected else 'unknown'}"
        for name in sorted(expected.keys() | found.keys())
        if expected.get(name) != found.get(name)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Refresh or check the page's libraries.")
    parser.add_argument("--check", action="store_true", help="hold every file against SHA256SUMS, offline")
    parser.add_argument("--pins", action="store_true", help="print name@version for each package")
    args = parser.parse_args()
    if args.pins:
        print("\n".join(pins()))
    elif args.check:
        if wrong := differences():
            sys.exit("\n".join([*wrong, "run scripts/vendor.py to fetch the pinned versions again"]))
    else:
        refresh()


if __name__ == "__main__":
    main()
