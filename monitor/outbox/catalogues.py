"""FLOOR 1. Message catalogues: text in the tree (`locale/de.po`), made ready in memory; and what is wrong with one."""

import re
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from monitor.outbox.language import ENGLISH, FORMS

_PLACE = re.compile(r"%\((\w+)\)s")


def shipped_catalogue(folder: Path, code: str) -> NullTranslations:
    """The catalogue of a language that came with the program; English needs none."""
    path = folder / "locale" / f"{code}.po"
    return _read_once(path, code) if path.is_file() else NullTranslations()


def own_catalogue(folder: Path, code: str, shipped: NullTranslations) -> tuple[NullTranslations, list[str]]:
    """An operator's own messages before the shipped ones, and what is wrong with them, a line each.

    A message that is wrong is left out, and a file that cannot be read at all: the shipped ones stand in.
    """
    path = folder / "locale" / f"{code}.po"
    if not path.is_file():
        return shipped, []
    if code not in FORMS:
        return shipped, [f"{path}: letters are written in {', '.join(sorted(FORMS))} only"]
    try:
        catalogue = read_catalogue(path, code)
    except (PoFileError, ValueError, OSError) as error:
        return shipped, [f"{path}: {_said(error)}"]
    faults = []
    for message in list(catalogue):
        if wrong := fault_of(message):
            faults.append(f"{path}: {message_name(message)}: {wrong}")
            catalogue.delete(message.id, message.context)
    ready = _ready(catalogue)
    ready.add_fallback(shipped)
    return ready, faults


def own_languages(folder: Path) -> list[str]:
    """The languages that an operator's own folder has messages in."""
    return sorted(path.stem for path in (folder / "locale").glob("*.po"))


def read_catalogue(path: Path, code: str) -> Catalog:
    """A `.po` file. Raises PoFileError, ValueError (not UTF-8, for one) or OSError."""
    with path.open("rb") as file:
        return read_po(
            file, locale=FORMS[code if code in FORMS else ENGLISH].locale, charset="utf-8", abort_invalid=True
        )


def fault_of(message: Message) -> str:
    """Why a translation cannot be used: another place for a value than the message has, or a lone `%`. Else empty."""
    ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
    given = message.string if isinstance(message.string, list | tuple) else (message.string,)
    strings = [string or "" for string in given]
    if not message.id or not any(strings):
        return ""
    wanted, singular = set(_PLACE.findall(ids[-1])), set(_PLACE.findall(ids[0]))
    for string in strings:
        places = set(_PLACE.findall(string))
        if not places <= wanted | singular:
            return f"%({sorted(places - wanted - singular)[0]})s is no value of it"
        if missing := wanted & singular - places - ({"n"} if len(ids) > 1 else set()):
            return f"%({sorted(missing)[0]})s is missing"
        if "%" in _PLACE.sub("", string).replace("%%", ""):
            return "a % that is no value is written %%"
    return "" if all(strings) else "a form of the plural is missing"


def message_name(message: Message) -> str:
    """The message, shortened, for a line about it."""
    text = message.id[0] if isinstance(message.id, list | tuple) else message.id
    return f'"{text[:50]}…"' if len(text) > 51 else f'"{text}"'


def messages(catalogue: Catalog) -> Iterator[Message]:
    """Its messages without its header."""
    return (message for message in catalogue if message.id)


@cache
def _read_once(path: Path, code: str) -> NullTranslations:
    return _ready(read_catalogue(path, code))


def _ready(catalogue: Catalog) -> GNUTranslations:
    file = BytesIO()
    write_mo(file, catalogue)
    file.seek(0)
    return GNUTranslations(file)


def _said(error: Exception) -> str:
    # Babel counts lines from 0, and ends its sentence with that.
    if isinstance(error, PoFileError):
        return f"line {error.lineno + 1}: {str(error).removesuffix(f' on {error.lineno}')}"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
