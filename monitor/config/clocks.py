"""FLOOR 1. From the keys of the config to calendars: what counts for a promise, and when a person gets letters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from monitor.config.calendars import HoursLine, in_words, named_days, week_of
from monitor.config.closed_days import TRIED_YEARS, Holidays, together
from monitor.config.kinds import Part
from monitor.config.model import ConfigModel, PersonPart, TargetKeys
from monitor.config.places import Mistake, Path
from monitor.core.calendar import Calendar, Mode, due_at
from monitor.core.durations import words
from monitor.core.house import ALWAYS, Target
from monitor.core.promise import a_week_of

KEYS = frozenset({"clock", "closed", "hours", "holidays", "quiet"})
"""The keys that calendars are made of."""
LONGEST_IN_WEEKS = 520
"""A promise must fit into the opening hours of ten years."""
_BOTH = '"open-days" or "office-hours"'
_FOR = {"closed": _BOTH, "hours": '"office-hours"', "holidays": _BOTH}
"""The clocks for which a key says something."""


class _Placed(NamedTuple):
    """A part of the config and where it stands."""

    path: Path
    keys: Part


def target_of(zone: ZoneInfo, *parts: TargetKeys | None) -> Target:
    """The first part that says it wins, each key by itself: mailbox before team before [target]."""
    chain, default = [part for part in parts if part is not None], Target()
    return Target(
        _said(chain, "reply_within", default.reply_within),
        _said(chain, "goal", default.goal),
        _calendar(chain, zone),
    )


def _calendar(chain: Sequence[Part], zone: ZoneInfo) -> Calendar:
    """By the clock on the wall all calendars are one."""
    mode: Mode = _said(chain, "clock", "elapsed")
    hours = week_of(_said(chain, "hours", ())) if mode == "office-hours" else {}
    return ALWAYS if mode == "elapsed" else _made(chain, zone, mode, "closed", hours)


def _made(chain: Sequence[Part], zone: ZoneInfo, mode: Mode, closed: str, hours: dict[int, Any]) -> Calendar:
    days = together(_said(chain, "holidays", ()), zone)
    weekdays: frozenset[int] = frozenset().union(*_said(chain, closed, ()))
    return Calendar(zone, mode, weekdays, hours, days, days)


def window(model: ConfigModel, person: PersonPart | None = None) -> Calendar | None:
    """When somebody gets letters, each key by itself: a [[person]]'s before [letters]; None: at any time."""
    chain: list[Part] = [part for part in (person, model.letters) if part is not None]
    if not any(_said(chain, key, ()) for key in ("hours", "quiet", "holidays")):
        # Their own zone says when the days begin on which they are away.
        return Calendar(person.timezone) if person and person.timezone else None
    hours = week_of(_said(chain, "hours", ()))
    zone = (person.timezone if person else None) or model.timezone
    return _made(chain, zone, "office-hours" if hours else "open-days", "quiet", hours)


def misfits(model: ConfigModel) -> Iterator[Mistake]:
    """Calendars that count nothing, contradict themselves, or say what has no effect; each once."""
    found = [m for chain in _chains(model) for m in _promise_misfits(chain, model.timezone)]
    found += [m for person in (None, *model.person) for m in _window_misfits(model, person)]
    yield from dict.fromkeys([*found, *_without_effect(model)])


def _chains(model: ConfigModel) -> Iterator[list[_Placed]]:
    """Of each mailbox the parts that say what counts there, the first to win first."""
    teams = {team.name: _Placed(("team", n), team) for n, team in enumerate(model.team)}
    for n, mailbox in enumerate(model.mailbox):
        team = [teams[mailbox.team]] if mailbox.team in teams else []
        yield [_Placed(("mailbox", n), mailbox), *team, _Placed(("target",), model.target)]


