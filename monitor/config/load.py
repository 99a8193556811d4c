"""FLOOR 1. Reads config.toml. All mistakes are reported at once; nothing is started with a config that has one."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from monitor.config.clocks import target_of, window
from monitor.config.freemail import PUBLIC_PROVIDERS
from monitor.config.kinds import beside
from monitor.config.mistakes import not_toml, understood
from monitor.config.model import CommandsPart, ConfigModel, ImapKeys, MailboxPart, SmtpPart
from monitor.config.overrides import OverrideError, laid_over, shown
from monitor.config.places import Mistake, Places
from monitor.config.secrets import Secret
from monitor.config.settings import (
    BoardSettings,
    GoneQuietSettings,
    MailboxSettings,
    ReportSettings,
    Settings,
    SmtpSettings,
    state_folder,
)
from monitor.core.house import Desk
from monitor.core.ladder import Step
from monitor.core.people import Person
from monitor.core.staff import Staff

DEFAULT_LOOKBACK = timedelta(days=30)
DEFAULT_POLL = timedelta(minutes=5)
DEFAULT_STEPS = (Step(timedelta(0), ("owners",), timedelta(hours=24)),)
IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}


class ConfigError(Exception):
    """The config cannot be used; the text shows every mistake in it."""


def load(path: Path, overrides: Sequence[str] = ()) -> Settings:
    """The settings of a config file. Raises ConfigError with all that is wrong.

    `overrides`: settings to change in it first, each as KEY=VALUE (overrides.py). Raises OverrideError where the config
    cannot be used with them.
    """
    source = _read(path)
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise _failed([not_toml(error, source)], Places(path.name, source, is_toml=False)) from None
    table, laid = laid_over(table, overrides)
    model, mistakes = understood(table, path.absolute().parent)
    if model is None or mistakes:
        places = Places(path.name, source)
        if laid:
            raise OverrideError("\n".join(shown(mistakes, laid, places)))
        raise _failed(mistakes, places)
    return _settings(path, model)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; copy config.example.toml there, or give --config FILE"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: it is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be read ({error.strerror}); check its owner and rights") from None


def _failed(mistakes: list[Mistake], places: Places) -> ConfigError:
    shown = [places.show(m) for m in sorted(mistakes, key=places.order)]
    count = "1 problem" if len(shown) == 1 else f"{len(shown)} problems"
    return ConfigError("\n".join([*shown, f"{count}; nothing was started."]))


def _settings(path: Path, model: ConfigModel) -> Settings:
    teams = {t.name: t for t in model.team}
    desks = {
        m.address: Desk(
            m.address,
            m.team or m.address,
            target_of(model.timezone, m, teams.get(m.team or ""), model.target),
            m.internal_customers,
        )
        for m in model.mailbox
    }
    report, quiet = model.report, model.gone_quiet
    folder = path.absolute().parent
    return Settings(
        path=path,
        organisation=model.organisation or "Inbox Monitor",
        zone=model.timezone,
        operator=model.operator,
        templates_dir=folder / model.templates_dir if model.templates_dir else None,
        target=target_of(model.timezone, model.target),
        mailboxes=tuple(_mailbox(m, model, folder) for m in model.mailbox),
        desks=desks,
        owners={t.name: t.owners for t in model.team},
        teams=tuple(t.name for t in model.team),
        staff=_staff(model),
        steps=tuple(_steps(model)) or DEFAULT_STEPS,
        report=ReportSettings(report.on, report.to) if report else None,
        smtp=_smtp(model, folder),
        store_url=model.store.url or f"sqlite:///{state_folder() / 'monitor.db'}",
        retention=model.store.retention,
        ignored_senders=model.ignore.senders,
        ignored_subjects=model.ignore.subjects,
        authserv_ids=frozenset(a.lower() for m in (model.imap, *model.mailbox) if (a := m.authserv_id)),
        authenticated_replies=model.staff.authenticated_replies == "required",
        keeps_subjects=model.store.subjects,
        secret_files=_secret_files(model, folder),
        people=_people(model),
        language=model.letters.language,
        letters_sent=window(model),
        commands=_commands(model, folder),
        double_answers=model.double_answers,
        aliases={alias: m.address for m in model.mailbox for alias in m.aliases},
        gone_quiet=GoneQuietSettings(quiet.partners, quiet.learn, quiet.after) if quiet else None,
        board=_board(model, folder),
    )


def _board(model: ConfigModel, folder: Path) -> BoardSettings | None:
    html = beside(folder, model.board.html) if model.board else None
    return BoardSettings(Path(html), model.board.subjects) if model.board and html else None


def _mailbox(m: MailboxPart, model: ConfigModel, folder: Path) -> MailboxSettings:
    return MailboxSettings(
        **_reached(m, m.address, model, folder),
        team=m.team or m.address,
        sent=m.sent,
        done=m.done,
        ignored=m.ignored,
        watch=m.watch,
        replies_confirmed=m.replies == "confirmed",
        peek_closers=m.peek_closers,
    )


def _commands(model: ConfigModel, folder: Path) -> MailboxSettings | None:
    """The mailbox that hears what staff say of our letters; reached as the mailboxes are, unless it says otherwise."""
    if model.commands is None:
        return None
    address = model.commands.address or parseaddr(_smtp(model, folder).from_)[1]
    reached = _reached(model.commands, address, model, folder)
    return MailboxSettings(
        **reached, team="", sent=(), done=(), ignored=(), watch="all", replies_confirmed=True, peek_closers=False
    )


def _reached(m: MailboxPart | CommandsPart, address: str, model: ConfigModel, folder: Path) -> dict[str, Any]:
    """Where a mailbox is and how to get in: what it says itself, else what [imap] says for all.

    Commands that come into a mailbox that is watched, too, are read there as it is.
    """
    watched = [w for w in model.mailbox if w.address == address and w is not m]
    parts: list[ImapKeys] = [model.imap, *watched, m]

    def either(name: str, default: Any = None) -> Any:
        said = [value for p in reversed(parts) if name in p.model_fields_set and (value := getattr(p, name))]
        return said[0] if said else default

    security = either("security", "tls")
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
        "password": _reader(either("password"), folder),
        "lookback": lookback,
        "poll_every": either("poll_every", DEFAULT_POLL),
        "inbox": m.inbox,
    }


def _people(model: ConfigModel) -> dict[str, Person]:
    return {
        p.address: Person(p.address, p.name, p.language or "", window(model, p), p.away, p.substitute)
        for p in model.person
    }


def _reader(secret: Secret, folder: Path) -> Callable[[], str]:
    """Reads the secret anew each time; a file is looked for below the config's own folder."""
    return secret.model_copy(update={"file": beside(folder, secret.file)}).value


