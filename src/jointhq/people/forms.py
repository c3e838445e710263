"""What the routes of people take and give, as typed JSON.

Owns: the shapes, and the bounds on what is taken. Doesn't own: paths (`people.routes`), rules (`people.rules`).

Times are milliseconds since 1970; `until_ms` 0 is no end; `cleared_until_ms` 0 is never cleared, 253402300799000 is
without end.
`version` names the record that an answer stands in; who changes something sends back the version he saw, and is told
`changed_meanwhile` if another was faster. `mark` is the portion mark, "(U)"; a form's `label` is its text, "" the
administration's default.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from jointhq.base.text import Form
from jointhq.people.records import How, Purpose

NAME_CHARS_MAX: Final = 200
NOTE_CHARS_MAX: Final = 4_000  # two pages of handover; more belongs in the log
CODES_MAX: Final = 64  # groups, caveats or permissions of one; a directory shows them in one line
PASSWORD_CHARS_MAX: Final = 200  # hashed whole; longer ones only cost us work
CREDENTIAL_KEYS_MAX: Final = 20  # of a browser's PublicKeyCredential as JSON, which has eight

Name = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
OptionalName = Annotated[str, Meta(max_length=NAME_CHARS_MAX)]
Id = Annotated[str, Meta(max_length=100)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]
Codes = Annotated[tuple[Code, ...], Meta(max_length=CODES_MAX)]
Note = Annotated[str, Meta(max_length=NOTE_CHARS_MAX)]
TimeMs = Annotated[int, Meta(ge=0, le=253_402_300_799_000)]
Password = Annotated[str, Meta(max_length=PASSWORD_CHARS_MAX)]
Credential = Annotated[dict[str, Any], Meta(max_length=CREDENTIAL_KEYS_MAX)]


class Problem(Struct, frozen=True):
    """What every error says: `code` is API and is translated by the page; `message` is for whoever reads the wire."""

    code: str
    message: str
    params: dict[str, Any] = {}


class _Form(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A secret or a name of one, taken as it is; what a person may write is a `Form`."""


# -- signing in


class Ways(Struct, frozen=True, kw_only=True):
    """How one may sign in at this address. A passkey needs a host name, and https or `localhost`."""

    password: bool
    passkey: bool
    oidc: str  # the provider's name; "": none
    certificate: bool  # this connection has one that somebody's session may start with


class TokenForm(_Form, frozen=True, kw_only=True):
    """The token of a one-time link or of an invitation to sign in."""

    token: Annotated[str, Meta(max_length=200)]


class PasswordForm(_Form, frozen=True, kw_only=True):
    """A user name and a password."""

    username: Annotated[str, Meta(max_length=100)]
    password: Password


class CredentialForm(_Form, frozen=True, kw_only=True):
    """What `navigator.credentials.get()` or `create()` gave, by its `toJSON()`; `name` for a new one."""

    credential: Credential
    name: OptionalName = ""


class SetPasswordForm(_Form, frozen=True, kw_only=True):
    """A new password; `current` where there is one, unless the session began with a one-time link."""

    password: Password
    current: Password = ""


class PasskeyRow(Struct, frozen=True, kw_only=True):
    """One of the person's passkeys."""

    id: str
    name: str
    host: str
    added_ms: int


class PersonName(Struct, frozen=True):
    """Who, in both languages."""

    id: str
    name: str
    name_ja: str


class Mine(Struct, frozen=True, kw_only=True):
    """An appointment that the person of the session may take now.

    A `holder` or `note_by` without an id is somebody whose name the person may not see; None is nobody.
    """

    id: str
    mark: str  # of the appointment, and of its note
    title: str
    title_ja: str
    unit: str
    organisation: str
    permissions: list[str]
    until_ms: int  # the earlier of the appointment's end and the assignment's
    holder: PersonName | None  # who holds it now
    since_ms: int
    note: str  # of the last handover
    note_by: PersonName | None  # who wrote it


