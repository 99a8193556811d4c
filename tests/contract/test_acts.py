"""What staff say by hand, in the store: one code behind mail and command line, on SQLite and on PostgreSQL alike."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as options
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from monitor.config import Settings, load
from monitor.core.acts import Command, Puzzled, understand
from monitor.core.cursor import Cursor
from monitor.core.message import Address, Message
from monitor.core.wait import Handoff
from monitor.jobs.acting import Act, Performed, Undone, lines_of, perform, undo
from monitor.store import folding
from monitor.store.acting_tables import acts
from monitor.store.arrivals import Arrival, Look
from monitor.store.forgetting import forget
from monitor.store.mailboxes import refold_if_rules_changed, watch
from monitor.store.retention import purge
from monitor.store.store import Store
from monitor.store.stories import Story, StoryWait, all_stories, story_of
from monitor.store.tables import messages
from tests.contract.taking import take_in

TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = TEN + 2 * HOUR
INFO, OPS = "info@ours.example", "ops@ours.example"
ANN, BEN = "ann@reader.example", "ben@borrower.example"
LEAD = "lead@ours.example"
CONFIG = f"""
[imap]
host = "127.0.0.1"
password = {{ file = "password" }}
[[mailbox]]
address = "{INFO}"
team = "Front desk"
[[mailbox]]
address = "{OPS}"
team = "Operations"
[[team]]
name = "Front desk"
owners = ["{LEAD}"]
[[team]]
name = "Operations"
owners = ["ops-lead@ours.example"]
[[person]]
address = "eva@ours.example"
name = "Eva Ek"
"""


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> "Desk":
    """A desk that nobody has written to yet."""
    (tmp_path / "config.toml").write_text(CONFIG)
    return Desk(store, load(tmp_path / "config.toml"))


class Desk:
    """Two mailboxes, what arrives in them, and what is said of it."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings, self.uid, self.batches = store, settings, 0, 0
        self.house = settings.house(store.letter_key)
        roles = [("INBOX", "inbox"), ("Sent", "sent")]
        self.folders = {(m, row.name): row.id for m in (INFO, OPS) for row in watch(store, m, roles)}  # type: ignore[arg-type]

    def take(
        self, name: str, from_: str, *to: str, re: Sequence[str] = (), when: datetime = TEN, at: str = INFO
    ) -> int:
        """One mail; its row id."""
        self.uid += 1
        message = Message(
            identity=f"<{name}>",
            message_id=f"<{name}>",
            from_=Address(from_.partition("@")[0].title(), from_),
            recipients=tuple(Address("", address) for address in to),
            subject=f"Question {name}",
            in_reply_to=tuple(f"<{i}>" for i in re),
        )
        folder = self.folders[at, "Sent" if from_ == at else "INBOX"]
        arrival = Arrival(self.uid, frozenset(), 1000, when, message)
        take_in(self.store, folder, [arrival], Cursor(7, self.uid + 1), self.house, Look(when))
        with self.store.reading() as connection:
            found = connection.execute(select(messages.c.id).where(messages.c.identity == f"<{name}>"))
            return int(found.scalar_one())

    def say(
        self, line: str, on: dict[int, Sequence[int]], now: datetime = NOON, who: str = LEAD, **more: Any
    ) -> Performed | Puzzled:
        """A line of command about these numbers."""
        command = understand(line)
        assert isinstance(command, Command)
        self.batches += 1
        batch = more.pop("batch", f"b{self.batches}")
        return perform(self.store, self.settings, command, on, who=who, via="mail", batch=batch, now=now, **more)

    def did(self, line: str, on: dict[int, Sequence[int]], now: datetime = NOON, who: str = LEAD) -> list[Act]:
        """The same, where it is understood."""
        done = self.say(line, on, now, who)
        assert isinstance(done, Performed)
        return list(done.acts)

    def undo(self, now: datetime = NOON, who: str = LEAD, **more: Any) -> Undone:
        return undo(self.store, self.settings, who=who, now=now, **more)

    def stories(self) -> list[Story]:
        return list(all_stories(self.store))

    def waits(self) -> list[StoryWait]:
        return [w for s in self.stories() for w in s.waits]

    def states(self) -> list[str]:
        return [w.state for w in self.waits()]

    def count(self) -> int:
        """Acts in the store, whether they stand or not."""
        with self.store.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(acts)).scalar_one())


