"""Planted tokens are found nowhere, though servers say them back: not in what is said, stored, mailed or written."""

import json
from base64 import b64encode

import pytest

from monitor.core.redaction import HIDDEN
from tests.attacks.test_secrets import NOW, at_debug, found_in, talker
from tests.story.conftest import Houses
from tests.story.house import House, Told, at

__all__ = ["at_debug"]

TOKEN = "planted-eyJ0eXAiOiJKV1Qi-token-44Z"


def echoing_imap(said: list[bytes]) -> bytes:
    """Offers tokens a way in, refuses them, and says all back: the line, and what stood in its base64."""
    tag, _, rest = said[-1].partition(b" ")
    word = rest.partition(b" ")[0].upper()
    if word == b"CAPABILITY":
        return b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n" + tag + b" OK done\r\n"
    if word == b"AUTHENTICATE":
        told = b64encode(b'{"status":"400 ' + TOKEN.encode() + b'"}')
        return b"+ " + told + b"\r\n"
    tag = said[-2].partition(b" ")[0]
    return tag + b" NO cannot do: " + said[-2].rpartition(b" ")[2] + b" " + TOKEN.encode() + b"\r\n"


def echoing_smtp(said: list[bytes]) -> bytes:
    """The same over SMTP."""
    if said[-1].upper().startswith(b"EHLO"):
        return b"250-mail.example\r\n250 AUTH XOAUTH2\r\n"
    if said[-1].startswith(b"AUTH"):
        return b"535 5.7.8 not " + said[-1] + b" " + TOKEN.encode() + b"\r\n"
    return b"250 ok\r\n"


def with_token(house: House, imap: int, smtp: int) -> None:
    """All is opened by the planted token."""
    house.write_config(imap_port=imap, smtp_port=smtp)
    where = json.dumps(str(house.folder / "password-info"))
    text = house.config.read_text().replace("password = {", "token = {")
    login = f'username = "monitor@{house.domain}"\ntoken = {{ file = {where} }}\n'
    house.config.write_text(text.replace("[store]", f"{login}[store]"))


def pieces(token: str) -> list[bytes]:
    """What base64 makes of the middle of a token, wherever it stands in something longer."""
    return [b64encode(token.encode()[at:])[:20] for at in range(4, 10)]


@pytest.mark.usefixtures("at_debug")
def test_servers_that_say_the_token_back_are_not_repeated(houses: Houses) -> None:
    house = houses(config='[report]\nto = ["head@ours.example"]\n')
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 09:00"))
    house.set_password("info", TOKEN)
    with talker(echoing_imap, b"* OK hello\r\n") as imap, talker(echoing_smtp, b"220 hello\r\n") as smtp:
        with_token(house, imap, smtp)
        said: list[Told] = [house.run(NOW, *words.split()) for words in ("check", "check --json", "run --once")]
        said += [house.run(NOW, *words.split()) for words in ("status", "status --json", "threads --json")]
        said += [house.run(NOW, "check", "--send-test", "it@operator.example")]
    shown = "".join(told.out + told.err for told in said)
    assert shown.count(HIDDEN) > 4, "the attack has arrived"
    assert "status 400" in shown
    assert found_in(house, said, (TOKEN,)) == []
    kept = [path.read_bytes() for path in house.folder.rglob("*.db*")] + [shown.encode()]
    assert [piece for piece in pieces(TOKEN) for text in kept if piece in text] == []
