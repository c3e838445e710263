"""Put broken and hostile input to a server, and watch what it does to two healthy clients and to a newcomer.

Owns: the cases, and measuring the healthy clients while each runs. Works against any server.
Doesn't own: load (`scenarios`); what our own server must do with each case is a test (`tests/clients/test_hostile.py`).
"""

import asyncio
import contextlib
import os
import random
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from events import TOKEN, XmlTemplate, contact, event, now_us, token
from options import Options
from process import MIB, Sampler

WINDOW_S = 5.0  # the healthy clients talk at 10 Hz for so long around each case
GROWTH_MB_MAX = 6000  # a server that grows by more is stopped from taking the machine with it
LIMIT = 1 << 26


@dataclass
class Case:
    """What the attacker sends: bytes, or seconds to wait; then, if so, a valid event on the same connection."""

    chunks: list[bytes | float]
    then_valid: bool = True


def cases(folder: Path) -> tuple[bytes, dict[str, Case]]:
    """Return a secret that must not leak, and the cases; the secret is in a file in `folder`."""
    secret = b"SECRET" + os.urandom(4).hex().encode()
    (folder / "secret").write_bytes(secret)
    position = event(b"EVIL-1", contact(b"EVIL1"))
    levels = b"".join(b'<!ENTITY l%d "%b">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 9))
    bomb = b'<?xml version="1.0"?><!DOCTYPE event [<!ENTITY l0 "lollollol">%b]>' % levels
    bomb += event(b"EVIL-BOMB", contact(b"EVILB") + b"<remarks>&l8;</remarks>")
    quadratic = b'<!DOCTYPE event [<!ENTITY a "' + b"A" * 100_000 + b'">]>'
    quadratic += event(b"EVIL-QUAD", contact(b"EVILQ") + b"<remarks>" + b"&a;" * 2000 + b"</remarks>")
    outside = b'<!DOCTYPE event [<!ENTITY x SYSTEM "file://%b">]>' % str(folder / "secret").encode()
    outside += event(b"EVIL-XXE", contact(b"EVILX") + b"<remarks>&x;</remarks>")
    slow = event(b"EVIL-SLOW", contact(b"EVS"))
    wide = event(b"EVIL-UTF", contact("ЗВЕРЬ-Łódź-雪".encode()) + b"<remarks>" + "é雪🦅".encode() * 200 + b"</remarks>")
    cut = next(i for i in range(400, len(wide)) if wide[i] & 0xC0 == 0x80)
    attributes = b" ".join(b'a%d="1"' % i for i in range(50_000))
    return secret, {
        "truncated_close": Case([position, position[:300]], then_valid=False),
        "truncated_then_valid": Case([position, position[:300]]),
        "missing_uid": Case([position, position.replace(b'uid="EVIL-1"', b"")]),
        "bad_numbers": Case([position, position.replace(b'lat="52.1"', b'lat="abc"')]),
        "bad_dates": Case([position, re.sub(rb'stale="[^"]*"', b'stale="yesterday"', position)]),
        "no_point": Case([position, re.sub(rb"<point[^>]*/>", b"", position)]),
        "binary_junk_1MB": Case([position, random.Random(7).randbytes(1 << 20)]),
        "nul_bytes": Case([position, bytes(4096)]),
        "http_request": Case([b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"], then_valid=False),
        "tls_hello_on_plain": Case([bytes.fromhex("16030100c8010000c40303") + os.urandom(190)], then_valid=False),
        "utf8_split_across_packets": Case([position, wide[:cut], 0.3, wide[cut:]]),
        "one_byte_packets": Case([position, *[x for b in slow[:200] for x in (bytes([b]), 0.002)], slow[200:]]),
        "event_10MB": Case([position, event(b"EVIL-BIG", b"<remarks>" + b"B" * (10 << 20) + b"</remarks>")]),
        "no_terminator_32MB": Case(
            [position, b"<event uid='E'><detail><remarks>", *[b"C" * (1 << 20)] * 32], then_valid=False
        ),
        "deep_nesting_20k": Case([position, event(b"EVIL-DEEP", b"<a>" * 20_000 + b"</a>" * 20_000)]),
        "attributes_50k": Case([position, event(b"EVIL-ATTR", b"<x " + attributes + b"/>")]),
        "entity_bomb": Case([bomb], then_valid=False),
        "entity_bomb_mid_stream": Case([position, bomb]),
        "entity_quadratic_200MB": Case([quadratic], then_valid=False),
        "outside_file": Case([outside], then_valid=False),
        "silent_connections_5": Case([], then_valid=False),
    }


@dataclass
class Watched:
    """What the healthy receiver has seen."""

    run: int
    marks: dict[str, bytes]
    latency_us: dict[int, int] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    closed: bool = False

    async def read(self, reader: asyncio.StreamReader) -> None:
        tail = b""
        while data := await reader.read(1 << 18):
            at = now_us()
            data = tail + data
            for match in TOKEN.finditer(data):
                digits = match[1]
                if int(digits[:4]) == self.run:
                    self.latency_us.setdefault(int(digits[8:16]), at - int(digits[16:]))
            self.found |= {name for name, mark in self.marks.items() if mark in data}
            tail = data[-64:]
        self.closed = True


class Bench:
    """Runs the cases against one server."""

    def __init__(self, options: Options, sampler: Sampler, recover_s: float) -> None:
        self._options, self._sampler, self._recover_s = options, sampler, recover_s

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        options = self._options
        async with asyncio.timeout(options.connect_timeout):
            return await asyncio.open_connection(
                options.host, options.port, limit=LIMIT, ssl=options.ssl_context(),
                server_hostname=options.server_name or None if options.tls else None,
            )  # fmt: skip

    async def run(self, name: str, case: Case, secret: bytes) -> dict[str, Any]:
        tag, run = os.urandom(3).hex(), random.randrange(10_000)
        _, publisher = await self._open()
        reader, subscriber = await self._open()
        await asyncio.sleep(self._options.ident_delay)
        own = XmlTemplate(1, f"PROBE-PUB-{tag}", f"PP{tag}")
        publisher.write(own.build(b""))
        subscriber.write(XmlTemplate(2, f"PROBE-SUB-{tag}", f"PS{tag}").build(b""))
        await asyncio.sleep(1.0 + self._options.settle_min)
        watched = Watched(run, {"valid": b"VALID" + tag.encode(), "secret": secret})
        reading = asyncio.create_task(watched.read(reader))
        mark, stop = self._sampler.mark(), time.monotonic() + WINDOW_S + self._options.ident_delay
        result: dict[str, Any] = {}
        guarding = asyncio.create_task(self._guard(result, stop + 15))
        sent = 0

        async def publish() -> None:
            nonlocal sent
            while time.monotonic() < stop:
                publisher.write(own.build(token(run, 1, sent, now_us()), sent))
                sent += 1
                await asyncio.sleep(0.1)

        attack = self._hold_silent(stop) if name.startswith("silent") else self._attack(case, watched, stop)
        _, attacked = await asyncio.gather(publish(), attack)
        for _ in range(50):  # late deliveries: five seconds more
            if len(watched.latency_us) >= sent or watched.closed:
                break
            await asyncio.sleep(0.1)
        guarding.cancel()
        latencies, used = sorted(watched.latency_us.values()), self._sampler.since(mark)
        result |= attacked | {
            "probe_sent": sent, "probe_ratio": round(len(latencies) / max(sent, 1), 3),
            "probe_p50_ms": round(latencies[len(latencies) // 2] / 1000, 1) if latencies else None,
            "probe_max_ms": round(latencies[-1] / 1000, 1) if latencies else None,
            "bystander_disconnected": watched.closed, "secret_leaked": "secret" in watched.found,
            "valid_after_delivered": "valid" in watched.found if case.then_valid else None,
            "rss_growth_mb": round(used["srv_rss_peak_mb"] - used["srv_rss_start_mb"], 1) if used else None,
        }  # fmt: skip
        reading.cancel()
        for writer in (publisher, subscriber):
            writer.close()
        return result | await self._newcomer(tag)

    async def _hold_silent(self, stop: float) -> dict[str, Any]:
        held = [(await self._open())[1] for _ in range(5)]
        await asyncio.sleep(max(0.5, stop - time.monotonic()))
        for writer in held:
            writer.close()
        return {}

    async def _attack(self, case: Case, watched: Watched, stop: float) -> dict[str, Any]:
        reader, writer = await self._open()
        gone = asyncio.create_task(self._until_closed(reader))
        await asyncio.sleep(0.3 + self._options.ident_delay)
        result: dict[str, Any] = {}
        try:
            for chunk in case.chunks:
                if isinstance(chunk, float):
                    await asyncio.sleep(chunk)
                    continue
                writer.write(chunk)
                await asyncio.wait_for(writer.drain(), 10)
            if case.then_valid:
                await asyncio.sleep(1.0)
                writer.write(event(b"EVIL-OK", contact(b"OK") + b"<remarks>%b</remarks>" % watched.marks["valid"]))
                await asyncio.wait_for(writer.drain(), 5)
            await asyncio.sleep(max(0.5, stop - time.monotonic() - 1.0))
        except TimeoutError:
            result["attacker_backpressured"] = True
        except OSError:
            pass
        result["attacker_disconnected"] = gone.done()
        writer.close()
        gone.cancel()
        return result

    @staticmethod
    async def _until_closed(reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while await reader.read(1 << 18):
                pass

    async def _guard(self, result: dict[str, Any], until: float) -> None:
        start = self._sampler.sample() if self._sampler.pids else 0
        while self._sampler.pids and time.monotonic() < until:
            await asyncio.sleep(0.25)
            if self._sampler.sample() - start > GROWTH_MB_MAX * MIB:
                result["aborted"] = f"the server grew by more than {GROWTH_MB_MAX} MB"
                return

    async def _newcomer(self, tag: str) -> dict[str, Any]:
        """Try until two new clients hear each other, or time is up."""
        began = time.monotonic()
        while time.monotonic() - began < self._recover_s:
            try:
                async with asyncio.timeout(self._recover_s):
                    await self._talk(os.urandom(2).hex(), b"CHECK" + tag.encode())
                return {"server_reachable": True, "newcomer_served_s": round(time.monotonic() - began, 1)}
            except (OSError, EOFError):
                await asyncio.sleep(0.5)
        return {"server_reachable": False, "newcomer_served_s": None}

    async def _talk(self, name: str, mark: bytes) -> None:
        (_, speaker), (reader, listener) = await self._open(), await self._open()
        own = XmlTemplate(3, f"CHK-A-{name}", f"CA{name}")
        await asyncio.sleep(self._options.ident_delay)
        listener.write(XmlTemplate(4, f"CHK-B-{name}", f"CB{name}").build(b""))
        seen = b""
        try:
            while mark not in seen:
                speaker.write(own.build(mark))
                with contextlib.suppress(TimeoutError):
                    data = await asyncio.wait_for(reader.read(1 << 18), 1.0)
                    if not data:
                        raise EOFError
                    seen = seen[-64:] + data
        finally:
            speaker.close()
            listener.close()


def run(
    options: Options, sampler: Sampler, only: set[str], recover_s: float, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Run every case, or those in `only`; stop where the server didn't survive one."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="cotload-") as folder:
        secret, known = cases(Path(folder))
        for name, case in known.items():
            if only and name not in only:
                continue
            row: dict[str, Any] = {"scenario": name}
            try:
                row |= asyncio.run(Bench(options, sampler, recover_s).run(name, case, secret))
            except OSError as error:
                row |= {"failed": f"{type(error).__name__}: {error}", "server_reachable": False}
            rows.append(row)
            say("  " + ", ".join(f"{key} {value}" for key, value in row.items() if value is not None))
            if not row["server_reachable"] or row.get("aborted"):
                break
            time.sleep(0.5)
    return rows
