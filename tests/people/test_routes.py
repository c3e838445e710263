"""Persons, appointments and sessions through the routes, as the page uses them."""

import asyncio
import re
from pathlib import Path

import msgspec
import pytest
from litestar import Litestar

from jointhq.base.errors import BadInput
from jointhq.journal.backup import RESTORED
from jointhq.journal.chain import Refused
from jointhq.journal.journal import Journal
from jointhq.journal.memory import MemoryStore
from jointhq.people import routes
from jointhq.people.directory import FOREVER_MS, PERMISSIONS, Directory
from jointhq.people.links import LINK_MINUTES, Links
from jointhq.people.records import SECRET_KINDS, CertificateIssued
from tests.people.house import CLOSED, OPEN, PASSWORD, appointment, assigned, house, invited, person, staffed


@pytest.fixture
async def hq(tmp_path):
    async with house(tmp_path) as built:
        yield built


async def test_the_first_start_has_one_administrator_who_comes_in_by_a_link(hq):
    assert hq.kinds() == ["person.added", "appointment.added", "appointment.assigned"]
    assert not await hq.people.first_start()
    assert await hq.browser().session() == (await hq.browser().session()) | {"signed_in": False}
    admin = await hq.administrator()
    session = await admin.session()
    assert session["person"]["name"] == "Administrator"
    assert session["permissions"] == ["watch", "release", "admin", "delegate", "log", "plan", "command"]
    assert session["appointment"]["holder"]["id"] == session["person"]["id"]
    assert session["without_credentials"]


async def test_two_processes_at_the_first_start_make_one_administrator(tmp_path):
    async with house(tmp_path) as one, house(tmp_path, shelf=one.shelf) as two:
        assert one.kinds().count("person.added") == 1
        assert not await two.people.first_start()


async def test_a_label_that_hides_the_administration_from_its_own_administrator_is_refused(tmp_path):
    with pytest.raises(BadInput, match="not_released_to"):
        async with house(tmp_path, label=msgspec.structs.replace(OPEN, releasable_to=("JPN",))):
            pass


async def test_every_record_names_person_and_appointment(hq):
    admin = await hq.administrator()
    me = await admin.session()
    await admin.ok("post", "/api/people", **person("sato"))
    for record in (await hq.journal.read(0))[3:]:
        assert (record.person, record.appointment) == (me["person"]["id"], me["appointment"]["id"])
        assert record.label == OPEN


async def test_a_person_is_added_assigned_signs_in_and_takes_the_appointment(hq):
    admin = await hq.administrator()
    post = await admin.ok(
        "post", "/api/appointments", **appointment("J3 watch", groups_in=["J3"], groups_out=["J3", "J2"])
    )
    sato = await staffed(admin, hq, "sato", post["id"], level="CUI")
    session = await sato.session()
    assert session["appointment"]["title"] == "J3 watch"
    assert session["permissions"] == ["watch"]
    reader = hq.people.access.session(next(iter(sato.client.cookies.jar)).value).reader
    assert reader.groups == {"J3", "J2"}
    assert reader.level == "CUI"
    assert await sato.no("get", "/api/people") == (403, "not_permitted")


async def test_a_watch_is_handed_over_with_a_note(hq):
    admin = await hq.administrator()
    post = (await admin.ok("post", "/api/appointments", **appointment("J3 watch")))["id"]
    first = await staffed(admin, hq, "sato", post)
    second = await staffed(admin, hq, "jones", post)
    offered = await second.session()
    assert offered["appointment"] is None
    assert offered["permissions"] == []
    assert offered["appointments"][0]["holder"]["name"] == "Sato"
    assert await second.no("post", "/api/appointments/take", appointment=post) == (409, "held")
    taken = await second.ok("post", "/api/appointments/take", appointment=post, note="Ferry overdue since 0400.")
    assert taken["appointment"]["note"] == "Ferry overdue since 0400."
    assert taken["appointment"]["note_by"]["name"] == "Jones"  # who wrote it, not who held it before
    assert taken["appointment"]["mark"] == "(U)"
    gone = await first.session()
    assert (gone["signed_in"], gone["appointment"], gone["permissions"]) == (True, None, [])
    await second.ok("post", "/api/appointments/lay-down", note="All quiet.")
    assert (await second.session())["appointment"] is None
    again = await first.ok("post", "/api/appointments/take", appointment=post)
    assert again["appointment"]["note"] == "All quiet."
    assert again["appointment"]["note_by"]["name"] == "Jones"
    taken = await second.ok("post", "/api/appointments/take", appointment=post, note="Back again.")
    assert (taken["appointment"]["note"], taken["appointment"]["note_by"]["name"]) == ("Back again.", "Jones")
    who = next(row for row in await admin.ok("get", "/api/people") if row["username"] == "jones")
    await admin.ok("post", f"/api/people/{who['id']}/remove", version=who["version"])
    offered = (await first.session())["appointments"][0]
    assert (offered["note"], offered["note_by"]["name"]) == ("Back again.", "Jones")  # it waits for the next


