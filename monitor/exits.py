"""ROOF. Exit codes: those of sysexits.h where it has one (design.md §6)."""

from collections.abc import Iterable

OK, LATE, USAGE, UNREACHABLE, TRY_LATER, REFUSED, BAD_CONFIG = 0, 1, 2, 69, 75, 77, 78

_FAULTS = {
    **dict.fromkeys(("config", "folder", "secret"), BAD_CONFIG),
    "refused": REFUSED,
    **dict.fromkeys(("busy", "store"), TRY_LATER),
}
"""Any other fault is UNREACHABLE."""
_WORST_FIRST = (BAD_CONFIG, REFUSED, UNREACHABLE, TRY_LATER)


def exit_code(faults: Iterable[str]) -> int:
    """The code for these faults: that of the one most in need of a person; OK where there is none."""
    return min((_FAULTS.get(f, UNREACHABLE) for f in faults), key=_WORST_FIRST.index, default=OK)


class Failed(Exception):  # noqa: N818  # nothing went wrong in the program itself
    """The program cannot do what it was asked for: the words say why, `code` is its exit code."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
