"""The base subject: prefixes, counters and tags that mail clients really write (rules.md §2)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.subject import LONGEST_KEY, base_subject, has_reply_prefix, is_generic, subject_key, words_of

REPLIES = (
    "Re|RE|re|AW|Antw|Antwort|SV|VS|Sv|Réf.|RES|RIF|R|Odp|Vá|YNT|Ynt|ΑΠ|ΣΧΕΤ|תגובה|השב|Ответ|Отв"
    "|回复|回覆|答复|返信|답장|회신|Trả lời"
)
FORWARDS = "Fwd|Fw|WG|Doorst|VB|VL|TR|RV|ENC|I|PD|FS|İLT|ILT|ΠΡΘ|הועבר|Пересл|转发|轉寄|転送|전달"


@pytest.mark.parametrize("prefix", f"{REPLIES}|{FORWARDS}".split("|"))
@pytest.mark.parametrize("after", [": ", ":", " : ", "：", "[2]: ", "(3): ", "^2: ", "*2: "])
def test_every_known_prefix_goes_with_any_counter_and_colon(prefix: str, after: str) -> None:
    assert base_subject(f"{prefix}{after}Parking permit") == "Parking permit"


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Parking permit", "Parking permit"),
        ("Re: Fwd: AW: Parking permit", "Parking permit"),
        ("[EXTERNAL] Re: [desk] Parking permit", "Parking permit"),
        ("[a][b] Parking permit", "Parking permit"),
        ("Parking permit (fwd)", "Parking permit"),
        ("Fwd: Parking permit (fwd) (fwd)", "Parking permit"),
        ("  Parking \t permit ", "Parking permit"),
        ("I saw your car", "I saw your car"),
        ("Regarding: permit", "Regarding: permit"),
        ("Order: 12", "Order: 12"),
        ("R2-D2: permit", "R2-D2: permit"),
        ("Permit, I: yes", "Permit, I: yes"),
        ("Re:Permit", "Permit"),
        ("Re[2]: Re(2): Re^2: Re*2: Permit", "Permit"),
        ("RE（2）：Permit", "Permit"),
        ("Réf. : Permit", "Permit"),
        ("Re\u0301f.: Permit", "Permit"),
        ("i̇lt: Permit", "Permit"),
        ("\u200fהשב: היתר חניה", "היתר חניה"),
        ("[desk] I: Permit", "Permit"),
        ("Ich: Permit", "Ich: Permit"),
        ("I Permit: yes", "I Permit: yes"),
        ("Re Permit: yes", "Re Permit: yes"),
        ("Re2: Permit", "Re2: Permit"),
        ("Re[a]: Permit", "Re[a]: Permit"),
        ("[Fwd: Parking permit]", "Parking permit"),
        ("Re: [Fwd: [desk] Re: Parking permit (fwd)]", "Parking permit"),
        ("[Fwd: a lamp] and a desk", "and a desk"),
        ("[Fwd: ]", "[Fwd: ]"),
        ("[desk] [tag]", "[tag]"),
        ("Re: Re:", "Re:"),
        ("Re: (fwd)", "Re:"),
        ("(fwd)", "(fwd)"),
        ("[tag]", "[tag]"),
        ("Re:", "Re:"),
        ("", ""),
    ],
)
def test_base_subject(subject: str, base: str) -> None:
    assert base_subject(subject) == base


PIECES = [
    "Re",
    "R",
    "Fwd",
    "[",
    "]",
    "[desk]",
    "[Fwd:",
    "(fwd)",
    "(",
    ")",
    ":",
    "：",
    "^2",
    "[2]",
    " ",
    "\u200f",
    "i",
    "\u0307",
    "permit",
]
SUBJECTS = st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@given(SUBJECTS)
def test_the_base_of_a_base_is_itself_and_nothing_loops(subject: str) -> None:
    base = base_subject(subject)
    assert base_subject(base) == base


@given(SUBJECTS)
def test_no_subject_is_eaten_whole(subject: str) -> None:
    assert base_subject(subject) or not any(c.isprintable() and not c.isspace() for c in subject)


@given(SUBJECTS, st.sampled_from(f"{REPLIES}|{FORWARDS}".split("|")))
def test_one_prefix_more_changes_no_key(subject: str, prefix: str) -> None:
    assert subject_key(f"{prefix}: {subject}") == subject_key(subject)


@pytest.mark.parametrize("prefix", REPLIES.split("|"))
@pytest.mark.parametrize(
    "subject", ["{}: permit", "[desk] {}:permit", "Fwd: [desk] {}[2]: permit", "[Fwd: {}: permit]", "{}:"]
)
def test_a_reply_prefix_is_seen_among_tags_and_forwards(prefix: str, subject: str) -> None:
    assert has_reply_prefix(subject.format(prefix))


@pytest.mark.parametrize("prefix", FORWARDS.split("|"))
def test_a_forward_prefix_is_no_reply(prefix: str) -> None:
    assert not has_reply_prefix(f"[desk] {prefix}: permit")


@pytest.mark.parametrize(
    "subject", ["", "permit", "[Re: permit", "Permit Re: lamp", "Regarding: permit", "permit (fwd)", "Re permit"]
)
def test_what_only_looks_like_a_reply_prefix(subject: str) -> None:
    assert not has_reply_prefix(subject)


GENERIC = (
    "Hello; HELLO!; Question; Your invoice 4711; Order #12-34; request; Info; help; Contact; message; Thanks :-); ???"
    "; 4711; Re:; Trả lời:; (no subject)"
    "; Question about your order; Ihre Rechnung Nr. 4711; Kein Betreff; Frage zur Bestellung"
    "; Vraag over factuur; Fråga om beställning; Spørgsmål; Spørsmål om faktura; Kysymys; Spurning; Sans objet"
    "; Demande d'aide; demande d’information; Consulta; PREGUNTA; Dúvida; duvida; Domanda; nessun oggetto; Zapytanie"
    "; zalacznik; Załącznik; Kérdés; tárgy nélkül; Soru; BİLGİ; Bilgi; SİPARİŞ; Ερώτηση; ΕΡΩΤΗΣΗ; שאלה; ללא נושא"
    "; Вопрос; без темы; Добрый день; 问题; 關於發票的問題; 无主题; お問い合わせ; ご注文の件; 無題; 문의드립니다"
    "; 제목 없음; Câu hỏi; không có tiêu đề; "
)


@pytest.mark.parametrize("base", GENERIC.split("; "))
def test_a_generic_subject_ties_nothing(base: str) -> None:
    assert is_generic(words_of(base))
    assert subject_key(f"Re: {base}") == ""


@pytest.mark.parametrize(
    "base",
    [
        "Parking",
        "Parking permit",
        "Order of the lamp",
        "Frage zur Heizung",
        "停车许可证",
        "駐車場の件",
        "주차 문의",
        "σχετικά με το πάρκινγκ",
    ],
)
def test_one_word_that_says_something_is_enough_not_to_be_generic(base: str) -> None:
    assert not is_generic(words_of(base))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Parking permit", "RE: [desk] parking  PERMIT!"),
        ("“Parking” – permit", '"Parking" - permit'),
        ("Parking_permit", "Parking permit"),
        ("Straße gesperrt", "STRASSE GESPERRT"),
        ("Otopark İzni", "otopark izni"),
        ("Ｐａｒｋｉｎｇ permit", "Parking permit"),
        ("回复：停车许可证", "停车许可证"),
        ("Cafe\u0301 terrasse", "Café terrasse"),
    ],
)
def test_subjects_of_one_key(one: str, other: str) -> None:
    assert subject_key(one) == subject_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("Room 12 cold", "Room 13 cold"), ("Parking permit", "Parking permits"), ("काला पानी", "काली पानी")],
)
def test_subjects_of_two_keys(one: str, other: str) -> None:
    assert "" != subject_key(one) != subject_key(other) != ""


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        ("Parking", ""),
        ("Parking 17", ""),
        ("Parking - 17 - 4", ""),
        ("停车许", ""),
        ("停车许可", "停车许可"),
        ("주차허가", "주차허가"),
        ("駐車 場", "駐車 場"),
        ("Room 12 is cold", "room 12 is cold"),
    ],
)
def test_fewer_than_two_words_tie_nothing(subject: str, key: str) -> None:
    assert subject_key(subject) == key


@given(st.text(max_size=300))
def test_a_key_is_short_and_its_blanks_are_single(subject: str) -> None:
    key = subject_key(subject)
    assert len(key) <= LONGEST_KEY
    assert key == " ".join(key.split())


def test_a_key_is_cut_to_its_length() -> None:
    assert len(subject_key("abc " * 100)) == LONGEST_KEY - 1


@pytest.mark.parametrize(
    "piece",
    [
        "[fwd:",
        "[Fwd: ",
        "Re:",
        "r",
        "[",
        "[]",
        "Re[1",
        "Re (",
        "re ",
        "(fwd)",
        "a.",
        "i\u0307",
        "に",
        "ございま",
        "ご",
        "\ufdfa",
        "Re: [",
        "trả ",
    ],
)
@pytest.mark.parametrize("end", ["", "]", "x", ":"])
def test_255_hostile_characters_take_no_time(piece: str, end: str) -> None:
    hostile = (piece * 255)[: 255 - len(end)] + end
    began = time.process_time()
    subject_key(hostile)
    has_reply_prefix(hostile)
    assert time.process_time() - began < 0.1
