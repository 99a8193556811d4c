"""FLOOR 1. The config as the program uses it: frozen values, every default filled in."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.core.calendar import Calendar
from monitor.core.house import Desk, House, Target
from monitor.core.ladder import Step
from monitor.core.people import Person
from monitor.core.report.week import Moment
from monitor.core.staff import Staff

SERVICE_STATE = Path("/var/lib/inbox-monitor")
"""The StateDirectory of the systemd unit."""

Security = Literal["tls", "starttls", "none"]

Mechanism = Literal["plain", "login", "xoauth2", "oauthbearer"]
TokenFrom = Literal["microsoft", "google"] | Callable[[], str]


@dataclass(frozen=True, slots=True)
class MicrosoftSettings:
    """An app registered in Entra ID. Neither `secret` nor `certificate`: a person has signed in for it."""

    tenant: str
    client: str
    secret: Callable[[], str] | None
    secret_expires: date | None
    certificate: Path | None
    authority: str
    ca_file: str | None


@dataclass(frozen=True, slots=True)
class GoogleSettings:
    """A service account, or an installed app for which a person has signed in: the JSON of either."""

    service_account: Callable[[], str] | None
    client: Callable[[], str] | None


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """How others see that the monitor lives; None: not so."""

    metrics: Path | None = None
    ping: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """One mailbox: how to reach it and what to read in it."""

    address: str
    team: str
    host: str
    port: int
    security: Security
    ca_file: str | None
    username: str
    password: Callable[[], str]
    lookback: timedelta | None
    poll_every: timedelta
    inbox: tuple[str, ...]
    sent: tuple[str, ...]
    done: tuple[str, ...]
    ignored: tuple[str, ...]
    watch: Literal["all", "sent"]
    replies_confirmed: bool
    peek_closers: bool
    login: str | None = None
    """Who logs in; None: the username itself."""
    token: TokenFrom | None = None
    """Where tokens come from; None: `password` is used."""
    mechanism: Mechanism | None = None
    idle: bool = True
    """Whether its server is asked to say, between two looks, that something has come."""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How letters leave. `username` None: no login."""

    host: str
    port: int
    security: Security
    ca_file: str | None
    username: str | None
    password: Callable[[], str] | None
    from_: str
    token: TokenFrom | None = None
    mechanism: Mechanism | None = None
    login: str | None = None

    @property
    def where(self) -> str:
        """`host:port`."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """When the weekly report goes out, and to whom."""

    on: Moment
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoneQuietSettings:
    """Whose silence the report tells of: addresses or domains, and those the mail teaches; after so many weeks."""

    partners: tuple[str, ...]
    learn: bool
    after: int


@dataclass(frozen=True, slots=True)
class BoardSettings:
    """The page for a screen on the wall."""

    html: Path
    subjects: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the config says."""

    path: Path
    organisation: str
    zone: ZoneInfo
    operator: str | None
    templates_dir: Path | None
    target: Target
    mailboxes: tuple[MailboxSettings, ...]
    desks: Mapping[str, Desk]
    owners: Mapping[str, tuple[str, ...]]
    teams: tuple[str, ...]
    staff: Staff
    steps: tuple[Step, ...]
    report: ReportSettings | None
    smtp: SmtpSettings
    store_url: str = field(repr=False)  # it may hold a password
    retention: timedelta | None
    ignored_senders: tuple[str, ...]
    ignored_subjects: tuple[str, ...]
    authserv_ids: frozenset[str]
    authenticated_replies: bool
    keeps_subjects: bool = True
    secret_files: tuple[Path, ...] = ()
    """The files that secrets are read from."""
    people: Mapping[str, Person] = field(default_factory=dict)
    language: str = "en"
    letters_sent: Calendar | None = None
    """When those get letters of whom the config says nothing of their own; None: at any time."""
    commands: MailboxSettings | None = None
    """The mailbox that hears what staff say of our letters; its `team` means nothing."""
    double_answers: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    """The mailbox behind each of its further addresses."""
    gone_quiet: GoneQuietSettings | None = None
    board: BoardSettings | None = None
    microsoft: MicrosoftSettings | None = None
    google: GoogleSettings | None = None
    health: HealthSettings = HealthSettings()

    def person(self, address: str) -> Person:
        """Who gets letters at an address, also where the config says nothing of them."""
        return self.people.get(address) or Person(address, calendar=self.letters_sent)

    def language_of(self, address: str) -> str:
        """The language of letters to an address (ISO 639-1)."""
        return self.person(address).language or self.language

    @property
    def recipients(self) -> Mapping[str, frozenset[str]]:
        """Who may get letters, by their kind."""
        owners = {owner for owners in self.owners.values() for owner in owners}
        return {
            "reminder": self._reminded,
            "opening": frozenset(owners),
            "blind": self._with_substitutes(owners),
            "double": frozenset(self._may_have_answered() if self.double_answers else ()),
            "report": frozenset(self.report.to if self.report else ()),
            "notice": frozenset({self.operator} if self.operator else ()),
            "receipt": self.speakers,
        }

    @property
    def speakers(self) -> frozenset[str]:
        """Whose word counts in the commands mailbox: everybody of the config who may get letters."""
        leaders = {*(self.report.to if self.report else ()), *filter(None, (self.operator,))}
        return self._reminded | leaders

    @property
    def _reminded(self) -> frozenset[str]:
        owners = {owner for owners in self.owners.values() for owner in owners}
        told = {to for step in self.steps for to in step.recipients(owners, self.owners)}
        # The ball may be with any owner, or with a person by name; who is away has a substitute.
        people = {who for p in self.people.values() for who in (p.address, p.substitute) if who}
        return frozenset(told | owners | people)

    def _with_substitutes(self, people: set[str]) -> frozenset[str]:
        """They, and whoever stands in for them, or for one who does."""
        found = frozenset(people)
        while more := {to for who in found if (to := self.person(who).substitute)} - found:
            found |= more
        return found

    def _may_have_answered(self) -> set[str]:
        """Those of us whom the config names, but no mailbox: a letter to one would come back as a mail to it."""
        named = {*self.staff.people, *(owner for owners in self.owners.values() for owner in owners)}
        return {address for address in named if not self.staff.is_mailbox(address)}

    def house(self, letter_key: bytes) -> House:
        """What the rules need to know of it."""
        return House(
            staff=self.staff,
            desks=self.desks,
            letter_key=letter_key,
            owners={team: frozenset(owners) for team, owners in self.owners.items()},
            ignored_senders=self.ignored_senders,
            ignored_subjects=self.ignored_subjects,
            authserv_ids=self.authserv_ids,
            authenticated_replies=self.authenticated_replies,
            keeps_subjects=self.keeps_subjects,
            aliases=self.aliases,
            people=frozenset(self.people),
        )

    def rules_fingerprint(self, version: str) -> str:
        """Changes when anything changes that verdicts and waits depend on; `version` is the product's."""
        parts = [
            version,
            self.staff,
            list(self.desks),
            self.desks,
            self.owners,
            self.ignored_senders,
            self.ignored_subjects,
            self.authserv_ids,
            self.authenticated_replies,
            self.aliases,
            list(self.people),
        ]
        return hashlib.sha256(json.dumps(parts, default=_stable, sort_keys=True).encode()).hexdigest()


def state_folder() -> Path:
    """Where state is kept unless the config says otherwise: systemd's StateDirectory, else the user's own."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.partition(":")[0])
    if os.geteuid() == 0 or _is_the_service():
        return SERVICE_STATE
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "inbox-monitor"


def _is_the_service() -> bool:
    """Whether we are the user of the service, asked something by hand (`runuser -u inbox-monitor`)."""
    try:
        return SERVICE_STATE.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _stable(value: object) -> object:
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, Mapping):
        return {str(key): each for key, each in value.items()}
    slots = getattr(value, "__slots__", None)
    if slots is None:
        raise TypeError(type(value))
    # What begins with _ is remembered on the way, and says nothing of the config.
    return {name: getattr(value, name) for name in slots if not name.startswith("_")}