def _without_effect(model: ConfigModel) -> Iterator[Mistake]:
    """Keys that are for another clock than that of every mailbox they hold for."""
    clocks: dict[Path, set[str]] = {}
    for chain in _chains(model):
        for key in _FOR:
            if place := _place(chain, key):
                clocks.setdefault(place, set()).add(_said([part.keys for part in chain], "clock", "elapsed"))
    for place, found in clocks.items():
        key = str(place[-1])
        if not any(f'"{clock}"' in _FOR[key] for clock in found):
            text = f'`{key}` has no effect with the clock "{min(found)}"; it is for the clock {_FOR[key]}'
            yield Mistake(place, text)


def _promise_misfits(chain: Sequence[_Placed], zone: ZoneInfo) -> Iterator[Mistake]:
    keys, clock = [part.keys for part in chain], _place(chain, "clock")
    mode: Mode = _said(keys, "clock", "elapsed")
    if clock is None or mode == "elapsed":
        return
    closed = _place(chain, "closed") or clock
    if mode == "office-hours" and _place(chain, "hours") is None:
        yield Mistake(clock, '`clock` "office-hours" needs `hours`: add hours = "mon-fri 09:00-17:00"')
        return
    if mode == "open-days" and not _said(keys, "closed", ()) and not _said(keys, "holidays", ()):
        text = '`clock` "open-days" needs days that are closed: add closed = ["sat", "sun"], or `holidays`'
        yield Mistake(clock, text)
        return
    calendar = _calendar(keys, zone)
    lines = _said(keys, "hours", ()) if mode == "office-hours" else ()
    yield from _not_open(calendar, lines, closed, _place(chain, "holidays") or closed)
    week, within = a_week_of(calendar), _said(keys, "reply_within", Target().reply_within)
    if week and within > LONGEST_IN_WEEKS * week:
        text = f"`reply_within` takes over ten years of this calendar, whose week counts {words(week)}"
        yield Mistake(_place(chain, "reply_within") or clock, text)


def _window_misfits(model: ConfigModel, person: PersonPart | None) -> Iterator[Mistake]:
    """What is wrong with when somebody gets letters; None: who has no [[person]]."""
    calendar, chain = window(model, person), [_Placed(("letters",), model.letters)]
    if person is not None:
        chain.insert(0, _Placed(("person", model.person.index(person)), person))
    places = [place for key in ("quiet", "hours", "holidays") if (place := _place(chain, key))]
    if calendar is not None and places:
        lines = _said([part.keys for part in chain], "hours", ())
        yield from _not_open(calendar, lines, places[0], places[-1])


def _not_open(calendar: Calendar, lines: Sequence[HoursLine], closed: Path, holidays: Path) -> Iterator[Mistake]:
    """Weekdays that are both open and closed; and zero open hours: every weekday is closed, or own days and files close
    every day of a year."""
    if both := calendar.closed & named_days(lines):
        text = f"`{closed[-1]}` names {in_words(both)}, but `hours` opens then; take it out of one of them"
        yield Mistake(closed, text)
        return
    if not a_week_of(calendar):
        yield Mistake(closed, f"`{closed[-1]}` leaves no open hour in the week, so nothing would be counted or sent")
        return
    days = calendar.holidays
    if not isinstance(days, Holidays) or not (days.files or days.days or days.parts):
        return
    own = replace(days, countries=())
    tried = replace(calendar, holidays=own, part_holidays=own)
    for year in TRIED_YEARS:
        try:
            due_at(datetime(year, 1, 1, tzinfo=UTC), timedelta(minutes=1), tried)
        except ValueError:
            yield Mistake(holidays, f"`holidays` leave no open hour in {year}, so nothing would be counted or sent")
            return


def _said(chain: Iterable[Part], key: str, otherwise: Any) -> Any:
    """What the first part says that says something; a value of the type of `key`."""
    return next((value for part in chain if (value := getattr(part, key, None)) is not None), otherwise)


def _place(chain: Iterable[_Placed], key: str) -> Path | None:
    """Where that stands."""
    return next(((*path, key) for path, part in chain if getattr(part, key, None) is not None), None)