class TestPerforming:
    def test_done_ends_the_wait_and_a_later_mail_opens_another(self, desk: Desk) -> None:
        one = desk.take("1", ANN, INFO)
        (act,) = desk.did("done 2", {1: [99], 2: [one]})
        assert (act.number, act.kind, act.state, act.already) == (2, "done", "no_reply_needed", False)
        assert (act.who_waits, act.subject, act.conversation) == (Address("Ann", ANN), "Question 1", 1)
        desk.take("2", ANN, INFO, re=["1"], when=NOON + HOUR)
        assert [(w.state, w.evidence, w.closed_at) for w in desk.waits()] == [
            ("no_reply_needed", "closed", NOON),
            ("waiting", None, None),
        ]

    def test_reopened_it_waits_from_its_first_mail_in_its_own_row(self, desk: Desk) -> None:
        one = desk.take("1", ANN, INFO)
        (before,) = desk.waits()
        desk.take("2", INFO, ANN, re=["1"], when=TEN + HOUR)
        assert desk.states() == ["answered"]
        (act,) = desk.did("reopen 1", {1: [one]})
        assert (act.state, act.already, act.opened_at) == ("waiting", False, TEN)
        assert desk.waits() == [before], "its reminders are its own"

    def test_snoozed_and_assigned_it_waits_on(self, desk: Desk) -> None:
        one = desk.take("1", ANN, INFO)
        (act,) = desk.did("snooze 1 2d", {1: [one]})
        assert (act.state, act.until) == ("waiting", NOON + 2 * DAY)
        (act,) = desk.did("assign 1 to Eva", {1: [one]}, NOON + HOUR)
        assert (act.team, act.person) == ("", "eva@ours.example")
        (wait,) = desk.waits()
        assert wait.snoozed_until == NOON + 2 * DAY
        assert wait.handoff == Handoff(NOON + HOUR, "Front desk", "a colleague", False, "eva@ours.example")

    def test_assigned_to_me_means_who_says_it(self, desk: Desk) -> None:
        (act,) = desk.did("assign 1 to me", {1: [desk.take("1", ANN, INFO)]})
        assert (act.team, act.person) == ("Front desk", LEAD)

    def test_alone_it_means_the_only_line(self, desk: Desk) -> None:
        one, two = desk.take("1", ANN, INFO), desk.take("2", BEN, INFO)
        found = desk.say("done", {1: [one], 2: [two]})
        assert isinstance(found, Puzzled)
        assert found.why == "which"
        assert [act.message for act in desk.did("done", {7: [two]})] == [two]

    @pytest.mark.parametrize(
        ("line", "why", "text"),
        [
            ("done 1 9", "number", "9"),
            ("done 1 3", "number", "3"),
            ("assign 1 to nobody here", "unknown_whom", "nobody here"),
        ],
    )
    def test_what_is_not_understood_in_part_is_not_done_at_all(
        self, desk: Desk, line: str, why: str, text: str
    ) -> None:
        """Line 3 is of a mail that is not there any more."""
        one = desk.take("1", ANN, INFO)
        found = desk.say(line, {1: [one], 3: [4711]})
        assert isinstance(found, Puzzled)
        assert (found.why, found.text) == (why, text)
        assert (desk.states(), desk.count()) == (["waiting"], 0)

    @pytest.mark.parametrize("line", ["done 1", "snooze 1 2d", "assign 1 Operations"])
    def test_what_is_so_already_is_said_and_not_written_again(self, desk: Desk, line: str) -> None:
        on: dict[int, Sequence[int]] = {1: [desk.take("1", ANN, INFO)]}
        assert [act.already for act in desk.did(line, on)] == [False]
        assert [act.already for act in desk.did(line, on)] == [True]
        assert desk.count() == 1

    @pytest.mark.parametrize("line", ["done 1", "snooze 1 2d", "assign 1 Operations"])
    def test_who_was_answered_meanwhile_stays_so(self, desk: Desk, line: str) -> None:
        one = desk.take("1", ANN, INFO)
        desk.take("2", INFO, ANN, re=["1"], when=TEN + HOUR)
        (act,) = desk.did(line, {1: [one]})
        assert (act.already, act.state, desk.count()) == (True, "answered", 0)

    def test_who_waits_needs_no_opening(self, desk: Desk) -> None:
        (act,) = desk.did("reopen 1", {1: [desk.take("1", ANN, INFO)]})
        assert (act.already, act.state, desk.count()) == (True, "waiting", 0)

    def test_reopening_wakes_who_was_put_off(self, desk: Desk) -> None:
        on: dict[int, Sequence[int]] = {1: [desk.take("1", ANN, INFO)]}
        desk.did("snooze 1 2d", on)
        (act,) = desk.did("reopen 1", on, NOON + HOUR)
        assert (act.already, act.state) == (False, "waiting")
        assert [w.snoozed_until for w in desk.waits()] == [None]

    def test_the_same_batch_twice_changes_nothing(self, desk: Desk) -> None:
        on: dict[int, Sequence[int]] = {1: [desk.take("1", ANN, INFO)]}
        desk.say("done 1", on, batch="mail:1")
        desk.did("reopen 1", on, NOON + HOUR)
        again = desk.say("done 1", on, NOON + 2 * HOUR, batch="mail:1")
        assert again == Performed("mail:1", repeated=True)
        assert desk.states() == ["waiting"]

    def test_help_and_undo_are_no_acts(self, desk: Desk) -> None:
        for line in ("help", "undo"):
            with pytest.raises(ValueError, match=line):
                desk.say(line, {1: [1]})

    def test_a_large_conversation_is_folded_at_once_too(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folding, "LARGE", 1)
        one = desk.take("1", ANN, INFO)
        desk.take("2", ANN, INFO, re=["1"], when=TEN + HOUR)
        (act,) = desk.did("done 1", {1: [one]})
        assert act.state == "no_reply_needed"


