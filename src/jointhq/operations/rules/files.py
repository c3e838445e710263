"""Who may keep a file.

Owns: this rule. Doesn't own: the bytes (`operations.files`), what names the file (`.log`, `.annexes`).
"""

from jointhq.base.errors import Refusal
from jointhq.journal.acts import Outcome
from jointhq.operations.files import FILES_MAX
from jointhq.operations.ground import Ground, label_for, room, signed
from jointhq.operations.records.files import FileKept
from jointhq.operations.views.files import Files
from jointhq.people.directory import LOG, PLAN, Session


def keep(g: Ground, actor: Session, files: Files, body: FileKept, file_id: str, label: str) -> Outcome:
    """Keep a file that is in the store: for an entry of the log, or an annex."""
    if actor.permissions.isdisjoint((LOG, PLAN)):
        raise Refusal("not_permitted", f"this needs an appointment with {LOG} or {PLAN}", 403)
    room(len(files.kept), FILES_MAX)
    return Outcome([signed(g, actor, file_id, body, label_for(g, actor, label))])
