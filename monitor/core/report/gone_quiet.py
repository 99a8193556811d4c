"""GROUND. Partners with whom there used to be dialogue every week, and now there is none."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GoneQuiet:
    """A partner (an address or a domain), when the last mail went either way (UTC), and since how many whole weeks
    there is none. `named`: by the config, else learnt from the mail."""

    partner: str
    last_at: datetime
    weeks: int
    named: bool
