"""Eighteen years of a mailing list as the mail of one desk: conversations, answers, what is overdue.

Staff's messages lie in Sent, everybody else's in INBOX; the mailbox is the list, and declared as one that outsiders
read. Then the same again where some of staff's replies name nothing.
"""

from collections.abc import Hashable, Mapping
from pathlib import Path

from bench.evaluate.archive_rows import (
    Compared,
    Measured,
    answer_rows,
    conversation_rows,
    overdue_rows,
    stripped_rows,
)
from bench.evaluate.corpora import say
from bench.evaluate.pipeline import Pipeline
from bench.evaluate.stripped import SHARE, addressees, chosen, strip
from bench.evaluate.table import Section, at_least, at_most
from bench.evaluate.told import told
from bench.evaluate.truth import View, by_headers
from tests.servers.archive import LIST_ADDRESS, Archive, certain, conversations, load_archive, read_mbox

MONTHS = Path("list-twisted", "twisted-web")
AS_IT_IS = "Archive as it is"
TO_THE_LIST = "Archive, each mail To the list"
GOOD = at_least(0.995, "{:.3f}")
STILL_FOUND, WRONG = at_least(0.85), at_most(0.01)
NOTES = (
    "truth is what In-Reply-To and References of the whole archive connect; so headers alone are right by definition "
    "where nothing was removed. Left out, as nobody knows the truth there: where a Re: names no parent, and all "
    "conversations with its subject; for answers and what is overdue also conversations with a message of the list's "
    "own address, behind which is anybody.",
    "a customer's message opens a wait where none is open; the first message of staff after it in its true "
    "conversation answers, for mail to a public list reaches everybody (the archive kept no To that would say so). A "
    "message comes after those it names, whatever their Date says.",
    "an answer is wrong where another message is named, or any where nobody answered or waited; missed where the wait "
    "is open, or was never opened. Overdue is judged by opener: not answered when its 24 hours were over.",
)
NOTES_TO_LIST = (
    "the same with the To that the archive threw away, the address of the list, which is declared under [staff] lists: "
    "what the product loses above it loses for want of that.",
)
NOTES_STRIPPED = (
    f"{SHARE:.0%} of staff's replies that lead to a customer lost In-Reply-To and References (always the same ones); "
    "with To, they bear the address of that customer, as a mail program writes it; no other mail there has recipients.",
    "still found: of those that by truth ended a wait, the share that ends it for the product (or an older one of that "
    "conversation, of which it became a part). Wrong: the share of all of them that ends a wait of another "
    "conversation. Headers alone find those that a later message names.",
)


def archive_rows(corpora: Path) -> list[Section]:
    """The archive as it is and with the To it lost; then with stripped replies that have To, and that have none."""
    measured = measure(load_archive(corpora), _paths(corpora))
    mails, staff = measured.archive.mails, measured.archive.staff
    customers = addressees(mails, staff)
    lost = chosen([reply for reply in customers if reply in measured.truth.conversation])
    without_ids = by_headers(conversations(strip(mails, lost)), mails, staff)
    to = {reply: customers[reply].sender for reply in lost}
    with Pipeline(LIST_ADDRESS, staff) as pipeline:
        sections = []
        whole = View(measured.whole, measured.truth.waits)
        to_list = {mail.message_id: LIST_ADDRESS for mail in mails}
        for title, given, notes in ((AS_IT_IS, {}, NOTES), (TO_THE_LIST, to_list, NOTES_TO_LIST)):
            say(f"{title}: {len(mails)} messages")
            compared = Compared(measured, told(pipeline, measured.archive, (), given), whole)
            rows = (*conversation_rows(compared, GOOD), *answer_rows(compared), *overdue_rows(compared))
            sections.append(Section(title, rows, notes))
        for name, given, least in (("with To", to, STILL_FOUND), ("without To", {}, None)):
            title = f"{SHARE:.0%} of replies stripped, {name}"
            say(f"{title}: {len(lost)} replies")
            compared = Compared(measured, told(pipeline, measured.archive, lost, given), without_ids)
            rows = (
                *stripped_rows(compared, lost, least, WRONG),
                *conversation_rows(compared),
                *answer_rows(compared),
                *overdue_rows(compared),
            )
            sections.append(Section(title, rows, NOTES_STRIPPED if given else ()))
    return sections


def measure(archive: Archive, paths: Mapping[str, str]) -> Measured:
    """What is true of an archive; `paths`: the file of every message."""
    groups = certain(archive.mails)
    sender = {mail.message_id: mail.sender for mail in archive.mails}
    known = [group for group in groups if all(sender[each] != LIST_ADDRESS for each in group)]
    whole: dict[str, Hashable] = {n: at for at, group in enumerate(conversations(archive.mails)) for n in group}
    places = {name: at for at, group in enumerate(groups) for name in sorted(group)}
    return Measured(archive, whole, places, by_headers(known, archive.mails, archive.staff), paths)


def _paths(corpora: Path) -> dict[str, str]:
    files = sorted((corpora / MONTHS).glob("*.mbox"))
    return {mail.message_id: str(MONTHS / file.name) for file in files for mail in read_mbox(file.read_bytes())}
