"""FLOOR 1. Where in config.toml a setting stands, and how a mistake is shown there.

tomllib gives values but no positions, and no kept library gives both; so the text, which tomllib has accepted, is
walked through once more. That is only for showing: what the file means is tomllib's word alone.
"""

import re
import tomllib
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from unicodedata import combining, east_asian_width

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_TEXT = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)
_BARE = re.compile(r"[^\s,=\[\]{}#\"']+(?: \d\d:[\d:.+Z-]+)?")
_KEY = re.compile(r"[A-Za-z0-9_-]+|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_SECRET = re.compile(
    r"(?i)pass|kennwort|secret|token|credential|certificate|pwd|^\s*pw\b|\bping\b|service_account|key\b|\burl"
)
_BEHIND_ITS_KEY = re.compile(r"(?i)((?:pass|kennwort|secret|token|pwd|pw|key)\w*[\"']?[ \t]*=[ \t]*)[^\s\"'{\[,}#]+")
_QUOTED = re.compile(r"(\"\"\"|'''|\"|').*?(?:\1|$)")
_IN_URL = re.compile(r"(://)[^/@\s\"']*@")

WIDEST = 100
"""Columns: a longer line is cut to what is around the caret."""
_AROUND = 40

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: the path of the setting, what is wrong, and the names it may have been meant for.

    `word` is what was written there, where that is not the last name of the path; `at` is a place of the text.
    `unknown`: it is a key that we do not know, so that its value may be anything, a secret, too.
    """

    path: Path
    text: str
    candidates: tuple[str, ...] = ()
    word: str | None = None
    at: int | None = None
    unknown: bool = False


class Places:
    """The text of a config and where its settings stand."""

    def __init__(self, name: str, source: str, is_toml: bool = True) -> None:
        self.name, self._source = name, source
        self._spans = _Walk(source).spans() if is_toml else {}
        self._starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def order(self, mistake: Mistake) -> int:
        """Mistakes are told in the order in which people read the file."""
        return self._span(mistake)[0]

    def show(self, mistake: Mistake) -> str:
        """The mistake as `file:line:col: text`, the line, a caret, and "did you mean". Never shows a secret."""
        at, length = self._span(mistake)
        number = bisect_right(self._starts, at)
        start = self._starts[number - 1]
        line = self._source[start:].partition("\n")[0].rstrip()
        head = f"{self.name}:{number}:{at - start + 1}: {mistake.text}"
        if not line:
            return head
        column = at - start
        before, after = line[:column].ljust(column), line[column:]
        if mistake.at is not None and self._is_within_text(start):
            before, after = "", "…"
        elif self._may_hold_a_secret(mistake, line, start):
            before, after = _blotted(before, after, mistake.at is not None)
        before, after = _IN_URL.sub(r"\1…@", before), _IN_URL.sub(r"\1…@", after)
        width = max(1, min(length, len(after)))
        before, after = _cut(_visible(before), _visible(after))
        shown = f"{head}\n{number:>6} | {(before + after).rstrip()}\n"
        return f"{shown}       | {_indent(before)}{'^' * max(1, _columns(after[:width]))}{hint_of(mistake)}"

    def _span(self, mistake: Mistake) -> tuple[int, int]:
        """(offset, length) of the mistake, or of the nearest table around it."""
        if mistake.at is not None:
            return min(mistake.at, len(self._source)), 1
        for depth in range(len(mistake.path), 0, -1):
            if span := self._spans.get(mistake.path[:depth]):
                return span
        return 0, 1

    def _may_hold_a_secret(self, mistake: Mistake, line: str, start: int) -> bool:
        header = self._source[: start + 1].rpartition("\n[")[2].partition("\n")[0]
        key = self._source[:start].rpartition("=")[0].rpartition("\n")[2] if "=" not in line else ""
        named = [part for part in mistake.path if isinstance(part, str)]
        if mistake.unknown:
            named.append(hint_of(mistake) or "secret")
        return any(_SECRET.search(text) for text in (line, header, key, *named))

    def _is_within_text(self, start: int) -> bool:
        """Whether a line of a broken file lies in a text of several lines, such as a key in PEM or JSON."""
        return any(self._source.count(quotes, 0, start) % 2 for quotes in ('"""', "'''"))


def _visible(text: str) -> str:
    """What a terminal would take for a command must not reach it."""
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)


def _cut(before: str, after: str) -> tuple[str, str]:
    if len(before) + len(after) <= WIDEST:
        return before, after
    if len(before) > _AROUND:
        before = "…" + before[1 - _AROUND :]
    room = WIDEST - len(before)
    return before, after if len(after) <= room else f"{after[: room - 1]}…"