async def test_what_is_shown_of_people_carries_its_mark(hq):
    admin = await hq.administrator()
    post = await admin.ok("post", "/api/appointments", **appointment("J2", label="CUI"))
    who = await admin.ok("post", "/api/people", **person("sato", label="UNCLASSIFIED//REL TO USA, JPN"))
    assert post["mark"] == "(CUI)"
    await assigned(admin, who["id"], post["id"])
    made = await admin.ok(
        "post", "/api/invitations", purpose="enrolment", person=who["id"], appointment=post["id"], minutes=5
    )
    assert (who["mark"], made["invitation"]["mark"]) == ("(U//REL TO USA, JPN)", "(CUI)")  # it names the appointment
    now_ms = hq.clock.now_ms()
    for fingerprint, appointed in (("a" * 64, ""), ("b" * 64, post["id"])):
        await hq.people.certificate_issued(
            CertificateIssued(
                fingerprint=fingerprint, serial="1", subject="x", person=who["id"], appointment=appointed,
                not_before_ms=now_ms, not_after_ms=now_ms + 1000,
            )
        )  # fmt: skip
    marks = {row["title"]: row["mark"] for row in await admin.ok("get", "/api/certificates")}
    assert marks == {"": "(U//REL TO USA, JPN)", "J2": "(CUI)"}  # the appointment's title stands in the row


async def test_a_held_appointment_outlives_signing_out(hq):
    admin = await hq.administrator()
    post = (await admin.ok("post", "/api/appointments", **appointment("J3 watch")))["id"]
    sato = await staffed(admin, hq, "sato", post)
    await sato.ok("post", "/api/sign-out")
    jones = await staffed(admin, hq, "jones", post)
    assert (await jones.session())["appointments"][0]["holder"]["name"] == "Sato"


async def test_nobody_takes_what_he_is_not_assigned_to(hq):
    admin = await hq.administrator()
    mine = (await admin.ok("post", "/api/appointments", **appointment("A")))["id"]
    other = (await admin.ok("post", "/api/appointments", **appointment("B")))["id"]
    sato = await staffed(admin, hq, "sato", mine)
    absent = await sato.post("/api/appointments/take", appointment="nothing")
    hidden = await sato.post("/api/appointments/take", appointment=other)
    assert (absent.status_code, absent.content) == (hidden.status_code, hidden.content)
    assert absent.status_code == 404


async def test_a_copied_cookie_is_dead_after_sign_out(hq):
    admin = await hq.administrator()
    thief = hq.browser("203.0.113.5")
    thief.client.cookies.update(admin.client.cookies)
    assert (await thief.session())["signed_in"]
    await admin.ok("post", "/api/sign-out")
    assert not (await thief.session())["signed_in"]
    assert await thief.no("get", "/api/people") == (401, "not_signed_in")
    await thief.ok("post", "/api/sign-out")


