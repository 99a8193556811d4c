"""`preview`: letters made of the operator's own data, in a folder for nobody else; nothing is sent or remembered."""

import email
import stat
import webbrowser
from email import policy
from pathlib import Path

import pytest

from monitor.exits import LATE, USAGE
from monitor.store.store import open_store
from monitor.store.tables import metadata
from tests.cli.conftest import one_line
from tests.story.house import House, Told, at

NOW = at("Tue 10:05")
REPORT = '[report]\nto = ["board@leaders.example"]\n'


def shown(house: House, kind: str, to: Path, *words: str) -> Told:
    return house.run(NOW, "preview", kind, "--no-open", "--to", str(to), *words)


def everything(house: House) -> dict[str, list[tuple[object, ...]]]:
    store = open_store(house.store_url)
    try:
        with store.reading() as connection:
            return {t.name: sorted(map(tuple, connection.execute(t.select())), key=str) for t in metadata.sorted_tables}
    finally:
        store.close()


def test_the_reminder_of_who_is_late_now_stands_in_three_files_for_nobody_else(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    asked = house.asks(at("Mon 10:00"))
    house.round(at("Tue 09:00"))
    before = everything(house)
    told = shown(house, "reminder", tmp_path / "new" / "samples")
    files = [Path(line) for line in told.out.splitlines()]
    assert (told.code, told.err) == (0, "")
    assert [file.name for file in files] == ["reminder.html", "reminder.txt", "reminder.eml"]
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert all(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in (files[0].parent, files[0].parent.parent))
    assert all(asked.subject in file.read_text() for file in files[:2])
    mail = email.message_from_bytes(files[2].read_bytes(), policy=policy.default)
    assert mail["To"] == house.lead()
    assert files[1].read_text().startswith(f"Subject: {mail['Subject']}\n")
    assert everything(house) == before
    assert house.sink.letters == []


def test_where_nobody_is_late_it_shows_who_wrote_last_and_says_so(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    house.answers(house.asks(at("Tue 09:00"), subject="A question about the quay"), at("Tue 09:10"))
    house.round(at("Tue 10:00"))
    told = shown(house, "reminder", tmp_path / "samples")
    assert told.code == 0
    assert "note: nobody waits past the target; the sample shows who wrote last" in told.err
    assert "A question about the quay" in (tmp_path / "samples" / "reminder.txt").read_text()


def test_the_report_of_the_last_closed_week(house: House, tmp_path: Path) -> None:
    house.configure(REPORT)
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    now = at("Mon 12:00", week=1)
    house.round(at("Mon 09:00", week=1))
    told = house.run(now, "preview", "report", "--no-open", "--to", str(tmp_path))
    assert (told.code, told.err) == (0, "")
    mail = email.message_from_bytes((tmp_path / "report.eml").read_bytes(), policy=policy.default)
    assert mail["To"] == "board@leaders.example"
    assert [part.get_filename() for part in mail.iter_attachments()] == ["2024-W46.csv"]


@pytest.mark.parametrize("kind", ["reminder", "report"])
def test_an_empty_store_says_what_to_do(house: House, kind: str, tmp_path: Path) -> None:
    one_line(shown(house, kind, tmp_path / "samples"), LATE, "run --once --dry-run")
    assert not (tmp_path / "samples").exists()


def test_only_who_gets_letters_can_be_asked_for(house: House, tmp_path: Path) -> None:
    one_line(shown(house, "reminder", tmp_path, "--for", "x@y.example"), USAGE, "gets no letters", house.lead())


def test_a_file_in_the_way_is_named(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.round(at("Tue 09:00"))
    (tmp_path / "file").write_text("")
    one_line(shown(house, "reminder", tmp_path / "file"), USAGE, "--to", "is no folder to write to")


def test_without_a_screen_the_path_is_all(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.round(at("Tue 09:00"))
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: not opened.append(url))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    told = house.run(NOW, "preview", "reminder", "--to", str(tmp_path))
    assert (told.code, opened) == (0, [])
    assert "open the file yourself" in told.err
    monkeypatch.setenv("DISPLAY", ":0")
    assert house.run(NOW, "preview", "reminder", "--to", str(tmp_path)).err == ""
    assert opened == [(tmp_path / "reminder.html").as_uri()]


def test_an_older_file_becomes_one_for_nobody_else(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.round(at("Tue 09:00"))
    (tmp_path / "reminder.eml").write_text("of yesterday")
    (tmp_path / "reminder.eml").chmod(0o644)
    assert shown(house, "reminder", tmp_path).code == 0
    assert stat.S_IMODE((tmp_path / "reminder.eml").stat().st_mode) == 0o600


def test_the_sample_shows_what_can_be_done_where_replies_are_heard(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.round(at("Tue 09:00"))
    house.configure(f'[commands]\naddress = "{house.address("info")}"\n[[reminder]]\nto = "Info desk"\n')
    assert shown(house, "reminder", tmp_path).code == 0
    assert "Or reply to this letter with one line:" in (tmp_path / "reminder.txt").read_text()
    told = shown(house, "reminder", tmp_path, "--for", "x@y.example")
    assert "Info desk" not in told.err, "a team is no address"
