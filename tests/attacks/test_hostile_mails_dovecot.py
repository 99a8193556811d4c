"""A mailbox of hostile subjects, names and folders: read over IMAP, shown on every page, letter and log."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from monitor import logs
from monitor.store import tables
from tests.attacks.hostile import EVERYTHING, SHOWN_TO_NOBODY
from tests.attacks.test_letters_inert import Skeleton, letters_of
from tests.story.conftest import Houses
from tests.story.house import House, at

NOW = at("Tue 12:00")
CONFIG = '[report]\nto = ["head@ours.example"]\n'


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def attacked(request: pytest.FixtureRequest, houses: Houses) -> House:
    """Every hostile text as a subject and as a name; some are names of teams, too. Nothing was answered."""
    store = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    house = houses(config=CONFIG, store=store)
    house.opens(at("Mon 08:00"))
    mails = letters_of(EVERYTHING, at("Mon 09:00"))
    house.dovecot.append_many(house.address("info"), "INBOX", [(mail, at("Mon 09:00"), ()) for mail in mails])
    return house


def test_all_of_them_arrive_and_all_that_is_shown_is_harmless(attacked: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house = attacked
    set_up = logs.set_up
    monkeypatch.setattr(logs, "set_up", lambda *_: set_up(verbose=True))
    told = house.run(NOW, "run", "--once")
    assert told.code == 0
    (letter,) = [one for one in house.sink.letters if "reminder" in one.message["Message-ID"]]
    nothing_is_injected(told.err)
    assert not re.search(r"^<3>", told.err, re.MULTILINE), "no line of a log begins as a stranger likes"

    threads = house.threads(NOW)
    assert sum(len(t["messages"]) for t in threads) == len(EVERYTHING) + 1, "every mail is accounted for"
    assert house.status(NOW)["troubles"] == []
    for words in (("threads", "--all"), ("threads", "--late"), ("status",), ("check",), ("report", "--text")):
        shown = house.run(NOW, *words)
        nothing_is_injected(shown.out + shown.err)
        assert shown.out
    for thread in threads[::8]:
        for words in ((str(thread["number"]),), (thread["messages"][0]["message_id"],)):
            nothing_is_injected(house.run(NOW, "explain", *words).out)
    for words in (("threads", "--all"), ("explain", "2"), ("report",), ("status",), ("check",)):
        json.loads(house.run(NOW, *words, "--json").out)

    assert "{{7*7}}" in house.run(NOW, "threads", "--all", "--json").out
    body = letter.message.get_body(("html",))
    assert body is not None
    skeleton = Skeleton(body.get_content())
    assert skeleton.hrefs == []
    assert not any(one[1] in ("script", "img", "a", "svg", "base", "bdo") for one in skeleton.made)
    assert letter.message["Bcc"] is None
    assert letter.recipients == (house.lead(),)


def nothing_is_injected(said: str) -> None:
    """No control character, and no line that a stranger began."""
    assert not set(said) & (set(SHOWN_TO_NOBODY) - {"\n"})
    assert not re.search(r"^(Bcc:|round of)", said, re.MULTILINE)


def test_quotes_in_everything_leave_every_table_as_it_is(attacked: House) -> None:
    house = attacked
    house.round(NOW)
    engine = create_engine(house.store_url)
    with engine.connect() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.sorted_tables
        }
        subjects = set(connection.execute(select(tables.messages.c.subject)).scalars())
    engine.dispose()
    assert counts["messages"] == len(EVERYTHING) + 1
    assert counts["waits"] >= len(EVERYTHING)
    assert "'; DROP TABLE waits; --" in subjects


HOSTILE_TEAMS = {"alpha": '=HYPERLINK("x")', "beta": "+1", "gamma": "-2+3", "delta": "@SUM", "eta": "\t=1", "pi": "＝1"}


def test_names_from_the_config_are_no_formulas_in_the_reports_table(houses: Houses, tmp_path: Path) -> None:
    """The report's file names no stranger; a team may be called what somebody likes."""
    house = houses(dict.fromkeys(HOSTILE_TEAMS, ""), config=CONFIG)
    config = house.config.read_text()
    for desk, team in HOSTILE_TEAMS.items():
        config = config.replace(json.dumps(f"{desk.title()} desk"), json.dumps(team, ensure_ascii=False))
    house.config.write_text(config)
    house.opens(at("Mon 08:00"))
    for desk in HOSTILE_TEAMS:
        house.asks(at("Mon 09:00"), to=desk)
    house.round(NOW)
    file = tmp_path / "waits.csv"
    assert house.run(NOW, "report", "--week", "2024-W46", "--csv", str(file)).code == 0
    rows = list(csv.reader(io.StringIO(file.read_text())))
    assert {row[1].lstrip("'") for row in rows[1:]} == set(HOSTILE_TEAMS.values()), "the attack has arrived"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for row in rows for cell in row)


HOSTILE_OWNERS = ("../../etc/x", "a/b", "..", "c:\\x", "%2e%2e%2f")


def test_an_address_never_chooses_where_a_dry_run_writes(houses: Houses, tmp_path: Path) -> None:
    house = houses(owners=HOSTILE_OWNERS[:2])
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 09:00"))
    folder = tmp_path / "dry" / "run"
    before = {path for path in tmp_path.rglob("*") if folder not in path.parents}
    assert house.run(NOW, "run", "--once", "--dry-run", str(folder)).code == 0
    after = {path for path in tmp_path.rglob("*") if folder not in path.parents}
    assert len(list(folder.iterdir())) == 2
    assert all(path.parent == folder and path.suffix == ".eml" for path in folder.rglob("*"))
    assert {path.name for path in after - before} <= {"dry", "run", "monitor.db.lock"}
