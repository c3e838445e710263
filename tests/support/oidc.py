"""A real OpenID provider in a process of its own: `people/oidc_provider.mjs`, set up for one headquarters."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from jointhq.people.routes_sign_in import CALLBACK
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
CLIENT_ID = "jointhq"
CLIENT_SECRET = "a secret: with + and %"  # signs that a form must escape


@contextlib.contextmanager
def provider(site: str) -> Iterator[str]:
    """Run one that knows the headquarters at `site`; its address."""
    port = free_port()
    program = [
        str(ROOT / ".venv/bin/node"),
        str(ROOT / "tests/people/oidc_provider.mjs"),
        str(port),
        site.rstrip("/") + CALLBACK,
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        assert process.stdout  # it ends with its input, which we close, however we end
        assert process.stdout.readline() == b"ready\n"
        yield f"http://127.0.0.1:{port}"
