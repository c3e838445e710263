"""Every way in: what lets one in, what doesn't, and what one learns from being refused."""

import asyncio
import base64
import copy
import json
import re
import time

import httpx
import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from jointhq.base.clock import ManualClock
from jointhq.base.errors import Refusal
from jointhq.people.attempts import BY_ADDRESS_MAX, BY_NAME_MAX, WINDOW_S, network
from jointhq.people.links import KEY_BYTES, Signer
from jointhq.people.oidc import Oidc, OidcSettings, ProviderFault
from jointhq.people.passkeys import CHALLENGE_MS
from jointhq.people.passwords import Passwords
from jointhq.people.records import CertificateIssued
from jointhq.people.routes_sign_in import CALLBACK, TLS_EXTENSION
from tests.people.authenticator import PRESENT, Authenticator
from tests.people.house import PASSWORD, SITE, appointment, house, person, staffed
from tests.support import oidc
from tests.support.ports import free_port


@pytest.fixture
async def hq(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def sato(hq):
    """Somebody who has just come in by an invitation, and how to sign in again."""
    admin = await hq.administrator()
    post = (await admin.ok("post", "/api/appointments", **appointment("J3 watch")))["id"]
    return await staffed(admin, hq, "sato", post)


# -- passwords


async def test_a_password_signs_in_whatever_way_its_letters_are_typed(hq, sato):
    await sato.ok("put", "/api/session/password", password="長い散歩をしてからガ港へ行く")
    again = hq.browser()
    await again.ok("post", "/api/sign-in/password", username="SATO", password="長い散歩をしてからガ港へ行く")
    session = await again.session()
    assert (session["username"], session["how"], session["has_password"]) == ("sato", "password", True)
    assert not session["without_credentials"]
    assert hq.directory.passwords[session["person"]["id"]].startswith("$argon2id$")


async def test_whatever_is_wrong_the_answer_is_the_same(hq, sato):
    await sato.ok("put", "/api/session/password", password=PASSWORD)
    answers = [
        await hq.browser().post("/api/sign-in/password", username=name, password=word)
        for name, word in [
            ("sato", "wrong"),
            ("nobody", PASSWORD),
            ("administrator", PASSWORD),
            ("", ""),
            ("sato\x00", "\x00"),
        ]
    ]
    assert {(a.status_code, a.content) for a in answers} == {(401, answers[0].content)}


async def test_an_unknown_name_costs_the_same_work(hq, monkeypatch):
    passwords = Passwords(memory_kib=8 * 1024, passes=2)
    known = await passwords.hash(PASSWORD)
    work = []
    verify = PasswordHasher.verify

    def counted(self, hashed, password):
        parameters = extract_parameters(hashed)
        work.append((parameters.type, parameters.memory_cost, parameters.time_cost, parameters.parallelism))
        return verify(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    assert not await passwords.verify(known, "wrong")
    assert not await passwords.verify(None, "wrong")
    assert not await passwords.verify(None, "nobody's")  # the word that is hashed for a name that nobody has
    assert work == [(Type.ID, 8 * 1024, 2, 1)] * 3


async def test_many_wrong_passwords_for_one_name_are_stopped_and_forgiven(hq, sato):
    await sato.ok("put", "/api/session/password", password=PASSWORD)
    for i in range(BY_NAME_MAX):
        wrong = await hq.browser(f"198.51.100.{i}").no("post", "/api/sign-in/password", username="sato", password="x")
        assert wrong == (401, "wrong")
    answer = await hq.browser("198.51.100.99").post("/api/sign-in/password", username="Sato", password=PASSWORD)
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_attempts"
    assert answer.headers["retry-after"] == str(round(WINDOW_S))
    same = await hq.browser("198.51.100.99").post("/api/sign-in/password", username="other", password=PASSWORD)
    assert same.status_code == 401
    hq.clock.advance(WINDOW_S)
    await hq.browser().ok("post", "/api/sign-in/password", username="sato", password=PASSWORD)


async def test_many_failures_from_one_address_are_stopped_whatever_the_way(hq):
    browser = hq.browser("2001:db8::1")
    for i in range(BY_ADDRESS_MAX):
        assert await browser.no("post", "/api/sign-in/password", username=f"n{i}", password="x") == (401, "wrong")
    neighbour = hq.browser("2001:db8::2")
    for path, body in (("", {"token": "x"}), ("/password", {"username": "a", "password": "b"}), ("/certificate", {})):
        assert (await neighbour.no("post", f"/api/sign-in{path}", **body))[0] == 429
    assert await hq.browser("2001:db8:0:1::1").no("post", "/api/sign-in", token="x") == (401, "wrong")


async def test_guesses_all_at_once_gain_nothing(hq, sato):
    await sato.ok("put", "/api/session/password", password=PASSWORD)
    browser = hq.browser()
    tries = [browser.post("/api/sign-in/password", username="sato", password=str(i)) for i in range(40)]
    codes = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert codes.count(401) == BY_NAME_MAX
    assert codes.count(429) == 40 - BY_NAME_MAX


async def test_successes_are_not_counted(hq, sato):
    await sato.ok("put", "/api/session/password", password=PASSWORD)
    for _ in range(BY_NAME_MAX + 2):
        await hq.browser().ok("post", "/api/sign-in/password", username="sato", password=PASSWORD)


@pytest.mark.parametrize("address", ["192.0.2.1", "::ffff:192.0.2.1", "fe80::1%eth0", "", "testclient"])
def test_any_address_has_a_network(address):
    assert network(address) in ("192.0.2.1", "fe80::/64", "", "testclient")


@pytest.mark.parametrize(
    ("word", "code"),
    [("short", "password_short"), ("sato sato sato", "password_like_name"), ("aaaabbbbaaaabbbb", "password_like_name")],
)
async def test_a_password_that_is_guessed_first_is_not_taken(sato, word, code):
    assert await sato.no("put", "/api/session/password", password=word) == (400, code)


async def test_a_new_password_needs_the_old_one_except_just_after_a_link(hq, sato):
    await sato.ok("put", "/api/session/password", password=PASSWORD)
    await sato.ok("put", "/api/session/password", password=PASSWORD + "!")  # came by a link some moments ago
    hq.clock.advance(3600)
    assert (await sato.session())["current_needed"]
    new = PASSWORD + "?"
    assert await sato.no("put", "/api/session/password", password=new, current=PASSWORD) == (400, "current_wrong")
    await sato.ok("put", "/api/session/password", password=new, current=PASSWORD + "!")


async def test_a_new_password_ends_the_other_sessions(hq, sato):
    await sato.ok("put", "/api/session/password", password=PASSWORD)
    other = hq.browser()
    await other.ok("post", "/api/sign-in/password", username="sato", password=PASSWORD)
    assert len(await sato.ok("get", "/api/session/sessions")) == 2
    await sato.ok("put", "/api/session/password", password=PASSWORD + "!")
    assert not (await other.session())["signed_in"]
    assert (await sato.session())["signed_in"]


async def test_a_password_changed_while_the_old_one_is_checked_lets_nobody_in(hq, sato, monkeypatch):
    await sato.ok("put", "/api/session/password", password=PASSWORD)
    verify = Passwords.verify

    async def slowly(self, known, password):
        matches = await verify(self, known, password)
        monkeypatch.setattr(Passwords, "verify", verify)
        await sato.ok("put", "/api/session/password", password=PASSWORD + "!")
        return matches

    monkeypatch.setattr(Passwords, "verify", slowly)
    late = await hq.browser().no("post", "/api/sign-in/password", username="sato", password=PASSWORD)
    assert late == (401, "wrong")


async def test_a_removed_person_does_not_come_in_by_any_way(hq, sato):
    await sato.ok("put", "/api/session/password", password=PASSWORD)
    admin = await hq.administrator()
    who = next(row for row in await admin.ok("get", "/api/people") if row["username"] == "sato")
    invitation = await admin.ok("post", "/api/invitations", purpose="sign-in", person=who["id"])
    await admin.ok("post", f"/api/people/{who['id']}/remove", version=who["version"])
    for path, body in (
        ("/password", {"username": "sato", "password": PASSWORD}),
        ("", {"token": invitation["token"]}),
    ):
        assert await hq.browser().no("post", f"/api/sign-in{path}", **body) == (401, "wrong")


async def test_a_crowd_waits_in_a_line_of_bounded_length(monkeypatch):
    monkeypatch.setattr("jointhq.people.passwords.WAITING_MAX", 3)
    passwords = Passwords(memory_kib=64, passes=1)
    outcomes = await asyncio.gather(*(passwords.hash("x") for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(o, str) for o in outcomes) == 3
    assert isinstance(await passwords.hash("x"), str)


# -- passkeys


@pytest.fixture
async def key(sato):
    """The authenticator of somebody who has added its passkey."""
    key = Authenticator(SITE)
    options = await sato.ok("post", "/api/session/passkeys/options")
    row = await sato.ok("post", "/api/session/passkeys", credential=key.create(options), name="blue key")
    assert (row["name"], row["host"]) == ("blue key", "localhost")
    return key


async def signing_in(browser, key, change=lambda _: None):
    answer = key.get(await browser.ok("post", "/api/sign-in/passkey/options"))
    change(answer)
    return await browser.post("/api/sign-in/passkey", credential=answer)


async def test_a_passkey_signs_in_without_a_name(hq, key):
    browser = hq.browser()
    assert (await signing_in(browser, key)).status_code == 204
    assert (await browser.session())["how"] == "passkey"
    assert (await signing_in(hq.browser(), key)).status_code == 204
    assert next(iter(hq.directory.passkeys.values())).sign_count == 2


async def test_a_passkey_is_added_once_and_removed_with_the_sessions_it_began(hq, sato, key):
    browser = hq.browser()
    await signing_in(browser, key)
    options = await sato.ok("post", "/api/session/passkeys/options")
    assert len(options["excludeCredentials"]) == 1
    again = await sato.no("post", "/api/session/passkeys", credential=key.create(options), name="again")
    assert again == (400, "passkey_not_accepted")
    (row,) = await sato.ok("get", "/api/session/passkeys")
    await sato.ok("post", "/api/session/passkeys/remove", id=row["id"])
    assert not (await browser.session())["signed_in"]
    assert (await signing_in(hq.browser(), key)).status_code == 401
    assert await sato.no("post", "/api/session/passkeys/remove", id=row["id"]) == (404, "not_found")


async def test_an_answer_is_good_once_for_a_while_and_for_one_purpose(hq, sato, key):
    browser = hq.browser()
    answer = key.get(await browser.ok("post", "/api/sign-in/passkey/options"))
    await browser.ok("post", "/api/sign-in/passkey", credential=answer)
    assert await browser.no("post", "/api/sign-in/passkey", credential=answer) == (401, "wrong")
    late = key.get(await browser.ok("post", "/api/sign-in/passkey/options"))
    hq.clock.advance(CHALLENGE_MS / 1000)
    assert await browser.no("post", "/api/sign-in/passkey", credential=late) == (401, "wrong")
    options = await sato.ok("post", "/api/session/passkeys/options")
    crossed = key.get({"rpId": "localhost", "challenge": options["challenge"]})
    assert await browser.no("post", "/api/sign-in/passkey", credential=crossed) == (401, "wrong")


async def test_a_challenge_for_one_session_adds_nothing_to_another(hq, sato):
    admin = await hq.administrator()
    options = await sato.ok("post", "/api/session/passkeys/options")
    answer = Authenticator(SITE).create(options)
    taken = await admin.no("post", "/api/session/passkeys", credential=answer, name="x")
    assert taken == (400, "passkey_not_accepted")


async def test_what_another_site_was_told_does_not_sign_in_here(hq, sato, key):
    elsewhere = copy.copy(key)
    elsewhere.origin = "https://evil.example"
    assert (await signing_in(hq.browser(), elsewhere)).status_code == 401
    other_host = hq.browser(site="https://hq.example")
    assert (await signing_in(other_host, key)).status_code == 401
    touched_only = copy.copy(key)
    touched_only.flags = PRESENT
    assert (await signing_in(hq.browser(), touched_only)).status_code == 401
    stranger = copy.copy(key)
    stranger.key = Authenticator(SITE).key
    assert (await signing_in(hq.browser(), stranger)).status_code == 401
    stolen = copy.copy(key)
    stolen.user_handle = b"administrator"
    assert (await signing_in(hq.browser(), stolen)).status_code == 401


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"id": 5}, {"response": None}, {"response": {"clientDataJSON": "###"}},
        {"response": {"clientDataJSON": "W10"}},
        {"id": "x", "response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiAxfQ"}},
    ],
)  # fmt: skip
async def test_nonsense_is_refused_like_anything_else(hq, sato, answer):
    assert await hq.browser().no("post", "/api/sign-in/passkey", credential=answer) == (401, "wrong")
    assert (await sato.no("post", "/api/session/passkeys", credential=answer))[0] == 400


