"""ROOF. The command that shows what a config may hold: `config`."""

from pathlib import Path
from typing import Annotated

import typer

import monitor
from monitor.commands.shared import fail
from monitor.config import in_full
from monitor.exits import USAGE
from monitor.screen.output import as_json, out

_PACKAGE = Path(monitor.__file__).parent


def config(
    all_: Annotated[bool, typer.Option("--all", help="Every key with its default and what it means.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="A JSON Schema of it, for an editor.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", hidden=True)] = False,
) -> None:
    """An example of a config to begin with; it needs none itself."""
    if all_ + schema + markdown > 1:
        fail(USAGE, "config: one of --all and --schema at a time")
    if schema:
        as_json(in_full.as_schema())
        return
    text = in_full.as_config() if all_ else in_full.as_page() if markdown else example().read_text(encoding="utf-8")
    out(text.rstrip("\n"))


def example() -> Path:
    """config.example.toml: inside the package, or beside it in an editable install."""
    inside = _PACKAGE / "config.example.toml"
    return inside if inside.is_file() else _PACKAGE.parent / "config.example.toml"
