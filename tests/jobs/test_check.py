"""What `check` says of a mailbox: which folders it chose and why, which it would make, and whether replies are seen."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config import Settings, load
from monitor.core.invisible import Invisible
from monitor.core.lately import lately
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import SourceError
from monitor.jobs import check_replies
from monitor.jobs.check import unused_facts
from monitor.jobs.check_fact import Fact
from monitor.jobs.check_mailbox import Known, look_at
from monitor.jobs.check_replies import reply_facts
from monitor.jobs.knowledge import Knowledge
from monitor.store.citations import StandIn
from monitor.store.mailboxes import MailboxView

NOW = datetime(2024, 11, 11, 8, tzinfo=UTC)
INFO = "info@ours.example"
Configured = Callable[..., Settings]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """`configured('done = "X"', host="h")` is a config with these lines in its mailbox."""

    def of(lines: str = "", host: str = "imap.ours.example", app: str = "") -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(
            f'[[mailbox]]\naddress = "{INFO}"\nteam = "Desk"\nhost = "{host}"\n{lines}\n'
            + ("" if "token" in lines else 'password = { env = "X" }\n')
            + app
            + '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
        )
        return load(path)

    return of


def folder(name: str, mails: int = 3, *marks: str, sender: str = INFO, when: datetime = NOW) -> MemoryFolder:
    found = MemoryFolder(name, frozenset(marks))
    for number in range(mails):
        found.deliver(f"Message-ID: <{name}{number}@x.example>\r\nFrom: {sender}\r\n\r\n".encode(), when)
    return found


def known(seen: bool = True, invisible: Invisible | None = None, suggestions: Sequence[StandIn] = ()) -> Known:
    """What a store says that has looked at the mailbox."""
    view = MailboxView(INFO, first_as_of=NOW, as_of=NOW, outgoing_seen_at=NOW if seen else None)
    invisible_ = {INFO: invisible} if invisible else {}
    return Known(Knowledge(NOW, {INFO: view}, {}, {}, frozenset(), invisible_), suggestions)


def facts(settings: Settings, source: MemorySource, tells: Known | None = None, *, fix: bool = False) -> list[Fact]:
    mailbox, tells = settings.mailboxes[0], tells or known()
    looked = look_at(source, settings, mailbox, tells, NOW, fix)
    if looked.found is None:
        return list(looked.facts)
    begin = looked.found.since
    seen = lately(looked.found.copies, settings.house(b""), {INFO: begin})[INFO]
    return [
        *looked.facts,
        *reply_facts(mailbox, looked.sent, seen, begin, tells.knowledge, settings.zone, NOW),
        *looked.more,
    ]


def said(found: Sequence[Fact], *words: str) -> Fact:
    """The one fact that holds these words; whatever is not fine has a fix."""
    assert all(f.fix for f in found if f.mark != "ok")
    (one,) = [f for f in found if all(word in f.text for word in words)]
    return one


INBOX = folder("INBOX", 3, sender="ann@reader.example")


class TestFolders:
    @pytest.mark.parametrize(
        ("lines", "sent", "why"),
        [
            ("", folder("Outgoing", 3, "\\sent"), "marked \\Sent"),
            ("", folder("Gesendet"), "by its name"),
            ('sent = "Gesendet"', folder("Gesendet"), "named in the config"),
            ("", folder("Ausgang 2024", 9), "nearly all its mail is ours"),
        ],
    )
    def test_each_is_named_with_the_reason(
        self, configured: Configured, lines: str, sent: MemoryFolder, why: str
    ) -> None:
        found = facts(configured(lines), MemorySource(INBOX, sent))
        one = said(found, "logged in")
        assert f'3 messages in "INBOX" (inbox); {len(sent.mails)} messages in "{sent.name}" (sent, {why})' in one.text
        assert {f.mark for f in found} == {"ok"}

    def test_none_for_sent_is_told(self, configured: Configured) -> None:
        one = said(facts(configured(), MemorySource(INBOX)), "no Sent folder was found")
        assert (one.mark, 'sent = "…"' in one.fix) == ("look", True)

    def test_a_look_at_texts_is_told(self, configured: Configured) -> None:
        source = MemorySource(INBOX, folder("Sent"))
        assert said(facts(configured("peek_closers = true"), source), "reads the first 2 KB of replies").mark == "ok"
        assert not [f for f in facts(configured(), source) if "2 KB" in f.text]

    @pytest.mark.parametrize(
        ("named", "there", "meant"),
        [
            ('sent = "Sent Itms"', ["Sent Items"], 'write sent = "Sent Items" for info@ours.example'),
            ('sent = "sent"', ["Sent"], 'write sent = "Sent" for'),
            ('sent = "Sent"', ["INBOX.Sent"], 'write sent = "INBOX.Sent" for'),
            ('sent = "Answers"', ["Gesendet"], 'write sent = "Gesendet" for'),
            ('inbox = ["INBOX", "Suport"]', ["Sent", "Support"], 'write inbox = "Support" for'),
            ('inbox = "Elsewhere"', ["Sent"], 'name one of those that are there with `inbox`: "INBOX", "Sent"'),
        ],
    )
    def test_one_that_the_config_names_and_is_not_there_is_told_with_the_one_that_was_meant(
        self, configured: Configured, named: str, there: Sequence[str], meant: str
    ) -> None:
        found = facts(configured(named), MemorySource(INBOX, *map(folder, there)))
        assert [(f.mark, f.fault) for f in found] == [("fix", "folder")]
        assert found[0].fix.startswith(meant)

    def test_all_that_are_not_there_are_told_at_once(self, configured: Configured) -> None:
        found = facts(configured('sent = ["A1", "B2"]\ninbox = "C3"'), MemorySource(INBOX, folder("Sent")))
        assert [f.text[:22] for f in found] == [f'there is no folder "{name}' for name in ("C3", "A1", "B2")]

    @pytest.mark.parametrize(
        ("when", "sender", "mark"),
        [(NOW, INFO, "look"), (NOW - timedelta(days=20), INFO, "ok"), (NOW, "ann@reader.example", None)],
    )
    def test_a_second_sent_folder_that_is_in_use_is_told_with_the_line_that_names_both(
        self, configured: Configured, when: datetime, sender: str, mark: str | None
    ) -> None:
        source = MemorySource(INBOX, folder("Sent", 3, "\\sent"), folder("Sent Items", 6, sender=sender, when=when))
        found = [f for f in facts(configured(), source) if '"Sent Items" looks like a Sent folder' in f.text]
        assert [f.mark for f in found] == ([mark] if mark else [])
        if mark == "look":
            assert "it holds 6 messages of ours" in found[0].text
            assert 'write sent = ["Sent", "Sent Items"] for info@ours.example' in found[0].fix

    def test_gmails_folder_of_all_mail_is_not_read_and_advised_against(self, configured: Configured) -> None:
        source = MemorySource(INBOX, folder("Sent"), folder("[Gmail]/All Mail", 3, "\\all"))
        assert said(facts(configured(), source), '"[Gmail]/All Mail" holds all mail once more').mark == "ok"
        one = said(facts(configured('sent = "[Gmail]/All Mail"'), source), "holds all mail, sent and received")
        assert (one.mark, 'name "INBOX"' in one.fix) == ("look", True)


class TestDone:
    def test_the_folder_in_use_is_named(self, configured: Configured) -> None:
        source = MemorySource(INBOX, folder("Sent"), folder("No reply needed", 0))
        one = said(facts(configured(), source), 'mail moved to "No reply needed" needs no reply', "by its name")
        assert one.mark == "ok"

    def test_without_one_fix_is_offered_and_makes_it(self, configured: Configured) -> None:
        source = MemorySource(INBOX, folder("Sent"))
        one = said(facts(configured(), source), 'no folder "No reply needed"', "check --fix")
        assert (one.mark, [f.name for f in source.folders()]) == ("ok", ["INBOX", "Sent"])
        found = facts(configured(), source, fix=True)
        assert said(found, 'the folder "No reply needed" was made').changed
        assert said(found, "needs no reply", "by its name").mark == "ok"
        assert not [f for f in facts(configured(), source, fix=True) if f.changed], "once"

    def test_one_that_the_config_names_and_is_missing_is_told_and_made(self, configured: Configured) -> None:
        source, settings = MemorySource(INBOX, folder("Sent")), configured('done = ["Done", "Sent"]')
        one = said(facts(settings, source), 'no folder "Done"')
        assert (one.mark, one.fix) == ("look", "inbox-monitor check --fix creates it")
        facts(settings, source, fix=True)
        assert [f.name for f in source.folders()] == ["INBOX", "Sent", "Done"]
        assert said(facts(settings, source), '"Done" needs no reply').text.endswith("(named in the config)")

    def test_a_mailbox_that_is_only_watched_for_sent_needs_none(self, configured: Configured) -> None:
        source = MemorySource(INBOX, folder("Sent"))
        found = facts(configured('watch = "sent"'), source, fix=True)
        assert not [f for f in found if "No reply needed" in f.text]
        assert len(source.folders()) == 2

    def test_a_server_that_makes_none_is_told_beside_all_else(self, configured: Configured) -> None:
        class Stubborn(MemorySource):
            def create(self, folder: str) -> None:
                raise SourceError("folder", f'it does not make "{folder}"')

        found = facts(configured(), Stubborn(INBOX, folder("Sent")), fix=True)
        one = said(found, 'it does not make "No reply needed"')
        assert (one.mark, one.fault, one.changed) == ("fix", "folder", False)
        assert said(found, "logged in").mark == "ok"


COMMANDS = (f"Set-Mailbox {INFO} -MessageCopyForSentAsEnabled", f"Set-Mailbox {INFO} -MessageCopyForSendOnBehalf")
MICROSOFT, OTHER = "Outlook.Office365.com", "imap.ours.example"


class TestReplies:
    @pytest.mark.parametrize("mails", [0, 3])
    @pytest.mark.parametrize(("host", "commands"), [(MICROSOFT, True), (OTHER, False)])
    def test_where_none_was_seen_microsofts_commands_are_told(
        self, configured: Configured, mails: int, host: str, commands: bool
    ) -> None:
        settings, source = configured(host=host), MemorySource(INBOX, folder("Sent", mails))
        one = said(facts(settings, source, known(seen=False)), "no reply was ever seen")
        assert one.mark == "look"
        assert all((command in one.fix) == commands for command in COMMANDS)
        assert not [f for f in facts(settings, source, known(seen=True)) if f.mark != "ok"]

    @pytest.mark.parametrize(("mails", "marks"), [(3, {"ok"}), (0, {"ok", "look"})])
    def test_before_the_first_look_what_lies_in_sent_counts(
        self, configured: Configured, mails: int, marks: set[str]
    ) -> None:
        found = facts(configured(), MemorySource(INBOX, folder("Sent", mails)), Known())
        assert {f.mark for f in found} == marks

    @pytest.mark.parametrize(
        ("measured", "mark", "text"),
        [
            (Invisible(7, 20), "look", "7 of 20 (35%) of the replies"),
            (Invisible(1, 40), "ok", "1 of 40 (2%) of the replies"),
        ],
    )
    def test_the_share_that_was_never_seen_is_told(
        self, configured: Configured, measured: Invisible, mark: str, text: str
    ) -> None:
        source = MemorySource(INBOX, folder("Sent"))
        one = said(facts(configured(), source, known(invisible=measured)), text)
        assert (one.mark, one.text.endswith("so nobody is reminded")) == (mark, mark == "look")
        assert ('watch = "sent"' in one.fix) == (mark == "look")
        fix = said(facts(configured(host=MICROSOFT), source, known(invisible=measured)), text).fix
        assert all((command in fix) == (mark == "look") for command in COMMANDS)


def mail(number: int, sender: str, to: str, when: datetime, answers: str = "") -> bytes:
    lines = [f"Message-ID: <{number}@x.example>", f"From: {sender}", f"To: {to}", f"Subject: Question {number}"]
    lines += [f"In-Reply-To: {answers}"] if answers else []
    return "\r\n".join([*lines, f"Date: {when:%a, %d %b %Y %H:%M:%S} +0000", "", ""]).encode()


def desk(questions: int, replies: int, *, days: int = 1) -> MemorySource:
    """So many questions in the inbox, the first ones answered; the newest of either lies so many days back."""
    inbox, sent = MemoryFolder("INBOX"), folder("Sent", 1, "\\sent", when=NOW - timedelta(days=100))
    for number in range(1, questions + 1):
        when = NOW - timedelta(days=days, hours=number)
        inbox.deliver(mail(number, f"p{number}@reader.example", INFO, when), when)
        if number <= replies:
            at = when + timedelta(minutes=30)
            sent.deliver(mail(1000 + number, INFO, f"p{number}@reader.example", at, f"<{number}@x.example>"), at)
    return MemorySource(inbox, sent)


class TestLately:
    @pytest.mark.parametrize(
        ("questions", "replies", "days", "text"),
        [
            (
                44,
                38,
                1,
                "38 mails sent in the last 14 days, the last one Sunday 07:30; 38 of 44 questions have a reply",
            ),
            (1, 1, 0, "1 mail sent in the last 14 days, the last one 07:30; 1 of 1 question has a reply"),
            (2, 0, 1, "0 mails sent in the last 14 days; 0 of 2 questions have a reply"),
            (3, 3, 30, "0 mails sent in the last 14 days; no question came"),
        ],
    )
    def test_questions_and_replies_of_two_weeks_are_counted_before_the_first_look(
        self, configured: Configured, questions: int, replies: int, days: int, text: str
    ) -> None:
        found = facts(configured(), desk(questions, replies, days=days), Known())
        assert said(found, "in the last 14 days").text == text
        assert {f.mark for f in found} == {"ok"}

    @pytest.mark.parametrize(("host", "commands"), [(MICROSOFT, True), (OTHER, False)])
    def test_many_questions_and_no_reply_at_all_are_told_with_what_may_hide_them(
        self, configured: Configured, host: str, commands: bool
    ) -> None:
        one = said(facts(configured(host=host), desk(44, 0), Known()), "no reply to one of them is in Sent")
        assert (one.mark, one.text[:40]) == ("look", "44 questions came in the last 14 days, a")
        assert all((command in one.fix) == commands for command in COMMANDS)
        assert ('watch = "sent"' in one.fix) != commands

    def test_of_a_busy_mailbox_only_the_newest_mails_are_read_and_the_days_are_fewer(
        self, configured: Configured, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(check_replies, "MOST_READ", 48)
        inbox = MemoryFolder("INBOX")
        for number in range(240, 0, -1):
            when = NOW - timedelta(hours=number)
            inbox.deliver(mail(number, f"p{number}@reader.example", INFO, when), when)
        found = facts(configured(), MemorySource(inbox, folder("Sent")), Known())
        assert "3 mails sent in the last 2 days" in said(found, "0 of 48 questions have a reply").text

    def test_a_server_whose_newest_mail_is_of_the_future_has_another_clock(self, configured: Configured) -> None:
        inbox = folder("INBOX", 3, sender="ann@reader.example", when=NOW + timedelta(minutes=20))
        one = said(facts(configured(), MemorySource(inbox, folder("Sent")), Known()), "20 minutes later than the time")
        assert (one.mark, "timedatectl" in one.fix) == ("look", True)


@pytest.mark.parametrize(
    ("table", "lines", "words"),
    [
        ("", "", "logged in with a password;"),
        ("", 'login = "svc@ours.example"', "logged in with a password as svc@ours.example;"),
        ('secret = { env = "X" }', 'token = "microsoft"', "by Microsoft 365 as the app itself (secret);"),
        ("", 'token = "microsoft"', "by Microsoft 365 as the person who signed in;"),
        ("", 'token = { command = ["print-token"] }', "with the token that `token` names;"),
    ],
)
def test_the_way_of_login_is_told(configured: Configured, table: str, lines: str, words: str) -> None:
    app = f'[microsoft]\ntenant = "t"\nclient = "c"\n{table}\n' if "microsoft" in lines else ""
    settings = configured(lines, app=app)
    assert words in said(facts(settings, MemorySource(INBOX, folder("Sent"))), "logged in").text


def test_who_answers_for_us_is_named_with_the_line_to_write(configured: Configured) -> None:
    kim, other = (StandIn(m, "kim@freemail.example", 6, NOW) for m in (INFO, "ops@ours.example"))
    found = facts(configured(), MemorySource(INBOX, folder("Sent")), known(suggestions=[kim, other]))
    one = said(found, "kim@freemail.example answered 6 conversations of info@ours.example")
    assert (one.mark, 'people = ["kim@freemail.example"] under [staff]' in one.fix) == ("look", True)


def test_a_mailbox_that_cannot_be_read_is_one_fact_also_with_fix(configured: Configured) -> None:
    source = MemorySource(INBOX)
    source.broken = SourceError("refused", "wrong password")
    for fix in (False, True):
        assert [(f.mark, f.fault, f.text) for f in facts(configured(), source, fix=fix)] == [
            ("fix", "refused", "wrong password")
        ]


def test_a_missing_done_folder_is_told_beside_a_missing_sent_folder(configured: Configured) -> None:
    looked = look_at(
        MemorySource(folder("INBOX")),
        (settings := configured('sent = "Versendet"\ndone = "Erledigt"')),
        settings.mailboxes[0],
        known(),
        NOW,
    )
    assert ["Versendet" in fact.text for fact in looked.facts] == [True]
    assert ["Erledigt" in fact.text for fact in looked.more] == [True]


def test_a_provider_that_nobody_logs_in_by_is_told(configured: Configured) -> None:
    app = '[microsoft]\ntenant = "t"\nclient = "c"\n'
    (fact,) = unused_facts(configured(app=app))
    assert 'nothing says token = "microsoft"' in fact.text
    assert not list(unused_facts(configured('token = "microsoft"', app=app)))
