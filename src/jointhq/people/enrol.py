"""What enrolment says, as values: requests for certificates, the configuration, packages and codes for each client.

Owns: what a certificate request must say and what is taken from it, the bodies of `tls/config` and `signClient`, the
connection packages of ATAK, WinTAK, iTAK and pytak, enrolment links and their QR codes, bearer tokens.
Doesn't own: HTTP (`marti`), keys and PKCS12 (`people.ca`), who may enrol (`people`). No I/O.
Sources: ATAK-CIV 4.6, node-tak 12, pytak 7.6; see docs/enrolment.md for what each client was seen to want.
"""

import base64
import binascii
import hashlib
import io
import re
import textwrap
import uuid
import zipfile
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

import msgspec
import segno
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from jointhq.base.errors import JointHQError
from jointhq.people.ca import P12_PASSWORD, Authority, Form, Issued, PrivateKey, PublicKey

CSR_BYTES_MAX: Final = 16 << 10  # RSA 8192 with every attribute is 4 KiB
RSA_BITS_MIN, RSA_BITS_MAX = 2048, 8192  # a longer one costs us more to check than its owner to send
TOKEN_S: Final = 3600  # a bearer token's life; clients sign in again by themselves
STREAM_PORT, MARTI_PORT, ENROL_PORT = 8089, 8443, 8446  # what ATAK assumes where a link can't say
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_OIDS = {"O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}
_PEM = re.compile(r"-----(BEGIN|END)[^-]*-----")
_STAMP = (1980, 1, 1, 0, 0, 0)  # the same package is the same bytes

JSON: Final = "application/json"
XML: Final = "application/xml"

Entries = Sequence[tuple[str, str]]  # ("O", "HQ"), ("OU", "J6")


class BadRequest(JointHQError):
    """A certificate request that can't be signed; the message says why."""

    code = "bad_csr"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where this headquarters is for a client, and the mark of what is said to one."""

    name: str
    host: str
    mark: str = ""
    stream_port: int = STREAM_PORT
    marti_port: int = MARTI_PORT
    enrol_port: int = ENROL_PORT


# -- certificate requests


def csr_key(body: bytes, username: str, entries: Entries) -> PublicKey:
    """Return the public key of a request for `username`, in base64 with or without PEM's lines. Raises BadRequest.

    Nothing else is taken from it: the subject is ours, extensions are ignored.
    """
    request = _csr(body)
    said = {oid: [str(a.value) for a in request.subject.get_attributes_for_oid(oid)] for oid in _OIDS.values()}
    names = [str(a.value) for a in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if len(names) != 1 or names[0].casefold() != username.casefold():
        raise BadRequest("the request's common name is not the user who signed in")
    for name, value in entries:
        if value not in said[_OIDS[name]]:
            raise BadRequest(f"the request's subject lacks {name}={value}, which tls/config asks for")
    key = request.public_key()
    if isinstance(key, rsa.RSAPublicKey) and RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    raise BadRequest(f"the key must be RSA of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits, or on P-256, P-384 or P-521")


def _csr(body: bytes) -> x509.CertificateSigningRequest:
    if len(body) > CSR_BYTES_MAX:
        raise BadRequest(f"the request is longer than {CSR_BYTES_MAX} bytes")
    try:
        text = _PEM.sub("", body.decode("ascii"))
        der = base64.b64decode("".join(text.split()), validate=True)
        request = x509.load_der_x509_csr(der)
        if not request.is_signature_valid:
            raise BadRequest("the request isn't signed by its own key")
    except (ValueError, binascii.Error, UnsupportedAlgorithm, InvalidSignature, TypeError) as error:
        raise BadRequest(f"the body is no PKCS10 request in base64: {error}") from None
    return request


# -- bodies of answers


def config_xml(entries: Entries, validity_days: int) -> bytes:
    """Return the body of `tls/config`; node-tak reads exactly these prefixes, and can't read one entry alone."""
    if len(entries) == 1:
        entries = [*entries, ("OU", "TAK")]  # nothing is asked of a request that `csr_key` isn't given
    names = "".join(f"<nameEntry name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<ns2:certificateConfig xmlns="http://bbn.com/marti/xml/config" xmlns:ns2="com.bbn.marti.config"'
        f' validityDays="{validity_days}"><nameEntries>{names}</nameEntries></ns2:certificateConfig>'
    ).encode()


def bare(der: bytes) -> str:
    """Return a certificate as base64 in lines, without PEM's first and last."""
    return "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64)) + "\n"


def signed(accept: str, issued: Issued, authority: Authority) -> tuple[bytes, str]:
    """Return the body of `signClient/v2` and its type, as the Accept header wants it; see `speaks`."""
    if XML in _types(accept):
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<enrollment><signedCert>{bare(issued.der)}</signedCert><ca>{bare(authority.der)}</ca></enrollment>"
        )
        return body.encode(), XML
    return msgspec.json.encode({"signedCert": bare(issued.der), "ca0": bare(authority.der)}), JSON


