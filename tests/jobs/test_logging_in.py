"""One token for all who may share it: renewed as often as it ends, asked for once by all who wait."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Settings, load
from monitor.config.secrets import Secret, SecretError
from monitor.config.settings import GoogleSettings, MicrosoftSettings
from monitor.core.token import Token, TokenError
from monitor.inbox.source import SourceError
from monitor.jobs.connections import Connections, login_of
from monitor.jobs.deliver import relay_of
from monitor.jobs.logging_in import MOMENT, Key, Keyring
from monitor.outbox.smtp import SendError
from tests.servers.dovecot_oauth import TokenServer

START = datetime(2026, 11, 9, 6, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CONFIG = """
timezone = "UTC"
[imap]
host = "imap.ours.example"
password = { env = "NONE" }
[smtp]
host = "smtp.ours.example"
from = "monitor@ours.example"
"""


class Clock:
    """Set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def house(tmp_path: Path, mailboxes: int, **each: Any) -> Settings:
    """Settings with so many mailboxes, each reached in this way."""
    path = tmp_path / "config.toml"
    boxes = "".join(f'[[mailbox]]\naddress = "m{n}@ours.example"\nteam = "Desk"\n' for n in range(mailboxes))
    path.write_text(f'{CONFIG}{boxes}[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n')
    settings = load(path)
    return replace(
        settings,
        mailboxes=tuple(replace(mailbox, **each) for mailbox in settings.mailboxes),
        smtp=replace(settings.smtp, token=each["token"], username="monitor@ours.example"),
    )


class Provider:
    """A source of tokens that hold an hour; counts how often it is asked, and for what."""

    def __init__(self, clock: Clock, fails: TokenError | None = None) -> None:
        self.asked: list[bool] = []
        self.clock, self.fails, self.fault = clock, fails, ""

    def token(self, *, fresh: bool = False) -> Token:
        self.asked.append(fresh)
        if self.fails:
            raise TokenError(self.fails.fault, str(self.fails))
        return Token(f"token-{len(self.asked)}", self.clock.now + HOUR)


def test_a_day_of_sixty_mailboxes_asks_as_often_as_tokens_end_and_no_more(tmp_path: Path) -> None:
    with TokenServer() as tokens:
        said = lambda: json.dumps({"access_token": tokens.give("house"), "expires_in": 3600})  # noqa: E731
        settings, clock = house(tmp_path, 60, token=said), Clock()
        keyring = Keyring(settings, clock)
        logins = [login_of(mailbox, keyring) for mailbox in settings.mailboxes]
        relay = relay_of(settings.smtp, keyring)
        while clock.now < START + timedelta(days=1):
            used = {login.secret() for login in logins} | {relay.secret()}
            assert len(used) == 1
            clock.now += 5 * MINUTE
        assert tokens.given["house"] == 27  # one each 55 minutes: five before it ends


def test_a_token_is_renewed_five_minutes_before_it_ends() -> None:
    clock = Clock()
    key = Key(Provider(clock), clock)
    assert key.other_than("").value == "token-1"
    clock.now += 54 * MINUTE
    assert key.other_than("").value == "token-1"
    clock.now += MINUTE
    assert key.other_than("").value == "token-2"


def test_a_token_of_five_minutes_is_shared_too() -> None:
    clock, asked = Clock(), list[datetime]()

    class Keycloak:
        def token(self, *, fresh: bool = False) -> Token:
            asked.append(clock.now)
            return Token(f"token-{len(asked)}", clock.now + 5 * MINUTE)

    key = Key(Keycloak(), clock)
    for _ in range(10):
        key.other_than("")
        clock.now += MINUTE
    assert [(at - START) / MINUTE for at in asked] == [0, 4, 8]


def test_of_many_whose_token_was_refused_one_asks_and_all_get_the_new_one() -> None:
    clock = Clock()
    provider = Provider(clock)
    key, all_at_once = Key(provider, clock), threading.Barrier(16)
    refused = key.other_than("").value

    def ask(_: int) -> str:
        all_at_once.wait()
        return key.other_than(refused).value

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(ask, range(16))) == {"token-2"}
    assert provider.asked == [False, True]


