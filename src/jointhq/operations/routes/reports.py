"""The HTTP face of reports.

Owns: their paths and guards, the file of a report. Doesn't own: shapes (`operations.forms.reports`), rules.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import Parameter

from jointhq.base import pdf
from jointhq.journal.acts import Outcome
from jointhq.operations.forms import reports as f
from jointhq.operations.ground import Ground
from jointhq.operations.operations import Operations
from jointhq.operations.routes.files import operations_of
from jointhq.operations.routes.steps import Rule, Step, routes_of
from jointhq.operations.rules import reports as rules
from jointhq.operations.rules.compose import Sources
from jointhq.operations.templates import Template
from jointhq.operations.views import reports as views
from jointhq.people.directory import COMMAND, LOG, PLAN, RELEASE, WATCH, Session
from jointhq.people.guards import permitted, session_of

Ask = Request[Any, Any, Any]
READS: Final = [permitted(WATCH)]
LOGS: Final = [permitted(LOG)]
PLANS: Final = [permitted(PLAN)]
COMMANDS: Final = [permitted(COMMAND)]
Version = Annotated[str | None, Parameter(max_length=100)]
Kind = Literal["text", "json", "pdf"]
MEDIA: Final = {"text": "text/plain; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}
ENDINGS: Final = {"text": "txt", "json": "json", "pdf": "pdf"}
EDIT_BYTES_MAX: Final = 2 * f.REPORT_BYTES_MAX  # JSON may write a character in more bytes than the record does


async def _act(request: Ask, rule: Callable[[rules.Scene, Session], Outcome], sources: Sources | None = None) -> None:
    ops = operations_of(request)
    await ops.act(session_of(request), lambda g, now: rule(_scene(ops, g, sources), now))


def _scene(ops: Operations, g: Ground, sources: Sources | None = None) -> rules.Scene:
    return rules.Scene(g, ops.reports, ops.log, sources or ops.sources, ops.authority)


async def _sources(request: Ask, until: Callable[[rules.Scene, Session], int]) -> Sources:
    """Return what is composed from, with the picture of when a rule asks for it."""
    ops, actor = operations_of(request), session_of(request)
    at_ms = until(_scene(ops, ops.ground()), actor)
    return await ops.sources_at(actor.reader, at_ms) if at_ms else ops.sources


def _body(request: Ask, report_id: str) -> f.ReportBody:
    ops = operations_of(request)
    return views.body(ops.ground(), session_of(request), ops.reports, ops.log, report_id)


async def _do(request: Ask, report_id: str, rule: Rule, data: Any) -> f.ReportBody:
    """Do something with a report; return how it stands then."""
    await _act(request, lambda s, now: rule(s, now, report_id, data))
    return _body(request, report_id)


def _page(request: Ask) -> f.ReportPage:
    ops = operations_of(request)
    g, session = ops.ground(), session_of(request)
    return views.page(g, session.reader, ops.reports, _scene(ops, g).upward(session), session)


@get("/api/operations/reports", guards=READS)
async def get_reports(request: Ask) -> f.ReportPage:
    """Return the latest reports, what is owed, and the forms."""
    return _page(request)


@post("/api/operations/reports", guards=LOGS)
async def post_report(request: Ask, data: f.ComposeForm) -> f.ReportBody:
    """Compose a report."""
    report_id = operations_of(request).new_id()
    sources = await _sources(request, lambda s, now: rules.pictured(s, now, data))
    await _act(request, lambda s, now: rules.draft(s, now, report_id, data), sources)
    return _body(request, report_id)


@get("/api/operations/reports/{report_id:str}", guards=READS)
async def get_report(request: Ask, report_id: str) -> f.ReportBody:
    """Return a report, whole."""
    return _body(request, report_id)


@put("/api/operations/reports/{report_id:str}", guards=LOGS, request_max_body_size=EDIT_BYTES_MAX)
async def put_report(request: Ask, report_id: str, data: f.EditForm) -> f.ReportBody:
    """Change a report that hasn't been released."""
    return await _do(request, report_id, rules.edit, data)


@post("/api/operations/reports/{report_id:str}/refresh", status_code=200, guards=LOGS)
async def post_refresh(request: Ask, report_id: str, data: f.StepForm) -> f.ReportBody:
    """Bring a report up to date with what has been written since."""
    sources = await _sources(request, lambda s, now: rules.pictured_again(s, now, report_id))
    await _act(request, lambda s, now: rules.refresh(s, now, report_id, data), sources)
    return _body(request, report_id)


REPORT_STEPS: Final = routes_of(
    "/api/operations/reports/{report_id:str}",
    _do,
    Step("approve", COMMANDS, f.StepForm, rules.approve, "Approve what another has written."),
    Step("return", COMMANDS, f.StepForm, rules.return_, "Give a report back to be worked on."),
    Step("release", [permitted(RELEASE)], f.StepForm, rules.release, "Release what was approved, under its number."),
    Step("withdraw", LOGS, f.StepForm, rules.withdraw, "Give a report up."),
)


@get("/api/operations/reports/{report_id:str}/file", guards=READS, media_type="application/octet-stream")
async def get_report_file(
    request: Ask, report_id: str, kind: Annotated[Kind, Parameter(query="as")] = "pdf"
) -> Response[bytes]:
    """Return a report as a document with its banner."""
    report, now_ms = _body(request, report_id), operations_of(request).clock.now_ms()
    match kind:
        case "text":
            data = views.text(report, now_ms).encode()
        case "json":
            data = msgspec.json.format(msgspec.json.encode(views.exported(report)), indent=1)
        case "pdf":
            data = pdf.write(views.sheet(report, now_ms), views.lines(report))
    name = f"{views.sheet(report, now_ms).title.replace('/', '-')}.{ENDINGS[kind]}"
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(data, media_type=MEDIA[kind], headers=headers)


@put("/api/operations/report-forms", guards=PLANS)
async def put_form(request: Ask, data: Template, version: Version = None) -> f.ReportPage:
    """Set a form of one's own."""
    await _act(request, lambda s, now: rules.set_form(s, now, data, version))
    return _page(request)


@post("/api/operations/report-forms/preview", status_code=200, guards=PLANS)
async def post_preview(request: Ask, data: f.PreviewForm) -> list[f.SectionRow]:
    """Return what a form would compose now; nothing is written."""
    ops, actor = operations_of(request), session_of(request)
    sources = await _sources(request, lambda s, _: data.form.pictured_until(data.form.period(s.g.now_ms)[1]))
    g = ops.ground()
    return views.section_rows(g, actor.reader, ops.log, rules.preview(_scene(ops, g, sources), actor, data))


@post("/api/operations/report-forms/{code:str}/end", status_code=200, guards=PLANS)
async def post_form_end(request: Ask, code: str) -> f.ReportPage:
    """Have a form of one's own no more."""
    await _act(request, lambda s, now: rules.end_form(s, now, code))
    return _page(request)


@put("/api/operations/report-lines", guards=PLANS)
async def put_line(request: Ask, data: f.LineForm) -> f.ReportPage:
    """Set to whom reports of a form are owed."""
    await _act(request, lambda s, now: rules.set_line(s, now, data))
    return _page(request)


REPORT_ROUTES: Final = [
    get_reports,
    post_report,
    get_report,
    put_report,
    post_refresh,
    *REPORT_STEPS,
    get_report_file,
    put_form,
    post_preview,
    post_form_end,
    put_line,
]
