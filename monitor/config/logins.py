"""FLOOR 1. Ways of logging in that cannot be: two at once, one that is half there, a mechanism for the other kind."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from monitor.config.kinds import beside
from monitor.config.model import ConfigModel
from monitor.config.places import Mistake
from monitor.config.places import Path as Place
from monitor.config.secret_part import SecretPart
from monitor.config.servers import ImapKeys, SmtpPart

OF_TOKENS = ("xoauth2", "oauthbearer")
_NEEDS = {"microsoft": "`tenant` and `client`", "google": "`service_account` or `client`"}

_Placed = tuple[Place, ImapKeys | SmtpPart]


def clashes(model: ConfigModel, folder: Path) -> Iterator[Mistake]:
    """What about logins does not fit together, each once."""
    chains = list(_chains(model))
    parts = dict(placed for chain in chains for placed in chain)
    found = [mistake for place, part in parts.items() for mistake in _of_part(place, part, model)]
    found += [mistake for chain in chains for mistake in _of_chain(chain)]
    yield from dict.fromkeys(found)
    yield from _of_providers(model)
    named: list[tuple[Place, Any]] = [*parts.items(), (("microsoft",), model.microsoft)]
    for place, part in named:
        ca_file = beside(folder, part.ca_file) if part else None
        if ca_file and not os.path.isfile(ca_file):  # Path.is_file() raises where the name is too long
            yield Mistake((*place, "ca_file"), f"`ca_file`: there is no file {ca_file}")


def lacking(model: ConfigModel) -> Iterator[Mistake]:
    """Mailboxes that nobody can reach, or get into."""
    way = next((name for name in _NEEDS if getattr(model, name) is not None), None)
    add = f'token = "{way}"' if way else 'password = { file = "…" }'
    for n, m in enumerate(model.mailbox):
        at = ("mailbox", n, "address")
        if not (m.host or model.imap.host):
            yield Mistake(at, f"{m.address} has no IMAP server; add `host` under [imap]")
        if not (m.password or m.token or model.imap.password or model.imap.token):
            yield Mistake(at, f"{m.address} has no password; add {add} under [imap]")
    if model.commands:
        watched = [m for m in model.mailbox if m.address == model.commands.address]
        parts = (model.commands, *watched, model.imap)
        if not any(part.host for part in parts):
            yield Mistake(("commands",), "[commands] has no IMAP server; add `host`, there or under [imap]")
        if not any(part.password or part.token for part in parts):
            yield Mistake(("commands",), f"[commands] has no password; add {add}, there or in [imap]")
    if model.smtp and model.smtp.username and not (model.smtp.password or model.smtp.token):
        yield Mistake(("smtp", "username"), f"`username` needs a password beside it: {add}")


def _chains(model: ConfigModel) -> Iterator[list[_Placed]]:
    """Of each login the parts that have a say in it, the first to win first."""
    imap: _Placed = (("imap",), model.imap)
    boxes: list[_Placed] = [(("mailbox", n), m) for n, m in enumerate(model.mailbox)]
    yield from ([box, imap] for box in boxes)
    if model.commands:
        watched = [box for box, m in zip(boxes, model.mailbox, strict=True) if m.address == model.commands.address]
        yield [(("commands",), model.commands), *watched, imap]
    if model.smtp:
        yield [(("smtp",), model.smtp)]


def _of_part(place: Place, part: ImapKeys | SmtpPart, model: ConfigModel) -> Iterator[Mistake]:
    if part.password and part.token:
        yield Mistake((*place, "token"), "`token` and `password` are both there; only one can be used: take one out")
    if isinstance(part.token, str) and getattr(model, part.token) is None:
        yield Mistake(
            (*place, "token"), f'`token` "{part.token}" needs a table [{part.token}] with {_NEEDS[part.token]}'
        )


def _of_chain(chain: Sequence[_Placed]) -> Iterator[Mistake]:
    """A mechanism, or a `login`, that has no use for what logs in here."""
    opened = next(((p.password, p.token) for _, p in chain if p.password or p.token), (None, None))
    place, mechanism = _nearest(chain, "mechanism")
    if mechanism in OF_TOKENS and opened[0] and not opened[1]:
        yield Mistake((*place, "mechanism"), f'`mechanism` "{mechanism}" takes a token, and here is a password')
    if mechanism in ("plain", "login") and opened[1] and not opened[0]:
        yield Mistake((*place, "mechanism"), f'`mechanism` "{mechanism}" takes a password, and here is a token')
    there, login = _nearest(chain, "login")
    if login and mechanism == "login":
        text = '`login` cannot be said by mechanism "login", which knows one name only; use "plain"'
        yield Mistake((*there, "login"), text)
    elif login and isinstance(opened[1], SecretPart):
        text = "`login` has no effect with a token of your own, which says itself whose it is; take it out"
        yield Mistake((*there, "login"), text)


def _nearest(chain: Sequence[_Placed], key: str) -> tuple[Place, Any]:
    return next(((place, value) for place, part in chain if (value := getattr(part, key, None))), ((), None))


def _of_providers(model: ConfigModel) -> Iterator[Mistake]:
    if model.microsoft and model.microsoft.secret and model.microsoft.certificate:
        text = "`certificate` and `secret` are both there; only one can be used: take one out"
        yield Mistake(("microsoft", "certificate"), text)
    if model.google and model.google.service_account and model.google.client:
        text = "`client` and `service_account` are both there; only one can be used: take one out"
        yield Mistake(("google", "client"), text)
    if model.google and not (model.google.service_account or model.google.client):
        yield Mistake(("google",), '[google] needs `service_account` or `client`: add client = { file = "…" }')
