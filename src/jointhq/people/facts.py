"""What is known about people, as values: each stands in records of the journal.

Owns: persons, appointments, who is assigned and who holds, sessions, invitations, passkeys, certificates.
Doesn't own: folding records into them (`people.folding`), what follows from them now (`people.directory`).
"""

from typing import Literal

import msgspec

from jointhq.people.records import NO_END, How, Purpose
from jointhq.release.label import Label


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, with nation, organisation and clearance. `version` names the record this stands in."""

    id: str
    name: str
    name_ja: str
    username: str
    nation: str
    organisation: str
    policy: str
    level: str
    caveats: tuple[str, ...]
    cleared_until_ms: int
    active: bool
    label: Label | None
    version: str


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """A position in a unit. `version` names the record this stands in."""

    id: str
    title: str
    title_ja: str
    unit: str
    organisation: str
    permissions: frozenset[str]
    groups_in: tuple[str, ...]
    groups_out: tuple[str, ...]
    from_ms: int
    until_ms: int
    label: Label | None
    version: str


class Assignment(msgspec.Struct, frozen=True):
    """A person may take an appointment between two moments."""

    person: str
    from_ms: int
    until_ms: int


class Holding(msgspec.Struct, frozen=True):
    """Who holds an appointment (nobody: ""), since when, and the note of the last handover with who wrote it."""

    person: str
    since_ms: int
    note: str
    note_by: str


class Passkey(msgspec.Struct, frozen=True):
    """The public half of a passkey."""

    person: str
    credential: str
    public_key: str
    sign_count: int
    rp_id: str
    name: str
    added_ms: int


class SessionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it was written down; whether it goes on, `Directory.session` answers."""

    id: str
    person: str
    appointment: str
    how: How
    started_ms: int
    until_ms: int
    address: str
    credential: str


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """One way in, once. `state` is as written; one that is open may be past its time."""

    id: str
    purpose: Purpose
    person: str
    appointment: str
    made_ms: int
    made_by: str
    until_ms: int
    token_sha256: str
    claim: str
    state: Literal["open", "used", "revoked"]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A client certificate of our own authority."""

    fingerprint: str
    serial: str
    subject: str
    person: str
    appointment: str
    client_uid: str
    not_before_ms: int
    not_after_ms: int
    issued_ms: int
    replaces: str
    revoked_ms: int  # 0: not revoked
    reason: str


def ended(until_ms: int, now_ms: int) -> bool:
    """Tell whether something that lasts until then is over."""
    return until_ms != NO_END and now_ms >= until_ms


def good(certificate: Certificate, now_ms: int) -> bool:
    """Tell whether a certificate is neither revoked nor over."""
    return not certificate.revoked_ms and now_ms < certificate.not_after_ms


def in_force(appointment: Appointment, now_ms: int) -> bool:
    """Tell whether an appointment is between its dates."""
    return appointment.from_ms <= now_ms and not ended(appointment.until_ms, now_ms)
