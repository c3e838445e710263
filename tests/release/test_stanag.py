"""STANAG 4774: out and in again unchanged; anything else than the form is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jointhq.base.errors import BadInput
from jointhq.release.door import Door
from jointhq.release.label import NOBODY, Label
from jointhq.release.policy import Policies
from jointhq.release.stanag import ROOTS, of_xml, to_xml
from tests.release.test_marks import valid

DEMO = "DEMO-USA-JPN"
DOOR = Door(Policies.load(), system=Label(DEMO, "TS"), nation="USA", organisation="USFJ")
SAMPLE = """<?xml version="1.0" encoding="utf-8"?>
<slab:originatorConfidentialityLabel xmlns:slab="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0" ReviewDateTime="2031-01-01T00:00:00Z">
  <slab:ConfidentialityInformation>
    <slab:PolicyIdentifier URI="urn:oid:2.25.201507141">DEMO-USA-JPN</slab:PolicyIdentifier>
    <slab:Classification>UNCLASSIFIED</slab:Classification>
    <slab:Category Type="PERMISSIVE" TagName="Releasable To"><slab:GenericValue>USA</slab:GenericValue><slab:GenericValue>JPN</slab:GenericValue></slab:Category>
  </slab:ConfidentialityInformation>
  <slab:OriginatorID IDType="rfc822Name">watch@example.org</slab:OriginatorID>
  <slab:CreationDateTime>2026-01-01T00:00:00Z</slab:CreationDateTime>
