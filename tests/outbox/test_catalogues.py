"""The catalogues are complete and true: every message in every language, with its values, and nothing else."""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

from monitor.outbox.catalogues import fault_of, message_name, messages, read_catalogue

ROOT = Path(__file__).parents[2]
LANGUAGES = ("de", "fr")
NO_WORDS = {"%(day)s, %(time)s", "%(team)s %(count)s", "%(sentence)s %(fault)s", "%(weekday)s %(time)s"} | {
    "%(note)s %(mark)s",
    "%(label)s: %(figure)s",
    "%(team)s %(length)s",
    "%(headline)s (%(organisation)s, %(month)s)",
    "%(from_team)s → %(to_team)s",
    "%(week)s (%(length)s)",
    "%(some)s, %(one)s",
    "%(some)s %(one)s",
}
"""Messages that are only values: they may stay as they are."""
SAME_WORDS = {"%(n)s minute", "Team", "Partner", "Messages", "messages"}
"""Words that a language shares with English."""

each_language = pytest.mark.parametrize("code", LANGUAGES)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make messages` finds in templates and program."""
    found = tmp_path_factory.mktemp("messages") / "found.pot"
    words = ["pybabel", "--quiet", "extract", "--mapping", "pyproject.toml", "-k", "say", "-k", "say_n:1,2"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        CommandLineInterface().run([*words, "--omit-header", "--output", str(found), "."])
    return read_po(BytesIO(found.read_bytes()))


def catalogue(code: str) -> Catalog:
    return read_catalogue(ROOT / "templates" / "locale" / f"{code}.po", code)


def key(message: Message) -> tuple[str | None, object]:
    return message.context, message.id


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_there_is_something_to_translate(wanted: Catalog) -> None:
    assert len(list(messages(wanted))) > 100


@each_language
def test_every_message_is_translated_and_none_is_left_over(wanted: Catalog, code: str) -> None:
    there, asked = {key(m) for m in messages(catalogue(code)) if all(forms(m))}, {key(m) for m in messages(wanted)}
    assert sorted(map(str, asked - there)) == []
    assert sorted(map(str, there - asked)) == []
    assert list(catalogue(code).obsolete) == []


@each_language
def test_no_translation_is_a_guess(code: str) -> None:
    assert [m.id for m in messages(catalogue(code)) if m.fuzzy] == []


@each_language
def test_every_translation_has_the_values_of_its_message_in_all_plural_forms(code: str) -> None:
    found = catalogue(code)
    assert [f"{message_name(m)}: {fault}" for m in messages(found) if (fault := fault_of(m))] == []
    assert {len(forms(m)) for m in messages(found) if m.pluralizable} == {found.num_plurals}


@each_language
def test_no_message_was_left_in_english(code: str) -> None:
    same = {m.id[0] if m.pluralizable else m.id for m in messages(catalogue(code)) if forms(m)[0] in m.id}
    assert same <= NO_WORDS | SAME_WORDS


def test_french_has_its_spaces_before_punctuation() -> None:
    wrong = re.compile(r"[^\s\u202f«:/][;!?]|[^\u202f]%%|[ \w)’”][:](?!\w)|«[^\u00a0]|[^\u00a0]»| [;:!?»]")
    texts = [text for m in messages(catalogue("fr")) for text in forms(m)]
    assert [text for text in texts if wrong.search(text)] == []


def test_german_has_its_quotation_marks_and_spaces() -> None:
    texts = [text for m in messages(catalogue("de")) for text in forms(m)]
    assert [text for text in texts if re.search(r"\"|[^\u00a0]%%|“(?=\w)|\bdu\b|\bdein", text)] == []


@each_language
def test_a_catalogue_begins_with_its_glossary(code: str) -> None:
    head = (ROOT / "templates" / "locale" / f"{code}.po").read_text(encoding="utf-8")[:400]
    assert "Glossary" in head


def sentences() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "monitor").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "monitor.core.said" in source else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "say_n"):
                yield f"{path.name}:{node.lineno}", node


def test_a_sentence_of_the_program_is_a_literal_so_that_it_can_be_found() -> None:
    found = list(sentences())
    assert len(found) > 40
    for where, call in found:
        texts = call.args[: 2 if isinstance(call.func, ast.Name) and call.func.id == "say_n" else 1]
        assert all(isinstance(text, ast.Constant) and isinstance(text.value, str) for text in texts), where
        places = {place for text in texts for place in re.findall(r"%\((\w+)\)s", ast.literal_eval(text))}
        assert places - {"n"} == {keyword.arg for keyword in call.keywords} - {"n"}, where
