"""FLOOR 1. Figures for Prometheus, in its text format; alone knows prometheus_client. What each means stands here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

PREFIX = "inbox_monitor_"
BY_MAILBOX = ("mailbox", "team")


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name without PREFIX, in base units (prometheus.io/docs/practices/naming), and what it means.

    Labels are bounded by the config: mailboxes, teams, states. No address of a customer is one.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure of a family; `labels` in the order of the family's."""

    name: str
    value: float
    labels: tuple[str, ...] = field(default=())


def _counter(name: str, meaning: str, *labels: str) -> Family:
    return Family(name, meaning, labels, "counter")


FAMILIES = (
    Family("build_info", "1; the version that runs is its label.", ("version",)),
    Family("healthy", "1 where `inbox-monitor status` ends with 0."),
    Family("last_round_timestamp_seconds", "When the daemon last ended a round; only in the file."),
    Family("last_round_duration_seconds", "How long that round took; only in the file."),
    Family("last_round_failed_jobs", "Parts of that round that failed by a fault of the program; only in the file."),
    Family("mailbox_up", "1 where the mailbox was seen whole at its last look, and not long ago.", BY_MAILBOX),
    Family("mailbox_fault", "1 while the last look failed; why is the label.", (*BY_MAILBOX, "fault")),
    Family("mailbox_last_complete_look_timestamp_seconds", "Up to when the mailbox is known whole.", BY_MAILBOX),
    Family("mailbox_poll_interval_seconds", "How often it is to be looked at.", BY_MAILBOX),
    Family("mailbox_blind_seconds", "How long it could not be seen in the last seven days.", BY_MAILBOX),
    Family("mailbox_replies_visible", "0 where replies are not seen, so that nobody is reminded.", BY_MAILBOX),
    Family(
        "mailbox_unseen_replies_ratio",
        "Of what customers answered in four weeks, the share that was never seen (0 to 1).",
        BY_MAILBOX,
    ),
    Family("mailbox_held", "1 while reminders are held back, as unusually many became late at once.", BY_MAILBOX),
    Family("mailbox_clock_ahead_seconds", "How far the server's clock runs before ours, if too far.", BY_MAILBOX),
    Family("waiting", "People who wait for a reply.", BY_MAILBOX),
    Family("late", "Those of them who wait longer than was promised.", BY_MAILBOX),
    Family("oldest_wait_seconds", "How long the one who wrote first has waited; 0 where nobody waits.", BY_MAILBOX),
    _counter("looks_total", "Looks that ended, complete or not.", *BY_MAILBOX),
    _counter("looks_failed_total", "Looks that failed.", *BY_MAILBOX),
    _counter("messages_read_total", "Mails taken in.", *BY_MAILBOX),
    Family("commands_up", "1 where replies to letters are heard."),
    Family("letters_pending", "Letters in the outbox, those included that wait for a sending window."),
    Family("letters_stuck", "Those of them that the mail server did not take so far."),
    Family("letters_refused_lately", "Letters refused for good in the last seven days."),
    Family("recipients_latched", "People who get no letter for a day, because they got too many."),
    _counter("letters_made_total", "Letters put into the outbox."),
    _counter("letters_sent_total", "Letters that the mail server took."),
    _counter("letters_refused_total", "Letters that the mail server refused for good."),
    Family("unreadable_messages", "Mails that could not be read; `inbox-monitor status` names them."),
    Family("next_report_timestamp_seconds", "When the next weekly report is due; in the past: it is overdue."),
    Family("week_start_timestamp_seconds", "When the week began that was told last."),
    Family("week_promise_kept", "Waits of that week in which the promise was kept.", ("team",)),
    Family("week_promise_counted", "All waits of that week that count.", ("team",)),
    Family("store_bytes", "How large the store is."),
    Family("store_free_bytes", "Room left on its disk; not of PostgreSQL."),
    Family("store_writable", "0 while the store fails, or its disk takes nothing more; of PostgreSQL only then."),
    Family("secret_expiry_timestamp_seconds", "When what the program logs in by ends.", ("secret",)),
)
"""Every metric there is; docs/monitoring.md lists the same."""


def exposed(samples: Iterable[Sample]) -> str:
    """The samples in Prometheus' text format, in the order of FAMILIES. Raises KeyError for one of no family.

    By a registry of its own: what the library counts of this process is not in it.
    """
    from prometheus_client import CollectorRegistry, generate_latest  # not above: few write metrics (3 MB)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(samples))
    return generate_latest(registry).decode("utf-8")


class _Figures:
    """What prometheus_client calls a collector."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._found: Mapping[str, list[Sample]] = {family.name: [] for family in FAMILIES}
        for sample in samples:
            self._found[sample.name].append(sample)

    def collect(self) -> "Iterator[Metric]":
        """Families without a sample are left out."""
        for family in FAMILIES:
            if found := self._found[family.name]:
                metric = _metric(family)
                for sample in found:
                    metric.add_metric(sample.labels, sample.value)
                yield metric


def _metric(family: Family) -> "GaugeMetricFamily | CounterMetricFamily":
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    return kind(f"{PREFIX}{family.name}", family.help, labels=family.labels)
