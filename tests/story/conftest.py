"""Houses as fixtures: `house` is one desk; `houses` builds any other."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink
from tests.story.house import House

Houses = Callable[..., House]


@pytest.fixture
def houses(tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink, mailboxes: Callable[[str], str]) -> Houses:
    """`houses({"info": "", "ops": ""}, config="…")` is a house with these desks; see House."""

    def build(desks: Mapping[str, str] | None = None, **words: Any) -> House:
        return House(tmp_path, dovecot, smtp_sink, mailboxes, desks, **words)

    return build


@pytest.fixture
def house(houses: Houses) -> House:
    """One desk, info@, that nobody has looked at yet."""
    return houses()
