"""`python -m bench [--messages 10000,100000] [--runs 3] [--out FILE]`: measure and print a table (Markdown).

`python -m bench report`: the weekly report over years of history instead (bench/report.py);
`python -m bench simulate`: `simulate` over years of history (bench/simulate.py).
"""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from bench import report, simulate
from bench.first_look import first_look
from bench.floor import floor
from bench.mailbox import affordable_body, fill
from bench.mails import BODY_BYTES, MAILBOX
from bench.quiet import quiet_round
from tests.servers.dovecot import Dovecot

COLUMNS = (
    ("messages", "{messages:,}"),
    ("raw fetch, warm /s", "{warm:,.0f}"),
    ("raw fetch, cold /s", "{cold:,.0f}"),
    ("bytes a message", "{bytes_per_message:,.0f}"),
    ("first look s", "{seconds:.1f}"),
    ("of that start s", "{start_seconds:.1f}"),
    ("first look /s", "{rate:,.0f}"),
    ("share of raw", "{share:.1%}"),
    ("peak MB", "{peak_mb:.0f}"),
    ("quiet round ms", "{ms:.2f}"),
    ("of that server ms", "{server_ms:.2f}"),
    ("quiet ms a folder", "{ms_per_folder:.2f}"),
    ("quiet bytes a folder", "{bytes_per_folder:,.0f}"),
)


def main() -> None:
    """Measure each size in a fresh server."""
    options = _options()
    rows = []
    for messages in options.messages:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as name:
            rows.append(_measure(Path(name), messages, options.runs))
    table = _markdown(rows)
    print(table)
    if options.out:
        options.out.write_text(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--messages", type=_sizes, default=[10_000, 100_000], help="sizes, with commas between")
    parser.add_argument("--runs", type=int, default=3, help="first looks at each size (the median counts)")
    parser.add_argument("--folder", type=Path, default=None, help="where to put the mail (1.3 GB for 100,000 messages)")
    parser.add_argument("--out", type=Path, default=None, help="a file for the table, as Markdown")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    return [int(part.replace("_", "")) for part in text.split(",")]


def _measure(folder: Path, messages: int, runs: int) -> dict[str, float]:
    folder.chmod(0o711)  # for root, whose Dovecot is run by somebody else
    body = affordable_body(folder, messages)
    if body < BODY_BYTES:
        _say(f"the disk is short: bodies of {body} bytes instead of {BODY_BYTES}")
    with Dovecot(folder) as server:
        _say(f"writing {messages:,} mails")
        counts = fill(server, messages, body)
        _say("the raw fetch")
        raw = floor(server, MAILBOX, counts, messages)
        _say("the first look")
        look = first_look(server, folder, messages, runs)
        _say("quiet rounds")
        quiet = quiet_round(server, folder / "config.toml")
    rate = messages / (look.seconds - look.start_seconds)
    share = rate / raw.warm
    return {"messages": messages, "rate": rate, "share": share, **raw._asdict(), **look._asdict(), **quiet._asdict()}


def _markdown(rows: list[dict[str, float]]) -> str:
    """The figures as a table, one column for each size."""
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    lines = [machine, "", "| | " + " | ".join(COLUMNS[0][1].format(**row) for row in rows) + " |"]
    lines.append("|---|" + "---|" * len(rows))
    lines += [f"| {name} | " + " | ".join(form.format(**row) for row in rows) + " |" for name, form in COLUMNS[1:]]
    return "\n".join(lines) + "\n"


def _say(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["report"]:
        report.main(sys.argv[2:])
    elif sys.argv[1:2] == ["simulate"]:
        simulate.main(sys.argv[2:])
    else:
        main()
