"""FLOOR 1. A report's tables, in a language already, as columns of plain text: for the part that is only text."""

import textwrap
from collections.abc import Sequence
from dataclasses import replace

from monitor.core.report.drawn import Box, Cell, Column, Map, Table
from monitor.outbox.plain import COLUMNS, Laid, isolated, tame

_INDENT = "  "
_GAP = "  "
_NARROWEST = 12
_TIED = "\N{NO-BREAK SPACE}"


def laid_table(table: Table) -> Laid:
    """The table without its bars. The first column takes the room that is left, and folds where it must."""
    if not table.rows:
        return Laid()
    kept = _kept(table)
    body = [[_text(table, row, at) for at in kept] for row in table.rows]
    titles, right = [_head(table, at)[0] for at in kept], [_head(table, at)[1] for at in kept]
    widths = [_width(title, [row[at] for row in body]) for at, title in enumerate(titles)]
    room = COLUMNS - len(_INDENT) - sum(width + len(_GAP) for width in widths[1:])
    widths[0] = max(_NARROWEST, min(room, widths[0]))
    lines = _folded(titles, widths, right, bottom=True) if any(titles) else []
    for row in body:
        lines += _folded(row, widths, right, bottom=False)
    return Laid("\n".join(lines))


def laid_map(map_: Map) -> Laid:
    """The map as a table of its texts; in two where it is too wide for one."""
    # A no-break space keeps "to 8" on one line; the text part is read with ordinary ones.
    heads = Column(""), *(Column(str(head).replace(" ", _TIED), right=True) for head in map_.heads)
    laid = laid_table(Table(heads, tuple((Cell(head), *(Cell(s.text) for s in spots)) for head, spots in map_.rows)))
    laid, half = Laid(laid.replace(_TIED, " ")), (len(map_.heads) + 1) // 2
    if half >= len(map_.heads) or all(len(line) <= COLUMNS for line in laid.splitlines()):
        return laid
    return Laid("\n\n".join(laid_map(_some(map_, part)) for part in (slice(half), slice(half, None))))


def _some(map_: Map, part: slice) -> Map:
    return replace(map_, heads=map_.heads[part], rows=tuple((head, spots[part]) for head, spots in map_.rows))


def laid_strip(boxes: Sequence[Box]) -> Laid:
    """Each box under what stands above it; as many in a row as there is room for. What was missed bears its sign."""
    pairs = [(tame(str(box.head)), f"{tame(str(box.text))}{'▾' * (box.tone == 'missed')}") for box in boxes]
    width = max((len(text) for pair in pairs for text in pair), default=0)
    each = max(1, (COLUMNS - len(_INDENT) + len(_GAP)) // (width + len(_GAP)))
    rows = [pairs[at : at + each] for at in range(0, len(pairs), each)]
    return Laid("\n\n".join(_two_lines(row, width) for row in rows))


def _two_lines(pairs: Sequence[tuple[str, str]], width: int) -> str:
    left = [False] * len(pairs)
    return "\n".join(_line(texts, [width] * len(pairs), left) for texts in zip(*pairs, strict=True))


def _kept(table: Table) -> list[int]:
    """The places of a row that hold text: those that some cell begins at and no row draws a bar in."""
    cells = [(at, cell) for row in table.rows for at, _, cell in table.placed(row)]
    return sorted({at for at, _ in cells} - {at for at, cell in cells if _is_drawn(cell)})


def _is_drawn(cell: Cell) -> bool:
    return cell.bar is not None or (bool(cell.pieces) and not cell.text)


def _text(table: Table, row: tuple[Cell, ...], place: int) -> str:
    return next((tame(str(cell.text)) for at, _, cell in table.placed(row) if at == place), "")


def _head(table: Table, place: int) -> tuple[str, bool]:
    """What stands above a place, and whether its figures stand to the right; a wide head stands at its left."""
    at = 0
    for column in table.columns:
        if at <= place < at + column.span:
            return (str(column.title) if at == place else ""), column.right
        at += column.span
    return "", False


def _width(title: str, texts: Sequence[str]) -> int:
    """As wide as the widest figure, or as the longest word of the head: heads fold, figures do not."""
    return max((len(text) for text in (*title.split(" "), *texts)), default=0)


def _folded(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool], bottom: bool) -> list[str]:
    """One row as lines; what folds is filled up from the bottom in heads, from the top elsewhere."""
    parts = [textwrap.wrap(text, max(1, width)) for text, width in zip(texts, widths, strict=True)]
    height = max((len(part) for part in parts), default=0)
    filled = [[""] * (height - len(p)) + p if bottom else p + [""] * (height - len(p)) for p in parts]
    return [_line([part[at] for part in filled], widths, right) for at in range(height)]


def _line(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    set_out = [isolated(t.rjust(w) if r else t.ljust(w)) for t, w, r in zip(texts, widths, right, strict=True)]
    return (_INDENT + _GAP.join(set_out)).rstrip()
