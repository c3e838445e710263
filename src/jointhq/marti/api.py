"""What TAK clients ask over mutual TLS when they connect (port 8443).

Owns: versions, contacts, client end points, groups and their switches, the device profile: the least that ATAK, iTAK,
CloudTAK and node-tak need beside their stream; and the renewal of the certificate one comes with. Answers have every
member that node-tak 12 declares mandatory.
Doesn't own: who a certificate is (`people`), which clients somebody may see (`visible`, which passes the door).
Absent and hidden answer alike; a group's number is its place among the groups of who asks, and says nothing of others.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Protocol

import msgspec

from jointhq.base.clock import Clock
from jointhq.base.errors import Refusal
from jointhq.cot.times import format_time
from jointhq.marti.channels import Channel, Channels, channels
from jointhq.marti.http import XML, Answer, App, Call, failed, json, text
from jointhq.people.ca import Authority, Issued, Revoked
from jointhq.people.directory import Identity
from jointhq.people.enrol import BadRequest, Entries, Site, config_xml, csr_key, signed, speaks
from jointhq.release.label import NOBODY

BODY_BYTES_MAX: Final = 256 << 10  # groups/active is the only body: 1,000 groups of both directions
TAK_VERSION: Final = "5.7"  # of the API that clients find here; they tell features by it
UPLOAD_MB: Final = 400
GROUP: Final = "com.bbn.marti.remote.groups.Group"
ENDPOINT: Final = "com.bbn.marti.remote.ClientEndpoint"
_NO_ACCESS: Final = failed(403, "this certificate opens nothing here (any more)")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A client that somebody may see."""

    uid: str
    callsign: str
    username: str = ""
    team: str = ""
    role: str = ""
    takv: str = ""
    last_ms: int
    connected: bool = True


class Renewals(Protocol):
    """What the renewal of a certificate asks `people`."""

    def username(self, identity: Identity) -> str:
        """Return whose certificate it is."""
        ...

    async def renew(self, identity: Identity, issued: Issued) -> bool:
        """Write down the new certificate, which speaks for the same; False if the old one opens nothing any more."""
        ...


Identify = Callable[[str, int], Identity | None]
Visible = Callable[[Identity], Iterable[Endpoint]]
Called = Callable[[Identity, int], dict[str, str]]
Guarded = Callable[[Call, Identity], Awaitable[Answer]]


class _Switched(msgspec.Struct):
    """What matters of a group as a client sends it back."""

    name: str
    direction: str
    active: bool = True
    bitpos: int = -1


