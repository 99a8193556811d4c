"""What the tests of jobs share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(f"sqlite:///{tmp_path / 'monitor.db'}")
    yield opened
    opened.close()
