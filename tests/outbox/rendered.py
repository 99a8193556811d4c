"""Every letter rendered once, and what reads it back: a mail program, and an outline of its HTML."""

import email
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from monitor.outbox.actions import Action
from monitor.outbox.letters import Letters, ReminderPage, Rendered, WaitingLine, compose
from tests.outbox.drawn_samples import as_full_as_they_get, drawn, every_shape
from tests.outbox.month_samples import SHEETS
from tests.outbox.report_samples import ODD, fifteen_teams, under_ten, whole
from tests.outbox.samples import HOUR, THREE, acting, line, notice, opening, reminder
from tests.outbox.telling_samples import FROM_DESK, blind, double, receipts

LETTERS = Letters()
VOID = {"br", "meta"}


def staff_letters(language: str = "en", letters: Letters = LETTERS) -> Iterator[tuple[str, Rendered]]:
    """Each letter to staff and operator once in a language, the long ones too."""
    for name, page in _reminders():
        yield name, letters.render_reminder(replace(page, language=language))
    yield "opening", letters.render_opening(replace(opening(), language=language))
    yield "nothing late", letters.render_opening(replace(opening(0, ()), language=language))
    yield "blind", letters.render_blind(replace(blind(), language=language))
    yield "long blind", letters.render_blind(replace(blind(forty(), 9, "folder", FROM_DESK), language=language))
    yield "blind, nobody", letters.render_blind(replace(blind((), 0, "late"), language=language))
    yield "double", letters.render_double(replace(double(), language=language))
    for name, receipt in receipts().items():
        yield name, letters.render_receipt(replace(receipt, language=language))
    yield "notice", letters.render_notice(replace(notice(), language=language))
    yield "report", letters.render_report(whole(), attached="2026-W46.csv", language=language)
    yield "long report", letters.render_report(fifteen_teams(), language=language)
    for name, sheet in SHEETS.items():
        yield name, letters.render_month(sheet, attached="2026-10.csv", language=language)


def _reminders() -> Iterator[tuple[str, ReminderPage]]:
    yield "reminder", reminder()
    yield "one", reminder(THREE[:1])
    yield "forty", reminder(crowd())
    yield "long subjects", reminder(long_subjects())
    yield "right to left", reminder(right_to_left())
    yield "no subject", reminder((acting(line(subject="", who="")),))
    yield "hostile", reminder(hostile())
    yield "unheard", replace(reminder((line(),)), heard_at=None, tag="", done_folders=())
    yield "warning", reminder((line(waited=20 * HOUR),))
    yield "long", reminder(forty())


def all_letters() -> Iterator[tuple[str, Rendered]]:
    """Each letter once in English."""
    yield from staff_letters()


def crowd() -> tuple[WaitingLine, ...]:
    """Forty people as they may really wait, three kinds of them in turn."""
    kinds = (THREE * 14)[:40]
    return tuple(
        acting(replace(one, position=n, number=4179 + n, who=f"Reader {n}", address=f"reader{n}@post.example"))
        for n, one in enumerate(kinds, 1)
    )


def long_subjects() -> tuple[WaitingLine, ...]:
    """Subjects, names and addresses as long as they get: of words, of one word, without a space in any script."""
    long = (
        "Opening hours, step-free access and the lift to the second floor during the winter half-year " * 3,
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3,
        "図書館の開館時間と二階へのエレベーターについてお尋ねします" * 8,
    )
    address = f"{'a-very-long-local-part.' * 2}of-somebody@{'subdomain.' * 9}post.example"
    lines = (line(n, text, text[:90], address, context=(text[:200],)) for n, text in enumerate(long, 1))
    return tuple(acting(one) for one in lines)


def right_to_left() -> tuple[WaitingLine, ...]:
    """The same lines twice, but for name and subject: these read from right to left the first time."""
    who, subject, address = "דוד כהן (ספריה)", "שאלה: חדר 12, 10:30 (דחוף)", "1204@post.example"
    both = (line(1, subject, who, address, context=()), line(2, "A question", "Ellen Marsh", address, context=()))
    return tuple(acting(one) for one in both)


TRICKS = (
    "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">",
    "</td></tr></table><h1 onclick=\"document.title='pwned'\">Verify at https://evil.example/login</h1>",
    '"><a href="javascript:document.title=\'pwned\'" style="position:fixed;inset:0">OK</a><!--',
    "{{7*7}}{% raw %}<style>td{display:none}</style><link rel=stylesheet href=//evil.example/a.css>",
)
"""Subjects that would act, load, cover or hide something if they were markup."""


def hostile() -> tuple[WaitingLine, ...]:
    """Each trick in every place that a stranger fills; and what must never become a link."""
    lines = [
        line(n, trick, trick, f"{trick}@evil.example", context=(trick,), mailbox=trick)
        for n, trick in enumerate(TRICKS, 1)
    ]
    evil = (Action("done", "https://evil.example/done"), Action("snooze", "javascript:document.title='pwned'"))
    return tuple(replace(one, actions=evil, open_url="javascript:document.title='pwned'") for one in lines)


def forty() -> tuple[WaitingLine, ...]:
    """Forty people, each with a long subject and all a line can carry."""
    return tuple(acting(line(n, "Ä & <b>" * 36, address=f"person{n}@post.example")) for n in range(1, 41))


ALL = dict(all_letters())
TRANSLATED = {language: dict(staff_letters(language)) for language in ("de", "fr")}
ODD_REPORTS = {name: LETTERS.render_report(made) for name, made in ODD.items()}
DRAWN = {
    "every shape": drawn(LETTERS, whole(), every_shape()),
    "as full as they get": drawn(LETTERS, under_ten(), as_full_as_they_get()),
}
"""Reports of sections that were made by hand."""
EVERY = ALL | {f"{name}, {code}": letter for code, found in TRANSLATED.items() for name, letter in found.items()}
EVERY |= ODD_REPORTS | DRAWN


each_letter = pytest.mark.parametrize("letter", EVERY.values(), ids=EVERY.keys())


class Outline(HTMLParser):
    """Every tag with its attributes; complains of tags that are not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, *names: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def sent(rendered: Rendered, **more: Any) -> bytes:
    """The bytes of a letter."""
    values: dict[str, Any] = {
        "from_": "Reply monitor <monitor@harbourcity.example>",
        "to": "events-lead@harbourcity.example",
        "message_id": "<im.reminder.0123456789abcdef01234567.0123456789abcdef0123@harbourcity.example>",
        "date": datetime(2026, 11, 14, 10, 0, tzinfo=UTC),
        "list_id": "inbox-monitor.harbourcity.example",
        "kind": "reminder",
    }
    return compose(rendered, **{**values, **more})


def read(raw: bytes) -> EmailMessage:
    """The letter as a mail program reads it."""
    return email.message_from_bytes(raw, policy=policy.default)
