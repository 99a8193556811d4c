"""The model, the example, `config --all` and docs/configuration.md are one: none of them can drift from the others."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.config import in_full, load
from monitor.config.keys import Key, Table, as_toml, keys_of_secrets, tables
from monitor.config.model import ConfigModel
from monitor.config.overrides import laid_over
from tests.config.conftest import RIGHT, Loader

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config.example.toml").read_text()
PAGE = (ROOT / "docs" / "configuration.md").read_text()
TABLES = tuple(tables())
COMMENTED = re.compile(r"#([a-z_]+ = .*|\[.*)")
"""A line of `config --all` that is not in force; what is told of a key begins with a blank."""


def every_key() -> list[Any]:
    return [pytest.param(table, key, id=f"{table.name or 'top'}.{key.name}") for table in TABLES for key in table.keys]


def said(*words: str) -> str:
    done = CliRunner().invoke(app, ["config", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


PASSWORD = {"password": {"env": "X"}}
NEEDED: dict[str, dict[str, Any]] = {
    "person": {"address": "ann@harbourcity.example"},
    "report": {"to": ["leadership@harbourcity.example"]},
    "board": {"html": "board.html"},
    "microsoft": {"tenant": "x.example", "client": "1"},
    "commands": {"address": "monitor@harbourcity.example", **PASSWORD},
}
"""What a table cannot be without."""
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("target", "closed"): {"clock": "open-days"},
    ("target", "holidays"): {"clock": "open-days"},
    ("target", "hours"): {"clock": "office-hours"},
    ("imap", "mechanism"): {"token": {"env": "X"}},
    ("smtp", "mechanism"): {"token": {"env": "X"}},
    ("smtp", "username"): PASSWORD,
}
"""What a key cannot be without in its table."""


def config_with(table: Table, key: Key, value: Any) -> str:
    """The smallest config in which this key stands as it is told."""
    base: dict[str, Any] = {
        "imap": {"host": "imap.harbourcity.example"},
        "mailbox": [{"address": "info@x.example", "team": "Front desk", **PASSWORD}],
        "team": [{"name": "Front desk", "owners": ["lead@x.example"]}],
        "microsoft": dict(NEEDED["microsoft"]),
    }
    here = {**NEEDED.get(table.name, {}), **BESIDE.get((table.name, key.name), {}), key.name: value}
    if "mechanism" in here:
        del base["mailbox"][0]["password"]
        base["imap"]["token"] = {"env": "X"}
    if table.name in ("mailbox", "team"):
        base[table.name][0].update(here)
    elif table.many:
        base[table.name] = [here]
    else:
        (base.setdefault(table.name, {}) if table.name else base).update(here)
    return "\n".join(toml_of(base))


def toml_of(base: dict[str, Any]) -> Iterator[str]:
    yield from (f"{key} = {as_toml(value)}" for key, value in base.items() if not isinstance(value, list | dict))
    for name, value in base.items():
        for each in value if isinstance(value, list) else [value] if isinstance(value, dict) else []:
            yield f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
            yield from (f"{key} = {as_toml(inner)}" for key, inner in each.items())


@pytest.mark.parametrize(("table", "key"), every_key())
def test_every_key_says_what_it_means_and_its_default_or_an_example(table: Table, key: Key) -> None:
    assert key.meaning
    assert key.meaning[0].islower() or not key.meaning[0].isalpha(), "it goes on behind the name of the key"
    assert not key.meaning.endswith(".")
    assert key.default is not None or key.example is not None
    assert table.meaning.endswith(".")


@pytest.mark.parametrize(("table", "key"), every_key())
def test_the_default_and_the_example_of_a_key_are_accepted(
    tmp_path: Path, loaded: Loader, table: Table, key: Key
) -> None:
    (tmp_path / "house-ca.pem").touch()
    (tmp_path / "closed.ics").write_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    for value in (key.default, key.example):
        if value is not None:
            loaded(config_with(table, key, value))


def test_what_is_in_force_means_what_it_means_when_it_is_left_out(loaded: Loader) -> None:
    def without_secrets(text: str) -> dict[str, Any]:
        found = loaded(text)
        boxes = [{name: getattr(box, name) for name in box.__slots__ if name != "password"} for box in found.mailboxes]
        rest = {
            n: getattr(found, n) for n in found.__slots__ if n not in ("mailboxes", "microsoft", "google", "health")
        }
        return {"mailboxes": boxes, **rest}

    server = RIGHT.partition("[imap]\n")[2].partition("\n\n")[0]
    text = in_full.as_config().replace("[imap]\n", f"[imap]\n{server}\n") + RIGHT[RIGHT.index("[[mailbox]]") :]
    assert without_secrets(text) == without_secrets(RIGHT)


def test_each_line_that_is_not_in_force_is_toml_when_it_is() -> None:
    lines = in_full.as_config().splitlines()
    commented = [line for line in lines if COMMENTED.fullmatch(line)]
    assert len(commented) > 70
    tomllib.loads("\n".join(line[1:] if line in commented else line for line in lines))
    keys = {(t.name, k.name) for t in TABLES for k in t.keys}
    assert sum(" = " in line for line in lines if line in commented or not line.startswith("#")) == len(keys)


def test_the_page_is_made_from_the_model() -> None:
    made = said("--markdown")
    assert PAGE[PAGE.index("## Every key") :] == made, "type: make configuration"
    for key in (*keys_of_secrets(), *(key for table in TABLES for key in table.keys)):
        assert f"| `{key.name}` |" in made


def test_every_key_of_the_model_stands_in_exactly_one_table_or_is_told_to_stand_in_several() -> None:
    schema = in_full.as_schema()
    for table in TABLES[1:]:
        part = re.findall(r"#/\$defs/(\w+)", json.dumps(schema["properties"][table.name]))[0]
        keys = set(schema["$defs"][part]["properties"])
        told = {key.name for key in table.keys}
        told |= {key.name for other in TABLES for key in other.keys if other.name in table.further}
        assert keys - told == set(), table.name


def test_the_example_is_what_config_prints_and_can_be_used_as_it_is(tmp_path: Path) -> None:
    assert said() == EXAMPLE
    path = tmp_path / "config.toml"
    path.write_text(EXAMPLE.replace("/etc/inbox-monitor/", ""))
    for name in ("imap-password", "smtp-password"):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_text("geheim\n")
    assert len(load(path, logs_in=True).mailboxes) == 2


def test_the_example_can_be_used_with_all_that_is_commented_out_in_it(tmp_path: Path) -> None:
    whole = re.sub(r"(?m)^# ((?:\[|[a-z_]+ +=).*)", r"\1", EXAMPLE)
    assert whole.count("\n[") > EXAMPLE.count("\n[") + 3
    (tmp_path / "config.toml").write_text(whole)
    found = load(tmp_path / "config.toml")
    assert (found.language, len(found.people), found.board is None) == ("de", 1, False)


def test_every_key_of_the_page_can_be_set_for_a_simulation() -> None:
    table, _ = laid_over({}, [f"{t.name}.{k.name}=1" for t in TABLES if t.name and not t.many for k in t.keys])
    assert set(table) == {t.name for t in TABLES if t.name and not t.many and t.keys}


def test_the_schema_knows_every_table_and_gives_every_key_its_meaning() -> None:
    schema = json.loads(said("--schema"))
    assert set(schema["properties"]) == set(ConfigModel.model_fields)
    assert schema["required"] == ["mailbox"]
    assert schema["additionalProperties"] is False
    for part in schema["$defs"].values():
        assert all("description" in key for key in part["properties"].values())
    assert schema["$defs"]["MailboxPart"]["properties"]["watch"]["enum"] == ["all", "sent"]


def test_config_is_asked_for_one_thing_at_a_time() -> None:
    done = CliRunner().invoke(app, ["config", "--all", "--schema"])
    assert (done.exit_code, done.stdout) == (2, "")