async def test_a_mangled_answer_is_refused(hq, key):
    for field in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for value in ("AAAA", 7, None, {"a": 1}, "é"):
            if (field, value) == ("userHandle", None):
                continue  # may be left out: the credential names its owner
            browser = hq.browser(f"198.51.100.{hash((field, str(value))) % 200}")
            answer = await signing_in(browser, key, lambda a, f=field, v=value: a["response"].__setitem__(f, v))
            assert answer.status_code == 401, (field, value)


@pytest.mark.parametrize(
    ("site", "works"),
    [
        ("http://localhost:8080", True),
        ("https://hq.example", True),
        ("http://hq.example", False),
        ("https://192.0.2.1", False),
    ],
)
async def test_passkeys_are_offered_where_browsers_make_them(hq, site, works):
    ways = await hq.browser(site=site).ok("get", "/api/sign-in")
    assert ways == {"password": True, "passkey": works, "oidc": "", "certificate": False}


# -- client certificates


async def test_a_certificate_of_the_connection_signs_in_and_no_header_does(hq, sato):
    who = (await sato.session())["person"]["id"]
    post = (await sato.session())["appointment"]["id"]
    now_ms = hq.clock.now_ms()
    issued = CertificateIssued(
        fingerprint="ab" * 32, serial="1", subject="sato", person=who, appointment=post, client_uid="ANDROID-1",
        not_before_ms=now_ms, not_after_ms=now_ms + 86_400_000,
    )  # fmt: skip
    await hq.people.certificate_issued(issued)
    connection = hq.browser(extensions={TLS_EXTENSION: {"fingerprint": "ab" * 32}})
    assert (await connection.ok("get", "/api/sign-in"))["certificate"]
    await connection.ok("post", "/api/sign-in/certificate")
    assert (await connection.session())["how"] == "certificate"
    plain = hq.browser()
    plain.client.headers.update({"x-client-cert": "ab" * 32, "x-ssl-client-fingerprint": "ab" * 32})
    assert await plain.no("post", "/api/sign-in/certificate") == (401, "wrong")
    identity = hq.directory.identity_of_certificate("ab" * 32, now_ms)
    assert (identity.person, identity.appointment, identity.client_uid) == (who, post, "ANDROID-1")
    assert identity.groups_in == ("__ANON__",)
    (row,) = await sato.ok("get", "/api/session/certificates")
    assert row["state"] == "valid"
    await sato.ok("post", "/api/session/certificates/revoke", id="ab" * 32)
    assert hq.directory.identity_of_certificate("ab" * 32, now_ms) is None
    assert not (await connection.session())["signed_in"]  # the device's browser is out with it
    assert await connection.no("post", "/api/sign-in/certificate") == (401, "wrong")


