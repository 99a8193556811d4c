"""What the figures of a run mean for a large house: `python -m bench scale RUN.json [MORE.json] [--page FILE]`.

Nothing is measured here. Each line says the arithmetic with the figures it was done with; docs/scale.md holds the
tables between two marks, and `--page` writes them there anew.
"""

import argparse
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from bench.ways import FIRST, Case

Json = Mapping[str, Any]
BEGIN, END = "<!-- from `python -m bench scale`: begin -->", "<!-- end -->"
DAY = 86_400
PEAK = 4
"""In its busiest hour a house gets so many times the mail of an average one."""
OF_A_CORE = 0.5
"""So much of a core rounds may take for good: the rest is for mail, letters, reports and the purge."""


class House(NamedTuple):
    """A house, and how it is run."""

    mailboxes: int
    messages: int
    years: int
    open_waits: int
    poll_every: int
    daemons: int

    @property
    def a_day(self) -> float:
        """Messages."""
        return self.messages / self.years / 365


HOUSES = (
    House(60, 600_000, 3, 200, 60, 1),
    House(500, 5_000_000, 5, 1_500, 60, 1),
    House(10_000, 100_000_000, 5, 30_000, 300, 4),
)
"""As most are, one that is large for a small machine, and the one nobody here could measure."""


class Figures(NamedTuple):
    """What a run measured; per message, per mailbox and per who waits. None: not in this run."""

    us_each: Mapping[int, float]
    """CPU of a first look, by how many messages there were."""
    raw: float
    rate: float
    held_us: Mapping[str, float]
    """How long the one writer is kept, by store."""
    statements: float
    octets: Mapping[str, float]
    """Of the store, by its kind."""
    rebuild_us: float
    base_mb: float
    mailbox_kb: float
    """Of a mailbox that is watched over TLS: its connection, and what the rounds keep of it."""
    quiet_ms: float
    quiet_cpu_ms: float
    quiet_bytes: float
    beat_statements: float
    act_ms: tuple[float, float]
    """Of none who wait, and of each."""
    purge_us: float


class Line(NamedTuple):
    """A row: what, how it was computed, and what came of it."""

    what: str
    working: str
    result: str


def main(arguments: Sequence[str]) -> None:
    """Print the tables of some runs, taken together, or write them into a page."""
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", help="what `python -m bench --json` wrote; sizes are joined")
    parser.add_argument("--page", type=Path, default=None, help="the page whose tables are to be written anew")
    options = parser.parse_args(arguments)
    tables = "\n\n".join(table(figures(joined(map(_read, options.runs))), house) for house in HOUSES)
    print(tables)
    if options.page:
        options.page.write_text(with_tables(options.page.read_text(), tables))


def joined(runs: Iterable[Json]) -> Json:
    """One run with the sizes and mailboxes of all; whatever else is of the first that has it."""
    found: dict[str, Any] = {"sizes": [], "mailboxes": []}
    for each in runs:
        for name, value in each.items():
            if name in ("sizes", "mailboxes"):
                found[name] = [*found[name], *value]
            elif value and name not in found:
                found[name] = value
    return found


