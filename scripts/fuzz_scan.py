"""Put mutated events to the scanner of CoT XML, built with sanitizers, and compare it with the tree.

Owns: building it so, and running long enough; what is compared is the tests' (`tests/cot/test_scan.py`).
"""

import argparse
import importlib.util
import os
import random
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "jointhq" / "cot" / "_scan.c"
FLAGS = ["-std=c11", "-O1", "-g", "-fPIC", "-shared", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def build(folder: Path) -> Path:
    library = folder / "_scan.abi3.so"
    include = sysconfig.get_path("include")
    subprocess.run(["gcc", *FLAGS, f"-I{include}", str(SOURCE), "-o", str(library)], check=True)
    return library


def under_sanitizers(library: Path, arguments: list[str]) -> int:
    """Run ourselves again, the sanitizer's library first, and every bytes object in a piece of memory of its own."""
    names = ("libasan.so", "libubsan.so")
    found = [
        subprocess.run(["gcc", f"-print-file-name={n}"], capture_output=True, text=True, check=True) for n in names
    ]
    more = {
        "LD_PRELOAD": " ".join(one.stdout.strip() for one in found),
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
    }
    command = [sys.executable, __file__, "--library", str(library), *arguments]
    return subprocess.run(command, env=os.environ | more, check=False).returncode


def load(library: str) -> Any:
    spec = importlib.util.spec_from_file_location("jointhq.cot._scan", library)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fuzz(library: str, seconds: float, seed: int) -> None:
    sys.path.insert(0, str(ROOT))
    sys.modules["jointhq.cot._scan"] = load(library)
    from tests.cot import test_scan  # noqa: PLC0415  after the scanner is in its place
    from tests.support.plain import mutated  # noqa: PLC0415

    rng, tried, read = random.Random(seed), 0, 0
    corpus = [raw for raw in test_scan.PLAIN + test_scan.EVIL if len(raw) < 10_000]
    for raw in test_scan.PLAIN + test_scan.EVIL:
        test_scan.check(raw)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for _ in range(1000):
            raw = mutated(rng.choice(corpus), rng)
            try:
                plain = test_scan.check(raw)
            except AssertionError:
                print(f"the scanner and the tree disagree on {raw!r}")
                raise
            read += plain
            if plain and len(raw) < 2000 and rng.random() < 0.01:
                corpus[rng.randrange(len(corpus))] = raw
        tried += 1000
    print(f"scanner: {tried:,} mutated events, {read:,} of them read, all as the tree reads them; seed {seed}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--library", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.library:
        fuzz(args.library, args.seconds, args.seed)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return under_sanitizers(build(Path(folder)), ["--seconds", str(args.seconds), "--seed", str(args.seed)])


if __name__ == "__main__":
    sys.exit(main())
