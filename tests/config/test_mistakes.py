"""What is wrong with a config is said all at once, where it stands, and without a secret."""

from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from tests.config.conftest import Loader, Refuser

PLANTED = "hunter2-planted"


def spoilt(right: str, old: str, new: str) -> str:
    assert old in right
    return right.replace(old, new)


def test_all_mistakes_are_shown_at_once_in_the_order_of_the_file(right: str, refused: Refuser) -> None:
    text = (
        'organisaton = "Library"\n'
        + spoilt(right, "[imap]\n", '[imap]\nport     = "587"\n').replace('"Desk"', '"Dsk"', 1)
        + '\n[target]\nreply_witin = "24h"          # the promise\n'
    )
    assert (
        refused(text)
        == """\
config.toml:1:1: `organisaton` is not a setting here
     1 | organisaton = "Library"
       | ^^^^^^^^^^^ did you mean `organisation`?
config.toml:3:1: `port` must be a whole number, without quotes
     3 | port     = "587"
       | ^^^^
config.toml:9:1: there is no [[team]] named "Dsk" (teams: "Desk")
     9 | team = "Dsk"
       | ^^^^ did you mean `Desk`?
config.toml:16:1: `reply_witin` is not a setting here
    16 | reply_witin = "24h"          # the promise
       | ^^^^^^^^^^^ did you mean `reply_within`?
4 problems; nothing was started."""
    )


@pytest.mark.parametrize(
    ("added", "place", "meant"),
    [
        ("[imap2]\n", "13:1: `imap2`", "imap"),
        ("[target]\ngaol = 90\n", "14:1: `gaol`", "goal"),
        ("[staff]\ndomain = []\n", "14:1: `domain`", "domains"),
        ("[report]\nto = 'a@b.example'\nonn = 'mon 07:00'\n", "15:1: `onn`", "on"),
        ("[smtp]\nhots = 'x'\n", "14:1: `hots`", "host"),
        ("[store]\nurI = 'x'\n", "14:1: `urI`", "url"),
        ("[ignore]\nsender = []\n", "14:1: `sender`", "senders"),
        ("[[reminder]]\nto = 'owners'\n[[reminder]]\nafer = '1h'\n", "16:1: `afer`", "after"),
        ("[[team]]\nname = 'B'\nowners = 'b@x.example'\nowner = 'c@x.example'\n", "16:1: `owner`", "owners"),
        ("[[mailbox]]\naddress = 'b@x.example'\nteam = 'Desk'\nsnet = 'Sent'\n", "16:1: `snet`", "sent"),
        (
            "[[mailbox]]\naddress = 'b@x.example'\nteam = 'Desk'\nreply_witin = '1h'\n",
            "16:1: `reply_witin`",
            "reply_within",
        ),
        ("[[mailbox]]\naddress = 'b@x.example'\nteam = 'Desk'\npassword = { flie = 'x' }\n", "16:14: `flie`", "file"),
    ],
)
def test_an_unknown_key_is_shown_in_its_own_table(
    right: str, refused: Refuser, added: str, place: str, meant: str
) -> None:
    said = refused(f"{right}\n{added}")
    assert said.startswith(f"config.toml:{place} is not a setting here\n")
    assert f"^ did you mean `{meant}`?\n1 problem;" in said


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("timezone = 'Europe/Londn'", '`timezone` "Europe/Londn" is not a time zone; write it like "Europe/London"'),
        ("timezone = '../../etc/passwd'", "is not a time zone"),
        ("staff = { domains = ['büch*.example'] }", "has a domain that cannot be; * and ? may not stand in one part"),
        ("operator = 'nobody'", "`operator` must be a mail address, like info@example.org"),
        ("target.goal = '90'", "`goal` must be a number, without quotes"),
        ("target.goal = 101", "`goal` must be at most 100"),
        ("target.reply_within = '1 fortnight'", '"1 fortnight" is not a length of time; write for example "24h"'),
        ("target.reply_within = '-4h'", "`reply_within` must be longer than nothing"),
        ("report = { to = [] }", "`to` must not be empty"),
        (
            "report = { to = 'b@x.example', on = 'mon 25:00' }",
            '"mon 25:00" is not a weekday and time; write for example',
        ),
        ("reminder = [{ after = 'soon' }]", '"soon" is not a length of time'),
        ("reminder = [{ to = 'boss' }]", '"boss" is neither "owners", nor a team, nor a mail address'),
        ("ignore = { senders = 3 }", '`senders` must be a list, like ["…", "…"]'),
        ("smtp = { from = 'monitor' }", '`from` must be a mail address, like "Reply monitor <monitor@example.org>"'),
        ("smtp = { username = 'me' }", '`username` needs a password beside it: password = { file = "…" }'),
        ("staff = { people = ['a@x.example', 'b'] }", "`people` must be a mail address"),
        ("gone_quiet = { partners = 'the club' }", "`partners` must hold addresses or domains, like ann@example.org"),
        ("gone_quiet = { partners = ['*.club.example'] }", "`partners` must hold addresses or domains"),
        ("gone_quiet = { partners = ['ann@'] }", "`partners` must be a mail address"),
        ("gone_quiet = { partners = ['GMX.de'] }", "`partners` holds gmx.de, where anybody may have an address"),
        ("gone_quiet = { after = 0 }", "`after` must be at least 1"),
        ("gone_quiet = { after = '4w' }", "`after` must be a whole number"),
        ("gone_quiet = { learn = 'no' }", "`learn` must be true or false"),
    ],
)
def test_a_wrong_value_is_told_with_what_would_be_right(right: str, refused: Refuser, added: str, said: str) -> None:
    told = refused(f"{added}\n{right}")
    assert said in told
    assert "1 problem; nothing was started." in told
    assert "\n       | " in told
    assert "nput should" not in told, "that is how pydantic talks"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port = 58.7", "`port` must be a whole number, without quotes"),
        ("port = 0", "`port` must be at least 1"),
        ("port = 65536", "`port` must be at most 65535"),
        ("host = 1", "`host` must be text in quotes"),
        ("security = 'ssl'", '`security` must be "tls", "starttls" or "none"'),
        ("security = 'startls'", "^^^^^^^^ did you mean `starttls`?"),
        ("ca_file = 'no-such.pem'", "`ca_file`: there is no file "),
        ("lookback = 30", '`lookback` must be a length of time in quotes, like "24h"'),
        ("poll_every = '0m'", "`poll_every` must be longer than nothing"),
        ("watch = 'some'", '`watch` must be "all" or "sent"'),
        ("replies = true", '`replies` must be "confirmed"'),
        ("internal_customers = 'no'", "`internal_customers` must be true or false, without quotes"),
    ],
)
def test_a_wrong_value_of_a_mailbox_is_told(right: str, refused: Refuser, line: str, said: str) -> None:
    told = refused(spoilt(right, 'team = "Desk"', f'team = "Desk"\n{line}'))
    assert told.startswith("config.toml:8:1: ")
    assert said in told
    assert "1 problem;" in told


