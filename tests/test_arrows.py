"""The house: arrows run downward only. See ARCHITECTURE.md."""

import ast
from pathlib import Path

import pytest

import jointhq

SRC = Path(jointhq.__file__).parent
# From the ground up. A room may use what is below it, and itself; rooms on one floor don't know each other.
FLOORS = [
    {"base"},
    {"release"},
    {"cot"},
    {"journal"},
    {"people", "settings"},
    {"picture"},
    {"command"},
    {"operations"},
    {"stream", "feeds"},
    {"marti", "exercise"},
    {"web", "parts"},
    {"told"},
    {"app"},
    {"process"},
    {"cli"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
PURE = [  # cores do no I/O: none of these may come near them
    "cot",
    "stream/session.py",
    "stream/router.py",
    "stream/addresses.py",
    "stream/claims.py",
    "stream/client.py",
    "stream/tick.py",
    "picture/picture.py",
    "picture/wire.py",
    "command/records.py",
    "command/forms.py",
    "command/orbat",
    "operations/geochat.py",
    "operations/rules",
    "operations/views",
]
IO = {"asyncio", "socket", "ssl", "selectors", "threading", "subprocess", "http", "urllib", "sqlite3", "time", "random"}


def modules():
    return sorted(file for file in SRC.rglob("*.py") if not file.name.endswith("_pb2.py"))


def room_of(file):
    return file.relative_to(SRC).parts[0].removesuffix(".py")


def imports(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are written whole"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", modules(), ids=lambda f: str(f.relative_to(SRC)))
def test_imports_run_downward(file):
    room = room_of(file)
    if room == "__init__":
        return
    assert room in LEVEL, f"{room} has no floor; give it one here and in ARCHITECTURE.md"
    for name in imports(file):
        parts = name.split(".")
        if parts[0] != "jointhq" or len(parts) == 1 or parts[1] == room or parts[1].startswith("__"):
            continue
        assert LEVEL[parts[1]] < LEVEL[room], f"{file.relative_to(SRC)} imports {name}: an arrow that runs upward"


@pytest.mark.parametrize("core", PURE)
def test_cores_do_no_io(core):
    place = SRC / core
    for file in [place] if place.is_file() else sorted(place.glob("*.py")):
        touched = {name.split(".")[0] for name in imports(file)} & IO
        assert not touched, f"{file.relative_to(SRC)} imports {touched}; a core takes bytes, values and `now`"


def test_every_module_says_what_it_owns():
    for file in modules():
        doc = ast.get_docstring(ast.parse(file.read_text("utf-8")))
        assert doc, f"{file.relative_to(SRC)} opens without saying what it owns"


def test_architecture_names_every_room():
    text = (SRC.parents[1] / "ARCHITECTURE.md").read_text("utf-8")
    for room in LEVEL:
        assert f"`{room}" in text, f"ARCHITECTURE.md doesn't mention {room}"


def test_nothing_reads_outside_its_own_folder():
    for file in [*modules(), *SRC.rglob("*.js")]:
        if "vendor" not in file.parts:
            assert "../shared" not in file.read_text("utf-8"), file
