"""GROUND. Partners with whom there used to be dialogue every week, and now there is none.

Trust grows by regular dialogue: a relationship can end without anybody ever waiting for an answer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.addresses import plain_address
from monitor.core.report.week import Week

BASE = 8
"""Weeks that show what used to be, the one of the last mail being the last of them."""
REGULAR = 6
"""In so many of them there was dialogue: "every week", but for holidays."""
EACH = 4
"""In so many of them each side wrote: a newsletter, or a list of ours, is no dialogue."""
LISTED = 13
"""Weeks of silence after which who was learnt is told no more: what was not picked up in a quarter is a decision."""
FARTHEST = 52
"""Weeks that a silence is counted; a longer one is "over a year"."""
LONG_GONE = 104
"""Weeks after which whoever is named, and has not written, is told no more either."""

_A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class GoneQuiet:
    """A partner (an address or a domain), when the last mail went either way (UTC), and since how many whole weeks
    there is none. `named`: by the config, else learnt from the mail."""

    partner: str
    last_at: datetime
    weeks: int
    named: bool


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The mail between a partner and us, by the people's own hand: when they wrote, and when we did (UTC)."""

    partner: str
    theirs: tuple[datetime, ...]
    ours: tuple[datetime, ...]
    named: bool = False

    @property
    def last_at(self) -> datetime | None:
        """The last mail either way."""
        return max((*self.theirs, *self.ours), default=None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What we know of the past: `unseen` weeks (their Mondays), in which a mailbox could not be seen for a while, and
    how far back mail was read (None: as far as there is any)."""

    unseen: Collection[date] = ()
    back_to: datetime | None = None


def partner_of(address: str, public: Collection[str]) -> str:
    """With whom we talk: the domain; at a `public` provider of mail the address alone, without its detail."""
    domain = address.rpartition("@")[2]
    return plain_address(address) if not domain or domain in public else domain


def fell_silent(writers: Mapping[date, Collection[str]], week: Week, after: int) -> set[str]:
    """Who may have gone quiet, by who wrote to us in which week (Mondays): often for a while, and not lately.

    A first, coarse look, before anybody's own mail is read. What we wrote after their last mail can only make the weeks
    that count begin later.
    """
    wrote: dict[str, set[date]] = {}
    for monday, partners in writers.items():
        for partner in partners:
            wrote.setdefault(partner, set()).add(monday)
    return {
        partner
        for partner, weeks in wrote.items()
        if len(weeks) >= EACH
        and (last := max(weeks)) <= week.monday - after * _A_WEEK
        and len(weeks & _before(last, BASE)) >= EACH
    }


def gone_quiet(dialogues: Iterable[Dialogue], week: Week, after: int, seen: Seen) -> tuple[GoneQuiet, ...]:
    """With whom there is no mail either way for at least `after` whole weeks up to the end of `week`.

    The named ones in the order given, if they and we ever wrote; then the learnt ones with whom there was dialogue
    every week, the latest silence first. A week that was not seen whole is no silent one.
    """
    found = [one for dialogue in dialogues if (one := _quiet(dialogue, week, after, seen))]
    learnt = sorted((one for one in found if not one.named), key=lambda one: (-one.last_at.timestamp(), one.partner))
    named = [one for one in found if one.named]
    return (*named, *(one for one in learnt if not any(_includes(one.partner, other.partner) for other in named)))


def _quiet(dialogue: Dialogue, week: Week, after: int, seen: Seen) -> GoneQuiet | None:
    last_at = dialogue.last_at
    if last_at is None or not dialogue.theirs:
        return None
    last = _monday(last_at, week.zone)
    silent = (week.monday - last) // _A_WEEK
    weeks = silent - sum(last < monday <= week.monday for monday in set(seen.unseen))
    is_told = dialogue.named or (silent <= LISTED and was_regular(dialogue, last, week.zone, seen))
    return GoneQuiet(dialogue.partner, last_at, weeks, dialogue.named) if weeks >= after and is_told else None


def was_regular(dialogue: Dialogue, last: date, zone: ZoneInfo, seen: Seen) -> bool:
    """Whether there was dialogue every week in the weeks up to the one that begins at `last`, and all were read."""
    base = _before(last, BASE)
    if seen.back_to is not None and _monday(seen.back_to, zone) >= min(base):
        return False
    theirs, ours = ({_monday(at, zone) for at in side} & base for side in (dialogue.theirs, dialogue.ours))
    return len(theirs | ours) >= REGULAR and min(len(theirs), len(ours)) >= EACH


def unseen_weeks(spells: Sequence[tuple[datetime, datetime]], worth: timedelta, zone: ZoneInfo) -> set[date]:
    """The weeks (Mondays) in which the spells of one mailbox, that do not overlap, last `worth` or longer."""
    lengths: dict[date, timedelta] = {}
    for since, until in spells:
        week = Week.of(since, zone)
        while week.start < until:
            part = min(until, week.end).timestamp() - max(since, week.start).timestamp()
            lengths[week.monday] = lengths.get(week.monday, timedelta(0)) + timedelta(seconds=part)
            week = Week.of(week.end, zone)
    return {monday for monday, length in lengths.items() if length >= worth}


def _includes(partner: str, other: str) -> bool:
    """Whether `other` is the partner, or one of its people."""
    return partner in (other, other.rpartition("@")[2])


def _before(last: date, count: int) -> set[date]:
    """So many Mondays, `last` being the last of them."""
    return {last - n * _A_WEEK for n in range(count)}


def _monday(moment: datetime, zone: ZoneInfo) -> date:
    return Week.of(moment, zone).monday