def _secret_files(model: ConfigModel, folder: Path) -> tuple[Path, ...]:
    parts = (model.imap, *model.mailbox, model.smtp, model.commands)
    named = [part.password.file for part in parts if part and part.password and part.password.file]
    return tuple(dict.fromkeys(Path(folder, name) for name in named))


def _staff(model: ConfigModel) -> Staff:
    addresses = {m.address for m in model.mailbox} | {a for m in model.mailbox for a in m.aliases}
    part = model.staff
    own = tuple(dict.fromkeys(m.address.rpartition("@")[2] for m in model.mailbox))
    return Staff(
        mailboxes=frozenset(addresses),
        people=frozenset(part.people) | set(_written_to(model)),
        domains=part.domains if part.domains is not None else tuple(d for d in own if d not in PUBLIC_PROVIDERS),
        customers=part.customers,
        lists=frozenset(part.lists),
        groups=frozenset(part.groups),
        forms=frozenset(part.forms),
    )


def _written_to(model: ConfigModel) -> Iterator[str]:
    """Everybody who gets letters is one of us: what comes back from them, also from a machine, waits for nobody."""
    for team in model.team:
        yield from team.owners
    for step in model.reminder:
        yield from (to for to in step.to if "@" in to)
    yield from model.report.to if model.report else ()
    yield from (model.operator,) if model.operator else ()
    for person in model.person:
        yield from (a for a in (person.address, person.substitute) if a)
    if model.commands:
        yield model.commands.address or parseaddr(_smtp(model, Path()).from_)[1]


def _steps(model: ConfigModel) -> Iterator[Step]:
    for part in model.reminder:
        yield Step(part.after, tuple(dict.fromkeys(part.to)), part.repeat)


def _smtp(model: ConfigModel, folder: Path) -> SmtpSettings:
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
        username=part.username or (parseaddr(from_)[1] if part.password else None),
        password=_reader(part.password, folder) if part.password else None,
        from_=from_,
    )
