"""ROOF. The demo: two servers, invented mail, and then the program itself, with the commands that anybody would run."""

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from monitor.demo.imap_server import ImapServer
from monitor.demo.stage_config import LEADERSHIP, MONITOR, OWNERS, PASSWORD, write_config
from monitor.demo.stage_letters import Letter, last_to, letter, pressed, put_out
from monitor.demo.story import FIRST_LOOK, MAILBOXES, MONDAY, SATURDAY, StoryMail, mails_between, mails_until

if TYPE_CHECKING:
    from monitor.demo.mail_sink import MailSink

MONTH, BOARD = "month.html", "board.html"
PRESSED, HEARD = MONDAY + timedelta(minutes=2), MONDAY + timedelta(minutes=3)
PAGES = {
    MONTH: "the sheet for the cross-team meeting: who had it in hand",
    BOARD: "the page for a screen on the wall: who waits, by team",
    "letters/": "every letter, as a mail client opens it",
}
"""What lies beside the letters that are shown, and what it is."""
USAGE = 2
UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h
INSTALL = "The demo needs aiosmtpd. Install it with: pip install 'inbox-monitor[demo]'"
NEXT = """\
With a mailbox of your own:
  copy config.example.toml to config.toml, and write your host, mailbox and team into it
  export INBOX_MONITOR_CONFIG=config.toml
  inbox-monitor check                         logs in, changes nothing, says what is missing
  inbox-monitor run --once --dry-run letters  what it would send, written to a folder
  inbox-monitor run                           from then on
and after some weeks:
  inbox-monitor report --week 2026-W46        any week, with 13 weeks as a strip; --month 2026-11 for the meeting
  inbox-monitor simulate --set target.reply_within=8h   what another promise would have sent and reported
"""


