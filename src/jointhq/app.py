"""The composition root: the one module that knows all the others.

Owns: building a headquarters from its settings, running it in one process, shutting it down cleanly.
Doesn't own: anything a part can do by itself.
"""

import asyncio
import contextlib
import fcntl
import gc
import math
import resource
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
import uvloop

from jointhq import __version__
from jointhq.base.clock import Clock, SystemClock
from jointhq.base.errors import BadInput
from jointhq.cot import xml
from jointhq.cot.event import Event
from jointhq.exercise import demo as exercise
from jointhq.exercise.units import Headquarters as Described
from jointhq.exercise.units import View, Zone
from jointhq.feeds.config import make_feeds
from jointhq.people.signin import SignIn
from jointhq.picture.history import History
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source, SourceKind
from jointhq.release.door import Door
from jointhq.release.label import Label, interned
from jointhq.release.policy import Policies
from jointhq.release.reader import ANON, Reader
from jointhq.settings import PAGE_URL_FILE, Loaded, page_url
from jointhq.stream.router import TAK_SOURCE, Closed, Limits, Router
from jointhq.stream.tcp import TakServer
from jointhq.web.api import Api, Pages, make_app
from jointhq.web.metrics import Reading, metrics_text
from jointhq.web.server import serving

log = structlog.get_logger("app")

STATUS_S: Final = 2.0  # how often pages hear how the server is
HOUSE_S: Final = 1.0  # how often tracks that are gone leave the picture
PRUNE_S: Final = 600.0  # how often history past its time is deleted
# The thread that seals history gives way to the event loop ten times sooner than usual: while it works the loop waits
# 12 us (p99), not 40, and at most 10 ms either way.
GIL_SWITCH_S: Final = 0.0005
DAY_S: Final = 86_400
STATUS_CLIENTS_MAX: Final = 500  # clients whose particulars go to every page; the count is of all
FLOOR: Final = interned(Label("DEMO-USA-JPN", "U", "USA"))  # of every source
EVERYONE: Final = Reader("USA", "", FLOOR.policy, FLOOR.level, frozenset(), frozenset({ANON}), 1 << 62)
ZONES: Final = [Zone("Tokyo", "東京", "I", 540), Zone("Hawaii", "ハワイ", "W", -600)]
JAPAN: Final = View(name="Japan", name_ja="日本", lat=35.2, lon=137.0, zoom=4.6)
WORLD: Final = View(name="World", name_ja="世界", lat=25.0, lon=160.0, zoom=1.6)


