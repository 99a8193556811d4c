"""ROOF. The demo's config.toml: written as an operator would write it, with the keys of config.example.toml."""

import json
from pathlib import Path

OWNERS = {
    "Front desk": "desk-lead@harbourcity.example",
    "Events & rooms": "events-lead@harbourcity.example",
    "Loans & collections": "loans-lead@harbourcity.example",
}
MONITOR = "monitor@harbourcity.example"
"""Letters come from it, and replies to them are read in it."""
LEADERSHIP = "leadership@harbourcity.example"
PASSWORD = "nobody-minds-this-one"  # noqa: S105 (of invented mailboxes, on the loopback, for some seconds)

_DESKS = {"info": "Front desk", "events": "Events & rooms", "loans": "Loans & collections"}

_CONFIG = """\
organisation = "Harbour City Libraries"
timezone     = "Europe/London"
operator     = "it@harbourcity.example"

[target]
reply_within = "24h"
goal         = 90

[imap]
host     = "{imap[0]}"
port     = {imap[1]}
security = "none"            # only because the server of the demo is on this very machine
password = {{ file = {password} }}

{mailboxes}
{teams}
[staff]
domains = ["harbourcity.example"]

[[reminder]]
after  = "0h"
to     = "owners"
repeat = "24h"

[[reminder]]
after = "24h"
to    = ["service-lead@harbourcity.example"]

[report]
on = "mon 07:00"
to = ["{leadership}"]

[smtp]
host     = "{smtp[0]}"
port     = {smtp[1]}
security = "none"
from     = "Reply monitor <{monitor}>"

[commands]                        # at the host of [imap], with its password
address = "{monitor}"

[store]
url = {store}
"""


def write_config(folder: Path, imap: tuple[str, int], smtp: tuple[str, int]) -> Path:
    """Write config.toml and the password file, which only its owner may read."""
    password = folder / "imap-password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD, encoding="utf-8")
    text = _CONFIG.format(
        imap=imap,
        smtp=smtp,
        password=_toml(str(password)),
        store=_toml(f"sqlite:///{folder / 'monitor.sqlite3'}"),
        leadership=LEADERSHIP,
        monitor=MONITOR,
        mailboxes="\n".join(
            f'[[mailbox]]\naddress = "{desk}@harbourcity.example"\nteam    = "{team}"\n'
            for desk, team in _DESKS.items()
        ),
        teams="\n".join(f'[[team]]\nname   = "{team}"\nowners = ["{owner}"]\n' for team, owner in OWNERS.items()),
    )
    config = folder / "config.toml"
    config.write_text(text, encoding="utf-8")
    return config


def _toml(text: str) -> str:
    # A JSON string is a TOML string too, as long as its letters stay letters.
    return json.dumps(text, ensure_ascii=False)
