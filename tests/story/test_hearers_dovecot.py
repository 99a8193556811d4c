"""Who hears of a wait, and when: windows, quiet days, substitutes, teams, handoffs and warnings, on a real server."""

from pathlib import Path

import pytest

from tests.servers import ordinary
from tests.servers.smtp_sink import Letter
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, House, at, kinds, text_of

NO_LETTERS: list[tuple[str, str]] = []
BY_DAY = '[letters]\nhours = "08:00-18:00"\n'
BOTH = {"info": "", "ops": ""}


def reminded(letters: list[Letter]) -> list[str]:
    """The local part of who got a reminder, sorted."""
    return sorted(who.partition("@")[0].rpartition(".")[2] for kind, who in kinds(letters) if kind == "reminder")


def subject(letter: Letter) -> str:
    return str(letter.message["Subject"])


def test_what_falls_due_at_night_is_in_one_letter_in_the_morning(houses: Houses) -> None:
    house = houses(config=BY_DAY)
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 19:30"), ANN)
    house.asks(at("Mon 23:00"), BEN)
    for moment in ("Tue 19:35", "Tue 23:05", "Wed 07:55"):
        assert kinds(house.round(at(moment))) == NO_LETTERS
    (letter,) = house.round(at("Wed 08:00"))
    assert "2 people are waiting" in subject(letter)
    assert kinds(house.round(at("Wed 08:05"))) == NO_LETTERS


def test_on_a_quiet_sunday_nobody_hears_but_the_operator(houses: Houses) -> None:
    house = houses(config='[letters]\nquiet = ["sun"]\n')
    house.opens(at("Mon 08:00"))
    house.asks(at("Sat 10:00"))
    house.set_password("info", "forgotten")
    assert kinds(house.round(at("Sun 09:00"), code=77)) == [("notice", house.operator)]
    house.set_password("info", house.dovecot.password)
    assert ("reminder", house.lead()) not in kinds(house.round(at("Sun 10:05")))
    assert kinds(house.round(at("Mon 00:00", week=1))) == [("reminder", house.lead())]


def test_the_opening_digest_waits_for_the_window_of_each_owner(houses: Houses) -> None:
    house = houses(owners=("lead", "second"))
    house.configure(f'[[person]]\naddress = "{house.lead()}"\nhours = "08:00-18:00"\n')
    house.sends(at("Mon 06:00"), BEN)
    house.asks(at("Mon 07:00"))
    assert kinds(house.round(at("Tue 19:00"))) == [("opening", house.owners()[1])]
    assert kinds(house.round(at("Tue 19:05"))) == NO_LETTERS
    assert kinds(house.round(at("Wed 08:00"))) == [("opening", house.lead())]
    assert kinds(house.round(at("Wed 08:05"))) == NO_LETTERS


def test_a_letter_that_did_not_leave_before_the_window_closed_is_made_anew_when_it_opens(houses: Houses) -> None:
    house = houses(config=BY_DAY)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 17:00"), ANN)
    house.asks(at("Mon 17:10"), BEN)
    house.write_config(smtp_port=ordinary.free_port())
    house.round(at("Tue 17:30"))
    house.write_config(smtp_port=house.sink.port)
    assert kinds(house.round(at("Tue 18:00"))) == NO_LETTERS
    assert house.status(at("Tue 18:00"))["outbox"]["pending"] == 0
    house.answers(question, at("Tue 20:00"))
    (letter,) = house.round(at("Wed 08:00"))
    assert "Ben Borrower is waiting" in subject(letter)


def test_a_letter_that_may_have_arrived_waits_for_the_window_as_it_is(houses: Houses) -> None:
    house = houses(config=BY_DAY)
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 17:00"))
    house.sink.answer("DATA", "close")
    house.round(at("Tue 17:58"))
    assert kinds(house.round(at("Tue 18:10"))) == NO_LETTERS
    assert kinds(house.round(at("Wed 08:00"))) == [("reminder", house.lead())]


