"""FLOOR 1. What is said to an IMAP server, and how its answers are taken apart: EXAMINE and BODY.PEEK only (law 7)."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TypeVar

from imapclient import IMAPClient, imap_utf7
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, InvalidCriteriaError, ProtocolError
from imapclient.response_parser import parse_fetch_response

from monitor.inbox.fetched import Answer
from monitor.inbox.fetching import Answers, FetchRefused, Mails
from monitor.inbox.fields import FIELDS
from monitor.inbox.parts import RETURNED_LIMIT, STATUS_LIMIT, WITH_HEADER, Part, decoded
from monitor.inbox.source import HEADER_LIMIT, WHOLE_LIMIT, RawMail, ReportParts

_HEADER_ITEM = f"BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS)})]<0.{HEADER_LIMIT}>"
WHOLE_ITEMS = f"(UID BODY.PEEK[HEADER]<0.{WHOLE_LIMIT}>)"
"""Of a whole header its beginning."""
FROM_ITEMS = "(UID BODY.PEEK[HEADER.FIELDS (FROM)]<0.1024>)"

_REFUSAL = re.compile(r"\A\w+ (?:command error: BAD|failed: )")
_ODD = (ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError, ProtocolError)
"""What imapclient's parser raises for an answer that it does not understand, such as parts nested a thousand deep."""

Line = bytes | tuple[bytes, bytes] | None
"""What imaplib gives: a line that ends in a literal with that literal, or a line without one."""
MOST_LISTED = 2
"""Where a mailbox has so many folders for each that is watched, only these are asked for their state, by a command
each. With two of five that takes Dovecot 2.3 four fifths of the time and nine tenths of the bytes."""

T = TypeVar("T")


def glance_commands(client: IMAPClient, watched: Sequence[str], folders: int, leaving: bool) -> list[bytes]:
    """What asks for all folders, and for the state of those `watched`; `folders`: how many there are, as far as known.

    One command where LIST may return STATUS (RFC 5819, RFC 6154 for its marks) and most are watched, else one for each
    folder. None needs the answer to another one. `leaving`: a folder is open.
    """
    said = [b"UNSELECT" if client.has_capability("UNSELECT") else b"CLOSE"] if leaving else []
    items = b"(%s)" % " ".join(status_items(client)).encode()
    extended = all(map(client.has_capability, ("LIST-EXTENDED", "SPECIAL-USE")))
    if extended and client.has_capability("LIST-STATUS") and folders < MOST_LISTED * len(watched):
        return [*said, b'LIST "" "*" RETURN (SPECIAL-USE STATUS %s)' % items]
    # Asked for marks, Dovecot tells these alone of each folder, and not whether it has children.
    every = b'LIST "" "*" RETURN (SPECIAL-USE)' if extended else b'LIST "" "*"'
    return [*said, every, *(b"STATUS %s %s" % (client._normalise_folder(each), items) for each in watched)]


@lru_cache(maxsize=4096)
def folder_named(raw: bytes) -> str:
    """A folder's name as it stands on the wire, in modified UTF-7 (RFC 3501 §5.1.3). Raises ValueError."""
    return str(imap_utf7.decode(raw))


def status_items(client: IMAPClient) -> tuple[str, ...]:
    """What is asked of a folder: HIGHESTMODSEQ only where there is CONDSTORE (RFC 7162)."""
    items = ("UIDVALIDITY", "UIDNEXT", "MESSAGES")
    return (*items, "HIGHESTMODSEQ") if client.has_capability("CONDSTORE") else items


def refusable(question: Callable[[IMAPClient], T]) -> Callable[[IMAPClient], T]:
    """A tagged NO or BAD to this question is a FetchRefused: it says nothing against the connection.

    Some servers serve no SEARCH by header (Alibaba's answers BAD), Exchange refuses single messages with "BAD Command
    Argument Error". imaplib and imapclient raise one kind of error for these and for a broken answer: the text tells.
    """

    def asked(client: IMAPClient) -> T:
        try:
            return question(client)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            if isinstance(error, InvalidCriteriaError) or _REFUSAL.search(str(error)):
                raise FetchRefused(str(error)[:1000]) from error
            raise

    return asked


def leave(client: IMAPClient) -> None:
    """UNSELECT (RFC 3691); else CLOSE, which removes nothing from a folder opened by EXAMINE (RFC 3501 §6.4.2)."""
    if client.has_capability("UNSELECT"):
        client.unselect_folder()
    else:
        client.close_folder()


def mail_items(client: IMAPClient) -> str:
    """What is fetched of every mail; Gmail tells its own numbers, too (X-GM-EXT-1)."""
    gmail = "X-GM-MSGID X-GM-THRID " if client.has_capability("X-GM-EXT-1") else ""
    return f"(UID FLAGS INTERNALDATE RFC822.SIZE {gmail}{_HEADER_ITEM})"


def searched(criteria: object) -> Callable[[IMAPClient], list[int]]:
    """A SEARCH, to be asked of a connection. imapclient quotes the criteria in a list; a string goes as it stands."""
    return lambda client: client.search(criteria)


def uids_at(client: IMAPClient, numbers: Sequence[int]) -> list[int]:
    """The uids of the messages at these sequence numbers."""
    client.use_uid = False
    try:
        return [item[b"UID"] for item in client.fetch(list(numbers), ("UID",)).values()]
    finally:
        client.use_uid = True


def uid_fetch(client: IMAPClient, uids: Sequence[int], items: str) -> list[Line]:
    """UID FETCH as imaplib gives it: lines and literals, not taken apart yet."""
    return _lines(client._imap.uid("FETCH", uid_set(uids), items))


