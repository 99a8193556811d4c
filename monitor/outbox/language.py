"""FLOOR 1. One language of letters: its catalogue, and how it says moments, lengths of time, numbers and lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from gettext import NullTranslations
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal

from monitor.core import moments
from monitor.core.promise import Promise
from monitor.core.said import Moment, Said, When
from monitor.outbox.plain import isolated, tame

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Forms:
    """Patterns of the CLDR (UTS #35, "Date Format Patterns") where our habit, 24 hours and no seconds, is not theirs.

    `first`: the first day of a month, which French counts (`1er décembre`).
    """

    locale: str
    time: str
    day: str
    first: str


FORMS: Mapping[str, Forms] = {
    "en": Forms("en_GB", "HH:mm", "EEEE d MMMM", "EEEE d MMMM"),
    "de": Forms("de", "HH:mm\N{NO-BREAK SPACE}'Uhr'", "EEEE, d. MMMM", "EEEE, d. MMMM"),
    "fr": Forms(
        "fr", "H\N{NO-BREAK SPACE}'h'\N{NO-BREAK SPACE}mm", "EEEE d\N{NO-BREAK SPACE}MMMM",
        "EEEE d'er'\N{NO-BREAK SPACE}MMMM",
    ),
}  # fmt: skip
"""The languages that letters are written in (ISO 639-1)."""


class Language:
    """How one language says what letters hold. `code` is one of FORMS; any other is English."""

    def __init__(self, code: str = ENGLISH, catalogue: NullTranslations | None = None) -> None:
        self.code = code if code in FORMS else ENGLISH
        self._forms, self._catalogue = FORMS[self.code], catalogue or NullTranslations()
        self._locale = Locale.parse(self._forms.locale)

    def gettext(self, message: str, values: Mapping[str, Any], kind: type[str] = str) -> str:
        """A message with its values; a `%` of its own is written `%%`. `kind`: of the text, which may escape values."""
        return kind(self._catalogue.gettext(message)) % self._said(values)

    def ngettext(self, one: str, many: str, count: int, values: Mapping[str, Any], kind: type[str] = str) -> str:
        """The same, in the form that this language has for so many."""
        return kind(self._catalogue.ngettext(one, many, count)) % self._said(values)

    def npgettext(self, context: str, one: str, many: str, count: int, values: Mapping[str, Any]) -> str:
        """The same, where one English word stands for several."""
        return self._catalogue.npgettext(context, one, many, count) % self._said(values)

    def text(self, value: object) -> str:
        """Any value of a letter as this language says it; what is text already stays as it is."""
        if isinstance(value, Said):
            values = dict(value.values)
            if value.many:
                return self.ngettext(value.text, value.many, value.count, values)
            return self.gettext(value.text, values)
        if isinstance(value, When):
            return self.since(value.moment, value.zone, value.near)
        if isinstance(value, Moment):
            return self._moment(value)
        if isinstance(value, timedelta):
            return self.words(value)
        if isinstance(value, Promise):
            return self.promise_of(*value)
        if isinstance(value, int | float):
            return self.number(value)
        return str(value)

    def number(self, number: float) -> str:
        """`9,000`."""
        return format_decimal(number, locale=self._locale)

    def listed(self, texts: Sequence[str]) -> str:
        """`this`, `this and that`, `this, that and more`."""
        return format_list([tame(text) for text in texts], locale=self._locale)

    def words(self, length: timedelta) -> str:
        """`16 minutes`, `42 hours`, `3 days`: hours below 48, then days; rounded down."""
        minutes = max(0, int(length.total_seconds() // 60))
        if minutes < 60:
            return self.ngettext("%(n)s minute", "%(n)s minutes", minutes, {"n": minutes})
        hours = minutes // 60
        if hours < 48:
            return self.ngettext("%(n)s hour", "%(n)s hours", hours, {"n": hours})
        days = hours // 24
        return self.ngettext("%(n)s day", "%(n)s days", days, {"n": days})

    def waited(self, length: timedelta) -> str:
        """The same, of somebody who has waited for so long: `seit 3 Tagen`, not `3 Tage`."""
        minutes = max(0, int(length.total_seconds() // 60))
        if minutes < 60:
            return self.npgettext("waiting for", "%(n)s minute", "%(n)s minutes", minutes, {"n": minutes})
        hours = minutes // 60
        if hours < 48:
            return self.npgettext("waiting for", "%(n)s hour", "%(n)s hours", hours, {"n": hours})
        days = hours // 24
        return self.npgettext("waiting for", "%(n)s day", "%(n)s days", days, {"n": days})

    def promise(self, length: timedelta, mode: str = "elapsed") -> str:
        """`24 hours`, `24 hours on open days`, `2 open days`, `24 office hours`, `30 minutes of office hours`.

        An office has no days of 24 hours, so its hours are never said in days.
        """
        hours, rest = divmod(length, timedelta(hours=1))
        if mode == "office-hours" and hours and not rest:
            return self.ngettext("%(n)s office hour", "%(n)s office hours", hours, {"n": hours})
        if mode == "office-hours":
            return self.gettext("%(length)s of office hours", {"length": length})
        if mode == "open-days" and hours >= 48 and not rest and hours % 24 == 0:
            return self.ngettext("%(n)s open day", "%(n)s open days", hours // 24, {"n": hours // 24})
        return (
            self.gettext("%(length)s on open days", {"length": length}) if mode == "open-days" else self.words(length)
        )

    def promise_of(self, length: timedelta, mode: str = "elapsed") -> str:
        """The same after `of`: `Frist von 3 Tagen`, not `3 Tage`."""
        days, rest = divmod(length, timedelta(days=1))
        if mode == "open-days" and days >= 2 and not rest:
            return self.npgettext("waiting for", "%(n)s open day", "%(n)s open days", days, {"n": days})
        return self.waited(length) if mode == "elapsed" else self.promise(length, mode)

    def clock(self, moment: datetime, zone: ZoneInfo) -> str:
        """`09:36`, always of 24 hours."""
        return format_datetime(moment.astimezone(zone), self._forms.time, locale=self._locale)

    def day_and_time(self, moment: datetime, zone: ZoneInfo, near: datetime | None = None) -> str:
        """`Thursday 12 November, 09:36`; with the year where it is not the year of `near`."""
        values = {"day": self.day(moment, zone, near), "time": self.clock(moment, zone)}
        return self.gettext("%(day)s, %(time)s", values)

    def since(self, moment: datetime, zone: ZoneInfo, near: datetime) -> str:
        """`09:58` on the day of `near`; `Friday 09:12` within a week of it; else the whole date."""
        time, day = self.clock(moment, zone), days_off(moment, zone, near)
        if day == 0:
            return time
        if abs(day) < 7:
            return self.gettext("%(weekday)s %(time)s", {"weekday": self._weekday(moment, zone), "time": time})
        return self.day_and_time(moment, zone, near)

    def on(self, moment: datetime, zone: ZoneInfo, near: datetime) -> str:
        """The same where something happens then: `at 09:58`, `on Friday 09:12`, `on Thursday 12 November, 09:36`."""
        time, day = self.clock(moment, zone), days_off(moment, zone, near)
        if day == 0:
            return self.gettext("at %(time)s", {"time": time})
        if abs(day) < 7:
            return self.gettext("on %(weekday)s %(time)s", {"weekday": self._weekday(moment, zone), "time": time})
        return self.gettext("on %(day)s, %(time)s", {"day": self.day(moment, zone, near), "time": time})

    def at(self, moment: datetime, zone: ZoneInfo, near: datetime) -> str:
        """The same with the time first: `at 09:58`, `at 09:10 on Monday`, `at 09:36 on Thursday 12 November`."""
        time, day = self.clock(moment, zone), days_off(moment, zone, near)
        if day == 0:
            return self.gettext("at %(time)s", {"time": time})
        if abs(day) < 7:
            return self.gettext("at %(time)s on %(weekday)s", {"time": time, "weekday": self._weekday(moment, zone)})
        return self.gettext("at %(time)s on %(day)s", {"time": time, "day": self.day(moment, zone, near)})

    def short_day_and_time(self, moment: datetime, zone: ZoneInfo, near: datetime | None = None) -> str:
        """`Thu 12 Nov, 09:36`: for tables."""
        if self.code == ENGLISH:
            return moments.short_day_and_time(moment, zone, near)  # as the command line; the CLDR has `Sept`
        pattern = self._pattern(moment, zone, near).replace("EEEE", "EEE").replace("MMMM", "MMM")
        day = format_datetime(moment.astimezone(zone), pattern, locale=self._locale)
        return self.gettext("%(day)s, %(time)s", {"day": day, "time": self.clock(moment, zone)})

    def brief(self, moment: datetime, zone: ZoneInfo, near: datetime) -> str:
        """`09:58` on the day of `near`; `Fri 09:12` within a week of it; else only the day: `Thu 12 Nov`."""
        day = days_off(moment, zone, near)
        if day == 0:
            return self.clock(moment, zone)
        if abs(day) < 7:
            weekday = format_datetime(moment.astimezone(zone), "EEE", locale=self._locale)
            return self.gettext("%(weekday)s %(time)s", {"weekday": weekday, "time": self.clock(moment, zone)})
        pattern = self._pattern(moment, zone, near).replace("EEEE", "EEE").replace("MMMM", "MMM")
        return format_datetime(moment.astimezone(zone), pattern, locale=self._locale)

    def month(self, moment: datetime, zone: ZoneInfo, near: datetime | None = None, with_year: bool = False) -> str:
        """`November`; with the year where that is wanted, or is not the year of `near`."""
        local = moment.astimezone(zone)
        named = with_year or (near is not None and near.astimezone(zone).year != local.year)
        return format_date(local, "LLLL y" if named else "LLLL", locale=self._locale)

    def days(self, first: date, last: date) -> str:
        """`9 to 15 November`, `30 November to 6 December`; with years where the two differ."""
        year, month = (" y", True) if first.year != last.year else ("", first.month != last.month)
        begin = self._date(first, month, year)
        return self.gettext("%(first)s to %(last)s", {"first": begin, "last": self._date(last, True, year)})

    def _moment(self, value: Moment) -> str:
        if value.way == "clock":
            return self.clock(value.moment, value.zone)
        if value.way == "weekday":
            return self._weekday(value.moment, value.zone)
        if value.way == "short-weekday":
            return format_datetime(value.moment.astimezone(value.zone), "EEE", locale=self._locale)
        if value.way in ("month", "month and year"):
            return self.month(value.moment, value.zone, value.near, with_year=value.way != "month")
        day = self.short_day_and_time if value.way == "short" else self.day_and_time
        return day(value.moment, value.zone, value.near)

    def _date(self, day: date, month: bool, year: str) -> str:
        """Without the weekday, and perhaps without the month."""
        pattern = (self._forms.first if day.day == 1 else self._forms.day).removeprefix("EEEE").lstrip(", ")
        return format_date(day, (pattern if month else pattern.replace("MMMM", "").strip()) + year, locale=self._locale)

    def _weekday(self, moment: datetime, zone: ZoneInfo) -> str:
        return format_datetime(moment.astimezone(zone), "EEEE", locale=self._locale)

    def day(self, moment: datetime, zone: ZoneInfo, near: datetime | None = None) -> str:
        """`Thursday 12 November`; with the year where it is not the year of `near`."""
        return format_datetime(moment.astimezone(zone), self._pattern(moment, zone, near), locale=self._locale)

    def _pattern(self, moment: datetime, zone: ZoneInfo, near: datetime | None) -> str:
        local = moment.astimezone(zone)
        year = "" if near is None or near.astimezone(zone).year == local.year else " y"
        return (self._forms.first if local.day == 1 else self._forms.day) + year

    def _said(self, values: Mapping[str, Any]) -> Mapping[str, str]:
        # What has markup was made by a template, of ours or an operator's, and is harmless already.
        # A name from right to left is kept apart: it would turn round an arrow or a figure beside it.
        return {k: v if hasattr(v, "__html__") else isolated(tame(self.text(v))) for k, v in values.items()}


def days_off(moment: datetime, zone: ZoneInfo, near: datetime) -> int:
    """How many calendar days a moment lies after `near`."""
    return (moment.astimezone(zone).date() - near.astimezone(zone).date()).days
