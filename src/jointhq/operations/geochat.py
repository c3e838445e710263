"""Orders as chat that a plain TAK client shows, and its answers as what they mean.

Owns: the events (chat, map marker, receipt, the headquarters as a contact), the text of an order for a chat window,
reading receipts and replies, the ids of messages. No I/O.
Doesn't own: who is owed what (`operations.gateway`), what an answer does (`operations.rules.answers`), the words
(`data/chat.json`, `data/replies.json`).

A message's id follows from the addressee and what it has to do, so that sending it again after a restart is the same
message for a client that has it. Its code follows from that id: four letters and digits that a reply may name.
"""

import unicodedata
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

import msgspec

from jointhq.base import dtg
from jointhq.base.errors import BadInput
from jointhq.base.text import shown
from jointhq.cot import kinds
from jointhq.cot.event import Event
from jointhq.cot.times import format_time
from jointhq.cot.xml import detail_children
from jointhq.operations import numbers, tables

DELIVERED: Final = "b-t-f-d"
READ: Final = "b-t-f-r"
MARKER: Final = "b-m-p-s-m"
CONTACT: Final = "a-f-G-U-C"
TEXT_CHARS_MAX: Final = 6_000  # an event of 64 KiB is the largest that ATAK takes, and a character may need eight
HEARD_CHARS_MAX: Final = 2_000  # of a reply; a reason is a sentence
DAY_MS: Final = 86_400_000
MARKER_MS: Final = 7 * DAY_MS
CODE: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another
YELLOW: Final = -256  # ARGB
_BETWEEN: Final = " \t\r\n.,:;#-、。・"  # what may stand between a word and what follows

Meaning = Literal["acknowledged", "wilco", "cantco", "havco", "accepted", "declined"]


class Speaker(msgspec.Struct, frozen=True):
    """The headquarters as a contact of TAK clients."""

    uid: str
    callsign: str
    lat: float
    lon: float


class Hearer(msgspec.Struct, frozen=True):
    """One client."""

    uid: str
    callsign: str


class Heard(msgspec.Struct, frozen=True):
    """What a client said to the headquarters: a text, or that it has or has opened a message."""

    what: Literal["text", "delivered", "opened"]
    message_id: str
    text: str = ""


class Reply(msgspec.Struct, frozen=True):
    """What a text means. `code` is "" where it names none of those asked about."""

    meaning: Meaning
    code: str
    rest: str


# -- ids


def message_id(addressee_id: str, phase: str) -> str:
    """Return the id of the message that tells an addressee's people what is asked of them now."""
    return numbers.derived(addressee_id, phase, "chat")


def code_of(message: str) -> str:
    """Return the code of a message, by which a reply may name it."""
    number = int(message.replace("-", "")[-10:], 16)
    return "".join(CODE[number >> shift & 31] for shift in (0, 5, 10, 15))


# -- what is said


def _event(uid: str, kind: str, now_ms: int, for_ms: int, detail: str, *, how: str = "h-g-i-g-o",
           lat: float = 0.0, lon: float = 0.0) -> Event:  # fmt: skip
    return Event(
        uid=uid,
        type=kind,
        how=how,
        time_ms=now_ms,
        start_ms=now_ms,
        stale_ms=now_ms + for_ms,
        lat=lat,
        lon=lon,
        detail=detail.encode(),
    )


def contact(speaker: Speaker, now_ms: int) -> Event:
    """Return the headquarters' own report: without it a client can show a message, but not answer it."""
    callsign = quoteattr(speaker.callsign)
    detail = (
        f'<contact callsign={callsign} endpoint="*:-1:stcp"/><uid Droid={callsign}/>'
        '<__group name="White" role="HQ"/><takv device="server" platform="jointhq" os="" version=""/>'
    )
    return _event(speaker.uid, CONTACT, now_ms, DAY_MS, detail, how="m-g", lat=speaker.lat, lon=speaker.lon)


def chat(speaker: Speaker, hearer: Hearer, message: str, text: str, now_ms: int) -> Event:
    """Return a GeoChat message to one client."""
    to, room, by = quoteattr(hearer.uid), quoteattr(hearer.callsign), quoteattr(speaker.callsign)
    own = quoteattr(speaker.uid)
    detail = (
        f'<__chat id={to} chatroom={room} messageId="{message}" senderCallsign={by} parent="RootContactGroup"'
        f' groupOwner="false"><chatgrp id={to} uid0={own} uid1={to}/></__chat>'
        f'<link uid={own} type="{CONTACT}" relation="p-p"/>'
        f"<remarks source={quoteattr('BAO.F.jointhq.' + speaker.uid)} sourceID={own} to={to}"
        f' time="{format_time(now_ms)}">{escape(printable(text))}</remarks>'
    )
    uid = f"GeoChat.{speaker.uid}.{hearer.uid}.{message}"
    return _event(uid, kinds.CHAT, now_ms, DAY_MS, detail, lat=speaker.lat, lon=speaker.lon)


def received(speaker: Speaker, hearer: Hearer, message: str, now_ms: int) -> Event:
    """Return the receipt for what a client said: it has been written down."""
    to = quoteattr(hearer.uid)
    detail = (
        f"<__chatreceipt id={to} chatroom={quoteattr(hearer.callsign)} messageId={quoteattr(message)}"
        f' senderCallsign={quoteattr(speaker.callsign)} parent="RootContactGroup" groupOwner="false">'
        f"<chatgrp id={to} uid0={quoteattr(speaker.uid)} uid1={to}/></__chatreceipt>"
        f'<link uid={quoteattr(speaker.uid)} type="{CONTACT}" relation="p-p"/>'
    )
    return _event(message, DELIVERED, now_ms, DAY_MS, detail, how="m-g", lat=speaker.lat, lon=speaker.lon)


