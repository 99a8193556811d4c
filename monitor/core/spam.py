"""GROUND. What the house's own spam filter wrote into a mail."""

import re

from monitor.core.message import Message

SPAM_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        # SpamAssassin and amavis; Barracuda, MailScanner and rspamd follow them.
        ("x-spam-flag", r"yes\b"),
        ("x-spam-status", r"yes\b"),
        ("x-spam", r"(yes|true)\b"),
        ("x-barracuda-spam-flag", r"yes\b"),
        ("x-barracuda-spam-status", r"yes\b"),
        ("x-mailscanner-spamcheck", r"spam\b"),
        # bogofilter: Spam, Ham, Unsure (before 0.11: Yes, No); DSPAM: Spam, Innocent, Whitelisted.
        ("x-bogosity", r"(spam|yes)\b"),
        ("x-dspam-result", r"spam\b"),
        # eXpurgate: spam, bulk, suspect, clean.
        ("x-purgate-type", r"spam\b"),
        ("x-proofpoint-spam-details", r"(.*\s)?rule=spam(\s|$)"),
        ("x-ses-spam-verdict", r"fail\b"),
        # Microsoft: a spam confidence level of 5 and more goes to Junk; SFV is the verdict of the filter
        # (SPM: spam; SKS: a rule said so before; SKB: a blocked sender).
        ("x-ms-exchange-organization-scl", r"[5-9]\s*$"),
        ("x-forefront-antispam-report", r"(.*;)?\s*(SFV:(SPM|SKS|SKB)|SCL:[5-9])\s*(;|$)"),
    )
)
"""A header field, and the start of its value where the filter says "spam"; filters also write what is not spam."""
_FIELDS = frozenset(name for name, _ in SPAM_MARKS)


def spam_mark(message: Message) -> str | None:
    """The mark of a spam filter: the field and what it says; None where there is none."""
    if _FIELDS.isdisjoint(message.headers):
        return None
    for name, mark in SPAM_MARKS:
        value = message.first(name).strip()
        if value and mark.match(value):
            return f"{name}: {value.lower()[:20]}"
    return None
