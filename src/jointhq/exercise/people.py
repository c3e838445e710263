"""The people of the demo: one for each thing that a label or an authority decides.

Owns: who they are, and writing them into the journal of a new demo. Doesn't own: rules about people (`people`).
None has a password: `jointhq link --user NAME` signs one in.
"""

import uuid
from typing import Final, NamedTuple

from jointhq.base.clock import Clock
from jointhq.journal.journal import Draft, Journal
from jointhq.journal.record import Body
from jointhq.people.directory import COMMAND, FOREVER_MS, LOG, PLAN, RELEASE, WATCH, Directory
from jointhq.people.records import AppointmentAdded, AppointmentAssigned, PersonAdded
from jointhq.release.label import Label

POLICY: Final = "DEMO-USA-JPN"
NAMESPACE: Final = uuid.UUID("5e3f0a0e-6a7a-4a0e-9b59-0c4a3a8d6c11")


class Demo(NamedTuple):
    """One of them. `unit` is whom the appointment speaks for; "" nobody yet."""

    username: str
    name: str
    name_ja: str
    nation: str
    level: str
    organisation: str
    title: str
    title_ja: str
    unit: str
    permissions: tuple[str, ...]


PEOPLE: Final = (
    Demo(
        "watch", "R. Hale", "R・ヘイル", "USA", "CUI", "USFJ", "J3 watch officer", "J3当直士官", "US10",
        (WATCH, RELEASE, LOG),
    ),
    Demo(
        "planner", "D. Osei", "D・オセイ", "USA", "CUI", "USFJ", "J5 planner", "J5計画幕僚", "US10", (WATCH, LOG, PLAN)
    ),
    Demo(
        "chief", "L. Marsh", "L・マーシュ", "USA", "CUI", "USFJ", "Chief of staff", "参謀長", "US10",
        (WATCH, LOG, PLAN, COMMAND),
    ),
    Demo(
        "commander", "W. Castell", "W・カステル", "USA", "CUI", "USFJ", "Commander", "司令官", "US10",
        (WATCH, LOG, COMMAND),
    ),
    Demo(
        "ops", "M. Ortiz", "M・オルティス", "USA", "CUI", "USFJ", "J33 joint operations officer", "J33統合作戦幕僚", "",
        (WATCH, LOG, PLAN, COMMAND),
    ),
    Demo(
        "indopacom", "K. Akana", "K・アカナ", "USA", "CUI", "INDOPACOM", "INDOPACOM J3 director",
        "インド太平洋軍J3部長",
        "US01", (WATCH, LOG, PLAN, COMMAND),
    ),
    Demo(
        "jjoc", "Tanaka Y.", "田中 陽子", "JPN", "CUI", "JJOC", "JJOC operations officer", "統合作戦司令部運用幕僚",
        "JP02", (WATCH, LOG, PLAN, COMMAND),
    ),
    Demo(
        "deputy", "T. Nakoa", "T・ナコア", "USA", "CUI", "INDOPACOM", "INDOPACOM J3 deputy director",
        "インド太平洋軍J3次長",
        "US01", (WATCH, LOG, COMMAND),
    ),
    Demo(
        "liaison", "Sato K.", "佐藤 健", "JPN", "CUI", "JJOC", "JJOC liaison officer", "統合作戦司令部連絡官", "JP02",
        (WATCH, LOG),
    ),
    Demo(
        "jdeputy", "Kudo M.", "工藤 真", "JPN", "CUI", "JJOC", "JJOC deputy director of operations",
        "統合作戦司令部運用次長",
        "JP02", (WATCH, LOG, COMMAND),
    ),
    Demo("relief", "A. Novak", "A・ノヴァク", "USA", "CUI", "USFJ", "", "", "", ()),
    Demo(
        "observer", "J. Ward", "J・ウォード", "AUS", "U", "HQJOC", "Observer", "オブザーバー", "", (WATCH,)
    ),
)  # fmt: skip
RELIEVES: Final = {"relief": "watch"}  # who takes over whose appointment, and has none of his own


def id_of(what: str, username: str) -> str:
    """Return the id of the "person" or the "appointment" of somebody."""
    return str(uuid.uuid5(NAMESPACE, f"{what} {username}"))


def signed(subject: str, body: Body, label: Label, username: str) -> Draft:
    """Return what somebody writes in his appointment."""
    return Draft(
        body=body,
        subject=subject,
        label=label,
        appointment=id_of("appointment", username),
        person=id_of("person", username),
        exercise=True,
    )


async def add_people(journal: Journal, directory: Directory, label: Label, clock: Clock) -> None:
    """Write the demo's people where they are not there yet."""
    drafts = []
    for one in PEOPLE:
        person, appointment = (
            id_of("person", one.username),
            id_of("appointment", RELIEVES.get(one.username, one.username)),
        )
        if person in directory.persons:
            continue
        bodies: list[tuple[str, Body]] = [
            (
                person,
                PersonAdded(
                    name=one.name,
                    name_ja=one.name_ja,
                    username=one.username,
                    nation=one.nation,
                    organisation=one.organisation,
                    policy=POLICY,
                    level=one.level,
                    cleared_until_ms=FOREVER_MS,
                ),
            ),
            (appointment, AppointmentAssigned(person=person, from_ms=clock.now_ms())),
        ]
        if one.username not in RELIEVES:
            post = AppointmentAdded(
                title=one.title,
                title_ja=one.title_ja,
                unit=one.unit,
                organisation=one.organisation,
                permissions=one.permissions,
                from_ms=clock.now_ms(),
            )
            bodies.insert(1, (appointment, post))
        drafts += [Draft(body=body, subject=subject, label=label, exercise=True) for subject, body in bodies]
    await journal.append(*drafts)
