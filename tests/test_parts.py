"""From settings to parts: what is wrong is named with its setting; floors of listeners and groups add up."""

import re
from types import SimpleNamespace

import msgspec
import pytest

from jointhq.app import Server
from jointhq.base.clock import SystemClock
from jointhq.base.errors import BadInput
from jointhq.command.records import ChangeDrafted
from jointhq.journal.record import NO_DIGEST, Draft, prepare, read, write
from jointhq.operations.records import orders as r
from jointhq.operations.records.handover import HandoverOffered
from jointhq.operations.records.log import LogEntered
from jointhq.operations.records.missions import MissionAdded
from jointhq.parts import projections
from jointhq.people.directory import Identity
from jointhq.release.label import Label
from jointhq.settings import load
from tests.support.people import reader

DEMO = {"label_policy": "DEMO-USA-JPN", "label_highest": "CUI", "label_default": "UNCLASSIFIED"}
HIGH = Label(policy="DEMO-USA-JPN", level="CUI", owner="USA", caveats=("NOFORN",))
GROUPS = """
[[groups]]
name = "Red"
label = "CUI//REL TO USA, JPN"
[[groups]]
name = "Blue"
label = "CUI//REL TO USA, AUS"
"""


@pytest.fixture
def server(tmp_path):
    (tmp_path / "jointhq.toml").write_text(GROUPS)
    return Server(load(DEMO | {"data": str(tmp_path)}, {}), SystemClock())


@pytest.mark.parametrize(
    ("fingerprint", "groups", "banner"),
    [
        ("", ("__ANON__",), "UNCLASSIFIED"),
        ("f", ("Teal",), "UNCLASSIFIED"),
        ("f", ("Red",), "CUI//REL TO USA, JPN"),
        ("f", ("Red", "Teal"), "CUI//REL TO USA, JPN"),
    ],
)
def test_what_a_client_says_has_its_listeners_and_its_groups_label(server, fingerprint, groups, banner):
    label = server._floor_of(Identity("p", "", reader(), groups, "", fingerprint))
    assert server.door.banner(msgspec.structs.replace(label, groups=())) == banner
    assert label.groups == groups


def test_who_may_see_what_two_groups_say_may_see_what_each_says(server):
    both = server._floor_of(Identity("p", "", reader(), ("Blue", "Red"), "", "f"))
    seen = {n for n in ("USA", "JPN", "AUS") if server.door.may_see(reader(n, "CUI", "Red", "Blue"), both, 1)}
    assert seen == {"USA"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"label_policy": "NONE"}, "label_policy"),
        ({"label_highest": "XX"}, "label_highest"),
        ({"hq_nation": "XXX"}, "hq_nation"),
        ({"label_default": "SECRET SQUIRREL"}, "label_default = 'SECRET SQUIRREL'"),
        ({"tls_label": "(X)"}, "tls_label = '(X)'"),
        ({"label_files": "/nowhere.json"}, "label_files"),
        ({"journal_url": "mysql://x"}, "journal_url must begin with postgresql://"),
        ({"oidc_issuer": "https://id.example"}, "oidc_client_id"),
        ({"oidc_issuer": "https://id.example", "oidc_client_id": "x", "oidc_client_secret_file": "/no"}, "/no"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, settings, says):
    with pytest.raises(BadInput, match=re.escape(says)):
        Server(load(DEMO | {"data": str(tmp_path)} | settings, {}), SystemClock())


@pytest.mark.parametrize("body", [
    r.OrderDrafted(type="OPORD", title="t", unit="u", chosen=HIGH),
    MissionAdded(title="t", text="x", unit="u", from_ms=1),
    HandoverOffered(appointment="a", since_ms=1, language="en", note="", items=()),
    ChangeDrafted(revision=1, title="t", phases=()),
    LogEntered(text="x"),
], ids=lambda body: type(body).__name__)  # fmt: skip
def test_the_banner_rises_with_whatever_stands_on_a_page(server, body):
    draft = Draft(body=body, subject="s", label=HIGH)
    record = read("0" * 64, write(prepare(draft), id="1", hq="X", position=1, written_ms=1, previous=NO_DIGEST))
    for projection in server.journal.projections:
        projection.apply(record)
    banners = {nation: server.told.banner(SimpleNamespace(reader=reader(nation, "CUI"))) for nation in ("USA", "JPN")}
    assert banners == {"USA": "CUI//NOFORN", "JPN": "UNCLASSIFIED"}


def test_the_journal_is_rebuilt_into_all_that_the_server_folds(server):
    assert {one.name for one in projections()} == {one.name for one in server.journal.projections}
    assert [type(one) for one in projections()] == [type(one) for one in server.journal.projections]
