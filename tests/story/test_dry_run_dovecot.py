"""A dry run writes every letter that a round would send, byte for byte, and leaves the store as it was."""

from pathlib import Path

from sqlalchemy import Table, select

from monitor.store.report_tables import reports
from monitor.store.store import open_store
from monitor.store.tables import letters, mailboxes, notices, reminders, settings
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, CLEO, House, at, kinds

REPORT = '[report]\nto = ["board@leaders.example"]\n'
NOW = at("Tue 11:30", week=1)


def held(house: House, *tables: Table) -> list[list[tuple[object, ...]]]:
    """What these tables hold."""
    store = open_store(house.store_url)
    try:
        with store.reading() as connection:
            return [sorted(map(tuple, connection.execute(select(table))), key=str) for table in tables]
    finally:
        store.close()


def everything_to_tell(house: House) -> None:
    """At NOW: info@ is blind for days, ops@ is late and its letter waits, help@ was answered twice, new@ is new.

    A report waits a day for a mailbox that cannot be read: so it is Tuesday.
    """
    house.config.write_text(f"double_answers = true\n{house.config.read_text()}")
    house.opens(at("Fri 08:00"))
    house.asks(at("Fri 09:00"), ANN)
    house.asks(at("Fri 09:30"), BEN, to="ops")
    house.round(at("Fri 10:00"))
    house.set_password("info", "forgotten")
    house.sink.answer("MAIL", "421 4.7.0 too busy")
    house.round(at("Sat 10:00"), code=77)
    house.desks["new"] = ""
    house.set_password("new", house.dovecot.password)
    house.asks(at("Fri 07:00"), CLEO, to="new")
    house.configure(REPORT)
    house.config.write_text(f"double_answers = true\n{house.config.read_text()}")
    asked = house.asks(at("Tue 11:00", week=1), CLEO, to="help")
    house.answers(asked, at("Tue 11:10", week=1), by="help")
    house.answers(asked, at("Tue 11:12", week=1), by="ops")


def test_every_kind_of_letter_is_written_as_it_would_be_sent(houses: Houses, tmp_path: Path) -> None:
    house = houses({"info": "", "ops": "", "help": ""})
    everything_to_tell(house)
    before = held(house, letters, notices, reminders, reports, settings)
    told = house.run(NOW, "run", "--once", "--dry-run", str(tmp_path / "dry"))
    files = sorted((tmp_path / "dry").iterdir())
    assert told.code == 77
    assert f"{len(files)} letters written" in told.err
    assert {file.name.split("-")[1] for file in files} == {
        "reminder", "opening", "notice", "report", "blind", "double"
    }  # fmt: skip
    after = held(house, letters, notices, reminders, reports, settings)
    assert after[:4] == before[:4], "no letter, and nothing of one, is remembered"
    sent = house.round(NOW, code=77)
    assert len(sent) == len(files) > 6
    assert sorted(file.read_bytes() for file in files) == sorted(letter.raw for letter in sent)
    assert house.run(NOW, "run", "--once", "--dry-run", str(tmp_path / "again")).err.count("\n0 letters written") == 1


def test_a_letter_that_waits_for_the_mail_server_is_among_them(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.sink.answer("MAIL", "421 4.7.0 too busy")
    assert house.round(at("Tue 10:05")) == []
    house.run(at("Tue 10:06"), "run", "--once", "--dry-run", str(tmp_path / "dry"))
    assert [file.name for file in (tmp_path / "dry").iterdir()] == [f"001-reminder-{house.lead()}.eml"]
    assert house.status(at("Tue 10:06"))["outbox"]["pending"] == 1


def test_who_was_answered_meanwhile_is_not_in_it(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    asked = house.asks(at("Mon 10:00"))
    house.sink.answer("MAIL", "421 4.7.0 too busy")
    house.round(at("Tue 10:05"))
    house.answers(asked, at("Tue 10:10"))
    house.run(at("Tue 10:15"), "run", "--once", "--dry-run", str(tmp_path / "dry"))
    assert list((tmp_path / "dry").iterdir()) == []


def test_what_a_dry_run_looked_at_is_known_to_the_next_round(house: House, tmp_path: Path) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.run(at("Mon 11:00"), "run", "--once", "--dry-run", str(tmp_path / "dry"))
    assert held(house, mailboxes)[0][0][2] == at("Mon 11:00")
    assert len(house.waits(at("Mon 11:00"))) == 1
    assert kinds(house.round(at("Tue 10:05"))) == [("reminder", house.lead())]
