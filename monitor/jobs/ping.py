"""FLOOR 2. A URL that is asked for while all is well: a watchman elsewhere raises the alarm when that ends.

Healthchecks.io, Uptime Kuma (push) and Dead Man's Snitch take a plain GET. The URL is a secret: who knows it can say
that all is well.
"""

import logging
import threading
from collections.abc import Callable

import monitor
from monitor.config import SecretError
from monitor.jobs.logged import event

TIMEOUT = 10.0
PAUSE = 60.0
"""Seconds from one ping to the next, however short the rounds: Healthchecks.io takes five a minute."""
LAST_SECONDS = 2 * TIMEOUT
"""So long the end of the program waits for one that is under way."""

log = logging.getLogger("monitor.ping")


class Ping:
    """Asks in a thread of its own, one at a time, so that no round waits for it. Tells the log when it begins to fail,
    and when it works again."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._asked: float | None = None
        self._fault: str | None = None
        self._thread: threading.Thread | None = None

    def send(self, url: Callable[[], str]) -> None:
        """Ask for it, unless it was asked for just now. `url` may read a secret; it is called in the thread, too."""
        now = self._seconds()
        if (self._thread and self._thread.is_alive()) or (self._asked is not None and now - self._asked < PAUSE):
            return
        self._asked = now
        self._thread = threading.Thread(target=self._ask, args=(url,), name="ping", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for one that is under way, for a while."""
        if self._thread:
            self._thread.join(LAST_SECONDS)

    def _ask(self, url: Callable[[], str]) -> None:
        fault, before = _fault(url), self._fault
        self._fault = fault
        if fault is not None and before is None:
            log.warning("the ping of [health] fails: %s", fault, extra=event("ping failed", error=fault))
        elif fault is None and before is not None:
            log.info("the ping of [health] works again", extra=event("ping works"))


def _fault(url: Callable[[], str]) -> str | None:
    """Ask once; what went wrong, in words that do not hold the URL. Certificates are verified, redirects followed."""
    # Not above: most houses have no such watchman, and do without a megabyte of HTTP.
    import http.client
    import urllib.error
    import urllib.request

    try:
        asked = url().strip()
        if not asked.startswith(("https://", "http://")):
            return "it is no http(s) address"
        named = urllib.request.Request(asked, headers={"User-Agent": f"inbox-monitor/{monitor.__version__}"})  # noqa: S310
        with urllib.request.urlopen(named, timeout=TIMEOUT) as answer:  # noqa: S310  # http(s), as seen above
            answer.read(1)
    except SecretError as error:
        return str(error)
    except urllib.error.HTTPError as error:
        error.close()
        return f"the server answers {error.code}"
    except urllib.error.URLError as error:
        reason = error.reason
        return f"it cannot be reached ({type(reason).__name__}: {getattr(reason, 'strerror', None) or 'no answer'})"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"it cannot be asked for ({type(error).__name__})"  # their text may hold the address
    return None
