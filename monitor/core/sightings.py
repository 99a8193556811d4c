"""GROUND. What all the sightings of one mail say together: where it lies, if it was put away, answered, or is gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from monitor.core.message import Away, Flag, Message, Place, Role, Seen

ANSWERED, DRAFT = "\\answered", "\\draft"
"""System flags (RFC 3501 §2.3.2), lower case."""

_PLAIN_ROLES = frozenset[Role](("inbox", "sent", "elsewhere"))
_TELLING = frozenset((ANSWERED, DRAFT))
_AWAY: tuple[Literal["done", "junk", "trash"], ...] = ("done", "junk", "trash")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A mail in a folder. Moments in UTC: `seen_at` is the look that first saw it there; `answered_at` and
    `answered_after` as in message.Flag. `gone`: it is no longer there. `flags` in lower case."""

    place: Place
    flags: frozenset[str]
    gone: bool
    size: int
    seen_at: datetime
    answered_at: datetime | None = None
    answered_after: datetime | None = None


def gathered(message: Message, received_at: datetime, sightings: Iterable[Sighting]) -> Seen:
    """The message as the rules see it; the order of sightings does not matter."""
    every = list(sightings)
    written = [s for s in every if s.place.role != "drafts" and DRAFT not in s.flags]
    return Seen(
        message=message,
        received_at=received_at,
        places=frozenset([s.place for s in written]),
        size=max([s.size for s in every], default=0),
        away=_away(written),
        flag=_flag(written),
        draft=bool(every) and not written,
        missing=bool(every) and all(s.gone for s in every),
        known_at=min([s.seen_at for s in written], default=None),
    )


def seen_once(
    message: Message, received_at: datetime, place: Place, flags: frozenset[str], size: int, seen_at: datetime
) -> Seen | None:
    """The same of what was never seen before but there, as nearly every mail that is new; None where role or flags (any
    case) say more of it than where it is, and how large."""
    if place.role not in _PLAIN_ROLES or not lowered(flags).isdisjoint(_TELLING):
        return None
    return Seen(message, received_at, frozenset((place,)), size, known_at=seen_at)


def lowered(flags: frozenset[str]) -> frozenset[str]:
    """Flags in lower case. Few sets of few are there; large ones are not remembered: a server could fill our memory."""
    return _lowered(flags) if len(flags) < 4 else _lowered.__wrapped__(flags)


@lru_cache(maxsize=256)
def _lowered(flags: frozenset[str]) -> frozenset[str]:
    return frozenset([flag.lower() for flag in flags])


def is_draft(flags: Iterable[str], role: Role) -> bool:
    """Whether a copy with these flags (any case) in such a folder is not sent yet."""
    return role == "drafts" or any(flag.lower() == DRAFT for flag in flags)


def _away(sightings: Sequence[Sighting]) -> Away | None:
    """Put away is what lies in no inbox any more. A label keeps a mail in Gmail's archive too: done counts."""
    live: set[Role] = {s.place.role for s in sightings if not s.gone}
    if "inbox" in live or live.isdisjoint(_AWAY):
        return None
    kind = next((k for k in _AWAY if k in live), None)
    if kind is None or (kind != "done" and "elsewhere" in live):
        return None
    # Dragged back to an inbox and away again: what counts is the last time.
    in_inbox = max((s.seen_at for s in sightings if s.place.role == "inbox"), default=None)
    there = [s.seen_at for s in sightings if s.place.role == kind]
    return Away(kind, min([at for at in there if in_inbox is None or at >= in_inbox], default=min(there)))


def _flag(sightings: Sequence[Sighting]) -> Flag | None:
    """`\\Answered` where people read incoming mail; since when is unknown if one of them had it before we came."""
    if not any(ANSWERED in s.flags for s in sightings):
        return None
    received = [s for s in sightings if s.place.role != "sent"]
    current = [s for s in received if not s.gone] or received
    if not any(ANSWERED in s.flags for s in current):
        return None
    flagged = [(s.answered_at, s.answered_after) for s in received if ANSWERED in s.flags]
    known = [(at, after is not None, after or at) for at, after in flagged if at is not None]
    if len(known) != len(flagged):
        return Flag(None)
    at, dated, after = min(known)  # seen at one look by two folders: the one that says less of it
    return Flag(at, after if dated else None)
