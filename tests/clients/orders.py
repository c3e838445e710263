"""What a plain TAK client hears of orders, and says back.

Owns: telling an order among other messages, receipts and replies as ATAK writes them.
Doesn't own: who is connected (`secure`), what must come of it (the tests).
"""

from tests.clients.harness import START_S, Client, Seen, event, stamp
from tests.clients.secure import SecureClient

HQ = "jointhq-USFJ"


def started(client: SecureClient) -> SecureClient:
    """Return a client that has enrolled, is connected and has said who it is."""
    client.wait_line("enrolled", within_s=START_S)
    client.wait_line("ready", within_s=START_S)
    client.identify()
    client.sync()
    return client


def is_order(seen: Seen) -> bool:
    return seen.type == "b-t-f" and HQ in seen.uid


def text_of(seen: Seen) -> str:
    return seen.detail("remarks").text or ""


def message_of(seen: Seen) -> str:
    return seen.detail("__chat").get("messageId", "")


def reply(client: Client, text: str) -> str:
    return event(
        f"GeoChat.{client.uid}.{HQ}.{text[:4]}", "b-t-f",
        f'<__chat id="{HQ}" chatroom="HQ" messageId="{text[:4]}" senderCallsign="{client.callsign}" '
        f'parent="RootContactGroup" groupOwner="false"><chatgrp id="{HQ}" uid0="{client.uid}" uid1="{HQ}"/></__chat>'
        f'<link uid="{client.uid}" type="a-f-G-U-C" relation="p-p"/>'
        f'<remarks source="BAO.F.ATAK.{client.uid}" to="{HQ}" time="{stamp()}">{text}</remarks>'
        f'<marti><dest uid="{HQ}"/></marti>',
        how="h-g-i-g-o",
    )  # fmt: skip


def receipt(client: Client, message: str, kind: str) -> str:
    return event(message, kind, f'<__chatreceipt messageId="{message}"/><marti><dest uid="{HQ}"/></marti>')
