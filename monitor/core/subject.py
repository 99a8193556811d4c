"""GROUND. The base subject (RFC 5256 §2.1, with the prefixes and counters that mail clients really write)."""

import re

_PREFIXES = (
    "re|aw|antw|antwort|sv|vs|réf|res|rif|r|odp|vá|ynt|απ|σχετ|תגובה|השב|ответ|отв|回复|回覆|答复|返信"
    "|답장|회신|trả lời"
    "|fwd|fw|wg|doorst|vb|vl|tr|rv|enc|i|pd|fs|i̇lt|ilt|πρθ|הועבר|пересл|转发|轉寄|転送|전달"
)
_PREFIX = re.compile(
    rf"^(?:(?:{_PREFIXES})\.?\s*(?:\[\d+\]|\(\d+\)|\^\d+|\*\d+)?\s*[:：]|\[[^\]\[]*\](?=\s*\S))\s*", re.IGNORECASE
)
_TRAILER = re.compile(r"\s*\(fwd\)\s*$", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def base_subject(subject: str) -> str:
    """The subject without reply and forward prefixes, [tags] and a trailing (fwd); spaces folded, case kept."""
    text = _SPACE.sub(" ", subject).strip()
    while True:
        shorter = _TRAILER.sub("", _PREFIX.sub("", text, count=1)).strip()
        if shorter == text or not shorter:
            return shorter or text
        text = shorter
