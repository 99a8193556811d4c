"""The rooms (design.md §4): imports run only downward, each package has its one room, only the roof knows the time."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import monitor

FLOORS = {
    "core": 0,
    "config": 1,
    "inbox": 1,
    "store": 1,
    "outbox": 1,
    "tokens": 1,
    "jobs": 2,
    "screen": 3,
    "exits": 4,
    "logs": 4,
    "notify": 4,
    "signals": 4,
    "clock": 4,
    "collector": 4,
    "handing_on": 4,
    "task": 4,
    "once": 5,
    "opening": 5,
    "daemon": 6,
    "demo": 6,
    "service": 7,
    "commands": 8,
    "cli": 9,
    "program": 10,
    "__main__": 11,
}
"""A room may import the rooms below its floor, and itself. Rooms of one floor never import each other."""

ALONE = {
    "imapclient": ("inbox.connection", "inbox.login", "inbox.commands", "inbox.faults", "inbox.idling"),
    "mailparser": ("inbox.reading",),
    "sqlalchemy": ("store",),
    "alembic": ("store",),
    "jinja2": ("outbox.press",),
    "css_inline": ("outbox.press",),
    "markupsafe": ("outbox.press",),
    "babel": ("outbox.language", "outbox.catalogues"),
    "pydantic": ("config",),
    "tomllib": ("config",),
    "holidays": ("config.closed_days",),
    "icalendar": ("config.closed_days",),
    "recurring_ical_events": ("config.closed_days",),
    "schedule": ("daemon",),
    "msal": ("tokens.microsoft",),
    "google": ("tokens.google",),
    "cryptography": ("tokens.certificate",),
    "requests": ("tokens.web",),
    "prometheus_client": ("outbox.metrics",),
    "typer": ("cli", "commands"),
}
"""Which modules, or rooms, may know a package."""

CLOCK = {"now", "today", "utcnow"}
OF_THE_CLOCK = {f"{owner}.{ask}" for owner in ("datetime", "date") for ask in CLOCK} | {"time.time", "time.time_ns"}
KNOW_THE_TIME = ("daemon", "clock", "demo")

PACKAGE = Path(monitor.__file__).parent


def breaches(name: str, source: str) -> list[str]:
    """What a module (`"jobs.poll"`) may not do, each as one line."""
    tree = ast.parse(source)
    found = [why for target in imported(name, tree) if (why := breach(name, target))]
    if name.partition(".")[0] not in KNOW_THE_TIME:
        found += [f"asks the clock in line {node.lineno}" for node in ast.walk(tree) if asks_the_clock(node)]
    return found


def breach(name: str, target: str) -> str | None:
    """Why `name` may not import `target`, if it may not."""
    room, package = name.partition(".")[0], target.partition(".")[0]
    if package == "monitor":
        other = target.partition(".")[2].partition(".")[0]
        if not other:
            return None  # the version
        if other not in FLOORS:
            return f"imports {target}, a room without a floor"
        if other == "demo" and room not in ("demo", "cli"):
            return f"imports {target}: only the command line plays the demo"
        return None if other == room or FLOORS[other] < FLOORS[room] else f"imports {target}, which is not below it"
    if package in ALONE and not any(name == one or name.startswith(f"{one}.") for one in ALONE[package]):
        return f"imports {package}, which only {' and '.join(ALONE[package])} may know"
    if room == "core" and package not in sys.stdlib_module_names:
        return f"imports {package}, which is not of the standard library"
    return None


def imported(name: str, tree: ast.AST) -> Iterator[str]:
    """The full names of all that is imported, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ["monitor", *name.split(".")][: -node.level] if node.level else []
            module = ".".join([*above, node.module] if node.module else above)
            if module == "monitor":
                yield from (f"monitor.{alias.name}" for alias in node.names if not alias.name.startswith("__"))
            else:
                yield module