def test_a_value_where_a_table_belongs_is_told(right: str, refused: Refuser) -> None:
    told = refused("imap = 3\n" + right[right.index("[[mailbox]]") :])
    assert "config.toml:1:1: `imap` must be a table: [imap]\n" in told


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('team = "Desk"', "", "info@x.example has no `team`, so nobody would be reminded; add team = …"),
        ('address = "info@x.example"', "", "`address` is missing in [[mailbox]]"),
        ("[[mailbox]]", "[mailbox]", "`mailbox` is a list of tables: write [[mailbox]], with two brackets"),
        ('host = "imap.x.example"', "", "info@x.example has no IMAP server; add `host` under [imap]"),
        ('password = { env = "INBOX_MONITOR_TEST_PW" }', "", "info@x.example has no password; add password = { file"),
        ('owners = ["lead@x.example"]', "owners = []", "`owners` must not be empty"),
        ('owners = ["lead@x.example"]', "", "`owners` is missing in [[team]]"),
        ('[[team]]\nname = "Desk"\nowners = ["lead@x.example"]', "", "(teams: none yet; add a [[team]] with this name"),
        ("[[team]]", '[[team]]\nname = "Desk"\nowners = "b@x.example"\n[[team]]', 'there are two teams "Desk"'),
        (
            "[[team]]",
            '[[mailbox]]\naddress = "INFO@x.example"\nteam = "Desk"\n[[team]]',
            "info@x.example is there twice",
        ),
    ],
)
def test_what_is_lacking_or_double_is_told(right: str, refused: Refuser, old: str, new: str, said: str) -> None:
    told = refused(spoilt(right, old, new))
    assert said in told
    assert "1 problem;" in told