class Marti:
    """The application of port 8443; `app` is what a server runs."""

    def __init__(
        self,
        identify: Identify,
        visible: Visible,
        clock: Clock,
        site: Site,
        switches: Channels,
        *,
        version: str,
        node_id: str,
        authority: Authority,
        renewals: Renewals,
        entries: Entries,
        validity_days: int,
        revoked: Callable[[], Iterable[Revoked]],
        called: Called,
    ) -> None:
        """`identify` gives all groups of a device; `visible` is asked with those that it has not switched off.

        `called` gives what each of its groups is called.
        """
        self._called = called
        self._identify = identify
        self._visible = visible
        self._clock = clock
        self._site = site
        self._switches = switches
        self._version = f"TAK Server {TAK_VERSION} (jointhq {version})"
        self._node_id = node_id
        self._authority = authority
        self._renewals = renewals
        self._entries = entries
        self._days = validity_days
        self._revoked = revoked
        self._since = format_time(clock.now_ms())[:10]
        api = "/Marti/api"
        routes: dict[tuple[str, str], Guarded] = {
            ("GET", f"{api}/version"): self._version_text,
            ("GET", f"{api}/version/config"): self._version_config,
            ("GET", f"{api}/version/info"): self._version_info,
            ("GET", f"{api}/node/id"): self._node,
            ("GET", f"{api}/util/isAdmin"): self._is_admin,
            ("GET", f"{api}/util/user/roles"): self._roles,
            ("GET", f"{api}/clientEndPoints"): self._endpoints,
            ("GET", f"{api}/contacts/all"): self._contacts,
            ("GET", f"{api}/contacts/lite"): self._contacts,
            ("GET", f"{api}/contacts/full"): self._contacts,
            ("GET", f"{api}/groups/all"): self._groups,
            ("GET", f"{api}/groups/groupCacheEnabled"): self._cache_enabled,
            ("PUT", f"{api}/groups/active"): self._activate,
            ("PUT", f"{api}/groups/activebits"): self._activate_bits,
            ("GET", f"{api}/device/profile/connection"): self._profile,
            ("GET", f"{api}/video"): self._videos,
            ("GET", "/Marti/vcm"): self._videos_xml,
            ("GET", "/files/api/config"): self._files,
            ("GET", "/ca.crl"): self._revocations,
            ("GET", f"{api}/tls/config"): self._certificate_config,
            ("POST", f"{api}/tls/signClient/v2"): self._renew,
        }
        self.app = App({route: self._guarded(call) for route, call in routes.items()}, body_bytes_max=BODY_BYTES_MAX)

    def _guarded(self, handler: Guarded) -> Callable[[Call], Awaitable[Answer]]:
        """Ask who it is for each request: a connection may outlive its certificate."""

        async def guarded(call: Call) -> Answer:
            identity = self._identify(call.certificate, self._clock.now_ms()) if call.certificate else None
            return _NO_ACCESS if identity is None else await handler(call, identity)

        return guarded

    def _envelope(self, kind: str, data: Any) -> Answer:
        return json({"version": "3", "type": kind, "data": data, "nodeId": self._node_id})

    # -- the server

    async def _version_text(self, _call: Call, _identity: Identity) -> Answer:
        return text(self._version)

    async def _version_config(self, _call: Call, _identity: Identity) -> Answer:
        return self._envelope("ServerConfig", {"version": self._version, "api": "3", "hostname": self._site.host})

    async def _version_info(self, _call: Call, _identity: Identity) -> Answer:
        major, minor = TAK_VERSION.split(".")
        return json({"major": int(major), "minor": int(minor), "patch": 0, "branch": "RELEASE", "variant": "jointhq"})

    async def _node(self, _call: Call, _identity: Identity) -> Answer:
        return text(self._node_id)

    async def _is_admin(self, _call: Call, _identity: Identity) -> Answer:
        return json(False)

    async def _roles(self, _call: Call, _identity: Identity) -> Answer:
        return json(["ROLE_ANONYMOUS"])

    async def _files(self, _call: Call, _identity: Identity) -> Answer:
        return json({"uploadSizeLimit": UPLOAD_MB})

    async def _profile(self, _call: Call, _identity: Identity) -> Answer:
        return Answer(204)

    async def _videos(self, _call: Call, _identity: Identity) -> Answer:
        return json({"videoConnections": []})

    async def _videos_xml(self, _call: Call, _identity: Identity) -> Answer:
        return Answer(200, b'<?xml version="1.0" encoding="UTF-8"?>\n<videoConnections></videoConnections>', XML)

    async def _revocations(self, _call: Call, _identity: Identity) -> Answer:
        return Answer(200, self._authority.crl(self._revoked()), "application/pkix-crl")

    # -- renewal

    async def _certificate_config(self, _call: Call, _identity: Identity) -> Answer:
        return Answer(200, config_xml(self._entries, self._days), XML)

    async def _renew(self, call: Call, identity: Identity) -> Answer:
        """Sign a new certificate for who comes with one that is still good; that one ends by itself, or is revoked."""
        accept = call.headers.get("accept", "")
        if not speaks(accept):
            return failed(400, "Accept must take application/json or application/xml")
        username = self._renewals.username(identity)
        try:
            key = csr_key(call.body, username, self._entries)
        except BadRequest as error:
            return failed(400, str(error))
        issued = self._authority.sign(key, username, self._entries, days=self._days)
        try:
            if not await self._renewals.renew(identity, issued):
                return _NO_ACCESS
        except Refusal as refusal:
            return failed(403, str(refusal))
        return Answer(200, *signed(accept, issued, self._authority))

    # -- clients

    def _seen(self, identity: Identity) -> list[Endpoint]:
        narrowed = self._switches.narrowed(identity)
        found = [] if narrowed is None else list(self._visible(narrowed))
        return sorted(found, key=lambda one: (one.callsign, one.uid))

    async def _endpoints(self, call: Call, identity: Identity) -> Answer:
        seconds = call.query.get("secAgo", "0")
        oldest_ms = self._clock.now_ms() - int(seconds) * 1000 if seconds.isdecimal() and int(seconds) else 0
        connected_alone = call.query.get("showCurrentlyConnectedClients", "").casefold() == "true"
        return self._envelope(
            ENDPOINT,
            [
                {
                    "callsign": one.callsign,
                    "uid": one.uid,
                    "username": one.username,
                    "team": one.team,
                    "role": one.role,
                    "lastEventTime": format_time(one.last_ms),
                    "lastStatus": "Connected" if one.connected else "Disconnected",
                }
                for one in self._seen(identity)
                if one.last_ms >= oldest_ms and (one.connected or not connected_alone)
            ],
        )

    async def _contacts(self, call: Call, identity: Identity) -> Answer:
        found = self._seen(identity)
        if call.query.get("direction", "").upper() == "DESCENDING":
            found.reverse()
        return json(
            [
                {
                    "filterGroups": None,
                    "notes": one.username,
                    "callsign": one.callsign,
                    "team": one.team,
                    "role": one.role,
                    "takv": one.takv,
                    "uid": one.uid,
                }
                for one in found
                if one.connected
            ]
        )

    # -- groups

    async def _groups(self, call: Call, identity: Identity) -> Answer:
        both = call.query.get("useCache", "").casefold() == "true"
        off, numbers, called = (
            self._switches.off(identity),
            _numbers(identity),
            self._called(identity, self._clock.now_ms()),
        )
        return self._envelope(
            GROUP,
            [
                {
                    "name": called[name],
                    "direction": direction,
                    "created": self._since,
                    "type": "SYSTEM",
                    "bitpos": numbers[name],
                    "active": (name, direction) not in off,
                    "description": "",
                }
                for name, direction in channels(identity)
                if (both or direction == "OUT") and name in called
            ],
        )

    async def _cache_enabled(self, _call: Call, _identity: Identity) -> Answer:
        return self._envelope("java.lang.Boolean", True)

    async def _activate(self, call: Call, identity: Identity) -> Answer:
        """Take the list of groups as it was read, with `active` changed; what isn't the device's own is ignored."""
        try:
            said = msgspec.json.decode(call.body, type=list[_Switched])
        except msgspec.DecodeError as error:
            return failed(400, f"the body must be the list that groups/all gave: {error}")
        on = {(one.name, one.direction) for one in said if one.active}
        called = self._called(identity, self._clock.now_ms())
        return self._switch(identity, lambda channel: (called.get(channel[0]), channel[1]) in on)

    async def _activate_bits(self, call: Call, identity: Identity) -> Answer:
        try:
            bits = set(msgspec.json.decode(call.body, type=list[int]))
        except msgspec.DecodeError as error:
            return failed(400, f"the body must be a list of bit positions: {error}")
        numbers = _numbers(identity)
        return self._switch(identity, lambda channel: numbers.get(channel[0]) in bits)

    def _switch(self, identity: Identity, is_on: Callable[[Channel], bool]) -> Answer:
        own = channels(identity)
        off = frozenset(channel for channel in own if not is_on(channel))
        if len(off) == len(own):
            return failed(400, "at least one of your groups must stay active")
        self._switches.choose(identity, off)
        return Answer(200)


def _numbers(identity: Identity) -> dict[str, int]:
    names = sorted({name for name, _ in channels(identity)} - {NOBODY})  # which no client is told of
    return {name: number for number, name in enumerate(names)}
