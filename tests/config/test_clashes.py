"""What no type can say is told as any mistake: its line, a caret, and what would be right; all of it at once."""

from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from tests.config.conftest import Loader, Refuser

MICROSOFT = '[microsoft]\ntenant = "x.example"\nclient = "1-2-3"\n'
KEPT = '{ env = "INBOX_MONITOR_TEST_PW" }'


def spoilt(right: str, old: str, new: str) -> str:
    assert old in right
    return right.replace(old, new, 1)


@pytest.mark.parametrize(
    ("added", "place", "said"),
    [
        ("[[reminder]]\nafter = '24h'\n[[reminder]]\nafter = '4h'", "15:1", "the ladder falls: this step comes at"),
        ("[[reminder]]\nafter = '1h'\n[[reminder]]", "14:1", 'at "0h", the one above it at "1h"; put the earlier one'),
        (
            "[[reminder]]\nto = ['owners', 'Desk']\n[[reminder]]\nto = ['Desk', 'owners']",
            "14:1",
            "this step is there twice",
        ),
        ("[[reminder]]\n[[reminder]]\nrepeat = '1h'", "13:1", "this step is there twice: same `after`, same `to`"),
        ("[[reminder]]\nto = []", "13:1", "`to` must not be empty"),
        ("[[reminder]]\nto = ['owners', 'Dsek']", "13:17", "did you mean `Desk`?"),
        ("[[reminder]]\nto = ['a@x.example', 'A@x.example']", "13:22", "a@x.example is there twice; was another one"),
        (
            "[[reminder]]\nafter = '-30h'",
            "13:1",
            "warns 30 hours before the promise runs out, which is only 24 hours long",
        ),
        ("[[reminder]]\nafter = '-24h'", "13:1", "nobody waits yet"),
        ("[report]\nto = ['a@x.example', 'a@x.example']", "13:22", "a@x.example is there twice"),
        ("[[person]]\naddress = 'info@x.example'", "13:1", "info@x.example is a watched mailbox"),
        ("[[person]]\naddress = 'a@x.example'\nsubstitute = 'info@x.example'", "14:1", "is a watched mailbox"),
        ("[target]\nclock = 'office-hours'", "13:1", '`clock` "office-hours" needs `hours`'),
        (
            "[target]\nclock = 'open-days'\nclosed = 'mon-sun'",
            "14:1",
            "`closed` leaves no open hour in the week, so nothing would be counted or sent",
        ),
        ("[health]\nmetrics = '/var/lib/monitor.txt'", "13:1", 'whose name ends in ".prom"'),
        ("[health]\nping = 'ping.x.example'", "13:1", "`ping` must be a URL"),
        ("[smtp]\nhost = 'smtp://mail.x.example'", "13:1", "`host` must be the name of a server alone"),
        ("[smtp]\nhost = 'mail.x.example:587'", "13:1", "`port` is a key of its own"),
        ("[smtp]\nport = 0", "13:1", "`port` must be at least 1"),
        ("[smtp]\nfrom = 'Reply monitor'", "13:1", "`from` must be a mail address"),
        ("[smtp]\nusername = 'me'", "13:1", "`username` needs a password beside it"),
        (f"[smtp]\npassword = {KEPT}\nmechanism = 'xoauth2'", "14:1", "takes a token, and here is a password"),
        (f"[smtp]\ntoken = {KEPT}\nmechanism = 'login'", "14:1", "takes a password, and here is a token"),
        ("[smtp]\ntoken = 'microsoft'", "13:1", '"microsoft" needs a table [microsoft] with `tenant` and `client`'),
        ("[smtp]\ntoken = 'google'", "13:1", "needs a table [google] with `service_account` or `client`"),
        ("[smtp]\ntoken = 'gogle'", "13:1", "did you mean `google`?"),
        (
            f"{MICROSOFT}secret = {KEPT}\ncertificate = 'own.pem'",
            "16:1",
            "`certificate` and `secret` are both there; only one can be used",
        ),
        (f"{MICROSOFT}authority = 'http://login.x.example'", "15:1", "`authority` must be a URL, like"),
        (f"{MICROSOFT}secret_expires = 'next May'", "15:1", "`secret_expires` must be a day, like 2027-01-31"),
        (f"{MICROSOFT}ca_file = 'none.pem'", "15:1", "`ca_file`: there is no file"),
        ("[google]", "12:1", "[google] needs `service_account` or `client`"),
        (f"[google]\nclient = {KEPT}\nservice_account = {KEPT}", "13:1", "`client` and `service_account` are both"),
    ],
)
def test_what_does_not_fit_is_shown_where_it_stands(
    right: str, refused: Refuser, added: str, place: str, said: str
) -> None:
    told = refused(f"{right}{added}\n")
    assert told.startswith(f"config.toml:{place}: ")
    assert said in told
    assert "^" in told
    assert "1 problem;" in told


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (f"token = {KEPT}", "`token` and `password` are both there; only one can be used: take one out"),
        ("mechanism = 'oauthbearer'", '`mechanism` "oauthbearer" takes a token, and here is a password'),
        ("mechanism = 'login'\nlogin = 'reader'", '`login` cannot be said by mechanism "login"'),
        ("host = 'imaps://imap.x.example'", "not a URL: see `security`"),
    ],
)
def test_ways_of_logging_in_that_cannot_be_are_told(right: str, refused: Refuser, lines: str, said: str) -> None:
    text = right.replace('host = "imap.x.example"\n', "") if "host" in lines else right
    told = refused(spoilt(text, "[imap]\n", f"[imap]\n{lines}\n"))
    assert said in told
    assert "1 problem;" in told


