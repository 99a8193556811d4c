"""GROUND. Base subjects (RFC 5256 §2.1, with the prefixes and counters that clients really write), and their keys."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from monitor.core.generic import GENERIC, GENERIC_PHRASES, without_accents

_REPLIES = (
    "re|aw|antw|antwort|sv|vs|réf|res|rif|r|odp|vá|ynt|απ|σχετ|תגובה|השב|ответ|отв"
    "|回复|回覆|答复|返信|답장|회신|trả lời"
)
_FORWARDS = (
    "fwd|fw|wg|doorst|vb|vl|tr|rv|enc|i|pd|fs|i̇lt|ilt|πρθ|הועבר|пересл|转发|轉寄|転送|전달"  # i̇lt: İLT casefolded
)
_IS_REPLY = dict.fromkeys(_REPLIES.split("|"), True) | dict.fromkeys(_FORWARDS.split("|"), False)

# A tag, or what may be a prefix: a word (or "trả lời"), counter, colon. The word is looked up, and nothing is tried
# twice. 0307 is the dot that İ leaves behind in lower case.
_LEADER = re.compile(
    r"\[[^\[\]]*\] ?"
    r"|([^\W\d_]\u0307?[^\W\d_]{0,9}+(?: [Ll][Ờờ][Ii])?)\.? ?"
    r"(?:\[\d{1,4}\]|[(（]\d{1,4}[)）]|\^\d{1,4}|\*\d{1,4})? ?[:：] ?"
)
_TRAILER, _WRAPPER = "(fwd)", re.compile(r"\[fwd?: ?", re.IGNORECASE)
# Marks that clients put around right-to-left subjects, and invisible ones that come with copied text. The joiners
# 200C and 200D stay: Persian words and emoji need them.
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

LONGEST_KEY = 200
"""Characters of a subject key."""

_NO_BLANKS = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]")
TWO_WORDS_WITHOUT_BLANKS = 4
"""Letters of Chinese, Japanese and Korean text without blanks that count as two words."""
_DIGITS = re.compile(r"\d+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Vowel signs and accents that stand alone are marks, not letters: a plain \w would break Indic words at each of them.
_MARKS = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u109f\u1780-\u17dd\u3099\u309a"
)
_WORD = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*+)*+")


def base_subject(subject: str) -> str:
    """The subject without prefixes, [tags], a trailing (fwd) and `[Fwd: …]` around it (RFC 5256 §2.1).

    Blanks are folded and letters composed (NFC); the case is kept. What would leave nothing stays, so that "Re:" is its
    own base. The base of a base is itself. Total.
    """
    return _peel(subject)[0]


def has_reply_prefix(subject: str) -> bool:
    """Whether a reply prefix stands among the leading prefixes and tags ("[desk] Fwd: Re: …"); a forward is none.

    RFC 5256 §2.1 counts replies and forwards alike; here only a reply says that its writer answers something.
    """
    return _peel(subject)[1]


def is_generic(words: Iterable[str]) -> bool:
    """Whether a base subject of these words (`words_of`) does not tell two conversations apart: "Your invoice 4711".

    True where every word is of a small closed set (core/generic.py), digits and punctuation aside; so for none.
    """
    return all(map(_says_nothing, words))


def subject_key(subject: str) -> str:
    """What subjects of one conversation have in common: by it alone mails without ids may be tied (rules.md §2).

    The base subject (RFC 5256 §2.1), casefolded, compatibility forms made one (NFKC), every run of blanks and
    punctuation one blank, at most 200 characters. "" where nothing may be tied: a generic subject, or one of fewer than
    two words; four letters of Chinese, Japanese or Korean without a blank count as two. Numbers are kept, but are no
    words.
    """
    return _key(_peel(subject)[0])


@lru_cache(maxsize=512)  # by the base, which a question and its answer have in common
def _key(base: str) -> str:
    words = words_of(base)
    if _count(words) < 2 or is_generic(words):
        return ""
    return " ".join(words)[:LONGEST_KEY].rstrip()


@lru_cache(maxsize=2048)  # each is asked for again once all of its batch were (jobs/look.py: STORED_AT_ONCE)
def _peel(subject: str) -> tuple[str, bool]:
    """The base subject, and whether a reply prefix was among what went."""
    text, replied = _folded(subject), False
    start, end = 0, len(text)
    while True:
        end = _without_trailers(text, start, end)
        start, reply = _after_leaders(text, start, end)
        replied = replied or reply
        # Step 6 of the RFC: [Fwd: …] around the whole.
        wrapper = _WRAPPER.match(text, start, end) if text[end - 1 : end] == "]" else None
        if wrapper is None or not text[wrapper.end() : end - 1].strip():
            return text[start:end], replied
        start, end = wrapper.end(), _before(text, end - 1)


def _after_leaders(text: str, start: int, end: int) -> tuple[int, bool]:
    """Where the prefixes and tags at `start` end, leaving something; and whether one of them says reply."""
    replied = False
    while match := _LEADER.match(text, start, end):
        word = match[1]
        if word is not None:
            reply = _IS_REPLY.get(word.casefold())
            if reply is None:
                break
            replied = replied or reply
        if match.end() == end:
            break
        start = match.end()
    return start, replied


def _without_trailers(text: str, start: int, end: int) -> int:
    """Where the text ends without each trailing (fwd), leaving something."""
    while text[end - 1 : end] == ")" and text[max(start, end - len(_TRAILER)) : end].lower() == _TRAILER:
        shorter = _before(text, end - len(_TRAILER))
        if shorter <= start:
            break
        end = shorter
    return end


def _before(text: str, end: int) -> int:
    """`end`, or one less where a blank stands before it."""
    return end - 1 if text[end - 1 : end] == " " else end


def _folded(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(text.split())


def words_of(base: str) -> list[str]:
    """The words and numbers of a base subject, casefolded."""
    if base.isascii():
        return _ASCII_WORD.findall(base.lower())
    # Dots that İ leaves behind go; then upper and lower case of one Turkish word are equal.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", base).casefold().replace("\u0307", ""))
    return _WORD.findall(folded)


def _count(words: list[str]) -> int:
    """How many words; numbers do not count, and Chinese, Japanese and Korean count by letters."""
    count = 0
    for word in words:
        if count == 2:  # more than anybody asks
            return 2
        if not word.isascii() and len(_NO_BLANKS.findall(word)) >= TWO_WORDS_WITHOUT_BLANKS:
            return 2
        count += not word.isnumeric()
    return count


def _says_nothing(word: str) -> bool:
    if word in GENERIC or word in _IS_REPLY:
        return True
    if word.isascii() and word.isalpha():
        return False
    word = _DIGITS.sub("", word)
    if word.isascii():
        return not word or word in GENERIC
    return without_accents(word) in GENERIC or GENERIC_PHRASES.fullmatch(word) is not None
