"""The whole process: it starts, says how to reach it, stops cleanly, and survives being killed."""

import signal
import socket

from tests.support.demo import running
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


def test_a_log_that_nobody_reads_any_more_stops_nothing(tmp_path):
    import os
    import subprocess

    from tests.support.demo import Process

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


def test_the_demo_prints_what_a_newcomer_needs_and_plays(tmp_path):
    with running("demo", tmp_path / "hq", "--demo-speed", "50") as hq:
        log = hq.log.read_text()
        assert f"127.0.0.1:{hq.tak_port}" in log
        assert "#sign-in=" in log
        reader, seen = Reader(), set()
        with socket.create_connection(("127.0.0.1", hq.tak_port), 10) as sock:
            while len(seen & {"units", "air", "sea"}) < 3:
                for event in reader.feed(sock.recv(65536)):
                    seen.add({"unit": "units", "ICAO": "air", "AIS": "sea"}.get(event.uid.partition("-")[0], "other"))
        assert hq.stop() == 0
        assert "Traceback" not in hq.log.read_text()


def test_a_second_process_on_the_directory_is_refused_in_one_line(tmp_path, capsys):
    from jointhq import cli

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
