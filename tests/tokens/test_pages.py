"""The two pages for administrators say what the program says, and what they tell to write works."""

import re
from pathlib import Path

import pytest

from monitor.config import load
from monitor.core.token import TokenError
from monitor.tokens import certificate, google, google_refusals, microsoft, microsoft_refusals, signed_in, web
from monitor.tokens.kept import Kept
from monitor.tokens.refusals import Refusal
from tests.tokens.conftest import DOCS, Made

KEPT = (
    "the kept login {path} cannot be read: {why}",
    "the kept login {path} is open to others: delete it, and sign in again",
)
SHARED = (*signed_in.MESSAGES, *KEPT, *web.MESSAGES)
PAGES = {
    "microsoft365": (microsoft_refusals.REFUSALS, (*microsoft.MESSAGES, *certificate.MESSAGES, *SHARED)),
    "google": (google_refusals.REFUSALS, (*google.MESSAGES, *SHARED)),
}


def cells(page: str, table: int) -> list[str]:
    """The first cells of the rows of the page's tables that tell what is said; the last table is the servers' own."""
    text = (DOCS / f"{page}.md").read_text()
    after = text.partition("## What it says when it does not work")[2]
    tables = [part for part in after.split("\n\n") if part.startswith("|")]
    return [row.split(" | ")[0].removeprefix("| ") for row in tables[table].splitlines()[2:]]


def as_said(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile(".+".join(re.escape(part) for part in parts))


@pytest.mark.parametrize("page", PAGES)
def test_each_refusal_has_its_row_and_each_row_its_refusal(page: str) -> None:
    refusals: tuple[Refusal, ...] = PAGES[page][0]
    assert cells(page, 0) == [one.row for one in refusals]


@pytest.mark.parametrize("page", PAGES)
def test_each_message_has_its_row_and_each_row_its_message(page: str) -> None:
    rows, messages = cells(page, 1), [as_said(template) for template in PAGES[page][1]]
    assert [row for row in rows if not any(m.fullmatch(row) for m in messages)] == []
    assert [m.pattern for m in messages if not any(m.fullmatch(row) for row in rows)] == []


def test_what_is_said_of_a_kept_login_is_as_the_pages_have_it(tmp_path: Path) -> None:
    (tmp_path / "open").write_text("{}")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "folder").mkdir()
    for name, template in (("folder", KEPT[0]), ("open", KEPT[1])):
        with pytest.raises(TokenError) as caught:
            Kept(tmp_path / name).read()
        assert as_said(template).fullmatch(str(caught.value))


@pytest.mark.parametrize("page", PAGES)
def test_no_code_means_two_things(page: str) -> None:
    codes = [code for one in PAGES[page][0] for code in one.codes]
    assert len(codes) == len(set(codes))


def blocks(page: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL)


@pytest.mark.parametrize(("page", "number"), [(page, n) for page in PAGES for n in range(len(blocks(page)))])
def test_every_config_of_a_page_loads(page: str, number: int, tmp_path: Path, made: Made) -> None:
    for name in ("microsoft-secret", "google.json", "google-client.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "microsoft.pem").write_bytes(made.pair.read_bytes())
    for file in tmp_path.iterdir():
        file.chmod(0o600)
    path = tmp_path / "config.toml"
    path.write_text(blocks(page)[number].replace("/etc/inbox-monitor/", f"{tmp_path}/"))
    settings = load(path)
    assert settings.mailboxes[0].token == ("google" if page == "google" else "microsoft")
    assert settings.google if page == "google" else settings.microsoft
