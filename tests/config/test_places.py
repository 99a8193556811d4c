"""A mistake is shown where it stands, however the file is written: the line, and a caret under the very word."""

from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from tests.config.conftest import RIGHT, Refuser


def caret(told: str) -> tuple[str, str]:
    """The line that is shown, and what stands above the caret."""
    _, line, marks, *_ = told.split("\n")
    line, marks = line[9:], marks[9:]
    start = marks.index("^")
    return line, line[start : start + marks.count("^")]


@pytest.mark.parametrize(
    ("spoils", "place", "word"),
    [
        ("target = { gaol = 3 }\n{}", "1:12", "gaol"),
        ("target.gaol = 3\n{}", "1:8", "gaol"),
        ("\"target\" . 'gaol' = 3\n{}", "1:12", "'gaol'"),
        ('target."g\\u0061ol" = 3\n{}', "1:8", '"g\\u0061ol"'),
        ("{}[target]\n\t gaol = 3\n", "13:3", "gaol"),
        ("reminder = [{ to = 'owners' }, { atfer = '1h' }]\n{}", "1:34", "atfer"),
        ("reminder = [\n  { to = 'owners' },\n  { atfer = '1h' },\n]\n{}", "3:5", "atfer"),
        ("{}[[person]]\naddress = 'a@x.example'\n[[person]]\naddress = 'b@x.example'\nnmae = 'B'\n", "16:1", "nmae"),
        ("{}[report]\nto = [\n  'a@x.example',\n  'b', # and so on\n]\n", "15:3", "'b'"),
        ("staff = { people = ['a@x.example', 'b'] }\n{}", "1:36", "'b'"),
    ],
)
def test_the_caret_stands_under_the_word(refused: Refuser, spoils: str, place: str, word: str) -> None:
    told = refused(spoils.replace("{}", RIGHT))
    assert told.startswith(f"config.toml:{place}: ")
    assert caret(told)[1] == word


def test_a_letter_that_takes_two_columns_counts_as_two(refused: Refuser) -> None:
    told = refused(f'staff = {{ people = ["図書館@x.example", "b"] }}\n{RIGHT}')
    assert told.split("\n")[2] == f"       | {' ' * 20}{'^' * 18}"


def test_a_long_line_is_cut_around_the_caret(refused: Refuser) -> None:
    people = ", ".join(f'"reader-{n}@x.example"' for n in range(200))
    told = refused(f'staff = {{ people = [{people}, "nobody", {people}] }}\n{RIGHT}')
    line, word = caret(told)
    assert word == '"nobody"'
    assert line.startswith("…")
    assert line.endswith("…")
    assert len(line) <= 100
    assert told.startswith(f"config.toml:1:{20 + len(people) + 3}: ")


@pytest.mark.parametrize("begin", ["", "\ufeff"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_files_of_any_editor_are_read_alike(tmp_path: Path, begin: str, ends: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes((begin + RIGHT.replace("\n", ends)).encode())
    assert load(path).teams == ("Desk",)
    path.write_bytes((begin + f"{RIGHT}snack = 1\n".replace("\n", ends)).encode())
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith("config.toml:12:1: `snack` is not a setting here\n")
    assert caret(str(caught.value)) == ("snack = 1", "snack")


@pytest.mark.parametrize(
    ("raw", "place", "line"),
    [
        ('organisation = "Bücherei"\n'.encode("latin-1"), "1:18", 'organisation = "B�cherei"'),
        ('\ufeff# ok\r\norganisation = "Bü'.encode() + b"\xff", "2:19", 'organisation = "Bü�'),
        ('[imap]\npassword = "gehüm"'.encode("latin-1"), "2:16", "password = …"),
    ],
)
def test_what_is_not_utf_8_is_shown_where_it_begins(tmp_path: Path, raw: bytes, place: str, line: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        load(path)
    told = str(caught.value)
    assert told.startswith(f"config.toml:{place}: it is not UTF-8 text; save it as UTF-8\n")
    assert caret(told)[0] == line


def test_a_file_of_utf_16_is_told_as_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(RIGHT.encode("utf-16"))
    with pytest.raises(ConfigError, match=r"config\.toml:1:1: it is not UTF-8 text"):
        load(tmp_path / "config.toml")
