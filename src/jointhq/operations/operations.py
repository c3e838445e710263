"""The operations of one headquarters: each act decided and written as one step.

Owns: looking, deciding and writing; which projections of operations there are.
Doesn't own: rules (`operations.rules`), what is shown (`operations.views`), HTTP (`operations.routes`).
"""

import secrets
from collections import ChainMap
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Concatenate, Final, ParamSpec

import msgspec

from jointhq.base.clock import Clock
from jointhq.journal.acts import Acts, Outcome
from jointhq.journal.chain import uuid7
from jointhq.journal.journal import Journal, Record
from jointhq.journal.record import Draft
from jointhq.operations.authority import Authority, NoAuthority
from jointhq.operations.files import Shelf
from jointhq.operations.ground import Ground
from jointhq.operations.rules import answers, ccir, rfi
from jointhq.operations.rules.compose import Found, Source, Sources
from jointhq.operations.rules.requirements import Scene as Requirements
from jointhq.operations.rules.scene import Scene
from jointhq.operations.sources import done, hits
from jointhq.operations.sources import requirements as open_requirements
from jointhq.operations.views.board import Online, nobody_online
from jointhq.operations.views.book import Book
from jointhq.operations.views.ccirbook import Ccirs
from jointhq.operations.views.combined import Combined
from jointhq.operations.views.files import Files
from jointhq.operations.views.handover import Handovers
from jointhq.operations.views.logbook import Logbook, TrackOf
from jointhq.operations.views.orders import Orders
from jointhq.operations.views.reportbook import Reports
from jointhq.operations.views.rfibook import Rfis
from jointhq.operations.views.rhythm import expected, view
from jointhq.operations.views.rhythmbook import Rhythm
from jointhq.people.directory import Directory, Session
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.reader import Reader

ESCALATED_AT_ONCE: Final = 1_000  # told in one append; the rest in the next, seconds later

P = ParamSpec("P")
PictureAt = Callable[[Reader, int], Awaitable[Source]]  # reader, moment


class OperationsSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What operations need to know of this headquarters."""

    data: Path
    label: Label  # of what is written without one
    exercise: bool = False


class Operations:
    """The only writer of operations."""

    def __init__(
        self,
        journal: Journal,
        directory: Directory,
        door: Door,
        clock: Clock,
        settings: OperationsSettings,
        *,
        track_of: TrackOf = lambda _reader, _uid: None,
    ) -> None:
        """Build it before the journal starts. `track_of` tells where a track is now, as far as somebody may see it."""
        self.directory = directory
        self.door = door
        self.settings = settings
        self.clock = clock
        self.track_of = track_of
        self.log = Logbook()
        self.files = Files()
        self.orders = Orders()
        self.authority: Authority = NoAuthority()  # whoever knows the structure takes its place before the start
        self.online: Online = nobody_online  # and so who knows which devices are connected
        self.reports = Reports()
        self.handovers = Handovers()
        self.rhythm = Rhythm()
        self.ccirs = Ccirs()
        self.rfis = Rfis()
        self.combined = Combined()
        self.picture: PictureAt | None = None  # what a report says of it at a moment; by who knows
        # Of sections of reports and handovers; strength and tasks are given by who has them.
        self.sources: dict[str, Source] = {
            "requirements": partial(open_requirements, self.requirements),
            "ccir": partial(hits, self.requirements),
            "orders": partial(done, self.scene),
            "rhythm": self._expected,
        }
        self.shelf = Shelf(settings.data)
        self.books: tuple[Book, ...] = (
            self.log, self.orders, self.reports, self.handovers, self.ccirs, self.rfis, self.rhythm, self.combined,
        )  # fmt: skip
        books = (*self.books, self.files)
        for book in books:
            journal.attach(book)
        self._acts = Acts(journal, ChainMap(*(book.heads for book in books)))

    def ground(self) -> Ground:
        """Return what the rules decide on, now."""
        return Ground(
            directory=self.directory,
            door=self.door,
            label=self.settings.label,
            now_ms=self.clock.now_ms(),
            exercise=self.settings.exercise,
        )

    def labels(self, reader: Reader) -> list[Label]:
        """Return the labels of what a reader may be shown of operations: what a page's banner is rolled up from."""
        now_ms = self.clock.now_ms()
        labels = {label for book in self.books for label in book.told}
        return [one for one in labels if one is not None and self.door.may_see(reader, one, now_ms)]

    async def act(self, actor: Session, rule: Callable[[Ground, Session], Outcome]) -> list[Record]:
        """Decide and write as one step, for the asker as he stands then. Raises what the rule raises."""
        return await self._acts.do(lambda: rule(self.ground(), self._now(actor)))

    def held(self) -> AbstractAsyncContextManager[None]:
        """Hold operations as they are while another domain writes what rests on them. None of them waits for us."""
        return self._acts.held()

    def scene(self) -> Scene:
        """Return what the rules about orders look at, now."""
        return Scene(self.ground(), self.orders, self.authority, self.files)

    async def order(
        self, actor: Session, rule: Callable[Concatenate[Scene, Session, P], Outcome], *args: P.args, **more: P.kwargs
    ) -> None:
        """Do something about orders, as `act`."""
        await self._acts.do(lambda: rule(self.scene(), self._now(actor), *args, **more))

    def requirements(self) -> Requirements:
        """Return what the rules about CCIR and RFI look at, now."""
        return Requirements(
            self.ground(), self.orders, self.authority, self.files, self.ccirs, self.rfis, self.log, self.reports
        )

    async def require(
        self,
        actor: Session,
        rule: Callable[Concatenate[Requirements, Session, P], Outcome],
        *args: P.args,
        **more: P.kwargs,
    ) -> None:
        """Do something about CCIR and RFI, as `act`."""
        await self._acts.do(lambda: rule(self.requirements(), self._now(actor), *args, **more))

    async def by_device(self, who: Callable[[], Session | None], rule: Callable[[Scene, Session], Outcome]) -> bool:
        """Do something about orders for whoever a device's certificate is now; return whether it was anybody."""
        known = False

        def decide() -> Outcome:
            nonlocal known
            actor = who()
            known = actor is not None
            return rule(self.scene(), actor) if actor is not None else Outcome([])

        await self._acts.do(decide)
        return known

    async def escalate(self) -> None:
        """Tell of every silence that has become too long."""
        if any(True for _ in self._escalations()):
            await self._acts.do(lambda: Outcome(list(islice(self._escalations(), ESCALATED_AT_ONCE))))

    def _escalations(self) -> Iterator[Draft]:
        """Yield what is to be told of silence: about orders, hits of CCIR, and RFI."""
        yield from answers.escalations(self.scene())
        yield from ccir.escalations(self.requirements())
        yield from rfi.escalations(self.requirements())

    def _expected(self, reader: Reader, from_ms: int, to_ms: int, language: str) -> Iterable[Found]:
        return expected(view(self.ground(), reader, self.rhythm, self.reports), from_ms, to_ms, language)

    def _now(self, session: Session) -> Session:
        """Return the asker as he stands now: what he could a moment ago may be gone."""
        return self.directory.session(session.id, self.clock.now_ms()) or msgspec.structs.replace(
            session, appointment="", permissions=frozenset()
        )

    async def sources_at(self, reader: Reader, at_ms: int) -> Sources:
        """Return what reports up to a moment are composed of, the picture of then with it."""
        if self.picture is None:
            return self.sources
        return self.sources | {"picture": await self.picture(reader, min(at_ms, self.clock.now_ms()))}

    def new_id(self) -> str:
        """Return an id for something new."""
        return uuid7(self.clock.now_ms(), secrets.randbits(74))
