"""Rounds in which nothing has changed, over connections that stay open: `python -m bench.rounds CONFIG` prints JSON.

A process of its own, so that its memory is that of the rounds; the store must have been filled by a first look.
"""

import argparse
import json
import resource
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from bench.counting_proxy import CountingProxy, Trip
from bench.floor import Line
from bench.mails import END
from bench.process import resident_kb
from monitor.config import Settings, load
from monitor.daemon import Daemon
from monitor.handing_on import begun, hand_on
from monitor.jobs.connections import Connections
from monitor.jobs.look import Sweep
from monitor.jobs.poller import Poller
from monitor.service import settle_memory
from monitor.store.store import Store, open_store

ITEMS = "UIDVALIDITY UIDNEXT MESSAGES HIGHESTMODSEQ"
ALL_FOLDERS = f'LIST "" "*" RETURN (SPECIAL-USE STATUS ({ITEMS}))'
"""What a server needs to tell the state of every folder (RFC 5819), in one round trip."""
NEW_MAIL = (
    b"From: <new@elsewhere.example>\r\nDate: Mon, 16 Nov 2026 00:00:00 +0000\r\n"
    b"Message-ID: <new%d@elsewhere.example>\r\nSubject: New\r\n\r\nHello\r\n"
)
Json = dict[str, Any]


class Clock:
    """One clock for all series, that stands still within a round and goes on by `poll_every` from one to the next."""

    def __init__(self, settings: Settings) -> None:
        self._step = max(mailbox.poll_every for mailbox in settings.mailboxes)
        self._rounds = 0

    def next(self) -> None:
        """The next round is due."""
        self._rounds += 1

    def now(self) -> datetime:
        """By the calendar."""
        return END + self._rounds * self._step

    def seconds(self) -> float:
        """Of intervals."""
        return self._rounds * self._step.total_seconds()


