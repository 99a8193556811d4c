"""FLOOR 1. The shape of config.toml: every key, its type, its default, and what it means."""

import re
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from monitor.config.secrets import Secret
from monitor.core.addresses import a_labels
from monitor.core.durations import parse_duration
from monitor.core.week import Moment

_ADDRESS = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+")
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


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{value}" is not a time zone; write it like "Europe/London"') from None


def _moment(value: object) -> Moment:
    return Moment.parse(str(value))


def _only(allowed: str | bool, what: str) -> Any:
    def refuse_others(value: object) -> object:
        if value != allowed or type(value) is not type(allowed):
            raise ValueError(what)
        return value

    return BeforeValidator(refuse_others)


def beside(folder: Path, name: str | None) -> str | None:
    """A file that the config names: as it stands there, below the config's own folder where it is relative."""
    return str(folder / Path(name).expanduser()) if name else None


def _not_yet(what: str) -> Any:
    def refuse(value: object) -> object:
        raise ValueError(what)

    return BeforeValidator(refuse)


_ELAPSED = 'can only be "elapsed" in this version: nights and weekends count'
_NO_SUBJECTS = "can only be false in this version: the report shows no subjects"
SHORTEST_RETENTION = timedelta(days=90)
"""For so long what was answered is looked back at: who answers whose mail, and whose replies we cannot see."""

Addr = Annotated[str, BeforeValidator(_address)]
Length = Annotated[timedelta, BeforeValidator(_length), AfterValidator(_positive)]
SignedLength = Annotated[timedelta, BeforeValidator(_length)]
Lookback = Annotated[timedelta | None, BeforeValidator(_lookback)]
Names = Annotated[tuple[str, ...], BeforeValidator(_list)]
Addrs = Annotated[tuple[Addr, ...], BeforeValidator(_list)]
Lower = Annotated[tuple[Annotated[str, AfterValidator(_pattern)], ...], BeforeValidator(_list)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Security = Literal["tls", "starttls", "none"]


class Part(BaseModel):
    """A table of the config: unknown keys are mistakes; values never appear in an error (secrets)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)


class TargetKeys(Part):
    """What is promised. Also allowed in a [[team]] and a [[mailbox]]."""

    reply_within: Length | None = Field(default=None, description="the promise, by the clock")
    goal: Annotated[float, Field(strict=True, ge=0, le=100)] | None = Field(
        default=None, description="percent of waits that should keep it"
    )
    clock: Annotated[Literal["elapsed"], _only("elapsed", _ELAPSED)] | None = Field(
        default=None, description="which hours count: all of them"
    )
    closed: Annotated[Any, _not_yet("is for the clock open-days, which this version does not have yet")] = None
    hours: Annotated[Any, _not_yet("is for the clock office-hours, which this version does not have yet")] = None
    holidays: Annotated[Any, _not_yet("is for the clock open-days, which this version does not have yet")] = None


class ImapKeys(Part):
    """How mailboxes are reached. Also allowed in a [[mailbox]]."""

    host: str | None = Field(default=None, description="the IMAP server")
    port: Port | None = Field(default=None, description="993 for tls, else 143")
    security: Security | None = Field(default=None, description="tls from the first byte, starttls, or none")
    ca_file: str | None = Field(default=None, description="a certificate authority to trust, in PEM")
    username: str | None = Field(default=None, description="defaults to the address of the mailbox")
    password: Secret | None = Field(default=None, description="where the password is")
    lookback: Lookback | None = Field(
        default=None, description='how far the first look goes back; "all" for everything'
    )
    poll_every: Length | None = Field(default=None, description="how often to look")
    authserv_id: str | None = Field(
        default=None, description="whose Authentication-Results to trust; else it is learnt"
    )


class MailboxPart(ImapKeys, TargetKeys):
    """One shared mailbox."""

    address: Addr
    aliases: Addrs = ()
    team: str | None = None
    inbox: Names = ()
    sent: Names = ()
    done: Names = Field(default=(), description='mail moved there needs no reply; a folder "No reply needed" is found')
    ignored: Names = Field(default=(), description="mail moved there is left out, as in Junk and Trash")
    peek_closers: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="look at the first 2 KB of replies, whether they are only a thank-you; kept nowhere"
    )
    watch: Literal["all", "sent"] = "all"
    internal_customers: Annotated[bool, Field(strict=True)] = False
    replies: Literal["confirmed"] | None = None


class TeamPart(TargetKeys):
    """Who answers for a mailbox."""

    name: str = Field(min_length=1)
    owners: Annotated[Addrs, Field(min_length=1)]


class StaffPart(Part):
    """Who is "us". Without `domains`, the domains of the mailboxes are ours, but for public mail providers."""

    domains: Lower | None = None
    people: Addrs = ()
    customers: Lower = ()
    lists: Addrs = ()
    groups: Addrs = ()
    forms: Addrs = ()
    authenticated_replies: Literal["required"] | None = Field(
        default=None, description="a copy of a reply only counts if it passed authentication"
    )


class ReminderPart(Part):
    """One step of the ladder, relative to the moment the promise runs out."""

    after: SignedLength = timedelta(0)
    to: Annotated[tuple[Annotated[str, BeforeValidator(_recipient)], ...], BeforeValidator(_list)] = ("owners",)
    repeat: Length | None = None


class ReportPart(Part):
    """The weekly report; without this table none is mailed."""

    on: Annotated[Moment, BeforeValidator(_moment)] = Moment(0, 7, 0)
    to: Annotated[Addrs, Field(min_length=1)]
    subjects: Annotated[Literal[False], _only(False, _NO_SUBJECTS)] = False


class SmtpPart(Part):
    """How letters leave."""

    host: str = "localhost"
    port: Port | None = None
    security: Security | None = None
    ca_file: str | None = None
    username: str | None = None
    password: Secret | None = None
    from_: Annotated[str, BeforeValidator(_named_address)] | None = Field(default=None, alias="from")


class StorePart(Part):
    """Where facts are kept."""

    url: str | None = None
    retention: Annotated[timedelta | None, BeforeValidator(_retention)] = Field(
        default=None, description="how long conversations are kept in which nobody waits; without it, all of them"
    )
    subjects: Annotated[bool, Field(strict=True)] = Field(
        default=True, description="false: of a subject only a keyed digest is kept, and letters show none"
    )


class IgnorePart(Part):
    """Mail that never wants a reply, by shell patterns."""

    senders: Lower = ()
    subjects: Names = ()


class ConfigModel(Part):
    """The whole of config.toml."""

    organisation: str = ""
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("UTC")
    operator: Addr | None = None
    templates_dir: str | None = None
    target: TargetKeys = TargetKeys()
    imap: ImapKeys = ImapKeys()
    mailbox: Annotated[tuple[MailboxPart, ...], Field(min_length=1)]
    team: tuple[TeamPart, ...] = ()
    staff: StaffPart = StaffPart()
    reminder: tuple[ReminderPart, ...] = ()
    report: ReportPart | None = None
    smtp: SmtpPart | None = None
    store: StorePart = StorePart()
    ignore: IgnorePart = IgnorePart()