def speaks(accept: str) -> bool:
    """Tell whether `signClient/v2` has an answer for this Accept header; iTAK says text/plain and means JSON."""
    return bool(_types(accept) & {"", "*/*", "application/*", JSON, "text/plain", XML})


def _types(accept: str) -> set[str]:
    return {part.partition(";")[0].strip().casefold() for part in accept.split(",")}


# -- bearer tokens


def bearer(authority: Authority, claims: dict[str, str], now_ms: int) -> str:
    """Return a bearer token. node-tak decodes the whole of it at once: the header's length must be a multiple of 3.

    So the header is exactly `{"alg":"RS256","typ":"JWT"}`, and `claims` is flat, without a brace in any value.
    """
    now_s = now_ms // 1000
    key = RSAKey.import_key(authority.token_key)
    full = {"aud": "jointhq", "nbf": now_s, "iat": now_s, "exp": now_s + TOKEN_S, **claims}
    return jwt.encode({"alg": "RS256", "typ": "JWT"}, full, key, algorithms=["RS256"])


def bearer_claims(authority: Authority, token: str, now_ms: int) -> dict[str, str]:
    """Return the claims of a bearer token of ours that still holds; an empty dict for any other."""
    try:
        claims = jwt.decode(token, RSAKey.import_key(authority.token_key), algorithms=["RS256"]).claims
    except (JoseError, ValueError, UnicodeError):
        return {}
    if claims.get("aud") != "jointhq" or not isinstance(claims.get("exp"), int) or claims["exp"] * 1000 <= now_ms:
        return {}
    return {name: value for name, value in claims.items() if isinstance(value, str)}


# -- links and codes


def link_atak(site: Site, username: str, token: str) -> str:
    """Return the link ATAK 5.1 and later open: it knows the usual ports alone."""
    return f"tak://com.atakmap.app/enroll?{_query(host=site.host, username=username, token=token)}"


def link_pytak(site: Site, username: str, token: str) -> str:
    """Return the link pytak opens: with the stream's port it streams over TLS, else over a WebSocket."""
    return (
        f"tak://com.atakmap.app/enroll?{_query(host=f'{site.host}:{site.stream_port}', username=username, token=token)}"
    )


def link_itak(site: Site) -> str:
    """Return what iTAK's scanner reads: it then asks for user name and password, or token."""
    return f"{_one_line(site.name)},{site.host},{site.stream_port},SSL"


def link_itak_registration(site: Site, username: str, token: str) -> str:
    """Return iTAK's registration, with user name and token inside."""
    return msgspec.json.encode(
        {
            "passphrase": "false",
            "type": "registration",
            "serverCredentials": {"connectionString": f"{site.host}:{site.stream_port}:ssl"},
            "userCredentials": {
                "username": username,
                "password": token,
                "registrationId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{site.host}/{username}/{_digest(token)}")),
            },
        }
    ).decode()


def qr_svg(text: str) -> str:
    """Return a QR code as SVG for a page, black on white whatever the page's colours."""
    image = segno.make(text, error="m", micro=False)
    return image.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)


def _query(**values: str) -> str:
    return urlencode(values, quote_via=quote, safe=":")


def _one_line(text: str) -> str:
    return " ".join(text.replace(",", " ").split())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# -- connection packages


def preferences(site: Site, *, certificate: str = "", callsign: str = "", folder: str = "cert/") -> bytes:
    """Return a `config.pref`: the connection, where its stores are, and whose it is.

    `certificate` is the file name of the soft certificate; without one the client is told to enrol.
    ATAK reads the four keys of the stores with an index or without; pytak without.
    """
    text, yes = "class java.lang.String", "class java.lang.Boolean"
    stores = {"caLocation": f"{folder}truststore.p12", "caPassword": P12_PASSWORD}
    if certificate:
        stores |= {"certificateLocation": f"{folder}{certificate}", "clientPassword": P12_PASSWORD}
    enrols = "false" if certificate else "true"
    streams = [
        ("count", "class java.lang.Integer", "1"),
        ("description0", text, site.name),
        ("enabled0", yes, "true"),
        ("connectString0", text, f"{site.host}:{site.stream_port}:ssl"),
        *((f"{key}0", text, value) for key, value in stores.items()),
        ("useAuth0", yes, enrols),
        ("enrollForCertificateWithTrust0", yes, enrols),
        ("cacheCreds0", text, "Cache credentials"),
        ("compress0", yes, "false"),
    ]
    own = [
        *((key, text, value) for key, value in stores.items()),
        *([("locationCallsign", text, callsign)] if callsign else []),
        ("displayServerConnectionWidget", yes, "true"),
        ("deviceProfileEnableOnConnect", yes, "true"),
        ("prefs_enable_channels", text, "true"),
        (f"prefs_enable_channels_host-{site.host}", text, "true"),
    ]
    return _preferences(site, _preference("cot_streams", streams) + _preference("com.atakmap.app_preferences", own))


