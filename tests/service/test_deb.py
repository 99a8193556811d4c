"""The Debian package in a bare Debian 12: installed, upgraded, removed and purged without a trace."""

import pytest

import monitor
from tests.service.machine import Disk, package

pytestmark = pytest.mark.full

OF_DPKG = (
    "/var/log/",
    "/var/lib/dpkg/",
    "/etc/passwd-",
    "/etc/shadow-",
    "/etc/group-",
    "/etc/gshadow-",
    "/etc/.pwd.lock",
)

STORY = r"""
not_ours='-path /proc -o -path /tmp -o -path /run -o -path /dev'
all() { find / -xdev \( $not_ours \) -prune -o -printf '%p %m %U:%G\n' | sort; }
all >/run/before
chapter() { echo "== $1"; }
chapter install; dpkg --install /tmp/*.deb
chapter version; inbox-monitor --version
chapter verify; dpkg --verify inbox-monitor
chapter modes; state=/var/lib/inbox-monitor
stat --format='%n %a %U:%G' /etc/inbox-monitor/config.toml /etc/inbox-monitor/credentials $state
chapter user; getent passwd inbox-monitor
chapter shells; gzip -dc /usr/share/man/man1/inbox-monitor.1.gz | head -n 1
bash -c 'source /usr/share/bash-completion/completions/inbox-monitor
COMP_WORDS=(inbox-monitor sim) COMP_CWORD=1; _inbox_monitor_completion inbox-monitor; echo "${COMPREPLY[@]}"'
(cd /usr/share; ls fish/vendor_completions.d/inbox-monitor.fish zsh/vendor-completions/_inbox-monitor)
chapter enabled; systemctl is-enabled inbox-monitor || true
chapter unit; systemd-analyze verify /lib/systemd/system/inbox-monitor.service
chapter as-made; mv /etc/inbox-monitor/config.toml /tmp/; inbox-monitor service unit 2>/dev/null |
  diff - /lib/systemd/system/inbox-monitor.service || true; mv /tmp/config.toml /etc/inbox-monitor/
chapter bare; inbox-monitor check || true
chapter check; for name in imap smtp; do echo secret | install -m 600 /dev/stdin /etc/inbox-monitor/$name-password; done
inbox-monitor check || true
chapter written; find /usr/lib/inbox-monitor -name '*.pyc' -newer /lib/systemd/system/inbox-monitor.service
chapter demo; cd /tmp; inbox-monitor demo >/dev/null 2>&1; ls demo-output; cd /
chapter pip; find /usr/lib/inbox-monitor -name 'pip*' -maxdepth 5 -path '*site-packages*'
chapter upgrade; echo '# mine' >>/etc/inbox-monitor/config.toml; touch /var/lib/inbox-monitor/kept
dpkg --install /tmp/*.deb </dev/null
chapter edited; tail -n 1 /etc/inbox-monitor/config.toml; stat --format='%a %U:%G' /etc/inbox-monitor/config.toml
chapter remove; dpkg --remove inbox-monitor
chapter kept; ls /etc/inbox-monitor/config.toml /var/lib/inbox-monitor/kept; ls /usr/lib/inbox-monitor 2>&1 || true
chapter purge; dpkg --purge inbox-monitor
chapter left; all | diff /run/before - | grep -v -E '^[0-9,]+[acd][0-9,]+$' || true
chapter end
"""


@pytest.fixture(scope="module")
def chapters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each chapter of the story said."""
    told = Disk(tmp_path_factory.mktemp("deb")).shell(STORY, package())
    print(told)
    parts = (part.partition("\n") for part in f"\n{told}".split("\n== ")[1:])
    return {name: text for name, _, text in parts}


def test_the_program_is_there_and_whole(chapters: dict[str, str]) -> None:
    assert chapters["version"] == f"inbox-monitor {monitor.__version__}"
    assert chapters["verify"] == ""
    assert {"reminder.html", "report.html"} <= set(chapters["demo"].split())
    assert chapters["pip"] == chapters["written"] == ""


def test_the_example_is_for_root_and_the_service_alone_and_the_store_for_the_service(chapters: dict[str, str]) -> None:
    assert chapters["modes"].splitlines() == [
        "/etc/inbox-monitor/config.toml 640 root:inbox-monitor",
        "/etc/inbox-monitor/credentials 700 root:root",
        "/var/lib/inbox-monitor 700 inbox-monitor:inbox-monitor",
    ]
    assert chapters["user"].endswith("/var/lib/inbox-monitor:/usr/sbin/nologin")


def test_the_manual_page_and_what_shells_complete_come_with_it(chapters: dict[str, str]) -> None:
    page, completed, *others = chapters["shells"].splitlines()
    assert page.startswith(r".TH INBOX\-MONITOR 1 ")
    assert completed == "simulate"
    assert others == ["fish/vendor_completions.d/inbox-monitor.fish", "zsh/vendor-completions/_inbox-monitor"]


def test_check_of_the_example_says_what_to_fix(chapters: dict[str, str]) -> None:
    assert "the secret file /etc/inbox-monitor/imap-password cannot be read" in chapters["bare"]
    assert "✓ 2 mailboxes, 2 teams, 3 owners" in chapters["check"]
    assert "there is no such host" in chapters["check"]
    assert "Traceback" not in chapters["check"]


def test_the_service_waits_until_it_is_enabled_and_its_unit_is_the_one_that_the_program_makes(
    chapters: dict[str, str],
) -> None:
    assert chapters["enabled"] == "disabled"
    assert chapters["unit"] == chapters["as-made"] == ""


def test_an_upgrade_keeps_an_edited_config(chapters: dict[str, str]) -> None:
    assert chapters["edited"].splitlines() == ["# mine", "640 root:inbox-monitor"]


def test_removed_it_leaves_config_and_state_and_purged_nothing(chapters: dict[str, str]) -> None:
    assert chapters["kept"].splitlines()[:2] == ["/etc/inbox-monitor/config.toml", "/var/lib/inbox-monitor/kept"]
    assert "No such file" in chapters["kept"]
    assert [line for line in chapters["left"].splitlines() if not _is_of_dpkg(line)] == []


def _is_of_dpkg(line: str) -> bool:
    """What dpkg and the database of users write of their own accord: logs and backups."""
    return any(place in line for place in OF_DPKG)
