"""The receipt of a command: what it says for each outcome, and that nothing in it is alive."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.outbox.letters import Letters, ReceiptLine, ReceiptPage
from monitor.outbox.press import LONGEST_SUBJECT
from tests.outbox.samples import LONDON, NOW

LETTERS = Letters(None)
LINE = ReceiptLine(2, "done", "Step-free route", "Daniel Okafor", "d.okafor@post.example", "no_reply_needed")
TAG = "k7qm-3vxa-bz5e-w2hd"
PAGE = ReceiptPage("Harbour City Libraries", NOW, LONDON, "acted", TAG, (LINE,))


def flat(page: ReceiptPage) -> str:
    return " ".join(LETTERS.render_receipt(page).text.split())


@pytest.mark.parametrize(
    ("page", "subject"),
    [
        (PAGE, "Number 2 needs no reply"),
        (replace(PAGE, lines=(replace(LINE, kind="snooze", until=NOW + timedelta(days=1)),)),
         "Number 2 is quiet until Sunday 10:00"),
        (replace(PAGE, lines=(LINE, replace(LINE, position=3))), "Numbers 2 and 3 need no reply"),
        (replace(PAGE, lines=(replace(LINE, kind="assign", team="Digital help"),)),
         "Number 2 is with Digital help now"),
        (replace(PAGE, lines=(replace(LINE, kind="reopen", state="waiting"),)), "Number 2 waits for a reply again"),
        (replace(PAGE, lines=(replace(LINE, already=True),)), "Nothing was changed"),
        (replace(PAGE, came="undone"), "Taken back: 1 line is as before"),
        (replace(PAGE, came="nothing", lines=()), "There was nothing to take back"),
        (replace(PAGE, came="help", lines=()), "What you can say in a reply"),
        (replace(PAGE, came="puzzled", why="word", lines=()), "Nothing was done: your line was not understood"),
        (replace(PAGE, came="refuted", lines=()), "A mail in your name was refused"),
        (replace(PAGE, came="expired", lines=()), "Nothing was done: that letter is too old"),
        (replace(PAGE, came="too-many", lines=()), "That was a lot in one hour: the rest was not done"),
    ],
)  # fmt: skip
def test_the_subject_says_what_came_of_it_and_ends_with_the_tag(page: ReceiptPage, subject: str) -> None:
    rendered = LETTERS.render_receipt(page)
    assert rendered.subject == f"{subject} [{TAG}]"
    assert subject in rendered.text
    assert subject in rendered.html
    assert len(rendered.html.encode()) < 90_000


def test_the_tag_is_whole_however_long_the_subject_is() -> None:
    long = replace(PAGE, lines=(replace(LINE, kind="assign", team="Digital help " * 40),))
    subject = LETTERS.render_receipt(long).subject
    assert len(subject) <= LONGEST_SUBJECT
    assert subject.endswith(f"… [{TAG}]")


def test_what_was_done_can_be_taken_back_by_one_word() -> None:
    assert "To take it back, reply to this letter with one word: undo" in flat(PAGE)


def test_a_long_command_in_one_receipt_is_one_line_each() -> None:
    lines = tuple(replace(LINE, position=n) for n in range(1, 51))
    rendered = LETTERS.render_receipt(replace(PAGE, lines=lines))
    assert len(rendered.html.encode()) < 90_000
    assert "50." in rendered.text


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "{{ 7 * 7 }}", "javascript:alert(1)", "https://evil.example/x", "\u202eabc"],
)
def test_nothing_that_was_said_or_that_a_customer_wrote_is_alive(hostile: str) -> None:
    line = replace(LINE, subject=hostile, who=hostile, team=hostile, kind="assign")
    page = replace(PAGE, came="puzzled", why="unknown_whom", said=hostile, did_you_mean=(hostile,), lines=(line,))
    rendered = LETTERS.render_receipt(page)
    assert "<script" not in rendered.html
    assert " href" not in rendered.html
    assert "49" not in rendered.text.replace("49.", "")
    assert "\u202e" not in rendered.text + rendered.html
