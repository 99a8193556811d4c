"""FLOOR 1. The flags of some mails of a folder: of those told before (flags.py) only what changed is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from monitor.inbox import commands
from monitor.inbox.flags import KeptFlags, Opened, keepable, span
from monitor.inbox.glancing import Glancing
from monitor.inbox.login import Login
from monitor.inbox.source import RawMail

_AT_ONCE = 500
"""Uids in one question: a server need not take a line of over 8,000 bytes (RFC 7162 §4)."""


class Flagging(Glancing):
    """A connection that is asked for flags."""

    def __init__(self, login: Login) -> None:
        super().__init__(login)
        self._kept: dict[str, KeptFlags] = {}
        self._fetched: tuple[Opened, dict[int, frozenset[str]]] = self._opened, {}

    def flags(self, folder: str, uids: Sequence[int]) -> Mapping[int, frozenset[str]]:
        """FETCH FLAGS of those that still exist; of those told before only what changed since (CONDSTORE).

        Those that were fetched since the folder was opened are not asked for again.
        """
        self._examine(folder)
        opened, kept = self._opened, self._kept.pop(folder, None)
        told = self._still_known(opened, kept, uids) if kept else {}
        believed = kept.believed + 1 if kept and told else 0
        fetched_in, fetched = self._fetched
        if fetched_in is opened:
            told |= {uid: fetched[uid] for uid in uids if uid in fetched and uid not in told}
        told |= self._flags_told([uid for uid in uids if uid not in told])
        if keepable(opened, told):
            self._kept[folder] = KeptFlags(opened, told, believed)
        return told

    def _still_known(self, opened: Opened, kept: KeptFlags, uids: Sequence[int]) -> dict[int, frozenset[str]]:
        """The flags that are kept, with what changed of them; none where they are of no use. Not asked for where
        nothing can have changed."""
        known = kept.known(opened, uids)
        if not known or opened.got_one_mail(kept.opened):
            return known
        asked, changes = span(sorted(known), opened.modseq - kept.modseq), dict[int, frozenset[str]]()
        for some in [asked] if isinstance(asked, range) else _pieces(asked):
            question = partial(commands.fetch_changed_flags, uids=some, since=kept.modseq, wanted=known)
            found = self._guarded("fetching flags", question)
            if found is None:
                return {}
            changes |= found
        return known | changes

    def _flags_told(self, uids: Sequence[int]) -> dict[int, frozenset[str]]:
        told: dict[int, frozenset[str]] = {}
        for some in _pieces(uids):
            told |= self._guarded("fetching flags", partial(commands.fetch_flags, uids=some))
        return told

    def _keep_fetched(self, mails: Sequence[RawMail]) -> None:
        """Of the mails just fetched: their flags were told since the folder was opened, as if they had been asked for.
        What changes later, the next look is told."""
        self._fetched = self._opened, {mail.uid: mail.flags for mail in mails}


def _pieces(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (uids[at : at + _AT_ONCE] for at in range(0, len(uids), _AT_ONCE))
