"""FLOOR 1. How servers are reached and logged in to: what a part of the config says itself, else what holds for all."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from monitor.config.kinds import TokenFrom, beside
from monitor.config.model import CommandsPart, ConfigModel, ImapKeys, MailboxPart, SmtpPart
from monitor.config.secrets import Secret
from monitor.config.settings import GoogleSettings, HealthSettings, MicrosoftSettings, SmtpSettings

DEFAULT_LOOKBACK = timedelta(days=30)
DEFAULT_POLL = timedelta(minutes=5)
IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}


def reached(m: MailboxPart | CommandsPart, address: str, model: ConfigModel, folder: Path) -> dict[str, Any]:
    """Where a mailbox is and how to get in: what it says itself, else what [imap] says for all.

    Commands that come into a mailbox that is watched, too, are read there as it is.
    """
    watched = [w for w in model.mailbox if w.address == address and w is not m]
    parts: list[ImapKeys] = [model.imap, *watched, m]

    def either(name: str, default: Any = None) -> Any:
        said = [value for p in reversed(parts) if name in p.model_fields_set and (value := getattr(p, name))]
        return said[0] if said else default

    def opens() -> tuple[Any, Any]:
        """Password and token of the nearest part that has either."""
        for p in reversed(parts):
            if p.password or p.token:
                return p.password, p.token
        return None, None

    security, (password, token) = either("security", "tls"), opens()
    lookback = DEFAULT_LOOKBACK
    for part in parts:
        if "lookback" in part.model_fields_set:
            lookback = part.lookback  # type: ignore[assignment]  # None means "all"
    return {
        "address": address,
        "host": either("host"),
        "port": either("port", IMAP_PORTS[security]),
        "security": security,
        "ca_file": beside(folder, either("ca_file")),
        "username": either("username", address),
        "login": either("login"),
        "password": _reader(password, folder) if password else str,
        "token": _token(token, folder),
        "mechanism": either("mechanism"),
        "lookback": lookback,
        "poll_every": either("poll_every", DEFAULT_POLL),
        "inbox": m.inbox,
    }


def smtp_of(model: ConfigModel, folder: Path) -> SmtpSettings:
    part = model.smtp or SmtpPart(security="none")
    security = part.security or ("none" if part.port == 25 else "tls" if part.port == 465 else "starttls")
    domain = model.mailbox[0].address.rpartition("@")[2]
    from_ = part.from_ or f"Reply monitor <inbox-monitor@{domain}>"
    if not parseaddr(from_)[0]:
        from_ = f"Reply monitor <{parseaddr(from_)[1]}>"
    return SmtpSettings(
        host=part.host,
        port=part.port or SMTP_PORTS[security],
        security=security,
        ca_file=beside(folder, part.ca_file),
        username=part.username or (parseaddr(from_)[1] if part.password or part.token else None),
        password=_reader(part.password, folder) if part.password else None,
        from_=from_,
        token=_token(part.token, folder),
        mechanism=part.mechanism,
    )


def microsoft_of(model: ConfigModel, folder: Path) -> MicrosoftSettings | None:
    """[microsoft], if it is there."""
    part = model.microsoft
    if part is None:
        return None
    certificate = beside(folder, part.certificate)
    return MicrosoftSettings(
        tenant=part.tenant,
        client=part.client,
        secret=_reader(part.secret, folder) if part.secret else None,
        secret_expires=part.secret_expires,
        certificate=Path(certificate) if certificate else None,
        authority=part.authority.rstrip("/"),
        ca_file=beside(folder, part.ca_file),
    )


def google_of(model: ConfigModel, folder: Path) -> GoogleSettings | None:
    """[google], if it is there."""
    part = model.google
    if part is None:
        return None
    account, client = part.service_account, part.client
    return GoogleSettings(_reader(account, folder) if account else None, _reader(client, folder) if client else None)


def health_of(model: ConfigModel, folder: Path) -> HealthSettings:
    """[health]."""
    metrics, ping = beside(folder, model.health.metrics), model.health.ping
    url = (_reader(ping, folder) if isinstance(ping, Secret) else lambda: ping) if ping else None
    return HealthSettings(Path(metrics) if metrics else None, url)


def _reader(secret: Secret, folder: Path) -> Callable[[], str]:
    """Reads the secret anew each time; a file is looked for below the config's own folder."""
    return secret.model_copy(update={"file": beside(folder, secret.file)}).value


def _token(token: TokenFrom, folder: Path) -> Any:
    return _reader(token, folder) if isinstance(token, Secret) else token


def secret_files(model: ConfigModel, folder: Path) -> tuple[Path, ...]:
    parts = (model.imap, *model.mailbox, model.smtp, model.commands)
    secrets = [secret for part in parts if part for secret in (part.password, part.token)]
    secrets += [model.microsoft.secret] if model.microsoft else []
    secrets += [model.google.service_account, model.google.client] if model.google else []
    named = [secret.file for secret in secrets if isinstance(secret, Secret) and secret.file]
    named += [model.microsoft.certificate] if model.microsoft and model.microsoft.certificate else []
    return tuple(dict.fromkeys(Path(folder, name) for name in named))
