"""What an administrator's PostgreSQL may be like: other defaults, encodings, schemas; and addresses with passwords."""

import threading
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import select, text

from monitor.store.moving import as_config
from monitor.store.opening import opened_engine
from monitor.store.store import Store, StoreAddressError, StoreError, open_store
from monitor.store.tables import learnt

Say = Callable[[str], None]


@pytest.fixture
def say(postgres_url: str) -> Say:
    """The database hears a statement, outside of a transaction."""

    def said(statement: str) -> None:
        with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)

    return said


def test_who_waited_for_the_writer_sees_what_it_wrote_whatever_the_database_takes_for_granted(
    postgres_url: str, say: Say
) -> None:
    """By a snapshot taken before the wait, a lease that was lost meanwhile would still stand."""
    store = open_store(postgres_url)
    name = store.engine.url.database
    say(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'repeatable read'")
    store.close()
    seen: list[str] = []

    def waits() -> None:
        with store.writing() as connection:
            seen.extend(connection.execute(select(learnt.c.value)).scalars())

    second = threading.Thread(target=waits)
    with store.writing() as connection:
        second.start()
        while not _waiting(store):
            pass
        connection.execute(learnt.insert().values(kind="domain", value="written first", times=1))
    second.join()
    assert seen == ["written first"]
    store.close()


def _waiting(store: Store) -> bool:
    with store.reading() as connection:
        return bool(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar())


def test_tables_are_made_in_the_schema_that_the_address_says(postgres_url: str, say: Say) -> None:
    say("CREATE SCHEMA monitors")
    open_store(f"{postgres_url}?options=-csearch_path%3Dmonitors").close()
    engine = opened_engine(postgres_url)
    with engine.connect() as connection:
        where = connection.execute(text("SELECT schemaname FROM pg_tables WHERE tablename = 'leases'"))
        assert where.scalars().all() == ["monitors"]
        assert connection.execute(text("SHOW timezone")).scalar() == "UTC"
    engine.dispose()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_all_mail_is_refused(postgres_url: str, say: Say, encoding: str) -> None:
    url, _, name = postgres_url.rpartition("/")
    say(f"CREATE DATABASE \"{name}{encoding}\" ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StoreError, match=f"it is in {encoding}; make it anew with createdb --encoding=UTF8"):
        open_store(f"{url}/{name}{encoding}")


def test_a_store_of_a_newer_version_is_told_as_that(postgres_url: str, say: Say) -> None:
    open_store(postgres_url).close()
    say("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer inbox-monitor \(schema 9999\): update this one"):
        open_store(postgres_url)


def test_a_password_with_an_at_sign_is_not_looked_up_as_a_host() -> None:
    with pytest.raises(StoreAddressError, match="write %40") as told:
        opened_engine("postgresql://monitor:plan@ted@127.0.0.1/monitor")
    assert "ted" not in str(told.value)


def test_what_is_to_be_written_into_the_config_bears_no_password() -> None:
    for url in ("postgresql://monitor:planted@db/monitor", "postgresql://monitor@db/monitor?password=planted"):
        assert as_config(url) == "postgresql://monitor@db/monitor"
