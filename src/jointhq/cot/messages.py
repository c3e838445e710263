"""The events a server itself says to a client.

Owns: pong, disconnect notice, protocol offer and answer, undelivered chat.
Doesn't own: when they are said (`stream.session`, `stream.router`). Source: TAK Server as its clients see it.
"""

import copy
from xml.sax.saxutils import quoteattr

from jointhq.cot import kinds
from jointhq.cot.event import Event
from jointhq.cot.xml import detail_children, detail_xml

_SOON_MS = 20_000
_OFFER_MS = 60_000


def _said(uid: str, kind: str, now_ms: int, for_ms: int, detail: bytes = b"", how: str = "h-g-i-g-o") -> Event:
    return Event(
        uid=uid,
        type=kind,
        how=how,
        time_ms=now_ms,
        start_ms=now_ms,
        stale_ms=now_ms + for_ms,
        lat=0.0,
        lon=0.0,
        hae_m=0.0,
        detail=detail,
    )


def pong(now_ms: int) -> Event:
    """Return the answer to a ping. Clients time their connection out without it; an echo doesn't serve."""
    return _said("takPong", kinds.PONG, now_ms, _SOON_MS)


def gone(notice_uid: str, uid: str, kind: str, now_ms: int) -> Event:
    """Return the notice that `uid`, last seen as `kind`, has left."""
    detail = f'<link relation="p-p" uid={quoteattr(uid)} type="{kind}"/>'.encode()
    return _said(notice_uid, kinds.GONE, now_ms, _SOON_MS, detail)


def protocol_offer(offer_uid: str, version: str, now_ms: int) -> Event:
    """Return the offer to speak TAK protocol v1."""
    detail = (
        '<TakControl><TakProtocolSupport version="1"/>'
        f'<TakServerVersionInfo serverVersion="jointhq-{version}" apiVersion="3"/></TakControl>'
    ).encode()
    return _said(offer_uid, kinds.OFFER, now_ms, _OFFER_MS, detail, how="m-g")


def protocol_answer(offer_uid: str, now_ms: int, *, accepted: bool) -> Event:
    """Return the answer to a protocol request. After `true` both sides send nothing but protobuf."""
    detail = f'<TakControl><TakResponse status="{str(accepted).lower()}"/></TakControl>'.encode()
    return _said(offer_uid, kinds.RESPONSE, now_ms, _OFFER_MS, detail, how="m-g")


def undelivered(chat: Event, now_ms: int) -> Event:
    """Return the copy of a chat message that tells its sender nobody got it."""
    said = copy.copy(chat)
    said.detail = detail_xml(chat)
    said.type, said.time_ms, said.to, said.xml, said.frame = kinds.CHAT_UNDELIVERED, now_ms, (), None, None
    return said


def requested_version(event: Event) -> int:
    """Return the TAK protocol version that a `t-x-takp-q` asks for; 0 where it names none."""
    for child in detail_children(event):
        request = child.find("TakRequest") if child.tag == "TakControl" else None
        if request is not None:
            text = request.get("version", "")
            return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    return 0


def removed_uid(event: Event) -> str:
    """Return which uid a `t-x-d-d` removes; empty where it names none (pytak greets so)."""
    for child in detail_children(event):
        if child.tag == "link":
            return child.get("uid", "")
    return ""
