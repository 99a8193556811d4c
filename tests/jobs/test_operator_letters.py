"""One letter for all changes of state, at most one an hour, and each told once: no fault may ever become a storm."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import Fault, SourceError
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.health import health
from monitor.jobs.knowledge import know
from monitor.jobs.poll import sweep
from monitor.jobs.watch import tell_operator
from monitor.store.outbox import LetterRow, begin_try, mark_refused, pending
from tests.jobs.test_hidden_replies import DAY, HOUR, INFO, LETTERS, MONDAY, TUESDAY, Desk

MINUTE = timedelta(minutes=1)
BEN = "ben@borrower.example"


class Watched(Desk):
    """A house whose mailboxes may break; what is told to the operator."""

    def __init__(self, folder: Path, others: Sequence[str] = ()) -> None:
        super().__init__(folder, others=others)
        for name in others:
            self.sources[f"{name}@ours.example"] = MemorySource(MemoryFolder("INBOX"), MemoryFolder("Sent"))

    def breaks(self, fault: Fault = "unreachable", *mailboxes: str) -> None:
        for mailbox in mailboxes or self.sources:
            self.sources[mailbox].broken = SourceError(fault, "imap.ours.example:993: nothing answers there")

    def mends(self, *mailboxes: str) -> None:
        for mailbox in mailboxes or self.sources:
            self.sources[mailbox].broken = None

    def look(self, now: datetime) -> None:
        house = self.settings.house(self.store.letter_key)
        for mailbox in self.settings.mailboxes:
            sweep(self.store, self.sources[mailbox.address], mailbox, house, now)

    def tells(self, now: datetime) -> list[str]:
        """One round; what its letters to the operator say, each on one line."""
        return [said(letter) for letter in self.round(now) if letter.kind == "notice"]


def said(letter: LetterRow) -> str:
    part = message_from_bytes(letter.body, policy=policy.default).get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(tmp_path)
    found.look(MONDAY)
    yield found
    found.store.close()


def test_sixty_mailboxes_on_a_dead_server_are_one_letter_and_one_when_it_lives(tmp_path: Path) -> None:
    names = [f"desk{number}" for number in range(59)]
    house = Watched(tmp_path, names)
    house.look(MONDAY)
    house.breaks()
    assert [house.tells(MONDAY + n * HOUR / 2) for n in range(1, 5)] == [[], [], [], []]
    (letter,) = house.tells(MONDAY + 2.5 * HOUR)
    assert letter.startswith("60 mailboxes cannot be read imap.ours.example:993: nothing answers there")
    assert all(f"- {name}@ours.example: it was last seen whole 00:00." in letter for name in names)
    assert house.tells(MONDAY + 4 * HOUR) == []
    house.mends()
    (letter,) = house.tells(MONDAY + 5 * HOUR)
    assert letter.startswith("60 mailboxes can be read again")
    assert f"{INFO}: it can be read since 05:00; it was blind for 5 hours." in letter
    assert house.tells(MONDAY + 7 * HOUR) == []
    house.store.close()


def test_a_fault_that_mends_itself_within_two_hours_is_never_told(desk: Watched) -> None:
    for hour in range(0, 20, 2):
        desk.breaks()
        assert desk.tells(MONDAY + hour * HOUR + MINUTE) == []
        assert desk.tells(MONDAY + (hour + 1.9) * HOUR) == []
        desk.mends()
        assert desk.tells(MONDAY + (hour + 1.95) * HOUR) == []


def test_a_fault_that_changes_its_kind_is_still_the_same_two_hours(desk: Watched) -> None:
    kinds: list[Fault] = ["unreachable", "busy", "protocol"]
    told = []
    for round_ in range(1, 30):
        desk.breaks(kinds[round_ % 3])
        told += desk.tells(MONDAY + round_ * 5 * MINUTE)
    assert len(told) == 1


@pytest.mark.parametrize("fault", ["refused", "certificate", "folder", "secret"])
def test_what_does_not_mend_itself_is_told_at_once(desk: Watched, fault: Fault) -> None:
    desk.breaks(fault)
    (letter,) = desk.tells(MONDAY + 5 * MINUTE)
    assert letter.startswith(f"{INFO} cannot be read")
    assert desk.tells(MONDAY + 10 * DAY) == [], "once"


def test_a_long_fault_that_turns_into_one_to_mend_is_told_again(desk: Watched) -> None:
    desk.breaks()
    desk.tells(MONDAY + HOUR)
    assert len(desk.tells(MONDAY + 3 * HOUR)) == 1
    desk.breaks("refused")
    assert len(desk.tells(MONDAY + 5 * HOUR)) == 1
    desk.breaks()
    assert desk.tells(MONDAY + 9 * HOUR) == []
    desk.mends()
    assert len(desk.tells(MONDAY + 10 * HOUR)) == 1, "and one end"


def test_what_changes_within_the_hour_stands_in_the_next_letter(tmp_path: Path) -> None:
    house = Watched(tmp_path, ["ops", "web"])
    house.look(MONDAY)
    house.breaks("refused", INFO)
    assert len(house.tells(MONDAY + 5 * MINUTE)) == 1
    house.breaks("refused", "ops@ours.example")
    house.breaks("folder", "web@ours.example")
    assert house.tells(MONDAY + 10 * MINUTE) == []
    house.mends(INFO)
    assert house.tells(MONDAY + 55 * MINUTE) == []
    (letter,) = house.tells(MONDAY + 66 * MINUTE)
    assert letter.startswith("ops@ours.example cannot be read, and 2 more changes")
    assert "web@ours.example cannot be read" in letter
    assert f"{INFO} can be read again" in letter
    house.store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=3)
@given(st.lists(st.sampled_from(["ok", "refused", "unreachable", "busy"]), min_size=20, max_size=30))
def test_however_it_flaps_there_is_a_letter_an_hour_at_most_and_few_a_day(tmp_path: Path, states: list[str]) -> None:
    for left in tmp_path.glob("monitor.db*"):
        left.unlink()
    desk = Watched(tmp_path)
    desk.look(MONDAY)
    told = []
    for number, state in enumerate(states, 1):
        now = MONDAY + number * 15 * MINUTE
        desk.mends()
        if state != "ok":
            desk.breaks(state)  # type: ignore[arg-type]
        told += [now] * len(desk.tells(now))
        assert desk.tells(now) == [], "a second round, or a restart, says nothing new"
    desk.store.close()
    assert all(later - earlier >= HOUR for earlier, later in itertools.pairwise(told))
    assert len(told) <= 7


def test_a_sent_folder_that_cannot_be_read_says_that_replies_are_unseen(desk: Watched) -> None:
    source = desk.sources[INFO]
    sent, state = desk.sent, source.state

    def refuses(folder: str) -> object:
        if folder == sent.name:
            raise SourceError("folder", "no right to read it")
        return state(folder)

    source.state = refuses  # type: ignore[method-assign,assignment]
    desk.asks(MONDAY + HOUR)
    (letter,) = desk.tells(TUESDAY + 2 * HOUR)
    assert 'its Sent folder "Sent" cannot be read, so its replies are unseen' in letter
    assert desk.kinds(TUESDAY + 3 * HOUR) == [], "and nobody is reminded"


def test_a_sent_folder_that_is_gone_stops_reminders_unless_replies_are_confirmed(desk: Watched) -> None:
    desk.sources[INFO] = MemorySource(desk.inbox, MemoryFolder("Somewhere else"))
    desk.asks(MONDAY + HOUR)
    (letter,) = desk.tells(TUESDAY + 2 * HOUR)
    assert 'its Sent folder "Sent" is gone, so its replies are unseen' in letter
    assert desk.kinds(TUESDAY + 4 * HOUR) == []
    desk.set('replies = "confirmed"')
    assert sorted(desk.kinds(TUESDAY + 6 * HOUR)) == ["notice", "reminder"]


def test_a_view_that_grows_old_without_a_fault_is_told_once_it_lasts(desk: Watched) -> None:
    """As in a daemon that is too slow: it acts, but the look at this mailbox does not end."""

    def acts(now: datetime) -> int:
        knowledge = know(desk.store, desk.settings, now)
        return tell_operator(desk.store, desk.settings, LETTERS, knowledge, OutboxClaims(desk.store), now)

    assert [acts(MONDAY + 19 * MINUTE), acts(MONDAY + 60 * MINUTE), acts(MONDAY + 75 * MINUTE)] == [0, 0, 0]
    assert [acts(MONDAY + 85 * MINUTE), acts(MONDAY + 300 * MINUTE)] == [1, 0]
    assert not health(desk.store, desk.settings, MONDAY + 85 * MINUTE).healthy
    assert "was not looked at in time" in said(pending(desk.store, MONDAY + DAY)[0])
    desk.told |= {letter.id for letter in pending(desk.store, MONDAY + DAY)}
    (again,) = desk.tells(MONDAY + 400 * MINUTE)
    assert again.startswith(f"{INFO} is looked at in time again")


def test_a_letter_that_is_refused_for_good_is_told_once(desk: Watched) -> None:
    desk.asks(MONDAY + HOUR)
    (reminder,) = desk.round(TUESDAY + 2 * HOUR)
    begin_try(desk.store, reminder.id)
    mark_refused(desk.store, reminder.id, "smtp.ours.example:25: 550 for lead@ours.example (no such user)", TUESDAY)
    (letter,) = desk.tells(TUESDAY + 3 * HOUR)
    assert letter.startswith("A letter was refused for good")
    assert "reminder to lead@ours.example: smtp.ours.example:25: 550" in letter
    assert desk.tells(TUESDAY + 5 * HOUR) == []


def test_a_refused_letter_to_the_operator_makes_no_other_one(desk: Watched) -> None:
    desk.breaks("refused")
    (notice,) = desk.round(MONDAY + HOUR)
    mark_refused(desk.store, notice.id, "550 no such user", MONDAY + HOUR)
    assert desk.tells(MONDAY + 3 * HOUR) == []


@pytest.mark.parametrize(("ahead", "told"), [(4, 0), (7, 1), (60 * 24 * 30, 1)])
def test_mail_stamped_later_than_it_is_means_that_our_clock_is_behind(desk: Watched, ahead: int, told: int) -> None:
    now = MONDAY + HOUR
    desk.asks(now + ahead * MINUTE)
    letters = desk.tells(now)
    assert len(letters) == told
    (found,) = health(desk.store, desk.settings, now).mailboxes
    assert found.ahead == (ahead * MINUTE if told else None)
    assert all("clock of the monitor's machine seems to be behind" in letter for letter in letters)
    desk.asks(now + 2 * HOUR)
    assert desk.tells(now + 2 * HOUR) == []
    assert health(desk.store, desk.settings, now + 2 * HOUR).mailboxes[0].ahead is None, "the newest mail decides"


def test_an_old_store_restored_repeats_one_letter_to_each_recipient(desk: Watched, tmp_path: Path) -> None:
    """The rule: what a restored store does not know it sent may come once more, as one letter with the latest step."""
    for hour in range(1, 9):
        desk.asks(MONDAY + hour * HOUR, f"reader{hour}@reader.example")
    desk.round(MONDAY + 10 * HOUR)
    backup = {file: file.read_bytes() for file in tmp_path.glob("monitor.db*")}
    sent = [letter for hour in range(12) for letter in desk.round(TUESDAY + hour * HOUR)]
    assert [letter.kind for letter in sent] == ["reminder"] * 8
    desk.store.close()
    for file, content in backup.items():
        file.write_bytes(content)
    desk.store = type(desk.store)(desk.store.engine, desk.store.letter_key)
    desk.told = set()
    again = [letter for hour in range(12, 23) for letter in desk.round(TUESDAY + hour * HOUR)]
    assert [letter.kind for letter in again] == ["reminder"]


def test_restarts_rescans_and_a_new_uidvalidity_repeat_nothing(desk: Watched) -> None:
    for hour in range(1, 9):
        desk.asks(MONDAY - 5 * DAY + hour * HOUR, f"reader{hour}@reader.example")
    desk.asks(MONDAY + HOUR, BEN)
    assert desk.kinds(TUESDAY + 2 * HOUR).count("reminder") == 1
    for turn in range(1, 6):
        desk.inbox.uidvalidity = desk.sent.uidvalidity = 1 + turn
        assert desk.kinds(TUESDAY + 2 * HOUR + turn * 30 * MINUTE) == []


def test_after_eight_days_down_there_is_one_letter_an_owner_and_it_says_why_it_comes_so_late(desk: Watched) -> None:
    for day in range(1, 8):
        desk.asks(MONDAY + day * DAY, f"reader{day}@reader.example")
    back = MONDAY + 9 * DAY
    letters = desk.round(back)
    assert [letter.kind for letter in letters] == ["reminder"]
    assert f"could not see {INFO} from Monday 11 November, 00:00 to 00:00; so this letter" in said(letters[0])
    assert desk.kinds(back + 5 * MINUTE) == []
    (found,) = health(desk.store, desk.settings, back).mailboxes
    assert sum(one.hours for one in found.blind) == 7 * 24.0, "of the last seven days"


def test_a_clock_set_back_makes_no_blind_hours(desk: Watched) -> None:
    desk.look(MONDAY + 10 * MINUTE)
    desk.look(MONDAY - 3 * HOUR)
    desk.look(MONDAY - 3 * HOUR + 10 * MINUTE)
    assert health(desk.store, desk.settings, MONDAY).mailboxes[0].blind[1:] == ()


class Busy(Watched):
    """Twelve people a day for weeks, answered within the hour, until the replies are kept where nobody looks."""

    def __init__(self, folder: Path, seen_until: datetime) -> None:
        super().__init__(folder)
        self.set('lookback = "60d"')
        self.seen_until, self.known_to = seen_until, MONDAY - 34 * DAY
        self.look(self.known_to)

    def look(self, now: datetime) -> None:
        """With the mail there is by then."""
        for quarter in range(int((now - getattr(self, "known_to", now)) / (HOUR / 2))):
            asked = self.known_to + (quarter + 1) * HOUR / 2 - HOUR
            if asked.hour in range(8, 14):
                name = f"r{asked:%d%m%H%M}"
                question = self.asks(asked, f"{name}@reader.example")
                if asked + HOUR / 2 <= self.seen_until:
                    self.sends(asked + HOUR / 2, f"a{name}@ours.example", f"{name}@reader.example", question)
        self.known_to = now
        super().look(now)


def test_the_brake_holds_for_a_day_and_then_lets_one_digest_go(tmp_path: Path) -> None:
    desk = Busy(tmp_path, seen_until=MONDAY + 8 * HOUR)
    desk.look(MONDAY)
    told = [(hour, k) for hour in range(24, 46) for k in desk.kinds(MONDAY + hour * HOUR)]
    (held_at,) = [hour for hour, kind in told if kind == "notice"]
    assert all(hour < held_at for hour, kind in told if kind == "reminder"), "nobody is reminded any more"
    found = health(desk.store, desk.settings, MONDAY + 45 * HOUR)
    assert (found.healthy, found.mailboxes[0].held is not None) == (False, True)
    later = [(hour, k) for hour in range(46, 66) for k in desk.kinds(MONDAY + hour * HOUR)]
    assert later[0] == (held_at + 24, "reminder"), "a day later they go out"
    assert {kind for _, kind in later} == {"reminder"}, "and the operator is told once"
    desk.store.close()


@pytest.mark.parametrize(
    ("code", "broken", "well"),
    [
        ("de", "2 Postfächer sind nicht lesbar", "2 Postfächer sind wieder lesbar"),
        ("fr", "2 boîtes ne peuvent pas être lues", "2 boîtes peuvent de nouveau être lues"),
    ],
)
def test_the_operator_is_told_in_the_operators_language(tmp_path: Path, code: str, broken: str, well: str) -> None:
    house = Watched(tmp_path, ["desk"])
    house.settings = replace(house.settings, language=code)
    house.look(MONDAY)
    house.breaks("refused")
    (letter,) = house.tells(MONDAY + HOUR)
    assert letter.startswith(broken)
    house.mends()
    (letter,) = house.tells(MONDAY + 3 * HOUR)
    assert letter.startswith(well)
    house.store.close()


@pytest.mark.parametrize("how", ["a reply is seen", "confirmed"])
def test_the_brake_lets_go_when_there_is_no_doubt_any_more(tmp_path: Path, how: str) -> None:
    desk = Busy(tmp_path, seen_until=MONDAY + 8 * HOUR)
    desk.look(MONDAY)
    kinds = [kind for hour in range(24, 40) for kind in desk.kinds(MONDAY + hour * HOUR)]
    assert kinds[-1] == "notice"
    if how == "confirmed":
        desk.set('lookback = "60d"\nreplies = "confirmed"')
    else:
        question = desk.asks(MONDAY + 40 * HOUR, "late@reader.example")
        desk.sends(MONDAY + 40.5 * HOUR, "seen@ours.example", "late@reader.example", question)
    assert desk.kinds(MONDAY + 41 * HOUR) == ["reminder"]
    desk.store.close()
