"""The groups of units, in a running headquarters: what is said goes up the chain as far as he who speaks sees it."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec

from jointhq.people.directory import FOREVER_MS
from jointhq.people.groups import UNIT
from jointhq.release.reader import Reader
from tests.support.house import ORGANISATIONS, POLICY, House, Who, house

OPEN, SHUT = "UNCLASSIFIED", "CONFIDENTIAL"


async def approved(h: House, label: str, *acts: dict[str, Any]) -> Any:
    """Draft a change and approve it; return its acts."""
    one, other = h.people["planner"].client, h.people["chief"].client
    form = {"title": "T", "label": label, "phases": [{"name": "one", "acts": acts}]}
    body = await h.ask(one, "POST", "/api/command/changes", form)
    path = f"/api/command/changes/{body['row']['id']}"
    for who, verb in ((one, "submit"), (other, "approve")):
        body = await h.ask(who, "POST", f"{path}/{verb}", {"version": body["row"]["version"]})
    return body["phases"][0]["acts"]


async def tree(h: House) -> dict[str, str]:
    """A brigade under a task force that few know of, under a headquarters; and a unit beside them. Return their ids."""
    ids = dict[str, str]()
    for name, over, label in (("hq", "", OPEN), ("force", "hq", SHUT), ("brigade", "force", OPEN), ("other", "", OPEN)):
        c = partial(h.labelled, h.hq.door.parse(label))
        facts = {"nation": "USA", "name": c(f"name of {name}"), "short": c(name)}
        acts = await approved(h, label, {"kind": "unit.added", "unit": "+u", **facts})
        ids[name] = h.note_item("unit", acts[0]["unit"], h.hq.door.parse(label))
        if over:
            facts = {"type": "ORG", "superior": ids[over], "subordinate": ids[name], "order_ref": "EXORD 1"}
            await approved(h, SHUT, {"kind": "relation.made", "relation": "+r", **facts})
    return ids


async def reader(h: House, name: str, level: str, unit: str, groups: set[str]) -> Who:
    """Add one at a unit, with a device; `groups` are those he sees, worked out by hand."""
    person, username = await h.person("USFJ", OPEN, level=level)
    facts = {"title": name, "unit": unit, "organisation": "USFJ", "permissions": ["watch"], "label": OPEN}
    row = await h.ask(h.admin, "POST", "/api/appointments", {**facts, "groups_in": [UNIT], "groups_out": [UNIT]})
    await h.assign(row["id"], person)
    h.files[name] = await h.certify(person, row["id"], username, OPEN, "USFJ")
    found = Reader(ORGANISATIONS["USFJ"], "USFJ", POLICY, level, frozenset(), frozenset(groups), FOREVER_MS)
    h.people[name] = Who(name=name, reader=found, permissions=("watch",), organisation="USFJ", own={unit})
    return h.people[name]


async def test_what_is_said_goes_up_the_chain_as_far_as_he_who_speaks_sees_it(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for name in ("planner", "chief"):
            await h.reader(name, "USFJ", "C", "watch", "plan", "command")
        ids = await tree(h)
        group = {name: f"@unit:{unit}" for name, unit in ids.items()}
        for name in ids:
            await reader(h, name, "C", ids[name], {group[name]})
        await reader(h, "recruit", "U", ids["brigade"], {group["brigade"]})  # who knows of no task force
        up = {
            "hq": {"hq"}, "force": {"hq", "force"}, "brigade": {"hq", "force", "brigade"}, "other": {"other"},
            "recruit": {"brigade"},
        }  # fmt: skip
        hears = {name: await h.stream(h.people[name], "xml") for name in up}
        says = {name: await h.stream(h.people[name], "protobuf") for name in up}
        last = dict[str, str]()
        for name, above in up.items():
            floor = msgspec.structs.replace(h.hq.door.parse(OPEN), groups=tuple(sorted(group[one] for one in above)))
            said = h.canaried("a-f-G", floor)
            says[name].say(said)
            last[name] = re.search(rb'uid="(kn\d+z)"', said)[1].decode()  # type: ignore[index]
        for who, stream in hears.items():
            for name, above in up.items():
                place = "brigade" if who == "recruit" else who
                if place in above:
                    await stream.hears(last[name])
        for who, stream in hears.items():
            found = h.search(h.people[who], bytes(stream.heard), f"stream of {who}")
            place = "brigade" if who == "recruit" else who
            assert found & set(last.values()) == {last[name] for name, above in up.items() if place in above}
        url = f"https://127.0.0.1:{h.hq.site.marti_port}"
        for name, above in up.items():
            async with httpx.AsyncClient(base_url=url, verify=h.trust(name), trust_env=False) as client:
                answer = await client.get("/Marti/api/groups/all?useCache=true")
            shown = h.search(h.people[name], answer.content, f"groups of {name}")
            assert len(shown) == len({one["name"] for one in answer.json()["data"]}) == len(above)