def asks_the_clock(node: ast.AST) -> bool:
    """`….now(`, `….today(`, `….utcnow(`; `datetime.now` and `time.time` also where they are handed on uncalled."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "time" and any(alias.name in ("time", "time_ns") for alias in node.names)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in CLOCK and ast.unparse(node.func) not in OF_THE_CLOCK
    return isinstance(node, ast.Attribute) and ast.unparse(node) in OF_THE_CLOCK


def modules() -> list[str]:
    """All modules of the product, by their names below `monitor`."""
    found = (path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".") for path in PACKAGE.rglob("*.py"))
    return sorted(name for name in found if name != "__init__")


@pytest.mark.parametrize("name", modules())
def test_the_wall_stands(name: str) -> None:
    path = PACKAGE / f"{name.replace('.', '/')}.py"
    assert breaches(name, path.read_text(encoding="utf-8")) == []


def test_every_room_has_its_floor() -> None:
    assert {name.partition(".")[0] for name in modules()} == set(FLOORS)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("core.waits", "from monitor.store.store import Store"),
        ("core.waits", "import monitor.config"),
        ("core.waits", "from monitor import config"),
        ("core.waits", "from ..store import tables"),
        ("core.waits", "import sqlalchemy"),
        ("core.waits", "import yaml"),
        ("core.waits", "def f():\n    import requests"),
        ("core.waits", "if TYPE_CHECKING:\n    from monitor.jobs.poll import sweep"),
        ("inbox.imap", "from monitor.store.store import Store"),
        ("store.store", "from monitor.config import Settings"),
        ("config.loading", "from monitor.inbox.source import SourceError"),
        ("outbox.letters", "from monitor.inbox.cleaning import clean"),
        ("jobs.poll", "from monitor.screen.pages import console"),
        ("jobs.poll", "from monitor.daemon import Daemon"),
        ("screen.pages", "from monitor import daemon"),
        ("screen.pages", "import monitor.cli"),
        ("daemon", "from monitor.cli import main"),
        ("commands.asking", "from monitor.cli import main"),
        ("commands.asking", "from monitor.demo.stage import run_demo"),
        ("commands.asking", "datetime.now(UTC)"),
        ("daemon", "from monitor.demo.stage import run_demo"),
        ("jobs.poll", "from monitor.demo.stage import run_demo"),
        ("jobs.poll", "from monitor.attic import things"),
        ("inbox.memory", "import imapclient"),
        ("inbox.imap", "import mailparser"),
        ("inbox.plain", "from mailparser import MailParser"),
        ("jobs.poll", "from sqlalchemy import select"),
        ("outbox.pages", "from jinja2 import Environment"),
        ("outbox.mime", "import css_inline"),
        ("outbox.pages", "from babel.dates import format_date"),
        ("jobs.poll", "from pydantic import BaseModel"),
        ("jobs.poll", "import tomllib"),
        ("core.waits", "datetime.now(UTC)"),
        ("jobs.poll", "date.today()"),
        ("store.store", "datetime.datetime.utcnow().isoformat()"),
        ("outbox.smtp", "time.time()"),
        ("outbox.smtp", "from time import time"),
        ("jobs.poll", "clock = datetime.now"),
    ],
)
def test_the_wall_is_seen_to_break(name: str, source: str) -> None:
    assert len(breaches(name, source)) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("core.waits", "import heapq\nfrom monitor.core.house import House\nfrom .staff import Staff"),
        ("inbox.connection", "from imapclient import IMAPClient\nfrom monitor.inbox.source import SourceError"),
        ("store.migrations.env", "from alembic import context"),
        ("config.model", "import tomllib\nimport pydantic"),
        ("jobs.poll", "import monitor\nfrom monitor import __version__\nfrom monitor.store import intake"),
        ("screen.pages", "from monitor.jobs.health import Health\nuntil(told.now)"),
        ("daemon", "import schedule\ndatetime.now(UTC)"),
        ("demo.stage", "time.time()\nfrom monitor.inbox import imap"),
        ("cli", "import typer\nfrom monitor.demo.stage import run_demo\nfrom monitor.daemon import Daemon"),
        ("jobs.poll", "time.monotonic()\nwhat.known()"),
    ],
)
def test_the_wall_lets_through_what_it_may(name: str, source: str) -> None:
    assert breaches(name, source) == []