def test_a_provider_that_fails_is_asked_once_by_all_and_again_after_a_moment() -> None:
    clock = Clock()
    provider = Provider(clock, TokenError("unreachable", "no answer"))
    key = Key(provider, clock)
    for _ in range(60):
        with pytest.raises(TokenError, match="no answer") as caught:
            key.other_than("")
        assert caught.value.fault == "unreachable"
    assert len(provider.asked) == 1
    provider.fails = None
    clock.now += MOMENT
    assert key.other_than("").value == "token-2"


def test_while_the_provider_is_away_a_token_is_used_to_its_very_end() -> None:
    clock = Clock()
    provider = Provider(clock)
    key = Key(provider, clock)
    key.other_than("")
    provider.fails = TokenError("unreachable", "no answer")
    for minutes in (56, 0, 3):  # it is renewed five minutes before its end, and ends after sixty
        clock.now += minutes * MINUTE
        assert key.other_than("").value == "token-1"
    with pytest.raises(TokenError, match="no answer"):
        key.other_than("token-1")
    clock.now += MINUTE
    with pytest.raises(TokenError, match="no answer"):
        key.other_than("")


def test_a_provider_that_refuses_ends_it_before() -> None:
    clock = Clock()
    provider = Provider(clock)
    key = Key(provider, clock)
    key.other_than("")
    provider.fails = TokenError("refused", "no")
    clock.now += 56 * MINUTE
    with pytest.raises(TokenError, match="no"):
        key.other_than("")


def test_a_fresh_token_that_is_the_refused_one_is_not_asked_for_by_everybody() -> None:
    clock, asked = Clock(), list[bool]()

    class Stubborn:
        def token(self, *, fresh: bool = False) -> Token:
            asked.append(fresh)
            return Token("the same", clock.now + HOUR)

    key = Key(Stubborn(), clock)
    assert {key.other_than("the same" if n else "").value for n in range(60)} == {"the same"}
    assert asked == [False, True]
    clock.now += MOMENT
    key.other_than("the same")
    assert asked == [False, True, True]


def test_a_clock_set_back_asks_again() -> None:
    clock = Clock()
    provider = Provider(clock, TokenError("refused", "no"))
    key = Key(provider, clock)
    for _ in range(2):
        with pytest.raises(TokenError):
            key.other_than("")
        clock.now -= 3 * HOUR
    assert len(provider.asked) == 2


def test_what_cannot_be_kept_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    provider = Provider(clock)
    provider.fault, key = "the disk is full", Key(provider, clock)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            clock.now += HOUR
            key.other_than("")
    assert [record.message for record in caplog.records] == ["the disk is full"]


MICROSOFT = MicrosoftSettings("ours.example", "id", None, None, None, "https://login.example", None)


@pytest.mark.parametrize(
    ("token", "more", "keys"),
    [
        ("microsoft", {"microsoft": replace(MICROSOFT, secret=str)}, 1),
        ("microsoft", {"microsoft": replace(MICROSOFT, certificate=Path("key.pem"))}, 1),
        ("microsoft", {"microsoft": MICROSOFT}, 4),
        ("google", {"google": GoogleSettings(str, None)}, 4),
        (str, {}, 1),
    ],
    ids=["app-secret", "app-certificate", "people", "google", "command"],
)
def test_an_app_has_one_token_for_all_and_people_have_their_own(
    tmp_path: Path, token: Any, more: dict[str, Any], keys: int
) -> None:
    settings = replace(house(tmp_path, 3, token=token), **more)
    keyring = Keyring(settings, Clock())
    found = {id(keyring.of(way)) for way in (*settings.mailboxes, *settings.mailboxes, settings.smtp)}
    assert len(found) == keys


def test_who_logs_in_for_several_mailboxes_shares_a_token(tmp_path: Path) -> None:
    settings = replace(house(tmp_path, 3, token="microsoft", login="clerk@ours.example"), microsoft=MICROSOFT)
    keyring = Keyring(settings, Clock())
    assert len({id(keyring.of(mailbox)) for mailbox in settings.mailboxes}) == 1


