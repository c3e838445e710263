"""The three rules above the others, held by whatever anybody does in whatever order; and delegates, by example."""

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jointhq.base.errors import JointHQError
from jointhq.journal.acts import Outcome
from jointhq.journal.record import NO_DIGEST, Record, prepare, read, write
from jointhq.people import forms as f
from jointhq.people import records as r
from jointhq.people import rules, sessions
from jointhq.people.directory import ADMIN, DELEGATE, FOREVER_MS, LOG, PERMISSIONS, WATCH, Directory, Session
from jointhq.people.fence import Ground
from jointhq.people.groups import named
from jointhq.release.reader import NO_READER
from tests.people.house import DOOR, OPEN, POLICY, appointment, assigned, house, invited, person, staffed

START_MS = 1_700_000_000_000
DAY_MS = 86_400_000


class Book:
    """A journal without I/O: drafts become records, and records feed a directory."""

    def __init__(self) -> None:
        self.directory = Directory()
        self.records: list[Record] = []
        self.now_ms = START_MS

    def ground(self) -> Ground:
        return Ground(self.directory, DOOR, OPEN, self.now_ms)

    def write(self, outcome: Outcome) -> None:
        for draft in outcome.drafts:
            position = len(self.records) + 1
            content = write(
                prepare(draft), id=str(position), hq="USFJ", position=position, written_ms=self.now_ms,
                previous=NO_DIGEST,
            )  # fmt: skip
            self.records.append(read(f"{position:064x}"[::-1], content))
            self.directory.apply(self.records[-1])


def people_of_organisations(book: Book) -> None:
    """Write a headquarters with an administrator and a delegate for one of two organisations."""
    posts = {
        "admin": appointment("Admin", permissions=list(PERMISSIONS), groups_in=["A"], groups_out=["A"]),
        "desk": appointment("Desk", organisation="MARFORJ", permissions=["watch", DELEGATE], groups_in=["B"],
                            groups_out=["B"]),
    }  # fmt: skip
    who = {
        "root": person("root", level="CUI"),
        "dee": person("dee", organisation="MARFORJ", cleared_until_ms=START_MS + 30 * DAY_MS),
    }
    from jointhq.journal.record import Draft

    drafts = []
    for key, body in posts.items():
        facts = {**body, "from_ms": START_MS}
        drafts.append(Draft(body=msgspec.convert(facts, r.AppointmentAdded), subject=key, label=OPEN))
    for key, body in who.items():
        drafts.append(Draft(body=msgspec.convert(body, r.PersonAdded), subject=key, label=OPEN))
    for post, one in zip(posts, who, strict=True):
        given = r.AppointmentAssigned(person=one, from_ms=START_MS)
        drafts.append(Draft(body=given, subject=post, label=OPEN))
    book.write(Outcome(drafts))


def powers(d: Directory, who: str) -> dict[str, Any]:
    """All that somebody can do and see, now or later: written a second way, for comparison."""
    p = d.persons[who]
    posts = [d.appointments[a] for a, those in d.assignments.items() if who in those]
    return {
        "rank": {"U": 0, "CUI": 1, "C": 2, "S": 3, "TS": 4}[p.level],
        "until": p.cleared_until_ms,
        "nation": p.nation,
        "permissions": set().union(*(a.permissions for a in posts)),
        "in": set().union(*(named(a.groups_in) for a in posts)),
        "out": set().union(*(named(a.groups_out) for a in posts)),
    }


