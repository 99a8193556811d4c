"""FLOOR 1. What a letter says, as values: templates draw them, and the words that need a decision are made here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.core.calendar import Mode
from monitor.core.durations import words
from monitor.core.moments import clock, since
from monitor.core.promise import promise_words
from monitor.outbox.actions import Action as Action
from monitor.outbox.actions import Command, examples
from monitor.outbox.plain import cut, defang, isolated, safe_name, tame

MOST_LINES = 40
"""Longer letters are not read, and mail programs cut them; what is left out is counted."""
MOST_OPENING_LINES = 20
FEW_LINES = 8
"""Up to so many each have a card of their own; in a longer letter only the first few do."""
FIRST_FEW = 4
MOST_POINTS = 60
LONGEST_TITLE = 140
LONGEST_NAME = 60
AT_SIGNS = ("@", "\N{FULLWIDTH COMMERCIAL AT}", "\N{SMALL COMMERCIAL AT}")


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One person who waits. `past` is how far past the target, negative while it is still kept.

    `more`: so many more messages of the same person have no line of their own.
    """

    number: int
    position: int
    subject: str
    who: str
    address: str
    arrived: datetime
    waited: timedelta
    past: timedelta
    team: str
    mailbox: str
    context: tuple[str, ...] = ()
    open_url: str | None = None
    more: int = 0
    actions: tuple[Action, ...] = ()

    @property
    def title(self) -> str:
        """The subject, with links made dead."""
        return isolated(cut(defang(self.subject), LONGEST_TITLE)) or "(no subject)"

    @property
    def name(self) -> str:
        """The name the mail showed; empty where it repeats the address, or is another one: only the true one counts."""
        name = cut(defang(self.who), LONGEST_NAME)
        return "" if any(sign in name for sign in AT_SIGNS) else isolated(name)

    @property
    def is_past(self) -> bool:
        """Whether the promise is broken already: only then it is red."""
        return self.past >= timedelta(0)

    @property
    def due(self) -> datetime:
        """When the promise runs out, or did."""
        return self.arrived + self.waited - self.past

    @property
    def link(self) -> str | None:
        """The link to the message, if it is a web address."""
        return self.open_url if self.open_url and urlsplit(self.open_url).scheme in ("https", "http") else None

    @property
    def offers(self) -> tuple[Action, ...]:
        """What can be done about it: only what opens a mail."""
        return tuple(action for action in self.actions if action.mailto)

    @property
    def past_words(self) -> str:
        """`18 hours past the target`, `just past the target`."""
        if self.past < timedelta(hours=1):
            return "just past the target"
        return f"{words(self.past)} past the target"


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """What every letter about people who wait says."""

    organisation: str
    now: datetime
    zone: ZoneInfo
    teams: tuple[str, ...]
    promise: timedelta
    lines: tuple[WaitingLine, ...]
    mode: Mode = field(default="elapsed", kw_only=True)
    """Which hours the promise counts."""

    @property
    def teams_named(self) -> str:
        """`Events & rooms`, `Events & rooms and Front desk`, `4 teams`."""
        return _named(self.teams, self.organisation)

    @property
    def promise_words(self) -> str:
        """`24 hours`, `24 office hours`."""
        return promise_words(self.promise, self.mode)

    @property
    def shows_mailbox(self) -> bool:
        """Whether the lines come from several mailboxes, so that each must say from which."""
        return len({line.mailbox for line in self.lines}) > 1


