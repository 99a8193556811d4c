"""Our first look: the whole product, `run --once` on an empty store, as a process of its own."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bench.house import House, Servers, house, store_bytes, stored
from bench.mails import END
from bench.process import Run, run
from bench.ways import Case

NOBODY = "nobody@museum.example"


class Look(NamedTuple):
    """One first look: the run, its house, and how large its store became."""

    run: Run
    house: House
    store_bytes: int


def first_look(
    servers: Servers,
    case: Case,
    addresses: Sequence[str],
    messages: int,
    now: datetime = END,
    staff: Sequence[str] = (),
) -> Look:
    """Look at all mailboxes with an empty store. A fast look that saw less is no look: raises RuntimeError."""
    made = house(servers, case, addresses, staff)
    found = command(made.config, ["run", "--once"], now, cores=case.cores)
    if (count := stored(made.url)) != messages:
        raise RuntimeError(f"{count} messages are in the store, not {messages}")
    return Look(found, made, store_bytes(made.url))


def start(servers: Servers, case: Case) -> Look:
    """The same with a mailbox without mail: what the start of Python, the schema and a letter take."""
    return first_look(servers, case, [NOBODY], 0)


def command(
    config: Path, words: Sequence[str], now: datetime = END, out: Path | None = None, cores: int | None = None
) -> Run:
    """One of the monitor's commands, as a process of its own."""
    told: list[str | Path] = [sys.executable, "-m", "monitor", "--config", config, "--now", now.isoformat(), *words]
    return run(told, out=out, cores=cores)
