"""Letters taken back, and what is noted of them, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from monitor.store.blind import withdraw_blind
from monitor.store.outbox import mark_refused, mark_sent, note_unreachable, pending
from monitor.store.past import ANEW, withdraw_naming, withdraw_reports
from monitor.store.reminding import NewLetter, Notice, claim_notices, noticed
from monitor.store.reporting import claim_anew, claim_report, stored, withdraw_early
from monitor.store.store import RowError, Store
from monitor.store.tables import letters
from monitor.store.telling import Frozen
from monitor.store.withdrawing import withdraw_unwanted

NOW = datetime(2024, 11, 18, 7, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD, NEW = "old@ours.example", "new@ours.example"


def letter(kind: str, to: str, number: int = 1) -> NewLetter:
    return NewLetter(kind, f"<{kind}.{to}.{number}@ours.example>", to, "Subject", b"From: m@ours.example\r\n\r\nHello")


def states(store: Store) -> list[tuple[str, str, str]]:
    """(kind, state, the server's words) of every letter, as they were made."""
    with store.reading() as connection:
        query = select(letters.c.kind, letters.c.state, letters.c.reply).order_by(letters.c.id)
        return [(row.kind, row.state, row.reply) for row in connection.execute(query)]


def test_what_waits_for_who_left_is_taken_back_and_counts_as_untold(store: Store) -> None:
    told = [Notice("fault", ("info unread",), OLD, letter("notice", OLD)), Notice("fault", ("silent",), OLD, None)]
    claim_notices(store, [*told, Notice("opening", ("info",), NEW, letter("opening", NEW))], NOW)
    assert withdraw_unwanted(store, {"notice": [NEW], "opening": [NEW], "reminder": []}, ["info"], NOW) == 1
    assert states(store) == [("notice", "withdrawn", ""), ("opening", "pending", "")]
    assert noticed(store, "fault") == {("silent", OLD)}
    assert noticed(store, "opening") == {("info", NEW)}
    assert withdraw_unwanted(store, {"notice": [NEW], "opening": [NEW]}, ["info"], NOW) == 0


def test_what_was_sent_stays_told_whoever_leaves(store: Store) -> None:
    claim_notices(store, [Notice("fault", ("info unread",), OLD, letter("notice", OLD))], NOW)
    mark_sent(store, 1, "250 OK", NOW)
    assert withdraw_unwanted(store, {"notice": [NEW]}, [], NOW) == 0
    assert noticed(store, "fault") == {("info unread", OLD)}


def test_a_report_of_the_future_goes_if_its_week_is_not_over_and_only_then(store: Store) -> None:
    for number, week in enumerate(("2024-W45", "2024-W46")):
        claim_report(store, week, [letter("report", OLD, number)], {"week": week}, Frozen(), NOW + number * HOUR)
    asked = Notice("report", ("2024-W45 asked for",), OLD, letter("report", OLD, 9))
    claim_notices(store, [asked], NOW + HOUR)
    assert withdraw_early(store, lambda week: week == "2024-W45", NOW - 2 * DAY) == ["2024-W46"]
    assert stored(store, "2024-W45") is not None
    assert stored(store, "2024-W46") is None
    assert [state for _, state, _ in states(store)] == ["pending", "withdrawn", "pending"]
    assert withdraw_early(store, lambda _week: False, NOW + DAY) == []


def test_a_server_that_goes_away_changes_no_word_about_letters_it_has_settled(store: Store) -> None:
    claim_notices(store, [Notice("fault", (f"s{n}",), OLD, letter("notice", OLD, n)) for n in range(3)], NOW)
    waiting = pending(store, NOW)
    mark_sent(store, waiting[0].id, "250 OK", NOW)
    mark_refused(store, waiting[1].id, "550 no such user", NOW)
    note_unreachable(store, waiting, "no connection")
    assert [reply for _, _, reply in states(store)] == ["250 OK", "550 no such user", "no connection"]


def test_a_letter_that_was_taken_back_and_is_made_again_at_the_same_moment_waits_again(store: Store) -> None:
    notice = Notice("fault", ("info unread",), OLD, letter("notice", OLD))
    claim_notices(store, [notice], NOW)
    assert withdraw_unwanted(store, {"notice": [NEW]}, [], NOW) == 1
    claim_notices(store, [notice], NOW)
    (waiting,) = pending(store, NOW)
    assert (waiting.message_id, waiting.body) == (notice.letter.message_id, notice.letter.body)
    assert states(store) == [("notice", "pending", "")]


def test_a_letter_that_was_sent_is_not_sent_again_by_whoever_makes_the_same_one(store: Store) -> None:
    report = letter("report", OLD)
    claim_notices(store, [Notice("report", ("asked for",), OLD, report)], NOW)
    mark_sent(store, 1, "250 OK", NOW)
    with pytest.raises(RowError, match="in the outbox already"):
        claim_notices(store, [Notice("report", ("asked for again",), OLD, report)], NOW)
    assert states(store) == [("report", "sent", "250 OK")]
    assert noticed(store, "report") == {("asked for", OLD)}


def test_letters_that_may_name_who_is_forgotten_are_taken_back_and_made_anew(store: Store) -> None:
    kinds = ("blind", "double", "report")
    claim_notices(store, [Notice(kind, ("one",), NEW, letter(kind, NEW)) for kind in kinds], NOW)
    with store.writing() as connection:
        assert withdraw_naming(connection, NOW) == 2
    assert [state for _, state, _ in states(store)] == ["withdrawn", "withdrawn", "pending"]
    assert (noticed(store, "blind"), noticed(store, "report")) == (set(), {("one", NEW)})
    claim_notices(store, [Notice("blind", ("one",), NEW, letter("blind", NEW))], NOW)
    assert states(store)[0][1] == "pending"


def test_a_letter_of_two_spells_stays_while_one_of_them_goes_on(store: Store) -> None:
    claim_notices(store, [Notice("blind", ("info", "ops"), NEW, letter("blind", NEW))], NOW)
    assert withdraw_blind(store, [("info", NEW)], NOW) == set()
    assert withdraw_blind(store, [("info", NEW), ("ops", NEW), ("ops", OLD)], NOW) == {("info", NEW), ("ops", NEW)}
    assert [state for _, state, _ in states(store)] == ["withdrawn"]


def test_a_weekly_report_that_may_name_somebody_is_made_anew_but_not_a_sheet_of_a_month(store: Store) -> None:
    figures = {"overall": {"k": 0, "n": 0}}
    claim_report(store, "2024-W45", [letter("report", NEW)], figures, Frozen(), NOW - HOUR)
    asked = ("2024-W46 asked for at noon", "2024-10 asked for at noon")
    claim_notices(store, [Notice("report", (s,), NEW, letter("report", NEW, n)) for n, s in enumerate(asked, 2)], NOW)
    with store.writing() as connection:
        assert withdraw_reports(connection, NOW) == 2
        assert withdraw_reports(connection, NOW) == 0
    assert [state for _, state, _ in states(store)] == ["withdrawn", "withdrawn", "pending"]
    assert noticed(store, ANEW) == {("2024-W45", NEW), (asked[0], NEW)}
    claim_anew(store, ANEW, "2024-W45", [Notice("report", ("again",), NEW, letter("report", NEW, 4))], NOW)
    assert noticed(store, ANEW) == {(asked[0], NEW)}
    assert states(store)[-1] == ("report", "pending", "")
