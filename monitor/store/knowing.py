"""FLOOR 1. What the mail itself teaches: ids of our Sent folders, and who checks our incoming mail."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select

from monitor.core.authentication import authserv_id
from monitor.core.house import House
from monitor.core.ids import id_domain
from monitor.core.message import Message
from monitor.store.store import inserting
from monitor.store.strands import bearers
from monitor.store.tables import learnt, nodes, settings

ENOUGH = 20
"""So many checked mails are needed before one checker is believed alone, and then four in five must be its."""


Learnt = dict[str, Counter[str]]
"""By kind, what was learnt, and how often."""


def learn(
    connection: Connection, sent: Collection[Message], came: Collection[Message], house: House
) -> tuple[House, set[int]]:
    """Take up what messages teach: the house with all that was learnt, as `informed` gives it; and the strands that
    must be folded again, for they name ids like ours.

    `sent`: the mails of a batch that lie in Sent folders, which may have been seen in an inbox first; `came`: those in
    inboxes that were never seen before.
    """
    known = _learnt(connection)
    again: set[int] = set()
    if sent:
        again = _learn_domains(connection, {id_domain(m.message_id)[:254] for m in sent} - {""}, known)
    if came:
        said = [authserv_id(values[0]) for m in came if (values := m.headers.get("authentication-results"))]
        _learn_checkers(connection, Counter([word[:254] for word in said if word]), known)
    return _with(house, known), again


def _learn_domains(connection: Connection, domains: set[str], known: Learnt) -> set[int]:
    new = sorted(domains - known["id-domain"].keys())
    if not new:
        return set()
    known["id-domain"].update(new)
    connection.execute(insert(learnt), [{"kind": "id-domain", "value": domain, "times": 1} for domain in new])
    of_ours = or_(*(func.lower(nodes.c.id).like(f"%{escaped(domain)}>", escape="!") for domain in new))
    named = {row.id: row.strand for row in connection.execute(select(nodes).where(_is_id(connection), of_ours))}
    return {named[i] for i in named.keys() - bearers(connection, named.keys())}


def _is_id(connection: Connection) -> ColumnElement[bool]:
    """Whether a node is an id: most are of an id and a condition. SQLite finds them together in the index, by
    their bytes; PostgreSQL may sort by the rules of a language, and reads all."""
    if connection.dialect.name == "sqlite":
        return nodes.c.id.between("<", "=")
    return nodes.c.id.startswith("<")


def escaped(text: str) -> str:
    """Text for LIKE with `!` as the escape: its own % and _ are plain characters."""
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _learn_checkers(connection: Connection, found: Counter[str], known: Learnt) -> None:
    """Once one checker is believed alone, what others stamped is judged again: the fingerprint of the rules goes."""
    if not found:
        return
    before = known["authserv-id"]
    after = known["authserv-id"] = before + found
    upsert = inserting(learnt, connection)
    statement = upsert.on_conflict_do_update(
        index_elements=["kind", "value"], set_={"times": learnt.c.times + upsert.excluded["times"]}
    )
    rows = [{"kind": "authserv-id", "value": word, "times": n} for word, n in found.items()]
    connection.execute(statement, rows)
    if _sure(before) != _sure(after) and len(after) > 1:
        connection.execute(delete(settings).where(settings.c.name == "rules"))


def informed(connection: Connection, house: House) -> House:
    """The house with what was learnt; what the config says of who checks our mail is more."""
    return _with(house, _learnt(connection))


def _with(house: House, found: Learnt) -> House:
    checkers = house.authserv_ids or _sure(found["authserv-id"])
    return replace(house, id_domains=frozenset(found["id-domain"]), authserv_ids=checkers)


def _learnt(connection: Connection) -> Learnt:
    found: Learnt = {"id-domain": Counter(), "authserv-id": Counter()}
    for kind, value, times in connection.execute(_LEARNT):
        found.setdefault(kind, Counter())[value] = times
    return found


_LEARNT = select(learnt)


def _sure(checkers: Counter[str]) -> frozenset[str]:
    total = sum(checkers.values())
    return frozenset(word for word, n in checkers.items() if n >= ENOUGH and n >= 0.8 * total)
