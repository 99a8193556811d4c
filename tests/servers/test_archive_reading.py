"""How the archive is read and what its truth is, on an invented one; and on the real one where it is."""

from datetime import UTC, datetime
from pathlib import Path

from tests.servers.archive import certain, conversations, load_archive

MONTH = """\
From ann at customer.example  Mon May  1 10:00:00 2006
From: ann at customer.example (Ann Other)
Date: Mon, 01 May 2006 12:00:00 +0200
Subject: [Twisted-web] a question
Message-ID: <1@customer.example>

From here to there
it works.


From bob at team.example  Mon May  1 11:00:00 2006
From: bob at team.example (Bob)
Date: Thu, 01 Jan 1945 12:00:00 +0000
Subject: [Twisted-web] a question
In-Reply-To: Your message of Monday <1@customer.example>
Message-ID: <2@team.example>

an answer


From bob at team.example  Mon May  1 11:00:00 2006
From: bob at team.example (Bob)
Date: Mon, 01 May 2006 11:00:00 +0000
Subject: [Twisted-web] a question
Message-ID: <2@team.example>

the same again

From carl at customer.example  Tue May  2 10:00:00 2006
From: carl at customer.example (Carl)
Date: Tue, 02 May 2006 10:00:00 +0000
Subject: something else
References: <nobody@has.this>,
 2@team.example
Message-ID: <3@customer.example>

me too

From dora at customer.example  Wed May  3 10:00:00 2006
From: dora at customer.example (Dora)
Date: Wed, 03 May 2006 10:00:00 +0000
Subject: RE: [Twisted-web] A Question
Message-ID: <4@customer.example>

a reply that names no parent

From eve at customer.example  Thu May  4 10:00:00 2006
From: eve at customer.example (Eve)
Date: Thu, 04 May 2006 10:00:00 +0000
Subject: alone
In-Reply-To: Your message at 21:39:14 on Thursday, 24 May 2007
Message-ID: <5@customer.example>

alone
"""


def test_an_invented_archive(tmp_path: Path) -> None:
    month = tmp_path / "list-twisted" / "twisted-web" / "2006-May.txt.mbox"
    month.parent.mkdir(parents=True)
    month.write_text(MONTH)
    assert len(load_archive(tmp_path, keep_duplicates=True).mails) == 6
    mails = load_archive(tmp_path).mails
    assert [mail.message_id[0] for mail in mails] == list("12345")
    assert mails[0].sender == "ann@customer.example"
    assert mails[0].raw.startswith(b"From: ann@customer.example (Ann Other)\r\n")
    assert mails[0].raw.endswith(b"\r\n\r\nFrom here to there\r\nit works.\r\n")
    assert mails[1].when == datetime(2006, 5, 1, 11, tzinfo=UTC)
    assert _first_letters(conversations(mails)) == {"123", "4", "5"}
    assert _first_letters(certain(mails)) == {"5"}


def test_the_real_archive(corpora: Path) -> None:
    archive = load_archive(corpora)
    assert len(archive.mails) == 5371
    assert len(conversations(archive.mails)) == 1625
    assert {"exarkun@divmod.com", "glyph@twistedmatrix.com"} <= archive.staff
    assert sum(map(archive.is_staff, archive.mails)) == 1319


def _first_letters(groups: list[frozenset[str]]) -> set[str]:
    return {"".join(sorted(each[0] for each in group)) for group in groups}
