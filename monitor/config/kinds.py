"""FLOOR 1. What the values of config.toml may be: addresses, lengths of time, lists, patterns; else what is wrong."""

import re
from datetime import date, datetime, timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from monitor.config.freemail import PUBLIC_PROVIDERS
from monitor.config.secret_part import LIKE, SecretPart
from monitor.core.addresses import a_labels
from monitor.core.durations import parse_duration
from monitor.core.people import Absence
from monitor.core.report.week import Moment

_ADDRESS = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_HOST = re.compile(r"[^\s/@:]+")
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
        said = f'"{value}" is not a time zone; write it like "Europe/London"'
        raise unknown(said, *_zone_meant(str(value))) from None


def _zone_meant(word: str) -> tuple[str, tuple[str, ...]]:
    """The zone of a city that is named alone, else all zones to choose a near one from."""
    zones = sorted(available_timezones())
    asked = word.strip().replace(" ", "_").lower()
    of_city = [zone for zone in zones if asked in (zone.lower(), zone.lower().rpartition("/")[2])]
    # Europe/London before GB/London and the like: the continents come first by the count of their zones.
    best = next((zone for zone in of_city if zone.partition("/")[0] in CONTINENTS), next(iter(of_city), ""))
    return (best, (best,)) if best else (word, tuple(zones))


def unknown(said: str, word: str, candidates: tuple[str, ...]) -> PydanticCustomError:
    """A mistake with what may have been meant (mistakes.py)."""
    return PydanticCustomError("unknown_word", "{said}", {"said": said, "word": word, "candidates": candidates})


def _host(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError('must be text in quotes, like "mail.example.org"')
    if not value.strip():
        raise ValueError("must not be empty")
    host = value.strip()
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        pass
    if "://" in host:
        raise ValueError('must be the name of a server alone, like "mail.example.org", not a URL: see `security`')
    if not _HOST.fullmatch(host):
        raise ValueError('must be the name of a server alone, like "mail.example.org"; `port` is a key of its own')
    return host


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError("must be a day, like 2027-01-31") from None


def _token_name(value: object) -> object:
    if value not in TOKEN_NAMES:
        said = f'must be "microsoft" or "google", or say where the token is, not what it is: {LIKE}'
        raise unknown(said, str(value), TOKEN_NAMES)
    return value


def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
    scheme, found, rest = value.partition("://")
    return (
        bool(found) and scheme.lower() in schemes and bool(rest.strip("/")) and value.isprintable() and " " not in value
    )


def _ping(value: object) -> object:
    if not isinstance(value, str) or not _is_url(value, ("http", "https")):
        raise ValueError(f'must be a URL, like "https://…", or say where it is: {LIKE}')
    return value


def _authority(value: object) -> object:
    if not isinstance(value, str) or not _is_url(value, ("https",)):
        raise ValueError('must be a URL, like "https://login.microsoftonline.us"')
    return value


def _metrics(value: object) -> object:
    if not isinstance(value, str) or not value.endswith(".prom"):
        raise ValueError('must be a file whose name ends in ".prom": the node exporter reads no others')
    return value


def _file_name(value: str) -> str:
    """One that was pasted whole would be shown, and a private key with it."""
    if not value.isprintable():
        raise ValueError("must be the name of a file, not what is in it")
    return value


def _written(value: object) -> str:
    """Which branch a value takes that may be text or a table."""
    return IN_A_TABLE if isinstance(value, dict | SecretPart) else AS_TEXT


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


CONTINENTS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
TOKEN_NAMES = ("microsoft", "google")
AS_TEXT, IN_A_TABLE = "<text>", "<table>"
"""Branches, which pydantic names in the place of an error; no key of the config is called so."""
NO_SUBJECTS = "can only be false in this version: the report shows no subjects"
SHORTEST_RETENTION = timedelta(days=90)
"""For so long what was answered is looked back at: who answers whose mail, and whose replies we cannot see."""

_TEXT: dict[str, Any] = {"type": "string"}
_TEXTS: dict[str, Any] = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
AsText, AsTexts = WithJsonSchema(_TEXT), WithJsonSchema(_TEXTS)
"""What editors are told of values that stand in the config otherwise than in the model."""

Addr = Annotated[str, BeforeValidator(_address)]
Length = Annotated[timedelta, BeforeValidator(_length), AfterValidator(_positive), AsText]
SignedLength = Annotated[timedelta, BeforeValidator(_length), AsText]
Lookback = Annotated[timedelta | None, BeforeValidator(_lookback), AsText]
Names = Annotated[tuple[str, ...], BeforeValidator(_list), AsTexts]
Addrs = Annotated[tuple[Addr, ...], BeforeValidator(_list), AsTexts]
Lower = Annotated[tuple[Annotated[str, AfterValidator(_pattern)], ...], BeforeValidator(_list), AsTexts]
Partners = Annotated[
    tuple[Annotated[str, AfterValidator(_pattern), AfterValidator(_partner)], ...], BeforeValidator(_list), AsTexts
]
Host = Annotated[str, BeforeValidator(_host)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Weeks = Annotated[int, Field(strict=True, ge=1, le=52)]
YesNo = Annotated[bool, Field(strict=True)]
Security = Literal["tls", "starttls", "none"]
Mechanism = Literal["plain", "login", "xoauth2", "oauthbearer"]
TokenFrom = (
    Annotated[
        Annotated[Literal["microsoft", "google"], BeforeValidator(_token_name), Tag(AS_TEXT)]
        | Annotated[SecretPart, Tag(IN_A_TABLE)],
        Discriminator(_written),
    ]
    | None
)
Ping = (
    Annotated[
        Annotated[str, BeforeValidator(_ping), Tag(AS_TEXT)] | Annotated[SecretPart, Tag(IN_A_TABLE)],
        Discriminator(_written),
    ]
    | None
)
StoreUrl = (
    Annotated[Annotated[str, Tag(AS_TEXT)] | Annotated[SecretPart, Tag(IN_A_TABLE)], Discriminator(_written)] | None
)
Authority = Annotated[str, BeforeValidator(_authority)]
FileName = Annotated[str, AfterValidator(_file_name)]
MetricsFile = Annotated[str, BeforeValidator(_metrics), AfterValidator(_file_name)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone), AsText]
Language = Literal["en", "de", "fr"]
Absences = Annotated[tuple[Annotated[Absence, BeforeValidator(_absence)], ...], BeforeValidator(_list), AsTexts]
WeeklyMoment = Annotated[Moment, BeforeValidator(_moment), AsText]
NamedAddr = Annotated[str, BeforeValidator(_named_address)]
Retention = Annotated[timedelta | None, BeforeValidator(_retention), AsText]
Recipients = Annotated[
    tuple[Annotated[str, BeforeValidator(_recipient)], ...], BeforeValidator(_list), Field(min_length=1), AsTexts
]


class Part(BaseModel):
    """A table of the config: unknown keys are mistakes; values never appear in an error (secrets)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)