def _indent(text: str) -> str:
    """Blanks as wide as the text: tabs stay tabs, and letters of East Asia take two columns (UAX #11)."""
    return "".join(c if c == "\t" else " " * _columns(c) for c in text)


def _columns(text: str) -> int:
    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)


def _blotted(before: str, after: str, is_broken: bool) -> tuple[str, str]:
    """Every value in quotes as "…", a bare one, and what is noted behind; where nobody can know where a value ends,
    all of it."""
    line = before + after
    if is_broken or any(line.count(quotes) % 2 for quotes in ('"""', "'''")):
        key = re.match(r"[^=\"']*=", line)
        shown = f"{key[0]} …" if key else "…"
        return shown[: len(before)].ljust(min(len(before), len(shown))), shown[len(before) :]
    hidden = [_BEHIND_ITS_KEY.sub(r"\1…", _QUOTED.sub('"…"', text)) for text in (before, after)]
    return hidden[0], re.sub(r"#.*", "# …", hidden[1])


def hint_of(mistake: Mistake) -> str:
    """` did you mean `reply_within`?`, where a name comes near; else empty."""
    word = mistake.word if mistake.word is not None else str(mistake.path[-1]) if mistake.path else ""
    meant = get_close_matches(word, mistake.candidates, n=1)
    return f" did you mean `{meant[0]}`?" if meant else ""


@dataclass
class _Walk:
    """One walk through a text that is TOML."""

    text: str
    _at: int = 0
    _table: Path = ()
    _found: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _counts: Counter[Path] = field(default_factory=Counter)

    def spans(self) -> dict[Path, tuple[int, int]]:
        """path → (offset, length) of its key, its header, or its element."""
        self._blank()
        while self._at < len(self.text):
            before = self._at
            if self.text[self._at] == "[":
                self._header()
            else:
                self._pair(self._table)
            self._blank()
            if self._at == before:
                break
        return self._found

    def _header(self) -> None:
        start, double = self._at, self.text.startswith("[[", self._at)
        self._at += 2 if double else 1
        names = self._names()
        self._at = self.text.find("]]" if double else "]", self._at) + (2 if double else 1)
        path: Path = ()
        for name, _ in names[:-1]:
            path = self._newest((*path, name))
        whole = (*path, names[-1][0]) if names else path
        if double:
            whole = (*whole, self._counts[whole])
            self._counts[whole[:-1]] += 1
        self._found.setdefault(whole, (start, self._at - start))
        self._found.setdefault(whole[:-1] if double else whole, (start, self._at - start))
        self._table = whole

    def _newest(self, path: Path) -> Path:
        return (*path, self._counts[path] - 1) if self._counts[path] else path

    def _names(self) -> list[tuple[str, int]]:
        """A key, plain or dotted: its names and where each stands."""
        found = []
        while match := _KEY.match(self.text, self._skip()):
            name = match[0]
            found.append((_unquoted(name) if name[0] in "\"'" else name, match.start()))
            self._at = match.end()
            dot = _DOT.match(self.text, self._at)
            if not dot:
                break
            self._at = dot.end()
        return found

    def _skip(self) -> int:
        while self.text[self._at : self._at + 1] in (" ", "\t"):
            self._at += 1
        return self._at

    def _pair(self, table: Path) -> None:
        names = self._names()
        path = table
        for name, start in names:
            path = (*path, name)
            key = _KEY.match(self.text, start)
            self._found.setdefault(path, (start, len(key[0]) if key else 1))
        self._at = self.text.find("=", self._at) + 1 or len(self.text)
        self._skip()
        self._value(path)

    def _value(self, path: Path) -> None:
        start = self._at
        opening = self.text[start : start + 1]
        if opening in ("[", "{"):
            self._at += 1
            self._members(path, "]" if opening == "[" else "}")
        elif match := _TEXT.match(self.text, start) or _BARE.match(self.text, start):
            self._at = match.end()
        self._found.setdefault(path, (start, max(1, self._at - start)))

    def _members(self, path: Path, closing: str) -> None:
        place = 0
        self._blank()
        while self._at < len(self.text) and self.text[self._at] != closing:
            before = self._at
            if closing == "]":
                self._value((*path, place))
            else:
                self._pair(path)
            place += 1
            self._blank()
            if self.text[self._at : self._at + 1] == ",":
                self._at += 1
                self._blank()
            if self._at == before:
                break
        self._at += 1

    def _blank(self) -> None:
        match = _BLANK.match(self.text, self._at)
        self._at = match.end() if match else self._at


def _unquoted(name: str) -> str:
    """A quoted key as TOML has it: it may hold escapes."""
    try:
        (key,) = tomllib.loads(f"{name} = 0")
    except (tomllib.TOMLDecodeError, ValueError):
        return name[1:-1]
    return key
