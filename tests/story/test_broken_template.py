"""An operator's own template that cannot be rendered stops the letters that need it, and no others (law 8)."""

from tests.story.conftest import Houses
from tests.story.house import at, kinds

REPORT = '[report]\nto = ["board@leaders.example"]\n'


def test_the_other_letters_go_on_and_the_broken_one_follows_once_it_is_mended(houses: Houses) -> None:
    house = houses(config=REPORT)
    own = house.folder / "own"
    own.mkdir()
    house.opens(at("Mon 12:00"))
    house.asks(at("Mon 13:00"))
    house.config.write_text(f'templates_dir = "{own}"\n' + house.config.read_text())
    (own / "reminder.txt").write_text("{{ nothing.at.all }}")
    told = house.run(at("Mon 08:00", week=1), "run", "--once")
    assert told.code == 1
    assert "not done: a reminder; the log above says why" in told.err
    assert "UndefinedError" in told.err
    assert kinds(house.sink.letters) == [("report", "board@leaders.example")]
    (own / "reminder.txt").unlink()
    assert kinds(house.round(at("Mon 08:05", week=1))) == [("reminder", house.lead())]
