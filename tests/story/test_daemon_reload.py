"""SIGHUP: the whole new config is valid or the old one stays; at any moment, and nothing is lost or said twice."""

import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from monitor import daemon as daemon_module
from monitor.store.mailboxes import views
from monitor.store.stories import all_stories
from tests.servers.chaos import Blow, Chaos
from tests.servers.scripted_imap import OLD, ScriptedImap
from tests.story.beats import HOUR, beating, write_config
from tests.story.conftest import Houses
from tests.story.house import House, at, kinds
from tests.story.test_process import NOW, heard, late_house, started, takes_until

INFO, OPS = "info@ours.example", "ops@ours.example"


def told_to_reload(daemon: subprocess.Popen[str], words: str = "config reloaded") -> str:
    daemon.send_signal(signal.SIGHUP)
    return heard(daemon, words)


def ends_well(daemon: subprocess.Popen[str]) -> None:
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(10) == 0


def test_a_new_mailbox_is_looked_at_and_the_old_one_keeps_its_connection(house: House) -> None:
    late_house(house)
    with started(house, "run") as daemon:
        heard(daemon, "round mailboxes=1")
        house.desks["ops"] = ""
        house.set_password("ops", house.dovecot.password)
        house.write_config()
        assert "mailboxes=2" in told_to_reload(daemon)
        assert "round mailboxes=1 failed=0" in heard(daemon, "round mailboxes=")
        ends_well(daemon)
    assert {m["address"]: m["state"] for m in house.status(NOW)["mailboxes"]} == {
        house.address("info"): "ok",
        house.address("ops"): "ok",
    }
    log = house.dovecot.log.read_text()
    assert len(re.findall(rf"Login: user=<{re.escape(house.address('info'))}>, .*rip=", log)) >= 1
    assert kinds(house.sink.letters) == [("reminder", house.lead())]


@pytest.mark.full
def test_a_config_with_mistakes_is_told_with_all_of_them_and_the_old_one_goes_on(houses: Houses) -> None:
    house = houses(imap='poll_every = "1s"')
    house.opens(at("Mon 08:00"))
    with started(house, "run") as daemon:
        heard(daemon, "round mailboxes=1")
        good = house.config.read_text()
        house.config.write_text(good.replace("[imap]", '[imap]\nhots = "x"\n') + '[target]\ngoal = "high"\n')
        said = told_to_reload(daemon, "the old one stays")
        assert ("hots" in said, "goal" in said) == (True, True)
        house.config.unlink()
        assert "there is no such file" in told_to_reload(daemon, "the old one stays")
        house.asks(at("Mon 10:00"))
        heard(daemon, "letters=1 took")
        house.config.write_text(good)
        told_to_reload(daemon)
        ends_well(daemon)
    assert kinds(house.sink.letters) == [("reminder", house.lead())]


