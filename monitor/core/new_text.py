"""GROUND. What somebody wrote new in a mail: its text without quotes, signature and what a telephone adds.

No RFC says how a reply marks what it quotes, but for ">" (RFC 3676 §4.5) and "-- " (§4.3); the rest is how Outlook,
Gmail, Apple Mail, Thunderbird and Lotus Notes write it in the languages they speak.
"""

import re

_QUOTED = re.compile(r"\s*>")
_SIGNATURE = re.compile(r"--\s?")
# The rule of Outlook and Mailman, and "-----Original Message-----" in any language.
_END = re.compile(r"\s*(?:_{20,}|\W{0,2}-{4,} ?[^\s-].{0,200}[^\s-] ?-{4,}\W{0,2})\s*")

_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|schreibt|écrit|escribi[óo]|scritto|escreveu|schreef|skrev|skreiv|kirjoitti"
    r"|napisał\(?a?\)?|napsal\(?a?\)?|írta|написала?\(?а?\)?|пишет|писала?|yazdı|έγραψε|כתב/?ה?|đã viết)\b"
    r".{0,120}[:：]\s*$"
    r"|(?:写道|寫道|のメール|작성).{0,20}[:：]\s*$|< ?[^<>\s]+@[^<>\s]+ ?>[^<>]{0,40}[:：]\s*$",
    re.IGNORECASE,
)
_OPENS_ATTRIBUTION = re.compile(
    r"\s*(?:\d|(?:on|am|le|el|il|em|op|den|dne|dnia|w dniu|på|pe|στις|в|vào|ב|在|于|於)\b|[^:]{0,80}<[^<>\s]*@)",
    re.IGNORECASE,
)
LINES_OF_ATTRIBUTION = 3

_FROM = "from|von|de|da|van|från|fra|lähettäjä|od|feladó|от|kimden|gönderen|από|מאת|từ|发件人|寄件者|差出人|보낸 ?사람"
_SENT = (
    "sent|date|to|gesendet|datum|an|envoyé|à|enviado|fecha|para|inviato|data|a|verzonden|aan|skickat|till|sendt|til"
    "|dato|lähetetty|vastaanottaja|wysłano|do|odesláno|komu|elküldve|címzett|отправлено|дата|кому|gönderildi|tarih"
    "|kime|στάλθηκε|προς|נשלח|אל|đã gửi|发送时间|收件人|寄件日期|收件者|送信日時|宛先|보낸 ?날짜|받는 ?사람|subject"
    "|betreff|objet|asunto|oggetto|assunto|onderwerp|ämne|emne|aihe|temat|předmět|tárgy|тема|konu|θέμα|主题|主旨"
    "|件名|제목"
)
_FROM_LINE = re.compile(rf"\W{{0,3}}(?:{_FROM})\W{{0,3}}[:：]", re.IGNORECASE)
_SENT_LINE = re.compile(rf"\W{{0,3}}(?:{_SENT})\W{{0,3}}[:：]", re.IGNORECASE)

_FOOTER = re.compile(
    r"\s*(?:(?:[Ss]ent|SENT) (?:from|via|with|using) (?:my |the )?(?:\w*[A-Z0-9]|phone|mobile|tablet)NAME"
    r"|Get Outlook for NAME|Von mein(?:em|er)? NAME gesendet|Gesendet (?:von|mit|über) NAME"
    r"|Envoyé (?:de|depuis|avec|à partir) NAME|Enviado (?:desde|do|da|de|a partir) NAME"
    r"|Inviato (?:da|dal|dalla|con) NAME|(?:Verstuurd|Verzonden) (?:vanaf|met|via|van) NAME|Skickat från NAME"
    r"|Sendt (?:fra|frå) NAME|Lähetetty NAME|Wysłan[aeoy] z NAME|Odesláno z NAME|Küldve NAME|Отправлено (?:с|из) NAME"
    r"|NAME gönderildi|Στάλθηκε από NAME|נשלח מהNAME|Đã gửi từ NAME|[发發]自NAME|[从從]我的NAME[发發傳]送"
    r"|NAMEから送信|NAME에서 보냄)(?:\s?<[^<>]*>)?[.。!]?\s*".replace("NAME", r"[\w'’&()/+ -]{2,40}")
)


