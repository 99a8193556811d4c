"""Houses as in the stories, and a program that may be told only things that can be answered in one line."""

import re

from tests.story.conftest import house, houses
from tests.story.house import Told

__all__ = ["house", "houses", "one_line"]


def one_line(told: Told, code: int, *words: str) -> str:
    """The one line on stderr, which holds these words; what else must be so of any fault that was told well."""
    said = told.err.strip().replace('\\"', '"')  # as a value stands in the log
    assert told.code == code, said
    assert "Traceback" not in said
    assert "\n" not in said, f"more than one line:\n{said}"
    for word in words:
        assert word in said
    assert not re.search(r"\bb'", said), "bytes as Python writes them"
    return said