@pytest.mark.full
def test_a_right_password_is_tried_at_once(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.set_password("info", "wrong")
    with started(house, "run") as daemon:
        heard(daemon, "round mailboxes=1 failed=1")
        house.set_password("info", house.dovecot.password)
        told_to_reload(daemon)
        heard(daemon, "round mailboxes=1 failed=0")
        ends_well(daemon)
    assert house.status(NOW)["mailboxes"][0]["state"] == "ok"


@pytest.mark.full
def test_other_steps_take_effect(house: House) -> None:
    late_house(house)
    house.configure('[[reminder]]\nafter = "72h"\nto = ["owners"]\n')
    with started(house, "run") as daemon:
        heard(daemon, "round mailboxes=1")
        assert house.sink.letters == []
        house.configure('[[reminder]]\nafter = "0h"\nto = ["owners", "boss@harbour.example"]\n')
        house.desks["ops"] = ""  # something to look at, so that there is a round at once
        house.set_password("ops", house.dovecot.password)
        house.write_config()
        told_to_reload(daemon)
        heard(daemon, "round mailboxes=1")
        ends_well(daemon)
    assert sorted(r for letter in house.sink.letters for r in letter.recipients) == [
        "boss@harbour.example",
        house.lead(),
    ]


@pytest.mark.full
def test_another_store_needs_a_restart(house: House, tmp_path: Path) -> None:
    late_house(house)
    with started(house, "run") as daemon:
        heard(daemon, "round mailboxes=1")
        house.store_url = f"sqlite:///{tmp_path / 'other.db'}"
        house.write_config()
        assert "another store needs a restart" in told_to_reload(daemon)
        ends_well(daemon)
    assert not (tmp_path / "other.db").exists()


@pytest.mark.full
def test_told_many_times_at_once_it_reads_once_more_and_lives_on(house: House) -> None:
    late_house(house)
    with started(house, "run") as daemon:
        heard(daemon, "round mailboxes=1")
        for _ in range(20):
            daemon.send_signal(signal.SIGHUP)
        heard(daemon, "config reloaded")
        ends_well(daemon)
    assert kinds(house.sink.letters) == [("reminder", house.lead())]


def first_mails(house: House, count: int) -> list[str]:
    mails = [
        house.mail(f"Reader {n} <r{n}@reader.example>", house.address("info"), at("Mon 07:00")) for n in range(count)
    ]
    house.put_many("info", "INBOX", mails)
    house.sends(at("Mon 07:00"), "Ben <ben@borrower.example>")
    return sorted(mail.id for mail in mails)


@pytest.mark.full
def test_told_again_and_again_in_a_first_look_it_loses_and_doubles_nothing(house: House) -> None:
    mails = first_mails(house, 3000)
    with started(house, "run") as daemon:
        said = heard(daemon, "messages=1000")
        for _ in range(3):
            said += told_to_reload(daemon)
        if "letters=1 took" not in said:
            heard(daemon, "letters=1 took")
        ends_well(daemon)
    assert kinds(house.sink.letters) == [("opening", house.lead())]
    seen = [m["message_id"] for t in house.threads(NOW) for m in t["messages"] if m["direction"] == "incoming"]
    assert sorted(seen) == mails
    assert kinds(house.round(at("Tue 10:30"))) == []


@pytest.mark.full
@pytest.mark.parametrize("last", ["DATA", "."])
def test_told_while_a_letter_is_on_its_way_it_goes_out_once(house: House, last: str) -> None:
    late_house(house)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        slow.settimeout(20)
        house.write_config(smtp_port=slow.getsockname()[1])
        with started(house, "run") as daemon:
            with takes_until(slow, last):
                house.write_config(smtp_port=house.sink.port)
                for _ in range(3):
                    daemon.send_signal(signal.SIGHUP)
            heard(daemon, "config reloaded")
            ends_well(daemon)
    assert house.sink.letters == []
    assert kinds(house.round(at("Tue 10:30"))) == [("reminder", house.lead())]
    assert kinds(house.round(at("Tue 11:30"))) == []


@pytest.mark.full
def test_a_look_that_hangs_is_cut_for_a_new_config_and_held_against_nobody(house: House) -> None:
    late_house(house)
    with Chaos(house.dovecot.port, Blow("stall", 900)) as relay:
        house.write_config(imap_port=relay.port)
        with started(house, "run") as daemon:
            assert relay.struck.wait(20)
            house.write_config(imap_port=house.dovecot.port)
            told_to_reload(daemon)
            heard(daemon, "round mailboxes=1 failed=0 letters=1 took")
            ends_well(daemon)
    assert house.status(NOW)["mailboxes"][0]["state"] == "ok"


class TestOnTheTestsOwnClock:
    """What a reload changes, and what it leaves alone."""

    def test_the_connection_of_a_changed_mailbox_is_replaced_and_no_other(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as one, ScriptedImap(OLD) as two, ScriptedImap(OLD) as three:
            with beating(tmp_path, {INFO: one.port, OPS: two.port}) as beats:
                beats.pass_(5)
                write_config(tmp_path, {INFO: one.port, OPS: three.port})
                beats.reload_asked.set()
                beats.pass_(5)
                assert views(beats.store)[OPS].as_of == beats.now, "a mailbox that moved is looked at at once"
                beats.pass_(300)
            assert [s.commands.count('LIST "" "*"') for s in (one, two, three)] == [2, 1, 2]
            assert [sum(c.startswith("LOGIN") for c in s.commands) for s in (one, two, three)] == [1, 1, 1]
            assert [c for c in two.commands if c == "LOGOUT"] == ["LOGOUT"]

    def test_a_secret_that_everybody_may_read_is_warned_of_and_used(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as one, beating(tmp_path, {INFO: one.port}) as beats:
            (tmp_path / "password").chmod(0o644)
            beats.reload_asked.set()
            beats.pass_(5)
            assert not beats.reload_asked.is_set()
            assert [text for text in beats.said if f"chmod o= {tmp_path}/password" in text]

    def test_a_password_that_is_kept_elsewhere_is_used_at_once(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
            beats.pass_(5)
            (tmp_path / "password").write_text("unused as yet")
            beats.reload_asked.set()
            beats.pass_(5)
            assert len([c for c in server.commands if c.startswith("LOGIN")]) == 1, "what is open stays open"
            (tmp_path / "other").touch(mode=0o600)
            (tmp_path / "other").write_text("neu")
            beats.config.write_text(beats.config.read_text().replace('"password" }', '"other" }'))
            beats.reload_asked.set()
            beats.pass_(5)
            first, second = [c for c in server.commands if c.startswith("LOGIN")]
            assert ("geheim" in first, "neu" in second) == (True, True)
            assert views(beats.store)[INFO].as_of == beats.now

    def test_a_secret_that_is_not_there_leaves_the_old_config(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
            beats.pass_(5)
            beats.config.write_text(beats.config.read_text().replace('"password" }', '"none" }'))
            beats.reload_asked.set()
            beats.pass_(300)
            assert views(beats.store)[INFO].as_of == beats.now, "the old one goes on"
            said = "\n".join(beats.said)
            assert "none cannot be read" in said
            assert "the old one stays" in said

    def test_another_interval_counts_from_the_last_look(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
            beats.pass_(120)
            write_config(tmp_path, {INFO: server.port}, 'poll_every = "1m"')
            beats.reload_asked.set()
            beats.pass_(5)
            assert views(beats.store)[INFO].as_of == beats.now
            write_config(tmp_path, {INFO: server.port}, 'poll_every = "2h"')
            beats.reload_asked.set()
            beats.pass_(HOUR)
            assert sum(c.startswith("LIST") for c in server.commands) == 2

    def test_a_mailbox_that_was_taken_out_is_logged_out_of_and_left_alone(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as one, ScriptedImap(OLD) as two:
            with beating(tmp_path, {INFO: one.port, OPS: two.port}) as beats:
                beats.pass_(5)
                write_config(tmp_path, {INFO: one.port})
                beats.reload_asked.set()
                beats.pass_(5)
                asked = len(two.commands)
                beats.pass_(HOUR)
            assert (two.commands[-1], len(two.commands)) == ("LOGOUT", asked)

    def test_a_config_with_mistakes_changes_nothing_and_is_told(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
            beats.pass_(5)
            for mistake in ('hots = "x"\nlookback = 5', 'poll_every = "', "\xff"):
                write_config(tmp_path, {INFO: 1}, mistake)
                beats.reload_asked.set()
                beats.pass_(5)
            beats.pass_(285)
            assert views(beats.store)[INFO].as_of == beats.now, "the old one goes on"
            assert sum(c.startswith("LOGIN") for c in server.commands) == 1
            said = "\n".join(beats.said)
            assert said.count("the old one stays") == 3
            assert ("hots" in said, "lookback" in said) == (True, True)

    def test_another_store_is_not_taken_up(self, tmp_path: Path) -> None:
        with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
            beats.pass_(5)
            beats.config.write_text(beats.config.read_text().replace("monitor.db", "other.db"))
            beats.reload_asked.set()
            beats.pass_(300)
            assert views(beats.store)[INFO].as_of == beats.now
        assert not (tmp_path / "other.db").exists()

    def test_a_first_look_cut_by_reloads_at_every_batch_takes_in_every_mail_once(
        self, tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(daemon_module, "PATIENCE_SECONDS", 0.02)
        info, mails = house.address("info"), first_mails(house, 1001)
        with beating(tmp_path, {info: house.dovecot.port}, password=house.dovecot.password) as beats:
            while info not in views(beats.store) or views(beats.store)[info].as_of is None:
                assert beats.seconds < 5000
                if beats.seconds < 250:
                    beats.reload_asked.set()
                beats.pass_(5)
            known = [m for story in all_stories(beats.store) for m in story.messages]
        found = [m.seen.message.message_id for m in known if m.direction == "incoming"]
        assert sorted(found) == mails
