"""ROOF. How often Python's collector walks."""

import gc


def walk_seldom() -> None:
    """From now on, for good (gc.set_threshold). As it is set from the outset (700, 10, 10) it walks what is being
    imported again and again, though all of that stays: a seventh of the time that takes."""
    gc.set_threshold(20_000, 20, 20)
