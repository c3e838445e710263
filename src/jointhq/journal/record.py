"""What is written in the journal: records, the bodies they carry, and the bytes that their digest covers.

Owns: `Record` and `Draft`, the table of body kinds, and the one text form of a record (`content`), which is stored,
exported and hashed as it is. Doesn't own: positions and the chain (`journal.chain`), who may read a record (`release`).

A record's content is one line of JSON; its digest is SHA-256 over exactly those bytes, and the content names the digest
of the record before it. So nothing is ever written a second time from parsed values: a field, a kind or a version that
this program doesn't know stays in the bytes, and with it in every export, backup and check. `docs/journal.md` has the
recipe for other languages.
"""

import functools
import re
from collections.abc import Callable
from typing import Final, Literal, TypeVar

import msgspec

from jointhq.base.errors import BadInput
from jointhq.release.label import Label, interned

BODY_BYTES_MAX: Final = (
    256 * 1024
)  # A record is text that people read; files lie elsewhere and are named by their hash.
TEXT_CHARS_MAX: Final = 512  # ids, kinds and names of subjects; anything longer belongs in the body
NO_DIGEST: Final = "0" * 64  # what the first record names as the one before it
KIND_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")

Precedence = Literal["routine", "priority", "immediate", "flash"]


class Body(msgspec.Struct, frozen=True):
    """What a record of one kind says. Subclasses are frozen, and declared with `@kind`."""


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that this headquarters knows, as it stands in the journal for good."""

    id: str  # UUIDv7
    hq: str  # the headquarters it comes from
    position: int  # 1, 2, 3, ... without gaps
    kind: str  # "person.added"
    version: int  # of the body's form, by kind
    subject: str  # id of the thing it is about
    appointment: str  # who signed for it; "" = the headquarters itself
    person: str
    written_ms: int
    effective_ms: int  # when what it says applies from; may lie before or after `written_ms`
    precedence: str  # a Precedence; a newer version may know more of them
    label: Label | None  # None: written by a newer version with marks that we don't know; so nobody may see it
    exercise: bool
    body: msgspec.Raw  # JSON; `body_of` reads it
    previous: str  # digest of the record before it
    digest: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A record before it has a place in the journal."""

    body: Body | msgspec.Raw  # Raw: what came from elsewhere, with `kind` and `version` beside it
    subject: str
    label: Label
    appointment: str = ""
    person: str = ""
    effective_ms: int | None = None  # None: from the moment it is written
    precedence: Precedence = "routine"
    exercise: bool = False
    kind: str = ""  # "" = the body's own
    version: int = 0
    hq: str = ""  # "" = this headquarters
    id: str = ""  # "" = a new one. Given, it makes a repeated append a Conflict, not a second record.


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """A draft that was checked, and turned to bytes as far as can be without a position."""

    draft: Draft
    kind: str
    version: int
    body: bytes
    label: Label | None
    label_json: bytes


class _Content(msgspec.Struct, frozen=True, gc=False):
    """The fields in the order in which they are written. Fields may be added behind; none may change its meaning."""

    id: str
    hq: str
    position: int
    kind: str
    version: int
    subject: str
    appointment: str
    person: str
    written_ms: int
    effective_ms: int
    precedence: str
    label: msgspec.Raw
    exercise: bool
    body: msgspec.Raw
    previous: str


_encoder = msgspec.json.Encoder()
_content_decoder = msgspec.json.Decoder(_Content)

# What bodies there are is settled when the code is loaded, like the classes themselves.
_bodies: dict[tuple[str, int], type[Body]] = {}
_names: dict[type[Body], tuple[str, int]] = {}

B = TypeVar("B", bound=type[Body])


def kind(name: str, *, version: int = 1) -> Callable[[B], B]:
    """Declare the body of a kind in one version. Versions stay declared for as long as a journal may hold them."""
    if not KIND_NAME.fullmatch(name) or version < 1:
        raise ValueError(f"a kind is called like 'person.added', in versions from 1; not {name!r}, {version}")

    def declare(cls: B) -> B:
        if (name, version) in _bodies:
            raise ValueError(f"{name} version {version} is declared twice")
        _bodies[name, version] = cls
        _names[cls] = (name, version)
        return cls

    return declare


def kind_of(body: type[Body]) -> tuple[str, int]:
    """Return the kind and version that a class was declared with."""
    return _names[body]


