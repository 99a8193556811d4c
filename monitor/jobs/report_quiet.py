"""FLOOR 2. Partners that have gone quiet: few are asked about, so that few mails are read, however many there are."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from monitor.config import GoneQuietSettings, Settings
from monitor.config.freemail import PUBLIC_PROVIDERS
from monitor.core.addresses import plain_address
from monitor.core.forgetting import NOWHERE
from monitor.core.report.gone_quiet import (
    BASE,
    FARTHEST,
    LISTED,
    LONG_GONE,
    Dialogue,
    GoneQuiet,
    Seen,
    fell_silent,
    gone_quiet,
    partner_of,
    unseen_weeks,
)
from monitor.core.report.week import Week
from monitor.jobs.knowledge import Knowledge, blind_so_far, read_back_to
from monitor.store import dialogue as mail
from monitor.store.store import Store

HIDES = timedelta(hours=24)
"""A mailbox that could not be seen for so long makes a week no silent one. What came meanwhile is read afterwards, but
for what somebody answered and deleted before we looked again."""

_A_WEEK = timedelta(days=7)


def quiet_partners(
    store: Store, settings: Settings, knowledge: Knowledge, week: Week, now: datetime
) -> tuple[GoneQuiet, ...] | None:
    """Who has gone quiet up to the end of a week, and was not heard of since; None where nobody asked for it."""
    asked = settings.gone_quiet
    if asked is None:
        return None
    views = [knowledge.views.get(mailbox) for mailbox in settings.desks]
    if any(view is None or view.as_of is None or view.as_of < week.end for view in views):
        return ()  # what we have not seen yet is no silence
    asking = _Asking(store, asked, week, min(now, week.end + _A_WEEK), _writers(store, settings, week, now))
    silent = asking.silent()
    dialogues = asking.dialogues(silent)
    last = [one.last_at for one in dialogues if one.last_at is not None]
    seen = _seen(store, settings, knowledge, week, min([week.start, *last]), now)
    told = {one.partner for one in gone_quiet(dialogues, week, asked.after, seen)}
    closely = asking.closely([d for d in dialogues if d.partner in told], silent)
    return gone_quiet(closely, week, asked.after, seen)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One question; `end`: up to when we look, `wrote`: who wrote to us in each week (its Monday) that shows habits."""

    store: Store
    asked: GoneQuietSettings
    week: Week
    end: datetime
    wrote: Mapping[date, Mapping[str, datetime]]

    def dialogues(self, silent: Mapping[str, set[str]]) -> list[Dialogue]:
        """The mail with all who may be quiet: theirs, and ours in the same conversations."""
        found = [Dialogue(p, self._theirs(p, each), (), p in self.asked.partners) for p, each in silent.items()]
        addresses = {address for each in silent.values() for address in each}
        return _with(found, mail.our_replies(self.store, addresses, self._back(BASE + LISTED), self.end))

    def closely(self, dialogues: Collection[Dialogue], silent: Mapping[str, set[str]]) -> list[Dialogue]:
        """The same of a few with all that we wrote to them lately: in older conversations, and where we began."""
        if not dialogues:
            return []
        last = min(one.last_at or self.end for one in dialogues)
        addresses = {address for one in dialogues for address in silent[one.partner]}
        partners, year = [one.partner for one in dialogues], self._back(FARTHEST)
        ours = mail.our_replies(self.store, addresses, min(last, year), self.end)
        return _with(dialogues, [*ours, *mail.begun_with(self.store, partners, max(last, year), self.end)])

    def _back(self, weeks: int) -> datetime:
        return self.week.start - weeks * _A_WEEK

    def silent(self) -> dict[str, set[str]]:
        """Who may be quiet, each with their addresses: nobody who wrote in the last weeks, or since.

        Those of the config first, in its order.
        """
        found: dict[str, set[str]] = {partner: set() for partner in (*self.asked.partners, *sorted(self._learnt()))}
        lately = self.week.monday - self.asked.after * _A_WEEK
        for monday, wrote in self.wrote.items():
            for address in wrote:
                for partner in _partners_of(address) & found.keys():
                    if monday > lately:
                        del found[partner]
                    else:
                        found[partner].add(address)
        return found

    def _learnt(self) -> set[str]:
        if not self.asked.learn:
            return set()
        by_partner = {
            monday: {partner_of(address, PUBLIC_PROVIDERS) for address in wrote} for monday, wrote in self.wrote.items()
        }
        return fell_silent(by_partner, self.week, self.asked.after)

    def _theirs(self, partner: str, addresses: set[str]) -> tuple[datetime, ...]:
        """The last mail of each of them in each week; where there is none in these weeks, their last before.

        Whose that was is put into `addresses`.
        """
        found = [wrote[address] for wrote in self.wrote.values() for address in addresses if address in wrote]
        if not found and (before := mail.last_written(self.store, partner, self._back(LONG_GONE), self.end)):
            addresses.add(before[0])
            found.append(before[1])
        return tuple(found)


def _with(found: Iterable[Dialogue], ours: Iterable[mail.Ours]) -> list[Dialogue]:
    """The same with mails of ours, each where it went."""
    sent: dict[str, list[datetime]] = {}
    for at, recipients in ours:
        for partner in {partner for address in recipients for partner in _partners_of(address)}:
            sent.setdefault(partner, []).append(at)
    return [replace(one, ours=(*one.ours, *sent.get(one.partner, ()))) for one in found]


def _writers(store: Store, settings: Settings, week: Week, now: datetime) -> dict[date, dict[str, datetime]]:
    """Who wrote to us in each of the weeks that show habits, and in the one since: people outside."""
    weeks, one = [Week.of(week.end, week.zone)], week
    for _ in range(BASE + LISTED):
        weeks.append(one)
        one = one.before()
    return {
        one.monday: {
            address: at
            for address, at in mail.writers(store, one.start, min(one.end, now)).items()
            if _is_outside(settings, address)
        }
        for one in weeks
    }


def _is_outside(settings: Settings, address: str) -> bool:
    return not address.endswith(f"@{NOWHERE}") and not settings.staff.is_ours(address)


def _partners_of(address: str) -> set[str]:
    """As whom the config may name somebody, and as whom they are learnt."""
    plain = plain_address(address)
    return {plain, address, plain.rpartition("@")[2], address.rpartition("@")[2]}


def _seen(store: Store, settings: Settings, knowledge: Knowledge, week: Week, since: datetime, now: datetime) -> Seen:
    spells = blind_so_far(store, knowledge, settings.desks, since, now)
    unseen: set[date] = set()
    for mailbox in settings.desks:
        mine = [(spell.since, spell.until) for spell in spells if spell.mailbox == mailbox]
        unseen |= unseen_weeks(mine, HIDES, week.zone)
    return Seen(unseen, read_back_to(settings, knowledge))
