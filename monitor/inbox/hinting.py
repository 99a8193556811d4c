"""FLOOR 1. A connection that can wait for news between two looks (idling.py); whatever is asked next ends that."""

from collections.abc import Sequence

from monitor.inbox.connection import Connection
from monitor.inbox.idling import Idling, can_wait
from monitor.inbox.login import Login
from monitor.inbox.news import News


class Hinting(Connection):
    """A connection that is kept, and listened to."""

    def __init__(self, login: Login) -> None:
        super().__init__(login)
        self._news = News()

    def begin_hints(self, folders: Sequence[str]) -> Idling | None:
        """Wait for news of these folders until anything else is asked; at once, and without waiting for an answer.

        None where the connection is not open, or the server offers neither NOTIFY nor IDLE.
        """
        client = self._client
        if client is None or self._aborted or not folders or self._waits is not None or not can_wait(client):
            return None
        self._waits, self._examined = Idling(client, folders, self._selected, self._news), None
        return self._waits

    def leave_hints(self) -> list[tuple[bytes, bytes]] | None:
        """End it without waiting: tag and line of what is to be said first, if anything; its answer is the caller's
        to read. None where one must wait for it (`end_hints`), or the connection has ended."""
        if self._waits is None:
            return []
        if self._waits.gone:
            self.end_hints()
            return None
        told = self._waits.leave()
        if told is None:
            return None
        self._selected, self._waits = self._waits.selected, None
        return [told]
