"""Proving who somebody is, and the cookie that remembers it.

Owns: the ways in (one-time link, invitation, password, passkey, identity provider, client certificate), the session
that each begins, and telling a session's cookie from a forged or a dead one.
Doesn't own: rules of sessions (`people.sessions`), each way's craft (`links`, `passwords`, `passkeys`, `oidc`), HTTP.

Whoever is refused hears one thing, whatever was wrong: the log knows more.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn

import structlog

from jointhq.base.clock import Clock
from jointhq.base.errors import BadInput, JointHQError, NotSignedIn, Refusal
from jointhq.journal.acts import Outcome
from jointhq.people import passwords as words
from jointhq.people import records as r
from jointhq.people import sessions
from jointhq.people.attempts import Attempts
from jointhq.people.directory import Directory, Session
from jointhq.people.facts import Invitation, Person
from jointhq.people.fence import Ground
from jointhq.people.links import Links, Signer, digest
from jointhq.people.oidc import Account, Oidc, ProviderFault
from jointhq.people.passkeys import NotAccepted, Passkeys, Site
from jointhq.people.passwords import Passwords
from jointhq.people.records import How
from jointhq.people.sessions import Entry

log = structlog.get_logger("people")

SESSION_ID_BYTES: Final = 18
LINK_PROVES_MS: Final = 600_000  # after signing in by a link one may set a password without knowing the old one

Act = Callable[[Callable[[Ground], Outcome]], Awaitable[None]]


class WrongCredentials(JointHQError):
    """What was shown proves nothing. The same words for every reason."""

    code = "wrong"


class Access:
    """Every way in, and every session."""

    def __init__(
        self,
        act: Act,
        directory: Directory,
        clock: Clock,
        *,
        links: Links,
        signer: Signer,
        passwords: Passwords,
        passkeys: Passkeys,
        oidc: Oidc | None,
        session_hours: int,
        first_administrator: Callable[[], str],
    ) -> None:
        self._act = act
        self._directory = directory
        self._clock = clock
        self._links = links
        self._signer = signer
        self._passwords = passwords
        self._passkeys = passkeys
        self._session_ms = session_hours * 3_600_000
        self._first_administrator = first_administrator
        self.attempts = Attempts(clock)
        self.oidc = oidc

    # -- sessions

    def session(self, cookie: str) -> Session:
        """Return the session of this cookie as it stands now; else NotSignedIn."""
        session_id = self._signer.session_id(cookie)
        session = self._directory.session(session_id, self._clock.now_ms()) if session_id else None
        if session is None:
            raise NotSignedIn("not signed in")
        return session

    async def sign_out(self, session: Session, session_id: str = "") -> None:
        """End this session, or another of the same person."""
        await self._act(lambda g: sessions.end(g, session, session_id or session.id))

    async def _enter(self, person: str, how: How, address: str, **more: Any) -> str:
        """Begin a session and return its cookie."""
        entry = Entry(
            person=person,
            session_id=secrets.token_urlsafe(SESSION_ID_BYTES),
            how=how,
            until_ms=self._clock.now_ms() + self._session_ms,
            address=address,
            **more,
        )
        try:
            await self._act(lambda g: sessions.start(g, entry))
        except NotSignedIn as error:
            self._wrong(how, address, str(error))
        log.info("signed_in", person=person, how=how, address=address)
        return self._signer.cookie(entry.session_id)

    def _wrong(self, how: str, address: str, reason: str) -> NoReturn:
        log.warning("not_signed_in", how=how, address=address, reason=reason)
        raise WrongCredentials("that did not sign you in; look at it again, or ask an administrator for a link")

    # -- one-time links and invitations

    async def with_token(self, token: str, address: str) -> str:
        """Redeem a one-time link or an invitation to sign in; return a cookie."""
        self.attempts.begin(address)
        with self._links.claimed(token) as username:
            if username is not None:
                person = self._directory.person_named(username) if username else None
                cookie = await self._enter(person.id if person else self._first(username), "link", address)
                self.attempts.succeeded(address)
                return cookie
        invitation = self._directory.invitation(digest(token), "sign-in", self._clock.now_ms())
        if invitation is None:
            self._wrong("link", address, "no such token")
        cookie = await self._enter(
            invitation.person,
            "invitation",
            address,
            still=lambda d: self._open(d, invitation.id),
            also=((invitation.id, r.InvitationUsed()),),
        )
        self.attempts.succeeded(address)
        return cookie

    def _first(self, username: str) -> str:
        return "" if username else self._first_administrator()

    def invited_to_enrol(self, token: str) -> Invitation | None:
        """Return the open invitation for a device that this token redeems; using it up is writing its certificate."""
        return self._directory.invitation(digest(token), "enrolment", self._clock.now_ms())

    # -- passwords

    async def check_password(self, username: str, password: str, address: str) -> tuple[Person, str]:
        """Return whose user name and password this is, and the hash that it had; else WrongCredentials or
        TooManyAttempts.
        """  # noqa: D205 - one sentence
        self.attempts.begin(address, username)
        person = self._directory.person_named(username)
        known = self._directory.passwords.get(person.id) if person is not None and person.active else None
        matches = await self._passwords.verify(known, password)
        if person is None or known is None or not matches:
            self._wrong("password", address, "unknown name or wrong password")
        self.attempts.succeeded(address, username)
        return person, known

    async def with_password(self, username: str, password: str, address: str) -> str:
        """Sign in by password; return a cookie."""
        person, known = await self.check_password(username, password, address)
        return await self._enter(person.id, "password", address, still=lambda d: d.passwords.get(person.id) == known)

    def current_needed(self, session: Session) -> bool:
        """Tell whether setting a password asks for the present one; not just after a link, which is for that."""
        fresh = self._clock.now_ms() < session.started_ms + LINK_PROVES_MS
        return session.person in self._directory.passwords and not (session.how in ("link", "invitation") and fresh)

    async def set_password(self, session: Session, password: str, current: str, address: str) -> None:
        """Set the person's password."""
        person = self._directory.persons[session.person]
        words.acceptable(password, person.username, person.name)
        if self.current_needed(session):
            self.attempts.begin(address, person.username)
            if not await self._passwords.verify(self._directory.passwords.get(person.id), current):
                raise Refusal("current_wrong", "this isn't your present password", 400)
            self.attempts.succeeded(address, person.username)
        hashed = await self._passwords.hash(password)
        await self._act(lambda g: sessions.set_password(g, self._still(session), hashed))

    def _still(self, session: Session) -> Session:
        """Return the session as it stands after we have waited; else NotSignedIn."""
        now = self._directory.session(session.id, self._clock.now_ms())
        if now is None:
            raise NotSignedIn("not signed in")
        return now

    # -- passkeys

    def passkey_options(self, site: Site) -> dict[str, Any]:
        """Return what a browser is asked with to sign in."""
        return self._passkeys.options(site)

    async def with_passkey(self, answer: dict[str, Any], site: Site, address: str) -> str:
        """Sign in by passkey; return a cookie."""
        self.attempts.begin(address)
        passkey = self._directory.passkeys.get(str(answer.get("id", "")))
        try:
            count = self._passkeys.verify(answer, passkey, site)
        except NotAccepted as error:
            self._wrong("passkey", address, str(error))
        assert passkey is not None, "else not accepted"
        key = passkey.credential
        cookie = await self._enter(
            passkey.person, "passkey", address, credential=key, sign_count=count, still=lambda d: key in d.passkeys
        )
        self.attempts.succeeded(address)
        return cookie

    def options_to_add_passkey(self, session: Session, site: Site) -> dict[str, Any]:
        """Return what a browser is asked with to make a passkey."""
        person = self._directory.persons[session.person]
        return self._passkeys.options_to_add(person, self._directory.passkeys_of(person.id), site, session.id)

    async def add_passkey(self, session: Session, answer: dict[str, Any], site: Site, name: str) -> str:
        """Add a passkey to the session's person; return its id."""
        try:
            credential, public_key, count = self._passkeys.add(answer, site, session.id)
        except NotAccepted as error:
            log.warning("passkey_not_accepted", person=session.person, reason=str(error))
            raise Refusal("passkey_not_accepted", "the passkey did not check out; try again", 400) from None
        body = r.PasskeyAdded(
            credential=credential,
            public_key=public_key,
            sign_count=count,
            rp_id=site.rp_id,
            name=name.strip() or site.rp_id,
        )
        await self._act(lambda g: sessions.add_passkey(g, self._still(session), body))
        return credential

    # -- identity provider

    async def oidc_begin(self, redirect_uri: str, address: str) -> tuple[str, str]:
        """Return where to send the browser, and what its cookie must hold when it comes back.

        Who begins and never comes back has failed: nobody crowds out those who are on their way.
        """
        self.attempts.begin(address)
        return await self._provider().begin(redirect_uri)

    async def oidc_finish(self, *, state: str, code: str, issuer: str, browser: str, address: str) -> str:
        """Sign in by what the provider vouches for; return a cookie. An account unknown to us needs an invitation."""
        try:
            account = await self._provider().finish(state=state, code=code, issuer=issuer, browser=browser)
        except ProviderFault as error:
            log.warning("oidc_failed", reason=str(error))
            raise
        key = (account.issuer, account.account)
        if person := self._directory.accounts.get(key):
            cookie = await self._enter(person, "oidc", address, still=lambda d: d.accounts.get(key) == person)
        else:
            cookie = await self._link(account, address)
        self.attempts.succeeded(address)
        return cookie

    async def _link(self, account: Account, address: str) -> str:
        """Begin the first session of an account, if somebody has invited it."""
        wanted = account.claim.casefold()
        invitation = next(
            (
                invitation
                for invitation in self._directory.invitations.values()
                if invitation.purpose == "oidc" and wanted and invitation.claim.casefold() == wanted
                if self._open(self._directory, invitation.id)
            ),
            None,
        )
        if invitation is None:
            self._wrong("oidc", address, "nobody has invited this account")
        return await self._enter(
            invitation.person,
            "oidc",
            address,
            still=lambda d: self._open(d, invitation.id) and (account.issuer, account.account) not in d.accounts,
            also=(
                (invitation.id, r.InvitationUsed()),
                (invitation.person, r.OidcLinked(issuer=account.issuer, account=account.account)),
            ),
        )

    def _open(self, directory: Directory, invitation_id: str) -> bool:
        invitation = directory.invitations.get(invitation_id)
        return invitation is not None and directory.is_open(invitation, self._clock.now_ms())

    def _provider(self) -> Oidc:
        if self.oidc is None:
            raise BadInput("no identity provider is set up here")
        return self.oidc

    # -- client certificates

    async def with_certificate(self, fingerprint: str, address: str) -> str:
        """Sign in by the certificate that the connection was made with; return a cookie."""
        self.attempts.begin(address)
        identity = self._directory.identity_of_certificate(fingerprint, self._clock.now_ms())
        if identity is None:
            self._wrong("certificate", address, "no certificate that is in force")
        cookie = await self._enter(
            identity.person,
            "certificate",
            address,
            credential=fingerprint,
            still=lambda d: d.identity_of_certificate(fingerprint, self._clock.now_ms()) is not None,
        )
        self.attempts.succeeded(address)
        return cookie