class SessionBody(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Who is signed in, and as what. Not signed in: `signed_in` false and nothing else of worth.

    `standing` says why the appointments are out of reach though the person is signed in: "", "clearance_ended",
    "clearance_never". `without_credentials` asks the page to offer a password or a passkey.
    """

    signed_in: bool
    person: PersonName | None = None
    username: str = ""
    nation: str = ""
    organisation: str = ""
    clearance: str = ""  # the level's code
    cleared_until_ms: int = 0
    appointment: Mine | None = None
    permissions: list[str] = []
    appointments: list[Mine] = []
    standing: str = ""
    how: str = ""
    started_ms: int = 0
    until_ms: int = 0
    has_password: bool = False
    passkeys: int = 0
    without_credentials: bool = False
    current_needed: bool = False  # to set a password, the present one must be given


class IdForm(_Form, frozen=True, kw_only=True):
    """Which one."""

    id: Id


class TakeForm(Form, frozen=True, kw_only=True):
    """Take an appointment; from another who holds it, only with the handover's note."""

    appointment: Id
    note: Note = ""


class LayDownForm(Form, frozen=True, kw_only=True):
    """Lay down the session's appointment, with a note for the next."""

    note: Note = ""


class SessionRow(Struct, frozen=True, kw_only=True):
    """A session that goes on. `id` ends it; to use it, one needs the signature that its cookie has beside the id."""

    id: str
    how: How
    started_ms: int
    until_ms: int
    address: str
    appointment: str
    current: bool


# -- administration


class Choices(Struct, frozen=True, kw_only=True):
    """What forms offer: codes with names in both languages."""

    permissions: list[str]
    policies: list["PolicyChoice"]
    organisations: list[str]
    groups: list[str]
    delegate_of: str  # the organisation the asker is fenced to; "" for an administrator
    purposes: list[str]
    minutes_max: int


class CodeName(Struct, frozen=True):
    """A code and its names."""

    code: str
    name: str
    name_ja: str


class PolicyChoice(Struct, frozen=True, kw_only=True):
    """The codes of one policy."""

    id: str
    levels: list[CodeName]
    caveats: list[CodeName]
    nations: list[CodeName]


class PersonForm(Form, frozen=True, kw_only=True):
    """A person. `version` "" adds, else names what is changed."""

    name: Name
    name_ja: OptionalName = ""
    username: Annotated[str, Meta(min_length=1, max_length=64)]
    nation: Annotated[str, Meta(max_length=64)]
    organisation: Annotated[str, Meta(max_length=64)]
    policy: Annotated[str, Meta(max_length=64)]
    level: Annotated[str, Meta(max_length=64)]
    caveats: Codes = ()
    cleared_until_ms: TimeMs = 0
    label: OptionalName = ""
    version: Id = ""


class PersonRow(Struct, frozen=True, kw_only=True):
    """A person as the list has it."""

    id: str
    version: str
    mark: str
    name: str
    name_ja: str
    username: str
    nation: str
    organisation: str
    policy: str
    level: str
    caveats: list[str]
    cleared_until_ms: int
    active: bool
    standing: str  # "", "person_removed", "clearance_ended", "clearance_never"
    administrator: bool
    has_password: bool
    passkeys: int
    sessions: int
    may_change: bool  # by the asker


class AssignmentRow(Struct, frozen=True, kw_only=True):
    """Who may take which appointment, from when until when. `standing` as in `Directory.standing`."""

    person: PersonName
    appointment: str
    title: str
    title_ja: str
    from_ms: int
    until_ms: int
    standing: str
    holds: bool


class AppointmentForm(Form, frozen=True, kw_only=True):
    """An appointment. `version` "" adds, else names what is changed. No groups: the group of those who have none."""

    title: Name
    title_ja: OptionalName = ""
    unit: OptionalName = ""
    organisation: Annotated[str, Meta(min_length=1, max_length=64)]
    permissions: Codes = ()
    groups_in: Codes = ()
    groups_out: Codes = ()
    from_ms: TimeMs = 0  # 0: from now
    until_ms: TimeMs = 0
    label: OptionalName = ""
    version: Id = ""


class AppointmentRow(Struct, frozen=True, kw_only=True):
    """An appointment as the list has it, with those who may take it."""

    id: str
    version: str
    mark: str
    title: str
    title_ja: str
    unit: str
    organisation: str
    permissions: list[str]
    groups_in: list[str]
    groups_out: list[str]
    from_ms: int
    until_ms: int
    in_force: bool
    holder: PersonName | None
    assigned: list[AssignmentRow]
    may_change: bool


class ReasonForm(Form, frozen=True, kw_only=True):
    """A change that wants no more than why."""

    version: Id = ""
    reason: Note = ""


class EndForm(Form, frozen=True, kw_only=True):
    """End an appointment; `until_ms` 0 is at once."""

    version: Id = ""
    until_ms: TimeMs = 0
    reason: Note = ""


class AssignForm(Form, frozen=True, kw_only=True):
    """Let a person take an appointment, `from_ms` 0 at once."""

    version: Id = ""
    person: Id
    from_ms: TimeMs = 0
    until_ms: TimeMs = 0


class UnassignForm(Form, frozen=True, kw_only=True):
    """Take that back."""

    version: Id = ""
    person: Id


class InvitationForm(Form, frozen=True, kw_only=True):
    """Invite a person. `claim` for "oidc": the account's e-mail or user name; `appointment` for "enrolment"."""

    purpose: Purpose
    person: Id
    appointment: Id = ""
    minutes: Annotated[int, Meta(ge=1)] = 60
    claim: OptionalName = ""


class EnrolmentForm(Form, frozen=True, kw_only=True):
    """Invite a device of one's own."""

    appointment: Id = ""
    minutes: Annotated[int, Meta(ge=1)] = 60


class InvitationRow(Struct, frozen=True, kw_only=True):
    """An invitation; nothing in it redeems it."""

    id: str
    mark: str
    purpose: Purpose
    person: PersonName
    appointment: str
    made_ms: int
    made_by: PersonName | None
    until_ms: int
    claim: str
    state: Literal["open", "used", "revoked", "past"]


class Invited(Struct, frozen=True, kw_only=True):
    """A new invitation. This answer alone holds its token ("" for "oidc"): it can't be asked for again."""

    invitation: InvitationRow
    token: str
    username: str


class CertificateRow(Struct, frozen=True, kw_only=True):
    """A client certificate."""

    fingerprint: str
    mark: str
    serial: str
    subject: str
    person: PersonName
    appointment: str
    title: str
    title_ja: str
    client_uid: str
    not_before_ms: int
    not_after_ms: int
    issued_ms: int
    revoked_ms: int
    reason: str
    replaces: str
    state: Literal["valid", "not_yet", "ended", "revoked", "suspended"]
    standing: str  # why "suspended": as in `Directory.standing`


class PersonBody(Struct, frozen=True, kw_only=True):
    """All about a person that the asker may see."""

    person: PersonRow
    assignments: list[AssignmentRow]
    sessions: list[SessionRow]
    passkeys: list[PasskeyRow]
    accounts: list[str]  # issuers of linked accounts
    invitations: list[InvitationRow]
    certificates: list[CertificateRow]


class Ended(Struct, frozen=True):
    """How many were ended."""

    ended: int


class AppointmentName(Struct, frozen=True):
    """Which appointment, in both languages."""

    id: str
    title: str
    title_ja: str


class ReaderRow(Struct, frozen=True, kw_only=True):
    """Somebody about whom the asker may ask why he doesn't see something, and the appointments he may read as."""

    id: str
    name: str
    name_ja: str
    organisation: str
    mark: str
    appointments: list[AppointmentName]


class Check(Struct, frozen=True, kw_only=True):
    """One rule that was asked, in order; the first that says no decides."""

    rule: str
    ok: bool
    params: dict[str, Any]


class WhyBody(Struct, frozen=True, kw_only=True):
    """May this reader see this item now, and the rule that decides. Rules: docs/people.md."""

    allowed: bool
    rule: str
    params: dict[str, Any]
    reader: PersonName
    appointment: str  # the appointment it was answered for; "": none
    item: str  # "person", "track", "record"
    mark: str  # of the item
    checks: list[Check]
