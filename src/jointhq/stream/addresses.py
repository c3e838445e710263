"""Who is reached by which uid and callsign: clients, and the headquarters that they talk with.

Owns: what an event's `<marti>` names means now, and that nobody speaks as the headquarters.
Doesn't own: who may take whose uid, what is sent (`stream.router`).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from jointhq.cot import kinds, xml
from jointhq.cot.event import Dest, Event
from jointhq.stream.client import Client

ALL: Final = "All Streaming"  # the callsign that means everyone
_BY_CALLSIGN: Final = ("callsign", "publish")


class Own(NamedTuple):
    """The headquarters as somebody that clients talk with."""

    uid: str
    callsign: str
    hear: Callable[[Client, Event], None]  # what one says to it
    met: Callable[[], None]  # somebody has said who he is


class Addresses:
    """Everyone who has said who he is."""

    def __init__(self) -> None:
        self.own: Own | None = None
        self._by_uid: dict[str, Client] = {}
        self._by_callsign: dict[str, dict[int, Client]] = {}

    def of_uid(self, uid: str) -> Client | None:
        """Return the client that is connected with a uid."""
        return self._by_uid.get(uid)

    def enter(self, client: Client) -> None:
        """Reach a client by what it says it is; by its uid, it alone."""
        self._by_callsign.setdefault(client.session.callsign, {})[client.key] = client
        self._by_uid[client.session.uid] = client

    def leave(self, client: Client) -> bool:
        """Forget a client; return whether it was the one of its uid."""
        self.forget_callsign(client, client.session.callsign)
        uid = client.session.uid
        known = bool(uid) and self._by_uid.get(uid) is client
        if known:
            del self._by_uid[uid]
        return known

    def forget_callsign(self, client: Client, callsign: str) -> None:
        """Reach a client by a callsign no more."""
        known = self._by_callsign.get(callsign)
        if known is not None:
            known.pop(client.key, None)
            if not known:
                del self._by_callsign[callsign]

    def found(self, dest: Dest) -> dict[int, Client]:
        """Return the clients that are meant, by key."""
        if dest.by == "uid":
            client = self._by_uid.get(dest.value)
            return {} if client is None else {client.key: client}
        return self._by_callsign.get(dest.value, {}) if dest.by in _BY_CALLSIGN else {}

    def is_own(self, dest: Dest) -> bool:
        """Tell whether the headquarters is meant."""
        own = self.own
        return own is not None and (
            dest.value == own.uid if dest.by == "uid" else dest.by in _BY_CALLSIGN and dest.value == own.callsign
        )

    def poses(self, event: Event) -> bool:
        """Tell whether an event of a client says that it comes from the headquarters."""
        own = self.own
        if own is None or any(self.is_own(dest) for dest in event.to):
            return False
        return event.uid == own.uid or (event.type == kinds.CHAT and own.uid.encode() in xml.detail_xml(event))


def is_to_all(event: Event) -> bool:
    """Tell whether an event that names somebody means everyone."""
    return any(dest.value == ALL and dest.by in _BY_CALLSIGN for dest in event.to)
