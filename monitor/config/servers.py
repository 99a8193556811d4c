"""FLOOR 1. The keys by which servers are reached and logged in to; the rest of config.toml is in model.py."""

from datetime import date
from typing import Annotated

from pydantic import Field

from monitor.config.defaults import (
    IDLE,
    IMAP_PORTS,
    LOOKBACK,
    POLL_EVERY,
    SECURITY,
    SENDER,
    SMTP_PORTS,
    Otherwise,
    ports,
)
from monitor.config.kinds import (
    Addr,
    Authority,
    Day,
    FileName,
    Host,
    Length,
    Lookback,
    Mechanism,
    NamedAddr,
    Names,
    Part,
    Port,
    Security,
    TokenFrom,
    YesNo,
)
from monitor.config.secret_part import SecretPart

WhoLogsIn = Annotated[
    str | None,
    Otherwise(words="the username"),
    Field(
        description="who logs in, where that is another than the username",
        examples=["reader@harbourcity.example"],
    ),
]
TokenInstead = Annotated[
    TokenFrom,
    Field(
        description='instead of a password: "microsoft", "google", or where a token is',
        examples=["microsoft"],
    ),
]


class ImapKeys(Part):
    """How mailboxes are reached. Also allowed in a [[mailbox]]."""

    host: Host | None = Field(default=None, description="the IMAP server", examples=["imap.harbourcity.example"])
    port: Annotated[Port | None, Otherwise(words=ports(IMAP_PORTS))] = Field(
        default=None, description="its port", examples=[993]
    )
    security: Annotated[Security | None, Otherwise(SECURITY)] = Field(
        default=None, description="tls from the first byte, starttls, or none"
    )
    ca_file: FileName | None = Field(
        default=None,
        description="a certificate authority to trust instead of the system's, in PEM",
        examples=["house-ca.pem"],
    )
    username: Annotated[str | None, Otherwise(words="the address of the mailbox")] = Field(
        default=None, description="whose mailbox it is, as the server calls it", examples=["shared.info"]
    )
    password: SecretPart | None = Field(
        default=None, description="where the password is", examples=[{"file": "/etc/inbox-monitor/imap-password"}]
    )
    login: WhoLogsIn = None
    token: TokenInstead = None
    mechanism: Annotated[Mechanism | None, Otherwise(words="the best that the server offers")] = Field(
        default=None,
        description="how to log in: plain and login take a password, xoauth2 and oauthbearer a token",
        examples=["oauthbearer"],
    )
    lookback: Annotated[Lookback, Otherwise(LOOKBACK)] = Field(
        default=None, description='how far the first look goes back; "all" for everything'
    )
    poll_every: Annotated[Length | None, Otherwise(POLL_EVERY)] = Field(default=None, description="how often to look")
    idle: Annotated[YesNo | None, Otherwise(IDLE)] = Field(
        default=None,
        description="between two looks let the server say what has come (IMAP IDLE, or NOTIFY): a look follows at once",
    )
    authserv_id: Annotated[str | None, Otherwise(words="learnt from the mail")] = Field(
        default=None,
        description="who checks incoming mail: whose Authentication-Results are trusted",
        examples=["mx.harbourcity.example"],
    )


class CommandsPart(ImapKeys):
    """The mailbox that gets the replies to our letters: `done 2` and the like; without this table none are heard. It
    may be one that is watched, and is then read as that is."""

    address: Annotated[Addr | None, Otherwise(words="that of [smtp] from")] = Field(
        default=None, description="where replies to letters go", examples=["monitor@harbourcity.example"]
    )
    inbox: Annotated[Names, Otherwise(words="INBOX")] = Field(
        default=(), description="folders that they come to", examples=["Commands"]
    )


class SmtpPart(Part):
    """How letters leave. Without this table: by localhost, port 25, without TLS and login."""

    host: Host = Field(default="localhost", description="the SMTP server")
    port: Annotated[Port | None, Otherwise(words=ports(SMTP_PORTS))] = Field(
        default=None, description="its port", examples=[587]
    )
    security: Annotated[Security | None, Otherwise(words="tls on port 465, none on port 25, else starttls")] = Field(
        default=None, description="tls from the first byte, starttls, or none", examples=["starttls"]
    )
    ca_file: FileName | None = Field(
        default=None,
        description="a certificate authority to trust instead of the system's, in PEM",
        examples=["house-ca.pem"],
    )
    username: Annotated[str | None, Otherwise(words="the address of `from`, where there is a password or token")] = (
        Field(default=None, description="whose mailbox sends", examples=["monitor@harbourcity.example"])
    )
    password: Annotated[SecretPart | None, Otherwise(words="no login")] = Field(
        default=None, description="where the password is", examples=[{"file": "/etc/inbox-monitor/smtp-password"}]
    )
    login: WhoLogsIn = None
    token: TokenInstead = None
    mechanism: Annotated[Mechanism | None, Otherwise(words="the best that the server offers")] = Field(
        default=None, description="how to log in, as under [imap]", examples=["xoauth2"]
    )
    from_: Annotated[
        NamedAddr | None, Otherwise(words=f"{SENDER} <inbox-monitor@ the domain of the first mailbox>")
    ] = Field(
        default=None,
        alias="from",
        description="who letters come from",
        examples=["Reply monitor <monitor@harbourcity.example>"],
    )


class MicrosoftPart(Part):
    """Microsoft 365: an app registered in Entra ID, for token = "microsoft". With a secret or a certificate it logs in
    by itself; without, a person signs in once by `inbox-monitor login`."""

    tenant: str = Field(
        min_length=1, description="the directory: its id, or one of its domains", examples=["harbourcity.example"]
    )
    client: str = Field(
        min_length=1, description="the application (client) id", examples=["11111111-2222-3333-4444-555555555555"]
    )
    secret: SecretPart | None = Field(
        default=None, description="a client secret of the app", examples=[{"credential": "entra-secret"}]
    )
    secret_expires: Day | None = Field(
        default=None, description="its last day: the operator is warned a month before", examples=[date(2027, 11, 30)]
    )
    certificate: FileName | None = Field(
        default=None,
        description="a PEM file with the private key and the certificate, instead of a secret",
        examples=["/etc/inbox-monitor/entra.pem"],
    )
    authority: Authority = Field(
        default="https://login.microsoftonline.com", description="where to log in; another one for national clouds"
    )
    ca_file: FileName | None = Field(
        default=None, description="a certificate authority to trust for it, in PEM", examples=["house-ca.pem"]
    )


class GooglePart(Part):
    """Google Workspace, for token = "google": a service account with domain-wide delegation, or an installed app that
    a person signs in to once by `inbox-monitor login`."""

    service_account: SecretPart | None = Field(
        default=None,
        description="the JSON key of a service account",
        examples=[{"file": "/etc/inbox-monitor/google.json"}],
    )
    client: SecretPart | None = Field(
        default=None,
        description="the JSON of an OAuth client of the type desktop app, instead of it",
        examples=[{"file": "/etc/inbox-monitor/google-client.json"}],
    )
