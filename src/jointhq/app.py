"""The composition root: the one module that knows all the others.

Owns: building a headquarters from its settings, running it in one process, shutting it down cleanly.
Doesn't own: anything a part can do by itself.
"""

import asyncio
import contextlib
import gc
import math
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import structlog
from litestar import Litestar

from jointhq import __version__
from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput
from jointhq.command.chain import Chain
from jointhq.command.command import Command
from jointhq.command.structure import Structure
from jointhq.cot import xml
from jointhq.cot.event import Event
from jointhq.exercise import demo as exercise
from jointhq.exercise.combined import add_combined
from jointhq.exercise.orbat import add_orbat
from jointhq.exercise.people import add_people
from jointhq.exercise.requirements import add_requirements
from jointhq.exercise.rhythm import add_rhythm
from jointhq.exercise.units import Headquarters as Described
from jointhq.exercise.units import View, Zone
from jointhq.feeds.config import make_feeds
from jointhq.feeds.feed import Feed
from jointhq.journal.journal import Journal
from jointhq.journal.rebuild import leave
from jointhq.journal.upgrade import Step, upgrade
from jointhq.marti.accounts import PeopleAccounts
from jointhq.marti.api import Endpoint, Marti
from jointhq.marti.channels import Channels
from jointhq.marti.enrolment import Enrolment
from jointhq.marti.server import serving_tls
from jointhq.operations.by_picture import standing, track_then
from jointhq.operations.by_structure import ByStructure, bases
from jointhq.operations.gateway import Gateway
from jointhq.operations.geochat import Speaker
from jointhq.operations.operations import Operations, OperationsSettings
from jointhq.operations.sources import requests, strength, tasks
from jointhq.parts import anybody, door_of, group_labels, label_of, oidc_of, server_names, store_of, system_of
from jointhq.people.ca import Authority
from jointhq.people.directory import Directory, Identity
from jointhq.people.enrol import Entries, Site
from jointhq.people.people import People, PeopleSettings
from jointhq.picture.history import History
from jointhq.picture.migrate import is_due, migrate_all
from jointhq.picture.picture import Picture
from jointhq.picture.track import Source, SourceKind
from jointhq.release.label import Label, interned
from jointhq.settings import Loaded, page_url
from jointhq.stream.addresses import Own
from jointhq.stream.client import Closed, Limits
from jointhq.stream.router import TAK_SOURCE, Router
from jointhq.stream.tcp import Secure, TakServer
from jointhq.told import Told
from jointhq.web.api import Api, Pages, make_app, with_page
from jointhq.web.devices import Devices
from jointhq.web.metrics import metrics_text
from jointhq.web.server import serving

log = structlog.get_logger("app")

