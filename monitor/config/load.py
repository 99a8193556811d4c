"""FLOOR 1. Reads config.toml. All mistakes are reported at once; nothing is started with a config that has one."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.config.freemail import PUBLIC_PROVIDERS
from monitor.config.model import ConfigModel, MailboxPart, SmtpPart, TargetKeys, TeamPart
from monitor.config.places import Mistake, show
from monitor.config.secrets import Secret
from monitor.config.settings import MailboxSettings, ReportSettings, Settings, SmtpSettings, state_folder
from monitor.core.house import Desk, Target
from monitor.core.ladder import Step
from monitor.core.staff import Staff

DEFAULT_LOOKBACK = timedelta(days=30)
DEFAULT_POLL = timedelta(minutes=5)
DEFAULT_STEPS = (Step(timedelta(0), ("owners",), timedelta(hours=24)),)
IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}

_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


class ConfigError(Exception):
    """The config cannot be used; the text shows every mistake in it."""


def load(path: Path) -> Settings:
    """The settings of a config file. Raises ConfigError with all that is wrong."""
    source = _read(path)
    name = path.name
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise _failed([_syntax(error)], name, source) from None
    try:
        model = ConfigModel.model_validate(table)
    except ValidationError as error:
        raise _failed([_mistake(e) for e in error.errors(include_url=False)], name, source) from None
    mistakes = list(_semantic(model))
    if mistakes:
        raise _failed(mistakes, name, source)
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


def _failed(mistakes: list[Mistake], name: str, source: str) -> ConfigError:
    shown = [show(m, name, source) for m in mistakes]
    count = "1 problem" if len(shown) == 1 else f"{len(shown)} problems"
    return ConfigError("\n".join([*shown, f"{count}; nothing was started."]))


def _syntax(error: tomllib.TOMLDecodeError) -> Mistake:
    text = str(error)
    place = _TOML_PLACE.search(text)
    words = _TOML_PLACE.sub("", text).strip()
    line, column = (int(place[1]), int(place[2])) if place else (1, 1)
    return Mistake((), f"this is not TOML: {words}", line=line, column=column)


def _mistake(error: Any) -> Mistake:
    path = tuple(part for part in error["loc"] if part != "function-before")
    key, kind = str(path[-1]) if path else "", error["type"]
    if kind == "extra_forbidden":
        return Mistake(path, f"`{key}` is not a setting here", _keys_at(path[:-1]))
    if kind == "missing":
        where = "the file" if len(path) == 1 else f"[[{path[0]}]]" if len(path) > 2 else f"[{path[0]}]"
        missing = "[[mailbox]]" if path == ("mailbox",) else f"`{key}`"
        return Mistake(path, f"{missing} is missing in {where}")
    words = {
        "int_type": "must be a whole number, without quotes",
        "float_type": "must be a number, without quotes",
        "float_parsing": "must be a number, without quotes",
        "string_type": "must be text in quotes",
        "bool_type": "must be true or false, without quotes",
        "bool_parsing": "must be true or false, without quotes",
        "too_short": "must not be empty",
        "string_too_short": "must not be empty",
    }
    text = words.get(kind) or error["msg"].removeprefix("Value error, ")
    named = next((str(part) for part in reversed(path) if isinstance(part, str)), key)
    return Mistake(path, f"`{named}` {_lower_first(text)}")


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text[:6] == "Input " else text


def _keys_at(path: Iterable[str | int]) -> tuple[str, ...]:
    model: Any = ConfigModel
    for part in path:
        if isinstance(part, str) and isinstance(model, type) and issubclass(model, BaseModel):
            model = _model_in(model.model_fields[part].annotation) if part in model.model_fields else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return ()
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for part in getattr(annotation, "__args__", ()) if (m := _model_in(part))), None)


def _semantic(model: ConfigModel) -> Iterator[Mistake]:
    """What no type can say: names that must fit each other, and letters that would loop."""
    addresses = [m.address for m in model.mailbox]
    ours = set(addresses) | {alias for m in model.mailbox for alias in m.aliases}
    teams = tuple(t.name for t in model.team)
    for n, mailbox in enumerate(model.mailbox):
        yield from _mailbox_mistakes(n, mailbox, model, addresses, teams)
    for n, team in enumerate(model.team):
        if team.name in teams[:n]:
            yield Mistake(("team", n, "name"), f'there are two teams "{team.name}"')
        yield from _loops(("team", n, "owners"), team.owners, ours)
    for n, step in enumerate(model.reminder):
        for to in step.to:
            if to != "owners" and "@" not in to and to not in teams:
                yield Mistake(("reminder", n, "to"), f'"{to}" is neither "owners", nor a team, nor a mail address')
        yield from _loops(("reminder", n, "to"), step.to, ours)
    smtp = model.smtp
    if smtp and smtp.username and not smtp.password:
        yield Mistake(("smtp", "username"), '`username` needs a password beside it: password = { file = "…" }')
    yield from _loops(("report", "to"), model.report.to if model.report else (), ours)
    yield from _loops(("operator",), (model.operator,) if model.operator else (), ours)


def _mailbox_mistakes(
    n: int, mailbox: MailboxPart, model: ConfigModel, addresses: list[str], teams: tuple[str, ...]
) -> Iterator[Mistake]:
    at = ("mailbox", n)
    if mailbox.address in addresses[:n]:
        yield Mistake((*at, "address"), f"{mailbox.address} is there twice")
    if mailbox.team is None and mailbox.watch == "all":
        yield Mistake((*at, "address"), f"{mailbox.address} has no `team`, so nobody would be reminded; add team = …")
    if mailbox.team is not None and mailbox.team not in teams:
        known = ", ".join(f'"{t}"' for t in teams) or "none yet; add a [[team]] with this name and its owners"
        yield Mistake((*at, "team"), f'there is no [[team]] named "{mailbox.team}" (teams: {known})')
    if not (mailbox.host or model.imap.host):
        yield Mistake((*at, "address"), f"{mailbox.address} has no IMAP server; add `host` under [imap]")
    if not (mailbox.password or model.imap.password):
        yield Mistake(
            (*at, "address"), f'{mailbox.address} has no password; add password = {{ file = "…" }} under [imap]'
        )


def _loops(path: tuple[str | int, ...], recipients: Iterable[str], ours: set[str]) -> Iterator[Mistake]:
    for address in recipients:
        if address.lower() in ours:
            yield Mistake(path, f"{address} is a watched mailbox: letters to it would come round again; name a person")


def _settings(path: Path, model: ConfigModel) -> Settings:
    teams = {t.name: t for t in model.team}
    desks = {
        m.address: Desk(
            m.address, m.team or m.address, _target(m, teams.get(m.team or ""), model.target), m.internal_customers
        )
        for m in model.mailbox
    }
    report = model.report
    folder = path.parent
    return Settings(
        path=path,
        organisation=model.organisation or "Inbox Monitor",
        zone=model.timezone,
        operator=model.operator,
        templates_dir=folder / model.templates_dir if model.templates_dir else None,
        target=_target(model.target),
        mailboxes=tuple(_mailbox(m, model) for m in model.mailbox),
        desks=desks,
        owners={t.name: t.owners for t in model.team},
        teams=tuple(t.name for t in model.team),
        staff=_staff(model),
        steps=tuple(_steps(model, teams)) or DEFAULT_STEPS,
        report=ReportSettings(report.on, report.to) if report else None,
        smtp=_smtp(model),
        store_url=model.store.url or f"sqlite:///{state_folder() / 'monitor.db'}",
        ignored_senders=model.ignore.senders,
        ignored_subjects=model.ignore.subjects,
    )


def _target(*parts: TargetKeys | None) -> Target:
    """The first part that says it wins: mailbox before team before [target]."""

    def first(name: str, default: Any) -> Any:
        return next((v for p in parts if p is not None and (v := getattr(p, name)) is not None), default)

    default = Target()
    return Target(
        first("reply_within", default.reply_within), first("goal", default.goal), first("clock", default.clock)
    )


def _mailbox(m: MailboxPart, model: ConfigModel) -> MailboxSettings:
    def either(name: str, default: Any = None) -> Any:
        own = getattr(m, name) if name in m.model_fields_set else None
        return own if own is not None else (getattr(model.imap, name) or default)

    security = either("security", "tls")
    lookback = DEFAULT_LOOKBACK
    for part in (model.imap, m):
        if "lookback" in part.model_fields_set:
            lookback = part.lookback  # type: ignore[assignment]  # None means "all"
    return MailboxSettings(
        address=m.address,
        team=m.team or m.address,
        host=either("host"),
        port=either("port", IMAP_PORTS[security]),
        security=security,
        ca_file=_beside(either("ca_file")),
        username=either("username", m.address),
        password=_reader(either("password")),
        lookback=lookback,
        poll_every=either("poll_every", DEFAULT_POLL),
        inbox=m.inbox,
        sent=m.sent,
        watch=m.watch,
        replies_confirmed=m.replies == "confirmed",
    )


def _beside(ca_file: str | None) -> str | None:
    return str(Path(ca_file).expanduser()) if ca_file else None


def _reader(secret: Secret) -> Callable[[], str]:
    return secret.value


def _staff(model: ConfigModel) -> Staff:
    addresses = {m.address for m in model.mailbox} | {a for m in model.mailbox for a in m.aliases}
    part = model.staff
    own = tuple(dict.fromkeys(m.address.rpartition("@")[2] for m in model.mailbox))
    return Staff(
        mailboxes=frozenset(addresses),
        people=frozenset(part.people) | {owner for t in model.team for owner in t.owners},
        domains=part.domains if part.domains is not None else tuple(d for d in own if d not in PUBLIC_PROVIDERS),
        customers=part.customers,
        lists=frozenset(part.lists),
        groups=frozenset(part.groups),
        forms=frozenset(part.forms),
    )


def _steps(model: ConfigModel, teams: dict[str, TeamPart]) -> Iterator[Step]:
    for part in model.reminder:
        to: list[str] = []
        for name in part.to:
            to += teams[name].owners if name in teams else [name if name == "owners" else name.lower()]
        yield Step(part.after, tuple(dict.fromkeys(to)), part.repeat)


def _smtp(model: ConfigModel) -> SmtpSettings:
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
        ca_file=_beside(part.ca_file),
        username=part.username or (parseaddr(from_)[1] if part.password else None),
        password=part.password.value if part.password else None,
        from_=from_,
    )
