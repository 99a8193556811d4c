"""Logging in to the real Dovecot: by token against its OAuth2 passdb, and as somebody who opens another's mailbox."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.inbox.imap import ImapSource
from monitor.inbox.login import Login
from monitor.inbox.source import SourceError
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_oauth import MASTER, DovecotOauth

NOON = datetime(2024, 11, 11, 12, tzinfo=UTC)


def source_of(server: Dovecot, user: str, **said: Any) -> ImapSource:
    said = {"password": str, "host": server.host, "port": server.port, "security": "none", **said}
    return ImapSource(Login(username=user, **said))


def refused(source: ImapSource) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.folders()
    assert caught.value.fault == "refused"
    return caught.value


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer", None])
@pytest.mark.parametrize("length", [40, 4000])
def test_a_token_of_an_app_opens_a_shared_mailbox(
    dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str], mechanism: Any, length: int
) -> None:
    token = dovecot_oauth.tokens.give(mailboxes("app"), length)
    source = source_of(dovecot_oauth, mailboxes("info"), token=lambda _: token, mechanism=mechanism)
    assert "Sent" in [folder.name for folder in source.folders()]
    assert source.state("INBOX").highestmodseq is not None
    source.close()


@pytest.mark.parametrize(("mechanism", "status"), [("xoauth2", "status 401"), ("oauthbearer", "status invalid_token")])
def test_a_token_that_does_not_hold_is_refused_with_what_the_server_says_of_it(
    dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str], mechanism: Any, status: str
) -> None:
    source = source_of(dovecot_oauth, mailboxes("info"), token=lambda _: "planted-wrong", mechanism=mechanism)
    told = str(refused(source))
    assert status in told
    assert "planted-wrong" not in told


def test_a_token_of_another_house_opens_nothing(dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str]) -> None:
    token = dovecot_oauth.tokens.give("app@elsewhere.example")
    told = refused(source_of(dovecot_oauth, mailboxes("info"), token=lambda _: token))
    assert token not in str(told)


def test_a_session_outlives_its_token_and_the_next_login_gets_another(
    dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str]
) -> None:
    given: list[str] = []

    def token(refused: str) -> str:
        if not given or refused:
            given.append(dovecot_oauth.tokens.give(mailboxes("app")))
        return given[-1]

    source = source_of(dovecot_oauth, mailboxes("info"), token=token)
    source.folders()
    dovecot_oauth.tokens.end(*given)
    assert source.folders(), "Dovecot asks only at the login"
    assert len(given) == 1
    source.close()
    assert source.folders(), "the token was refused, and a fresh one was not"
    assert len(given) == 2
    source.close()


def test_who_logs_in_with_a_password_of_their_own_opens_the_mailbox_of_another(
    dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str]
) -> None:
    dovecot_oauth.append(mailboxes("info"), "Only here", b"Subject: x\r\n\r\n", NOON)
    by = {"login": mailboxes("master"), "password": lambda: MASTER}
    source = source_of(dovecot_oauth, mailboxes("info"), **by)
    assert "Only here" in [folder.name for folder in source.folders()]
    source.close()
    told = refused(source_of(dovecot_oauth, mailboxes("info"), **{**by, "password": lambda: "planted-wrong"}))
    assert f"the login of {mailboxes('master')} to {mailboxes('info')} was refused" in str(told)


@pytest.mark.parametrize("mechanism", ["plain", "login"])
def test_a_password_logs_in_as_the_config_says(
    dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str], mechanism: Any
) -> None:
    source = source_of(dovecot_oauth, mailboxes("info"), password=lambda: dovecot_oauth.password, mechanism=mechanism)
    assert source.folders()
    source.close()
