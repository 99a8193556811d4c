"""A command imports what it needs: what draws letters, reads mailboxes or knows holidays costs each start a second."""

import subprocess
import sys

import pytest

from monitor.cli import COMMANDS, app
from tests.story.house import House, at

HEAVY = (
    "alembic",
    "babel",
    "css_inline",
    "holidays",
    "icalendar",
    "imapclient",
    "jinja2",
    "mailparser",
    "prometheus_client",
    "rich.console",
)


def test_figures_alone_need_none_of_the_large_packages(house: House) -> None:
    house.opens(at("Mon 07:00"))
    words = ["--config", str(house.config), "--now", at("Tue 10:05").isoformat(), "report", "--json"]
    ask = f"import sys; from monitor.cli import app; app({words!r}, standalone_mode=False); "
    said = f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", ask + said], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{")
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_it_is_said_to_be(name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        app([name, "--help"])
    assert ended.value.code == 0


def test_a_service_on_a_new_store_needs_neither_history_nor_bars_nor_metrics(house: House) -> None:
    words = ["--config", str(house.config), "--now", at("Tue 10:05").isoformat(), "run", "--once"]
    ask = f"import sys; from monitor.cli import app; app({words!r}, standalone_mode=False); "
    said = "print([name for name in ('alembic', 'rich', 'prometheus_client') if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", ask + said], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
