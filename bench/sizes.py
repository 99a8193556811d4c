"""One mailbox of some size: the floor and our first look in turn, what we do with what is known, and the others."""

import json
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.first_look import Look, command, first_look, start
from bench.floor import Raw, floor
from bench.house import Servers, house
from bench.mailbox import SHORT_BODY, affordable_body, append, fill
from bench.mails import BODY_BYTES, MAILBOX, mails
from bench.others import others
from bench.process import Run, run
from bench.servers import databases, dovecot
from bench.ways import FIRST, Case, cases
from tests.servers.smtp_sink import SmtpSink

ALONE = 1_000_000
"""From so many messages on, in few files with short bodies, and without the others and TLS."""
QUIET_ROUNDS = 100
Json = dict[str, Any]
Say = Callable[[str], None]


class Plan(NamedTuple):
    """What is measured, how often, and where."""

    stores: tuple[str, ...]
    securities: tuple[str, ...]
    runs: int | None
    others: bool
    say: Say

    def runs_of(self, messages: int) -> int:
        """Three, unless told; of a million one."""
        return self.runs or (3 if messages < ALONE else 1)


def measure(folder: Path, messages: int, plan: Plan) -> Json:
    """All rows of one size, in a fresh server."""
    alone = messages >= ALONE
    body = SHORT_BODY if alone else affordable_body(folder, messages)
    wanted = cases(plan.stores, plan.securities[:1] if alone else plan.securities)
    folder.chmod(0o711)  # for root, whose Dovecot is run by somebody else
    with (
        dovecot(folder, few_files=alone) as server,
        SmtpSink(folder) as sink,
        databases(folder, "postgresql" in {case.store for case in wanted}) as database,
    ):
        plan.say(f"writing {messages:,} mails with bodies of {body} bytes")
        counts = append(server, mails(messages, body)) if alone else fill(server, messages, body)
        servers = Servers(server, sink, database, folder)
        found: Json = {"messages": messages, "body_bytes": body, "short": body < BODY_BYTES}
        found |= _looks(servers, counts, [c for c in wanted if c.store == "sqlite" or database], plan)
        if plan.others and not alone:
            plan.say("mbsync and notmuch")
            there = messages + found["quiet"]["new_mails"]
            rows = others(server, folder, there, plan.runs_of(messages))
            found["others"] = {name: row._asdict() for name, row in rows.items()}
    return found


def _looks(servers: Servers, counts: Counter[str], wanted: Sequence[Case], plan: Plan) -> Json:
    messages = counts.total()
    plan.say("the raw fetch, cold")
    cold = floor(servers.mail, MAILBOX, counts, messages)
    tries: dict[Case, list[tuple[Raw, Look]]] = {case: [] for case in wanted}
    starts: list[Look] = []
    for number in range(plan.runs_of(messages)):
        starts.append(start(servers, wanted[0]))
        # The first case last: its store is what the rows after this ask.
        for case in reversed(wanted):
            plan.say(f"run {number + 1}: {case.name}")
            raw = floor(servers.mail, MAILBOX, counts, messages, case.tls)
            tries[case].append((raw, first_look(servers, case, [MAILBOX], messages)))
    before = _middle([look.run for look in starts])
    rows = {case.name: row_of(case, pairs, before, messages) for case, pairs in tries.items()}
    raws = [raw for pairs in tries.values() for raw, _ in pairs if raw]
    last = tries[wanted[0]][-1][1]
    plan.say("quiet rounds, rebuild, report, the writer")
    known = _known(last, messages)
    return {
        "cold_per_second": messages / cold.seconds,
        "wire_bytes": statistics.median(raw.octets for raw in raws) / messages,
        "start": before._asdict(),
        "looks": rows,
        **known,
        # A look more for each store; of a million that takes minutes, and tells what a hundred thousand told.
        "held": {
            case.store: _held(servers, case)
            for case in wanted
            if case.way == FIRST and not case.tls and messages < ALONE
        },
    }


def row_of(case: Case, pairs: list[tuple[Raw, Look]], before: Run, messages: int) -> Json:
    """Medians; each share is of the raw fetch just before it."""
    rates = [messages / (look.run.seconds - before.seconds) for _, look in pairs]
    raw = [messages / raw.seconds for raw, _ in pairs]
    middle = _middle([look.run for _, look in pairs])
    return {
        **case._asdict(),
        "raw_per_second": statistics.median(raw),
        "per_second": statistics.median(rates),
        "share": statistics.median(ours / floor_ for ours, floor_ in zip(rates, raw, strict=True)),
        "times_floor": statistics.median(look.run.seconds / raw.seconds for raw, look in pairs),
        "seconds": middle.seconds,
        "cpu_us_per_message": (middle.cpu - before.cpu) * 1e6 / messages,
        "peak_mb": middle.peak_mb,
        "store_bytes_per_message": pairs[-1][1].store_bytes / messages,
    }


def _known(look: Look, messages: int) -> Json:
    """What is done with the store that the last first look left."""
    config = look.house.config
    report = command(config, ["report", "--json"])
    rebuild = command(config, ["rebuild"])
    quiet = rounds(config, ["--rounds", str(QUIET_ROUNDS), "--counted", "--new"])
    return {
        "report": report._asdict(),
        "rebuild": {**rebuild._asdict(), "cpu_us_per_message": rebuild.cpu * 1e6 / messages},
        "quiet": quiet,
    }


def _held(servers: Servers, case: Case) -> Json:
    """How long one more first look keeps the one writer."""
    return told_by("bench.held", house(servers, case, [MAILBOX]).config)


def rounds(config: Path, words: Sequence[str]) -> Json:
    """Quiet rounds of a house, in a process of their own."""
    return told_by("bench.rounds", config, *words)


def told_by(module: str, config: Path, *words: str) -> Json:
    """The JSON that a module of ours prints, in a process of its own."""
    out = config.with_suffix(f".{module}.json")
    run([sys.executable, "-m", module, config, *words], out=out)
    found: Json = json.loads(out.read_text())
    return found


def _middle(runs: Sequence[Run]) -> Run:
    """Medians, but of memory the most."""
    return Run(
        statistics.median(each.seconds for each in runs),
        statistics.median(each.cpu for each in runs),
        max(each.peak_mb for each in runs),
    )
