"""FLOOR 1. From the lines of any header, however it is written, to its fields. For plain ones plain.py is faster."""

import re

Fields = dict[str, list[bytes]]

_FIELD = re.compile(rb"([!-9;-~]{1,80})[ \t]*:(.*)", re.DOTALL)
_LINE_END = re.compile(rb"\r\n|\r|\n")


def split_fields(raw: bytes) -> Fields:
    """Header bytes as name → values in their order, unfolded; any line end; what is no field is dropped."""
    fields: Fields = {}
    current: list[bytes] | None = None
    for line in _LINE_END.split(raw.replace(b"\x00", b"")):
        if line[:1] in (b" ", b"\t"):
            if current is not None:
                current[-1] += b" " + line.strip()
            continue
        match = _FIELD.match(line)
        current = None
        if match:
            current = fields.setdefault(match[1].lower().decode("ascii"), [])
            current.append(match[2].strip())
    return fields


def whole_lines(raw: bytes, limit: int) -> bytes:
    """A header that was cut at `limit` without its last, unfinished line: half an id is another id."""
    return raw if len(raw) < limit else raw[: raw.rfind(b"\n") + 1]
