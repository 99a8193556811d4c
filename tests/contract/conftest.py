"""One mailbox after the other for the contract of a source of mail, and one database for that of the store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.demo.imap_server import ImapServer
from monitor.store.store import Store, open_store
from tests.contract.twins import InMemory, OnDemoServer, OnDovecot, Twin


@pytest.fixture(params=["memory", "dovecot", "demo"])
def twin(request: pytest.FixtureRequest, mailboxes: Callable[[str], str]) -> Iterator[Twin]:
    """Each of the three in turn."""
    if request.param == "memory":
        yield InMemory()
        return
    user = mailboxes("info")
    if request.param == "dovecot":
        real = OnDovecot(request.getfixturevalue("dovecot"), user)
        yield real
        real.source.close()
        return
    with ImapServer({user: "geheim"}) as server:
        demo = OnDemoServer(server, user, "geheim")
        yield demo
        demo.source.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'monitor.db'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store on it."""
    opened = open_store(url)
    yield opened
    opened.close()