async def test_an_enrolment_is_used_up_by_the_certificate_it_gives(hq, sato):
    session = await sato.session()
    made = await sato.ok("post", "/api/session/enrolment", appointment=session["appointment"]["id"])
    invitation = hq.people.access.invited_to_enrol(made["token"])
    assert invitation.person == session["person"]["id"]
    assert hq.people.access.invited_to_enrol("other") is None
    now_ms = hq.clock.now_ms()
    issued = CertificateIssued(
        fingerprint="cd" * 32, serial="2", subject="sato", person=invitation.person, appointment=invitation.appointment,
        not_before_ms=now_ms, not_after_ms=now_ms + 86_400_000,
    )  # fmt: skip
    await hq.people.certificate_issued(issued, invitation_id=invitation.id)
    assert hq.people.access.invited_to_enrol(made["token"]) is None
    with pytest.raises(Refusal, match="used"):
        await hq.people.certificate_issued(issued, invitation_id=invitation.id)
    admin = await hq.administrator()
    assert [c["fingerprint"] for c in await admin.ok("get", "/api/certificates")] == ["cd" * 32]
    assert await admin.ok("get", "/api/certificates", ends_within_days=0) == []
    assert len(await admin.ok("get", "/api/certificates", ends_within_days=2)) == 1
    row = await admin.ok("post", f"/api/certificates/{'cd' * 32}/revoke", reason="lost")
    assert (row["state"], row["reason"]) == ("revoked", "lost")
    assert (await admin.no("post", f"/api/certificates/{'cd' * 32}/revoke"))[1] == "certificate_revoked"


