"""FLOOR 2. Mails as a server hands them out: what it leaves out or refuses is asked for again while it is there."""

from collections.abc import Sequence
from datetime import datetime

from monitor.inbox.source import MailSource, RawMail, SourceError
from monitor.store.arrivals import Arrival


class HandedOut:
    """What one source hands out at `now`; lives for one sweep."""

    def __init__(self, source: MailSource, host: str, now: datetime) -> None:
        self.source, self.host, self.now = source, host, now

    def mails(self, folder: str, uids: Sequence[int]) -> tuple[list[RawMail], list[Arrival]]:
        """The mails, and what stands for one that the server does not hand out: one bad mail blocks no mailbox.

        What is left out is asked for again while a fresh SEARCH still names it: the cursor must not pass what is there.
        """
        mails = self._handed_out(folder, uids)
        got = {mail.uid for mail in mails or ()}
        left = self.still_there(folder, [uid for uid in uids if uid not in got])
        if left and len(uids) == 1:
            # Said OK and shown nothing: by a slip, perhaps. Opened anew it is asked for once more.
            again = None if mails is None else self._handed_out(folder, uids)
            lost = Arrival(uids[0], frozenset(), 0, self.now, "the server does not hand out its header")
            return (again, []) if again else ([], [lost])
        if mails is not None and len(left) == len(uids) > 1:
            raise SourceError(
                "protocol", f"{self.host}: the server has mails, says OK, and shows none; tried again later"
            )
        found, troubles = list(mails or ()), list[Arrival]()
        for half in (left[: len(left) // 2], left[len(left) // 2 :]):
            if half:
                more, bad = self.mails(folder, half)
                found, troubles = found + more, troubles + bad
        return found, troubles

    def _handed_out(self, folder: str, uids: Sequence[int]) -> list[RawMail] | None:
        """None where the server refuses, as it may for one bad mail, or one expunged meanwhile (RFC 5530 §3)."""
        try:
            return self.source.mails(folder, uids)
        except SourceError as fault:
            if fault.fault != "message":
                raise
            return None

    def still_there(self, folder: str, uids: Sequence[int]) -> list[int]:
        """Those of these uids that a SEARCH finds in a folder opened anew; one that is open may show what has gone."""
        if not uids:
            return []
        self.source.state(folder)
        there: set[int] = set()
        for window in self.source.uids(folder, uids[0], None):
            there.update(window)
            if window and window[-1] >= uids[-1]:
                break
        return [uid for uid in uids if uid in there]

    def whole_headers(self, folder: str, uids: Sequence[int]) -> dict[int, bytes]:
        """The whole headers; those left out or refused are asked for once more, one by one."""
        whole = self._whole_handed_out(folder, uids)
        for uid in self.still_there(folder, [uid for uid in uids if uid not in whole]):
            whole |= self._whole_handed_out(folder, [uid])
        return whole

    def _whole_handed_out(self, folder: str, uids: Sequence[int]) -> dict[int, bytes]:
        try:
            return dict(self.source.whole_headers(folder, uids))
        except SourceError as fault:
            if fault.fault != "message":
                raise
            return {}
