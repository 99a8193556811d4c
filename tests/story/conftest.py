"""Houses as fixtures: `house` is one desk; `houses` builds any other. In the end, their letters kept their promises."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink
from tests.story.house import House
from tests.story.invariants import letters_keep_their_promises

Houses = Callable[..., House]


@pytest.fixture
def houses(tmp_path: Path, dovecot: Dovecot, smtp_sink: SmtpSink, mailboxes: Callable[[str], str]) -> Iterator[Houses]:
    """`houses({"info": "", "ops": ""}, config="…")` is a house with these desks; see House."""
    built: list[House] = []

    def build(desks: Mapping[str, str] | None = None, **words: Any) -> House:
        built.append(House(tmp_path, dovecot, smtp_sink, mailboxes, desks, **words))
        return built[-1]

    yield build
    for house in built:
        letters_keep_their_promises(house)


@pytest.fixture
def house(houses: Houses) -> House:
    """One desk, info@, that nobody has looked at yet."""
    return houses()
