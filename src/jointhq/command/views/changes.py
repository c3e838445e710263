"""Changes of command as a reader sees them.

Owns: rows and bodies of changes; what the asker may do with one now.
Doesn't own: what a change makes different (`.difference`), who may do what in the end (`command.rules.changes`).

A change is as narrow as its narrowest act: who sees it sees all of it.
"""

from typing import Final

import msgspec

from jointhq.base.errors import NotVisible
from jointhq.command.change import Change, Planned
from jointhq.command.forms import changes as f
from jointhq.command.ground import Ground
from jointhq.command.records import AnyAct
from jointhq.command.rules.changes import reasons
from jointhq.command.views.rows import signed, who
from jointhq.people.directory import COMMAND, PLAN, Session
from jointhq.release.label import Label
from jointhq.release.reader import Reader

ROWS_MAX: Final = 1_000  # of the list, the newest first
CHECKED_MAX: Final = 1_000  # acts of a change that is checked whenever it is shown; a longer one when it is submitted


def seen(g: Ground, reader: Reader, change_id: str) -> Change:
    """Return a change that is there for the reader; else NotVisible."""
    change = g.change(reader, change_id)
    if change is None:
        raise NotVisible("no such change")
    return change


def rows(g: Ground, reader: Reader) -> list[f.ChangeRow]:
    """Return the changes, the newest first."""
    found = [change for change in g.structure.changes.values() if g.door.may_see(reader, change.label, g.now_ms)]
    return [row(g, reader, change) for change in reversed(found[-ROWS_MAX:])]


def state(g: Ground, change: Change) -> str:
    """Return how far it has come: "approved" until its last phase is in force."""
    if change.state != "approved":
        return change.state
    return "in_force" if _last_ms(change) <= g.now_ms else "approved"


def _last_ms(change: Change) -> int:
    return max(change.moment_ms(phase) for phase in range(len(change.body.phases)))


def row(g: Ground, reader: Reader, change: Change) -> f.ChangeRow:
    """Return a change in a list."""
    first = change.steps[0]
    voices = [voice for voice in change.voices.values() if voice.revision == change.body.revision]
    return f.ChangeRow(
        id=change.id,
        version=change.version,
        title=change.body.title,
        title_ja=change.body.title_ja,
        state=state(g, change),
        drafted_ms=first.at_ms,
        drafted_by=who(g, reader, first.person, first.appointment),
        phases=[_phase(g, change, number) for number in range(len(change.body.phases))],
        acts=sum(map(len, change.acts)),
        concurred=sum(voice.concurs for voice in voices),
        objected=sum(not voice.concurs for voice in voices),
        reverses=change.body.reverses if g.change(reader, change.body.reverses) else "",
        reversed_by=change.reversed_by if g.change(reader, change.reversed_by) else "",
        mark=g.mark(change.label),
    )


def _phase(g: Ground, change: Change, number: int) -> f.PhaseRow:
    phase, at_ms = change.body.phases[number], change.moment_ms(number)
    in_force = change.state == "approved" and at_ms <= g.now_ms
    return f.PhaseRow(
        name=phase.name, name_ja=phase.name_ja, at_ms=at_ms, acts=len(change.acts[number]), in_force=in_force
    )


def body(g: Ground, actor: Session, change_id: str) -> f.ChangeBody:
    """Return a change, whole."""
    reader = actor.reader
    change = seen(g, reader, change_id)
    open_ = change.state in ("draft", "submitted")
    approved, acts = change.approved, sum(map(len, change.acts))
    return f.ChangeBody(
        row=row(g, reader, change),
        purpose=change.body.purpose,
        purpose_ja=change.body.purpose_ja,
        label=_text(g, change.label),
        phases=[
            f.PhaseForm(
                name=phase.name,
                name_ja=phase.name_ja,
                at_ms=phase.at_ms if change.state != "approved" else change.moment_ms(number),
                acts=tuple(_act(g, planned, change) for planned in change.acts[number]),
            )
            for number, phase in enumerate(change.body.phases)
        ],
        opinions=[
            f.Opinion(
                office=voice.office,
                unit=voice.unit if g.unit_seen(reader, voice.unit) else "",
                concurs=voice.concurs,
                note=voice.signed.note,
                at_ms=voice.signed.at_ms,
                who=who(g, reader, voice.signed.person, voice.signed.appointment),
                stale=voice.revision != change.body.revision,
            )
            for voice in change.voices.values()
        ],
        steps=[signed(g, reader, step) for step in change.steps],
        order_ref=approved.order_ref if approved else "",
        approval_note=approved.note if approved else "",
        may=may_do(actor, change),
        refusals=reasons(g, actor, change) if open_ and acts <= CHECKED_MAX else [],
    )


def _act(g: Ground, planned: Planned, change: Change) -> AnyAct:
    """Return an act as a form takes it: its label where that isn't the change's."""
    label = "" if planned.label == change.label else _text(g, planned.label)
    return msgspec.structs.replace(planned.act, label=label)


def _text(g: Ground, label: Label | None) -> str:
    """Return a label as a form takes it."""
    return g.door.banner(msgspec.structs.replace(label, groups=())) if label else ""


def may_do(actor: Session, change: Change) -> list[str]:
    """Return what the asker may try with a change now; authority over its units is asked for when he does."""
    plan, command = PLAN in actor.permissions, COMMAND in actor.permissions
    other = actor.person != change.drafter
    match change.state:
        case "draft":
            return ["edit", "submit", "withdraw"] if plan else []
        case "submitted":
            found = ["concur", "object"] if command and other else []
            found += ["approve", "return"] if command else []
            return [*found, *(["withdraw"] if plan else [])]
        case "approved":
            return ["reverse"] if plan and not change.reversed_by else []
        case _:
            return []
