"""FLOOR 2. What other settings would have sent and reported over stored history. Reads only; the daemon goes on."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import monitor
from monitor.config import Settings
from monitor.core import sending
from monitor.core.absence import LONGEST
from monitor.core.calendar import Stretch, stretches
from monitor.core.house import opened_by
from monitor.core.lived import Lived
from monitor.core.simulation import Letter, Looks, Rules, replaying, settles
from monitor.core.simulation_figures import Outcome, Span, outcome
from monitor.core.wait import Handoff
from monitor.jobs.hearers import Hearers, owners_at
from monitor.jobs.knowledge import Knowledge, know
from monitor.jobs.remind import LETTER_PAUSE
from monitor.store.absences import absences_told
from monitor.store.replaying import differ_in_targets_only, folded_waits, is_folded_by, letters_sent, stored_waits
from monitor.store.store import Store

Side = Literal["before", "after"]
Tell = Callable[[Side, int, int], None]
"""Is told which side is read, and how many of how many were."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """Both sides over the same time. `really_sent`: reminder letters that left in it. `looks_every`: the rhythm of the
    replay, and `looks_every_after` that of the other side. `first_look`: before it nobody was watched. `history_from`:
    how far back mail was read, where that is not before the time that counts. `unwatched`: mailboxes that nobody is
    reminded of, because no reply was ever seen there; `hidden`: those where too many replies are not seen now."""

    span: Span
    first_look: datetime
    looks_every: timedelta
    before: Outcome
    after: Outcome
    really_sent: int
    changed: bool
    looks_every_after: timedelta
    history_from: datetime | None = None
    unwatched: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def simulate(
    store: Store, present: Settings, changed: Settings, now: datetime, weeks: int, tell: Tell
) -> Simulated | None:
    """The last `weeks` weeks, and today. None where no mailbox was ever read to its end."""
    knowledge = know(store, present, now)
    looks = [view.as_of for view in knowledge.views.values() if view.as_of is not None]
    first_looks = _first_looks(knowledge)
    if not looks or not first_looks:
        return None
    end, first_look = min(now, max(looks)), min(first_looks)
    span = _span(present, first_look, end, weeks)
    before = after = _side(store, present, present, knowledge, span, lambda k, n: tell("before", k, n))
    if changed is not present:
        known = know(store, changed, now)
        after = _side(store, present, changed, known, span, lambda k, n: tell("after", k, n))
    return Simulated(
        span=span,
        first_look=first_look,
        looks_every=_rhythm(present),
        before=before,
        after=after,
        really_sent=letters_sent(store, span.letters_from, now),
        changed=changed is not present,
        looks_every_after=_rhythm(changed),
        history_from=_history_from(present, knowledge, span),
        unwatched=tuple(m for m in knowledge.views if not knowledge.replies_visible(m)),
        hidden=tuple(m for m in knowledge.views if knowledge.replies_hidden(m)),
    )


def _span(settings: Settings, first_look: datetime, end: datetime, weeks: int) -> Span:
    """Whole days of the house's clock, the last one as far as it is known."""
    day = end.astimezone(settings.zone).date() - timedelta(weeks=weeks)
    start = datetime.combine(day, time.min, settings.zone).astimezone(UTC)
    return Span(start, end, min(max(start, first_look), end), settings.zone)


def _history_from(settings: Settings, knowledge: Knowledge, span: Span) -> datetime | None:
    starts = []
    for mailbox in settings.mailboxes:
        view = knowledge.views.get(mailbox.address)
        if view is not None and view.first_as_of is not None and mailbox.lookback is not None:
            starts.append(view.first_as_of - mailbox.lookback)
    latest = max(starts, default=None)
    return latest if latest is not None and latest > span.start else None


def _first_looks(knowledge: Knowledge) -> list[datetime]:
    return [view.first_as_of for view in knowledge.views.values() if view.first_as_of is not None]


def _rhythm(settings: Settings) -> timedelta:
    return min(mailbox.poll_every for mailbox in settings.mailboxes)


