"""What a config means: defaults, what overrides what, who is staff, and where secrets are read."""

import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.config import MailboxSettings, SecretError, load
from monitor.core.ladder import Step
from monitor.core.report.week import Moment
from tests.config.conftest import Loader

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def only_mailbox(loaded: Loader, text: str) -> MailboxSettings:
    (mailbox,) = loaded(text).mailboxes
    return mailbox


def test_what_is_left_out_has_a_default(
    right: str, loaded: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    found = loaded(right)
    (mailbox,) = found.mailboxes
    assert (mailbox.username, mailbox.port, mailbox.security) == ("info@x.example", 993, "tls")
    assert (mailbox.lookback, mailbox.poll_every, mailbox.idle) == (30 * DAY, timedelta(minutes=5), True)
    assert (mailbox.inbox, mailbox.sent, mailbox.watch, mailbox.replies_confirmed) == ((), (), "all", False)
    assert (found.target.reply_within, found.target.goal) == (DAY, 90)
    assert (found.organisation, found.zone, found.operator) == ("Inbox Monitor", ZoneInfo("UTC"), None)
    assert found.steps == (Step(timedelta(0), ("owners",), DAY),)
    assert found.report is None
    assert (found.smtp.host, found.smtp.port, found.smtp.security) == ("localhost", 25, "none")
    assert found.smtp.from_ == "Reply monitor <inbox-monitor@x.example>"
    assert found.store_url == f"sqlite:///{tmp_path / 'state'}/monitor.db"


def test_folders_with_a_part_of_their_own_may_be_one_or_several(right: str, loaded: Loader) -> None:
    found = only_mailbox(loaded, right)
    assert (found.done, found.ignored, found.peek_closers) == ((), (), False)
    keys = 'done = "Erledigt"\nignored = ["Reklame", "Alt"]\npeek_closers = true'
    found = only_mailbox(loaded, right.replace('team = "Desk"', f'team = "Desk"\n{keys}'))
    assert (found.done, found.ignored, found.peek_closers) == (("Erledigt",), ("Reklame", "Alt"), True)


def test_who_checks_incoming_mail_is_learnt_unless_it_is_told(right: str, loaded: Loader) -> None:
    assert (loaded(right).authserv_ids, loaded(right).authenticated_replies) == (frozenset(), False)
    told = right.replace("[imap]", '[imap]\nauthserv_id = "mx.x.example"')
    found = loaded(f'{told}[staff]\nauthenticated_replies = "required"\n')
    assert (found.authserv_ids, found.authenticated_replies) == (frozenset({"mx.x.example"}), True)


@pytest.mark.parametrize(("security", "port"), [("tls", 993), ("starttls", 143), ("none", 143)])
def test_the_port_of_a_mailbox_follows_its_security(right: str, loaded: Loader, security: str, port: int) -> None:
    assert only_mailbox(loaded, right.replace("[imap]", f'[imap]\nsecurity = "{security}"')).port == port


@pytest.mark.parametrize(
    ("says", "security", "port"),
    [
        ("", "starttls", 587),
        ("port = 465", "tls", 465),
        ("port = 25", "none", 25),
        ("port = 2525", "starttls", 2525),
        ('security = "tls"', "tls", 465),
        ('security = "none"', "none", 25),
    ],
)
def test_the_port_and_the_security_of_smtp_follow_each_other(
    right: str, loaded: Loader, says: str, security: str, port: int
) -> None:
    smtp = loaded(f'{right}[smtp]\nhost = "smtp.x.example"\n{says}\n').smtp
    assert (smtp.security, smtp.port) == (security, port)


def test_smtp_logs_in_as_the_sender_unless_it_is_told_otherwise(right: str, loaded: Loader) -> None:
    table = f'{right}[smtp]\nfrom = "m@x.example"\n'
    assert loaded(table).smtp.username is None
    assert loaded(table).smtp.from_ == "Reply monitor <m@x.example>"
    assert loaded(f'{table}password = {{ env = "X" }}').smtp.username == "m@x.example"
    assert loaded(f'{table}password = {{ env = "X" }}\nusername = "me"').smtp.username == "me"


def test_a_mailbox_comes_before_its_team_before_the_target(right: str, loaded: Loader) -> None:
    text = right.replace('team = "Desk"', 'team = "Desk"\nreply_within = "1h"')
    text = text.replace('name = "Desk"', 'name = "Desk"\nreply_within = "2h"\ngoal = 80')
    text += '[[mailbox]]\naddress = "b@x.example"\nteam = "Desk"\n[[mailbox]]\naddress = "c@x.example"\nteam = "Two"\n'
    text += '[[team]]\nname = "Two"\nowners = "two@x.example"\n[target]\nreply_within = "3h"\ngoal = 70\n'
    desks = loaded(text).desks
    targets = {address[0]: (desk.target.reply_within, desk.target.goal) for address, desk in desks.items()}
    assert targets == {"i": (HOUR, 80), "b": (2 * HOUR, 80), "c": (3 * HOUR, 70)}
    assert list(desks) == ["info@x.example", "b@x.example", "c@x.example"], "in the order of the config"


def test_a_mailbox_overrides_what_imap_says(right: str, loaded: Loader) -> None:
    general = '[imap]\nport = 1143\nsecurity = "starttls"\nusername = "all"\nlookback = "7d"\npoll_every = "1m"'
    own = 'host = "b.example"\nsecurity = "tls"\nport = 1993\nusername = "b"\nlookback = "2d"\npoll_every = "2m"'
    general, own = f"{general}\nidle = false", f"{own}\nidle = true"
    text = right.replace("[imap]", general)
    text += f'[[mailbox]]\naddress = "b@x.example"\nteam = "Desk"\n{own}\npassword = {{ env = "B" }}\n'
    first, second = loaded(text).mailboxes
    assert (first.host, first.port, first.security, first.username) == ("imap.x.example", 1143, "starttls", "all")
    assert (first.lookback, first.poll_every, first.idle) == (7 * DAY, timedelta(minutes=1), False)
    assert (second.host, second.port, second.security, second.username) == ("b.example", 1993, "tls", "b")
    assert (second.lookback, second.poll_every, second.idle) == (2 * DAY, timedelta(minutes=2), True)
    with pytest.raises(SecretError, match="the environment variable B is not set"):
        second.password()


def test_lookback_may_be_all(right: str, loaded: Loader) -> None:
    everything = right.replace("[imap]", '[imap]\nlookback = "all"')
    assert only_mailbox(loaded, everything).lookback is None
    text = everything.replace('team = "Desk"', 'team = "Desk"\nlookback = "2d"')
    assert only_mailbox(loaded, text).lookback == 2 * DAY
    text = right.replace('team = "Desk"', 'team = "Desk"\nlookback = "all"')
    assert only_mailbox(loaded, text).lookback is None


def test_folders_and_recipients_may_be_one_or_a_list(right: str, loaded: Loader) -> None:
    text = right.replace('team = "Desk"', 'team = "Desk"\nsent = "Sent Items"\ninbox = ["INBOX", "Web"]')
    mailbox = only_mailbox(loaded, text)
    assert (mailbox.sent, mailbox.inbox) == (("Sent Items",), ("INBOX", "Web"))
    report = loaded(f'{right}[report]\nto = "Head@x.example"\n').report
    assert report is not None
    assert (report.to, report.on) == (("head@x.example",), Moment(0, 7, 0))


def test_steps_name_owners_teams_and_addresses(right: str, loaded: Loader) -> None:
    text = f'{right}[[reminder]]\nafter = "-4h"\nto = ["Desk", "owners", "Head@x.example"]\nrepeat = "1d"\n'
    assert loaded(text).steps == (Step(-4 * HOUR, ("Desk", "owners", "head@x.example"), DAY),)


def test_staff_are_the_domains_of_the_mailboxes_but_not_public_providers(right: str, loaded: Loader) -> None:
    more = '[[mailbox]]\naddress = "club@gmail.com"\nteam = "Desk"\naliases = ["Kiosk@y.example"]\n'
    staff = loaded(right + more).staff
    assert staff.domains == ("x.example",)
    assert {"info@x.example", "club@gmail.com", "kiosk@y.example"} == staff.mailboxes
    assert staff.people == {"lead@x.example"}
    assert loaded(right + more + '[staff]\ndomains = ["Z.example"]\n').staff.domains == ("z.example",)
    assert loaded(right + more + "[staff]\ndomains = []\n").staff.domains == ()


def test_domains_and_patterns_are_kept_as_mails_have_them(right: str, loaded: Loader) -> None:
    more = '[staff]\ndomains = ["Bücher.example", "*.bücher.example"]\ncustomers = ["s*@BÜCHER.example"]\n'
    staff = loaded(right + more).staff
    assert staff.domains == ("xn--bcher-kva.example", "*.xn--bcher-kva.example")
    assert staff.customers == ("s*@xn--bcher-kva.example",)
    assert staff.is_ours("ann@xn--bcher-kva.example")


def test_a_mailbox_that_is_only_read_for_replies_needs_no_team(right: str, loaded: Loader) -> None:
    found = loaded(right.replace('team = "Desk"', 'watch = "sent"'))
    assert found.mailboxes[0].team == "info@x.example"


def test_files_are_found_beside_the_config(right: str, loaded: Loader, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    text = 'templates_dir = "own"\n' + right.replace("[imap]", '[imap]\nca_file = "ca.pem"')
    found = loaded(text + '[smtp]\nca_file = "ca.pem"\n')
    assert found.mailboxes[0].ca_file == found.smtp.ca_file == str(tmp_path / "ca.pem")
    assert found.templates_dir == tmp_path / "own"


# -- secrets


def password(loaded: Loader, right: str, table: str) -> str:
    return only_mailbox(loaded, right.replace('{ env = "INBOX_MONITOR_TEST_PW" }', table)).password()


def test_secrets_are_read_from_where_they_are(
    right: str, loaded: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pw").write_text("correct horse\n", encoding="utf-8")
    monkeypatch.setenv("INBOX_MONITOR_TEST_PW", "from the environment")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert password(loaded, right, f'{{ file = "{tmp_path / "pw"}" }}') == "correct horse"
    assert password(loaded, right, '{ env = "INBOX_MONITOR_TEST_PW" }') == "from the environment"
    assert password(loaded, right, '{ credential = "pw" }') == "correct horse"
    assert password(loaded, right, f"""{{ command = ['{sys.executable}', '-c', 'print("said")'] }}""") == "said"


def test_a_secret_is_read_anew_each_time(right: str, loaded: Loader, tmp_path: Path) -> None:
    file = tmp_path / "pw"
    file.write_text("old", encoding="utf-8")
    mailbox = only_mailbox(loaded, right.replace('{ env = "INBOX_MONITOR_TEST_PW" }', f'{{ file = "{file}" }}'))
    assert mailbox.password() == "old"
    file.write_text("new", encoding="utf-8")
    assert mailbox.password() == "new"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('{ file = "/nonexistent/pw" }', "the secret file /nonexistent/pw cannot be read: No such file or directory"),
        ('{ env = "INBOX_MONITOR_NO_SUCH" }', "the environment variable INBOX_MONITOR_NO_SUCH is not set"),
        ('{ credential = "imap" }', 'the credential "imap" is there only under systemd'),
        ('{ command = ["false"] }', "the secret command false failed"),
        ('{ command = ["/nonexistent/program", "hunter2"] }', "the secret command /nonexistent/program failed"),
    ],
)
def test_a_secret_that_cannot_be_had_is_told_when_it_is_wanted(
    right: str, loaded: Loader, monkeypatch: pytest.MonkeyPatch, table: str, said: str
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretError) as caught:
        password(loaded, right, table)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


# -- the example


def test_the_example_is_a_config_that_can_be_used() -> None:
    found = load(EXAMPLE)
    assert len(found.mailboxes) == len(found.teams) == 2
    assert found.report is not None
    assert found.staff.domains == ("harbourcity.example",)
    assert not any(not owners for owners in found.owners.values())


def test_the_example_tells_its_tables_in_the_order_of_the_story() -> None:
    order = ["target", "imap", "mailbox", "team", "staff", "reminder", "report", "smtp", "commands", "ignore"]
    tables = [key for key, value in tomllib.loads(EXAMPLE.read_text("utf-8")).items() if not isinstance(value, str)]
    assert tables == order


def test_a_secret_file_is_looked_for_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "imap-password").write_text("planted\n")
    config = tmp_path / "config.toml"
    config.write_text(
        '[imap]\nhost = "h.example"\npassword = { file = "imap-password" }\n'
        '[[mailbox]]\naddress = "info@ours.example"\nteam = "Desk"\n'
        '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
    )
    assert load(config).mailboxes[0].password() == "planted"


