"""The HTML and text parts keep the rules of mail programs: Word, Gmail, dark, phone, and 76 columns."""

import re
from dataclasses import replace

from monitor.outbox.letters import Rendered
from monitor.outbox.plain import COLUMNS
from tests.outbox.rendered import ALL, DRAWN, EVERY, LETTERS, each_letter, forty
from tests.outbox.samples import acting, reminder


def test_even_the_worst_list_is_not_cut() -> None:
    worst = tuple(acting(replace(one, subject="&<>\"'" * 51, context=("&" * 900,))) for one in forty())
    rendered = LETTERS.render_reminder(reminder(worst))
    assert len(rendered.html.encode()) < 90_000
    assert rendered.subject.startswith("40 people")
    assert re.search(r"\d+ more messages wait", rendered.text)


def test_forty_people_with_all_that_can_be_done_are_one_letter() -> None:
    assert ALL["forty"].html.count('href="mailto:') == 120
    assert "more messages wait" not in ALL["forty"].text


@each_letter
def test_text_part_is_written_for_76_columns(letter: Rendered) -> None:
    links = "    Open message: "
    assert [one for one in letter.text.splitlines() if len(one) > COLUMNS and not one.startswith(links)] == []
    assert not re.search(r"&(amp|nbsp|middot|lt);|\n\n\n", letter.text)
    hostile = [each for name, each in EVERY.items() if name.startswith("hostile")]
    assert letter in hostile or not re.search(r"</?(td|tr|p|br|span|div)\b", letter.text)
    assert "mailto:" not in letter.text


LIGHT = (
    "#14222b on #ecf0f1", "#55626b on #ecf0f1", "#55626b on #f1f5f5", "#b3261e on #f1f5f5", "#8a5300 on #ffffff",
    "#0b6b61 on #e0f0ed", "#ffffff on #0b6b61", "#14222b on #fff3e0",
    "#14222b on #d3e8e5", "#14222b on #f3c374", "#55626b on #eef2f3", "#ffffff on #8a5300", "#ffffff on #20776c",
    "#14222b on #7fbeb7", "#14222b on #f1b550", "#14222b on #e8f3f1", "#0b6b61 on #e8f3f1", "#ffffff on #56708c",
)  # fmt: skip


DARK = (
    "#edf2f2 on #0f1416", "#a9b5b9 on #242c30", "#ff8a80 on #242c30", "#f0b557 on #1a2024", "#6fd3c6 on #1f3a38",
    "#0c1a1a on #5ac2b6", "#edf2f2 on #35291a", "#6fd3c6 on #1a2024",
    "#edf2f2 on #24443f", "#a9b5b9 on #20282c", "#14222b on #dd9a36", "#14222b on #ffcb80", "#0c1a1a on #62c9bc",
    "#edf2f2 on #205049", "#edf2f2 on #256f66", "#6fd3c6 on #17302d", "#edf2f2 on #17302d", "#0c1a1a on #7d98b8",
)  # fmt: skip


def test_contrast_is_enough_in_both_schemes() -> None:
    style = " ".join(rendered.html for rendered in (ALL | DRAWN).values())
    for ink, paper in (pair.split(" on ") for pair in LIGHT + DARK):
        assert ink in style
        assert paper in style
        assert _contrast(ink, paper) >= 4.5, (ink, paper)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2: the ratio of relative luminances."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
