"""Every promise names its tests, and they are there."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows() -> list[str]:
    promised, _, refused = (ROOT / "docs/guarantees.md").read_text("utf-8").partition("## Not promised")
    assert refused.strip()
    return [
        line for line in promised.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "|--"))
    ]


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_promise_names_tests_that_exist() -> None:
    assert len(rows()) > 30
    for row in rows():
        cells = row.strip("| ").split(" | ")
        named = TEST.findall(cells[-1])
        assert named, f"no test behind: {cells[0]}"
        assert len(named) == cells[-1].count("`") // 2, f"something else than tests: {cells[-1]}"
        for file, test in named:
            assert (ROOT / file).is_file(), file
            assert test in names_in(file), f"{file} has no {test}"
