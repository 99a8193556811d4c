"""ROOF. The demo's IMAP server: accounts, folders and mails in memory. Every change takes the one lock."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

FOLDERS: Mapping[str, str] = {"INBOX": "", "Sent": "\\Sent", "Drafts": "\\Drafts", "Junk": "\\Junk", "Trash": "\\Trash"}
"""The folders of a new account, with their special use (RFC 6154)."""

FIRST_UIDVALIDITY = 1_762_000_000


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail in a folder, exactly as it was delivered."""

    uid: int
    raw: bytes
    internaldate: datetime
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class Folder:
    """A folder; `mails` are in ascending order of their uids."""

    name: str
    special_use: str = ""
    uidvalidity: int = FIRST_UIDVALIDITY
    uidnext: int = 1
    mails: dict[int, Mail] = field(default_factory=dict)

    def add(self, raw: bytes, internaldate: datetime, flags: Iterable[str]) -> int:
        """Put a mail in; returns its uid."""
        uid = self.uidnext
        self.uidnext += 1
        self.mails[uid] = Mail(uid, raw, internaldate, tuple(flags))
        return uid


@dataclass(slots=True)
class Account:
    """A user: the password and the folders by name."""

    password: str
    folders: dict[str, Folder]

    def folder(self, name: str) -> Folder | None:
        """A folder by its name; INBOX in any case (RFC 3501 §5.1)."""
        return self.folders.get("INBOX" if name.upper() == "INBOX" else name)


class Accounts:
    """All accounts. Sessions read and tests write, each under `lock`."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self.lock = threading.RLock()
        self._accounts = {user: Account(password, _new_folders()) for user, password in passwords.items()}

    def login(self, user: str, password: str) -> Account | None:
        """The account, if the password is right."""
        account = self._accounts.get(user)
        return account if account is not None and account.password == password else None

    def add_folder(self, user: str, name: str, special_use: str = "") -> None:
        """A further folder. Its name is the one on the wire (modified UTF-7 where it is not ASCII)."""
        with self.lock:
            self._accounts[user].folders[name] = Folder(name, special_use)

    def remove_folder(self, user: str, name: str) -> None:
        """Remove a folder with all that is in it."""
        with self.lock:
            del self._accounts[user].folders[name]

    def deliver(self, user: str, folder: str, raw: bytes, internaldate: datetime, flags: Iterable[str] = ()) -> int:
        """Put a mail into a folder; returns its uid. `internaldate` needs a time zone."""
        with self.lock:
            return self._folder(user, folder).add(raw, internaldate, flags)

    def move(self, user: str, folder: str, uid: int, target: str) -> int:
        """Move a mail to another folder of the same user; returns its new uid."""
        with self.lock:
            mail = self._folder(user, folder).mails.pop(uid)
            return self._folder(user, target).add(mail.raw, mail.internaldate, mail.flags)

    def remove(self, user: str, folder: str, uid: int) -> None:
        """Remove a mail for good."""
        with self.lock:
            del self._folder(user, folder).mails[uid]

    def set_flags(self, user: str, folder: str, uid: int, flags: Iterable[str]) -> None:
        """What a mail client would do when somebody reads or answers."""
        with self.lock:
            mails = self._folder(user, folder).mails
            mails[uid] = replace(mails[uid], flags=tuple(flags))

    def flags(self, user: str, folder: str) -> dict[int, tuple[str, ...]]:
        """The flags of every mail in a folder, by uid."""
        with self.lock:
            return {uid: mail.flags for uid, mail in self._folder(user, folder).mails.items()}

    def renumber(self, user: str, folder: str, uidvalidity: int) -> None:
        """A rebuilt folder: another uidvalidity, the same mails under new uids from 1 on."""
        with self.lock:
            rebuilt = self._folder(user, folder)
            kept = list(rebuilt.mails.values())
            rebuilt.uidvalidity, rebuilt.uidnext, rebuilt.mails = uidvalidity, 1, {}
            for mail in kept:
                rebuilt.add(mail.raw, mail.internaldate, mail.flags)

    def _folder(self, user: str, name: str) -> Folder:
        folder = self._accounts[user].folder(name)
        if folder is None:
            raise KeyError(f"{user} has no folder {name}")
        return folder


def _new_folders() -> dict[str, Folder]:
    return {name: Folder(name, use, FIRST_UIDVALIDITY + number) for number, (name, use) in enumerate(FOLDERS.items())}