@pytest.mark.parametrize(
    "way", ["remove", "unassign", "end", "sessions", "credentials", "clearance", "assignment", "time"]
)
async def test_what_ends_access_ends_it_at_once_and_tells_who_listens(hq, way):
    admin = await hq.administrator()
    post = await admin.ok("post", "/api/appointments", **appointment("J3 watch"))
    now_ms = hq.clock.now_ms()
    who = await admin.ok("post", "/api/people", **person("sato", cleared_until_ms=now_ms + 60_000))
    ends = {"until_ms": now_ms + 60_000} if way == "assignment" else {}
    await assigned(admin, who["id"], post["id"], **ends)
    sato = await invited(admin, hq, who["id"])
    cookie = next(iter(sato.client.cookies.jar)).value
    assert hq.people.access.session(cookie).permissions == {"watch"}
    told = []
    hq.directory.sweep(hq.clock.now_ms())
    stop = hq.directory.on_change(lambda: told.append(1))
    version = (await admin.ok("get", "/api/appointments"))[1]["version"]
    match way:
        case "remove":
            await admin.ok("post", f"/api/people/{who['id']}/remove", version=who["version"])
        case "unassign":
            await admin.ok("post", f"/api/appointments/{post['id']}/unassign", version=version, person=who["id"])
        case "end":
            await admin.ok("post", f"/api/appointments/{post['id']}/end", version=version)
        case "sessions":
            assert (await admin.ok("post", f"/api/people/{who['id']}/sessions/end")) == {"ended": 1}
        case "credentials":
            assert (await admin.ok("post", f"/api/people/{who['id']}/credentials/remove")) == {"ended": 1}
        case "clearance" | "assignment":
            assert not hq.directory.sweep(now_ms + 59_999)
            hq.clock.advance(60)
            hq.directory.sweep(hq.clock.now_ms())
        case "time":
            hq.clock.advance(12 * 3600)
            hq.directory.sweep(hq.clock.now_ms())
    assert told
    session = await sato.session()
    assert not session["permissions"]
    assert not session["appointment"]
    assert session["signed_in"] == (way in ("unassign", "end", "clearance", "assignment"))
    stop()
    told.clear()
    hq.directory.sweep(FOREVER_MS)
    assert not told


async def test_what_ends_by_itself_is_noticed_within_a_second(hq):
    admin = await hq.administrator()
    await admin.ok("post", "/api/people", **person("sato", cleared_until_ms=hq.clock.now_ms() + 60_000))
    watching = asyncio.create_task(hq.people.watch())
    told = asyncio.Event()
    hq.directory.on_change(told.set)
    await asyncio.sleep(0.01)
    assert not told.is_set()
    hq.clock.advance(60)
    await asyncio.wait_for(told.wait(), 1)
    watching.cancel()


async def test_removal_is_undone(hq):
    admin = await hq.administrator()
    who = await admin.ok("post", "/api/people", **person("sato"))
    gone = await admin.ok("post", f"/api/people/{who['id']}/remove", version=who["version"], reason="posted away")
    assert (gone["active"], gone["standing"]) == (False, "person_removed")
    assert await admin.no("post", "/api/invitations", purpose="sign-in", person=who["id"]) == (409, "person_removed")
    back = await admin.ok("post", f"/api/people/{who['id']}/reinstate", version=gone["version"])
    assert back["active"]
    await invited(admin, hq, who["id"])


async def test_two_who_change_the_same_the_slower_is_told(hq):
    admin = await hq.administrator()
    who = await admin.ok("post", "/api/people", **person("sato"))
    path = f"/api/people/{who['id']}"
    await admin.ok("put", path, **person("sato", name="Sato H."), version=who["version"])
    assert await admin.no("put", path, **person("sato", name="Sato K."), version=who["version"]) == (
        409, "changed_meanwhile",
    )  # fmt: skip
    assert (await admin.ok("get", path))["person"]["name"] == "Sato H."


async def test_another_process_of_the_same_headquarters_decides_on_the_same_people(tmp_path):
    async with house(tmp_path) as one, house(tmp_path, shelf=one.shelf, clock=one.clock) as two:
        admin = await one.administrator()
        who = await admin.ok("post", "/api/people", **person("sato"))
        there = two.browser()
        there.client.cookies.update(admin.client.cookies)
        row = next(r for r in await there.ok("get", "/api/people") if r["id"] == who["id"])
        assert row == who
        await there.ok("post", f"/api/people/{who['id']}/remove", version=who["version"])
        assert await admin.no("put", f"/api/people/{who['id']}", **person("sato"), version=who["version"]) == (
            409, "changed_meanwhile",
        )  # fmt: skip


