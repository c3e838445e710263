"""Which column of a foreign table says what.

Owns: the words by which a heading is known, in English and Japanese, and the mapping that follows; the caller may set
any of it otherwise.
Doesn't own: rows (`orbat.rows`).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from jointhq.base.errors import BadInput
from jointhq.command.orbat.rows import FIELDS

# The first of a field that a table has wins; our own name always does.
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("kind", "種別"),
    "id": ("id", "unit id", "uid", "uuid", "identifier", "unit number", "uic", "部隊id", "識別子", "部隊番号",
        "部隊コード"),
    "parent": (
        "parent", "parent id", "parentid", "superior", "superior id", "higher", "higher unit", "reports to", "hq",
        "親", "親id", "上級部隊", "上級部隊id", "上位部隊", "上位部隊id", "上級", "上位", "隷属先", "所属",
    ),
    "relation": ("relation", "relation type", "rel", "relationship", "command relation", "command relationship",
        "指揮関係", "関係"),
    "name": ("name", "unit", "unit name", "full name", "designation", "title", "label", "部隊名", "名称", "部隊",
        "名前"),
    "name_ja": ("name ja", "japanese name", "name japanese", "日本語名", "和名", "部隊名 日本語", "名称 日本語"),
    "short": ("short", "short name", "shortname", "abbreviation", "acronym", "callsign", "略称", "略号"),
    "sidc": ("sidc", "symbol", "symbol code", "symbol identification code", "app6", "2525", "部隊符号", "符号",
        "シンボル"),
    "nation": ("nation", "country", "nat", "nationality", "国", "国籍", "国名"),
    "service": ("service", "svc", "branch", "軍種", "自衛隊"),
    "echelon": ("echelon", "ech", "level", "size", "部隊規模", "規模", "階層"),
    "lat": ("lat", "latitude", "緯度", "y"),
    "lon": ("lon", "lng", "long", "longitude", "経度", "x"),
    "place": ("place", "location", "base", "garrison", "station", "所在地", "位置", "駐屯地", "場所"),
    "place_ja": ("place ja", "location ja", "所在地 日本語"),
    "strength": ("strength", "personnel", "headcount", "on hand", "present", "number", "現員", "人員", "人数", "兵力"),
    "authorised": ("authorised", "authorized", "authorised strength", "authorized strength", "establishment", "定員"),
    "strength_text": ("strength text", "人員 備考"),
    "strength_text_ja": ("strength text ja",),
    "strength_date": ("strength date", "as of", "現員日付", "人員日付", "時点"),
    "strength_source": ("strength source", "source", "出典", "情報源"),
    "strength_whole": ("strength whole", "全体の人員"),
    "note": ("note", "notes", "remarks", "description", "comment", "備考", "摘要", "説明"),
    "note_ja": ("note ja", "備考 日本語"),
    "external_id": ("external id", "externalid", "foreign id", "外部id"),
    "mark": ("mark", "marking", "label mark", "classification", "表示", "秘密区分"),
    "from": ("from", "time", "date", "dtg", "effective", "start", "発効日時", "日時", "時刻", "開始"),
    "until": ("until", "to", "end", "終了", "まで"),
    "via": ("via", "経由"),
    "kept": ("kept",),
}  # fmt: skip


def plain(heading: str) -> str:
    """Return a heading as it is compared: one width, lower case, words apart by one space."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", heading)).strip().casefold()


def guess(headings: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return our field -> its column: as chosen ("" for none), else by words. Raises BadInput for what isn't there."""
    for field, heading in chosen.items():
        if field not in FIELDS:
            raise BadInput(f"{field[:40]!r} is no field; fields are {', '.join(FIELDS)}")
        if heading and heading not in headings:
            there = ", ".join(repr(one[:40]) for one in headings[:40])
            text = f"no column {heading[:40]!r} for {field}; the file has {there}"
            raise BadInput(text, columns=list(headings))
    mapping = {field: heading for field, heading in chosen.items() if heading}
    taken = set(mapping.values())
    by_plain: dict[str, str] = {}
    for heading in headings:
        by_plain.setdefault(plain(heading), heading)
    for rank in range(max(map(len, WORDS.values()))):  # the best word of every field before the second best of any
        for field, words in WORDS.items():
            if field in chosen or field in mapping or rank >= len(words):
                continue
            heading = by_plain.get(plain(words[rank]), "") if rank else by_plain.get(plain(field), "")
            heading = heading or by_plain.get(plain(words[rank]), "")
            if heading and heading not in taken:
                mapping[field] = heading
                taken.add(heading)
    return mapping


def known(headings: Sequence[str]) -> int:
    """Return how many of a line's cells are headings that we know."""
    return len(guess([heading for heading in headings if heading], {}))
