"""Port 8446, to the byte: what each client sends, what it must get, and what nobody gets."""

import asyncio
import base64
import io
import json
import zipfile
from xml.etree import ElementTree as ET

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from jointhq.marti import enrolment
from jointhq.people import enrol
from tests.marti.conftest import csr
from tests.support.secure import Secured

API = "/Marti/api/tls"
PASSWORD = ("kite6", "correct horse")


def basic(username: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()}


def certificate(text: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(text))


async def test_config_is_what_node_tak_and_atak_parse(enrolling: httpx.AsyncClient) -> None:
    answer = await enrolling.get(f"{API}/config", headers=basic(*PASSWORD))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/xml"
    assert "<ns2:certificateConfig " in answer.text
    assert 'validityDays="30"' in answer.text
    entries = ET.fromstring(answer.content).iter("{http://bbn.com/marti/xml/config}nameEntry")
    assert [(e.get("name"), e.get("value")) for e in entries] == [("O", "USFJ"), ("OU", "J6")]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/plain", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/xml", "application/xml"),
    ],
)
async def test_sign_v2_speaks_what_is_accepted(
    secured: Secured, enrolling: httpx.AsyncClient, accept: str | None, kind: str
) -> None:
    headers = basic(*PASSWORD) | ({"accept": accept} if accept else {})
    request = enrolling.build_request(
        "POST", f"{API}/signClient/v2?clientUid=ANDROID-1", content=csr("kite6"), headers=headers
    )
    if accept is None:
        del request.headers["accept"]
    answer = await enrolling.send(request)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    if kind == "application/json":
        said = answer.json()
        assert set(said) == {"signedCert", "ca0"}
        own, authority = said["signedCert"], said["ca0"]
    else:
        root = ET.fromstring(answer.content)
        own, authority = root.findtext("signedCert") or "", root.findtext("ca") or ""
    assert "-----" not in own
    assert max(map(len, own.splitlines())) <= 64
    signed = certificate(own)
    signed.verify_directly_issued_by(certificate(authority))
    assert certificate(authority) == secured.authority.certificate
    assert signed.subject.rfc4514_string() == "OU=J6,O=USFJ,CN=kite6"
    use = signed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(use) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    ((username, uid, issued),) = secured.accounts.certificates.values()
    assert (username, uid) == ("kite6", "ANDROID-1")
    assert issued.serial == f"{signed.serial_number:x}"