class Server:
    """One running headquarters."""

    def __init__(self, loaded: Loaded, clock: Clock, *, demo: bool = False) -> None:
        self.settings = settings = loaded.settings
        self.clock = clock
        self.started_ms = clock.now_ms()
        self.data = Path(settings.data)
        self.feeds = make_feeds(loaded.feeds, clock)
        self.described = Described(settings.hq_name, settings.hq_name_ja, False, ZONES, JAPAN, [JAPAN, WORLD])
        if demo:
            self.feeds += exercise.feeds(clock, speed=settings.demo_speed)
            self.described = exercise.headquarters()
        self.sign_in = SignIn(self.data, clock, settings.web_session_hours)
        self.door = Door(Policies.load(), system=FLOOR, nation=FLOOR.owner, organisation="")
        self.history = History(
            self.data / "history",
            clock,
            gone_after_s=settings.picture_gone_after_s,
            label_of_source=lambda _source_id: FLOOR,
        )
        self.picture = Picture(
            clock,
            self.history,
            self.door,
            tracks_max=settings.picture_tracks_max,
            gone_after_s=settings.picture_gone_after_s,
        )
        self.pages = Pages(self.picture)
        self._add_sources()
        limits = Limits(
            clients_max=settings.tak_clients_max,
            write_buffer_bytes=settings.tak_write_buffer_bytes,
            queue_bytes=settings.tak_queue_bytes,
        )
        self.router = Router(
            self.picture,
            version=__version__,
            floor=FLOOR,
            reader=EVERYONE,
            limits=limits,
            on_closed=_log_closed,
        )
        self.tak = TakServer(self.router, clock, idle_timeout_s=settings.tak_idle_timeout_s)
        self.lag_s = 0.0
        self.ingest_per_s = 0.0
        self._house_due_s = math.inf
        self._events_told = 0

    def _add_sources(self) -> None:
        settings = self.settings
        own_s = round(settings.history_tak_days * DAY_S)
        self.picture.add_source(Source(id=TAK_SOURCE, kind="tak", name="TAK", retention_s=own_s))
        feeds_s = round(settings.history_feed_hours * 3600)
        for feed in self.feeds:
            if feed.id in self.picture.sources:
                raise BadInput(f"two feeds are called {feed.id!r}; give one of them another id")
            kind: SourceKind = "units" if feed.kind == "units" else "feed"
            kept_s = feed.retention_s or (own_s if kind == "units" else feeds_s)
            self.picture.add_source(
                Source(id=feed.id, kind=kind, name=feed.name, name_ja=feed.name_ja, retention_s=kept_s)
            )

    @property
    def tak_port(self) -> int:
        """The port TAK clients connect to."""
        return self.settings.tak_port + self.settings.port_offset

    @property
    def web_port(self) -> int:
        """The port of the page."""
        return self.settings.web_port + self.settings.port_offset

    @property
    def page_url(self) -> str:
        """Where the page is."""
        return page_url(self.settings)

    # -- what pages and collectors read

    def about(self) -> dict[str, Any]:
        """Return what the page shows of the headquarters itself."""
        return {
            **msgspec.to_builtins(self.described),
            "version": __version__,
            "tak": [{"transport": "tcp", "host": self.settings.tak_host, "port": self.tak_port}],
            "sources": [msgspec.to_builtins(s) for s in self.picture.sources.values()],
            "history": self._history(),
        }

    def _history(self) -> dict[str, Any]:
        return {
            "recording": self.history.recording,
            "reason": self.history.reason,
            "bytes": self.history.bytes,
            "oldest_ms": self.history.oldest_ms or self.started_ms,  # the past minute is not on disk yet
        }

    def status(self) -> dict[str, Any]:
        """Return how clients and feeds fare, for the page."""
        return {
            "kind": "status",
            "at_ms": self.clock.now_ms(),
            "clients": [
                {
                    "uid": client.session.uid,
                    "callsign": client.session.callsign,
                    "address": client.address,
                    "encoding": client.session.encoding,
                    "since_ms": client.since_ms,
                    "events_in": client.session.events_in,
                    "events_out": client.events_out,
                    "refused": dict(client.session.refused),
                    "lagging": client.lagging,
                    "queued_bytes": client.queued_bytes + client.wire.get_write_buffer_size(),
                }
                for client in list(self.router.clients.values())[:STATUS_CLIENTS_MAX]
            ],
            "clients_total": len(self.router.clients),
            "closed": list(self.router.closed),
            "feeds": [feed.status() for feed in self.feeds],
            "history": self._history(),
            "drops": dict(self.drops()),
            "ingest_per_s": round(self.ingest_per_s, 1),
            "tracks": self.picture.tracks(EVERYONE),
            "pages": self.pages.open,
            "lag_s": round(self.lag_s, 3),
        }

    def drops(self) -> Counter[str]:
        """Return everything refused, superseded or thrown away, by reason."""
        return self.router.all_drops() + Counter(self.picture.drops) + Counter(self.history.drops)

    def health(self) -> dict[str, Any]:
        """Return whether the server does its work, and what it does not."""
        failed = [feed.id for feed in self.feeds if feed.status().state == "failed"]
        reasons = [f"history: {self.history.reason}"] if not self.history.recording else []
        return {"ok": True, "version": __version__, "degraded": reasons + [f"feed {name}" for name in failed]}

    def reading(self) -> Reading:
        """Return the counters for a collector."""
        statuses = [feed.status() for feed in self.feeds]
        return Reading(
            clients=Counter(client.session.encoding for client in self.router.clients.values()),
            events_in=self.router.events_in,
            events_out=self.router.events_out,
            drops=self.drops(),
            feed_events={status.id: status.events for status in statuses},
            feed_refused={(s.id, reason): count for s in statuses for reason, count in s.refused.items()},
            tracks=len(self.picture.tracks_all()),
            pages=self.pages.open,
            page_bytes_out=self.pages.bytes_out,
            lag_s=self.lag_s,
            history_bytes=self.history.bytes,
            history_recording=self.history.recording,
        )

    # -- running

    async def run(self, on_ready: Callable[["Server"], None] = lambda _: None) -> None:
        """Run until cancelled. TAK clients are taken first; the page follows within the second."""
        settings = self.settings
        await asyncio.to_thread(self.history.start)
        try:
            async with self.tak.listening(settings.tak_host, self.tak_port), self._web(), asyncio.TaskGroup() as tasks:
                for feed in self.feeds:
                    tasks.create_task(feed.run(self._publisher(feed.id)))
                tasks.create_task(every(settings.picture_tick_ms / 1000, self._tick_pages))
                tasks.create_task(every(HOUSE_S, self._keep_house))
                tasks.create_task(every(PRUNE_S, self._prune))
                tasks.create_task(every(STATUS_S, self._tell_pages))
                log.info(
                    "started",
                    page=self.page_url,
                    tak=f"{settings.tak_host}:{self.tak_port}",
                    data=str(self.data),
                    xml_reader=xml.SCANNER,
                )
                on_ready(self)
        finally:
            await asyncio.to_thread(self.history.close)
            log.info("stopped")

    def _web(self) -> AbstractAsyncContextManager[None]:
        api = Api(
            picture=self.picture,
            pages=self.pages,
            sign_in=self.sign_in,
            reader=EVERYONE,
            headquarters=self.about,
            health=self.health,
            metrics=metrics_text(self.reading),
        )
        return serving(make_app(api, __version__), self.settings.web_host, self.web_port)

    def _publisher(self, source_id: str) -> Callable[[Event], None]:
        def publish(event: Event) -> None:
            self.router.publish(event, source_id, self.clock.now_ms())

        return publish

    async def _tick_pages(self) -> None:
        """Send what has moved to the open pages."""
        if self.picture.tick():
            self.pages.wake()

    async def _keep_house(self) -> None:
        """Measure how late we are, and let stale tracks go."""
        now_s = self.clock.monotonic_s()
        self.lag_s = max(0.0, now_s - self._house_due_s)
        self._house_due_s = now_s + HOUSE_S
        self.picture.sweep()

    async def _prune(self) -> None:
        """Delete history past its time."""
        await asyncio.to_thread(self.history.prune)

    async def _tell_pages(self) -> None:
        """Tell the open pages how the server is."""
        events, self._events_told = self._events_told, self.router.events_in
        self.ingest_per_s = (self._events_told - events) / STATUS_S
        self.pages.say(msgspec.json.encode(self.status()))


async def every(seconds: float, job: Callable[[], Awaitable[None]]) -> None:
    """Do a job again and again. A round that fails is logged whole; the next one comes all the same."""
    while True:
        try:
            await job()
        except Exception:
            log.exception("job.failed", job=job.__qualname__)
        await asyncio.sleep(seconds)


def _log_closed(closed: Closed) -> None:
    say = log.info if closed.reason in ("left", "lost", "replaced") else log.warning
    say("client.closed", **msgspec.to_builtins(closed))


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


def main(loaded: Loaded, on_ready: Callable[[Server], None], *, demo: bool = False) -> None:
    """Run a headquarters until SIGINT or SIGTERM."""
    with owned(Path(loaded.settings.data)):
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
