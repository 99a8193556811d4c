"""Who writes ten thousand mails pushes nobody out of a letter; the counts stay true, and reminders go on."""

import resource
import time
from collections.abc import Callable

import pytest

from monitor.core.crowd import MOST_OF_A_DOMAIN, ROOM, spots
from tests.servers.smtp_sink import Letter
from tests.story.house import House, at, kinds, text_of

HONEST = [f"Reader {n} <reader{n}@honest{n}.example>" for n in range(12)]
MANY = pytest.mark.parametrize("number", [200, pytest.param(10_000, marks=pytest.mark.full)])
Sender = Callable[[int], str]


def flooded(house: House, number: int, sender: Sender) -> tuple[Letter, float]:
    """Twelve people ask, after `number` mails have come; the reminder, and how long the round took."""
    house.opens(at("Mon 08:00"))
    info = house.address("info")
    flood = [house.mail(sender(n), info, at("Mon 09:00"), subject=f"Offer {n} {'x' * 120}") for n in range(number)]
    house.put_many("info", "INBOX", flood)
    for who in HONEST:
        house.asks(at("Mon 09:30"), who)
    started = time.perf_counter()
    (letter,) = house.round(at("Tue 10:05"))
    took = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"\n{number} mails: {took:.1f} s, {number / took:.0f}/s; {len(letter.raw)} bytes; peak of the process {peak} MB"
    )
    return letter, took


def everybody_honest_stands_in(letter: Letter) -> None:
    text = text_of(letter)
    assert [who for who in HONEST if who.partition("<")[2].rstrip(">") not in text] == []
    body = letter.message.get_body(("html",))
    assert body is not None
    assert len(body.get_content().encode()) < 90_000
    assert len(letter.raw) < 180_000


@MANY
def test_one_sender_has_one_line_and_all_others_stand_in_the_letter(house: House, number: int) -> None:
    letter, took = flooded(house, number, lambda n: f"Flora Flood <flora+{n}@flood.example>" if n % 2 else FLORA)
    everybody_honest_stands_in(letter)
    text = text_of(letter)
    assert f"… and {number - 1:,} more from this sender." in text
    assert text.count("flood.example") == 1
    assert took < max(20, number / 50)
    waits = house.waits(at("Tue 10:05"))
    assert len(waits) == number + len(HONEST)
    assert sum(w["state"] == "waiting" for w in waits) == number + len(HONEST)
    assert kinds(house.round(at("Wed 10:10"))) == [("reminder", house.lead())], "reminders go on"
    assert kinds(house.round(at("Wed 10:15"))) == []


FLORA = "Flora Flood <flora@flood.example>"


@MANY
def test_many_senders_of_one_domain_stand_behind_all_others(house: House, number: int) -> None:
    letter, took = flooded(house, number, lambda n: f"Bot {n} <bot{n}@host{n}.flood.example>")
    everybody_honest_stands_in(letter)
    text = text_of(letter)
    shown = text.count(".flood.example")
    assert f"{number - shown:,} more messages wait" in text
    assert "All of them: inbox-monitor threads --late" in text
    assert letter.message["Subject"].startswith(f"{number + len(HONEST):,} people are waiting")
    assert took < max(20, number / 50)


@MANY
def test_a_flood_before_the_first_look_leaves_room_in_the_opening_letter(house: House, number: int) -> None:
    info = house.address("info")
    house.sends(at("Mon 07:00"), "friend@before.example")
    house.put_many("info", "INBOX", [house.mail(FLORA, info, at("Mon 08:00")) for _ in range(number)])
    for who in HONEST:
        house.asks(at("Mon 09:00"), who)
    (letter,) = house.round(at("Wed 10:00"))
    everybody_honest_stands_in(letter)
    assert f"{number + len(HONEST):,} messages had waited" in text_of(letter)
    assert "more, not shown here" not in text_of(letter)
    assert house.round(at("Thu 10:00")) == [], "what was late then never gets a reminder"


@MANY
def test_mail_imported_today_is_as_old_as_it_is(house: House, number: int) -> None:
    """INTERNALDATE says that all of it came just now; Received, and Date, know better: no reminders about it."""
    house.opens(at("Mon 08:00", week=8))
    info, now = house.address("info"), at("Tue 10:00", week=8)
    old = []
    for n in range(number):
        mail = house.mail(f"Reader {n} <r{n}@reader.example>", info, at("Mon 09:00"))
        received = b"Received: from a by b; Mon, 11 Nov 2024 09:00:05 +0000\r\n"
        old.append((received + mail.raw, now, ()))
    house.dovecot.append_many(info, "INBOX", old)
    house.asks(at("Mon 09:00", week=8))
    (letter,) = house.round(now)
    assert "Ann Reader is waiting" in letter.message["Subject"]
    assert kinds(house.round(at("Wed 10:10", week=8))) == [("reminder", house.lead())]


# -- the rule itself


def test_while_everything_fits_everything_stands_as_it_is() -> None:
    waiting = ["a@x.example"] * ROOM
    assert [(s.one, s.more) for s in spots(waiting, str)] == [("a@x.example", 0)] * ROOM


def test_no_domain_has_a_second_turn_before_all_others_had_their_first() -> None:
    waiting = [f"bot{n}@a.flood.example" for n in range(500)] + [f"r{n}@honest.example" for n in range(15)]
    shown = [spot.one for spot in spots(waiting, str)]
    assert sorted(shown) == sorted(waiting)
    first = shown[: 2 * MOST_OF_A_DOMAIN]
    assert sum("honest" in one for one in first) == MOST_OF_A_DOMAIN
    assert shown[20:35].count("r14@honest.example") + shown[20:40].count("r10@honest.example") >= 1


def test_nobody_is_lost_in_a_crowd() -> None:
    waiting = [f"{'flora' if n % 3 else f'r{n}'}@x{n % 7}.example" for n in range(300)]
    assert sum(1 + spot.more for spot in spots(waiting, str)) == len(waiting)
    assert {spot.one for spot in spots(waiting, str)} == set(waiting)