class CommandFailed(Exception):  # noqa: N818 (it says what happened, with the exit code)
    """A command of the program failed; what it said is on the screen already."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exit code {code}")
        self.code = code


def run_demo(output: Path) -> int:
    """Play the story, leave the letters in `output`, and return an exit code."""
    console = Console(highlight=False)
    try:
        from monitor.demo.mail_sink import MailSink
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "aiosmtpd":
            raise
        console.print(INSTALL, markup=False)
        return UNAVAILABLE
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.stderr.write(f"{output}: {error.strerror}\n")
        return USAGE
    with (
        tempfile.TemporaryDirectory(prefix="inbox-monitor-demo-") as folder,
        ImapServer(dict.fromkeys((*MAILBOXES, MONITOR), PASSWORD)) as imap,
        MailSink() as sink,
    ):
        config = write_config(Path(folder), (imap.host, imap.port), (sink.host, sink.port))
        try:
            program = Program(config, console)
            _play(imap, sink, program)
            _look_back(program, output)
        except CommandFailed as failed:
            return failed.code
        letters = [letter(received.recipients, received.raw) for received in sink.letters]
    return _leave(console, output, letters)


class Program:
    """The program under its own command line, in a process of its own, as a user runs it."""

    def __init__(self, config: Path, console: Console) -> None:
        self._config = config
        self._console = console

    def say(self, text: str) -> None:
        """A sentence between two commands."""
        self._console.print(Text(f"\n{text}", style="bold"), soft_wrap=True)

    def mention(self, text: str) -> None:
        """A line about what happened outside the program."""
        self._console.print(Text(f"  {text}"), soft_wrap=True)

    def show(self, now: datetime, *command: str) -> None:
        """Run a command; its output goes where ours goes. Raises CommandFailed."""
        typed = f"$ inbox-monitor --now {now.isoformat()} {shlex.join(command)}"
        self._console.print(Text(typed, style="dim"), soft_wrap=True)
        sys.stdout.flush()
        self._run(now, command, None)

    def ask(self, now: datetime, *command: str) -> str:
        """Run a command silently; returns its output. Raises CommandFailed."""
        return self._run(now, command, subprocess.PIPE)

    def _run(self, now: datetime, command: Sequence[str], stdout: int | None) -> str:
        line = [sys.executable, "-m", "monitor", "--config", str(self._config), "--now", now.isoformat(), *command]
        done = subprocess.run(line, stdout=stdout, stderr=subprocess.PIPE, encoding="utf-8", check=False)  # noqa: S603
        if done.returncode:
            sys.stderr.write(done.stderr or "")
            sys.stderr.write(f"{' '.join(command)} ended with {done.returncode}\n")
            raise CommandFailed(done.returncode)
        return done.stdout or ""


def _play(imap: ImapServer, sink: "MailSink", program: Program) -> None:
    program.say("Thursday 12 November: the monitor looks at three mailboxes of a library for the first time.")
    _look(imap, sink, program, mails_until(FIRST_LOOK), FIRST_LOOK)
    program.say("Saturday: two days of mail later.")
    _look(imap, sink, program, mails_between(FIRST_LOOK, SATURDAY), SATURDAY)
    program.say("Monday, eight o'clock: reminders, and the weekly report.")
    _look(imap, sink, program, mails_between(SATURDAY, MONDAY), MONDAY)
    program.say("Who waits?")
    program.show(MONDAY, "threads")
    number = _longest_story(program.ask(MONDAY, "threads", "--json"))
    if number is not None:
        program.say("And why?")
        program.show(MONDAY, "explain", str(number))
    program.say("That was only a thank-you: its owner presses “No reply needed”, and sends the mail that opens.")
    _press(imap, sink, program, OWNERS["Events & rooms"], "done 3")


def _look_back(program: Program, output: Path) -> None:
    """What else leadership, the meeting and the wall get of the same mail."""
    program.say("A sheet for the cross-team meeting, and a page for a screen on the wall.")
    program.show(HEARD, "report", "--month", f"{HEARD:%Y-%m}", "--html", str(output / MONTH))
    program.show(HEARD, "board", "--html", str(output / BOARD))
    program.say("And if the promise were eight hours?")
    program.show(HEARD, "simulate", "--set", "target.reply_within=8h", "--weeks", "2")


def _look(imap: ImapServer, sink: "MailSink", program: Program, mails: Iterable[StoryMail], now: datetime) -> None:
    """Mail comes in, the program has one full round, and we see which letters it sent."""
    for mail in mails:
        imap.deliver(mail.user, mail.folder, mail.raw, mail.arrived)
    before = len(sink.letters)
    program.show(now, "run", "--once")
    for received in sink.letters[before:]:
        sent = letter(received.recipients, received.raw)
        program.mention(f"to {sent.desk.ljust(13)} {sent.subject}")


def _press(imap: ImapServer, sink: "MailSink", program: Program, who: str, line: str) -> None:
    """An owner sends the ready-made mail of a button; the monitor hears it, and sends a receipt."""
    reminder = last_to([letter(received.recipients, received.raw) for received in sink.letters], [who])
    if reminder is not None:
        imap.deliver(MONITOR, "INBOX", pressed(reminder, line, PRESSED), PRESSED)
        _look(imap, sink, program, (), HEARD)


def _longest_story(threads: str) -> int | None:
    """The number of the waiting conversation with the most mails."""
    conversations = json.loads(threads)
    longest = max(conversations, key=lambda conversation: len(conversation["messages"]), default=None)
    return None if longest is None else int(longest["number"])


def _leave(console: Console, output: Path, letters: Sequence[Letter]) -> int:
    named = {
        "reminder": last_to(letters[:-1], OWNERS.values()),
        "receipt": letters[-1] if letters else None,
        "report": last_to(letters, [LEADERSHIP]),
    }
    chosen = {name: found for name, found in named.items() if found is not None}
    if len(chosen) < len(named):
        sys.stderr.write("The demo got no letter to an owner or no report: that should not be.\n")
        return 1
    put_out(output, letters, chosen)
    console.print(Text(f"\n{len(letters)} letters came over SMTP. In {_near(output)}/:", style="bold"), soft_wrap=True)
    for name, found in chosen.items():
        console.print(Text(f"  {name}.html, {name}.txt".ljust(34) + found.subject), soft_wrap=True)
    for name, what in PAGES.items():
        console.print(Text(f"  {name}".ljust(34) + what), soft_wrap=True)
    sys.stdout.write(f"\n{NEXT}")
    return 0


def _near(path: Path) -> str:
    """The path from here where it lies below, else whole."""
    whole = path.resolve()
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)