def new_text(text: str) -> str:
    """The lines of a plain text that its writer added, without those that are blank. Total; linear in the text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        after = _after_attribution(lines, at)
        if after:
            if not _quote_follows(lines, after):
                break  # quoted without marks: all that follows is old
            at = after
            continue
        if _SIGNATURE.fullmatch(line) or _END.fullmatch(line) or _is_header_block(lines, at):
            break
        if line.strip() and not _QUOTED.match(line) and not _FOOTER.fullmatch(line):
            kept.append(line.strip())
        at += 1
    return "\n".join(kept)


def _after_attribution(lines: list[str], at: int) -> int:
    """The line after "On …, Jane wrote:", which may be broken over three; 0 where none begins here."""
    if not lines[at].strip() or _QUOTED.match(lines[at]):
        return 0
    if _WROTE.search(lines[at][-300:]) and (_is_dated(lines[at]) or _quote_follows(lines, at + 1)):
        return at + 1
    # Only what opens like one, with a date, may go on: else a line of thanks before it would go with it.
    if not (_is_dated(lines[at]) and _OPENS_ATTRIBUTION.match(lines[at])):
        return 0
    for end in range(at + 2, min(at + LINES_OF_ATTRIBUTION, len(lines)) + 1):
        whole = " ".join(line.strip() for line in lines[at:end])
        if not lines[end - 1].strip():
            return 0
        if _WROTE.search(whole[-300:]):
            return end
    return 0


def _is_dated(line: str) -> bool:
    """Somebody's own "She wrote:" has neither a date nor an address."""
    return "@" in line or any(c.isdigit() for c in line)


def _quote_follows(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return _QUOTED.match(following) is not None


def _is_header_block(lines: list[str], at: int) -> bool:
    """Outlook's "From: … Sent: … To: …", in bold or plain, in its languages."""
    return _FROM_LINE.match(lines[at]) is not None and any(map(_SENT_LINE.match, lines[at + 1 : at + 5]))


# -- HTML

_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(/?)([a-z][a-z0-9]*)[^<>]*(?:>|\Z)|<[!?/][^<>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL
)
_HIDDEN = frozenset({"style", "script", "head", "title", "template"})
_BLOCKS = "address article blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul"
_LINES = frozenset(_BLOCKS.split())
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_LONG_REFERENCE = re.compile(r"&#x?[0-9a-f]{9,};?", re.IGNORECASE)


def plain_text(source: str) -> str:
    """The text of HTML mail as a reader sees it, a line for each block, what is in <blockquote> marked with "> ".

    Crude, linear and total: broken, cut off and hostile HTML gives some text.
    """
    lines, hidden, depth, at = [""], "", 0, 0
    for token in _TOKEN.finditer(source):
        if not hidden:
            lines[-1] += source[at : token.start()]
        at = token.end()
        name = (token[2] or "").lower()
        if name in _HIDDEN and (not hidden or name == hidden):
            hidden = "" if token[1] else name
        elif name in _LINES and not hidden:
            depth = max(0, depth + (-1 if token[1] else 1)) if name == "blockquote" else depth
            lines.append("> " * depth)
    if not hidden:
        lines[-1] += source[at:]
    return "\n".join(_readable(line) for line in lines).strip()


def _readable(line: str) -> str:
    import html  # not above: its 2,231 names of characters come with the first text that is read

    # int() refuses thousands of digits, and no character has a number of nine.
    return _BLANKS.sub(" ", html.unescape(_LONG_REFERENCE.sub("\ufffd", line))).strip()
