"""Planted secrets are found nowhere: not in what is said, stored, mailed or written, nor in the list of processes."""

import json
import socket
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import logs
from monitor.core.redaction import HIDDEN, without
from tests.servers.smtp_sink import SmtpSink
from tests.story.conftest import Houses
from tests.story.house import House, Told, at
from tests.story.test_process import heard

IMAP, SMTP, STORE, BODY = 'im"ap\\pläg 77Z', "smtp-plag-88Z", "store-plag-99Z", "the text nobody may keep 55Z"
NOW = at("Tue 12:00")
SECRETS = (IMAP, SMTP, STORE, BODY)


def forms(secret: str, user: str) -> set[bytes]:
    """How a secret may show: as it is, as Python or JSON or IMAP write it, in base64."""
    raw = secret.encode()
    texts = {secret, repr(secret)[1:-1], repr(raw)[2:-1], json.dumps(secret)[1:-1]}
    texts |= {secret.replace("\\", "\\\\").replace('"', '\\"'), b64encode(raw).decode()}
    texts |= {b64encode(f"\0{user}\0".encode() + raw).decode()}
    return {text.encode() for text in texts}


@contextmanager
def talker(converse: Callable[[list[bytes]], bytes], greeting: bytes) -> Iterator[int]:
    """A server that says `greeting`, and then what `converse` makes of all the lines so far; its port."""

    def serve(connection: socket.socket) -> None:
        said: list[bytes] = []
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            connection.sendall(greeting)
            for line in lines:
                said.append(line.strip())
                connection.sendall(converse(said))

    def welcome() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=welcome, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def echoing_imap(said: list[bytes], lets_in: bool = False) -> bytes:
    """Says back what it was told, as some debugging proxies do: at the login, or once it has let somebody in."""
    tag, _, rest = said[-1].partition(b" ")
    word = rest.partition(b" ")[0].upper()
    if word == b"CAPABILITY":
        return b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + tag + b" OK done\r\n"
    if word == b"AUTHENTICATE":
        return b"+ \r\n"
    if not word:  # what follows AUTHENTICATE
        tag, rest = said[-2].partition(b" ")[0], said[-1]
    if word in (b"LOGIN", b"") and lets_in:
        return tag + b" OK in\r\n"
    return tag + b" NO [ALERT] cannot do: " + (b" ".join(said[-4:]) if lets_in else rest) + b"\r\n"


def echoing_smtp(said: list[bytes]) -> bytes:
    """The same over SMTP."""
    word = said[-1].split(b" ")[0].upper()
    if word == b"EHLO":
        return b"250-mail.example\r\n250 AUTH PLAIN\r\n"
    if word == b"AUTH":
        return b"235 in\r\n"
    return b"550 5.7.1 " + SMTP.encode() + b" " + b" ".join(said[-3:]) + b"\r\n"


def planted(houses: Houses, tmp_path: Path, **words: str) -> House:
    """A house with a secret of each kind, and a mail with a text."""
    secret = tmp_path / "smtp-secret"
    secret.write_text(SMTP)
    secret.chmod(0o600)
    house = houses(config='[report]\nto = ["head@ours.example"]\n', **words)
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 09:00"))
    mail = house.mail("Ben <ben@borrower.example>", house.address("info"), at("Mon 09:00"))
    house.put("info", "INBOX", mail._replace(raw=mail.raw.replace(b"Good morning.", BODY.encode())))
    house.set_password("info", IMAP)
    return house


def with_smtp_login(house: House, port: int | None = None) -> None:
    """The mail server wants a password now."""
    house.write_config(smtp_port=port)
    text = house.config.read_text()
    login = f'username = "monitor"\npassword = {{ file = {json.dumps(str(house.folder / "smtp-secret"))} }}\n'
    house.config.write_text(text.replace("[store]", f"{login}[store]"))


