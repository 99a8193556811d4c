"""One mailbox after the other for the contract of a source of mail."""

from collections.abc import Callable, Iterator

import pytest

from monitor.demo.imap_server import ImapServer
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
