"""Events to test with: hypothesis strategies, and short ways to write one by hand."""

from typing import Any
from xml.etree.ElementTree import Element, canonicalize, tostring
from xml.sax.saxutils import quoteattr

from hypothesis import strategies as st

from jointhq.cot.event import Event
from jointhq.cot.times import format_time
from jointhq.cot.xml import inner_xml

T0 = "2026-11-23T10:00:00.000Z"
T0_MS = 1_795_428_000_000
STALE = "2026-11-23T10:05:00.000Z"
LATER = "2099-12-31T23:59:00.000Z"  # than any clock of a test, a real one too

# Characters XML 1.0 can carry and a parser gives back as they were (attribute whitespace is normalised, so: none).
words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFFF, exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=12
)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True).filter(lambda n: n not in ("marti", "event"))


@st.composite
def elements(draw: Any, depth: int = 2) -> Element:
    """One element of unknown detail: attributes, text, children."""
    element = Element(draw(names), draw(st.dictionaries(names, words, max_size=3)))
    element.text = draw(words) or None
    if depth:
        for child in draw(st.lists(elements(depth - 1), max_size=2)):
            element.append(child)
    return element


@st.composite
def known_elements(draw: Any) -> Element:
    """One element the protocol has a typed field for, whole, partial or with more than the field can say."""
    tag, attributes = draw(
        st.sampled_from(
            [
                ("contact", ["callsign", "endpoint", "phone"]),
                ("__group", ["name", "role", "exrole"]),
                ("precisionlocation", ["geopointsrc", "altsrc"]),
                ("takv", ["device", "platform", "os", "version"]),
                ("status", ["battery", "readiness"]),
                ("track", ["speed", "course", "slope"]),
            ]
        )
    )
    numbers = st.sampled_from(["0", "81", "100", "101", "1.5", "359.99", "07", "x", ""])
    values = words if tag not in ("status", "track") else numbers
    element = Element(tag)
    for name in draw(st.lists(st.sampled_from(attributes), unique=True)):
        element.set(name, draw(values))
    return element


details = st.lists(st.one_of(elements(), known_elements()), max_size=6)
moments = st.integers(0, 4_102_444_800_000)
maybe = st.none() | st.floats(-900_000, 900_000)


@st.composite
def events(draw: Any) -> Event:
    """Any event our own side could make."""
    root = Element("detail")
    root.extend(draw(details))
    return Event(
        uid=draw(words.filter(bool)),
        type=draw(st.sampled_from(["a-f-G-U-C", "a-n-A-C-F", "a-u-S-X", "b-m-p-s-m", "u-d-f", "b-t-f", "t-x-d-d"])),
        how=draw(st.sampled_from(["m-g", "h-e", "h-g-i-g-o"])),
        time_ms=draw(moments),
        start_ms=draw(moments),
        stale_ms=draw(moments),
        lat=draw(st.floats(-90, 90)),
        lon=draw(st.floats(-180, 180)),
        hae_m=draw(maybe),
        ce_m=draw(maybe),
        le_m=draw(maybe),
        access=draw(words),
        qos=draw(words),
        opex=draw(words),
        caveat=draw(words),
        releasable_to=draw(words),
        detail=inner_xml(root),
    )


def meaning(detail: bytes, *, ordered: bool = True) -> list[str]:
    """What a detail says, comparable: each child in canonical form."""
    from jointhq.cot.xml import parse_tree

    children = [
        canonicalize(tostring(child, encoding="unicode")) for child in parse_tree(b"<detail>" + detail + b"</detail>")
    ]
    return children if ordered else sorted(children)


def sa(
    uid: str, callsign: str = "", *, n: int = 0, detail: str = "", kind: str = "a-f-G-U-C", **attributes: str
) -> bytes:
    """A client's own position report, as ATAK writes it; `n` moves it in place and time."""
    more = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
    time = format_time(T0_MS + n * 1000)
    return (
        f'<event version="2.0" uid="{uid}" type="{kind}" how="m-g" time="{time}" start="{time}"'
        f' stale="{LATER}"{more}>'
        f'<point lat="{35 + n * 0.0001:.5f}" lon="139.64" hae="42.5" ce="9.9" le="9999999.0"/><detail>'
        f'<contact callsign={quoteattr(callsign or uid)} endpoint="*:-1:stcp"/><track course="271.0" speed="1.4"/>'
        f"{detail}</detail></event>"
    ).encode()


def chat(sender: str, text: str, *, to: str = "", message_id: str = "m1") -> bytes:
    """A GeoChat message, to all or to one callsign."""
    marti = f'<marti><dest callsign="{to}"/></marti>' if to else ""
    return (
        f'<event version="2.0" uid="GeoChat.{sender}.{to or "All Chat Rooms"}.{message_id}" type="b-t-f"'
        f' how="h-g-i-g-o" time="{T0}" start="{T0}" stale="{LATER}">'
        f'<point lat="0" lon="0" hae="0" ce="9999999.0" le="9999999.0"/><detail>'
        f'<__chat id="{to or "All Chat Rooms"}" chatroom="{to or "All Chat Rooms"}" messageId="{message_id}"'
        f' senderCallsign="{sender}" parent="RootContactGroup"/><link uid="{sender}" type="a-f-G-U-C" relation="p-p"/>'
        f'<remarks source="{sender}" time="{T0}">{text}</remarks>{marti}</detail></event>'
    ).encode()