def everything(house: House) -> list[Told]:
    """Every command, failing as it may."""
    number = ["1", "2"]
    said = [house.run(NOW, "check"), house.run(NOW, "check", "--json"), house.run(NOW, "run", "--once")]
    said += [house.run(NOW, "run", "--once", "--dry-run", str(house.folder / "dry"))]
    said += [house.run(NOW, "explain", one, *more) for one in number for more in ((), ("--json",))]
    said += [house.run(NOW, word, *more) for word in ("threads", "status", "report") for more in ((), ("--json",))]
    said += [house.run(NOW, "check", "--send-test", "it@operator.example"), house.run(NOW, "run", "--help")]
    return said


def found_in(house: House, said: list[Told], secrets: tuple[str, ...] = SECRETS) -> list[tuple[str, str]]:
    """Where one of the secrets is: what was said, every byte of the store and of all files, every letter."""
    places = {f"command {n}": (told.out + told.err).encode() for n, told in enumerate(said)}
    kept = ("password-", "smtp-secret", "config.toml", "credentials")
    for path in house.folder.rglob("*"):
        if path.is_file() and not any(part.startswith(kept) for part in path.relative_to(house.folder).parts):
            places[str(path)] = path.read_bytes()
    places |= {f"letter {n}": letter.raw + letter.message.as_bytes() for n, letter in enumerate(house.sink.letters)}
    for n, letter in enumerate(house.sink.letters):
        parts = [part.get_content() for part in letter.message.walk() if part.get_content_maintype() == "text"]
        places[f"text of letter {n}"] = "\n".join(parts).encode()
    user = house.address("info")
    return [
        (place, secret)
        for place, content in places.items()
        for secret in secrets
        if any(form in content for form in forms(secret, user) | forms(secret, "monitor"))
    ]