class TestUndo:
    def test_all_that_one_line_said_is_taken_back_at_once(self, desk: Desk) -> None:
        on: dict[int, Sequence[int]] = {1: [desk.take("1", ANN, INFO)], 2: [desk.take("2", BEN, INFO)]}
        desk.did("done 1 2", on)
        assert desk.states() == ["no_reply_needed"] * 2
        undone = desk.undo(NOON + HOUR)
        assert [(act.number, act.kind, act.state) for act in undone.acts] == [
            (1, "done", "waiting"),
            (2, "done", "waiting"),
        ]
        assert desk.states() == ["waiting"] * 2
        assert desk.count() == 2, "it stays in the story"

    def test_the_last_one_first_then_the_one_before_then_nothing(self, desk: Desk) -> None:
        on: dict[int, Sequence[int]] = {1: [desk.take("1", ANN, INFO)]}
        desk.did("assign 1 Operations", on)
        desk.did("snooze 1 2d", on, NOON + HOUR)
        assert [[a.kind for a in desk.undo(NOON + n * HOUR).acts] for n in (2, 3, 4)] == [["snooze"], ["assign"], []]
        (wait,) = desk.waits()
        assert (wait.snoozed_until, wait.handoff) == (None, None)

    def test_nobody_takes_back_what_another_said(self, desk: Desk) -> None:
        on: dict[int, Sequence[int]] = {1: [desk.take("1", ANN, INFO)]}
        desk.did("done 1", on)
        assert desk.undo(who="cli:root").acts == ()
        assert desk.undo(who="cli:root", batch="b1").acts == ()
        assert desk.states() == ["no_reply_needed"]
        assert len(desk.undo(batch="b1").acts) == 1

    def test_what_was_said_over_a_week_ago_is_not_meant(self, desk: Desk) -> None:
        desk.did("done 1", {1: [desk.take("1", ANN, INFO)]})
        assert desk.undo(NOON + 8 * DAY).acts == ()
        assert len(desk.undo(NOON + 7 * DAY).acts) == 1


class TestLinesOfConversations:
    def test_everybody_who_waits_there_is_meant(self, desk: Desk) -> None:
        one = desk.take("1", ANN, INFO)
        two = desk.take("2", BEN, INFO, re=["1"], when=TEN + HOUR)
        assert lines_of(desk.store, [1], "done") == {1: [one, two]}

    def test_a_merged_number_leads_on_and_one_that_is_none_is_left_out(self, desk: Desk) -> None:
        one = desk.take("1", ANN, INFO)
        desk.take("2", ANN, INFO)
        desk.take("3", ANN, INFO, re=["2", "1"], when=TEN + HOUR)
        assert lines_of(desk.store, [2, 9], "done") == {2: [one]}

    def test_nobody_is_meant_where_nobody_ever_waited(self, desk: Desk) -> None:
        desk.take("1", INFO, ANN)
        assert lines_of(desk.store, [1], "done") == {1: []}

    def test_reopen_means_who_was_put_away_last_and_no_old_answer_while_they_wait_on(self, desk: Desk) -> None:
        """Ann asked, was answered, and asks again; then that is done, too."""
        one = desk.take("1", ANN, INFO)
        desk.take("2", INFO, ANN, re=["1"], when=TEN + HOUR)
        assert lines_of(desk.store, [1], "reopen") == {1: [one]}, "answered by mistake"
        three = desk.take("3", ANN, INFO, re=["2"], when=TEN + 2 * HOUR)
        assert lines_of(desk.store, [1], "reopen") == {1: [three]}, "she waits: her clock is not pulled back"
        desk.did("done 1", {1: [three]}, TEN + 3 * HOUR)
        assert lines_of(desk.store, [1], "reopen") == {1: [three]}

    def test_reopen_means_the_one_done_by_mistake_though_another_waits(self, desk: Desk) -> None:
        one = desk.take("1", ANN, INFO)
        desk.take("2", BEN, INFO, re=["1"], when=TEN + HOUR)
        desk.did("done 1", {1: [one]})
        assert lines_of(desk.store, [1], "reopen") == {1: [one]}


