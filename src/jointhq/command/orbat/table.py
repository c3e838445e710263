"""CSV and XLSX.

Owns: cells: encodings, separators, workbooks and what they may cost; the banner on the first and the last line; texts
that a spreadsheet would take for a formula (written with an apostrophe before, read without).
Doesn't own: what the columns mean (`orbat.columns`), the rows (`orbat.rows`).
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from msgspec import structs

from jointhq.base.errors import BadInput
from jointhq.command.orbat.columns import guess, known
from jointhq.command.orbat.rows import FIELDS, Row, as_texts, from_rows, mapped, to_rows
from jointhq.command.orbat.settle import clean
from jointhq.command.orbat.value import Notes, Orbat, Read

ROWS_MAX: Final = 120_000  # ten changes of each of the most units, and what goes on over several rows
COLUMNS_MAX: Final = 200
CELL_CHARS_MAX: Final = 32_767  # what a cell of XLSX holds
HEADING_LINES_MAX: Final = 10  # a title and a mark stand above the headings
ZIP_BYTES_MAX: Final = 64 << 20  # of a workbook unpacked; ours of 10,000 units has 12 MB
ZIP_RATIO_MAX: Final = 200  # unpacked to packed; sheets pack 10 to 30 times
ZIP_PARTS_MAX: Final = 1_000
SHEET: Final = "ORBAT"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "'")


# -- CSV


def read_csv(data: bytes, chosen: Mapping[str, str]) -> Read:
    """Return the order of battle in a CSV file."""
    notes = Notes()
    text = _text(data, notes)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        return _read(((_unescaped(cell) for cell in line) for line in lines), chosen, notes)
    except csv.Error as error:
        raise BadInput(f"line {lines.line_num} isn't CSV: {error}") from None


def _text(data: bytes, notes: Notes) -> str:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp932"):  # the last is what Excel in Japan writes
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp932":
            notes.problem("encoding", "", "not UTF-8; read as Shift_JIS (CP932): look at the names")
        return text
    raise BadInput("neither UTF-8, UTF-16 nor Shift_JIS; save it as CSV UTF-8")


def _separator(text: str) -> str:
    lines = text[: 1 << 16].splitlines()[:HEADING_LINES_MAX]
    best = max((known(next(csv.reader([line], delimiter=sep), [])), sep) for sep in ",\t;" for line in lines or [""])
    return best[1] if best[0] else ","


def write_csv(orbat: Orbat) -> bytes:
    """Return the CSV file, in UTF-8 with the mark that Excel knows it by."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for line in _lines(orbat):
        writer.writerow([_escaped(cell) if isinstance(cell, str) else cell for cell in line])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _escaped(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unescaped(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text


# -- XLSX


def read_xlsx(data: bytes, chosen: Mapping[str, str]) -> Read:
    """Return the order of battle in the first sheet of a workbook that has one."""
    from openpyxl import load_workbook  # noqa: PLC0415 - a quarter of a second that a start needn't take

    _refuse_bombs(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size is not to be believed
        lines = sheet.iter_rows(values_only=True)
    except Exception as error:  # noqa: BLE001 - openpyxl tells a damaged file by whatever comes first
        raise BadInput(f"not readable as XLSX: {type(error).__name__}") from None
    return _read(_cells(lines), chosen, Notes())


def _cells(lines: Iterator[tuple[Any, ...]]) -> Iterator[list[Any]]:
    while True:
        try:
            line = next(lines, None)
        except Exception as error:  # noqa: BLE001
            raise BadInput(f"not readable as XLSX: {type(error).__name__}") from None
        if line is None:
            return
        yield [_value(cell) for cell in line]


def _value(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds") + ("" if cell.tzinfo else "Z")  # a cell has no zone; said in the docs
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1 << 53:
        return int(cell)
    return (
        cell
        if isinstance(cell, (str, int, float)) and not isinstance(cell, bool)
        else ""
        if cell is None
        else str(cell)
    )


def _refuse_bombs(data: bytes) -> None:
    """Refuse a workbook that unpacks to too much, or whose XML declares anything."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            if (
                len(parts) > ZIP_PARTS_MAX
                or unpacked > ZIP_BYTES_MAX
                or unpacked > ZIP_RATIO_MAX * max(len(data), 4096)
            ):
                raise BadInput(
                    f"the workbook unpacks to {unpacked:,} bytes in {len(parts)} parts; at most {ZIP_BYTES_MAX:,} are"
                    f" taken, {ZIP_RATIO_MAX} times its size: export the sheet alone"
                )
            if len({part.filename for part in parts}) < len(parts):
                raise BadInput("the workbook has two parts of one name; save it anew")
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    _refuse_doctype(archive, part)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadInput(f"not readable as XLSX: {error}") from None


def _refuse_doctype(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    xml = archive.read(part)  # no more than it claims, and what all claim is bounded
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or xml[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in xml[:64]:
        raise BadInput("the workbook holds a document type declaration; that is never accepted")


def write_xlsx(orbat: Orbat) -> bytes:
    """Return the workbook: one sheet, the banner in its first and last row, and above and below every printed page."""
    from openpyxl import Workbook  # noqa: PLC0415 - as above
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    if orbat.mark:
        book.properties.description = orbat.mark
        for place in (sheet.oddHeader, sheet.oddFooter):
            place.center.text = orbat.mark.replace("&", "&&")
    for line in _lines(orbat):
        cells = []
        for said in line:
            value = (
                said if not isinstance(said, float) or float(f"{said:.16g}") == said else repr(said)
            )  # as it is written
            cell = WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                cell.data_type = "s"  # never a formula
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# -- both


def _lines(orbat: Orbat) -> Iterator[list[Any]]:
    if orbat.mark:
        yield [orbat.mark]
    yield list(FIELDS)
    for row in as_texts(to_rows(orbat)):
        yield [row.get(field, "") for field in FIELDS]
    if orbat.mark:
        yield [orbat.mark]


def _read(lines: Iterable[Iterable[Any]], chosen: Mapping[str, str], notes: Notes) -> Read:
    rest = ([*islice(line, COLUMNS_MAX + 1)] for line in lines)
    above, headings = _headings(rest, chosen)
    notes.columns = [one for one in headings if one]
    notes.mapping = guess(notes.columns, chosen)
    if not {"id", "name"} & notes.mapping.keys():
        there = ", ".join(repr(one[:40]) for one in headings[:40] if one)
        raise BadInput(
            f"no column for id or name was found among {there}; name them, like id={headings[0][:40] or 'COLUMN'}",
            columns=notes.columns,
        )
    marks = {cell for line in above for cell in line if cell}
    for cell in [cell for line in above for cell in line if cell][1:]:
        notes.kept[f"above the headings: {str(cell)[:60]}"] += 1
    read = from_rows(mapped(_dicts(rest, headings, marks), notes.mapping, notes), notes)
    return _marked(read, next((str(cell) for line in above for cell in line if cell), ""))


def _marked(read: Read, first: str) -> Read:
    """Return what was read with the line above the headings as its banner."""
    if not first or read.orbat.mark:
        return read
    return Read(structs.replace(read.orbat, mark=clean(first)[:200]), read.report)


def _headings(lines: Iterator[list[Any]], chosen: Mapping[str, str]) -> tuple[list[list[Any]], list[str]]:
    """Return the lines above the headings, and the headings: the first line with two that we know, or one chosen."""
    above: list[list[Any]] = []
    for line in islice(lines, HEADING_LINES_MAX):
        headings = [clean(str(cell)).strip() for cell in line]
        if len(line) > COLUMNS_MAX:
            raise BadInput(f"more than {COLUMNS_MAX} columns; delete those that say nothing of units")
        said = [one for one in headings if one]
        if (
            known(said) >= 2
            or (said and set(chosen.values()) & set(said))
            or (known(said) == 1 and len(said) == 1 and "name" in guess(said, {}))
        ):
            if len(set(said)) < len(said):
                twice = next(one for one in said if said.count(one) > 1)
                raise BadInput(f"two columns are called {twice[:40]!r}; give each a name of its own")
            return above, headings
        above.append(line)
    likely = max(above, key=lambda line: sum(cell not in ("", None) for cell in line), default=[])
    raise BadInput(
        "no line with headings was found; the first line names the columns, like id, parent, name",
        columns=[name for cell in likely if (name := clean(str("" if cell is None else cell)).strip())],
    )


def _dicts(lines: Iterable[list[Any]], headings: Sequence[str], marks: set[Any]) -> Iterator[Row]:
    for n, line in enumerate(lines, 1):
        if n > ROWS_MAX:
            raise BadInput(f"more than {ROWS_MAX:,} rows; split the file")
        said = [cell for cell in line if cell not in ("", None)]
        if not said or (len(said) == 1 and said[0] in marks):
            continue
        row: Row = {}
        for k, cell in enumerate(line):
            if isinstance(cell, str) and len(cell) > CELL_CHARS_MAX:
                raise BadInput(f"row {n} has a cell of {len(cell):,} characters; {CELL_CHARS_MAX:,} are taken")
            row[headings[k] if k < len(headings) and headings[k] else f"column {k + 1}"] = cell
        yield row
