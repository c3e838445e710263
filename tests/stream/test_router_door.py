"""Who may see which event: labels, groups and persons at the router's door."""

import msgspec
import pytest

from jointhq.cot import kinds, messages, xml
from tests.stream.test_router import Hall
from tests.support.events import chat, sa
from tests.support.people import identity, reader

JPN = identity(reader("JPN", "CUI"), "jp")
USA = identity(reader("USA", "CUI"), "us")
AUS = identity(reader("AUS", "U"), "au")
LAPSED = identity(reader("USA", "CUI", cleared_until_ms=1), "gone")


def said(event: bytes, **claims: str) -> bytes:
    text = "".join(f' {name}="{value}"' for name, value in claims.items())
    return event.replace(b"<event", b"<event" + text.encode(), 1)


@pytest.fixture
def hall():
    hall = Hall()
    hall.join("US", uid="U-US", identity=USA).join("JP", uid="U-JP", identity=JPN).join("AU", uid="U-AU", identity=AUS)
    hall.settle()
    for name in ("US", "JP", "AU"):
        hall.hear(name)
    return hall


def heard(hall):
    return {name: [e.uid for e in hall.hear(name)] for name in hall.wires}


@pytest.mark.parametrize(
    ("claims", "sees"),
    [
        ({}, {"JP", "AU"}),
        ({"access": "CUI"}, set()),  # no list: the owner's nation alone
        ({"access": "CUI", "releasableTo": "USA, JPN"}, {"JP"}),
        ({"access": "CUI", "releaseableTo": "USA, JPN"}, {"JP"}),
        ({"caveat": "NOFORN"}, set()),
        ({"access": "UNCLASSIFIED", "releasableTo": "USA, AUS"}, {"AU"}),
        ({"access": "SECRET", "releasableTo": "USA, JPN, AUS"}, set()),
    ],
)
def test_each_gets_what_is_released_to_him(hall, claims, sees):
    hall.say("US", said(sa("M", kind="b-m-p-s-m"), **claims))
    hall.settle()
    got = heard(hall)
    assert {name for name in got if "M" in got[name]} == sees
    hall.join("JP2", identity=identity(reader("JPN", "CUI"), "jp2")).join("AU2", identity=AUS)
    got = heard(hall)
    assert {name[:2] for name in got if "M" in got[name]} == sees  # the replay asks the same door


def test_one_whose_clearance_has_ended_gets_nothing_but_the_servers_own_words(hall):
    hall.join("X", identity=LAPSED)
    hall.say("US", sa("M", kind="b-m-p-s-m"))
    hall.settle()
    assert hall.hear("X") == []


def test_an_addressee_who_may_not_see_it_does_not_get_it_and_the_sender_learns_no_more_than_of_one_who_is_not_there(
    hall,
):
    for to in ("AU", "NOBODY"):
        hall.say("US", said(chat("U-US", "words", to=to, message_id=to), caveat="NOFORN"))
        hall.settle()
        (back,) = hall.hear("US")
        assert back.type == kinds.CHAT_UNDELIVERED
    assert heard(hall)["AU"] == []


def test_a_uid_whose_label_is_raised_leaves_those_who_may_not_see_it_any_more(hall):
    hall.say("US", sa("M", kind="a-f-S", n=1))
    hall.settle()
    heard(hall)
    hall.say("US", said(sa("M", kind="a-f-S", n=2), access="CUI", releasableTo="USA, JPN"))
    hall.settle()
    assert [e.uid for e in hall.hear("JP")] == ["M"]
    (gone,) = hall.hear("AU")
    assert gone.type == kinds.GONE
    assert messages.removed_uid(gone) == "M"
    hall.say("US", sa("M", kind="a-f-S", n=3))
    hall.settle()
    assert [e.uid for e in hall.hear("AU")] == ["M"]


