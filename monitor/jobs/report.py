"""FLOOR 2. The weekly report: once for each closed week, also after a missed Monday; what is sent is frozen."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitor.config import ReportSettings, Settings
from monitor.core.blind import Blind, clipped, said
from monitor.core.calendar import Calendar
from monitor.core.invisible import Invisible
from monitor.core.report.as_csv import report_csv
from monitor.core.report.as_json import frozen_json
from monitor.core.report.facts import Longest, ReportFacts
from monitor.core.report.figures import Figures, Rate, WaitFacts, by_team, figures
from monitor.core.report.restating import Tally
from monitor.core.report.week import Week, last_closed
from monitor.core.said import Moment, Said, Text, say
from monitor.jobs.claims import Claims
from monitor.jobs.hidden import share
from monitor.jobs.knowledge import Knowledge, blind_so_far
from monitor.jobs.logged import event
from monitor.jobs.report_hands import hands, quarter_of
from monitor.jobs.report_quiet import quiet_partners
from monitor.jobs.report_spread import spread
from monitor.jobs.restating import counted, goal_of, history_from, shown_first, still_missed, the_weeks
from monitor.store.citations import invisible_replies
from monitor.store.past import ANEW
from monitor.store.reminding import NewLetter, Notice, noticed
from monitor.store.reporting import due_in, left_out, open_now, stored
from monitor.store.store import Store
from monitor.store.telling import Frozen

if TYPE_CHECKING:
    from monitor.outbox.letters import Letters

PATIENCE = timedelta(hours=24)
"""How long the report waits for a mailbox that cannot be read, before it goes out and says so."""
MOST_LONGEST = 5
ASKED_FOR = " asked for at "

LEFT_OUT_WORDS = {
    "bulk": say("Newsletters and other bulk mail"),
    "automatic": say("Automatic replies, bounces and other mail by machines"),
    "spam": say("Spam"),
    "ignored": say("Left out by the %(setting)s settings", setting="[ignore]"),
    "closer": say("Probably only a thank-you"),
    "claimed": say("Claimed replies that did not pass the sender check"),
}

log = logging.getLogger("monitor.report")


@dataclass(frozen=True, slots=True)
class Made:
    """A report's facts, and the waits behind them."""

    facts: ReportFacts
    cohort: Sequence[WaitFacts]
    calendars: Mapping[str, Calendar]
    """By mailbox."""
    frozen: Frozen
    """What is to be kept of it, beside its figures."""

    def csv(self) -> str:
        """Every wait behind the figures."""
        return report_csv(self.cohort, self.calendars)


def report_if_due(
    store: Store, settings: Settings, letters: "Letters", knowledge: Knowledge, claims: Claims, now: datetime
) -> Week | None:
    """Put the report of the last closed week into the outbox, if its moment has come and it is not there yet."""
    report = settings.report
    if report is None or not knowledge.views:
        return None
    week = last_closed(now, report.on, settings.zone)
    if stored(store, week.name) is not None or not _can_be_told(settings, knowledge, week, report, now):
        return None
    made = make(store, settings, knowledge, week, now)
    if not made.cohort and all(v.first_as_of is None or v.first_as_of >= week.end for v in knowledge.views.values()):
        return None  # nobody watched in that week, and what was read back to it holds nothing to tell
    # With the moment: after a report that came too early the true one must be another letter.
    obligation = f"{week.name} {now.isoformat()}"
    new = [report_letter(store, settings, letters, made, recipient, obligation, now) for recipient in report.to]
    retold = (*made.frozen.retold, *shown_first(store, knowledge, made.facts.weeks))
    claims.report(week.name, new, frozen_json(made.facts), replace(made.frozen, retold=retold), now)
    log.info(
        "report of %s put into the outbox", week.name, extra=event("report made", week=week.name, letters=len(new))
    )
    return week


def ask_for(store: Store, settings: Settings, letters: "Letters", claims: Claims, made: Made, now: datetime) -> None:
    """Put a report into the outbox because somebody asked for it, whatever was sent before, and say so in it; what was
    frozen stays."""
    to = settings.report.to if settings.report else ()
    claims.notices(_asked_for(store, settings, letters, made, to, now), now)


