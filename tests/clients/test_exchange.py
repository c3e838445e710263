"""Real clients of every kind exchange positions, chat and receipts through the server.

Twenty pairs at once: XML to XML, XML to protobuf, protobuf to XML, protobuf to protobuf.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import count, permutations

import pytest

from tests.clients.conftest import Connect
from tests.clients.harness import Client, Seen, chat, event, receipt

pytestmark = pytest.mark.clients
_number = count(1)


def message_id() -> str:
    return f"m{next(_number)}"


def said(text: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.type == "b-t-f" and (seen.root.findtext("detail/remarks") or "") == text


def fence(crew: list[Client], sender: Client) -> None:
    """Return when all that `sender` sent before has reached whom it will ever reach: a message to all, seen by all."""
    for _ in range(2):  # the second one is in a later tick than anything sent before the first
        text = f"fence {message_id()}"
        sender.send(chat(sender, text, message_id()))
        for client in crew:
            if client is not sender:
                client.until(said(text), text)


def same_element(a: ET.Element, b: ET.Element) -> bool:
    return (
        a.tag == b.tag
        and a.attrib == b.attrib
        and (a.text or "").strip() == (b.text or "").strip()
        and len(a) == len(b)
        and all(same_element(x, y) for x, y in zip(a, b, strict=True))
    )


def test_everyone_sees_everyone_elses_position(crew: list[Client]) -> None:
    for receiver, sender in permutations(crew, 2):
        seen = receiver.until_uid(sender.uid, "a-f-G-U-C")
        point = seen.root.find("point")
        assert point is not None
        where = [float(point.get(name, "nan")) for name in ("lat", "lon", "hae", "ce", "le")]
        assert where == pytest.approx([35.44, 139.64, 42.5, 9.9, 9999999.0])
        assert seen.detail("contact").get("callsign") == sender.callsign
        assert seen.detail("contact").get("endpoint") == "*:-1:stcp"
        assert seen.detail("__group").attrib == {"name": "Cyan", "role": "HQ"}
        assert seen.detail("takv").attrib == {
            "device": "TEST", "platform": "ATAK-CIV", "os": "34", "version": "5.2.0",
        }  # fmt: skip
        assert seen.detail("status").attrib == {"battery": "81"}
        assert float(seen.detail("track").get("course", "nan")) == 271.5
        assert float(seen.detail("track").get("speed", "nan")) == 1.25
        assert seen.detail("uid").attrib == {"Droid": sender.callsign}
        assert seen.detail("precisionlocation").attrib == {"geopointsrc": "GPS", "altsrc": "GPS"}


def test_each_client_is_answered_in_the_encoding_it_speaks(crew: list[Client]) -> None:
    for sender in crew:
        text = f"encoding {message_id()}"
        sender.send(chat(sender, text, message_id()))
        for receiver in crew:
            if receiver is not sender:
                wanted = "protobuf" if receiver.protobuf else "xml"
                assert receiver.until(said(text), text).encoding == wanted, f"{sender.kind} to {receiver.kind}"
    for client in crew:
        client.sync()
        assert client.wait_line("pong")["encoding"] == ("protobuf" if client.protobuf else "xml")


def test_nobody_sees_an_event_of_its_own(crew: list[Client]) -> None:
    for sender in crew:
        fence(crew, sender)
    for client in crew:
        assert not client.saw(lambda s, uid=client.uid: s.uid == uid)  # type: ignore[misc]


def test_pings_and_greetings_stay_between_client_and_server(crew: list[Client]) -> None:
    for client in crew:
        client.sync()
    fence(crew, crew[0])
    for client in crew:
        assert not client.saw(lambda s: s.type == "t-x-c-t")
        assert not client.saw(lambda s: s.uid == "takPing"), "pytak's greeting was relayed"


@pytest.mark.parametrize("author", range(5), ids=["pytak", "pytak-protobuf", "takproto", "takproto-direct", "node"])
def test_chat_to_all_reaches_all_once(crew: list[Client], author: int) -> None:
    sender = crew[author]
    text = f"to all from {sender.kind}: 本日は晴天なり & <ok>".replace("&", "&amp;").replace("<", "&lt;")
    plain = f"to all from {sender.kind}: 本日は晴天なり & <ok>"
    sender.send(chat(sender, text, message_id()))
    others = [client for client in crew if client is not sender]
    for client in others:
        seen = client.until(said(plain), "the message to all")
        assert seen.detail("__chat").get("senderCallsign") == sender.callsign
        assert seen.detail("__chat").get("chatroom") == "All Chat Rooms"
        assert seen.detail("__chat/chatgrp").get("uid0") == sender.uid
    fence(crew, sender)
    for client in others:
        assert len(client.saw(said(plain))) == 1


@pytest.mark.parametrize("author", range(5), ids=["pytak", "pytak-protobuf", "takproto", "takproto-direct", "node"])
def test_chat_to_one_and_its_receipts_stay_between_two(crew: list[Client], author: int) -> None:
    sender, peer = crew[author], crew[(author + 1) % len(crew)]
    others = [client for client in crew if client not in {sender, peer}]
    text, message = f"for your eyes {message_id()}", message_id()

    sender.send(chat(sender, text, message, to=peer))
    seen = peer.until(said(text), "the message to one")
    assert seen.detail("__chat").get("messageId") == message
    assert not seen.has("marti"), "the address was delivered with the letter"

    for kind in ("b-t-f-d", "b-t-f-r"):
        peer.send(receipt(kind, peer, sender, message))
        got = sender.until_uid(message, kind)
        assert got.detail("__chatreceipt").get("senderCallsign") == peer.callsign
        assert got.detail("__chatreceipt").get("messageId") == message

    fence(crew, sender)
    fence(crew, peer)
    for client in others:
        assert not client.saw(said(text)), f"{client.kind} saw a message between {sender.kind} and {peer.kind}"
        assert not client.saw(lambda s: s.uid == message)


def test_chat_made_by_node_cot_arrives_by_uid(crew: list[Client]) -> None:
    node, peer, third = crew[4], crew[0], crew[2]
    to = {"uid": peer.uid, "callsign": peer.callsign}
    node.tell(
        do="chat", to=to, message="written by DirectChat", **{"from": {"uid": node.uid, "callsign": node.callsign}}
    )
    seen = peer.until(said("written by DirectChat"), "node-cot's message")
    assert seen.detail("__chat").get("id") == peer.uid
    fence(crew, node)
    assert not third.saw(said("written by DirectChat"))


def test_an_event_to_two_by_uid_and_callsign_reaches_both_and_nobody_else(crew: list[Client]) -> None:
    sender, by_uid, by_callsign = crew[2], crew[4], crew[1]
    uid = f"marker-{message_id()}"
    marti = f'<marti><dest uid="{by_uid.uid}"/><dest callsign="{by_callsign.callsign}"/></marti>'
    sender.send(event(uid, "b-m-p-s-m", f'<contact callsign="WELL"/>{marti}'))
    for client in (by_uid, by_callsign):
        assert client.until_uid(uid).detail("contact").get("callsign") == "WELL"
    fence(crew, sender)
    for client in (crew[0], crew[3]):
        assert not client.saw(lambda s: s.uid == uid)


UNKNOWN_DETAIL = (
    '<mystery level="7" note="a &gt; b &quot;c&quot;"><inner xml:lang="ja">秘密</inner><inner n="2"/></mystery>'
    '<usericon iconsetpath="COT_MAPPING_SPOTMAP/b-m-p-s-m/-65536"/><remarks>two &amp; three</remarks>'
)


@pytest.mark.parametrize("author", range(5), ids=["pytak", "pytak-protobuf", "takproto", "takproto-direct", "node"])
def test_unknown_detail_survives_both_encodings(crew: list[Client], author: int) -> None:
    sender, uid = crew[author], f"unknown-{message_id()}"
    sent = event(uid, "a-h-G", f'<contact callsign="TGT" phone="+81-3"/>{UNKNOWN_DETAIL}')
    sender.send(sent)
    wanted = {child.tag: child for child in ET.fromstring(sent).iterfind("detail/*")}
    if sender.kind in {"pytak-protobuf", "takproto", "takproto-direct"}:
        del wanted["contact"].attrib["phone"]  # takproto's encoder loses it before it reaches the server
    for client in crew:
        if client is sender:
            continue
        seen = client.until_uid(uid)
        for tag, element in wanted.items():
            assert same_element(seen.detail(tag), element), f"{sender.kind} to {client.kind}: {seen.xml}"


@pytest.mark.parametrize("author", [0, 2, 3, 4], ids=["pytak", "takproto", "takproto-direct", "node"])
@pytest.mark.parametrize("spelling", ["releasableTo", "releaseableTo"])
def test_access_caveat_and_releasable_survive(crew: list[Client], author: int, spelling: str) -> None:
    sender, uid = crew[author], f"marked-{message_id()}"
    attributes = f'access="Restricted" qos="5-i-c" opex="e-KEEN EDGE" caveat="EXERCISE" {spelling}="JPN USA"'
    sender.send(event(uid, "a-n-S", '<contact callsign="MARU"/>', attributes=attributes))
    for client in crew:
        if client is sender or client.kind == "pytak-protobuf":  # pytak's decoder leaves these attributes out
            continue
        root = client.until_uid(uid).root
        got = {name: root.get(name) for name in ("access", "qos", "opex", "caveat")}
        assert got == {"access": "Restricted", "qos": "5-i-c", "opex": "e-KEEN EDGE", "caveat": "EXERCISE"}, client.kind
        assert "JPN USA" in {root.get("releasableTo"), root.get("releaseableTo")}, client.kind


STRICT = {  # details that node-cot checks against its schema, by the type of the event that carries them
    "u-d-f": '<link point="35.0,139.0"/><link point="35.1,139.2"/>'
    '<strokeColor value="-65536"/><strokeWeight value="3.0"/><contact callsign="PL AMBER"/><archive/>',
    "u-d-c-c": '<shape><ellipse major="500.0" minor="500.0" angle="360"/></shape><strokeColor value="-1"/>'
    '<fillColor value="16777215"/><contact callsign="OBJ 1"/>',
    "b-m-r": '<link uid="b-7a" type="b-m-p-w" point="35.0,139.0" callsign="SP" relation="c" remarks=""/>'
    '<link uid="b-7b" type="b-m-p-c" point="35.2,139.4" callsign="" relation="c" remarks=""/>'
    '<link_attr color="-16776961" method="Driving" direction="Infil" routetype="Primary" '
    'order="Ascending Check Points"/>'
    '<contact callsign="RTE RED"/>',
    "b-m-p-s-m": '<contact callsign="WELL"/><color argb="-65536"/><remarks>dry</remarks><archive/>',
    "b-a-o-tbl": '<contact callsign="KITE 6-Alert"/><emergency type="911 Alert">KITE 6</emergency>',
}


@pytest.mark.parametrize("author", [0, 3], ids=["from-xml", "from-protobuf"])
def test_node_cot_accepts_whatever_the_server_emits(crew: list[Client], author: int) -> None:
    node, sender = crew[4], crew[author]
    for kind, detail in STRICT.items():
        uid = f"strict-{message_id()}"
        sender.send(event(uid, kind, detail))
        node.until_uid(uid, kind)
    assert not node.refused()


def test_no_client_met_anything_it_could_not_read(crew: list[Client]) -> None:
    for client in crew:
        client.sync()
    assert {client.kind: client.refused() for client in crew if client.refused()} == {}


def test_the_offer_names_version_one_and_the_negotiation_keeps_its_uid(crew: list[Client]) -> None:
    offers = [line for line in crew[2].lines if line["kind"] == "offer"]
    assert len(offers) == 1
    offer = ET.fromstring(str(offers[0]["xml"]))
    support = offer.find("detail/TakControl/TakProtocolSupport")
    assert support is not None
    assert support.get("version") == "1"
    assert crew[2].wait_line("negotiated")["status"] is True
    assert crew[2].count("negotiated") == 1


def test_node_tak_gets_a_real_pong_and_the_servers_version(crew: list[Client]) -> None:
    node = crew[4]
    node.sync()
    assert node.wait_line("pong")["server"], "the offer carries no TakServerVersionInfo"


def test_who_comes_late_gets_what_is_still_valid(connect: Connect) -> None:
    xml, protobuf = connect("pytak", "takproto")
    message = message_id()
    xml.send(event(f"old-{message}", "a-h-G", '<contact callsign="STALE"/>', stale_s=-5))
    xml.send(event(f"new-{message}", "a-h-G", '<contact callsign="FRESH"/>'))
    xml.send(chat(xml, f"before you came {message}", message))
    xml.sync()
    for kind in ("node", "takproto-direct", "pytak"):
        (late,) = connect(kind)
        for uid in (xml.uid, protobuf.uid, f"new-{message}"):
            late.until_uid(uid)
        assert not late.saw(lambda s: s.uid == f"old-{message}"), "what is stale was replayed"
        assert not late.saw(said(f"before you came {message}")), "chat was replayed"
        assert not late.refused()
        late.leave()


@pytest.mark.parametrize("kind", ["pytak", "takproto", "node"])
def test_who_leaves_is_announced_to_the_others(connect: Connect, kind: str) -> None:
    leaver, stays_xml, stays_protobuf, stays_node = connect(kind, "pytak", "takproto", "node")
    for client in (stays_xml, stays_protobuf, stays_node):
        client.until_uid(leaver.uid)
    leaver.leave()
    for client in (stays_xml, stays_protobuf, stays_node):
        notice = client.until(
            lambda s: s.type == "t-x-d-d" and s.has("link") and s.detail("link").get("uid") == leaver.uid, "t-x-d-d"
        )
        assert notice.detail("link").get("type") == "a-f-G-U-C"
        assert notice.detail("link").get("relation") == "p-p"
    assert not stays_node.refused()
    (late,) = connect("pytak")
    late.until_uid(stays_xml.uid)
    assert not late.saw(lambda s: s.uid == leaver.uid), "who left was replayed to a newcomer"


def test_a_second_connection_with_the_same_uid_takes_over_silently(connect: Connect) -> None:
    watcher, first = connect("pytak", "takproto")
    watcher.until_uid(first.uid)
    (second,) = connect("takproto-direct", as_uid=first.uid)
    first.wait_line("closed")
    second.send(chat(second, f"after {first.uid}", message_id()))
    watcher.until(said(f"after {first.uid}"), "a message from the new connection")
    assert not watcher.saw(lambda s: s.type == "t-x-d-d" and s.detail("link").get("uid") == first.uid)
    second.leave()
    watcher.until(lambda s: s.type == "t-x-d-d" and s.detail("link").get("uid") == first.uid, "t-x-d-d of the second")
