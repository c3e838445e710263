"""One TAK client's conversation: bytes in, events and answers out.

Owns: which encoding the client speaks and the negotiation of it, pings, who the client says it is, what is refused.
Doesn't own: sockets and timers (`stream.tcp`), who gets an event (`stream.router`).
Source: TAK protocol as ATAK, WinTAK, node-tak and pytak speak it (ATAK-CIV, "TAK Protocol, version 1").
"""

import contextlib
from collections import Counter
from typing import Literal

from jointhq.base.errors import BadEvent, PeerFault
from jointhq.cot import kinds, messages, proto, xml
from jointhq.cot.event import Event
from jointhq.cot.framing import EVENT_BYTES_MAX, Message, StreamFramer

Encoding = Literal["xml", "protobuf"]
_START = b"<event"


def encode(event: Event, encoding: Encoding) -> bytes:
    """Return the event as it goes on the wire; made once per encoding, whoever asks."""
    return xml.write(event) if encoding == "xml" else proto.encode(event)


class Session:
    """What one connection has said so far. No I/O; `now_ms` comes from the shell."""

    __slots__ = ("_framer", "_offer_uid", "callsign", "encoding", "events_in", "refused", "sa_type", "uid")

    def __init__(self, offer_uid: str, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        self._framer = StreamFramer(event_bytes_max)
        self._offer_uid = offer_uid
        self.encoding: Encoding = "xml"
        self.uid = ""  # of the client's own position report; empty until it sends one
        self.callsign = ""
        self.sa_type = ""
        self.events_in = 0
        self.refused: Counter[str] = Counter()

    @property
    def fault(self) -> PeerFault | None:
        """Why this connection must end; None while it may go on."""
        return self._framer.fault

    def greeting(self, version: str, now_ms: int) -> bytes:
        """Return what the server says first: the offer of TAK protocol v1."""
        return xml.write(messages.protocol_offer(self._offer_uid, version, now_ms))

    def receive(self, data: bytes, now_ms: int) -> tuple[list[Event], bytes]:
        """Take bytes off the wire; return the events meant for others, and what to answer at once."""
        events: list[Event] = []
        answer = b""
        for message in self._framer.receive(data):
            event = self._event(message)
            if event is None:
                continue
            self.events_in += 1
            if event.type.startswith("t-"):
                said = self._control(event, now_ms)
                if said is None:
                    events.append(event)
                else:
                    answer += said
            else:
                events.append(event)
                if event.callsign and event.type.startswith("a-"):
                    self._learn(event)
        return events, answer

    def _event(self, message: Message) -> Event | None:
        """Return the event of one message; None where it is refused, which is counted with its reason."""
        is_proto, data = message
        try:
            if is_proto:
                self.encoding = "protobuf"  # a client that sends frames reads them, asked or not (pytak doesn't ask)
                return proto.decode(data)
            return xml.parse(data)
        except BadEvent as bad:
            self.refused[bad.reason] += 1
        # What was cut off, or is no event, may sit before one that is whole.
        last = -1 if is_proto else data.rfind(_START)
        if last > 0:
            with contextlib.suppress(BadEvent):
                return xml.parse(data[last:])
        return None

    def _control(self, event: Event, now_ms: int) -> bytes | None:
        """Return the answer to a control event, empty where it needs none; None for one that others must see."""
        if event.type == kinds.PING:
            return encode(messages.pong(now_ms), self.encoding)
        if event.type == kinds.REQUEST:
            accepted = event.uid == self._offer_uid and messages.requested_version(event) == 1
            answer = encode(messages.protocol_answer(event.uid, now_ms, accepted=accepted), self.encoding)
            if accepted:
                self.encoding = "protobuf"  # the answer is the last XML
            return answer
        if event.type in kinds.IGNORED:
            return b""
        if event.type == kinds.GONE and not messages.removed_uid(event):
            return b""  # pytak's greeting
        return None

    def disown(self) -> None:
        """Forget who the client said it is: it is somebody else."""
        self.uid = self.callsign = self.sa_type = ""

    def _learn(self, event: Event) -> None:
        """Take the uid and callsign of the client's own report: the first friendly atom, or one with an endpoint."""
        if event.uid == self.uid:
            self.callsign = event.callsign
        elif not self.uid and (event.type.startswith("a-f-") or b" endpoint=" in xml.detail_xml(event)):
            self.uid, self.callsign, self.sa_type = event.uid, event.callsign, event.type