def test_who_may_not_see_a_track_can_neither_move_nor_remove_it(hall):
    hall.say("US", said(sa("M", kind="a-f-S", n=1), caveat="NOFORN"))
    hall.settle()
    heard(hall)
    hall.say("AU", sa("M", kind="a-f-S", n=5))
    hall.say("AU", sa("x", kind=kinds.GONE, detail='<link uid="M"/>'))
    hall.say("AU", sa("M", kind="b-a-o-can"))
    hall.settle()
    assert heard(hall) == {"US": [], "JP": [], "AU": []}
    assert hall.picture.latest_any("M").event.lat == pytest.approx(35.0001)
    assert hall.router.drops["uid_of_another"] == 3


def test_the_notice_that_one_left_goes_to_those_who_saw_him():
    hall = Hall()
    hall.join("A", uid="UA", identity=identity(reader("USA", "U", "blue"), "a", "blue"))
    hall.join("B", uid="UB", identity=identity(reader("USA", "U", "blue"), "b", "blue"))
    hall.join("C", uid="UC", identity=identity(reader("USA", "U", "red"), "c", "red"))
    assert heard(hall) == {"A": ["UB"], "B": ["UA"], "C": []}
    hall.leave("A")
    hall.settle()
    assert [e.type for e in hall.hear("B")] == [kinds.GONE]
    assert hall.hear("C") == []


def test_groups_have_directions():
    hall = Hall()
    hall.join("IN", uid="U1", identity=identity(reader("USA", "U", "quiet"), "a", "red"))
    hall.join("OUT", uid="U2", identity=identity(reader("USA", "U", "red"), "b", "blue"))
    hall.say("IN", sa("U1", n=2))
    hall.say("OUT", sa("U2", n=2))
    hall.settle()
    assert heard(hall) == {"IN": [], "OUT": ["U1", "U1"]}


def test_a_lagging_reader_whose_missed_track_was_raised_meanwhile_is_not_given_it(hall):
    hall = Hall(write_buffer_bytes=65_536, queue_bytes=65_536)
    hall.join("US", uid="U-US", identity=USA).join("AU", identity=AUS)
    for n in range(2000):
        hall.say("US", sa(f"T{n % 700}", kind="a-f-S", n=n))
        if n % 500 == 499:
            hall.settle()
    assert hall.clients["AU"].lagging
    hall.say("US", said(sa("T699", kind="a-f-S", n=9000), caveat="NOFORN"))
    hall.settle()
    for _ in range(20):
        hall.hear("AU")
    last = {e.uid: e for e in hall.readers["AU"].events}
    assert "T698" in last
    assert all(e.lat < 35.5 for e in hall.readers["AU"].events if e.uid == "T699")
    assert any(messages.removed_uid(e) == "T699" for e in hall.readers["AU"].events if e.type == kinds.GONE)


def test_a_uid_belongs_to_the_person_connected_with_it(hall):
    hall.join("Z", uid="U-US", identity=AUS)
    assert hall.clients["Z"].reason[0] == "uid_taken"
    assert hall.clients["US"].reason == ("", "")
    hall.join("US2", uid="U-US", identity=USA)
    assert hall.clients["US"].reason[0] == "replaced"


def test_what_is_raised_says_so_on_the_wire_in_both_encodings():
    hall = Hall()
    floor = hall.router._door.parse("CUI//REL TO USA, JPN")
    hall.router._floor_of = lambda _who: floor
    hall.join("US", uid="U-US", identity=USA).join("JP", identity=JPN).join("JP2", identity=identity(JPN.reader, "j2"))
    hall.clients["JP2"].session.encoding = "protobuf"
    hall.settle()
    heard(hall)
    plain = sa("M", kind="b-m-p-s-m", detail="<unknown a='1'/>")
    tricky = plain.replace(b'uid="M"', b"""uid="a access='x'>" caveat='none' Access="kept" """)
    for event in (plain, tricky, said(plain, access="UNCLASSIFIED")):
        hall.say("US", event)
        hall.settle()
        for name in ("JP", "JP2"):
            (got,) = hall.hear(name)
            assert (got.access, got.releasable_to) == ("CUI", "JPN, USA")
            assert got.caveat == ""
            assert got.uid == xml.parse(event).uid
            assert b"<unknown" in xml.detail_xml(got)


