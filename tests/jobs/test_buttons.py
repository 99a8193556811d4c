"""What a line of a reminder offers: ready-made mails, and a link where the provider has one that works."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from monitor.config import Settings, load
from monitor.core.acts import Command, Puzzled, understand
from monitor.jobs.buttons import Buttons, example_of, open_url
from monitor.store.reminding import WaitRow

NOW = datetime(2026, 11, 14, 10, tzinfo=UTC)
TAG = "k7qm-3vxa-bz5e-w2hd"
CONFIG = """
[imap]
host = "{host}"
password = {{ env = "X" }}
[[mailbox]]
address = "info@ours.example"
team = "Front desk"
[[team]]
name = "Front desk"
owners = ["lead@ours.example"]
[[team]]
name = "Digital help"
owners = ["it@ours.example"]
[smtp]
from = "monitor+replies@ours.example"
{more}
"""


def configured(folder: Path, host: str = "imap.ours.example", more: str = "[commands]") -> Settings:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(host=host, more=more))
    return load(path)


def wait(message_id: str = "<a+b/c=d%e@x.example>") -> WaitRow:
    row = WaitRow(1, 1, ("info@ours.example",), "Front desk", "s", "Ann", "ann@x.example", NOW, NOW, None, None)
    return replace(row, message_id=message_id)


@pytest.mark.parametrize(("kind", "word"), [("done", "done"), ("snooze", "snooze")])
def test_each_button_says_one_line_that_is_understood_in_text_and_subject(tmp_path: Path, kind: str, word: str) -> None:
    button = next(b for b in Buttons(configured(tmp_path), TAG).of(12) if b.kind == kind)
    url = urlsplit(button.url)
    asked = parse_qs(url.query, strict_parsing=True)
    assert unquote(url.path) == "monitor+replies@ours.example"
    said = understand(asked["body"][0])
    assert isinstance(said, Command)
    assert (said.word, said.numbers) == (word, (12,))
    assert asked["subject"] == [f"{asked['body'][0]} [{TAG}]"]


def test_the_button_that_hands_over_is_no_command_as_it_is(tmp_path: Path) -> None:
    button = next(b for b in Buttons(configured(tmp_path), TAG).of(3) if b.kind == "assign")
    said = understand(parse_qs(urlsplit(button.url).query)["body"][0])
    assert isinstance(said, Puzzled)
    assert said.why == "whom"


def test_without_a_commands_mailbox_there_are_no_buttons(tmp_path: Path) -> None:
    assert Buttons(configured(tmp_path, more=""), TAG).of(1) == ()
    assert Buttons(configured(tmp_path), "").of(1) == ()


def test_whom_to_hand_to_is_somebody_else(tmp_path: Path) -> None:
    assert example_of(configured(tmp_path), "lead@ours.example", ["Front desk"]) == "Digital help"
    anna = '[commands]\n[[person]]\naddress = "anna@ours.example"\nname = "anna"\n'
    assert example_of(configured(tmp_path, more=anna), "lead@ours.example", ["Front desk"]) == "anna"
    assert example_of(configured(tmp_path, more=anna), "anna@ours.example", ["Front desk", "Digital help"]) == ""


def test_only_gmail_has_a_link_to_a_message(tmp_path: Path) -> None:
    assert open_url(wait(), configured(tmp_path)) is None
    link = open_url(wait(), configured(tmp_path, "imap.gmail.com"))
    assert link is not None
    url = urlsplit(link)
    assert (url.scheme, url.netloc, unquote(url.query)) == ("https", "mail.google.com", "authuser=info@ours.example")
    assert unquote(url.fragment) == "search/rfc822msgid:a+b/c=d%e@x.example"


@pytest.mark.parametrize("odd", ["", "sha256:abc", "<a b@x>", "<\u202e@x>"])
def test_a_message_without_a_plain_id_has_no_link(tmp_path: Path, odd: str) -> None:
    assert open_url(wait(odd), configured(tmp_path, "imap.gmail.com")) is None
