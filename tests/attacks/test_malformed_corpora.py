"""Mails made to break parsers, by people who collect them: each passes the reader and the whole way into letters."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.message import Message
from monitor.inbox.reading import Unreadable, read
from tests.story.house import House, at

LARGEST = 2_000_000


def mails_of(corpora: Path) -> list[bytes]:
    """Every single-mail file there; the mailing list is one of many mails and is read elsewhere."""
    files = (p for p in sorted(corpora.rglob("*")) if p.is_file() and "list-twisted" not in p.parts)
    kept = (p for p in files if p.suffix.lower() in (".eml", ".msg", ".txt", "") and 0 < p.stat().st_size < LARGEST)
    return [p.read_bytes() for p in kept]


@pytest.mark.full
def test_every_malformed_mail_passes_the_reader_and_the_letters(corpora: Path, house: House) -> None:
    mails = mails_of(corpora)
    assert len(mails) > 100
    assert all(isinstance(read(mail[:16_384]), Message | Unreadable) for mail in mails)
    now = at("Tue 12:00")
    house.opens(at("Mon 08:00"))
    house.dovecot.append_many(house.address("info"), "INBOX", [(mail, at("Mon 09:00"), ()) for mail in mails])
    flags = house.flags()
    letters = house.round(now)
    assert len(flags["info", "INBOX"]) == len(mails)
    assert house.flags() == flags
    assert all(letter.raw for letter in letters)
    assert any("reminder" in letter.message["Message-ID"] for letter in letters)
    shown = sum(len(t["messages"]) for t in house.threads(now))
    troubles = house.status(now)["troubles"]
    print(f"\n{len(mails)} mails: {shown} messages, {len(troubles)} troubles")
    # The collections hold some mails twice.
    identities = {getattr(read(mail), "identity", mail) for mail in mails}
    assert shown - 1 + len(troubles) >= len(identities) * 0.9
    for words in (("threads", "--all"), ("report",)):
        json.loads(house.run(datetime(2024, 11, 19, tzinfo=UTC) + timedelta(days=1), *words, "--json").out)
