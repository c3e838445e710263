"""A `[[feeds]]` table makes a feed, or says what to write instead."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from jointhq.base.clock import SystemClock
from jointhq.base.errors import BadInput
from jointhq.feeds.config import make_feed, make_feeds
from jointhq.feeds.sources import FileFeed, PollFeed, TcpFeed, UdpFeed

GOOD = """
[[feeds]]
id = "coast"
name = "Coast stations"
kind = "ais"
url = "tcp://192.0.2.1:5631"
history_hours = 48

[[feeds]]
id = "boat"
kind = "ais"
url = "udp://:10110"

[[feeds]]
id = "tape"
kind = "ais"
url = "file:///srv/a%20tape.nmea"
speed = 2
loop = true

[[feeds]]
id = "roof"
kind = "sbs"
url = "tcp://[::1]:30003"

[[feeds]]
id = "hill"
kind = "readsb"
url = "https://receiver.example/data/aircraft.json"
every_s = 2.5

[[feeds]]
id = "run"
kind = "readsb"
url = "file:///run/readsb/aircraft.json"

[[feeds]]
id = "paris"
kind = "adsb-csv"
url = "file:///srv/paris.csv.gz"
"""


def test_every_kind_of_feed() -> None:
    feeds = make_feeds(tomllib.loads(GOOD)["feeds"], SystemClock())
    assert [type(feed) for feed in feeds] == [TcpFeed, UdpFeed, FileFeed, TcpFeed, PollFeed, PollFeed, FileFeed]
    assert [feed.id for feed in feeds] == ["coast", "boat", "tape", "roof", "hill", "run", "paris"]
    assert (feeds[0].name, feeds[1].name) == ("Coast stations", "boat")
    assert (feeds[0].retention_s, feeds[1].retention_s) == (48 * 3600, None)
    boat, tape, paris = feeds[1], feeds[2], feeds[6]
    assert isinstance(boat, UdpFeed)
    assert boat._host == "127.0.0.1"  # to listen to the network is a decision: udp://0.0.0.0:10110
    assert isinstance(tape, FileFeed)
    assert (tape._path, tape._speed, tape._loop) == (Path("/srv/a tape.nmea"), 2.0, True)
    assert isinstance(paris, FileFeed)
    assert paris._speed == 1.0
    for feed in feeds:
        assert feed.status().state == "waiting"
        assert feed.status().code == "starting"


AIS = {"id": "a", "kind": "ais", "url": "tcp://h:1"}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"kind": "ais", "url": "tcp://h:1"}, ["`id`", "lacks"]),
        (AIS | {"speeed": 1}, ["`speeed`", "keys are", "speed"]),
        (AIS | {"id": 7}, ["id", "str"]),
        (AIS | {"id": "A b"}, ["A b", "a-z"]),
        (AIS | {"id": "tak"}, ["tak"]),
        (AIS | {"kind": "radar"}, ["radar", "readsb"]),
        (AIS | {"url": "h:1"}, ["h:1", "tcp://"]),
        (AIS | {"url": "tcp://h"}, ["port"]),
        (AIS | {"url": "tcp://:5"}, ["host"]),
        (AIS | {"url": "tcp://h:99999"}, ["99999"]),
        (AIS | {"url": "tcp://h:0"}, ["port"]),
        (AIS | {"url": "tcp://[::1:5"}, ["tcp://"]),
        (AIS | {"url": "http://h/x"}, ["kind", "ais"]),
        (AIS | {"url": "file://relative/x"}, ["absolute"]),
        (AIS | {"speed": 2}, ["speed", "files"]),
        (AIS | {"loop": True}, ["loop"]),
        (AIS | {"every_s": 2}, ["every_s", "readsb"]),
        ({"id": "r", "kind": "readsb", "url": "https://user:secret@h/x"}, ["password"]),
        ({"id": "r", "kind": "readsb", "url": "http:///x"}, ["host"]),
        ({"id": "r", "kind": "readsb", "url": "http://h/x", "every_s": 0}, ["every_s", "0.2"]),
        ({"id": "c", "kind": "adsb-csv", "url": "file:///x", "speed": 0}, ["speed"]),
        ({"id": "c", "kind": "adsb-csv", "url": "file:///x", "loop": "yes"}, ["loop", "bool"]),
    ],
)
def test_a_wrong_table_is_refused_with_the_key_and_the_way_out(table: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(BadInput) as caught:
        make_feed(table, SystemClock(), 3)
    message = str(caught.value)
    assert "number 3" in message
    assert "secret" not in message
    for word in words:
        assert word in message


def test_two_feeds_cant_share_an_id() -> None:
    with pytest.raises(BadInput, match='number 2: id = "a" is taken'):
        make_feeds([AIS, AIS], SystemClock())
