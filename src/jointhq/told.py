"""What pages and collectors are told of the headquarters as a whole.

Owns: the answers about it (what it is, how clients and feeds fare, how far each domain has come, whether it is
well), each as far as the asker may see.
Doesn't own: the parts, which it asks (`app` joins them); how an answer travels (`web`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final, Protocol

import msgspec

from jointhq import __version__
from jointhq.base.clock import Clock
from jointhq.command.structure import Structure
from jointhq.exercise.units import Headquarters
from jointhq.feeds.feed import Feed
from jointhq.journal.journal import Journal
from jointhq.operations.gateway import Gateway
from jointhq.operations.operations import Operations
from jointhq.people.directory import ADMIN, Session
from jointhq.people.enrol import Site
from jointhq.picture.history import History
from jointhq.picture.picture import Picture
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.reader import Reader
from jointhq.settings import Settings
from jointhq.stream.client import Client
from jointhq.stream.router import Router
from jointhq.stream.tcp import TakServer
from jointhq.web.api import Pages
from jointhq.web.metrics import Reading

STATUS_CLIENTS_MAX: Final = 500  # clients whose particulars go to every page; the count is of all


class Parts(Protocol):
    """The headquarters that is told of."""

    settings: Settings
    clock: Clock
    started_ms: int
    described: Headquarters
    door: Door
    label: Label
    site: Site
    journal: Journal
    picture: Picture
    history: History
    structure: Structure
    operations: Operations
    router: Router
    tak: TakServer
    gateway: Gateway[Client]
    feeds: list[Feed]
    pages: Pages
    lag_s: float
    ingest_per_s: float

    @property
    def tak_port(self) -> int:
        """The port TAK clients connect to."""
        ...


class Told:
    """The answers, of the parts as they are when somebody asks."""

    def __init__(self, of: Parts) -> None:
        self._of = of
        self._statuses: dict[tuple[Reader, bool], bytes] = {}

    def news(self) -> dict[str, Callable[[Session], dict[str, Any]]]:
        """Return, by domain, what tells how much there is of it that a session may see: another number, and it asks."""
        ops = self._of.operations
        written: dict[str, Sequence[Mapping[Label | None, int]]] = {
            "orders": [ops.orders.told, ops.combined.told],
            "log": [ops.log.told, ops.reports.told],
            "rhythm": [ops.rhythm.told],
            "requirements": [ops.ccirs.told, ops.rfis.told],
        }
        return {"command": self._command, **{kind: partial(self._position, of) for kind, of in written.items()}}

    def _position(self, of: Sequence[Mapping[Label | None, int]], session: Session) -> dict[str, Any]:
        counts = chain.from_iterable(one.items() for one in of)
        return {"position": sum(n for label, n in counts if self._sees(session, label))}

    def _command(self, session: Session) -> dict[str, Any]:
        position, moment_ms = self._of.structure.told(partial(self._sees, session))
        return {"position": position, "moment_ms": moment_ms}

    def forget(self) -> None:
        """Work out anew how clients and feeds fare: it is another moment, or somebody's access has changed."""
        self._statuses.clear()

    def about(self, session: Session) -> dict[str, Any]:
        """Return what the page shows of the headquarters itself, to this session."""
        settings = self._of.settings
        plain = [{"transport": "tcp", "host": settings.tak_host, "port": self._of.tak_port}]
        tls = [{"transport": "tls", "host": self._of.site.host, "port": self._of.site.stream_port}]
        return {
            **msgspec.to_builtins(self._of.described),
            "version": __version__,
            "tak": [*(plain if settings.tak_plain else []), *tls],
            "sources": [
                {"id": source.id, "kind": source.kind, "name": source.name, "name_ja": source.name_ja}
                for source in self._of.picture.sources.values()
                if self._sees(session, source.label)
            ],
            "history": self._history(),
            "banner": self.banner(session),
        }

    def banner(self, session: Session) -> str:
        """Return the mark of all that a session is shown: the roll-up of what stands on its pages."""
        reader, now_ms = session.reader, self._of.clock.now_ms()
        structure = self._of.structure.labels(lambda label: self._of.door.may_see(reader, label, now_ms))
        pages = (self._of.picture.labels(reader), self._of.operations.labels(reader), structure)
        label = self._of.door.merge([self._of.label, *chain.from_iterable(pages)])
        return self._of.door.banner(msgspec.structs.replace(label, groups=())) if label is not None else ""

    def _sees(self, session: Session, label: Label | None) -> bool:
        return self._of.door.may_see(session.reader, label, self._of.clock.now_ms())

    def _history(self) -> dict[str, Any]:
        return {
            "recording": self._of.history.recording,
            "reason": self._of.history.reason,
            "oldest_ms": self._of.history.oldest_ms or self._of.started_ms,  # the past minute is not on disk yet
        }

    def status(self, session: Session) -> bytes:
        """Return how clients and feeds fare, as JSON for the page of a session: what it may see of them, and no more.

        Totals, and what one client said and was given, count hidden things too: they are for administrators alone.
        """
        key = (session.reader, ADMIN in session.permissions)
        if key not in self._statuses:
            self._statuses[key] = msgspec.json.encode(self._status(session))
        return self._statuses[key]

    def _status(self, session: Session) -> dict[str, Any]:
        sources = self._of.picture.sources
        admin = ADMIN in session.permissions
        clients = [
            {
                "uid": client.session.uid,
                "callsign": client.session.callsign,
                "address": client.address,
                "encoding": client.session.encoding,
                "since_ms": client.since_ms,
                "events_in": client.session.events_in if admin else None,
                "events_out": client.events_out if admin else None,
                "refused": dict(client.session.refused),
                "lagging": client.lagging,
                "queued_bytes": client.queued_bytes + client.wire.get_write_buffer_size() if admin else None,
                "tls": bool(client.identity.fingerprint),
                "mark": self._of.door.portion(client.label),
            }
            for client in self._of.router.clients.values()
            if self._sees(session, client.label)
        ]
        status = {
            "kind": "status",
            "at_ms": self._of.clock.now_ms(),
            "clients": clients[:STATUS_CLIENTS_MAX],
            "clients_total": len(clients),
            "closed": [
                {**msgspec.to_builtins(closed), "label": None}
                for closed in self._of.router.closed
                if self._sees(session, closed.label)
            ],
            "feeds": [feed.status() for feed in self._of.feeds if self._sees(session, sources[feed.id].label)],
            "history": self._history(),
            "tracks": self._of.picture.tracks(session.reader),
            "banner": self.banner(session),
        }
        if admin:
            status |= {
                "drops": dict(self.drops()),
                "ingest_per_s": round(self._of.ingest_per_s, 1),
                "pages": self._of.pages.open,
                "lag_s": round(self._of.lag_s, 3),
            }
        return status

    def drops(self) -> Counter[str]:
        """Return everything refused, superseded or thrown away, by reason."""
        return (
            self._of.router.all_drops()
            + self._of.tak.drops
            + self._of.gateway.drops
            + Counter(self._of.picture.drops)
            + Counter(self._of.history.drops)
        )

    def health(self) -> dict[str, Any]:
        """Return whether the server does its work, and what it does not."""
        failed = [feed.id for feed in self._of.feeds if feed.status().state == "failed"]
        reasons = [f"history: {self._of.history.reason}"] if not self._of.history.recording else []
        reasons += [f"journal: {self._of.journal.refused}"] if self._of.journal.refused else []
        reasons += [f"journal: {name}: {why}" for name, why in self._of.journal.faults.items()]
        return {"ok": True, "version": __version__, "degraded": reasons + [f"feed {name}" for name in failed]}

    def reading(self) -> Reading:
        """Return the counters for a collector."""
        statuses = [feed.status() for feed in self._of.feeds]
        return Reading(
            clients=Counter(client.session.encoding for client in self._of.router.clients.values()),
            events_in=self._of.router.events_in,
            events_out=self._of.router.events_out,
            drops=self.drops(),
            feed_events={status.id: status.events for status in statuses},
            feed_refused={(s.id, reason): count for s in statuses for reason, count in s.refused.items()},
            tracks=len(self._of.picture.tracks_all()),
            pages=self._of.pages.open,
            page_bytes_out=self._of.pages.bytes_out,
            lag_s=self._of.lag_s,
            history_bytes=self._of.history.bytes,
            history_recording=self._of.history.recording,
        )
