"""In one round each owner is written to in their own language, and what is wrong with an own catalogue is said."""

from pathlib import Path

from tests.servers.smtp_sink import Letter
from tests.story.conftest import Houses
from tests.story.house import CLEO, House, at, kind_of, kinds, text_of

PEOPLE = """
[letters]
language = "fr"
[[person]]
address = "{german}"
language = "de"
[[person]]
address = "{english}"
language = "en"
"""


def speaking(houses: Houses, first_lines: str = "") -> House:
    """A house whose first owner reads German, the second French as the house does, and the third English."""
    house = houses(owners=("karl", "odile", "pam"))
    german, _, english = house.owners()
    house.config.write_text(first_lines + house.config.read_text() + PEOPLE.format(german=german, english=english))
    return house


def by_recipient(house: House, letters: list[Letter]) -> list[str]:
    """The texts of the letters to karl, odile and pam, each on one line."""
    found = {letter.recipients[0]: text_of(letter) for letter in letters}
    return [" ".join(found[owner].split()) for owner in house.owners()]


def test_each_owner_gets_the_reminder_in_their_own_language(houses: Houses) -> None:
    house = speaking(houses)
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"), CLEO)
    german, french, english = by_recipient(house, house.round(at("Tue 10:05")))
    assert german.startswith("Cleo wartet auf Antwort von ")
    assert "wartet seit 24 Stunden, Frist gerade abgelaufen" in german
    assert "Montag, 11. November, 10:00 Uhr" in german
    assert french.startswith("Cleo attend une réponse (")
    assert "attend depuis 24 heures, délai tout juste dépassé" in french
    assert "lundi 11 novembre, 10 h 00" in french
    assert english.startswith("Cleo is waiting to hear from ")
    assert "Monday 11 November, 10:00" in english


def test_the_opening_digest_speaks_the_language_too(houses: Houses) -> None:
    house = speaking(houses)
    house.asks(at("Mon 10:00"), CLEO)
    letters = house.round(at("Wed 10:00"))
    assert {kind for kind, _ in kinds(letters)} == {"opening"}
    german, french, english = by_recipient(house, letters)
    assert "1 Nachricht wartete schon länger als 24 Stunden" in german
    assert "1 message attendait depuis plus de 24 heures" in french
    assert "1 message had waited more than 24 hours" in english


def test_each_recipient_of_the_weekly_report_gets_it_in_their_own_language(houses: Houses) -> None:
    house = speaking(houses)
    german, french, english = house.owners()
    people = PEOPLE.format(german=german, english=english)
    house.configure(f'[report]\non = "mon 07:00"\nto = ["{german}", "{french}", "{english}"]\n{people}')
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"), CLEO)
    house.round(at("Tue 10:05"))
    letters = [letter for letter in house.round(at("Mon 07:05", week=1)) if kind_of(letter) == "report"]
    german, french, english = by_recipient(house, letters)
    assert "Woche 46 · 11. bis 17. November" in german
    assert "Antwort innerhalb von 24 Stunden: 0 von 1 Person." in german
    assert "Semaine 46 · du 11 au 17 novembre" in french
    assert "Réponse en moins de 24 heures : 0 personne sur 1." in french
    assert "Week 46 · 11 to 17 November" in english
    assert "0 of 1 person heard back within 24 hours." in english


def test_a_message_of_the_operators_own_is_used_and_a_broken_one_stops_no_letter(
    houses: Houses, tmp_path: Path
) -> None:
    own = tmp_path / "own" / "locale"
    own.mkdir(parents=True)
    good = 'msgid "To make this stop"\nmsgstr "So endet das"\n\n'
    (own / "de.po").write_text(good + 'msgid "to %(mailbox)s"\nmsgstr "an %(wen)s"\n', encoding="utf-8")
    house = speaking(houses, f'templates_dir = "{own.parent}"\n')
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"), CLEO)
    told = house.run(at("Tue 10:05"), "run", "--once")
    assert "%(wen)s is no value of it" in told.err
    german, french, _ = by_recipient(house, [x for x in house.sink.letters if x.recipients[0] in house.owners()])
    assert "SO ENDET DAS" in german
    assert "POUR NE PLUS RECEVOIR CE RAPPEL" in french
    checked = house.run(at("Tue 10:06"), "check")
    assert "%(wen)s is no value of it" in " ".join(checked.out.split())
