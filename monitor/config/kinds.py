"""FLOOR 1. What the values of config.toml may be: addresses, lengths of time, lists, patterns; else what is wrong."""

import re
from datetime import date, timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from monitor.config.freemail import PUBLIC_PROVIDERS
from monitor.config.secrets import Secret
from monitor.core.addresses import a_labels
from monitor.core.durations import parse_duration
from monitor.core.people import Absence
from monitor.core.report.week import Moment

_ADDRESS = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_NAMED = re.compile(r"(?:[^<>\r\n]*<)?[^\s<>@,;\"]+@[^\s<>@,;\"]+>?")


def _address(value: object) -> str:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value.strip()):
        raise ValueError("must be a mail address, like info@example.org")
    local, _, domain = value.strip().lower().rpartition("@")
    if not local.isascii():
        raise ValueError("may hold only ASCII characters before the @: few mail servers take others")
    try:
        return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise ValueError("must be a mail address, like info@example.org") from None


def _named_address(value: object) -> str:
    if not isinstance(value, str) or not _NAMED.fullmatch(value.strip()):
        raise ValueError('must be a mail address, like "Reply monitor <monitor@example.org>"')
    name, address = parseaddr(value.strip())
    return str(Address(name, addr_spec=_address(address))) if name else _address(address)


def _recipient(value: object) -> object:
    """The word owners and the names of teams stay as they are; what looks like an address must be one."""
    return _address(value) if isinstance(value, str) and "@" in value and " " not in value.strip() else value


def _length(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError('must be a length of time in quotes, like "24h"')
    return parse_duration(value)


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing")
    return value


def _lookback(value: object) -> object:
    return None if value == "all" else _positive(_length(value))


def _retention(value: object) -> timedelta:
    length = _length(value)
    if length < SHORTEST_RETENTION:
        raise ValueError("must be at least 90d: so far back is looked to see who answers whose mail")
    return length


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _pattern(value: str) -> str:
    """As the mails have it: lower case, and domains as they stand on the wire."""
    pattern = a_labels(value.lower())
    if not pattern.rpartition("@")[2].isascii():
        raise ValueError("has a domain that cannot be; * and ? may not stand in one part with letters beyond ASCII")
    return pattern


def _partner(value: str) -> str:
    """Whoever is at a public provider is a partner alone: the provider's domain is nobody's."""
    if "@" in value:
        return _address(value)
    if value in PUBLIC_PROVIDERS:
        raise ValueError(f"holds {value}, where anybody may have an address: name the addresses of its people")
    if not _DOMAIN.fullmatch(value):
        raise ValueError("must hold addresses or domains, like ann@example.org or example.org")
    return value


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{value}" is not a time zone; write it like "Europe/London"') from None


def _moment(value: object) -> Moment:
    return Moment.parse(str(value))


def _absence(value: object) -> Absence:
    text = value.isoformat() if isinstance(value, date) else str(value)
    first, _, last = text.partition(" to ")
    try:
        absence = Absence(date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip()))
    except ValueError:
        raise ValueError(f'"{text}" is no stretch of days; write it like "2026-12-21 to 2027-01-03"') from None
    if absence.last < absence.first:
        raise ValueError(f'"{text}" ends before it begins')
    return absence


def only(allowed: str | bool, what: str) -> Any:
    def refuse_others(value: object) -> object:
        if value != allowed or type(value) is not type(allowed):
            raise ValueError(what)
        return value

    return BeforeValidator(refuse_others)


def beside(folder: Path, name: str | None) -> str | None:
    """A file that the config names: as it stands there, below the config's own folder where it is relative."""
    return str(folder / Path(name).expanduser()) if name else None


NO_SUBJECTS = "can only be false in this version: the report shows no subjects"
SHORTEST_RETENTION = timedelta(days=90)
"""For so long what was answered is looked back at: who answers whose mail, and whose replies we cannot see."""

Addr = Annotated[str, BeforeValidator(_address)]
Length = Annotated[timedelta, BeforeValidator(_length), AfterValidator(_positive)]
SignedLength = Annotated[timedelta, BeforeValidator(_length)]
Lookback = Annotated[timedelta | None, BeforeValidator(_lookback)]
Names = Annotated[tuple[str, ...], BeforeValidator(_list)]
Addrs = Annotated[tuple[Addr, ...], BeforeValidator(_list)]
Lower = Annotated[tuple[Annotated[str, AfterValidator(_pattern)], ...], BeforeValidator(_list)]
Partners = Annotated[
    tuple[Annotated[str, AfterValidator(_pattern), AfterValidator(_partner)], ...], BeforeValidator(_list)
]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Weeks = Annotated[int, Field(strict=True, ge=1, le=52)]
Security = Literal["tls", "starttls", "none"]
Mechanism = Literal["plain", "login", "xoauth2", "oauthbearer"]
TokenFrom = Literal["microsoft", "google"] | Secret | None
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Language = Literal["en", "de", "fr"]
Absences = Annotated[tuple[Annotated[Absence, BeforeValidator(_absence)], ...], BeforeValidator(_list)]
WeeklyMoment = Annotated[Moment, BeforeValidator(_moment)]
NamedAddr = Annotated[str, BeforeValidator(_named_address)]
Retention = Annotated[timedelta | None, BeforeValidator(_retention)]
Recipients = Annotated[tuple[Annotated[str, BeforeValidator(_recipient)], ...], BeforeValidator(_list)]


class Part(BaseModel):
    """A table of the config: unknown keys are mistakes; values never appear in an error (secrets)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)
