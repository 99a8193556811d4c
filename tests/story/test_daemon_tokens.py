"""A daemon whose token ends while it runs, on a Dovecot that takes tokens, with a provider of every temper."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.config import load
from monitor.config.settings import state_folder
from monitor.jobs.signing_in import keep, microsoft_app, sign_ins
from monitor.store.mailboxes import views
from monitor.tokens import microsoft
from tests.servers.certificate import make_certificate
from tests.servers.dovecot_oauth import DovecotOauth
from tests.servers.smtp_oauth import OauthSink
from tests.story.beats import HOUR, Beats, beating
from tests.tokens.provider import CLIENT, SECRET, TENANT, Answer, Entra, Form, refusal

MINUTE = 60.0
EXPIRED = refusal(7000222)
AWAY: Answer = (503, b"")


class Directory(Entra):
    """Entra, whose tokens the Dovecot knows."""

    give: Callable[[], str]

    def by_app(self, form: Form) -> Answer:
        return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": self.give()}

    def of_person(self) -> dict[str, Any]:
        return {**super().of_person(), "access_token": self.give()}


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    made = make_certificate(tmp_path)
    with Directory(made.public, made.private) as service:
        (tmp_path / "secret").touch(0o600)
        (tmp_path / "secret").write_text(SECRET)
        yield service


def config(folder: Path, imap: int, smtp: int, address: str, directory: Directory, secret: bool) -> str:
    proof = 'secret = { file = "secret" }\n' if secret else ""
    return (
        f'operator = "it@operator.example"\n[microsoft]\ntenant = "{TENANT}"\nclient = "{CLIENT}"\n{proof}'
        f'authority = "{directory.url}"\nca_file = "{folder / "certificate.pem"}"\n'
        f'[imap]\nhost = "127.0.0.1"\nport = {imap}\nsecurity = "none"\ntoken = "microsoft"\n'
        f'[[mailbox]]\naddress = "{address}"\nteam = "Desk"\n[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
        f'[smtp]\nhost = "127.0.0.1"\nport = {smtp}\nsecurity = "none"\ntoken = "microsoft"\nlogin = "{address}"\n'
        f'[store]\nurl = "sqlite:///{folder / "monitor.db"}"\n'
    )


def fault(beats: Beats) -> str | None:
    (view,) = views(beats.store).values()
    return view.fault


def suspended(beats: Beats, minutes: float) -> None:
    """All connections are made anew after that."""
    beats.wall += type(beats.wall)(minutes=minutes)
    beats.pass_(5)


def test_a_token_ends_while_it_runs_and_the_provider_is_away_or_refuses(
    tmp_path: Path, dovecot_oauth: DovecotOauth, mailboxes: Callable[[str], str], directory: Directory
) -> None:
    tokens, before = dovecot_oauth.tokens, dovecot_oauth.tokens.asked
    with OauthSink(tmp_path) as sink:

        def give() -> str:
            sink.tokens = {tokens.give(mailboxes("app"))}
            return next(iter(sink.tokens))

        def so_far() -> tuple[int, int, int]:
            return len(directory.asked), tokens.asked - before, len(sink.logins)

        directory.give = give
        written = config(tmp_path, dovecot_oauth.port, sink.port, mailboxes("info"), directory, secret=True)
        with beating(tmp_path, {"x@ours.example": 1}, config=written) as beats:
            beats.pass_(10 * MINUTE)
            assert (fault(beats), so_far()) == (None, (1, 1, 0)), "asked once, logged in once"

            tokens.end(*sink.tokens)
            suspended(beats, 11)
            assert (fault(beats), so_far()) == (None, (2, 3, 0)), "refused, another one, let in"

            directory.refuse = AWAY
            suspended(beats, 61)
            beats.pass_(10 * MINUTE)
            assert fault(beats) == "unreachable"
            asked, logins, _ = so_far()
            assert (2 < asked < 9, logins) == (True, 3), "the server is left alone, the provider is asked less and less"
            directory.refuse = None
            beats.pass_(10 * MINUTE)
            assert (fault(beats), so_far()) == (None, (so_far()[0], 4, 0))

            directory.refuse, asked = EXPIRED, so_far()[0]
            suspended(beats, 61)
            assert fault(beats) == "refused"
            beats.pass_(1.5 * HOUR)
            assert so_far()[0] - asked <= 5, "the mailbox and the mail server are left alone, each by its breaker"
            assert sink.letters == []
            directory.refuse, asked = None, so_far()[0]
            beats.reload_asked.set()
            beats.pass_(10 * MINUTE)
            assert (fault(beats), so_far()[0] - asked) == (None, 1), "one for the mailbox and its letters"
            assert {login for login, _ in sink.logins} == {"XOAUTH2"}
            told = [str(letter.message["Subject"]) for letter in sink.letters]
            assert [subject for subject in told if "cannot be read" in subject] == told[:1]
            assert len(told) == 2, "once that it cannot be read, once that it can"
            assert not [line for line in beats.said if "planted-" in line or SECRET in line]


def test_who_signs_in_while_it_runs_needs_no_reload(
    tmp_path: Path,
    dovecot_oauth: DovecotOauth,
    mailboxes: Callable[[str], str],
    directory: Directory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    directory.give = lambda: dovecot_oauth.tokens.give(mailboxes("app"))
    written = config(tmp_path, dovecot_oauth.port, 1, mailboxes("info"), directory, secret=False)
    with beating(tmp_path, {"x@ours.example": 1}, config=written) as beats:
        beats.pass_(HOUR)
        assert (fault(beats), directory.asked) == ("refused", [])
        settings = load(beats.config)
        (wanted,) = sign_ins(settings)
        done = microsoft.sign_in(microsoft_app(settings), wanted.user, lambda *_: None)
        keep(wanted, done, state_folder())
        asked = len(directory.asked)
        beats.pass_(5)
        assert fault(beats) is None
        assert len(directory.asked) == asked, "by the token of the sign-in"
