"""ROOF. What systemd is told, by datagrams (sd_notify(3)); nothing where it does not listen."""

import os
import socket
import time
from contextlib import suppress


def listens() -> bool:
    """Whether a manager wants to be told anything."""
    return os.environ.get("NOTIFY_SOCKET", "").startswith(("/", "@"))


def notify(state: str) -> None:
    """Send a state, such as `READY=1`. Never blocks, never raises: a manager that is gone must not end the daemon."""
    if not listens():
        return
    address = os.environ["NOTIFY_SOCKET"]
    if address.startswith("@"):
        address = f"\0{address[1:]}"  # of Linux's abstract names (unix(7))
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.sendto(state.encode(), socket.MSG_DONTWAIT, address)


def reloading() -> None:
    """The config is read again; `READY=1` must follow (Type=notify-reload wants the moment, systemd.service(5))."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def status(text: str) -> None:
    """One line for `systemctl status`."""
    notify(f"STATUS={' '.join(text.split())}")
