"""The scanner says exactly what the tree says, or nothing: whatever it is given."""

import random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jointhq.base.errors import BadEvent
from jointhq.cot import xml
from jointhq.cot.event import Event
from jointhq.cot.xml import Header
from tests.support.events import T0, chat, events, sa
from tests.support.plain import documents, mutated

_scan = pytest.importorskip("jointhq.cot._scan", reason="no C compiler: there is no scanner to test")

REAL = sa("ANDROID-1", "KITE 6", access="Restricted", detail='<takv os="34"/><__group name="Cyan" role="HQ"/>')
PLAIN = [
    REAL,
    sa("A").replace(b'"', b"'"),
    sa("A").replace(b"<contact", b"\n\t <contact\r\n"),
    sa("A").replace(b'"/>', b'" />').replace(b"</detail>", b"</detail \n>"),
    sa("A").replace(b"<detail>", b"<detail>text, ]] and ;"),
    sa("A").replace(b".000Z", b"Z"),
    sa("A").replace(f' start="{T0}"'.encode(), b""),
    sa("A").replace(b' hae="42.5"', b' hae="-4.25E1"'),
    sa("A").replace(b' hae="42.5"', b' hae="-0.0"'),
    sa("A").replace(b' hae="42.5"', b' hae="161.48200000000000000000000000000000000000000000000001"'),
    sa("A").replace(b"<contact ", b"<x><contact callsign='no'/><point/><detail/></x><contact "),
    sa("A").replace(b"</event>", b"<detail><contact callsign='no'/></detail><point lat='1'/></event>"),
    sa("A").replace(b"<detail>", b"<detail/><detail>"),
    sa("A", releaseableTo="USA"),
    sa("A", releaseableTo="USA", releasableTo=""),
    sa("A", releaseableTo="USA", releasableTo="JPN"),
    sa("A", detail="<a>" * 62 + "</a>" * 62),
    sa("A", detail=f"<x {' '.join(f'a{i}=_' for i in range(64))}/>".replace("_", "''")),
    sa("A", detail='<x k="a > b" xmlnsx="" _-.0="]]>"/>'),
    sa("", "", kind="nonsense"),  # not for the scanner to refuse
]
EVIL = [
    b"",
    b"<",
    b"<event",
    b"<event>",
    b"<event/>",
    b"<event></event>",
    b"</event>",
    b"<event>" * 100_000,
    b"<event " + b"a='1' " * 50_000,
    b"<event " + b" ".join(b"a%d='1'" % i for i in range(50_000)) + b"></event>",
    b"\x00" * 1000,
    REAL + b"\x00",
    REAL + b" ",
    REAL + REAL,
    b" " + REAL,
    b"\xef\xbb\xbf" + REAL,
    REAL.replace(b"KITE", b"KI\x00E"),
    REAL.replace(b"KITE", b"KI\nE"),
    REAL.replace(b"KITE", b"KI\x7fE"),
    REAL.replace(b"KITE", "鳶".encode()),
    REAL.replace(b"KITE", b"&amp;"),
    REAL.replace(b"KITE", b"&#0;"),
    REAL.replace(b"KITE", b"<"),
    REAL.replace(b"<detail>", b"<detail>]]>"),
    REAL.replace(b"<detail>", b"<detail>&lt;"),
    REAL.replace(b"<detail>", b"<detail><!-- x -->"),
    REAL.replace(b"<detail>", b"<detail><![CDATA[x]]>"),
    REAL.replace(b"<detail>", b"<detail><?x y?>"),
    REAL.replace(b"<detail>", b"<detail><marti/>"),
    REAL.replace(b"<detail>", b"<detail xmlns='urn:x'>"),
    REAL.replace(b"<detail>", b"<x:detail>").replace(b"</detail>", b"</x:detail>"),
    REAL.replace(b"<detail>", b"<detail a='1' a='1'>"),
    REAL.replace(b"<detail>", b"<detail a='1'b='1'>"),
    REAL.replace(b"<detail>", b"<detail a=1>"),
    REAL.replace(b"<detail>", b"<detail a>"),
    REAL.replace(b"<detail>", b"<detail 1a='1'>"),
    REAL.replace(b"<detail>", b"<detail / >"),
    REAL.replace(b"</detail>", b"</details>"),
    REAL.replace(b"</detail>", b"</detai>"),
    REAL.replace(b"</detail>", b""),
    REAL.replace(b"</event>", b"</event"),
    REAL.replace(b"</event>", b"</event >"),
    REAL.replace(b"<event", b"<events").replace(b"</event>", b"</events>"),
    sa("A", detail="<a>" * 63 + "</a>" * 63),
    sa("A", detail="<a>" * 20_000 + "</a>" * 20_000),
    sa("A", detail="<x " + " ".join(f"a{i}='1'" for i in range(65)) + "/>"),
    sa("A", detail="<" + "x" * 100_000 + "/>") + b"<",
    chat("A", "hello", to="B"),
    *(
        REAL.replace(b'"42.5"', b'"%b"' % text)
        for text in (
            b"", b"-", b".", b"5.", b".5", b"+5", b" 5", b"5 ", b"1_0", b"1e", b"1e+", b"1e400", b"--1", b"1.2.3",
            b"NaN", b"inf", b"0x10", b"1" * 1000, b"unknown",
        )
    ),
    *(
        REAL.replace(T0.encode(), text)
        for text in (
            b"", b"2026-02-29T10:00:00Z", b"2026-13-01T10:00:00Z", b"2026-00-01T10:00:00Z", b"2026-01-00T10:00:00Z",
            b"2026-01-01T24:00:00Z", b"2026-01-01T10:60:00Z", b"2026-01-01T10:00:60Z", b"2026-01-01T10:00:00",
            b"2026-01-01 10:00:00Z", b"1969-12-31T23:59:59.999Z", b"0001-01-01T00:00:00Z", b"2026-01-01T10:00:00.00Z",
            b"2026-01-01T10:00:00+09:00", b"2026-01-01T1:00:00.00Z", b"2026-01-01T10:00:00,000Z",
        )
    ),
]  # fmt: skip


