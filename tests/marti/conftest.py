"""A secure headquarters inside the test's own loop, and ways to ask it."""

import shutil
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.support.ports import free_port
from tests.support.secure import ENTRIES, Secured

OIDS = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}
KEY = rsa.generate_private_key(65537, 2048)


def csr(username: str, *, entries: Any = ENTRIES, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = KEY) -> bytes:
    """A request as clients write it."""
    name = x509.Name([x509.NameAttribute(OIDS[k], v) for k, v in (("CN", username), *entries)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def pytest_asyncio_loop_factories(config: Any, item: Any) -> dict[str, Any]:
    """The loop that the server runs on: its TLS is another one than asyncio's."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of an authority: making them is what a test would wait for."""
    folder = tmp_path_factory.mktemp("authority")
    Secured(folder, "127.0.0.1", (1, 2, 3))
    return folder / "ca"


@pytest.fixture
async def secured(tmp_path: Path, keys: Path) -> AsyncIterator[Secured]:
    shutil.copytree(keys, tmp_path / "ca")
    parts = Secured(tmp_path, "127.0.0.1", (free_port(), free_port(), free_port()))
    parts.accounts.passwords["kite6"] = "correct horse"
    async with parts.serving(handshake_s=3.0):
        yield parts


def trusting(secured: Secured) -> ssl.SSLContext:
    """What a device trusts after enrolment: our authority and nothing else."""
    return ssl.create_default_context(cadata=secured.authority.pem.decode())


def with_certificate(secured: Secured, username: str, folder: Path) -> ssl.SSLContext:
    """A device's context with a certificate that was issued to `username`."""
    issued = secured.authority.sign(KEY.public_key(), username, ENTRIES)
    secured.accounts.certificates[issued.fingerprint] = (username, "", issued)
    file = folder / f"{username}.pem"
    pem = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate = x509.load_der_x509_certificate(issued.der).public_bytes(serialization.Encoding.PEM)
    file.write_bytes(pem + certificate)
    context = trusting(secured)
    context.load_cert_chain(file)
    return context


@pytest.fixture
async def enrolling(secured: Secured) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to port 8446."""
    url = f"https://127.0.0.1:{secured.enrol_port}"
    async with httpx.AsyncClient(base_url=url, verify=trusting(secured), trust_env=False) as client:
        yield client


@pytest.fixture
async def marti(secured: Secured, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to port 8443, as the device of kite6."""
    url = f"https://127.0.0.1:{secured.marti_port}"
    context = with_certificate(secured, "kite6", tmp_path)
    async with httpx.AsyncClient(base_url=url, verify=context, trust_env=False) as client:
        yield client
