"""Real servers as fixtures: one Dovecot and one PostgreSQL for all tests, a fresh mailbox or database for each."""

import itertools
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers.archive import need_corpora
from tests.servers.available import need_chromium, need_dovecot, need_postgres
from tests.servers.chromium import Chromium
from tests.servers.dovecot import Dovecot
from tests.servers.dovecot_oauth import DovecotOauth, TokenServer
from tests.servers.postgres import Postgres
from tests.servers.smtp_sink import SmtpSink

# A busy machine is no failure: Hypothesis must not time single examples.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# One seed for all workers, which inherit the environment: they must agree on what there is to run.
os.environ.setdefault("TEST_SEED", str(random.randrange(1_000_000)))

_domains = itertools.count(1)


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    """A Dovecot for all tests; use names from `mailboxes`, so that they do not see each other's mail."""
    need_dovecot()
    with Dovecot(tmp_path_factory.mktemp("dovecot")) as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_oauth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DovecotOauth]:
    """A Dovecot that takes tokens, for all tests; `.tokens` gives them."""
    need_dovecot()
    with TokenServer() as tokens, DovecotOauth(tmp_path_factory.mktemp("dovecot-oauth"), tokens) as server:
        yield server


@pytest.fixture
def mailboxes() -> Callable[[str], str]:
    """`mailboxes("info")` is an address that no other test has; all of one test are in one domain."""
    domain = f"t{next(_domains)}.example"
    return lambda name: f"{name}@{domain}"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL for all tests."""
    need_postgres()
    with Postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """The URL of an empty database."""
    return postgres.new_database()


@pytest.fixture
def smtp_sink(tmp_path: Path) -> Iterator[SmtpSink]:
    """An SMTP server without TLS and login."""
    with SmtpSink(tmp_path) as sink:
        yield sink


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser for all tests. What it sees is kept in the folder that LETTER_SHOTS names, else where pytest clears."""
    program = need_chromium()
    shots = Path(os.environ.get("LETTER_SHOTS") or tmp_path_factory.mktemp("letters"))
    shots.mkdir(parents=True, exist_ok=True)
    with Chromium(program, shots) as browser:
        yield browser


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real mail for evaluation, where it is at hand."""
    return need_corpora(tmp_path_factory.mktemp("corpora"))
