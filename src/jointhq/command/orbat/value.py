"""An order of battle as a value: units, what each stands under, where it was when.

Owns: the neutral form that every file is read to and written from, the report of a reading, the bounds on both; taking
JSON as JSON.
Doesn't own: any file's own form (the modules beside), what is made of it here (`command`).

A time is milliseconds since 1970, UTC, and may lie before it. `parent` names a unit or a side; "" is nobody.
What a file says and we have no home for is `kept`, JSON by the file's own names, beside what it was said of; a writer
of the same format puts it back. What would be too much to keep is left behind, and named in the report.
"""

from collections import Counter
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct, structs

from jointhq.base.errors import BadInput

FILE_BYTES_MAX: Final = 16 << 20  # a thousand bytes for each of the most units; ORBAT Mapper's largest has 2 MB
UNITS_MAX: Final = 10_000  # of one file; a joint force in Japan has some 2,000
MOMENTS_MAX: Final = 100_000  # ten a unit
SIDES_MAX: Final = 1_000
RELATIONS_MAX: Final = 20_000
DEPTH_MAX: Final = 32  # from the top to a team there are fifteen echelons
VIA_MAX: Final = 1_000  # points on the way to one place
UNIT_KEPT_BYTES_MAX: Final = 16_384  # of JSON: pictures' addresses, equipment, range rings; a record holds 256 KiB
ORBAT_KEPT_BYTES_MAX: Final = 1 << 17  # of JSON: map layers, events, settings
PROBLEMS_MAX: Final = 200  # told one by one; the rest is counted
ID_CHARS_MAX: Final = 100
NAME_CHARS_MAX: Final = 200
NOTE_CHARS_MAX: Final = 4_000
TIME_MS_MIN: Final = -30_610_224_000_000  # the year 1000: four digits in every text
TIME_MS_MAX: Final = 253_402_300_799_000  # 9999-12-31T23:59:59Z, as in every form

Text = str
Kept = dict[str, Any]


class Strength(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many, said by whom on which date; a text where nobody has a figure."""

    number: int | None = None
    authorised: int | None = None
    text: str = ""
    text_ja: str = ""
    date: str = ""  # YYYY-MM-DD, or less of it
    source: str = ""
    whole: bool = False  # for all under it too


class Moment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What changes about one unit at one time. What isn't said stays as it was."""

    at_ms: Annotated[int, Meta(ge=TIME_MS_MIN, le=TIME_MS_MAX)]
    lat: float | None = None
    lon: float | None = None
    off_map: bool = False  # it is nowhere from here on
    via: tuple[tuple[float, float], ...] = ()  # (lat, lon) on the way here
    place: str = ""
    place_ja: str = ""
    sidc: str = ""
    parent: str | None = None
    relation: str = ""
    strength: Strength | None = None
    kept: Kept = {}


class Unit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One unit as it is at first, and what changes about it later, in order of time."""

    id: str
    name: str
    name_ja: str = ""
    short: str = ""
    sidc: str = ""  # 20 or 30 digits
    nation: str = ""
    service: str = ""
    echelon: str = ""
    parent: str = ""
    relation: str = ""  # type of the relation to the parent; "" where the file doesn't say
    lat: float | None = None
    lon: float | None = None
    place: str = ""
    place_ja: str = ""
    strength: Strength | None = None
    note: str = ""
    note_ja: str = ""
    external_id: str = ""
    from_ms: int | None = None  # when it is there; None: as long as the rest
    until_ms: int | None = None
    mark: str = ""  # the portion mark, as written
    moments: tuple[Moment, ...] = ()
    kept: Kept = {}


class Side(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A side, or a group within one (`parent`): what units are listed under, and no unit itself."""

    id: str
    name: str
    parent: str = ""
    identity: str = ""  # digit 4 of a symbol code: "3" friend, "6" hostile
    note: str = ""
    kept: Kept = {}


class Relation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A relation beside the tree: support, coordination, a second chain."""

    type: str
    superior: str
    subordinate: str
    from_ms: int | None = None
    until_ms: int | None = None
    said: Kept = {}  # limits, order, condition: in the words of the file


class Orbat(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole order of battle. Units stand in the order of the tree, each behind its parent."""

    id: str = ""
    name: str = ""
    note: str = ""
    mark: str = ""  # the banner, as written
    start_ms: int | None = None  # when what isn't dated applies from
    sides: tuple[Side, ...] = ()
    units: tuple[Unit, ...] = ()
    relations: tuple[Relation, ...] = ()
    kept: Kept = {}


class KeptPath(Struct, frozen=True):
    """What had no home, by its path in the file, and how often it was said."""

    path: str
    count: int


class Problem(Struct, frozen=True, kw_only=True):
    """Something to put right. `code` is API and is translated; `message` says what was done and what to do."""

    code: str
    where: str
    message: str


class Report(Struct, frozen=True, kw_only=True):
    """What was carried, what had no home, and what to put right."""

    units: int = 0
    relations: int = 0  # a unit under a unit, at first or later, and every relation beside the tree
    places: int = 0
    times: int = 0  # different moments at which something changes
    kept: tuple[KeptPath, ...] = ()
    problems: tuple[Problem, ...] = ()
    problems_total: int = 0
    mapping: dict[str, str] = {}  # of a table: our field -> its column
    columns: tuple[str, ...] = ()  # of a table: its headings


class Read(Struct, frozen=True):
    """A file that was read."""

    orbat: Orbat
    report: Report


class Notes:
    """What a reading has to say, collected while it goes on."""

    def __init__(self) -> None:
        self.kept: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.problems_total = 0
        self.mapping: dict[str, str] = {}
        self.columns: list[str] = []

    def problem(self, code: str, where: str, message: str) -> None:
        """Note something to put right."""
        self.problems_total += 1
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(Problem(code=code, where=where[:NAME_CHARS_MAX], message=message))

    def report(self, orbat: Orbat) -> Report:
        """Return the report on what was read to `orbat`."""
        counted = count(orbat)
        return structs.replace(
            counted,
            kept=tuple(KeptPath(path, number) for path, number in sorted(self.kept.items())),
            problems=tuple(self.problems),
            problems_total=self.problems_total,
            mapping=self.mapping,
            columns=tuple(self.columns),
        )


def count(orbat: Orbat) -> Report:
    """Return how much an order of battle says."""
    ids = {unit.id for unit in orbat.units}
    moments = [moment for unit in orbat.units for moment in unit.moments]
    return Report(
        units=len(orbat.units),
        relations=sum(unit.parent in ids for unit in orbat.units)
        + sum(moment.parent in ids for moment in moments)
        + len(orbat.relations),
        places=sum(unit.lat is not None for unit in orbat.units) + sum(moment.lat is not None for moment in moments),
        times=len({moment.at_ms for moment in moments}),
    )


def read_json(data: bytes) -> Any:
    """Return what a file of JSON says. Raises BadInput for what is none."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"not readable as JSON: {error}") from None