def no_more_than(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (
        one["rank"] <= other["rank"]
        and one["until"] <= other["until"]
        and one["nation"] == other["nation"]
        and all(one[key] <= other[key] for key in ("permissions", "in", "out"))
    )


actors = st.sampled_from(["dee", "dee", "dee", "root", "any"])
targets = st.integers(0, 4)
moments = st.sampled_from([0, 0, START_MS + DAY_MS, START_MS + 5 * DAY_MS])
organisations = st.sampled_from(["MARFORJ", "MARFORJ", "USFJ"])
groups = st.sampled_from([("B",), ("B",), ("B",), (), ("A", "B")])


class Anybody(RuleBasedStateMachine):
    """Everybody tries everything."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.ids = map(str, itertools.count())
        self.sessions: list[str] = []

    @initialize()
    def begin(self) -> None:
        people_of_organisations(self.book)
        self.start(0)
        self.start(1)
        assert all(self.actor(who) for who in ("root", "dee"))

    # -- who, what, and how it is done

    def person(self, index: int) -> str:
        return list(self.book.directory.persons)[index % len(self.book.directory.persons)]

    def post(self, index: int) -> str:
        return list(self.book.directory.appointments)[index % len(self.book.directory.appointments)]

    def actor(self, who: str) -> Session | None:
        """Return a session of `who` that speaks for something, if there is one; "any": of anybody."""
        live = [s for s in map(self.session, self.sessions) if s is not None and s.appointment]
        return next((s for s in reversed(live) if who in ("any", s.person)), None)

    def session(self, session_id: str) -> Session | None:
        return self.book.directory.session(session_id, self.book.now_ms)

    def do(self, who: str, act: Any, *args: Any) -> None:
        """Let somebody try something; check the fence if he is a delegate."""
        actor = self.actor(who)
        if actor is None:
            return
        d = self.book.directory
        try:
            outcome = act(self.book.ground(), actor, *args)
        except JointHQError:
            return
        if act in (sessions.take, sessions.lay_down) or ADMIN in actor.permissions:
            self.book.write(outcome)
            return
        assert DELEGATE in actor.permissions
        inside = d.appointments[actor.appointment].organisation
        own = powers(d, actor.person) | {
            "permissions": set(actor.permissions),
            "in": set(named(d.appointments[actor.appointment].groups_in)),
            "out": set(named(d.appointments[actor.appointment].groups_out)),
        }
        before = {who: (d.persons[who], powers(d, who)) for who in d.persons}
        posts = dict(d.appointments)
        self.book.write(outcome)
        for who, now in d.persons.items():
            was = before.get(who)
            if was == (now, powers(d, who)):
                continue
            assert now.organisation == inside
            assert no_more_than(powers(d, who), own)
            assert was is None or (was[0].organisation == inside and no_more_than(was[1], own))
        for key, post in d.appointments.items():
            if posts.get(key) != post:
                assert post.organisation == inside
                assert post.permissions <= own["permissions"]
                assert key not in posts or (
                    posts[key].organisation == inside and posts[key].permissions <= own["permissions"]
                )

    # -- what anybody may try

    @rule(index=targets)
    def start(self, index: int) -> None:
        session_id = f"s{next(self.ids)}"
        entry = sessions.Entry(
            person=self.person(index), session_id=session_id, how="link", until_ms=FOREVER_MS, address=""
        )
        try:
            self.book.write(sessions.start(self.book.ground(), entry))
        except JointHQError:
            assert not self.book.directory.persons[entry.person].active
        self.sessions.append(session_id)

    @rule(days=st.integers(0, 3))
    def time_passes(self, days: int) -> None:
        self.book.now_ms += days * DAY_MS // 2
        self.book.directory.sweep(self.book.now_ms)

    @rule(
        who=actors, what=st.none() | targets, organisation=organisations,
        level=st.sampled_from(["U", "U", "U", "CUI"]), nation=st.sampled_from(["USA", "USA", "USA", "JPN"]),
        until=st.sampled_from([FOREVER_MS, START_MS + 20 * DAY_MS, START_MS + 20 * DAY_MS, START_MS + DAY_MS, 0]),
    )  # fmt: skip
    def write_person(self, who: str, what: int | None, organisation: str, level: str, nation: str, until: int) -> None:
        new = f"p{next(self.ids)}"
        form = f.PersonForm(
            name=new, username=new, nation=nation, organisation=organisation, policy=POLICY, level=level,
            cleared_until_ms=until,
        )  # fmt: skip
        if what is None:
            self.do(who, rules.add_person, new, form)
            return
        target = self.book.directory.persons[self.person(what)]
        form = msgspec.structs.replace(form, version=target.version, username=target.username)
        self.do(who, rules.change_person, target.id, form)

    @rule(who=actors, what=targets, remove=st.booleans())
    def remove_or_reinstate(self, who: str, what: int, remove: bool) -> None:  # noqa: FBT001
        target = self.book.directory.persons[self.person(what)]
        act = rules.remove_person if remove else rules.reinstate_person
        self.do(who, act, target.id, f.ReasonForm(version=target.version))

    @rule(
        who=actors, what=st.none() | targets, organisation=organisations, ins=groups, outs=groups,
        permissions=st.lists(st.sampled_from([WATCH, WATCH, DELEGATE, ADMIN, LOG]), max_size=2), until=moments,
    )  # fmt: skip
    def write_appointment(
        self, who: str, what: int | None, organisation: str, ins: Any, outs: Any, permissions: Any, until: int
    ) -> None:
        form = f.AppointmentForm(
            title="x", organisation=organisation, permissions=tuple(permissions), groups_in=tuple(ins),
            groups_out=tuple(outs), until_ms=until,
        )  # fmt: skip
        if what is None:
            self.do(who, rules.add_appointment, f"a{next(self.ids)}", form)
            return
        target = self.book.directory.appointments[self.post(what)]
        form = msgspec.structs.replace(form, version=target.version)
        self.do(who, rules.change_appointment, target.id, form)

    @rule(who=actors, what=targets, until=moments)
    def end_appointment(self, who: str, what: int, until: int) -> None:
        target = self.book.directory.appointments[self.post(what)]
        self.do(who, rules.end_appointment, target.id, f.EndForm(version=target.version, until_ms=until))

    @rule(who=actors, what=targets, whom=targets, until=moments)
    def assign(self, who: str, what: int, whom: int, until: int) -> None:
        target = self.book.directory.appointments[self.post(what)]
        form = f.AssignForm(version=target.version, person=self.person(whom), until_ms=until)
        self.do(who, rules.assign, target.id, form)

    @rule(who=actors, what=targets, whom=targets)
    def unassign(self, who: str, what: int, whom: int) -> None:
        target = self.book.directory.appointments[self.post(what)]
        form = f.UnassignForm(version=target.version, person=self.person(whom))
        self.do(who, rules.unassign, target.id, form)

    @rule(who=actors, what=targets, note=st.sampled_from(["", "over to you"]))
    def take(self, who: str, what: int, note: str) -> None:
        self.do(who, sessions.take, self.post(what), note)

    @rule(who=actors)
    def lay_down(self, who: str) -> None:
        self.do(who, sessions.lay_down, "")

    @rule(who=actors, whom=targets, everything=st.booleans())
    def end_sessions(self, who: str, whom: int, everything: bool) -> None:  # noqa: FBT001
        act = rules.remove_credentials if everything else rules.end_sessions
        actor, target = self.actor(who), self.person(whom)
        if actor is not None and not actor.permissions.isdisjoint((ADMIN, DELEGATE)):
            self.do(who, act, target)

    @precondition(lambda self: self.sessions)
    @rule(which=st.integers(0, 50))
    def sign_out(self, which: int) -> None:
        session = self.session(self.sessions[which % len(self.sessions)])
        if session is not None:
            self.book.write(sessions.end(self.book.ground(), session, session.id))
            assert self.session(session.id) is None

    # -- what always holds

    @invariant()
    def there_is_an_administrator_and_will_be(self) -> None:
        d = self.book.directory
        if not d.persons:
            return
        for now_ms in (self.book.now_ms, START_MS + 10_000 * DAY_MS):
            readers = [
                d.reader(who, post, now_ms)
                for post, those in d.assignments.items()
                for who in those
                if ADMIN in d.appointments[post].permissions
            ]
            assert any(DOOR.may_see(reader, OPEN, now_ms) for reader in readers)

    @invariant()
    def no_session_does_what_its_person_may_not(self) -> None:
        d, now_ms = self.book.directory, self.book.now_ms
        holders: dict[str, str] = {}
        for session in filter(None, map(self.session, self.sessions)):
            p = d.persons[session.person]
            assert p.active
            assert now_ms < session.until_ms
            if not session.appointment:
                assert session.reader is NO_READER
                assert not session.permissions
                continue
            post, given = d.appointments[session.appointment], d.assignments[session.appointment][p.id]
            for begins, ends in ((post.from_ms, post.until_ms), (given.from_ms, given.until_ms)):
                assert begins <= now_ms < (ends or FOREVER_MS)
            assert now_ms < p.cleared_until_ms
            assert session.permissions == post.permissions
            assert session.reader.groups == set(named(post.groups_out))
            assert holders.setdefault(session.appointment, p.id) == p.id  # one holder at a time

    def teardown(self) -> None:
        rebuilt = Directory()
        for record in self.book.records:
            rebuilt.apply(record)
        assert rebuilt.state() == self.book.directory.state()
        for row in self.book.records:
            assert row.label is not None


TestAnybody = Anybody.TestCase
TestAnybody.settings = settings(
    max_examples=300, stateful_step_count=50, suppress_health_check=list(HealthCheck), deadline=None
)


# -- delegates, by example


@pytest.fixture
async def hq(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def world(hq):
    """An administrator, a delegate of MARFORJ, and persons and appointments inside and outside."""
    admin = await hq.administrator()
    post = {
        "title": "MARFORJ J1", "organisation": "MARFORJ", "permissions": ["watch", "delegate"],
        "groups_in": ["MAR"], "groups_out": ["MAR", "ALL"],
    }  # fmt: skip
    desk = (await admin.ok("post", "/api/appointments", **post))["id"]
    dee = await staffed(admin, hq, "dee", desk, organisation="MARFORJ")
    outside = await admin.ok("post", "/api/people", **person("outside"))
    return {"admin": admin, "dee": dee, "desk": desk, "outside": outside["id"]}


async def test_a_delegate_runs_his_own_organisation(world, hq):
    dee = world["dee"]
    assert [row["username"] for row in await dee.ok("get", "/api/people")] == ["dee"]
    assert [row["title"] for row in await dee.ok("get", "/api/appointments")] == ["MARFORJ J1"]
    choices = await dee.ok("get", "/api/people/choices")
    assert (choices["delegate_of"], choices["organisations"]) == ("MARFORJ", ["MARFORJ"])
    assert choices["permissions"] == ["watch", "delegate"]
    watch = appointment("Watch", organisation="MARFORJ", groups_in=["MAR"], groups_out=["MAR"])
    post = (await dee.ok("post", "/api/appointments", **watch))["id"]
    kim = await staffed(dee, hq, "kim", post, organisation="MARFORJ")
    assert (await kim.session())["permissions"] == ["watch"]
    kims = next(row for row in await dee.ok("get", "/api/people") if row["username"] == "kim")
    assert kims["may_change"]
    await dee.ok("post", f"/api/people/{kims['id']}/remove", version=kims["version"])
    assert not (await kim.session())["signed_in"]


async def test_outside_his_organisation_nothing_is_there_for_a_delegate(world, hq):
    dee, outside = world["dee"], world["outside"]
    for act in ("remove", "reinstate", "sessions/end", "credentials/remove"):
        hidden, absent = [await dee.post(f"/api/people/{who}/{act}") for who in (outside, "absent")]
        assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
        assert hidden.status_code == 404
    assert await dee.no("post", "/api/invitations", purpose="sign-in", person=outside) == (404, "not_found")
    assert await dee.no("get", "/api/why", reader=outside, uid="x") == (403, "not_permitted")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"organisation": "USFJ"}, "organisation"),
        ({"level": "CUI"}, "level"),
        ({"nation": "JPN"}, "nation"),
        ({"policy": "EXAMPLE", "nation": ""}, None),
    ],
)
async def test_a_delegate_clears_nobody_above_himself(world, change, what):
    answer = await world["dee"].post("/api/people", **{**person("kim", organisation="MARFORJ"), **change})
    assert answer.status_code in (400, 403)
    if what:
        assert (answer.json()["code"], answer.json()["params"]) == ("above_you", {"what": what})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"permissions": ["admin"]}, "permissions"),
        ({"permissions": ["release"]}, "permissions"),
        ({"groups_in": ["ALL"]}, "groups_in"),
        ({"groups_out": ["J3"]}, "groups_out"),
        ({"groups_out": []}, "groups_out"),
        ({"organisation": "USFJ"}, "organisation"),
    ],
)
async def test_a_delegate_gives_no_more_than_he_holds(world, change, what):
    form = appointment("Watch", organisation="MARFORJ", groups_in=["MAR"], groups_out=["MAR"])
    answer = await world["dee"].post("/api/appointments", **{**form, **change})
    assert (answer.status_code, answer.json()["params"]) == (403, {"what": what})


async def test_a_delegate_does_not_touch_who_holds_more(world, hq):
    admin, dee = world["admin"], world["dee"]
    boss = await admin.ok("post", "/api/people", **person("boss", organisation="MARFORJ"))
    root = (await admin.session())["appointment"]["id"]
    await assigned(admin, boss["id"], root)  # an administrator now, by an appointment dee can't see
    row = next(r for r in await dee.ok("get", "/api/people") if r["id"] == boss["id"])
    assert (row["may_change"], row["administrator"]) == (False, False)
    for act in ("remove", "sessions/end", "credentials/remove"):
        assert await dee.no("post", f"/api/people/{boss['id']}/{act}", version=row["version"]) == (403, "above_you")
    assert await dee.no("post", "/api/invitations", purpose="sign-in", person=boss["id"]) == (403, "above_you")
    assert await dee.no("post", "/api/invitations", purpose="enrolment", person=boss["id"]) == (403, "above_you")


# -- why


async def test_why_names_the_rule_that_decides(world, hq):
    admin, outside = world["admin"], world["outside"]
    hq.labels["ferry"] = OPEN
    hq.labels["secret"] = msgspec.structs.replace(OPEN, level="CUI", caveats=("NOFORN",))
    hq.labels["grouped"] = msgspec.structs.replace(OPEN, groups=("J2",))

    async def why(**query: str) -> tuple[bool, str]:
        answer = await admin.ok("get", "/api/why", reader=outside, **query)
        assert answer["checks"][-1]["rule"]
        return answer["allowed"], answer["rule"]

    assert await why(uid="ferry") == (False, "no_appointment")
    post = await admin.ok("post", "/api/appointments", **appointment("J3", groups_in=["J3"], groups_out=["J3"]))
    await assigned(admin, outside, post["id"])
    assert await why(uid="ferry") == (True, "open_level")
    assert await why(uid="secret") == (False, "level_above_clearance")
    assert await why(person=outside) == (True, "open_level")
    me = (await admin.session())["person"]["id"]
    assert await why(person=me) == (False, "not_in_groups")
    root = (await admin.session())["appointment"]["id"]
    assert await why(person=outside, appointment=root) == (False, "not_assigned")
    record = (await hq.journal.read(4, 1))[0]
    assert await why(record=record.id) == (True, "open_level")
    version = next(a["version"] for a in await admin.ok("get", "/api/appointments") if a["id"] == post["id"])
    await admin.ok("post", f"/api/appointments/{post['id']}/end", version=version)
    assert await why(uid="ferry") == (False, "appointment_ended")
    version = (await admin.ok("get", f"/api/people/{outside}"))["person"]["version"]
    await admin.ok("post", f"/api/people/{outside}/remove", version=version)
    assert await why(uid="ferry") == (False, "person_removed")


async def test_why_says_nothing_of_what_the_asker_does_not_see(world, hq):
    admin, outside = world["admin"], world["outside"]
    hq.labels["hidden"] = msgspec.structs.replace(OPEN, groups=("J2",))
    answers = [
        await admin.get("/api/why", reader=outside, **item)
        for item in ({"uid": "hidden"}, {"uid": "absent"}, {"record": "absent"}, {"record": "018bcfe5-" + "7" * 27})
    ]  # fmt: skip
    assert {(a.status_code, a.content) for a in answers} == {(404, answers[0].content)}
    assert (await admin.no("get", "/api/why", reader=outside))[0] == 400
    assert (await admin.no("get", "/api/why", reader=outside, uid="a", record="b"))[0] == 400


async def test_a_delegate_gives_nothing_for_longer_than_he_holds_it(hq):
    """Himself least of all: or an end that an administrator set would be none."""
    admin = await hq.administrator()
    soon, later = hq.clock.now_ms() + 3_600_000, hq.clock.now_ms() + 7_200_000
    post = appointment("J1", organisation="MARFORJ", permissions=["watch", "delegate"])
    watch = appointment("Watch", organisation="MARFORJ")
    desk = (await admin.ok("post", "/api/appointments", **post, until_ms=later))["id"]
    lasting = await admin.ok("post", "/api/appointments", **watch)
    who = (await admin.ok("post", "/api/people", **person("dee", organisation="MARFORJ")))["id"]
    await assigned(admin, who, desk, until_ms=soon)
    dee = await invited(admin, hq, who)
    own = next(row for row in await dee.ok("get", "/api/appointments") if row["id"] == desk)
    refused = (403, "above_you")
    assert await dee.no("put", f"/api/appointments/{desk}", **post, version=own["version"]) == refused
    assert await dee.no("post", f"/api/appointments/{desk}/end", version=own["version"], until_ms=later + 1) == refused
    assert await dee.no("post", "/api/appointments", **post) == refused
    assert await dee.no("post", "/api/appointments", **watch, until_ms=later) == refused
    for into, until_ms in ((desk, 0), (desk, later), (lasting["id"], 0)):
        row = next(row for row in await dee.ok("get", "/api/appointments") if row["id"] == into)
        form = {"person": who, "version": row["version"], "until_ms": until_ms}
        assert await dee.no("post", f"/api/appointments/{into}/assign", **form) == refused
    await dee.ok("post", "/api/appointments", **watch, until_ms=soon)
    await dee.ok("put", f"/api/appointments/{lasting['id']}", **{**watch, "title": "W"}, version=lasting["version"])
    await assigned(dee, who, lasting["id"], until_ms=soon)
