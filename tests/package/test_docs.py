"""The pages that promise something name the tests that hold it: each of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("page", ["security", "reliability"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = NAMED.findall((ROOT / "docs" / f"{page}.md").read_text())
    assert len(named) > 20
    missing = [f"{file}::{name}" for file, name in named if not _is_there(ROOT / file, name)]
    assert not missing


def _is_there(file: Path, name: str) -> bool:
    return file.is_file() and (not name or re.search(rf"^\s*def {name}\(", file.read_text(), re.MULTILINE) is not None)