async def test_the_last_administrator_stays(hq):
    admin = await hq.administrator()
    me = (await admin.ok("get", "/api/people"))[0]
    post = (await admin.ok("get", "/api/appointments"))[0]
    path, there = f"/api/people/{me['id']}", f"/api/appointments/{post['id']}"
    last = (409, "last_administrator")
    assert await admin.no("post", f"{path}/remove", version=me["version"]) == last
    assert await admin.no("post", f"{there}/end", version=post["version"]) == last
    assert await admin.no("post", f"{there}/unassign", version=post["version"], person=me["id"]) == last
    soon = hq.clock.now_ms() + 60_000
    body = person("administrator", level="CUI", version=me["version"])
    assert await admin.no("put", path, **{**body, "cleared_until_ms": soon}) == last
    body = appointment("Administrator", version=post["version"])
    assert await admin.no("put", there, **body) == last
    assert await admin.no("put", there, **{**body, "permissions": ["admin"], "until_ms": soon}) == last
    args = {"version": post["version"], "person": me["id"], "until_ms": soon}
    assert await admin.no("post", f"{there}/assign", **args) == last
    await staffed(admin, hq, "sato", post["id"])
    await admin.ok("post", f"{path}/remove", version=me["version"])
    assert not (await admin.session())["signed_in"]
    again = hq.browser()  # a link still lets in whoever has the machine: now as the one who is left
    await again.ok("post", "/api/sign-in", token=Links(hq.data, hq.clock).issue())
    assert (await again.session())["username"] == "sato"


async def test_two_administrators_in_two_processes_do_not_remove_each_other(tmp_path):
    async with house(tmp_path) as one, house(tmp_path, shelf=one.shelf, clock=one.clock) as two:
        admin = await one.administrator()
        second = appointment("Second administrator", permissions=["admin"])
        second = (await admin.ok("post", "/api/appointments", **second))["id"]
        there = await staffed(admin, one, "sato", second)
        sato = two.browser()
        sato.client.cookies.update(there.client.cookies)
        rows = {row["username"]: row for row in await sato.ok("get", "/api/people")}
        answers = await asyncio.gather(
            admin.post(f"/api/people/{rows['sato']['id']}/remove", version=rows["sato"]["version"]),
            sato.post(f"/api/people/{rows['administrator']['id']}/remove", version=rows["administrator"]["version"]),
        )
        assert sorted(answer.status_code == 200 for answer in answers) == [False, True]
        assert one.people.first_administrator()
        assert one.people.first_administrator() == two.people.first_administrator()


async def test_a_link_may_name_the_person(hq):
    admin = await hq.administrator()
    await admin.ok("post", "/api/people", **person("sato"))
    links = Links(hq.data, hq.clock)
    sato = hq.browser()
    await sato.ok("post", "/api/sign-in", token=links.issue("sato"))
    assert (await sato.session())["username"] == "sato"
    assert await hq.browser().no("post", "/api/sign-in", token=links.issue("nobody")) == (401, "wrong")


async def test_a_link_works_once_and_ends(hq):
    links = Links(hq.data, hq.clock)
    token = links.issue()
    await hq.browser().ok("post", "/api/sign-in", token=token)
    assert await hq.browser().no("post", "/api/sign-in", token=token) == (401, "wrong")
    late = links.issue()
    hq.clock.advance(LINK_MINUTES * 60)
    assert await hq.browser().no("post", "/api/sign-in", token=late) == (401, "wrong")


async def test_a_full_disk_refuses_a_sign_in_and_leaves_the_link_whole(hq):
    token = Links(hq.data, hq.clock).issue()
    hq.shelf.refusal = Refused("disk_full", "the disk is full; make room")
    assert await hq.browser().no("post", "/api/sign-in", token=token) == (503, "disk_full")
    hq.shelf.refusal = None
    await hq.browser().ok("post", "/api/sign-in", token=token)


async def test_an_invitation_works_once_and_can_be_taken_back(hq):
    admin = await hq.administrator()
    who = (await admin.ok("post", "/api/people", **person("sato")))["id"]
    made = await admin.ok("post", "/api/invitations", purpose="sign-in", person=who, minutes=30)
    await hq.browser().ok("post", "/api/sign-in", token=made["token"])
    assert await hq.browser().no("post", "/api/sign-in", token=made["token"]) == (401, "wrong")
    second = await admin.ok("post", "/api/invitations", purpose="sign-in", person=who)
    row = await admin.ok("post", f"/api/invitations/{second['invitation']['id']}/revoke")
    assert row["state"] == "revoked"
    assert await hq.browser().no("post", "/api/sign-in", token=second["token"]) == (401, "wrong")
    third = await admin.ok("post", "/api/invitations", purpose="sign-in", person=who, minutes=1)
    hq.clock.advance(60)
    assert await hq.browser().no("post", "/api/sign-in", token=third["token"]) == (401, "wrong")
    states = [i["state"] for i in await admin.ok("get", "/api/invitations")]
    assert sorted(states) == ["past", "revoked", "used"]
    wrong = await hq.browser().post("/api/sign-in", token="nothing")
    assert wrong.status_code == 401


