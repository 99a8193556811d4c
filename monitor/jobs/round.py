"""FLOOR 2. One full round: poll every mailbox, then remind, report, deliver. Each part may be repeated any time."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.config import Settings
from monitor.jobs.blindness import tell_blind
from monitor.jobs.board import renew_board
from monitor.jobs.claims import LetterFolder, OutboxClaims
from monitor.jobs.deliver import Delivery, deliver, would_send
from monitor.jobs.doubles import tell_doubles
from monitor.jobs.edge import Edge
from monitor.jobs.hearers import hearers
from monitor.jobs.knowledge import Knowledge, know
from monitor.jobs.logging_in import Keyring
from monitor.jobs.look import Sweep
from monitor.jobs.purge import purge_if_due
from monitor.jobs.remind import remind
from monitor.jobs.report_early import take_back_early
from monitor.jobs.watch import tell_operator
from monitor.outbox.letters import Letters
from monitor.store.past import ANEW
from monitor.store.rehearsal import rehearsal
from monitor.store.reminding import noticed
from monitor.store.store import Store
from monitor.store.withdrawing import withdraw_unwanted

log = logging.getLogger("monitor.round")


@dataclass(slots=True)
class Round:
    """What one round came to."""

    sweeps: list[Sweep] = field(default_factory=list)
    letters: int = 0
    delivery: Delivery = field(default_factory=Delivery)
    broken: Sequence[str] = ()
    """What could not be done by a fault of our own, or of an own template; the log says more."""


def act(
    store: Store,
    settings: Settings,
    letters: Letters,
    now: datetime,
    dry: LetterFolder | None = None,
    stopping: Callable[[], bool] = lambda: False,
    keyring: Keyring | None = None,
) -> Round:
    """What follows from what is known: reminders, report, notices, and the outbox emptied.

    In a dry run all is done but the sending: what lies in the outbox then is written to the folder `dry`, and the store
    is left as it was.
    """
    if dry is None:
        return _act(store, settings, letters, now, None, stopping, keyring)
    with rehearsal(store) as stage:
        return _act(stage, settings, letters, now, dry, stopping, keyring)


def _act(
    store: Store,
    settings: Settings,
    letters: Letters,
    now: datetime,
    dry: LetterFolder | None,
    stopping: Callable[[], bool],
    keyring: Keyring | None,
) -> Round:
    withdraw_unwanted(store, settings.recipients, settings.desks.keys(), now)
    take_back_early(store, settings, now)
    knowledge = know(store, settings, now)
    claims = OutboxClaims(store)
    done, edge = Round(), Edge()
    with edge.around("reminding"):
        done.letters += remind(store, settings, letters, knowledge, claims, now, edge)
    with edge.around("the letters of what cannot be seen"):
        done.letters += tell_blind(store, settings, letters, knowledge, claims, now)
    with edge.around("the letters of double answers"):
        done.letters += tell_doubles(store, settings, letters, knowledge, claims, now)
    with edge.around("the report"):
        done.letters += _reports(store, settings, letters, knowledge, claims, now)
    with edge.around("the letter to the operator"):
        done.letters += tell_operator(store, settings, letters, knowledge, claims, now)
    if dry is None:
        with edge.around("sending"):
            reached = hearers(store, settings, now)
            done.delivery = deliver(store, settings.smtp, knowledge, now, stopping, reached.is_open, keyring)
        with edge.around("the purge"):
            purge_if_due(store, settings, now)
        with edge.around("the board"):
            renew_board(store, settings, letters, knowledge, now)
    else:
        dry.take(would_send(store, knowledge, now, hearers(store, settings, now).is_open))
    done.broken = edge.broken
    return done


def _reports(
    store: Store, settings: Settings, letters: Letters, knowledge: Knowledge, claims: OutboxClaims, now: datetime
) -> int:
    if settings.report is None and not noticed(store, ANEW):
        return 0
    from monitor.jobs.report import report_anew, report_if_due  # not above: a house without reports does without it

    due = report_if_due(store, settings, letters, knowledge, claims, now) is not None
    return due + report_anew(store, settings, letters, knowledge, claims, now)


def faults(sweeps: Sequence[Sweep]) -> list[Sweep]:
    """The looks that were not complete."""
    return [s for s in sweeps if s.fault is not None]
