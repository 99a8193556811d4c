"""What the app logs in by ends one day: told a month before, a week before, and when there is a new one."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from monitor.config.settings import MicrosoftSettings
from monitor.jobs.expiring import Ending, endings, expiry_facts
from tests.jobs.test_hidden_replies import DAY, HOUR, MONDAY
from tests.jobs.test_operator_letters import Watched

APP = MicrosoftSettings("t", "c", str, None, None, "https://login.microsoftonline.com", None)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def put(path: Path, key: rsa.RSAPrivateKey, ends: datetime) -> Path:
    """A certificate of one's own that ends then, with its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "monitor")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, ends - 400 * DAY, ends).sign(key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + made.public_bytes(Encoding.PEM))
    return path


class Ending365(Watched):
    """A house that logs in to Microsoft 365."""

    def ends(self, **said: object) -> None:
        self.settings = replace(self.settings, microsoft=replace(APP, **said))  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Ending365]:
    found = Ending365(tmp_path)
    found.look(MONDAY)
    yield found
    found.store.close()


def days_of(desk: Ending365, days: Iterable[int]) -> list[tuple[int, str]]:
    """On which day what was told."""
    return [(day, letter) for day in days for letter in desk.tells(MONDAY + day * DAY + HOUR)]


def test_a_secret_is_told_a_month_before_a_week_before_and_when_there_is_a_new_one(desk: Ending365) -> None:
    desk.ends(secret_expires=(MONDAY + 40 * DAY).date())
    told = days_of(desk, (1, 9, 10, 11, 20, 32, 33, 34, 35))
    assert [day for day, _ in told] == [10, 33]
    assert told[0][1].startswith("The client secret for Microsoft 365 ends within 30 days")
    assert told[1][1].startswith("The client secret for Microsoft 365 ends within 7 days")
    assert all("secret_expires" in letter for _, letter in told)
    desk.ends(secret_expires=(MONDAY + 700 * DAY).date())
    told = days_of(desk, (36, 37, 39))
    assert [day for day, _ in told] == [36]
    assert told[0][1].startswith("The client secret for Microsoft 365 is a new one")


def test_a_certificate_tells_its_end_itself(desk: Ending365, tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    path = put(tmp_path / "app.pem", key, MONDAY + 35 * DAY)
    desk.ends(secret=None, certificate=path)
    told = days_of(desk, (1, 4, 5, 6, 27, 28, 29))
    assert [day for day, _ in told] == [5, 28]
    assert told[0][1].startswith("The certificate for Microsoft 365 ends within 30 days")
    put(path, key, MONDAY + 400 * DAY)
    assert [day for day, _ in days_of(desk, range(30, 33))] == [30]


def test_who_installs_it_late_is_told_once(desk: Ending365) -> None:
    desk.ends(secret_expires=(MONDAY + 4 * DAY).date())
    assert [day for day, _ in days_of(desk, range(1, 4))] == [1]


def test_what_has_ended_already_is_told_as_ended(desk: Ending365) -> None:
    desk.ends(secret_expires=(MONDAY - 4 * DAY).date())
    (letter,) = desk.tells(MONDAY + HOUR)
    assert letter.startswith("The client secret for Microsoft 365 has ended")


@pytest.mark.parametrize(
    ("days", "mark", "text"),
    [
        (200, "ok", "ends on 2025-05-30, in 200 days"),
        (30, "look", "ends on 2024-12-11, in 30 days"),
        (1, "look", "ends on 2024-11-12, in 1 day"),
        (0, "fix", "ended on 2024-11-11"),
    ],
)
def test_check_tells_when_it_ends(desk: Ending365, days: int, mark: str, text: str) -> None:
    desk.ends(secret_expires=(MONDAY + days * DAY).date())
    (fact,) = expiry_facts(desk.settings, MONDAY)
    assert (fact.mark, bool(fact.fix)) == (mark, mark != "ok")
    assert fact.text.endswith(text)


def test_what_nobody_knows_is_not_told(desk: Ending365, tmp_path: Path) -> None:
    desk.ends(secret_expires=None)
    assert endings(desk.settings) == []
    desk.ends(secret=None, secret_expires=date(2024, 11, 12))
    assert endings(desk.settings) == [], "a date without a secret"
    desk.ends(secret=None, certificate=tmp_path / "none.pem")
    assert endings(desk.settings) == [], "who logs in by it tells"


def test_a_day_ends_where_the_house_is(desk: Ending365) -> None:
    desk.ends(secret_expires=date(2025, 7, 1))
    assert endings(desk.settings) == [Ending("secret", datetime(2025, 7, 1, tzinfo=desk.settings.zone).astimezone(UTC))]
    assert Ending("secret", MONDAY + timedelta(hours=47)).days(MONDAY) == 1
