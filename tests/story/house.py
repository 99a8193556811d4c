"""A house for stories: mailboxes on the real Dovecot, a config.toml, a letter box, and the program run on them.

People write with `asks`, staff with `answers` and `sends`; `round` is one `run --once` at a moment and tells which
letters it brought; `threads` and `status` are what the program says then.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, NamedTuple

from typer.testing import CliRunner

from monitor.cli import app
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import Letter, SmtpSink

ROOT = Path(__file__).resolve().parents[2]
MONDAY = datetime(2024, 11, 11, tzinfo=UTC)
"""Of ISO week 46. In the past, because Dovecot stamps mail from the future with the present."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ANN, BEN, CLEO = "Ann Reader <ann@reader.example>", "Ben Borrower <ben@borrower.example>", "Cleo <cleo@club.example>"

Json = dict[str, Any]


def at(moment: str, week: int = 0) -> datetime:
    """`at("Tue 10:05")` is in the week of 11 November 2024, in UTC; `week` counts from there."""
    day, clock = moment.split()
    hour, minute = clock.split(":")
    return MONDAY + timedelta(weeks=week, days=DAYS.index(day), hours=int(hour), minutes=int(minute))


def timeless(waits: Sequence[Json]) -> list[Json]:
    """Waits without how long they have lasted by now, and who had them for how long."""
    lasting = ("_seconds", "path")
    return [{name: value for name, value in wait.items() if not name.endswith(lasting)} for wait in waits]


class Mail(NamedTuple):
    """A mail as it was written."""

    id: str
    from_: str
    to: str
    subject: str
    when: datetime
    raw: bytes
    chain: tuple[str, ...]


class Told(NamedTuple):
    """What the program said, and how it ended."""

    code: int
    out: str
    err: str