# -- cookies


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "..", "é.1.é"])
async def test_nothing_else_is_a_session(hq, forged):
    browser = hq.browser()
    raw = [("cookie", f"jointhq_session_8080={forged}".encode())]
    assert (await browser.client.get("/api/session", headers=raw)).json()["signed_in"] is False


async def test_a_reader_of_the_journal_makes_no_cookie_of_an_id(hq, tmp_path, sato):
    name, cookie = next((c.name, c.value) for c in sato.client.cookies.jar)
    session_id = cookie.rpartition(".")[0]
    assert session_id in hq.directory.sessions
    other = Signer(tmp_path / "other")
    for forged in (session_id, f"{session_id}.", other.cookie(session_id)):
        browser = hq.browser()
        browser.client.cookies.set(name, forged)
        assert not (await browser.session())["signed_in"]


@pytest.mark.parametrize("cut_short", [b"", b"x" * (KEY_BYTES - 1)])
def test_a_key_that_a_full_disk_cut_short_signs_nothing(tmp_path, cut_short):
    (tmp_path / "session.key").write_bytes(cut_short)
    cookie = Signer(tmp_path).cookie("s")
    assert len((tmp_path / "session.key").read_bytes()) == KEY_BYTES
    assert Signer(tmp_path).session_id(cookie) == "s"
    for file in tmp_path.rglob("*"):
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("site", "secure"), [("http://localhost:8080", False), ("https://hq.example", True)])
async def test_the_cookie_is_for_this_site_and_no_script(hq, site, secure):
    admin = await hq.administrator()
    who = (await admin.ok("post", "/api/people", **person("sato")))["id"]
    token = (await admin.ok("post", "/api/invitations", purpose="sign-in", person=who))["token"]
    answer = await hq.browser(site=site).post("/api/sign-in", token=token)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert ("secure" in cookie) == secure


