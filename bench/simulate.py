"""`simulate` over years of history, as a process of its own: an ordinary house, and one that leaves people waiting."""

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update

import monitor
from bench.first_look import command
from bench.process import Run
from bench.report import config
from bench.report_store import END, Size, build
from monitor.config import load
from monitor.store.store import open_store
from monitor.store.tables import messages, waits
from monitor.store.tables import settings as rules

LAST_YEARS = timedelta(days=10)
"""Who is made to wait for years wrote so long before the end at least."""
CASES = {
    "promise": ["--set", "target.reply_within=8h"],
    "ladder": ["--set", "reminder.1.after=4h", "--set", "reminder.1.repeat=12h"],
    "fold": ["--set", "ignore.subjects=*nothing of the kind*"],
}
"""What is changed: promises and ladders go by the waits as they are stored, other rules fold all mail again."""


AS_MAIL = (
    """UPDATE messages SET headers = '{}', in_reply_to = '[]' WHERE id IN
       (SELECT opener FROM waits WHERE state IN ('answered', 'waiting'))""",
    """UPDATE messages SET headers = '{}', in_reply_to =
       (SELECT json_array(asks.message_id) FROM waits JOIN messages asks ON asks.id = waits.opener
        WHERE waits.answered_by = messages.id) WHERE direction = 'outgoing'""",
)
"""The report's store was made for those who do not read the mail again: what was asked and answered becomes mail that
says so, so that folding it gives the same waits."""


class Played(NamedTuple):
    """One `simulate`: the process, and the reminders on both sides."""

    name: str
    run: Run
    reminders: int


def main(arguments: list[str]) -> None:
    """`python -m bench simulate`: build a store, or take one, and measure."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
        url = f"sqlite:///{name}/simulate.sqlite"
        build(url, Size(options.waits, options.years), say=_say)
        path = Path(name) / "simulate.toml"
        path.write_text(config(url))
        _say(f"{_prepare(path):,} messages")
        runs = [_run(path, case, words, options.weeks) for case, words in CASES.items()]
        leave_waiting(url, options.forgotten)
        words = CASES["promise"]
        runs.append(_run(path, f"promise, {options.forgotten:,} never answered", words, options.weeks))
    print(_table(runs))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench simulate", description=__doc__)
    parser.add_argument("--waits", type=int, default=68_000, help="in all these years (150,000 messages of 68,000)")
    parser.add_argument("--years", type=int, default=2)
    parser.add_argument("--weeks", type=int, default=10, help="how far back `simulate` goes")
    parser.add_argument("--forgotten", type=int, default=15_000, help="of these waits never answered, in the last run")
    parser.add_argument("--folder", type=Path, default=None, help="where to put the store")
    return parser.parse_args(arguments)


def _prepare(path: Path) -> int:
    """Makes it a store that a daemon could have written, folded by these rules; how many messages it has."""
    settings = load(path)
    store = open_store(settings.store_url)
    with store.writing() as connection:
        row = {"name": "rules", "value": settings.rules_fingerprint(monitor.__version__)}
        connection.execute(insert(rules).values(**row))
        for statement in AS_MAIL:
            connection.exec_driver_sql(statement)
    with store.reading() as connection:
        count = int(connection.execute(select(func.count()).select_from(messages)).scalar_one())
    store.close()
    return count


def leave_waiting(url: str, count: int) -> None:
    """So many of the waits, spread over the years, as if nobody had ever answered."""
    store = open_store(url)
    with store.writing() as connection:
        old = waits.c.opened_at < END - LAST_YEARS
        all_ = int(connection.execute(select(func.count()).select_from(waits).where(old)).scalar_one())
        each = max(1, all_ // count)
        nobody = {"state": "waiting", "answered_at": None, "answered_by": None, "closed_at": None, "evidence": None}
        connection.execute(update(waits).where(old, waits.c.id % each == 0).values(**nobody))
    store.close()


def _run(path: Path, name: str, changed: list[str], weeks: int) -> Played:
    out = path.with_suffix(".out")
    made = command(path, ["simulate", "--json", "--weeks", str(weeks), *changed], END, out)
    told: dict[str, Any] = json.loads(out.read_text())
    _say(f"{name}: {made.seconds:.1f} s")
    return Played(name, made, sum(told[side]["reminders"] for side in ("before", "after")))


def _table(played: list[Played]) -> str:
    rows = [
        f"| {each.name} | {each.reminders:,} | {each.run.seconds:.1f} | {each.run.cpu:.1f} | {each.run.peak_mb:.0f} |"
        for each in played
    ]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    head = ["| changed | reminders, both sides | s | CPU s | peak MB |", "|---|---|---|---|---|"]
    return "\n".join([machine, "", *head, *rows])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