@pytest.mark.parametrize("text", ["", "timezone = 'UTC'\n", "# nothing yet\n"])
def test_a_config_without_a_mailbox_is_refused(refused: Refuser, text: str) -> None:
    assert "there is no [[mailbox]]; add one, with its `address` and its `team`" in refused(text)


def test_a_misspelt_key_is_not_called_missing_too(right: str, refused: Refuser) -> None:
    assert "1 problem;" in refused(spoilt(right, "team =", "taem ="))
    assert "1 problem;" in refused(spoilt(right, "host =", "hots ="))
    assert "1 problem;" in refused(spoilt(right, "name =", "nmae ="))


@pytest.mark.parametrize(
    ("added", "place"),
    [
        ('operator = "info@x.example"', "1:1: info@x.example"),
        ('report = { to = ["a@x.example", "INFO@x.example"] }', "1:33: info@x.example"),
        ('reminder = [{ to = ["owners", "help@x.example"] }]', "1:31: help@x.example"),
        ('reminder = [{ to = "info@x.example" }]', "1:15: info@x.example"),
    ],
)
def test_a_letter_to_a_watched_mailbox_or_its_alias_is_refused(
    right: str, refused: Refuser, added: str, place: str
) -> None:
    text = spoilt(right, 'team = "Desk"', 'team = "Desk"\naliases = ["Help@x.example"]')
    told = refused(f"{added}\n{text}")
    assert told.startswith(f"config.toml:{place} is a watched mailbox: letters to it would come round again; name a")


@pytest.mark.parametrize("to", ["info+urgent@x.example", "Help+1@X.example", "INFO@x.EXAMPLE", "info+a+b@x.example"])
@pytest.mark.parametrize(
    "added", ["operator = '{}'", "report = {{ to = ['{}'] }}", "reminder = [{{ to = ['owners', '{}'] }}]", "owner"]
)
def test_a_letter_to_a_detail_of_a_watched_mailbox_or_its_alias_is_refused(
    right: str, refused: Refuser, added: str, to: str
) -> None:
    text = spoilt(right, 'team = "Desk"', 'team = "Desk"\naliases = ["help@x.example"]')
    text = text.replace("lead@x.example", to) if added == "owner" else f"{added.format(to)}\n{text}"
    told = refused(text)
    assert f"{to.lower()} is a watched mailbox: letters to it would come round again; name a person" in told
    assert "1 problem;" in told


def test_the_owner_of_a_mailbox_with_a_detail_is_not_the_account_it_lies_in(right: str, refused: Refuser) -> None:
    text = spoilt(right, 'address = "info@x.example"', 'address = "lead+desk@x.example"')
    assert "lead@x.example is a watched mailbox" in refused(text)


def test_an_alias_that_is_a_mailbox_of_its_own_is_refused(right: str, refused: Refuser) -> None:
    text = spoilt(right, "[[team]]", '[[mailbox]]\naddress = "ops@x.example"\nteam = "Desk"\n[[team]]')
    own = 'team = "Desk"\naliases = ["help@x.example", "OPS@x.example"]\n'
    told = refused(text.replace('team = "Desk"\n', own, 1))
    assert "ops@x.example is a mailbox of its own; an alias is a further address of one mailbox" in told
    assert "1 problem;" in told


def test_an_owner_that_is_a_watched_mailbox_is_shown_in_its_list(right: str, refused: Refuser) -> None:
    told = refused(spoilt(right, '["lead@x.example"]', '[\n  "lead@x.example",\n\t"info@x.example", # us\n]'))
    assert told.startswith("config.toml:13:2: info@x.example is a watched mailbox")
    assert '\n    13 | \t"info@x.example", # us\n       | \t^^^^^^^^^^^^^^^^\n' in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[target\n", "1:8: this is not TOML: Expected ']' at the end of a table declaration"),
        ("a = \n", "1:5: this is not TOML: the value behind the = is missing"),
        ("a = Europe/London\n", "1:5: this is not TOML: this is no value; a text must stand in quotes"),
        ("a = “x”\n", "1:5: this is not TOML: a text must stand in straight quotes"),
        ("a = True\n", "1:5: this is not TOML: true and false are written in small letters"),
        ("a = 1\na = 2\n", "2:6: this is not TOML: `a` is there twice; take one out"),
        ('a = "C:\\x"\n', '1:10: this is not TOML: within "…" a \\ must be doubled'),
        ("a = {\n b = 1 }\n", "1:6: this is not TOML: a table in { } must stand on one line"),
        ("[imap]\n[imap]\n", "2:6: this is not TOML: [imap] is there twice; put both together"),
        ('host = "x\n', "1:10: this is not TOML: the closing quote is missing"),
        ('a = 1\nhost = """x\n\n', "2:8: this is not TOML: Unterminated string"),
        ("a = [1,", "this is not TOML: "),
    ],
)
def test_what_is_not_toml_is_shown_where_it_stands(refused: Refuser, text: str, said: str) -> None:
    told = refused(text)
    assert said in told
    assert told.endswith("^\n1 problem; nothing was started.")


