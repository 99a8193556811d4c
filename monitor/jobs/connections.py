"""FLOOR 2. How each mailbox is reached, and the connections that stay open from round to round."""

import threading
from collections.abc import Callable, Iterable

from monitor.config import MailboxSettings, SecretError
from monitor.core.token import TokenError
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import MailSource, SourceError
from monitor.jobs.logging_in import Keyring, token_of


class Connections:
    """One connection a mailbox, kept open from round to round (failures.md §3)."""

    def __init__(self, keyring: Keyring | None = None) -> None:
        """`keyring`: what opens those that take no password."""
        self._keyring = keyring
        self._sources: dict[str, ImapSource] = {}
        self._mailboxes: dict[str, MailboxSettings] = {}
        self._ways: dict[str, tuple[object, ...]] = {}
        self._lock = threading.Lock()

    def of(self, mailbox: MailboxSettings) -> MailSource:
        """The connection of a mailbox; it connects when it is first asked something."""
        with self._lock:
            source = self._sources.get(mailbox.address)
            if source is not None and source.aborted:
                source.close()
                source = None
            if source is None:
                source = self._sources[mailbox.address] = ImapSource(login_of(mailbox, self._keyring))
                self._mailboxes[mailbox.address], self._ways[mailbox.address] = mailbox, self._way(mailbox)
            return source

    def kept(self, address: str) -> ImapSource | None:
        """That of a mailbox, where there is one."""
        return self._sources.get(address)

    def abort(self, addresses: Iterable[str] | None = None) -> None:
        """Cut those of these mailboxes, or all, also under threads that read from them."""
        for address, source in list(self._sources.items()):
            if addresses is None or address in addresses:
                source.abort()

    def keep(self, mailboxes: Iterable[MailboxSettings]) -> list[str]:
        """Log out of all but these, and of those that are to be reached in another way now; tells which these were.

        None may be in use, and the keyring must be that of the new config.
        """
        wanted = {mailbox.address: self._way(mailbox) for mailbox in mailboxes}
        old = [address for address, way in self._ways.items() if wanted.get(address) != way]
        for address in old:
            self._let_go(address)
        return old

    def let_go(self, addresses: Iterable[str]) -> None:
        """Log out of these. None may be in use."""
        for address in addresses:
            if address in self._mailboxes:
                self._let_go(address)

    def make_room(self, host: str, in_use: Callable[[MailboxSettings], bool]) -> None:
        """Log out of what is not in use on a server that says that too many connections are open."""
        for address, mailbox in list(self._mailboxes.items()):
            if mailbox.host == host and not in_use(mailbox):
                self._let_go(address)

    def close(self) -> None:
        """Log out of all of them."""
        for address in list(self._sources):
            self._let_go(address)

    def _let_go(self, address: str) -> None:
        with self._lock:
            source = self._sources.pop(address)
            del self._mailboxes[address], self._ways[address]
        source.close()

    def _way(self, mailbox: MailboxSettings) -> tuple[object, ...]:
        """What decides how a mailbox is reached. Two readers of one secret differ, what they read from is the same."""
        secrets = [getattr(said, "__self__", said) for said in (mailbox.password, mailbox.token)]
        names = mailbox.username, mailbox.login, mailbox.mechanism
        app = self._keyring.app_of(mailbox) if self._keyring else ()
        return mailbox.host, mailbox.port, mailbox.security, mailbox.ca_file, *names, *secrets, *app


def login_of(mailbox: MailboxSettings, keyring: Keyring | None = None) -> Login:
    """How to reach a mailbox, and what opens it."""

    def password() -> str:
        try:
            return mailbox.password()
        except SecretError as error:
            raise SourceError("secret", str(error)) from None

    return Login(
        mailbox.host,
        mailbox.port,
        mailbox.security,
        mailbox.username,
        password,
        mailbox.ca_file,
        login=mailbox.login,
        token=_told(token_of(keyring, mailbox)),
        mechanism=mailbox.mechanism,
    )


def _told(token: Callable[[str], str] | None) -> Callable[[str], str] | None:
    """With a SourceError for each TokenError: to a mailbox that is not opened it is the same."""
    if token is None:
        return None

    def told(refused: str) -> str:
        try:
            return token(refused)
        except TokenError as error:
            raise SourceError(error.fault, str(error)) from None

    return told
