"""What pages name exists: the tests that hold a promise, other pages, pictures. README stays short."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"""(?:\]\(|src=")(?!https?:|mailto:|#)([^)#"\s]+)""")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("page", ["security", "reliability"])
def test_every_test_that_a_page_names_exists(page: str) -> None:
    named = NAMED.findall((ROOT / "docs" / f"{page}.md").read_text())
    assert len(named) > 20
    missing = [f"{file}::{name}" for file, name in named if not _is_there(ROOT / file, name)]
    assert not missing


def _is_there(file: Path, name: str) -> bool:
    return file.is_file() and (not name or re.search(rf"^\s*def {name}\(", file.read_text(), re.MULTILINE) is not None)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_every_link_leads_somewhere(page: Path) -> None:
    named = LINK.findall(page.read_text("utf-8"))
    assert [link for link in named if not (page.parent / link).exists()] == []


def test_the_readme_is_read_in_a_few_minutes_and_shows_what_it_is() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert len(readme.splitlines()) <= 150
    pictures = [link for link in LINK.findall(readme) if link.endswith((".svg", ".png"))]
    assert pictures
    assert all((ROOT / picture).stat().st_size < 120_000 for picture in pictures)
    assert readme.count("<img") == readme.count("alt=")
