"""The program, killed at an exact point: `python -m tests.servers.dying POINT KIND -- --config … run --once`.

SIGKILL, so nothing is tidied up; what the process had in flight is lost as in a power cut. POINT is one of POINTS (then
KIND is the kind of letter it dies over) or of POLL_POINTS or HEAR_POINTS (then KIND is how many times it passes the
point first).
"""

import os
import select
import signal
import smtplib
import sys
from collections.abc import Callable, Sequence
from email import message_from_bytes
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from monitor import program
from monitor.jobs import deliver, hear_one, look, poll
from monitor.jobs.claims import OutboxClaims
from monitor.outbox.smtp import SmtpSender
from monitor.store.reminding import NewLetter, Notice

POINTS = ("before-claim", "after-claim", "after-data", "after-250", "before-commit", "after-commit")
"""Around the three transactions of a letter (law 4). `after-data`: the letter is handed over, and no answer came.
`after-250`: the answer lies unread in our own socket, or was read, and is not marked; `before-commit`: the mark is
made in a transaction that was not committed."""
WINDOW = ("after-250", "before-commit")
"""Where a letter may come twice: the server has taken it, and nobody here knows."""
POLL_POINTS = ("before-batch", "in-batch", "after-batch", "between-folders")
HEAR_POINTS = ("before-act", "after-act", "before-receipt", "in-receipt", "after-command")
"""Around a command by mail: `after-act`, `before-receipt` and `in-receipt` lie within its one transaction,
`after-command` behind it, before it is noted how far the mailbox was read."""


def die() -> None:
    """Here and now."""
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, before: Callable[..., bool], after: Callable[..., bool]) -> None:
    """Replace a function by itself, with death before or after it where these say so."""
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before(*args):
            die()
        result = original(*args, **kwargs)
        if after(*args):
            die()
        return result

    setattr(owner, name, wrapped)


def never(*_: object) -> bool:
    """Not here."""
    return False


def die_over_a_letter(point: str, kind: str) -> None:
    """Prepare the death over the first letter of a kind."""
    if point in ("before-claim", "after-claim"):
        die_at_the_claim(point == "before-claim", kind)
        return
    current: list[str] = []

    def begins(_sender: SmtpSender, body: bytes, _recipient: str) -> bool:
        current[:] = [str(message_from_bytes(body)["X-Inbox-Monitor"])]
        return False

    def is_it(*_: object) -> bool:
        return current == [kind]

    around(SmtpSender, "send", begins, is_it if point == "after-250" else never)
    if point == "after-data":
        around(smtplib.SMTP, "data", lambda smtp, body: is_it() and hand_over(smtp, body), never)
    if point == "before-commit":
        around(deliver, "mark_sent", lambda *_: is_it() and die_at_the_next_commit(), never)
    if point == "after-commit":
        around(deliver, "mark_sent", never, is_it)


def die_at_the_claim(before: bool, kind: str) -> None:
    """Whatever the claim is of, letters of this kind are in it."""

    def letter_of(_claims: OutboxClaims, letter: NewLetter, *_: object) -> bool:
        return letter.kind == kind

    def notice_of(_claims: OutboxClaims, new: Sequence[Notice], _now: object) -> bool:
        return any(notice.letter is not None and notice.letter.kind == kind for notice in new)

    def report_of(_claims: OutboxClaims, _week: str, new: Sequence[NewLetter], *_: object) -> bool:
        return any(letter.kind == kind for letter in new)

    for name, is_it in (("reminder", letter_of), ("notices", notice_of), ("report", report_of)):
        around(OutboxClaims, name, is_it if before else never, never if before else is_it)


def hand_over(smtp: smtplib.SMTP, body: bytes) -> bool:
    """All of the letter, up to its lonely dot; true when the operating system has it."""
    smtp.putcmd("data")
    assert smtp.getreply()[0] == 354
    smtp.send(body.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
    # The server of this story never answers: whatever came now would be another story.
    assert smtp.sock is not None
    assert not select.select([smtp.sock], [], [], 0)[0]
    return True


def die_at_the_next_commit() -> bool:
    """Everything in the transaction is done but its COMMIT."""
    event.listen(Engine, "commit", lambda _connection: die())
    return False


def die_in_the_look(point: str, passes: int) -> None:
    """Prepare the death in a look at a mailbox, after passing the point some times. Batches are small, to be many."""
    look.BATCH = look.STORED_AT_ONCE = 3
    left = [passes]

    def is_it(*_: object) -> bool:
        left[0] -= 1
        return left[0] < 0

    if point == "between-folders":
        around(look, "folder_looked_at", never, is_it)
    elif point == "in-batch":
        around(poll, "take_in_together", lambda *_: is_it() and die_at_the_next_commit(), never)
    else:
        around(poll, "take_in_together", *((is_it, never) if point == "before-batch" else (never, is_it)))


def die_over_a_command(point: str, passes: int) -> None:
    """Prepare the death over a command by mail."""
    left = [passes]

    def is_it(*_: object) -> bool:
        left[0] -= 1
        return left[0] < 0

    if point in ("before-act", "after-act"):
        around(hear_one, "perform", *((is_it, never) if point == "before-act" else (never, is_it)))
    elif point == "in-receipt":
        around(hear_one, "put_receipt", lambda *_: is_it() and die_at_the_next_commit(), never)
    elif point == "before-receipt":
        around(hear_one, "put_receipt", is_it, never)
    else:
        around(hear_one.Ear, "hear", never, is_it)


def main() -> None:
    """Run until the point; who comes to the end has not passed it."""
    point, what, dashes, *words = sys.argv[1:]
    assert dashes == "--"
    if point in POINTS:
        die_over_a_letter(point, what)
    elif point in HEAR_POINTS:
        die_over_a_command(point, int(what))
    else:
        assert point in POLL_POINTS
        die_in_the_look(point, int(what))
    sys.argv[1:] = words
    program.main()


if __name__ == "__main__":
    main()
