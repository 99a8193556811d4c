"""All that was measured, as Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench.targets import Target

Json = Mapping[str, Any]
Column = tuple[str, Callable[[Json], object], str]
NONE = "–"

LOOKS: Sequence[Column] = (
    ("raw fetch /s", lambda row: row["raw_per_second"], "{:,.0f}"),
    ("first look /s", lambda row: row["per_second"], "{:,.0f}"),
    ("share of raw", lambda row: row["share"], "{:.1%}"),
    ("× raw, start and all", lambda row: row["times_floor"], "{:.1f}"),
    ("s", lambda row: row["seconds"], "{:.1f}"),
    ("CPU µs a message", lambda row: row["cpu_us_per_message"], "{:.0f}"),
    ("peak MB", lambda row: row["peak_mb"], "{:.0f}"),
    ("store B a message", lambda row: row["store_bytes_per_message"], "{:,.0f}"),
)
SIZES: Sequence[Column] = (
    ("messages", lambda row: row["messages"], "{:,}"),
    ("body B", lambda row: row["body_bytes"], "{:,}"),
    ("raw fetch, cold /s", lambda row: row["cold_per_second"], "{:,.0f}"),
    ("wire B a message", lambda row: row["wire_bytes"], "{:,.0f}"),
    ("start s", lambda row: row["start"]["seconds"], "{:.1f}"),
    ("report s", lambda row: row["report"]["seconds"], "{:.1f}"),
    ("rebuild s", lambda row: row["rebuild"]["seconds"], "{:.1f}"),
    ("rebuild CPU µs a message", lambda row: row["rebuild"]["cpu_us_per_message"], "{:.0f}"),
    ("rebuild peak MB", lambda row: row["rebuild"]["peak_mb"], "{:.0f}"),
)
QUIET: Sequence[Column] = (
    ("looks ms", lambda row: row["round_ms"], "{:.2f}"),
    ("of that CPU", lambda row: row["round_cpu_ms"], "{:.2f}"),
    ("server alone ms", lambda row: row["round_floor_ms"], "{:.2f}"),
    ("whole beat ms", lambda row: row["beat_ms"], "{:.2f}"),
    ("of that CPU", lambda row: row["beat_cpu_ms"], "{:.2f}"),
    ("statements", lambda row: row["round_statements"], "{:,.0f}"),
    ("of the beat", lambda row: row["beat_statements"], "{:,.0f}"),
    ("commits of the beat", lambda row: row["beat_commits"], "{:,.0f}"),
    ("round trips", lambda row: row.get("round_trips"), "{:,}"),
    ("bytes", lambda row: row.get("round_bytes"), "{:,}"),
)
ONE_NEW: Sequence[Column] = (
    ("a new mail is heard of by B", lambda row: row.get("found_bytes"), "{:,}"),
    ("of that beyond the round's glance", lambda row: row.get("found_beyond_bytes"), "{:,}"),
    ("in round trips", lambda row: row.get("found_trips"), "{:,}"),
    ("one in the round right after by B", lambda row: row.get("next_found_bytes"), "{:,}"),
    ("the first one after a start by B", lambda row: row.get("first_found_bytes"), "{:,}"),
)
MEMORY: Sequence[Column] = (
    ("MB before", lambda row: row["base_mb"], "{:.0f}"),
    ("MB connected, after rounds", lambda row: row["connected_mb"], "{:.0f}"),
    ("KB a connection", lambda row: row["kb_per_connection"], "{:.0f}"),
    ("connect and log in ms", lambda row: row["login_ms"], "{:.1f}"),
)
FIRST_LOOKS: Sequence[Column] = (
    ("raw fetch s", lambda row: row["raw_seconds"], "{:.1f}"),
    ("first look s", lambda row: row["first_look_seconds"], "{:.1f}"),
    ("messages /s", lambda row: row["first_look_per_second"], "{:,.0f}"),
    ("CPU s", lambda row: row["first_look_cpu"], "{:.1f}"),
    ("peak MB", lambda row: row["first_look_mb"], "{:.0f}"),
)
OTHERS: Sequence[Column] = (
    ("messages /s", lambda row: row["rate"], "{:,.0f}"),
    ("CPU ms for a thousand", lambda row: row["cpu_ms"], "{:,.0f}"),
    ("", lambda row: row["note"], "{}"),
)
ACTING: Sequence[Column] = (
    ("who wait", lambda row: row["open_waits"], "{:,}"),
    ("act ms", lambda row: row["ms"], "{:.1f}"),
    ("of that CPU", lambda row: row["cpu_ms"], "{:.1f}"),
    ("statements", lambda row: row["statements"], "{:.0f}"),
)


def markdown(found: Json, judged: Iterable[Target]) -> str:
    """Every table of a run."""
    parts = [f"{found['machine']}; {found['measured_on']}; load before: {found['load']:.1f}"]
    parts += ["**Targets**", _listed(judged)]
    if found["sizes"]:
        parts += ["**One mailbox**", across(SIZES, [("", row) for row in found["sizes"]])]
    for size in found["sizes"]:
        parts += _of_size(size)
    for house in found["mailboxes"]:
        parts += _of_house(house)
    if archive := found.get("archive"):
        parts += [
            f"**A real archive, {archive['times']} times: {archive['messages']:,} messages over TLS**",
            across(LOOKS, archive["looks"].items()),
        ]
    if found.get("acting"):
        parts += ["**What follows, by how many wait**", across(ACTING, [("", row) for row in found["acting"]])]
    return "\n\n".join(parts) + "\n"


def across(columns: Sequence[Column], rows: Iterable[tuple[str, Json]]) -> str:
    """A table: figures downward, one column for each row of what was measured."""
    named = list(rows)
    lines = ["| | " + " | ".join(name for name, _ in named) + " |", "|---|" + "---|" * len(named)]
    for name, value, form in columns:
        cells = [NONE if (found := value(row)) is None else form.format(found) for _, row in named]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _of_size(size: Json) -> list[str]:
    messages = f"{size['messages']:,} messages"
    parts = [f"**First look at {messages}**", across(LOOKS, size["looks"].items())]
    if others := size.get("others"):
        parts += [f"**Others, {messages}**", across(OTHERS, others.items())]
    return [*parts, f"**Quiet round, one mailbox of {messages}**", across((*QUIET, *ONE_NEW), [("", size["quiet"])])]


def _of_house(house: Json) -> list[str]:
    cases = house["cases"]
    quiet = [(name, row["quiet"]) for name, row in cases.items()]
    title = f"{house['mailboxes']} mailboxes, {house['each']:,} messages in {house['folders']} folders each"
    return [
        f"**{title}: first look at all**",
        across(FIRST_LOOKS, cases.items()),
        f"**{title}: quiet round of all**",
        across((*QUIET, *MEMORY), quiet),
    ]


def _listed(judged: Iterable[Target]) -> str:
    lines = ["| | measured | target | |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {t.name} | {t.measured} | {t.wanted} | {t.sign} |" for t in judged)])
