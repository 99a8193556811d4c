"""FLOOR 2. A store that cannot be written can claim no letter: the operator is told all the same, past the outbox.

Kept in memory only: a process that is started again and again never gets as far as the first letter.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from monitor.config import Settings
from monitor.core.said import When, say
from monitor.jobs.deliver import relay_of
from monitor.jobs.logged import event
from monitor.jobs.logging_in import Keyring
from monitor.jobs.remind import new_letter
from monitor.jobs.watch import page_of
from monitor.outbox.letters import Letters, News
from monitor.outbox.smtp import SendError, SmtpSender
from monitor.store.store import Store

LASTED = 600.0
"""Seconds for which the store has failed, or worked again, before it is said: a short spell mends itself."""
PAUSE = 3600.0
"""Seconds from one letter about a failure to the next, however often it comes and goes."""
TRY_AGAIN = 300.0
"""Seconds until a letter that was not taken is tried again."""

log = logging.getLogger("monitor.alarm")


@dataclass(slots=True)
class StoreAlarm:
    """Told by the daemon how each round went; `seconds` are of the monotonic clock, `now` is for the letter only."""

    store: Store
    settings: Settings
    letters: Letters
    keyring: Keyring | None = None
    failing_since: tuple[float, datetime] | None = None
    works_since: float | None = None
    told: datetime | None = None
    told_at: float | None = None
    tried_at: float | None = None

    def failed(self, why: str, seconds: float, now: datetime, led: bool = True) -> bool:
        """The store failed; whether a letter was sent now: one a spell, after ten minutes.

        Of several daemons the one that `led` tells it. That one may be gone too: the others wait three times as long.
        """
        self.works_since = None
        self.failing_since = self.failing_since or (seconds, now)
        began, at = self.failing_since
        lasted = seconds - began >= (LASTED if led else 3 * LASTED)
        quiet = self.told_at is not None and seconds - self.told_at < PAUSE
        if self.told is not None or not lasted or quiet:
            return False
        if not self._send(_fails(self.settings, why, at, now), at, seconds, now):
            return False
        self.told, self.told_at = at, seconds
        return True

    def worked(self, seconds: float, now: datetime) -> bool:
        """The store took what a round wrote; whether a letter was sent now: once it has worked for ten minutes."""
        if self.told is None:
            self.failing_since = None
            return False
        if self.works_since is None:
            self.works_since = seconds
        if seconds - self.works_since < LASTED:
            return False
        if not self._send(_works(self.settings, self.told, now), self.told, seconds, now):
            return False
        self.told = self.failing_since = self.works_since = None
        return True

    def _send(self, news: News, spell: datetime, seconds: float, now: datetime) -> bool:
        to, waits = self.settings.operator, self.tried_at is not None and seconds - self.tried_at < TRY_AGAIN
        if to is None or waits:
            return False
        self.tried_at = seconds
        obligation = f"store {spell.isoformat()} {news.headline}"
        rendered = self.letters.render_notice(page_of(self.settings, [news], now))
        letter = new_letter(self.store, self.settings, "notice", to, obligation, rendered, now)
        try:
            with SmtpSender(relay_of(self.settings.smtp, self.keyring)) as sender:
                sender.send(letter.body, to)
        except SendError as error:
            log.warning(
                "the operator could not be told of the store: %s", error, extra=event("alarm unsent", error=error)
            )
            return False
        self.tried_at = None
        log.warning("the operator was told: %s", news.headline, extra=event("alarm sent", to=to))
        return True


def _fails(settings: Settings, why: str, began: datetime, now: datetime) -> News:
    return News(
        headline=say("The monitor cannot write down what it knows"),
        sentences=(
            say("Since %(since)s: %(fault)s.", since=When(began, settings.zone, now), fault=why),
            say(
                "Until this works again nobody is reminded and no report is sent, because it could not be remembered. "
                "Nothing is lost: the mail is read again from where it was."
            ),
        ),
        what_to_do=(
            say("Mend what the line above names. The monitor need not be started again; it goes on by itself."),
        ),
    )


def _works(settings: Settings, began: datetime, now: datetime) -> News:
    return News(
        headline=say("The monitor can write down what it knows again"),
        sentences=(
            say("It could not since %(since)s. Reminders and reports go on.", since=When(began, settings.zone, now)),
        ),
    )