def _preferences(site: Site, inside: str) -> bytes:
    """Return a preference file; its mark is a comment, which no client takes for a setting."""
    head = "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
    mark = f"<!-- {site.mark.replace('--', '- -')} -->\n" if site.mark else ""
    return f"{head}{mark}<preferences>\n{inside}</preferences>\n".encode()


def _preference(name: str, entries: Sequence[tuple[str, str, str]]) -> str:
    lines = "".join(
        f'<entry key={quoteattr(key)} class="{kind}">{escape(value)}</entry>\n' for key, kind, value in entries
    )
    return f'<preference version="1" name="{name}">\n{lines}</preference>\n'


def package_atak(authority: Authority, site: Site, *, callsign: str = "") -> bytes:
    """Return the package after which ATAK and WinTAK ask for user name and password, or token, and enrol."""
    files = {"config.pref": preferences(site, callsign=callsign), "truststore.p12": authority.truststore()}
    return _package(site, "enrolment", files, seed=f"{site.host}/enrol")


def package_soft(authority: Authority, site: Site, issued: Issued, key: PrivateKey, *, aes: bool = False) -> bytes:
    """Return the package that has all: ATAK, WinTAK and pytak connect with it at once. Whoever has it is that device.

    `aes` is for clients on a new OpenSSL, which read the old form with its legacy provider alone.
    """
    form: Form = "aes" if aes else "legacy"
    own = _file_name(issued.subject)
    files = {
        "config.pref": preferences(site, certificate=own, callsign=issued.subject),
        "truststore.p12": authority.truststore(form),
        own: authority.key_store(issued, key, form=form),
    }
    return _package(site, issued.subject, files, seed=issued.fingerprint)


def package_wintak_nested(inner: bytes, site: Site) -> bytes:
    """Return a package in a package, as some versions of WinTAK want it."""
    return _package(site, "outer", {"connection.zip": inner}, seed=_digest(inner.hex()))


def package_itak(
    authority: Authority, site: Site, issued: Issued | None = None, key: PrivateKey | None = None
) -> bytes:
    """Return iTAK's flat package: everything in the root, no manifest; without a certificate it is for enrolment."""
    files = {"truststore.p12": authority.truststore()}
    own = ""
    if issued is not None and key is not None:
        own = _file_name(issued.subject)
        files[own] = authority.key_store(issued, key)
    callsign = issued.subject if issued else ""
    return _zip({"config.pref": preferences(site, certificate=own, callsign=callsign, folder="")} | files, site.mark)


def profile(authority: Authority, site: Site, *, callsign: str = "") -> bytes:
    """Return what a client that has just enrolled imports: its callsign, and the features this server has."""
    entries = [
        *([("locationCallsign", "class java.lang.String", callsign)] if callsign else []),
        ("deviceProfileEnableOnConnect", "class java.lang.Boolean", "true"),
        ("prefs_enable_channels", "class java.lang.String", "true"),
        (f"prefs_enable_channels_host-{site.host}", "class java.lang.String", "true"),
    ]
    body = _preferences(site, _preference("com.atakmap.app_preferences", entries))
    return _package(site, "profile", {"profile.pref": body}, seed=f"{authority.fingerprint}{callsign}")


def _package(site: Site, name: str, files: dict[str, bytes], *, seed: str) -> bytes:
    """Return a data package: its files in one folder, and the manifest that names them and says its mark."""
    uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"jointhq/{seed}"))
    parameters = {"uid": uid, "name": f"{site.name} {name}.zip", "onReceiveDelete": "true"}
    if site.mark:
        parameters["remarks"] = site.mark
    configuration = "".join(
        f"<Parameter name={quoteattr(key)} value={quoteattr(value)}/>" for key, value in parameters.items()
    )
    contents = "".join(f'<Content ignore="false" zipEntry={quoteattr(f"{uid}/{file}")}/>' for file in files)
    manifest = (
        f'<MissionPackageManifest version="2"><Configuration>{configuration}</Configuration>'
        f"<Contents>{contents}</Contents></MissionPackageManifest>"
    )
    inside = {f"{uid}/{file}": data for file, data in files.items()}
    return _zip(inside | {"MANIFEST/manifest.xml": manifest.encode()}, site.mark)


def _zip(files: dict[str, bytes], mark: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = mark.encode()
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def file_name(what: str, mark: str, ending: str = "zip") -> str:
    """Return the name of an export, its mark in letters that every file system takes."""
    return "-".join([what, *re.findall(r"[A-Za-z0-9]+", mark)]) + f".{ending}"


def _file_name(subject: str) -> str:
    """Return a file name that every client's unpacker takes."""
    return (re.sub(r"[^A-Za-z0-9._-]", "_", subject).strip("._") or "client") + ".p12"
