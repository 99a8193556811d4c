"""FLOOR 1. Reads config.toml. All mistakes are reported at once; nothing is started with a config that has one."""

import shlex
import tomllib
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from email.utils import parseaddr
from pathlib import Path

from monitor.config.clocks import target_of, window
from monitor.config.defaults import ORGANISATION, STEPS
from monitor.config.errors import ConfigError
from monitor.config.freemail import PUBLIC_PROVIDERS
from monitor.config.kinds import beside
from monitor.config.mistakes import not_toml, understood
from monitor.config.model import ConfigModel, MailboxPart
from monitor.config.overrides import OverrideError, laid_over, shown
from monitor.config.places import Mistake, Places
from monitor.config.reaching import google_of, health_of, microsoft_of, reached, smtp_of, store_of
from monitor.config.secret_files import secret_files
from monitor.config.settings import (
    BoardSettings,
    GoneQuietSettings,
    MailboxSettings,
    ReportSettings,
    Settings,
)
from monitor.core.house import Desk
from monitor.core.ladder import Step
from monitor.core.people import Person
from monitor.core.staff import Staff


def load(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    logs_in: bool = False,
    guarded: bool = True,
    opens_store: bool = True,
) -> Settings:
    """The settings of a config file. Raises ConfigError with all that is wrong.

    `logs_in`: whoever asks is going to log in somewhere, so the secrets must be there, too; `guarded`: and kept from
    others (secret_files.py). `opens_store`: the address of the store is wanted, also where it is a secret.

    `overrides`: settings to change in it first, each as KEY=VALUE (overrides.py). Raises OverrideError where the config
    cannot be used with them.
    """
    try:
        return _loaded(path, _read(path), overrides, logs_in, guarded, opens_store)
    except RecursionError:
        text = "tables or lists lie in each other too deep to be read; look for a [ or { that nothing closes"
        raise ConfigError(f"{path}: {text}") from None


def _loaded(
    path: Path, source: str, overrides: Sequence[str], logs_in: bool, guarded: bool, opens_store: bool
) -> Settings:
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise _failed([not_toml(error, source)], Places(path.name, source, is_toml=False)) from None
    except ValueError:  # Python limits the digits of a whole number (sys.get_int_max_str_digits)
        text = "a number in it has thousands of digits; if it is meant to be text, put it in quotes"
        raise ConfigError(f"{path}: {text}") from None
    table, laid = laid_over(table, overrides)
    folder = path.absolute().parent
    model, mistakes = understood(table, folder, logs_in, guarded)
    store_url, wrong = store_of(model, folder) if model and opens_store else ("", None)
    if wrong and wrong.path not in [mistake.path for mistake in mistakes]:
        mistakes = [*mistakes, wrong]
    if model is None or mistakes:
        places = Places(path.name, source)
        if laid:
            raise OverrideError("\n".join(shown(mistakes, laid, places)))
        raise _failed(mistakes, places)
    return _settings(path, model, store_url)


def _read(path: Path) -> str:
    """The text, with the line ends of Unix and without a byte order mark, as editors on Windows put it there."""
    try:
        raw = path.read_bytes().removeprefix(BOM_UTF8)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; `inbox-monitor config > {shlex.quote(str(path))}` writes an example "
            "there, or give --config FILE"
        ) from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: it is a folder; name the file in it") from None
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be read ({error.strerror}); check its owner and rights") from None
    try:
        return _unix(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        begin = _unix(error.object[: error.start].decode("utf-8"))
        shown = begin + _unix(error.object[error.start :].decode("utf-8", errors="replace"))
        mistake = Mistake((), "it is not UTF-8 text; save it as UTF-8", at=len(begin))
        raise _failed([mistake], Places(path.name, shown, is_toml=False)) from None


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _failed(mistakes: list[Mistake], places: Places) -> ConfigError:
    shown = [places.show(m) for m in sorted(mistakes, key=places.order)]
    count = "1 problem" if len(shown) == 1 else f"{len(shown)} problems"
    return ConfigError("\n".join([*shown, f"{count}; nothing was started."]))


def _settings(path: Path, model: ConfigModel, store_url: str) -> Settings:
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
        organisation=model.organisation or ORGANISATION,
        zone=model.timezone,
        operator=model.operator,
        templates_dir=folder / model.templates_dir if model.templates_dir else None,
        target=target_of(model.timezone, model.target),
        mailboxes=tuple(_mailbox(m, model, folder) for m in model.mailbox),
        desks=desks,
        owners={t.name: t.owners for t in model.team},
        teams=tuple(t.name for t in model.team),
        staff=_staff(model),
        steps=tuple(_steps(model)) or STEPS,
        report=ReportSettings(report.on, report.to) if report else None,
        smtp=smtp_of(model, folder),
        store_url=store_url,
        retention=model.store.retention,
        ignored_senders=model.ignore.senders,
        ignored_subjects=model.ignore.subjects,
        authserv_ids=frozenset(a.lower() for m in (model.imap, *model.mailbox) if (a := m.authserv_id)),
        authenticated_replies=model.staff.authenticated_replies == "required",
        keeps_subjects=model.store.subjects,
        secret_files=secret_files(model, folder),
        people=_people(model),
        language=model.letters.language,
        letters_sent=window(model),
        commands=_commands(model, folder),
        double_answers=model.double_answers,
        aliases={alias: m.address for m in model.mailbox for alias in m.aliases},
        gone_quiet=GoneQuietSettings(quiet.partners, quiet.learn, quiet.after) if quiet else None,
        board=_board(model, folder),
        microsoft=microsoft_of(model, folder),
        google=google_of(model, folder),
        health=health_of(model, folder),
    )


def _board(model: ConfigModel, folder: Path) -> BoardSettings | None:
    html = beside(folder, model.board.html) if model.board else None
    return BoardSettings(Path(html), model.board.subjects) if model.board and html else None


def _mailbox(m: MailboxPart, model: ConfigModel, folder: Path) -> MailboxSettings:
    return MailboxSettings(
        **reached(m, m.address, model, folder),
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
    address = model.commands.address or parseaddr(smtp_of(model, folder).from_)[1]
    return MailboxSettings(
        **reached(model.commands, address, model, folder),
        team="",
        sent=(),
        done=(),
        ignored=(),
        watch="all",
        replies_confirmed=True,
        peek_closers=False,
    )


def _people(model: ConfigModel) -> dict[str, Person]:
    return {
        p.address: Person(p.address, p.name, p.language or "", window(model, p), p.away, p.substitute)
        for p in model.person
    }


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
        yield model.commands.address or parseaddr(smtp_of(model, Path()).from_)[1]


def _steps(model: ConfigModel) -> Iterator[Step]:
    for part in model.reminder:
        yield Step(part.after, tuple(dict.fromkeys(part.to)), part.repeat)
