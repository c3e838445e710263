"""Orders of battle in and out over HTTP: files of others as drafts of changes, what is in force as files.

Owns: paths and bounds of both. Doesn't own: formats (`command.orbat`), what an import changes
(`command.rules.imports`), what is exported (`command.views.exports`), a change's way from here on (`command.routes`).

  POST /api/command/import?format=&dry_run=&label=&title=&map=FIELD=COLUMN      the file as body (permission `plan`)
       -> 201 ImportBody, and a change is drafted; with `dry_run` 200, and nothing is written
  GET  /api/command/export?format=&known=&at=&times=      -> the file (permission `watch`)
       `at` left out: as in force now; `times=all`: as it was, is and will be, with all its times

`format`: orbat-mapper, csv, xlsx, geojson, kml; left out of an import: whichever it looks like. `map` as often as there
are columns to choose.
"""

import asyncio
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import Parameter

from jointhq.base.errors import BadInput, Refusal
from jointhq.command.command import Command
from jointhq.command.forms import exchange as f
from jointhq.command.orbat import formats
from jointhq.command.orbat.times import write_time
from jointhq.command.orbat.value import FILE_BYTES_MAX
from jointhq.command.records import TIME_MS_MAX
from jointhq.command.rules import imports
from jointhq.command.views import exports
from jointhq.people.directory import PLAN, WATCH
from jointhq.people.guards import permitted, session_of

COLUMNS_MAX: Final = 40  # that a caller chooses; there are thirty fields

Ask = Request[Any, Any, Any]
Moment = Annotated[int | None, Parameter(ge=-62_135_596_800_000, le=TIME_MS_MAX)]
FormatName = Annotated[str, Parameter(query="format", max_length=20)]
Columns = Annotated[list[str] | None, Parameter(query="map", max_items=COLUMNS_MAX)]


def _command(request: Ask) -> Command:
    command: Command = request.app.state.command
    return command


@post(
    "/api/command/import",
    guards=[permitted(PLAN), permitted(WATCH)],
    request_max_body_size=FILE_BYTES_MAX + 1,
)
async def post_import(
    request: Ask,
    name: FormatName = "",
    dry_run: bool = False,  # noqa: FBT001, FBT002 - so the address has it
    label: Annotated[str, Parameter(max_length=300)] = "",
    title: Annotated[str, Parameter(max_length=200)] = "",
    columns: Columns = None,
) -> Response[f.ImportBody]:
    """Read a file, and draft the change that brings the structure to what it says."""
    command, session = _command(request), session_of(request)
    chosen = dict(_column(text) for text in columns or ())
    data = await request.body()
    async with command.turns:
        name = name or formats.guess_format(data)
        read = await asyncio.to_thread(formats.read, data, name, chosen)
        ground = command.ground()
        there = exports.orbat(ground, session.reader)
        title = title or f"Import: {read.orbat.name or name}"
        plan = await asyncio.to_thread(imports.plan, ground, read, there, title=title, label=label)
    if not plan.form.phases[0].acts and not dry_run:
        raise Refusal("nothing_changed", "nothing would change: the structure says what the file says")
    change = "" if dry_run else await command.draft(session, plan.form)
    report = plan.report
    body = f.ImportBody(
        format=name,
        change=change,
        title=plan.form.title,
        label=plan.form.label,
        acts=len(plan.form.phases[0].acts),
        added=plan.added,
        changed=plan.changed,
        same=plan.same,
        units=report.units,
        relations=report.relations,
        places=report.places,
        times=report.times,
        kept=[f.KeptRow(path=one.path, count=one.count) for one in report.kept],
        problems=[f.ProblemRow(code=one.code, where=one.where, message=one.message) for one in report.problems],
        problems_total=report.problems_total,
        mapping=report.mapping,
        columns=list(report.columns),
    )
    return Response(body, status_code=200 if dry_run else 201)


def _column(text: str) -> tuple[str, str]:
    field, sign, column = text.partition("=")
    if not sign:
        raise BadInput(f"{text[:40]!r} chooses no column; write FIELD=COLUMN, like id=UIC")
    return field.strip(), column.strip()


@get("/api/command/export", guards=[permitted(WATCH)], media_type="application/octet-stream")
async def get_export(
    request: Ask,
    name: Annotated[str, Parameter(query="format", max_length=20)],
    known: Moment = None,
    at: Moment = None,
    times: Literal["", "all"] = "",
) -> Response[bytes]:
    """Write what the reader may see to a file, with its banner in it."""
    chosen = formats.format_of(name)
    command, session = _command(request), session_of(request)
    async with command.turns:
        ground = command.ground()
        moment_ms = None if times else ground.now_ms if at is None else at
        orbat = exports.orbat(ground, session.reader, known, moment_ms).orbat
        data = await asyncio.to_thread(chosen.write, orbat)
    moment = write_time(ground.now_ms if at is None else at).replace(":", "")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(f'orbat-{moment}{chosen.ending}', safe='')}"
    }
    return Response(data, media_type=chosen.media_type, headers=headers)
