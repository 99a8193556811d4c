"""When a mailbox is due: hints bring a look forward, in bounds, and never before the patience with a failing server."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.config import MailboxSettings
from monitor.inbox.source import SourceError
from monitor.jobs.agenda import HINT_SECONDS, Agenda
from monitor.jobs.look import Sweep

INFO = MailboxSettings(
    "info@ours.example", "Desk", "127.0.0.1", 993, "tls", None, "info", str,
    timedelta(days=30), timedelta(minutes=5), (), (), (), (), "all", False, False,
)  # fmt: skip
OPS = replace(INFO, address="ops@ours.example")


def looked(agenda: Agenda, now: float, taken_in: int = 0, fault: SourceError | None = None) -> None:
    agenda.began(INFO, now)
    agenda.ended(Sweep(INFO.address, taken_in, fault), now)


@pytest.fixture
def agenda() -> Agenda:
    """One that has looked at INFO, completely, at 0."""
    fresh = Agenda(lambda: 0.0)
    looked(fresh, 0)
    return fresh


def test_a_hint_brings_the_next_look_forward_and_is_spent_with_it(agenda: Agenda) -> None:
    assert not agenda.is_due(INFO, 100)
    agenda.hinted({INFO.address})
    assert agenda.is_due(INFO, 100)
    looked(agenda, 100, taken_in=1)
    assert not agenda.is_due(INFO, 399)
    assert agenda.is_due(INFO, 400), "the poll goes on as ever"


def test_two_hinted_looks_are_seconds_apart_and_the_hint_is_kept_till_then(agenda: Agenda) -> None:
    agenda.hinted({INFO.address})
    assert not agenda.is_due(INFO, HINT_SECONDS - 0.1)
    assert agenda.is_due(INFO, HINT_SECONDS)
    assert agenda.is_hinted(INFO)


def test_a_hint_is_of_its_own_mailbox(agenda: Agenda) -> None:
    agenda.began(OPS, 0)
    agenda.ended(Sweep(OPS.address), 0)
    agenda.hinted({INFO.address})
    assert not agenda.is_due(OPS, 100)


def test_hints_without_end_that_bring_nothing_come_down_to_the_poll(agenda: Agenda) -> None:
    looks, now = 0, 0
    while now < 3600:
        now += 1
        agenda.hinted({INFO.address})
        if agenda.is_due(INFO, now):
            looked(agenda, now)
            looks += 1
    assert looks <= 3600 / 300 + 6


def test_a_look_that_brings_something_ends_the_distrust(agenda: Agenda) -> None:
    for now in (100, 200, 300):
        agenda.hinted({INFO.address})
        looked(agenda, now)
    agenda.hinted({INFO.address})
    assert not agenda.is_due(INFO, 300 + HINT_SECONDS)
    looked(agenda, 600, taken_in=1)
    agenda.hinted({INFO.address})
    assert agenda.is_due(INFO, 600 + HINT_SECONDS)


def test_a_look_that_brings_nothing_without_a_hint_is_no_reason_for_distrust(agenda: Agenda) -> None:
    for now in (300, 600, 900):
        looked(agenda, now)
    agenda.hinted({INFO.address})
    assert agenda.is_due(INFO, 900 + HINT_SECONDS)


@pytest.mark.parametrize(("fault", "wait"), [("unreachable", 30), ("refused", 900)])
def test_a_hint_shortens_no_patience_with_a_server_that_fails(agenda: Agenda, fault: str, wait: int) -> None:
    looked(agenda, 300, fault=SourceError(fault, "no"))  # type: ignore[arg-type]
    agenda.hinted({INFO.address})
    assert not agenda.is_due(INFO, 300 + wait - 1)
    assert agenda.is_due(INFO, 300 + wait)


def test_a_mailbox_that_is_looked_at_oftener_than_that_keeps_its_interval(agenda: Agenda) -> None:
    often = replace(INFO, poll_every=timedelta(seconds=2))
    agenda.hinted({INFO.address})
    assert agenda.is_due(often, 2)
