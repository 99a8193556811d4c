"""The servers that other tests trust, started and used for real."""

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.servers.available import need_dovecot, need_postgres
from tests.servers.certificate import trusting
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.smtp_sink import CLOSE, HANG, KEEP_AND_CLOSE, SmtpSink

MAIL = b"From: a@b.example\r\nSubject: hello\r\n\r\nhello\r\n"
WHEN = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5)))

Mailboxes = Callable[[str], str]


def test_dovecot_keeps_the_time_of_arrival_and_the_flags(dovecot: Dovecot, mailboxes: Mailboxes) -> None:
    user = mailboxes("info")
    dovecot.append(user, "INBOX", MAIL, WHEN, ["\\Seen"])
    dovecot.append_many(user, "Erledigt/Übrig", [(MAIL, WHEN, ()), (MAIL, WHEN, ["\\Answered", "\\Flagged"])])
    assert dovecot.flags(user, "INBOX") == {1: {"\\Seen"}}
    assert dovecot.flags(user, "Erledigt/Übrig") == {1: frozenset(), 2: {"\\Answered", "\\Flagged"}}
    with dovecot.client(user) as client:
        client.normalise_times = False
        client.select_folder("INBOX", readonly=True)
        assert client.fetch([1], ["INTERNALDATE"])[1][b"INTERNALDATE"] == WHEN


def test_each_user_has_the_usual_folders_and_no_mail_of_others(dovecot: Dovecot, mailboxes: Mailboxes) -> None:
    dovecot.append(mailboxes("info"), "INBOX", MAIL, WHEN)
    with dovecot.client(mailboxes("tickets")) as client:
        roles = {name: flags for flags, _, name in client.list_folders()}
        assert set(roles) == {"INBOX", "Sent", "Junk", "Trash", "Drafts"}
        assert b"\\Sent" in roles["Sent"]
        assert client.folder_status("INBOX")[b"MESSAGES"] == 0


def test_messages_move_and_go(dovecot: Dovecot, mailboxes: Mailboxes) -> None:
    user = mailboxes("info")
    dovecot.append_many(user, "INBOX", [(MAIL, WHEN, ())] * 3)
    dovecot.move(user, "INBOX", 1, "No reply needed")
    dovecot.delete(user, "INBOX", 2)
    dovecot.add_flags(user, "INBOX", 3, ["\\Answered"])
    assert dovecot.flags(user, "INBOX") == {3: {"\\Answered"}}
    assert list(dovecot.flags(user, "No reply needed")) == [1]


def test_a_lost_uid_list_changes_uidvalidity(dovecot: Dovecot, mailboxes: Mailboxes) -> None:
    user = mailboxes("info")
    dovecot.append_many(user, "Sent", [(MAIL, WHEN, ["\\Seen"])] * 2)
    before = _uidvalidity(dovecot, user, "Sent")
    dovecot.lose_uid_list(user, "Sent")
    assert _uidvalidity(dovecot, user, "Sent") != before
    assert dovecot.flags(user, "Sent") == {1: {"\\Seen"}, 2: {"\\Seen"}}


def test_tls_is_trusted_by_its_ca_file_only(dovecot: Dovecot, mailboxes: Mailboxes) -> None:
    context = trusting(dovecot.ca_file)
    with IMAPClient(dovecot.host, dovecot.tls_port, ssl_context=context) as client:
        client.login(mailboxes("info"), dovecot.password)
    with IMAPClient("localhost", dovecot.port, ssl=False) as client:
        client.starttls(context)
        with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
            client.login(mailboxes("info"), "wrong")


def test_a_dovecot_that_lacks_things_and_dies(tmp_path: Path) -> None:
    need_dovecot()
    lacking = "imap_capability = IMAP4rev1"
    with Dovecot(tmp_path, special_use=False, separator=".", max_connections=1, extra=lacking) as server:
        server.append("info", "Sent.2026", MAIL, WHEN)
        with server.client("info") as client:
            assert sorted(name for _, _, name in client.list_folders()) == ["INBOX", "Sent", "Sent.2026"]
            assert client.capabilities() == (b"IMAP4REV1",)
            with pytest.raises(LoginError, match="Maximum number of connections"):
                server.append("info", "INBOX", MAIL, WHEN)
        server.kill()
        server.start()
        server.restart()
        assert list(server.flags("info", "Sent.2026")) == [1]
        assert "starting up" in server.log.read_text()


