"""The people of the demo: one for each thing that a label decides.

Owns: who they are, and writing them into the journal of a new demo. Doesn't own: rules about people (`people`).
None has a password: `jointhq link --user NAME` signs one in.
"""

import uuid
from typing import Final

from jointhq.base.clock import Clock
from jointhq.journal.journal import Draft, Journal
from jointhq.journal.record import Body
from jointhq.people.directory import FOREVER_MS, LOG, RELEASE, WATCH, Directory
from jointhq.people.records import AppointmentAdded, AppointmentAssigned, PersonAdded
from jointhq.release.label import Label

POLICY: Final = "DEMO-USA-JPN"
NAMESPACE: Final = uuid.UUID("5e3f0a0e-6a7a-4a0e-9b59-0c4a3a8d6c11")
# User name, name, name in Japanese, nation, level, organisation, title, title in Japanese, permissions.
PEOPLE: Final = (
    ("watch", "R. Hale", "R・ヘイル", "USA", "CUI", "USFJ", "J3 watch officer", "J3当直士官", (WATCH, RELEASE, LOG)),
    (
        "liaison",
        "Sato K.",
        "佐藤 健",
        "JPN",
        "CUI",
        "JJOC",
        "JJOC liaison officer",
        "統合作戦司令部連絡官",
        (WATCH, LOG),
    ),
    ("relief", "M. Ortiz", "M・オルティス", "USA", "CUI", "USFJ", "", "", ()),
    ("observer", "J. Ward", "J・ウォード", "AUS", "U", "HQJOC", "Observer", "オブザーバー", (WATCH,)),
)
RELIEVES: Final = {"relief": "watch"}  # who takes over whose appointment, and has none of his own


async def add_people(journal: Journal, directory: Directory, label: Label, clock: Clock) -> None:
    """Write the demo's people where they are not there yet."""
    drafts = []
    for username, name, name_ja, nation, level, organisation, title, title_ja, permissions in PEOPLE:
        person = str(uuid.uuid5(NAMESPACE, f"person {username}"))
        appointment = str(uuid.uuid5(NAMESPACE, f"appointment {RELIEVES.get(username, username)}"))
        if person in directory.persons:
            continue
        bodies: list[tuple[str, Body]] = [
            (
                person,
                PersonAdded(
                    name=name,
                    name_ja=name_ja,
                    username=username,
                    nation=nation,
                    organisation=organisation,
                    policy=POLICY,
                    level=level,
                    cleared_until_ms=FOREVER_MS,
                ),
            ),
            (appointment, AppointmentAssigned(person=person, from_ms=clock.now_ms())),
        ]
        if username not in RELIEVES:
            post = AppointmentAdded(
                title=title,
                title_ja=title_ja,
                organisation=organisation,
                permissions=permissions,
                from_ms=clock.now_ms(),
            )
            bodies.insert(1, (appointment, post))
        drafts += [Draft(body=body, subject=subject, label=label, exercise=True) for subject, body in bodies]
    await journal.append(*drafts)
