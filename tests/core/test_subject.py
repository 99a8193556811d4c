"""The base subject: prefixes, counters and tags that mail clients really write (rules.md §2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.subject import base_subject

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
        ("[tag]", "[tag]"),
        ("Re:", "Re:"),
        ("", ""),
    ],
)
def test_base_subject(subject: str, base: str) -> None:
    assert base_subject(subject) == base


@given(st.text(max_size=80))
def test_the_base_of_a_base_is_itself_and_nothing_loops(subject: str) -> None:
    base = base_subject(subject)
    assert base_subject(base) == base
