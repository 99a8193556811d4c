"""GROUND. What the rules ask of a subject; where subjects are not kept, only their answers are (failures.md §7).

No rule reads a subject itself. Of one that is not kept, the fact SUBJECT of its message holds what was asked, one
`question answer` each: a keyed digest for each way in which subjects are compared, and a word for what it looks like.
"""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from monitor.core.message import SUBJECT, Message, base_of
from monitor.core.patterns import matches
from monitor.core.phrases import is_automatic, is_dmarc_report, is_thanks
from monitor.core.subject import base_subject, has_reply_prefix, subject_key

if TYPE_CHECKING:  # its calendars bring time zones, which the reading process does without
    from monitor.core.house import House

NOT_KEPT = "(subject not kept)"
"""What stands in letters, on the screen and in JSON where a subject is not kept."""


def key_of(message: Message) -> str:
    """By it alone mails without ids may be tied (`subject.subject_key`); "" where nothing may be."""
    return subject_key(message.subject) if SUBJECT not in message.headers else message.about("key") or ""


def joining(message: Message) -> str:
    """What must be equal where an id in References alone ties (rules.md §2.2); "" without a subject."""
    if SUBJECT in message.headers:
        return message.about("joining") or ""
    # Without blanks: some mail programs lose them where a long subject was folded (RFC 5322 §2.2.3).
    return "".join(base_subject(message.subject).casefold().split())


def replies(message: Message) -> bool:
    """Whether a reply prefix says that its writer answers something (`subject.has_reply_prefix`)."""
    return has_reply_prefix(message.subject) if SUBJECT not in message.headers else bool(message.about("reply"))


def looks_automatic(message: Message) -> bool:
    """Whether it begins as those of responders and of mail systems do."""
    return is_automatic(message.subject) if SUBJECT not in message.headers else bool(message.about("automatic"))


def reports_dmarc(message: Message) -> bool:
    """Whether it is that of a DMARC report (RFC 7489 §7.2.1.1)."""
    return is_dmarc_report(message.subject) if SUBJECT not in message.headers else bool(message.about("dmarc"))


def says_thanks(message: Message) -> bool:
    """Whether it is a thank-you and asks nothing."""
    return is_thanks(message.subject) if SUBJECT not in message.headers else bool(message.about("thanks"))


def is_ignored(message: Message, house: "House") -> bool:
    """Whether a pattern of `[ignore] subjects` fits. A pattern that is newer than a subject not kept never does."""
    if not house.ignored_subjects:
        return False
    if message.about("base") is None:
        return any(_fits(pattern, message) for pattern in house.ignored_subjects)
    return any(_ignored(pattern, house) in message.headers[SUBJECT] for pattern in house.ignored_subjects)


def without_subject(message: Message, house: "House") -> Message:
    """The message with the answers in place of its subject. Of what has none any more nothing changes."""
    if SUBJECT in message.headers:
        return message
    facts = tuple(_answers(message, house))
    return replace(message, subject=NOT_KEPT if message.subject else "", headers={**message.headers, SUBJECT: facts})


def alike(message: Message, known: Message, house: "House") -> Message:
    """A mail as it can be compared with one that is known: without its subject, where that one has none any more."""
    return without_subject(message, house) if SUBJECT in known.headers else message


def _answers(message: Message, house: "House") -> Iterator[str]:
    yield f"base {_digest('base', base_of(message), house)}"
    for question, text in (("joining", joining(message)), ("key", key_of(message))):
        if text:
            yield f"{question} {_digest(question, text, house)}"
    for question, yes in (
        ("reply", replies(message)),
        ("automatic", looks_automatic(message)),
        ("dmarc", reports_dmarc(message)),
        ("thanks", says_thanks(message)),
    ):
        if yes:
            yield f"{question} yes"
    yield from (_ignored(pattern, house) for pattern in house.ignored_subjects if _fits(pattern, message))


def _fits(pattern: str, message: Message) -> bool:
    return matches(message.subject.casefold(), pattern.casefold())


def _ignored(pattern: str, house: "House") -> str:
    return f"ignored {_digest('ignored', pattern, house)}"


def _digest(question: str, text: str, house: "House") -> str:
    """Keyed (RFC 7693 §2.9), another one for each question: what is equal for one tells nothing of another."""
    coded = f"{question}\n{text}".encode("utf-8", "replace")
    return blake2b(coded, digest_size=12, key=house.letter_key[:64], person=b"subject").hexdigest()