@pytest.fixture
def at_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything the log can say is said."""
    set_up = logs.set_up
    monkeypatch.setattr(logs, "set_up", lambda *_: set_up(verbose=True))
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")


@pytest.mark.usefixtures("at_debug")
@pytest.mark.parametrize("lets_in", [False, pytest.param(True, marks=pytest.mark.full)])
def test_a_mail_server_that_says_the_password_back_is_not_repeated(
    houses: Houses, tmp_path: Path, lets_in: bool
) -> None:
    house = planted(houses, tmp_path)
    heard: set[bytes] = set()

    def converse(said: list[bytes]) -> bytes:
        heard.add(said[-1])
        return echoing_imap(said, lets_in)

    with talker(converse, b"* OK hello\r\n") as port:
        house.write_config(imap_port=port)
        said = everything(house)
        house.set_password("info", "plain-plag-66Z")
        said += everything(house)
    house.windows += 1  # the test letter was asked for twice at the same moment
    assert any(b"plain-plag-66Z" in line for line in heard), "the attack has arrived"
    assert b64encode(f"\0{house.address('info')}\0{IMAP}".encode()) in heard
    assert any(HIDDEN in told.out + told.err for told in said)
    assert found_in(house, said, (*SECRETS, "plain-plag-66Z")) == []


@pytest.mark.usefixtures("at_debug")
def test_a_letter_server_that_says_the_password_back_is_not_repeated(houses: Houses, tmp_path: Path) -> None:
    house = planted(houses, tmp_path)
    house.set_password("info", house.dovecot.password)
    with talker(echoing_smtp, b"220 hello\r\n") as port:
        with_smtp_login(house, port)
        said = everything(house)
    assert any(HIDDEN in told.out + told.err for told in said), "the attack has arrived"
    assert found_in(house, said) == []


@pytest.mark.full
@pytest.mark.usefixtures("at_debug")
def test_refused_logins_leave_no_trace_of_the_passwords(houses: Houses, tmp_path: Path) -> None:
    house = planted(houses, tmp_path)
    with SmtpSink(tmp_path / "x", login=("monitor", "another")) as sink:
        with_smtp_login(house, sink.port)
        said = everything(house)
        assert any("refused" in told.out + told.err for told in said)
        house.set_password("info", house.dovecot.password)
        with_smtp_login(house, sink.port)
        said += everything(house)
    assert any("smtp" in told.err for told in said)
    assert found_in(house, said) == []


@pytest.mark.full
@pytest.mark.usefixtures("at_debug")
def test_failed_tls_leaves_no_trace_of_the_passwords(houses: Houses, tmp_path: Path) -> None:
    house = planted(houses, tmp_path)
    with_smtp_login(house)
    for port, security in (
        (house.dovecot.tls_port, "tls"),
        (house.dovecot.port, "tls"),
        (house.dovecot.port, "starttls"),
    ):
        text = house.config.read_text()
        head, _, rest = text.partition("[imap]")
        _, bracket, rest = rest.partition("[[mailbox]]")
        lines = f'\nhost = "127.0.0.1"\nport = {port}\nsecurity = "{security}"\n'
        house.config.write_text(f"{head}[imap]{lines}{bracket}{rest}")
        said = everything(house)
        assert all(told.code for told in said[:3])
        assert found_in(house, said) == []


@pytest.mark.usefixtures("at_debug")
@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://monitor@127.0.0.1:9/none?password={STORE}",
        f"postgresql://monitor:{STORE}@127.0.0.1:9/none",
        pytest.param(f"postgresql://monitor:{STORE}/x@127.0.0.1:9/none", marks=pytest.mark.full),
        pytest.param(f"postgresql://monitor:{STORE}@127.0.0.1:port/none", marks=pytest.mark.full),
        pytest.param(f"mysql://monitor:{STORE}@127.0.0.1/none", marks=pytest.mark.full),
        pytest.param(f"postgresql://127.0.0.1:9/none?nonsense={STORE}&password={STORE}", marks=pytest.mark.full),
        pytest.param(f"{STORE}", marks=pytest.mark.full),
    ],
)
def test_the_password_in_the_address_of_the_store_is_never_shown(houses: Houses, tmp_path: Path, address: str) -> None:
    house = planted(houses, tmp_path)
    house.store_url = address
    house.write_config()
    said = [house.run(NOW, "check"), house.run(NOW, "run", "--once"), house.run(NOW, "status", "--json")]
    assert said[1].code != 0
    assert found_in(house, said) == []


@pytest.mark.full
@pytest.mark.usefixtures("at_debug")
def test_nor_where_the_store_works(houses: Houses, tmp_path: Path, postgres_url: str) -> None:
    house = planted(houses, tmp_path, store=f"{postgres_url}{'&' if '?' in postgres_url else '?'}password={STORE}")
    house.set_password("info", house.dovecot.password)
    house.write_config()
    said = everything(house)
    assert said[2].code == 0
    assert found_in(house, said) == []


@pytest.mark.full
def test_neither_secrets_nor_texts_stand_in_the_store_or_in_the_list_of_processes(
    houses: Houses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = planted(houses, tmp_path)
    monkeypatch.setenv("PLAG", house.dovecot.password)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "imap").write_text(house.dovecot.password)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    for where in ('{ env = "PLAG" }', '{ credential = "imap" }', '{ command = ["printenv", "PLAG"] }'):
        house.write_config()
        text = house.config.read_text()
        own = f"{{ file = {json.dumps(str(house.folder / 'password-info'))} }}"
        assert own in text
        house.config.write_text(text.replace(own, where))
        command = house.command(NOW, "run")
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as daemon:
            said = heard(daemon, "round mailboxes=1")
            shown = Path(f"/proc/{daemon.pid}/cmdline").read_bytes()
            daemon.terminate()
        assert house.dovecot.password.encode() not in shown
        told = [Told(0, "", said), house.run(NOW, "check"), house.run(NOW, "threads", "--all", "--json")]
        assert told[1].code == 0
        assert found_in(house, told, (*SECRETS, house.dovecot.password)) == []


@given(st.text(min_size=6, max_size=30), st.text(max_size=10), st.text(max_size=20), st.text(max_size=20))
def test_no_form_of_a_secret_stays_in_any_text(secret: str, user: str, before: str, after: str) -> None:
    try:
        shapes = forms(secret, user)
    except UnicodeEncodeError:
        return
    for form in shapes - {json.dumps(secret)[1:-1].encode(), repr(secret)[1:-1].encode()}:
        told = without(f"{before} {form.decode()} {after}", secret, user)
        assert HIDDEN in told
        assert secret not in told.replace(HIDDEN, "") or secret in before + " " + after
