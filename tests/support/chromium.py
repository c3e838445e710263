"""The browser of the tests: Chromium without a window of its own.

Owns: where it is, what it is started with. Debian's `chromium-headless-shell` is the same engine without the desktop
program around it: a page is open in a fifth of the time. Where there is none, `chromium` does.
"""

import shutil

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
