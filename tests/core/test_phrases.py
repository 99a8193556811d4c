"""Subjects in many languages: a machine's answer, a mail that came back, thanks."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.core.phrases import _AUTOMATIC, is_automatic, is_thanks


@pytest.mark.parametrize(
    "subject",
    [
        "Auto reply: x", "Autoreply", "Automated response", "Yahoo! Auto Response", "Message d'absence : x",
        "Automatisk svar: x", "Fravær: x", "Fora do escritório: x", "Automatski odgovor: x", "Răspuns automat: x",
        "Αυτόματη απάντηση: x", "自動返信: x", "自动回复: x", "부재중: x", "[Users] Out of office: x",
        "failure notice", "Mail System Error - Returned Mail", "Unzustellbar: x", "Non remis : x",
        "No se puede entregar: x",
        "Não é possível entregar: x", "Onbestelbaar: x", "Не удалось доставить: x", "配信不能: x", "无法送达: x",
    ],
)  # fmt: skip
def test_an_automatic_subject_in_any_language(subject: str) -> None:
    assert is_automatic(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Automatic reply: x", "Undeliverable parcel", "My delivery", "The automatic door",
        "Question about auto reply", "Office hours", "Autobahn", "Returned parcel", "",
    ],
)  # fmt: skip
def test_a_subject_of_a_person(subject: str) -> None:
    assert not is_automatic(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Thanks", "thank you!", "Re: Thanks for your help", "[Desk] Re: Many thanks", "Danke", "AW: Vielen Dank!",
        "Dankeschön",
        "Merci beaucoup", "Muchas gracias", "Grazie mille", "Obrigada", "Bedankt", "Tack så mycket", "Tusen takk",
        "Kiitos",
        "Dziękuję bardzo", "Děkuji", "Спасибо", "Teşekkürler", "ありがとうございます", "谢谢您", "감사합니다",
    ],
)  # fmt: skip
def test_a_thank_you(subject: str) -> None:
    assert is_thanks(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "A parking permit", "Thanksgiving opening hours", "Thanks, but when will it come?", "Tackle box",
        "Re: Merchandise",
        "Thank you letter for the twelve volunteers of June", "No thanks", "Dankbarkeit", "",
    ],
)  # fmt: skip
def test_what_is_more_than_thanks(subject: str) -> None:
    assert not is_thanks(subject)


@given(st.one_of(st.from_regex(_AUTOMATIC), st.text(max_size=12)), st.sampled_from((str, str.upper, str.title)))
def test_looking_by_the_first_letter_finds_what_all_patterns_find(text: str, written: Callable[[str], str]) -> None:
    subject = written(text)
    assume(subject[:1].isalpha())
    assert is_automatic(subject) == (_AUTOMATIC.match(subject) is not None)
    assert is_automatic(f" [desk] [x]{subject}") == is_automatic(subject)
