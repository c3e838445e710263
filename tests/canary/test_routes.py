"""The canary at the running server: every route, every socket, every stream, for every kind of reader.

Each text that a record, an event, a card, a feed or a client can carry has a canary of its own (`tests.support.house`).
Readers of two nations, several clearances, groups and organisations ask for everything that can be asked for, with ids
that are theirs, hidden and absent. No byte that comes back holds what the reader may not see; what he may is there;
hidden and absent answer alike. A route, a kind of message or a TAK path that isn't in a table here fails, by its name.
"""

import asyncio
import json
import re
import zlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
import pytest_asyncio
import websockets
from prometheus_client.parser import text_string_to_metric_families

from jointhq.command.records import ContactLost
from jointhq.cot import kinds, xml
from jointhq.journal.record import Draft
from jointhq.operations.authority import Reporting, Unit, Verdict
from jointhq.people.directory import FOREVER_MS
from jointhq.people.links import new_token
from jointhq.release.label import Label
from jointhq.release.reader import ANON, Reader
from jointhq.web import api as web_api
from jointhq.web.api import make_app
from tests.picture.page import PyPage
from tests.support.house import (
    LABELS,
    LAPSED_MS,
    ORGANISATIONS,
    POLICY,
    House,
    Secret,
    Who,
    csr,
    event,
    house,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

ABSENT = {
    "person": "01985ad0-0000-7000-8000-000000000000",
    "appointment": "01985ad0-0000-7000-8000-000000000000",
    "invitation": "01985ad0-0000-7000-8000-000000000000",
    "session": "01985ad0-0000-7000-8000-000000000000",
    "record": "01985ad0-0000-7000-8000-000000000000",
    "certificate": "0" * 64,
    "track": "kn0z",
    "word": "kn0z",
    "entry": "01985ad0-0000-7000-8000-000000000000",
    "file": "01985ad0-0000-7000-8000-000000000000",
    "order": "01985ad0-0000-7000-8000-000000000000",
    "addressee": "01985ad0-0000-7000-8000-000000000000",
    "annex": "01985ad0-0000-7000-8000-000000000000",
    "mission": "01985ad0-0000-7000-8000-000000000000",
    "combined": "01985ad0-0000-7000-8000-000000000000",
    "unit": "kn0z",
    "change": "kn0z",
    "relation": "kn0z",
    "ordered unit": "kn0z",
    "report": "01985ad0-0000-7000-8000-000000000000",
    "handover": "01985ad0-0000-7000-8000-000000000000",
    "event": "01985ad0-0000-7000-8000-000000000000",
    "calendar": "01985ad0-0000-7000-8000-000000000000",
    "ccir": "01985ad0-0000-7000-8000-000000000000",
    "hit": "01985ad0-0000-7000-8000-000000000000",
    "rfi": "01985ad0-0000-7000-8000-000000000000",
}


class Route(NamedTuple):
    """How a route is asked. `<kind>` in address or body stands for an id of that kind."""

    query: str = ""
    body: dict[str, Any] | None = None
    seen: bool = True  # asked too with ids that the reader may see: it changes nothing


PERSON = {
    "name": "n", "username": "nobody-new", "nation": "USA", "organisation": "USFJ", "policy": POLICY, "level": "U",
    "version": "x",
}  # fmt: skip
ORDER = {"type": "OPORD", "title": "t", "version": "x"}
ANNEX = {"letter": "B", "text": "x", "version": "x"}
ANNEX_OF_FILE = {"letter": "B", "files": ["<file>"]}
MISSION = {"title": "t", "text": "x", "from_ms": 1, "version": "x"}
TASK = {"verb": "patrol", "what": "x"}
APPOINTMENT = {"title": "t", "organisation": "USFJ", "version": "x"}
DAY = {"day": "2099-01-01"}
EVENT = {
    "name": "n", "short": "s", "kind": "board", "version": "x",
    "schedule": {"zone": "UTC", "first": "2026-01-05", "start": "0000", "minutes": 1},
}  # fmt: skip
SHOWN = (
    r"command (change|unit|name|short|external_id|note|place|strength|responsibility title"
    r"|title|phase) |ccir (draft|answered|in force|text_ja|decision) |rfi question "
)
RELATION = {"relation": "+r", "type": "ORG"}
CCIR = {"type": "PIR", "text": "x", "owner": "<own appointment>", "version": "x"}
RFI = {"question": "x", "reason": "x", "asked_of": "kn0z", "version": "x"}
SCENARIO = {
    "type": "ORBAT-mapper", "name": "n",
    "sides": [{"id": "s", "name": "s", "subUnits": [{"id": "<unit>", "name": "n", "sidc": ""}]}],
}  # fmt: skip
PAST = "from=0&to=4000000000000"
WEB: dict[str, list[Route]] = {
    "GET /api/headquarters": [Route()],
    "GET /api/picture": [],  # the socket: a test of its own
    "GET /api/picture/at": [Route(), Route("?t=1"), Route("?t=<now>")],
    "GET /api/track": [Route(), Route("?uid=<track>")],
    "GET /api/track/path": [Route(), Route(f"?uid=<track>&{PAST}")],
    "GET /healthz": [],  # of operators on this machine: a test of its own
    "GET /metrics": [],
    "GET /schema/openapi.json": [Route()],
    "GET /api/sign-in": [Route()],
    "POST /api/sign-in": [Route(body={"token": "x"})],
    "POST /api/sign-in/password": [Route(body={"username": "<username>", "password": "a long walk to the sea"})],
    "POST /api/sign-in/passkey/options": [Route()],
    "POST /api/sign-in/passkey": [Route(body={"credential": {"id": "x"}})],
    "GET /api/sign-in/oidc": [Route()],
    "GET /api/sign-in/oidc/callback": [Route("?state=x&code=y")],
    "POST /api/sign-in/certificate": [Route()],
    "GET /api/session": [Route()],
    "POST /api/sign-out": [],  # the last thing that a reader does
    "POST /api/appointments/take": [Route(body={"appointment": "<appointment>"}, seen=False)],
    "POST /api/appointments/lay-down": [Route(body={"note": 1})],
    "PUT /api/session/password": [Route(body={"password": "short"})],
    "GET /api/session/passkeys": [Route()],
    "POST /api/session/passkeys/options": [Route()],
    "POST /api/session/passkeys": [Route(body={"credential": {"id": "x"}})],
    "POST /api/session/passkeys/remove": [Route(body={"id": "x"})],
    "GET /api/session/sessions": [Route()],
    "POST /api/session/sessions/end": [Route(body={"id": "<session>"}, seen=False)],
    "GET /api/session/certificates": [Route()],
    "POST /api/session/certificates/revoke": [Route(body={"id": "<certificate>"}, seen=False)],
    "POST /api/session/enrolment": [Route(body={"appointment": "<appointment>"}, seen=False)],
    "GET /api/people/choices": [Route()],
    "GET /api/people": [Route()],
    "POST /api/people": [Route(body={**PERSON, "level": "NONE"})],
    "GET /api/people/{person_id:str}": [Route("<person>")],
    "PUT /api/people/{person_id:str}": [Route("<person>", PERSON)],
    "POST /api/people/{person_id:str}/remove": [Route("<person>", {"version": "x"})],
    "POST /api/people/{person_id:str}/reinstate": [Route("<person>", {"version": "x"})],
    "POST /api/people/{person_id:str}/sessions/end": [Route("<person>", {}, seen=False)],
    "POST /api/people/{person_id:str}/credentials/remove": [Route("<person>", {}, seen=False)],
    "GET /api/appointments": [Route()],
    "POST /api/appointments": [Route(body={**APPOINTMENT, "organisation": "no such"})],
    "PUT /api/appointments/{appointment_id:str}": [Route("<appointment>", APPOINTMENT)],
    "POST /api/appointments/{appointment_id:str}/end": [Route("<appointment>", {"version": "x"})],
    "POST /api/appointments/{appointment_id:str}/assign": [
        Route("<appointment>", {"version": "x", "person": ABSENT["person"]}),
        Route("<own appointment>", {"version": "x", "person": "<person>"}),
    ],
    "POST /api/appointments/{appointment_id:str}/unassign": [
        Route("<appointment>", {"version": "x", "person": ABSENT["person"]}),
        Route("<own appointment>", {"version": "x", "person": "<person>"}),
    ],
    "GET /api/invitations": [Route()],
    "POST /api/invitations": [
        Route(body={"purpose": "sign-in", "person": "<person>"}, seen=False),
        Route(body={"purpose": "enrolment", "person": "<multiple>", "appointment": "<appointment>"}, seen=False),
    ],
    "POST /api/invitations/{invitation_id:str}/revoke": [Route("<invitation>", {}, seen=False)],
    "GET /api/certificates": [Route(), Route("?ends_within_days=400")],
    "POST /api/certificates/{fingerprint:str}/revoke": [Route("<certificate>", {}, seen=False)],
    "GET /api/why/readers": [Route()],
    "GET /api/why": [
        Route("?reader=<person>&person=<own person>"),
        Route("?reader=<own person>&person=<person>"),
        Route("?reader=<multiple>&person=<person>"),
        Route("?reader=<own person>&person=<own person>&appointment=<appointment>"),
        Route("?reader=<own person>&uid=<track>"),
        Route("?reader=<own person>&record=<record>"),
    ],
    "GET /api/command/units": [Route(), Route("?known=<now>&at=<now>"), Route("?at=1")],
    "GET /api/command/units/{unit:str}": [Route("<unit>")],
    "GET /api/command/moments": [Route()],
    "GET /api/command/may": [
        Route("?superior=<unit>&subordinate=kn0z&action=assign_task", seen=False),
        Route("?superior=kn0z&subordinate=<unit>&action=assign_task", seen=False),
    ],
    "GET /api/command/matrix": [Route("?unit=<unit>")],
    "GET /api/command/strength": [Route()],
    "POST /api/command/import": [
        Route("?dry_run=true", SCENARIO),
        Route("?dry_run=true&format=csv", SCENARIO),
    ],  # a draft of it is as any other: POST /api/command/changes
    "GET /api/command/export": [
        *(Route(f"?format={name}") for name in ("orbat-mapper", "csv", "xlsx", "geojson", "kml")),
        *(Route(f"?format={name}&times=all") for name in ("orbat-mapper", "csv", "xlsx", "geojson", "kml")),
        Route("?format=csv&known=<now>&at=<now>"),
        Route("?format=csv&known=1"),
        Route("?format=kn0z"),
    ],
    "GET /api/command/changes": [Route()],
    "POST /api/command/changes": [
        Route(body={"title": "x", "phases": [{"name": "y", "acts": [{"kind": kind, **named}]}]}, seen=False)
        for kind, named in (
            ("unit.placed", {"unit": "<unit>"}),
            ("relation.ended", {"relation": "<relation>"}),
            ("relation.made", {**RELATION, "superior": "<unit>", "subordinate": "+a"}),
            ("relation.made", {**RELATION, "superior": "+a", "subordinate": "+b", "granted_by": "<unit>"}),
            ("unit.added", {"unit": "<unit>", "name": "x"}),
            ("appointment.bound", {"appointment": ABSENT["appointment"], "unit": "<unit>"}),
        )
    ],
    "GET /api/command/changes/{change_id:str}": [Route("<change>")],
    "PUT /api/command/changes/{change_id:str}": [
        Route("<change>", {"title": "x", "phases": [{"name": "y", "acts": []}], "version": "x"})
    ],
    "GET /api/command/changes/{change_id:str}/difference": [Route("<change>")],
    "POST /api/command/changes/{change_id:str}/submit": [Route("<change>", {"version": "x"})],
    "POST /api/command/changes/{change_id:str}/withdraw": [Route("<change>", {"version": "x"})],
    "POST /api/command/changes/{change_id:str}/return": [Route("<change>", {"version": "x", "note": "y"})],
    "POST /api/command/changes/{change_id:str}/concur": [Route("<change>", {"version": "x", "office": "y"})],
    "POST /api/command/changes/{change_id:str}/object": [
        Route("<change>", {"version": "x", "office": "y", "note": "z"})
    ],
    "POST /api/command/changes/{change_id:str}/approve": [Route("<change>", {"version": "x"})],
    "POST /api/command/changes/{change_id:str}/reverse": [Route("<change>", {}, seen=False)],
    "GET /api/command/choices": [Route()],
    "GET /api/command/prompts": [Route()],
    "POST /api/command/units/{unit:str}/succession": [
        Route("<unit>", {"decision": "wait", "note": "x", "version": "x"}),
    ],
    "POST /api/command/relations/{relation_id:str}/accept": [
        Route("<relation>", {"side": "gaining"}, seen=False),
        Route("<relation>", {"side": "losing"}, seen=False),
    ],
    "GET /api/operations/log": [
        Route(),
        Route("?known=<now>&standing=true"),
        Route("?significant=true&limit=1"),
        Route("?q=<word>"),
        Route("?before=<entry>", seen=False),
    ],
    "POST /api/operations/log": [
        Route(body={"text": "x", "track": "<track>"}, seen=False),
        Route(body={"text": "x", "answers": ["<ccir>"]}, seen=False),
        Route(body={"text": "x", "files": ["<file>"]}, seen=False),
        Route(body={"text": "x", "label": "NONE"}),
    ],
    "GET /api/operations/log/{entry_id:str}": [Route("<entry>")],
    "POST /api/operations/log/{entry_id:str}/correct": [Route("<entry>", {"text": "x", "reason": "y"}, seen=False)],
    "POST /api/operations/log/{entry_id:str}/mark": [Route("<entry>", {"significant": True}, seen=False)],
    "POST /api/operations/files": [Route("?name=a&label=NONE", {})],
    "GET /api/operations/files/{file_id:str}": [Route("<file>")],
    "GET /api/operations/labels": [Route()],
    "POST /api/operations/labels": [
        Route(body={"track": "<track>"}),
        Route(body={"files": ["<file>"]}),
        Route(body={"label": "SECRET"}),
    ],
    "GET /api/operations/orders": [Route()],
    "GET /api/operations/orders/choices": [Route()],
    "POST /api/operations/orders": [
        Route(body={**ORDER, "action": ["<ordered unit>"]}, seen=False),
        Route(body={**ORDER, "info": ["<ordered unit>"]}, seen=False),
        Route(body={**ORDER, "tasks": [{**TASK, "unit": "<ordered unit>"}]}, seen=False),
        Route(body={**ORDER, "mission": "<mission>"}, seen=False),
        Route(body={**ORDER, "supersedes": ["<order>"]}, seen=False),
        Route(body={**ORDER, "escalate_to": "<appointment>"}, seen=False),
        Route(body={**ORDER, "type": "FRAGORD", "base": "<order>"}, seen=False),
    ],
    "GET /api/operations/orders/{order_id:str}": [Route("<order>")],
    "PUT /api/operations/orders/{order_id:str}": [Route("<order>", ORDER)],
    "POST /api/operations/orders/{order_id:str}/annexes": [Route("<order>", ANNEX), Route("<order>", ANNEX_OF_FILE)],
    "PUT /api/operations/annexes/{annex_id:str}": [Route("<annex>", ANNEX)],
    "POST /api/operations/annexes/{annex_id:str}/remove": [Route("<annex>", {"version": "x"})],
    "POST /api/operations/orders/{order_id:str}/submit": [Route("<order>", {"version": "x"})],
    "POST /api/operations/orders/{order_id:str}/concur": [Route("<order>", {"version": "x", "office": "J2"})],
    "POST /api/operations/orders/{order_id:str}/object": [Route("<order>", {"version": "x", "office": "J2"})],
    "POST /api/operations/orders/{order_id:str}/return": [Route("<order>", {"version": "x"})],
    "POST /api/operations/orders/{order_id:str}/approve": [Route("<order>", {"version": "x"})],
    "GET /api/operations/orders/{order_id:str}/look": [Route("<order>")],
    "POST /api/operations/orders/{order_id:str}/issue": [Route("<order>", {"version": "x"})],
    "POST /api/operations/orders/{order_id:str}/withdraw": [Route("<order>", {"version": "x", "reason": "x"})],
    "POST /api/operations/orders/{order_id:str}/cancel": [Route("<order>", {"version": "x", "reason": "x"})],
    "POST /api/operations/orders/{order_id:str}/complete": [Route("<order>", {"version": "x"})],
    "POST /api/operations/addressees/{addressee_id:str}/opened": [Route("<addressee>", {}, seen=False)],
    "POST /api/operations/addressees/{addressee_id:str}/answer": [
        Route("<addressee>", {"answer": "wilco"}, seen=False),
    ],
    "POST /api/operations/addressees/{addressee_id:str}/decide": [Route("<addressee>", {"accept": True}, seen=False)],
    "GET /api/operations/combined": [Route()],
    "POST /api/operations/combined": [Route(body={"title": "t", "text": "x", "other": "<ordered unit>"}, seen=False)],
    "PUT /api/operations/combined/{activity_id:str}": [
        Route("<combined>", {"title": "t", "text": "x", "other": "y", "version": "x"}),
    ],
    "POST /api/operations/combined/{activity_id:str}/agree": [Route("<combined>", {"version": "x"})],
    "POST /api/operations/combined/{activity_id:str}/order": [Route("<combined>", {"order": "x"})],
    "POST /api/operations/combined/{activity_id:str}/end": [Route("<combined>", {"reason": " "})],
    "GET /api/operations/missions": [Route()],
    "POST /api/operations/missions": [Route(body={**MISSION, "given_by": "<ordered unit>"}, seen=False)],
    "PUT /api/operations/missions/{mission_id:str}": [Route("<mission>", MISSION)],
    "POST /api/operations/missions/{mission_id:str}/end": [Route("<mission>", {"version": "x", "reason": "x"})],
    "GET /api/operations/reports": [Route()],
    "POST /api/operations/reports": [
        Route(body={"form": "ICS-214", "entries": ["<entry>"]}, seen=False),
        Route(body={"corrects": "<report>"}, seen=False),
    ],
    "GET /api/operations/reports/{report_id:str}": [Route("<report>")],
    "PUT /api/operations/reports/{report_id:str}": [Route("<report>", {"version": "x", "to": "", "sections": []})],
    "POST /api/operations/reports/{report_id:str}/refresh": [Route("<report>", {"version": "x"})],
    "POST /api/operations/reports/{report_id:str}/approve": [Route("<report>", {"version": "x"})],
    "POST /api/operations/reports/{report_id:str}/return": [Route("<report>", {"version": "x"})],
    "POST /api/operations/reports/{report_id:str}/release": [Route("<report>", {"version": "x"})],
    "POST /api/operations/reports/{report_id:str}/withdraw": [Route("<report>", {"version": "x"})],
    "GET /api/operations/reports/{report_id:str}/file": [
        Route("<report>?as=text"),
        Route("<report>?as=json"),
        Route("<report>"),
    ],
    "PUT /api/operations/report-forms": [Route(body={"code": "x"})],
    "POST /api/operations/report-forms/preview": [
        Route(body={"form": {"code": "TRY", "name": "t", "sections": [{"code": "all", "name": "a", "source": "log"}]}}),
    ],
    "POST /api/operations/report-forms/{code:str}/end": [Route("NONE", {})],
    "PUT /api/operations/report-lines": [Route(body={"form": "NONE", "to": "x"})],
    "GET /api/operations/requirements/choices": [Route()],
    "GET /api/operations/ccir": [Route()],
    "POST /api/operations/ccir": [
        Route(body={**CCIR, "owner": "<appointment>"}, seen=False),
        Route(body={**CCIR, "notify": ["<appointment>"]}, seen=False),
        Route(body={**CCIR, "replaces": "<ccir>"}, seen=False),
    ],
    "GET /api/operations/ccir/{ccir_id:str}": [Route("<ccir>")],
    "PUT /api/operations/ccir/{ccir_id:str}": [Route("<ccir>", CCIR)],
    "POST /api/operations/ccir/{ccir_id:str}/approve": [Route("<ccir>", {"version": "x"})],
    "POST /api/operations/ccir/{ccir_id:str}/answer": [Route("<ccir>", {"version": "x", "note": "x"})],
    "POST /api/operations/ccir/{ccir_id:str}/resume": [Route("<ccir>", {"version": "x", "note": "x"})],
    "POST /api/operations/ccir/{ccir_id:str}/end": [Route("<ccir>", {"version": "x", "reason": "x"})],
    "POST /api/operations/ccir/{ccir_id:str}/look": [Route("<ccir>", {"label": "CUI"})],
    "POST /api/operations/ccir/{ccir_id:str}/hit": [Route("<ccir>", {"entry": "<entry>"}, seen=False)],
    "POST /api/operations/hits/{hit_id:str}/acknowledge": [Route("<hit>", {}, seen=False)],
    "POST /api/operations/hits/{hit_id:str}/strike": [Route("<hit>", {"reason": "x"}, seen=False)],
    "GET /api/operations/rfi": [Route()],
    "POST /api/operations/rfi": [Route(body={**RFI, "asked_of": "<ordered unit>"}, seen=False)],
    "POST /api/operations/rfi/similar": [Route(body={"question": "How many ferries carry trucks?"})],
    "GET /api/operations/rfi/{rfi_id:str}": [Route("<rfi>")],
    "PUT /api/operations/rfi/{rfi_id:str}": [Route("<rfi>", RFI)],
    "POST /api/operations/rfi/{rfi_id:str}/validate": [Route("<rfi>", {"version": "x"})],
    "POST /api/operations/rfi/{rfi_id:str}/task": [Route("<rfi>", {"version": "x", "appointment": "x"})],
    "POST /api/operations/rfi/{rfi_id:str}/look": [Route("<rfi>", {"entries": ["<entry>"]})],
    "POST /api/operations/rfi/{rfi_id:str}/answer": [Route("<rfi>", {"version": "x", "text": "x"})],
    "POST /api/operations/rfi/{rfi_id:str}/satisfy": [Route("<rfi>", {"version": "x"})],
    "POST /api/operations/rfi/{rfi_id:str}/reopen": [Route("<rfi>", {"version": "x", "note": "x"})],
    "POST /api/operations/rfi/{rfi_id:str}/return": [
        Route("<rfi>", {"version": "x", "note": "x"}),
        Route("<own rfi>", {"version": "x", "note": "x", "duplicate_of": "<rfi>"}, seen=False),
    ],
    "POST /api/operations/rfi/{rfi_id:str}/withdraw": [Route("<rfi>", {"version": "x"})],
    "GET /api/operations/handovers": [Route()],
    "GET /api/operations/handovers/offered": [Route()],
    "POST /api/operations/handovers/compose": [Route(body={})],
    "POST /api/operations/handovers": [Route(body={"language": "none"})],
    "POST /api/operations/handovers/{handover_id:str}/withdraw": [Route("<handover>", {}, seen=False)],
    "POST /api/operations/handovers/{handover_id:str}/accept": [Route("<handover>", {}, seen=False)],
    "GET /api/operations/rhythm": [
        Route("?from=<yesterday>&to=4000000000000&zones=Asia/Tokyo,Pacific/Honolulu"),
        Route("?from=0&to=1&zones=kn0z"),
    ],
    "GET /api/operations/rhythm/missing": [Route()],
    "GET /api/operations/rhythm/choices": [Route()],
    "POST /api/operations/rhythm/check": [
        Route(body={"event": {**EVENT, "required": ["<own appointment>"]}, "zones": ["Asia/Tokyo"]}),
        Route(body={"id": "<event>", "event": EVENT}),
        Route(body={"event": {**EVENT, "inputs": [{"event": "<event>"}]}}),
        Route(body={"event": {**EVENT, "chair": "<appointment>"}}, seen=False),
    ],
    "POST /api/operations/rhythm": [
        Route(body={**EVENT, "outputs": [{"event": "<event>"}]}, seen=False),
        Route(body={**EVENT, "label": "NONE"}),
    ],
    "GET /api/operations/rhythm/{event_id:str}": [Route("<event>")],
    "PUT /api/operations/rhythm/{event_id:str}": [Route("<event>", EVENT)],
    "POST /api/operations/rhythm/{event_id:str}/end": [Route("<event>", {"version": "x", "reason": "x"})],
    "POST /api/operations/rhythm/{event_id:str}/skip": [Route("<event>", {**DAY, "reason": "x"}, seen=False)],
    "POST /api/operations/rhythm/{event_id:str}/move": [
        Route("<event>", {**DAY, "reason": "x", "start_ms": 0, "minutes": 1})
    ],
    "POST /api/operations/rhythm/{event_id:str}/restore": [Route("<event>", DAY)],
    "POST /api/operations/rhythm/{event_id:str}/held": [Route("<event>", DAY)],
    "POST /api/operations/rhythm/{event_id:str}/delivered": [Route("<event>", {**DAY, "input": "x"})],
    "GET /api/operations/calendars": [Route()],
    "POST /api/operations/calendars": [Route(body={})],
    "POST /api/operations/calendars/{link_id:str}/revoke": [Route("<calendar>", {}, seen=False)],
    "GET /api/operations/rhythm.ics": [Route("?key=x")],  # by a link: a test of its own
    "POST /api/devices/links": [Route(body={"username": "u", "token": "t"})],
    "GET /api/devices/packages/{client:str}": [Route("atak"), Route("itak"), Route("wintak-nested"), Route("none")],
    "POST /api/devices/packages/{client:str}": [Route("atak", {"username": "<username>", "token": "t"})],
    "GET /api/devices/ca.crt": [Route()],
}
LITESTAR = {"/schema", "/schema/{path:str}"}  # its own; they answer 404
MARTI = {
    "GET /Marti/api/version", "GET /Marti/api/version/config", "GET /Marti/api/version/info", "GET /Marti/api/node/id",
    "GET /Marti/api/util/isAdmin", "GET /Marti/api/util/user/roles", "GET /Marti/api/clientEndPoints",
    "GET /Marti/api/contacts/all", "GET /Marti/api/contacts/lite", "GET /Marti/api/contacts/full",
    "GET /Marti/api/groups/all", "GET /Marti/api/groups/groupCacheEnabled", "PUT /Marti/api/groups/active",
    "PUT /Marti/api/groups/activebits", "GET /Marti/api/device/profile/connection", "GET /Marti/api/video",
    "GET /Marti/vcm", "GET /files/api/config", "GET /ca.crl", "GET /Marti/api/tls/config",
    "POST /Marti/api/tls/signClient/v2",
}  # fmt: skip
ENROLMENT = {
    "GET /Marti/api/tls/config", "POST /Marti/api/tls/signClient", "POST /Marti/api/tls/signClient/v2",
    "GET /Marti/api/tls/profile/enrollment", "GET /Marti/api/tls/makeClientKeyStore", "POST /oauth/token",
    "GET /files/api/config", "GET /ca.crt",
}  # fmt: skip
# What a page hears: the kinds of its JSON with all their members, and of its frames.
STATUS = {"kind", "at_ms", "clients", "clients_total", "closed", "feeds", "history", "tracks", "banner"}
STATUS_OF_ADMINISTRATORS = {"drops", "ingest_per_s", "pages", "lag_s"}
FRAMES = {0, 1}
# What a TAK client can say or hear of control and chat: each is said below. The rest is state, by its prefix.
TAK = {"t-x-c-t", "t-x-c-t-r", "t-x-d-d", "t-x-takp-v", "t-x-takp-q", "t-x-takp-r", "b-t-f", "b-t-f-s", "t-x-c-m",
       "b-t-f-d", "b-t-f-r"}  # fmt: skip
STATE = {"a-": "a-f-G", "b-m-": "b-m-p-s-m", "u-": "u-d-f", "b-a-o": "b-a-o-tbl", "b-i-v": "b-i-v"}
READERS = ["administrator", "delegate", "watch", "releaser", "liaison", "lapsed", "unassigned", "nobody"]
REASONS = re.compile(
    r"(client|event|tls)_[a-z_]+|superseded|addressee_(unknown|left)|uid_of_another|remove_of_another_client|not_released"
    r"|unencodable|clients_max|tracks_max|labels_max|audiences_max|unlabelled|not_a_track|bad_position|bad_uid|older"
)


# -- the headquarters, filled


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def full(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("hq")) as h:
        await staff(h)
        await people(h)
        await traffic(h)
        await log(h)
        await rhythm(h)
        await structure(h)
        await orders(h)
        await requirements(h)
        for facts in h.hq.directory.sessions.values():
            person = h.hq.directory.persons[facts.person]
            h.note_id("session", facts.id, person.label, person.organisation)
            for who in h.people.values():
                if who.person == facts.person:
                    who.own.add(facts.id)
        for record in await h.hq.journal.read(0, 9000):
            if record.kind.startswith(("order.", "annex.", "mission.", "request.")):
                h.order_labels.append(record.label)
            if record.label is not None and record.label.level == "C":
                h.note_id("record", record.id, record.label, "USFJ")
        yield h


async def staff(h: House) -> None:
    """Those who read."""
    await h.reader(
        "administrator", "USFJ", "CUI", "watch", "admin", "log", "plan", "command", group="Blue", clients=True
    )
    await h.reader("delegate", "JJOC", "CUI", "watch", "delegate", "log", "plan", "command", group="Red", clients=True)
    await h.reader("watch", "USFJ", "CUI", "watch", "log", "plan", "command", group="Blue", clients=True)
    await h.reader("releaser", "USFJ", "CUI", "watch", "release", group="Blue")
    await h.reader("liaison", "JJOC", "U", "watch", group="White", clients=True)
    await h.reader("lapsed", "USFJ", "CUI", "watch", "admin", until_ms=LAPSED_MS)
    await h.reader("unassigned", "USFJ", "CUI", clients=True)
    await h.reader("second", "USFJ", "C", "watch", "plan", "command")
    await h.reader("sender", "USFJ", "C", "watch", "log", "plan", "command", "release", group="Blue", clients=True)
    await h.reader("chief", "USFJ", "C", "watch", "log", "command")
    nobody = Reader("", "", "", "", frozenset(), frozenset(), 0)
    h.people["nobody"] = Who(name="nobody", reader=nobody, client=h.browser())
    plain = Reader("USA", "USFJ", POLICY, "U", frozenset(), frozenset({ANON}), FOREVER_MS)
    h.people["plain"] = Who(name="plain", reader=plain)


async def people(h: House) -> None:
    """Persons, appointments, invitations, certificates of each organisation under each label, and across them."""
    persons, appointments = {}, {}
    for organisation, label in product(ORGANISATIONS, LABELS):
        who, username = persons[organisation, label] = await h.person(organisation, label)
        what = appointments[organisation, label] = await h.appointment(organisation, label)
        await h.assign(what, who)
        of = h.hq.door.parse(label)
        await h.invite(who, label, organisation, purpose="enrolment", appointment=what)
        claim = h.of_people(of, organisation, "invitation's claim")
        await h.invite(who, label, organisation, purpose="oidc", claim=claim)
        file = await h.certify(who, what, username, label, organisation)
        await h.certify(who, what, username, label, organisation)
        reason = h.of_people(of, organisation, "certificate's reason")
        await h.ask(h.admin, "POST", f"/api/certificates/{Path(file).stem}/revoke", {"reason": reason})
    # One that all see who administer there, assigned to what they don't see, and the other way round.
    for organisation in ORGANISATIONS:
        other = next(one for one in ORGANISATIONS if one != organisation)
        await h.assign(appointments[organisation, "CONFIDENTIAL"], persons[organisation, "UNCLASSIFIED"][0])
        await h.assign(appointments[organisation, "UNCLASSIFIED"], persons[organisation, "CONFIDENTIAL"][0])
        await h.assign(appointments[other, "CUI//REL TO USA, JPN"], persons[organisation, "CUI//REL TO USA, JPN"][0])
    # A person whose one appointment is hidden: what he sends and sees is.
    multiple, _ = await h.person("USFJ", "UNCLASSIFIED")
    h.ids["multiple"] = [h._by_text[multiple]]
    await h.assign(appointments["USFJ", "CONFIDENTIAL"], multiple)
    # A handover: the note is under the appointment's label, the name of who wrote it under his own.
    before, _ = await h.person("USFJ", "CONFIDENTIAL", level="C")
    watch = h.people["watch"]
    await h.assign(watch.appointment, before)
    token = await h.invite(before, "CONFIDENTIAL", "USFJ")
    note = h.labelled(h.hq.door.parse("UNCLASSIFIED"), "handover note")
    async with h.browser() as browser:
        await h.ask(browser, "POST", "/api/sign-in", {"token": token})
        await h.ask(browser, "POST", "/api/appointments/take", {"appointment": watch.appointment, "note": "x"})
        await h.ask(browser, "POST", "/api/appointments/lay-down", {"note": note})
    await h.ask(watch.client, "POST", "/api/appointments/take", {"appointment": watch.appointment})


async def traffic(h: House) -> None:
    """Clients that hear from the start; then all that can be said, in both encodings; then clients that come late."""
    crowd = [
        (name, encoding) for name in ("watch", "delegate", "liaison", "unassigned") for encoding in ("xml", "protobuf")
    ]
    early = [await h.stream(h.people[name], encoding) for name, encoding in crowd]
    early += [await h.stream(h.people["plain"], encoding, plain=True) for encoding in ("xml", "protobuf")]
    senders = [
        await h.stream(h.people["sender"], "xml"),
        await h.stream(h.people["delegate"], "protobuf"),
        await h.stream(h.people["liaison"], "xml"),
        await h.stream(h.people["plain"], "protobuf", plain=True),
    ]
    # One that hides itself: what it says about itself has a label, and so have its name and that it is there.
    hidden = await h.stream(h.people["sender"], "xml")
    own = h.people["sender"].reader.groups
    floor = [
        h.hq._floor_of(client.identity)
        for client in sorted(h.hq.router.clients.values(), key=lambda client: client.key)[len(early) :]
    ]
    assert set(floor[0].groups) >= {"Blue"}
    assert own
    for sender, label in zip(senders, floor, strict=False):
        sender.say(h.canaried("a-f-G", label))
        for said, means in h.claims(label):
            for kind in (*STATE.values(), "b-t-f"):
                sender.say(h.canaried(kind, means, **said))
        sender.say(event("metrics", "t-x-c-m", h.hq.clock.now_ms()))
    said, means = h.claims(floor[4])[4]
    hidden.say(h.canaried("a-f-G", means, **said))
    # What was open and becomes closed: those who saw it hear that it is gone, and nothing of what it is now.
    moved = h.labelled(floor[2], "moved uid")
    senders[2].say(h.canaried("a-f-G", floor[2], uid=moved))
    await early[4].hears(moved)
    said, means = h.claims(floor[2])[1]
    senders[2].say(h.canaried("a-h-S", means, uid=moved, **said))
    # One that leaves: it was there for those who saw it.
    left = await h.stream(h.people["sender"], "xml")
    said, means = h.claims(floor[0])[3]
    left.say(h.canaried("a-f-G", means, **said))
    for n, text in enumerate(LABELS):
        of = h.hq.door.parse(text)
        parsed = xml.parse(h.canaried("a-n-S", of))
        h.hq._publisher(f"feed{n}")(parsed)
    last = h.canaried("a-f-G", floor[3])
    senders[3].say(last)
    uid = re.search(rb'uid="(kn\d+z)"', last)
    assert uid is not None
    await early[-1].hears(uid[1].decode())
    await asyncio.sleep(0.5)
    await left.close()
    late = [await h.stream(h.people[name], encoding) for name, encoding in crowd]
    late += [await h.stream(h.people["plain"], encoding, plain=True) for encoding in ("xml", "protobuf")]
    h.early, h.others = early, [*late, *senders, hidden, left]
    await asyncio.sleep(0.5)


def sees_both(h: House, one: Label, other: Label, who: Who) -> bool:
    return h.sees(who, one) and h.sees(who, other)


async def structure(h: House) -> None:
    """Units under each label, and relations, strengths, places and changes of them across labels."""
    one, other = h.people["sender"].client, h.people["second"].client
    for name in ("sender", "second"):
        h.signs(h.people[name])
    units = list[tuple[str, Label]]()
    for label in [*LABELS, *reversed(LABELS)]:
        of = h.hq.door.parse(label)
        c = partial(h.labelled, of)
        words = {what: c(f"command {what}") for what in ("name", "name_ja", "short", "note", "external_id")}
        acts: list[dict[str, Any]] = [
            {"kind": "unit.added", "unit": "+u", "nation": "USA", "kept": {"x": c("command kept")}, **words},
            {"kind": "unit.placed", "unit": "+u", "lat": 1, "lon": 2, "place": c("command place")},
            {"kind": "strength.reported", "unit": "+u", "text": c("command strength")},
            {"kind": "responsibility.given", "responsibility": "+g", "unit": "+u",
             "title": c("command responsibility title")},
            {"kind": "appointment.bound", "appointment": h.people["second"].appointment, "unit": "+u"},
        ]  # fmt: skip
        body = await changed(h, one, other, of, label, acts, c)
        unit = h.note_item("unit", body["phases"][0]["acts"][0]["unit"], of)
        if units:  # what relates a unit to one of another label is there for those who see both
            above, its = units[-1]
            may = partial(sees_both, h, of, its)
            both = partial(h._new, may)
            acts = [
                {"kind": "relation.made", "relation": "+r", "type": "ORG", "superior": above, "subordinate": unit,
                 "order_ref": both("relation's order"), "condition": both("relation's condition")},
                {"kind": "strength.reported", "unit": above, "text": both("strength over a label")},
                {"kind": "liaison.posted", "liaison": "+l", "home": unit, "host": above, "speaks": "inform",
                 "name": both("liaison's name"), "contact": both("liaison's contact"), "note": both("liaison's note"),
                 "order_ref": both("liaison's order"), "ceiling": label},
                {"kind": "succession.set", "unit": unit, "commander": h.people["second"].appointment,
                 "alternates": [h.people["sender"].appointment], "minutes": 5},
            ]  # fmt: skip
            body = await changed(h, one, other, None, label, acts, lambda what, both=both: both(what))
            await silence(h, other, unit, c("succession's note"))
            relation = h.keep(Secret(body["phases"][0]["acts"][0]["relation"], may, "id of relation"))
            h.ids.setdefault("relation", []).append(relation)
        units.append((unit, of))
        draft = [{"kind": "unit.placed", "unit": unit, "place": c("command draft place")}]
        await changed(h, one, other, of, label, draft, c, approved=False)


async def silence(h: House, client: Any, unit: str, note: str) -> None:
    """Let nothing be heard of who commands a unit, and have all wait."""
    fact = h.hq.command.ground().whole().successions[unit]
    assert fact.label is not None
    lost = ContactLost(appointment=fact.act.commander, since_ms=0, minutes=5)
    await h.hq.journal.append(Draft(body=lost, subject=unit, label=fact.label))
    (row,) = [one for one in await h.ask(client, "GET", "/api/command/prompts") if one["unit"] == unit]
    said = {"decision": "wait", "note": note, "version": row["version"]}
    await client.post(f"/api/command/units/{unit}/succession", json=said)


async def changed(
    h: House, one: Any, other: Any, of: Label | None, label: str, acts: Any, c: Any, *, approved: bool = True
) -> Any:
    """Draft a change with a canary in every field, have it looked at, and approve it."""
    phases = [{"name": c("command phase"), "acts": acts}]
    form = {"title": c("command title"), "purpose": c("command purpose"), "label": label, "phases": phases}
    body = await h.ask(one, "POST", "/api/command/changes", form)
    path = f"/api/command/changes/{body['row']['id']}"
    if of is not None:
        h.note_item("change", body["row"]["id"], of)
    said = {"office": c("command office"), "note": c("command opinion")}
    note = {"note": c("command approval"), "order_ref": c("command order")}
    steps = [(one, "submit", {}), (other, "object", said), *([(other, "approve", note)] if approved else [])]
    for client, verb, more in steps:
        body = await h.ask(client, "POST", f"{path}/{verb}", {"version": body["row"]["version"], **more})
    return body


async def log(h: House) -> None:
    """Entries with files under each label, and corrections and marks across labels."""
    client, before = h.people["sender"].client, ""
    h.signs(h.people["sender"])
    entries: list[tuple[Label, str]] = []
    for n, label in enumerate([*LABELS, *reversed(LABELS)]):
        of = h.hq.door.parse(label)
        c = partial(h.labelled, of)
        photo = await client.post(
            f"/api/operations/files?name={c('log file name')}&label={label}", content=c("log file").encode()
        )
        file_id = h.note_item("file", photo.json()["id"], of)
        words = {what: c(f"log {what}") for what in ("source", "text", "decided", "told", "place", "order")}
        body = {**words, "files": [file_id], "label": label, "significant": bool(n % 2)}
        for word in words.values():
            h.ids.setdefault("word", []).append(h._by_text[word])
        if n % 2:  # its label and that of what it corrects differ: each is there for its own readers
            body["reason"] = c("log reason")
        path = f"/{before}/correct" if n % 2 else ""
        before = (await h.ask(client, "POST", f"/api/operations/log{path}", body))["id"]
        entries.append((of, h.note_item("entry", before, of)))
        await h.ask(client, "POST", f"/api/operations/log/{before}/mark", {"significant": not n % 2})

    await reports(h, entries)


async def rhythm(h: House) -> None:
    """Events under each label, each fed by the one before; what was held, skipped, moved and delivered of them."""
    sender, before = h.people["sender"], ""
    at = datetime.fromtimestamp(h.hq.clock.now_ms() / 1000 + 300, UTC)
    days = [(at + timedelta(days=n)).date().isoformat() for n in range(3)]
    for label in LABELS:
        of = h.hq.door.parse(label)
        c = partial(h.labelled, of)
        words = {what: c(f"rhythm {what}") for what in ("name", "name_ja", "short", "lead", "purpose", "place")}
        body = {
            **words, "kind": "board", "label": label, "chair": sender.appointment,
            "inputs": [{"what": c("rhythm input")}, *([{"event": before}] if before else [])],
            "outputs": [{"what": c("rhythm output"), "decision": c("rhythm decision")}],
            "schedule": {"zone": "UTC", "first": days[0], "start": f"{at:%H%M}", "minutes": 60},
        }  # fmt: skip
        made = await h.ask(sender.client, "POST", "/api/operations/rhythm", body)
        before = h.note_item("event", made["id"], of)
        path, why = f"/api/operations/rhythm/{before}", {"reason": c("rhythm reason")}
        held = {"day": days[0], "decision": c("rhythm held"), "note": c("rhythm held note")}
        await h.ask(sender.client, "POST", f"{path}/held", held)
        await h.ask(sender.client, "POST", f"{path}/skip", {"day": days[1], **why})
        moved = {"day": days[2], "start_ms": (h.hq.clock.now_ms() // 60_000 + 9_000) * 60_000, "minutes": 5}
        await h.ask(sender.client, "POST", f"{path}/move", {**moved, "reason": c("rhythm moved")})
        there = {"day": days[2], "input": made["inputs"][0]["id"], "note": c("rhythm delivered")}
        await h.ask(sender.client, "POST", f"{path}/delivered", there)
    link = (await h.ask(sender.client, "POST", "/api/operations/calendars"))["row"]["id"]
    person = h.hq.directory.persons[sender.person]
    sender.own.add(h.note_id("calendar", link, person.label, person.organisation))


async def reports(h: House, entries: list[tuple[Label, str]]) -> None:
    """Reports of entries under each label: drafts, released ones, one that was given up; in a form of one's own."""
    sender, chief = h.people["sender"].client, h.people["chief"].client
    h.signs(h.people["chief"])
    c = partial(h.labelled, h.hq.door.parse("UNCLASSIFIED"))
    section = {"code": "all", "name": c("form"), "name_ja": c("form"), "source": "log"}
    form = {"code": "CANARY", "name": c("form"), "name_ja": c("form"), "sections": [section]}
    await h.ask(sender, "PUT", "/api/operations/report-forms", form)
    await h.ask(sender, "PUT", "/api/operations/report-lines", {"form": "SITREP", "to": c("line")})
    for n, (of, entry) in enumerate(entries[1::2]):  # the others have been corrected
        c = partial(h.labelled, of)
        body = {"form": "CANARY", "entries": [entry]}
        report = await h.ask(sender, "POST", "/api/operations/reports", body)
        path = f"/api/operations/reports/{h.note_item('report', report['report']['id'], of)}"
        made = [{"id": s["id"], "text": s["text"]} for s in report["sections"][0]["sentences"]]
        edit = {"version": report["report"]["version"], "to": c("report to"),
                "sections": [{"code": "all", "sentences": [*made, {"text": c("report text")}]}]}  # fmt: skip
        report = await h.ask(sender, "PUT", path, edit)
        back = {"version": report["report"]["version"], "note": c("report note")}
        report = await h.ask(chief, "POST", f"{path}/return", back)
        if n % 2:
            report = await h.ask(chief, "POST", f"{path}/approve", {"version": report["report"]["version"]})
            await h.ask(sender, "POST", f"{path}/release", {"version": report["report"]["version"]})
    closed = h.hq.door.parse("CONFIDENTIAL")
    note = h.labelled(msgspec.structs.replace(closed, caveats=("NOFORN",)), "handover offer")
    offer = await h.ask(sender, "POST", "/api/operations/handovers", {"note": note})
    assert len(offer["items"]) > len(LABELS)
    label = h.hq.operations.handovers.handovers[offer["id"]].label
    assert label is not None
    h.note_item("handover", offer["id"], label)


class Units:
    """A structure in which everybody's unit is there, and one under each label; the sender's has all authority."""

    def __init__(self, h: House) -> None:
        self.h, self.all, appointments = h, dict[str, Unit](), h.hq.directory.appointments
        self.own = {name: appointments[h.people[name].appointment].unit for name in ("sender", "watch", "delegate")}
        for unit in self.own.values():  # who stands in an order is there for all who may see the unit
            of = h.hq.door.parse("UNCLASSIFIED")
            h.keep(Secret(unit, partial(h.sees_label, of), "unit in an order"))
            self.add(unit, of)
        for label in LABELS:
            of = h.hq.door.parse(label)
            self.add(h.labelled(of, "unit id"), of)
            h.ids.setdefault("ordered unit", []).append(h.secrets[-3])

    def add(self, unit: str, of: Label) -> None:
        name, name_ja = self.h.labelled(of, "unit name"), self.h.labelled(of, "unit name_ja")
        self.all[unit] = Unit(
            id=unit, name=name, name_ja=name_ja, nation="USA" if unit in self.own.values() else "JPN", label=of
        )

    def unit(self, reader: Reader, unit_id: str) -> Unit | None:
        unit = self.all.get(unit_id)
        return unit if unit and self.h.hq.door.may_see(reader, unit.label, self.h.hq.clock.now_ms()) else None

    known = unit

    def units(self, reader: Reader) -> list[Unit]:
        return [unit for one in self.all if (unit := self.unit(reader, one))]

    def unit_of(self, appointment: str, written: str) -> str:
        return self.own["sender"] if appointment == self.h.people["chief"].appointment else written

    def may(self, _reader: Reader, superior: str, subordinate: str, _action: str, _at_ms: int) -> Verdict:
        return Verdict(allowed=superior == self.own["sender"] and subordinate == self.own["watch"], rule="rule")

    def reports_to(self, reader: Reader, _unit_id: str, _at_ms: int) -> Reporting:
        unit = next(reversed(self.units(reader)), None)
        return Reporting(why="operational", unit=unit, type="COCOM", labels=(unit.label,) if unit else ())


async def attach(h: House, order: str, of: Label) -> None:
    """Attach an annex under each label to an order: a text and a file."""
    client, path = h.people["sender"].client, "/api/operations"
    for label in LABELS:
        own = h.hq.door.parse(label)
        whole = h.hq.door.merge([of, own])
        assert whole is not None
        name, data = h.labelled(own, "order annex file name"), h.labelled(own, "order annex file").encode()
        kept = (await client.post(f"{path}/files?name={name}&label={label}", content=data)).json()
        c = partial(h.labelled, whole)
        text = {"title": c("order annex title"), "text": c("order annex text"), "label": label}
        form = {"letter": "B", "files": [h.note_item("file", kept["id"], own)], **text}
        body = await h.ask(client, "POST", f"{path}/orders/{order}/annexes", form)
        h.note_item("annex", next(one["id"] for one in body["annexes"] if one["title"] == text["title"]), whole)


async def orders(h: House) -> None:
    """Orders, changes, drafts and missions under each label, from the sender's unit to units under each label."""
    sender, watch = h.people["sender"], h.people["watch"]
    h.signs(watch)
    h.signs(h.people["delegate"])
    units = h.hq.operations.authority = Units(h)
    path = "/api/operations"
    base = ""
    for label in LABELS:
        of = h.hq.door.parse(label)
        c = partial(h.labelled, of)
        hidden = next(unit.id for unit in units.all.values() if unit.label == of and unit.id not in units.own.values())
        facts = {
            "title": c("order mission title"),
            "text": c("order mission text"),
            "order_ref": c("order mission ref"),
        }
        mission = await h.ask(sender.client, "POST", f"{path}/missions", {**facts, "from_ms": 1, "label": label})
        h.note_item("mission", mission["id"], of)
        joint = {"title": c("combined title"), "title_ja": c("combined title_ja"), "text": c("combined text")}
        combined = await h.ask(sender.client, "POST", f"{path}/combined", {**joint, "other": hidden, "label": label})
        h.note_item("combined", combined["id"], of)
        own = f"{path}/combined/{combined['id']}"
        await h.ask(sender.client, "POST", f"{own}/end", {"reason": c("combined reason")})
        task = {name: c(f"order task {name}") for name in ("what", "why", "trigger", "place")}
        form: dict[str, Any] = {
            "title": c("order title"), "title_ja": c("order title_ja"), "references": c("order references"),
            "mission": mission["id"], "label": label, "action": [units.own["watch"], units.own["sender"], hidden],
            "paragraphs": [{"name": "mission", "text": c("order text")}], "info": [units.own["delegate"]],
            "tasks": [{**task, "unit": units.own["watch"], "verb": "patrol", "lat": 35.0, "lon": 139.0,
                       "reports": [c("order report")], "coord_with": [hidden]}],
        }  # fmt: skip
        types: list[dict[str, Any]] = [{"type": "OPORD"}, {"type": "WARNORD"}]
        types += [{"type": "FRAGORD", "base": base}] if base else []
        for kind_of in types:
            one = await h.ask(sender.client, "POST", f"{path}/orders", form | kind_of)
            order = h.note_item("order", one["row"]["id"], of)
            if kind_of["type"] == "OPORD":
                await attach(h, order, of)
            if kind_of["type"] == "WARNORD":
                continue  # it stays a draft
            steps: list[tuple[str, dict[str, Any]]] = [
                ("submit", {"offices": [c("order office")]}), ("concur", {"note": c("order note")}),
                ("approve", {"note": c("order note")}), ("issue", {}),
            ]  # fmt: skip
            for step, more in steps:
                office = {"office": one["opinions"][0]["office"]} if step == "concur" else {}
                body = {"version": one["row"]["version"], **more, **office}
                who = h.people["chief"] if step == "approve" else sender
                one = await h.ask(who.client, "POST", f"{path}/orders/{order}/{step}", body)
            base = base or order
            for row in one["addressees"]:
                h.note_item("addressee", row["id"], of)
                if "wilco" in row["actions"]:
                    answer = {"answer": "cantco", "reason": c("order reason")}
                    await h.ask(sender.client, "POST", f"{path}/addressees/{row['id']}/answer", answer)
    heard = h.ordered = await h.stream(watch, "xml")
    contact = '<contact callsign="ordered" endpoint="*:-1:stcp"/>'
    heard.say(event("ordered", "a-f-G", h.hq.clock.now_ms(), contact))
    await heard.hears("jointhq.task.")
    own = f"<marti><dest uid='jointhq-{h.hq.settings.hq_organisation}'/></marti>".replace("'", '"')
    for said in ("WILCO", "kn0z"):
        heard.say(event("reply", "b-t-f", h.hq.clock.now_ms(), f"<remarks>{said}</remarks>{own}"))
    for receipt in ("b-t-f-d", "b-t-f-r"):
        heard.say(event("kn0z", receipt, h.hq.clock.now_ms(), own))
    await asyncio.sleep(0.5)


async def requirements(h: House) -> None:
    """CCIR that are drafts, in force, replaced, answered, hit by entries of other labels; RFI as far as each goes."""
    sender, chief = h.people["sender"], h.people["chief"]
    path, labels = "/api/operations", [*LABELS, *LABELS[:1]]
    own = h.hq.operations.authority.unit_of(sender.appointment, h.hq.directory.appointments[sender.appointment].unit)
    before: dict[str, Any] = {}
    for label, other in pairwise([*labels, LABELS[0]]):
        of = h.hq.door.parse(label)
        c = partial(h.labelled, of)
        form = {
            "type": "FFIR", "label": label, "owner": chief.appointment, "silence_minutes": 1,
            "notify": [sender.appointment, chief.appointment], "indicators": [c("ccir indicator")],
            **{name: c(f"ccir {name}") for name in ("text_ja", "decision")},
        }  # fmt: skip
        one: Any = None
        for name in ("draft", "answered", "in force"):
            one = await h.ask(sender.client, "POST", f"{path}/ccir", {**form, "text": c(f"ccir {name}")})
            ccir = h.note_item("ccir", one["row"]["id"], of)
            if name == "draft":
                continue
            version = {"version": one["row"]["version"]}
            one = await h.ask(chief.client, "POST", f"{path}/ccir/{ccir}/approve", version)
            both = h.hq.door.merge([of, h.hq.door.parse(other)])
            assert both is not None
            entry = {"text": h.labelled(both, "ccir entry"), "label": h.hq.door.banner(both), "answers": [ccir]}
            h.note_item("entry", (await h.ask(sender.client, "POST", f"{path}/log", entry))["id"], both)
            (hit,) = (await h.ask(sender.client, "GET", f"{path}/ccir/{ccir}"))["hits"]
            h.note_item("hit", hit["id"], both)
            await h.ask(sender.client, "POST", f"{path}/hits/{hit['id']}/acknowledge")
            if name == "answered":
                said = {"version": one["row"]["version"], "note": c("ccir answer")}
                await h.ask(chief.client, "POST", f"{path}/ccir/{ccir}/answer", said)
                reason = {"reason": h.labelled(both, "ccir strike")}
                await h.ask(chief.client, "POST", f"{path}/hits/{hit['id']}/strike", reason)
        h.keep(Secret(own, partial(h.sees_label, h.hq.door.parse("UNCLASSIFIED")), "unit that asks"))
        for last in ("new", "returned", "tasked", "satisfied"):
            question = {"question": c("rfi question"), "reason": c("rfi reason"), "asked_of": own, "label": label}
            rfi = await h.ask(sender.client, "POST", f"{path}/rfi", question)
            rfi_id = h.note_item("rfi", rfi["row"]["id"], of)
            h.ids.setdefault("own rfi", []).append(h._by_text[rfi_id])
            steps: list[tuple[Who, str, dict[str, Any]]] = [
                (chief, "validate", {"note": c("rfi note")}),
                (chief, "task", {"note": c("rfi note"), "appointment": sender.appointment}),
                (sender, "answer", {"text": c("rfi answer")}),
                (sender, "satisfy", {"note": c("rfi note")}),
            ]  # fmt: skip
            if last == "returned":
                steps = [(chief, "return", {"note": c("rfi note"), "duplicate_of": before.get("id", "")})]
            for who, step, more in steps[: {"new": 0, "returned": 1, "tasked": 2, "satisfied": 4}[last]]:
                rfi = await h.ask(
                    who.client, "POST", f"{path}/rfi/{rfi_id}/{step}", {"version": rfi["row"]["version"], **more}
                )
        before = {"id": rfi_id}
    await h.hq.operations.escalate()


# -- HTTP


def routes(h: House) -> Iterator[str]:
    api = web_api.Api(
        picture=h.hq.picture, pages=h.hq.pages, door=h.hq.door, people=h.hq.people,
        command=h.hq.command, operations=h.hq.operations, devices=None,  # type: ignore[arg-type]
        headquarters=lambda _: {}, health=dict, metrics=bytes,
    )  # fmt: skip
    for route in make_app(api, "1").routes:
        if route.path not in LITESTAR:
            methods = getattr(route, "methods", None) or {"GET"}
            yield from (f"{method} {route.path}" for method in methods - {"OPTIONS"})


async def test_every_route_is_in_a_table(full: House) -> None:
    assert set(routes(full)) == set(WEB)
    assert {" ".join(route) for route in full.hq._marti().app._routes} == MARTI
    assert {" ".join(route) for route in full.hq._enrolment().app._routes} == ENROLMENT
    constants = {value for name, value in vars(kinds).items() if name.isupper() and isinstance(value, str)}
    assert {one for one in constants if not kinds.is_state(one)} <= TAK
    assert set(kinds.STATE) == set(STATE)


def ids(h: House, who: Who, kind: str) -> tuple[list[str], list[str]]:
    """Return what may be asked for in place of `<kind>`: absent and hidden, and seen."""
    match kind:
        case "now":
            return [], [str(h.hq.clock.now_ms())]
        case "yesterday":
            return [], [str(h.hq.clock.now_ms() - 86_400_000)]
        case "own person":
            return [], [who.person or ABSENT["person"]]
        case "own appointment":
            return [], [who.appointment or ABSENT["appointment"]]
        case "multiple":
            return [], [h.ids["multiple"][0].text]
        case "own rfi":
            return [], [secret.text for secret in h.ids[kind] if secret.may(who)][:1] or [ABSENT["rfi"]]
        case "username":
            return ["kn0z"], []
    hidden = [secret.text for secret in h.ids[kind] if not secret.may(who)]
    seen = [secret.text for secret in h.ids[kind] if secret.may(who)]
    most = 40 if kind in ("person", "appointment", "file", "order") else 8
    return [ABSENT[kind], *some(hidden, most)], some(seen, most)


def some(texts: list[str], most: int) -> list[str]:
    """Return some of many, spread over all kinds and labels."""
    return texts[:: -(-len(texts) // most)] if texts else []


def asks(h: House, who: Who, route: str, how: Route) -> Iterator[tuple[bool, str, str, dict[str, Any] | None]]:
    """Yield (may the reader see what he asks for, the id asked for, path, body)."""
    _, path = route.split(" ")
    if "{" in path:
        asked, mark, more = how.query.partition("?")
        path = re.sub(r"{[^}]+}", asked, path) + mark + more
    else:
        path += how.query
    text = json.dumps([path, how.body])
    varied = ""
    for kind in re.findall(r"<([a-z ]+)>", text):
        without, seen = ids(h, who, kind)
        if without:
            varied = kind
        else:
            text = text.replace(f"<{kind}>", seen[0])
    if not varied:
        yield (True, "", *json.loads(text))
        return
    without, seen = ids(h, who, varied)
    for asked in without:
        yield (False, asked, *json.loads(text.replace(f"<{varied}>", asked)))
    for asked in seen if how.seen else ():
        yield (True, asked, *json.loads(text.replace(f"<{varied}>", asked)))


def plainly(answer: httpx.Response, asked: str) -> tuple[Any, ...]:
    """Return an answer but for the echo of what was asked."""
    headers = {
        name: value for name, value in answer.headers.items() if name not in ("date", "content-length", "set-cookie")
    }
    return answer.status_code, headers, re.sub(re.escape(asked.encode()), b"", answer.content) if asked else b""


@pytest.mark.parametrize("name", READERS)
async def test_no_route_tells_what_is_hidden(full: House, name: str) -> None:
    who, found, unlike = full.people[name], set[str](), []
    for route, ways in WEB.items():
        method = route.split(" ")[0]
        for how in ways:
            alike: dict[str, str] = {}
            asked_all = list(asks(full, who, route, how))
            answers = await asyncio.gather(
                *(who.client.request(method, path, json=body) for _, _, path, body in asked_all)
            )
            for (may, asked, path, _), answer in zip(asked_all, answers, strict=True):
                assert answer.status_code < 500 or "oidc" in path, (path, answer.text)
                head = repr(sorted(answer.headers.items())).encode()
                where = f"{method} {path}"
                found |= full.search(who, head, where, asked=asked)
                found |= full.search(who, answer.content, where, asked=asked)
                if not may:
                    alike.setdefault(repr(plainly(answer, asked)), where)
            if len(alike) > 1:
                unlike.append((route, list(alike.items())[:2]))
    assert not unlike, f"absent and hidden differ: {unlike}"
    if who.administers:
        must = {
            s.text
            for s in full.secrets
            if s.may(who) and re.match(r"person's|appointment's|invitation's|certificate's", s.what)
        }
        assert not {full._by_text[text].what for text in must - found}
    if name == "releaser":
        must = {s.text for s in full.secrets if s.may(who) and re.match(r"(person's name|appointment's title)", s.what)}
        assert not {full._by_text[text].what for text in must - found}
    if "watch" in who.permissions:
        must = {
            s.text for s in full.secrets if s.may(who) and re.match(r"(a-|b-m|u-|b-a|b-i)\S* (callsign|type) ", s.what)
        }
        tracks = {track.event.callsign for track in full.hq.picture.tracks_all()}
        assert not {full._by_text[text].what for text in (must & tracks) - found}
        listed = ("order title", "order mission", "order annex")
        must = {s.text for s in full.secrets if s.may(who) and s.what.startswith(listed)}
        must |= {s.text for s in full.secrets if s.may(who) and s.what.startswith(("log ", "report ", "rhythm "))}
        must |= {s.text for s in full.secrets if s.may(who) and re.match(SHOWN, s.what)}
        assert not {full._by_text[text].what for text in must - found}
    assert not ({"administrator", "delegate", "watch"} & {name}) or found


@pytest.mark.parametrize("name", ["administrator", "delegate"])
async def test_lists_have_as_many_as_the_reader_sees(full: House, name: str) -> None:
    who, directory = full.people[name], full.hq.directory
    for path, things in (("people", directory.persons), ("appointments", directory.appointments)):
        rows = (await who.client.get(f"/api/{path}")).json()
        assert {row["id"] for row in rows} == {
            one.id for one in things.values() if who.fence in ("", one.organisation) and full.sees(who, one.label)
        }
    choices = (await who.client.get("/api/people/choices")).json()
    assert set(choices["groups"]) == {
        group
        for one in directory.appointments.values()
        if who.fence in ("", one.organisation) and full.sees(who, one.label)
        for group in (*one.groups_in, *one.groups_out)
    }


@pytest.mark.parametrize("name", ["administrator", "delegate", "watch", "releaser"])
async def test_forms_offer_the_appointments_that_the_reader_may_name(full: House, name: str) -> None:
    who, directory = full.people[name], full.hq.directory
    inside = [
        one for one in directory.appointments.values() if not who.administers or who.fence in ("", one.organisation)
    ]
    there = {one.id for one in inside if "plan" in who.permissions and full.sees(who, one.label)}
    offered = {one["id"] for one in (await who.client.get("/api/command/choices")).json()["appointments"]}
    assert there <= offered
    assert all(full.sees(who, directory.appointments[one].label) for one in offered)
    if there:
        rhythm = (await who.client.get("/api/operations/rhythm/choices")).json()["appointments"]
        assert {one["id"] for one in rhythm} == there


# -- the socket


async def listen(full: House, who: Who, query: str = "", seconds: float = 1.0) -> tuple[list[Any], str]:
    cookie = f"jointhq_session_{full.hq.web_port}"
    value = who.client.cookies.get(cookie) or ""
    url = f"ws://127.0.0.1:{full.hq.web_port}/api/picture{query}"
    heard: list[Any] = []
    async with websockets.connect(url, additional_headers={"cookie": f"{cookie}={value}"}, max_size=None) as socket:
        try:
            async with asyncio.timeout(seconds):
                while True:
                    heard.append(await socket.recv())
        except TimeoutError:
            return heard, ""
        except websockets.ConnectionClosed as closed:
            return heard, f"{closed.rcvd.code} {closed.rcvd.reason}" if closed.rcvd else "lost"


async def test_the_socket_tells_each_page_what_it_may_see(full: House) -> None:
    names = [*READERS]
    results = await asyncio.gather(*(listen(full, full.people[name]) for name in names))
    tracks = {track.event.uid: track.label for track in full.hq.picture.tracks_all()}
    changes = [record for record in await full.hq.journal.read(0, 5000) if record.kind.startswith("change.")]
    approved = {record.subject for record in changes if record.kind == "change.approved"}
    others = [one for one in await full.hq.journal.read(0, 5000) if one.kind.startswith(("contact.", "succession."))]
    written = [(one.label, 1) for one in others]
    written += [
        (one.label, 1 + len(json.loads(bytes(one.body)).get("acts", ())) * (one.subject in approved)) for one in changes
    ]
    for name, (heard, closed) in zip(names, results, strict=True):
        who = full.people[name]
        assert closed == ("" if who.permissions else "4401 not_signed_in"), name
        found, page = set[str](), PyPage()
        for message in heard:
            data = message if isinstance(message, bytes) else message.encode()
            found |= full.search(who, data, f"socket, {'frame' if isinstance(message, bytes) else 'text'}")
            if isinstance(message, bytes):
                assert message[1] in FRAMES
                page.decode(message)
        if not who.permissions:
            assert not heard, name
            continue
        mine = {uid for uid, label in tracks.items() if full.sees(who, label)}
        assert set(page.known()) == mine, name
        told = [json.loads(message) for message in heard if isinstance(message, str)]
        (structure,) = [one for one in told if one["kind"] == "command"]
        counted = sum(weight for label, weight in written if full.sees(who, label))
        assert structure == {"kind": "command", "position": counted, "moment_ms": 0}, name
        (logged,) = [one for one in told if one["kind"] == "log"]
        counts = full.hq.operations.log.told + full.hq.operations.reports.told
        seen_of_log = sum(n for label, n in counts.items() if full.sees(who, label))
        assert logged == {"kind": "log", "position": seen_of_log}, name
        (wanted,) = [one for one in told if one["kind"] == "requirements"]
        counts = full.hq.operations.ccirs.told + full.hq.operations.rfis.told
        asked = sum(n for label, n in counts.items() if full.sees(who, label))
        assert wanted == {"kind": "requirements", "position": asked}, name
        (ordered,) = [one for one in told if one["kind"] == "orders"]
        combined = sum(n for label, n in full.hq.operations.combined.told.items() if full.sees(who, label))
        counted = combined + sum(full.sees(who, label) for label in full.order_labels)
        assert ordered == {"kind": "orders", "position": counted}, name
        (drilled,) = [one for one in told if one["kind"] == "rhythm"]
        counts = full.hq.operations.rhythm.told
        assert drilled["position"] == sum(n for label, n in counts.items() if full.sees(who, label)), name
        news = ("command", "orders", "log", "rhythm", "requirements")
        for status in [one for one in told if one["kind"] not in news]:
            more = STATUS_OF_ADMINISTRATORS if "admin" in who.permissions else set()
            assert (status["kind"], set(status)) == ("status", STATUS | more)
            assert status["tracks"] == len(mine), name
            seen = [c for c in full.hq.router.clients.values() if full.sees(who, c.label)]
            assert {c["callsign"] for c in status["clients"]} == {c.session.callsign for c in seen}
            assert status["clients_total"] == len(status["clients"]) == len(seen)
            assert {feed["id"] for feed in status["feeds"]} == {
                f"feed{n}" for n, label in enumerate(LABELS) if full.sees(who, full.hq.door.parse(label))
            }
            if not more:  # what a client was given and said counts what is hidden from others
                assert {(c["events_in"], c["events_out"], c["queued_bytes"]) for c in status["clients"]} <= {
                    (None,) * 3
                }
        about = (await who.client.get("/api/headquarters")).json()
        assert {one["id"] for one in about["sources"]} == {"tak"} | {
            f"feed{n}" for n, label in enumerate(LABELS) if full.sees(who, full.hq.door.parse(label))
        }


async def test_a_calendar_program_is_told_what_its_person_may_see(full: House) -> None:
    """By a link alone, without a session; no word of what isn't for everybody."""
    everybody = full.hq.door.parse("UNCLASSIFIED")
    for name in ("administrator", "watch", "liaison", "second"):
        who = full.people[name]
        link = await full.ask(who.client, "POST", "/api/operations/calendars")
        text = (await full.people["nobody"].client.get(link["url"])).text.replace("\r\n ", "")
        found = full.search(who, text.encode(), f"calendar of {name}", asked=link["row"]["id"])
        named = [s for s in full.secrets if s.what.startswith("rhythm short")]
        assert {s.text for s in named} & found == {
            s.text for s in named if s.what.startswith("rhythm short under U ()")
        }
        assert full.sees(who, everybody)
        events = full.hq.operations.rhythm.events.values()
        assert text.count("RRULE") == sum(full.sees(who, one.label) for one in events)


# -- TAK


async def test_streams_give_each_client_what_it_may_see_and_all_of_it(full: House) -> None:
    heard = set[str]()
    for n, stream in enumerate([*full.early, *full.others]):
        found = full.search(stream.who, bytes(stream.heard), f"stream {n} ({stream.encoding})")
        heard |= stream.kinds()
        if stream in full.early:
            must = {s.text for s in full.secrets if re.match(r"(a-[fn]|b-|u-)", s.what) and s.may(stream.who)}
            lost = {full._by_text[text].what for text in must - found}
            assert not lost, (stream.who.name, stream.encoding, lost)
    found = full.search(full.ordered.who, bytes(full.ordered.heard), "a client whose unit is addressed")
    must = {s.text for s in full.secrets if re.match(r"order (title|text|task what) ", s.what)}
    for_him = {text for text in must if full._by_text[text].may(full.ordered.who)}
    assert for_him & found
    assert not (must & found) - for_him
    heard |= full.ordered.kinds()
    unknown = {kind for kind in heard if kind not in TAK and not kind.startswith(tuple(STATE))}
    assert not unknown, f"kinds of message that no table has: {unknown}"


async def test_a_chat_to_one_who_is_hidden_is_as_to_one_who_is_absent(full: House) -> None:
    """Also to one who could read it: whether he is there is for those who see him."""
    watch = next(s for s in full.early if s.who.name == "watch" and s.encoding == "xml")
    clients = full.hq.router.clients.values()
    (hidden,) = [c for c in clients if c.session.uid and c.label.level == "C"]
    assert not full.sees(watch.who, hidden.label)
    answers = []
    for dest in (
        f'uid="{hidden.session.uid}"',
        f'callsign="{hidden.session.callsign}"',
        'uid="kn0z"',
        'callsign="kn0z"',
    ):
        before = len(watch.heard)
        watch.say(event("chat-to-one", "b-t-f", full.hq.clock.now_ms(), f"<marti><dest {dest}/></marti>"))
        await asyncio.sleep(0.3)
        said = bytes(watch.heard[before:]).replace(dest.encode(), b"")
        answers.append(re.sub(rb'(time|start|stale)="[^"]*"', b"", said))
    assert b"b-t-f-s" in answers[3]
    assert len(set(answers)) == 1


async def test_marti_tells_each_device_what_it_may_see(full: House) -> None:
    url = f"https://127.0.0.1:{full.hq.site.marti_port}"
    for name in ("administrator", "delegate", "watch", "liaison", "unassigned", "sender"):
        who = full.people[name]
        async with httpx.AsyncClient(base_url=url, verify=full.trust(name), trust_env=False) as client:
            for route in sorted(MARTI):
                method, path = route.split(" ")
                for query in ("", "?secAgo=0&useCache=true&clientUid=kn0z", "?secAgo=x"):
                    answer = await client.request(method, path + query, content=b"[9]" if method != "GET" else None)
                    where = f"Marti {method} {path}{query}"
                    full.search(who, answer.content, where)
                    full.search(who, repr(answer.headers).encode(), where)
            seen = {c.session.uid for c in full.hq.router.clients.values() if c.session.uid and full.sees(who, c.label)}
            for path in ("contacts/all", "contacts/lite", "contacts/full"):
                assert {one["uid"] for one in (await client.get(f"/Marti/api/{path}")).json()} == seen, name
            assert {one["uid"] for one in (await client.get("/Marti/api/clientEndPoints")).json()["data"]} == seen
            groups = (await client.get("/Marti/api/groups/all?useCache=true")).json()["data"]
            own = full.hq.directory.appointments.get(who.appointment)
            assert {one["name"] for one in groups} == set(who.reader.groups) | set(own.groups_in if own else (ANON,))
            for path in ("/", "/Marti/api/missions", "/Marti/sync/search", "/api/people"):
                assert (await client.get(path)).content == (await client.get("/kn0z")).content


async def test_enrolment_says_the_same_to_all_who_are_not_who_they_say(full: House) -> None:
    url = f"https://127.0.0.1:{full.hq.site.enrol_port}"
    there, absent = next(iter(full.hq.directory.persons.values())).username, "kn0z"
    nobody = full.people["nobody"]
    async with httpx.AsyncClient(base_url=url, verify=full.trust(), trust_env=False) as client:
        for route in sorted(ENROLMENT):
            method, path = route.split(" ")
            answers = set()
            for username in (there, absent):
                token = new_token()
                body = csr(username, "USFJ") if "sign" in path else None
                query = f"?grant_type=password&username={username}&password={token}" if "oauth" in path else ""
                answer = await client.request(method, path + query, auth=(username, token), content=body)
                full.search(nobody, answer.content, f"enrolment {route}", asked=username)
                answers.add((answer.status_code, answer.content, repr(answer.headers)))
            assert len(answers) == 1, route
            assert {status for status, _, _ in answers} == ({200} if path == "/ca.crt" else {401}), route


# -- what is for operators


async def test_metrics_speak_a_fixed_vocabulary(full: House) -> None:
    text = (await full.people["nobody"].client.get("/metrics")).text
    assert not re.search(r"kn\d+z", text)
    vocabulary = {
        "encoding": re.compile("xml|protobuf"), "feed": re.compile(r"feed\d"), "reason": REASONS,
    }  # fmt: skip
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert samples
    for sample in samples:
        for label, value in sample.labels.items():
            assert vocabulary[label].fullmatch(value), (sample.name, label, value)
    health = (await full.people["nobody"].client.get("/healthz")).json()
    assert set(health) == {"ok", "version", "degraded"}
    assert not re.search(r"kn\d+z", json.dumps(health))


async def test_the_search_finds_what_is_there(full: House) -> None:
    """A search that finds nothing proves nothing."""
    assert full.searched > 1000
    secret = next(s for s in full.secrets if not s.may(full.people["nobody"]))
    packed = b"\x01\x00" + bytes(30) + zlib.compress(secret.text.encode(), wbits=-15)
    for data in (secret.text.encode(), packed):
        with pytest.raises(AssertionError, match=secret.text):
            full.search(full.people["nobody"], data, "here")
