"""Which way one logs in, and what Gmail and Exchange Online say to it in their own lines."""

import itertools
from base64 import b64decode
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest

from monitor.inbox.imap import ImapSource
from monitor.inbox.login import Login, way_in
from monitor.inbox.source import SourceError
from tests.servers.scripted_imap import EXCHANGE, GMAIL, OLD, Dialect, ScriptedImap

INFO, PLANTED, FRESH = "info@ours.example", "planted-token-1", "planted-token-2"
ANY = {"IMAP4REV1", "AUTH=PLAIN", "AUTH=LOGIN", "AUTH=XOAUTH2", "AUTH=OAUTHBEARER"}


def login(**said: Any) -> Login:
    if said.pop("by_token", False):
        said["token"] = lambda _refused: "t"
    words: dict[str, Any] = {"host": "imap.ours.example", "port": 993, "security": "tls", "username": INFO}
    return Login(**{**words, "password": lambda: "p", **said})


@pytest.mark.parametrize(
    ("said", "offered", "way"),
    [
        ({}, {"IMAP4REV1"}, "LOGIN command"),
        ({}, ANY, "LOGIN command"),
        ({}, ANY | {"LOGINDISABLED"}, "PLAIN"),
        ({}, {"LOGINDISABLED", "AUTH=LOGIN"}, "LOGIN"),
        ({"login": INFO}, ANY, "LOGIN command"),
        ({"login": "app@ours.example"}, ANY, "PLAIN"),
        ({"mechanism": "plain"}, ANY, "PLAIN"),
        ({"mechanism": "plain"}, {"IMAP4REV1"}, "PLAIN"),
        ({"mechanism": "login"}, ANY, "LOGIN command"),
        ({"mechanism": "login"}, ANY | {"LOGINDISABLED"}, "LOGIN"),
        ({"by_token": True}, ANY, "XOAUTH2"),
        ({"by_token": True}, {"AUTH=OAUTHBEARER"}, "OAUTHBEARER"),
        ({"by_token": True, "login": "app@ours.example"}, ANY, "XOAUTH2"),
        ({"by_token": True, "mechanism": "oauthbearer"}, ANY, "OAUTHBEARER"),
        ({"by_token": True, "mechanism": "xoauth2"}, {"IMAP4REV1"}, "XOAUTH2"),
        ({"by_token": True, "mechanism": "plain"}, ANY, "PLAIN"),
    ],
)
def test_the_config_decides_else_what_the_server_offers(said: dict[str, Any], offered: set[str], way: str) -> None:
    assert way_in(login(**said), offered, ascii_only=True) == way


@pytest.mark.parametrize(("offered", "way"), [(ANY, "PLAIN"), ({"AUTH=LOGIN"}, "LOGIN"), ({"IMAP4REV1"}, "PLAIN")])
def test_what_is_not_ascii_never_goes_by_the_login_command(offered: set[str], way: str) -> None:
    assert way_in(login(), offered, ascii_only=False) == way


@pytest.mark.parametrize(
    ("said", "offered", "told"),
    [
        ({"by_token": True}, {"AUTH=PLAIN", "AUTH=LOGIN"}, "the server offers LOGIN, PLAIN; use a `password`"),
        ({"by_token": True}, {"IMAP4REV1"}, "the server names no mechanism"),
        ({}, {"LOGINDISABLED", "AUTH=XOAUTH2"}, "the server offers XOAUTH2 and forbids LOGIN; use a `token`"),
        ({"security": "none"}, {"LOGINDISABLED"}, 'without encryption; use security = "tls" or "starttls"'),
        ({"login": "app@ours.example"}, {"AUTH=LOGIN"}, f"app@ours.example opens the mailbox of {INFO}"),
        ({"login": "app@ours.example", "mechanism": "login"}, ANY, "only PLAIN can say"),
    ],
)
def test_where_none_fits_it_says_what_the_server_offers(said: dict[str, Any], offered: set[str], told: str) -> None:
    with pytest.raises(SourceError) as caught:
        way_in(login(**said), offered, ascii_only=True)
    assert caught.value.fault == "refused"
    assert told in str(caught.value)


class Tokens:
    """Gives one token after the other; notes which were refused."""

    def __init__(self, *values: str) -> None:
        self.values, self.refused = list(values), list[str]()

    def __call__(self, refused: str) -> str:
        self.refused.append(refused)
        return self.values.pop(0) if len(self.values) > 1 else self.values[0]


def source_of(server: ScriptedImap, token: Callable[[str], str], **said: Any) -> ImapSource:
    return ImapSource(Login(server.host, server.port, "none", INFO, str, token=token, **said))


def fails(source: ImapSource) -> SourceError:
    with pytest.raises(SourceError) as caught:
        source.folders()
    for planted in (PLANTED, FRESH):
        assert planted not in str(caught.value)
    return caught.value


def authenticated(server: ScriptedImap) -> list[str]:
    return [command for command in server.commands if command.startswith("AUTHENTICATE")]


@pytest.mark.parametrize("dialect", [GMAIL, EXCHANGE], ids=["gmail", "exchange"])
@pytest.mark.parametrize("token", [PLANTED, "long" * 700])
def test_a_token_opens_the_mailbox_of_its_user_with_or_without_a_challenge(dialect: Dialect, token: str) -> None:
    with ScriptedImap(dialect, tokens={token}) as server:
        source = source_of(server, Tokens(token))
        assert source.folders()
        assert source.state("INBOX").uidnext == 1
        source.close()
    (command,) = authenticated(server)
    coded = command.split()[2] if token == PLANTED else server.commands[server.commands.index(command) + 1]
    assert b64decode(coded) == f"user={INFO}\1auth=Bearer {token}\1\1".encode()
    assert len(command) < 1_000


