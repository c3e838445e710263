"""The recipe in docs/journal.md is enough to check an export, with nothing of ours."""

import re
import subprocess
import sys
from pathlib import Path

from jointhq.journal.export import export
from jointhq.journal.sqlite import FILE, SqliteStore
from tests.journal.samples import journal, note

DOCS = Path(__file__).parents[2] / "docs" / "journal.md"


async def test_the_recipe_finds_what_verify_finds(tmp_path):
    made = journal(SqliteStore(tmp_path / FILE))
    await made.start()
    await made.append(*(note(f"記録 {n}") for n in range(9)))
    await made.close()
    export(tmp_path, tmp_path / "all.txt")
    (recipe,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)

    def check():
        done = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", "-c", recipe, str(tmp_path / "all.txt")],
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stderr.strip()

    assert check() == (0, "")
    whole = (tmp_path / "all.txt").read_bytes()
    (tmp_path / "all.txt").write_bytes(whole.replace("記録 4".encode(), "記録 5".encode()))
    assert check() == (1, "record 5 is broken")
    (tmp_path / "all.txt").write_bytes(whole[: whole.index(b"END")])
    assert check() == (1, "cut off")
    lines = whole.splitlines(keepends=True)
    (tmp_path / "all.txt").write_bytes(b"".join([*lines[:-2], lines[-1]]))
    assert check() == (1, "the end is missing")
