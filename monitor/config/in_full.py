"""FLOOR 1. Every key of the config, written out from the model: as TOML, as a page, and as a schema for editors."""

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from monitor.config.keys import Key, Table, as_toml, keys_of_secrets, plain, tables
from monitor.config.model import ConfigModel

_HEAD = """\
# Every key of Inbox Monitor's config. What has a default is in force. A line that begins with "#" and a key is not: it
# has no default, or its table is not there; behind it stands what it says. To begin with: inbox-monitor config"""


def as_config() -> str:
    """All keys as TOML, those in force that have a default. With a [[mailbox]] and its server it could be used."""
    return "\n".join([_HEAD, *(line for table in tables() for line in _lines(table))]) + "\n"


def _lines(table: Table) -> Iterator[str]:
    yield ""
    yield from (f"# {line}" for line in _wrapped(table.meaning))
    if table.further:
        yield f"# Also any key of {_headers(table.further)}, which goes before what is said there."
    if table.header:
        yield f"{'#' if table.optional else ''}{table.header}"
    for key in table.keys:
        yield from _key_lines(key, table.optional)


def _key_lines(key: Key, commented: bool) -> Iterator[str]:
    yield from (f"# {line}" for line in _wrapped(_said(key)))
    if key.default is not None:
        notes = ["the default"] * commented + [f"for example {as_toml(key.example)}"] * (key.example is not None)
        note = f"   # {', '.join(notes)}" if notes else ""
        yield f"{'#' if commented else ''}{key.name} = {as_toml(key.default)}{note}"
    else:
        note = "needed" if key.needed else f"else {key.otherwise}" if key.otherwise else "an example"
        yield f"#{key.name} = {as_toml(key.example)}   # {note}"


def as_page() -> str:
    """All keys as Markdown, a table for each table."""
    return "\n".join(["## Every key", *(line for table in tables() for line in _section(table)), *_secrets()]) + "\n"


def _section(table: Table) -> Iterator[str]:
    yield from ("", f"### {f'`{table.header}`' if table.header else 'At the top'}", "", table.meaning)
    if table.further:
        yield f"Also any key of {_headers(table.further, '`')}, which goes before what is said there."
    yield from ("", *_rows(table.keys))


def _secrets() -> Iterator[str]:
    yield from ("", "### A secret", "", "A table with exactly one of these keys.", "", *_rows(keys_of_secrets()))


def _rows(keys: tuple[Key, ...]) -> Iterator[str]:
    yield "| key | default | meaning |"
    yield "|---|---|---|"
    for key in keys:
        default = f"`{as_toml(key.default)}`" if key.default is not None else key.otherwise or "–"
        example = f"; for example `{as_toml(key.example)}`" if key.example is not None else ""
        cells = (f"`{key.name}`", "needed" if key.needed else default, f"{_said(key)}{example}")
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def as_schema() -> dict[str, Any]:
    """The shape of the config as a JSON Schema, for editors that know one."""
    return {
        **ConfigModel.model_json_schema(schema_generator=_Schema),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Inbox Monitor",
    }


class _Schema(GenerateJsonSchema):
    def encode_default(self, dft: Any) -> Any:
        return super().encode_default(plain(dft))


def _said(key: Key) -> str:
    """Its meaning, and what it may be where that is one of a few words the meaning does not name."""
    unnamed = [word for word in key.choices if word not in key.meaning]
    one_of = f" ({', '.join(as_toml(word) for word in key.choices)})" if unnamed and len(key.choices) > 1 else ""
    return f"{key.meaning}{one_of}"


def _headers(names: tuple[str, ...], quote: str = "") -> str:
    return " and ".join(f"{quote}[{name}]{quote}" for name in names)


def _wrapped(text: str) -> list[str]:

    return textwrap.wrap(text, 116)
