"""ROOF. The demo's IMAP server: one client's session, command in, answer out. It changes nothing, and sets no flag."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from monitor.demo.imap_fetch import fetch_line, found
from monitor.demo.imap_store import Account, Accounts, Folder
from monitor.demo.imap_syntax import Refused, Word, in_set, quoted, text_of, words

CAPABILITY = "IMAP4rev1 SPECIAL-USE UNSELECT ID"
GREETING = f"* OK [CAPABILITY {CAPABILITY}] ready\r\n".encode()

WRITING = frozenset(
    ("APPEND", "STORE", "COPY", "MOVE", "EXPUNGE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "SETACL")
)
"""What a reader has no business with."""

_STATUS: dict[str, Callable[[Folder], int]] = {
    "MESSAGES": lambda folder: len(folder.mails),
    "RECENT": lambda folder: 0,
    "UIDNEXT": lambda folder: folder.uidnext,
    "UIDVALIDITY": lambda folder: folder.uidvalidity,
    "UNSEEN": lambda folder: sum("\\Seen" not in mail.flags for mail in folder.mails.values()),
}


@dataclass(slots=True)
class Answer:
    """The untagged lines, and how the tagged one ends."""

    lines: list[bytes] = field(default_factory=list)
    result: str = "OK Done"

    def add(self, line: str) -> None:
        """One more untagged line."""
        self.lines.append(f"* {line}\r\n".encode())


@dataclass(slots=True)
class _Selected:
    """The chosen folder, and its uids as this client counts them."""

    folder: Folder
    view: list[int]


class Session:
    """What the server knows of one connection."""

    def __init__(self, accounts: Accounts) -> None:
        self.closed = False
        self._accounts = accounts
        self._account: Account | None = None
        self._selected: _Selected | None = None

    def answer(self, line: bytes) -> bytes:
        """All that is sent back for one command (its literals already put in as strings)."""
        tag, _, rest = line.decode("utf-8", "surrogateescape").strip("\r\n").partition(" ")
        if not re.fullmatch(r"[!-'*,-\[\]-z|}~]{1,40}", tag):
            return b"* BAD A command starts with a tag\r\n"
        try:
            with self._accounts.lock:
                answer = self._run(words(rest))
        except Refused as refusal:
            answer = Answer(result=str(refusal))
        return b"".join(answer.lines) + f"{tag} {answer.result}\r\n".encode("utf-8", "replace")

    def _run(self, command: list[Word]) -> Answer:
        if not command:
            raise Refused("BAD No command")
        name, arguments = text_of(command[0]).upper(), command[1:]
        if name in WRITING:
            raise Refused("NO This server is for reading only")
        commands = _ANYTIME | (_LOGGED_IN if self._account else _BEFORE_LOGIN) | (_SELECTED if self._selected else {})
        if name not in commands:
            raise Refused(f"BAD {name[:40]} is not served {'here' if name not in _ALL else 'now'}")
        answer = Answer()
        commands[name](self, arguments, answer)
        return answer

    # Any time.

    def capability(self, _arguments: list[Word], answer: Answer) -> None:
        """CAPABILITY."""
        answer.add(f"CAPABILITY {CAPABILITY}")

    def noop(self, _arguments: list[Word], answer: Answer) -> None:
        """NOOP and CHECK: tell what came and went since."""
        if not self._selected:
            return
        folder, view = self._selected.folder, self._selected.view
        for position in range(len(view), 0, -1):
            if view[position - 1] not in folder.mails:
                del view[position - 1]
                answer.add(f"{position} EXPUNGE")
        come = [uid for uid in folder.mails if uid > (view[-1] if view else 0)]
        if come:
            view.extend(come)
            answer.add(f"{len(view)} EXISTS")

    def identify(self, _arguments: list[Word], answer: Answer) -> None:
        """ID (RFC 2971)."""
        answer.add('ID ("name" "inbox-monitor demo")')

    def logout(self, _arguments: list[Word], answer: Answer) -> None:
        """LOGOUT."""
        self.closed = True
        answer.add("BYE Until next time")

    # Before login.

    def login(self, arguments: list[Word], _answer: Answer) -> None:
        """LOGIN with a name and a password."""
        user, password = _exactly(2, arguments)
        self._account = self._accounts.login(user, password)
        if self._account is None:
            raise Refused("NO [AUTHENTICATIONFAILED] Name or password is wrong")

    # Logged in.

    def list_folders(self, arguments: list[Word], answer: Answer) -> None:
        """LIST with a reference and a pattern."""
        reference, pattern = _exactly(2, arguments)
        if not pattern:
            answer.add('LIST (\\Noselect) "/" ""')
            return
        matches = re.compile(re.escape(reference + pattern).replace(r"\*", ".*").replace("%", "[^/]*"), re.IGNORECASE)
        for folder in self._folders():
            if matches.fullmatch(folder.name):
                flags = f"\\HasNoChildren {folder.special_use}".strip()
                answer.add(f'LIST ({flags}) "/" {quoted(folder.name)}')

    def status(self, arguments: list[Word], answer: Answer) -> None:
        """STATUS of a folder that need not be selected."""
        if len(arguments) != 2 or not isinstance(arguments[1], list):
            raise Refused("BAD STATUS folder (items)")
        folder, asked = self._folder(arguments[0]), [text_of(item).upper() for item in arguments[1]]
        if unknown := [item for item in asked if item not in _STATUS]:
            raise Refused(f"BAD {unknown[0][:40]} is not served here")
        items = " ".join(f"{item} {_STATUS[item](folder)}" for item in asked)
        answer.add(f"STATUS {quoted(folder.name)} ({items})")

    def select(self, arguments: list[Word], answer: Answer) -> None:
        """EXAMINE, and SELECT too: nobody may write here."""
        self._selected = None
        if len(arguments) != 1:
            raise Refused("BAD One folder")
        folder = self._folder(arguments[0])
        self._selected = _Selected(folder, list(folder.mails))
        answer.add("FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
        answer.add(f"{len(folder.mails)} EXISTS")
        answer.add("0 RECENT")
        answer.add("OK [PERMANENTFLAGS ()] No flag can be changed")
        answer.add(f"OK [UIDVALIDITY {folder.uidvalidity}] valid")
        answer.add(f"OK [UIDNEXT {folder.uidnext}] next")
        answer.result = "OK [READ-ONLY] Done"

    # With a folder selected.

    def unselect(self, _arguments: list[Word], _answer: Answer) -> None:
        """UNSELECT and CLOSE: there is never anything to expunge."""
        self._selected = None

    def uid(self, arguments: list[Word], answer: Answer) -> None:
        """UID FETCH and UID SEARCH."""
        name = text_of(arguments[0]).upper() if arguments else ""
        if name in WRITING:
            raise Refused("NO This server is for reading only")
        if name not in ("FETCH", "SEARCH"):
            raise Refused(f"BAD UID {name[:40]} is not served here")
        self.noop([], answer)
        (self._fetch if name == "FETCH" else self._search)(arguments[1:], answer, by_uid=True)

    def fetch(self, arguments: list[Word], answer: Answer) -> None:
        """FETCH by position."""
        self._fetch(arguments, answer, by_uid=False)

    def search(self, arguments: list[Word], answer: Answer) -> None:
        """SEARCH that gives positions."""
        self._search(arguments, answer, by_uid=False)

    def _fetch(self, arguments: list[Word], answer: Answer, *, by_uid: bool) -> None:
        if len(arguments) != 2:
            raise Refused("BAD FETCH numbers items")
        folder, view = self._choice()
        numbers, asked = text_of(arguments[0]), arguments[1]
        items = [text_of(item) for item in asked] if isinstance(asked, list) else [asked]
        if by_uid and "UID" not in (item.upper() for item in items):
            items.insert(0, "UID")
        wanted = set(in_set(numbers, view if by_uid else list(range(1, len(view) + 1))))
        for position, uid in enumerate(view, start=1):
            if (uid if by_uid else position) in wanted and uid in folder.mails:
                answer.lines.append(fetch_line(position, folder.mails[uid], items))

    def _search(self, arguments: list[Word], answer: Answer, *, by_uid: bool) -> None:
        folder, view = self._choice()
        uids = found(folder.mails, view, arguments)
        positions = {uid: position for position, uid in enumerate(view, start=1)}
        answer.add(" ".join(["SEARCH", *(str(uid if by_uid else positions[uid]) for uid in uids)]))

    def _choice(self) -> tuple[Folder, list[int]]:
        if self._selected is None:
            raise Refused("BAD No folder is selected")
        return self._selected.folder, self._selected.view

    def _folders(self) -> list[Folder]:
        return list(self._account.folders.values()) if self._account else []

    def _folder(self, name: Word) -> Folder:
        folder = self._account.folder(text_of(name)) if self._account else None
        if folder is None:
            raise Refused("NO [NONEXISTENT] No such folder")
        return folder


Command = Callable[[Session, list[Word], Answer], None]

_ANYTIME: dict[str, Command] = {
    "CAPABILITY": Session.capability,
    "NOOP": Session.noop,
    "CHECK": Session.noop,
    "ID": Session.identify,
    "LOGOUT": Session.logout,
}
_BEFORE_LOGIN: dict[str, Command] = {"LOGIN": Session.login}
_LOGGED_IN: dict[str, Command] = {
    "LIST": Session.list_folders,
    "STATUS": Session.status,
    "EXAMINE": Session.select,
    "SELECT": Session.select,
}
_SELECTED: dict[str, Command] = {
    "UNSELECT": Session.unselect,
    "CLOSE": Session.unselect,
    "UID": Session.uid,
    "FETCH": Session.fetch,
    "SEARCH": Session.search,
}
_ALL = _ANYTIME | _BEFORE_LOGIN | _LOGGED_IN | _SELECTED


def _exactly(count: int, arguments: list[Word]) -> list[str]:
    if len(arguments) != count:
        raise Refused(f"BAD {count} arguments, please")
    return [text_of(word) for word in arguments]
