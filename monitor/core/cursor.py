"""GROUND. How far a folder has been read, and what to do next: a table (design.md §5)."""

from dataclasses import dataclass
from typing import Literal

Step = Literal["FIRST", "NOTHING", "CHANGED", "NEW_FROM", "RESIGHT"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read. `complete` is False while a first look or resight is under way.

    `uidnext` is the first uid not read yet; `highestmodseq` is None without CONDSTORE (RFC 7162).
    """

    uidvalidity: int
    uidnext: int
    highestmodseq: int | None = None
    messages: int | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class FolderState:
    """What the server says of a folder now. `uidnext` and `messages` are None where it does not say."""

    uidvalidity: int
    uidnext: int | None = None
    highestmodseq: int | None = None
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to fetch: uids from `first_uid` on; with the lookback or without; whether flags may have changed."""

    step: Step
    first_uid: int = 1
    within_lookback: bool = False
    ask_flags: bool = False
    forget_sightings: bool = False


def plan(known: Cursor | None, state: FolderState) -> Plan:
    """The next look at a folder.

    | known            | server says                     | plan |
    |------------------|---------------------------------|------|
    | nothing          | anything                        | FIRST: since the lookback |
    | first unfinished | same uidvalidity                | FIRST: from where it stopped |
    | a cursor         | other uidvalidity, uidnext back | RESIGHT: forget the sightings, see again from the lookback |
    | a cursor         | larger or unknown uidnext       | NEW_FROM the cursor |
    | a cursor         | same uidnext, other modseq      | CHANGED: ask the flags of what still waits |
    | a cursor         | all the same                    | NOTHING (but without CONDSTORE flags are asked) |
    """
    if known is None:
        return Plan("FIRST", within_lookback=True)
    if known.uidvalidity != state.uidvalidity or (state.uidnext is not None and state.uidnext < known.uidnext):
        return Plan("RESIGHT", within_lookback=True, forget_sightings=True)
    if not known.complete:
        return Plan("FIRST", known.uidnext, within_lookback=True)
    if state.uidnext is None or state.uidnext > known.uidnext:
        # Without UIDNEXT a cursor at 1 says that nothing was within the lookback, not that all is new.
        nothing_yet = state.uidnext is None and known.uidnext == 1
        return Plan("NEW_FROM", known.uidnext, within_lookback=nothing_yet, ask_flags=True)
    if state.highestmodseq is None or state.messages is None:
        return Plan("NOTHING", known.uidnext, ask_flags=True)
    unchanged = (state.highestmodseq, state.messages) == (known.highestmodseq, known.messages)
    return Plan("NOTHING", known.uidnext) if unchanged else Plan("CHANGED", known.uidnext, ask_flags=True)
