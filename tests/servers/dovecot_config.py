"""The configuration of a Dovecot 2.3 that one ordinary user runs."""

import grp
from pathlib import Path
from string import Template
from typing import NamedTuple

from tests.servers import ordinary

SPECIAL_USE = ("Sent", "Junk", "Trash", "Drafts")

# Every service runs as the one account; chroots would need root. `auth_username_chars` empty: any name is a user.
# Failed logins are neither delayed nor punished by address: the tests fail to log in on purpose.
# `mail_fsync = never`: nobody needs these mails after a power cut.
TEXT = Template(r"""
base_dir = $short/run
state_dir = $short/state
log_path = $log
protocols = imap
listen = 127.0.0.1

default_internal_user = $account
default_internal_group = $group
default_login_user = $account
first_valid_uid = 1
first_valid_gid = 1
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $port
  }
  inet_listener imaps {
    port = $tls_port
    ssl = yes
  }
}

disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %u
auth_username_chars =
auth_failure_delay = 0
passdb {
  driver = static
  args = password=$password
}
userdb {
  driver = static
  args = uid=$uid gid=$gid
}

ssl = yes
ssl_cert = <$certificate
ssl_key = <$key

mail_home = $mail/%u
mail_location = maildir:~/Maildir
mail_fsync = never
protocol imap {
  mail_max_userip_connections = $max_connections
}
namespace inbox {
  inbox = yes
  separator = $separator
$folders
}
$extra
""")


class Wishes(NamedTuple):
    """What a test may want to be otherwise."""

    special_use: bool
    separator: str
    max_connections: int
    extra: str


class Places(NamedTuple):
    """Files and ports of one server."""

    short: Path
    log: Path
    mail: Path
    certificate: Path
    key: Path
    port: int
    tls_port: int


def configuration(places: Places, password: str, wishes: Wishes) -> str:
    """The whole text of dovecot.conf."""
    account = ordinary.ordinary_account()
    return TEXT.substitute(
        places._asdict(),
        account=account.pw_name,
        group=grp.getgrgid(account.pw_gid).gr_name,
        uid=account.pw_uid,
        gid=account.pw_gid,
        password=password,
        separator=wishes.separator,
        max_connections=wishes.max_connections,
        folders="\n".join(_folder(name) for name in SPECIAL_USE) if wishes.special_use else "",
        extra=wishes.extra,
    )


def _folder(name: str) -> str:
    return f"  mailbox {name} {{\n    auto = create\n    special_use = \\{name}\n  }}"
