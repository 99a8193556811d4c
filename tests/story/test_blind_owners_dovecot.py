"""A mailbox that cannot be seen for over a day: its owners get one letter, and silence hides nobody."""

from datetime import timedelta

from tests.servers.smtp_sink import Letter
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, CLEO, House, at, kind_of, kinds, text_of

HOUR = timedelta(hours=1)


def blinds(letters: list[Letter]) -> list[Letter]:
    return [letter for letter in letters if kind_of(letter) == "blind"]


def went_dark(house: House, desk: str = "info") -> None:
    """Three people wrote on Monday; at 11:00 the mailbox was last seen, then its password was changed."""
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 09:00"), ANN, to=desk)
    house.asks(at("Mon 10:30"), BEN, to=desk)
    answered = house.asks(at("Mon 10:40"), CLEO, to=desk)
    house.answers(answered, at("Mon 10:50"), by=desk)
    assert house.round(at("Mon 11:00")) == []
    house.set_password(desk, "forgotten")
    assert blinds(house.round(at("Mon 12:00"), code=77)) == []


def test_after_a_day_its_owners_are_told_who_waited_and_since_when_nothing_is_seen(houses: Houses) -> None:
    house = houses(owners=("lead", "deputy"))
    went_dark(house)
    assert blinds(house.round(at("Tue 11:00"), code=77)) == [], "not over a day yet"
    letters = blinds(house.round(at("Tue 11:05"), code=77))
    assert kinds(letters) == [("blind", owner) for owner in sorted(house.owners())]
    info, text = house.address("info"), text_of(letters[0])
    assert letters[0].message["Subject"] == f"We have not seen {info} since Monday 11:00 (waiting then: 2)"
    assert f"We have not been able to see {info} since Monday 11:00." in text
    assert "2 people were waiting for a reply then. Please look into the mailbox itself." in text
    assert "Ann Reader" in text
    assert "waited 2 hours, the 24 hours ran out at 09:00" in text
    assert "waited 30 minutes, the 24 hours ran out at 10:30" in text
    assert "Cleo" not in text, "she was answered"
    assert "often because a password was changed" in text
    assert [blinds(house.round(at(when), code=77)) for when in ("Tue 12:10", "Wed 12:00", "Fri 12:00")] == [[], [], []]


def test_back_in_sight_the_reminder_says_why_it_comes_late_and_a_new_spell_is_told_anew(house: House) -> None:
    went_dark(house)
    assert len(blinds(house.round(at("Tue 11:05"), code=77))) == 1
    house.set_password("info", house.dovecot.password)
    again = house.round(at("Wed 09:00"))
    assert sorted(kind for kind, _ in kinds(again)) == ["notice", "reminder"]
    (reminder,) = [letter for letter in again if kind_of(letter) == "reminder"]
    assert "could not see" in text_of(reminder)
    house.set_password("info", "forgotten")
    assert blinds(house.round(at("Thu 08:00"), code=77)) == []
    (told,) = blinds(house.round(at("Thu 10:00"), code=77))
    assert "since Wednesday 09:00" in text_of(told)


def test_a_letter_that_could_not_be_sent_is_taken_back_when_there_is_sight_again(house: House) -> None:
    went_dark(house)
    house.write_config(smtp_port=9)
    house.round(at("Tue 11:05"), code=77)
    house.set_password("info", house.dovecot.password)
    house.write_config(smtp_port=house.sink.port)
    assert blinds(house.round(at("Tue 11:20"))) == []
    assert house.status(at("Tue 11:20"))["outbox"]["withdrawn"] >= 1
    house.set_password("info", "forgotten")
    house.round(at("Tue 12:00"), code=77)
    assert len(blinds(house.round(at("Wed 11:30"), code=77))) == 1, "the next spell is told as ever"


def test_nobody_is_told_by_the_first_hiccup_after_days_of_downtime(house: House) -> None:
    """A server that does not answer in the very round in which the monitor comes back."""
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 09:00"))
    house.round(at("Mon 10:00"))
    house.write_config(imap_port=9)
    assert blinds(house.round(at("Thu 10:00"), code=69)) == []
    house.write_config()
    assert "reminder" in dict(kinds(house.round(at("Thu 10:10"))))
    house.write_config(imap_port=9)
    house.round(at("Fri 11:00"), code=69)
    assert len(blinds(house.round(at("Fri 13:05"), code=69))) == 1, "it has lasted for two hours"


def test_a_desk_that_is_also_answered_from_the_blind_one_is_told_of_it(houses: Houses) -> None:
    """Situation 37: nobody waits for sure at info@ while ops@, which answers its mail, is unseen."""
    house = houses({"info": "", "ops": ""})
    house.opens(at("Mon 08:00"))
    house.answers(house.asks(at("Mon 08:10"), BEN), at("Mon 08:20"), by="ops")
    house.asks(at("Mon 09:00"), ANN)
    house.round(at("Mon 10:00"))
    house.set_password("ops", "forgotten")
    house.round(at("Mon 11:00"), code=77)
    letters = blinds(house.round(at("Tue 10:05"), code=77))
    assert kinds(letters) == [("blind", house.lead("info")), ("blind", house.lead("ops"))]
    texts = {letter.recipients[0]: text_of(letter) for letter in letters}
    said = f"{house.address('info')} itself is read, but its mail is also answered from {house.address('ops')}."
    assert said in texts[house.lead("info")]
    assert "1 person was waiting for a reply then" in texts[house.lead("info")]
    assert "Nobody was waiting for a reply then" in texts[house.lead("ops")]


def test_where_no_reply_was_ever_seen_the_setup_warning_stands_instead(house: House) -> None:
    house.asks(at("Mon 07:00"))
    house.round(at("Mon 08:00"))
    house.set_password("info", "forgotten")
    assert blinds(house.round(at("Tue 09:00"), code=77)) == []


def test_it_waits_for_the_window_and_reaches_who_stands_in(houses: Houses) -> None:
    house = houses(config='[letters]\nhours = "08:00-18:00"\n')
    sue = house.address("sue")
    house.configure(
        '[letters]\nhours = "12:00-18:00"\n'
        f'[[person]]\naddress = "{house.lead()}"\nname = "Anna"\naway = "2024-11-12"\nsubstitute = "{sue}"\n'
    )
    went_dark(house)
    assert blinds(house.round(at("Tue 11:30"), code=77)) == []
    (letter,) = blinds(house.round(at("Tue 12:00"), code=77))
    assert letter.recipients == (sue,)
    assert "You get this while Anna is away." in text_of(letter)
    assert blinds(house.round(at("Tue 12:30"), code=77)) == []
    (back,) = blinds(house.round(at("Wed 12:00"), code=77))
    assert back.recipients == (house.lead(),), "back, and still blind"


def test_it_says_the_promise_of_the_desk_and_its_clock(houses: Houses) -> None:
    clock = 'reply_within = "4h"\nclock = "office-hours"\nhours = "mon-fri 09:00-17:00"'
    house = houses({"info": clock})
    went_dark(house)
    (letter,) = blinds(house.round(at("Tue 11:05"), code=77))
    assert "the 4 office hours ran out" in text_of(letter)
