"""A small config that is right, and what it takes to spoil it."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config import ConfigError, Settings, load

RIGHT = """\
[imap]
host = "imap.x.example"
password = { env = "INBOX_MONITOR_TEST_PW" }

[[mailbox]]
address = "info@x.example"
team = "Desk"

[[team]]
name = "Desk"
owners = ["lead@x.example"]
"""
"""The least that can be used."""

Loader = Callable[[str], Settings]
Refuser = Callable[[str], str]


@pytest.fixture
def right() -> str:
    """A config without a mistake."""
    return RIGHT


@pytest.fixture
def loaded(tmp_path: Path) -> Loader:
    """`loaded(text)` is what the text means to a service, which is handed it (monitor/handing_on.py)."""

    def of(text: str) -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        handed: Settings = pickle.loads(pickle.dumps(load(path)))
        return handed

    return of


@pytest.fixture
def refused(loaded: Loader) -> Refuser:
    """`refused(text)` is what is said about a text that cannot be used."""

    def of(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            loaded(text)
        return str(caught.value)

    return of
