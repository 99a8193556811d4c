"""GROUND. Text of strangers without what nobody sees, or what makes other text unreadable."""

import re
import unicodedata

MOST_MARKS = 4
"""Combining marks on one letter: "more than four nonspacing marks" are no word of any language (UTS #39 §5.4)."""

# Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties) without the joiners and the variation selectors of
# emoji; the Braille blank, which looks like none; the interlinear signs.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2065\u206a-\u206f"
    "\u2800\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
# ZWNJ and ZWJ are letters' business in Persian, Hindi and emoji (RFC 5892, A.1 and A.2), and tricks beside ASCII.
_JOINERS = re.compile(
    "(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])|(?<=[\u200c\u200d])[\u200c\u200d]+"
)

# Letters and digits of any script, and all before the first combining mark, U+0300: none of them is a mark.
_WITHOUT_MARKS = re.compile("[\\w\x00-\u02ff]*")


def visible(text: str) -> str:
    """The text without invisible characters, bidi marks and floods of combining marks; isolates are left alone."""
    if text.isascii():
        return text
    return _few_marks(_JOINERS.sub("", _UNSEEN.sub("", text)))


def _few_marks(text: str) -> str:
    if _WITHOUT_MARKS.fullmatch(text):
        return text
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)
