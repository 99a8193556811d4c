"""What `check` says of letters: whether they would be taken, could come back, and what the server did not like."""

import socket
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.config import Settings, load
from monitor.core.lately import Copy
from monitor.core.letter_ids import letter_id
from monitor.core.message import Address, Message, Place, Role
from monitor.core.sightings import Sighting
from monitor.jobs.check import send_test
from monitor.jobs.check_fact import Fact
from monitor.jobs.check_letters import letter_facts, loop_facts
from monitor.jobs.deliver import relay_of
from monitor.outbox.probing import PATIENCE, Prober
from monitor.outbox.smtp import TIMEOUT
from tests.servers.scripted_imap import EXCHANGE, ScriptedImap
from tests.servers.smtp_sink import CLOSE, SmtpSink

NOW = datetime(2024, 11, 11, 8, tzinfo=UTC)
INFO, LEAD = "info@ours.example", "lead@ours.example"
KEY = b"key"
Configured = Callable[..., Settings]


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configured:
    """`configured(port, 'lines of [smtp]', 'tables')`."""
    monkeypatch.setenv("X", "correct-horse")

    def of(port: int = 1, smtp: str = 'from = "monitor@ours.example"', more: str = "") -> Settings:
        path = tmp_path / "config.toml"
        security = "" if "security" in smtp else 'security = "none"\n'
        path.write_text(
            f'[[mailbox]]\naddress = "{INFO}"\nteam = "Desk"\nhost = "imap.ours.example"\npassword = {{ env = "X" }}\n'
            f'[[team]]\nname = "Desk"\nowners = ["{LEAD}"]\n'
            f'[smtp]\nhost = "127.0.0.1"\nport = {port}\n{security}{smtp}\n'
            f'[store]\nurl = "sqlite:///{tmp_path}/state/monitor.db"\n{more}'
        )
        return load(path)

    return of


def told(settings: Settings) -> list[Fact]:
    """All that the mail server of the config answers."""
    return list(letter_facts(settings, relay_of(settings.smtp), NOW))


def wrong(facts: Iterable[Fact]) -> list[Fact]:
    """What is not fine; each has a fix."""
    found = [fact for fact in facts if fact.mark != "ok"]
    assert all(fact.fix for fact in found)
    return found


def test_a_server_that_takes_all_is_two_lines(configured: Configured, smtp_sink: SmtpSink) -> None:
    facts = told(configured(smtp_sink.port))
    assert [f.mark for f in facts] == ["ok", "ok"]
    assert "connected, no login; letters come from Reply monitor <monitor@ours.example>" in facts[0].text
    assert facts[1].text == "it takes our sender, and the one who gets letters"


@pytest.mark.parametrize(
    ("stage", "answer", "mark", "fault", "words"),
    [
        ("MAIL", "553 5.7.1 not owned", "fix", "config", "name another with `from` under [smtp]"),
        ("MAIL", "451 4.3.0 later", "look", "", "again in a few minutes"),
        ("RCPT", "550 5.1.1 no such user", "fix", "config", "correct the address in the config"),
        ("RCPT", "450 4.2.0 greylisted", "look", "", "if it delays who is new to it"),
        ("RCPT", CLOSE, "look", "", "again in a few minutes"),
    ],
)
def test_what_a_server_refuses_is_told_with_what_to_do(
    configured: Configured, smtp_sink: SmtpSink, stage: str, answer: str, mark: str, fault: str, words: str
) -> None:
    smtp_sink.answer(stage, answer)  # type: ignore[arg-type]
    (one,) = wrong(told(configured(smtp_sink.port)))
    assert (one.mark, one.fault, words in one.fix) == (mark, fault, True)
    assert smtp_sink.letters == []


def test_a_server_that_takes_only_small_letters_is_told(configured: Configured, tmp_path: Path) -> None:
    with SmtpSink(tmp_path, size_limit=100_000) as sink:
        (one,) = wrong(told(configured(sink.port)))
    assert (one.mark, one.text[:43]) == ("look", "it takes letters of at most 97 KB, and a re")


@pytest.mark.parametrize(
    ("smtp", "sink", "words"),
    [
        ('security = "tls"', {}, "the port does not begin with TLS: letters are taken on port 587"),
        ('security = "starttls"', {}, 'it offers no STARTTLS: security = "tls"'),
        ('security = "starttls"', {"security": "starttls"}, "ca_file"),
    ],
)
def test_a_line_that_is_set_up_wrongly_is_told_with_the_lines_to_write(
    configured: Configured, tmp_path: Path, smtp: str, sink: dict[str, str], words: str
) -> None:
    with SmtpSink(tmp_path, **sink) as server:  # type: ignore[arg-type]
        (one,) = wrong(told(configured(server.port, f'from = "m@ours.example"\n{smtp}')))
    assert (one.mark, words in one.fix) == ("fix", True)


