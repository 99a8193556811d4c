"""The servers of the benchmark: Dovecot and PostgreSQL of the tests, with room for hundreds of connections."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import postgres
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres

MOST_CONNECTIONS = 2000
# Each login process would carry one connection (`service_count = 1`) and stay for as long as TLS does; a folder of a
# million has an index cache of a gigabyte, which Dovecot maps into memory.
ROOM = f"""
default_client_limit = {2 * MOST_CONNECTIONS}
default_process_limit = {MOST_CONNECTIONS}
default_vsz_limit = 0
service imap-login {{
  service_count = 0
  process_min_avail = 2
  client_limit = {MOST_CONNECTIONS}
}}
service imap {{
  process_limit = {MOST_CONNECTIONS}
}}
service anvil {{
  client_limit = {4 * MOST_CONNECTIONS}
}}
service auth {{
  client_limit = {4 * MOST_CONNECTIONS}
}}
"""
IN_FEW_FILES = "mail_location = mdbox:~/mdbox\nmdbox_rotate_size = 200M\n"
"""A million files in one folder would be a benchmark of the file system."""

KEPT_SAFE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
}
"""As a house runs it: SQLite must wait for the disk too."""


def dovecot(folder: Path, *, few_files: bool = False) -> Dovecot:
    """A server whose users are whoever logs in; `few_files`: mail in mdbox instead of Maildir."""
    return Dovecot(folder, max_connections=MOST_CONNECTIONS, extra=ROOM + (IN_FEW_FILES if few_files else ""))


@contextmanager
def databases(folder: Path, wanted: bool) -> Iterator[Postgres | None]:
    """A PostgreSQL of our own, where it is wanted and installed."""
    if not wanted or postgres.programs() is None:
        yield None
        return
    with Postgres(folder, KEPT_SAFE) as server:
        yield server
