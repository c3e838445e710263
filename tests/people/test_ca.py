"""The certificate authority: what it makes, what survives a crash, what old and new clients can read."""

import shutil
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.base.errors import BadInput
from jointhq.people import ca
from jointhq.people.ca import Authority, Form, Issued, Revoked, expiring

KEY = rsa.generate_private_key(65537, 2048)
DAY_MS = 86_400_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_795_000_000_000)


@pytest.fixture
def authority(tmp_path: Path, clock: ManualClock) -> Authority:
    return made(tmp_path, clock)


def made(folder: Path, clock: ManualClock, *names: str) -> Authority:
    return Authority(
        folder / "ca", clock, headquarters="USFJ 在日米軍司令部", names=names or ["hq.example", "192.0.2.1"]
    )


def loaded(issued: Issued) -> x509.Certificate:
    return x509.load_der_x509_certificate(issued.der)


def test_a_second_start_is_the_same_authority(tmp_path: Path, clock: ManualClock, authority: Authority) -> None:
    again = made(tmp_path, clock)
    assert again.der == authority.der
    assert again.fingerprint == authority.fingerprint
    assert (tmp_path / "ca" / "server.pem").read_bytes() == (tmp_path / "ca" / "server.pem").read_bytes()
    assert again.token_key.private_numbers() == authority.token_key.private_numbers()


def test_keys_are_their_owners_alone(tmp_path: Path, authority: Authority) -> None:
    folder = tmp_path / "ca"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == {"ca.pem": 0o600, "server.pem": 0o600, "token.pem": 0o600, "ca.crt": 0o644}
    assert b"PRIVATE" not in (folder / "ca.crt").read_bytes()


