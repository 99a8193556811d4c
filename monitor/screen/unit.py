"""FLOOR 3. The files that make a service of the program: a unit of systemd, and the user it runs as (sysusers.d(5))."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.config.needs import Needs

USER = "inbox-monitor"
STATE = Path("/var/lib") / USER
CREDENTIALS = Path("/etc") / USER / "credentials"
"""Where the unit looks for credentials, one file each, readable by root alone."""
ENVIRONMENT = Path("/etc") / USER / "environment"
STEPS_SINCE = 254
"""The systemd that first waits longer and longer between restarts; an older one complains about the key."""

_HIDDEN_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
_HIDDEN_TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108  (nothing is put there)

SYSUSERS = f"""\
# /etc/sysusers.d/{USER}.conf, made by `inbox-monitor service sysusers`. To make the user: systemd-sysusers
u {USER} - "Inbox Monitor" {STATE}
"""

# The secret commands of an operator may be written in anything: a program with a compiler at run time needs memory
# that is written and executed, one that looks around needs /proc, and some mind their priority or their user.
_FOR_US_ALONE = (
    "MemoryDenyWriteExecute=yes",
    "ProcSubset=pid",
    "SystemCallFilter=~@privileged @resources",
)

_HARDENING = (
    "CapabilityBoundingSet=",
    "KeyringMode=private",
    "LimitCORE=0",  # no dump of a crash with passwords and tokens in it
    "LockPersonality=yes",
    "NoNewPrivileges=yes",
    "PrivateDevices=yes",
    "PrivateIPC=yes",
    "PrivateMounts=yes",
    "PrivateTmp=yes",
    "PrivateUsers=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "ProtectSystem=strict",
    "RemoveIPC=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SocketBindDeny=any",
    "SystemCallArchitectures=native",
    "SystemCallErrorNumber=EPERM",
    "SystemCallFilter=@system-service",
)


@dataclass(frozen=True, slots=True)
class Installed:
    """How the program is started, and the folders that it is made of; `systemd` is a version, 0 where it is unknown."""

    program: tuple[str, ...]
    folders: tuple[Path, ...]
    systemd: int


def unit(installed: Installed, config: Path, needs: Needs | None) -> str:
    """The unit; `needs` None: the config cannot be read (yet), and what depends on it stands there as a comment.

    Raises ValueError for a path that no unit can hold.
    """
    parts = [
        _head(needs),
        _service(installed, config),
        _secrets(needs),
        _hardening(needs, _seen(installed, config, needs)),
        ["[Install]", "WantedBy=multi-user.target"],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(needs: Needs | None) -> list[str]:
    after = ["network-online.target", "nss-lookup.target", "time-sync.target"]
    after += ["postgresql.service"] if needs and needs.local_postgresql else []
    return [
        f"# /etc/systemd/system/{USER}.service, made by `inbox-monitor service unit`. Your own changes go into a file",
        f"# beside it: systemctl edit {USER}",
        "[Unit]",
        "Description=Inbox Monitor: who still waits for a reply from a shared mailbox",
        "Wants=network-online.target",
        f"After={' '.join(after)}",
        "StartLimitIntervalSec=0",
    ]


def _service(installed: Installed, config: Path) -> list[str]:
    words = [*installed.program, *([] if config == Path(f"/etc/{USER}/config.toml") else ["--config", str(config)])]
    steps = ["RestartSteps=5", "RestartMaxDelaySec=10min"] if installed.systemd >= STEPS_SINCE else []
    return [
        "[Service]",
        "Type=notify",
        "NotifyAccess=main",
        f"ExecStart={' '.join(quoted(word).replace('$', '$$') for word in [*words, 'run'])}",
        "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'",
        f"User={USER}",
        f"StateDirectory={USER}",
        "StateDirectoryMode=0700",
        f"WorkingDirectory={STATE}",
        "UMask=0077",
        "Environment=TZ=UTC",
        f"SyslogIdentifier={USER}",
        "# READY comes before the first look; what a new version changes in a large store may take a while.",
        "TimeoutStartSec=15min",
        "TimeoutStopSec=15s",
        "# Fed by mailboxes that are read to their end, not by time that passes; a hanging look is cut before that.",
        "WatchdogSec=20min",
        "Restart=on-failure",
        "RestartSec=30s",
        *steps,
        "# Of what it starts (a process that reads headers, a command for a secret) it misses none.",
        "OOMPolicy=continue",
        "# A config with mistakes is not tried again.",
        "RestartPreventExitStatus=78",
    ]


def _secrets(needs: Needs | None) -> list[str]:
    if needs is None:
        return [
            '# The config could not be read when this was made. Each { credential = "NAME" } in it wants a line:',
            f"# LoadCredential=NAME:{CREDENTIALS}/NAME",
        ]
    lines = [f"LoadCredential={_plain(name)}:{CREDENTIALS / name}" for name in needs.credentials]
    if lines:
        lines.insert(0, "# Secrets, readable by root alone; systemd hands them on.")
    if needs.variables:
        lines += [f"# For {', '.join(needs.variables)}; readable by root alone.", f"EnvironmentFile={ENVIRONMENT}"]
    return lines


def _seen(installed: Installed, config: Path, needs: Needs | None) -> list[Path]:
    """What must be seen though the folders of people are hidden."""
    read = [*installed.folders, config.parent, *(needs.reads if needs else ())]
    if needs and needs.socket:
        read.append(needs.socket)
    return list(dict.fromkeys(path for path in read if _is_below(path, (*_HIDDEN_HOMES, *_HIDDEN_TEMPORARY))))


def _hardening(needs: Needs | None, seen: Sequence[Path]) -> list[str]:
    written = [path for path in (needs.writes if needs else ()) if not _is_below(path, (STATE,))]
    bound = [path for path in written if _is_below(path, (*_HIDDEN_HOMES, *_HIDDEN_TEMPORARY))]
    in_homes = any(_is_below(path, _HIDDEN_HOMES) for path in (*seen, *bound))
    lines = [*_HARDENING, f"ProtectHome={'tmpfs' if in_homes else 'yes'}"]
    if needs and needs.runs_commands:
        lines.append(
            "# Not MemoryDenyWriteExecute, ProcSubset and the strictest SystemCallFilter: the config runs a command."
        )
    else:
        lines += _FOR_US_ALONE
    lines += _paths("BindReadOnlyPaths", seen)
    lines += _paths("BindPaths", bound, optional=True)
    # A folder that is not there must not keep the monitor from its work; `check` and the log tell of it.
    return [*lines, *_paths("ReadWritePaths", [p for p in written if p not in bound], optional=True)]


def _paths(key: str, paths: Iterable[Path], optional: bool = False) -> Iterator[str]:
    for path in paths:
        yield f"{key}={quoted(('-' if optional else '') + str(path))}"


def _is_below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path == folder or folder in path.parents for folder in folders)


def quoted(word: str) -> str:
    """A word as a unit wants it (systemd.syntax(7), systemd.unit(5) "Specifiers"). Raises ValueError for none."""
    if not word.isprintable():
        raise ValueError(f"{word!r} has a character that cannot stand in a unit")
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if any(c in word for c in " '\"\\;") else escaped


def _plain(name: str) -> str:
    if not name or not all((c.isalnum() and c.isascii()) or c in "._-@" for c in name) or name in (".", ".."):
        raise ValueError(f'credential "{name}": such a name may have only letters, digits and . _ - @')
    return name
