"""FLOOR 2. The page on the wall: who waits, oldest first by team, as far as we know; renewed each round.

It can be read by whoever walks by: no names, no addresses of customers, and subjects only where the config says so.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.config import Settings
from monitor.core.calendar import primary
from monitor.core.crowd import Spot, spots
from monitor.core.house import A_COLLEAGUE, Target
from monitor.core.promise import the_one
from monitor.jobs.knowledge import Knowledge
from monitor.outbox.board_pages import BoardLine, BoardPage, BoardTeam, Doubt, State, fitted
from monitor.outbox.letters import Letters
from monitor.outbox.plain import shown_address
from monitor.store.reminding import WaitRow, due_between
from monitor.store.store import Store

SOON = timedelta(hours=4)
"""Due soon is what has less time left than this, and less than a quarter of what was promised."""
FAR_OFF = timedelta(days=30)
"""Nothing due later is soon: no calendar closes for so long within the last hours of a promise."""
MISSED_LOOKS = 3
"""After so many looks without a new page it says that it is old."""
SHORTEST_LIFE = timedelta(minutes=15)
"""And not before: the daemon renews it every five minutes, however seldom it looks (daemon.ACT_SECONDS)."""
FOR_ALL, FOR_THE_GROUP = 0o644, 0o640
"""Numbers and teams may be read by any web server; subjects only by the group of the folder, if it hands that on."""


def renew_board(store: Store, settings: Settings, letters: Letters, knowledge: Knowledge, now: datetime) -> None:
    """Write the page anew, if the config names one. Raises OSError where it cannot be written."""
    board = settings.board
    if board is not None:
        page = board_page(store, settings, knowledge, board.subjects, now)
        put_in_place(board.html, letters.render_board(page), mode_of(board.subjects))


def mode_of(subjects: bool) -> int:
    """Who may read the file: numbers and teams are for any web server, subjects are not."""
    return FOR_THE_GROUP if subjects else FOR_ALL


def put_in_place(path: Path, text: str, mode: int) -> None:
    """Put a file there whole: who reads sees the old one or the new one, also after a crash. Raises OSError.

    A new file beside it takes its name (rename(2)), so that a link in its place is replaced and not followed.
    """
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):  # the disk that failed may fail again: what went wrong first is told
            os.unlink(name)
        raise


def board_page(store: Store, settings: Settings, knowledge: Knowledge, subjects: bool, now: datetime) -> BoardPage:
    """Who waits now. With `subjects` each line bears one, where they are kept."""
    waits = sorted(due_between(store, None, datetime.max.replace(tzinfo=UTC)), key=lambda w: (w.opened_at, w.id))
    by_team: dict[str, list[WaitRow]] = {team: [] for team in _teams(settings)}
    for wait in waits:
        if knowledge.watches(wait.mailboxes):
            by_team.setdefault(wait.team, []).append(wait)
    soon = {_soon(desk.target) for desk in settings.desks.values()}
    doubts = {m: tuple(_doubts(m, knowledge, now)) for m in settings.desks}
    told = _Told(settings, knowledge, doubts, subjects and settings.keeps_subjects, now)
    page = BoardPage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        teams=tuple(told.team(name, theirs) for name, theirs in by_team.items()),
        old_after=max(SHORTEST_LIFE, MISSED_LOOKS * max(knowledge.poll_every.values())),
        promise=the_one(desk.target.promise for desk in settings.desks.values()),
        soon=soon.pop() if len(soon) == 1 else None,
        language=settings.language,
    )
    return fitted(page)


def _teams(settings: Settings) -> list[str]:
    """Those with a mailbox, in the order of the config."""
    own = {desk.team for desk in settings.desks.values()}
    return [team for team in settings.teams if team in own]


def _doubts(mailbox: str, knowledge: Knowledge, now: datetime) -> Iterator[Doubt]:
    """Why silence at a mailbox, and at those that answer its mail, may not mean what it seems to (law 2)."""
    for each in (mailbox, *sorted(knowledge.others.get(mailbox, frozenset()) - {mailbox})):
        view = knowledge.views.get(each)
        if view is None or view.as_of is None:
            yield Doubt("never read", shown_address(each))
        elif knowledge.is_stale(each, now):
            yield Doubt("unseen", shown_address(each), view.as_of)
    if knowledge.as_of(mailbox) is None:
        return
    if not knowledge.replies_visible(mailbox):
        yield Doubt("no replies", shown_address(mailbox))
    elif knowledge.replies_hidden(mailbox):
        yield Doubt("hidden", shown_address(mailbox))
    if knowledge.held(mailbox, now):
        yield Doubt("held", shown_address(mailbox))


@dataclass(frozen=True, slots=True)
class _Told:
    """What turns waits into lines. `doubts`: by mailbox."""

    settings: Settings
    knowledge: Knowledge
    doubts: Mapping[str, Sequence[Doubt]]
    subjects: bool
    now: datetime

    def team(self, name: str, waits: Sequence[WaitRow]) -> BoardTeam:
        """One team, with all who wait for it; nobody is pushed out by who writes a lot."""
        mailboxes = [address for address, desk in self.settings.desks.items() if desk.team == name]
        return BoardTeam(
            name=name,
            seen_up_to=self.knowledge.as_of_all(mailboxes),
            lines=tuple(self._line(spot) for spot in spots(waits, lambda wait: wait.who_address)),
            doubts=tuple(dict.fromkeys(doubt for m in mailboxes for doubt in self.doubts[m])),
        )

    def _line(self, spot: Spot[WaitRow]) -> BoardLine:
        wait, known = spot.one, self.knowledge.as_of_all(spot.one.mailboxes)
        sure = not any(self.doubts.get(mailbox) for mailbox in wait.mailboxes)
        until = self.now if sure or known is None else max(known, wait.opened_at)
        snoozed, holder = wait.snoozed_until, _holder(wait)
        return BoardLine(
            number=wait.number,
            waited=until - wait.opened_at,
            arrived=wait.opened_at,
            due=wait.due_at,
            state=self._state(wait, known, sure),
            snoozed_until=snoozed if snoozed and snoozed > self.now else None,
            holder="" if holder == A_COLLEAGUE else holder,
            with_colleague=holder == A_COLLEAGUE,
            decided=wait.handoff is not None and wait.handoff.decided,
            missing=wait.missing,
            low_urgency=wait.low_urgency,
            more=spot.more,
            subject=wait.subject if self.subjects else None,
        )

    def _state(self, wait: WaitRow, known: datetime | None, sure: bool) -> State:
        """Late is judged by what is known (law 2); where that may be wrong, it is only perhaps so."""
        if not sure and wait.due_at <= self.now:
            return "perhaps late"
        if known is not None and wait.due_at <= known:
            return "late"
        desk = self.settings.desks.get(wait.mailboxes[0])
        target = desk.target if desk else Target()
        if wait.due_at - self.now > FAR_OFF:
            return "in time"
        return "due soon" if primary(self.now, wait.due_at, target.calendar) <= _soon(target) else "in time"


def _holder(wait: WaitRow) -> str:
    """Which other team has it; who has it in no team is called a colleague, never by name."""
    handoff = wait.handoff
    if handoff is None or handoff.decided or handoff.to_team == wait.team:
        return ""
    return handoff.to_team or A_COLLEAGUE


def _soon(target: Target) -> timedelta:
    return min(SOON, target.reply_within / 4)
