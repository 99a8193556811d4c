"""What may be wrong with the file an app proves itself by: each is named before anybody is asked."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.token import TokenError
from monitor.tokens.certificate import in_force, read
from tests.servers.certificate import Certificate
from tests.tokens.conftest import Made


def wrong(path: Path) -> str:
    with pytest.raises(TokenError) as caught:
        read(path)
    assert caught.value.fault == "secret"
    assert "PRIVATE" not in str(caught.value)
    return str(caught.value)


def put(folder: Path, *parts: str) -> Path:
    path = folder / "app.pem"
    path.write_text("".join(parts))
    return path


@pytest.fixture
def key(made: Made) -> str:
    text = made.pair.read_text()
    return text[: text.index("-----BEGIN CERTIFICATE")]


def test_key_and_certificate_may_stand_in_any_order_with_a_chain(
    tmp_path: Path, made: Made, key: str, tls: Certificate
) -> None:
    leaf, other = made.public.read_text(), tls.public.read_text()
    for parts in ([key, leaf], [leaf, key], [other, leaf, key], ["Bag Attributes\n", leaf, "\n", other, key]):
        assert read(put(tmp_path, *parts)).certificate.strip() == leaf.strip()


def test_every_fault_has_its_own_words(tmp_path: Path, made: Made, key: str, tls: Certificate) -> None:
    leaf = made.public.read_text()
    assert "cannot be read: No such file" in wrong(tmp_path / "none.pem")
    assert "has no private key in it" in wrong(put(tmp_path, leaf))
    assert "has no certificate in it" in wrong(put(tmp_path, key))
    assert "does not belong to the private key" in wrong(put(tmp_path, key, tls.public.read_text()))
    assert "is not of the type RSA" in wrong(put(tmp_path, tls.private.read_text(), tls.public.read_text()))
    assert "is damaged" in wrong(put(tmp_path, key[:60] + key[90:], leaf))
    (tmp_path / "app.pfx").write_bytes(b"\x30\x82\xff")
    assert "it is not in PEM" in wrong(tmp_path / "app.pfx")


def test_a_key_with_a_passphrase_is_named(tmp_path: Path, made: Made) -> None:
    locked = subprocess.run(
        ["openssl", "rsa", "-aes128", "-passout", "pass:x", "-in", made.pair],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "has a passphrase" in wrong(put(tmp_path, locked, made.public.read_text()))


def test_one_that_has_ended_is_not_tried(made: Made) -> None:
    ends = read(made.pair).ends
    assert ends.tzinfo is UTC
    assert ends > datetime.now(UTC) + timedelta(days=300)
    in_force(made.pair, ends - timedelta(seconds=1))
    with pytest.raises(TokenError, match=f"ended on {ends:%Y-%m-%d}"):
        in_force(made.pair, ends)
