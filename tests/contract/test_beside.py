"""A second connection to one mailbox: it reads another folder, is done without where it is refused, and ends with the
first."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.inbox.imap import ImapSource
from monitor.inbox.source import SourceError
from tests.contract.twins import NOON, Twin, header, login_to
from tests.servers.dovecot import Dovecot


def test_two_folders_are_read_in_turn(twin: Twin) -> None:
    for number in range(3):
        twin.deliver("INBOX", header(number), NOON)
        twin.deliver("Sent", header(number + 10), NOON)
    assert [uid for window in twin.source.uids("INBOX", 1, None) for uid in window] == [1, 2, 3]
    with twin.source.beside() as other:
        assert [uid for window in other.uids("Sent", 1, None) for uid in window] == [1, 2, 3]
        for uid in (1, 2, 3):
            (asked,), (answer,) = twin.source.mails("INBOX", [uid]), other.mails("Sent", [uid])
            assert f"<{uid - 1}@".encode() in asked.header
            assert f"<{uid + 9}@".encode() in answer.header
    assert len(twin.source.mails("Sent", [1, 2, 3])) == 3, "this one goes on"


class TestAgainstDovecot:
    """The real server."""

    def test_each_keeps_its_folder_open(self, dovecot: Dovecot, mailboxes: Callable[[str], str]) -> None:
        user = mailboxes("info")
        source = ImapSource(login_to(dovecot, user))
        source.folders()
        with source.beside() as other:
            assert other is not source
            assert [list(source.uids("INBOX", 1, None)), list(other.uids("Sent", 1, None))] == [[[]], [[]]]
            assert (source._selected, other._selected) == ("INBOX", "Sent")
        assert other._client is None, "it is logged out of"
        assert source._client is not None
        source.close()

    def test_where_the_server_lets_no_more_in_the_first_one_reads_both(
        self, tmp_path: Any, request: pytest.FixtureRequest
    ) -> None:
        request.getfixturevalue("dovecot")  # skips where there is none
        with Dovecot(tmp_path, max_connections=1) as server:
            server.append("info", "INBOX", header(1), NOON)
            source = ImapSource(login_to(server, "info"))
            source.folders()
            with source.beside() as other:
                assert other is source
                assert [mail.uid for mail in other.mails("INBOX", [1])] == [1]
            assert source._client is not None, "it is not closed with what was not opened"
            source.close()

    def test_who_cuts_the_first_cuts_both(self, dovecot: Dovecot, mailboxes: Callable[[str], str]) -> None:
        """A look that makes no end may hang in either of them."""
        source = ImapSource(login_to(dovecot, mailboxes("info")))
        source.folders()
        with source.beside() as other:
            other.folders()
            source.abort()
            with pytest.raises(SourceError, match="cut while"):
                other.folders()
        with source.beside() as later:
            assert later is source, "what is cut opens nothing more"
        source.close()

    def test_a_folder_that_was_rebuilt_since_its_state_was_told_is_not_read(
        self, dovecot: Dovecot, mailboxes: Callable[[str], str]
    ) -> None:
        user = mailboxes("info")
        source = ImapSource(login_to(dovecot, user))
        source.folders()
        source.state("Sent")
        with dovecot.client(user) as client:
            client.delete_folder("Sent")
            client.create_folder("Sent")
        with source.beside() as other, pytest.raises(SourceError, match="rebuilt while it was being read"):
            other.mails("Sent", [1])
        source.close()

    def test_none_of_them_leaves_a_file_open(self, dovecot: Dovecot, mailboxes: Callable[[str], str]) -> None:
        source = ImapSource(login_to(dovecot, mailboxes("info")))
        source.folders()
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            with source.beside() as other:
                other.state("Sent")
        assert len(list(Path("/proc/self/fd").iterdir())) <= before
        source.close()
