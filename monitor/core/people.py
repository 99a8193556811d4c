"""GROUND. The people who get letters: in which language, when, and who stands in for them."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from monitor.core.calendar import Calendar


class Absence(NamedTuple):
    """Days on which somebody is away, the first and the last included, on their own calendar's clock."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who gets letters. `calendar` is their sending window; None: at any time.

    `name` is what colleagues call them; empty: the address speaks for itself. `substitute` gets their letters while
    they are away. `language` is that of their letters (ISO 639-1); empty: the house's.
    """

    address: str
    name: str = ""
    language: str = ""
    calendar: Calendar | None = None
    away: tuple[Absence, ...] = ()
    substitute: str | None = None