def test_a_warning_comes_before_the_promise_runs_out_and_before_a_closed_night(houses: Houses) -> None:
    house = houses(config=BY_DAY + '[[reminder]]\nafter = "-4h"\n[[reminder]]\nafter = "0h"\nrepeat = "24h"\n')
    house.opens(at("Mon 05:00"))
    house.asks(at("Mon 07:00"), ANN)
    house.asks(at("Mon 15:00"), BEN)
    (evening,) = house.round(at("Mon 17:00"))
    assert "Ann Reader will have waited 24 hours at 07:00 on Tuesday" in text_of(evening)
    (both,) = house.round(at("Tue 11:00"))
    assert "Ben Borrower" in text_of(both)
    assert "2 people are waiting" in subject(both), "what was a warning yesterday is late now"
    assert kinds(house.round(at("Tue 14:00"))) == NO_LETTERS
    assert reminded(house.round(at("Tue 15:00"))) == ["info-lead"]


def away(house: House, days: str, substitute: str = "", name: str = "Anna") -> str:
    """A [[person]]: the lead of info@."""
    to = f'substitute = "{house.address(substitute)}"\n' if substitute else ""
    return f'[[person]]\naddress = "{house.lead()}"\nname = "{name}"\naway = "{days}"\n{to}'


def test_while_an_owner_is_away_the_substitute_hears_and_learns_why(houses: Houses) -> None:
    house = houses()
    house.configure(away(house, "2024-11-12", "sue"))
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    (letter,) = house.round(at("Tue 10:05"))
    assert letter.recipients == (house.address("sue"),)
    assert "You get this while Anna is away." in text_of(letter)
    assert "look after" not in text_of(letter)
    assert kinds(house.round(at("Wed 09:55"))) == NO_LETTERS, "back, and not told the same again"
    (next_one,) = house.round(at("Wed 10:05"))
    assert next_one.recipients == (house.lead(),)
    assert "away" not in text_of(next_one)


def test_without_a_substitute_the_other_owners_hear_and_alone_one_still_hears(houses: Houses) -> None:
    house = houses(owners=("lead", "second"))
    house.configure(away(house, "2024-11-12"))
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    assert reminded(house.round(at("Tue 10:05"))) == ["info-second"]
    second = f'[[person]]\naddress = "{house.owners()[1]}"\naway = "2024-11-13"\n'
    house.configure(away(house, "2024-11-12 to 2024-11-13") + second)
    assert reminded(house.round(at("Wed 10:05"))) == ["info-lead", "info-second"]


@pytest.mark.parametrize("back", [False, True])
def test_their_own_automatic_reply_says_that_they_are_away_until_they_write_again(houses: Houses, back: bool) -> None:
    house = houses()
    house.configure(f'[[person]]\naddress = "{house.lead()}"\nsubstitute = "{house.address("sue")}"\n')
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    note = house.sends(at("Mon 11:00"), house.lead(), subject="Rota")
    reply = house.mail(
        house.lead(), house.address("info"), at("Mon 11:01"), answers=note, Auto_Submitted="auto-replied (vacation)"
    )
    house.put("info", "INBOX", reply)
    if back:
        house.put("info", "INBOX", house.mail(house.lead(), house.address("info"), at("Tue 08:00"), answers=note))
    assert reminded(house.round(at("Tue 10:05"))) == (["info-lead"] if back else ["sue"])


def test_a_question_passed_on_reminds_both_owners_and_names_both_teams(houses: Houses) -> None:
    house = houses(BOTH)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    house.sends(at("Mon 11:00"), house.address("ops"), answers=question, subject=f"Fwd: {question.subject}")
    letters = house.round(at("Tue 10:05"))
    assert reminded(letters) == ["info-lead", "ops-lead"]
    for letter in letters:
        assert "Info desk and Ops desk" in subject(letter)
        assert "Passed on from Info desk to Ops desk" in text_of(letter)
    theirs = next(letter for letter in letters if letter.recipients == (house.lead("ops"),))
    assert "Something here was handed on to Ops desk, which you look after." in text_of(theirs)
    assert house.wait(at("Tue 10:05"))["state"] == "waiting"


def test_once_they_decided_only_the_home_team_hears_that_the_customer_was_not_told(houses: Houses) -> None:
    house = houses(BOTH)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    on = house.sends(at("Mon 11:00"), house.address("ops"), answers=question, subject=f"Fwd: {question.subject}")
    house.put("ops", "INBOX", on)
    house.sends(at("Mon 12:00"), house.address("info"), by="ops", answers=on)
    (letter,) = house.round(at("Tue 10:05"))
    assert letter.recipients == (house.lead("info"),)
    assert "Ops desk has answered Info desk; the customer has not been told." in text_of(letter)
    assert "Ops desk" not in subject(letter)


