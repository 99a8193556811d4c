"""The house that is measured: its config, and where its store is."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, func, select

from bench.ways import Case
from monitor.store.tables import messages, troubles
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.smtp_sink import SmtpSink

CONFIG = """\
organisation = "Museum"
timezone = "UTC"
operator = "operator@elsewhere.example"
[imap]
host = "{host}"
port = {port}
security = "{security}"
{ca}password = {{ file = "{password}" }}
lookback = "all"
{mailboxes}[[team]]
name = "desk"
owners = ["owner@elsewhere.example"]
[[reminder]]
after = "0h"
[smtp]
host = "{smtp_host}"
port = {smtp_port}
security = "none"
from = "monitor@elsewhere.example"
[store]
url = "{url}"
"""
MAILBOX = '[[mailbox]]\naddress = "{address}"\nteam = "desk"\n'
STAFF = "[staff]\ndomains = []\npeople = [{people}]\n"
SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    "postgresql": "SELECT pg_database_size(current_database())",
}


class Servers(NamedTuple):
    """What a look needs: mail, a letter box, a database server where there is one, and a folder for the rest."""

    mail: Dovecot
    letters: SmtpSink
    databases: Postgres | None
    folder: Path


class House(NamedTuple):
    """A config, and the store it names."""

    config: Path
    url: str


def house(servers: Servers, case: Case, addresses: Sequence[str], staff: Sequence[str] = ()) -> House:
    """A config of these mailboxes, with an empty store. `staff`: further people who are ours."""
    url = _empty_store(servers, case)
    password = servers.folder / "password"
    password.write_text(servers.mail.password)
    password.chmod(0o600)
    text = CONFIG.format(
        host=servers.mail.host,
        port=servers.mail.tls_port if case.tls else servers.mail.port,
        security=case.security,
        ca=f'ca_file = "{servers.mail.ca_file}"\n' if case.tls else "",
        password=password,
        mailboxes="".join(MAILBOX.format(address=address) for address in addresses),
        smtp_host=servers.letters.host,
        smtp_port=servers.letters.port,
        url=url,
    )
    if staff:
        text += STAFF.format(people=", ".join(f'"{address}"' for address in staff))
    config = servers.folder / "config.toml"
    config.write_text(text)
    return House(config, url)


def stored(url: str) -> int:
    """How many mails are in the store: messages, and those that cannot be read, as real archives hold some."""
    read, unreadable = (select(func.count()).select_from(table).scalar_subquery() for table in (messages, troubles))
    return int(_asked(url, str(select(read + unreadable))))


def store_bytes(url: str) -> int:
    """How large the store is, indexes and all."""
    return int(_asked(url, SIZE[url.partition("+")[0].partition(":")[0]]))


def _asked(url: str, question: str) -> int:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            found: int = connection.exec_driver_sql(question).scalar_one()
            return found
    finally:
        engine.dispose()


def _empty_store(servers: Servers, case: Case) -> str:
    if case.store == "postgresql":
        if servers.databases is None:
            raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
        return servers.databases.new_database()
    for file in servers.folder.glob("store.sqlite*"):
        file.unlink()
    return f"sqlite:///{servers.folder / 'store.sqlite'}"
