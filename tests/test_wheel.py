"""What `pip install` gets: a wheel that carries the page and the demo, and needs no Node."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_carries_the_page_and_the_demo(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*command, "--disable-pip-version-check", "--no-index", "--wheel-dir", str(tmp_path), str(ROOT)], check=True
    )
    (wheel,) = tmp_path.glob("jointhq-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    tracked = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z", "src/jointhq"],
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, tracked.split("\0")):
        assert str(Path(name).relative_to("src")) in names, f"{name} is not in the wheel"
    assert not [name for name in names if not name.startswith("jointhq-") and not (source / name).exists()]
    for must in ("web/page/index.html", "web/page/vendor/SHA256SUMS", "web/page/basemap/world.pmtiles"):
        assert f"jointhq/{must}" in names
    assert wheel.stat().st_size < 30 << 20
    assert wheel.name.endswith("-py3-none-any.whl") != ("jointhq/cot/_scan.abi3.so" in names)
    assert ("-cp311-abi3-" in wheel.name) == ("jointhq/cot/_scan.abi3.so" in names)
