"""A Debian 12 with the package in it, and beside it the servers that it needs: Dovecot and a sink for letters."""

from collections.abc import Iterator
from itertools import chain

import pytest

from tests.service.house import GOOD, SERVERS, SINK, large_mailbox, mailbox
from tests.service.machine import Disk, Machine, package


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Booted, with the package installed and a config for it; the service does not run yet."""
    disk = Disk(tmp_path_factory.mktemp("machine"))
    disk.shell("dpkg --install /tmp/*.deb", package())
    for path, text in SERVERS.items():
        disk.put(path, text)
    for path, text, when in chain(mailbox("info@harbourcity.example"), large_mailbox("loans@harbourcity.example")):
        disk.put(path, text, when)
    disk.shell(
        f"mkdir -p {SINK} /srv/www\n"
        "chown -R mail:mail /srv/mail; chown inbox-monitor /srv/www\n"
        "systemctl enable --quiet sink silent"
    )
    with Machine(disk) as machine:
        yield machine


@pytest.fixture
def service(machine: Machine) -> Iterator[Machine]:
    """The service runs, with the config that is right and the unit that was made for it."""
    configured(machine, GOOD)
    machine.ask("systemctl", "restart", "inbox-monitor")
    yield machine
    print(machine.journal("inbox-monitor"))  # shown where a test fails
    machine.ask("systemctl", "stop", "inbox-monitor", check=False)
    machine.ask("systemctl", "reset-failed", "inbox-monitor", check=False)


def configured(machine: Machine, config: str, more: str = "") -> None:
    """The config in its place, its secret, and the unit that the program makes for it, with `more` lines for it."""
    machine.put("/etc/inbox-monitor/credentials/imap", "correct-horse\n", 0o600)
    machine.ask("sh", "-euc", 'cat >"$1"', "sh", "/etc/inbox-monitor/config.toml", text=config)
    unit = machine.ask("inbox-monitor", "service", "unit")
    machine.put("/etc/systemd/system/inbox-monitor.service", unit)
    # Also a try of `systemctl edit`. Nobody waits 20 minutes for a test.
    quick = f"[Service]\nWatchdogSec=15s\nRestartSec=1s\n{more}"
    machine.put("/etc/systemd/system/inbox-monitor.service.d/quick.conf", quick)
    machine.ask("systemctl", "daemon-reload")
