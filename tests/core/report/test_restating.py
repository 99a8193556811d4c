"""Why a wait is counted otherwise than it was told: one reason each, by what was seen and done since."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.core.report.restating import GONE, Change, Counted, News, Reason, Tally, Told, reason, reasons

TOLD_AT = datetime(2024, 11, 18, 7, tzinfo=UTC)
KNOWN_AT = TOLD_AT - timedelta(minutes=3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOLD = Told("2024-W46", "2024-W46", TOLD_AT, KNOWN_AT, Tally(11, 12), {"Desk": Tally(11, 12)})
OPENED = datetime(2024, 11, 12, 10, tzinfo=UTC)
DUE = OPENED + DAY
MISSED = Counted(1, "2024-W46", "Desk", OPENED, DUE, "waiting", False, 7)
"""Waited when it was told."""
KEPT = replace(MISSED, state="answered", met=True)
AWAY = replace(MISSED, state="no_reply_needed", met=None)
LATER = TOLD_AT + DAY
"""Since it was told."""
OLD = News(answered_at=DUE - HOUR, opener=OPENED, answer=DUE, conversation=DUE)
"""All of it was known when it was told."""


def change(before: Counted | None, now: Counted | None, **news: Any) -> Change:
    return Change("2024-W46", before, now, replace(OLD, **news))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (change(MISSED, KEPT, answer=LATER, conversation=LATER), "reply-later"),
        (change(MISSED, KEPT, answer=KNOWN_AT + timedelta(minutes=1)), "reply-later"),
        (change(replace(MISSED, met=None), replace(KEPT, met=False), answer=LATER), "reply-later"),
        (change(None, MISSED, opener=LATER, conversation=LATER), "seen-later"),
        (change(None, KEPT, opener=LATER, answer=LATER, conversation=LATER), "seen-later"),
        (change(None, MISSED, conversation=LATER), "conversation"),
        (change(MISSED, None, conversation=LATER), "conversation"),
        (change(KEPT, MISSED, answer=None, conversation=LATER), "conversation"),
        (change(KEPT, replace(KEPT, opened_at=OPENED - DAY, due_at=OPENED, met=False), opener=LATER), "earlier"),
        (change(replace(MISSED, met=None), MISSED), "known-later"),
        (change(replace(MISSED, met=None), replace(MISSED, due_at=DUE - HOUR)), "known-later"),
        (change(MISSED, replace(KEPT, due_at=DUE + DAY), answered_at=DUE + HOUR), "calendar"),
        (change(MISSED, replace(MISSED, due_at=DUE + 7 * DAY, week="2024-W47")), "calendar"),
        (change(replace(MISSED, due_at=DUE + 7 * DAY, week="2024-W47"), MISSED), "calendar"),
        (change(MISSED, replace(KEPT, due_at=DUE + HOUR), answered_at=DUE - HOUR, answer=LATER), "reply-later"),
        (change(MISSED, AWAY, acted=LATER, closed_at=LATER), "by-hand"),
        (change(AWAY, MISSED, acted=LATER), "by-hand"),
        (change(MISSED, AWAY, closed_at=LATER), "put-away"),
        (change(MISSED, replace(AWAY, state="excused"), closed_at=LATER), "put-away"),
        (change(AWAY, MISSED, placed=LATER), "put-back"),
        (change(None, MISSED, placed=LATER), "put-back"),
        (change(replace(AWAY, state="excused"), KEPT, placed=LATER, conversation=LATER), "put-back"),
        (change(None, MISSED, opener=LATER, placed=LATER), "seen-later"),
        (change(MISSED, KEPT, placed=LATER), "rules"),
        (change(AWAY, MISSED, closed_at=TOLD_AT), "rules"),
        (change(MISSED, AWAY, closed_at=TOLD_AT, acted=TOLD_AT), "rules"),
        (change(KEPT, replace(KEPT, team="Loans")), "team"),
        (change(KEPT, replace(KEPT, team="Loans", due_at=DUE + HOUR), answered_at=DUE - HOUR), "team"),
        (change(KEPT, replace(KEPT, team="Loans"), acted=LATER), "team"),
        (change(None, MISSED), "rules"),
        (change(MISSED, None), "rules"),
        (change(KEPT, MISSED), "rules"),
    ],
)
def test_each_change_has_its_reason(found: Change, why: Reason) -> None:
    assert found.is_one
    assert reason(found, TOLD) == why


@pytest.mark.parametrize(
    "same",
    [
        change(MISSED, replace(MISSED, state="answered"), answered_at=LATER, answer=LATER),
        change(KEPT, replace(KEPT, due_at=DUE + HOUR)),
        change(AWAY, replace(AWAY, state="excused"), closed_at=LATER),
        change(AWAY, replace(AWAY, team="Loans")),
        change(None, AWAY, opener=LATER),
        change(AWAY, None),
        change(replace(MISSED, week="2024-W47"), replace(MISSED, week="2024-W48")),
    ],
)
def test_what_counts_as_before_is_no_change(same: Change) -> None:
    assert not same.is_one
    assert reasons([same], TOLD) == ()


def test_reasons_are_counted_the_most_frequent_first() -> None:
    found = [change(MISSED, KEPT, answer=LATER), *3 * [change(None, MISSED, opener=LATER)], change(AWAY, AWAY)]
    assert reasons(found, TOLD) == (("seen-later", 3), ("reply-later", 1))


def test_what_a_changed_promise_brought_into_the_week_is_no_changed_rule() -> None:
    moved = change(MISSED, replace(MISSED, due_at=DUE + 7 * DAY, week="2024-W47"))
    assert reasons([moved, change(None, KEPT)], TOLD) == (("calendar", 2),)
    assert reasons([change(None, KEPT)], TOLD) == (("rules", 1),)


def test_what_is_gone_is_told_so_from_then_on() -> None:
    assert change(MISSED, None).after == replace(MISSED, state=GONE, met=None)
    assert change(MISSED, KEPT).after == KEPT
