"""FLOOR 1. The shape of config.toml: every key, its type, its default, and what it means.

From here come the checks of a config, what `inbox-monitor config --all` and docs/configuration.md tell, and a schema.
"""

from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from monitor.config.calendars import ClockKeys, WindowKeys
from monitor.config.defaults import ORGANISATION, TARGET, Otherwise
from monitor.config.kinds import (
    NO_SUBJECTS,
    Absences,
    Addr,
    Addrs,
    FileName,
    Language,
    Length,
    Lower,
    MetricsFile,
    Names,
    Part,
    Partners,
    Ping,
    Recipients,
    Retention,
    SignedLength,
    StoreUrl,
    WeeklyMoment,
    Weeks,
    YesNo,
    Zone,
    only,
)
from monitor.config.servers import CommandsPart, GooglePart, ImapKeys, MicrosoftPart, SmtpPart
from monitor.core.report.week import Moment


class TargetKeys(ClockKeys):
    """What is promised. Also allowed in a [[team]] and a [[mailbox]]."""

    reply_within: Annotated[Length | None, Otherwise(TARGET.reply_within)] = Field(
        default=None, description="the promise: so long after a mail has come it is answered"
    )
    goal: Annotated[Annotated[float, Field(strict=True, ge=0, le=100)] | None, Otherwise(TARGET.goal)] = Field(
        default=None, description="percent of waits that should keep it"
    )


class MailboxPart(ImapKeys, TargetKeys):
    """A shared mailbox that is watched."""

    address: Addr = Field(description="its address", examples=["info@harbourcity.example"])
    aliases: Addrs = Field(
        default=(), description="further addresses whose mail lies in it", examples=[["hello@harbourcity.example"]]
    )
    team: str | None = Field(
        default=None, description='who is reminded; only watch = "sent" can do without', examples=["Front desk"]
    )
    inbox: Annotated[Names, Otherwise(words="INBOX")] = Field(
        default=(), description="folders that customers' mail comes to", examples=[["INBOX", "Web form"]]
    )
    sent: Annotated[Names, Otherwise(words="found by its mark, or its name")] = Field(
        default=(), description="folders that replies are kept in", examples=["Sent Items"]
    )
    done: Annotated[Names, Otherwise(words='"No reply needed", where there is one')] = Field(
        default=(), description="mail moved there needs no reply", examples=["Done"]
    )
    ignored: Names = Field(
        default=(), description="mail moved there is left out, as in Junk and Trash", examples=["Newsletters"]
    )
    peek_closers: YesNo = Field(
        default=False, description="look at the first 2 KB of replies, whether they are only a thank-you; kept nowhere"
    )
    watch: Literal["all", "sent"] = Field(
        default="all", description="sent: only the replies that are sent from it, for the waits of other mailboxes"
    )
    internal_customers: YesNo = Field(default=False, description="colleagues who write to it wait for a reply, too")
    replies: Literal["confirmed"] | None = Field(
        default=None,
        description="replies are known to be seen, though there are none yet: do not hold reminders back",
        examples=["confirmed"],
    )


class TeamPart(TargetKeys):
    """Who answers for mailboxes, and gets their reminders."""

    name: str = Field(min_length=1, description="what mailboxes and the report call it", examples=["Front desk"])
    owners: Annotated[Addrs, Field(min_length=1)] = Field(
        description="the people who are reminded", examples=[["desk-lead@harbourcity.example"]]
    )


class StaffPart(Part):
    """Who is "us": everybody else is a customer."""

    domains: Annotated[Lower | None, Otherwise(words="the domains of the mailboxes, but for public mail providers")] = (
        Field(default=None, description="domains whose people are ours", examples=[["harbourcity.example"]])
    )
    people: Addrs = Field(default=(), description="further people who are ours", examples=[["volunteer@mail.example"]])
    customers: Lower = Field(
        default=(),
        description="patterns of addresses that are customers' for all that",
        examples=[["*@readers.harbourcity.example"]],
    )
    lists: Addrs = Field(
        default=(),
        description="our own lists and groups that outsiders read",
        examples=[["friends@harbourcity.example"]],
    )
    groups: Addrs = Field(
        default=(), description="our own groups that only staff read", examples=[["all-staff@harbourcity.example"]]
    )
    forms: Addrs = Field(
        default=(),
        description="web forms that write in a customer's name",
        examples=[["webform@harbourcity.example"]],
    )
    authenticated_replies: Literal["required"] | None = Field(
        default=None, description="a copy of a reply only counts if it passed authentication", examples=["required"]
    )


class ReminderPart(Part):
    """A step of the ladder, in the order in which the steps come. Without any: at the moment the promise runs out and
    every 24h after it, to the owners."""

    after: SignedLength = Field(
        default=timedelta(0), description='after the moment the promise runs out; "-4h" warns before'
    )
    to: Recipients = Field(
        default=("owners",),
        description='"owners" of the mailbox\'s team, teams by name, addresses',
        examples=[["owners", "service-lead@harbourcity.example"]],
    )
    repeat: Annotated[Length | None, Otherwise(words="once")] = Field(
        default=None, description="again and again, so long after the last time", examples=["24h"]
    )


class LettersPart(WindowKeys):
    """The letters: in which language, and when they may be sent. A [[person]] may have it otherwise."""

    language: Language = Field(default="en", description="of all letters")


