"""FLOOR 1. What to do about an error of the database, by its words."""

import re

_ADVICE = (
    (
        ("full", "no space"),
        "the disk of the store is full ({}); make room: nothing was lost, and the next round goes on",
    ),
    (
        ("permission denied for schema", "must be owner", "permission denied for table"),
        "our user may not make tables in the database ({}); let it own the database: createdb --owner=USER NAME",
    ),
    (
        ("readonly", "read-only", "permission"),
        "the store cannot be written ({}); check the owner and the rights of its folder",
    ),
    (("malformed", "not a database"), "the store is damaged ({}); put a backup in its place"),
    (("locked",), "the store is in use by another program ({}); try again later"),
    (
        ("password authentication failed", "no password supplied"),
        "the database server refuses our login ({}); write the password into the service user's ~/.pgpass (mode 0600), "
        "or into the file that PGPASSFILE names",
    ),
    (
        ("no pg_hba", "authentication failed"),
        "the database server does not let this user or host in ({}); add a line for it to its pg_hba.conf",
    ),
    ((r'role ".*" does not exist',), "the database server knows no such user ({}); make it: createuser NAME"),
    ((r'database ".*" does not exist',), "there is no such database ({}); make it: createdb --owner=USER NAME"),
    (
        ("does not support ssl", "ssl error", "certificate verify failed", "root certificate", "server certificate"),
        "no TLS connection to the database server ({}); see sslmode and sslrootcert in its address, as in "
        "postgresql://user@host/name?sslmode=verify-full&sslrootcert=/path/to/ca.pem",
    ),
    (
        ("too many clients", "remaining connection slots"),
        "the database server has no connection left ({}); raise max_connections",
    ),
    (
        ("connect", "failed to resolve", "terminat", "shutting down", "starting up"),
        "the store cannot be reached ({}); check [store] url, and that the database server runs",
    ),
)


def advice(text: str) -> str:
    """One line: what is wrong, in the database's words, and what to do."""
    lower = text.lower()
    for words, said in _ADVICE:
        if any(re.search(word, lower) for word in words):
            return said.format(text)
    return f"the store cannot be used ({text})"