def report_anew(
    store: Store, settings: Settings, letters: "Letters", knowledge: Knowledge, claims: Claims, now: datetime
) -> int:
    """The reports that were taken back unsent, as they might have named somebody who was forgotten since: how many."""
    taken_back, to = noticed(store, ANEW), settings.report.to if settings.report else ()
    count = 0
    for subject in sorted({subject for subject, _ in taken_back}):
        week = Week.parse(subject.partition(" ")[0], settings.zone)
        still = [one for one in to if (subject, one) in taken_back and week.end <= now]
        new: list[Notice] = []
        if still:
            made = make(store, settings, knowledge, week, now)
            if ASKED_FOR in subject:
                new = _asked_for(store, settings, letters, made, still, now)
            else:
                new = _notices(store, settings, letters, made, still, f"{week.name} anew at {now.isoformat()}", now)
        claims.reports_anew(subject, new, now)
        count += len(new)
    return count


def _asked_for(
    store: Store, settings: Settings, letters: "Letters", made: Made, to: Sequence[str], now: datetime
) -> list[Notice]:
    made = replace(made, facts=replace(made.facts, is_repeat=True))
    return _notices(store, settings, letters, made, to, f"{made.facts.week.name}{ASKED_FOR}{now.isoformat()}", now)


def _notices(
    store: Store, settings: Settings, letters: "Letters", made: Made, to: Sequence[str], obligation: str, now: datetime
) -> list[Notice]:
    found = [(one, report_letter(store, settings, letters, made, one, obligation, now)) for one in to]
    return [Notice("report", (obligation,), recipient, letter) for recipient, letter in found]


def make(store: Store, settings: Settings, knowledge: Knowledge, week: Week, now: datetime) -> Made:
    """The figures of a week as they stand at `now`."""
    cohort = still_missed(store, week, due_in(store, week.start, week.end, knowledge.as_of_all))
    waiting = [w for w in open_now(store, knowledge.as_of_all) if knowledge.watches(w.mailboxes)]
    late = [w for w in waiting if w.is_late]
    overall = figures(cohort, waiting, settings.target.goal)
    measured = invisible_replies(store, week.start, week.end)
    invisible = {m: measured[m] for m in settings.desks if m in measured}
    teams = _teams(cohort, waiting, settings)
    quarter = quarter_of(store, knowledge, week)
    spreads = spread(settings, cohort, quarter.lengths())
    told = the_weeks(store, settings, knowledge, week, overall.rate, now)
    blind = clipped(blind_so_far(store, knowledge, settings.desks, week.start, now), week.start, week.end)
    return Made(
        ReportFacts(
            organisation=settings.organisation,
            week=week,
            made_at=now,
            as_of=knowledge.as_of_all(settings.desks),
            reply_within=settings.target.reply_within,
            overall=overall,
            previous=told.weeks[-2].rate,
            teams=teams,
            longest=tuple(Longest(w.team, w.number, w.opened_at, now - w.opened_at) for w in late[:MOST_LONGEST]),
            left_out=_left_out(store, week),
            unseen=(*_unseen(settings, knowledge, week), *_blind(settings, knowledge, blind), *_hidden(invisible)),
            blind=blind,
            promises=tuple(dict.fromkeys(desk.target.promise for desk in settings.desks.values())),
            history_from=history_from(settings, knowledge, week),
            invisible=invisible,
            within=spreads.within,
            hours=spreads.hours,
            missed=spreads.missed,
            teams_before=_before(told.teams_before, settings),
            weeks=told.weeks,
            restated=told.restated,
            sent=told.sent,
            sent_at=told.sent.told_at if told.sent else None,
            changed_hands=hands(quarter, settings),
            gone_quiet=quiet_partners(store, settings, knowledge, week, now),
        ),
        cohort,
        {address: desk.target.calendar for address, desk in settings.desks.items()},
        Frozen(counted(cohort, week), told.retold, knowledge.as_of_all(settings.desks)),
    )