@dataclass(frozen=True, slots=True)
class ReminderPage(WaitingPage):
    """Who waits, for one recipient; most overdue first. `more` were cut from a very long list."""

    seen_up_to: datetime
    poll_every: timedelta
    next_step: str | None
    why: str
    unseen: tuple[str, ...] = ()
    """When the monitor could not see a mailbox while somebody's reminder fell due there, one sentence each."""
    more: int = 0
    most: int = MOST_LINES
    tag: str = ""
    """What a reply to it is known by; stands in the subject and at the foot."""
    heard_at: str | None = None
    """Where a reply with one line of command goes; None: nobody reads replies."""
    done_folders: tuple[str, ...] = ()
    """The names of the folders that what needs no reply can be dragged to."""
    hand_to: str = ""
    """An example of whom a line may be assigned to."""
    instead_of: tuple[str, ...] = ()
    """Who is away, for whom the recipient gets this: a name, or an address."""
    holds: tuple[str, ...] = ()
    """The recipient's teams that something here was handed on to."""
    handed_to_them: bool = False
    """Whether something here was handed on to the recipient by name."""

    @property
    def shown(self) -> tuple[WaitingLine, ...]:
        """The lines that are drawn."""
        return self.lines[: self.most]

    @property
    def large(self) -> tuple[WaitingLine, ...]:
        """The lines with a card of their own."""
        return self.shown if len(self.shown) <= FEW_LINES else self.shown[:FIRST_FEW]

    @property
    def small(self) -> tuple[WaitingLine, ...]:
        """The lines that share one card."""
        return self.shown[len(self.large) :]

    @property
    def commands(self) -> tuple[Command, ...]:
        """What can be typed in answer, where somebody reads it."""
        return examples(len(self.shown), self.hand_to) if self.heard_at and self.shown else ()

    def shorter(self) -> "ReminderPage":
        """The same letter with a quarter of its lines only counted."""
        return replace(self, most=len(self.shown) * 3 // 4)

    @property
    def hidden(self) -> int:
        """How many more wait."""
        return self.more + sum(1 + line.more for line in self.lines[len(self.shown) :])

    @property
    def hidden_teams(self) -> str:
        """How many more wait for each team, where there are several: `Events 12, Front desk 9,000`."""
        counts = Counter[str]()
        for line in self.lines[len(self.shown) :]:
            counts[tame(line.team)] += 1 + line.more
        return ", ".join(f"{team} {count:,}" for team, count in sorted(counts.items())) if len(counts) > 1 else ""

    @property
    def who(self) -> str:
        """`Ellen Marsh`, `1 person`, `3 people`: one person with two questions is one."""
        return _who(self.lines, self.more)

    @property
    def is_one(self) -> bool:
        """Whether the letter is about one person."""
        return _people(self.lines, self.more) == 1

    @property
    def is_warning(self) -> bool:
        """Whether everybody's time is still running."""
        return not self.more and all(not line.is_past for line in self.lines)

    @property
    def longest(self) -> str:
        """How long the longest has waited, in words."""
        return words(max((line.waited for line in self.lines), default=timedelta(0)))

    @property
    def first_due(self) -> str:
        """When the next promise runs out: `16:05`, or `09:10 on Monday`."""
        return _at(min((line.due for line in self.lines), default=self.now), self)

    @property
    def seen_words(self) -> str:
        """Up to when replies are known: `09:58`."""
        return since(self.seen_up_to, self.zone, self.now)

    @property
    def notice_words(self) -> str:
        """Within what time a reply is noticed."""
        return words(max(self.poll_every, timedelta(minutes=1)))


@dataclass(frozen=True, slots=True)
class OpeningPage(WaitingPage):
    """What was late already when the monitor first looked; these never get a reminder."""

    total: int
    replies_unseen: tuple[str, ...]
    why: str
    replies_hidden: tuple[str, ...] = ()
    """Mailboxes too many replies of which are never seen, but some are."""

    @property
    def shown(self) -> tuple[WaitingLine, ...]:
        """The lines that are drawn."""
        return self.lines[:MOST_OPENING_LINES]

    @property
    def hidden(self) -> int:
        """How many more there are."""
        return max(0, self.total - sum(1 + line.more for line in self.shown))


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing the operator should know. `points` name what it is about, one by one."""

    headline: str
    sentences: tuple[str, ...]
    points: tuple[str, ...] = ()
    what_to_do: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """To be copied: each stands on one line of its own, however long it is."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The points that are drawn; the others are counted."""
        left = len(self.points) - MOST_POINTS
        return self.points if left <= 0 else (*self.points[:MOST_POINTS], f"and {left} more")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage(News):
    """A calm letter to the operator: something about the monitor itself, or several things (`also`) at once."""

    organisation: str
    now: datetime
    zone: ZoneInfo
    also: tuple[News, ...] = ()


def due_words(line: WaitingLine, page: ReminderPage) -> str:
    """When a line's promise runs out: `24 hours at 16:05`, `24 hours at 09:10 on Monday`."""
    return f"{page.promise_words} at {_at(line.due, page)}"


def _at(moment: datetime, page: ReminderPage) -> str:
    time = clock(moment, page.zone)
    day = since(moment, page.zone, page.now).removesuffix(time).strip(", ")
    return f"{time} on {day}" if day else time


def _people(lines: Sequence[WaitingLine], more: int) -> int:
    return len({line.address for line in lines}) + more


def _who(lines: Sequence[WaitingLine], more: int) -> str:
    people = _people(lines, more)
    if people != 1:
        return f"{people} people"
    return next((isolated(name) for line in lines if (name := safe_name(line.who))), "1 person")


def _named(teams: Sequence[str], organisation: str) -> str:
    names = [tame(team) for team in teams]
    if len(names) > 2:
        return f"{len(names)} teams"
    return " and ".join(names) or tame(organisation)