PLANTED_PIN = "48151623"
SECRET = '{ env = "INBOX_MONITOR_TEST_PW" }'


@pytest.mark.parametrize("value", [f'"{PLANTED}"', f"'''\n{PLANTED}'''", f'["{PLANTED}"]', f'"{PLANTED}" # mine'])
def test_a_plain_secret_is_refused_with_the_hint_and_never_shown(right: str, refused: Refuser, value: str) -> None:
    told = refused(spoilt(right, SECRET, value))
    assert PLANTED not in told
    assert "config.toml:3:1: `password` must say where the secret is, not what it is: " in told
    assert '{ file = "…" }, { credential = "…" }, { env = "…" } or { command = […] }' in told
    assert "1 problem;" in told


@pytest.mark.parametrize(
    "line",
    [
        f"password = {PLANTED}",
        f'password = "{PLANTED}',
        f'password = """{PLANTED}',
        f'password = """\n{PLANTED} = 3\n',
        f'passwd = "{PLANTED}"',
        f'password = {{ plain = "{PLANTED}" }}',
        f'password = {{ env = "a", file = "{PLANTED}", snack = 1 }}',
        f'password = {{ env = "a" "{PLANTED}" }}',
        f'imap.password = "{PLANTED}"',
        f'[imap.password]\nplain = "{PLANTED}"',
        f'[imap.password]\nplain = "{PLANTED}" x',
        f'[smtp]\nsnack = 1\npassword = "{PLANTED}"',
        f'[smtp]\n"password" = "{PLANTED}"',
        f'pasword = "{PLANTED}"',
        f'kennwort = "{PLANTED}"',
        f'api_key = "{PLANTED}"',
        f'parola = "{PLANTED}"',
        f"password = {PLANTED_PIN}",
        f'passwd = "x"  # {PLANTED}',
        f'[google]\nclient = """\n{{"k": "a=={PLANTED}\\q"\n"""',
        f'[microsoft]\ntenant = "t"\nclient = "c"\ncertificate = """\n{PLANTED}\n"""',
        f'[store]\nurl = "postgresql://me:{PLANTED}/a@db.example/x" x',
        f'[store]\nurll = "postgresql://me:{PLANTED}@db.example/x"',
        f'[store]\nurl = "postgresql://me:{PLANTED}@db.example/x" x',
    ],
)
def test_no_mistake_around_a_secret_shows_it(right: str, refused: Refuser, line: str) -> None:
    told = refused(spoilt(right, f"password = {SECRET}", line))
    assert PLANTED not in told
    assert PLANTED_PIN not in told
    assert "\n       | " in told


def test_a_secret_in_an_inline_table_is_not_shown_when_its_neighbour_is_wrong(right: str, refused: Refuser) -> None:
    rest = right[right.index("[[mailbox]]") :]
    told = refused(f'imap = {{ password = "{PLANTED}", prot = 3, host = "h" }}\n{rest}')
    assert PLANTED not in told
    assert (
        """\
     1 | imap = { password = "…", prot = 3, host = "…" }
       |                          ^^^^ did you mean `port`?"""
        in told
    )


