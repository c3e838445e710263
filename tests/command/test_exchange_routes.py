"""Files of others over HTTP and from the shell: the way of every change, and no other."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from openpyxl import Workbook

from jointhq import cli
from jointhq.command.orbat import value as o
from jointhq.command.orbat.formats import FORMATS, read
from tests.command.house import CLOSED, DOOR, Desk, House, desk, house, unit
from tests.support.demo import running

FILE = Path(__file__).parent / "orbat/data/orbat_falkland82.json"
FALKLANDS = FILE.read_bytes()
TABLE = b"id,name,parent\na,Alpha,\nb,Bravo,a\n"


@pytest_asyncio.fixture
async def hq(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


async def give(desk: Desk, data: bytes, **query: Any) -> Any:
    answer = await desk.browser.client.post("/api/command/import", params=query, content=data)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def wont(desk: Desk, data: bytes, **query: Any) -> tuple[int, str]:
    answer = await desk.browser.client.post("/api/command/import", params=query, content=data)
    return answer.status_code, answer.json()["code"]


async def out(desk: Desk, **query: Any) -> bytes:
    answer = await desk.browser.get("/api/command/export", **query)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return answer.content


async def approved(planner: Desk, approver: Desk, change: str) -> None:
    body = await planner.get(f"changes/{change}")
    assert body["refusals"] == []
    body = await planner.then(body, "submit")
    await approver.then(body, "approve")


async def test_a_real_scenario_becomes_a_draft_is_approved_and_comes_out(hq: House) -> None:
    planner, approver = await desk(hq, "ann"), await desk(hq, "bob")
    told = await give(planner, FALKLANDS, dry_run="true")
    assert (told["change"], told["added"], told["units"], told["places"], told["times"]) == ("", 139, 139, 128, 54)
    assert await planner.get("changes") == []
    made = await give(planner, FALKLANDS)
    assert {**made, "change": ""} == told
    assert {"path": "scenario.layerStack", "count": 1} in made["kept"]
    assert (await planner.get("units"))["units"] == []
    await approved(planner, approver, made["change"])
    assert len((await planner.get("units"))["units"]) == 139
    for name in FORMATS:
        got = read(await out(planner, format=name, times="all"), name)
        report = o.count(got.orbat)
        assert (report.units, report.relations, report.places, report.times) == (139, 154, 128, 54), name
        assert got.orbat.mark == "UNCLASSIFIED"
    now = read(await out(planner, format="csv"), "csv").orbat
    assert len(now.units) == 139
    assert not any(one.moments for one in now.units)
    then = read(await out(planner, format="csv", at=385_000_000_000), "csv").orbat
    places = {one.name: (one.lat, one.lon) for one in then.units}
    assert places["HMS Endurance"] == (-51.69060624656955, -57.857406173757106)
    assert await wont(planner, FALKLANDS) == (409, "nothing_changed")
    scenario = json.loads(await out(planner, format="orbat-mapper", times="all"))
    assert scenario["layerStack"] == json.loads(FALKLANDS)["layerStack"]
    assert scenario["events"] == json.loads(FALKLANDS)["events"]


async def test_who_may_not_plan_imports_nothing(hq: House) -> None:
    watch = await desk(hq, "ann", "log")
    assert await wont(watch, TABLE) == (403, "not_permitted")
    planner = await desk(hq, "bob", "plan")
    made = await give(planner, TABLE)
    body = await planner.get(f"changes/{made['change']}")
    assert body["row"]["state"] == "draft"


@pytest.mark.parametrize(
    ("data", "query"),
    [
        (b"", {}),
        (b"x", {"format": "kml"}),
        (TABLE, {"format": "msdl"}),
        (TABLE, {"map": "id"}),
        (TABLE, {"map": "id=No"}),
    ],
)
async def test_what_cannot_be_read_is_told_and_nothing_is_drafted(hq: House, data: bytes, query: Any) -> None:
    planner = await desk(hq, "ann")
    assert await wont(planner, data, **query) == (400, "bad_input")
    assert await planner.get("changes") == []


async def test_columns_are_chosen_and_a_title_and_a_label_given(hq: House) -> None:
    planner = await desk(hq, "ann", level="CUI")
    made = await give(
        planner, b"A,B\nx,Alpha\n", map=["id=A", "name=B"], title="From a table", label="CUI", format="csv"
    )
    body = await planner.get(f"changes/{made['change']}")
    assert (body["row"]["title"], body["row"]["mark"]) == ("From a table", "(CUI)")
    assert made["mapping"] == {"id": "A", "name": "B"}


async def test_a_file_keeps_its_marks(hq: House) -> None:
    """What came out marked goes in as marked: nobody lowers a label by sending a file around."""
    planner, approver = await desk(hq, "ann", level="CUI"), await desk(hq, "bob", level="CUI")
    made = await give(planner, b"id,name,mark\na,Alpha,(CUI)\nb,Bravo,(U)\nc,Charlie,\nd,Delta,(MAGIC)\n")
    assert [one["code"] for one in made["problems"]] == ["mark"]
    await approved(planner, approver, made["change"])
    marks = {row["name"]: row["mark"] for row in (await planner.get("units"))["units"]}
    assert marks == {"Alpha": "(CUI)", "Bravo": "(U)", "Charlie": "(U)", "Delta": "(U)"}
    data = await out(planner, format="geojson")
    assert read(data).orbat.mark == DOOR.banner(CLOSED)
    low = await desk(hq, "cal", "plan")
    assert b"Alpha" not in await out(low, format="geojson", times="all")
    assert await wont(low, data) == (403, "label_above_you")


async def test_an_exported_unit_is_known_again(hq: House) -> None:
    planner, approver = await desk(hq, "ann"), await desk(hq, "bob")
    body = await planner.draft(unit("Alpha"), unit("Bravo", name_ja="乙"))
    await approved(planner, approver, body["row"]["id"])
    table = (await out(planner, format="csv")).replace("乙".encode(), "丙".encode())
    made = await give(planner, table)
    assert (made["added"], made["changed"], made["same"], made["acts"]) == (0, 1, 1, 1)


def test_the_shell_does_the_same_while_the_server_runs_and_while_it_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path / "hq")]
    table, result = tmp_path / "t.csv", tmp_path / "out.csv"
    table.write_bytes(TABLE + b"c,Charlie,nobody\n")
    assert cli.main(["orbat", "export", *data, "--format", "csv"]) == 2
    assert "no headquarters has run" in capsys.readouterr().err
    with running("serve", tmp_path / "hq"):
        assert cli.main(["orbat", "import", str(FILE), *data, "--dry-run"]) == 0
        said = capsys.readouterr().out
        assert "139 units, 154 relations, 128 places, 54 times carried" in said
        assert "unit.media (22)" in said
        assert "nothing was written" in said
        assert cli.main(["orbat", "import", str(table), *data]) == 1
        said = capsys.readouterr().out
        assert "3 units are new" in said
        assert "look: Charlie: its parent 'nobody' is not in the file" in said
        assert "drafted as change" in said
        assert cli.main(["orbat", "export", *data, "--format", "csv", "--out", str(result)]) == 0
        assert "0 units" in capsys.readouterr().out  # a draft is not in force
    assert cli.main(["orbat", "import", str(table), *data, "--map", "id=No"]) == 2
    assert "no column 'No' for id" in capsys.readouterr().err
    assert cli.main(["orbat", "import", str(table), *data, "--dry-run"]) == 1
    assert "3 units are new" in capsys.readouterr().out
    assert cli.main(["orbat", "export", *data, "--format", "kml", "--at", "yesterday"]) == 2
    assert cli.main(["orbat", "export", *data, "--format", "kml", "--out", str(result)]) == 0
    assert read(result.read_bytes(), "kml").orbat.mark


async def test_the_headings_of_a_workbook_are_offered_also_where_none_of_them_is_known(hq: House) -> None:
    planner = await desk(hq, "planner")
    book = Workbook()
    assert book.active is not None
    book.active.append(["Alpha", "Beta"])
    book.active.append(["1", "First"])
    file = io.BytesIO()
    book.save(file)
    path = "/api/command/import?dry_run=true"
    no = await planner.browser.client.post(path, content=file.getvalue())
    assert (no.status_code, no.json()["code"], no.json()["params"]["columns"]) == (400, "bad_input", ["Alpha", "Beta"])
    yes = await planner.browser.client.post(f"{path}&map=name=Beta", content=file.getvalue())
    assert (yes.status_code, yes.json()["columns"], yes.json()["units"]) == (200, ["Alpha", "Beta"], 1)
