"""Who may read what we write: nobody else, whatever the umask; `check` warns of what is open already."""

import json
import os
import stat
import subprocess
from pathlib import Path

from tests.story.conftest import Houses
from tests.story.house import at
from tests.story.test_process import heard

NOW = at("Tue 12:00")


def modes(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): oct(stat.S_IMODE(p.stat().st_mode)) for p in [folder, *folder.rglob("*")]}


def test_nobody_else_can_read_what_we_write_whatever_the_umask(houses: Houses, tmp_path: Path) -> None:
    state = tmp_path / "var" / "lib" / "state"
    house = houses(store=f"sqlite:///{state / 'monitor.db'}")
    house.opens(at("Mon 08:00"))
    house.asks(at("Tue 11:00"))
    before = os.umask(0)
    try:
        fresh = tmp_path / "new" / "state"
        house.store_url = f"sqlite:///{fresh / 'monitor.db'}"
        house.write_config()
        with subprocess.Popen(house.command(NOW, "run"), stderr=subprocess.PIPE, text=True) as daemon:
            heard(daemon, "round mailboxes=1")
            running = modes(tmp_path / "new")
            daemon.kill()
        assert house.run(at("Wed 14:00"), "run", "--once", "--dry-run", str(tmp_path / "dry" / "run")).code == 0
    finally:
        os.umask(before)
    names = {"state/monitor.db", "state/monitor.db-wal", "state/monitor.db-shm", "state/monitor.db.lock"}
    assert running == {".": "0o700", "state": "0o700", **dict.fromkeys(names, "0o600")}
    dry = modes(tmp_path / "dry")
    assert {mode for name, mode in dry.items() if name.endswith(".eml")} == {"0o600"}
    assert {mode for name, mode in dry.items() if not name.endswith(".eml")} == {"0o700"}


def test_check_warns_of_a_store_and_of_secrets_that_everybody_may_read(houses: Houses, tmp_path: Path) -> None:
    house = houses()
    house.opens(at("Mon 08:00"))
    database, secret = tmp_path / "monitor.db", tmp_path / "password-info"
    database.chmod(0o600)
    secret.chmod(0o600)
    assert "chmod" not in house.run(NOW, "check", "--json").out
    database.chmod(0o644)
    facts = json.loads(house.run(NOW, "check", "--json").out)
    (fact,) = [fact for fact in facts if "is open to everybody" in fact["text"]]
    assert (fact["fix"], fact["mark"]) == (f"chmod o= {database}", "look")
    secret.chmod(0o604)
    told = house.run(NOW, "check")
    assert (told.code, f"chmod o= {secret}" in told.err) == (78, True)


def test_a_secret_that_everybody_may_read_is_told_by_run_which_works_on(houses: Houses, tmp_path: Path) -> None:
    house = houses()
    (tmp_path / "password-info").chmod(0o644)
    told = house.run(NOW, "run", "--once")
    assert (told.code, "is open to everybody on this machine" in told.err) == (0, True)
