"""GROUND. Whom people mean when they hand something over: a team or a person of the config, by name or address."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from monitor.core.acts import Puzzled, shown

SHORTEST_BEGINNING = 3
"""Letters with which a team's name may be begun instead of written out."""
MOST_MEANT = 3


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has the ball: a team, and `person` (an address) if it is one of them; `team` is empty for one in no team."""

    team: str
    person: str = ""


def who_is(text: str, owners: Mapping[str, Sequence[str]], people: Mapping[str, str]) -> Holder | Puzzled:
    """The one team or person that a word means. `owners`: addresses by team; `people`: names by address.

    A team's whole name comes first, then an address or a person's whole name, then a word of a name, the beginning of
    a team's, or what stands before the @; a team before its own owners. Puzzled where it is nobody, or several.
    """
    wanted, address = _folded(text), text.strip().strip("<>").casefold()
    known = dict.fromkeys([a for each in owners.values() for a in each] + list(people))
    persons = {a: Holder(_team_of(a, owners), a) for a in known}
    tiers = (
        [Holder(team) for team in owners if _folded(team) == wanted != ""],
        [h for a, h in persons.items() if a == address or (_folded(people.get(a, "")) == wanted != "")],
        [*_teams_nearly(wanted, owners), *(persons[a] for a in known if _is_nearly(wanted, a, people.get(a, "")))],
    )
    for found in tiers:
        teams = [holder for holder in found if not holder.person]
        if len(found) == 1 or (len(teams) == 1 and {holder.team for holder in found} == {teams[0].team}):
            return found[0]
        if found:
            return Puzzled("ambiguous_whom", shown(text), tuple(h.person or h.team for h in found))
    return Puzzled("unknown_whom", shown(text), _meant(wanted, owners, known, people))


def _team_of(address: str, owners: Mapping[str, Sequence[str]]) -> str:
    return next((team for team, addresses in owners.items() if address in addresses), "")


def _teams_nearly(wanted: str, owners: Iterable[str]) -> list[Holder]:
    begun = len(wanted) >= SHORTEST_BEGINNING
    return [Holder(t) for t in owners if wanted in _folded(t).split() or (begun and _folded(t).startswith(wanted))]


def _is_nearly(wanted: str, address: str, name: str) -> bool:
    return wanted == _folded(address.partition("@")[0]) or wanted in _folded(name).split()


def _meant(wanted: str, teams: Iterable[str], addresses: Iterable[str], people: Mapping[str, str]) -> tuple[str, ...]:
    """Names like it; of a person the address, so that it can be said as it stands."""
    names = {_folded(team): team for team in teams}
    for address in addresses:
        for name in (address.partition("@")[0], people.get(address, "")):
            names.setdefault(_folded(name), address)
    names.pop("", None)
    return tuple(dict.fromkeys(names[near] for near in get_close_matches(wanted, names, n=MOST_MEANT, cutoff=0.6)))


def _folded(text: str) -> str:
    """A name without case and marks: `Events & Rooms` is `events and rooms`."""
    return " ".join(word for word in re.sub(r"[\W_]+", " ", text.casefold()).split() if word != "and")
