"""The service under a real systemd, booted on a Debian 12 that has the package in it; thrown away afterwards."""

import time

import pytest

from monitor.jobs.reading_process import cores
from tests.service.conftest import configured
from tests.service.house import BAD, GOOD, LARGE, MUCH_MAIL, SILENT, SINK
from tests.service.machine import Machine

pytestmark = pytest.mark.full

UNIT = "inbox-monitor"
READING = "timeout 30 sh -c 'until grep -l reading_chil[d] /proc/[0-9]*/cmdline 2>/dev/null; do :; done' | head -n 1"
"""The command line of the process that reads, as a file below /proc; the pattern does not find itself."""


def pid(machine: Machine) -> str:
    return machine.show(UNIT, "MainPID")


def has_said(machine: Machine, words: str) -> bool:
    return words in machine.journal(UNIT)


def first_look(machine: Machine, more: str = "") -> None:
    """It begins, with an empty store, over a mailbox of much mail; `more` lines for the unit."""
    machine.ask("systemctl", "stop", UNIT)
    machine.ask("sh", "-c", "rm -rf /var/lib/inbox-monitor/*")
    configured(machine, LARGE, more)
    machine.ask("systemctl", "start", UNIT)


def looked(machine: Machine) -> str:
    """What it said, once that look has ended well."""
    machine.until(lambda: "round mailboxes=1 failed=0" in machine.journal_of_this_life(UNIT), "a look", 60)
    said = machine.journal_of_this_life(UNIT)
    assert f"looked mailbox=loans@harbourcity.example new={MUCH_MAIL} " in said
    return said


def comes_back(machine: Machine, before: str, seconds: float = 30.0) -> None:
    """Another process is ready."""
    machine.until(
        lambda: machine.show(UNIT, "SubState") == "running" and pid(machine) not in ("0", before), "restarted", seconds
    )


def test_the_first_look_ends_with_a_letter_and_a_page(service: Machine) -> None:
    letters = ("sh", "-c", f"cat {SINK}/box/new/*")
    service.until(lambda: "desk-lead@" in service.ask(*letters, check=False), "a letter")
    service.until(lambda: service.ask("ls", "/srv/www").strip() == "waiting.html", "the page on the wall")
    assert service.show(UNIT, "NRestarts") == "0"
    assert service.show(UNIT, "StatusText").startswith("1 mailbox; 1 waits, 1 of them late; last round ")


def test_it_runs_as_a_user_who_can_read_neither_the_credential_nor_other_peoples_files(service: Machine) -> None:
    as_user = ("setpriv", "--reuid=inbox-monitor", "--regid=inbox-monitor", "--clear-groups")
    assert service.show(UNIT, "User") == UNIT
    assert service.ask("stat", "--format=%U", f"/proc/{pid(service)}").strip() == UNIT
    assert "Permission denied" in service.ask(*as_user, "cat", "/etc/inbox-monitor/credentials/imap", check=False)
    assert "correct-horse" not in service.ask("sh", "-c", f"tr '\\0' '\\n' </proc/{pid(service)}/environ")
    assert service.ask("stat", "--format=%a %U", "/var/lib/inbox-monitor").strip() == f"700 {UNIT}"
    assert service.ask("stat", "--format=%a %U", "/var/lib/inbox-monitor/monitor.db").strip() == f"600 {UNIT}"


def test_systemd_has_nothing_to_say_of_the_unit_that_the_program_makes(service: Machine) -> None:
    assert service.ask("systemd-analyze", "verify", f"/etc/systemd/system/{UNIT}.service") == ""
    service.ask("systemd-analyze", "security", "--threshold=13", UNIT)


def test_it_stops_within_ten_seconds(service: Machine) -> None:
    began = time.monotonic()
    service.ask("systemctl", "stop", UNIT)
    assert time.monotonic() - began < 10
    assert service.show(UNIT, "Result") == "success"


