"""A headquarters with its TLS ports, its administrator, and real clients that enrol.

Owns: starting all of them as processes, what an administrator does meanwhile through the API of the page.
Doesn't own: what a client does (`tak_pytak_tls`, `node/secure.js`), what must hold (the tests).

pytak asks for certificates on port 8446 and streams over TLS on port 8089 alone, whatever a link says: so the server
has the usual ports, on a loopback address of its own.
"""

import os
import shutil
import ssl
import sys
import zipfile
from pathlib import Path
from typing import Any

import httpx

from jointhq.people import enrol
from jointhq.people.directory import FOREVER_MS
from tests.clients.harness import HERE, Client
from tests.support.demo import Process
from tests.support.ports import is_free, keep

STREAM_PORT, MARTI_PORT, ENROL_PORT = 8089, 8443, 8446
HOSTS = [f"127.26.3.{n}" for n in range(1, 13)]  # tried in turn: another run of the tests may have one


class SecureServer:
    """`jointhq serve` (or `demo`) in a process of its own, and its administrator."""

    def __init__(self, data: Path, verb: str = "serve", *, own_clock: bool = False) -> None:
        wanted = (STREAM_PORT, MARTI_PORT, ENROL_PORT)
        self.host = next(host for host in HOSTS if keep(host) and all(is_free(host, port) for port in wanted))
        self.authority = data / "ca" / "ca.crt"
        ports = [
            f"--{name}={port}" for name, port in zip(("tak-tls-port", "marti-port", "enrol-port"), wanted, strict=True)
        ]
        names = ("--tls-host", self.host, "--tls-names", self.host)
        self.process = Process(verb, data, *names, *ports, own_clock=own_clock).start()
        self._people: dict[str, str] = {}
        self._admin = self._browser()
        self._sign_in(self._admin, self.process.link.partition("sign-in=")[2])
        self._post = self.appointment("J3")

    def appointment(self, title: str, **more: Any) -> str:
        """Add an appointment; return its id."""
        organisation = self._own()["organisation"]
        return str(self._ask("post", "appointments", title=title, organisation=organisation, **more)["id"])

    def page(self, username: str) -> httpx.Client:
        """Return a browser in which somebody who is there already has signed in and taken his appointment."""
        browser = self._browser()
        self._sign_in(browser, self.process.new_link(username).partition("sign-in=")[2])
        post = browser.get("/api/session").json()["appointments"][0]["id"]
        browser.post("/api/appointments/take", json={"appointment": post}).raise_for_status()
        return browser

    def restart(self) -> None:
        """End it and start it again on the same directory."""
        self.process.stop()
        self.process.start()

    def _browser(self) -> httpx.Client:
        origin = self.process.url.rstrip("/")
        return httpx.Client(base_url=origin, headers={"origin": origin}, trust_env=False, timeout=20)

    def _sign_in(self, browser: httpx.Client, token: str) -> None:
        browser.post("/api/sign-in", json={"token": token}).raise_for_status()

    def _ask(self, method: str, path: str, **body: Any) -> Any:
        answer = self._admin.request(method, f"/api/{path}", json=body or None)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    def _own(self) -> dict[str, Any]:
        own: dict[str, Any] = self._ask("get", "people")[0]
        return own

    def _person(self, username: str, post: str = "") -> str:
        """Return the person of that name, added and assigned when first named."""
        post = post or self._post
        if username not in self._people:
            own = self._own()
            facts = {name: own[name] for name in ("nation", "organisation", "policy", "level")}
            who = self._ask("post", "people", name=username, username=username, cleared_until_ms=FOREVER_MS, **facts)[
                "id"
            ]
            version = next(one["version"] for one in self._ask("get", "appointments") if one["id"] == post)
            self._ask("post", f"appointments/{post}/assign", version=version, person=who)
            self._people[username] = who
        return self._people[username]

    def _invited(self, username: str, purpose: str, **more: str) -> str:
        token: str = self._ask("post", "invitations", purpose=purpose, person=self._person(username), **more)["token"]
        return token

    def invite(self, username: str, post: str = "") -> str:
        """Make a one-time token for a device of somebody in an appointment."""
        self._person(username, post)
        return self._invited(username, "enrolment", appointment=post or self._post)

    def set_password(self, username: str, password: str) -> None:
        """Let a person sign in by an invitation and choose a password."""
        with self._browser() as browser:
            self._sign_in(browser, self._invited(username, "sign-in"))
            browser.put("/api/session/password", json={"password": password}).raise_for_status()

    def revoke(self, username: str) -> int:
        """Revoke the certificates of a person; return how many there were."""
        rows = [row for row in self._ask("get", "certificates") if row["subject"] == username]
        for row in rows:
            self._ask("post", f"certificates/{row['fingerprint']}/revoke", reason="lost")
        return len(rows)

    def package(self, username: str, file: Path) -> None:
        """Write a package with key and certificate, from what enrolment hands out."""
        url = f"https://{self.host}:{ENROL_PORT}/Marti/api/tls/makeClientKeyStore"
        trust = ssl.create_default_context(cafile=str(self.authority))
        answer = httpx.get(url, auth=(username, self.invite(username)), verify=trust, trust_env=False)
        answer.raise_for_status()
        site = enrol.Site(name="HQ", host=self.host)
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("config.pref", enrol.preferences(site, certificate="own.p12"))
            archive.writestr("own.p12", answer.content)

    def stop(self) -> None:
        """End it."""
        self._admin.close()
        self.process.stop()


class SecureClient(Client):
    """A real client that enrols before it streams."""

    def __init__(self, kind: str, username: str, command: list[str]) -> None:
        self._own_command = command
        super().__init__(kind, username, 0)

    def _command(self, _kind: str, _port: int) -> list[str]:  # type: ignore[override]
        return self._own_command


def pytak_by_link(server: SecureServer, username: str, token: str, home: Path) -> SecureClient:
    """Start pytak with its enrolment link."""
    link = f"tak://com.atakmap.app/enroll?host={server.host}:{STREAM_PORT}&username={username}&token={token}"
    return SecureClient("pytak", username, [sys.executable, str(HERE / "tak_pytak_tls.py"), "link", link, str(home)])


def pytak_by_package(server: SecureServer, username: str, home: Path) -> SecureClient:
    """Start pytak with the package an administrator made."""
    package = home / "package.zip"
    server.package(username, package)
    command = [sys.executable, str(HERE / "tak_pytak_tls.py"), "package", str(package), str(home)]
    return SecureClient("pytak", username, command)


def node_tak(server: SecureServer, username: str, secret: str) -> SecureClient:
    """Start node-tak with a user name and its password or token; it trusts our authority and nobody else."""
    beside = Path(sys.executable).parent  # where a package of Debian isn't needed
    node = shutil.which("node", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    assert node, "node is missing: run `make setup-test`"
    script = str(HERE / "node/secure.js")
    ports = [str(port) for port in (STREAM_PORT, MARTI_PORT, ENROL_PORT)]
    command = ["env", f"NODE_EXTRA_CA_CERTS={server.authority}", node, script, server.host, *ports, username, secret]
    return SecureClient("node", username, command)
