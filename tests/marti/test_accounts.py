"""Enrolment with the people of a headquarters as they are: journal, invitations, passwords, appointments."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jointhq.base.errors import Refusal
from jointhq.marti.accounts import PeopleAccounts
from jointhq.marti.http import CERTIFICATE
from jointhq.people import passes
from jointhq.people.ca import Authority, Issued
from jointhq.people.routes_sign_in import TLS_EXTENSION
from tests.marti.conftest import KEY
from tests.people.house import PASSWORD, Browser, House, appointment, assigned, house, invited, person

HERE = "192.0.2.9"


class Staff:
    """A house with one watch officer, and what enrols devices there."""

    def __init__(self, hq: House, admin: Browser, who: str, post: str) -> None:
        self.hq, self.admin, self.who, self.post = hq, admin, who, post
        self.accounts = PeopleAccounts(hq.people, hq.clock)
        self.authority = Authority(hq.data / "ca", hq.clock, headquarters="USFJ", names=[])

    async def token(self, into: str = "") -> str:
        said = await self.admin.ok(
            "post", "/api/invitations", purpose="enrolment", person=self.who, appointment=into or self.post
        )
        token: str = said["token"]
        return token

    def issued(self) -> Issued:
        return self.authority.sign(KEY.public_key(), "kite6", days=30)

    async def enrolled(self) -> Issued:
        grant = await self.accounts.authenticate("kite6", await self.token(), HERE)
        assert grant is not None
        issued = self.issued()
        assert await self.accounts.enrol(grant, issued, "ANDROID-1")
        return issued

    def identity(self, issued: Issued) -> Any:
        return self.hq.directory.identity_of_certificate(issued.fingerprint, self.hq.clock.now_ms())


@pytest.fixture
async def staff(tmp_path: Path) -> AsyncIterator[Staff]:
    async with house(tmp_path) as hq:
        admin = await hq.administrator()
        post = (
            await admin.ok("post", "/api/appointments", **appointment("J3", groups_in=["Blue"], groups_out=["Blue"]))
        )["id"]
        who = (await admin.ok("post", "/api/people", **person("kite6")))["id"]
        await assigned(admin, who, post)
        yield Staff(hq, admin, who, post)


async def test_a_token_is_used_up_by_the_certificate_and_not_before(staff: Staff) -> None:
    token = await staff.token()
    assert await staff.accounts.authenticate("osprey", token, HERE) is None
    grant = await staff.accounts.authenticate("KITE6", token, HERE)
    assert grant is not None
    assert grant.username == "kite6"
    assert await staff.accounts.resume(grant) == grant
    issued = staff.issued()
    assert await staff.accounts.enrol(grant, issued, "ANDROID-1")
    identity = staff.identity(issued)
    assert (identity.person, identity.appointment, identity.client_uid) == (staff.who, staff.post, "ANDROID-1")
    assert (identity.groups_in, identity.reader.groups) == (("Blue",), frozenset({"Blue"}))
    assert await staff.accounts.authenticate("kite6", token, HERE) is None
    assert await staff.accounts.resume(grant) is None
    assert not await staff.accounts.enrol(grant, staff.issued(), "ANDROID-2")
    assert staff.hq.kinds()[-2:] == ["certificate.issued", "invitation.used"]


async def test_a_password_enrols_for_the_one_appointment_there_is(staff: Staff) -> None:
    browser = await invited(staff.admin, staff.hq, staff.who)
    await browser.ok("put", "/api/session/password", password=PASSWORD)
    assert await staff.accounts.authenticate("kite6", "wrong", HERE) is None
    grant = await staff.accounts.authenticate("kite6", PASSWORD, HERE)
    assert grant is not None
    assert (grant.person, grant.username, grant.invitation) == (staff.who, "kite6", "")
    assert await staff.accounts.resume(grant) == grant
    one = staff.issued()
    assert await staff.accounts.enrol(grant, one, "")
    assert staff.identity(one).appointment == staff.post
    second = (await staff.admin.ok("post", "/api/appointments", **appointment("J5")))["id"]
    await assigned(staff.admin, staff.who, second)
    two = staff.issued()
    assert await staff.accounts.enrol(grant, two, "")
    assert staff.identity(two).appointment == ""


async def test_a_password_that_was_taken_away_enrols_nothing_any_more(staff: Staff) -> None:
    """What was given for it, a bearer token of an hour, ends with it."""
    browser = await invited(staff.admin, staff.hq, staff.who)
    await browser.ok("put", "/api/session/password", password=PASSWORD)
    grant = await staff.accounts.authenticate("kite6", PASSWORD, HERE)
    assert grant is not None
    await staff.admin.ok("post", f"/api/people/{staff.who}/credentials/remove")
    assert await staff.accounts.resume(grant) is None
    assert not await staff.accounts.enrol(grant, staff.issued(), "")
    browser = await invited(staff.admin, staff.hq, staff.who)
    await browser.ok("put", "/api/session/password", password=PASSWORD + " and back")
    assert await staff.accounts.resume(grant) is None
    assert not await staff.accounts.enrol(grant, staff.issued(), "")


async def test_removing_what_somebody_signs_in_with_takes_the_devices_too(staff: Staff) -> None:
    """Who had the password, or the invitation, can have enrolled one."""
    before, other = await staff.enrolled(), await staff.enrolled()
    await staff.admin.ok("post", f"/api/certificates/{other.fingerprint}/revoke", reason="lost")
    await staff.admin.ok("post", f"/api/people/{staff.who}/credentials/remove")
    assert staff.identity(before) is None
    assert staff.hq.directory.certificates[other.fingerprint].reason == "lost"


async def test_guessing_ends_in_silence(staff: Staff) -> None:
    browser = await invited(staff.admin, staff.hq, staff.who)
    await browser.ok("put", "/api/session/password", password=PASSWORD)
    for n in range(60):
        assert await staff.accounts.authenticate("kite6", f"guess {n}", HERE) is None
    assert await staff.accounts.authenticate("kite6", PASSWORD, HERE) is None, "the right one too, for a while"
    assert await staff.accounts.authenticate("kite6", await staff.token(), HERE) is not None, "a token still works"


async def test_renewed_for_the_same_and_not_once_revoked(staff: Staff) -> None:
    old = await staff.enrolled()
    identity = staff.identity(old)
    assert staff.accounts.username(identity) == "kite6"
    new = staff.issued()
    assert await staff.accounts.renew(identity, new)
    assert staff.identity(new).appointment == staff.post
    assert staff.hq.directory.certificates[new.fingerprint].replaces == old.fingerprint
    told: list[None] = []
    staff.hq.directory.on_change(lambda: told.append(None))
    await staff.admin.ok("post", f"/api/certificates/{old.fingerprint}/revoke", reason="lost")
    assert told
    assert staff.identity(old) is None
    assert not await staff.accounts.renew(identity, staff.issued())
    assert [one.serial for one in staff.accounts.revoked()] == [old.serial]
    staff.hq.clock.advance(31 * 86_400)
    assert staff.accounts.revoked() == []


async def test_a_person_has_so_many_certificates_and_is_told_what_to_do(staff: Staff, monkeypatch: Any) -> None:
    monkeypatch.setattr(passes, "CERTIFICATES_MAX", 3)
    grant = await staff.accounts.authenticate("kite6", await staff.token(), HERE)
    assert grant is not None
    one, _, _ = [await staff.enrolled() for _ in range(3)]
    with pytest.raises(Refusal, match="3 certificates of one person are good; revoke") as refused:
        await staff.accounts.enrol(grant, staff.issued(), "")
    assert refused.value.params == {"max": 3}
    with pytest.raises(Refusal, match="revoke"):
        await staff.accounts.renew(staff.identity(one), staff.issued())
    ask = {"purpose": "enrolment", "person": staff.who, "appointment": staff.post}
    assert await staff.admin.no("post", "/api/invitations", **ask) == (409, "too_many")
    await staff.admin.ok("post", f"/api/certificates/{one.fingerprint}/revoke", reason="lost")
    assert await staff.accounts.enrol(grant, staff.issued(), "")
    staff.hq.clock.advance(31 * 86_400)  # what has ended counts no more
    passes.room_for_certificate(staff.hq.people.ground(), staff.who)


async def test_the_page_looks_for_the_certificate_where_the_shell_puts_it() -> None:
    assert TLS_EXTENSION == CERTIFICATE