def marker(speaker: Speaker, task: str, name: str, remarks: str, lat: float, lon: float, now_ms: int) -> Event:
    """Return the place of a task as a marker that a client keeps."""
    detail = (
        f"<contact callsign={quoteattr(printable(name))}/><remarks>{escape(printable(remarks))}</remarks>"
        f'<link uid={quoteattr(speaker.uid)} type="{CONTACT}" relation="p-p"'
        f' parent_callsign={quoteattr(speaker.callsign)} production_time="{format_time(now_ms)}"/>'
        f'<usericon iconsetpath="COT_MAPPING_SPOTMAP/{MARKER}/{YELLOW}"/><color argb="{YELLOW}"/><archive/>'
    )
    return _event(f"jointhq.task.{task}", MARKER, now_ms, MARKER_MS, detail, lat=lat, lon=lon)


def printable(text: str) -> str:
    """Return a text without what XML can't say."""
    return "".join(c for c in text if c in "\n\t" or (unicodedata.category(c)[0] != "C" and c < "\ufffe"))


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A task in words: verb and object, and the rest by its name in `chat.json`."""

    what: str
    unit: str = ""  # of a request: who would have to do it
    more: tuple[tuple[str, str], ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a chat window is to show of an order."""

    phase: Literal["order", "request", "info"]
    banner: str
    name: str
    title: str
    sender: str
    precedence: str
    exercise: bool
    issued_ms: int
    effective_ms: int
    letter: str
    tasks: tuple[Part, ...]
    paragraphs: tuple[tuple[str, str], ...]
    annexes: tuple[str, ...] = ()


def group(ms: int, letter: str) -> str:
    """Return a date-time group; "" for a moment that has none."""
    try:
        return dtg.write(ms, letter)
    except BadInput:
        return ""


def text_of(message: Message, code: str, language: str) -> str:
    """Return the message as text: mark first and last, what the unit has to do before everything else."""
    w = tables.chat_words(language)
    lines = [message.banner]
    if message.exercise:
        lines.append(w["exercise"])
    lines += [
        f"{w[message.phase]} {message.name} {message.precedence.upper()} {group(message.issued_ms, message.letter)}",
        f"{w['from']}: {message.sender}",
        message.title,
    ]
    if message.effective_ms > message.issued_ms:
        lines.append(f"{w['in_force']}: {group(message.effective_ms, message.letter)}")
    if message.tasks:
        lines.append(w["tasks"] if message.phase == "order" else w["asked"])
    for number, task in enumerate(message.tasks, 1):
        said = [f"{w[name]} {value}" for name, value in task.more if value]
        lines.append("; ".join([f"{number}. {task.unit and task.unit + ': '}{task.what}", *said]))
    first = [f"{w[name]}: {text}" for name, text in message.paragraphs if name == "mission"]
    rest = [f"{w[name]}: {text}" for name, text in message.paragraphs if name != "mission"]
    end = [w[f"reply_{message.phase}"].format(code=code), message.banner]
    if message.annexes:
        rest.append(f"{w['annexes']}: {', '.join(message.annexes)}")
    body, tail = "\n".join([*lines, *first, *rest]), "\n".join(end)
    if len(body) + len(tail) >= TEXT_CHARS_MAX:
        body = f"{body[: TEXT_CHARS_MAX - len(tail) - len(w['cut']) - 2]}\n{w['cut']}"
    return f"{body}\n{tail}"


# -- what is heard


def read(event: Event) -> Heard | None:
    """Return what an event addressed to the headquarters says; None where it says nothing to us."""
    if event.type not in (kinds.CHAT, DELIVERED, READ):
        return None
    text, message = "", ""
    for child in detail_children(event):
        if child.tag in ("__chat", "__chatreceipt"):
            message = child.get("messageId", "")
        elif child.tag == "remarks":
            text = child.text or ""
    if event.type == kinds.CHAT:
        return Heard("text", (message or event.uid.rpartition(".")[2])[:200], shown(text[:HEARD_CHARS_MAX]).strip())
    return Heard("delivered" if event.type == DELIVERED else "opened", (message or event.uid)[:200])


def reply(text: str, codes: frozenset[str]) -> Reply | None:
    """Return what a text means; None where it begins with no word of the table. `codes` are those it may name."""
    whole = unicodedata.normalize("NFKC", text).strip()
    for word, meaning in _words():
        head, tail = whole[: len(word)].casefold(), whole[len(word) :]
        if head == word and (not tail or not (tail[0].isalnum() or tail[0] == "_")):
            rest = tail.strip(_BETWEEN)
            first = rest.split(maxsplit=1)
            code = first[0].strip(_BETWEEN).upper() if first else ""
            if code in codes:
                return Reply(meaning, code, first[1] if len(first) > 1 else "")
            return Reply(meaning, "", rest)
    return None


def _words() -> list[tuple[str, Meaning]]:
    """Return the words with their meaning, the longest first."""
    found: list[tuple[str, Meaning]] = []
    for meaning, words in tables.reply_words().items():
        known: Meaning = msgspec.convert(meaning, Meaning)
        found += [(unicodedata.normalize("NFKC", word).casefold(), known) for word in words]
    return sorted(found, key=lambda one: -len(one[0]))
