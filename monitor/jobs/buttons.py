"""FLOOR 2. What can be done about a line by one press: ready-made mails to the commands mailbox, a link to open it."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote

from monitor.config import MailboxSettings, Settings
from monitor.inbox.source import is_clean_id
from monitor.outbox.mailto import mailto
from monitor.outbox.pages import Action
from monitor.store.reminding import WaitRow

GMAIL = ("imap.gmail.com", "imap.googlemail.com")


@dataclass(frozen=True, slots=True)
class Buttons:
    """Of one letter; none where nobody hears what is replied. `tag`: by which its answers are known."""

    settings: Settings
    tag: str

    def undo(self) -> str | None:
        """Of a receipt: takes back what it tells of."""
        commands = self.settings.commands
        return mailto(commands.address, f"undo [{self.tag}]", "undo") if commands and self.tag else None

    def of(self, position: int) -> tuple[Action, ...]:
        """Those of one line: each mail says one line, in its subject too, as some programs lose the text of a link.

        Whoever sends the last one as it is assigns nothing: it lacks a name, and is answered with help.
        """
        commands = self.settings.commands
        if commands is None or not self.tag:
            return ()

        def ready(line: str) -> str:
            return mailto(commands.address, f"{line.strip()} [{self.tag}]", line)

        return (
            Action("done", ready(f"done {position}")),
            Action("snooze", ready(f"snooze {position} 1d")),
            Action("assign", ready(f"assign {position} ")),
        )


def example_of(settings: Settings, recipient: str, teams: Collection[str]) -> str:
    """An example of whom a line may be assigned to: somebody by name, else another team; empty where there is none."""
    names = (p.name for a, p in settings.people.items() if p.name and a != recipient)
    others = (team for team in settings.teams if team not in teams)
    return next(names, next(others, ""))


def open_url(wait: WaitRow, settings: Settings) -> str | None:
    """A link that opens the message by its Message-ID; Gmail alone has one (its search operator rfc822msgid)."""
    at_gmail = (m for m in settings.mailboxes if m.address in wait.mailboxes and _is_gmail(m))
    mailbox = next(at_gmail, None)
    if mailbox is None or not is_clean_id(wait.message_id):
        return None
    searched = quote(f"rfc822msgid:{wait.message_id.strip('<>')}", safe="")
    return f"https://mail.google.com/mail/u/?authuser={quote(mailbox.address, safe='')}#search/{searched}"


def _is_gmail(mailbox: MailboxSettings) -> bool:
    return mailbox.host.lower() in GMAIL