# -- an identity provider


@pytest.fixture(scope="module")
def provider():
    """The address of a real provider process."""
    with oidc.provider(SITE) as address:
        yield address


@pytest.fixture
async def linked(tmp_path, provider):
    settings = OidcSettings(issuer=provider, client_id=oidc.CLIENT_ID, client_secret=oidc.CLIENT_SECRET, name="Base")
    async with house(tmp_path, oidc=settings) as built:
        built.clock._now_ms = round(time.time() * 1000)  # the provider goes by the real time
        yield built


async def over_there(url, name):
    """Sign in at the provider as a person would; return where it sends the browser."""
    async with httpx.AsyncClient() as there:
        answer = await there.get(url)
        for _ in range(12):
            if answer.is_redirect:
                where = answer.headers["location"]
                if where.startswith(SITE):
                    return where
                answer = await there.get(httpx.URL(url).join(where))
                continue
            assert answer.status_code == 200, answer.text
            action = re.search(r'action="([^"]+)"', answer.text)[1]
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)[1]
            answer = await there.post(
                httpx.URL(url).join(action), data={"prompt": prompt, "login": name, "password": "x"}
            )
        raise AssertionError("the provider never sent us back")


async def by_provider(hq, name, browser=None):
    browser = browser or hq.browser()
    sent = await browser.get("/api/sign-in/oidc")
    assert sent.status_code == 303
    back = await over_there(sent.headers["location"], name)
    return browser, await browser.client.get(back)


