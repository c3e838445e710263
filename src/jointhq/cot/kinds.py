"""What a CoT type asks of a server.

Owns: which events are places that a newer one replaces, which are state that a late joiner gets, which are control.
Doesn't own: how a type is drawn or said in words (the page). Source: CoT type tree; TAK clients' own types.
"""

from typing import Final

PING: Final = "t-x-c-t"
PONG: Final = "t-x-c-t-r"
GONE: Final = "t-x-d-d"
OFFER: Final = "t-x-takp-v"
REQUEST: Final = "t-x-takp-q"
RESPONSE: Final = "t-x-takp-r"
CHAT: Final = "b-t-f"
CHAT_UNDELIVERED: Final = "b-t-f-s"
METRICS: Final = "t-x-c-m"

# Old-style subscriptions and queries: taken and ignored; nobody else is told.
IGNORED: Final = frozenset({"t-b", "t-b-a", "t-b-c", "t-b-q", "t-x-c-f", PONG, METRICS, OFFER, RESPONSE})

EMERGENCY: Final = "b-a-o"
EMERGENCY_OVER: Final = "b-a-o-can"

# What is somewhere: units and equipment, map marks, drawings, emergencies, videos. Chat, tasking, files are not.
STATE: Final = ("a-", "b-m-", "u-", EMERGENCY, "b-i-v")


def is_position(kind: str) -> bool:
    """Tell whether a newer event of the same uid makes this one worthless (an atom: where something is)."""
    return kind.startswith("a-")


def is_state(kind: str) -> bool:
    """Tell whether this is something that is there, to be shown and replayed: an atom, marker, drawing, alert."""
    return kind.startswith(STATE)