async def test_no_token_password_or_cookie_is_written_down(hq):
    admin = await hq.administrator()
    who = (await admin.ok("post", "/api/people", **person("sato")))["id"]
    token = (await admin.ok("post", "/api/invitations", purpose="enrolment", person=who))["token"]
    await admin.ok("put", "/api/session/password", password=PASSWORD)
    cookie = next(iter(admin.client.cookies.jar)).value
    written = b"".join(content for _, content in hq.shelf.rows)
    for secret in (token, PASSWORD, cookie, cookie.rpartition(".")[2]):
        assert secret.encode() not in written
    assert {k for k in hq.kinds() if "password" in k} == set(SECRET_KINDS)


async def test_a_hidden_person_and_an_absent_one_are_the_same(hq):
    admin = await hq.administrator()
    hidden = await admin.ok("post", "/api/people", **person("kato", label="CUI//NOFORN"))
    assert hidden["mark"] == "(CUI//NF)"
    post = await admin.ok("post", "/api/appointments", **appointment("admin 2", permissions=["admin"]))
    low = await staffed(admin, hq, "low", post["id"])  # cleared to U alone
    assert hidden["id"] not in {row["id"] for row in await low.ok("get", "/api/people")}
    for path in ("/api/people/{}", "/api/why?reader={}&uid=x"):
        a, b = [await low.get(path.format(x)) for x in (hidden["id"], "absent")]
        assert (a.status_code, a.content) == (b.status_code, b.content) == (404, b.content)
    for path in ("remove", "reinstate", "sessions/end", "credentials/remove"):
        a, b = [await low.post(f"/api/people/{x}/{path}") for x in (hidden["id"], "absent")]
        assert (a.status_code, a.content) == (b.status_code, b.content) == (404, b.content)
    assert await low.no("post", "/api/people", **person("mori", label="CUI//NOFORN")) == (403, "label_above_you")


async def test_a_release_officer_may_ask_why_about_what_he_may_see_himself(hq):
    admin = await hq.administrator()
    post = (await admin.ok("post", "/api/appointments", **appointment("Release", permissions=["release"])))["id"]
    secret_post = await admin.ok("post", "/api/appointments", **appointment("secret post", label="CUI//NOFORN"))
    seen = await admin.ok("post", "/api/people", **person("seen", nation="JPN", organisation="JJOC"))
    hidden = await admin.ok("post", "/api/people", **person("hidden", label="CUI//NOFORN"))
    for one in (seen, hidden):
        await assigned(admin, one["id"], secret_post["id"])
    officer = await staffed(admin, hq, "officer", post)
    own = (await officer.session())["person"]["id"]
    hq.labels |= {"low": OPEN, "high": CLOSED}

    readers = await officer.ok("get", "/api/why/readers")
    assert {row["name"] for row in readers} == {"Administrator", "Seen", "Officer"}
    assert readers[-1].keys() == {"id", "name", "name_ja", "organisation", "mark", "appointments"}
    assert {row["name"]: [a["title"] for a in row["appointments"]] for row in readers}["Seen"] == []
    answer = await officer.ok("get", "/api/why", reader=seen["id"], person=own)
    assert answer["reader"]["name"] == "Seen"
    assert answer["appointment"] == ""
    assert (await officer.ok("get", "/api/why", reader=own, uid="low"))["allowed"]
    absent = {"reader": "absent", "person": "absent", "uid": "absent", "appointment": "absent"}
    for key, what in {"reader": hidden["id"], "person": hidden["id"], "uid": "high",
                      "appointment": secret_post["id"]}.items():  # fmt: skip
        item = {} if key in ("person", "uid") else {"uid": "low"}
        a, b = [await officer.get("/api/why", **{"reader": own, **item, key: x}) for x in (what, absent[key])]
        assert (a.status_code, a.content) == (b.status_code, b.content) == (404, b.content), key
    for path in ("/api/people", "/api/appointments", f"/api/people/{own}"):
        assert await officer.no("get", path) == (403, "not_permitted")