def test_unlabelled_leaves_to_nobody(hall):
    event = xml.parse(sa("M", kind="b-m-p-s-m"))
    hall.router._queue_all(0, event)
    hall.settle()
    assert heard(hall) == {"US": [], "JP": [], "AU": []}


def test_those_who_may_see_the_same_share_one_join(hall):
    hall.join("AU2", identity=msgspec.structs.replace(AUS, person="au2"))
    heard(hall)
    ticks = {}
    batch = [(0, 0, event) for event in [xml.parse(sa("M", kind="b-m-p-s-m"))]]
    batch[0][2].label = hall.router._door.parse("UNCLASSIFIED")
    found = {id(hall.router._tick_of(client, batch, ticks, hall.clock.now_ms())) for client in hall.clients.values()}
    assert len(found) == 1


def hidden(hall):
    """A track that the one from AUS may not see, of a feed."""
    hall.router.publish(
        xml.parse(said(sa("SHIP", kind="a-f-S"), access="CUI", releasableTo="USA, JPN")), "feed", hall.clock.now_ms()
    )
    hall.settle()
    heard(hall)
    return hall.picture.latest_any("SHIP")


CLAIMS = {"access": "CUI", "releasableTo": "USA, JPN"}


@pytest.mark.parametrize("kind", ["a-f-S", "b-a-o-can"])
def test_what_one_may_not_see_one_does_not_move_by_claiming_its_label(hall, kind):
    track = hidden(hall)
    was = track.event
    hall.clock.advance(1)
    hall.say("AU", said(sa("SHIP", kind=kind, n=9), **CLAIMS))
    hall.settle()
    assert hall.picture.latest_any("SHIP").event is was
    assert heard(hall) == {"US": [], "JP": [], "AU": []}
    assert hall.router.drops["uid_of_another"] == 1


def test_who_connects_with_the_uid_of_what_is_hidden_and_leaves_does_not_end_it(hall):
    track = hidden(hall)
    hall.join("X", identity=identity(reader("AUS", "U"), "x"))
    hall.say("X", sa("SHIP", "X", n=9))
    hall.settle()
    hall.leave("X")
    hall.settle()
    assert (track.state, track.event.type) == ("live", "a-f-S")
    assert not any(event.type == kinds.GONE for name in ("US", "JP", "AU") for event in hall.hear(name))


def test_who_claims_more_than_he_may_see_goes_on_with_what_he_said(hall):
    for n in (1, 2):
        hall.say("AU", said(sa("MINE", kind="a-f-G", n=n), **CLAIMS))
        hall.settle()
        assert "MINE" in heard(hall)["US"]
    hall.router.publish(xml.parse(said(sa("MINE", kind="a-f-S", n=3), **CLAIMS)), "feed", hall.clock.now_ms())
    hall.say("AU", said(sa("MINE", kind="a-f-G", n=4), **CLAIMS))  # it was said by another meanwhile
    assert hall.router.drops["uid_of_another"] == 1


def test_nobody_keeps_no_uid_from_a_person(hall):
    hall.join("plain", uid="U-1", identity=identity(reader("USA", "CUI")))
    hall.join("own", uid="U-1", identity=identity(reader("USA", "CUI"), "p1"))
    assert hall.closed[-1].reason == "replaced"
    hall.join("plain2", uid="U-1", identity=identity(reader("USA", "CUI")))
    assert hall.clients["plain2"].reason[0] == "uid_taken"
    assert not hall.clients["own"].reason[0]


def test_what_is_withdrawn_within_the_tick_that_showed_it_is_gone_in_the_end(hall):
    hall.say("US", sa("M", kind="a-h-G"))
    hall.say("JP", said(sa("M", kind="a-h-G", n=1), **CLAIMS))
    hall.settle()
    said_of_it = [(e.type, e.uid if e.type != kinds.GONE else messages.removed_uid(e)) for e in hall.hear("AU")]
    assert said_of_it[-1] == (kinds.GONE, "M")