</slab:originatorConfidentialityLabel>"""  # noqa: E501 - as published


def test_the_form_as_published():
    assert of_xml(DOOR, SAMPLE.encode()) is DOOR.parse("UNCLASSIFIED//REL TO USA, JPN")


@settings(max_examples=400, deadline=None)
@given(
    valid,
    st.lists(st.sampled_from(("Blue", "Dark Green", "隊", "a&b<c", NOBODY)), max_size=3),
    st.sampled_from(ROOTS),
    st.integers(0, 4_000_000_000_000),
)
def test_round_trip(label, groups, kind, created_ms):
    levels = DOOR.policies.get(label.policy).by_rank()
    level = levels[label.level % len(levels)].code
    try:
        label = DOOR.checked(Label(label.policy, level, label.owner, label.releasable_to, label.caveats, tuple(groups)))
    except BadInput:
        return
    assert of_xml(DOOR, to_xml(DOOR, label, created_ms=created_ms, originator="a@b", kind=kind)) is label


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("<slab:originator", "<!DOCTYPE x [<!ENTITY e 'x'>]><slab:originator", "document type"),
        ("</slab:Classification>", "", "not well-formed"),
        ("originatorConfid", "OriginatorConfid", "the root is"),
        (":1:0", ":2:0", "the root is"),
        (">DEMO-USA-JPN<", ">OTHER<", "no policy 'OTHER'"),
        ("2.25.201507141", "2.25.1", "is urn:oid"),
        (">UNCLASSIFIED<", ">U<", "no Classification 'U'"),
        (">UNCLASSIFIED<", "><", "needs text"),
        ("<slab:Classification>", "<slab:Classification URI='x'>", "can't have the attribute URI"),
        (' ReviewDateTime="2031-01-01T00:00:00Z"', "", "ReviewDateTime is missing"),
        ("2031-01-01T00", "2031-13-01T00", "no time"),
        ("2026-01-01T00:00:00Z", "yesterday", "no time"),
        ("PERMISSIVE", "permissive", "Category Type 'permissive'"),
        ("PERMISSIVE", "RESTRICTIVE", "is PERMISSIVE, not RESTRICTIVE"),
        (' TagName="Releasable To"', "", "needs the attribute TagName"),
        (' Type="PERMISSIVE"', "", "needs the attribute Type"),
        ("Releasable To", "Only", "can't be honoured"),
        ("<slab:GenericValue>JPN<", "<slab:GenericValue>XXX<", "'XXX' is no nation"),
        ("<slab:GenericValue>JPN</slab:GenericValue>", "<slab:BitValue>1</slab:BitValue>", "doesn't belong"),
        ("<slab:GenericValue>USA</slab:GenericValue><slab:GenericValue>JPN</slab:GenericValue>", "", "needs 1 to"),
        ("  <slab:CreationDateTime>2026-01-01T00:00:00Z</slab:CreationDateTime>\n", "", "needs CreationDateTime"),
        ("  <slab:OriginatorID", "  loose <slab:OriginatorID", "holds text"),
        ("</slab:originator", "<slab:More/></slab:originator", "doesn't belong"),
        ("<slab:Category ", "<slab:Category xmlns:slab='urn:x' ", "doesn't belong"),
        ('IDType="rfc822Name"', "", "needs the attribute IDType"),
    ],
)
def test_anything_else_is_refused(old, new, why):
    assert old in SAMPLE
    with pytest.raises(BadInput, match=why):
        of_xml(DOOR, SAMPLE.replace(old, new).encode())


def test_order_matters_and_a_category_stands_once():
    lines = SAMPLE.splitlines()
    lines[3], lines[4] = lines[4], lines[3]
    with pytest.raises(BadInput, match="needs PolicyIdentifier"):
        of_xml(DOOR, "\n".join(lines).encode())
    lines = SAMPLE.splitlines()
    with pytest.raises(BadInput, match="stands twice"):
        of_xml(DOOR, "\n".join([*lines[:6], *lines[5:]]).encode())


def test_succession_makes_up_for_a_review_and_never_takes_effect_by_itself():
    later = """<slab:SuccessionHandling><slab:SuccessionDateTime>2020-01-01T00:00:00Z</slab:SuccessionDateTime>
      <slab:SuccessorConfidentialityLabel><slab:ConfidentialityInformation>
      <slab:PolicyIdentifier>DEMO-USA-JPN</slab:PolicyIdentifier><slab:Classification>UNCLASSIFIED</slab:Classification>
      </slab:ConfidentialityInformation></slab:SuccessorConfidentialityLabel></slab:SuccessionHandling>"""
    xml = SAMPLE.replace(' ReviewDateTime="2031-01-01T00:00:00Z"', "").replace("</slab:orig", later + "</slab:orig")
    assert of_xml(DOOR, xml.replace(">UNCLASSIFIED<", ">SECRET<", 1).encode()).level == "S"
    with pytest.raises(BadInput):
        of_xml(
            DOOR,
            xml.replace(">UNCLASSIFIED</slab:Classification>\n      </slab", ">X</slab:Classification></slab").encode(),
        )


def test_informative_categories_and_privacy_marks_decide_nothing():
    extra = (
        "<slab:PrivacyMark>Clear</slab:PrivacyMark>"
        '<slab:Category Type="INFORMATIVE" TagName="Context"><slab:GenericValue>x</slab:GenericValue></slab:Category>'
    )
    xml = SAMPLE.replace("<slab:Category ", extra + "<slab:Category ")
    assert of_xml(DOOR, xml.encode()) is of_xml(DOOR, SAMPLE.encode())


def test_what_xml_cannot_carry_is_refused_on_the_way_out():
    for group in ("a\x00b", " a", "\ud800"):
        with pytest.raises(BadInput):
            to_xml(DOOR, Label(DEMO, "U", "USA", groups=(group,)), created_ms=0)
    with pytest.raises(BadInput):
        to_xml(DOOR, Label(DEMO, "U", "USA"), created_ms=0, kind="Label")


@settings(max_examples=200, deadline=None)
@given(st.binary())
def test_no_bytes_raise_anything_but_bad_input(raw):
    with pytest.raises(BadInput):
        of_xml(DOOR, raw)


def test_too_long_is_refused_unread():
    with pytest.raises(BadInput, match="longer than"):
        of_xml(DOOR, SAMPLE.encode() + b" " * 70_000)
