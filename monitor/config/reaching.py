"""FLOOR 1. How servers are reached and logged in to: what a part of the config says itself, else what holds for all."""

from collections.abc import Callable
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import Any

from monitor.config.defaults import IDLE, IMAP_PORTS, LOOKBACK, POLL_EVERY, SECURITY, SENDER, SMTP_PORTS, SMTP_SECURITY
from monitor.config.kinds import TokenFrom, beside
from monitor.config.model import ConfigModel, MailboxPart
from monitor.config.places import Mistake
from monitor.config.secret_part import SecretPart
from monitor.config.secrets import SecretError
from monitor.config.servers import CommandsPart, ImapKeys, SmtpPart
from monitor.config.settings import GoogleSettings, HealthSettings, MicrosoftSettings, SmtpSettings, state_folder


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

    security, (password, token) = either("security", SECURITY), opens()
    lookback = LOOKBACK
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
        "poll_every": either("poll_every", POLL_EVERY),
        "idle": next((p.idle for p in reversed(parts) if p.idle is not None), IDLE),
        "inbox": m.inbox,
    }


def smtp_of(model: ConfigModel, folder: Path) -> SmtpSettings:
    part = model.smtp or SmtpPart(security="none")
    security = part.security or SMTP_SECURITY.get(part.port or 0, "starttls")
    domain = model.mailbox[0].address.rpartition("@")[2]
    from_ = part.from_ or f"{SENDER} <inbox-monitor@{domain}>"
    if not parseaddr(from_)[0]:
        from_ = f"{SENDER} <{parseaddr(from_)[1]}>"
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
        login=part.login,
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
    return GoogleSettings(
        _reader(account, folder, of_lines=True) if account else None,
        _reader(client, folder, of_lines=True) if client else None,
    )


def health_of(model: ConfigModel, folder: Path) -> HealthSettings:
    """[health]."""
    metrics, ping = beside(folder, model.health.metrics), model.health.ping
    url = (_reader(ping, folder) if isinstance(ping, SecretPart) else partial(str, ping)) if ping else None
    return HealthSettings(Path(metrics) if metrics else None, url)


def store_of(model: ConfigModel, folder: Path) -> tuple[str, Mistake | None]:
    """The address of the store; where it is a secret that cannot be had, what is wrong, and where."""
    url = model.store.url
    if not isinstance(url, SecretPart):
        return url or f"sqlite:///{state_folder() / 'monitor.db'}", None
    try:
        return _reader(url, folder)(), None
    except SecretError as error:
        return "", Mistake(("store", "url", url.kind), str(error))


def _reader(part: SecretPart, folder: Path, of_lines: bool = False) -> Callable[[], str]:
    """Reads the secret anew each time; a file is looked for below the config's own folder. `of_lines`: it may have
    several, as JSON has."""
    found = part.secret(beside(folder, part.file))
    return found.text if of_lines else found.value


def _token(token: TokenFrom, folder: Path) -> Any:
    return _reader(token, folder, of_lines=True) if isinstance(token, SecretPart) else token
