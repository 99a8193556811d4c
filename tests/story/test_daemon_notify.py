"""What systemd hears of the daemon: ready before the first look, alive only while something goes on."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor import daemon as daemon_module
from monitor.notify import notify
from tests.servers.chaos import Blow, Chaos
from tests.servers.scripted_imap import OLD, ScriptedImap
from tests.story.beats import beating
from tests.story.house import ROOT, House, at
from tests.story.test_process import NOW

INFO = "info@ours.example"


class Manager:
    """The end of the line where systemd sits. What `systemctl status` shows is kept apart."""

    def __init__(self, path: str) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(path)
        self.status = ""

    def hears(self, seconds: float = 20) -> str:
        """The next word. Raises TimeoutError where none comes."""
        self._line.settimeout(seconds)
        while not (word := self._told(self._line.recv(4096).decode())):
            pass
        return word

    def heard(self) -> list[str]:
        """All that has come by now."""
        words = []
        self._line.setblocking(False)
        while True:
            try:
                words.append(self._told(self._line.recv(4096).decode()))
            except BlockingIOError:
                return [word for word in words if word]

    def _told(self, word: str) -> str:
        if word.startswith("STATUS="):
            self.status, word = word.partition("=")[2], ""
        return word

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """Listens where NOTIFY_SOCKET says."""
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    manager = Manager(path)
    yield manager
    manager.close()


@contextmanager
def running(house: House) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        house.command(NOW, "run"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_from_its_start_to_its_end(house: House, manager: Manager) -> None:
    house.opens(at("Mon 08:00"))
    with running(house) as daemon:
        assert [manager.hears(), manager.hears()] == ["READY=1", "WATCHDOG=1"]
        assert manager.status.startswith("1 mailbox; nobody waits; last round 10:0")
        daemon.send_signal(signal.SIGHUP)
        heard = [manager.hears()]
        while heard[-1] == "WATCHDOG=1":
            heard.append(manager.hears())
        assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=\d+", heard[-1])
        assert manager.hears() == "READY=1"
        daemon.send_signal(signal.SIGTERM)
        while (word := manager.hears()) == "WATCHDOG=1":
            pass
        assert word == "STOPPING=1"
        assert daemon.wait(10) == 0


@pytest.mark.full
def test_the_daemon_of_a_look_that_hangs_is_not_said_to_be_alive(house: House, manager: Manager) -> None:
    house.opens(at("Mon 08:00"))
    with Chaos(house.dovecot.port, Blow("stall", 900)) as relay:
        house.write_config(imap_port=relay.port)
        with running(house) as daemon:
            assert manager.hears() == "READY=1"
            assert relay.struck.wait(20)
            with pytest.raises(TimeoutError):
                manager.hears(daemon_module.PATIENCE_SECONDS + 3 * daemon_module.TICK_SECONDS)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(10) == 0


class TestOnTheTestsOwnClock:
    """The beats of a daemon, and which of them count."""

    def test_beats_that_only_wait_for_a_look_that_hangs_do_not_count(
        self, tmp_path: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(daemon_module, "PATIENCE_SECONDS", 0.01)
        with (
            ScriptedImap(OLD) as server,
            Chaos(server.port, Blow("stall", 150)) as relay,
            beating(tmp_path, {INFO: relay.port}) as beats,
        ):
            while not relay.struck.is_set():
                beats.pass_(5)
            manager.heard()
            beats.pass_(100)
            assert manager.heard() == []
            relay.__exit__(None, None, None)
            word = None
            for _ in range(200):
                beats.pass_(5)
                if word := manager.heard():
                    break
            assert word == ["WATCHDOG=1"]

    def test_beats_with_nothing_to_do_count(self, tmp_path: Path, manager: Manager) -> None:
        with ScriptedImap(OLD) as server, beating(tmp_path, {INFO: server.port}) as beats:
            beats.pass_(50)
        assert manager.heard() == ["WATCHDOG=1"] * 10

    def test_a_mailbox_that_hangs_does_not_hide_that_another_one_lives(
        self, tmp_path: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(daemon_module, "PATIENCE_SECONDS", 0.2)
        with (
            ScriptedImap(OLD) as server,
            Chaos(server.port, Blow("stall", 150)) as relay,
            beating(tmp_path, {INFO: relay.port, "ops@ours.example": server.port}) as beats,
        ):
            beats.pass_(5)
            assert relay.struck.wait(10)
            assert "WATCHDOG=1" in manager.heard()
            relay.__exit__(None, None, None)


@pytest.mark.parametrize("address", ["", "/nobody/listens/here", "@nobody.listens.here", "vsock:2:1234", "relative"])
def test_where_nobody_listens_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")


def test_an_abstract_name_is_reached_too(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"inbox-monitor-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    manager = Manager(f"\0{name}")
    notify("READY=1")
    assert manager.heard() == ["READY=1"]
    manager.close()


def test_a_manager_that_does_not_listen_any_more_blocks_nobody(manager: Manager) -> None:
    for _ in range(20_000):
        notify("WATCHDOG=1")
    assert manager.heard()
