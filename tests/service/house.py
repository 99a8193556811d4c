"""What stands on the machine: a config, a mailbox in which somebody waits, and servers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

SINK = "/srv/sink"

GOOD = """\
organisation = "Harbour City Libraries"
operator     = "it@harbourcity.example"

[imap]
host     = "127.0.0.1"
security = "none"
password = { credential = "imap" }

[[mailbox]]
address = "info@harbourcity.example"
team    = "Front desk"

[[team]]
name   = "Front desk"
owners = ["desk-lead@harbourcity.example"]

[board]
html = "/srv/www/waiting.html"

[smtp]
host     = "127.0.0.1"
port     = 2525
security = "none"
from     = "Reply monitor <monitor@harbourcity.example>"
"""

SILENT = GOOD.replace('security = "none"\npassword', 'security = "none"\nport     = 1143\npassword')
"""Its mailboxes are on a server that accepts connections and never says a word."""

LARGE = GOOD.replace("info@", "loans@")
"""Its mailbox holds so much mail that a process of its own reads the headers."""

MUCH_MAIL = 4_000

BAD = GOOD.replace("operator     =", "oprator      =")

SERVERS = {
    "/etc/dovecot/conf.d/10-auth.conf": "auth_mechanisms = plain\ndisable_plaintext_auth = no\n",
    "/etc/dovecot/local.conf": """\
mail_location = maildir:~/Maildir
first_valid_uid = 1
ssl = no
passdb {
  driver = static
  args = password=correct-horse
}
userdb {
  driver = static
  args = uid=mail gid=mail home=/srv/mail/%u
}
""",
    "/etc/systemd/system/sink.service": f"""\
[Service]
ExecStart=/usr/lib/inbox-monitor/bin/python3 -m aiosmtpd -n -l 127.0.0.1:2525 -c aiosmtpd.handlers.Mailbox {SINK}/box
[Install]
WantedBy=multi-user.target
""",
    "/usr/local/lib/silent.py": """\
import socket
server, kept = socket.create_server(("127.0.0.1", 1143)), []
while True:
    kept.append(server.accept())
""",
    "/etc/systemd/system/silent.service": """\
[Service]
ExecStart=/usr/bin/python3 /usr/local/lib/silent.py
[Install]
WantedBy=multi-user.target
""",
}


def mailbox(address: str) -> Iterator[tuple[str, str, datetime]]:
    """The files of a Maildir, each with when it came: one wrote 30 hours ago and waits, another one was answered."""
    now = datetime.now(UTC)
    folder = f"/srv/mail/{address}/Maildir"
    for number, place, hours, sender, to, more in (
        (1, "cur", 30, "ann@reader.example", address, "Subject: Opening hours"),
        (2, "cur", 50, "bob@reader.example", address, "Subject: A lost book"),
        (
            3,
            ".Sent/cur",
            40,
            address,
            "bob@reader.example",
            "Subject: Re: A lost book\nIn-Reply-To: <2@reader.example>",
        ),
    ):
        when = now - timedelta(hours=hours)
        date = when.strftime("%a, %d %b %Y %H:%M:%S +0000")
        head = f"From: {sender}\nTo: {to}\nDate: {date}\nMessage-ID: <{number}@reader.example>\n{more}\n"
        yield f"{folder}/{place}/{number}.mail:2,S", f"{head}\nHello.\n", when
    yield f"{folder}/.Sent/maildirfolder", "", now
    yield f"{folder}/subscriptions", "Sent\n", now


def large_mailbox(address: str) -> Iterator[tuple[str, str, datetime]]:
    """The files of a Maildir with much mail of the last days, none of which wants a reply."""
    now = datetime.now(UTC)
    folder = f"/srv/mail/{address}/Maildir"
    for number in range(MUCH_MAIL):
        when = now - timedelta(minutes=MUCH_MAIL - number)
        head = (
            f"From: News {number % 100} <news-{number % 100}@club.example>\nTo: {address}\n"
            f"Date: {when:%a, %d %b %Y %H:%M:%S +0000}\nMessage-ID: <{number}@club.example>\n"
            f"Subject: Programme {number}\nList-Unsubscribe: <mailto:leave@club.example>\nPrecedence: bulk\n"
        )
        yield f"{folder}/cur/{number:05}.mail:2,S", f"{head}\nHello.\n", when
    yield f"{folder}/.Sent/maildirfolder", "", now
    yield f"{folder}/subscriptions", "Sent\n", now
