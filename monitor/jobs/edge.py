"""FLOOR 2. The edge around one job, and around one letter: what goes wrong there stops nothing else (law 8)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.jobs.logged import event
from monitor.store.store import StoreError

log = logging.getLogger("monitor.round")


class Edge:
    """Of one round. `broken` names what could not be done, such as "the report"."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        """Whatever is raised here is logged and noted, and the next one goes on; each round tries it again.

        Raises StoreError as it is: without the store nothing can go on.
        """
        try:
            yield
        except StoreError:
            raise
        except Exception:
            words = "%s failed; the others go on, and the next round tries again"
            log.exception(words, what, extra=event("job failed", job=what))
            self.broken.append(what)
