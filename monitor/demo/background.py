"""ROOF. A server of the demo in a thread of its own, on the loopback, at whatever port is free."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

HOST = "127.0.0.1"


class Background:
    """Runs what `opened` opens, from `start()` to `stop()`; can be started again."""

    def __init__(self, name: str, opened: Callable[[], Awaitable[asyncio.Server]]) -> None:
        self._name = name
        self._opened = opened
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] = lambda: None

    def start(self) -> int:
        """Listen; returns the port when clients can connect. Raises OSError where it is taken."""
        listening: Future[int] = Future()
        thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening)), name=self._name, daemon=True)
        thread.start()
        port = listening.result()
        self._thread = thread
        return port

    def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._thread:
            self._stop()
            self._thread.join()
        self._thread = None

    async def _serve(self, listening: "Future[int]") -> None:
        loop, enough = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(enough.set)
        try:
            server = await self._opened()
        except OSError as error:
            listening.set_exception(error)
            return
        listening.set_result(server.sockets[0].getsockname()[1])
        await enough.wait()
        server.close()
        clients = asyncio.all_tasks() - {asyncio.current_task()}
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
