"""The figures of a run as a table: target, measured, met or not.

Owns: how a figure is judged and written. Doesn't own: measuring (`rows`), targets' meaning (the rows say).
"""

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from jointhq.cot import xml


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    target: str  # in words; empty: none, it is told for comparison
    measured: str
    met: bool | None = None  # None: no target, or it couldn't be measured

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**not met**", None: "" if not self.target else "not measured"}[self.met]


@dataclass
class Section:
    """The figures of one row of the bench, and everything that was measured for them."""

    name: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    broken: bool = False  # it couldn't be measured


def figure(what: str, value: float | None, unit: str, *, below: float | None = None, from_: float | None = None,
           detail: str = "", digits: int = 4) -> Figure:  # fmt: skip
    """Judge one number: it must be below a bound, or at least another."""
    target = (
        f"< {number(below)}{unit}" if below is not None else f">= {number(from_)}{unit}" if from_ is not None else ""
    )
    if value is None:
        return Figure(what, target, detail or "not measured")
    met = value < below if below is not None else value >= from_ if from_ is not None else None
    return Figure(what, target, f"{number(value, digits)}{unit}{detail and f' ({detail})'}", met)


def number(value: float | None, digits: int = 4) -> str:
    """Write a number with as many digits as it deserves."""
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def machine() -> dict[str, Any]:
    """Describe what this ran on; nothing that names the machine."""
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cpu": model, "cores": os.cpu_count(), "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "kernel": platform.release().partition("-")[0], "python": platform.python_version(),
        "uvloop": version("uvloop"), "load_before": round(os.getloadavg()[0], 2), "xml": xml.SCANNER,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }  # fmt: skip


def markdown(sections: list[Section], about: dict[str, Any], command: str, minutes: float) -> str:
    """Return the table as it stands in RESULTS.md."""
    figures = [one for section in sections for one in section.figures if one.target]
    met = sum(one.met is True for one in figures)
    setting = (
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, Linux {about['kernel']}, "
        f"Python {about['python']}, uvloop {about['uvloop']}, XML by {about['xml']}, {about['date']}; "
        f"load average before: {about['load_before']}. The load generator shares the cores with the server. "
        "Servers run fresh for every load and take turns; figures are medians of their runs."
    )
    lines = [
        "# What was measured",
        "",
        f"`{command}` printed this; it took {minutes:.0f} minutes. {met} of {len(figures)} targets met.",
        "",
        setting,
        "",
    ]
    for section in sections:
        lines += [f"## {section.title}", "", "| | target | measured | |", "| --- | --- | --- | --- |"]
        lines += [f"| {one.what} | {one.target} | {one.measured} | {one.verdict} |" for one in section.figures]
        lines += ["", *(f"{note}\n" for note in section.notes)]
    return "\n".join(lines).rstrip() + "\n"
