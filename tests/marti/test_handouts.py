"""Packages with a key: each client's form, and a certificate that is written down before it leaves."""

import io
import zipfile
from pathlib import Path

import pytest

from jointhq.base.clock import SystemClock
from jointhq.marti.enrolment import Grant
from jointhq.marti.handouts import CLIENTS, Client, Handouts
from jointhq.people.ca import Authority
from jointhq.people.enrol import Site
from tests.support.secure import ENTRIES, FakeAccounts

SITE = Site(name="HQ", host="hq.example")


@pytest.fixture
def accounts() -> FakeAccounts:
    return FakeAccounts()


@pytest.fixture
def handouts(tmp_path: Path, accounts: FakeAccounts) -> Handouts:
    authority = Authority(tmp_path / "ca", SystemClock(), headquarters="HQ", names=["hq.example"])
    return Handouts(authority, accounts, SITE, entries=ENTRIES, validity_days=30)


def names(package: bytes) -> set[str]:
    return {Path(name).name for name in zipfile.ZipFile(io.BytesIO(package)).namelist()}


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_device_package_is_written_down_and_uses_the_invitation(
    handouts: Handouts, accounts: FakeAccounts, client: Client
) -> None:
    grant = Grant(person="id-kite6", username="kite6", invitation=accounts.invite("kite6"))
    package = await handouts.device_package(client, grant, "CUI")
    assert package is not None
    assert zipfile.ZipFile(io.BytesIO(package)).comment == b"CUI"
    assert len(accounts.certificates) == 1
    inside = {"connection.zip"} if client == "wintak-nested" else {"config.pref", "truststore.p12", "kite6.p12"}
    assert names(package) - {"manifest.xml"} == inside
    assert await handouts.device_package(client, grant, "CUI") is None
    assert len(accounts.certificates) == 1
