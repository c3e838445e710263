"""The HTTP face of the log.

Owns: its paths and guards. Doesn't own: shapes (`operations.forms.log`), rules (`operations.rules.log`).
"""

from functools import partial
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import Parameter

from jointhq.journal.acts import Outcome
from jointhq.operations.forms.log import CorrectionForm, LogPage, LogRow, MarkForm, NewForm
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import ccir
from jointhq.operations.rules import log as rules
from jointhq.operations.rules.requirements import Scene
from jointhq.operations.views import log as views
from jointhq.operations.views.ccir import answered
from jointhq.people.directory import FOREVER_MS, LOG, WATCH, Session
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
TimeMs = Annotated[int, Parameter(ge=0, le=FOREVER_MS)]
FromMs = Annotated[int, Parameter(query="from", ge=0, le=FOREVER_MS)]
ToMs = Annotated[int, Parameter(query="to", ge=0, le=FOREVER_MS)]
Words = Annotated[str, Parameter(max_length=200)]
Which = Annotated[str, Parameter(max_length=200)]


@get("/api/operations/log", guards=[permitted(WATCH)])
async def get_log(
    request: Ask,
    known: TimeMs = FOREVER_MS,
    from_ms: FromMs = 0,
    to_ms: ToMs = FOREVER_MS,
    q: Words = "",
    significant: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    standing: bool = False,  # noqa: FBT001, FBT002
    before: Which = "",
    limit: Annotated[int, Parameter(ge=1, le=views.ROWS_MAX)] = 100,
) -> LogPage:
    """Return entries, the latest first: of a time, with these words, as they were known at a moment."""
    operations = operations_of(request)
    query = views.Query(
        known_ms=known,
        from_ms=from_ms,
        to_ms=to_ms,
        text=q,
        significant=significant,
        standing=standing,
        before=before,
        limit=limit,
    )
    actor = session_of(request)
    answers = partial(answered, operations.requirements(), actor)
    return views.page(operations.ground(), actor.reader, operations.log, operations.files, query, answers)


@post("/api/operations/log", guards=[permitted(LOG)])
async def post_entry(request: Ask, data: NewForm) -> LogRow:
    """Enter a line."""
    ops, actor, entry_id = operations_of(request), session_of(request), operations_of(request).new_id()
    hits = {one: ops.new_id() for one in data.answers}

    def enter(s: Scene, now: Session) -> Outcome:
        entered = rules.enter(s.g, now, data, entry_id, files=ops.files, track_of=ops.track_of)
        return ccir.with_hits(s, now, entered, hits)

    await ops.require(actor, enter)
    return _row(request, entry_id)


@get("/api/operations/log/{entry_id:str}", guards=[permitted(WATCH)])
async def get_line(request: Ask, entry_id: str) -> list[LogRow]:
    """Return an entry with the corrections of its line, as they were written."""
    ops, actor = operations_of(request), session_of(request)
    answers = partial(answered, ops.requirements(), actor)
    return views.line(ops.ground(), actor.reader, ops.log, ops.files, entry_id, answers)


@post("/api/operations/log/{entry_id:str}/correct", guards=[permitted(LOG)])
async def post_correction(request: Ask, entry_id: str, data: CorrectionForm) -> LogRow:
    """Write how an entry should read; it stays, struck."""
    ops, actor, new_id = operations_of(request), session_of(request), operations_of(request).new_id()
    await ops.act(
        actor,
        lambda g, now: rules.correct(g, now, ops.log, entry_id, data, new_id, files=ops.files, track_of=ops.track_of),
    )
    return _row(request, new_id)


@post("/api/operations/log/{entry_id:str}/mark", status_code=200, guards=[permitted(LOG)])
async def post_mark(request: Ask, entry_id: str, data: MarkForm) -> LogRow:
    """Mark a line as significant, or take that back."""
    ops, actor = operations_of(request), session_of(request)
    await ops.act(actor, lambda g, now: rules.mark(g, now, ops.log, entry_id, significant=data.significant))
    return _row(request, entry_id)


def _row(request: Ask, entry_id: str) -> LogRow:
    ops, actor = operations_of(request), session_of(request)
    answers = partial(answered, ops.requirements(), actor)
    return views.row(ops.ground(), actor.reader, ops.log, ops.files, ops.log.entries[entry_id], answers)