async def test_sign_v2_refuses_what_it_cannot_speak(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    headers = basic(*PASSWORD) | {"accept": "text/html"}
    answer = await enrolling.post(f"{API}/signClient/v2", content=csr("kite6"), headers=headers)
    assert answer.status_code == 400
    assert not secured.accounts.certificates


async def test_sign_v1_is_the_pkcs12_of_old_atak(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    bare = b"".join(csr("kite6").splitlines()[1:-1])
    answer = await enrolling.post(f"{API}/signClient?clientUid=a&version=3", content=bare, headers=basic(*PASSWORD))
    assert answer.headers["content-type"] == "application/octet-stream"
    store = pkcs12.load_pkcs12(answer.content, b"atakatak")
    assert store.key is None
    names = {one.friendly_name: one.certificate for one in [store.cert, *store.additional_certs] if one}
    assert set(names) == {b"signedCert", b"ca0"}
    names[b"signedCert"].verify_directly_issued_by(secured.authority.certificate)


async def test_a_one_time_token_goes_all_the_way_and_works_once(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    secret = basic("osprey", secured.accounts.invite("osprey"))
    assert (await enrolling.get(f"{API}/config", headers=secret)).status_code == 200
    assert (await enrolling.get(f"{API}/config", headers=secret)).status_code == 200, "looking doesn't use it up"
    assert (await enrolling.post(f"{API}/signClient/v2", content=csr("osprey"), headers=secret)).status_code == 200
    profile = await enrolling.get(f"{API}/profile/enrollment?clientUid=a", headers=secret)
    assert profile.headers["content-type"] == "application/zip"
    assert "MANIFEST/manifest.xml" in zipfile.ZipFile(io.BytesIO(profile.content)).namelist()
    other = rsa.generate_private_key(65537, 2048)
    again = await enrolling.post(f"{API}/signClient/v2", content=csr("osprey", key=other), headers=secret)
    assert again.status_code == 401
    assert (await enrolling.get(f"{API}/config", headers=secret)).status_code == 401
    assert len(secured.accounts.certificates) == 1


async def test_a_lost_answer_is_given_again_not_signed_again(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    secret, request = basic("osprey", secured.accounts.invite("osprey")), csr("osprey")
    first = await enrolling.post(f"{API}/signClient/v2", content=request, headers=secret)
    second = await enrolling.post(f"{API}/signClient/v2", content=request, headers=secret)
    assert first.json() == second.json()
    assert len(secured.accounts.certificates) == 1


async def test_twenty_at_once_with_one_token_get_one_certificate(
    secured: Secured, enrolling: httpx.AsyncClient
) -> None:
    secret = basic("osprey", secured.accounts.invite("osprey"))
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(20)]
    answers = await asyncio.gather(
        *(enrolling.post(f"{API}/signClient/v2", content=csr("osprey", key=key), headers=secret) for key in keys)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    assert len(secured.accounts.certificates) == 1


async def test_oauth_as_node_tak_asks_and_reads(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    """node-tak 12 puts all into the query, base64-decodes the whole token and cuts it at `}`."""
    query = "grant_type=password&username=kite6&password=correct%20horse"
    answer = await enrolling.post(f"/oauth/token?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    said = answer.json()
    assert (said["token_type"], said["expires_in"]) == ("bearer", 3600)
    head, payload, _ = said["access_token"].split(".")
    header = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    assert len(header) % 3 == 0
    assert json.loads(header)["alg"] == "RS256"
    text = base64.urlsafe_b64decode(head + payload + "=" * (-len(head + payload) % 4)).decode("utf-8", "replace")
    claims = json.loads(text.split("}")[1] + "}")
    assert claims["sub"] == "kite6"
    assert all(not isinstance(value, dict | list) for value in claims.values())
    bearer = {"authorization": f"Bearer {said['access_token']}"}
    assert (await enrolling.get(f"{API}/config", headers=bearer)).status_code == 200
    assert (await enrolling.post(f"{API}/signClient/v2", content=csr("kite6"), headers=bearer)).status_code == 200
    files = await enrolling.get("/files/api/config", headers=bearer)
    assert isinstance(files.json()["uploadSizeLimit"], int)


async def test_oauth_takes_a_form_too(enrolling: httpx.AsyncClient) -> None:
    fields = {"grant_type": "password", "username": "kite6", "password": "correct horse"}
    assert (await enrolling.post("/oauth/token", data=fields)).status_code == 200


async def test_a_bearer_from_a_one_time_token_enrols_once(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    token = secured.accounts.invite("osprey")
    said = (await enrolling.post(f"/oauth/token?grant_type=password&username=osprey&password={token}")).json()
    bearer = {"authorization": f"Bearer {said['access_token']}"}
    statuses = [
        (await enrolling.post(f"{API}/signClient/v2", content=csr("osprey"), headers=bearer)).status_code
        for _ in range(2)
    ]
    assert statuses == [200, 401]


async def test_every_wrong_secret_hears_the_same(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    tokens = [secured.accounts.invite("osprey")]
    wrong = [
        {},
        basic("kite6", "wrong"),
        basic("nobody", "correct horse"),
        basic("kite6", tokens[0]),
        basic("kite6", "x" * 5000),
        {"authorization": "Basic !!!"},
        {"authorization": "Bearer e30.e30.e30"},
        {"authorization": "Digest x"},
    ]
    for path, body in ((f"{API}/config", None), (f"{API}/signClient/v2", csr("kite6")), (f"{API}/signClient", b"")):
        answers = []
        for headers in wrong:
            method = "GET" if body is None else "POST"
            answers.append(await enrolling.request(method, path, content=body, headers=headers))
        assert {(a.status_code, a.content, a.headers["www-authenticate"]) for a in answers} == {
            (401, enrolment.REFUSED.body, 'Basic realm="TAK"')
        }
    assert not secured.accounts.certificates


async def test_bearers_of_others_and_of_yesterday_open_nothing(secured: Secured) -> None:
    now_ms = secured.clock.now_ms()
    claims = {"sub": "kite6", "person": "p", "invitation": ""}
    good = enrol.bearer(secured.authority, claims, now_ms)
    assert enrol.bearer_claims(secured.authority, good, now_ms)["sub"] == "kite6"
    assert enrol.bearer_claims(secured.authority, good, now_ms + enrol.TOKEN_S * 1000) == {}
    head, payload, signature = good.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for forged in (
        f"{none}.{payload}.",
        f"{head}.{payload}.",
        f"{head}.{payload[:-2]}AA.{signature}",
        "",
        "..",
        "é.é.é",
    ):
        assert enrol.bearer_claims(secured.authority, forged, now_ms) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not base64!",
        base64.b64encode(b"not DER"),
        csr("somebody else"),
        csr("kite6", entries=()),
        csr("kite6", entries=(("O", "ANOTHER"), ("OU", "J6"))),
        csr("kite6", key=rsa.generate_private_key(65537, 1024)),
        csr("kite6", key=ec.generate_private_key(ec.SECP192R1())),
        b"\xff\xfe",
    ],
    ids=["empty", "text", "no DER", "other user", "no O", "other O", "short key", "other curve", "bytes"],
)
async def test_requests_that_are_not_signed(secured: Secured, enrolling: httpx.AsyncClient, body: bytes) -> None:
    answer = await enrolling.post(f"{API}/signClient/v2", content=body, headers=basic(*PASSWORD))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    assert not secured.accounts.certificates


async def test_the_user_name_of_the_account_is_what_is_signed(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    answer = await enrolling.post(f"{API}/signClient/v2", content=csr("KITE6"), headers=basic(*PASSWORD))
    (name,) = certificate(answer.json()["signedCert"]).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "kite6"


async def test_a_key_store_made_here(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    answer = await enrolling.get(f"{API}/makeClientKeyStore?cn=kite6&clientUid=u", headers=basic(*PASSWORD))
    key, own, more = pkcs12.load_key_and_certificates(answer.content, b"atakatak")
    assert key is not None
    assert own is not None
    assert own.public_key() == key.public_key()
    assert more == [secured.authority.certificate]
    refused = await enrolling.get(f"{API}/makeClientKeyStore?cn=other", headers=basic(*PASSWORD))
    assert refused.status_code == 403


async def test_what_is_not_there_is_a_clean_404(enrolling: httpx.AsyncClient) -> None:
    for path in ("/", "/Marti/api/missions", f"{API}/config/", "/Marti/api/tls/profile/tool/x/file"):
        answer = await enrolling.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
        assert answer.json() == {"status": "NOT_FOUND", "code": 1, "message": "nothing here"}


async def test_bodies_and_queries_have_a_limit(enrolling: httpx.AsyncClient) -> None:
    headers = basic(*PASSWORD)
    long = await enrolling.post(f"{API}/signClient/v2", content=b"x" * 20_000, headers=headers)
    assert long.status_code == 413
    assert (await enrolling.get(f"{API}/config?a={'x' * 5000}", headers=headers)).status_code == 400


async def test_the_authority_is_public_and_nothing_else(secured: Secured, enrolling: httpx.AsyncClient) -> None:
    assert (await enrolling.get("/ca.crt")).content == secured.authority.pem
    assert (await enrolling.get("/ca.crl")).status_code == 404
