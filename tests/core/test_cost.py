"""What a conversation costs: it grows with its messages and not with their square; counted, never timed."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.message import Address, Away, Flag, Seen
from monitor.core.parties import People, Waiting
from monitor.core.staff import Staff
from monitor.core.waits import fold
from tests.core.situations import HOUSE, MONDAY, id_of, mail
from tests.core.test_fold import HOURS, conversations, mails

ASKED: list[str] = []


@dataclass(frozen=True, slots=True)
class Counting(Staff):
    """Notes each question whether somebody is ours."""

    def is_ours(self, address: str) -> bool:
        ASKED.append(address)
        return Staff.is_ours(self, address)


COUNTING = replace(
    HOUSE,
    staff=Counting(**{f.name: getattr(HOUSE.staff, f.name) for f in fields(HOUSE.staff) if f.init}),
    id_domains=frozenset({"mail.example"}),
)


def cites_what_nobody_has_seen(number: int) -> Seen:
    return mail("10:00 Ann → info", number, (number + 100_000,), references=(id_of(1),))


def everybody_waits(number: int) -> Seen:
    return mail("10:00 Ann → info", number, (1,), from_=Address("", f"ann{number}@customer.example"))


def answered_and_put_away(number: int) -> Seen:
    seen = mail("10:00 Ann → info" if number % 2 else "10:00 info → Ann", number, (number - 1,))
    return replace(seen, away=Away("done", HOURS[5]), flag=Flag(HOURS[6], HOURS[4]))


@pytest.mark.parametrize("kind", [cites_what_nobody_has_seen, everybody_waits, answered_and_put_away])
def test_ten_times_the_messages_are_about_ten_times_the_questions(kind: Callable[[int], Seen]) -> None:
    few, many = (questions(kind, number) for number in (40, 400))
    assert few > 40
    assert many < 12 * few


def questions(kind: Callable[[int], Seen], number: int) -> int:
    ASKED.clear()
    fold([replace(kind(n), received_at=MONDAY.replace(year=2025 + n // 300)) for n in range(1, number + 1)], COUNTING)
    return len(ASKED)


@settings(max_examples=60)
@given(conversations(), st.lists(mails(9), min_size=1, max_size=1))
def test_parties_tried_one_by_one_are_those_found_by_their_signs(waiting: list[Seen], asked: list[Seen]) -> None:
    people, (seen,) = People(HOUSE), asked
    found = []
    for few in (0, 100):
        parties = Waiting(people, few)
        parties.with_ids(())  # from here on signs are kept, if there are more than a few
        for place, each in enumerate(waiting):
            party = parties.related(each) or parties.begin()
            parties.add(party, each)
            if place % 3 == 2:
                parties.leave(party, party.members[1:])
        to = {r.address for r in seen.message.recipients}
        related = parties.related(seen)
        found.append(
            (
                related and related.number,
                [p.number for p in parties.reached(to, seen.message.recipients)],
                [p.number for p in parties.with_ids(seen.message.names)],
                [p.number for p in parties.with_messages([id_of(n) for n in (1, 3)])],
            )
        )
    assert found[0] == found[1]


def test_what_was_asked_of_addresses_does_not_change_what_staff_is() -> None:
    staff = replace(HOUSE.staff)
    assert staff.is_ours("eva@ours.example")
    assert staff == HOUSE.staff
    assert repr(staff) == repr(HOUSE.staff)
