"""What follows from a round (reminders, notices, letters) is found by indexes too: no statement of it reads a table
that grows for years from end to end.

SQLite's plans alone: the indexes are the same on both, and PostgreSQL weighs how few rows these tables hold.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from bench.acting import SMTP
from bench.report import config
from bench.report_store import END, Size, build
from bench.simulate import leave_waiting
from monitor.config import load
from monitor.jobs.round import act
from monitor.once import letters_of
from monitor.store.store import Store, open_store
from monitor.store.tables import letters, mailboxes
from tests.contract.test_batch_plans import PLANNED, on_sqlite
from tests.contract.test_report_plans import Statement
from tests.servers.smtp_sink import SmtpSink

LETTERS = 3000


@pytest.fixture
def grown(tmp_path: Path) -> Iterator[Store]:
    """A store of some thousand conversations, with people who wait for weeks."""
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    build(url, Size(2000, 1), say=lambda _: None)
    leave_waiting(url, 40)
    with closing(open_store(url)) as opened:
        with opened.writing() as connection:
            connection.execute(insert(letters), [old_letter(n) for n in range(LETTERS)])
        yield opened


def old_letter(number: int) -> dict[str, Any]:
    """One a day, sent and done with."""
    when = END - timedelta(days=number + 1)
    told = {"kind": "reminder", "message_id": f"<{number}@ours>", "recipient": "lead@elsewhere.example", "subject": ""}
    return told | {"body": b"", "state": "sent", "created_at": when, "next_try_at": when}


def asked(store: Store, folder: Path) -> list[Statement]:
    """The different statements of three rounds: the first one's digests and reminders, one more, and a day later."""
    found: dict[str, Statement] = {}
    written = 0

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, _context: object, many: bool
    ) -> None:
        one = parameters[0] if many and isinstance(parameters, list) else parameters
        found.setdefault(statement, (statement, one))

    event.listen(store.engine, "before_cursor_execute", note)
    with SmtpSink(folder) as sink:
        path = folder / "config.toml"
        path.write_text(
            config(store.engine.url.render_as_string(hide_password=False)) + SMTP.format(host=sink.host, port=sink.port)
        )
        settings = load(path)
        for hours in (10, 11, 34):
            now = END + timedelta(hours=hours)
            with store.writing() as connection:
                connection.execute(update(mailboxes).values(as_of=now, looked_at=now))
            done = act(store, settings, letters_of(settings), now)
            assert not done.broken
            written += done.letters
    event.remove(store.engine, "before_cursor_execute", note)
    assert written, "the plans of what was not asked would prove nothing"
    return [each for each in found.values() if each[0].lstrip().startswith(PLANNED)]


def test_no_growing_table_is_read_through_for_what_follows_from_a_round(grown: Store, tmp_path: Path) -> None:
    statements = asked(grown, tmp_path)
    assert len(statements) > 30
    wrong = on_sqlite(grown, statements)
    assert wrong == [], "\n".join(wrong)
