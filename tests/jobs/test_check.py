"""What `check` says of a mailbox: which folders it chose and why, which it would make, and whether replies are seen."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.config import Settings, load
from monitor.core.invisible import Invisible
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import SourceError
from monitor.jobs.check_fact import Fact
from monitor.jobs.check_mailbox import Known, mailbox_facts
from monitor.jobs.knowledge import Knowledge
from monitor.store.citations import StandIn
from monitor.store.mailboxes import MailboxView

NOW = datetime(2024, 11, 11, 8, tzinfo=UTC)
INFO = "info@ours.example"
Configured = Callable[..., Settings]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """`configured('done = "X"', host="h")` is a config with these lines in its mailbox."""

    def of(lines: str = "", host: str = "imap.ours.example") -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(
            f'[[mailbox]]\naddress = "{INFO}"\nteam = "Desk"\nhost = "{host}"\n{lines}\npassword = {{ env = "X" }}\n'
            '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
        )
        return load(path)

    return of


def folder(name: str, mails: int = 3, *marks: str, sender: str = INFO) -> MemoryFolder:
    found = MemoryFolder(name, frozenset(marks))
    for number in range(mails):
        found.deliver(f"Message-ID: <{name}{number}@x.example>\r\nFrom: {sender}\r\n\r\n".encode(), NOW)
    return found


def known(seen: bool = True, invisible: Invisible | None = None, suggestions: Sequence[StandIn] = ()) -> Known:
    """What a store says that has looked at the mailbox."""
    view = MailboxView(INFO, first_as_of=NOW, as_of=NOW, outgoing_seen_at=NOW if seen else None)
    invisible_ = {INFO: invisible} if invisible else {}
    return Known(Knowledge(NOW, {INFO: view}, {}, {}, frozenset(), invisible_), suggestions)


def facts(settings: Settings, source: MemorySource, tells: Known | None = None, *, fix: bool = False) -> list[Fact]:
    return list(mailbox_facts(source, settings, settings.mailboxes[0], tells or known(), fix))


def said(found: Sequence[Fact], *words: str) -> Fact:
    """The one fact that holds these words."""
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
