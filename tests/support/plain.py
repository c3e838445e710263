"""XML that is nearly plain: events of the parts that the scanner reads, and of those at which it must give up."""

import random

from hypothesis import strategies as st

NAMES = ["contact", "track", "remarks", "_x.y-1", "point", "detail", "event", "marti", "x:y", "é", "xmlns", "1x"]
KEYS = ["callsign", "course", "speed", "access", "releasableTo", "releaseableTo", "a", "uid", "lat", "xmlns"]
VALUES = ["5", "-0.0", "1e3", "360.5", "A-1", "", "a > b", "&amp;", "é", "a<b", "tab\t", "]]>", "NaN"]
TEXTS = ["", " ", "\r\n\t", "text", "a > b", "]]>", "&lt;", "&#65;", "é", "\x00", "\x7f"]
SPECIAL = [b"<!-- x -->", b"<![CDATA[x]]>", b"<?x y?>", b"<!DOCTYPE x>", b"</x>", b"<x>", b"<x/>", b"<marti/>", b" "]
TIMES = ["2026-11-23T10:00:00.000Z", "2024-02-29T23:59:59Z", "2100-02-29T00:00:00Z", "1970-01-01T00:00:00.5Z", "x"]
NUMBERS = ["35.1", "0", "-0.0", "90.0000000000000000001", "-179.99999", "9999999.0", "1E-7", "NaN", "1_0", ""]
POINT = ["lat", "lon", "hae", "ce", "le"]
PIECES = [*(text.encode() for text in [*NAMES, *KEYS, *VALUES, *TEXTS]), *SPECIAL, b'="', b"'", b'"', b"/>", b">", b"<"]


def usually(ordinary: list[str], share: int = 20) -> st.SearchStrategy[str]:
    """One of these; the first of them `share` times as often as another."""
    return st.sampled_from([ordinary[0]] * share + ordinary)


attributes = st.builds(
    lambda space, key, equals, quote, value: f"{space}{key}{equals}{quote}{value}{quote}",
    usually([" ", "", "\n ", "\t"], 40),
    st.sampled_from(KEYS[:6]) | st.sampled_from(KEYS),
    usually(["=", " = ", ""], 80),
    usually(['"', "'"], 3),
    st.sampled_from(VALUES[:5]) | usually(VALUES),
)


@st.composite
def tags(draw: st.DrawFn, depth: int) -> str:
    """One element, most often well-formed."""
    name = draw(st.sampled_from(NAMES[:6]) | usually(NAMES))
    inside = "".join(draw(st.lists(attributes, max_size=3, unique_by=lambda text: text.strip()[:4])))
    if draw(st.booleans()):
        return f"<{name}{inside}{draw(usually(['', ' ']))}/>"
    children = "".join(draw(st.lists(tags(depth - 1), max_size=2))) if depth else ""
    end = draw(usually([name, "x", f"{name} "], 80))
    return f"<{name}{inside}>{draw(usually(TEXTS))}{children}</{end}>{draw(usually(TEXTS))}"


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """One event, most often plain."""
    time, stale = draw(usually(TIMES, 30)), draw(usually(TIMES, 30))
    head = [f' {k}="{v}"' for k, v in (("uid", "A"), ("type", "a-f-G"), ("how", "m-g"), ("time", time))]
    head += [f' start="{draw(usually(TIMES))}"'] * draw(st.booleans()) + [f' stale="{stale}"']
    head += draw(st.lists(attributes, max_size=1))
    place = "".join(f' {k}="{draw(usually(NUMBERS, 60))}"' for k in draw(st.permutations(POINT)))
    children = draw(st.lists(tags(2), max_size=4))
    parts = [f"<point{place}/>", f"<detail>{''.join(children)}</detail>", *draw(st.lists(tags(2), max_size=1))]
    body = "".join(draw(st.permutations(parts)))
    return f"<event{''.join(draw(st.permutations(head)))}>{body}</event>".encode()


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """The same with a few bytes, or pieces of XML, put in, taken out or changed."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        put = rng.choice(PIECES) if rng.random() < 0.5 else bytes([rng.randrange(256)]) * rng.randint(0, 1)
        if rng.random() < 0.2:
            start = rng.randint(0, len(data))
            put = bytes(data[start : start + rng.randint(0, 40)])  # its own, somewhere else
        data[at : at + rng.choice((0, 0, 1, 1, 2, rng.randint(0, 30)))] = put
    return bytes(data)
