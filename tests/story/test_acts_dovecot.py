"""What staff say by hand beside the mail: the done folder, and the command line beside a daemon that reminds.

A monitor has been running since Monday 08:00; Ann asks on Monday at 10:00, and is due on Tuesday at 10:00.
"""

import json
from datetime import datetime, timedelta

import pytest

from tests.servers.smtp_sink import Letter
from tests.story.conftest import Houses
from tests.story.house import House, Mail, at, kinds, text_of, timeless, utc
from tests.story.process import Process

DONE = "No reply needed"
NO_LETTERS: list[tuple[str, str]] = []
LADDER = '[[reminder]]\nafter = "0h"\nto = "owners"\n[[reminder]]\nafter = "24h"\nto = "owners"\n'


@pytest.fixture
def running(houses: Houses) -> House:
    """Two desks, and two steps: when it is due, and a day later."""
    house = houses({"info": "", "ops": ""}, config=LADDER)
    house.opens(at("Mon 08:00"))
    return house


@pytest.fixture
def ann(running: House) -> Mail:
    """Her question, seen on Monday at 10:05."""
    question = running.asks(at("Mon 10:00"))
    running.round(at("Mon 10:05"))
    return question


def say(house: House, ann: Mail, when: str, word: str, *rest: str) -> str:
    """A command about her conversation; what it printed."""
    now = at(when)
    told = house.run(now, word, str(house.thread(ann, now)["number"]), *rest)
    assert (told.code, told.err) == (0, "")
    return told.out


def rounds(house: House, first: str, hours: int) -> dict[datetime, list[Letter]]:
    """A look every four hours; the letters of those that brought some."""
    moments = [at(first) + timedelta(hours=n) for n in range(0, hours, 4)]
    found = {moment: house.round(moment) for moment in moments}
    return {moment: letters for moment, letters in found.items() if letters}


class TestTheDoneFolder:
    def test_dragged_back_she_waits_from_her_first_mail_and_is_not_told_of_twice(
        self, running: House, ann: Mail
    ) -> None:
        """In, look, out, look: after the first reminder, so that a second one would be noise."""
        info, lead = running.address("info"), running.lead()
        (before,) = running.thread(ann, at("Mon 10:05"))["waits"]
        assert kinds(running.round(at("Tue 10:05"))) == [("reminder", lead)]
        running.dovecot.move(info, "INBOX", 1, DONE)
        assert running.round(at("Tue 11:05")) == []
        assert running.thread(ann, at("Tue 11:05"))["waits"][0]["state"] == "no_reply_needed"
        running.dovecot.move(info, DONE, 1, "INBOX")
        assert running.round(at("Tue 12:05")) == []
        (after,) = running.thread(ann, at("Tue 12:05"))["waits"]
        assert timeless([after]) == timeless([before | {"met": False}]), "the same wait, past due by now"
        assert [kinds(found) for found in rounds(running, "Tue 13:05", 30).values()] == [[("reminder", lead)]]

    def test_put_away_before_it_was_due_and_back_after_it_brings_one_reminder(self, running: House, ann: Mail) -> None:
        info = running.address("info")
        running.dovecot.move(info, "INBOX", 1, DONE)
        assert rounds(running, "Mon 11:05", 25) == {}
        running.dovecot.move(info, DONE, 1, "INBOX")
        assert list(rounds(running, "Tue 13:05", 20)) == [at("Tue 13:05")]

    def test_put_away_again_it_is_closed_since_that_time(self, running: House, ann: Mail) -> None:
        info = running.address("info")
        for uid, (moved, folder, to) in enumerate((("Mon 11:05", "INBOX", DONE), ("Mon 12:05", DONE, "INBOX"))):
            running.dovecot.move(info, folder, 1, to)
            running.round(at(moved) + timedelta(seconds=uid))
        running.dovecot.move(info, "INBOX", 2, DONE)
        running.round(at("Mon 13:05"))
        assert running.thread(ann, at("Mon 13:05"))["waits"][0]["closed_at"] == utc(at("Mon 13:05"))

    def test_reopened_by_hand_it_waits_where_it_lies(self, running: House, ann: Mail) -> None:
        """And moved once more, it is done once more."""
        info = running.address("info")
        running.dovecot.move(info, "INBOX", 1, DONE)
        running.round(at("Mon 11:05"))
        assert "is waiting, since 10:00" in say(running, ann, "Mon 11:10", "reopen")
        assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]
        running.dovecot.move(info, DONE, 1, "INBOX")
        running.round(at("Tue 11:05"))
        running.dovecot.move(info, "INBOX", 2, DONE)
        running.round(at("Tue 12:05"))
        assert running.thread(ann, at("Tue 12:05"))["waits"][0]["state"] == "no_reply_needed"