def figures(run: Json) -> Figures:
    """By the message, by the mailbox. Raises KeyError where the run is too small a part of `make bench`."""
    plain, tls = Case(FIRST).name, Case(FIRST, "sqlite", "tls").name
    sizes = sorted(run["sizes"], key=lambda size: int(size["messages"]))
    whole = [size for size in sizes if size.get("held")][-1]
    most = max(run["mailboxes"], key=lambda house: int(house["mailboxes"]))
    quiet, safe, count = most["cases"][plain]["quiet"], most["cases"][tls]["quiet"], most["mailboxes"]
    looks = {row["store"]: row for row in reversed(whole["looks"].values()) if row["security"] == "none"}
    return Figures(
        us_each={size["messages"]: size["looks"][plain]["cpu_us_per_message"] for size in sizes},
        raw=whole["looks"][plain]["raw_per_second"],
        rate=whole["looks"][plain]["per_second"],
        held_us={store: held["held"] * 1e6 / held["messages"] for store, held in whole["held"].items()},
        statements=whole["held"]["sqlite"]["statements"] / whole["held"]["sqlite"]["messages"],
        octets={store: row["store_bytes_per_message"] for store, row in looks.items()},
        rebuild_us=whole["rebuild"]["cpu_us_per_message"],
        base_mb=safe["base_mb"],
        mailbox_kb=(safe["connected_mb"] - safe["base_mb"]) * 1024 / count,
        quiet_ms=quiet["round_ms"] / count,
        quiet_cpu_ms=quiet["round_cpu_ms"] / count,
        quiet_bytes=quiet["round_bytes"] / count,
        beat_statements=quiet["beat_statements"] / count,
        act_ms=line_through([(row["open_waits"], row["cpu_ms"]) for row in run["acting"]]),
        purge_us=run["purge"]["cpu"] * 1e6 / run["purge"]["messages"],
    )


