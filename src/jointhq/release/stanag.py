"""STANAG 4774 confidentiality labels.

Owns: the XML of one label, in and out. Doesn't own: binding it to data (STANAG 4778), marks (`release.marks`).
Source: ADatP-4774, schema `urn:nato:stanag:4774:confidentialitymetadatalabel:1:0`, as `docs/labels.md` tells it.

Reading is strict: order, case, namespaces, required parts; a document type declaration is refused, so nothing expands.
What could restrict and isn't understood refuses the whole label. Categories we write:

    Releasable To           PERMISSIVE    the list
    Groups                  PERMISSIVE    need-to-know groups
    Additional Sensitivity  RESTRICTIVE   caveats
    Foreign Information     INFORMATIVE   whose information is inside
    Owner                   INFORMATIVE   owner, or joint owners; absent: as in a mark without one
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, XMLParser, tostring

from jointhq.base.errors import BadInput
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.policy import Policy

NAMESPACE: Final = "urn:nato:stanag:4774:confidentialitymetadatalabel:1:0"
XML_BYTES_MAX: Final = 65_536  # a label listing every nation is under 8 KiB
VALUES_MAX: Final = 1000  # of one category
REVIEW_AFTER_DAYS: Final = 1826  # the form demands a date; five years, and a past one voids nothing
ROOTS: Final = tuple(f"{kind}ConfidentialityLabel" for kind in ("originator", "alternative", "metadata"))
TYPES: Final = {
    "Releasable To": "PERMISSIVE",
    "Groups": "PERMISSIVE",
    "Additional Sensitivity": "RESTRICTIVE",
    "Foreign Information": "INFORMATIVE",
    "Owner": "INFORMATIVE",
}
_Q: Final = f"{{{NAMESPACE}}}"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def to_xml(door: Door, label: Label, *, created_ms: int, originator: str = "", kind: str = ROOTS[0]) -> bytes:
    """Return the label as XML; `originator` is an address in the manner of RFC 822. Raises BadInput."""
    if kind not in ROOTS:
        raise BadInput(f"no label element {kind!r}; there are {', '.join(ROOTS)}")
    label = door.checked(label)
    policy, level = _policy(door, label.policy), label.level
    created = datetime.fromtimestamp(created_ms // 1000, UTC)
    review = created + timedelta(days=REVIEW_AFTER_DAYS)
    root = Element(_Q + kind, {"ReviewDateTime": _text(review)})
    information = SubElement(root, _Q + "ConfidentialityInformation")
    SubElement(information, _Q + "PolicyIdentifier", {"URI": f"urn:oid:{policy.oid}"}).text = policy.id
    SubElement(information, _Q + "Classification").text = next(x.mark for x in policy.levels if x.code == level)
    foreign = [code for code in label.caveats if policy.has((code,), "foreign")]
    values: dict[str, list[str]] = {
        "Releasable To": list(label.releasable_to),
        "Groups": list(label.groups),
        "Additional Sensitivity": [code for code in label.caveats if code not in foreign],
        "Foreign Information": [code.partition(" ")[2] for code in foreign],
        "Owner": label.owner.split(),
    }
    for tag, codes in values.items():
        if codes:
            category = SubElement(information, _Q + "Category", {"Type": TYPES[tag], "TagName": tag})
            for code in codes:
                SubElement(category, _Q + "GenericValue").text = _writable(code)
    if originator:
        SubElement(root, _Q + "OriginatorID", {"IDType": "rfc822Name"}).text = _writable(originator)
    SubElement(root, _Q + "CreationDateTime").text = _text(created)
    xml: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _tree(xml: bytes) -> Element:
    """Return the document's tree. No document type declaration, so nothing expands."""
    if b"<!DOCTYPE" in xml:
        raise BadInput("STANAG 4774: a document type declaration is never accepted")
    parser = XMLParser(encoding="utf-8")  # noqa: S314 - no declaration gets here, so no entity and no outside file
    try:
        parser.feed(xml)
        return parser.close()
    except (ParseError, ValueError) as error:
        raise BadInput(f"STANAG 4774: not well-formed XML: {error}") from None


def of_xml(door: Door, xml: bytes) -> Label:
    """Return the label that a STANAG 4774 document says. Raises BadInput that names the element."""
    if len(xml) > XML_BYTES_MAX:
        raise BadInput(f"a label is longer than {XML_BYTES_MAX} bytes; it can't be one")
    root = _tree(xml)
    if root.tag not in {_Q + name for name in ROOTS}:
        raise BadInput(f"STANAG 4774: the root is {root.tag!r}; it must be one of {', '.join(ROOTS)} of {NAMESPACE}")
    parts = _Parts(root)
    attributes = _attributes(root, optional=("ReviewDateTime", "Id"))
    information = parts.one("ConfidentialityInformation")
    if (who := parts.maybe("OriginatorID")) is not None:
        _attributes(who, required=("IDType",))
        _leaf(who)
    _time(_leaf(parts.one("CreationDateTime")), "CreationDateTime")
    succession = parts.maybe("SuccessionHandling")
    parts.end()
    if "ReviewDateTime" in attributes:
        _time(attributes["ReviewDateTime"], "ReviewDateTime")
    elif succession is None:
        raise BadInput("STANAG 4774: ReviewDateTime is missing; only SuccessionHandling makes up for it")
    if succession is not None:  # read for its form alone: a label changes by somebody's decision, not by the calendar
        later = _Parts(succession)
        _time(_leaf(later.one("SuccessionDateTime")), "SuccessionDateTime")
        _information(door, _Parts(later.one("SuccessorConfidentialityLabel")).only("ConfidentialityInformation"))
        later.end()
    return _information(door, information)


