"""Daemons that share mailboxes come to even parts by small steps, and then stay as they are."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.sharing import Move, move, part

Held = dict[str, str]


def rounds(places: list[str], held: Held, alive: list[str]) -> int:
    """Each daemon in turn does what it should, until nobody has anything to do; after how many rounds that is so."""
    for name in [place for place, who in held.items() if who not in alive]:
        del held[name]  # what the dead held is free
    for count in range(10):
        moved = False
        for me in alive:
            step = move(me, places, held, alive)
            moved |= bool(step)
            for name in step.release:
                assert held.pop(name) == me, "it lets go only what it holds"
            for name in step.claim:
                assert name not in held, "it takes only what is free"
                held[name] = me
        if not moved:
            return count
    raise AssertionError("they never come to rest")


@given(st.integers(0, 70), st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True), min_size=1))
def test_whoever_comes_or_goes_all_is_held_evenly_after_two_rounds(count: int, fleets: list[list[str]]) -> None:
    places, held = [f"m{n}" for n in range(count)], Held()
    for alive in fleets:
        before = dict(held)
        assert rounds(places, held, alive) <= 2
        assert set(held) == set(places)
        parts = [list(held.values()).count(who) for who in alive]
        assert max(parts) <= part(count, len(alive))
        stayed = {name for name, who in before.items() if who in alive and held[name] == who}
        could = sum(min(list(before.values()).count(who), part(count, len(alive))) for who in alive)
        assert len(stayed) == could, "nothing moves that need not move"


def test_what_is_looked_at_just_now_is_given_later() -> None:
    held = dict.fromkeys(["a", "b", "c", "d"], "one")
    assert move("one", list(held), held, ["one", "two"], busy=["a", "b"]).release == ["c", "d"]
    assert move("one", list(held), held, ["one", "two"], busy=["a", "b", "c"]).release == ["d"]


def test_who_came_for_one_round_takes_what_is_free_and_no_more() -> None:
    held = {"a": "one", "b": "one"}
    assert move("guest", ["a", "b", "c", "d"], held, ["one"]) == Move(claim=["c", "d"])
    assert move("one", ["a", "b", "c", "d"], held | {"c": "guest"}, ["one"]) == Move(claim=["d"])


def test_more_daemons_than_mailboxes_leave_some_without() -> None:
    assert move("three", ["a", "b"], {"a": "one", "b": "two"}, ["one", "two", "three"]) == Move([])
