"""Many mailboxes of five folders each: the first look at all of them at once, and rounds in which nothing is new."""

from collections import Counter
from pathlib import Path
from typing import Any

from bench.first_look import first_look, start
from bench.floor import floor
from bench.house import Servers
from bench.mailbox import SHORT_BODY, fill
from bench.servers import databases, dovecot
from bench.sizes import Plan, rounds
from bench.ways import FIRST, Case
from tests.servers.smtp_sink import SmtpSink

ROUNDS = 15
FOLDERS = 5
"""INBOX, and the four that tests/servers/dovecot_config.py makes at the first login."""
Json = dict[str, Any]


def measure(folder: Path, number: int, each: int, plan: Plan) -> Json:
    """All rows of so many mailboxes with so many mails each, in a fresh server."""
    folder.chmod(0o711)  # for root, whose Dovecot is run by somebody else
    wanted = [Case(FIRST, store) for store in plan.stores]
    wanted += [Case(FIRST, plan.stores[0], security) for security in plan.securities if security != "none"]
    with (
        dovecot(folder) as server,
        SmtpSink(folder) as sink,
        databases(folder, "postgresql" in plan.stores) as database,
    ):
        plan.say(f"writing {number} mailboxes")
        addresses = [f"box{n}@museum.example" for n in range(number)]
        counts = [fill(server, each, SHORT_BODY, address, seed) for seed, address in enumerate(addresses, 1)]
        servers = Servers(server, sink, database, folder)
        _floor(servers, addresses, counts, each, tls=False)  # the server reads every file once
        rows = {}
        for case in wanted:
            if case.store == "sqlite" or database:
                plan.say(f"{number} mailboxes: {case.name}")
                raw = _floor(servers, addresses, counts, each, tls=case.tls)
                rows[case.name] = {"raw_seconds": raw, **_row(servers, case, addresses, each)}
    return {"mailboxes": number, "each": each, "folders": FOLDERS, "cases": rows}


def _floor(servers: Servers, addresses: list[str], counts: list[Counter[str]], each: int, *, tls: bool) -> float:
    """Seconds for all of them, one after the other; logging in is not counted."""
    return sum(floor(servers.mail, a, c, each, tls).seconds for a, c in zip(addresses, counts, strict=True))


def _row(servers: Servers, case: Case, addresses: list[str], each: int) -> Json:
    before = start(servers, case)
    look = first_look(servers, case, addresses, len(addresses) * each)
    seconds = look.run.seconds - before.run.seconds
    words = ["--rounds", str(ROUNDS), *(() if case.tls else ("--counted",))]
    return {
        **case._asdict(),
        "first_look_seconds": seconds,
        "first_look_per_second": len(addresses) * each / seconds if seconds > 0 else None,  # less than a start takes
        "first_look_cpu": look.run.cpu - before.run.cpu,
        "first_look_mb": look.run.peak_mb,
        "quiet": rounds(look.house.config, words),
    }
