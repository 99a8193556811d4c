"""What the pages tell people to type: lines of `sh` and `console` blocks, and `inbox-monitor …` in the text."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "inbox-monitor"
BLOCK = re.compile(r"^( *)```(sh|bash|shell|console)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
ANY_BLOCK = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:[\w./-]*/)?inbox-monitor [^`]+)`")
INDENTED = re.compile(r"^    (inbox-monitor .*)$", re.MULTILINE)
STOPS = {"|", "||", "&&", ";", "&"}
WRAPPERS = ("sudo", "runuser", "env", "faketime", "systemd-run", "setpriv", "timeout")


class Said(NamedTuple):
    """One simple command, as words, and the page that says it. `in_text`: it may be a mere mention, or a pattern."""

    page: str
    words: tuple[str, ...]
    in_text: bool = False

    @property
    def text(self) -> str:
        """As one would type it."""
        return shlex.join(self.words)

    @property
    def ours(self) -> tuple[str, ...] | None:
        """The words after `inbox-monitor`, also behind sudo and its like; None for another program."""
        for at, word in enumerate(self.words):
            is_value = "=" in word or (at > 0 and self.words[at - 1] in ("-u", "-g"))
            if Path(word).name == PROGRAM and not is_value and (at == 0 or Path(self.words[0]).name in WRAPPERS):
                return self.words[at + 1 :]
        return None


def pages() -> list[Path]:
    """README and all of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def said(page: Path) -> list[Said]:
    """All commands of a page, each once."""
    text = page.read_text("utf-8")
    rest, name = ANY_BLOCK.sub("", text), str(page.relative_to(ROOT))
    found = [
        Said(name, words)
        for _, kind, body in BLOCK.findall(text)
        for line in _lines(body, kind)
        for words in _simple(line)
    ]
    found += [Said(name, words) for line in INDENTED.findall(rest) for words in _simple(line)]
    for line in INLINE.findall(rest):
        if set("[]…|") & set(line):  # a pattern is no shell: there a bar is no pipe
            found.append(Said(name, tuple(line.replace("\\|", "|").split()), in_text=True))
        else:
            found += [Said(name, words, in_text=True) for words in _simple(line)]
    return list(dict.fromkeys(found))


def expanded(words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What may be a pattern as its shortest form, and all options in it."""
    text = " ".join(words)
    options = re.findall(r"(?<![\w-])--[\w-]+", text)
    while "[" in text:
        text = re.sub(r"\[[^\[\]]*\]", "", text)
    return [word.partition("|")[0].rstrip("….") for word in text.split() if word.rstrip("….")], options


def _lines(body: str, kind: str) -> Iterator[str]:
    for line in body.replace("\\\n", " ").splitlines():
        if kind != "console":
            yield line.strip()
        elif line.strip().startswith("$ "):
            yield line.strip()[2:]


def _simple(line: str) -> Iterator[tuple[str, ...]]:
    """Its simple commands, without redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    redirected = False
    for word in [*lexer, ";"]:
        if word in STOPS:
            if words:
                yield tuple(words)
            words, redirected = [], False
        elif set(word) <= set("<>"):
            redirected = True
        elif redirected:
            redirected = False
        else:
            words.append(word)
