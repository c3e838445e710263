"""docs/labels.md: the marks and files it shows are accepted, and every code of a verdict has its place."""

import re
from pathlib import Path

import pytest

from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.policy import Policies

TEXT = (Path(__file__).parents[2] / "docs" / "labels.md").read_text("utf-8")
DEMO = "DEMO-USA-JPN"


@pytest.fixture
def door():
    return Door(Policies.load(), system=Label(DEMO, "TS"), nation="USA", organisation="USFJ")


def test_the_marks_it_shows(door):
    rows = [line for line in TEXT.splitlines() if re.fullmatch(r"\| `[A-Z/].*` \| `\(.*`.*\|", line)]
    assert len(rows) >= 8
    for row in rows:
        banners, portions = (re.findall("`([^`]+)`", cell) for cell in row.strip("|").split(" | "))
        for banner, portion in zip(banners, portions, strict=True):
            label = door.parse(banner)
            assert (door.banner(label), door.portion(label)) == (banner, portion)
            assert door.parse(portion) is label


def test_the_files_it_shows(tmp_path):
    blocks = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 2
    blocks.append(blocks[1].replace("EXAMPLE", DEMO).replace("OPEN", "U").replace("GUARDED", "CUI"))
    for i, block in enumerate(blocks):
        (tmp_path / f"{i}.json").write_text(block, "utf-8")
    policies = Policies.load(sorted(tmp_path.iterdir()))
    assert policies.level_in("HARBOUR", "EXAMPLE", "GUARDED").mark == "RESTRICTED"
    harbour = Door(policies, system=Label("HARBOUR", "R"), nation="JPN", organisation="PORT")
    assert harbour.portion(harbour.parse("//NATO RESTRICTED//MEDICAL")) == "(//NR//MED)"
