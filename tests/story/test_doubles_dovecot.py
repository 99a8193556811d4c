"""Double answers on a real server: told to the two who wrote them, once, and only where the config asks for it."""

from datetime import timedelta

from tests.servers.smtp_sink import Letter
from tests.story.conftest import Houses
from tests.story.house import ANN, House, Mail, at, kind_of, kinds, text_of

DESKS = {"info": "", "ops": ""}


def turned_on(houses: Houses, staff: str = "") -> House:
    house = houses(DESKS, staff=staff)
    text = house.config.read_text()
    house.config.write_text(f"double_answers = true\n{text}")
    house.opens(at("Mon 08:00"))
    return house


def doubles(letters: list[Letter]) -> list[Letter]:
    return [letter for letter in letters if kind_of(letter) == "double"]


def both_answer(house: House) -> Mail:
    asked = house.asks(at("Mon 10:00"), ANN)
    house.answers(asked, at("Mon 10:30"))
    house.answers(asked, at("Mon 10:34"), by="ops")
    return asked


def test_the_owners_of_both_desks_are_told_once(houses: Houses) -> None:
    house = turned_on(houses)
    asked = both_answer(house)
    letters = doubles(house.round(at("Mon 10:40")))
    assert kinds(letters) == [("double", house.lead("info")), ("double", house.lead("ops"))]
    for letter, desk in zip(sorted(letters, key=lambda one: one.recipients[0]), ("info", "ops"), strict=True):
        text = text_of(letter)
        assert letter.message["Subject"] == "Two of us answered Ann Reader within 4 minutes"
        assert f"10:30 · {house.address('info')}" in text
        assert f"10:34 · {house.address('ops')}" in text
        assert asked.subject in text
        assert f"one of the answers left from {house.address(desk)}, which you look after" in text
    assert doubles(house.round(at("Mon 10:50"))) == doubles(house.round(at("Tue 08:00"))) == []
    thread = house.thread(asked, at("Tue 08:00"))
    (wait,) = thread["waits"]
    assert (wait["state"], wait["met"]) == ("answered", True)
    assert wait["also_answered_by"] not in (None, wait["answered_by"])
    told = house.run(at("Tue 08:00"), "explain", str(thread["number"]))
    assert "answered twice" in told.out


def test_it_stays_silent_where_nobody_asked_for_it(houses: Houses) -> None:
    house = houses(DESKS)
    house.opens(at("Mon 08:00"))
    both_answer(house)
    assert house.round(at("Mon 10:40")) == []


def test_a_colleague_of_the_config_is_told_at_their_own_address(houses: Houses) -> None:
    house = turned_on(houses, staff='people = ["eva@colleagues.example"]')
    asked = house.asks(at("Mon 10:00"), ANN)
    house.answers(asked, at("Mon 10:30"))
    copy = house.mail(
        "Eva Marsh <eva@colleagues.example>", ANN, at("Mon 10:33"), answers=asked, cc=house.address("info")
    )
    house.put("info", "INBOX", copy)
    letters = doubles(house.round(at("Mon 10:40")))
    assert kinds(letters) == [("double", "eva@colleagues.example"), ("double", house.lead("info"))]
    assert "because one of the answers is yours" in text_of(letters[0]) + text_of(letters[1])


def test_what_the_first_look_reads_back_is_history(houses: Houses) -> None:
    house = houses(DESKS)
    house.config.write_text(f"double_answers = true\n{house.config.read_text()}")
    both_answer(house)
    assert house.round(at("Mon 11:00")) == []
    assert house.round(at("Mon 11:10")) == []


def test_the_second_that_is_seen_first_is_told_when_the_first_is_seen(houses: Houses) -> None:
    house = turned_on(houses)
    asked = house.asks(at("Mon 10:00"), ANN)
    house.answers(asked, at("Mon 10:34"), by="ops")
    assert doubles(house.round(at("Mon 10:40"))) == []
    house.answers(asked, at("Mon 10:30"))
    assert len(doubles(house.round(at("Mon 10:40") + timedelta(minutes=5)))) == 2


def test_it_waits_for_the_sending_window(houses: Houses) -> None:
    house = turned_on(houses)
    house.configure('[letters]\nhours = "12:00-18:00"\n')
    house.config.write_text(f"double_answers = true\n{house.config.read_text()}")
    both_answer(house)
    assert doubles(house.round(at("Mon 10:40"))) == []
    assert len(doubles(house.round(at("Mon 12:00")))) == 2
    assert doubles(house.round(at("Mon 12:10"))) == []
