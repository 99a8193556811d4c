"""GROUND. Subjects that say something in many languages: that a machine answers, that a mail came back, thanks."""

import re

from monitor.core.subject import base_subject

_AWAY = (
    r"auto(matic|mated)?[- ]?(reply|response|answer)|yahoo! auto(matic|mated)?[- ]?(reply|response|answer)"
    r"|out of (the )?office|auto:"
    r"|away from (my|the) (mail|e-?mail|office|desk)"
    r"|automatische (rück)?antwort|abwesenheit|abwesend:|réponse automatique|message d.absence"
    r"|absen(t|ce) du bureau"
    r"|respuesta automática|fuera de (la )?oficina|resposta automàtica|resposta automática|fora do escritório"
    r"|risposta automatica|fuori (sede|ufficio)|automatisch antwoord|afwezig(heid|:)|autosvar|automatiskt? svar"
    r"|frånvaro|fravær|automaattinen vastaus|poissa toimistolta|automatyczna odpowiedź|poza biurem"
    r"|automatická odpov[eě]ď|mimo kancelář|automatikus válasz|răspuns automat|automatski odgovor"
    r"|samodejni odgovor|αυτόματη απάντηση|автоматический ответ|автоматична відповідь|автоматичен отговор"
    r"|otomatik yanıt|תשובה אוטומטית|رد تلقائي|trả lời tự động"
    r"|自動応答|自動返信|不在通知|自动答复|自动回复|自動回覆|자동 회신|자동 응답|부재중"
)
_CAME_BACK = (
    r"returned (mail|message|e-?mail)|mail (delivery|system) (fail(ed|ure)|error|problem|delayed)"
    r"|undeliverable( mail| message)?:"
    r"|undelivered (mail|message)|undeliverable (mail|message)$|non-?deliver(y|able)[: ](mail|report|notif)"
    r"|delivery status notification"
    r"|delivery (failure|report|problem)|failure notice|mail (could )?not (be )?delivered"
    r"|message (could )?not (be )?delivered"
    r"|warning: could not send message|unzustellbar|nicht zustellbar|zustellung fehlgeschlagen|non remis"
    r"|échec de (la )?remise"
    r"|message non (remis|distribué|délivré)|no se (puede|pudo) entregar|no entregado"
    r"|error (en|de) (la )?entrega"
    r"|non recapitabile|mancato recapito|não (foi|é) possível entregar|não entregue|onbestelbaar|niet bezorgd"
    r"|kunde inte levereras|olevererbart|kan ikke leveres|ikke leveret|toimitus epäonnistui"
    r"|nie można dostarczyć"
    r"|niedostarczon|nedoručitelné|kézbesíthetetlen|недоставленн|не удалось доставить|teslim edilemedi"
    r"|配信不能|配信できません|メールエラー|未送达|无法送达|退信|無法傳遞|배달되지 않음|배달 실패"
)


def _by_first_letter(patterns: str) -> dict[str, str]:
    """The alternatives, each of which begins with a letter, by that letter."""
    found: dict[str, str] = {}
    depth = start = 0
    for at, char in enumerate(patterns + "|"):
        depth += (char == "(") - (char == ")")
        if char == "|" and not depth:
            letter = patterns[start]
            found[letter] = f"{found[letter]}|{patterns[start:at]}" if letter in found else patterns[start:at]
            start = at + 1
    return found


_AUTOMATIC = re.compile(f"{_AWAY}|{_CAME_BACK}", re.IGNORECASE)
_ASCII_AUTOMATIC = {
    letter: re.compile(patterns, re.IGNORECASE)
    for letter, patterns in _by_first_letter(f"{_AWAY}|{_CAME_BACK}").items()
    if letter.isascii()
}
"""The same by the first letter, where that is ASCII: every subject is looked at, and few of 110 patterns begin so."""
_TAGS = re.compile(r"\s*(\[[^\]\[]*\]\s*)*")

_DMARC_REPORT = re.compile(r"report[- ]domain: ?\S+ submitter: ?\S+ report-id:", re.IGNORECASE)

_THANKS = re.compile(
    r"(many thanks|thanks?|thank you|thx|much appreciated"
    r"|danke(schön)?|(vielen|besten|herzlichen|tausend) dank|merci|grand merci|(muchas |mil )?gracias|gràcies"
    r"|(mille |molte )?grazie"
    r"|(muito )?obrigad[oa]|(hartelijk )?(bedankt|dank( u| je)?)|tack( så mycket)?|(tusen |mange )?takk?"
    r"|kiitos|kiitoksia"
    r"|dziękuj[eę]|dzięki|děkuj[iu]|díky|ďakujem|köszön(öm|jük)|mul[țt]umesc|hvala|спасибо|благодарю|дякую"
    r"|ευχαριστώ"
    r"|teşekkür(ler)?|תודה|شكرا|ありがとう(ございます|ございました)?|(谢谢|謝謝|感谢)[你您]?|감사합니다|고맙습니다)"
    r"(?P<rest>(?!\w).*)?",
    re.IGNORECASE,
)
_MOST_REST = 4
"""Words after the thanks, as in "thanks for your quick help"."""


def is_automatic(subject: str) -> bool:
    """Whether a subject begins as those of responders and of mail systems do. People write such too: a weak sign.

    A [tag] of a list may stand before; a reply to one ("Re: Automatic reply: …") does not count.
    """
    at = 0 if subject[:1].isalpha() else _TAGS.match(subject).end()  # type: ignore[union-attr]  # it fits any text
    first = subject[at : at + 1].lower()
    pattern = _ASCII_AUTOMATIC.get(first) if first.isascii() else _AUTOMATIC
    return pattern is not None and pattern.match(subject, at) is not None


def is_dmarc_report(subject: str) -> bool:
    """Whether it is the subject of a DMARC report, whatever type the mail has (RFC 7489 §7.2.1.1)."""
    return subject[:1] in "rR" and _DMARC_REPORT.match(subject) is not None


def is_thanks(subject: str) -> bool:
    """Whether the subject, without its prefixes, is a thank-you and asks nothing."""
    match = _THANKS.fullmatch(base_subject(subject))
    rest = (match["rest"] or "") if match else "?"
    return not any(mark in rest for mark in "?？؟") and len(rest.split()) <= _MOST_REST