def test_postgres_gives_every_test_an_empty_database(postgres: Postgres) -> None:
    for url in (postgres.new_database(), postgres.new_database()):
        engine = sqlalchemy.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE only_mine (a int)")
        engine.dispose()


def test_postgres_comes_back_with_its_data(tmp_path: Path) -> None:
    need_postgres()
    with Postgres(tmp_path) as server:
        engine = sqlalchemy.create_engine(server.new_database(), poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE kept AS SELECT 7 AS a")
        server.restart()
        server.kill()
        with pytest.raises(sqlalchemy.exc.OperationalError):
            engine.connect()
        server.start()
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT a FROM kept").scalar() == 7


def test_the_sink_keeps_letters(smtp_sink: SmtpSink) -> None:
    _send(smtp_sink, "x@y.example", "z@y.example")
    (letter,) = smtp_sink.wait_for(1)
    assert (letter.sender, letter.recipients, letter.raw) == ("a@b.example", ("x@y.example", "z@y.example"), MAIL)
    assert letter.message["Subject"] == "hello"
    assert smtp_sink.connections == 1


def test_the_sink_answers_what_it_was_told(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("DATA", "451 4.3.0 later")
    with pytest.raises(smtplib.SMTPDataError, match="later"):
        _send(smtp_sink, "x@y.example")
    smtp_sink.answer("MAIL", "421 4.7.0 too busy")
    with pytest.raises(smtplib.SMTPSenderRefused, match="too busy"):
        _send(smtp_sink, "x@y.example")
    smtp_sink.refuse("X@y.example")
    assert _send(smtp_sink, "x@y.example", "z@y.example") == {"x@y.example": (550, b"5.1.1 no such user")}
    assert [letter.recipients for letter in smtp_sink.letters] == [("z@y.example",)]


def test_the_sink_goes_away_before_and_after_keeping(smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("DATA", CLOSE, KEEP_AND_CLOSE, HANG)
    for kept in (0, 1):
        with pytest.raises(smtplib.SMTPServerDisconnected):
            _send(smtp_sink, "x@y.example")
        assert len(smtp_sink.letters) == kept
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        _send(smtp_sink, "x@y.example", timeout=0.2)


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_the_sink_wants_tls_and_a_login(tmp_path: Path, security: str) -> None:
    with SmtpSink(tmp_path, security=security, login=("monitor", "pass word")) as sink:  # type: ignore[arg-type]
        with _connect(sink, security) as client:
            with pytest.raises(smtplib.SMTPSenderRefused, match="uthentication required"):
                client.sendmail("a@b.example", ["x@y.example"], MAIL)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("monitor", "wrong")
            client.login("monitor", "pass word")
            client.sendmail("a@b.example", ["x@y.example"], MAIL)
        assert len(sink.wait_for(1)) == 1
        assert sink.connections == 1


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.servers.available.SERVERS_PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install dovecot-imapd"):
        need_dovecot()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install dovecot-imapd"):
        need_dovecot()


def _uidvalidity(server: Dovecot, user: str, folder: str) -> int:
    with server.client(user) as client:
        return int(client.folder_status(folder, ["UIDVALIDITY"])[b"UIDVALIDITY"])


def _send(sink: SmtpSink, *recipients: str, timeout: float = 5) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(sink.host, sink.port, timeout=timeout) as client:
        return client.sendmail("a@b.example", recipients, MAIL)


def _connect(sink: SmtpSink, security: str) -> smtplib.SMTP:
    if sink.ca_file is None:
        return smtplib.SMTP(sink.host, sink.port, timeout=5)
    if security == "tls":
        return smtplib.SMTP_SSL(sink.host, sink.port, timeout=5, context=trusting(sink.ca_file))
    client = smtplib.SMTP(sink.host, sink.port, timeout=5)
    client.starttls(context=trusting(sink.ca_file))
    return client
