"""FLOOR 1. What `check` asks a server beside the mail: how safe the line is, what it offers, how full a mailbox is."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.tls_line import TlsLine, tls_line
from monitor.inbox.cleaning import clean
from monitor.inbox.commands import name_of, refusable
from monitor.inbox.imap import ImapSource
from monitor.inbox.source import SourceError


@dataclass(frozen=True, slots=True)
class Quota:
    """How full a mailbox is: a resource (`STORAGE`, in KiB; `MESSAGE`) and how much of its limit is used."""

    resource: str
    used: int
    limit: int

    @property
    def percent(self) -> int:
        """Rounded down: 100 is full."""
        return 100 * self.used // self.limit if self.limit else 0


class AskingSource(ImapSource):
    """An ImapSource that is asked about its server, too. These questions never spoil the mailbox: what a server does
    not tell is left out."""

    def line(self) -> TlsLine:
        """Of the open connection. Raises SourceError."""
        return self._guarded("connecting", lambda client: tls_line(client.socket()))

    def capabilities(self) -> frozenset[str]:
        """What it offers once we are logged in (RFC 3501 §6.1.1), upper case. Raises SourceError."""
        offered = self._guarded("asking what it offers", lambda client: client.capabilities())
        return frozenset(clean(name_of(each), 40).upper() for each in offered)

    def quotas(self) -> Sequence[Quota]:
        """GETQUOTAROOT of the INBOX (RFC 9208); none where the server has none, or refuses to tell."""
        if "QUOTA" not in self.capabilities():
            return ()
        try:
            _, found = self._guarded("asking for the quota", refusable(lambda client: client.get_quota_root("INBOX")))
        except SourceError:
            return ()
        told = [q for q in found if isinstance(q.usage, int) and isinstance(q.limit, int) and q.limit > 0]
        return [Quota(clean(name_of(q.resource), 40).upper(), q.usage, q.limit) for q in told]

    def prefixes(self) -> tuple[str, Sequence[str]]:
        """NAMESPACE (RFC 2342): below what our own folders lie, and below what those of others or shared ones do."""
        if "NAMESPACE" not in self.capabilities():
            return "", ()
        try:
            found = self._guarded("asking for the namespaces", refusable(lambda client: client.namespace()))
        except SourceError:
            return "", ()
        own, *others = ([clean(name_of(prefix), 80) for prefix, _ in part or ()] for part in found)
        return next(iter(own), ""), [prefix for part in others for prefix in part]
