"""The people of one headquarters: what the administration and one's own session can do, each act decided and written.

Owns: looking, deciding and writing as one step; the first start; what passes by itself (`watch`).
Doesn't own: rules (`people.rules`, `people.sessions`), proving who somebody is (`people.access`), HTTP (`.routes`).
"""

import asyncio
import secrets
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, Final, ParamSpec

import msgspec
import structlog

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput, Refusal
from jointhq.journal.acts import Acts, Outcome
from jointhq.journal.backup import RESTORED
from jointhq.journal.chain import uuid7
from jointhq.journal.journal import Conflict, Draft, Journal
from jointhq.journal.record import Body
from jointhq.people import forms as f
from jointhq.people import passes, rules, sessions
from jointhq.people import records as r
from jointhq.people.access import Access
from jointhq.people.directory import FOREVER_MS, PERMISSIONS, Directory, Session
from jointhq.people.facts import good
from jointhq.people.fence import Ground
from jointhq.people.links import Links, Signer, digest, new_token
from jointhq.people.oidc import Oidc, OidcSettings
from jointhq.people.passkeys import Passkeys
from jointhq.people.passwords import Passwords
from jointhq.people.why import LabelOf, label_of_record
from jointhq.release.door import Door
from jointhq.release.label import Label
from jointhq.release.reader import ANON, Reader

log = structlog.get_logger("people")

SWEEP_S: Final = 0.25  # how late at most it is noticed that something has ended by itself
DRAFTS_AT_A_TIME: Final = 200  # of one append: a restored headquarters may have thousands of sessions
NAMESPACE: Final = uuid.UUID("0d5fd2a5-7c8c-4ac4-9d5d-6a3e7e0f7b51")  # of the ids of what every first start writes

P = ParamSpec("P")


class PeopleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the people need to know of this headquarters."""

    data: Path
    nation: str
    organisation: str
    label: Label  # of the administration's records: persons, appointments, sessions
    system: Label  # the highest level here; the first administrator is cleared to it
    title: str = "jointhq"  # what a browser calls this site when it makes a passkey
    session_hours: int = 12
    origin: str = ""  # "https://hq.example": where the page is; "": wherever a request says it was sent
    oidc: OidcSettings | None = None
    password_kib: int = 0  # Argon2id's memory; 0: the measured default


class People:
    """The directory's only writer."""

    def __init__(
        self,
        journal: Journal,
        directory: Directory,
        door: Door,
        clock: Clock,
        settings: PeopleSettings,
        *,
        label_of: LabelOf = lambda _: None,
    ) -> None:
        """`label_of` tells the label of a track by its uid, for who asks why somebody doesn't see it."""
        self.label_of = label_of
        self.directory = directory
        self.door = door
        self.settings = settings
        self._journal = journal
        self._clock = clock
        self._acts = Acts(journal, directory.heads)
        self._links = Links(settings.data, clock)
        self.access = Access(
            self._act,
            directory,
            clock,
            links=self._links,
            signer=Signer(settings.data),
            passwords=Passwords(memory_kib=settings.password_kib) if settings.password_kib else Passwords(),
            passkeys=Passkeys(clock, settings.title),
            oidc=Oidc(settings.oidc, clock) if settings.oidc else None,
            session_hours=settings.session_hours,
            first_administrator=self.first_administrator,
        )

    def ground(self) -> Ground:
        """Return what the rules decide on, now."""
        return Ground(self.directory, self.door, self.settings.label, self._clock.now_ms())

    async def _act(self, decide: Callable[[Ground], Outcome]) -> None:
        """Decide and write as one step. Raises what the rule raises, and the journal's refusals."""
        await self._acts.do(lambda: decide(self.ground()))

    async def label_of_record(self, record_id: str) -> Label | None:
        """Return the label of a record; None where there is none."""
        return await label_of_record(self._journal, record_id)

    # -- the first start, and what passes by itself

    async def first_start(self) -> bool:
        """Write the first administrator where there is nobody yet; return whether. After the journal's start."""
        if self.directory.persons:
            return False
        s = self.settings
        person_id, appointment_id = (
            str(uuid.uuid5(NAMESPACE, f"{what} {s.nation} {s.organisation}")) for what in ("person", "appointment")
        )
        now_ms = self._clock.now_ms()
        policy = self.door.policies.get(s.system.policy)
        held = tuple(sorted(c.code for c in policy.caveats if c.kind == "held")) if policy else ()
        reader = Reader(
            nation=s.nation,
            organisation=s.organisation,
            policy=s.system.policy,
            level=s.system.level,
            caveats=frozenset(held),
            groups=frozenset((ANON,)),
            cleared_until_ms=FOREVER_MS,
        )
        if not self.door.may_see(reader, s.label, now_ms):
            raise BadInput(
                f"the label of the administration hides it from its own administrator"
                f" ({self.door.explain(reader, s.label, now_ms).rule}); set another"
            )
        person = r.PersonAdded(
            name="Administrator",
            name_ja="管理者",
            username="administrator",
            nation=s.nation,
            organisation=s.organisation,
            policy=s.system.policy,
            level=s.system.level,
            caveats=held,
            cleared_until_ms=FOREVER_MS,
        )
        appointment = r.AppointmentAdded(
            title="Administrator",
            title_ja="管理者",
            organisation=s.organisation,
            permissions=PERMISSIONS,
            from_ms=now_ms,
        )
        bodies = (
            (person_id, person),
            (appointment_id, appointment),
            (appointment_id, r.AppointmentAssigned(person=person_id, from_ms=now_ms)),
        )
        drafts = [Draft(body=body, subject=subject, label=s.label) for subject, body in bodies]
        try:
            await self._journal.append(*drafts, heads={person_id: 0, appointment_id: 0})
        except Conflict:  # another process of this headquarters was first
            return False
        log.info("first_administrator", person=person_id)
        return True

    async def after_restore(self) -> None:
        """Let nothing go on that may have been ended since the copy was made from which this was restored."""
        marker = self.settings.data / RESTORED
        if not marker.exists():
            return
        self._links.forget()
        g = self.ground()
        drafts = sessions.after_restore(g)
        for first in range(0, len(drafts), DRAFTS_AT_A_TIME):
            await self._journal.append(*drafts[first : first + DRAFTS_AT_A_TIME])
        certificates = sum(good(c, g.now_ms) for c in self.directory.certificates.values())
        log.warning(
            "restored",
            ended=len(drafts),
            certificates=certificates,
            advice="of these certificates, revoke anew those that were revoked since the copy was made",
        )
        marker.unlink()

    def first_administrator(self) -> str:
        """Return whom a one-time link without a name signs in; "": nobody can be."""
        lasting = [person.id for person, _, _ in rules.administrators(self.ground())]
        return next((person for person in self.directory.persons if person in lasting), "")

    async def watch(self) -> None:
        """Tell those who listen to the directory when something has ended by itself, until cancelled."""
        while True:
            self.directory.sweep(self._clock.now_ms())
            await asyncio.sleep(SWEEP_S)

    # -- every act of somebody who is signed in

    async def do(
        self, rule: Callable[Concatenate[Ground, Session, P], Outcome], actor: Session, *args: P.args, **more: P.kwargs
    ) -> None:
        """Let somebody do what a rule allows: look, decide and write as one step."""
        await self._act(lambda g: rule(g, self._now(actor), *args, **more))

    def _now(self, session: Session) -> Session:
        """Return the asker as he stands when the act is decided: what he could a moment ago may be gone."""
        return self.directory.session(session.id, self._clock.now_ms()) or msgspec.structs.replace(
            session, appointment="", permissions=frozenset()
        )

    def new_id(self) -> str:
        """Return the id of what is about to be added."""
        return uuid7(self._clock.now_ms(), secrets.randbits(74))

    async def invite(self, actor: Session, form: f.InvitationForm) -> tuple[str, str]:
        """Invite a person; return the invitation's id and its token, which is kept nowhere ("" for an account)."""
        invitation_id, token = self.new_id(), "" if form.purpose == "oidc" else new_token()
        await self.do(passes.invite, actor, form, invitation_id, digest(token) if token else "")
        return invitation_id, token

    async def invite_own_device(self, actor: Session, form: f.EnrolmentForm) -> tuple[str, str]:
        """Invite a device of one's own; return the invitation's id and its token."""
        invitation_id, token = self.new_id(), new_token()
        await self.do(passes.invite_own_device, actor, form, invitation_id, digest(token))
        return invitation_id, token

    async def invite_own_calendar(self, actor: Session) -> tuple[str, str]:
        """Let a calendar program of one's own read; return the link's id and its token."""
        invitation_id, token = self.new_id(), new_token()
        await self.do(passes.invite_own_calendar, actor, invitation_id, digest(token))
        return invitation_id, token

    # -- certificates: who issues one (`marti`) writes it here

    async def certificate_issued(
        self,
        certificate: r.CertificateIssued | r.CertificateRenewed,
        *,
        invitation_id: str = "",
        still: Callable[[Directory], bool] = lambda _: True,
    ) -> None:
        """Write that a certificate was issued, and with it that the invitation it was issued for is used up.

        `still` tells, when it is written, whether what was shown for it holds then.
        """

        def decide(g: Ground) -> Outcome:
            if standing := g.directory.standing(certificate.person, certificate.appointment, g.now_ms):
                raise Refusal("not_in_force", f"no certificate for this person now: {standing}", standing=standing)
            if not still(g.directory):
                raise Refusal("not_in_force", "what this certificate was asked for with opens nothing any more")
            invitation = g.directory.invitations.get(invitation_id)
            if invitation_id and (invitation is None or not g.directory.is_open(invitation, g.now_ms)):
                raise Refusal("invitation_closed", "this invitation has been used or revoked, or is past its time")
            if isinstance(certificate, r.CertificateRenewed):
                before = g.directory.certificates.get(certificate.replaces)
                if before is None or before.revoked_ms:
                    raise Refusal("certificate_revoked", "the certificate to renew has been revoked; enrol anew")
            passes.room_for_certificate(g, certificate.person)
            label = g.directory.persons[certificate.person].label or g.label
            bodies: list[tuple[str, Body]] = [(certificate.fingerprint, certificate)]
            bodies += [(invitation_id, r.InvitationUsed())] if invitation_id else []
            person, appointment = certificate.person, certificate.appointment
            drafts = [
                Draft(body=body, subject=subject, label=label, person=person, appointment=appointment)
                for subject, body in bodies
            ]
            return Outcome(drafts, (person,))

        await self._act(decide)