@pytest.mark.parametrize("cut", [0, 1, 500, -1])
def test_an_authority_that_cannot_be_read_is_never_made_anew(
    tmp_path: Path, clock: ManualClock, authority: Authority, cut: int
) -> None:
    file = tmp_path / "ca" / "ca.pem"
    file.write_bytes(b"" if not cut else file.read_bytes()[: len(file.read_bytes()) // 2 if cut < 0 else cut])
    before = file.read_bytes()
    with pytest.raises(BadInput, match="restore it from a backup"):
        made(tmp_path, clock)
    assert file.read_bytes() == before


def test_a_key_of_another_certificate_is_refused(tmp_path: Path, clock: ManualClock, authority: Authority) -> None:
    other = made(tmp_path / "other", clock)
    file = tmp_path / "ca" / "ca.pem"
    key = (tmp_path / "other" / "ca" / "ca.pem").read_bytes().partition(b"-----BEGIN CERT")[0]
    file.write_bytes(key + authority.pem)
    assert other.der != authority.der
    with pytest.raises(BadInput):
        made(tmp_path, clock)


def test_what_a_crash_left_is_cleared_and_what_can_be_is_made_anew(
    tmp_path: Path, clock: ManualClock, authority: Authority
) -> None:
    folder = tmp_path / "ca"
    (folder / ".0123.new").write_bytes(b"half a key")
    (folder / "server.pem").write_bytes((folder / "server.pem").read_bytes()[:300])
    (folder / "token.pem").unlink()
    (folder / "ca.crt").unlink()
    again = made(tmp_path, clock)
    assert again.der == authority.der
    assert sorted(file.name for file in folder.iterdir()) == ["ca.crt", "ca.pem", "server.pem", "token.pem"]
    again.server_context(ssl.CERT_REQUIRED)


def test_a_disk_that_takes_nothing_is_said_so(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "ca").write_text("a file is in the way")
    with pytest.raises(BadInput, match="can't write to"):
        made(tmp_path, clock)


def test_a_second_start_writes_nothing(
    tmp_path: Path, clock: ManualClock, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a headquarters comes up on a disk that has become read-only."""
    (tmp_path / "ca" / "ca.pem").chmod(0o644)
    made(tmp_path, clock)
    assert stat.S_IMODE((tmp_path / "ca" / "ca.pem").stat().st_mode) == 0o600
    monkeypatch.setattr(ca, "_write", lambda *_: pytest.fail("wrote"))
    monkeypatch.setattr(Path, "chmod", lambda *_: pytest.fail("changed"))
    assert made(tmp_path, clock).der == authority.der


def test_the_servers_certificate_is_for_its_names(tmp_path: Path, clock: ManualClock, authority: Authority) -> None:
    assert names_of(tmp_path) >= {"hq.example", "192.0.2.1", "localhost", "127.0.0.1", "::1"}
    first = (tmp_path / "ca" / "server.pem").read_bytes()
    made(tmp_path, clock)
    assert (tmp_path / "ca" / "server.pem").read_bytes() == first
    made(tmp_path, clock, "new.example", "日本.example")
    assert names_of(tmp_path) >= {"new.example", "xn--wgv71a.example"}
    with pytest.raises(BadInput, match="no host name"):
        made(tmp_path, clock, "日本 本部..example" + "x" * 80)


def names_of(folder: Path) -> set[str]:
    certificate = x509.load_pem_x509_certificate((folder / "ca" / "server.pem").read_bytes())
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    use = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(use) == [ExtendedKeyUsageOID.SERVER_AUTH]
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert life < timedelta(days=825), "more, and iOS refuses it"
    return {str(name.value) for name in said}


def test_contexts_want_a_certificate_and_nothing_old(authority: Authority) -> None:
    context = authority.server_context(ssl.CERT_REQUIRED)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert authority.server_context(ssl.CERT_NONE).verify_mode == ssl.CERT_NONE


def test_a_client_certificate_is_for_clients_alone_and_ends(clock: ManualClock, authority: Authority) -> None:
    issued = authority.sign(KEY.public_key(), "kite6", [("O", "HQ"), ("OU", "J6")], days=30)
    certificate = loaded(issued)
    certificate.verify_directly_issued_by(authority.certificate)
    assert certificate.subject.rfc4514_string() == "OU=J6,O=HQ,CN=kite6"
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert issued.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
    assert issued.serial == f"{certificate.serial_number:x}"
    assert issued.not_after_ms == clock.now_ms() + 30 * DAY_MS
    assert issued.not_before_ms <= clock.now_ms()
    again = authority.sign(KEY.public_key(), "kite6", days=30)
    assert again.serial != issued.serial


def test_no_certificate_outlives_the_authority(clock: ManualClock, authority: Authority) -> None:
    issued = authority.sign(ec.generate_private_key(ec.SECP256R1()).public_key(), "k", days=100_000)
    assert loaded(issued).not_valid_after_utc == authority.certificate.not_valid_after_utc


@pytest.mark.parametrize("name", ["", "本" * 60, "x" * 200, "a, b=c + d"])
def test_any_name_can_be_a_name(tmp_path: Path, clock: ManualClock, name: str) -> None:
    authority = Authority(tmp_path / "ca", clock, headquarters=name, names=[])
    loaded(authority.sign(KEY.public_key(), name or "u", [("O", name)])).verify_directly_issued_by(
        authority.certificate
    )


def test_the_revocation_list_names_who_is_revoked(clock: ManualClock, authority: Authority) -> None:
    issued = [authority.sign(KEY.public_key(), f"u{n}") for n in range(3)]
    crl = x509.load_der_x509_crl(authority.crl([Revoked(one.serial, clock.now_ms()) for one in issued[:2]]))
    public = authority.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert crl.is_signature_valid(public)
    listed = [crl.get_revoked_certificate_by_serial_number(int(one.serial, 16)) for one in issued]
    assert [one is not None for one in listed] == [True, True, False]
    assert crl.next_update_utc is not None
    assert crl.next_update_utc > datetime.fromtimestamp(clock.now_ms() / 1000, UTC)


@pytest.mark.parametrize("form", ["legacy", "aes"])
def test_stores_are_what_each_generation_of_clients_reads(authority: Authority, form: Form, tmp_path: Path) -> None:
    issued = authority.sign(KEY.public_key(), "kite6")
    own = pkcs12.load_pkcs12(authority.key_store(issued, KEY, form=form), b"atakatak")
    assert own.cert is not None
    assert own.cert.certificate == loaded(issued)
    assert isinstance(own.key, rsa.RSAPrivateKey)
    trust = pkcs12.load_pkcs12(authority.truststore(form), b"atakatak")
    assert [one.certificate for one in trust.additional_certs] == [authority.certificate]
    signed = pkcs12.load_pkcs12(authority.signed(issued, form), b"atakatak")
    assert signed.key is None
    if shutil.which("openssl"):
        file = tmp_path / "own.p12"
        file.write_bytes(authority.key_store(issued, KEY, form=form))
        command = ["openssl", "pkcs12", "-in", str(file), "-passin", "pass:atakatak", "-nodes", "-info", "-noout"]
        said = subprocess.run(
            [*command, *(["-legacy"] if form == "legacy" else [])], capture_output=True, text=True, check=True
        )
        wanted = "pbeWithSHA1And3-KeyTripleDES-CBC" if form == "legacy" else "AES-256-CBC"
        assert wanted in said.stderr
        assert ("sha1" if form == "legacy" else "sha256") in said.stderr.partition("\n")[0].casefold()


def test_a_password_of_ones_own_locks_the_key(authority: Authority) -> None:
    issued = authority.sign(KEY.public_key(), "kite6")
    store = authority.key_store(issued, KEY, "secret", "aes")
    pkcs12.load_key_and_certificates(store, b"secret")
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(store, b"atakatak")


class Ends:
    def __init__(self, not_after_ms: int) -> None:
        self.not_after_ms = not_after_ms


@given(st.lists(st.integers(0, 400 * DAY_MS)), st.integers(0, 400))
def test_the_expiry_list_is_complete_and_in_order(ends: list[int], days: int) -> None:
    found = [one.not_after_ms for one in expiring(map(Ends, ends), 0, days)]
    assert found == sorted(end for end in ends if end <= days * DAY_MS)


def test_files_are_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between writing and naming leaves the old file."""
    file = tmp_path / "server.pem"
    ca._write(file, b"old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("crash")))
    with pytest.raises(OSError, match="crash"):
        ca._write(file, b"new")
    assert file.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["server.pem"]
