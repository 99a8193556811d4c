"""GROUND. Sentences of ours with values in them, for whoever reads them in their language; as text they are English."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Union
from zoneinfo import ZoneInfo

from monitor.core import moments
from monitor.core.durations import words
from monitor.core.promise import Promise


@dataclass(frozen=True, slots=True)
class When:
    """A moment, as it is said at `near` in a zone: `09:58`, `Friday 09:12`, or the whole date."""

    moment: datetime
    zone: ZoneInfo
    near: datetime

    def __str__(self) -> str:
        return moments.since(self.moment, self.zone, self.near)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment said in one way, wherever it lies: `09:58`, `Friday`, `Fri`, `Friday 13 November, 09:58`,
    `Fri 13 Nov, 09:58`; `November`, `November 2026`.

    `full`, `short` and `month` have the year where it is not that of `near`.
    """

    moment: datetime
    zone: ZoneInfo
    way: Literal["clock", "weekday", "short-weekday", "full", "short", "month", "month and year"] = "full"
    near: datetime | None = None

    def __str__(self) -> str:
        if self.way == "clock":
            return moments.clock(self.moment, self.zone)
        if self.way == "weekday":
            return f"{self.moment.astimezone(self.zone):%A}"
        if self.way == "short-weekday":
            return f"{self.moment.astimezone(self.zone):%a}"
        if self.way == "month":
            return moments.month(self.moment, self.zone, self.near)
        if self.way == "month and year":
            return f"{self.moment.astimezone(self.zone):%B %Y}"
        day = moments.short_day_and_time if self.way == "short" else moments.day_and_time
        return day(self.moment, self.zone, self.near)


Value = Union[str, int, float, timedelta, When, Moment, Promise, "Said"]
"""What a sentence may hold. A whole number is a count and is grouped (`9,000`); what only names something is text."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence as templates of `%` take it: `No reply from %(mailbox)s was ever seen`.

    The text is the message of the catalogues, so it is always a literal. With `many` it is a plural, chosen by `count`,
    which stands in it as `%(n)s`. `str()` is English, for logs.
    """

    text: str
    many: str = ""
    count: int = 1
    values: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        text = self.many if self.many and self.count != 1 else self.text
        return text % {name: plain(value) for name, value in self.values}


Text = str | Said
"""What a letter says: a sentence of ours, or text that is the same in every language."""
Shown = Text | timedelta | Moment
"""What a table shows: the same, or a value alone."""


def say(text: str, /, **values: Value) -> Said:
    """A sentence; a `%` of its own is written `%%`."""
    return Said(text, values=tuple(values.items()))


def say_n(one: str, many: str, count: int, /, **values: Value) -> Said:
    """A sentence about so many, in its two English forms."""
    return Said(one, many, count, (("n", count), *values.items()))


def plain(value: Value) -> str:
    """A value in English."""
    if isinstance(value, timedelta):
        return words(value)
    if isinstance(value, Promise):
        return value.words
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
