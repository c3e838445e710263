"""Signing in with what others vouch for, in real Chromium: an identity provider's account, a device's certificate.

The provider is a real one in a process of its own, and on another site than the page, as providers are.
"""

import re
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from playwright.sync_api import Page, expect

from jointhq.base.clock import SystemClock
from jointhq.people.ca import P12_PASSWORD, Authority
from tests.browser.administration import ask, menu, officer, refused
from tests.support import oidc
from tests.support.demo import Process, running

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
CUT_OFF_S = 10.0  # the guaranteed second is measured without a browser, which loads the page anew for it
FONTS = "fonts.googleapis.com"  # the provider's pages want one


# -- an identity provider


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, str]]:
    """Run a headquarters and its identity provider; with the provider's host."""
    folder = tmp_path_factory.mktemp("hq")
    secret = folder / "secret"
    secret.write_text(oidc.CLIENT_SECRET)
    hq = Process("serve", folder / "data")
    with oidc.provider(site_of(hq)) as issuer:
        hq.command += [
            "--oidc-issuer",
            issuer,
            "--oidc-client-id",
            oidc.CLIENT_ID,
            "--oidc-client-secret-file",
            str(secret),
        ]
        hq.start()
        yield hq, issuer.removeprefix("http://")
        hq.stop()


def site_of(hq: Process) -> str:
    """Return the page's address by name: to the provider at 127.0.0.1 that is another site."""
    return hq.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def visitor(open_page: Open, linked: tuple[Process, str]) -> Page:
    """Somebody who has come to the page and sees how to sign in."""
    hq, provider = linked
    page = open_page(site_of(hq), also=[provider, FONTS])
    page.context.route(f"https://{FONTS}/**", lambda route: route.fulfill(content_type="text/css", body=""))
    return page


def to_provider(page: Page) -> None:
    page.get_by_role("link", name="Sign in with 127.0.0.1").click()


def test_an_account_of_the_provider_signs_in_once_it_is_invited(
    open_page: Open, linked: tuple[Process, str], visitor: Page
) -> None:
    hq, _ = linked
    to_provider(visitor)
    visitor.get_by_placeholder("Enter any login").fill("h.sato")
    visitor.get_by_placeholder("and password").fill("theirs to check")
    visitor.get_by_role("button", name="Sign-in").click()
    visitor.get_by_role("button", name="Continue").click()
    expect(visitor.get_by_role("alert")).to_contain_text("not known here. Ask an administrator to invite it")
    assert visitor.url == site_of(hq)
    visitor.get_by_role("button", name="日本語").click()
    expect(visitor.get_by_role("alert")).to_contain_text("管理者に招待を依頼してください")
    visitor.get_by_role("button", name="English").click()

    admin = open_page(hq.new_link())
    expect(admin.locator(".who")).to_be_visible()
    name, person, _ = officer(admin, hq)
    invited = {"purpose": "oidc", "person": person, "claim": "h.sato@example.test", "minutes": 60}
    ask(admin, "POST", "/api/invitations", invited)
    to_provider(visitor)  # which knows him by now, and sends him back at once
    expect(visitor.locator(".who")).to_contain_text(name)
    assert visitor.url == site_of(hq)
    expect(visitor.locator(".offer")).to_have_count(0)
    visitor.reload()
    expect(visitor.locator(".who")).to_contain_text(name)
    menu(visitor, "Sign out")
    expect(visitor.get_by_role("alert")).to_contain_text("signed out")


def test_who_turns_back_at_the_provider_is_told_so(linked: tuple[Process, str], visitor: Page) -> None:
    to_provider(visitor)
    visitor.get_by_role("link", name="Cancel").click()
    expect(visitor.get_by_role("alert")).to_contain_text("The identity provider gave no usable answer")
    assert visitor.url == site_of(linked[0])
    visitor.get_by_role("button", name="日本語").click()
    expect(visitor.get_by_role("alert")).to_contain_text("別の方法でサインインしてください")


# -- a device's certificate


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Run a headquarters whose page is served over TLS."""
    with running("serve", tmp_path_factory.mktemp("hq") / "data", "--web-tls", "true") as process:
        yield process


def trust(hq: Process) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(hq.data / "ca" / "ca.crt"))


def enrolled(admin: Page, hq: Process, name: str, person: str) -> tuple[bytes, bytes]:
    """Let a device of this person enrol; return its certificate and key, as a browser takes them."""
    username = next(one["username"] for one in ask(admin, "GET", "/api/people") if one["id"] == person)
    post = next(one["id"] for one in ask(admin, "GET", "/api/appointments") if name in one["title"])
    form = {"purpose": "enrolment", "person": person, "minutes": 60, "appointment": post}
    token = ask(admin, "POST", "/api/invitations", form)["token"]
    answer = httpx.get(
        f"https://127.0.0.1:{hq.enrol_port}/Marti/api/tls/makeClientKeyStore",
        auth=(username, token), verify=trust(hq), trust_env=False,
    )  # fmt: skip
    answer.raise_for_status()
    key, certificate, _ = pkcs12.load_key_and_certificates(answer.content, P12_PASSWORD.encode())
    assert key
    assert certificate
    return certificate.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_devices_certificate_signs_in_until_it_is_revoked(open_page: Open, secure: Process) -> None:
    admin = open_page(secure.new_link(), ignore_https_errors=True)
    expect(admin.locator(".who")).to_be_visible()
    name, person, _ = officer(admin, secure)
    certificate, key = enrolled(admin, secure, name, person)
    own = [{"origin": secure.url.rstrip("/"), "cert": certificate, "key": key}]
    page = open_page(secure.url, ignore_https_errors=True, client_certificates=own)
    page.get_by_role("button", name="Sign in with this device's certificate").click()
    expect(page.locator(".who")).to_contain_text(name)
    expect(page.locator(".connection.live")).to_be_visible()

    (row,) = ask(admin, "GET", "/api/certificates")
    ask(admin, "POST", f"/api/certificates/{row['fingerprint']}/revoke", {"reason": "lost"})
    expect(page.get_by_role("alert")).to_contain_text("session has ended", timeout=CUT_OFF_S * 1000)
    page.get_by_role("button", name="Sign in with this device's certificate").click()
    expect(page.get_by_role("alert").last).to_contain_text("ask an administrator")
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_role("button", name="この端末の証明書でサインイン")).to_be_visible()
    expect(page.get_by_role("alert").last).to_contain_text("管理者に招待を依頼してください")
    refused(open_page)


def test_without_a_certificate_the_page_offers_none(open_page: Open, secure: Process) -> None:
    page = open_page(secure.url, ignore_https_errors=True)
    expect(page.get_by_label("User name")).to_be_focused()
    expect(page.get_by_role("button", name=re.compile("certificate"))).to_have_count(0)


def test_a_certificate_of_another_authority_gets_no_connection(secure: Process, tmp_path: Path) -> None:
    other = Authority(tmp_path / "ca", SystemClock(), headquarters="OTHER", names=["127.0.0.1"])
    key = ec.generate_private_key(ec.SECP256R1())
    issued = other.sign(key.public_key(), "administrator")
    own = tmp_path / "own.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own.write_bytes(pem + ssl.DER_cert_to_PEM_cert(issued.der).encode())
    context = trust(secure)
    assert httpx.get(f"{secure.url}healthz", verify=context, trust_env=False).is_success
    context.load_cert_chain(own)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{secure.url}healthz", verify=context, trust_env=False)
