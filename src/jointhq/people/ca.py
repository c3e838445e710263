"""The certificate authority of one headquarters: its keys, the server's certificate, the certificates of devices.

Owns: the files in DATA/ca, what a certificate says and for how long, the revocation list, TLS contexts, the key that
signs bearer tokens.
Doesn't own: who may have a certificate (`marti.enrolment`), what a request must say (`people.enrol`), which
certificates there are and which are revoked: those are records (`people.directory`).

One self-signed authority, no issuing one below it: every client then verifies every server with the one certificate
that enrolment gives it (`ca0`). A key and its certificate share one file, so that a crash never leaves half a pair.
See docs/decisions/0010-certificates.md.
"""

import contextlib
import hashlib
import ipaddress
import os
import secrets
import ssl
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Protocol, TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput

RSA_BITS: Final = 2048  # what every TAK client of the last ten years reads; a new authority is a new enrolment of all
CA_DAYS: Final = 20 * 365
SERVER_DAYS: Final = 800  # Apple refuses a server certificate of more than 825 days, private authorities included
SERVER_RENEW_DAYS: Final = 200  # left when a new one is made
BACKDATED: Final = timedelta(days=1)  # a device whose clock is a few hours slow must still take it
CRL_DAYS: Final = 7  # a list is made whenever it is asked for; who keeps one may keep it so long
SERIAL_BITS: Final = 152
P12_PASSWORD: Final = "atakatak"  # noqa: S105 - what every TAK client tries; it protects nothing, and isn't meant to
P12_ROUNDS: Final = 20_000  # of a password that everybody knows
NAME_MAX: Final = 64  # bytes of one part of a name, as X.509 says

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
Form = Literal["legacy", "aes"]
_CA, _SERVER, _TOKEN, _PUBLIC = "ca.pem", "server.pem", "token.pem", "ca.crt"


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it was made: what a record keeps of it, and the certificate itself."""

    der: bytes
    fingerprint: str  # SHA-256 of the whole, hex: what a TLS connection is known by
    serial: str  # hex
    subject: str  # the common name
    not_before_ms: int
    not_after_ms: int


class Revoked(msgspec.Struct, frozen=True):
    """One line of the revocation list."""

    serial: str
    at_ms: int


class Expires(Protocol):
    """Anything that ends at a moment."""

    @property
    def not_after_ms(self) -> int:
        """The moment it ends."""
        ...


E = TypeVar("E", bound=Expires)


def fingerprint(der: bytes) -> str:
    """Return what a certificate is known by: SHA-256, lower-case hex."""
    return hashlib.sha256(der).hexdigest()


def expiring(certificates: Iterable[E], now_ms: int, within_days: float) -> list[E]:
    """Return those that end within so many days or have ended, the earliest first."""
    limit_ms = now_ms + within_days * 86_400_000
    return sorted((one for one in certificates if one.not_after_ms <= limit_ms), key=lambda one: one.not_after_ms)


class Authority:
    """The authority of one headquarters; making one blocks for the first start's keys (a tenth of a second or two)."""

    def __init__(self, directory: Path, clock: Clock, *, headquarters: str, names: Sequence[str]) -> None:
        """`names` are the host names and addresses that clients connect to."""
        self._directory = directory
        self._clock = clock
        self._names = tuple(dict.fromkeys(names))
        self._contexts: list[ssl.SSLContext] = []
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _private(directory, 0o700)
            self._clean()
            self._key, self.certificate = self._own(headquarters)
            public = directory / _PUBLIC
            if not public.exists() or public.read_bytes() != self.pem:
                _write(public, self.pem, 0o644)
            self._token_key = self._own_token_key()
            self._server = self._own_server()
        except OSError as error:
            raise BadInput(
                f"can't write to {directory}: {error.strerror}; make room there, or name another data directory"
            ) from None

    # -- what clients are given

    @property
    def der(self) -> bytes:
        """The authority's certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """What the authority's certificate is known by."""
        return fingerprint(self.der)

    @property
    def pem(self) -> bytes:
        """The authority's certificate, as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def token_key(self) -> rsa.RSAPrivateKey:
        """The key that signs bearer tokens; it outlives a restart as the tokens do."""
        return self._token_key

    @property
    def server_not_after_ms(self) -> int:
        """When the server's own certificate ends; it is renewed long before."""
        return _ms(self._server.not_valid_after_utc)

    def sign(
        self, key: PublicKey, username: str, entries: Sequence[tuple[str, str]] = (), *, days: float = 365
    ) -> Issued:
        """Return a client certificate for a device of `username`; `entries` are ("O", ...) and ("OU", ...)."""
        oids = {"O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}
        parts = [x509.NameAttribute(NameOID.COMMON_NAME, _part(username))]
        parts += [x509.NameAttribute(oids[name], _part(value)) for name, value in entries if value]
        builder = self._leaf(key, x509.Name(parts), days, ExtendedKeyUsageOID.CLIENT_AUTH)
        certificate = builder.sign(self._key, hashes.SHA256())
        der = certificate.public_bytes(serialization.Encoding.DER)
        return Issued(
            der=der,
            fingerprint=fingerprint(der),
            serial=f"{certificate.serial_number:x}",
            subject=username,
            not_before_ms=_ms(certificate.not_valid_before_utc),
            not_after_ms=_ms(certificate.not_valid_after_utc),
        )

    def crl(self, revoked: Iterable[Revoked]) -> bytes:
        """Return the revocation list, DER; it is good for CRL_DAYS from now."""
        now = self._now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now)
            .next_update(now + timedelta(days=CRL_DAYS))
            .add_extension(x509.CRLNumber(self._clock.now_ms()), critical=False)
            .add_extension(self._authority_key_id(), critical=False)
        )
        for one in revoked:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(int(one.serial, 16))
                .revocation_date(datetime.fromtimestamp(one.at_ms // 1000, UTC))
                .build()
            )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    # -- PKCS12, as clients read it

    def truststore(self, form: Form = "legacy") -> bytes:
        """Return the authority's certificate as PKCS12 without a key, readable by Android, Windows and Java."""
        entry = pkcs12.PKCS12Certificate(self.certificate, b"ca0")
        return pkcs12.serialize_java_truststore([entry], _encryption(P12_PASSWORD, form))

    def signed(self, issued: Issued, form: Form = "legacy") -> bytes:
        """Return what `signClient` version 1 answers: the certificate as `signedCert`, the authority as `ca0`."""
        certificate = x509.load_der_x509_certificate(issued.der)
        entries = [pkcs12.PKCS12Certificate(self.certificate, b"ca0")]
        encryption = _encryption(P12_PASSWORD, form)
        return pkcs12.serialize_key_and_certificates(b"signedCert", None, certificate, entries, encryption)

    def key_store(self, issued: Issued, key: PrivateKey, password: str = P12_PASSWORD, form: Form = "legacy") -> bytes:
        """Return a certificate with its key and the authority's certificate."""
        certificate = x509.load_der_x509_certificate(issued.der)
        name = issued.subject.encode()
        return pkcs12.serialize_key_and_certificates(
            name, key, certificate, [self.certificate], _encryption(password, form)
        )

    # -- TLS

    def server_context(self, client_certificate: ssl.VerifyMode) -> ssl.SSLContext:
        """Return a context for a listener; a renewed server certificate reaches it by itself.

        CERT_REQUIRED: nobody gets in without a certificate of ours; CERT_OPTIONAL: who shows one shows one of ours.
        Whether it is revoked is asked per connection.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
        context.num_tickets = 1  # a client that can resume saves both sides the signatures
        if client_certificate != ssl.CERT_NONE:
            context.load_verify_locations(cadata=self.pem.decode())
        context.verify_mode = client_certificate
        context.load_cert_chain(self._directory / _SERVER)
        self._contexts.append(context)
        return context

    def renew(self) -> bool:
        """Renew the server's certificate where it is due; connections that are there keep theirs. Ask once a day."""
        if not self._is_due(self._server):
            return False
        self._server = self._make_server()
        for context in self._contexts:
            context.load_cert_chain(self._directory / _SERVER)
        return True

    # -- own keys

    def _own(self, headquarters: str) -> tuple[PrivateKey, x509.Certificate]:
        """Return the authority, made at the first start. One that can't be read is never replaced behind one's back."""
        file = self._directory / _CA
        if not file.exists():
            made = rsa.generate_private_key(65537, RSA_BITS)
            _write(file, _pem(made) + self._self_signed(made, headquarters).public_bytes(serialization.Encoding.PEM))
        _private(file, 0o600)
        try:
            return _read(file)
        except ValueError as error:
            raise BadInput(
                f"{file} isn't the authority's key and certificate any more ({error}); restore it from a backup, or"
                " move it away: then a new authority is made, and every device must enrol again"
            ) from None

    def _self_signed(self, key: rsa.RSAPrivateKey, headquarters: str) -> x509.Certificate:
        own = f"jointhq {secrets.token_hex(4)}"  # two authorities of one name would be taken for each other
        parts = [
            x509.NameAttribute(NameOID.COMMON_NAME, f"{_part(headquarters, NAME_MAX - len(own) - 1)} {own}".strip())
        ]
        if headquarters:
            parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, _part(headquarters)))
        name = x509.Name(parts)
        now = self._now()
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(_serial())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(now + timedelta(days=CA_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )

    def _own_server(self) -> x509.Certificate:
        """Return the server's certificate: the one on disk where it is still good for these names, else a new one."""
        try:
            _, certificate = _read(self._directory / _SERVER)
        except (ValueError, OSError):
            return self._make_server()
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        ours = certificate.issuer == self.certificate.subject and set(said) == set(self._alternative_names())
        return self._make_server() if not ours or self._is_due(certificate) else certificate

    def _make_server(self) -> x509.Certificate:
        key = ec.generate_private_key(ec.SECP256R1())  # its signature is most of what a handshake costs us
        names = self._alternative_names()
        common = x509.NameAttribute(NameOID.COMMON_NAME, _part(self._names[0]) if self._names else "localhost")
        certificate = (
            self._leaf(key.public_key(), x509.Name([common]), SERVER_DAYS, ExtendedKeyUsageOID.SERVER_AUTH)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        _write(
            self._directory / _SERVER,
            _pem(key) + certificate.public_bytes(serialization.Encoding.PEM) + self.pem,
        )
        return certificate

    def _is_due(self, certificate: x509.Certificate) -> bool:
        return certificate.not_valid_after_utc - self._now() < timedelta(days=SERVER_RENEW_DAYS)

    def _alternative_names(self) -> list[x509.GeneralName]:
        names: list[x509.GeneralName] = []
        for name in dict.fromkeys([*self._names, "localhost", "127.0.0.1", "::1"]):
            try:
                names.append(x509.IPAddress(ipaddress.ip_address(name)))
            except ValueError:
                try:
                    names.append(x509.DNSName(name.encode("idna").decode() if not name.isascii() else name))
                except (ValueError, UnicodeError):
                    raise BadInput(f"{name!r} is no host name and no address; correct tak_names") from None
        return names

    def _own_token_key(self) -> rsa.RSAPrivateKey:
        file = self._directory / _TOKEN
        with contextlib.suppress(ValueError, OSError):
            key = serialization.load_pem_private_key(file.read_bytes(), None)
            if isinstance(key, rsa.RSAPrivateKey):
                return key
        key = rsa.generate_private_key(65537, RSA_BITS)
        _write(file, _pem(key))
        return key

    def _leaf(
        self, key: PublicKey, subject: x509.Name, days: float, use: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        now = self._now()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(_serial())
            .not_valid_before(max(now - BACKDATED, self.certificate.not_valid_before_utc))
            .not_valid_after(min(now + timedelta(days=days), self.certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(self._authority_key_id(), critical=False)
        )

    def _authority_key_id(self) -> x509.AuthorityKeyIdentifier:
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() // 1000, UTC)

    def _clean(self) -> None:
        """Remove what a crash left half-written."""
        for half in self._directory.glob(".*.new"):
            half.unlink(missing_ok=True)


def _part(text: str, bytes_max: int = NAME_MAX) -> str:
    """Return as much of a text as fits into one part of a name."""
    return text.encode()[:bytes_max].decode("utf-8", "ignore")


def _serial() -> int:
    return secrets.randbits(SERIAL_BITS) | 1 << (SERIAL_BITS - 1)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp()) * 1000


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _encryption(password: str, form: Form) -> serialization.KeySerializationEncryption:
    """Return how a PKCS12 is locked: as clients of ten years ago can open, or as those of today want."""
    builder = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(P12_ROUNDS)
    if form == "legacy":
        algorithm, digest = pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()  # noqa: S303 - see the module
        return builder.key_cert_algorithm(algorithm).hmac_hash(digest).build(password.encode())
    algorithm = pkcs12.PBES.PBESv2SHA256AndAES256CBC
    return builder.key_cert_algorithm(algorithm).hmac_hash(hashes.SHA256()).build(password.encode())


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read(file: Path) -> tuple[PrivateKey, x509.Certificate]:
    """Return a key and its certificate; ValueError when the file isn't both, or they don't belong together."""
    data = file.read_bytes()
    key = serialization.load_pem_private_key(data, None)
    certificate = x509.load_pem_x509_certificate(data)
    if (
        not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        or key.public_key() != certificate.public_key()
    ):
        raise ValueError("the key isn't the certificate's")
    return key, certificate


def _private(path: Path, mode: int) -> None:
    """See to a path's permissions; where they are right nothing is written, so that a read-only disk is none."""
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)


def _write(file: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that is there whole or not at all, after a crash too."""
    half = file.with_name(f".{secrets.token_hex(8)}.new")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    finally:
        with contextlib.suppress(OSError):  # it has its name now, or could not even be made
            half.unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
