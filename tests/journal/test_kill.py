"""Killed with -9 at any moment under load: every acknowledged record is there, none twice, the chain verifies.

JOINTHQ_SIM_SEEDS=1000 kills oftener, JOINTHQ_SIM_SEED=7 once.
"""

import os
import subprocess
import sys

KILLS = 200


def seeds():
    if seed := os.environ.get("JOINTHQ_SIM_SEED"):
        return [seed]
    return [str(n) for n in range(int(os.environ.get("JOINTHQ_SIM_SEEDS") or KILLS))]


def test_every_acknowledged_record_survives_every_kill(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.journal.killing", str(tmp_path), *seeds()],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every one there once" in done.stdout