def body_of(record: Record) -> Body | None:
    """Return what a record says; None for a kind or a version that this program doesn't know.

    Raises msgspec.ValidationError where the body isn't what its own version says: a fault in the code that wrote it.
    """
    cls = _bodies.get((record.kind, record.version))
    return None if cls is None else _body_decoder(cls).decode(record.body)


@functools.cache
def _body_decoder(cls: type[Body]) -> msgspec.json.Decoder[Body]:
    return msgspec.json.Decoder(cls)


@functools.lru_cache(maxsize=4096)  # labels are few, and equal ones become one object
def label_of(text: bytes) -> Label | None:
    """Return the label that was written so; None where it holds what we don't know, and might mean "fewer may see"."""
    try:
        fields = msgspec.json.decode(text)
        if not isinstance(fields, dict) or not fields.keys() <= set(Label.__struct_fields__):
            return None
        return interned(msgspec.convert(fields, Label))
    except msgspec.MsgspecError:
        return None


@functools.lru_cache(maxsize=4096)
def _label_json(label: Label) -> bytes:
    return _encoder.encode(label)


def prepare(draft: Draft) -> Prepared:
    """Check a draft and encode what needs no position. Raises BadInput."""
    if isinstance(draft.body, msgspec.Raw):
        name, version = draft.kind, draft.version
        if not KIND_NAME.fullmatch(name) or version < 1:
            raise BadInput(f"a raw body needs its kind and version beside it, not {name!r}, {version}")
        try:
            msgspec.json.decode(draft.body)
            body = msgspec.json.format(bytes(draft.body), indent=-1)
        except msgspec.MsgspecError as error:
            raise BadInput(f"the body of a {name} isn't JSON: {error}") from None
        if not body.startswith(b"{"):
            raise BadInput(f"the body of a {name} isn't a JSON object")
    else:
        try:
            name, version = _names[type(draft.body)]
        except KeyError:
            raise BadInput(f"{type(draft.body).__name__} is no body: declare it with @kind") from None
        body = _encoder.encode(draft.body)
        try:
            _body_decoder(type(draft.body)).decode(body)
        except msgspec.ValidationError as error:  # written, it would stop every projection that reads it, for good
            raise BadInput(f"no {name} can be read like this: {error}") from None
    if len(body) > BODY_BYTES_MAX:
        raise BadInput(f"the body of a {name} has {len(body)} bytes, over {BODY_BYTES_MAX}; keep files out of it")
    if not draft.subject:
        raise BadInput(f"a {name} must say what it is about: give it a subject")
    texts = (name, draft.subject, draft.appointment, draft.person, draft.hq, draft.id)
    if max(map(len, texts)) > TEXT_CHARS_MAX:
        raise BadInput(f"a field of this {name} is longer than {TEXT_CHARS_MAX} characters; put it in the body")
    label_json = _label_json(draft.label)
    return Prepared(draft, name, version, body, label_of(label_json), label_json)


def write(prepared: Prepared, *, id: str, hq: str, position: int, written_ms: int, previous: str) -> bytes:  # noqa: A002
    """Return the content of a record: what is stored, exported and hashed."""
    draft = prepared.draft
    return _encoder.encode(
        _Content(
            draft.id or id,
            draft.hq or hq,
            position,
            prepared.kind,
            prepared.version,
            draft.subject,
            draft.appointment,
            draft.person,
            written_ms,
            written_ms if draft.effective_ms is None else draft.effective_ms,
            draft.precedence,
            msgspec.Raw(prepared.label_json),
            draft.exercise,
            msgspec.Raw(prepared.body),
            previous,
        )
    )


def read(digest: str, content: bytes) -> Record:
    """Return the record of a content. Raises BadInput where it isn't one; the digest is not checked here."""
    try:
        c = _content_decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(f"not a record: {error}") from None
    return Record(
        id=c.id,
        hq=c.hq,
        position=c.position,
        kind=c.kind,
        version=c.version,
        subject=c.subject,
        appointment=c.appointment,
        person=c.person,
        written_ms=c.written_ms,
        effective_ms=c.effective_ms,
        precedence=c.precedence,
        label=label_of(bytes(c.label)),
        exercise=c.exercise,
        body=c.body,
        previous=c.previous,
        digest=digest,
    )
