"""The HTTP face of files: keeping one, getting one.

Owns: their paths, what a browser is told about the bytes. Doesn't own: the store (`operations.files`).

Bytes are never shown as part of our site but for images, whose type is what their first bytes say; those too come with
a policy under which nothing in them runs.
"""

from typing import Annotated, Any, Final
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import Parameter

from jointhq.base.errors import BadInput, Refusal
from jointhq.operations.files import ANY, FILE_BYTES_MAX, media_of
from jointhq.operations.forms.files import FileRow
from jointhq.operations.operations import Operations
from jointhq.operations.records.files import FileKept
from jointhq.operations.rules import files as rules
from jointhq.operations.views import files as views
from jointhq.people.directory import LOG, PLAN, WATCH
from jointhq.people.guards import Connection, permitted, session_of

Ask = Request[Any, Any, Any]
Name = Annotated[str, Parameter(min_length=1, max_length=200)]
LabelText = Annotated[str, Parameter(query="label", max_length=200)]
SEALED: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def operations_of(connection: Connection) -> Operations:
    """Return the operations that this application serves."""
    operations: Operations = connection.app.state.operations
    return operations


@post("/api/operations/files", guards=[permitted(LOG, PLAN)], request_max_body_size=FILE_BYTES_MAX)
async def post_file(request: Ask, name: Name, label_text: LabelText = "") -> FileRow:
    """Keep the body as a file."""
    operations, actor = operations_of(request), session_of(request)
    data = await request.body()
    if not data:
        raise Refusal("file_empty", "the file holds nothing", 400)
    tidy = "".join(c for c in name if c.isprintable()).strip()
    if not tidy:
        raise BadInput("a file has a name")
    g = operations.ground()
    body = FileKept(name=tidy, media=media_of(data), bytes=len(data), sha256="")
    rules.keep(g, actor, operations.files, body, "x", label_text)  # refused before anything lies on the disk
    sha256 = await operations.shelf.put(data)
    body = FileKept(name=tidy, media=media_of(data), bytes=len(data), sha256=sha256)
    file_id = operations.new_id()
    await operations.act(actor, lambda g, now: rules.keep(g, now, operations.files, body, file_id, label_text))
    return views.row(operations.ground(), operations.files.kept[file_id])


@get("/api/operations/files/{file_id:str}", guards=[permitted(WATCH)], media_type=ANY)
async def get_file(request: Ask, file_id: str) -> Response[bytes]:
    """Return the bytes of a file."""
    operations = operations_of(request)
    kept = operations.files.seen(operations.ground(), session_of(request).reader, file_id)
    data = await operations.shelf.get(kept.sha256)
    how = "attachment" if kept.media == ANY else "inline"
    headers = {
        "content-disposition": f"{how}; filename*=UTF-8''{quote(kept.name, safe='')}",
        "content-security-policy": SEALED,
        "cache-control": "no-store",
    }
    return Response(data, media_type=kept.media, headers=headers)
