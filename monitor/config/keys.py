"""FLOOR 1. Every table and key of the config as the model has them: what it means, its default, an example."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from monitor.config.calendars import WindowKeys
from monitor.config.defaults import Otherwise
from monitor.config.model import ConfigModel, TargetKeys
from monitor.config.secret_part import SecretPart
from monitor.config.servers import ImapKeys
from monitor.core.calendar import DAYS
from monitor.core.durations import canonical
from monitor.core.report.week import Moment

HOMES: dict[type[BaseModel], str] = {ImapKeys: "imap", TargetKeys: "target", WindowKeys: "letters"}
"""Keys that stand in several tables, and the one that holds for all."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key. Values are as tomllib gives them; `otherwise`: words for a default that depends on other keys."""

    name: str
    meaning: str
    default: Any = None
    otherwise: str = ""
    example: Any = None
    choices: tuple[str, ...] = ()
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `name` "": the top. `optional`: leaving it out is not the same as leaving it empty. `further`: tables
    whose keys may stand in it, too."""

    name: str
    meaning: str
    keys: tuple[Key, ...]
    many: bool = False
    optional: bool = False
    further: tuple[str, ...] = ()

    @property
    def header(self) -> str:
        """`[target]`, `[[mailbox]]`, or nothing."""
        return (f"[[{self.name}]]" if self.many else f"[{self.name}]") if self.name else ""


def tables() -> Iterator[Table]:
    """All of them, in the order of the model; the keys at the top first."""
    top = {name: field for name, field in ConfigModel.model_fields.items() if _part_in(field.annotation) is None}
    yield Table("", _meaning(ConfigModel), tuple(_key(name, field) for name, field in top.items()))
    for name, field in ConfigModel.model_fields.items():
        part = _part_in(field.annotation)
        if part is not None:
            many = get_origin(field.annotation) is tuple
            yield _table(name, part, many, optional=many or field.default is None)


def keys_of_secrets() -> tuple[Key, ...]:
    """What a secret's table may hold."""
    return tuple(_key(name, field) for name, field in SecretPart.model_fields.items())


def plain(value: Any) -> Any:
    """A value of the model as it stands in the config, as tomllib would give it."""
    if isinstance(value, timedelta):
        days, rest = divmod(value, timedelta(days=1))
        return f"{days}d" if days > 1 and not rest else canonical(value)
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, Moment):
        return f"{DAYS[value.weekday][:3].lower()} {value.hour:02}:{value.minute:02}"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [plain(each) for each in value] if isinstance(value, tuple | list) else value


def as_toml(value: Any) -> str:
    """A value as it is written in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {as_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return value.isoformat() if isinstance(value, date) else f"{value:g}" if isinstance(value, float) else str(value)


def _table(name: str, part: type[BaseModel], many: bool, optional: bool) -> Table:
    elsewhere = [keys for keys, home in HOMES.items() if home != name and issubclass(part, keys)]
    own = {key: f for key, f in part.model_fields.items() if not any(key in keys.model_fields for keys in elsewhere)}
    further = tuple(HOMES[keys] for keys in elsewhere)
    return Table(name, _meaning(part), tuple(_key(key, f) for key, f in own.items()), many, optional, further)


def _key(name: str, field: FieldInfo) -> Key:
    otherwise = next((m for m in field.metadata if isinstance(m, Otherwise)), Otherwise())
    default = None if field.is_required() else field.default
    if default in (None, (), "") and (otherwise.value is not None or otherwise.words):
        default = otherwise.value
    return Key(
        name=field.alias or name,
        meaning=field.description or "",
        default=plain(default),
        otherwise=otherwise.words,
        example=plain(field.examples[0]) if field.examples else None,
        choices=_choices(field.annotation),
        needed=field.is_required(),
    )


def _choices(annotation: Any) -> tuple[str, ...]:
    """The words that a key may be, where there are only so many."""
    if get_origin(annotation) is Literal:
        return tuple(word for word in get_args(annotation) if isinstance(word, str))
    found = [arg for arg in get_args(annotation) if arg is not type(None)]
    return _choices(found[0]) if len(found) == 1 and get_origin(annotation) is not tuple else ()


def _part_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_part_in(part) for part in get_args(annotation))
    return next((part for part in found if part is not None), None)


def _meaning(part: type[BaseModel]) -> str:
    return " ".join((part.__doc__ or "").split())
