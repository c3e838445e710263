"""One process on one data directory.

Owns: the directory's lock, limits of the process, signals, running a headquarters in it, reaching the one that runs.
Doesn't own: what a headquarters is made of (`app`), commands and what they print (`cli`).
"""

import asyncio
import contextlib
import fcntl
import gc
import os
import resource
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import uvloop

from jointhq.app import Server
from jointhq.base.clock import SystemClock
from jointhq.base.errors import BadInput
from jointhq.settings import PAGE_URL_FILE, Loaded, page_url

# The thread that seals history gives way to the event loop ten times sooner than usual: while it works the loop waits
# 12 us (p99), not 40, and at most 10 ms either way.
GIL_SWITCH_S: Final = 0.0005


@contextlib.contextmanager
def owned(directory: Path) -> Iterator[None]:
    """Hold the data directory: two processes of one headquarters would write over each other."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / "lock").open("w")
    except OSError as error:
        raise BadInput(f"can't write to the data directory {directory}: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput(
                f"another jointhq process runs on {directory}; stop it, or name another directory with --data"
            ) from None
        yield


def prepare_process() -> None:
    """Raise the limit of open files to what we may, and keep the collector of garbage off the hot path."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(GIL_SWITCH_S)
    gc.set_threshold(50_000, 20, 50)  # events hold no cycles; what does is tasks and requests, which are few


def _leave_address(server: Server) -> None:
    """Write where the page is for `jointhq link`, which can't know our flags; on a full disk it does without."""
    with contextlib.suppress(OSError):
        (server.data / PAGE_URL_FILE).write_text(server.page_url)


@contextlib.asynccontextmanager
async def reached(loaded: Loaded) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of this data directory's headquarters: of the one that runs, else of its journal, opened for that.

    The journal has one writer: where a server has it, the server is asked.
    """
    data = Path(loaded.settings.data)
    if not (data / "session.key").exists():
        raise BadInput(f"no headquarters has run on {data}; name its directory with --data")
    async with contextlib.AsyncExitStack() as stack:
        try:
            stack.enter_context(owned(data))
        except BadInput:
            url = (data / PAGE_URL_FILE).read_text() if (data / PAGE_URL_FILE).exists() else page_url(loaded.settings)
            trust = ssl.create_default_context()
            if (data / "ca" / "ca.crt").exists():
                trust.load_verify_locations(data / "ca" / "ca.crt")
            yield await stack.enter_async_context(httpx.AsyncClient(base_url=url, verify=trust, trust_env=False))
            return
        server = Server(loaded, SystemClock())
        await server.journal.start()
        stack.push_async_callback(server.journal.close)
        answering: Any = server.application()
        transport = httpx.ASGITransport(answering, client=("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{server.web_port}"
        yield await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=base_url))


def main(loaded: Loaded, on_ready: Callable[[Server], None], *, demo: bool = False) -> None:
    """Run a headquarters until SIGINT or SIGTERM."""
    with owned(Path(loaded.settings.data)):
        os.umask(0o077)  # a directory that was there before may be open to others: what we write in it isn't
        prepare_process()
        server = Server(loaded, SystemClock(), demo=demo)

        def ready(server: Server) -> None:
            _leave_address(server)
            on_ready(server)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            loop = runner.get_loop()
            task = loop.create_task(server.run(ready))
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                loop.run_until_complete(task)
