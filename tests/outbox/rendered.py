"""Every letter rendered once, and what reads it back: a mail program, and an outline of its HTML."""

import email
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest

from monitor.outbox.letters import Letters, Rendered, WaitingLine, compose
from tests.outbox.samples import HOUR, TEAMS, facts, line, notice, opening, reminder

LETTERS = Letters()
VOID = {"br", "meta"}


def all_letters() -> Iterator[tuple[str, Rendered]]:
    """Each letter once, the long ones too."""
    yield "reminder", LETTERS.render_reminder(reminder())
    yield "warning", LETTERS.render_reminder(reminder((line(waited=20 * HOUR),)))
    yield "long", LETTERS.render_reminder(reminder(forty()))
    yield "opening", LETTERS.render_opening(opening())
    yield "nothing late", LETTERS.render_opening(opening(0, ()))
    yield "notice", LETTERS.render_notice(notice())
    yield "report", LETTERS.render_report(facts(), attached="2026-W46.csv")
    yield "long report", LETTERS.render_report(facts(teams=(TEAMS * 3)[:15]))


def forty() -> tuple[WaitingLine, ...]:
    """Forty people, each with a long subject and all a line can carry."""
    return tuple(line(n, "Ä & <b>" * 36, address=f"person{n}@post.example") for n in range(1, 41))


ALL = dict(all_letters())


each_letter = pytest.mark.parametrize("letter", ALL.values(), ids=ALL.keys())


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