class PersonPart(WindowKeys):
    """Somebody who gets letters, where something is different for them, or is known of them."""

    address: Addr = Field(description="whose letters", examples=["desk-lead@harbourcity.example"])
    name: str = Field(default="", description="what colleagues call them: assign 3 anna", examples=["Anna"])
    language: Annotated[Language | None, Otherwise(words="that of [letters]")] = Field(
        default=None, description="of their letters", examples=["de"]
    )
    timezone: Annotated[Zone | None, Otherwise(words="that of the house")] = Field(
        default=None, description="on whose clock their hours and days are", examples=["Europe/Berlin"]
    )
    away: Absences = Field(
        default=(),
        description="days on which somebody else gets their letters",
        examples=[["2026-12-21 to 2027-01-03"]],
    )
    substitute: Addr | None = Field(
        default=None, description="who that is", examples=["events-lead@harbourcity.example"]
    )


class ReportPart(Part):
    """The weekly report; without this table none is mailed."""

    on: WeeklyMoment = Field(default=Moment(0, 7, 0), description="when, over the week that has closed")
    to: Annotated[Addrs, Field(min_length=1)] = Field(
        description="who gets it", examples=[["leadership@harbourcity.example"]]
    )
    subjects: Annotated[Literal[False], only(False, NO_SUBJECTS)] = Field(
        default=False, description="can only be false: the report shows no subjects"
    )


class GoneQuietPart(Part):
    """A section of the report: partners with whom there used to be dialogue every week; without this table there is
    none."""

    partners: Partners = Field(
        default=(),
        description="addresses or domains; the report names them",
        examples=[["harbour-club.example", "chair@friends.example"]],
    )
    learn: YesNo = Field(default=True, description="also those with whom there was dialogue in at least 6 of 8 weeks")
    after: Weeks = Field(default=4, description="so many whole weeks without a mail are quiet")


class BoardPart(Part):
    """A page for a screen on the wall, written anew each round; without this table none is."""

    html: FileName = Field(
        min_length=1,
        description="the file; `check` tells whether it can be written",
        examples=["/var/www/html/waiting.html"],
    )
    subjects: YesNo = Field(
        default=False, description="show subjects, too; then only the group of the folder may read the file"
    )


class HealthPart(Part):
    """How others see that the monitor lives."""

    metrics: MetricsFile | None = Field(
        default=None,
        description="a file for the node exporter's textfile collector",
        examples=["/var/lib/prometheus/node-exporter/inbox-monitor.prom"],
    )
    ping: Ping = Field(
        default=None,
        description="a URL that is asked for after each whole round, or where that is kept",
        examples=["https://ping.harbourcity.example/monitor"],
    )


class StorePart(Part):
    """Where facts are kept."""

    url: Annotated[StoreUrl, Otherwise(words="SQLite, monitor.db in the state folder")] = Field(
        default=None,
        description="a database, as SQLAlchemy names it; or, where a password is part of that, a table that says where "
        "it is kept",
        examples=["postgresql://monitor@db.harbourcity.example/monitor"],
    )
    retention: Annotated[Retention, Otherwise(words="all are kept")] = Field(
        default=None,
        description="how long conversations are kept in which nobody waits; at least 90d",
        examples=["2y"],
    )
    subjects: YesNo = Field(
        default=True, description="false: of a subject only a keyed digest is kept, and letters show none"
    )


class IgnorePart(Part):
    """Mail that never wants a reply, by shell patterns."""

    senders: Lower = Field(default=(), description="by who sent it", examples=[["*@alerts.harbourcity.example"]])
    subjects: Names = Field(default=(), description="by its subject", examples=[["[printer] *"]])


class ConfigModel(Part):
    """The house. These keys stand at the top, before the first table."""

    organisation: str = Field(
        default=ORGANISATION, description="whose mailboxes these are", examples=["Harbour City Libraries"]
    )
    timezone: Zone = Field(
        default=ZoneInfo("UTC"), description="of opening hours, days and weeks", examples=["Europe/London"]
    )
    operator: Annotated[Addr | None, Otherwise(words="nobody")] = Field(
        default=None,
        description="who hears of the monitor itself: a mailbox, or replies, it cannot see",
        examples=["it@harbourcity.example"],
    )
    templates_dir: Annotated[FileName | None, Otherwise(words="the shipped ones")] = Field(
        default=None,
        description="a folder with letters of your own, which come before those that are shipped",
        examples=["/etc/inbox-monitor/templates"],
    )
    double_answers: YesNo = Field(
        default=False, description="tell two of us who answered the same person within minutes"
    )
    target: TargetKeys = TargetKeys()
    imap: ImapKeys = ImapKeys()
    mailbox: Annotated[tuple[MailboxPart, ...], Field(min_length=1)]
    team: tuple[TeamPart, ...] = ()
    staff: StaffPart = StaffPart()
    reminder: tuple[ReminderPart, ...] = ()
    letters: LettersPart = LettersPart()
    person: tuple[PersonPart, ...] = ()
    report: ReportPart | None = None
    gone_quiet: GoneQuietPart | None = None
    board: BoardPart | None = None
    smtp: SmtpPart | None = None
    microsoft: MicrosoftPart | None = None
    google: GooglePart | None = None
    commands: CommandsPart | None = None
    health: HealthPart = HealthPart()
    store: StorePart = StorePart()
    ignore: IgnorePart = IgnorePart()