async def test_an_invited_account_signs_in_and_is_known_from_then_on(linked):
    admin = await linked.administrator()
    who = (await admin.ok("post", "/api/people", **person("sato")))["id"]
    assert (await linked.browser().ok("get", "/api/sign-in"))["oidc"] == "Base"
    _, answer = await by_provider(linked, "h.sato")
    assert answer.headers["location"] == "/#sign-in-failed=wrong"  # nobody has invited it
    invitation = await admin.ok("post", "/api/invitations", purpose="oidc", person=who, claim="H.Sato@example.test")
    assert invitation["token"] == ""
    browser, answer = await by_provider(linked, "h.sato")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookies = answer.headers.get_list("set-cookie")
    assert any("samesite=strict" in c.lower() and "jointhq_session" in c for c in cookies)
    session = await browser.session()
    assert (session["username"], session["how"], session["without_credentials"]) == ("sato", "oidc", False)
    assert (await admin.ok("get", "/api/invitations"))[0]["state"] == "used"
    again, answer = await by_provider(linked, "h.sato")
    assert (await again.session())["username"] == "sato"
    await admin.ok("post", f"/api/people/{who}/credentials/remove")
    assert not (await again.session())["signed_in"]
    _, answer = await by_provider(linked, "h.sato")
    assert answer.headers["location"] == "/#sign-in-failed=wrong"


async def test_an_email_that_the_provider_has_not_verified_is_nobodys(linked):
    admin = await linked.administrator()
    who = (await admin.ok("post", "/api/people", **person("sato")))["id"]
    await admin.ok("post", "/api/invitations", purpose="oidc", person=who, claim="unverified@example.test")
    _, answer = await by_provider(linked, "unverified")
    assert answer.headers["location"] == "/#sign-in-failed=wrong"


async def test_the_answer_is_for_the_browser_that_was_sent_and_good_once(linked):
    admin = await linked.administrator()
    who = (await admin.ok("post", "/api/people", **person("sato")))["id"]
    await admin.ok("post", "/api/invitations", purpose="oidc", person=who, claim="x@example.test")
    attacker, victim = linked.browser(), linked.browser()
    back = await over_there((await attacker.get("/api/sign-in/oidc")).headers["location"], "x")
    await victim.get("/api/sign-in/oidc")
    answer = await victim.client.get(back)
    assert answer.headers["location"] == "/#sign-in-failed=provider"
    assert not (await victim.session())["signed_in"]
    browser = linked.browser()
    sent = (await browser.get("/api/sign-in/oidc")).headers["location"]
    back = await over_there(sent, "x")
    kept = dict(browser.client.cookies)
    await browser.client.get(back)
    assert (await browser.session())["signed_in"]
    replayed = linked.browser()
    replayed.client.cookies.update(kept)
    assert (await replayed.client.get(back)).headers["location"] == "/#sign-in-failed=provider"