def test_a_login_beside_a_token_of_ones_own_has_no_effect(right: str, refused: Refuser) -> None:
    told = refused(spoilt(right, "password = ", "login = 'reader'\ntoken = "))
    assert "config.toml:3:1: `login` has no effect with a token of your own" in told


def test_a_mailbox_may_log_in_otherwise_than_the_others(right: str, loaded: Loader) -> None:
    own = f'{right}[[mailbox]]\naddress = "b@x.example"\nteam = "Desk"\ntoken = "microsoft"\nmechanism = "xoauth2"\n'
    first, second = loaded(own + MICROSOFT).mailboxes
    assert (first.token, second.token, second.mechanism) == (None, "microsoft", "xoauth2")


def test_a_plain_token_is_refused_and_never_shown(right: str, refused: Refuser) -> None:
    told = refused(spoilt(right, "password = " + KEPT, 'token = "ya29.planted"'))
    assert "config.toml:3:1: `token` must be" in told
    assert "or say where the token is, not what it is" in told
    assert "planted" not in told


def test_whoever_has_an_app_is_told_to_use_it_where_a_password_is_missing(right: str, refused: Refuser) -> None:
    told = refused(spoilt(right, f"password = {KEPT}\n", "") + MICROSOFT)
    assert 'info@x.example has no password; add token = "microsoft" under [imap]' in told


@pytest.mark.parametrize(
    ("aliases", "said"),
    [
        (["['a@x.example']", "['b@x.example', 'A@x.example']"], "a@x.example is an alias of info@x.example too"),
        (["['a@x.example', 'a@x.example']", "[]"], "a@x.example is there twice"),
    ],
)
def test_mail_of_an_alias_lies_in_one_mailbox(right: str, refused: Refuser, aliases: list[str], said: str) -> None:
    text = spoilt(right, 'team = "Desk"\n', f'team = "Desk"\naliases = {aliases[0]}\n')
    told = refused(f'{text}[[mailbox]]\naddress = "ops@x.example"\nteam = "Desk"\naliases = {aliases[1]}\n')
    assert said in told
    assert "1 problem;" in told


@pytest.mark.parametrize(
    "ladder",
    [
        "[[reminder]]\nafter = '-4h'\n[[reminder]]\n[[reminder]]\nto = 'b@x.example'\n[[reminder]]\nafter = '2d'\n",
        # A desk with a shorter promise cannot have a ladder of its own; the warning is for the others.
        "[[reminder]]\nafter = '-4h'\n[[mailbox]]\naddress = 'fast@x.example'\nteam = 'Desk'\nreply_within = '1h'\n",
        # Eight opening hours last longer than eight hours.
        "[[reminder]]\nafter = '-12h'\n"
        "[target]\nreply_within = '8h'\nclock = 'office-hours'\nhours = 'mon-fri 09:00-17:00'\n",
    ],
)
def test_a_ladder_that_makes_sense_is_taken(right: str, loaded: Loader, ladder: str) -> None:
    assert loaded(right + ladder).steps[0].after.total_seconds() < 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Berlin", "Europe/Berlin"),
        ("kyiv", "Europe/Kyiv"),
        ("Europe/Lodnon", "Europe/London"),
        ("new york", "America/New_York"),
    ],
)
def test_a_time_zone_that_is_none_brings_the_one_that_was_meant(
    right: str, refused: Refuser, written: str, meant: str
) -> None:
    told = refused(f'timezone = "{written}"\n{right}')
    assert f'`timezone` "{written}" is not a time zone; write it like "Europe/London"' in told
    assert f"did you mean `{meant}`?" in told


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("operator = 'a@x.example'", "`operator` is not a setting here; it stands at the top, before any [table]"),
        ("reply_within = '2h'", "`reply_within` is not a setting here; it stands under [target] or [[mailbox]]"),
        ("[staff.report]", "`report` is not a setting here; it is a table of its own: [report]"),
        ("[[reminder]]\ngoal = 90", "`goal` is not a setting here; it stands under [target] or [[mailbox]]"),
        ("[staff.reminder]", "it is a table of its own: [[reminder]]"),
        ("doamins = []", "did you mean `domains`?"),
    ],
)
def test_a_key_in_the_wrong_table_is_told_with_the_right_one(
    right: str, refused: Refuser, line: str, said: str
) -> None:
    assert said in refused(f"{right}[staff]\n{line}\n")


def test_all_kinds_of_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'timezone = "Lodnon"\n'
        '[imap]\nhost = "imap.x.example"\nprot = 993\npassword = { file = "none" }\n'
        '[[mailbox]]\naddress = "info@x.example"\nteam = "Dsek"\n'
        '[[team]]\nname = "Desk"\nowners = ["info@x.example"]\n'
        "[[reminder]]\nafter = '4h'\n[[reminder]]\nafter = '2h'\n"
        "[smtp]\nport = '587'\n"
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", logs_in=True)
    told = str(caught.value).splitlines()
    assert [line.split(":")[1] for line in told if line.startswith("config.toml:")] == [
        "1",
        "4",
        "5",
        "8",
        "11",
        "15",
        "17",
    ]
    assert told[-1] == "7 problems; nothing was started."