def main() -> None:
    """Measure one house."""
    parser = argparse.ArgumentParser(prog="python -m bench.rounds", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--counted", action="store_true", help="also count bytes and round trips (without TLS only)")
    parser.add_argument("--new", action="store_true", help="also append a mail, and count what it takes to find it")
    options = parser.parse_args()
    handed = begun()
    if handed is None:  # as `run` does: a service keeps nothing of what reads its config
        hand_on(load(options.config))
    settings: Settings = handed.task if handed and isinstance(handed.task, Settings) else load(options.config)
    # Each mailbox is a file, and through the proxy two more.
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    settle_memory()  # as `run` does
    with closing(open_store(settings.store_url)) as store:
        found = {"mailboxes": len(settings.mailboxes), **connections(settings)}
        clock = Clock(settings)
        found |= looks(store, settings, clock, options.rounds)
        found |= beats(store, settings, clock, options.rounds)
        if options.counted:
            found |= counted(store, options.config, settings, clock, options.new)
    print(json.dumps(found))


def connections(settings: Settings) -> Json:
    """Memory, in KB, before and after all mailboxes are connected, where the second series connects for the rounds."""
    with closing(Connections()) as first:
        first.of(settings.mailboxes[0]).folders()
    with closing(Connections()) as kept:
        before, start = resident_kb(), time.perf_counter()
        for mailbox in settings.mailboxes:
            kept.of(mailbox).folders()
        took, after = time.perf_counter() - start, resident_kb()
    count = len(settings.mailboxes)
    return {"base_mb": before / 1024, "kb_per_connection": (after - before) / count, "login_ms": took * 1000 / count}


def looks(store: Store, settings: Settings, clock: Clock, rounds: int) -> Json:
    """The looks alone, and between them what the servers need for the same question, asked of all at once."""
    lines = list(_lines(settings))
    with counting(store.engine) as statements, looking(store, settings, clock) as look:
        look()
        own, floors, cpu, count = [], [], [], []
        for _ in range(rounds):
            floors.append(_timed(lambda: ask_all(lines)))
            used, said = time.process_time(), sum(statements.values())
            own.append(_timed(look))
            cpu.append(time.process_time() - used)
            count.append(sum(statements.values()) - said)
        connected = resident_kb() / 1024
    for each in lines:
        each.close()
    return {
        "round_ms": _median_ms(own), "round_cpu_ms": _median_ms(cpu), "round_floor_ms": _median_ms(floors),
        "round_statements": statistics.median(count), "connected_mb": connected,
    }  # fmt: skip


def beats(store: Store, settings: Settings, clock: Clock, rounds: int) -> Json:
    """The whole beat of the daemon: looks, and what follows from them."""
    with counting(store.engine) as statements:
        asked = threading.Event()
        daemon = Daemon(store, settings, clock.now, lambda _m, _c: None, asked, monotonic=clock.seconds)

        def tick() -> None:
            clock.next()
            daemon.tick()

        with closing(daemon):
            tick()
            tick()
            own, cpu, before = [], [], dict(statements)
            for _ in range(rounds):
                used = time.process_time()
                own.append(_timed(tick))
                cpu.append(time.process_time() - used)
    said = {kind: (statements[kind] - before[kind]) / rounds for kind in statements}
    return {
        "beat_ms": _median_ms(own), "beat_cpu_ms": _median_ms(cpu),
        "beat_statements": said["statements"], "beat_commits": said["commits"],
    }  # fmt: skip


def counted(store: Store, config: Path, settings: Settings, clock: Clock, new: bool) -> Json:
    """Bytes and round trips of a round; and of one in which a mail has come to the first mailbox, the first one since
    the start, when all flags are asked (`first_found`); one after a quiet round, when only changes are (`found`); and
    one in the round after that, when the folder is still open (`next_found`)."""
    first = settings.mailboxes[0]
    with CountingProxy(first.host, first.port) as proxy:
        through = config.with_suffix(".proxy.toml")
        through.write_text(config.read_text().replace(f"\nport = {first.port}\n", f"\nport = {proxy.port}\n", 1))
        with looking(store, load(through), clock) as look:
            look()
            look()
            proxy.taken()
            look()
            quiet = proxy.taken()
            found: Json = {}
            if new:
                for number, which in enumerate(("first_found", "found", "next_found"), 1):
                    if which == "found":
                        look()
                        proxy.taken()
                    _append(settings, number)
                    look(new=1)
                    found |= {"new_mails": number, **_found(proxy.taken(), which)}
    return {"round_bytes": sum(trip.octets for trip in quiet), "round_trips": len(quiet), **found}


def _found(trips: list[Trip], which: str) -> Json:
    """To hear of new mail, without its header itself; and of that beyond the glance that each round begins with."""
    heard = [trip.octets for trip in trips if b"BODY.PEEK" not in trip.said]
    return {f"{which}_bytes": sum(heard), f"{which}_beyond_bytes": sum(heard[1:]), f"{which}_trips": len(heard)}


@contextmanager
def looking(store: Store, settings: Settings, clock: Clock) -> Iterator[Callable[..., list[Sweep]]]:
    """Looks at all mailboxes, as often as it is called; raises RuntimeError where a look fails, or was not quiet."""
    kept = Connections()
    poller = Poller(store, settings, kept.of)

    def look(new: int = 0) -> list[Sweep]:
        clock.next()
        sweeps = poller.poll(settings.mailboxes, clock.now())
        if len(sweeps) != len(settings.mailboxes) or any(sweep.fault for sweep in sweeps):
            raise RuntimeError(f"a look failed: {[sweep for sweep in sweeps if sweep.fault]}")
        if sum(sweep.taken_in for sweep in sweeps) != new:
            raise RuntimeError("that was no quiet round")
        return sweeps

    try:
        yield look
    finally:
        poller.close()
        kept.close()


@contextmanager
def counting(engine: Engine) -> Iterator[dict[str, int]]:
    """Statements and commits, as they are made."""
    found = {"statements": 0, "commits": 0}

    def statement(*_: object) -> None:
        found["statements"] += 1

    def commit(*_: object) -> None:
        found["commits"] += 1

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    yield found
    event.remove(engine, "before_cursor_execute", statement)
    event.remove(engine, "commit", commit)


def ask_all(lines: list[Line]) -> None:
    """Every server is asked before the first one is listened to."""
    for each in lines:
        each.say(ALL_FOLDERS)
    for each in lines:
        each.answer()


def _lines(settings: Settings) -> Iterator[Line]:
    for mailbox in settings.mailboxes:
        ca_file = Path(mailbox.ca_file) if mailbox.ca_file else None
        each = Line(mailbox.host, mailbox.port, ca_file).__enter__()
        each.ask(f'LOGIN "{mailbox.username}" "{mailbox.password()}"')
        yield each


def _append(settings: Settings, number: int) -> None:
    mailbox = settings.mailboxes[0]
    with Line(mailbox.host, mailbox.port) as said:
        said.ask(f'LOGIN "{mailbox.username}" "{mailbox.password()}"')
        said.append("INBOX", [(END.strftime("%d-%b-%Y %H:%M:%S +0000").encode(), NEW_MAIL % number)])


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _median_ms(seconds: list[float]) -> float:
    return statistics.median(seconds) * 1000


if __name__ == "__main__":
    main()