@pytest.mark.parametrize("provider", ["microsoft", "google"])
def test_a_provider_without_its_part_of_the_config_is_told(tmp_path: Path, provider: str) -> None:
    settings = house(tmp_path, 1, token=provider)
    login = login_of(settings.mailboxes[0], Keyring(settings, Clock()))
    with pytest.raises(SourceError, match=rf'token = "{provider}" needs \[{provider}\]') as caught:
        login.secret()
    assert caught.value.fault == "secret"


def test_another_app_logs_in_anew_and_the_same_one_stays(tmp_path: Path) -> None:
    said = Secret(env="PLAG")
    settings = replace(house(tmp_path, 1, token="microsoft"), microsoft=replace(MICROSOFT, secret=said.value))
    keyring = Keyring(settings, Clock())
    connections = Connections(keyring)
    first = connections.of(settings.mailboxes[0])
    for app, stays in ((replace(MICROSOFT, secret=Secret(env="PLAG").value), True), (MICROSOFT, False)):
        keyring.change_to(replace(settings, microsoft=app))
        assert (connections.keep(settings.mailboxes) == []) is stays
        assert (connections.of(settings.mailboxes[0]) is first) is stays


def test_who_is_refused_by_the_mail_server_leaves_it_alone_until_a_reload(tmp_path: Path) -> None:
    settings, clock = house(tmp_path, 1, token=str), Clock()
    keyring = Keyring(settings, clock)
    begins = [False] * 300
    for minute, _ in enumerate(begins):
        refusals = keyring.refusals_of(settings.smtp)
        begins[minute] = not refusals.in_force(clock.now)
        if begins[minute]:
            refusals.refused(clock.now, "535 no")
        clock.now += MINUTE
    assert [minute for minute, begun in enumerate(begins) if begun] == [0, 15, 75, 135, 195, 255]
    assert keyring.refusals_of(settings.smtp).in_force(clock.now) == "535 no"
    keyring.change_to(settings)
    assert keyring.refusals_of(settings.smtp).in_force(clock.now) == ""


def test_a_new_config_is_asked_also_by_connections_that_stay(tmp_path: Path) -> None:
    settings = house(tmp_path, 1, token="microsoft")
    keyring = Keyring(settings, Clock())
    login = login_of(settings.mailboxes[0], keyring)
    with pytest.raises(SourceError, match="needs \\[microsoft\\]"):
        login.secret()
    keyring.change_to(replace(settings, microsoft=replace(MICROSOFT, authority="http://login.example", secret=str)))
    with pytest.raises(SourceError, match="https"):
        login.secret()


@pytest.mark.parametrize("fault", ["refused", "unreachable", "secret"])
def test_a_token_that_cannot_be_had_is_the_fault_it_is(tmp_path: Path, fault: Any) -> None:
    def read() -> str:
        raise TokenError(fault, "the provider's words")

    settings = house(tmp_path, 1, token=read)
    keyring = Keyring(settings, Clock())
    with pytest.raises(SourceError, match="the provider's words") as caught:
        login_of(settings.mailboxes[0], keyring).secret()
    assert caught.value.fault == fault
    with pytest.raises(SendError, match="the provider's words") as unsent:
        relay_of(settings.smtp, keyring).secret()
    assert (unsent.value.server_wide, unsent.value.fault) == (True, "" if fault == "unreachable" else fault)


def test_a_secret_that_cannot_be_read_is_told_as_one(tmp_path: Path) -> None:
    def read() -> str:
        raise SecretError("the secret command get-token failed")

    settings = house(tmp_path, 1, token=read)
    with pytest.raises(SourceError, match="the secret command get-token failed") as caught:
        login_of(settings.mailboxes[0], Keyring(settings, Clock())).secret()
    assert caught.value.fault == "secret"


def test_a_token_does_not_show_its_value() -> None:
    clock = Clock()
    assert "token-1" not in repr(Key(Provider(clock), clock).other_than(""))
