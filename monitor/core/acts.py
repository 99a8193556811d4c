"""GROUND. What staff say by hand, in one line: `done 2`, `snooze 1 2d`, `assign 3 digital`, `reopen 2`, `undo`, `help`.

A line is a command only as a whole: what a person writes to another ("Done that yesterday, 2 more to come") is none.
English words are always understood, those of the other languages of our letters too.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Literal

from monitor.core.durations import canonical
from monitor.core.wait import LONGEST_SNOOZE

Word = Literal["done", "snooze", "assign", "reopen", "undo", "help"]
Why = Literal[
    "empty", "word", "numbers", "length", "too_long", "whom", "which", "number", "unknown_whom", "ambiguous_whom"
]

WORDS: dict[str, Word] = {
    **dict.fromkeys(("done", "erledigt", "fait"), "done"),
    **dict.fromkeys(("snooze", "später", "spaeter", "reporter"), "snooze"),
    **dict.fromkeys(("assign", "weitergeben", "transmettre"), "assign"),
    **dict.fromkeys(("reopen", "öffnen", "oeffnen", "rouvrir"), "reopen"),
    **dict.fromkeys(("undo", "rückgängig", "rueckgaengig", "annuler"), "undo"),
    **dict.fromkeys(("help", "?", "hilfe", "aide"), "help"),
}
"""Every word of command: English, German, French."""

SNOOZE = timedelta(days=1)
"""How long a snooze lasts that does not say so."""
MOST_NUMBERS = 50
"""Numbers of one line: who means more has mistyped a range."""
LONGEST_LINE = 200
"""Characters. A longer line is no command."""
LONGEST_SHOWN = 80
"""Characters of what was not understood that are given back."""


@dataclass(frozen=True, slots=True)
class Command:
    """One line that was understood. `numbers`: as they were said, none twice; empty where none was.

    `length`: of a snooze. `to`: whom an assign names, as it was written.
    """

    word: Word
    numbers: tuple[int, ...] = ()
    length: timedelta | None = None
    to: str = ""


@dataclass(frozen=True, slots=True)
class Puzzled:
    """Nothing is done, and why.

    `empty`: nothing was said; `word`: no word of command; `numbers`: not only numbers after it, or too many;
    `length`: no length of time; `too_long`: a snooze of over LONGEST_SNOOZE; `whom`: an assign to nobody. And where the
    line was understood: `which`: it names none of several; `number`: there is none such; `unknown_whom` and
    `ambiguous_whom`: nobody of the config, or several.
    `text` is what was not understood, of whoever wrote it: at most LONGEST_SHOWN printable characters. `did_you_mean`:
    commands as they would be right, or teams and addresses.
    """

    why: Why
    text: str = ""
    did_you_mean: tuple[str, ...] = ()


def understand(line: str) -> Command | Puzzled:
    """One line, whatever is in it."""
    said = _plain(line)
    if not said:
        return Puzzled("empty")
    if len(said) > LONGEST_LINE:
        return Puzzled("word", shown(said))
    found = _parsed(said)
    if isinstance(found, Puzzled) and found.why in ("word", "numbers"):
        return Puzzled(found.why, shown(said), _meant(said))
    return found


def spelled(command: Command) -> str:
    """A command as it is best written."""
    length = canonical(command.length) if command.length else ""
    if command.length and command.length % timedelta(days=1) == timedelta(0):
        length = f"{command.length.days}d"
    return " ".join(part for part in (command.word, *map(str, command.numbers), length, command.to) if part)


def shown(text: str) -> str:
    """As much of what somebody wrote as is given back."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return printable if len(printable) <= LONGEST_SHOWN else printable[: LONGEST_SHOWN - 1] + "…"


_POLITE = r"(?:please|bitte|danke|merci|svp|s'il (?:te|vous) pla[iî]t|thanks|thank you)"
_BEFORE = re.compile(rf"{_POLITE}[\s,:]+", re.IGNORECASE)
_AFTER = re.compile(rf"[\s,]+{_POLITE}", re.IGNORECASE)
_ENDS = " \t.!;,:*\"'`“”„«»‘’"
"""What may stand around a command: also the marks of who copies an example, quoted or in bold."""
_NUMBER = r"(?:\#|nr\.?\s?|no\.?\s?)?\d{1,9}"
_SEPARATOR = r"(?:\s*[,;&+]\s*(?:(?:and|und|et)\s+)?|\s+(?:(?:and|und|et)\s+)?)"
_SPAN = rf"{_NUMBER}(?:\s*[-–]\s*{_NUMBER})?"
_NUMBERS = re.compile(rf"(?:{_SPAN})(?:{_SEPARATOR}{_SPAN})*", re.IGNORECASE | re.ASCII)
_UNITS = {
    **dict.fromkeys(("m", "min", "minute", "minutes", "minuten"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours", "std", "stunde", "stunden", "heure", "heures"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days", "t", "tag", "tage", "j", "jour", "jours"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks", "woche", "wochen", "semaine", "semaines"), timedelta(weeks=1)),
}
_LENGTH = re.compile(
    rf"(?:^|(?<=[\s,]))(?:(?:for|für|fuer|um|pour|de)\s+)?(?P<count>\d{{1,5}}|an?|one|eine?n?|une?)\s?"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})$",
    re.IGNORECASE,
)
_TO = re.compile(r"(?:to|an|à|a)\s+", re.IGNORECASE)


