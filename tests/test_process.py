"""The whole process: it starts, says how to reach it, stops cleanly, and survives being killed."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time

import httpx

from jointhq import cli
from jointhq.app import every
from tests.support.demo import Process, running
from tests.support.events import chat, sa
from tests.support.wires import Reader


def test_it_stops_cleanly_and_starts_again_at_once_on_the_same_directory(tmp_path):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        with running("serve", tmp_path / "hq") as hq:
            with socket.create_connection(("127.0.0.1", hq.tak_port), 10) as sock:
                sock.sendall(sa("A", "KITE"))
                assert hq.stop(number) == 0
                while sock.recv(65536):
                    pass  # the server closes the connection: no client hangs on
            log = hq.log.read_text()
            assert "Traceback" not in log
            assert "stopped" in log


def test_its_command_makes_a_link_that_signs_in_once(tmp_path):
    with running("serve", tmp_path / "hq") as hq:
        command = [hq.command[0], "link", "--data", str(hq.data)]
        link = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
        page, _, token = link.partition("#sign-in=")
        assert page == hq.url
        asked = [
            httpx.post(
                f"{page}api/sign-in", json={"token": token}, headers={"origin": page.rstrip("/")}, trust_env=False
            )
            for _ in range(2)
        ]
        assert [answer.is_success for answer in asked] == [True, False]


def test_a_log_that_nobody_reads_any_more_stops_nothing(tmp_path):
    hq = Process("serve", tmp_path / "hq")
    reading, writing = os.pipe()
    with subprocess.Popen(hq.command, stdout=subprocess.PIPE, stderr=writing) as process:
        os.close(writing)
        assert process.stdout is not None
        assert any(b"#sign-in=" in line for line in process.stdout)
        os.close(reading)
        with socket.create_connection(("127.0.0.1", hq.tak_port), 10) as sock:
            sock.sendall(b"junk")  # each of these is a line of log
            sock.recv(65536)
            while sock.recv(65536):
                pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_killed_it_needs_no_hand(tmp_path):
    with running("serve", tmp_path / "hq") as hq:
        hq.stop(signal.SIGKILL)
        hq.start()
        assert hq.stop() == 0


def test_nothing_it_writes_is_for_others_whatever_the_directory_allows(tmp_path):
    directory = tmp_path / "hq"
    directory.mkdir(mode=0o755)
    with running("serve", directory) as hq:
        assert hq.stop() == 0
    assert (directory / "history").exists()
    written = [path for path in directory.rglob("*") if path.name not in ("lock", hq.log.name)]
    assert not [path for path in written if path.stat().st_mode & 0o077]


def seen_by_plain_client(hq, wanted, seconds=30):
    """Which sources' tracks a plain TAK client gets, until it has those wanted and a while longer."""
    reader, seen, until = Reader(), set(), time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", hq.tak_port), 10) as sock:
        while time.monotonic() < until:
            for event in reader.feed(sock.recv(65536)):
                source = event.uid.partition("-")[0]
                seen.add(source if source in ("unit", "ICAO", "AIS") else "other")
            if seen >= wanted:
                until = min(until, time.monotonic() + 2)
    assert seen >= wanted, seen
    return seen


def test_the_demo_prints_what_a_newcomer_needs_and_plays(tmp_path):
    with running("demo", tmp_path / "hq", "--demo-speed", "50") as hq:
        log = hq.log.read_text()
        assert f"127.0.0.1:{hq.tak_port}" in log
        assert "#sign-in=" in log
        assert seen_by_plain_client(hq, {"unit", "ICAO"}) <= {"unit", "ICAO", "other"}  # vessels are for USA and JPN
        assert hq.stop() == 0
        assert "Traceback" not in hq.log.read_text()


def test_a_second_process_on_the_directory_is_refused_in_one_line(tmp_path, capsys):
    with running("serve", tmp_path / "hq"):
        assert cli.main(["serve", "--data", str(tmp_path / "hq")]) == 2
    assert capsys.readouterr().err.startswith(f"jointhq: another jointhq process runs on {tmp_path / 'hq'}; stop it")


def test_two_clients_talk_through_it(tmp_path):
    with (
        running("serve", tmp_path / "hq") as hq,
        socket.create_connection(("127.0.0.1", hq.tak_port), 10) as a,
        socket.create_connection(("127.0.0.1", hq.tak_port), 10) as b,
    ):
        reader = Reader()
        b.sendall(sa("B", "BRAVO"))
        a.sendall(sa("A", "ALPHA") + chat("A", "hello"))
        while not any(event.type == "b-t-f" for event in reader.events):
            reader.feed(b.recv(65536))


def test_a_link_names_the_port_the_server_runs_on(tmp_path, capsys):
    with running("serve", tmp_path / "hq") as hq:
        assert cli.main(["link", "--data", str(tmp_path / "hq")]) == 0
        assert capsys.readouterr().out.startswith(f"{hq.url}#sign-in=")


def test_it_runs_on_where_nobody_reads_its_greeting(tmp_path):
    hq = Process("serve", tmp_path / "hq")
    reading, writing = os.pipe()
    os.close(reading)
    with hq.log.open("wb") as log, subprocess.Popen(hq.command, stdout=writing, stderr=log) as process:
        os.close(writing)
        while b"] started " not in hq.log.read_bytes():
            assert process.poll() is None, hq.log.read_text()
        with socket.create_connection(("127.0.0.1", hq.tak_port), 10) as sock:
            sock.sendall(sa("A", "KITE"))
            assert sock.recv(65536)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "Error" not in hq.log.read_text()


def test_it_starts_where_no_link_and_no_address_can_be_written(tmp_path):
    hq = Process("serve", tmp_path / "hq")
    (hq.data / "page-url").mkdir(parents=True)  # as root too, no file can be written over a directory
    (hq.data / "session.key").write_bytes(b"k" * 32)
    (hq.data / "sign-in-links" / "stuck").mkdir(parents=True)  # nor can a directory be unlinked
    with hq.log.open("wb") as log, subprocess.Popen(hq.command, stdout=log, stderr=log) as process:
        while b"  page " not in hq.log.read_bytes():
            assert process.poll() is None, hq.log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "no_link" in hq.log.read_text()


async def test_a_job_that_fails_once_goes_on():
    rounds, enough = 0, asyncio.Event()

    async def job() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise RuntimeError("once")
        enough.set()

    task = asyncio.create_task(every(0.001, job))
    await asyncio.wait_for(enough.wait(), 5)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert rounds >= 2
