"""The HTTP face of labels that are being written: which mark an entry would bear, which marks there are to choose.

Owns: its paths. Doesn't own: the rule (`operations.rules.log`), the choice (`operations.views.labels`).
"""

from typing import Any, Final

from litestar import Request, get, post

from jointhq.base.errors import Refusal
from jointhq.operations.forms.labels import LabelChoices, LabelForm, LabelSaid
from jointhq.operations.routes.files import operations_of
from jointhq.operations.rules import log as rules
from jointhq.operations.views import labels as views
from jointhq.operations.views.names import mark
from jointhq.people.guards import session_of, signed_in

Ask = Request[Any, Any, Any]


@get("/api/operations/labels", guards=[signed_in])
async def get_labels(request: Ask) -> LabelChoices:
    """Return the marks that the asker may use."""
    ops, reader = operations_of(request), session_of(request).reader
    return LabelChoices(marks=views.offered(ops.ground(), reader, ops.labels(reader)))


@post("/api/operations/labels", status_code=200, guards=[signed_in])
async def post_label(request: Ask, data: LabelForm) -> LabelSaid:
    """Return the mark that an entry would bear, or what would be refused about it; nothing is written."""
    ops, actor = operations_of(request), session_of(request)
    g = ops.ground()
    try:
        label = rules.label_of(g, actor, data.label, data.track, data.files, files=ops.files, track_of=ops.track_of)[1]
    except Refusal as refused:  # told beside the field while somebody types: no failure
        return LabelSaid(problem=refused.code)
    return LabelSaid(mark=mark(g, label))


LABEL_ROUTES: Final = [get_labels, post_label]
