"""The weekly report over years of history: `report --json` as a process of its own, and where its time goes."""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from bench.first_look import command
from bench.process import Run
from bench.report_store import END, MAILBOXES, TEAMS, Size, address, build
from monitor.config import load
from monitor.core.report.as_json import frozen_json
from monitor.core.report.week import Week
from monitor.jobs.knowledge import know
from monitor.jobs.report import make
from monitor.store.reporting import claim_report
from monitor.store.store import Store, open_store
from monitor.store.tables import waits

WEEKS_TOLD = 13
"""So many earlier weeks have a report, as they have in a house that has had one each Monday."""
SEEN_LATER = 4
"""Of the first of so many weeks some replies are seen after its report; so it is with the last of WEEKS_TOLD."""

CONFIG = """\
organisation = "Museum"
timezone = "Europe/Berlin"
[imap]
host = "imap.museum.example"
password = {{ env = "UNUSED" }}
lookback = "all"
{mailboxes}{teams}
[store]
url = "{url}"
"""
QUIET = '[gone_quiet]\npartners = ["partner10.example", "orders@partner20.example", "nobody.example"]\n'
ROWS = (
    ("waits", "{waits:,}"),
    ("store GB", "{gigabytes:.1f}"),
    ("report s", "{seconds:.2f}"),
    ("of that start s", "{start_seconds:.2f}"),
    ("report with gone quiet s", "{quiet_seconds:.2f}"),
    ("CPU: report s", "{cpu:.2f}"),
    ("CPU: report as HTML s", "{html_cpu:.2f}"),
    ("CPU: a month's sheet s", "{month_cpu:.2f}"),
    ("CPU: of that start s", "{start_cpu:.2f}"),
    ("CPU: report with gone quiet s", "{quiet_cpu:.2f}"),
    ("peak MB", "{peak_mb:.0f}"),
    ("of that start MB", "{start_mb:.0f}"),
    ("peak MB with gone quiet", "{quiet_mb:.0f}"),
    ("peak MB of a month's sheet", "{month_mb:.0f}"),
)


def main(arguments: list[str]) -> None:
    """`python -m bench report`: build a store, or take one, and measure."""
    options = _options(arguments)
    if options.store:
        print(_table(measure(options.store, options.runs)))
        return
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
        url = options.url or f"sqlite:///{name}/report.sqlite"
        build(url, Size(options.waits, options.years), say=lambda text: print(text, file=sys.stderr, flush=True))
        freeze(url, Path(name))
        print(_table(measure(url, options.runs)))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench report", description=__doc__)
    parser.add_argument(
        "--waits", type=int, default=2_000_000, help="in all these years (5.7 GB of disk for 2,000,000)"
    )
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--runs", type=int, default=5, help="reports of each kind (the median counts)")
    parser.add_argument("--folder", type=Path, default=None, help="where to put the store")
    parser.add_argument("--url", help="an empty database to use instead, such as postgresql://user@host/database")
    parser.add_argument("--store", help="the URL of a store that was built before; it is only read")
    return parser.parse_args(arguments)


def measure(url: str, runs: int) -> dict[str, float]:
    """Medians of some runs, the first of which only warms the disk's cache."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        plain, quiet = Path(name) / "plain.toml", Path(name) / "quiet.toml"
        plain.write_text(config(url))
        quiet.write_text(config(url) + QUIET)
        report = _runs(plain, ["report", "--json"], runs)
        html = _runs(plain, ["report", "--html", str(plain.with_suffix(".html"))], runs)
        month = _runs(plain, ["report", "--month", "2026-10"], runs)
        asked = _runs(quiet, ["report", "--json"], runs)
        start = _runs(plain, ["--version"], runs)
    return {
        **_counts(url),
        "seconds": report.seconds, "cpu": report.cpu, "peak_mb": report.peak_mb,
        "quiet_seconds": asked.seconds, "quiet_cpu": asked.cpu, "quiet_mb": asked.peak_mb,
        "html_cpu": html.cpu, "month_cpu": month.cpu, "month_mb": month.peak_mb,
        "start_seconds": start.seconds, "start_cpu": start.cpu, "start_mb": start.peak_mb,
    }  # fmt: skip


def freeze(url: str, folder: Path) -> None:
    """The weeks before the last one as they were told, oldest first, as the daemon keeps them; of some of them a few
    replies are seen only afterwards, so that the next report says them anew."""
    path = folder / "freeze.toml"
    path.write_text(config(url))
    store, settings = open_store(url), load(path)
    weeks = [Week.of(END, settings.zone).before().before()]
    while len(weeks) < WEEKS_TOLD:
        weeks.append(weeks[-1].before())
    for number, week in enumerate(reversed(weeks), 1):
        now = week.end + timedelta(hours=7)
        made = make(store, settings, know(store, settings, now), week, now)
        claim_report(store, week.name, [], frozen_json(made.facts), made.frozen, now)
        if number % SEEN_LATER == 1:
            see_later(store, week, 97)
    store.close()


def see_later(store: Store, week: Week, one_in: int) -> None:
    """Of the late answers of a week one in so many turns out to have been in time."""
    late = update(waits).where(waits.c.state == "answered", waits.c.answered_at > waits.c.due_at)
    due = late.where(waits.c.due_at >= week.start, waits.c.due_at < week.end, waits.c.id % one_in == 0)
    with store.writing() as connection:
        connection.execute(due.values(answered_at=waits.c.due_at))


def config(url: str) -> str:
    """A house of all the mailboxes and teams."""
    mailboxes = [f'[[mailbox]]\naddress = "{address(n)}"\nteam = "{team}"\n' for n, (_, team) in enumerate(MAILBOXES)]
    teams = [f'[[team]]\nname = "{team}"\nowners = ["lead{n}@elsewhere.example"]\n' for n, team in enumerate(TEAMS)]
    return CONFIG.format(mailboxes="".join(mailboxes), teams="".join(teams), url=url)


def _runs(path: Path, words: list[str], runs: int) -> Run:
    _run(path, words)
    found = [_run(path, words) for _ in range(runs)]
    return Run(
        statistics.median(run.seconds for run in found),
        statistics.median(run.cpu for run in found),
        max(run.peak_mb for run in found),
    )


def _counts(store_url: str) -> dict[str, float]:
    store = open_store(store_url)
    with store.reading() as connection:
        waits_ = connection.execute(select(func.max(waits.c.id))).scalar_one()
        size = (
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            if store.is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        octets = connection.exec_driver_sql(size).scalar_one()
    store.close()
    return {"waits": waits_, "gigabytes": octets / 1e9}


def _table(figures: dict[str, float]) -> str:
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return "\n".join(
        [machine, "", "| | |", "|---|---|", *(f"| {name} | {form.format(**figures)} |" for name, form in ROWS)]
    )


def _run(path: Path, words: list[str]) -> Run:
    out = path.with_suffix(".out")
    made = command(path, words, END, out)
    if "--json" in words and not json.loads(out.read_text())["overall"]["n"]:
        raise RuntimeError("a report of nothing is fast")
    return made
