"""CoT XML: what is accepted, what is refused and why, and that nothing is lost on the way through."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base.errors import BadEvent
from jointhq.cot import proto, xml
from jointhq.cot.event import Dest
from tests.support.events import T0, T0_MS, chat, events, meaning, sa


@pytest.fixture(autouse=True, scope="module", params=["scanner", "tree"])
def _with_and_without_the_scanner(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "tree":
            patch.setattr(xml, "scan", lambda _: None)
        elif xml.SCANNER == "tree":
            pytest.skip("no C compiler: there is no scanner")
        yield


@given(events())
def test_xml_to_value_to_xml(event):
    written = xml.write(event)
    read = xml.parse(written)
    for name in ("uid", "type", "how", "time_ms", "start_ms", "stale_ms", "lat", "lon", "hae_m", "ce_m", "le_m"):
        assert getattr(read, name) == getattr(event, name), name
    for name in ("access", "qos", "opex", "caveat", "releasable_to"):
        assert getattr(read, name) == getattr(event, name), name
    assert meaning(xml.detail_xml(read)) == meaning(xml.detail_xml(event))
    assert xml.write(read) == written
    assert written.isascii() or b"<!" in written
    assert written.endswith(b"</event>")


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_no_bytes_whatever_raise_anything_but_our_own_error(data):
    for raw in (data, b"<event>" + data + b"</event>", sa("A").replace(b"42.5", data[:20])):
        with pytest.raises(BadEvent) as caught:
            xml.write(xml.parse(raw))
            raise BadEvent("fine", "")
        assert caught.value.reason in {
            "fine",
            "xml",
            "doctype",
            "root",
            "uid",
            "type",
            "how",
            "time",
            "point",
            "marti",
            "depth",
        }


@given(st.data())
def test_mutated_events_never_raise_anything_else(data):
    raw = bytearray(sa("ANDROID-1", "KITE 6", detail='<takv os="34"/><marti><dest callsign="B"/></marti>'))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        event = xml.parse(bytes(raw))
    except BadEvent:
        return
    xml.write(event)
    xml.facts(event)


def test_fields_of_a_real_report():
    event = xml.parse(sa("ANDROID-1", "KITE 6", n=1, access="Restricted", caveat="EX", releasableTo="USA JPN"))
    assert (event.uid, event.callsign, event.type) == ("ANDROID-1", "KITE 6", "a-f-G-U-C")
    assert (event.lat, event.lon, event.hae_m, event.ce_m, event.le_m) == (35.0001, 139.64, 42.5, 9.9, None)
    assert (event.course_deg, event.speed_ms) == (271.0, 1.4)
    assert (event.access, event.caveat, event.releasable_to) == ("Restricted", "EX", "USA JPN")
    assert event.time_ms == T0_MS + 1000


@pytest.mark.parametrize("spelling", ["releasableTo", "releaseableTo"])
def test_both_spellings_of_releasable(spelling):
    raw = sa("A", **{spelling: "USA JPN"})
    event = xml.parse(raw)
    assert event.releasable_to == "USA JPN"
    assert xml.write(event) == raw  # and the bytes that arrived go on


def test_original_bytes_are_forwarded():
    raw = sa("A", detail='<unknown a="1"><deep x="&quot;&#x41;"/>text</unknown>')
    assert xml.write(xml.parse(b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x -->\x00" + raw)) == raw


def test_addressees_are_read_and_removed_before_delivery():
    event = xml.parse(chat("A", "hello", to="B"))
    assert event.to == (Dest("callsign", "B"),)
    assert b"marti" not in xml.write(event)
    assert b"hello" in xml.write(event)
    tricky = sa(
        "A", detail='<!-- <marti> --><marti><dest uid="X"/><dest group="Blue"/><dest/></marti><k v="&lt;marti/>"/>'
    )
    event = xml.parse(tricky)
    assert event.to == (Dest("uid", "X"), Dest("group", "Blue"))
    assert b"<dest" not in xml.write(event)
    assert b'<k v="&lt;marti/&gt;"' in xml.write(event)


def test_ascii_on_the_wire_so_that_no_reader_cuts_a_character():
    event = xml.parse(sa("A", "東京 1", detail="<remarks>在日米軍 &amp; ☃</remarks>"))
    written = xml.write(event)
    assert written.isascii()
    again = xml.parse(written)
    assert again.callsign == "東京 1"
    assert xml.facts(again)["remarks"] == "在日米軍 & ☃"
    kept = sa("A", detail="<remarks><![CDATA[在日]]></remarks>")
    assert xml.write(xml.parse(kept)) == kept
    named = sa("A", detail='<航 名="1"/>')
    assert xml.write(xml.parse(named)) == named


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<!DOCTYPE event [<!ENTITY a 'b'>]>" + sa("A"), "doctype"),
        (b"<event", "xml"),
        (b"<event a='1' a='2'></event>", "xml"),
        (b"<event>&nbsp;</event>", "xml"),
        (b"<event>&#0;</event>", "xml"),
        (b"<event>\xff</event>", "xml"),
        (b"<event/><event/>", "xml"),
        (sa("A", detail="<a>" * 63 + "</a>" * 63), "depth"),
        (b"<?xml version='1.0' encoding='utf-16'?>" + b"<event>\xff\xfe</event>", "xml"),
        (b"<events></events>", "root"),
        (sa(""), "uid"),
        (sa("A" * 300), "uid"),
        (sa("A").replace(b"a-f-G-U-C", b"a-f-G&quot;x"), "type"),
        (sa("A").replace(b' how="m-g"', b""), "how"),
        (sa("A").replace(T0.encode(), b"yesterday"), "time"),
        (sa("A").replace(b"10:00:00.000Z", b"10:00:00.000"), "time"),
        (sa("A").replace(b'lat="35.00000"', b'lat="NaN"'), "point"),
        (sa("A").replace(b'lat="35.00000"', b'lat="90.1"'), "point"),
        (sa("A").replace(b'lat="35.00000"', b""), "point"),
        (sa("A", detail="<marti>" + '<dest uid="x"/>' * 300 + "</marti>"), "marti"),
    ],
)
def test_refused_with_its_reason(raw, reason):
    with pytest.raises(BadEvent) as caught:
        xml.parse(raw)
    assert caught.value.reason == reason


def test_billion_laughs_and_outside_files_cost_nothing():
    bomb = b'<!DOCTYPE lolz [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
    )
    with pytest.raises(BadEvent):
        xml.parse(bomb + b"]><event>&j;</event>")
    with pytest.raises(BadEvent):
        xml.parse(b'<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><event>&x;</event>')


def test_numbers_no_client_reads_are_rewritten():
    event = xml.parse(sa("A").replace(b'hae="42.5"', b'hae="NaN"').replace(b' le="9999999.0"', b""))
    assert event.hae_m is None
    assert b'hae="9999999.0"' in xml.write(event)
    assert b'le="9999999.0"' in xml.write(event)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-11-23T10:00:00Z", T0_MS),
        ("2026-11-23T10:00:00.123456Z", T0_MS + 123),
        ("2026-11-23T19:00:00.5+09:00", T0_MS + 500),
        ("2026-11-23T00:00:00.000-10:00", T0_MS),
    ],
)
def test_times(text, ms):
    assert xml.parse(sa("A").replace(f'time="{T0}"'.encode(), f'time="{text}"'.encode(), 1)).time_ms == ms


def test_a_prefix_declared_above_reaches_every_child():
    event = xml.parse(sa("A", detail="<q:x a='1'/>").replace(b"<detail>", b'<detail xmlns:q="urn:q">'))
    assert "urn:q" in meaning(xml.detail_xml(event))[2]
    proto.encode(event)
    xml.facts(event)


def test_a_greater_than_in_a_value_does_not_end_the_addressees():
    event = xml.parse(sa("A", detail='<marti x="a/>b"><dest callsign="B"/></marti><y/>'))
    assert [dest.value for dest in event.to] == ["B"]
    assert xml.parse(xml.write(event)).to == ()
    assert b"<y" in xml.write(event)


def test_long_japanese_text_costs_no_more_than_its_length():
    text = "在日米軍 " * 12_000
    event, started = xml.parse(sa("A", detail=f"<remarks>{text}</remarks>")), time.process_time()
    written = xml.write(event)
    assert time.process_time() - started < 2
    assert not written.isascii()  # references would make it longer than ATAK keeps


def test_marking_costs_no_more_for_blanks_in_the_start_tag():
    blank = b" " * 100_000
    event, started = xml.parse(sa("A").replace(b"><point", blank + b"><point", 1)), time.process_time()
    xml.mark(event, "CUI", "", "USA")
    assert time.process_time() - started < 1
    read = xml.parse(xml.write(event))
    assert (read.uid, read.access, read.releasable_to) == ("A", "CUI", "USA")


def test_what_is_over_the_readers_limit_in_ascii_stays_as_it_was():
    short = xml.write(xml.parse(sa("A", detail=f"<remarks>{'東' * 7000}</remarks>")))
    assert short.isascii()
    raw = sa("A", detail=f"<remarks>{'東' * 9000}</remarks>")
    assert xml.write(xml.parse(raw)) == raw
