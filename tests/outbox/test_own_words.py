"""An operator's own templates and messages stand in for the shipped ones, each alone; what is wrong is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.outbox.letters import Letters
from tests.outbox.rendered import LETTERS, TRANSLATED, staff_letters
from tests.outbox.samples import reminder
from tests.outbox.test_catalogues import each_language


@each_language
def test_an_operator_overrides_one_message_and_keeps_the_others(tmp_path: Path, code: str) -> None:
    (tmp_path / "locale").mkdir()
    own = 'msgid "To make this stop"\nmsgstr "Ours"\n\nmsgid "No such message"\nmsgstr "x"\n'
    (tmp_path / "locale" / f"{code}.po").write_text(own, encoding="utf-8")
    letters = Letters(tmp_path)
    assert letters.faults == ()
    rendered, shipped = dict(staff_letters(code, letters))["reminder"], TRANSLATED[code]["reminder"]
    assert "\nOURS\n" in rendered.text
    assert rendered.subject == shipped.subject
    changed = [a for a, b in zip(rendered.text.splitlines(), shipped.text.splitlines(), strict=True) if a != b]
    assert changed == ["OURS"]


def test_english_words_can_be_overridden_too(tmp_path: Path) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "en.po").write_text('msgid "To make this stop"\nmsgstr "What helps"\n', encoding="utf-8")
    assert "\nWHAT HELPS\n" in Letters(tmp_path).render_reminder(reminder()).text


def test_an_operator_overrides_one_template_for_all_languages(tmp_path: Path) -> None:
    own = '{% import "reminder.words.txt" as say %}\n{{ say.headline(page) }}\n'
    (tmp_path / "reminder.txt").write_text(own, encoding="utf-8")
    for code in ("de", "fr"):
        letters = dict(staff_letters(code, Letters(tmp_path)))
        assert (
            letters["reminder"].text
            == LETTERS.render_reminder(replace(reminder(), language=code)).text.split("\n\n")[0] + "\n"
        )
        assert letters["reminder"].html == TRANSLATED[code]["reminder"].html
        assert letters["opening"] == TRANSLATED[code]["opening"]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("reminder.txt", "fine\n{% if %}", "reminder.txt: line 2: Expected an expression"),
        ("parts.html", "{{ 'é' }}".encode("latin-1"), "parts.html: it is not UTF-8 text"),
        ("locale/es.po", "", "locale/es.po: letters are written in de, en, fr only"),
        ("locale/de.po", 'msgid "a"\nmsgstr "b"\nnonsense\n', "locale/de.po: line 3: "),
        ("locale/de.po", "msgid \"\xe9\"\nmsgstr \"b\"\n".encode("latin-1"), "locale/de.po: "),
        ("locale/de.po", 'msgid "to %(mailbox)s"\nmsgstr "an %(postfach)s"\n',
         'locale/de.po: "to %(mailbox)s": %(postfach)s is no value of it'),
        ("locale/de.po", 'msgid "to %(mailbox)s"\nmsgstr "an das Postfach"\n',
         'locale/de.po: "to %(mailbox)s": %(mailbox)s is missing'),
        ("locale/de.po", 'msgid "Oldest first."\nmsgstr "100% alt."\n',
         'locale/de.po: "Oldest first.": a % that is no value is written %%'),
    ],
)  # fmt: skip
def test_an_own_file_that_is_broken_is_named_with_its_fault(
    tmp_path: Path, name: str, content: str | bytes, fault: str
) -> None:
    (tmp_path / "locale").mkdir()
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    letters = Letters(tmp_path)
    (found,) = letters.faults
    assert found.startswith(f"{tmp_path}/{fault}")
    if "locale" in name:
        assert dict(staff_letters("de", letters)) == TRANSLATED["de"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert Letters(tmp_path / "nowhere").faults == (f"{tmp_path}/nowhere: there is no such folder",)


def test_a_file_that_is_no_template_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("{% if", encoding="utf-8")
    assert Letters(tmp_path).faults == ()