class House:
    """Some mailboxes of one organisation, watched by one monitor.

    `desks` are the local parts of the mailboxes, each with lines for its part of the config; each has a team of its
    own, owned by `<desk>-lead@` (and who else is in `owners`). `config` are further tables.
    """

    def __init__(
        self,
        folder: Path,
        dovecot: Dovecot,
        sink: SmtpSink,
        address: Callable[[str], str],
        desks: Mapping[str, str] | None = None,
        *,
        config: str = "",
        imap: str = "",
        staff: str = "",
        store: str = "",
        owners: Sequence[str] = ("lead",),
    ) -> None:
        self.folder, self.dovecot, self.sink, self.address = folder, dovecot, sink, address
        self.domain = address("x").partition("@")[2]
        self.desks = dict(desks or {"info": ""})
        self.operator = "it@operator.example"
        self.store_url = store or f"sqlite:///{folder / 'monitor.db'}"
        self._config, self._imap, self._staff, self._owners = config, imap, staff, owners
        self._ids = 0
        self.windows = 0
        """How often a program was killed between the server's 250 and our mark: the one window for a double."""
        self.late_news: set[str] = set()
        """Mails put into a folder after a round that was later than they are: no round could know of them in time."""
        self._last_now = MONDAY - timedelta(days=9999)
        for desk in self.desks:
            self.set_password(desk, dovecot.password)
        self.smtp_port = sink.port
        self.write_config()

    # -- the config

    @property
    def config(self) -> Path:
        """The config file."""
        return self.folder / "config.toml"

    def lead(self, desk: str = "info") -> str:
        """Who gets the reminders of a desk."""
        return self.owners(desk)[0]

    def owners(self, desk: str = "info") -> list[str]:
        """All who get them."""
        return [self.address(f"{desk}-{owner}") for owner in self._owners]

    def set_password(self, desk: str, password: str) -> None:
        """The password the monitor has for a mailbox: a wrong one makes it unreadable."""
        file = self.folder / f"password-{desk}"
        file.touch(mode=0o600)
        file.write_text(password)

    def write_config(self, *, smtp_port: int | None = None, imap_port: int | None = None) -> None:
        """Write config.toml (again)."""
        self.smtp_port = smtp_port or self.smtp_port
        self.config.write_text(
            f'organisation = "Harbour City Libraries"\noperator = "{self.operator}"\n'
            f'[imap]\nhost = "{self.dovecot.host}"\nport = {imap_port or self.dovecot.port}\nsecurity = "none"\n'
            f"{self._imap}\n"
            + "".join(self._desk(desk, lines) for desk, lines in self.desks.items())
            + f"[staff]\n{self._staff}\n"
            + f'[smtp]\nhost = "{self.sink.host}"\nport = {self.smtp_port}\nsecurity = "none"\n'
            + f'from = "Reply monitor <monitor@{self.domain}>"\n'
            + f"[store]\nurl = {json.dumps(self.store_url)}\n{self._config}\n"
        )

    def configure(self, config: str) -> None:
        """Write it with other further tables."""
        self._config = config
        self.write_config()

    def _desk(self, desk: str, lines: str) -> str:
        password = json.dumps(str(self.folder / f"password-{desk}"))
        return (
            f'[[mailbox]]\naddress = "{self.address(desk)}"\nteam = "{desk.title()} desk"\n'
            f"password = {{ file = {password} }}\n{lines}\n"
            f'[[team]]\nname = "{desk.title()} desk"\nowners = {json.dumps(self.owners(desk))}\n'
        )

    # -- people write

    def asks(
        self, when: datetime, who: str = ANN, to: str = "info", *, answers: Mail | None = None, **fields: str
    ) -> Mail:
        """A customer's mail arrives in the inbox of a desk."""
        mail = self.mail(who, self.address(to), when, answers=answers, **fields)
        self.put(to, "INBOX", mail)
        return mail

    def answers(self, mail: Mail, when: datetime, by: str = "info", **fields: str) -> Mail:
        """Staff answer from a desk; the copy lies in its Sent folder."""
        answer = self.mail(self.address(by), mail.from_, when, answers=mail, **fields)
        self.put(by, "Sent", answer, ["\\Seen"])
        return answer

    def sends(self, when: datetime, to: str, by: str = "info", **fields: Any) -> Mail:
        """Staff write to somebody from a desk."""
        mail = self.mail(self.address(by), to, when, **fields)
        self.put(by, "Sent", mail, ["\\Seen"])
        return mail

    def mail(
        self,
        from_: str,
        to: str,
        when: datetime,
        *,
        subject: str = "",
        cc: str = "",
        answers: Mail | None = None,
        id: str = "",
        **fields: str,
    ) -> Mail:
        """A mail, not put anywhere yet. `fields` are further header fields, with `_` for `-`."""
        self._ids += 1
        message = EmailMessage(policy=SMTP)
        chain: tuple[str, ...] = ()
        message["From"], message["To"], message["Date"] = from_, to, format_datetime(when)
        message["Message-ID"] = id or f"<{self._ids}.{self.domain}@{parseaddr(from_)[1].partition('@')[2]}>"
        if answers:
            chain = (*answers.chain, answers.id)
            subject = subject or f"Re: {answers.subject.removeprefix('Re: ')}"
            message["In-Reply-To"], message["References"] = answers.id, " ".join(chain)
        message["Subject"] = subject = subject or f"Opening hours of branch {self._ids}"
        if cc:
            message["Cc"] = cc
        for name, value in fields.items():
            message[name.replace("_", "-")] = value
        message.set_content("Good morning.\n")
        return Mail(message["Message-ID"], from_, to, subject, when, message.as_bytes(), chain)

    def put(self, desk: str, folder: str, mail: Mail, flags: Sequence[str] = ()) -> None:
        """A mail comes into a folder, when it says it was written."""
        if mail.when < self._last_now:
            self.late_news.add(mail.id)
        self.dovecot.append(self.address(desk), folder, mail.raw, mail.when, flags)

    def asks_all(self, when: datetime, who: str = ANN) -> Mail:
        """One mail to all desks; a copy lies in the inbox of each."""
        mail = self.mail(who, ", ".join(map(self.address, self.desks)), when)
        for desk in self.desks:
            self.put(desk, "INBOX", mail)
        return mail

    def put_many(self, desk: str, folder: str, mails: Sequence[Mail]) -> None:
        """The same for many at once."""
        self.dovecot.append_many(self.address(desk), folder, [(mail.raw, mail.when, ()) for mail in mails])

    # -- the monitor works

    def opens(self, when: datetime) -> None:
        """The first look of all, at desks that have written to somebody the day before."""
        for desk in self.desks:
            self.sends(when - timedelta(days=1), "Old Friend <friend@before.example>", by=desk)
        assert self.round(when) == []

    def round(self, now: datetime, code: int = 0) -> list[Letter]:
        """`run --once` at `now`; the letters that it brought."""
        before = len(self.sink.letters)
        told = self.run(now, "run", "--once")
        assert told.code == code, told.err
        return self.sink.letters[before:]

    def run(self, now: datetime, *words: str) -> Told:
        """Any command, in this process."""
        result = CliRunner().invoke(app, [*self._globals(now), *words], catch_exceptions=False)
        return Told(result.exit_code, result.stdout, result.stderr)

    def program(self, now: datetime, *words: str) -> Told:
        """Any command, as a program of its own."""
        done = subprocess.run(self.command(now, *words), cwd=ROOT, capture_output=True, text=True, check=False)
        return Told(done.returncode, done.stdout, done.stderr)

    def command(self, now: datetime, *words: str) -> list[str]:
        """What to start for a program of its own."""
        return [sys.executable, "-m", "monitor", *self._globals(now), *words]

    def _globals(self, now: datetime) -> list[str]:
        self._last_now = max(self._last_now, now)
        return ["--config", str(self.config), "--now", now.isoformat()]

    # -- what it knows

    def threads(self, now: datetime, *words: str) -> list[Json]:
        """`threads --all --json`."""
        told = self.run(now, "threads", "--all", "--json", *words)
        assert told.code == 0, told.err
        found: list[Json] = json.loads(told.out)
        return found

    def thread(self, mail: Mail, now: datetime) -> Json:
        """The conversation of a mail."""
        return next(t for t in self.threads(now) if any(m["message_id"] == mail.id for m in t["messages"]))

    def waits(self, now: datetime) -> list[Json]:
        """The waits of all conversations, oldest first."""
        return sorted((w for t in self.threads(now) for w in t["waits"]), key=lambda w: w["opened_at"])

    def wait(self, now: datetime) -> Json:
        """The one wait there is."""
        (wait,) = self.waits(now)
        return wait

    def status(self, now: datetime) -> Json:
        """`status --json`."""
        found: Json = json.loads(self.run(now, "status", "--json").out)
        return found

    def flags(self) -> dict[tuple[str, str], dict[int, frozenset[str]]]:
        """The flags of every message in every folder."""
        found = {}
        for desk in self.desks:
            with self.dovecot.client(self.address(desk)) as client:
                names = [name for _, _, name in client.list_folders()]
            for name in names:
                found[desk, name] = self.dovecot.flags(self.address(desk), name)
        return found


def utc(moment: datetime) -> str:
    """As the program's JSON writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def kinds(letters: Sequence[Letter]) -> list[tuple[str, str]]:
    """(kind, recipient) of each letter, sorted."""
    return sorted((kind_of(letter), letter.recipients[0]) for letter in letters)


def kind_of(letter: Letter) -> str:
    """`reminder`, `opening`, `notice` or `report`: it stands in the letter's Message-ID."""
    return str(letter.message["Message-ID"]).split(".")[1]


def text_of(letter: Letter) -> str:
    """The plain part, on one line."""
    part = letter.message.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())
