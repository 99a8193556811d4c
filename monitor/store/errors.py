"""FLOOR 1. What can be wrong with the database, in one line that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from monitor.store.advice import advice


class StoreError(Exception):
    """The database cannot be used; the text says why and what to do."""


class RowError(StoreError):
    """The database works, but will not take these rows."""


class StoreAddressError(StoreError):
    """The address of the database is wrong: no waiting mends that."""


@contextmanager
def database_errors() -> Iterator[None]:
    """Database errors as one line that says what to do."""
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise RowError(f"the store does not take this ({' '.join(str(error.orig).split())[:200]})") from error
    except DBAPIError as error:
        raise StoreError(advice(" ".join(str(error.orig).split())[:200])) from error
    except StatementError as error:  # a value that cannot even be handed over, such as a lone surrogate
        raise RowError(f"the store does not take this ({' '.join(str(error.orig).split())[:200]})") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store failed: {' '.join(str(error).split())[:200]}") from error