@pytest.mark.parametrize(
    ("to", "hears"),
    [
        ("front", ["info-lead"]),  # an alias of its own mailbox
        ("helpline", ["info-lead", "ops-lead"]),  # an alias of the other one
        ("ops-lead", ["info-lead", "ops-lead"]),  # an owner of a team
        ("tim", ["info-lead", "tim"]),  # somebody who gets letters, in no team
        ("nobody", ["info-lead"]),  # a colleague of whom we know nothing
    ],
)
def test_whom_a_forward_reaches(houses: Houses, to: str, hears: list[str]) -> None:
    house = houses(BOTH)
    house.desks = {
        "info": f'aliases = ["{house.address("front")}"]',
        "ops": f'aliases = ["{house.address("helpline")}"]',
    }
    house.configure(f'[[person]]\naddress = "{house.address("tim")}"\n')
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    house.sends(at("Mon 11:00"), house.address(to), answers=question, subject=f"Fwd: {question.subject}")
    assert reminded(house.round(at("Tue 10:05"))) == hears


def test_a_step_goes_to_a_team_by_name_and_the_first_letter_says_so(houses: Houses) -> None:
    house = houses(BOTH, config='[[reminder]]\n[[reminder]]\nafter = "2h"\nto = "Ops desk"\n')
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    (first,) = house.round(at("Tue 10:05"))
    assert first.recipients == (house.lead(),)
    assert f"still waiting at 12:00, {house.lead('ops')} will get this list too" in text_of(first)
    assert reminded(house.round(at("Tue 12:05"))) == ["ops-lead"]
    assert kinds(house.round(at("Tue 13:10"))) == NO_LETTERS


def test_the_letter_says_when_the_next_one_can_really_come(houses: Houses) -> None:
    house = houses(config=BY_DAY + '[[reminder]]\nrepeat = "10h"\n')
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 09:00"))
    (letter,) = house.round(at("Tue 09:05"))
    assert "quiet about this list until Wednesday 08:00" in text_of(letter), "19:00 is outside the window"


def test_what_waited_for_the_morning_is_not_said_again_the_same_day(houses: Houses) -> None:
    house = houses(config='[letters]\nhours = "08:00-18:00"\nquiet = ["sat", "sun"]\n')
    house.opens(at("Mon 08:00"))
    house.asks(at("Fri 11:00"))
    (letter,) = house.round(at("Mon 08:00", week=1))
    assert "quiet about this list until Tuesday 08:00" in text_of(letter)
    assert kinds(house.round(at("Mon 11:05", week=1))) == NO_LETTERS
    assert reminded(house.round(at("Tue 08:00", week=1))) == ["info-lead"]
    assert kinds(house.round(at("Tue 11:05", week=1))) == NO_LETTERS


def test_two_desks_with_two_promises_each_line_says_its_own(houses: Houses) -> None:
    warn = '[[reminder]]\nafter = "-2h"\n'
    house = houses({"info": "", "ops": 'reply_within = "4h"'}, config=warn + 'to = ["boss@leaders.example"]\n')
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"), ANN)
    house.asks(at("Tue 06:30"), BEN, to="ops")
    (letter,) = house.round(at("Tue 08:35"))
    assert subject(letter) == "2 people will be past the target soon, the first at 10:00 (Info desk and Ops desk)"
    text = text_of(letter)
    assert "24 hours at 10:00" in text
    assert "4 hours at 10:30" in text
    assert "A reply before then keeps our promise." in text


def test_a_dry_run_keeps_what_a_closed_window_keeps(houses: Houses, tmp_path: Path) -> None:
    house = houses(config=BY_DAY)
    house.sends(at("Mon 06:00"), BEN)
    house.asks(at("Mon 07:00"))
    house.write_config(smtp_port=ordinary.free_port())
    house.round(at("Tue 17:50"))
    assert "0 letters" in house.run(at("Tue 19:00"), "run", "--once", "--dry-run", str(tmp_path / "night")).err
    assert "1 letter" in house.run(at("Wed 08:00"), "run", "--once", "--dry-run", str(tmp_path / "day")).err
