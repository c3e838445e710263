"""The HTTP face of operations: a module per subject.

Owns: hanging them into an application. Bodies are the structs of `operations.forms`; an error is a `Problem`, as with
people; 401 `not_signed_in` and 404 `not_found` (absent or hidden: the same answer) may come from any path.

The log (permission `watch` reads, `log` writes)
  GET  /api/operations/log?from=&to=&q=&significant=&standing=&known=&before=&limit= -> LogPage
  POST /api/operations/log                    EntryForm -> 201 LogRow
  GET  /api/operations/log/{id}               -> LogRow[]     the entry and the corrections of its line
  POST /api/operations/log/{id}/correct       CorrectionForm -> 201 LogRow
  POST /api/operations/log/{id}/mark          MarkForm -> LogRow
  POST /api/operations/files?name=&label=     the bytes -> 201 FileRow
  GET  /api/operations/files/{id}             the bytes

Refused: 400 `bad_input`, `label_unknown`, `time_form`, `time_range`, `text_missing`, `place_form`, `track_unknown`,
`file_unknown`, `file_empty`; 403 `not_permitted`, `label_above_you`; 409 `corrected_already`, `too_many` (params.max);
503 `disk_full` and the journal's other refusals.
"""

from litestar import Router

from jointhq.operations.routes import files, log
from jointhq.people.guards import ERRORS, from_same_origin, problem


def operations_routes() -> Router:
    """Return all of this to be hung into an application whose `state.operations` is an `Operations`."""
    return Router(
        "/",
        guards=[from_same_origin],
        exception_handlers=dict.fromkeys(ERRORS, problem),
        route_handlers=[
            log.get_log,
            log.post_entry,
            log.get_line,
            log.post_correction,
            log.post_mark,
            files.post_file,
            files.get_file,
        ],
    )
