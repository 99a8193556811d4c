"""FLOOR 1. The shape of config.toml: every key, its type, its default, and what it means."""

from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from monitor.config.calendars import ClockKeys, WindowKeys
from monitor.config.kinds import (
    NO_SUBJECTS,
    Absences,
    Addr,
    Addrs,
    Language,
    Length,
    Lookback,
    Lower,
    Mechanism,
    NamedAddr,
    Names,
    Part,
    Partners,
    Port,
    Recipients,
    Retention,
    Security,
    SignedLength,
    TokenFrom,
    WeeklyMoment,
    Weeks,
    Zone,
    only,
)
from monitor.config.secrets import Secret
from monitor.core.report.week import Moment


class TargetKeys(ClockKeys):
    """What is promised. Also allowed in a [[team]] and a [[mailbox]]."""

    reply_within: Length | None = Field(default=None, description="the promise")
    goal: Annotated[float, Field(strict=True, ge=0, le=100)] | None = Field(
        default=None, description="percent of waits that should keep it"
    )


class ImapKeys(Part):
    """How mailboxes are reached. Also allowed in a [[mailbox]]."""

    host: str | None = Field(default=None, description="the IMAP server")
    port: Port | None = Field(default=None, description="993 for tls, else 143")
    security: Security | None = Field(default=None, description="tls from the first byte, starttls, or none")
    ca_file: str | None = Field(default=None, description="a certificate authority to trust, in PEM")
    username: str | None = Field(default=None, description="defaults to the address of the mailbox")
    password: Secret | None = Field(default=None, description="where the password is")
    login: str | None = Field(default=None, description="who logs in, where that is another than the username")
    token: TokenFrom = Field(
        default=None, description='instead of a password: "microsoft", "google", or where a token is to be had'
    )
    mechanism: Mechanism | None = Field(default=None, description="how to log in; else by what the server offers")
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


class LettersPart(WindowKeys):
    """The letters: in which language, and when they may be sent. A [[person]] may have it otherwise."""

    language: Language = "en"


class PersonPart(WindowKeys):
    """Somebody who gets letters, where something is different for them."""

    address: Addr
    name: str = Field(default="", description="what colleagues call them: assign 3 anna")
    language: Language | None = None
    timezone: Zone | None = None
    away: Absences = Field(default=(), description='days on which somebody else gets their letters: "… to …"')
    substitute: Addr | None = Field(default=None, description="who that is")


class CommandsPart(ImapKeys):
    """The mailbox that gets the replies to our letters: `done 2` and the like. It may be that of [smtp] from."""

    address: Addr | None = Field(default=None, description="where replies to letters go; defaults to [smtp] from")
    inbox: Names = ()


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
    to: Recipients = ("owners",)
    repeat: Length | None = None


class ReportPart(Part):
    """The weekly report; without this table none is mailed."""

    on: WeeklyMoment = Moment(0, 7, 0)
    to: Annotated[Addrs, Field(min_length=1)]
    subjects: Annotated[Literal[False], only(False, NO_SUBJECTS)] = False


class GoneQuietPart(Part):
    """A section of the report: partners with whom there used to be dialogue every week; without this table there is
    none."""

    partners: Partners = Field(default=(), description="addresses or domains; the report names them")
    learn: Annotated[bool, Field(strict=True)] = Field(
        default=True, description="also those with whom there was dialogue in at least 6 of 8 weeks"
    )
    after: Weeks = Field(default=4, description="so many whole weeks without a mail are quiet")


class BoardPart(Part):
    """A page for a screen on the wall, written anew each round; without this table none is."""

    html: str = Field(min_length=1, description="the file; `check` tells whether it can be written")
    subjects: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="show subjects, too; then only the group of the folder may read the file"
    )


class MicrosoftPart(Part):
    """Microsoft 365: an app registered in Entra ID. With a secret or a certificate it logs in by itself; without, a
    person signs in once by `inbox-monitor login`."""

    tenant: str = Field(min_length=1, description="the directory: its id, or one of its domains")
    client: str = Field(min_length=1, description="the application (client) id")
    secret: Secret | None = Field(default=None, description="a client secret of the app")
    secret_expires: date | None = Field(default=None, description="the operator is warned a month before")
    certificate: str | None = Field(default=None, description="a PEM file with the private key and the certificate")
    authority: str = Field(default="https://login.microsoftonline.com", description="of another cloud")
    ca_file: str | None = Field(default=None, description="a certificate authority to trust for it, in PEM")


class GooglePart(Part):
    """Google Workspace: a service account with domain-wide delegation, or an installed app that a person signs in to
    once by `inbox-monitor login`."""

    service_account: Secret | None = Field(default=None, description="the JSON key of a service account")
    client: Secret | None = Field(default=None, description="the JSON of an OAuth client of the type desktop app")


class HealthPart(Part):
    """How others see that the monitor lives."""

    metrics: str | None = Field(default=None, description="a file for the node exporter's textfile collector: *.prom")
    ping: str | Secret | None = Field(default=None, description="a URL that is asked for after each whole round")


class SmtpPart(Part):
    """How letters leave."""

    host: str = "localhost"
    port: Port | None = None
    security: Security | None = None
    ca_file: str | None = None
    username: str | None = None
    password: Secret | None = None
    token: TokenFrom = None
    mechanism: Mechanism | None = None
    from_: NamedAddr | None = Field(default=None, alias="from")


class StorePart(Part):
    """Where facts are kept."""

    url: str | None = None
    retention: Retention = Field(
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
    timezone: Zone = ZoneInfo("UTC")
    operator: Addr | None = None
    templates_dir: str | None = None
    target: TargetKeys = TargetKeys()
    imap: ImapKeys = ImapKeys()
    mailbox: Annotated[tuple[MailboxPart, ...], Field(min_length=1)]
    team: tuple[TeamPart, ...] = ()
    person: tuple[PersonPart, ...] = ()
    letters: LettersPart = LettersPart()
    commands: CommandsPart | None = None
    double_answers: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="tell two of us who answered the same person within minutes"
    )
    staff: StaffPart = StaffPart()
    reminder: tuple[ReminderPart, ...] = ()
    report: ReportPart | None = None
    gone_quiet: GoneQuietPart | None = None
    board: BoardPart | None = None
    smtp: SmtpPart | None = None
    microsoft: MicrosoftPart | None = None
    google: GooglePart | None = None
    health: HealthPart = HealthPart()
    store: StorePart = StorePart()
    ignore: IgnorePart = IgnorePart()
