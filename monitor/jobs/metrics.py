"""FLOOR 2. The figures of the house for Prometheus: gathered from the store, and put into a file for its node exporter.

All but the last round's are in the store, so that a restart loses nothing and the command line tells the same.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import monitor
from monitor.config import Settings
from monitor.core.report.week import Week, last_closed
from monitor.jobs.board import FOR_ALL, put_in_place
from monitor.jobs.expiring import endings
from monitor.jobs.health import Health, MailboxHealth
from monitor.jobs.look import Sweep
from monitor.jobs.round import Round
from monitor.outbox.metrics import Sample, exposed
from monitor.store.store import Store
from monitor.store.tallies import count, tallies
from monitor.store.telling import last_told

LOOKS, FAILED, READ = "looks", "failed", "read"
MADE, SENT, REFUSED = "letters made", "letters sent", "letters refused"


@dataclass(frozen=True, slots=True)
class LastRound:
    """What only the daemon knows: when its round ended (UTC), how long it took, how many of its parts failed."""

    ended: datetime
    took: timedelta
    failed_jobs: int


def note(store: Store, sweeps: Sequence[Sweep], done: Round) -> None:
    """Count what a round did. A look that we ended ourselves is none. Raises StoreError."""
    counts: Counter[str] = Counter()
    for each in sweeps:
        if each.fault is None or each.fault.fault != "stopped":
            counts[f"{LOOKS} {each.mailbox}"] += 1
            counts[f"{FAILED} {each.mailbox}"] += each.fault is not None
        counts[f"{READ} {each.mailbox}"] += each.taken_in
    counts += Counter({MADE: done.letters, SENT: done.delivery.sent, REFUSED: done.delivery.refused})
    count(store, counts)


def write_metrics(file: Path, text: str) -> None:
    """Put the file in its place whole, readable for all: another program's user collects it. Raises OSError.

    Not by the library's own write_to_textfile, which leaves the mode to the umask, and that of the service is 0077.
    """
    put_in_place(file, text, FOR_ALL)


def metrics(store: Store, settings: Settings, health: Health, now: datetime, last: LastRound | None = None) -> str:
    """All of them in Prometheus' text format. Without a `last` round: those that the store knows."""
    return exposed(_samples(store, settings, health, now, last))


def without_store(last: LastRound | None) -> str:
    """What can be said while the store cannot be used: that, and when all was known last."""
    return exposed(
        [
            Sample("build_info", 1, (monitor.__version__,)),
            Sample("healthy", 0),
            *_last_round(last),
            Sample("store_writable", 0),
        ]
    )


def _samples(
    store: Store, settings: Settings, health: Health, now: datetime, last: LastRound | None
) -> Iterator[Sample]:
    yield Sample("build_info", 1, (monitor.__version__,))
    yield Sample("healthy", health.healthy)
    yield from _last_round(last)
    counted, every = tallies(store), {m.address: m.poll_every for m in settings.mailboxes}
    for mailbox in health.mailboxes:
        yield from _mailbox(mailbox, every[mailbox.address], now)
        yield from _looks(mailbox, counted)
    yield from _letters(health, counted)
    yield from _week(store, settings, now)
    yield from _house(settings, health)


def _last_round(last: LastRound | None) -> Iterator[Sample]:
    if last is not None:
        yield Sample("last_round_timestamp_seconds", last.ended.timestamp())
        yield Sample("last_round_duration_seconds", last.took.total_seconds())
        yield Sample("last_round_failed_jobs", last.failed_jobs)


def _mailbox(m: MailboxHealth, every: timedelta, now: datetime) -> Iterator[Sample]:
    labels = m.address, m.team
    yield Sample("mailbox_up", m.state == "ok", labels)
    if m.fault_text is not None:
        yield Sample("mailbox_fault", 1, (*labels, m.state))
    if m.as_of is not None:
        yield Sample("mailbox_last_complete_look_timestamp_seconds", m.as_of.timestamp(), labels)
    yield Sample("mailbox_poll_interval_seconds", every.total_seconds(), labels)
    yield Sample("mailbox_blind_seconds", sum(b.length.total_seconds() for b in m.blind), labels)
    yield Sample("mailbox_replies_visible", m.replies_visible, labels)
    if m.invisible.n:
        yield Sample("mailbox_unseen_replies_ratio", m.invisible.k / m.invisible.n, labels)
    yield Sample("mailbox_held", m.held is not None, labels)
    yield Sample("mailbox_clock_ahead_seconds", m.ahead.total_seconds() if m.ahead else 0, labels)
    yield Sample("waiting", m.waiting, labels)
    yield Sample("late", m.late, labels)
    yield Sample("oldest_wait_seconds", max(0.0, (now - m.oldest).total_seconds()) if m.oldest else 0, labels)


def _looks(m: MailboxHealth, counted: dict[str, int]) -> Iterator[Sample]:
    names = ("looks_total", LOOKS), ("looks_failed_total", FAILED), ("messages_read_total", READ)
    for name, what in names:
        yield Sample(name, counted.get(f"{what} {m.address}", 0), (m.address, m.team))


def _letters(health: Health, counted: dict[str, int]) -> Iterator[Sample]:
    if health.ear is not None:
        yield Sample("commands_up", health.ear.state == "ok")
    yield Sample("letters_pending", health.outbox["pending"])
    yield Sample("letters_stuck", health.outbox["tried"])
    yield Sample("letters_refused_lately", health.outbox["refused_lately"])
    yield Sample("recipients_latched", len(health.latched))
    for name, what in ("letters_made_total", MADE), ("letters_sent_total", SENT), ("letters_refused_total", REFUSED):
        yield Sample(name, counted.get(what, 0))


def _week(store: Store, settings: Settings, now: datetime) -> Iterator[Sample]:
    """The last week that a report told, as it was last told."""
    if settings.report is None:
        return
    week = last_closed(now, settings.report.on, settings.zone)
    told = last_told(store, [week.name, week.before().name])
    if not told:
        return
    latest = max(told)
    yield Sample("week_start_timestamp_seconds", Week.parse(latest, settings.zone).start.timestamp())
    for team, tally in told[latest].teams.items():
        yield Sample("week_promise_kept", tally.k, (team,))
        yield Sample("week_promise_counted", tally.n, (team,))


def _house(settings: Settings, health: Health) -> Iterator[Sample]:
    yield Sample("unreadable_messages", len(health.troubles))
    if health.next_report is not None:
        yield Sample("next_report_timestamp_seconds", health.next_report.timestamp())
    if health.size is not None:
        yield Sample("store_bytes", health.size)
    if health.room is not None:
        yield Sample("store_free_bytes", health.room.free)
        yield Sample("store_writable", health.room.writable)
    for ending in endings(settings):
        yield Sample("secret_expiry_timestamp_seconds", ending.ends.timestamp(), (f"microsoft {ending.what}",))
