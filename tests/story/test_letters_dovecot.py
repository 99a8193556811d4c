"""Which letters leave, when, and how often: reminders, the operator's notices and the weekly report."""

import csv
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.servers.postgres import Postgres
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, House, at, kind_of, kinds, text_of

NO_LETTERS: list[tuple[str, str]] = []
REPORT = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'


def remembers_one_reminder_a_day_until_the_answer(house: House) -> None:
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    reminder = [("reminder", house.lead())]
    assert kinds(house.round(at("Tue 09:55"))) == NO_LETTERS
    assert kinds(house.round(at("Tue 10:00"))) == reminder
    assert kinds(house.round(at("Tue 10:05"))) == NO_LETTERS
    assert kinds(house.round(at("Wed 09:55"))) == NO_LETTERS
    assert kinds(house.round(at("Wed 10:05"))) == reminder
    assert kinds(house.round(at("Wed 15:00"))) == NO_LETTERS
    house.answers(question, at("Wed 16:00"))
    assert kinds(house.round(at("Thu 10:05"))) == NO_LETTERS
    assert len({letter.message["Message-ID"] for letter in house.sink.letters}) == 2


def test_a_wait_that_becomes_overdue_is_told_once_a_day_until_the_answer(house: House) -> None:
    remembers_one_reminder_a_day_until_the_answer(house)


def test_the_same_on_postgresql(houses: Houses, postgres: Postgres) -> None:
    remembers_one_reminder_a_day_until_the_answer(houses(store=postgres.new_database()))


def test_the_same_as_a_program_of_its_own(house: House) -> None:
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    for moment, letters in (("Tue 10:05", 1), ("Tue 10:10", 1), ("Wed 10:05", 2)):
        told = house.program(at(moment), "run", "--once")
        assert (told.code, told.out) == (0, ""), told.err
        assert len(house.sink.letters) == letters
    told = house.program(at("Wed 10:06"), "threads", "--fail-if-late")
    assert (told.code, question.subject in told.out) == (1, True)


def test_after_days_of_silence_one_letter_names_all(house: House) -> None:
    house.opens(at("Mon 08:00"))
    for hour in range(10, 16):
        house.asks(at(f"Mon {hour}:00"), f"Reader {hour} <r{hour}@reader.example>")
    (letter,) = house.round(at("Tue 09:00", week=1))
    text = text_of(letter)
    assert all(f"Reader {hour}" in text for hour in range(10, 16))
    assert kinds(house.round(at("Tue 09:05", week=1))) == NO_LETTERS


