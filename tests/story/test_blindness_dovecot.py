"""Blindness is said: in the operator's letters, in the reminder, in status and in the report of the week."""

import json
from datetime import timedelta

import pytest

from tests.story.conftest import Houses
from tests.story.house import House, at, kinds, text_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REPORT = '[report]\nto = ["board@leaders.example"]\n'


def test_the_report_says_how_long_a_mailbox_could_not_be_seen(houses: Houses) -> None:
    """A password that was wrong on Tuesday from 09:10 to 14:30, on the one mailbox of two."""
    house = houses({"info": "", "ops": ""}, config=REPORT, imap='poll_every = "1h"')
    house.opens(at("Tue 08:00"))
    house.round(at("Tue 09:00"))
    house.set_password("info", "forgotten")
    told = [letter for hour in range(10, 14) for letter in house.round(at("Tue 00:00") + hour * HOUR, code=77)]
    assert kinds(told) == [("notice", house.operator)]
    house.set_password("info", house.dovecot.password)
    (again,) = house.round(at("Tue 14:20"))
    assert "It can be read since 14:20; it was blind for 5 hours." in text_of(again)
    (status, _) = house.status(at("Tue 14:20"))["mailboxes"]
    assert [one["hours"] for one in status["blind"]] == [5.33]
    figures = json.loads(house.run(at("Tue 14:30"), "report", "--week", "2024-W46", "--json").out)
    spell = {"mailbox": house.address("info"), "since": "2024-11-12T09:00:00Z", "until": "2024-11-12T14:20:00Z"}
    assert figures["blind"] == [{**spell, "hours": 5.33}]
    said = f"{house.address('info')} could not be seen for 5 h 20 min on Tuesday, from 09:00 to 14:20."
    assert said in figures["unseen"]
    assert house.run(at("Tue 14:30"), "status").code == 0
    assert "could not be seen for 5 h 20 min on Tuesday" in house.run(at("Tue 14:30"), "status").out


def test_a_sent_folder_that_staff_renamed_is_missed_although_the_server_made_a_new_one(house: House) -> None:
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    with house.dovecot.client(house.address("info")) as client:
        client.rename_folder("Sent", "Replies of this year")
    answer = house.mail(house.address("info"), question.from_, at("Mon 11:00"), answers=question)
    house.put("info", "Replies of this year", answer)
    (letter,) = house.round(at("Tue 10:05"), code=78)
    assert 'Sent folder "Sent" cannot be read, so its replies are unseen: it was replaced' in text_of(letter)
    house.desks["info"] = 'sent = "Replies of this year"'
    house.write_config()
    assert kinds(house.round(at("Tue 12:00"))) == [("notice", house.operator)], "it can be read again"
    assert house.wait(at("Tue 12:00"))["met"] is True


@pytest.mark.full
def test_when_replies_vanish_from_our_view_reminders_wait_a_day(houses: Houses) -> None:
    """Staff's mail program keeps replies in another folder from Monday on; Sent is still there."""
    house = houses({"info": 'lookback = "60d"'})
    with house.dovecot.client(house.address("info")) as client:
        client.create_folder("Drafts of old")
    asked, answered = [], []
    for day in range(-33, 1):
        for number in range(12):
            when = at("Mon 08:00") + day * DAY + number * HOUR / 2
            mail = house.mail(f"r{day}.{number}@reader.example", house.address("info"), when)
            asked.append(mail)
            if day < 0:
                answer = house.mail(house.address("info"), mail.from_, when + HOUR, answers=mail)
                answered.append(answer)
    house.put_many("info", "Sent", answered)
    house.put_many("info", "INBOX", [mail for mail in asked if mail.when < at("Mon 00:00")])
    house.round(at("Mon 07:00"))
    house.put_many("info", "INBOX", [mail for mail in asked if mail.when >= at("Mon 00:00")])
    house.round(at("Mon 18:00"))
    letters = house.round(at("Tue 18:00"))
    assert kinds(letters) == [("notice", house.operator)]
    assert "Unusually many people became late at once" in text_of(letters[0])
    status = house.status(at("Tue 18:00"))
    assert (status["healthy"], status["mailboxes"][0]["held_until"]) == (False, "2024-11-13T18:00:00Z")
    assert house.round(at("Wed 17:55")) == []
    assert kinds(house.round(at("Wed 18:00"))) == [("reminder", house.lead())]
