"""FLOOR 1. Ladders of reminders that make no sense: one that falls, a step twice, a warning before the mail came."""

from collections.abc import Iterator
from datetime import timedelta

from monitor.config.clocks import target_of
from monitor.config.model import ConfigModel
from monitor.config.places import Mistake
from monitor.core.durations import canonical, words
from monitor.core.house import ALWAYS


def clashes(model: ConfigModel) -> Iterator[Mistake]:
    """Mistakes among the [[reminder]] tables."""
    longest = _longest_promise(model)
    for n, step in enumerate(model.reminder):
        at = ("reminder", n, "after")
        before = model.reminder[:n]
        if before and step.after < before[-1].after:
            text = (
                f'the ladder falls: this step comes at "{canonical(step.after)}", the one above it at '
                f'"{canonical(before[-1].after)}"; put the earlier one first'
            )
            yield Mistake(at, text)
        if any((step.after, set(step.to)) == (other.after, set(other.to)) for other in before):
            yield Mistake(("reminder", n), "this step is there twice: same `after`, same `to`; take one out")
        if longest is not None and -step.after >= longest:
            text = (
                f"`after` warns {words(-step.after)} before the promise runs out, which is only "
                f"{words(longest)} long: nobody waits yet"
            )
            yield Mistake(at, text)


def _longest_promise(model: ConfigModel) -> timedelta | None:
    """Of all mailboxes that are watched; None where a calendar counts, whose promises last longer than they say."""
    teams = {team.name: team for team in model.team}
    watched = [m for m in model.mailbox if m.watch == "all"]
    targets = [target_of(model.timezone, m, teams.get(m.team or ""), model.target) for m in watched]
    return max((t.reply_within for t in targets), default=None) if all(t.calendar is ALWAYS for t in targets) else None
