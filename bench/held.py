"""How long a first look keeps the one writer: `python -m bench.held CONFIG` prints JSON.

Where several daemons share a store their reading goes on at once, their writing one after the other (law of the store:
one writer at a time); so this is what bounds all of them together.
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bench.mails import END
from bench.rounds import counting
from monitor.config import load
from monitor.once import one_round
from monitor.service import settle_memory
from monitor.store.store import Store, open_store


class Watched(Store):
    """A store that knows how long it was written to; waiting for other writers is not counted."""

    held = 0.0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As in Store."""
        if getattr(self._together, "connection", None) is not None:
            with super().writing() as connection:  # part of a transaction that is counted already
                yield connection
            return
        with super().writing() as connection:
            began = time.perf_counter()
            yield connection
        self.held += time.perf_counter() - began


def main() -> None:
    """One round with an empty store."""
    parser = argparse.ArgumentParser(prog="python -m bench.held", description=__doc__)
    parser.add_argument("config", type=Path)
    settings = load(parser.parse_args().config)
    settle_memory()
    plain = open_store(settings.store_url)
    with closing(Watched(plain.engine, plain.letter_key)) as store, counting(store.engine) as statements:
        start = time.perf_counter()
        done = one_round(store, settings, lambda: END)
        found: dict[str, Any] = {"seconds": time.perf_counter() - start, "held": store.held, **statements}
    found["messages"] = sum(sweep.taken_in for sweep in done.sweeps)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
