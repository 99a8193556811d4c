"""What the HTML of a letter must keep, so that Word (Outlook for Windows until 2029) and Gmail show it as meant.

Sources: Microsoft, "Word 2007 HTML and CSS Rendering Capabilities in Outlook 2007"; Google, "CSS Support" (Gmail);
caniemail.com. It is a list of what is allowed: a property nobody looked up is a fault.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise

ELEMENTS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "table", "thead", "tbody", "tr", "td", "th"}
    | {"h1", "h2", "h3", "div", "span", "b", "a", "br"}
)
ANYWHERE = frozenset(
    {"color", "background-color", "font", "font-size", "font-weight", "line-height", "text-align", "text-decoration"}
    | {"vertical-align", "white-space", "border", "border-bottom", "border-left", "border-color", "border-radius"}
    | {"border-collapse", "border-spacing"}
    | {"overflow-wrap", "text-wrap", "overflow", "mso-hide", "mso-padding-alt", "-webkit-text-size-adjust", "margin"}
    | {"display", "padding", "width", "height", "max-width", "max-height"}
    | {"padding-top", "padding-right", "padding-bottom", "padding-left"}
)
ON_A_PHONE = ANYWHERE | {"float", "clear", "box-sizing", "margin-right"}
"""No phone shows mail with Word."""
ON_PAPER = ANYWHERE | {"size", "print-color-adjust", "-webkit-print-color-adjust"}
"""A sheet is printed by a browser (CSS Paged Media 3, `size`; CSS Color Adjustment 1)."""
CELLS = ("td", "th")
MOST_STYLE = 16_000
"""Gmail drops a whole style block of over 16 KB (8 KB in 2017), and all of it where one is."""
MOST_BYTES = 90_000
_VOID = frozenset({"br", "meta"})
_CONDITION = re.compile(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", re.DOTALL)
_AT_RULE = re.compile(r"@media\s*(?P<when>[^{]+)\{(?P<body>(?:[^{}]*\{[^{}]*\})*)\s*\}")


def faults(html: str) -> list[str]:
    """All that is wrong with a letter, one sentence each."""
    return [*_whole(html), *_styles(html), *_Document(_CONDITION.sub("", html)).found, *_as_word_sees(html).found]


def declarations(style: str) -> dict[str, str]:
    """`color: red; margin: 0` as a dictionary."""
    pairs = (one.partition(":") for one in style.split(";") if one.strip())
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, _, value in pairs}


class _Document(HTMLParser):
    """The faults of single elements, and of their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self._heads: list[int] = []
        self.feed(html)
        self.close()
        self.found += [f"<{tag}> is not closed" for tag, _ in self._open]
        self.found += _headings(self._heads)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.found += [f"<{tag} class={has.get('class', '')!r}>: {fault}" for fault in self._element(tag, has)]
        if re.fullmatch(r"h[1-6]", tag):
            self._heads.append(int(tag[1]))
        if tag not in _VOID:
            self._open.append((tag, has))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop()[0] != tag:
            self.found.append(f"</{tag}> closes something else")

    def _element(self, tag: str, has: dict[str, str]) -> Iterator[str]:
        if tag not in ELEMENTS:
            yield "an element that no letter needs"
        yield from _properties(tag, declarations(has.get("style", "")))
        yield from _attributes(tag, has)
        if tag == "a":
            yield from self._link(has)

    def _link(self, has: dict[str, str]) -> Iterator[str]:
        if not re.match(r"https?://|mailto:", has.get("href", "")):
            yield "a link that is neither to the web nor a mail"
        tag, cell = next(((tag, one) for tag, one in reversed(self._open) if tag in CELLS), ("", {}))
        if "button" in cell.get("class", "").split():
            style = declarations(cell.get("style", ""))
            if declarations(has.get("style", "")).get("display") != "block":
                yield "a button whose link is not a block"
            if cell.get("bgcolor") != style.get("background-color") or "mso-padding-alt" not in style:
                yield "a button that Word shows without its colour or its room"
        elif not tag:
            yield "a link outside a cell"


def _whole(html: str) -> Iterator[str]:
    if len(html.encode()) > MOST_BYTES:
        yield "longer than what Gmail shows"
    if not html.lower().startswith("<!doctype html>"):
        yield "no doctype: quirks mode"
    if not re.search(r"<html lang=\"[a-z]{2}", html):
        yield "no language"
    if len(re.findall(r"<title>[^<]+</title>", html)) != 1:
        yield "not one title"
    written = re.sub(r">[^<]+<", "><", re.sub(r"<title>.*?</title>", "", html, flags=re.DOTALL))
    if remote := re.findall(r"\bdata:|\bsrc=|\bbackground=|\bsrcset=", written):
        yield f"holds or loads something from elsewhere: {remote}"
    if remote := re.findall(r"url\(|@import|expression\(|var\(", html):
        yield f"a style from elsewhere: {remote}"


def _styles(html: str) -> Iterator[str]:
    """The style block is for phones and the dark only: what must be everywhere is inlined."""
    (style,) = re.findall(r"<style>(.*?)</style>", _CONDITION.sub("", html), re.DOTALL)
    if len(style.encode()) > MOST_STYLE:
        yield "a style block that Gmail drops"
    for rule in _AT_RULE.finditer(style):
        allowed = ON_A_PHONE if "max-width" in rule["when"] else ON_PAPER if "print" in rule["when"] else ANYWHERE
        for one in re.findall(r"\{([^{}]*)\}", rule["body"]):
            yield from (f"{name} in {rule['when']}" for name in declarations(one).keys() - allowed)
        if "important" not in rule["body"]:
            yield f"nothing in {rule['when']} wins over what is inlined"
    if rest := _AT_RULE.sub("", style).strip():
        yield f"a style that Gmail's app for other accounts never sees: {rest[:60]}"


def _properties(tag: str, style: dict[str, str]) -> Iterator[str]:
    yield from (f"{name} is not known to work" for name in style.keys() - ANYWHERE)
    if style.get("display", "none") not in ("none", "block", "inline-block"):
        yield f"display: {style['display']}"
    moved = style.get("margin", "0") not in ("0", "0px") and style.get("display") != "inline-block"
    if moved or (tag == "table" and "margin" in style):
        yield "a margin, which Word leaves out"
    if tag not in (*CELLS, "a", "body") and any(name.startswith("padding") for name in style):
        yield "padding outside a cell"
    if tag not in CELLS and "width" in style:
        yield "a width that Word does not heed outside a cell"
    if tag == "div" and style.get("display") != "none":
        yield "a div: Word gives it no width and no padding"


def _attributes(tag: str, has: dict[str, str]) -> Iterator[str]:
    if acts := [name for name in has if name.startswith("on")]:
        yield f"a script: {acts}"
    if tag == "table" and not has.get("cellpadding") == has.get("cellspacing") == has.get("border") == "0":
        yield "a table with the gaps of the mail program"
    if tag == "table" and has.get("role", "presentation") != "presentation":
        yield "a table with a part it does not play"
    if tag == "th" and has.get("scope") not in ("row", "col", "rowgroup", "colgroup"):
        yield "a head of nothing"


def _headings(levels: list[int]) -> Iterator[str]:
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"not one h1, at the top: {levels}"
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield f"headings that leave one out: {levels}"


def _as_word_sees(html: str) -> _Document:
    return _Document(_CONDITION.sub(r"\1", html))
