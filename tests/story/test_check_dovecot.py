"""`check` on a real mail server: it says what it chose, makes a folder when asked, and tells of replies never seen."""

import json
from datetime import timedelta

from monitor.core.invisible import FEWEST
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, House, Json, at, kinds, text_of

NO_LETTERS: list[tuple[str, str]] = []
NOW = at("Mon 10:00")
DONE = "No reply needed"


def checked(house: House, *words: str, code: int = 0) -> list[Json]:
    told = house.run(NOW, "check", "--json", *words)
    assert told.code == code, told.err
    found: list[Json] = json.loads(told.out)
    return [fact for fact in found if fact["section"] == "Mailboxes"]


def folders(house: House) -> list[str]:
    with house.dovecot.client(house.address("info")) as client:
        return sorted(name for _, _, name in client.list_folders())


def replies_leave_unseen(house: House) -> None:
    """Just so many customers answer a reply that lies in no folder; we answer them in turn, so that none waits."""
    for number in range(FEWEST):
        question = house.asks(at("Mon 09:00"), f"Reader {number} <r{number}@reader.example>")
        unseen = house.mail(house.address("info"), question.from_, at("Mon 10:00"), answers=question)
        thanks = house.asks(at("Mon 11:00"), question.from_, answers=unseen)
        house.answers(thanks, at("Mon 12:00"))


def test_the_folder_for_what_needs_no_reply_is_made_when_asked_and_used(house: House) -> None:
    house.opens(at("Mon 08:00"))
    before, flags = folders(house), house.flags()
    assert any("check --fix creates it" in fact["text"] for fact in checked(house))
    assert folders(house) == before, "nothing is changed unasked"
    said = house.run(NOW, "check", "--fix").out
    assert f'the folder "{DONE}" was made' in " ".join(said.split())
    assert "0 to fix" in said
    assert said.rstrip().endswith("1 folder was made.")
    assert set(folders(house)) - set(before) == {DONE}
    again = house.run(NOW, "check", "--fix").out
    assert again.rstrip().endswith("No mailbox was changed.")
    assert [fact["mark"] for fact in checked(house)] == ["ok"] * len(checked(house))
    assert any(f'mail moved to "{DONE}" needs no reply' in fact["text"] for fact in checked(house))
    question = house.asks(at("Mon 10:30"))
    house.round(at("Mon 11:00"))
    house.dovecot.move(house.address("info"), "INBOX", 1, DONE)
    assert house.round(at("Tue 11:00")) == []
    assert house.thread(question, at("Tue 11:00"))["waits"][0]["state"] == "no_reply_needed"
    report = json.loads(house.run(at("Tue 11:00"), "report", "--week", "2024-W46", "--json").out)
    assert (report["overall"]["no_reply_needed"], report["overall"]["no_reply_needed_after_due"]) == (1, 1)
    assert {name: flags[name] for name in flags if name[1] == "Sent"}.items() <= house.flags().items()


def test_a_server_that_does_not_let_us_make_the_folder_is_told_with_its_exit_code(house: House) -> None:
    house.opens(at("Mon 08:00"))
    maildir = house.dovecot.maildir(house.address("info"), "INBOX")
    (maildir / f".{DONE}").write_text("in the way")
    (fact,) = [f for f in checked(house, "--fix", code=78) if f["mark"] == "fix"]
    assert (fact["fault"], DONE in fact["text"]) == ("folder", True)


def test_replies_nobody_sees_stop_the_reminders_and_the_operator_is_told_once(house: House) -> None:
    house.opens(at("Mon 08:00"))
    replies_leave_unseen(house)
    house.asks(at("Mon 13:00"), BEN)
    (letter,) = house.round(at("Mon 14:00"))
    assert kinds([letter]) == [("notice", house.operator)]
    assert f"Set-Mailbox {house.address('info')} -MessageCopyForSentAsEnabled $true" in text_of(letter)
    assert "5 of 5 of the messages" in text_of(letter)
    now = at("Tue 13:05")
    assert kinds(house.round(now)) == NO_LETTERS, "nobody is reminded about Ben"
    (mailbox,) = house.status(now)["mailboxes"]
    assert (mailbox["replies_visible"], mailbox["late"]) == (False, 1)
    assert mailbox["invisible_replies"] == {"k": 5, "n": 5, "percent": None}
    assert "5 of 5 of the replies that people answered were never seen, so nobody is reminded" in " ".join(
        house.run(now, "status").out.split()
    )
    facts = json.loads(house.run(now, "check", "--json").out)
    assert [f["mark"] for f in facts if "were never seen" in f["text"]] == ["look"]
    later = at("Tue 08:00", week=5)
    question = house.asks(later - timedelta(days=2), ANN)
    assert kinds(house.round(later)) == [("reminder", house.lead())], "four weeks later the share is gone"
    assert house.thread(question, later)["waits"][0]["state"] == "waiting"


def test_an_owner_who_confirms_replies_is_reminded_all_the_same(houses: Houses) -> None:
    house = houses({"info": 'replies = "confirmed"'})
    house.opens(at("Mon 08:00"))
    replies_leave_unseen(house)
    house.asks(at("Mon 13:00"), BEN)
    assert kinds(house.round(at("Tue 13:05"))) == [("reminder", house.lead())]
