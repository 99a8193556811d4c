"""FLOOR 1. What is kept of a person's sign-in, and whoever asks a provider by it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from monitor.core.token import Token, TokenError
from monitor.tokens.kept import Kept

NOBODY = "nobody has signed in for {user} yet: inbox-monitor login {user}"
DAMAGED = "what was kept of the sign-in of {user} is damaged: inbox-monitor login {user}"
UNWRITABLE = "the sign-in of {user} cannot be kept: {path} cannot be written"
MESSAGES = (NOBODY, DAMAGED, UNWRITABLE)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`who` signed in, as the provider calls them; `text` is what must be kept so that they need not do it again."""

    who: str
    text: str = field(repr=False)


class Asked:
    """A TokenSource that asks the provider each time; who wants several tokens keeps them (jobs/logging_in.py)."""

    def __init__(self, ask: Callable[[bool], Token], kept: Kept | None = None) -> None:
        self._ask, self._kept = ask, kept

    @property
    def fault(self) -> str:
        """Why what must be kept is in memory only; empty where it is well."""
        return self._kept.fault if self._kept else ""

    @property
    def stamp(self) -> object:
        """Another one when somebody has signed in, or out, since; None where nothing is kept."""
        return self._kept.stamp if self._kept else None

    def token(self, *, fresh: bool = False) -> Token:
        """A token that was given just now; `fresh`: none that the provider's library still remembers."""
        return self._ask(fresh)


def file_of(folder: Path, provider: Literal["microsoft", "google"], login: str) -> Path:
    """Where the sign-in of `login` is kept in the folder of tokens: `microsoft-info@ours.example.json`."""
    return folder / f"{provider}-{quote(login.lower(), safe='@+')[:200]}.json"


def written(kept: Kept, user: str) -> str:
    """What was written down. Raises TokenError where nothing was, or where it cannot be read."""
    text = kept.read()
    if text is None:
        raise TokenError("refused", NOBODY.format(user=user))
    return text


def write_down(path: Path, text: str, user: str) -> None:
    """Write down a new sign-in. Raises TokenError."""
    kept = Kept(path)
    kept.write(text)
    if kept.fault:
        raise TokenError("secret", UNWRITABLE.format(user=user, path=path))
