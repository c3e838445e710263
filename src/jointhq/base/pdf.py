"""Text on A4 sheets as PDF, in English and Japanese, with a banner at the head and foot of each.

Owns: breaking lines and sheets, the file's bytes. Doesn't own: what the lines say.
Source: ISO 32000-1, 9.7.5.2 (predefined CMaps) and Adobe-Japan1: the font is named and not embedded, as every reader of
PDF brings or replaces it; a ToUnicode map says each character again, so that search and copying give the text. Letters
are half as wide as kanji, as on a teleprinter, so no widths of a font need be known.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

WIDTH_PT: Final = 595.28  # A4
HEIGHT_PT: Final = 841.89
MARGIN_PT: Final = 56.0  # 2 cm, room for a punch
HEAD_PT: Final = 72.0  # of a sheet, for the banner and the title
SIZE_PT: Final = 10.0
LEADING: Final = 1.45  # line to line, in sizes
SHEETS_MAX: Final = 500  # of one document; what is longer is no report
NO_START: Final = (
    "、。，．・：；？！)）」』】〕〉》,.:;?!ーぁぃぅぇぉっゃゅょァィゥェォッャュョ"  # never first in a line
)
GETA: Final = "〓"  # what printers put where they have no such type
PIECES: Final = re.compile(r"[!-~]+ ?|\s|.", re.DOTALL)


class Line(msgspec.Struct, frozen=True):
    """A paragraph: broken where it is full. `size` in points; `indent` in points; `gap` before it in lines."""

    text: str
    size: float = SIZE_PT
    indent: float = 0.0
    gap: float = 0.0
    strong: bool = False


class Sheet(msgspec.Struct, frozen=True):
    """What stands on every sheet. `language` is the text's, "en" or "ja"; `of` words the sheet's number."""

    title: str
    banner: str
    note: str = ""  # beside the banner: EXERCISE, DRAFT
    language: str = "en"
    made_ms: int = 0


def write(sheet: Sheet, lines: Iterable[Line]) -> bytes:
    """Return the document. What is longer than SHEETS_MAX sheets ends there, and says so."""
    pages = list(_pages(lines))[:SHEETS_MAX]
    used = set[str]()
    contents = [_content(sheet, page, n, len(pages), used) for n, page in enumerate(pages, 1)]
    return _file(sheet, contents, used)


def width(text: str) -> float:
    """Return how wide a text is, in sizes: a kanji is 1, a letter a half."""
    return sum(0.5 if _narrow(c) else 1.0 for c in text)


def wrap(text: str, room: float) -> list[str]:
    """Break a text into lines no wider than `room` sizes: between words, and between kanji, but not before a stop."""
    lines, line, used = list[str](), "", 0.0
    for piece in PIECES.findall(text):
        if piece == "\n":
            lines.append(line.rstrip())
            line, used = "", 0.0
            continue
        for part in _parts(piece, room):
            needed = width(part.rstrip())
            hangs = 1 if part in NO_START else 0  # one stop may stand over the edge, as printers let it
            if line and used + needed > room + hangs:
                lines.append(line.rstrip())
                line, used = "", 0.0
                part = part.lstrip()  # noqa: PLW2901 - a line doesn't begin with the space between two
            line += part
            used += width(part)
    return [*lines, line.rstrip()]


def _parts(piece: str, room: float) -> Iterator[str]:
    """Yield a word, in pieces where no line would hold it."""
    most = max(1, int(room * 2))
    for at in range(0, len(piece), most):
        yield piece[at : at + most]


def _narrow(c: str) -> bool:
    wide = unicodedata.east_asian_width(c)
    return wide in ("Na", "H") or (wide == "N" and ord(c) < 0x3000)


def _pages(lines: Iterable[Line]) -> Iterator[list[tuple[float, Line]]]:
    """Yield sheets: each line with how far it stands above the foot."""
    top, foot = HEIGHT_PT - HEAD_PT - 14, HEAD_PT
    y, page = top, list[tuple[float, Line]]()
    for one in lines:
        room = (WIDTH_PT - 2 * MARGIN_PT - one.indent) / one.size
        if page:
            y -= one.gap * one.size * LEADING
        for text in wrap(one.text, room):
            y -= one.size * LEADING
            if y < foot:
                yield page
                page, y = [], top - one.size * LEADING
            page.append((y, msgspec.structs.replace(one, text=text)))
    yield page


def _content(sheet: Sheet, page: list[tuple[float, Line]], number: int, total: int, used: set[str]) -> bytes:
    out = [b"BT"]

    def put(x: float, y: float, size: float, text: str, *, strong: bool = False) -> None:
        tidy = "".join(_printable(c) for c in unicodedata.normalize("NFC", text))
        used.update(tidy)
        code = tidy.encode("utf-16-be").hex().encode()
        mode = b"2 Tr 0.3 w" if strong else b"0 Tr"
        out.append(b"%b /F1 %.2f Tf 1 0 0 1 %.2f %.2f Tm <%b> Tj" % (mode, size, x, y, code))

    def centred(y: float, size: float, text: str, *, strong: bool = False) -> None:
        put((WIDTH_PT - width(text) * size) / 2, y, size, text, strong=strong)

    banner = "  ".join(part for part in (sheet.note, sheet.banner, sheet.note) if part)
    centred(HEIGHT_PT - 34, 11, banner, strong=True)
    centred(28, 11, banner, strong=True)
    put(MARGIN_PT, HEIGHT_PT - 56, 8, sheet.title)
    count = f"{number} / {total}"
    put(WIDTH_PT - MARGIN_PT - width(count) * 8, HEIGHT_PT - 56, 8, count)
    for y, line in page:
        put(MARGIN_PT + line.indent, y, line.size, line.text, strong=line.strong)
    return b"\n".join([*out, b"ET"])


def _printable(c: str) -> str:
    if ord(c) > 0xFFFF or 0xD800 <= ord(c) < 0xE000:
        return GETA
    return c if c.isprintable() or c == "　" else " "


def _file(sheet: Sheet, contents: list[bytes], used: set[str]) -> bytes:
    objects: list[bytes] = []

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    def stream(data: bytes) -> int:
        packed = zlib.compress(data)
        return add(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed))

    catalog, tree = add(b""), add(b"")
    describe = add(
        b"<< /Type /FontDescriptor /FontName /HeiseiKakuGo-W5 /Flags 4 /FontBBox [-92 -250 1010 922] /ItalicAngle 0"
        b" /Ascent 752 /Descent -221 /CapHeight 737 /StemV 114 >>"
    )
    cid = add(
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiKakuGo-W5 /CIDSystemInfo << /Registry (Adobe)"
        b" /Ordering (Japan1) /Supplement 2 >> /FontDescriptor %d 0 R /DW 1000 /W [1 632 500] >>" % describe
    )
    unicode_map = stream(_to_unicode(used))
    font = add(
        b"<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiKakuGo-W5-UniJIS-UCS2-HW-H /Encoding /UniJIS-UCS2-HW-H"
        b" /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>" % (cid, unicode_map)
    )
    pages = []
    for content in contents:
        body = stream(content)
        pages.append(
            add(
                b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.2f %.2f] /Resources << /Font << /F1 %d 0 R >> >>"
                b" /Contents %d 0 R >>" % (tree, WIDTH_PT, HEIGHT_PT, font, body)
            )
        )
    made = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=sheet.made_ms)
    info = add(
        b"<< /Title <%b> /Subject <%b> /Producer (jointhq) /CreationDate (D:%b) >>"
        % (_text(sheet.title), _text(sheet.banner), f"{made:%Y%m%d%H%M%S}Z".encode())
    )
    objects[catalog - 1] = b"<< /Type /Catalog /Pages %d 0 R /Lang (%b) >>" % (tree, sheet.language.encode())
    kids = b" ".join(b"%d 0 R" % page for page in pages)
    objects[tree - 1] = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(pages))
    out, places = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"), list[int]()
    for number, made_object in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, made_object)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        catalog,
        info,
        table,
    )
    return bytes(out)


def _text(text: str) -> bytes:
    return b"feff" + "".join(_printable(c) for c in text).encode("utf-16-be").hex().encode()


def _to_unicode(used: set[str]) -> bytes:
    codes = sorted(c.encode("utf-16-be").hex() for c in used)
    blocks = []
    for at in range(0, len(codes), 100):
        some = codes[at : at + 100]
        blocks.append(f"{len(some)} beginbfchar\n" + "\n".join(f"<{c}> <{c}>" for c in some) + "\nendbfchar")
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        + "\n".join(blocks)
        + "\nendcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()