def test_all_is_kept_unless_the_config_says_how_long(right: str, loaded: Loader) -> None:
    assert loaded(right).retention is None
    assert loaded(f'store.retention = "2y"\n{right}').retention == timedelta(days=730)


def test_subjects_are_kept_unless_the_config_says_no(right: str, loaded: Loader) -> None:
    told = [loaded(right), *(loaded(f"store.subjects = {word}\n{right}") for word in ("true", "false"))]
    assert [settings.keeps_subjects for settings in told] == [True, True, False]
    assert [settings.house(b"key").keeps_subjects for settings in told] == [True, True, False]


COMMANDS = """
[imap]
host = "imap.example"
[[mailbox]]
address = "info@ours.example"
team = "Desk"
username = "shared"
password = { env = "BOX" }
[[team]]
name = "Desk"
owners = ["lead@ours.example"]
"""


def test_commands_are_heard_where_letters_come_from_unless_the_config_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    smtp = '[smtp]\nfrom = "Monitor <monitor@ours.example>"\n'
    path.write_text(COMMANDS + smtp + '[commands]\npassword = { env = "EAR" }\n')
    ear = load(path).commands
    assert ear is not None
    assert (ear.address, ear.username, ear.host) == ("monitor@ours.example", "monitor@ours.example", "imap.example")
    path.write_text(COMMANDS)
    assert load(path).commands is None


def test_commands_in_a_watched_mailbox_are_reached_as_that_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOX", "secret")
    path = tmp_path / "config.toml"
    path.write_text(COMMANDS + '[commands]\naddress = "info@ours.example"\n')
    ear = load(path).commands
    assert ear is not None
    assert (ear.username, ear.password()) == ("shared", "secret")


def test_who_gets_letters_may_speak_and_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    others = '[[person]]\naddress = "deputy@ours.example"\nsubstitute = "other@ours.example"\n'
    path.write_text('operator = "it@ours.example"\n' + COMMANDS + others + '[report]\nto = ["board@leaders.example"]\n')
    assert load(path).speakers == {
        "it@ours.example",
        "lead@ours.example",
        "deputy@ours.example",
        "other@ours.example",
        "board@leaders.example",
    }


def test_what_was_asked_of_addresses_on_the_way_changes_no_fingerprint(right: str, loaded: Loader) -> None:
    """Else all mail would be judged again at every round."""
    settings = loaded(right)
    before = settings.rules_fingerprint("1")
    assert not settings.staff.is_ours("ann@customer.example")
    assert settings.rules_fingerprint("1") == before
