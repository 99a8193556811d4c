"""A house without passwords: mailboxes and letters by the token of one command, on a Dovecot that takes tokens."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.dovecot_oauth import DovecotOauth
from tests.servers.smtp_oauth import OauthSink
from tests.story.house import House, at, kinds
from tests.story.invariants import letters_keep_their_promises


def by_token(house: House, file: Path) -> None:
    """Its mailboxes are opened, and its letters sent, by the token that a command prints; each time is noted."""
    house.write_config()
    said = json.dumps(["sh", "-c", 'echo asked >> "$1.asked"; cat "$1"', "sh", str(file)])
    text = house.config.read_text()
    for desk in house.desks:
        own = f"password = {{ file = {json.dumps(str(house.folder / f'password-{desk}'))} }}"
        assert own in text
        text = text.replace(own, f"token = {{ command = {said} }}")
    login = f'username = "monitor@{house.domain}"\ntoken = {{ command = {said} }}\n[store]'
    house.config.write_text(text.replace("[store]", login))


def asked(file: Path) -> int:
    return len(Path(f"{file}.asked").read_text().split())


def test_mailboxes_and_letters_share_one_token_that_is_asked_for_again_when_it_is_refused(
    tmp_path: Path, dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str]
) -> None:
    tokens, file = dovecot_oauth.tokens, tmp_path / "token"
    file.write_text(token := tokens.give(mailboxes("app")))
    with OauthSink(tmp_path, token) as sink:
        house = House(tmp_path, dovecot_oauth, sink, mailboxes, {"info": "", "ops": ""})
        by_token(house, file)
        house.opens(at("Mon 08:00"))
        assert asked(file) == 1, "two mailboxes at once, one token"
        house.asks(at("Mon 09:00"), to="ops")
        letters = house.round(at("Tue 10:00"))
        assert kinds(letters) == [("reminder", house.lead("ops"))]
        assert asked(file) == 2, "each start has a keyring of its own, shared with the mail server"
        tokens.end(token)
        told = house.run(at("Tue 10:12"), "check")
        assert told.out.count("status 401") == 2
        assert token not in told.out + told.err
        assert asked(file) == 4, "a fresh one was asked for, once for both"
        file.write_text(tokens.give(mailboxes("app")))
        assert "status 401" not in house.run(at("Tue 10:20"), "check").out
        letters_keep_their_promises(house)


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ('{"error": "invalid_grant", "error_description": "planted"}', 'but the error "invalid_grant"'),
        ("planted and more", "more than a token"),
    ],
)
def test_a_command_that_prints_no_token_is_told_once_a_mailbox_without_what_it_printed(
    tmp_path: Path, dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str], printed: str, told: str
) -> None:
    (file := tmp_path / "token").write_text(printed)
    with OauthSink(tmp_path) as sink:
        house = House(tmp_path, dovecot_oauth, sink, mailboxes, {"info": "", "ops": ""})
        by_token(house, file)
        said = house.run(at("Mon 08:00"), "check")
    assert (said.out + said.err).replace("\n", " ").count(told) == 3
    assert "planted" not in said.out + said.err
    assert asked(file) == 1