def test_a_mail_server_that_says_nothing_is_given_up_soon_and_may_want_tls(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Prober, "timeout", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (fact,) = told(configured(silent.getsockname()[1]))
    assert (fact.mark, fact.fault) == ("fix", "smtp")
    assert "timed out" in fact.text
    assert "may wait for TLS to begin: letters are taken on port 587" in fact.fix
    assert PATIENCE < TIMEOUT


def test_an_imap_server_is_known_for_what_it_is(configured: Configured) -> None:
    with ScriptedImap(EXCHANGE) as server:
        (one,) = wrong(told(configured(server.port)))
    assert one.fix.startswith("that is an IMAP server, which holds mail: letters are taken on port 587")


@pytest.mark.parametrize(
    ("from_", "words"),
    [
        ("desk@gmail.com", "will be taken for forged"),
        ("desk@intranet", "is no domain that others know"),
        (INFO, "who answers one writes to the customers' desk"),
    ],
)
def test_a_sender_that_gets_letters_lost_or_answers_astray_is_told(
    configured: Configured, smtp_sink: SmtpSink, from_: str, words: str
) -> None:
    (one,) = wrong(told(configured(smtp_sink.port, f'from = "{from_}"')))
    assert (one.mark, one.subject, words in one.text) == ("look", from_, True)


def copy(to: list[str], *, role: Role = "inbox", own_id: str = "<1@x.example>", headers: str = "") -> Copy:
    facts = {headers: ("x",)} if headers else {}
    message = Message(own_id, own_id, Address("", "a@b.example"), tuple(Address("", t) for t in to), "", headers=facts)
    return Copy(message, NOW, Sighting(Place(INFO, role), frozenset(), False, 0, NOW))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (copy([LEAD]), "mail written to it alone lies in the inbox of info@ours.example"),
        (copy([LEAD], own_id=letter_id("reminder", "x", "ours.example", KEY)), "a letter of ours lies in the inbox"),
        (copy([LEAD, INFO]), ""),
        (copy([LEAD], role="sent"), ""),
        (copy([LEAD], headers="list-id"), ""),
        (copy([INFO]), ""),
    ],
)
def test_an_owner_whose_mail_lies_in_a_watched_inbox_is_told(configured: Configured, found: Copy, words: str) -> None:
    facts = wrong(loop_facts(configured(), [found, found], KEY))
    assert [(f.mark, f.subject) for f in facts] == ([("look", LEAD)] if words else [])
    assert not words or words in facts[0].text


@pytest.mark.parametrize(
    ("more", "to"),
    [
        ('[report]\nto = ["all@ours.example"]\n[staff]\nlists = ["all@ours.example"]\n', "all@ours.example"),
        (
            '[commands]\naddress = "hear@ours.example"\nhost = "x.example"\npassword = { env = "X" }\n'
            '[report]\nto = ["hear@ours.example"]\n',
            "hear@ours.example",
        ),
    ],
)
def test_a_recipient_who_is_no_person_is_told(configured: Configured, more: str, to: str) -> None:
    smtp = 'from = "hear@ours.example"' if "commands" in more else 'from = "monitor@ours.example"'
    (one,) = wrong(loop_facts(configured(smtp=smtp, more=more), [], KEY))
    assert (one.mark, one.fault, one.subject) == ("fix", "config", to)


def test_a_test_letter_tells_who_took_it_and_makes_no_store(
    configured: Configured, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    smtp_sink.answer("DATA", "250 2.0.0 Ok: queued as 4XyZ")
    one = send_test(configured(smtp_sink.port), "me@ours.example", NOW)
    assert one.text.startswith(f"test letter accepted by 127.0.0.1:{smtp_sink.port} (250 2.0.0 Ok: queued as 4XyZ)")
    assert str(smtp_sink.letters[0].message["Subject"]) in one.text
    assert not (tmp_path / "state").exists()


def test_a_test_letter_that_is_refused_has_a_fix(configured: Configured, smtp_sink: SmtpSink) -> None:
    smtp_sink.refuse("me@ours.example")
    (one,) = wrong([send_test(configured(smtp_sink.port), "me@ours.example", NOW)])
    assert (one.mark, one.fault, "550 for me@ours.example" in one.text) == ("fix", "smtp", True)
