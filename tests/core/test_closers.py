"""Mails that only say thanks, told from those that thank and ask (rules.md §4). All texts are invented."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.closers import looks_like_closer

CLOSERS = (
    "Thanks!",
    "Hi Eva,\n\nthat did it, thank you so much.\n\nBest wishes\nAnn",
    "Perfect, cheers",
    "thx :-)",
    "Great – THANKS for your help ;)",
    "Danke, hat geklappt.",
    "Vielen Dank für die schnelle Antwort!",
    "Merci beaucoup, bonne journée",
    "Muchas gracias por la ayuda.",
    "Grazie mille, buona giornata",
    "Obrigada, tudo certo.",
    "Hartelijk bedankt!",
    "Tack så mycket!",
    "Tusen takk",
    "Mange tak",
    "Tak skal du have",
    "Kiitos paljon avusta!",
    "Dziękuję bardzo, pozdrawiam",
    "Děkuji mockrát",
    "Köszönöm szépen!",
    "Большое спасибо!",
    "Çok teşekkür ederim",
    "Ευχαριστώ πολύ!",
    "תודה רבה",
    "شكراً جزيلاً",
    "Cảm ơn bạn",
    "谢谢，收到了。",
    "謝謝您的幫助！",
    "ありがとうございました。助かりました。",
    "감사합니다!",
)


@pytest.mark.parametrize("text", CLOSERS)
def test_thanks_and_nothing_else_close(text: str) -> None:
    assert looks_like_closer(text)


@pytest.mark.parametrize("mark", "?？؟՞⁇‽⸮፧\u037e" + "¿")
def test_a_question_mark_of_any_script_asks(mark: str) -> None:
    assert not looks_like_closer(f"Ευχαριστώ {mark}")


@pytest.mark.parametrize(("text", "closes"), [("Ευχαριστώ; και το κλειδί;", False), ("Thanks ;) bye", True)])
def test_a_semicolon_asks_in_greek_and_smiles_elsewhere(text: str, closes: bool) -> None:
    assert looks_like_closer(text) == closes


@pytest.mark.parametrize("text", ["Thanks, room 12", "Danke, bis 5", "شكراً ٣", "谢谢，１２号"])
def test_a_digit_in_any_script_says_something(text: str) -> None:
    assert not looks_like_closer(text)


STILL_WAITING = (
    "Thanks, but the door is closed",
    "Thanks. The lamp still flickers.",
    "Thanks, not working",
    "Thanks – it doesn't open",
    "Thanks, it doesn’t open",
    "Thanks, how do I get in",
    "Thanks, could you send the key",
    "Thanks, can you open the door",
    "Thanks. Is it open",
    "Did it open\nThanks",
    "Thanks. Please open the door",
    "Thanks in advance",
    "Thanks, I await your reply",
    "Thanks, let me know",
    "Thanks, call me",
    "Thanks. Let's meet on the roof",
    "Thanks, Tuesday then",
    "Thanks. One more thing: the lamp",
    "No, thanks",
    "Danke, aber die Tür ist zu",
    "Danke, die Lampe flackert noch",
    "Danke im Voraus",
    "Danke, könnten Sie die Tür öffnen",
    "Danke, konnten Sie die Tur offnen",
    "Merci, mais la porte est fermée",
    "Merci d'avance",
    "Merci, ça ne marche pas",
    "Gracias, pero la puerta está cerrada",
    "Gracias de antemano",
    "Grazie, però la porta è chiusa",
    "Grazie in anticipo",
    "Obrigado, mas a porta está fechada",
    "Bedankt, maar de deur is dicht",
    "Bij voorbaat dank",
    "Tack, men dörren är stängd",
    "Tack på förhand",
    "Takk, men døren er lukket",
    "Kiitos, mutta ovi on kiinni",
    "Kiitos etukäteen",
    "Dziękuję, ale drzwi są zamknięte",
    "Dziękuję z góry",
    "Děkuji, dveře však drží",
    "Köszönöm, de még zárva",
    "Спасибо, но дверь закрыта",
    "Заранее спасибо",
    "Teşekkürler, ama kapı kapalı",
    "Ευχαριστώ, αλλά η πόρτα έκλεισε",
    "תודה, אבל הדלת סגורה",
    "Cảm ơn, nhưng cửa đóng",
    "谢谢，但是门关着",
    "谢谢，请开门",
    "谢谢，门开了吗",
    "ありがとうございます。ただ、閉まっています。",
    "ありがとうございます。よろしくお願いします。",
    "감사합니다. 하지만 문이 닫혔습니다",
)


@pytest.mark.parametrize("text", STILL_WAITING)
def test_thanks_that_go_on_or_ask_do_not_close(text: str) -> None:
    assert not looks_like_closer(text)


@pytest.mark.parametrize("text", ["", "OK", "See you there", "Tak.", "Tak, mam", "> Thanks!", "Thankfully open"])
def test_without_a_word_of_thanks_nothing_closes(text: str) -> None:
    """Polish "tak" is yes."""
    assert not looks_like_closer(text)


@pytest.mark.parametrize(
    ("twelve", "more"),
    [
        ("Thanks " + "lovely " * 11, "lovely"),
        ("Thanks, l'été " + "lovely " * 9, "lovely"),
        ("谢谢" + "好" * 22, "好"),
        ("Thanks " + "好" * 22, "好"),
    ],
)
def test_twelve_words_are_short_enough_and_thirteen_are_not(twelve: str, more: str) -> None:
    assert looks_like_closer(twelve)
    assert not looks_like_closer(twelve + more)


def test_what_is_quoted_counts_for_nothing() -> None:
    assert looks_like_closer(
        "Thanks!\n\nOn Monday, 9 November 2026 Info wrote:\n> Is room 12 still cold?\n> Please tell us."
    )


def test_a_question_below_the_quote_is_seen() -> None:
    assert not looks_like_closer(
        "Thanks!\n\nOn 9 November 2026 Info wrote:\n> Room 12 is warm.\n\nAnd room B, too, I hope?"
    )


@given(
    st.sampled_from(CLOSERS), st.sampled_from(["Is it open?", "but no", "Bitte warten", "Room 4", "请"]), st.booleans()
)
def test_whoever_asks_beside_a_closer_is_heard(closer: str, asks: str, before: bool) -> None:
    assert not looks_like_closer(f"{asks}\n{closer}" if before else f"{closer}\n{asks}")


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    assert looks_like_closer(text) in (True, False)


@pytest.mark.parametrize(
    "piece", ["On 1 ", "<a@", "wrote ", "\n>", "--", "- ", "_", "From:\n", "Sent from A", "n't ", "谢", "thanks "]
)
def test_two_kilobytes_of_hostile_text_take_no_time(piece: str) -> None:
    began = time.process_time()
    looks_like_closer((piece * 2048)[:2048])
    assert time.process_time() - began < 0.2