HISTORY: Final = "history"  # in the data directory
ESCALATE_S: Final = 5.0  # how late at most it is told that an order was met with silence; norms are minutes
LISTEN_S: Final = 5.0  # how often we look who of those who command can be reached; silence is counted in minutes
STATUS_S: Final = 2.0  # how often pages hear how the server is
HOUSE_S: Final = 1.0  # how often tracks that are gone leave the picture
PRUNE_S: Final = 600.0  # how often history past its time is deleted
DAY_S: Final = 86_400
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
        self.demo = demo
        if demo:
            self.feeds += exercise.feeds(clock, speed=settings.demo_speed)
            self.described = exercise.headquarters()
        self.door = door_of(settings)
        self.label = label_of(self.door, settings, "label_default")
        self.tls_label = label_of(self.door, settings, "tls_label")
        self.plain_label = label_of(self.door, settings, "tak_plain_label")
        self.group_labels = group_labels(self.door, loaded.groups)
        self.journal = Journal(
            store_of(settings), hq=settings.hq_organisation, clock=clock, accept_clock=settings.journal_accept_clock
        )
        self.directory = Directory()
        self.journal.attach(self.directory)
        self.people = People(
            self.journal,
            self.directory,
            self.door,
            clock,
            self._people_settings(),
            label_of=self._label_of,
        )
        self.history = History(self.data / HISTORY, clock, gone_after_s=settings.picture_gone_after_s)
        self.picture = Picture(
            clock,
            self.history,
            door=self.door,
            tracks_max=settings.picture_tracks_max,
            gone_after_s=settings.picture_gone_after_s,
        )
        self.structure = Structure()
        self.journal.attach(self.structure)
        self.directory.units = Chain(self.structure, self.door)
        self.command = Command(
            self.journal,
            self.structure,
            self.directory,
            self.door,
            clock,
            label=self.label,
            exercise=demo,
            tasks=lambda: bases(self.operations.orders, clock.now_ms()),
        )
        self.operations = Operations(
            self.journal,
            self.directory,
            self.door,
            clock,
            OperationsSettings(data=self.data, label=self.label, exercise=demo),
            track_of=partial(track_then, self.picture),
        )
        self.operations.picture = partial(standing, self.picture)
        self.operations.sources |= {
            "strength": partial(strength, self.command),
            "tasks": partial(tasks, self.operations.scene),
            "requests": partial(requests, self.operations.scene),
        }
        self.told = Told(self)
        self.pages = Pages(self.picture, self.told.status, self.told.news())
        self._add_sources()
        limits = Limits(
            clients_max=settings.tak_clients_max,
            write_buffer_bytes=settings.tak_write_buffer_bytes,
            queue_bytes=settings.tak_queue_bytes,
        )
        self.router = Router(
            self.picture,
            self.door,
            version=__version__,
            floor_of=self._floor_of,
            limits=limits,
            on_closed=_log_closed,
        )
        names = server_names(settings)
        self.site = Site(
            name=settings.hq_name,
            host=names[0],
            mark=self.door.banner(self.label),
            stream_port=self._port(settings.tak_tls_port),
            marti_port=self._port(settings.marti_port),
            enrol_port=self._port(settings.enrol_port),
        )
        self.authority = Authority(self.data / "ca", clock, headquarters=settings.hq_name, names=names)
        self.accounts = PeopleAccounts(self.people, clock)
        self.channels = Channels(self._access_changed)
        self.tak = TakServer(
            self.router,
            clock,
            idle_timeout_s=settings.tak_idle_timeout_s,
            anybody=anybody(settings, self.plain_label),
            identify=self.identify,
        )
        view = self.described.view
        speaker = Speaker(f"jointhq-{settings.hq_organisation}", settings.hq_name, view.lat, view.lon)
        self.gateway = Gateway(self.operations, self.router, speaker, self.identify, clock.monotonic_s)
        self.router.talk_as(Own(speaker.uid, speaker.callsign, self.gateway.hear, self.gateway.met))
        self.operations.online = self.gateway.online
        self.operations.authority = ByStructure(self.command)
        self.command.contact = self._in_contact
        self.directory.on_change(self._access_changed)
        self.structure.on_change(self.directory.regrouped)
        self.structure.on_change(self.pages.news)
        self.structure.on_change(self.gateway.wake)
        for book in self.operations.books:
            book.on_change(self.pages.news)
        self.lag_s = 0.0
        self.ingest_per_s = 0.0
        self._house_due_s = math.inf
        self._events_told = 0

    def _people_settings(self) -> PeopleSettings:
        settings = self.settings
        return PeopleSettings(
            data=self.data,
            nation=settings.hq_nation,
            organisation=settings.hq_organisation,
            label=self.label,
            system=system_of(settings),
            title=settings.hq_name,
            session_hours=settings.web_session_hours,
            oidc=oidc_of(settings),
        )

    def _label_of(self, uid: str) -> Label | None:
        track = self.picture.latest_any(uid)
        return None if track is None else track.label

    def _in_contact(self) -> set[str]:
        """Return the appointments in which somebody is there: with a page open, or a TAK client connected."""
        return self.pages.attended() | {one.identity.appointment for one in self.router.clients.values()}

    def identify(self, fingerprint: str, now_ms: int) -> Identity | None:
        """Return who a certificate is now, without the groups that its device has switched off."""
        return self.channels.narrowed(self.directory.identity_of_certificate(fingerprint, now_ms))

    def _floor_of(self, identity: Identity) -> Label:
        """Return the least label of what a TAK client says: its listener's and its groups', for those groups."""
        floor = self.tls_label if identity.fingerprint else self.plain_label
        for name in identity.groups_in:
            floor = self.door.raised(self.group_labels.get(name), floor)
        return interned(msgspec.structs.replace(floor, groups=identity.groups_in))

    def _access_changed(self) -> None:
        """Somebody's access may have changed: streams and pages look again."""
        self.tak.look_again()
        self.gateway.wake()
        self.told.forget()
        self.pages.look_again()

    def _add_sources(self) -> None:
        settings = self.settings
        own_s = round(settings.history_tak_days * DAY_S)
        self.picture.add_source(Source(id=TAK_SOURCE, kind="tak", name="TAK", label=self.label, retention_s=own_s))
        feeds_s = round(settings.history_feed_hours * 3600)
        for feed in self.feeds:
            if feed.id in self.picture.sources:
                raise BadInput(f"two feeds are called {feed.id!r}; give one of them another id")
            kind: SourceKind = "units" if feed.kind == "units" else "feed"
            kept_s = feed.retention_s or (own_s if kind == "units" else feeds_s)
            self.picture.add_source(
                Source(
                    id=feed.id,
                    kind=kind,
                    name=feed.name,
                    name_ja=feed.name_ja,
                    label=self._feed_label(feed),
                    retention_s=kept_s,
                )
            )

    def _feed_label(self, feed: Feed) -> Label:
        try:
            return self.door.parse(feed.label) if feed.label else self.label
        except BadInput as error:
            raise BadInput(f"feed {feed.id!r}: label = {feed.label!r}: {error}") from None

    def _port(self, port: int) -> int:
        return port + self.settings.port_offset

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

    # -- running

    async def run(self, on_ready: Callable[["Server"], None] = lambda _: None) -> None:
        """Run until cancelled. TAK clients are taken first; the page follows within the second."""
        settings = self.settings
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(log.info, "stopped")
            await asyncio.to_thread(self._upgrade)
            await self.journal.start()
            gc.freeze()  # what the journal holds stays: the collector needn't look through it again
            stack.push_async_callback(self.journal.close)
            stack.callback(self._leave)
            await self.people.first_start()
            await self.people.after_restore()
            if self.demo:
                await add_people(self.journal, self.directory, self.label, self.clock)
                await add_orbat(self.journal, self.structure, self.door, self.label)
                await add_combined(self.journal, self.operations.combined, self.label)
                await add_rhythm(self.journal, self.operations.rhythm, self.door, self.label, self.clock)
                await add_requirements(self.journal, self.operations.ccirs, self.label, self.clock.now_ms())
            await asyncio.to_thread(self.history.start)
            stack.push_async_callback(asyncio.to_thread, self.history.close)
            await stack.enter_async_context(self._listeners())
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            for feed in self.feeds:
                tasks.create_task(feed.run(self._publisher(feed.id)))
            tasks.create_task(self.people.watch())
            tasks.create_task(self.gateway.run())
            tasks.create_task(every(ESCALATE_S, self.operations.escalate))
            tasks.create_task(every(LISTEN_S, self.command.listen))
            tasks.create_task(every(settings.picture_tick_ms / 1000, self._tick_pages))
            tasks.create_task(every(HOUSE_S, self._keep_house))
            tasks.create_task(every(PRUNE_S, self._prune))
            tasks.create_task(every(STATUS_S, self._tell_pages))
            log.info(
                "started",
                page=self.page_url,
                tak=f"{self.site.host}:{self.site.stream_port}",
                data=str(self.data),
                xml_reader=xml.SCANNER,
            )
            on_ready(self)

    def _upgrade(self) -> None:
        """Bring what an earlier version left to this one's form, or all back as it was."""
        labels = {source.id: source.label for source in self.picture.sources.values()}
        step = Step(
            "labels of history",
            lambda data: is_due(data / HISTORY),
            lambda data: migrate_all(data / HISTORY, lambda source: labels.get(source, self.label)),
        )
        upgrade(self.data, [step], now_ms=self.clock.now_ms())

    def _leave(self) -> None:
        """Leave what `jointhq journal rebuild --check` compares with; on a full disk it does without."""
        with contextlib.suppress(OSError):
            leave(self.journal, self.data)

    @contextlib.asynccontextmanager
    async def _listeners(self) -> AsyncIterator[None]:
        """Take TAK clients and pages while inside."""
        settings, site = self.settings, self.site
        secure = Secure(
            settings.tls_host,
            site.stream_port,
            self.authority.server_context(ssl.CERT_REQUIRED),
            settings.tls_handshake_s,
        )
        async with contextlib.AsyncExitStack() as stack:
            plain_host = settings.tak_host if settings.tak_plain else None
            await stack.enter_async_context(self.tak.listening(plain_host, self.tak_port, tls=secure))
            for app, port, verify, name in (
                (self._marti().app, site.marti_port, ssl.CERT_REQUIRED, "marti"),
                (self._enrolment().app, site.enrol_port, ssl.CERT_NONE, "enrol"),
            ):
                context = self.authority.server_context(verify)
                advice = f"try --port-offset or --{name}-port"
                await stack.enter_async_context(
                    serving_tls(
                        app, settings.tls_host, port, context, handshake_s=settings.tls_handshake_s, advice=advice
                    )
                )
            await stack.enter_async_context(self._web())
            yield

    def _marti(self) -> Marti:
        return Marti(
            self.directory.identity_of_certificate,
            self._endpoints,
            self.clock,
            self.site,
            self.channels,
            version=__version__,
            node_id=self.authority.fingerprint[:32],
            authority=self.authority,
            renewals=self.accounts,
            entries=self._entries,
            validity_days=self.settings.tls_certificate_days,
            revoked=self.accounts.revoked,
            called=self.directory.called,
        )

    @property
    def _entries(self) -> Entries:
        return (("O", self.settings.hq_organisation),)

    def _enrolment(self) -> Enrolment:
        return Enrolment(
            self.authority,
            self.accounts,
            self.clock,
            self.site,
            entries=self._entries,
            validity_days=self.settings.tls_certificate_days,
        )

    def _endpoints(self, identity: Identity) -> list[Endpoint]:
        """Return the connected clients that somebody may see."""
        now_ms = self.clock.now_ms()
        return [
            Endpoint(uid=client.session.uid, callsign=client.session.callsign, last_ms=now_ms)
            for client in self.router.clients.values()
            if client.session.uid and self.door.may_see(identity.reader, client.label, now_ms)
        ]

    def application(self) -> Litestar:
        """Return what answers over HTTP."""
        api = Api(
            picture=self.picture,
            pages=self.pages,
            door=self.door,
            people=self.people,
            command=self.command,
            operations=self.operations,
            devices=Devices(
                self.authority,
                self.accounts,
                self.site,
                entries=self._entries,
                validity_days=self.settings.tls_certificate_days,
            ),
            headquarters=self.told.about,
            health=self.told.health,
            metrics=metrics_text(self.told.reading),
        )
        return make_app(api, __version__)

    def _web(self) -> AbstractAsyncContextManager[None]:
        settings = self.settings
        context = self.authority.server_context(ssl.CERT_OPTIONAL) if settings.web_tls else None
        return serving(
            with_page(self.application()),
            settings.web_host,
            self.web_port,
            context,
            handshake_s=settings.tls_handshake_s,
        )

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
        self.structure.sweep(self.clock.now_ms())

    async def _prune(self) -> None:
        """Delete history past its time; renew the server's certificate where it is due; see to what checks need."""
        self._leave()
        await asyncio.to_thread(self.history.prune)
        await asyncio.to_thread(self.authority.renew)

    async def _tell_pages(self) -> None:
        """Tell the open pages how the server is."""
        events, self._events_told = self._events_told, self.router.events_in
        self.ingest_per_s = (self._events_told - events) / STATUS_S
        self.told.forget()
        self.pages.tell()


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
    say("client.closed", **{name: getattr(closed, name) for name in closed.__struct_fields__ if name != "label"})