def _plain(line: str) -> str:
    """Without what nobody sees, polite words and marks around it."""
    whole = unicodedata.normalize("NFKC", line[: 4 * LONGEST_LINE])
    said = " ".join("".join(c for c in whole if unicodedata.category(c) != "Cf").split()).strip(_ENDS)
    said = _BEFORE.sub("", said, count=1) if _BEFORE.match(said) else said
    ends = [m.start() for m in _AFTER.finditer(said) if m.end() == len(said)]
    return said[: ends[0]].strip(_ENDS) if ends else said


def _parsed(said: str) -> Command | Puzzled:
    first, _, rest = said.partition(" ")
    word, rest = WORDS.get(first.casefold().strip(_ENDS)), rest.strip()
    if word is None:
        return Puzzled("word", shown(said))
    if word == "snooze":
        return _snooze(rest)
    if word == "assign":
        return _assign(rest)
    if word in ("undo", "help"):
        return Puzzled("word", shown(said)) if rest else Command(word)
    numbers = _numbers(rest)
    return Puzzled("numbers", shown(said)) if numbers is None else Command(word, numbers)


def _snooze(rest: str) -> Command | Puzzled:
    length, rest = timedelta(0), rest.strip(_ENDS)
    while match := _LENGTH.search(rest):
        count = int(match["count"]) if match["count"].isdecimal() else 1
        length += count * _UNITS[match["unit"].casefold()]
        rest = rest[: match.start()].strip(_ENDS)
        if length == timedelta(0):
            return Puzzled("length", shown(match[0]))
    numbers = _numbers(rest)
    if numbers is None:
        return Puzzled("length" if _NUMBERS.match(rest) else "numbers", shown(rest))
    if length > LONGEST_SNOOZE:
        week = Command("snooze", numbers, LONGEST_SNOOZE)
        return Puzzled("too_long", shown(spelled(Command("snooze", numbers, length))), _offered(week))
    return Command("snooze", numbers, length or SNOOZE)


def _assign(rest: str) -> Command | Puzzled:
    match = re.match(rf"(?P<numbers>{_NUMBERS.pattern})(?=[\s,:]|$)", rest, _NUMBERS.flags)
    numbers = _numbers(match["numbers"]) if match else ()
    if numbers is None:
        return Puzzled("numbers", shown(rest))
    whom = (rest[match.end() :] if match else rest).strip(_ENDS)
    whom = _TO.sub("", whom, count=1) if _TO.match(whom) else whom
    if not whom or whom.casefold() in ("to", "an", "à"):
        return Puzzled("whom", shown(rest))
    return Command("assign", numbers, to=shown(whom))


def _numbers(text: str) -> tuple[int, ...] | None:
    """`1, 3 and 5-7`; none where nothing is there; None where it is anything else, or too many."""
    if not text:
        return ()
    if not _NUMBERS.fullmatch(text):
        return None
    found: dict[int, None] = {}
    for first, last in re.findall(rf"({_NUMBER})(?:\s*[-–]\s*({_NUMBER}))?", text, _NUMBERS.flags):
        low = int(re.sub(r"\D", "", first))
        high = int(re.sub(r"\D", "", last)) if last else low
        if not 0 < low <= high < low + MOST_NUMBERS:
            return None
        found |= dict.fromkeys(range(low, high + 1))
    return tuple(found) if len(found) <= MOST_NUMBERS else None


def _meant(said: str) -> tuple[str, ...]:
    """Commands that are nearly what was said; none where it is a sentence of somebody's own."""
    first, _, rest = said.partition(" ")
    numbers = _numbers(said)
    if numbers:
        return _offered(Command("done", numbers), Command("snooze", numbers, SNOOZE))
    last = WORDS.get(said.rpartition(" ")[2].casefold())
    if last and (numbers := _numbers(said.rpartition(" ")[0].strip(_ENDS))):
        return _offered(Command(last, numbers, SNOOZE if last == "snooze" else None))
    for near in get_close_matches(first.casefold(), WORDS, n=1, cutoff=0.6):
        found = _parsed(f"{WORDS[near]} {rest}".strip())
        if isinstance(found, Command):
            return _offered(found)
    return ()


def _offered(*commands: Command) -> tuple[str, ...]:
    """Those that are understood as they are spelled: `undo 1` is none, and a long range may make too long a line."""
    return tuple(spelled(each) for each in commands if understand(spelled(each)) == each)
