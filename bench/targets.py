"""The targets, and whether a run keeps them: shares of the raw fetch of the same moment, round trips, bytes, memory."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bench.ways import FIRST, READING, Case

Json = Mapping[str, Any]
JUDGED_AT = 100_000
LINEAR = 0.85
"""Of two sizes the larger may be so much slower by the message."""


class Target(NamedTuple):
    """What was measured beside what is wanted; `kept` is None where it was not measured."""

    name: str
    wanted: str
    measured: str
    kept: bool | None

    @property
    def sign(self) -> str:
        """For a table."""
        return {True: "✓", False: "✗", None: "–"}[self.kept]


def targets(found: Json) -> list[Target]:
    """Of all that was measured."""
    sizes = sorted(found["sizes"], key=lambda size: int(size["messages"]))
    judged = next((size for size in sizes if size["messages"] == JUDGED_AT), sizes[-1] if sizes else None)
    rows: list[Target] = []
    if judged is not None:
        rows += [*_shares(judged), *_beside_others(judged), *_one_new(judged)]
    rows += _growth(sizes)
    for house in found["mailboxes"]:
        rows += _quiet(house)
    return [*rows, *_archive(found.get("archive"))]


def _at_least(name: str, value: float | None, wanted: float, form: str) -> Target:
    if value is None:
        return Target(name, f"≥ {form.format(wanted)}", "not measured", None)
    return Target(name, f"≥ {form.format(wanted)}", form.format(value), value >= wanted)


def _at_most(name: str, value: float | None, wanted: float, form: str) -> Target:
    if value is None:
        return Target(name, f"≤ {form.format(wanted)}", "not measured", None)
    return Target(name, f"≤ {form.format(wanted)}", form.format(value), value <= wanted)


def _shares(size: Json) -> Iterator[Target]:
    looks, of = size["looks"], f"of {size['messages']:,}"
    for way, wanted in ((FIRST, 0.08), (READING, 0.12)):
        share = looks.get(Case(way).name, {}).get("share")
        yield _at_least(f"first look {of}, {way}: share of the raw fetch", share, wanted, "{:.1%}")
    peaks = [row["peak_mb"] for row in looks.values()]
    yield _at_most(f"first look {of}: most memory", max(peaks, default=None), 80, "{:.0f} MB")


def _beside_others(size: Json) -> Iterator[Target]:
    best = max((row["per_second"] for row in size["looks"].values() if row["store"] == "sqlite"), default=None)
    others = size.get("others", {})
    for name, wanted in (("mbsync", 4.0), ("notmuch new", 25.0)):
        rate = others.get(name, {}).get("rate")
        times = best / rate if best and rate else None
        yield _at_least(f"first look of {size['messages']:,} beside {name}", times, wanted, "{:.1f} ×")


def _one_new(size: Json) -> Iterator[Target]:
    found = size["quiet"].get("found_bytes")
    yield _at_most(f"one new message in {size['messages']:,} is heard of", found, 1000, "{:,.0f} B")


def _growth(sizes: list[Json]) -> Iterator[Target]:
    """Cost by the message, of each size beside the smallest one."""
    costs = [(size["messages"], size["looks"].get(Case(FIRST).name, {}).get("cpu_us_per_message")) for size in sizes]
    for messages, cost in costs[1:]:
        ratio = costs[0][1] / cost if cost and costs[0][1] else None
        yield _at_least(f"growth: cost of {costs[0][0]:,} by that of {messages:,}, a message", ratio, LINEAR, "{:.2f}")


def _quiet(house: Json) -> Iterator[Target]:
    count = house["mailboxes"]
    for name, row in house["cases"].items():
        quiet, of = row["quiet"], f"{count} mailboxes, {name}"
        if count > 1 and row["store"] == "sqlite":
            yield _at_most(f"quiet round of {of}: each", quiet["round_ms"] / count, 0.5, "{:.2f} ms")
        if "round_bytes" in quiet and row["store"] == "sqlite":
            yield _at_most(f"quiet round of {of}: each", quiet["round_bytes"] / count, 700, "{:,.0f} B")
            yield _at_most(f"quiet round of {of}: each", quiet["round_trips"] / count, 1, "{:.1f} round trips")
        if row["security"] == "tls" and count > 1:
            yield _at_most(f"memory of a connection, {of}", quiet["kb_per_connection"], 60, "{:.0f} KB")
        if count == 500 and row["store"] == "sqlite":
            yield _at_most(f"quiet round of {of}: all", quiet["round_ms"], 250, "{:.0f} ms")


def _archive(archive: Json | None) -> Iterator[Target]:
    if archive is None:
        return
    for way, wanted in ((FIRST, 3.0), (READING, 2.0)):
        times = archive["looks"].get(Case(way, "sqlite", "tls").name, {}).get("times_floor")
        yield _at_most(f"a real archive, {way}: times the raw fetch", times, wanted, "{:.1f} ×")
