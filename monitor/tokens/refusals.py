"""FLOOR 1. Why a provider gives no token, in our own words: what is wrong, and what a person must do.

A provider's own text is never passed on: it may echo what it was sent. `docs/microsoft365.md` and `docs/google.md` have
a row for each refusal, and a test holds that they are the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.core.token import TokenError


@dataclass(frozen=True, slots=True)
class Refusal:
    """`codes`: the provider's, any of which means this; `does`: what to do, with `{…}` where a value is filled in."""

    codes: tuple[str, ...]
    says: str
    does: str

    @property
    def row(self) -> str:
        """What the first cell of its row in the docs says."""
        return f"{self.says} ({', '.join(self.codes)})"


def refused(provider: str, refusal: Refusal, code: str, **values: str) -> TokenError:
    """`Microsoft refuses the login: the client secret has expired (AADSTS7000222): make a new one …`."""
    return TokenError(
        "refused", f"{provider} refuses the login: {refusal.says} ({code}): {refusal.does.format(**values)}"
    )


def refusal_of(codes: Iterable[str], refusals: Iterable[Refusal]) -> tuple[Refusal, str] | None:
    """The refusal that one of these codes means, and the code; the first code that says anything counts."""
    known = {code: refusal for refusal in refusals for code in refusal.codes}
    return next(((known[code], code) for code in codes if code in known), None)
