"""From a `[[feeds]]` table of `jointhq.toml` to a feed.

Owns: which keys a feed has, and saying what is wrong with a table and what to write instead.
Doesn't own: reading the file (`settings`).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
from msgspec import Meta

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput
from jointhq.feeds.adsb import CsvParser, ReadsbParser, SbsParser
from jointhq.feeds.ais import AisParser
from jointhq.feeds.feed import Feed, Parser
from jointhq.feeds.sources import FileFeed, PollFeed, TcpFeed, UdpFeed

ID_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
RESERVED_IDS: Final = frozenset({"tak", "units"})  # sources that aren't feeds
LOOPBACK: Final = "127.0.0.1"

_PARSERS: Final[dict[str, Callable[..., Parser]]] = {
    "ais": AisParser,
    "sbs": SbsParser,
    "readsb": ReadsbParser,
    "adsb-csv": CsvParser,
}
_SCHEMES: Final = {
    "ais": ("tcp", "udp", "file"),
    "sbs": ("tcp", "udp", "file"),
    "readsb": ("http", "https", "file"),
    "adsb-csv": ("file",),
}
_EXAMPLES: Final = {
    "tcp": "tcp://192.0.2.1:30003",
    "udp": "udp://127.0.0.1:10110 (or udp://0.0.0.0:10110 to take datagrams from the network)",
    "file": "file:///srv/recordings/monday.nmea",
    "http": "http://192.0.2.1/data/aircraft.json",
    "https": "https://receiver.example/data/aircraft.json",
}


class FeedTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a `[[feeds]]` table."""

    id: Annotated[str, Meta(description="Short name, used in addresses and files: a-z, 0-9, - and _.")]
    kind: Annotated[str, Meta(description="What comes: ais, sbs, readsb or adsb-csv.")]
    url: Annotated[str, Meta(description="Where from: tcp://, udp://, file:// or http(s)://.")]
    name: Annotated[str, Meta(max_length=64, description="What people call it; the id where left out.")] = ""
    name_ja: Annotated[str, Meta(max_length=64, description="The same in Japanese.")] = ""
    speed: Annotated[
        Annotated[float, Meta(gt=0, le=1000)] | None,
        Meta(description="Files: times real speed (adsb-csv), times 10 lines a second (ais, sbs)."),
    ] = None
    loop: Annotated[bool, Meta(description="Files: start again at the end.")] = False
    every_s: Annotated[float, Meta(ge=0.2, le=3600, description="readsb: seconds between two readings.")] = 1.0
    label: Annotated[
        str, Meta(max_length=200, description="Label of what comes, as a marking; where left out, label_default.")
    ] = ""
    history_hours: Annotated[
        Annotated[float, Meta(gt=0, le=87_600)] | None,
        Meta(description="Hours its history is kept; where left out, history.feed_hours."),
    ] = None


def make_feeds(tables: Iterable[Mapping[str, Any]], clock: Clock) -> list[Feed]:
    """Return the feeds of all tables. Raises BadInput, naming the table, the key and the way out."""
    feeds: dict[str, Feed] = {}
    for number, table in enumerate(tables, 1):
        feed = make_feed(table, clock, number)
        if feed.id in feeds:
            raise BadInput(f'[[feeds]] number {number}: id = "{feed.id}" is taken; give every feed its own')
        feeds[feed.id] = feed
    return list(feeds.values())


def make_feed(table: Mapping[str, Any], clock: Clock, number: int = 1) -> Feed:
    """Return the feed a table describes. Raises BadInput, naming the table, the key and the way out."""
    where = f"[[feeds]] number {number}"
    try:
        spec = msgspec.convert(dict(table), FeedTable)
    except msgspec.ValidationError as error:
        keys = ", ".join(FeedTable.__struct_fields__)
        raise BadInput(f"{where}: {_plain(str(error))}; a feed's keys are {keys}") from None
    if not ID_PATTERN.fullmatch(spec.id) or spec.id in RESERVED_IDS:
        raise BadInput(
            f'{where}: id = "{spec.id}" can\'t be; write up to 32 of a-z, 0-9, - and _,'
            f" and none of {', '.join(sorted(RESERVED_IDS))}"
        )
    where += f' ("{spec.id}")'
    if spec.kind not in _PARSERS:
        raise BadInput(f'{where}: kind = "{spec.kind}" is unknown; write one of {", ".join(_PARSERS)}')
    url = _url(spec, where)
    _fits(spec, url, table, where)
    parser = _PARSERS[spec.kind]
    base: dict[str, Any] = {
        "id": spec.id,
        "name": spec.name or spec.id,
        "name_ja": spec.name_ja,
        "kind": spec.kind,
        "clock": clock,
        "label": spec.label,
        "retention_s": None if spec.history_hours is None else round(spec.history_hours * 3600),
    }
    if spec.kind == "readsb":
        source = _path(url) if url.scheme == "file" else url
        return PollFeed(parser, source, every_s=spec.every_s, **base)
    if url.scheme == "file":
        speed = 1.0 if spec.speed is None and spec.kind == "adsb-csv" else spec.speed
        return FileFeed(parser, _path(url), speed=speed, loop=spec.loop, **base)
    assert url.port is not None
    if url.scheme == "tcp":
        return TcpFeed(parser, url.hostname or "", url.port, **base)
    return UdpFeed(parser, url.hostname or LOOPBACK, url.port, **base)


def _url(spec: FeedTable, where: str) -> SplitResult:
    schemes = _SCHEMES[spec.kind]
    examples = " or ".join(_EXAMPLES[scheme] for scheme in schemes)
    try:
        url = urlsplit(spec.url)
        port = url.port
    except ValueError as error:
        raise BadInput(f'{where}: url = "{spec.url}" is no address ({error}); write {examples}') from None
    if url.scheme not in schemes:
        raise BadInput(f'{where}: url = "{spec.url}" does not fit kind = "{spec.kind}"; write {examples}')
    if url.username is not None or url.password is not None:
        raise BadInput(f"{where}: url carries a user name or password, which a feed can't use; take them out")
    if url.scheme in {"tcp", "udp"} and (not port or (url.scheme == "tcp" and not url.hostname)):
        raise BadInput(f'{where}: url = "{spec.url}" lacks host or port; write {_EXAMPLES[url.scheme]}')
    if url.scheme in {"http", "https"} and not url.hostname:
        raise BadInput(f'{where}: url = "{spec.url}" lacks a host; write {_EXAMPLES[url.scheme]}')
    if url.scheme == "file" and (url.netloc not in {"", "localhost"} or not url.path.startswith("/")):
        raise BadInput(f'{where}: url = "{spec.url}" is no absolute path; write {_EXAMPLES["file"]}')
    return url


def _fits(spec: FeedTable, url: SplitResult, table: Mapping[str, Any], where: str) -> None:
    """Refuse keys that would do nothing."""
    lines_of_file = url.scheme == "file" and spec.kind != "readsb"
    for key in ("speed", "loop"):
        if key in table and not lines_of_file:
            raise BadInput(f"{where}: {key} is for files of kind ais, sbs and adsb-csv; take it out")
    if "every_s" in table and spec.kind != "readsb":
        raise BadInput(f"{where}: every_s is for kind readsb; take it out")


def _path(url: SplitResult) -> Path:
    return Path(unquote(url.path))


def _plain(error: str) -> str:
    """Return msgspec's message with the key's name where it says `$.key`."""
    return (
        re.sub(r" - at `\$\.(\w+)`", r" for \1", error)
        .replace("Object contains unknown field", "there is no key")
        .replace("Object missing required field", "it lacks the key")
    )
