"""FLOOR 1. Links that open a ready-made mail (RFC 6068). Nothing happens until a person sends it: no scanner does."""

from urllib.parse import quote


def mailto(to: str, subject: str, line: str) -> str:
    """A mail to `to` with this subject and this one line of text.

    All but letters, digits and `-._~` is percent-encoded, blanks as %20 (RFC 6068 §2: "+" is a plus), so that nothing
    in it can begin a further header field or address.
    """
    return f"mailto:{quote(to, safe='@')}?subject={quote(subject, safe='')}&body={quote(line, safe='')}"
