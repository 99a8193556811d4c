"""A daemon in this process whose beats the test gives, on clocks that the test sets: days pass in seconds."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.config import load
from monitor.daemon import TICK_SECONDS, Daemon
from monitor.store.store import Store, open_store

HOUR, DAY = 3600.0, 86400.0
START = datetime(2024, 11, 12, 10, 0, tzinfo=UTC)


@dataclass
class Beats:
    """Time stands still but for `pass_`; `wall` may be moved apart from it."""

    folder: Path
    store: Store = field(init=False)
    daemon: Daemon = field(init=False)
    seconds: float = 0.0
    wall: timedelta = timedelta()
    reload_asked: threading.Event = field(default_factory=threading.Event)
    said: list[str] = field(default_factory=list)
    """What it logged."""

    @property
    def now(self) -> datetime:
        """What the wall clock shows."""
        return START + timedelta(seconds=self.seconds) + self.wall

    @property
    def config(self) -> Path:
        """The config file; its passwords lie in `password` beside it."""
        return self.folder / "config.toml"

    def pass_(self, seconds: float) -> None:
        """Beat after beat."""
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds += TICK_SECONDS
            self.daemon.tick()


@contextmanager
def beating(
    folder: Path, ports: Mapping[str, int], imap: str = "", password: str = "geheim", config: str = ""
) -> Iterator[Beats]:
    """A daemon on mailboxes at these ports of the loopback; nobody takes its letters. `config`: another one instead."""
    (folder / "password").touch(mode=0o600)
    (folder / "password").write_text(password)
    write_config(folder, ports, imap)
    if config:
        (folder / "config.toml").write_text(config)
    beats = Beats(folder)
    beats.store = open_store(f"sqlite:///{folder / 'monitor.db'}")
    settings = load(beats.config)
    beats.daemon = Daemon(
        beats.store,
        settings,
        lambda: beats.now,
        lambda _mailbox, _count: None,
        beats.reload_asked,
        monotonic=lambda: beats.seconds,
        chance=lambda: 0.0,
    )
    log, ear = logging.getLogger("monitor"), Ear(beats.said)
    before, log.handlers = log.handlers, [ear]
    log.setLevel(logging.INFO)
    try:
        yield beats
    finally:
        beats.daemon.close()
        beats.store.close()
        log.handlers = before


class Ear(logging.Handler):
    """Writes down what the program logs."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        self._said.append(record.getMessage())


def write_config(folder: Path, ports: Mapping[str, int], imap: str = "") -> None:
    """Write it, or another one."""
    (folder / "config.toml").write_text(
        '[imap]\nhost = "127.0.0.1"\nsecurity = "none"\npassword = { file = "password" }\n'
        + f"{imap}\n"
        + "".join(
            f'[[mailbox]]\naddress = "{address}"\nport = {port}\nteam = "Desk"\n' for address, port in ports.items()
        )
        + '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
        + '[smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'
        + f'[store]\nurl = "sqlite:///{folder / "monitor.db"}"\n'
    )
