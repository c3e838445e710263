"""Connecting a device: what a person needs to enrol a TAK client, beside the token of the invitation.

Owns: paths that give links, QR codes and connection packages. Doesn't own: what is in them (`people.enrol`), the
invitation and its token (`people.routes`). A package holds no secret: the authority's certificate and where to connect.
"""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post

from jointhq.base.errors import NotVisible, Refusal
from jointhq.marti.accounts import PeopleAccounts
from jointhq.marti.handouts import CLIENTS, Handouts
from jointhq.people import enrol
from jointhq.people.ca import Authority
from jointhq.people.guards import from_same_origin, signed_in


class LinksForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who enrols, and the token of the invitation."""

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Way(msgspec.Struct, frozen=True):
    """One way to enrol: the text to open, and the same as a QR code (SVG)."""

    link: str
    qr: str


class LinksBody(msgspec.Struct, frozen=True, kw_only=True):
    """How each client enrols. `host` and the ports are for those who type."""

    host: str
    stream_port: int
    enrol_port: int
    atak: Way  # ATAK 5.1 and later, the usual ports alone
    itak: Way  # iTAK: asks for user name and token
    itak_registration: Way  # iTAK: user name and token inside
    pytak: Way
    mark: str  # of the links and of the packages without a key
    fingerprint: str  # of the authority's certificate, SHA-256: to compare by eye


class Devices:
    """What the routes need."""

    def __init__(
        self,
        authority: Authority,
        accounts: PeopleAccounts,
        site: enrol.Site,
        *,
        entries: enrol.Entries,
        validity_days: int,
    ) -> None:
        self.authority = authority
        self.accounts = accounts
        self.site = site
        self.handouts = Handouts(authority, accounts, site, entries=entries, validity_days=validity_days)


def _devices(request: Request[Any, Any, Any]) -> Devices:
    devices: Devices = request.app.state.devices
    return devices


@post("/api/devices/links", status_code=200)
async def post_links(request: Request[Any, Any, Any], data: LinksForm) -> LinksBody:
    """Return how each client enrols with this token."""
    devices = _devices(request)
    site = devices.site
    ways = {
        "atak": enrol.link_atak(site, data.username, data.token),
        "itak": enrol.link_itak(site),
        "itak_registration": enrol.link_itak_registration(site, data.username, data.token),
        "pytak": enrol.link_pytak(site, data.username, data.token),
    }
    return LinksBody(
        host=site.host,
        stream_port=site.stream_port,
        enrol_port=site.enrol_port,
        fingerprint=devices.authority.fingerprint,
        mark=site.mark,
        **{name: Way(link, enrol.qr_svg(link)) for name, link in ways.items()},
    )


@get("/api/devices/packages/{client:str}")
async def get_package(request: Request[Any, Any, Any], client: str) -> Response[bytes]:
    """Return the package that a client imports to enrol: `atak`, `wintak`, `wintak-nested` or `itak`."""
    devices = _devices(request)
    authority, site = devices.authority, devices.site
    packages: dict[str, Callable[[], bytes]] = {
        "atak": lambda: enrol.package_atak(authority, site),
        "wintak": lambda: enrol.package_atak(authority, site),
        "wintak-nested": lambda: enrol.package_wintak_nested(enrol.package_atak(authority, site), site),
        "itak": lambda: enrol.package_itak(authority, site),
    }
    if client not in packages:
        raise NotVisible(f"no package for {client[:40]!r}; there are {', '.join(packages)}")
    return Response(packages[client](), media_type="application/zip", headers=_named(client, site.mark))


@post("/api/devices/packages/{client:str}", status_code=200)
async def post_package(request: Request[Any, Any, Any], client: str, data: LinksForm) -> Response[bytes]:
    """Return a package with a new key and its certificate, for a client that can't enrol; uses the token up.

    Whoever has it is that device: it is made for this answer and kept nowhere. `atak`, `wintak`, `wintak-nested`,
    `itak` or `pytak`.
    """
    devices = _devices(request)
    known = next((name for name in CLIENTS if name == client), None)
    if known is None:
        raise NotVisible(f"no package for {client[:40]!r}; there are {', '.join(CLIENTS)}")
    address = request.client.host if request.client else ""
    grant = await devices.accounts.authenticate(data.username, data.token, address)
    mark = devices.accounts.mark(grant) if grant else ""
    package = await devices.handouts.device_package(known, grant, mark) if grant else None
    if package is None:
        raise Refusal("invitation_closed", "this token has been used or revoked, or is past its time; make another")
    return Response(package, media_type="application/zip", headers=_named(f"{client}-device", mark))


def _named(what: str, mark: str, ending: str = "zip") -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{enrol.file_name(what, mark, ending)}"'}


@get("/api/devices/ca.crt")
async def get_authority(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return the authority's certificate, for those who install it by hand."""
    devices = _devices(request)
    headers = _named("ca", devices.site.mark, "crt")
    return Response(devices.authority.pem, media_type="application/x-x509-ca-cert", headers=headers)


def device_routes() -> Router:
    """Return all of this, for an application whose `state.devices` is set."""
    return Router(
        "/", guards=[from_same_origin, signed_in], route_handlers=[post_links, get_package, post_package, get_authority]
    )
