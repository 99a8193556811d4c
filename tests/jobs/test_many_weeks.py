"""Twenty weeks in which anything may happen between two reports: what was told of a week moves only with a word."""

import csv
import io
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from monitor.config import load
from monitor.core.acts import Command
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.acting import perform
from monitor.jobs.knowledge import know
from monitor.store.forgetting import forget
from monitor.store.mailboxes import refold_if_rules_changed
from monitor.store.report_tables import counted
from monitor.store.store import open_store
from monitor.store.tables import waits
from tests.jobs.test_hidden_replies import DAY, HOUR, INFO, MONDAY
from tests.jobs.weeks import WEEK, House

FIRST, LAST = 36, 52
SETTINGS = (
    "",
    '[target]\nreply_within = "48h"\n',
    '[target]\nreply_within = "8h"\n',
    '[ignore]\nsenders = ["reader40.1@reader40.example", "reader41.2@reader41.example"]\n',
)


class Years(House):
    """A house to which things happen."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        super().__init__(folder)
        self.dice = dice
        self.junk = MemoryFolder("Junk", frozenset({"\\junk"}))
        self.sources[INFO] = MemorySource(self.inbox, self.sent, self.junk)

    def fate(self, number: int) -> str:
        """Something happens in the week after that of `number`, to a week of the last ten."""
        old = self.dice.randrange(max(FIRST, number - 9), number + 1)
        when = MONDAY + (number - 45) * WEEK + self.dice.randrange(1, 6) * DAY
        what = self.dice.choice(
            ["reply", "late", "found", "junk", "back", "done", "forget", "rules", "restart", "nothing", "rename"]
        )
        self.look(when - HOUR)
        getattr(self, f"_{what}")(old, when)
        self.look(when)
        return f"{what} {old}"

    def _one(self, old: int) -> int:
        return self.dice.randrange(max(1, len(self.ids.get(old, ()))))

    def _reply(self, old: int, _: Any) -> None:
        if self.ids.get(old):
            self.answers(old, self._one(old))

    def _late(self, old: int, _: Any) -> None:
        if self.ids.get(old):
            self.answers(old, self._one(old), after=self.dice.choice([12, 30, 60]) * HOUR)

    def _found(self, old: int, _: Any) -> None:
        self.asks(MONDAY + (old - 46) * WEEK + DAY, f"found{self.number}@found.example")

    def _junk(self, old: int, _: Any) -> None:
        if self.inbox.mails:
            self.inbox.move(self.dice.choice(sorted(self.inbox.mails)[-60:]), self.junk)

    def _back(self, old: int, _: Any) -> None:
        if self.junk.mails:
            self.junk.move(self.dice.choice(sorted(self.junk.mails)), self.inbox)

    def _done(self, old: int, when: Any) -> None:
        with self.store.reading() as connection:
            rows = connection.execute(select(waits).where(waits.c.state == "waiting").order_by(waits.c.id)).all()
        if rows:
            row = self.dice.choice(rows)
            done = Command("done", (1,))
            perform(self.store, self.settings, done, {1: row.members}, who="it", via="cli", batch=f"{when}", now=when)

    def _forget(self, old: int, when: Any) -> None:
        house = self.settings.house(self.store.letter_key)
        known = know(self.store, self.settings, when).as_of_all
        forget(self.store, f"reader{old}.{self._one(old)}@reader{old}.example", house, known, when)

    def _rules(self, old: int, _: Any) -> None:
        self.configure(self.dice.choice(SETTINGS))

    def _rename(self, old: int, _: Any) -> None:
        path = self.folder / "config.toml"
        name = self.dice.choice(["Desk", "Front desk"])
        path.write_text(path.read_text().replace('"Front desk"', '"Desk"').replace('"Desk"', f'"{name}"'))
        self.settings = load(path)
        refold_if_rules_changed(self.store, f"{name} {old}", self.settings.house(self.store.letter_key))

    def _restart(self, old: int, _: Any) -> None:
        self.store.close()
        self.store = open_store(f"sqlite:///{self.folder / 'monitor.db'}")

    def _nothing(self, old: int, _: Any) -> None:
        pass


@pytest.mark.parametrize("seed", [5, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(5))])
def test_every_change_of_a_told_week_is_said_once_and_adds_up(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    house = Years(tmp_path, dice)
    house.set('lookback = "all"')
    house.look(MONDAY + (FIRST - 46) * WEEK - HOUR)
    known: dict[str, tuple[int, int]] = {}
    log: list[str] = []
    for number in range(FIRST, LAST + 1):
        asked = dice.choice([0, 3, 9, 12])
        house.a_week(number, asked, dice.randrange(asked + 1))
        house.look(MONDAY + (number - 45) * WEEK)
        if dice.random() < 0.15:
            log.append(f"missed {number}")
            log += [house.fate(number) for _ in range(dice.randrange(3))]
            continue
        report = house.reports(number)
        told = {one["week"]: one for one in report["restated"]}
        for name, one in told.items():
            before, now = ((one[x]["k"], one[x]["n"]) for x in ("before", "now"))
            assert known[name] == before, (name, log)
            known[name] = now
            assert one["reasons"], (name, log, one)
            assert sum(each["waits"] for each in one["reasons"]) >= abs(now[1] - before[1])
        shown = _shown(report)
        known[report["week"]] = report["overall"]["k"], report["overall"]["n"]
        for name, kn in shown.items():
            assert known.setdefault(name, kn) == kn, (name, report["week"], log)
        made = house.made(number, number)
        rows = list(csv.DictReader(io.StringIO(made.csv())))
        met = Counter(row["met"] for row in rows)
        assert (met["true"], met["true"] + met["false"]) == known[report["week"]]
        for one in dice.sample(report["weeks"], 2):
            rate = house.made(int(one["week"][-2:]), number).facts.overall.rate
            assert (rate.k, rate.n) == ((one["k"] or 0), (one["n"] or 0)), (one["week"], report["week"], log)
        _the_kept_waits_recount(house, known)
        log.append(f"told {number}")
        log += [house.fate(number) for _ in range(dice.randrange(5))]
    house.store.close()


def _shown(report: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """What the strip shows, from the first week in which anything came due."""
    weeks = {one["week"]: (one["k"] or 0, one["n"] or 0) for one in report["weeks"]}
    first = min((name for name, (_, n) in weeks.items() if n), default="9999")
    return {name: kn for name, kn in weeks.items() if name >= first}


def _the_kept_waits_recount(house: House, known: dict[str, tuple[int, int]]) -> None:
    latest: dict[tuple[str, int], bool | None] = {}
    with house.store.reading() as connection:
        for row in connection.execute(select(counted).order_by(counted.c.told_in)):
            latest[row.week, row.wait] = row.met
    for week in {week for week, _ in latest}:
        mine = [met for (name, _), met in latest.items() if name == week and met is not None]
        assert (sum(mine), len(mine)) == known[week], week
