"""[board]: where the page on the wall goes, and what it can never be."""

from pathlib import Path

import pytest

from tests.config.conftest import Loader, Refuser


def test_without_the_table_there_is_no_board(right: str, loaded: Loader) -> None:
    assert loaded(right).board is None


def test_a_relative_path_lies_beside_the_config_and_its_folder_may_come_later(
    right: str, loaded: Loader, tmp_path: Path
) -> None:
    board = loaded(right + '[board]\nhtml = "wall/board.html"\n').board
    assert board
    assert (board.html, board.subjects) == (tmp_path / "wall" / "board.html", False)


def test_the_home_folder_may_be_written_short(right: str, loaded: Loader) -> None:
    board = loaded(right + '[board]\nhtml = "~/board.html"\nsubjects = true\n').board
    assert board
    assert (board.html, board.subjects) == (Path.home() / "board.html", True)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('html = "."', "`html` must name a file: "),
        ('html = ""', "`html` must not be empty"),
        ("", "`html` is missing in [board]"),
        ('html = "b.html"\nsubjects = "yes"', "`subjects` must be true or false, without quotes"),
        ('html = "b.html"\nsubject = true', "did you mean `subjects`?"),
        (
            'html = "b.html"\nsubjects = true\n[store]\nsubjects = false',
            "`subjects` cannot be shown where they are not",
        ),
    ],
)
def test_what_it_can_never_be_is_said(right: str, refused: Refuser, lines: str, said: str) -> None:
    assert said in refused(f"{right}[board]\n{lines}\n")
