"""Packages, links and codes: what the clients' own readers make of them."""

import io
import json
import os
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from jointhq.base.clock import ManualClock
from jointhq.people import enrol
from jointhq.people.ca import Authority, Issued
from jointhq.people.enrol import Site

KEY = rsa.generate_private_key(65537, 2048)
MARK = "CUI//REL TO USA, JPN"
SITE = Site(name='Headquarters "East", <司令部> & Co', host="hq.example", mark=MARK)
NODE = Path(__file__).parents[1] / "clients/node"
names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("ca")
    return Authority(folder / "ca", ManualClock(1_795_000_000_000), headquarters="HQ", names=["hq.example"])


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    return authority.sign(KEY.public_key(), "kite 6/東", [("O", "HQ")])


def entries(pref: bytes) -> dict[str, str]:
    return {e.attrib["key"]: e.text or "" for e in ET.fromstring(pref).iter("entry")}


def unpacked(package: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(package))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def pytak(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """pytak's own reader of packages; the files it unpacks are gone afterwards."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pytak import client_functions

        yield client_functions


@pytest.mark.parametrize("form", ["legacy", "aes"])
def test_pytak_reads_the_soft_package(
    authority: Authority, issued: Issued, pytak: Any, tmp_path: Path, form: str
) -> None:
    file = tmp_path / "package.zip"
    file.write_bytes(enrol.package_soft(authority, SITE, issued, KEY, aes=form == "aes"))
    read = pytak.read_pref_package(str(file))
    assert read["COT_URL"] == "ssl://hq.example:8089"
    assert "BEGIN PRIVATE KEY" in Path(read["PYTAK_TLS_CLIENT_KEY"]).read_text()
    assert Path(read["PYTAK_TLS_CLIENT_CAFILE"]).read_bytes() == authority.pem


def node_reads(*files: Path) -> list[dict[str, Any]]:
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    assert node, "node is missing: run `make setup-test`"
    said = subprocess.run(
        [node, str(NODE / "secure.js"), "package", *map(str, files)], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in said.stdout.splitlines()]


def test_node_cot_reads_every_package_that_has_a_manifest(authority: Authority, issued: Issued, tmp_path: Path) -> None:
    soft = enrol.package_soft(authority, SITE, issued, KEY)
    packages = {
        "soft": (soft, {"config.pref", "truststore.p12", "kite_6.p12"}),
        "enrol": (enrol.package_atak(authority, SITE), {"config.pref", "truststore.p12"}),
        "nested": (enrol.package_wintak_nested(soft, SITE), {"connection.zip"}),
        "profile": (enrol.profile(authority, SITE, callsign="KITE 6"), {"profile.pref"}),
    }
    for name, (package, _) in packages.items():
        (tmp_path / f"{name}.zip").write_bytes(package)
    read = node_reads(*(tmp_path / f"{name}.zip" for name in packages))
    assert [{Path(name).name for name in one["files"]} for one in read] == [files for _, files in packages.values()]
    assert all(SITE.name in one["settings"]["name"] for one in read)
    assert len({one["settings"]["uid"] for one in read}) == len(packages)


def test_the_soft_package_says_it_indexed_and_not(authority: Authority, issued: Issued) -> None:
    files = unpacked(enrol.package_soft(authority, SITE, issued, KEY))
    (pref,) = [data for name, data in files.items() if name.endswith("/config.pref")]
    said = entries(pref)
    assert said["connectString0"] == "hq.example:8089:ssl"
    assert said["description0"] == SITE.name
    for key in ("caLocation", "caPassword", "certificateLocation", "clientPassword"):
        assert said[key] == said[f"{key}0"]
    assert said["certificateLocation"] == "cert/kite_6.p12"
    assert said["enrollForCertificateWithTrust0"] == "false"
    (store,) = [data for name, data in files.items() if name.endswith("/kite_6.p12")]
    own, certificate, more = pkcs12.load_key_and_certificates(store, b"atakatak")
    assert own is not None
    assert certificate is not None
    assert more == [authority.certificate]


def test_the_enrolment_package_holds_no_key(authority: Authority) -> None:
    files = unpacked(enrol.package_atak(authority, SITE))
    (pref,) = [data for name, data in files.items() if name.endswith("/config.pref")]
    said = entries(pref)
    assert said["enrollForCertificateWithTrust0"] == said["useAuth0"] == "true"
    assert "certificateLocation" not in said
    (store,) = [data for name, data in files.items() if name.endswith("/truststore.p12")]
    assert pkcs12.load_pkcs12(store, b"atakatak").key is None


def test_itaks_package_is_flat_and_has_no_manifest(authority: Authority, issued: Issued) -> None:
    files = unpacked(enrol.package_itak(authority, SITE, issued, KEY))
    assert set(files) == {"config.pref", "truststore.p12", "kite_6.p12"}
    assert entries(files["config.pref"])["certificateLocation"] == "kite_6.p12"
    assert set(unpacked(enrol.package_itak(authority, SITE))) == {"config.pref", "truststore.p12"}


def marks(package: bytes) -> list[str]:
    """What a package says of itself: the archive, its manifest, and the preferences inside."""
    said = [zipfile.ZipFile(io.BytesIO(package)).comment.decode()]
    for name, data in unpacked(package).items():
        if name.endswith(".pref"):
            said += [line[5:-4] for line in data.decode().splitlines() if line.startswith("<!-- ")]
        if name.endswith("manifest.xml"):
            said += [e.get("value", "") for e in ET.fromstring(data).iter("Parameter") if e.get("name") == "remarks"]
        if name.endswith(".zip"):
            said += marks(data)
    return said


def test_every_package_carries_its_mark(authority: Authority, issued: Issued) -> None:
    soft = enrol.package_soft(authority, SITE, issued, KEY)
    for package, times in (
        (soft, 3),
        (enrol.package_atak(authority, SITE), 3),
        (enrol.package_wintak_nested(soft, SITE), 5),
        (enrol.package_itak(authority, SITE), 2),
        (enrol.package_itak(authority, SITE, issued, KEY), 2),
        (enrol.profile(authority, SITE, callsign="K"), 3),
    ):
        assert marks(package) == [MARK] * times
    assert enrol.file_name("atak", MARK) == "atak-CUI-REL-TO-USA-JPN.zip"
    assert enrol.file_name("ca", "//JPN SECRET", "crt") == "ca-JPN-SECRET.crt"


def test_the_same_package_is_the_same_bytes_but_for_what_is_random(authority: Authority, issued: Issued) -> None:
    one, two = (enrol.profile(authority, SITE, callsign="K") for _ in range(2))
    assert one == two


@given(names, names)
def test_links_survive_any_name_and_token(username: str, token: str) -> None:
    for link in (enrol.link_atak(SITE, username, token), enrol.link_pytak(SITE, username, token)):
        parts = urlsplit(link)
        assert (parts.scheme, parts.netloc, parts.path) == ("tak", "com.atakmap.app", "/enroll")
        fields = parse_qs(parts.query, keep_blank_values=True)
        assert (fields["username"], fields["token"]) == ([username], [token])
    registration = json.loads(enrol.link_itak_registration(SITE, username, token))
    assert registration["userCredentials"]["password"] == token
    assert registration["serverCredentials"] == {"connectionString": "hq.example:8089:ssl"}


def test_pytaks_own_parser_takes_its_link(pytak: Any) -> None:
    read = pytak.parse_tak_url(enrol.link_pytak(SITE, "kite 6", "a+b/c=%&d"))
    assert (read["hostname"], read["port"], read["username"]) == ("hq.example", 8089, "kite 6")
    assert read["explicit_port"]


def test_itaks_line_has_four_fields() -> None:
    assert enrol.link_itak(SITE).split(",")[1:] == ["hq.example", "8089", "SSL"]
    assert len(enrol.link_itak(SITE).split(",")) == 4


def test_a_code_is_svg_that_a_page_can_hold() -> None:
    svg = ET.fromstring(enrol.qr_svg(enrol.link_atak(SITE, "kite6", "t" * 40)))
    assert svg.tag.endswith("svg")
    assert "viewBox" in svg.attrib


@given(names, names)
def test_the_configuration_says_any_name(organisation: str, unit: str) -> None:
    root = ET.fromstring(enrol.config_xml((("O", organisation), ("OU", unit)), 30))
    said = [e.get("value") for e in root.iter("{http://bbn.com/marti/xml/config}nameEntry")]
    assert said == [organisation, unit]


def test_one_entry_is_never_alone() -> None:
    """node-tak takes the entries for a list, which its reader of XML makes of two or more."""
    assert enrol.config_xml((("O", "HQ"),), 30).count(b"<nameEntry ") == 2


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_requests(body: bytes) -> None:
    with pytest.raises(enrol.BadRequest):
        enrol.csr_key(body, "kite6", ())
