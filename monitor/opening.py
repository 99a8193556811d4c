"""ROOF. The store of a config, opened; what goes wrong with it has its words and its exit code."""

from collections.abc import Iterator
from contextlib import contextmanager

from monitor.config import SecretError, Settings
from monitor.exits import BAD_CONFIG, TRY_LATER, Failed
from monitor.store.lock import AlreadyRunning
from monitor.store.store import Store, StoreAddressError, StoreError, open_store


@contextmanager
def store_of(settings: Settings) -> Iterator[Store]:
    """Raises Failed, also for what goes wrong with it later on."""
    try:
        store = open_store(settings.store_url)
        try:
            yield store
        finally:
            store.close()
    except (StoreAddressError, SecretError) as error:
        raise Failed(BAD_CONFIG, str(error)) from error
    except (AlreadyRunning, StoreError) as error:
        raise Failed(TRY_LATER, str(error)) from error