@pytest.mark.parametrize("more", [[], ["delegate"], ["watch", "log"]])
async def test_who_has_not_release_asks_no_why_and_a_delegate_who_has_stays_in_his_fence(hq, more):
    admin = await hq.administrator()
    own = appointment("Desk", organisation="MARFORJ", permissions=more)
    post = (await admin.ok("post", "/api/appointments", **own))["id"]
    desk = await staffed(admin, hq, "desk", post, organisation="MARFORJ")
    assert await desk.no("get", "/api/why/readers") == (403, "not_permitted")
    both = appointment("Both", organisation="MARFORJ", permissions=["release", "delegate"])
    post = (await admin.ok("post", "/api/appointments", **both))["id"]
    fenced = await staffed(admin, hq, "fenced", post, organisation="MARFORJ")
    assert {row["organisation"] for row in await fenced.ok("get", "/api/why/readers")} == {"MARFORJ"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"username": "Größe"}, "username_form"),
        ({"username": "administrator"}, "username_taken"),
        ({"level": "ULTRA"}, "level_unknown"),
        ({"nation": "XXX"}, "nation_unknown"),
        ({"caveats": ["NOFORN"]}, "caveat_unknown"),
        ({"organisation": "JPN"}, "organisation_form"),
        ({"organisation": "NATO"}, "organisation_form"),
        ({"label": "MOSTLY HARMLESS"}, "label_unknown"),
        ({"name": ""}, None),
        ({"surprise": 1}, None),
    ],
)
async def test_a_form_that_cannot_be_is_refused(hq, change, code):
    admin = await hq.administrator()
    answer = await admin.post("/api/people", **{**person("sato"), **change})
    assert answer.status_code in (400, 409)
    if code:
        assert answer.json()["code"] == code
    assert "person.added" not in hq.kinds()[3:]


async def test_a_page_of_another_site_changes_nothing(hq):
    admin = await hq.administrator()
    admin.client.headers["origin"] = "https://elsewhere.example"
    assert (await admin.post("/api/people", **person("sato"))).status_code == 403
    assert (await admin.post("/api/sign-out")).status_code == 403
    assert (await admin.get("/api/people")).status_code == 200


async def test_a_rebuilt_directory_equals_the_running_one(hq):
    admin = await hq.administrator()
    post = await admin.ok("post", "/api/appointments", **appointment("J3 watch"))
    sato = await staffed(admin, hq, "sato", post["id"])
    await sato.ok("post", "/api/sign-out")
    hq.clock.advance(13 * 3600)
    await hq.administrator()
    rebuilt = Directory()
    journal = Journal(MemoryStore(hq.shelf), hq="USFJ", clock=hq.clock)
    journal.attach(rebuilt)
    await journal.start()
    assert msgspec.json.encode(rebuilt.state()) == msgspec.json.encode(hq.directory.state())
    assert len(rebuilt.sessions) == 1  # those past their time are let go by the journal's own time
    await journal.close()


async def test_after_a_restore_nothing_goes_on_that_may_have_been_ended_since(hq):
    admin = await hq.administrator()
    who = await admin.ok("post", "/api/people", **person("sato"))
    invited_ = await admin.ok("post", "/api/invitations", purpose="sign-in", person=who["id"])
    link = Links(hq.data, hq.clock).issue()
    await hq.people.after_restore()  # nothing was restored
    assert (await admin.session())["signed_in"]
    (hq.data / RESTORED).touch()
    await hq.people.after_restore()
    assert not (hq.data / RESTORED).exists()
    assert await admin.no("get", "/api/people") == (401, "not_signed_in")
    for token in (invited_["token"], link):
        assert await hq.browser().no("post", "/api/sign-in", token=token) == (401, "wrong")
    again = await hq.administrator()  # who has the machine comes in as ever
    assert [i["state"] for i in await again.ok("get", "/api/invitations")] == ["revoked"]


OPEN_TO_ALL = {
    "/api/sign-in", "/api/sign-in/password", "/api/sign-in/passkey/options", "/api/sign-in/passkey",
    "/api/sign-in/oidc", "/api/sign-in/oidc/callback", "/api/sign-in/certificate", "/api/session", "/api/sign-out",
}  # fmt: skip