def said_by_tree(raw: bytes) -> Header | None:
    try:
        return xml._header(xml.parse_tree(raw))
    except BadEvent:
        return None


def outcome(raw: bytes, scan: Any) -> str:
    """What becomes of an event; as text, where 0.0 and -0.0 are two things."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml, "scan", scan)
        try:
            return repr(xml.parse(raw))
        except BadEvent as bad:
            return f"{bad.reason}: {bad}"


def check(raw: bytes) -> bool:
    """Assert that the scanner agrees with the tree, or keeps silent; tell whether it spoke."""
    scanned = _scan.scan(raw)
    if scanned is None:
        return False
    assert repr(scanned) == repr(said_by_tree(raw))
    assert outcome(raw, _scan.scan) == outcome(raw, lambda _: None)
    return True


@pytest.mark.parametrize("raw", PLAIN)
def test_plain_events_are_read(raw):
    assert check(raw)


@pytest.mark.parametrize("raw", EVIL, ids=lambda raw: repr(raw[:40]))
def test_anything_else_is_left_to_the_tree(raw):
    assert _scan.scan(raw) is None


@given(events())
def test_whatever_we_write_ourselves(event: Event):
    raw = xml.write(event)
    check(raw)
    plain = raw.isascii() and not set(b"&\x7f") & set(raw) and b"<!" not in raw and event.xml is not None
    if plain and not event.detail and None not in (event.hae_m, event.ce_m, event.le_m):
        assert _scan.scan(raw) is not None


@given(documents())
def test_made_up_documents(raw):
    check(raw)


@given(documents(), st.randoms(use_true_random=False))
def test_mutated_documents(raw, rng):
    check(mutated(raw, rng))


@given(st.binary(max_size=300))
@example(b"<event")
def test_any_bytes(data):
    check(data)
    check(b"<event " + data + b"</event>")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**17), 10**17) | st.decimals(-200, 200))
def test_numbers_are_pythons_own(value):
    check(REAL.replace(b'"42.5"', f'"{value}"'.encode()).replace(b'"271.0"', f'"{value}"'.encode()))


@given(st.integers(0, 253_402_300_799_999))
def test_times_are_pythons_own(ms):
    raw = REAL.replace(T0.encode(), xml.format_time(ms).encode())
    check(raw)
    scanned = _scan.scan(raw)
    assert scanned is not None
    assert scanned[8] == ms


def test_every_truncation_and_every_byte_changed():
    for size in range(len(REAL)):
        assert _scan.scan(REAL[:size]) is None
    rng = random.Random(7)
    for at in range(len(REAL)):
        for byte in (0, 9, 10, 32, 0x80, 0xFF, *b"\"'<>&/=]-:!?;", rng.randrange(256)):
            check(REAL[:at] + bytes([byte]) + REAL[at + 1 :])
        check(REAL[:at] + REAL[at + 1 :])


def test_only_bytes_are_taken():
    for other in ("<event></event>", bytearray(REAL), memoryview(REAL), None):
        with pytest.raises(TypeError):
            _scan.scan(other)
