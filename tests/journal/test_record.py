"""Records as bytes: what is written is what is read, whatever is in it, and the digest covers all of it."""

import hashlib
import re
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.base.errors import BadInput
from jointhq.journal import record as module
from jointhq.journal.chain import Ask, Conflict, Head, Known, Sealer, follow, uuid7
from jointhq.journal.record import NO_DIGEST, Body, Draft, body_of, kind, kind_of, label_of, prepare, read
from jointhq.release.label import Label
from tests.journal.samples import OPEN, Counted, Noted, note

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = texts.filter(bool)
labels = st.builds(
    Label,
    policy=names,
    level=names,
    owner=st.sampled_from(["", "USA", "JPN"]),
    caveats=st.lists(st.sampled_from(["NOFORN", "ORCON"]), unique=True).map(lambda codes: tuple(sorted(codes))),
)
drafts = st.builds(
    Draft,
    body=st.builds(Noted, text=texts) | st.builds(Counted, count=st.integers(-(2**60), 2**60), unit=texts),
    subject=names,
    label=labels,
    appointment=texts,
    person=texts,
    effective_ms=st.none() | st.integers(-(2**50), 2**50),
    precedence=st.sampled_from(["routine", "priority", "immediate", "flash"]),
    exercise=st.booleans(),
    hq=texts,
)
NONE = Known({}, {})


@kind("test.bounded")
class Bounded(Body, frozen=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4)]


def seal(*asked, head=None, known=NONE, clock=None):
    asks = [Ask([prepare(draft) for draft in drafts], {}) for drafts in asked]
    return Sealer("HQ", clock or ManualClock()).seal(asks, head or Head(), known)


@given(st.lists(drafts, min_size=1, max_size=5))
def test_what_is_written_is_what_is_read(drafts):
    (lines,), head = seal(drafts)
    previous = NO_DIGEST
    for position, (draft, line) in enumerate(zip(drafts, lines, strict=True), 1):
        record = line.record
        assert read(record.digest, line.content) == record
        assert (record.position, record.previous) == (position, previous)
        assert record.digest == hashlib.sha256(line.content).hexdigest()
        assert body_of(record) == draft.body
        assert (record.kind, record.version) == kind_of(type(draft.body))
        assert record.label == draft.label
        for name in ("subject", "appointment", "person", "precedence", "exercise"):
            assert getattr(record, name) == getattr(draft, name)
        assert record.hq == (draft.hq or "HQ")
        assert b"\n" not in line.content
        line.content.decode()
        previous = record.digest
    assert head == Head(len(drafts), previous, lines[-1].record.written_ms)


@given(drafts, st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_a_record_can_be_changed(draft, at, flip):
    ((line,),), _ = seal([draft])
    changed = bytearray(line.content)
    changed[at % len(changed)] ^= flip
    with pytest.raises(BadInput, match="doesn't give its digest"):
        follow(Head(), line.record.digest, bytes(changed))


def test_a_chain_is_followed_and_whatever_was_taken_out_added_or_moved_is_seen():
    (lines,), _ = seal([note(f"{n}") for n in range(4)])
    head = Head()
    for line in lines:
        head = follow(head, line.record.digest, line.content)
    with pytest.raises(BadInput, match="says position 3 where 2"):
        follow(follow(Head(), lines[0].record.digest, lines[0].content), lines[2].record.digest, lines[2].content)
    (other,), _ = seal([note("other")])
    with pytest.raises(BadInput, match="doesn't name the digest"):
        follow(follow(Head(), other[0].record.digest, other[0].content), lines[1].record.digest, lines[1].content)


def test_one_conflict_in_a_batch_is_its_own():
    asks = [
        Ask([prepare(note("1", "A"))], {"A": 0}),
        Ask([prepare(note("2", "A"))], {"A": 0}),
        Ask([prepare(note("3", "A"))], {"A": 1}),
    ]
    (first, second, third), head = Sealer("HQ", ManualClock()).seal(asks, Head(), Known({"A": 0}, {}))
    assert isinstance(second, Conflict)
    assert [first[0].record.position, third[0].record.position, head.position] == [1, 2, 2]


def test_a_label_with_marks_that_we_do_not_know_lets_nobody_see():
    assert label_of(msgspec.json.encode(OPEN)) == OPEN
    assert label_of(msgspec.json.encode(OPEN)) is label_of(msgspec.json.encode({**msgspec.structs.asdict(OPEN)}))
    assert label_of(b'{"policy":"P","level":"U","only":["two of us"]}') is None
    assert label_of(b'{"policy":"P"}') is None
    assert label_of(b'["P","U"]') is None


def test_a_record_of_a_newer_program_is_read_and_keeps_what_we_do_not_know():
    ((line,),), _ = seal([note("x")])
    said = msgspec.json.decode(line.content)
    said |= {"signature": "newer", "version": 7, "precedence": "super"}
    said["label"]["only"] = ["us"]
    content = msgspec.json.encode(said)
    record = read("d", content)
    assert record.precedence == "super"
    assert record.label is None
    assert body_of(record) is None
    assert follow(Head(), hashlib.sha256(content).hexdigest(), content).position == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"id":1}'])
def test_what_is_no_record_is_said_to_be_none(content):
    with pytest.raises(BadInput, match="not a record"):
        read("d", content)


def test_kinds_are_declared_once_and_well_named():
    with pytest.raises(ValueError, match="twice"):
        kind("test.noted")(Counted)
    for name, version in (("Noted", 1), ("noted", 1), ("a.b", 0), ("a..b", 1)):
        with pytest.raises(ValueError, match="a kind is called"):
            kind(name, version=version)

    class Undeclared(Body, frozen=True):
        pass

    with pytest.raises(BadInput, match="declare it with @kind"):
        prepare(Draft(body=Undeclared(), subject="x", label=OPEN))
    assert ("test.noted", 1) in module._bodies


def test_a_body_that_is_not_what_its_version_says_is_a_fault():
    raw = Draft(body=msgspec.Raw(b'{"text":5}'), kind="test.noted", version=1, subject="x", label=OPEN)
    ((line,),), _ = seal([raw])
    with pytest.raises(msgspec.ValidationError):
        body_of(line.record)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1), st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_ids_are_uuid_version_7_and_sort_by_time(ms, bits, other_ms, other_bits):
    one, other = uuid7(ms, bits), uuid7(other_ms, other_bits)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
    assert int(one.replace("-", "")[:12], 16) == ms
    assert (ms < other_ms) <= (one < other)
    assert (one == other) == ((ms, bits) == (other_ms, other_bits))


def test_what_its_own_kind_could_not_read_is_never_written():
    for text in ("", "too long"):
        with pytest.raises(BadInput, match="can be read like this"):
            prepare(Draft(body=Bounded(text=text), subject="s", label=OPEN))
    assert prepare(Draft(body=Bounded(text="fits"), subject="s", label=OPEN)).body == b'{"text":"fits"}'