@pytest.mark.parametrize(("line", "kind"), [("", "notice"), ('replies = "confirmed"', "reminder")])
def test_a_mailbox_that_never_showed_a_reply_reminds_nobody_unless_confirmed(
    houses: Houses, line: str, kind: str
) -> None:
    """Instead the operator is told, once, that the house may be set up wrongly."""
    house = houses({"info": line})
    house.round(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    assert kinds(house.round(at("Tue 10:05"))) == [(kind, house.operator if kind == "notice" else house.lead())]
    assert kinds(house.round(at("Tue 10:10"))) == NO_LETTERS
    house.sends(at("Tue 11:00"), BEN)
    assert kinds(house.round(at("Wed 10:05"))) == [("reminder", house.lead())]


def test_a_mailbox_that_cannot_be_read_reminds_nobody_and_stops_nobody(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"), ANN, to="info")
    house.asks(at("Mon 10:00"), BEN, to="ops")
    house.round(at("Mon 10:05"))
    house.set_password("info", "forgotten")
    letters = house.round(at("Tue 10:05"), code=77)
    assert kinds(letters) == [("notice", house.operator), ("reminder", house.lead("ops"))]
    notice = next(text_of(letter) for letter in letters if kind_of(letter) == "notice")
    assert f"{house.address('info')} cannot be read" in notice
    assert "refused" in notice
    assert "forgotten" not in notice
    assert kinds(house.round(at("Tue 10:10"), code=77)) == NO_LETTERS
    assert kinds(house.round(at("Wed 10:05"), code=77)) == [
        ("blind", house.lead("info")),
        ("reminder", house.lead("ops")),
    ]
    assert [m["state"] for m in house.status(at("Wed 10:05"))["mailboxes"]] == ["refused", "ok"]
    house.set_password("info", house.dovecot.password)
    letters = house.round(at("Wed 11:00"))
    assert kinds(letters) == [("notice", house.operator), ("reminder", house.lead("info"))]
    told, reminder = letters if kind_of(letters[0]) == "notice" else reversed(letters)
    assert f"{house.address('info')} can be read again" in text_of(told)
    assert f"could not see {house.address('info')} from Monday 10:05 to 11:00" in text_of(reminder)
    house.set_password("info", "forgotten again")
    assert kinds(house.round(at("Wed 11:30"), code=77)) == NO_LETTERS, "one letter an hour"
    assert kinds(house.round(at("Wed 12:05"), code=77)) == [("notice", house.operator)]


def test_a_mailbox_that_was_never_seen_whole_says_so_to_the_operator_only(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    house.set_password("info", "wrong from the start")
    house.asks(at("Mon 07:00"))
    (notice,) = house.round(at("Mon 08:00"), code=77)
    assert "was never seen whole yet" in text_of(notice)
    assert kinds(house.round(at("Wed 08:00"), code=77)) == NO_LETTERS


def test_the_weekly_report_is_sent_once_also_after_a_missed_monday(houses: Houses) -> None:
    house = houses(config=REPORT)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    house.answers(question, at("Mon 12:00"))
    house.round(at("Fri 12:00"))
    assert kinds(house.round(at("Mon 06:55", week=1))) == NO_LETTERS
    (report,) = house.round(at("Mon 07:05", week=1))
    assert kinds([report]) == [("report", "board@leaders.example")]
    assert "week 46" in report.message["Subject"]
    assert kinds(house.round(at("Mon 07:10", week=1))) == NO_LETTERS
    house.answers(house.asks(at("Tue 10:00", week=1)), at("Tue 11:00", week=1))
    (late,) = house.round(at("Wed 15:00", week=2))
    assert "week 47" in late.message["Subject"]
    for moment in (at("Wed 15:05", week=2), at("Thu 09:00", week=2), at("Sun 23:00", week=2)):
        assert kinds(house.round(moment)) == NO_LETTERS


def test_the_report_bears_the_waits_behind_it(houses: Houses) -> None:
    house = houses(config=REPORT)
    house.opens(at("Mon 08:00"))
    house.answers(house.asks(at("Mon 10:00")), at("Mon 12:00"))
    house.answers(house.asks(at("Tue 10:00"), BEN), at("Thu 12:00"))
    house.round(at("Thu 13:00"))
    (report,) = house.round(at("Mon 07:05", week=1))
    (attached,) = list(report.message.iter_attachments())
    assert attached.get_filename() == "2024-W46.csv"
    rows = list(csv.DictReader(attached.get_content().splitlines()))
    assert len(rows) == 2
    assert "1 of 2" in text_of(report)
    assert not any(name in report.raw.decode() for name in ("Ann Reader", "Ben Borrower"))


def test_letters_say_that_a_machine_wrote_them_and_name_no_mail_of_a_customer(houses: Houses) -> None:
    house = houses(config=REPORT)
    old = house.asks(at("Mon 10:00") - timedelta(days=7), BEN)
    house.sends(at("Mon 07:00"), BEN)
    letters = house.round(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    letters += house.round(at("Tue 10:05"))
    house.set_password("info", "forgotten")
    letters += house.round(at("Tue 11:00"), code=77)
    house.set_password("info", house.dovecot.password)
    letters += house.round(at("Mon 07:00", week=1))
    assert {kind_of(letter) for letter in letters} == {"opening", "reminder", "notice", "report"}
    for letter in letters:
        message = letter.message
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply, RN, NRN"
        assert message["List-Id"] == f"<inbox-monitor.{house.domain}>"
        assert message["From"] == f"Reply monitor <monitor@{house.domain}>"
        assert [message["To"]] == list(letter.recipients)
        assert not any(mail.id.strip("<>").encode() in letter.raw for mail in (old, question))
        assert all(len(line) <= 998 for line in letter.raw.split(b"\r\n"))
    assert parsedate_to_datetime(letters[-1].message["Date"]) == at("Mon 07:00", week=1)


def test_a_letter_that_comes_back_to_the_desk_opens_no_wait(house: House) -> None:
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    (letter,) = house.round(at("Tue 10:05"))
    house.dovecot.append(house.address("info"), "INBOX", letter.raw, at("Tue 10:06"))
    house.round(at("Tue 10:10"))
    assert house.wait(at("Tue 10:10"))["opened_by"] == question.id
    assert house.threads(at("Tue 10:10"))[-1]["messages"][0]["rule"] == "automatic.own-letter"


def test_flags_are_the_same_before_and_after_any_command(house: House) -> None:
    house.put("info", "INBOX", house.mail(ANN, house.address("info"), at("Mon 07:00")), ["\\Seen", "\\Flagged"])
    house.put("info", "INBOX", house.mail(BEN, house.address("info"), at("Mon 07:10")), ["\\Answered", "$Label1"])
    house.asks(at("Mon 07:20"))
    # Without a Message-ID, and with a stamp of the import: here the whole header is fetched.
    house.dovecot.append(house.address("info"), "INBOX", b"From: x@y.example\r\n\r\nhello\r\n", at("Mon 07:30"))
    house.sends(at("Mon 07:00"), BEN)
    before = house.flags()
    assert len(before["info", "INBOX"]) == 4
    for moment in ("Mon 08:00", "Tue 08:00"):
        house.round(at(moment))
    house.run(at("Tue 08:05"), "check")
    assert house.flags() == before


def test_a_dry_run_sends_nothing_and_remembers_no_letter(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    told = house.run(at("Tue 10:05"), "run", "--once", "--dry-run", str(tmp_path / "dry"))
    assert (told.code, house.sink.letters) == (0, [])
    (file,) = (tmp_path / "dry").iterdir()
    assert b"Ann Reader" in file.read_bytes()
    assert kinds(house.round(at("Tue 10:10"))) == [("reminder", house.lead())]


@pytest.mark.parametrize(
    ("stage", "answer", "left_over", "again"),
    [
        ("MAIL", "421 4.7.0 too busy", "pending", 1),
        ("RCPT", "450 4.2.1 greylisted", "pending", 1),
        ("DATA", "451 4.3.0 later", "pending", 1),
        ("DATA", "close", "pending", 1),
        ("DATA", "keep and close", "pending", 1),
        ("RCPT", "550 5.1.1 no such user", "refused", 0),
        ("DATA", "554 5.7.1 not wanted", "refused", 0),
    ],
)
def test_what_the_mail_server_does_not_take_now_is_tried_again_and_never_changed(
    house: House, stage: str, answer: str, left_over: str, again: int
) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.answer(stage, answer)  # type: ignore[arg-type]
    first = house.round(at("Tue 10:05"))
    assert house.status(at("Tue 10:05"))["outbox"][left_over] == 1
    told = [("notice", house.operator)] if left_over == "refused" else NO_LETTERS
    assert kinds(house.round(at("Tue 10:06"))) == told or stage == "MAIL"
    house.round(at("Tue 10:15"))
    letters = [letter for letter in house.sink.letters if kind_of(letter) == "reminder"]
    assert len(letters) == len(first) + again
    assert len({letter.message["Message-ID"] for letter in letters}) == min(1, len(letters))
    assert kinds(house.round(at("Tue 11:00"))) == NO_LETTERS


def test_one_recipient_that_is_refused_does_not_hold_up_the_others(houses: Houses) -> None:
    house = houses(owners=("lead", "deputy"))
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.refuse(house.lead())
    assert kinds(house.round(at("Tue 10:05"))) == [("reminder", house.address("info-deputy"))]
    outbox = house.status(at("Tue 10:05"))["outbox"]
    assert (outbox["sent"], outbox["refused"]) == (1, 1)


def days(moment: datetime, count: int) -> list[datetime]:
    return [moment + timedelta(days=day) for day in range(count)]


def test_the_ladder_climbs_to_the_chief_after_a_day(houses: Houses) -> None:
    ladder = (
        '[[reminder]]\nafter = "0h"\nto = "owners"\nrepeat = "24h"\n'
        '[[reminder]]\nafter = "24h"\nto = ["chief@leaders.example"]\n'
    )
    house = houses(config=ladder)
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    owner, chief = ("reminder", house.lead()), ("reminder", "chief@leaders.example")
    came = [kinds(house.round(moment)) for moment in days(at("Tue 10:05"), 3)]
    assert came == [[owner], [chief, owner], [owner]]


def without_operator(house: House) -> None:
    text = house.config.read_text()
    house.config.write_text(text.replace(f'operator = "{house.operator}"\n', ""))
    assert house.operator not in house.config.read_text()


def test_where_nobody_else_is_told_the_owners_learn_that_no_reply_is_seen(house: House) -> None:
    without_operator(house)
    house.asks(at("Mon 10:00"))
    (letter,) = house.round(at("Mon 12:00"))
    assert kinds([letter]) == [("opening", house.lead())]
    assert letter.message["Subject"] == f"No reply from {house.address('info')} has been seen yet: reminders stay off"
    assert "Nobody had waited more than 24 hours when the monitor first looked." in text_of(letter)
    assert kinds(house.round(at("Tue 12:00"))) == NO_LETTERS, "once"
