"""`[store] subjects = false` on a real Dovecot: nothing shows or stores a subject, and replies find their questions."""

from pathlib import Path

from tests.story.conftest import Houses
from tests.story.house import BEN, House, at, kinds, text_of, timeless

NOT_KEPT = "(subject not kept)"
WORD = "zaplanted"


def stored(house: House) -> bool:
    """Whether the word can be read in the files of the store."""
    held = b"".join(file.read_bytes() for file in Path(house.folder).glob("monitor.db*")).lower()
    assert b"ben@borrower.example" in held
    return WORD.encode() in held


def test_a_reminder_shows_no_subject_and_a_reply_without_ids_still_answers(houses: Houses) -> None:
    house = houses(config="subjects = false\n")
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"), BEN, subject="The Zaplanted lift")
    (letter,) = house.round(at("Tue 10:05"))
    assert NOT_KEPT in text_of(letter)
    assert WORD not in letter.message.as_string().lower()
    number = str(house.thread(question, at("Tue 10:06"))["number"])
    told = [house.run(at("Tue 10:06"), *words) for words in (["threads"], ["explain", number], ["threads", "--json"])]
    assert [(NOT_KEPT in each.out, WORD in each.out.lower()) for each in told] == [(True, False)] * 3
    assert house.thread(question, at("Tue 10:06"))["subject"] == NOT_KEPT
    house.sends(at("Tue 11:00"), BEN, subject="RE: [desk] The zaplanted  Lift")
    assert house.round(at("Wed 10:10")) == []
    wait = house.wait(at("Wed 10:11"))
    assert (wait["state"], wait["evidence"]) == ("answered", "inferred")
    assert not stored(house)


def test_subjects_that_were_kept_are_gone_after_the_next_start(houses: Houses) -> None:
    house = houses()
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"), BEN, subject="The Zaplanted lift")
    (before,) = house.round(at("Tue 10:05"))
    assert WORD in text_of(before).lower()
    assert stored(house)
    waits = timeless(house.waits(at("Tue 10:06")))
    house.configure("subjects = false\n")
    assert house.round(at("Tue 10:10")) == []
    assert timeless(house.waits(at("Tue 10:11"))) == waits
    assert not stored(house)
    (after,) = house.round(at("Wed 10:10"))
    assert (kinds([after]), NOT_KEPT in text_of(after)) == (kinds([before]), True)


def test_a_mail_that_was_moved_is_found_again_and_one_numbered_anew_is_the_same(houses: Houses) -> None:
    house = houses(config="subjects = false\n")
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"), BEN, subject="The Zaplanted lift")
    house.round(at("Mon 11:00"))
    house.dovecot.lose_uid_list(house.address("info"), "INBOX")
    house.round(at("Mon 12:00"))
    assert len(house.thread(question, at("Mon 12:01"))["messages"]) == 1
    assert house.wait(at("Mon 12:01"))["state"] == "waiting"
    house.dovecot.move(house.address("info"), "INBOX", 1, "Trash")
    house.round(at("Mon 13:00"))
    assert house.wait(at("Mon 13:01"))["state"] != "waiting"
    assert not stored(house)