def _information(door: Door, element: Element) -> Label:
    parts = _Parts(element)
    named = parts.one("PolicyIdentifier")
    uri = _attributes(named, optional=("URI",)).get("URI")
    policy = _policy(door, _leaf(named))
    if uri not in (None, f"urn:oid:{policy.oid}"):
        raise BadInput(f"STANAG 4774: policy {policy.id} is urn:oid:{policy.oid}, not {uri!r}")
    classification = parts.one("Classification")
    _attributes(classification)
    mark = _leaf(classification)
    level = next((level.code for level in policy.levels if level.mark == mark), None)
    if level is None:
        marks = ", ".join(level.mark for level in policy.by_rank())
        raise BadInput(f"STANAG 4774: no Classification {mark!r} in policy {policy.id}; there are {marks}")
    if (privacy := parts.maybe("PrivacyMark")) is not None:
        _attributes(privacy)
        _leaf(privacy)  # words for people; decides nothing
    values: dict[str, list[str]] = {}
    for category in parts.all("Category"):
        said = _attributes(category, required=("Type", "TagName"), optional=("URI",))
        tag, type_ = said["TagName"], said["Type"]
        if type_ not in ("RESTRICTIVE", "PERMISSIVE", "INFORMATIVE"):
            raise BadInput(f"STANAG 4774: Category Type {type_!r}; write RESTRICTIVE, PERMISSIVE or INFORMATIVE")
        if tag in values:
            raise BadInput(f"STANAG 4774: Category {tag!r} stands twice")
        if TYPES.get(tag, "INFORMATIVE") != type_:
            known = TYPES.get(tag)
            raise BadInput(
                f"STANAG 4774: Category {tag!r} is {known}, not {type_}"
                if known
                else f"STANAG 4774: a {type_} Category {tag!r} isn't known, so the label can't be honoured"
            )
        inside = _Parts(category)
        values[tag] = [_leaf(value) for value in inside.all("GenericValue")]
        inside.end()
        if not 0 < len(values[tag]) <= VALUES_MAX:
            raise BadInput(f"STANAG 4774: Category {tag!r} needs 1 to {VALUES_MAX} values")
    parts.end()
    foreign = next((c.code for c in policy.caveats if c.kind == "foreign"), "")
    return door.checked(
        Label(
            policy=policy.id,
            level=level,
            owner=" ".join(values.get("Owner", ())) or policy.nation,
            releasable_to=tuple(values.get("Releasable To", ())),
            caveats=(
                *values.get("Additional Sensitivity", ()),
                *(f"{foreign} {code}" for code in values.get("Foreign Information", ())),
            ),
            groups=tuple(values.get("Groups", ())),
        )
    )


class _Parts:
    """The children of one element, in order, each asked for by name."""

    def __init__(self, element: Element) -> None:
        self._name = element.tag.removeprefix(_Q)
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            raise BadInput(f"STANAG 4774: {self._name} holds text between its elements")
        self._rest = list(element)

    def maybe(self, name: str) -> Element | None:
        """Return the next child if it is called so."""
        return self._rest.pop(0) if self._rest and self._rest[0].tag == _Q + name else None

    def one(self, name: str) -> Element:
        """Return the next child, which is called so."""
        found = self.maybe(name)
        if found is None:
            instead = self._rest[0].tag if self._rest else "the end"
            raise BadInput(f"STANAG 4774: {self._name} needs {name} where {instead} stands")
        return found

    def all(self, name: str) -> Iterator[Element]:
        """Give every next child that is called so."""
        while (found := self.maybe(name)) is not None:
            yield found

    def only(self, name: str) -> Element:
        """Return the one child there is."""
        found = self.one(name)
        self.end()
        return found

    def end(self) -> None:
        """Refuse what is left."""
        if self._rest:
            raise BadInput(f"STANAG 4774: {self._rest[0].tag} doesn't belong at this place in {self._name}")


def _attributes(element: Element, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> dict[str, str]:
    name = element.tag.removeprefix(_Q)
    for wanted in required:
        if not element.get(wanted):
            raise BadInput(f"STANAG 4774: {name} needs the attribute {wanted}")
    for given in element.attrib:
        if given not in (*required, *optional):
            raise BadInput(f"STANAG 4774: {name} can't have the attribute {given}")
    return element.attrib


def _leaf(element: Element) -> str:
    text = (element.text or "").strip()
    if len(element) or not text:
        raise BadInput(f"STANAG 4774: {element.tag.removeprefix(_Q)} needs text and nothing else")
    return text


def _time(text: str, name: str) -> None:
    try:
        if _TIME.fullmatch(text) is None:
            raise ValueError
        datetime.fromisoformat(text[:19])
    except ValueError:
        raise BadInput(f"STANAG 4774: {name} {text!r} is no time; write 2026-01-01T00:00:00Z") from None


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _writable(text: str) -> str:
    if text != text.strip() or any(c < " " or "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff" for c in text):
        raise BadInput(f"{text!r} can't stand in XML as it is; take out control characters and outer spaces")
    return text


def _policy(door: Door, policy: str) -> Policy:
    found = door.policies.get(policy)
    if found is None:
        known = ", ".join(policy.id for policy in door.policies)
        raise BadInput(f"STANAG 4774: no policy {policy!r} is loaded; there are {known}")
    return found
