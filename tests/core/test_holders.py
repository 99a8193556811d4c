"""Whom a word means: one team or person of the config, or nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.acts import Puzzled
from monitor.core.holders import Holder, who_is

OWNERS = {
    "Front desk": ("desk-lead@ours.example", "anna.berg@ours.example"),
    "Digital services": ("digital@ours.example",),
    "Events & rooms": ("events@ours.example", "anna.berg@ours.example"),
    "IT": ("it@ours.example",),
}
PEOPLE = {
    "anna.berg@ours.example": "Anna Berg",
    "bo@ours.example": "Bo Ek",
    "maria@ours.example": "Maria Lind",
    "maria.2@ours.example": "Maria Sand",
}


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        ("Front desk", Holder("Front desk")),
        ("front DESK", Holder("Front desk")),
        ("events and rooms", Holder("Events & rooms")),
        ("digital", Holder("Digital services")),
        ("rooms", Holder("Events & rooms")),
        ("it", Holder("IT")),
        ("front", Holder("Front desk")),
        ("anna", Holder("Front desk", "anna.berg@ours.example")),
        ("Anna Berg", Holder("Front desk", "anna.berg@ours.example")),
        ("anna.berg", Holder("Front desk", "anna.berg@ours.example")),
        ("<Anna.Berg@ours.example>", Holder("Front desk", "anna.berg@ours.example")),
        ("digital@ours.example", Holder("Digital services", "digital@ours.example")),
        ("bo", Holder("", "bo@ours.example")),
        ("Maria Sand", Holder("", "maria.2@ours.example")),
        ("desk-lead", Holder("Front desk", "desk-lead@ours.example")),
    ],
)
def test_it_means_one_team_or_person(text: str, holder: Holder) -> None:
    assert who_is(text, OWNERS, PEOPLE) == holder


@pytest.mark.parametrize(
    ("text", "why", "meant"),
    [
        ("maia@ours.example", "unknown_whom", ()),
        ("digtal services", "unknown_whom", ("Digital services",)),
        ("frnt desk", "unknown_whom", ("Front desk",)),
        ("ana berg", "unknown_whom", ("anna.berg@ours.example",)),
        ("facilities", "unknown_whom", ()),
        ("", "unknown_whom", ()),
        ("&", "unknown_whom", ()),
        ("stranger@elsewhere.example", "unknown_whom", ()),
    ],
)
def test_nobody_is_told_what_was_perhaps_meant(text: str, why: str, meant: tuple[str, ...]) -> None:
    found = who_is(text, OWNERS, PEOPLE)
    assert isinstance(found, Puzzled)
    assert (found.why, found.did_you_mean) == (why, meant)


def test_of_two_people_with_one_name_neither_is_chosen() -> None:
    both = {"maria.a@ours.example": "Maria Lind", "maria.b@ours.example": "Maria Sand"}
    found = who_is("maria", OWNERS, both)
    assert isinstance(found, Puzzled)
    assert (found.why, found.did_you_mean) == ("ambiguous_whom", ("maria.a@ours.example", "maria.b@ours.example"))


def test_a_word_that_begins_a_team_and_names_somebody_outside_it_is_neither() -> None:
    found = who_is("digital", OWNERS, {"dora@ours.example": "Dora Digital"})
    assert isinstance(found, Puzzled)
    assert found.did_you_mean == ("Digital services", "digital@ours.example", "dora@ours.example")


@given(st.text(max_size=200))
def test_whatever_is_written_it_means_somebody_of_the_config_or_nobody(text: str) -> None:
    found = who_is(text, OWNERS, PEOPLE)
    if isinstance(found, Holder):
        assert found.team in {*OWNERS, ""}
        assert found.person in {"", *PEOPLE, *(a for each in OWNERS.values() for a in each)}
        assert found.team or found.person
