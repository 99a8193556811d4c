"""FLOOR 3. The manual page inbox-monitor(1), in the macros of man(7): what the command line says of itself, and the
rest that belongs on such a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import wrap

Terms = Sequence[tuple[str, str]]
"""What is explained, and how."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the program says of one command: how it is called, in paragraphs what it does, arguments and options."""

    usage: str
    about: str
    terms: Terms


WIDTH = 66
NAME = "tell who waits too long for a reply from a shared mailbox"
EXITS: Terms = (
    ("0", "All is well."),
    ("1", "Somebody waits too long, or something is unhealthy."),
    ("2", "Something was typed wrong."),
    ("69", "A server cannot be reached."),
    ("75", "Try again later: another daemon works on the store, or the store cannot be used just now."),
    ("77", "A server refused the login."),
    ("78", "The config has a mistake; what it is stands on standard error."),
)
FILES: Terms = (
    ("/etc/inbox-monitor/config.toml", "The config, where neither --config nor INBOX_MONITOR_CONFIG names another."),
    (
        "/var/lib/inbox-monitor/monitor.db",
        "What is remembered, as a service: in the folder that STATE_DIRECTORY names. [store] url names another place.",
    ),
)
ENVIRONMENT: Terms = (
    ("INBOX_MONITOR_CONFIG", "The config file, where --config names none."),
    ("STATE_DIRECTORY", "The folder of the store; systemd sets it for a unit with StateDirectory=."),
    ("CREDENTIALS_DIRECTORY", 'Where { credential = "..." } of the config is read; systemd sets it.'),
    ("NO_COLOR", "Where it is set to anything, nothing is printed in colour."),
)
EXAMPLES: Terms = (
    ("inbox-monitor check", "Whether it can work: one line a fact, with the fix of each mistake. It sends nothing."),
    ("inbox-monitor run --once --dry-run letters", "One round; its letters are written to a folder, and not sent."),
    ("inbox-monitor threads --late", "Who waits longer than was promised, most overdue first."),
    ("inbox-monitor explain 4180", "Every decision about a conversation, with the rule that made it."),
    ("inbox-monitor report --week 2026-W46 --html report.html", "The report of a week."),
    ("inbox-monitor --now 2026-11-16T08:00 status", "What it would have said then."),
)


def manual(program: Told, commands: Iterable[Told], version: str, day: date) -> str:
    """The page as roff. `program`: the options that go with every command."""
    lines = [
        f'.TH INBOX\\-MONITOR 1 {day.isoformat()} "inbox\\-monitor {_text(version)}" "User Commands"',
        *_section("NAME", [f"inbox\\-monitor \\- {NAME}"]),
        *_section("SYNOPSIS", [".B inbox\\-monitor", _text("[--config FILE] [--now ISO-8601] COMMAND [ARGUMENTS]")]),
        *_section("DESCRIPTION", _paragraphs(DESCRIPTION)),
        *_section("OPTIONS", _terms(program.terms)),
        *_section("COMMANDS", [line for command in commands for line in _command(command)]),
        *_section("EXIT STATUS", _terms(EXITS)),
        *_section("ENVIRONMENT", _terms(ENVIRONMENT)),
        *_section("FILES", _terms(FILES)),
        *_section("EXAMPLES", _terms(EXAMPLES)),
    ]
    return "\n".join(lines) + "\n"


DESCRIPTION = """\
inbox-monitor reads shared mailboxes over IMAP without changing anything in them, finds for every customer's message \
the reply that ended the wait, mails the people who own a mailbox about everybody who waits longer than was promised, \
and once a week reports how long people waited.

What it prints on standard output is data; talk, progress and mistakes go to standard error. Options may stand before \
the command or after it."""


def _section(name: str, lines: Sequence[str]) -> list[str]:
    return [f".SH {name}", *lines]


def _command(told: Told) -> list[str]:
    return [f".SS {_text(told.usage)}", *_paragraphs(told.about), *_terms(told.terms)]


def _paragraphs(text: str) -> list[str]:
    """Paragraphs stand between empty lines; the first needs no macro after a heading."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        lines += ([".PP"] if lines else []) + _wrapped(" ".join(paragraph.split()))
    return lines


def _terms(terms: Terms) -> list[str]:
    return [line for term, text in terms for line in (".TP", f".B {_text(term)}", *(_wrapped(text) or ["\\&"]))]


def _wrapped(text: str) -> list[str]:
    """Lines that an editor shows whole, as man pages have them; none of them is taken for a macro."""
    return [_text(line) for line in wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)]


def _text(text: str) -> str:
    """Text that is nothing but text to roff: no escape, no macro, hyphens that can be copied (groff_man_style(7))."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("`", "\\(ga")
    plain = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in plain)
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
