"""FLOOR 2. What a log record is made of: words for people, and beside them an event with its figures."""

from typing import Any


def event(name: str, /, **facts: object) -> dict[str, Any]:
    """The `extra` of a log call: `log.info("letter %d sent", 41, extra=event("letter sent", id=41))`.

    `name` is the same for the same thing for ever, as people search for it; the facts are numbers, our own addresses
    and the words of servers, never a subject, and never an outsider. A length of time is a `timedelta`. The words are
    for a terminal, the event is for everything else (logs.py).
    """
    return {"event": name, "facts": facts}