def played(
    store: Store,
    present: Settings,
    settings: Settings,
    knowledge: Knowledge,
    span: Span,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[list[Lived], Iterator[Letter]]:
    """The waits as these settings would have them, and the letters that would have been sent, oldest first."""
    begin = max(min(_first_looks(knowledge), default=span.end), span.letters_from - settles(settings.steps))
    since = min([begin, *(opened_by(span.start, desk.target) for desk in settings.desks.values())])
    house, present_house = settings.house(store.letter_key), present.house(store.letter_key)
    as_stored = is_folded_by(store, present.rules_fingerprint(monitor.__version__))
    read = stored_waits if as_stored and differ_in_targets_only(present_house, house) else folded_waits
    waits = list(read(store, house, since, knowledge.as_of_all, tell))
    waits.sort(key=lambda wait: (wait.facts.due_at, wait.facts.opened_at, wait.facts.id))
    rules = rules_of(store, settings, knowledge, begin, span.end)
    return waits, replaying(waits, rules, Looks(begin, span.end, _rhythm(settings)))


def _side(
    store: Store,
    present: Settings,
    settings: Settings,
    knowledge: Knowledge,
    span: Span,
    tell: Callable[[int, int], None],
) -> Outcome:
    waits, letters = played(store, present, settings, knowledge, span, lambda k, n: tell(k, 2 * n))
    letters = _telling(letters, span, tell)
    goals = {desk.team: desk.target.goal for desk in settings.desks.values()}
    return outcome(waits, letters, span, settings.teams, settings.target.goal, goals)


def _telling(letters: Iterator[Letter], span: Span, tell: Callable[[int, int], None]) -> Iterator[Letter]:
    """Tells of the second half of the way, which is as long as the first on the bar: the days that were played."""
    days, day = len(span.days), None
    for letter in letters:
        if day != (day := span.day(letter.at)):
            tell(2 * days - max(0, min((span.days[-1] - day).days, days)), 2 * days)
        yield letter
    tell(2 * days, 2 * days)


def rules_of(store: Store, settings: Settings, knowledge: Knowledge, start: datetime, end: datetime) -> Rules:
    """These settings as a replay from `start` to `end` needs them, with the absences of that time."""
    absent = _Absent(store, settings, start, end)
    windows = _Windows(settings, start, end)
    begins = _first_looks(knowledge)
    told: dict[tuple[tuple[str, ...], Handoff | None], Sequence[str]] = {}

    def owners(wait: Lived, handoff: Handoff | None, moment: datetime) -> Sequence[str]:
        """As `remind` has it: where it was overdue at the first look it never enters the ladder."""
        homes = tuple(m for m in wait.facts.mailboxes if _counts(m, wait, settings, knowledge, moment))
        if not homes:
            return ()
        if (homes, handoff) not in told:
            told[homes, handoff] = owners_at(homes, handoff, settings)
        return told[homes, handoff]

    return Rules(
        steps=settings.steps,
        teams=settings.owners,
        owners=owners,
        hears=absent.hears,
        warns=lambda address, moment, due_at, now: Hearers(settings, now).warns(address, moment, due_at),
        opens=windows.opens,
        turns=absent.turns,
        begins=begins,
        pause=LETTER_PAUSE,
    )


def _counts(mailbox: str, wait: Lived, settings: Settings, knowledge: Knowledge, moment: datetime) -> bool:
    view = knowledge.views.get(mailbox)
    if view is None or view.first_as_of is None or moment < view.first_as_of or mailbox not in settings.desks:
        return False
    return knowledge.replies_visible(mailbox) and wait.facts.due_at > view.first_as_of


class _Absent:
    """Who was away at any moment from `start` to `end`; `turns`: when that changed (UTC, each once)."""

    def __init__(self, store: Store, settings: Settings, start: datetime, end: datetime) -> None:
        self._settings = settings
        everybody = sorted(settings.recipients["reminder"])
        house = settings.house(store.letter_key)
        self._told = _comings_and_goings(absences_told(store, everybody, house, start - LONGEST, end))
        self._moments = [at for at, _, _ in self._told]
        by_config = [turn for who in everybody for turn in _turns(settings, who)]
        self.turns = sorted({*self._moments, *(at + LONGEST for at, _, is_away in self._told if is_away), *by_config})
        self._known: dict[int, Hearers] = {}

    def hears(self, recipients: Sequence[str], moment: datetime) -> Mapping[str, str]:
        """Who got it for each of them (hearers.Hearers)."""
        place = bisect_right(self.turns, moment)
        if place not in self._known:
            self._known[place] = Hearers(self._settings, moment, self._replied(moment))
        return self._known[place].hears(recipients)

    def _replied(self, moment: datetime) -> dict[str, datetime]:
        """As `automatic_replies` has it: the latest reply of each whom no mail by their own hand followed."""
        found: dict[str, datetime] = {}
        first = bisect_right(self._moments, moment - LONGEST)
        for at, who, is_away in self._told[first : bisect_right(self._moments, moment)]:
            if is_away:
                found[who] = at
            else:
                found.pop(who, None)
        return found


def _comings_and_goings(told: Sequence[tuple[datetime, str, bool]]) -> list[tuple[datetime, str, bool]]:
    """Without the mails by somebody's own hand that say nothing new."""
    away: set[str] = set()
    found = []
    for at, who, is_away in told:
        if is_away or who in away:
            found.append((at, who, is_away))
        (away.add if is_away else away.discard)(who)
    return found


class _Windows:
    """When letters may go, looked up once for the whole time."""

    def __init__(self, settings: Settings, start: datetime, end: datetime) -> None:
        self._settings, self._start, self._end = settings, start, end
        self._closed: dict[str, list[Stretch]] = {}

    def opens(self, address: str, moment: datetime) -> datetime:
        """As sending.opens has it."""
        calendar = self._settings.person(address).calendar
        if calendar is None:
            return moment
        if address not in self._closed:
            self._closed[address] = stretches(self._start, self._end, calendar)
        closed = self._closed[address]
        place = bisect_right(closed, moment, key=lambda each: each.start)
        if self._start <= moment < self._end and not (place and moment < closed[place - 1].end):
            return moment
        return sending.opens(calendar, moment)


def _turns(settings: Settings, address: str) -> list[datetime]:
    """When somebody leaves and is back, by the config."""
    person = settings.person(address)
    zone = person.calendar.zone if person.calendar else settings.zone
    days = [day for away in person.away for day in (away.first, away.last + timedelta(days=1))]
    return [datetime.combine(day, time.min, zone).astimezone(UTC) for day in days]