class TestTheCommandLine:
    def test_done_nobody_is_reminded_and_her_next_mail_waits_anew(self, running: House, ann: Mail) -> None:
        say(running, ann, "Mon 12:00", "done")
        assert rounds(running, "Mon 12:05", 26) == {}
        again = running.asks(at("Tue 14:00"), answers=ann)
        running.round(at("Tue 14:05"))
        first, second = running.thread(ann, at("Tue 14:05"))["waits"]
        assert (first["state"], first["closed_at"]) == ("no_reply_needed", utc(at("Mon 12:00")))
        assert (second["state"], second["opened_by"]) == ("waiting", again.id)

    def test_reopened_she_is_due_when_she_always_was(self, running: House, ann: Mail) -> None:
        say(running, ann, "Mon 12:00", "done")
        say(running, ann, "Mon 13:00", "reopen")
        assert running.round(at("Tue 09:55")) == []
        assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]

    def test_done_by_mistake_and_undone_after_it_was_due_brings_the_reminder(self, running: House, ann: Mail) -> None:
        say(running, ann, "Mon 12:00", "done")
        assert running.round(at("Tue 10:05")) == []
        assert running.run(at("Tue 11:00"), "undo").code == 0
        assert kinds(running.round(at("Tue 11:05"))) == [("reminder", running.lead())]

    def test_a_reply_that_was_none_is_taken_back_and_a_real_one_ends_it(self, running: House, ann: Mail) -> None:
        """What went out only said that somebody would come back to her."""
        running.answers(ann, at("Mon 11:00"))
        running.round(at("Mon 11:05"))
        say(running, ann, "Mon 11:30", "reopen")
        assert kinds(running.round(at("Tue 10:05"))) == [("reminder", running.lead())]
        reply = running.answers(ann, at("Tue 11:00"))
        running.round(at("Tue 11:05"))
        (wait,) = running.thread(ann, at("Tue 11:05"))["waits"]
        assert (wait["state"], wait["answered_by"], wait["met"]) == ("answered", reply.id, False)

    def test_snoozed_for_two_days_it_is_quiet_and_then_told(self, running: House, ann: Mail) -> None:
        say(running, ann, "Tue 09:00", "snooze", "2d")
        found = rounds(running, "Tue 09:05", 72)
        assert [kinds(letters) for letters in found.values()] == [[("reminder", running.lead())]]
        assert list(found) == [at("Thu 09:05")]

    def test_who_writes_again_while_it_is_snoozed_is_told_of(self, running: House, ann: Mail) -> None:
        say(running, ann, "Mon 12:00", "snooze", "3d")
        assert running.round(at("Tue 10:05")) == []
        running.asks(at("Tue 11:00"), answers=ann)
        assert kinds(running.round(at("Tue 11:05"))) == [("reminder", running.lead())]

    def test_assigned_the_letter_says_so_and_the_clock_runs_on(self, running: House, ann: Mail) -> None:
        say(running, ann, "Mon 12:00", "assign", "ops")
        letters = running.round(at("Tue 10:05"))
        assert running.lead() in [letter.recipients[0] for letter in letters]
        assert all("Passed on from Info desk to Ops desk" in text_of(letter) for letter in letters)
        (wait,) = running.thread(ann, at("Tue 10:05"))["waits"]
        assert (wait["state"], wait["due_at"]) == ("waiting", utc(at("Tue 10:00")))

    def test_in_the_report_it_counts_as_no_reply_needed(self, running: House, ann: Mail) -> None:
        say(running, ann, "Tue 12:00", "done")
        running.round(at("Tue 12:05"))
        report = json.loads(running.run(at("Mon 08:00", week=1), "report", "--week", "2024-W46", "--json").out)
        figures = report["overall"]
        assert (figures["no_reply_needed"], figures["no_reply_needed_after_due"]) == (1, 1)

    def test_it_works_beside_a_daemon(self, running: House, ann: Mail) -> None:
        """The daemon has the store; what is said by hand waits for no round of it."""
        with Process(running, "--now", at("Mon 11:30").isoformat(), "run") as daemon:
            daemon.says("round mailboxes=")
            number = str(running.thread(ann, at("Mon 12:00"))["number"])
            told = running.program(at("Mon 12:00"), "done", number)
            assert (told.code, told.out) == (0, f"{number}  Ann Reader: needs no reply.\n")
        assert running.thread(ann, at("Mon 12:00"))["waits"][0]["state"] == "no_reply_needed"
