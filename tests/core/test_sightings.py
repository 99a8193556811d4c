"""What the sightings of one mail say together, in whatever order they are told (law 1)."""

import itertools
from datetime import datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.message import Away, Flag, Place, Role, Seen
from monitor.core.sightings import Sighting, _lowered, gathered, is_draft, lowered, seen_once
from tests.core.situations import INFO, OPS, at, mail

MESSAGE = mail("10:00 Ann → info").message
ROLES: tuple[Role, ...] = ("inbox", "sent", "done", "junk", "trash", "drafts", "elsewhere")
MONDAY, TUESDAY, WEDNESDAY = at("Mon 12:00"), at("Tue 12:00"), at("Wed 12:00")


class At(NamedTuple):
    """A sighting in few words; `answered`: None without the flag, "before" our first look, or since when."""

    role: Role
    gone: bool = False
    seen: datetime = MONDAY
    answered: datetime | str | None = None
    flags: tuple[str, ...] = ()
    mailbox: str = INFO

    def sighting(self) -> Sighting:
        flags = {*self.flags, *({"\\answered"} if self.answered else set())}
        dated = self.answered if isinstance(self.answered, datetime) else None
        return Sighting(
            Place(self.mailbox, self.role),
            frozenset(flags),
            self.gone,
            100,
            self.seen,
            dated,
            MONDAY if dated else None,
        )


def seen(*where: At) -> Seen:
    return gathered(MESSAGE, at("10:00"), [each.sighting() for each in where])


@pytest.mark.parametrize(
    ("where", "away"),
    [
        ([At("inbox")], None),
        ([At("inbox", gone=True)], None),
        ([At("elsewhere")], None),
        ([At("inbox", gone=True), At("trash", seen=TUESDAY)], Away("trash", TUESDAY)),
        ([At("inbox", gone=True), At("junk", seen=TUESDAY)], Away("junk", TUESDAY)),
        ([At("inbox", gone=True), At("done", seen=TUESDAY)], Away("done", TUESDAY)),
        ([At("inbox"), At("trash")], None),
        ([At("inbox", mailbox=OPS), At("inbox", gone=True), At("trash")], None),
        ([At("elsewhere"), At("trash")], None),
        ([At("elsewhere"), At("done")], Away("done", MONDAY)),
        ([At("junk"), At("trash")], Away("junk", MONDAY)),
        ([At("done"), At("trash")], Away("done", MONDAY)),
        ([At("trash", gone=True)], None),
        ([At("done", seen=TUESDAY), At("done", seen=WEDNESDAY)], Away("done", TUESDAY)),
    ],
)
def test_put_away_is_what_lies_in_no_inbox_any_more(where: list[At], away: Away | None) -> None:
    assert seen(*where).away == away


@pytest.mark.parametrize(
    ("where", "flag"),
    [
        ([At("inbox")], None),
        ([At("inbox", answered=TUESDAY)], Flag(TUESDAY, MONDAY)),
        ([At("inbox", answered="before")], Flag(None)),
        ([At("sent", answered=TUESDAY)], None),
        ([At("inbox", answered=WEDNESDAY), At("inbox", answered=TUESDAY)], Flag(TUESDAY, MONDAY)),
        ([At("inbox", answered=TUESDAY), At("inbox", answered="before", mailbox=OPS)], Flag(None)),
        ([At("inbox", answered=TUESDAY), At("inbox")], Flag(TUESDAY, MONDAY)),
        ([At("inbox", gone=True, answered=TUESDAY), At("inbox")], None),
        ([At("inbox", gone=True, answered=TUESDAY)], Flag(TUESDAY, MONDAY)),
        ([At("inbox", gone=True), At("done", answered=TUESDAY)], Flag(TUESDAY, MONDAY)),
        ([At("inbox", gone=True, answered=TUESDAY), At("inbox", answered=WEDNESDAY)], Flag(TUESDAY, MONDAY)),
    ],
)
def test_the_flag_counts_where_people_read_since_it_was_first_seen(where: list[At], flag: Flag | None) -> None:
    assert seen(*where).flag == flag


