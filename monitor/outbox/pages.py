"""FLOOR 1. What a letter says, as values: templates draw them, in the words of `templates/*.words.txt`."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.core.calendar import Mode
from monitor.core.promise import Promise
from monitor.core.said import Text, say, say_n
from monitor.core.topic import NOT_KEPT
from monitor.outbox.actions import Action as Action
from monitor.outbox.actions import Command, examples
from monitor.outbox.plain import cut, defang, isolated, safe_name, tame
from monitor.outbox.told import Context, Gap, NextStep, Why

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
    context: tuple[Context, ...] = ()
    open_url: str | None = None
    more: int = 0
    actions: tuple[Action, ...] = ()
    promise: Promise | None = None
    """What was promised to them; None: what the letter says."""

    @property
    def title(self) -> Text:
        """The subject, with links made dead."""
        return shown_title(self.subject)

    @property
    def name(self) -> str:
        """The name the mail showed."""
        return shown_name(self.who)

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
    def is_just_past(self) -> bool:
        """Whether it is not worth a number yet how far past it is."""
        return self.past < timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """What every letter about people who wait says. `language`: of who gets it (ISO 639-1)."""

    organisation: str
    now: datetime
    zone: ZoneInfo
    teams: tuple[str, ...]
    promise: timedelta | None
    """None where they were promised different things: then each line says its own."""
    lines: tuple[WaitingLine, ...]
    mode: Mode = field(default="elapsed", kw_only=True)
    """Which hours the promise counts."""
    language: str = field(default="en", kw_only=True)

    @property
    def shows_mailbox(self) -> bool:
        """Whether the lines come from several mailboxes, so that each must say from which."""
        return len({line.mailbox for line in self.lines}) > 1


@dataclass(frozen=True, slots=True)
class ReminderPage(WaitingPage):
    """Who waits, for one recipient; most overdue first. `more` were cut from a very long list."""

    seen_up_to: datetime
    poll_every: timedelta
    next_step: NextStep | None
    why: Why | None
    unseen: tuple[Gap, ...] = ()
    """When the monitor could not see a mailbox while somebody's reminder fell due there."""
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
    def hidden_teams(self) -> tuple[tuple[str, int], ...]:
        """How many more wait for each team, where there are several: (`Events`, 12), (`Front desk`, 9000)."""
        counts = Counter[str]()
        for line in self.lines[len(self.shown) :]:
            counts[tame(line.team)] += 1 + line.more
        return tuple(sorted(counts.items())) if len(counts) > 1 else ()

    @property
    def people(self) -> int:
        """How many people wait: one with two questions is one."""
        return len({line.address for line in self.lines}) + self.more

    @property
    def one_name(self) -> str:
        """The name of the one who waits, if it is fit for our own sentences; else empty."""
        return next((isolated(name) for line in self.lines if (name := safe_name(line.who))), "")

    @property
    def is_warning(self) -> bool:
        """Whether everybody's time is still running."""
        return not self.more and all(not line.is_past for line in self.lines)

    @property
    def longest(self) -> timedelta:
        """How long the longest has waited."""
        return max((line.waited for line in self.lines), default=timedelta(0))

    @property
    def first_due(self) -> datetime:
        """When the next promise runs out."""
        return min((line.due for line in self.lines), default=self.now)

    @property
    def notice_within(self) -> timedelta:
        """Within what time a reply is noticed."""
        return max(self.poll_every, timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class OpeningPage(WaitingPage):
    """What was late already when the monitor first looked; these never get a reminder."""

    total: int
    replies_unseen: tuple[str, ...]
    why: Why | None
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

    headline: Text
    sentences: tuple[Text, ...]
    points: tuple[Text, ...] = ()
    what_to_do: tuple[Text, ...] = ()
    commands: tuple[str, ...] = ()
    """To be copied: each stands on one line of its own, however long it is."""

    @property
    def shown(self) -> tuple[Text, ...]:
        """The points that are drawn; the others are counted."""
        left = len(self.points) - MOST_POINTS
        if left <= 0:
            return self.points
        return (*self.points[:MOST_POINTS], say_n("and %(n)s more", "and %(n)s more", left))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage(News):
    """A calm letter to the operator: something about the monitor itself, or several things (`also`) at once."""

    organisation: str
    now: datetime
    zone: ZoneInfo
    also: tuple[News, ...] = ()
    language: str = "en"


def shown_name(name: str) -> str:
    """A stranger's name as letters show it; empty where it passes for an address: only the true one counts."""
    shown = cut(defang(name), LONGEST_NAME)
    return "" if any(sign in shown for sign in AT_SIGNS) else isolated(shown)


def shown_title(subject: str) -> Text:
    """A stranger's subject as letters show it."""
    if subject == NOT_KEPT:
        return say("(subject not kept)")
    return isolated(cut(defang(subject), LONGEST_TITLE)) or say("(no subject)")
