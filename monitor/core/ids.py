"""GROUND. Message-ID grammar as it is met in real mail, not only as RFC 5322 §3.6.4 wishes it."""

import re
from hashlib import blake2b, sha256

LONGEST_ID = 250
"""Ids longer than this many characters are taken for rubbish (rules.md §2.1)."""

MOST_REFERENCES = 100
"""A References header is capped to its first and last 50 ids (failures.md §4)."""

_PLAIN = re.compile(rf"<[!-;=?-~]{{1,{LONGEST_ID - 2}}}>(?: <[!-;=?-~]{{1,{LONGEST_ID - 2}}}>)*")
_BRACKETED = re.compile(r"<([^<>]*)>")
_BETWEEN = re.compile(r"[\s<>,;\"()]+")
_PRINTABLE = re.compile(r"[!-~]+")
_SPACE = re.compile(r"\s+")
_MESSAGE_FROM = re.compile(r"\s*message from\s", re.IGNORECASE)
_OF = re.compile(r"\sof\b")


def canonical(inside: str) -> str | None:
    """The id `inside` angle brackets as `<…>`, or None where it cannot be one. Case is kept: ids are case-sensitive."""
    text = _SPACE.sub("", inside)
    if not text or len(text) + 2 > LONGEST_ID or not _PRINTABLE.fullmatch(text):
        return None
    return f"<{text}>"


def find_ids(value: str) -> tuple[str, ...]:
    """All ids a header value names, in their order, each once.

    Brackets win: where the header holds `Your message of "Mon" <a@b>`, or a name in a comment, only
    `<a@b>` counts. Ids without brackets are accepted where there are no bracketed ones
    (776 of 11,424 messages of one real archive are written so). In `Message from Ann <ann@x> of Mon <a@b>` (MH
    writes so) the first is a person, and would tie together all that anybody ever answered her.
    """
    if (ids := _plain_ids(value)) is not None:
        return ids
    if _MESSAGE_FROM.match(value):
        return _find(_OF.split(value)[-1])[-1:]
    return _find(value)


def find_references(value: str) -> tuple[str, ...]:
    """The same for References, which holds nothing but ids: those without brackets count beside those with."""
    if (ids := _plain_ids(value)) is not None:
        return ids
    found: list[str | None] = []
    at = 0
    for match in _BRACKETED.finditer(value):
        found += [*_bare(value[at : match.start()]), canonical(match[1])]
        at = match.end()
    return _once(found + _bare(value[at:]))


def _plain_ids(value: str) -> tuple[str, ...] | None:
    """Those of a value that is nothing but ids with a blank between them; None for any other."""
    if not value:
        return ()
    if not _PLAIN.fullmatch(value):
        return None
    return tuple(dict.fromkeys(value.split(" "))) if " " in value else (value,)


def _find(value: str) -> tuple[str, ...]:
    found = [canonical(m) for m in _BRACKETED.findall(value)]
    # A missing bracket at either end, "<a@b" or "a@b>", leaves a bare id.
    return _once(found if any(found) else _bare(value))


def _bare(value: str) -> list[str | None]:
    # Split, not searched for: a pattern with an @ in its middle takes quadratic time on 16 KB without one.
    return [canonical(word) for word in _BETWEEN.split(value) if "@" in word[1:-1]]


def id_domain(message_id: str) -> str:
    """The right-hand side of an id, lower case; one name for the many hosts of Microsoft 365. Empty where there is
    none."""
    domain = message_id.strip("<>").rpartition("@")[2].lower() if "@" in message_id else ""
    # Each of its servers writes its own name: <…@AM0PR04MB1234.eurprd04.prod.outlook.com>.
    return "prod.outlook.com" if domain.endswith(".prod.outlook.com") else domain


def cap_references(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The first and the last 50 of a long chain: the root and the nearest say most."""
    if len(ids) <= MOST_REFERENCES:
        return ids
    half = MOST_REFERENCES // 2
    return ids[:half] + ids[-half:]


def digest(raw: bytes) -> str:
    """The identity of a mail that has no Message-ID: SHA-256 over its raw header bytes."""
    return "sha256:" + sha256(raw).hexdigest()


def hash_of(identity: str) -> int:
    """What an identity is looked for by: 32 bits of its digest, signed, so that few others have the same.

    Ids have no order, so that each batch writes all over their index: of numbers it is a fourth as large as of text,
    and a first look takes 4 % less time.
    """
    return int.from_bytes(blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=4).digest(), signed=True)


def _once(ids: list[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for i in ids if i))