def test_a_reload_takes_the_new_config_in_the_same_process(service: Machine) -> None:
    before = pid(service)
    second = '\n[[mailbox]]\naddress = "events@harbourcity.example"\nteam = "Front desk"\n'
    configured(service, GOOD + second)
    service.ask("systemctl", "reload", UNIT)
    service.until(lambda: has_said(service, "config reloaded mailboxes=2"), "a reload")
    assert pid(service) == before


def test_a_reload_of_a_bad_config_names_the_mistake_and_keeps_the_old_one(service: Machine) -> None:
    before = pid(service)
    service.ask("sh", "-euc", 'cat >"$1"', "sh", "/etc/inbox-monitor/config.toml", text=BAD)
    service.ask("systemctl", "reload", UNIT)
    service.until(lambda: has_said(service, "config refused"), "a refusal")
    assert has_said(service, "did you mean `operator`?")
    assert (pid(service), service.show(UNIT, "ActiveState")) == (before, "active")


def test_a_process_that_stands_still_is_killed_and_started_again(service: Machine) -> None:
    before = pid(service)
    service.ask("sh", "-c", f"kill -STOP {before}")
    comes_back(service, before, 60)
    assert has_said(service, "Watchdog timeout")


def test_a_look_that_hangs_longer_than_the_watchdog_waits_is_ended_by_it(service: Machine) -> None:
    before = pid(service)
    configured(service, SILENT)
    service.ask("systemctl", "restart", UNIT)
    running = pid(service)
    assert running != before
    comes_back(service, running, 60)
    assert has_said(service, "Watchdog timeout")


def test_who_is_killed_is_started_again(service: Machine) -> None:
    before = pid(service)
    service.ask("sh", "-c", f"kill -KILL {before}")
    comes_back(service, before)
    assert int(service.show(UNIT, "NRestarts")) >= 1


def test_a_bad_config_is_not_tried_again(service: Machine) -> None:
    service.ask("systemctl", "stop", UNIT)
    service.ask("sh", "-euc", 'cat >"$1"', "sh", "/etc/inbox-monitor/config.toml", text=BAD)
    assert "failed" in service.ask("systemctl", "start", UNIT, check=False)
    assert service.show(UNIT, "ExecMainStatus") == "78"
    assert (service.show(UNIT, "ActiveState"), service.show(UNIT, "NRestarts")) == ("failed", "0")
    assert has_said(service, "did you mean `operator`?")


def test_what_root_asks_before_the_first_start_does_not_stand_in_its_way(machine: Machine) -> None:
    configured(machine, GOOD)
    machine.ask("sh", "-c", "rm -rf /var/lib/inbox-monitor/*")
    machine.ask("inbox-monitor", "status", check=False)
    machine.ask("systemctl", "start", UNIT)
    assert machine.ask("stat", "--format=%U", "/var/lib/inbox-monitor/monitor.db").strip() == UNIT
    machine.ask("systemctl", "stop", UNIT)


def test_the_user_of_the_service_asks_by_hand_what_the_service_knows(service: Machine) -> None:
    service.until(lambda: has_said(service, "round mailboxes=1 failed=0"), "a look")
    assert "ann@reader.example" in service.ask("runuser", "-u", UNIT, "--", "inbox-monitor", "threads")


@pytest.mark.skipif(cores() < 2, reason="there is none on one core")
def test_inside_its_locks_a_process_of_its_own_reads_much_mail(service: Machine) -> None:
    first_look(service)
    reading = service.ask("sh", "-c", READING).strip().removesuffix("/cmdline")
    about = service.ask("sh", "-c", f"cut -d' ' -f4 {reading}/stat; stat --format=%U {reading}")
    assert about.split() == [pid(service), UNIT], "the service has started it"
    assert "reading process" not in looked(service), "neither refused nor lost"
    assert not service.ask("sh", "-c", f"ls -d {reading} 2>/dev/null", check=False), "it goes when the look has ended"


def test_where_it_can_start_no_process_the_service_reads_on_by_itself_and_says_so_once(service: Machine) -> None:
    first_look(service, "SystemCallFilter=~setsid\n")
    assert looked(service).count("reading process") == looked(service).count("reading process refused") == 1