@pytest.mark.parametrize(
    ("where", "draft", "places"),
    [
        ([At("drafts")], True, 0),
        ([At("sent", flags=("\\draft",))], True, 0),
        ([At("drafts"), At("sent")], False, 1),
        ([At("sent", flags=("\\draft",)), At("inbox")], False, 1),
        ([], False, 0),
    ],
)
def test_a_draft_is_what_was_seen_as_nothing_else(where: list[At], draft: bool, places: int) -> None:
    assert (seen(*where).draft, len(seen(*where).places)) == (draft, places)


def test_a_flag_of_a_draft_counts_in_any_case() -> None:
    assert is_draft(["\\Seen", "\\Draft"], "sent")
    assert not is_draft(["\\Seen", "Draft"], "sent")


@pytest.mark.parametrize(("gone", "missing"), [((True, True), True), ((True, False), False), ((), False)])
def test_missing_is_what_is_in_no_folder_any_more(gone: tuple[bool, ...], missing: bool) -> None:
    assert seen(*(At("inbox", gone=each) for each in gone)).missing is missing


def test_a_place_stays_when_the_mail_has_left_it() -> None:
    assert seen(At("inbox", gone=True), At("elsewhere")).in_role("inbox")


WHERE = st.builds(
    At,
    st.sampled_from(ROLES),
    st.booleans(),
    st.sampled_from([MONDAY, TUESDAY]),
    st.sampled_from([None, "before", TUESDAY, WEDNESDAY]),
    st.sampled_from([(), ("\\draft",), ("\\seen",)]),
    st.sampled_from([INFO, OPS]),
)


@given(st.lists(WHERE, max_size=4))
def test_the_order_of_sightings_does_not_matter(where: list[At]) -> None:
    expected = seen(*where)
    assert all(seen(*order) == expected for order in itertools.permutations(where))


@given(st.lists(WHERE, max_size=4), WHERE)
def test_what_lies_in_an_inbox_was_never_put_away(where: list[At], more: At) -> None:
    assert seen(*where, At("inbox")).away is None
    assert seen(*where, more).places >= seen(*where).places


@given(WHERE)
def test_one_sighting_says_the_same_as_when_it_is_told_twice(where: At) -> None:
    assert seen(where) == seen(where, where)


def test_of_a_flag_that_one_look_first_saw_in_two_folders_the_less_is_known() -> None:
    """The one folder was looked at before, the other one is new: then nobody knows how long it stood there."""
    inbox, done = (
        Sighting(Place(INFO, role), frozenset({"\\answered"}), False, 100, TUESDAY, TUESDAY, before)
        for role, before in ((ROLES[0], MONDAY), (ROLES[2], None))
    )
    for order in ([inbox, done], [done, inbox]):
        assert gathered(MESSAGE, TUESDAY, order).flag == Flag(TUESDAY, None)


FLAGS = st.frozensets(st.sampled_from(["\\Seen", "\\ANSWERED", "\\answered", "\\Draft", "\\Flagged", "$Label1"]))


@given(st.sampled_from(ROLES), FLAGS, st.booleans())
def test_seen_once_says_the_same_as_a_sighting_gathered(role: Role, flags: frozenset[str], dated: bool) -> None:
    """Or nothing at all, where that would say more."""
    place, answered = Place(INFO, role), "\\answered" in lowered(flags)
    told = (TUESDAY, MONDAY) if answered and dated else (None, None)
    whole = gathered(MESSAGE, MONDAY, [Sighting(place, lowered(flags), False, 100, TUESDAY, *told)])
    found = seen_once(MESSAGE, MONDAY, place, flags, 100, TUESDAY)
    assert found in (None, whole)
    assert (found is None) == (answered or whole.draft or whole.away is not None)


def test_a_server_that_tells_ever_other_flags_does_not_fill_our_memory() -> None:
    before = _lowered.cache_info().currsize
    for number in range(1000):
        told = frozenset({"\\SEEN", "$A", "$B", f"$L{number}"})
        assert lowered(told) == {"\\seen", "$a", "$b", f"$l{number}"}
    assert _lowered.cache_info().currsize == before