class TestWhatBecomesOfThem:
    def test_they_follow_their_message_through_a_merge(self, desk: Desk) -> None:
        desk.take("1", ANN, INFO)
        two = desk.take("2", ANN, INFO, when=TEN + HOUR)
        desk.did("snooze 2 2d", {2: [two]})
        desk.take("3", INFO, OPS, re=["2", "1"], when=TEN + HOUR)
        story = story_of(desk.store, 1)
        assert story is not None
        assert [(a.kind, a.message, a.who, a.via) for a in story.acts] == [("snooze", "<2>", LEAD, "mail")]
        assert [w.snoozed_until for w in story.waits] == [NOON + 2 * DAY]

    def test_they_outlast_changed_rules(self, desk: Desk) -> None:
        desk.did("done 1", {1: [desk.take("1", ANN, INFO)]})
        refold_if_rules_changed(desk.store, "other rules", desk.house)
        assert desk.states() == ["no_reply_needed"]

    def test_a_purge_takes_them_with_their_messages(self, desk: Desk) -> None:
        one, two = desk.take("1", ANN, INFO), desk.take("2", BEN, INFO)
        desk.did("done 1", {1: [one]})
        desk.did("snooze 2 2d", {2: [two]})
        desk.take("new", ANN, INFO, when=TEN + 200 * DAY)
        purge(desk.store, 90 * DAY, TEN + 200 * DAY)
        assert [s.number for s in desk.stories()] == [2, 3], "who waits stays, however long"
        assert desk.count() == 1

    def test_forgetting_somebody_takes_what_was_said_of_them_alone_and_leaves_the_rest(self, desk: Desk) -> None:
        one = desk.take("1", ANN, INFO)
        shared = desk.take("2", BEN, INFO)
        theirs = desk.take("3", ANN, INFO, re=["2"], when=TEN + HOUR)
        desk.did("done 1 2 3", {1: [one], 2: [shared], 3: [theirs]})
        forget(desk.store, ANN, desk.house, lambda _: NOON, NOON)
        (story,) = desk.stories()
        assert [(w.who.address, w.state) for w in story.waits if w.who.address == BEN] == [(BEN, "no_reply_needed")]
        assert {a.who for a in story.acts} == {LEAD}
        assert desk.count() == 2

    def test_folding_reads_them_in_one_statement_for_any_number_of_conversations(self, desk: Desk) -> None:
        ids = [desk.take(str(n), f"r{n}@reader.example", INFO) for n in range(40)]
        costs = []
        for some in (ids[:2], ids[2:]):
            sent: list[str] = []
            listen = lambda _c, _cursor, statement, *_, into=sent: into.append(statement)  # noqa: E731
            event.listen(desk.store.engine, "before_cursor_execute", listen)
            desk.did("snooze 1 1d", {1: some})
            event.remove(desk.store.engine, "before_cursor_execute", listen)
            costs.append(len(sent))
        assert costs[0] == costs[1] <= 30


SAID = st.lists(st.tuples(st.sampled_from(["done", "reopen", "snooze", "assign"]), st.integers(0, 2)), max_size=5)


def test_whatever_was_said_taking_it_all_back_leaves_the_waits_as_they_were(desk: Desk) -> None:
    ids = [desk.take("1", ANN, INFO), desk.take("2", BEN, INFO, re=["1"], when=TEN + HOUR)]
    ids.append(desk.take("3", ANN, INFO, re=["1"], when=TEN + HOUR))
    desk.take("4", INFO, BEN, re=["2"], when=NOON)
    before = desk.waits()

    @given(SAID)
    @options(max_examples=30, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def check(said: list[tuple[str, int]]) -> None:
        for place, (word, which) in enumerate(said):
            rest = {"snooze": " 2d", "assign": " Operations"}.get(word, "")
            desk.did(f"{word} 1{rest}", {1: [ids[which]]}, NOON + place * HOUR)
        while desk.undo(NOON + len(said) * HOUR).acts:
            pass
        assert [w.state for w in desk.waits()] == [w.state for w in before]
        assert [(w.opener, w.members, w.handoff, w.snoozed_until) for w in desk.waits()] == [
            (w.opener, w.members, w.handoff, w.snoozed_until) for w in before
        ]

    check()