def fetch_mails(client: IMAPClient, uids: Sequence[int]) -> list[RawMail]:
    """The mails of one UID FETCH. Raises FetchRefused on a tagged NO, and where one of them comes without its header.

    NIL stands for what is not there (RFC 3501 §7.4.2): Dovecot 2.3 says so of a mail expunged meanwhile.
    """
    mails = Mails()
    with client._imap.taking(mails):
        _lines(client._imap.uid("FETCH", uid_set(uids), mail_items(client)))
    if mails.nil:
        raise FetchRefused("a header is NIL")
    return mails.mails


def fetch_answers(
    client: IMAPClient, uids: Sequence[int], items: str, wanted: Collection[int] | None = None
) -> list[Answer]:
    """One UID FETCH; among its answers may be news by sequence number, and of other uids than these, but not of other
    ones than the `wanted`. Raises FetchRefused."""
    answers = Answers(wanted)
    with client._imap.taking(answers):
        _lines(client._imap.uid("FETCH", uid_set(uids), items))
    return answers.told


def fetch_flags(client: IMAPClient, uids: Sequence[int]) -> dict[int, frozenset[str]]:
    """FETCH FLAGS of those that exist. Raises FetchRefused."""
    return _flags_in(fetch_answers(client, uids, "(UID FLAGS)", set(uids)))


def fetch_changed_flags(
    client: IMAPClient, uids: Sequence[int], since: int, wanted: Collection[int]
) -> dict[int, frozenset[str]] | None:
    """FETCH FLAGS of the `wanted` among these that changed since this HIGHESTMODSEQ (RFC 7162 §3.1.4.1).

    None where the server does not tell that.
    """
    question = refusable(lambda c: fetch_answers(c, uids, f"(UID FLAGS) (CHANGEDSINCE {since})", wanted))
    try:
        return _flags_in(question(client))
    except FetchRefused:
        return None


def _flags_in(answers: Sequence[Answer]) -> dict[int, frozenset[str]]:
    return {answer.uid: answer.flags for answer in answers if answer.uid is not None and "flags" in answer.items}


def newest_fetch(client: IMAPClient, first: int, items: str) -> list[Answer]:
    """FETCH of the messages from this position on. Raises FetchRefused."""
    answers = Answers()
    with client._imap.taking(answers):
        _lines(client._imap.fetch(f"{first}:*", items))
    return answers.told


def uid_set(uids: Sequence[int]) -> str:
    """As a command names them (RFC 3501 §9): `1:3,7`; uids that follow each other are one range."""
    if isinstance(uids, range) and uids.step == 1 and len(uids) > 1:
        return f"{uids[0]}:{uids[-1]}"
    spans: list[tuple[int, int]] = []
    for uid in uids:
        if spans and uid == spans[-1][1] + 1:
            spans[-1] = spans[-1][0], uid
        else:
            spans.append((uid, uid))
    return ",".join(f"{first}:{last}" if last > first else f"{first}" for first, last in spans)


def understood(lines: Sequence[Line]) -> dict[int, Mapping[bytes, object]]:
    """A FETCH answer by uid and item, as imapclient reads it; without the mails of which it does not understand it."""
    found: dict[int, Mapping[bytes, object]] = {}
    one: list[Line] = []
    for line in lines:
        one.append(line)
        if not isinstance(line, tuple):  # what ends in a literal goes on
            with suppress(*_ODD):
                found |= parse_fetch_response(one, False)
            one = []
    return found


def _lines(told: tuple[str, list[Line]]) -> list[Line]:
    status, lines = told
    if status != "OK":
        raise FetchRefused(f"{lines!r}"[:1000])
    return lines


def peek(part: Part, limit: int) -> str:
    """The item for the first `limit` bytes of a part; its number was counted by us."""
    return f"BODY.PEEK[{part.number}]<0.{limit}>"


def report_items(status: Part | None, returned: Part | None) -> list[str]:
    """What is asked of a delivery report: its status part, and of the header of the mail it tells of what is needed."""
    wanted = [peek(status, STATUS_LIMIT)] if status else []
    if returned and returned.kind in WITH_HEADER:
        wanted.append(f"BODY.PEEK[{returned.number}.HEADER.FIELDS (MESSAGE-ID)]<0.{RETURNED_LIMIT}>")
    elif returned:
        wanted.append(peek(returned, RETURNED_LIMIT))
    return wanted


def report_parts(item: Mapping[bytes, object], status: Part | None, returned: Part | None) -> ReportParts:
    """The bytes of what `report_items` asked for."""
    return ReportParts(_content(item, status, STATUS_LIMIT), _content(item, returned, RETURNED_LIMIT))


def _content(item: Mapping[bytes, object], part: Part | None, limit: int) -> bytes:
    """The bytes of a part, or of its header, as far as they were asked for: a server may send more."""
    if part is None:
        return b""
    with_header = part.kind in WITH_HEADER
    raw = body_of(item, f"BODY[{part.number}{'.HEADER' if with_header else ']'}".encode())[:limit]
    return raw if with_header else decoded(raw, part.encoding)


def name_of(raw: bytes | str) -> str:
    """The name of a folder or a flag."""
    return raw if isinstance(raw, str) else raw.decode("utf-8", "replace")


def body_of(item: Mapping[bytes, object], prefix: bytes) -> bytes:
    """The bytes of the section that begins so (`BODY[HEADER`); empty without it."""
    return body_found(item, prefix) or b""


def body_found(item: Mapping[bytes, object], prefix: bytes) -> bytes | None:
    """The same; None without it, or where it is NIL."""
    return next((v for k, v in item.items() if k.startswith(prefix) and isinstance(v, bytes)), None)