def line_through(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Where it begins and how it rises: through the first and the last point, which a few waits and many are."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    rise = (y1 - y0) / (x1 - x0)
    return y0 - rise * x0, rise


def growth(us_each: Mapping[int, float]) -> float:
    """By how much a message costs more where there are ten times as many: the steepest step from one size to the next,
    for of few messages what each look takes anyway is the larger part; never less than 1."""
    steps = [(us_each[b] / us_each[a]) ** (1 / math.log10(b / a)) for a, b in pairwise(sorted(us_each))]
    return max(1.0, *steps) if steps else 1.0


def cost_at(us_each: Mapping[int, float], messages: int) -> float:
    """Microseconds a message, as far beyond the largest size as `messages` is."""
    largest = max(us_each)
    return us_each[largest] * float(growth(us_each) ** max(0.0, math.log10(messages / largest)))


def lines(seen: Figures, house: House) -> Iterator[Line]:
    """The arithmetic of a house."""
    yield from _first_look(seen, house)
    yield from _kept(seen, house)
    yield from _rounds(seen, house)
    yield from _day(seen, house)


def _first_look(seen: Figures, house: House) -> Iterator[Line]:
    largest, factor = max(seen.us_each), growth(seen.us_each)
    cost, decades = cost_at(seen.us_each, house.messages), max(0.0, math.log10(house.messages / largest))
    working = f"{seen.us_each[largest]:.0f} µs at {largest:,} × {factor:.2f} for each ten times ({decades:.1f} times)"
    yield Line("CPU of the first look, a message", working, f"{cost:.0f} µs")
    alone = house.messages * cost / 1e6
    held = seen.held_us.get("postgresql" if house.daemons > 1 else "sqlite", seen.held_us["sqlite"])
    writing = house.messages * held / 1e6
    dearer = max(cost, held)
    yield Line("first look, one daemon", f"{house.messages:,} × {dearer:.0f} µs", hours(house.messages * dearer / 1e6))
    if house.daemons > 1:
        working = (
            f"the longer of {hours(alone)} ÷ {house.daemons}, and {house.messages:,} × {held:.0f} µs of one writer"
        )
        together = max(alone / house.daemons, writing)
        yield Line(f"first look, {house.daemons} daemons", working, hours(together))
        working = f"{cost:.0f} µs ÷ {held:.0f} µs of one writer, and never fewer than one"
        yield Line("more daemons help up to", working, f"{max(1.0, cost / held):.1f} daemons")
    working = f"{house.messages:,} ÷ {seen.raw:,.0f}/s, if one server holds all of it"
    yield Line("the mail server alone needs", working, hours(house.messages / seen.raw))
    working = f"{house.messages:,} × {seen.rebuild_us:.0f} µs"
    yield Line("rebuild, CPU", working, hours(house.messages * seen.rebuild_us / 1e6))


def _kept(seen: Figures, house: House) -> Iterator[Line]:
    for store, each in seen.octets.items():
        size = house.messages * each / 1e9
        yield Line(f"store, {store}", f"{house.messages:,} × {each:,.0f} B", f"{size:,.1f} GB")
    own = math.ceil(house.mailboxes / house.daemons)
    working = f"{seen.base_mb:.0f} MB + {own:,} × {seen.mailbox_kb:.0f} KB"
    yield Line("memory of a daemon, idle", working, f"{seen.base_mb + own * seen.mailbox_kb / 1024:,.0f} MB")
    yield Line("connections of a daemon", f"{house.mailboxes:,} ÷ {house.daemons} daemons", f"{own:,}")
    yield Line("open files of a daemon", f"{own:,} × 2 + 100", f"{own * 2 + 100:,}")


def _rounds(seen: Figures, house: House) -> Iterator[Line]:
    own = math.ceil(house.mailboxes / house.daemons)
    took, cpu = own * seen.quiet_ms / 1000, own * seen.quiet_cpu_ms / 1000
    yield Line("a quiet round of one daemon", f"{own:,} × {seen.quiet_ms:.2f} ms", f"{took:.1f} s")
    working = f"{own:,} × {seen.quiet_cpu_ms:.2f} ms ÷ {house.poll_every} s"
    yield Line("of a core, for rounds", working, f"{cpu / house.poll_every:.1%}")
    working = f"{own:,} × {seen.quiet_ms:.2f} ms ÷ {OF_A_CORE}"
    yield Line("poll_every of at least", working, f"{max(1, math.ceil(took / OF_A_CORE))} s")
    octets = house.mailboxes * seen.quiet_bytes * 8 / house.poll_every / 1e6
    working = f"{house.mailboxes:,} × {seen.quiet_bytes:,.0f} B × 8 ÷ {house.poll_every} s"
    yield Line("network, for rounds", working, f"{octets:.2f} Mbit/s")
    asked = house.mailboxes * seen.beat_statements / house.poll_every
    working = f"{house.mailboxes:,} × {seen.beat_statements:.2f} ÷ {house.poll_every} s"
    yield Line("statements, for rounds", working, f"{asked:,.1f}/s")


def _day(seen: Figures, house: House) -> Iterator[Line]:
    cost, peak = cost_at(seen.us_each, house.messages), house.a_day / 24 / 3600 * PEAK
    yield Line("mail", f"{house.messages:,} ÷ {house.years} years ÷ 365", f"{house.a_day:,.0f} a day")
    working = f"{house.a_day:,.0f} ÷ {DAY:,} s × {PEAK} in the busiest hour × {cost:.0f} µs"
    yield Line("of a core, for new mail", working, f"{peak * cost / 1e6:.2%}")
    begin, each = seen.act_ms
    working = f"{begin:.0f} ms + {house.open_waits:,} × {each * 1000:.0f} µs"
    yield Line("what follows from a round, CPU", working, f"{begin + house.open_waits * each:,.0f} ms")
    working = f"{house.a_day:,.0f} × {seen.purge_us:.0f} µs"
    yield Line("purge of a day's mail, CPU", working, f"{house.a_day * seen.purge_us / 1e6:,.1f} s")


def table(seen: Figures, house: House) -> str:
    """One house, as Markdown."""
    title = (
        f"**{house.mailboxes:,} mailboxes, {house.messages:,} messages of {house.years} years, "
        f"{house.open_waits:,} who wait; looked at every {house.poll_every} s by {house.daemons} "
        f"{'daemon' if house.daemons == 1 else 'daemons'}**"
    )
    rows = [f"| {each.what} | {each.working} | {each.result} |" for each in lines(seen, house)]
    return "\n".join([title, "", "| | arithmetic | |", "|---|---|---|", *rows])


def with_tables(page: str, tables: str) -> str:
    """The page with other tables between its marks. Raises ValueError where it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no place for tables: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def hours(seconds: float) -> str:
    """In the largest fitting unit."""
    for unit, size in (("days", DAY), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.0f} s"


def _read(path: Path) -> Json:
    found: Json = json.loads(path.read_text())
    return found
