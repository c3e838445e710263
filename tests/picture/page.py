"""A page, in Python and in JavaScript: what it makes of frames.

The Python one is written from the text in `picture/wire.py`, not from its code; the other is the page's own decoder in
a Node process.
"""

import base64
import json
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

SCRIPT = Path(__file__).with_name("decode.mjs")


class Row(NamedTuple):
    lat: float
    lon: float
    alt_m: float | None
    course: float | None
    speed_ms: float | None
    time_ms: float


class Frame(msgspec.Struct):
    """As `wire.js` gives it, but that None is unknown."""

    kind: str
    epoch: int
    position: int
    at_ms: int
    cards: list[dict[str, Any]]
    rows: dict[int, Row]
    gone: list[int]
    ended: list[int]


class Body:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, size: int) -> bytes:
        assert len(self.data) >= size
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def count(self) -> int:
        return int(struct.unpack("<I", self.take(4))[0])

    def column(self, count: int) -> list[int]:
        planes = [self.take(count) for _ in range(self.take(1)[0])]
        values = [sum(plane[i] << 8 * n for n, plane in enumerate(planes)) for i in range(count)]
        return [v // 2 if v % 2 == 0 else -(v + 1) // 2 for v in values]

    def slots(self) -> list[int]:
        slots, slot = [], -1
        for gap in self.column(self.count()):
            assert gap > 0
            slots.append(slot := slot + gap)
        return slots


class PyPage:
    """Keeps what a page would know."""

    def __init__(self) -> None:
        self.told: dict[int, list[int]] = {}
        self.cards: dict[int, dict[str, Any]] = {}
        self.rows: dict[int, Row] = {}
        self.ended: set[int] = set()
        self.epoch, self.position = 0, -1

    def known(self) -> dict[str, tuple[dict[str, Any], Row, bool]]:
        """By uid: card, place, ended."""
        return {card["u"]: (card, self.rows[slot], slot in self.ended) for slot, card in sorted(self.cards.items())}

    def decode(self, frame: bytes) -> Frame:
        version, kind, flags, epoch, position, at_ms, rest = struct.unpack_from("<BBHIdd8s", frame)
        assert (version, flags, rest) == (1, 0, bytes(8))
        body = Body(zlib.decompress(frame[32:], -15))
        cards = json.loads(body.take(body.count()))
        slots = body.slots()
        lat, lon, alt, course, speed, age = (body.column(len(slots)) for _ in range(6))
        gone, ended = body.slots(), body.slots()
        assert not body.data
        if kind == 0:
            self.told, self.cards, self.rows, self.ended = {}, {}, {}, set()
        else:
            assert (epoch, position) == (self.epoch, self.position + 1)
        self.epoch, self.position = epoch, int(position)
        for card in cards:
            self.cards[card["s"]] = card
        rows = {}
        for i, slot in enumerate(slots):
            assert slot in self.cards
            told = self.told.setdefault(slot, [0] * 5)
            for c, column in enumerate((lat, lon, alt, course, speed)):
                told[c] += column[i]
            rows[slot] = Row(
                told[0] / 100_000,
                told[1] / 100_000,
                told[2] - 1 - 12_000 if told[2] else None,
                told[3] - 1 if told[3] else None,
                (told[4] - 1) / 10 if told[4] else None,
                (at_ms // 100 - age[i]) * 100,
            )
        self.rows |= rows
        self.ended = (self.ended - rows.keys()) | set(ended)
        for slot in gone:
            for known in (self.told, self.cards, self.rows):
                known.pop(slot, None)
            self.ended.discard(slot)
        return Frame(("snapshot", "delta")[kind], epoch, int(position), int(at_ms), cards, rows, gone, ended)


class WireError(Exception):
    def __init__(self, name: str, code: str, message: str) -> None:
        super().__init__(message)
        self.name, self.code = name, code


class JsPage:
    """The page's own decoder; one Node process for as many pages as wanted."""

    def __init__(self) -> None:
        node = shutil.which("node")
        assert node is not None
        self._process = subprocess.Popen([node, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def restart(self) -> None:
        self._ask({"restart": True})

    def decode(self, frame: bytes) -> Frame:
        told = self._ask({"frame": base64.b64encode(frame).decode()})
        if "error" in told:
            raise WireError(**told["error"])
        columns = zip(*(told[name] for name in ("lat", "lon", "alt_m", "course", "speed_ms", "time_ms")), strict=True)
        rows = dict(zip(told["slots"], (Row(*row) for row in columns), strict=True))
        return Frame(**{name: told[name] for name in Frame.__struct_fields__ if name != "rows"}, rows=rows)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "node ended"
        told: dict[str, Any] = json.loads(answer)
        return told
