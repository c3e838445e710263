"""From settings to the parts of a headquarters.

Owns: which door, journal, identity provider and names a headquarters has, by its settings, and saying which setting is
wrong. Doesn't own: joining parts (`app`), settings themselves (`settings`).
"""

import ipaddress
import socket
from collections.abc import Iterable
from pathlib import Path

from jointhq.base.errors import BadInput
from jointhq.command.structure import Structure
from jointhq.journal.projection import Projection
from jointhq.journal.sqlite import FILE, SqliteStore
from jointhq.journal.store import Store
from jointhq.operations.views.ccirbook import Ccirs
from jointhq.operations.views.combined import Combined
from jointhq.operations.views.files import Files
from jointhq.operations.views.handover import Handovers
from jointhq.operations.views.logbook import Logbook
from jointhq.operations.views.orders import Orders
from jointhq.operations.views.reportbook import Reports
from jointhq.operations.views.rfibook import Rfis
from jointhq.operations.views.rhythmbook import Rhythm
from jointhq.people.directory import FOREVER_MS, Directory, Identity
from jointhq.people.oidc import OidcSettings
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.policy import Policies
from jointhq.release.reader import ANON, Reader
from jointhq.settings import Group, Settings


def system_of(settings: Settings) -> Label:
    """Return the highest that this headquarters may hold."""
    return Label(policy=settings.label_policy, level=settings.label_highest)


def door_of(settings: Settings) -> Door:
    """Return the door. Raises BadInput that names the setting or the file."""
    files = [Path(name.strip()) for name in settings.label_files.split(",") if name.strip()]
    try:
        return Door(
            Policies.load(files),
            system=system_of(settings),
            nation=settings.hq_nation,
            organisation=settings.hq_organisation,
        )
    except BadInput as error:
        raise BadInput(f"label_policy, label_highest, label_files or hq_nation: {error}") from None


def label_of(door: Door, settings: Settings, name: str) -> Label:
    """Return the label that a setting says; `label_default` where it is empty."""
    text = getattr(settings, name) or settings.label_default
    try:
        return door.parse(text)
    except BadInput as error:
        raise BadInput(f"{name} = {text!r}: {error}") from None


def group_labels(door: Door, groups: Iterable[Group]) -> dict[str, Label]:
    """Return the labels of TAK groups by name. Raises BadInput that names the group."""
    labels: dict[str, Label] = {}
    for group in groups:
        try:
            labels[group.name] = door.parse(group.label)
        except BadInput as error:
            raise BadInput(f"[[groups]] {group.name!r}: label = {group.label!r}: {error}") from None
    return labels


def store_of(settings: Settings) -> Store:
    """Return where the records are."""
    if not settings.journal_url:
        return SqliteStore(Path(settings.data) / FILE)
    if not settings.journal_url.startswith(("postgresql://", "postgres://")):
        raise BadInput("journal_url must begin with postgresql://; leave it empty for a file in the data directory")
    try:
        from jointhq.journal.postgres import PostgresStore  # noqa: PLC0415 - asyncpg is there only where asked for
    except ImportError:
        raise BadInput("journal_url needs asyncpg: pip install 'jointhq[postgres]'") from None
    return PostgresStore(settings.journal_url)


def anybody(settings: Settings, label: Label) -> Identity:
    """Return who a plain TAK client is: nobody knows, so it sees what is labelled like what it says, and no more."""
    reader = Reader(
        nation=settings.hq_nation,
        organisation=settings.hq_organisation,
        policy=label.policy,
        level=label.level,
        caveats=frozenset(),
        groups=frozenset({ANON}),
        cleared_until_ms=FOREVER_MS,
    )
    return Identity("", "", reader, (ANON,), "", "")


def oidc_of(settings: Settings) -> OidcSettings | None:
    """Return the identity provider; None without one."""
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client_id:
        raise BadInput("oidc_issuer needs oidc_client_id: what this headquarters is called there")
    secret = ""
    if settings.oidc_client_secret_file:
        try:
            secret = Path(settings.oidc_client_secret_file).read_text("utf-8").strip()
        except OSError as error:
            raise BadInput(f"oidc_client_secret_file: {error.filename}: {error.strerror}") from None
    return OidcSettings(issuer=settings.oidc_issuer, client_id=settings.oidc_client_id, client_secret=secret)


def server_names(settings: Settings) -> list[str]:
    """Return what clients reach this server by, the first for those who ask for one."""
    names = [name.strip() for name in settings.tls_names.split(",") if name.strip()]
    if names:
        return names
    own = [socket.gethostname()]
    if settings.tls_host not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return [settings.tls_host, *own]
    address = _outward_address()
    return [address, *own] if address else own


def _outward_address() -> str:
    """Return this machine's address on the network it would send by; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
            address: str = sock.getsockname()[0]
        except OSError:
            return ""
    return "" if ipaddress.ip_address(address).is_unspecified else address


def projections() -> list[Projection]:
    """Return all that a headquarters folds from its journal, with nothing folded yet."""
    operations = (Logbook(), Orders(), Reports(), Handovers(), Ccirs(), Rfis(), Rhythm(), Combined(), Files())
    return [Directory(), Structure(), *operations]
