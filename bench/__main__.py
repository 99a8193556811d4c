"""`python -m bench [--messages 10000,100000] [--mailboxes 1,50,500] [--archive FOLDER] [--times N] [--json FILE] …`.

First looks and quiet rounds, beside what the server delivers at best and beside others; prints tables (Markdown).

`python -m bench report`: the weekly report over years of history instead (bench/report.py);
`python -m bench simulate`: `simulate` over years of history (bench/simulate.py);
`python -m bench idle`: connections that wait for news (bench/idle.py);
`python -m bench scale FILE`: what a run means for large houses (bench/scale.py).
"""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench import acting, archive, idle, many, report, scale, simulate, sizes
from bench.tables import markdown
from bench.targets import targets
from bench.ways import SECURITIES, STORES

Json = dict[str, Any]


def main() -> None:
    """Measure each size and each number of mailboxes in a fresh server."""
    options = _options()
    plan = sizes.Plan(options.stores, options.securities, options.runs, options.others, say)
    found: Json = {"machine": _machine(), "measured_on": f"{datetime.now(UTC):%Y-%m-%d}", "load": os.getloadavg()[0]}
    apart = partial(_apart, options.folder)
    found["sizes"] = [apart(partial(sizes.measure, messages=number, plan=plan)) for number in options.messages]
    house = partial(many.measure, each=options.each, plan=plan)
    found["mailboxes"] = [apart(partial(house, number=number)) for number in options.mailboxes]
    real = partial(archive.measure, archive=options.archive, times=options.times, plan=plan)
    found["archive"] = apart(real) if options.archive else None
    found |= apart(partial(acting.measure, say=say)) if options.mailboxes else {}
    judged = targets(found)
    found["targets"] = [target._asdict() for target in judged]
    tables = markdown(found, judged)
    print(tables)
    if options.out:
        options.out.write_text(tables)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    say_also = parser.add_argument
    say_also("--messages", type=_numbers, default=[10_000, 100_000], help="sizes of the one mailbox; empty for none")
    say_also(
        "--mailboxes", type=_numbers, default=None, help="how many to watch at once (1,50,500; none for a million)"
    )
    say_also("--each", type=int, default=200, help="messages in each of them")
    say_also("--archive", type=Path, default=None, help="a folder with mbox files or Maildir folders, to be read too")
    say_also("--times", type=int, default=1, help="so often the archive is there, each time with other ids")
    say_also("--runs", type=int, default=None, help="of each way (3, of a million 1; the median counts)")
    say_also("--stores", type=_words, default=STORES, help="where facts are kept; the first one for every row")
    say_also(
        "--security", dest="securities", type=_words, default=SECURITIES, help="of connections; the first likewise"
    )
    say_also("--alone", dest="others", action="store_false", help="without mbsync, notmuch and the loop")
    say_also("--folder", type=Path, default=None, help="where to put the mail (3 GB for 100,000 messages)")
    say_also("--out", type=Path, default=None, help="a file for the tables, as Markdown")
    say_also("--json", type=Path, default=None, help="a file for every figure, as JSON")
    options = parser.parse_args()
    if options.mailboxes is None:
        options.mailboxes = [] if max(options.messages, default=0) >= sizes.ALONE else [1, 50, 500]
    return options


def _numbers(text: str) -> list[int]:
    return [int(part.replace("_", "")) for part in text.split(",") if part]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _apart(folder: Path | None, measure: Callable[[Path], Json]) -> Json:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as name:
        return measure(Path(name))


def _machine() -> str:
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def say(text: str) -> None:
    """What is going on, to whom it may concern."""
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # Who is told to end takes its servers along.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    OTHER = {"report": report.main, "simulate": simulate.main, "scale": scale.main, "idle": idle.main}
    if sys.argv[1:2] and sys.argv[1] in OTHER:
        OTHER[sys.argv[1]](sys.argv[2:])
    else:
        main()