async def test_every_route_has_a_guard_or_stands_on_the_list(hq):
    assert len(hq.app.routes) > 35
    admin = await hq.administrator()
    post = (await admin.ok("post", "/api/appointments", **appointment("J3 watch")))["id"]
    sato = await staffed(admin, hq, "sato", post)
    stranger = hq.browser()
    for route in hq.app.routes:
        for method in route.methods - {"OPTIONS"}:
            if route.path in OPEN_TO_ALL:
                continue
            path = re.sub(r"\{\w+:str\}", "x", route.path)
            answer = await stranger.client.request(method, path, json={} if method != "GET" else None)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), (method, path)
            own = path.startswith(("/api/session", "/api/appointments/take", "/api/appointments/lay-down"))
            answer = await sato.client.request(method, path, json={} if method != "GET" else None)
            assert own or (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), (method, path)


async def test_no_answer_holds_the_name_of_somebody_hidden_and_each_of_somebody_seen(hq):
    admin = await hq.administrator()
    post = (await admin.ok("post", "/api/appointments", **appointment("Admin 2", permissions=["admin"])))["id"]
    hidden_post = appointment("canary-post", label="CUI//NOFORN")
    hidden_post = (await admin.ok("post", "/api/appointments", **hidden_post))["id"]
    labels = {"(U)": True, "CUI//NOFORN": False, "CUI//REL TO USA, JPN": False, "(U//REL TO USA, JPN)": True}
    for i, (label, seen) in enumerate(labels.items()):
        who = await admin.ok("post", "/api/people", **person(f"canary-{i}-{'seen' if seen else 'hidden'}", label=label))
        await assigned(admin, who["id"], post)
        await assigned(admin, who["id"], hidden_post)
        await admin.ok("post", "/api/invitations", purpose="enrolment", person=who["id"], appointment=hidden_post)
        now_ms = hq.clock.now_ms()
        await hq.people.certificate_issued(
            CertificateIssued(
                fingerprint=f"{i:064x}", serial=str(i), subject="x", person=who["id"], appointment=hidden_post,
                not_before_ms=now_ms, not_after_ms=now_ms + 86_400_000,
            )
        )  # fmt: skip
        if not seen:
            secret = await invited(admin, hq, who["id"])  # holds the appointment that the low one also has
            await secret.post("/api/appointments/take", appointment=post, note="x")
    low = await staffed(admin, hq, "low", post)
    await low.ok("post", "/api/appointments/take", appointment=post, note="mine now")
    paths = [route.path for route in hq.app.routes if "GET" in route.methods and "{" not in route.path]
    heard = b""
    for path in paths:
        heard += (await low.get(path)).content
    for row in await low.ok("get", "/api/people"):
        heard += (await low.get(f"/api/people/{row['id']}")).content
    assert b"hidden" not in heard.replace(b"not_found", b"").lower()
    assert b"canary-post" not in heard
    assert hidden_post.encode() not in heard
    for seen in (b"canary-0-seen", b"canary-3-seen"):
        assert seen in heard


def test_every_refusal_and_every_rule_is_told_of():
    people = Path(routes.__file__).parent
    codes = {c for file in people.glob("*.py") for c in re.findall(r'Refusal\(\s*"(\w+)"', file.read_text("utf-8"))}
    assert len(codes) > 20
    for code in codes:
        assert f"`{code}`" in (routes.__doc__ or ""), f"the list of codes in people/routes.py lacks {code}"
    text = (people.parents[2] / "docs/people.md").read_text("utf-8")
    standings = set(re.findall(r'return "(\w+_\w+)"', (people / "directory.py").read_text("utf-8")))
    for word in {*PERMISSIONS, *standings, "not_in_groups", "no_appointment"} - {
        "person_unknown",
        "appointment_unknown",
    }:
        assert f"`{word}`" in text, f"docs/people.md lacks {word}"
    paths = {re.sub(r"\{(\w+):str\}", "{}", route.path) for route in Litestar([routes.people_routes()]).routes}
    said = {re.sub(r"\{\w+\}", "{}", path) for path in re.findall(r" (/api/[^ ?\[]*)", routes.__doc__ or "")}
    assert {path for path in paths if path.startswith("/api")} == said
