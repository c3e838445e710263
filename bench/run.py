"""Measure every figure that jointhq claims, side by side with the raw-bytes ceiling and taky, in one run.

    run.py            everything; writes bench/RESULTS.md, from which the README's table is taken
    run.py --repetitions 2    the same in 25 minutes
    run.py --quick    a few minutes; prints the table
    run.py --only idle --only stall

Owns: the command line, keeping results (`bench/results/*.json`) and the table. What each row does: `rows`.
Everything is bounded in count and time, goes to loopback addresses only, and leaves no process behind.
"""

import argparse
import dataclasses
import json
import logging
import os
import shlex
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import structlog

from process import raise_nofile
from report import Figure, Section, machine, markdown
from rows import ROWS
from runs import make_run

HERE = Path(__file__).parent
LOAD_MAX = 0.5  # of the machine before we start; more, and figures are worse than they need be


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def keep(sections: list[Section], about: dict[str, Any]) -> Path:
    """Write everything that was measured."""
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    path = folder / f"run-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.json"
    content = {"machine": about, "sections": [dataclasses.asdict(section) for section in sections]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short loads, few repetitions")
    parser.add_argument("--only", action="append", choices=list(ROWS), help="this row; may be repeated")
    parser.add_argument("--repetitions", type=int, help="of each load; default 3, quick 1")
    args = parser.parse_args()
    raise_nofile()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and workers are ended on the way out
    about, began = machine(), time.monotonic()
    if about["load_before"] > LOAD_MAX:
        say(f"the machine is busy (load average {about['load_before']}): figures will be worse than they need be")
    run = make_run(quick=args.quick, repetitions=args.repetitions or (1 if args.quick else 3), say=say)
    sections: list[Section] = []
    for name in args.only or ROWS:
        say(f"{name} ({time.monotonic() - began:.0f} s)")
        try:
            sections.append(ROWS[name](run))
        except Exception as error:
            say(traceback.format_exc())
            failed = Figure("this row", "a result", f"failed: {str(error).strip().splitlines()[-1][:200]}", met=False)
            sections.append(Section(name, name, [failed], broken=True))
    path = keep(sections, about)
    command = shlex.join(["python", "bench/run.py", *sys.argv[1:]])
    text = markdown(sections, about, command, (time.monotonic() - began) / 60)
    print(text)
    say(f"all that was measured: {os.path.relpath(path)}")
    if not args.only and not args.quick:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
        say("written: bench/RESULTS.md")
    return 1 if any(section.broken for section in sections) else 0  # a figure that isn't reached is a result


if __name__ == "__main__":
    sys.exit(main())