@pytest.mark.parametrize("value", ["{}", '{ env = "A", file = "b" }'])
def test_a_secret_is_kept_in_exactly_one_place(right: str, refused: Refuser, value: str) -> None:
    assert "`password` must have exactly one of credential, file, env, command" in refused(spoilt(right, SECRET, value))


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("report = { to = 'a@x.example', subjects = true }", "`subjects` can only be false in this version"),
    ],
)
def test_a_key_that_this_version_does_not_have_is_refused(right: str, refused: Refuser, added: str, said: str) -> None:
    told = refused(f"{added}\n{right}")
    assert said in told
    assert "1 problem;" in told


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ('store.retention = "89d"', "`retention` must be at least 90d: so far back is looked to see who answers whose"),
        ("store.retention = 2", "`retention` must be a length of time in quotes"),
        ('store.retention = "ever"', '`retention` "ever" is not a length of time'),
        ('store.subjects = "no"', "`subjects` must be true or false"),
        (
            'store.retention = "90d"\nimap.lookback = "91d"',
            "`lookback` goes further back than is kept: [store] retention",
        ),
        (
            'store.retention = "2y"\nimap.lookback = "all"',
            "`lookback` goes further back than is kept: [store] retention",
        ),
    ],
)
def test_what_is_kept_must_be_enough(right: str, refused: Refuser, added: str, said: str) -> None:
    where = right.replace("[imap]\n", "[imap]\n" + "".join(f"{line[5:]}\n" for line in added.split("\n")[1:]))
    told = refused(f"{added.split(chr(10))[0]}\n{where}")
    assert said in told
    assert "1 problem;" in told


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("done = 1", "8:1: `done`"),
        ("ignored = [2]", "8:12: `ignored` must be text"),
        ('peek_closers = "yes"', "8:1: `peek_closers`"),
        ('replies = "seen"', "8:1: `replies`"),
    ],
)
def test_what_folders_and_replies_a_mailbox_has_is_told_rightly_or_refused(
    right: str, refused: Refuser, key: str, said: str
) -> None:
    told = refused(spoilt(right, 'team = "Desk"', f'team = "Desk"\n{key}'))
    assert said in told
    assert "1 problem;" in told


def test_replies_are_authenticated_only_where_they_must_be(right: str, refused: Refuser) -> None:
    assert "`authenticated_replies`" in refused(f"{right}[staff]\nauthenticated_replies = true\n")


def test_a_file_that_is_not_there_or_not_text_is_told_in_one_line(tmp_path: Path, loaded: Loader) -> None:
    with pytest.raises(ConfigError, match=r"there is no such file; `inbox-monitor config > .*` writes an example"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match="it is a folder; name the file in it"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes('organisation = "Bücherei"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="it is not UTF-8 text; save it as UTF-8"):
        load(tmp_path / "latin.toml")


ALONE = """\
[[mailbox]]
address = "info@x.example"
team = "Desk"
host = "imap.x.example"
password = { env = "INBOX_MONITOR_TEST_PW" }
[[team]]
name = "Desk"
owners = ["lead@x.example"]
"""


def test_a_commands_mailbox_that_nobody_can_reach_is_told(refused: Refuser) -> None:
    told = refused(ALONE + "[commands]\n")
    assert "9:1: [commands] has no IMAP server; add `host`, there or under [imap]" in told
    assert '[commands] has no password; add password = { file = "…" }, there or in [imap]' in told


def test_a_commands_mailbox_that_is_watched_needs_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(ALONE + '[commands]\naddress = "info@x.example"\n')
    assert load(path).commands is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[imap]", '[imap]\nserver = "x"', "did you mean `host`?"),
        ("[imap]", "[imap]\nssl = true", "did you mean `security`?"),
        ("[imap]", '[imap]\nsecurity = "SSL"', "did you mean `tls`?"),
        ("[imap]", '[imap]\nsecurity = "TLS"', "did you mean `tls`?"),
        ("[imap]", '[target]\nhost = "x"\n[imap]', "`host` is not a setting here; it stands under [imap]"),
    ],
)
def test_what_other_tools_call_so_and_what_stands_elsewhere_is_known(
    right: str, refused: Refuser, old: str, new: str, said: str
) -> None:
    told = refused(spoilt(right, old, new))
    assert said in told
    assert "1 problem;" in told


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("x = " + "[" * 5000 + "]" * 5000, "too deep to be read"),
        (".".join("a" * 3000) + " = 1", "too deep to be read"),
        ("x = " + "9" * 5000, "a number in it has thousands of digits"),
        (f'board.html = "{"y" * 3000}"\nimap.ca_file = "{"y" * 3000}"', "`ca_file`: there is no file"),
    ],
    ids=["lists", "dots", "digits", "names"],
)
def test_a_monstrous_config_is_refused_in_words(right: str, refused: Refuser, added: str, said: str) -> None:
    assert said in refused(f"{added}\n{right.replace('[imap]', '[imap.x]') if 'imap.' in added else right}")