def test_what_gmail_offers_only_after_the_login_is_used() -> None:
    with ScriptedImap(GMAIL) as server:
        source = source_of(server, Tokens(PLANTED))
        source.folders()
        source.close()
    assert "ENABLE CONDSTORE" in server.commands


@pytest.mark.parametrize(("mechanism", "last"), [("xoauth2", ""), ("oauthbearer", "AQ==")])
def test_gmail_says_why_in_a_challenge_that_is_answered(mechanism: str, last: str) -> None:
    with ScriptedImap(GMAIL, tokens=set()) as server:
        told = fails(source_of(server, Tokens(PLANTED), mechanism=mechanism))
    at = server.commands.index(authenticated(server)[0])
    assert server.commands[at + 1] == last
    assert told.fault == "refused"
    assert "Invalid credentials (Failure); status 400, scope https://mail.google.com/" in str(told)
    assert "is the token for this very mailbox" in str(told)


def test_a_refused_token_is_tried_once_more_as_a_fresh_one() -> None:
    with ScriptedImap(EXCHANGE, tokens={FRESH}) as server:
        tokens = Tokens(PLANTED, FRESH)
        source = source_of(server, tokens)
        assert source.folders()
        source.close()
    assert tokens.refused == ["", PLANTED]


def test_exchange_refuses_both_and_it_is_tried_no_third_time() -> None:
    with ScriptedImap(EXCHANGE, tokens=set()) as server:
        told = fails(source_of(server, Tokens(PLANTED, FRESH, "never-asked-for")))
    assert len(authenticated(server)) == 2
    assert told.fault == "refused"
    assert "AUTHENTICATE failed." in str(told)
    assert "New-ServicePrincipal" in str(told)


def test_the_same_token_again_is_not_tried_again() -> None:
    with ScriptedImap(EXCHANGE, tokens=set()) as server:
        fails(source_of(server, Tokens(PLANTED)))
    assert len(authenticated(server)) == 1


def test_a_token_to_an_old_server_is_never_sent() -> None:
    with ScriptedImap(OLD) as server:
        told = fails(source_of(server, Tokens(PLANTED)))
    assert "the server names no mechanism" in str(told)
    assert not authenticated(server)


def test_a_mechanism_the_server_does_not_offer_says_so_when_it_is_refused() -> None:
    with ScriptedImap(EXCHANGE, tokens=set()) as server:
        told = fails(source_of(server, Tokens(PLANTED), mechanism="oauthbearer"))
    assert "the server offers PLAIN, XOAUTH2" in str(told)


def test_exchange_refuses_passwords_and_says_what_it_takes() -> None:
    with ScriptedImap(replace(EXCHANGE, refuses=(("LOGIN .*", "NO LOGIN failed."),))) as server:
        told = fails(ImapSource(Login(server.host, server.port, "none", INFO, lambda: PLANTED)))
    assert told.fault == "refused"
    assert 'token = "microsoft"' in str(told)


def test_who_is_authenticated_but_not_connected_waits_and_hears_what_may_be_wrong() -> None:
    with ScriptedImap(replace(EXCHANGE, refuses=(("LIST", "BAD User is authenticated but not connected."),))) as server:
        told = fails(source_of(server, Tokens(PLANTED)))
    assert told.fault == "busy"
    assert "Add-MailboxPermission" in str(told)


class TestASessionThatEndsWithItsToken:
    """`BYE Session invalidated - AccessTokenExpired`, in the middle of a look."""

    BYE = b"* BYE Session invalidated - AccessTokenExpired\r\n"

    def ending(self, word: str, at: Collection[int] = (1,)) -> ScriptedImap:
        """Says so instead of an answer to this word, the first time it is said or at these."""
        said = itertools.count(1)

        def twist(command: str, answer: bytes) -> bytes:
            return self.BYE if command.startswith(word) and next(said) in at else answer

        return ScriptedImap(EXCHANGE, twist=twist, tokens={PLANTED, FRESH, "third"})

    @pytest.mark.parametrize("word", ["LIST", "STATUS", "EXAMINE", "UID SEARCH", "UID FETCH", "UNSELECT"])
    def test_the_look_goes_on_with_a_fresh_token(self, word: str) -> None:
        with self.ending(word) as server:
            server.deliver("INBOX", b"Message-ID: <1@x.example>\r\n\r\n")
            tokens = Tokens(PLANTED, FRESH)
            source = source_of(server, tokens)
            source.folders()
            source.state("INBOX")
            assert list(source.uids("INBOX", 1, None)) == [[1]]
            assert [mail.uid for mail in source.mails("INBOX", [1])] == [1]
            assert source.state("INBOX").uidnext == 2
            source.close()
        assert tokens.refused == ["", PLANTED]

    def test_but_once_a_look(self) -> None:
        with self.ending("UID", range(1, 10)) as server:
            server.deliver("INBOX", b"Message-ID: <1@x.example>\r\n\r\n")
            source = source_of(server, Tokens(PLANTED, FRESH, "third"))
            source.folders()
            with pytest.raises(SourceError) as caught:
                list(source.uids("INBOX", 1, None))
            source.close()
        assert caught.value.fault == "unreachable"
        assert len(authenticated(server)) == 2

    def test_and_in_the_next_look_once_more(self) -> None:
        with self.ending("LIST", (1, 3)) as server:
            tokens = Tokens(PLANTED, FRESH, "third")
            source = source_of(server, tokens)
            assert source.folders()
            assert source.folders()
            source.close()
        assert tokens.refused == ["", PLANTED, FRESH]
