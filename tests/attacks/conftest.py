"""Houses as in the stories."""

from tests.story.conftest import house, houses

__all__ = ["house", "houses"]
