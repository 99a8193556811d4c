"""Invented mail of a shared mailbox: 9.3 KB each, 3.3 KB of it headers as big providers write them, 30 % replies.

Any number of it looks alike to the rules: the same shares, each id once, some subjects again and again, and from
100,000 messages on the same number a day.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

MAILBOX = "info@museum.example"
END = datetime(2026, 11, 16, tzinfo=UTC)
SPAN = timedelta(days=730)
"""Up to so many messages come in this time; of more, the mailbox is as many times older."""
MESSAGES_IN_SPAN = 100_000
BODY_BYTES = 6000
UNANSWERED = 200  # one question in so many has no answer: the first digest then has a life-like length
AUTOMATIC_IN_A_GROUP = 4
SAID_AGAIN = 4
"""One question in so many has a subject that others have had before, word for word."""
NOISE = 1 << 20

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_SUBJECTS = (
    "Opening hours at Easter",
    "Tickets for a group of 30",
    "Lost umbrella",
    "Renewing a card",
    "Wheelchair access",
)
_SYLLABLES = tuple(a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "is"))
VOCABULARY, COMMONER, STEEPNESS = 50_000, 2.7, 1.35
"""The word of rank r comes (r + COMMONER) ** -STEEPNESS times as often (Zipf, Mandelbrot). So 6 KB hold 290 different
words of 840, and 100,000 words 7,400; of 8,000 real mails those of 6 KB held 330 of 900, and 100,000 words 7,300."""
TEXT = 400_000
"""Words of the text that bodies are cut from."""


class Mail(NamedTuple):
    """One message, the folder it lies in, and when it came there."""

    folder: str
    when: datetime
    raw: bytes


def mails(number: int, body_bytes: int = BODY_BYTES, seed: int = 1, mailbox: str = MAILBOX) -> Iterator[Mail]:
    """So many messages, the same ones each time: per ten, three questions, their answers, four newsletters.

    `seed`: another one for each mailbox, or they would hold the same mail.
    """
    maker = _Maker(random.Random(seed), body_bytes, mailbox)
    groups = -(-number // 10)
    span = SPAN * max(1.0, number / MESSAGES_IN_SPAN)
    made = 0
    for group in range(groups):
        start = END - span + (span - timedelta(days=3)) * group / groups
        for mail in maker.group(group, start):
            if made == number:
                return
            made += 1
            yield mail


@lru_cache(maxsize=1)
def _noise() -> str:
    return "".join(random.Random(0).choices(_LETTERS, k=NOISE))


@lru_cache(maxsize=1)
def _text() -> str:
    dice = random.Random(0)
    words = list({_word(dice): None for _ in range(VOCABULARY)})
    often = list(accumulate((rank + COMMONER) ** -STEEPNESS for rank in range(1, len(words) + 1)))
    written = dice.choices(words, cum_weights=often, k=TEXT)
    return "\r\n".join(" ".join(written[at : at + 11]) for at in range(0, TEXT, 11))


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(_SYLLABLES, k=dice.randrange(2, 4)))


class _Maker:
    """Writes messages; holds the dice, a long text to cut bodies from, and noise to cut signatures from."""

    def __init__(self, dice: random.Random, body_bytes: int, mailbox: str) -> None:
        self._dice = dice
        self._body_bytes = body_bytes
        self._mailbox = mailbox
        self._noise = _noise()
        self._text = _text()

    def group(self, group: int, start: datetime) -> Iterator[Mail]:
        for question in range(3):
            yield from self._exchange(group * 3 + question, start + timedelta(minutes=self._dice.randrange(2000)))
        for _ in range(AUTOMATIC_IN_A_GROUP):
            yield self._automatic(start + timedelta(minutes=self._dice.randrange(2000)))

    def _exchange(self, number: int, when: datetime) -> Iterator[Mail]:
        person = f"{self._token(6)}.{self._token(8)}@{self._token(7)}.example"
        asked = f"<{self._id()}@mail.{self._token(7)}.example>"
        subject = _SUBJECTS[number % len(_SUBJECTS)]
        if number % SAID_AGAIN:
            subject += f" ({self._token(4)})"
        yield self._mail("INBOX", when, person, self._mailbox, asked, f"Subject: {subject}\r\n")
        if number % UNANSWERED == UNANSWERED - 1:
            yield self._automatic(when)
            return
        answered = f"<{self._id()}@museum.example>"
        reply = f"Subject: Re: {subject}\r\nIn-Reply-To: {asked}\r\nReferences: {asked}\r\n"
        later = when + timedelta(minutes=self._dice.randrange(5, 1800))
        yield self._mail("Sent", later, self._mailbox, person, answered, reply)

    def _automatic(self, when: datetime) -> Mail:
        sender = f"news@{self._token(7)}.example"
        bulk = (
            f"List-Id: <news.{self._token(7)}.example>\r\nList-Unsubscribe: <https://x.example/{self._token(20)}>\r\n"
        )
        subject = f"Subject: News of the week ({self._token(4)})\r\nPrecedence: bulk\r\n"
        return self._mail("INBOX", when, sender, self._mailbox, f"<{self._id()}@bulk.example>", subject + bulk)

    def _mail(self, folder: str, when: datetime, sender: str, to: str, message_id: str, more: str) -> Mail:
        written = format_datetime(when - timedelta(seconds=self._dice.randrange(1, 20)))
        head = (
            f"{self._transport(when, sender)}From: {sender.split('@')[0].title()} <{sender}>\r\nTo: <{to}>\r\n"
            f"Date: {written}\r\nMessage-ID: {message_id}\r\n{more}MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
        )
        at = self._dice.randrange(max(1, len(self._text) - self._body_bytes))
        return Mail(folder, when, (head + self._text[at : at + self._body_bytes] + "\r\n").encode("ascii"))

    def _transport(self, when: datetime, sender: str) -> str:
        """What servers write above a mail: about 2.8 KB."""
        domain = sender.partition("@")[2]
        date = format_datetime(when)
        received = "".join(
            f"Received: from mail-{self._token(8)}.{domain} (mail-{self._token(8)}.{domain} [198.51.100.{hop}])\r\n"
            f"\tby mx{hop}.museum.example (Postfix) with ESMTPS id {self._token(12).upper()}\r\n"
            f"\t(version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256)\r\n\tfor <{self._mailbox}>; {date}\r\n"
            for hop in range(1, 5)
        )
        signatures = "".join(
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s{key};\r\n"
            f"\th=from:to:subject:date:message-id:mime-version; bh={self._token(44)};\r\n\tb={self._folded(4)}\r\n"
            for key in range(2)
        )
        return (
            f"Return-Path: <{sender}>\r\nDelivered-To: {self._mailbox}\r\n{received}{signatures}"
            f"Authentication-Results: mx1.museum.example; dkim=pass header.i=@{domain} header.s=s1;\r\n"
            f"\tspf=pass smtp.mailfrom={sender}; dmarc=pass (p=NONE) header.from={domain}\r\n"
            f"Received-SPF: pass (mx1.museum.example: domain of {sender} permits 198.51.100.1)\r\n"
            f"X-Mailer: Webmail 4.2\r\nX-Trace: {self._folded(6)}\r\n"
        )

    def _id(self) -> str:
        return f"{self._dice.getrandbits(120):030x}"

    def _token(self, length: int) -> str:
        at = int(self._dice.random() * (NOISE - length))
        return self._noise[at : at + length]

    def _folded(self, lines: int) -> str:
        return "\r\n\t".join(self._token(72) for _ in range(lines))
