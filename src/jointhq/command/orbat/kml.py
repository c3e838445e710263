"""KML 2.2.

Owns: a placemark for each row, with its place, its time and all of its fields as extended data; the banner as the
document's name and as overlays at the top and the bottom. Nothing that a file points to is ever fetched.
Doesn't own: safe XML (`cot.xml`), the rows (`orbat.rows`), what foreign data mean (`orbat.columns`).
Source: OGC 07-147r2.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import escape, quoteattr

from msgspec import structs

from jointhq.base.errors import BadEvent, BadInput
from jointhq.command.orbat.columns import guess
from jointhq.command.orbat.rows import FIELDS, NOTHING, Row, as_texts, from_rows, mapped, to_rows
from jointhq.command.orbat.settle import visible
from jointhq.command.orbat.value import MOMENTS_MAX, UNITS_MAX, Kept, Notes, Orbat, Read
from jointhq.cot.xml import parse_tree

PLACEMARKS_MAX: Final = UNITS_MAX + MOMENTS_MAX
_CONTAINERS: Final = frozenset({"kml", "Document", "Folder"})
_DRAWN: Final = frozenset({"name", "description", "Snippet", "ExtendedData", "TimeSpan", "TimeStamp", "Point"})
_LOOKS: Final = frozenset({"open", "visibility", "LookAt", "Camera", "address", "phoneNumber"})


def read(data: bytes, chosen: Mapping[str, str]) -> Read:
    """Return the order of battle in a KML file. Raises BadInput for what is none."""
    if data.startswith(b"PK"):
        raise BadInput("this is KMZ: unzip it, and import the doc.kml in it")
    try:
        root = parse_tree(data.removeprefix(b"\xef\xbb\xbf"))
    except BadEvent as error:
        raise BadInput(f"not readable as KML: {error}") from None
    if _tag(root) != "kml":
        raise BadInput(f"no KML: its first element is <{_tag(root)[:40]}>")
    notes = Notes()
    others: list[str] = []
    rows = list(_rows(root, others, notes))
    if len(rows) > PLACEMARKS_MAX:
        raise BadInput(f"more than {PLACEMARKS_MAX:,} placemarks; split the file")
    headings = list(dict.fromkeys(name for row in rows for name in row))
    notes.mapping = guess(headings, chosen)
    read = from_rows(mapped(rows, notes.mapping, notes), notes)
    return _with(read, others, _banner(root), notes)


def _with(read: Read, others: list[str], mark: str, notes: Notes) -> Read:
    orbat = read.orbat
    kept: Kept = {**orbat.kept, **visible({"kml": others}, orbat.name, notes)} if others else orbat.kept
    orbat = structs.replace(orbat, kept=kept, mark=orbat.mark or mark[:200])
    return Read(orbat, notes.report(orbat))


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Element, tag: str) -> Element | None:
    return next((child for child in element if _tag(child) == tag), None)


def _child_text(element: Element, tag: str) -> str:
    child = _child(element, tag)
    return "" if child is None else (child.text or "").strip()


def _banner(root: Element) -> str:
    overlay = next((one for one in root.iter() if _tag(one) == "ScreenOverlay" and one.get("id") == "mark-top"), None)
    return "" if overlay is None else _child_text(overlay, "name")


def _rows(root: Element, others: list[str], notes: Notes) -> Iterator[Row]:
    stack: list[tuple[Element, str]] = [(root, "")]
    while stack:
        element, folder = stack.pop()
        tag = _tag(element)
        if tag in _CONTAINERS:
            if tag == "Folder":
                folder = "/".join(part for part in (folder, _child_text(element, "name")) if part)
            stack += [(child, folder) for child in reversed(element)]
        elif (tag == "Placemark" and _child(element, "Point") is not None) or _is_row(element):
            yield _row(element, folder, notes)
        elif tag == "NetworkLink":
            notes.problem(
                "network_link",
                _child_text(element, "name"),
                "a link to another file is never followed; import that file",
            )
            _keep(element, others, notes)
        elif tag not in ("name", "ScreenOverlay", *_LOOKS) or (
            tag == "ScreenOverlay" and element.get("id") not in _OVERLAYS
        ):
            _keep(element, others, notes)


def _is_row(element: Element) -> bool:
    """Tell whether a placemark without a place is a row of ours."""
    said = _child(element, "ExtendedData") if _tag(element) == "Placemark" else None
    return said is not None and any(one.get("name") == "kind" for one in said)


def _keep(element: Element, others: list[str], notes: Notes) -> None:
    notes.kept[f"kml.{_tag(element)[:40]}"] += 1
    element.tail = None
    others.append(tostring(element, encoding="unicode"))


def _row(element: Element, folder: str, notes: Notes) -> Row:
    row = _extended(element)
    if "kind" not in row:  # not one of ours, which say all of it there
        row = _foreign(element, folder) | row
    point = _child(element, "Point")
    if point is not None:
        said = _child_text(point, "coordinates").split(",")
        row["lon"], row["lat"] = (said[0].strip(), said[1].strip()) if len(said) > 1 else (said[0], said[0])
        if len(said) > 2 and said[2].strip() not in ("0", "0.0", ""):
            row["height"] = said[2].strip()
    for child in element:
        if _tag(child) not in _DRAWN | _LOOKS | {"styleUrl"}:
            notes.kept[f"placemark.{_tag(child)[:40]}"] += 1
            child.tail = None
            row[f"kml {_tag(child)}"] = tostring(child, encoding="unicode")
    return row


def _foreign(element: Element, folder: str) -> Row:
    """Return what a placemark says beside its extended data."""
    row = {"id": element.get("id", ""), "folder": folder}
    for tag, field in (("name", "name"), ("description", "note")):
        row[field] = _child_text(element, tag)
    span, stamp = _child(element, "TimeSpan"), _child(element, "TimeStamp")
    if span is not None:
        row |= {"from": _child_text(span, "begin"), "until": _child_text(span, "end")}
    if stamp is not None:
        row["from"] = _child_text(stamp, "when")
    return {name: text for name, text in row.items() if text}


def _extended(element: Element) -> Row:
    """Return `Data` and `SchemaData`, by their names."""
    said = _child(element, "ExtendedData")
    row: Row = {}
    for one in said.iter() if said is not None else ():
        if _tag(one) == "Data":
            value = _child(one, "value")
            row[one.get("name", "")] = "" if value is None else value.text or ""
        elif _tag(one) == "SimpleData":
            row[one.get("name", "")] = one.text or ""
    return {name: text for name, text in row.items() if name}


# -- writing

_OURS: Final = "ORBAT"
_OVERLAYS: Final = ("mark-top", "mark-bottom")


def write(orbat: Orbat) -> bytes:
    """Return the KML file."""
    others = orbat.kept.get("kml", [])
    ours = isinstance(others, list) and all(isinstance(one, str) and _well_formed(one) for one in others)
    kept = {name: value for name, value in orbat.kept.items() if name != "kml"} if ours else orbat.kept
    title = " ".join(part for part in (orbat.mark, orbat.name or _OURS) if part)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">',
        f"<Document><name>{_text(title)}</name>",
        *(_overlays(orbat.mark) if orbat.mark else ()),
        *(others if ours else ()),
        f"<Folder><name>{_OURS}</name>",
    ]
    names = {unit.id: unit.name for unit in orbat.units}
    parts += (_placemark(row, names) for row in as_texts(to_rows(structs.replace(orbat, kept=kept))))
    parts.append("</Folder></Document></kml>\n")
    return "\n".join(parts).encode()


def _well_formed(xml: str) -> bool:
    try:
        return _tag(parse_tree(xml.encode())) not in _CONTAINERS
    except (BadEvent, UnicodeEncodeError):
        return False


def _text(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def _overlays(mark: str) -> Iterator[str]:
    """Yield the banner at the top and the bottom. An overlay without picture is a bar; its name stands in the list."""
    for which, y in zip(_OVERLAYS, (1, 0), strict=True):
        yield (
            f'<ScreenOverlay id="{which}"><name>{_text(mark)}</name><color>b0ffffff</color>'
            f'<overlayXY x="0.5" y="{y}" xunits="fraction" yunits="fraction"/>'
            f'<screenXY x="0.5" y="{y}" xunits="fraction" yunits="fraction"/>'
            '<size x="1" y="0.03" xunits="fraction" yunits="fraction"/></ScreenOverlay>'
        )


def _placemark(row: Row, names: Mapping[str, str]) -> str:
    place = ""
    if "lat" in row and row["lat"] != NOTHING:
        place = f"<Point><coordinates>{row.pop('lon')!r},{row.pop('lat')!r}</coordinates></Point>"
    time = f"<TimeSpan><begin>{row['from']}</begin></TimeSpan>" if row.get("kind") == "unit" and "from" in row else ""
    name = str(row.get("name") or names.get(str(row.get("id", "")), "") or row["kind"])
    data = "".join(
        f"<Data name={quoteattr(field)}><value>{_text(_value(row[field]))}</value></Data>"
        for field in FIELDS
        if field in row
    )
    return f"<Placemark><name>{_text(name)}</name>{time}<ExtendedData>{data}</ExtendedData>{place}</Placemark>"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