@pytest.mark.parametrize("change", ["state", "code", "iss", "nonce", "verifier", "late", "error"])
async def test_an_answer_that_does_not_hold_signs_nobody_in(linked, change):
    admin = await linked.administrator()
    who = (await admin.ok("post", "/api/people", **person("sato")))["id"]
    await admin.ok("post", "/api/invitations", purpose="oidc", person=who, claim="x@example.test")
    browser = linked.browser()
    back = httpx.URL(await over_there((await browser.get("/api/sign-in/oidc")).headers["location"], "x"))
    pending = linked.people.access.oidc._pending
    state = back.params["state"]
    match change:
        case "state" | "code" | "iss":
            back = back.copy_set_param(change, "https://other.example")
        case "error":
            back = back.copy_set_param("error", "access_denied")
        case "nonce" | "verifier":
            pending[state] = type(pending[state])(
                **{**{f: getattr(pending[state], f) for f in pending[state].__struct_fields__}, change: "x" * 43}
            )
        case "late":
            linked.clock.advance(600)
    answer = await browser.client.get(back)
    assert answer.headers["location"] == "/#sign-in-failed=provider"
    assert not (await browser.session())["signed_in"]


OWN, OTHER = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
SECRET = "a shared secret of some length that is long enough"


@pytest.mark.parametrize(
    ("change", "key", "holds"),
    [
        ({}, OWN, True),
        ({"aud": ["jointhq"]}, OWN, True),
        ({"aud": ["jointhq", "b"], "azp": "jointhq"}, OWN, True),
        ({}, OTHER, False),  # signed by somebody else
        ({}, OctKey.import_key(SECRET), False),  # by the secret that we share: not a signature of the provider's
        ({}, None, False),  # by nobody
        ({"iss": "https://other.example"}, OWN, False),
        ({"aud": "another"}, OWN, False),
        ({"aud": ["jointhq", "b"]}, OWN, False),
        ({"azp": "another"}, OWN, False),
        ({"nonce": "another"}, OWN, False),
        ({"nonce": None}, OWN, False),
        ({"exp": 1_699_999_000}, OWN, False),
        ({"exp": None}, OWN, False),
        ({"iat": 1_700_009_000}, OWN, False),
        ({"nbf": 1_700_009_000}, OWN, False),
        ({"sub": ""}, OWN, False),
        ({"sub": 7}, OWN, False),
        ({"sub": "x" * 256}, OWN, False),
    ],
)
async def test_an_id_token_holds_in_every_respect_or_not_at_all(change, key, holds):
    settings = OidcSettings(issuer="https://idp.example", client_id="jointhq", client_secret=SECRET)
    oidc = Oidc(settings, ManualClock())
    oidc._keys, oidc._keys_s = KeySet([OWN]), 0.0
    claims = {
        "iss": "https://idp.example", "aud": "jointhq", "sub": "1", "nonce": "n", "iat": 1_700_000_000,
        "exp": 1_700_000_600,
    }  # fmt: skip
    claims = {name: value for name, value in {**claims, **change}.items() if value is not None}
    if key is None:
        parts = [{"alg": "none"}, claims]
        token = ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."
    else:
        token = jwt.encode({"alg": "HS256" if isinstance(key, OctKey) else "ES256"}, claims, key)
    if holds:
        assert (await oidc._claims({}, token, "n"))["sub"] == "1"
    else:
        with pytest.raises(ProviderFault):
            await oidc._claims({}, token, "n")


async def test_a_provider_that_is_away_is_said_so(tmp_path):
    settings = OidcSettings(issuer=f"http://127.0.0.1:{free_port()}", client_id="jointhq")
    async with house(tmp_path, oidc=settings) as built:
        answer = await built.browser().get("/api/sign-in/oidc")
        assert answer.headers["location"] == "/#sign-in-failed=provider"
        with pytest.raises(ProviderFault, match="can't be reached"):
            await built.people.access.oidc_begin(SITE + CALLBACK, "192.0.2.1")


async def test_sign_in_over_a_wire_others_can_read_is_refused_at_the_start(tmp_path):
    with pytest.raises(Exception, match="https"):
        async with house(tmp_path, oidc=OidcSettings(issuer="http://idp.example", client_id="jointhq")):
            pass
