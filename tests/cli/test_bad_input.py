"""Each fault of config, mail server or letter server: one line that says what to do, and the right exit code."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.cli.conftest import one_line
from tests.servers.smtp_sink import SmtpSink
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, House, Told, at, kinds

NOW, LATER = at("Tue 10:05"), at("Tue 10:10")
BAD_CONFIG, REFUSED, UNREACHABLE, USAGE = 78, 77, 69, 2


def change(house: House, old: str, new: str) -> None:
    text = house.config.read_text()
    assert old in text
    house.config.write_text(text.replace(old, new))


def port(house: House) -> str:
    return f'host = "127.0.0.1"\nport = {house.dovecot.port}\nsecurity = "none"'


def look(house: House) -> Told:
    """One round, and a `check` beside it: both must see the same fault."""
    told, checked = house.run(NOW, "run", "--once"), house.run(NOW, "check")
    assert told.code == checked.code
    facts = json.loads(house.run(NOW, "check", "--json").out)
    assert [f["subject"] for f in facts if f["mark"] == "fix"] == [house.address("info")]
    status = house.status(NOW)
    assert not status["healthy"]
    assert "b'" not in f"{checked.out} {status['mailboxes'][0]['fault']}"
    return told


@pytest.fixture
def quiet(houses: Houses) -> House:
    """A house without an operator, so that no letter is talked of beside a fault."""
    house = houses()
    change(house, f'operator = "{house.operator}"\n', "")
    return house


# -- the config


def test_a_config_that_is_not_there(house: House) -> None:
    house.config.unlink()
    one_line(house.program(NOW, "run", "--once"), BAD_CONFIG, str(house.config), "`inbox-monitor config > ")


def test_a_config_that_cannot_be_read(house: House) -> None:
    house.config.unlink()
    house.config.mkdir()
    one_line(house.run(NOW, "status"), BAD_CONFIG, str(house.config), "it is a folder; name the file in it")
    house.config.rmdir()
    house.config.touch(mode=0)
    if os.geteuid():
        one_line(house.run(NOW, "status"), BAD_CONFIG, "it cannot be read (Permission denied)", "owner and rights")


def test_mistakes_in_the_config_are_all_told_and_nothing_is_started(house: House) -> None:
    change(house, "[staff]", "[stuff]")
    change(house, f"port = {house.sink.port}", 'port = "587"')
    for words in (("run", "--once"), ("check",), ("threads", "--json")):
        told = house.run(NOW, *words)
        assert (told.code, told.out) == (BAD_CONFIG, "")
        assert told.err.endswith("2 problems; nothing was started.\n")
        assert "`stuff` is not a setting here" in told.err
        assert "`port` must be a whole number, without quotes" in told.err
    assert not (house.folder / "monitor.db").exists()


def test_a_config_with_control_characters_does_not_reach_the_terminal(house: House) -> None:
    house.config.write_text('a = 1\n\x1b[31mred = "\n')
    told = house.run(NOW, "status")
    assert told.code == BAD_CONFIG
    assert "\x1b" not in told.err
    assert "\\x1b[31mred" in told.err


# -- the mail server


def test_a_wrong_password(quiet: House) -> None:
    quiet.set_password("info", "wrong-and-planted")
    line = one_line(look(quiet), REFUSED, f"the login of {quiet.address('info')} was refused", "check `username` and")
    assert "wrong-and-planted" not in line


def test_a_password_file_that_is_not_there(quiet: House) -> None:
    (quiet.folder / "password-info").unlink()
    for words in (("run", "--once"), ("check",)):
        told = quiet.run(NOW, *words)
        assert (told.code, told.out) == (BAD_CONFIG, "")
        assert "password-info cannot be read: No such file or directory" in told.err
        assert told.err.endswith("1 problem; nothing was started.\n")
    assert quiet.run(NOW, "threads").code == 0, "who only asks the store needs no password"


def test_a_host_that_nobody_knows(quiet: House) -> None:
    change(quiet, port(quiet), 'host = "no-such-host.invalid"')
    one_line(look(quiet), UNREACHABLE, "no-such-host.invalid:993: there is no such host", "check `host` under [imap]")


def test_a_port_on_which_nobody_listens(quiet: House) -> None:
    change(quiet, port(quiet), 'host = "127.0.0.1"\nport = 1')
    one_line(look(quiet), UNREACHABLE, "127.0.0.1:1: nothing answers there; check `host` and `port`")


def test_a_certificate_that_does_not_fit(quiet: House) -> None:
    change(quiet, port(quiet), f'host = "127.0.0.1"\nport = {quiet.dovecot.tls_port}')
    one_line(look(quiet), UNREACHABLE, "its certificate does not fit", "trust one with ca_file")


def test_a_certificate_is_trusted_that_the_config_names(quiet: House) -> None:
    ca_file = json.dumps(str(quiet.dovecot.ca_file))
    change(quiet, port(quiet), f'host = "127.0.0.1"\nport = {quiet.dovecot.tls_port}\nca_file = {ca_file}')
    assert quiet.run(NOW, "run", "--once").code == 0


def test_a_port_that_does_not_speak_tls(quiet: House) -> None:
    change(quiet, port(quiet), f'host = "127.0.0.1"\nport = {quiet.dovecot.port}')
    one_line(look(quiet), UNREACHABLE, "the port does not speak TLS", 'security = "starttls"')


def test_a_folder_that_is_not_there(houses: Houses) -> None:
    house = houses({"info": 'sent = "Sent Items"'})
    change(house, f'operator = "{house.operator}"\n', "")
    line = one_line(look(house), BAD_CONFIG, 'there is no folder "Sent Items"; the mailbox has ', "name one of these")
    assert all(f'"{name}"' in line for name in ("INBOX", "Sent", "Junk", "Trash", "Drafts"))


def test_one_broken_mailbox_does_not_stop_another(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    house.opens(at("Mon 12:00"))
    house.set_password("info", "wrong")
    house.asks(at("Mon 09:00"), to="ops")
    letters = house.round(NOW, code=REFUSED)
    assert kinds(letters) == [("notice", house.operator), ("reminder", house.lead("ops"))]
    states = {m["address"]: m["state"] for m in house.status(NOW)["mailboxes"]}
    assert states == {house.address("info"): "refused", house.address("ops"): "ok"}


def test_mails_of_garbage_become_troubles_and_the_others_go_on(house: House) -> None:
    house.opens(at("Sun 12:00"))
    garbage = [b"\r\n\r\n", b"\x00\xff" * 500 + b"\r\n", b"From:\r\nTo:\r\n\r\n", b"no header at all\r\n" * 50]
    for place, raw in enumerate(garbage):
        house.dovecot.append(house.address("info"), "INBOX", raw, at(f"Mon 09:0{place}"))
    question = house.asks(at("Mon 09:30"))
    told = house.run(NOW, "run", "--once")
    assert (told.code, told.out) == (0, "")
    status = house.status(NOW)
    assert status["healthy"]
    assert [(t["folder"], t["uid"]) for t in status["troubles"]] == [("INBOX", uid) for uid in (1, 2, 3, 4)]
    assert all(t["reason"] == "no sender can be read in its header" for t in status["troubles"])
    assert house.thread(question, NOW)["waits"][0]["state"] == "waiting"
    assert house.run(NOW, "status").out.count("no sender can be read in its header") == 4


# -- letters


def test_letters_stay_in_the_outbox_while_the_letter_server_is_down(quiet: House) -> None:
    quiet.opens(at("Mon 12:00"))
    quiet.asks(at("Mon 09:00"))
    good = quiet.config.read_text()
    change(quiet, f"port = {quiet.sink.port}", "port = 1")
    told = quiet.program(NOW, "run", "--once")
    assert told.code == 0, "every look was complete"
    faults = [line for line in told.err.splitlines() if "127.0.0.1:1" in line]
    assert len(faults) == 1
    assert "no connection (" in faults[0]
    assert "check `host`, `port` and `security` under [smtp]" in faults[0]
    status = quiet.run(NOW, "status")
    assert status.code == 1
    assert "✗ outbox  1 letters wait" in status.out
    assert quiet.status(NOW)["outbox"]["pending"] == 1
    checked = quiet.run(NOW, "check")
    assert checked.code == UNREACHABLE
    assert "✗ 127.0.0.1:1  no connection (" in checked.out
    quiet.config.write_text(good)
    assert kinds(quiet.round(LATER)) == [("reminder", quiet.lead())]
    assert quiet.run(LATER, "status").code == 0


def test_a_letter_server_that_refuses_the_login(quiet: House, tmp_path: Path) -> None:
    quiet.opens(at("Mon 12:00"))
    quiet.asks(at("Mon 09:00"))
    secret = tmp_path / "smtp-password"
    secret.touch(mode=0o600)
    secret.write_text("planted-smtp-password")
    with SmtpSink(tmp_path, login=("monitor", "right")) as sink:
        login = f"port = {sink.port}\nusername = \"monitor\"\npassword = {{ file = '{secret}' }}"
        change(quiet, f"port = {quiet.sink.port}", login)
        told, checked = quiet.run(NOW, "run", "--once"), quiet.run(NOW, "check")
        assert (told.code, checked.code) == (0, REFUSED)
        assert re.search(
            r"the login of monitor was refused \(535 .*\); check `username` and `password` under \[smtp\]", told.err
        )
        assert "planted" not in told.err + checked.out
        assert quiet.status(NOW)["outbox"]["pending"] == 1
        secret.write_text("right\n")
        assert quiet.run(LATER, "run", "--once").code == 0
        assert len(sink.letters) == 1
        secret.unlink()
        assert quiet.run(LATER, "check").code == BAD_CONFIG


# -- what people type


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "0001-01-01", "9999-12-31T23:59:59"])
def test_a_moment_that_is_none(house: House, moment: str) -> None:
    told = house.run(NOW, f"--now={moment}", "status")
    one_line(told, USAGE, f'--now: "{moment}" is not a moment; write it like 2026-11-16T08:00:00+00:00')


@pytest.mark.parametrize("week", ["46", "2026-W54", "2025-W53", "2026-w4", "9999-W52", "0001-W01", "2026-W46; --"])
def test_a_week_that_is_none(house: House, week: str) -> None:
    one_line(house.run(NOW, "report", "--week", week), USAGE, "--week: ", week)


@pytest.mark.parametrize("what", ["999", "9" * 30, "<nobody@nowhere.example>", "²", "\udcff", "' OR 1=1", ""])
def test_a_message_that_nobody_knows(house: House, what: str) -> None:
    one_line(house.run(NOW, "explain", "--", what), USAGE, "no message or conversation ")


def test_a_conversation_that_nobody_knows(house: House) -> None:
    one_line(house.run(NOW, "threads", "999"), USAGE, "there is no conversation 999")
    one_line(house.run(NOW, "threads", "9" * 30), USAGE, "there is no conversation 999")


def test_a_mailbox_that_is_not_in_the_config(house: House) -> None:
    there = house.address("info")
    one_line(house.run(NOW, "threads", "--mailbox", "no@x.example"), USAGE, "no@x.example is not a mailbox", there)


def test_places_that_cannot_be_written(house: House) -> None:
    blocked = house.folder / "file"
    blocked.touch()
    dry = house.run(NOW, "run", "--once", "--dry-run", str(blocked / "letters"))
    one_line(dry, USAGE, "--dry-run: ", "is no folder to write to")
    for option in ("--html", "--csv"):
        one_line(house.run(NOW, "report", option, str(blocked / "x")), USAGE, "cannot be written: Not a directory")


def test_a_report_that_nobody_gets_and_an_address_that_is_none(house: House) -> None:
    one_line(house.run(NOW, "report", "--send"), BAD_CONFIG, "add [report] with to")
    one_line(house.run(NOW, "check", "--send-test", "me"), USAGE, '--send-test: "me" is not a mail address')


def test_a_test_letter_arrives_and_one_that_is_refused_is_told_with_the_letters(house: House) -> None:
    assert house.run(NOW, "check", "--send-test", BEN).code == 0
    assert len(house.sink.letters) == 1
    house.sink.refuse("ann@reader.example")
    told = house.run(NOW, "check", "--send-test", "ann@reader.example")
    assert told.code == UNREACHABLE
    assert told.out.count("Letters\n") == 1
    assert "✗ ann@reader.example  127.0.0.1" in told.out
    assert "550 for ann@reader.example (5.1.1 no such user)" in " ".join(told.out.split())
    assert ANN not in told.err