def _teams(
    cohort: Sequence[WaitFacts], waiting: Sequence[WaitFacts], settings: Settings
) -> tuple[tuple[str, Figures], ...]:
    watched = dict.fromkeys(desk.team for desk in settings.desks.values())
    names = [team for team in settings.teams if team in watched]
    due, open_ = by_team(cohort, names), by_team(waiting, names)
    return tuple((t, figures(due.get(t, []), open_.get(t, []), goal_of(settings, t))) for t in {**due, **open_})


def _before(tallies: Mapping[str, Tally], settings: Settings) -> tuple[tuple[str, Rate], ...]:
    """Each team in the quarter before this week; in the order of the config, without those that it does not know."""
    return tuple((t, Rate(*tallies[t], goal_of(settings, t))) for t in settings.teams if t in tallies)


def report_letter(
    store: Store, settings: Settings, letters: "Letters", made: Made, recipient: str, obligation: str, now: datetime
) -> NewLetter:
    """The report as it goes to one recipient, with the waits behind it as a file."""
    # Not above: figures alone (`report --json`) need no letters, whose packages take as long to import as they do.
    from monitor.jobs.remind import new_letter
    from monitor.outbox.letters import Attachment

    name = f"{made.facts.week.name}.csv"
    rendered = letters.render_report(made.facts, attached=name, language=settings.language_of(recipient))
    return new_letter(store, settings, "report", recipient, obligation, rendered, now, [Attachment(name, made.csv())])


def _can_be_told(settings: Settings, knowledge: Knowledge, week: Week, report: ReportSettings, now: datetime) -> bool:
    """Every mailbox was seen whole since the week closed; after a day of patience, at least one was ever seen."""
    looks = [knowledge.as_of(m) for m in settings.desks]
    if all(look is not None and look >= week.end for look in looks):
        return True
    return now >= report.on.after(week) + PATIENCE and any(look is not None for look in looks)


def _left_out(store: Store, week: Week) -> tuple[tuple[Text, int], ...]:
    found = left_out(store, week.start, week.end)
    return tuple(
        (words, count)
        for kind, words in LEFT_OUT_WORDS.items()
        if (count := sum(n for rule, n in found.items() if rule.partition(".")[0] == kind))
    )


def _unseen(settings: Settings, knowledge: Knowledge, week: Week) -> list[Said]:
    found: list[Said] = []
    for mailbox in settings.desks:
        view, as_of = knowledge.views.get(mailbox), knowledge.as_of(mailbox)
        if view is None or as_of is None:
            found.append(
                say(
                    "%(mailbox)s has not been read completely yet; its messages are not in these figures.",
                    mailbox=mailbox,
                )
            )
        elif as_of < week.end:
            found.append(
                say(
                    "%(mailbox)s is known only up to %(known)s; what came later is not counted.",
                    mailbox=mailbox,
                    known=Moment(as_of, settings.zone),
                )
            )
        if view is not None and as_of is not None and not knowledge.replies_visible(mailbox):
            found.append(
                say(
                    "No reply from %(mailbox)s was ever seen; its waits may have been answered where we cannot look.",
                    mailbox=mailbox,
                )
            )
    return found


def _blind(settings: Settings, knowledge: Knowledge, blind: Sequence[Blind]) -> list[Said]:
    """Of each mailbox the spells that are over; of one that goes on it is said already up to when it is known."""
    views = knowledge.views
    ended = [one for one in blind if one.mailbox in views and one.since != views[one.mailbox].as_of]
    by_mailbox = ([one for one in ended if one.mailbox == mailbox] for mailbox in settings.desks)
    return [sentence for spells in by_mailbox if (sentence := said(spells, settings.zone))]


def _hidden(invisible: Mapping[str, Invisible]) -> list[Said]:
    return [
        say(
            "Replies we could not see at %(mailbox)s: %(share)s of those that people answered; some of its waits were "
            "answered where we cannot look.",
            mailbox=mailbox,
            share=share(one),
        )
        for mailbox, one in invisible.items()
        if one.too_many
    ]
