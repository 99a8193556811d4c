"""A real PostgreSQL on loopback, with fsync off, run by an ordinary user; as many fresh databases as wanted."""

import itertools
import re
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import psycopg

from tests.servers import ordinary

# A cluster that nobody needs after a power cut; `max_connections` small, because each costs semaphores.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "log_timezone": "UTC",
    "timezone": "Asia/Karachi",  # not UTC: a time stored without its zone must show in a test
}


def programs() -> Path | None:
    """Where initdb and postgres are: Debian keeps them off the PATH, the newest version wins."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("initdb")
    if debian:
        return max(debian, key=lambda path: [int(digits) for digits in re.findall(r"\d+", path.parent.name)])
    return Path(on_path).resolve().parent if on_path else None


class Postgres:
    """`with Postgres(folder) as server:` a cluster of its own, then `server.new_database()` for each test."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        """`settings`: others than those above."""
        self.port = ordinary.free_port()
        self._settings = SETTINGS | dict(settings)
        self._folder = folder
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self._short = ordinary.short_folder()
        try:
            self._make_cluster()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._remove()

    def start(self) -> None:
        """Start, and wait until it takes a connection."""
        settings = self._settings | {"port": str(self.port), "unix_socket_directories": str(self._short)}
        settings |= {"logging_collector": "on", "log_directory": str(self._short), "log_filename": self.log.name}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self._process = ordinary.start([self._programs / "postgres", "-D", self._data, *options], cwd=self._short)
        ordinary.await_ready(self._process, self._takes_connections, self.log)

    def stop(self) -> None:
        """End at once, but in good order: clients are cut off."""
        ordinary.stop(self._process, signal.SIGINT)

    def kill(self) -> None:
        """End as in a power cut (with fsync off the files still are as the system last saw them)."""
        ordinary.kill(self._process)

    def restart(self) -> None:
        """The same databases on the same port again."""
        self.stop()
        self.start()

    def new_database(self) -> str:
        """The URL of an empty database, as SQLAlchemy takes it."""
        name = f"test_{next(self._numbers)}"
        with self._connection() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return f"postgresql+psycopg://monitor@{self.host}:{self.port}/{name}"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self._short / "postgres.log"

    def _make_cluster(self) -> None:
        found = programs()
        if found is None:
            raise FileNotFoundError("initdb is not installed")
        self._programs = found
        place = self._folder if ordinary.reachable(self._folder) else self._short
        self._data = ordinary.own_folder(place / "postgres")
        words = ["--auth=trust", "--username=monitor", "--encoding=UTF8", "--locale=C", "--no-sync"]
        ordinary.run([found / "initdb", "-D", self._data, *words], cwd=self._short)

    def _takes_connections(self) -> bool:
        try:
            self._connection().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(
            host=self.host, port=self.port, user="monitor", dbname="postgres", autocommit=True, connect_timeout=2
        )

    def _remove(self) -> None:
        shutil.rmtree(self._short, ignore_errors=True)
