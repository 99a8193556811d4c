"""The steps of the container file, by hand: no engine runs here. Its environment is the one of the package."""

import re

import pytest

from tests.service.house import GOOD
from tests.service.machine import ROOT, Disk, package

pytestmark = pytest.mark.full

CONTAINERFILE = (ROOT / "packaging" / "Containerfile").read_text().replace("\\\n", " ")
LAST_STAGE = CONTAINERFILE.rpartition("\nFROM ")[2]


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", LAST_STAGE, re.MULTILINE)


STORY = """
dpkg --install /tmp/*.deb >/dev/null
ln -s /usr/lib/inbox-monitor /opt/inbox-monitor
rm -rf /etc/inbox-monitor /var/lib/inbox-monitor /usr/bin/inbox-monitor
userdel inbox-monitor
{run}
mkdir -p /etc/inbox-monitor/credentials; cp /tmp/config.toml /etc/inbox-monitor/
echo secret >/etc/inbox-monitor/credentials/imap
cd /var/lib/inbox-monitor
as='env {env} setpriv --reuid=10997 --regid=10997 --clear-groups --bounding-set=-all --no-new-privs'
unshare --pid --fork --mount-proc $as inbox-monitor run 2>/tmp/said &
outer=$!
timeout 60 sh -c 'until grep -q "round mailboxes=" /tmp/said && [ -e monitor.db ]; do sleep 0.1; done' || cat /tmp/said
first=$(cat /proc/$outer/task/$outer/children)
echo "uid $(stat -c %u /proc/$first) mode $(stat -c %a monitor.db)"
$as inbox-monitor status >/tmp/status && echo healthy || echo "unhealthy $?"
kill -TERM $first
wait $outer && echo "ended 0" || echo "ended $?"
cat /tmp/said /tmp/status
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    config = tmp_path_factory.mktemp("config") / "config.toml"
    config.write_text(GOOD.replace('[board]\nhtml = "/srv/www/waiting.html"\n', ""))
    story = STORY.replace("{run}", "\n".join(instructions("RUN"))).replace("{env}", " ".join(instructions("ENV")))
    told = Disk(tmp_path_factory.mktemp("container")).shell(story, package(), config)
    print(told)
    return told


def test_as_pid_1_and_nobody_in_particular_it_works_and_ends_when_it_is_told(told: str) -> None:
    assert "uid 10997 mode 600" in told
    assert "ended 0" in told
    assert "Z info stopped\n" in told


def test_the_health_check_tells_that_no_mailbox_can_be_read(told: str) -> None:
    assert instructions("HEALTHCHECK")[0].endswith('CMD ["inbox-monitor", "status"]')
    assert "unhealthy 1" in told


def test_nothing_secret_is_copied_and_the_user_is_not_root() -> None:
    assert instructions("USER") == ["10997:10997"]
    copied = [line for line in CONTAINERFILE.splitlines() if line.startswith(("COPY", "ADD"))]
    assert not [line for line in copied if "config.toml" in line or "credentials" in line or line.split()[1] == "."]
