"""A small IMAP server that speaks as Gmail, Exchange or an old server does, and writes down what it is told.

`with ScriptedImap(GMAIL) as server:` listens on `server.port` of the loopback, for any name and password. The lines of
each dialect are such as those servers send; whatever is not in a dialect's table gets its words for "I do not know".
"""

import asyncio
import contextlib
import re
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message
from types import TracebackType
from typing import Self

from monitor.demo.background import HOST, Background

Wire = str
"""A folder's name as it stands on the wire: modified UTF-7 (RFC 3501 §5.1.3)."""


@dataclass
class Dialect:
    """What one kind of server says. `folders`: LIST flags and wire name; `refuses`: (command, how it is refused)."""

    greeting: str
    capability: str
    folders: tuple[tuple[str, Wire], ...]
    separator: str = "/"
    unknown: str = "BAD Unknown command"
    status: tuple[str, ...] = ("MESSAGES", "UIDNEXT", "UIDVALIDITY")
    refuses: tuple[tuple[str, str], ...] = ()
    gmail: bool = False
    before: str = ""
    """What is offered before a login, where that is another list."""
    challenge: str = ""
    """The JSON that answers a token that does not hold, if any; then comes `wrong`."""
    wrong: str = "NO [AUTHENTICATIONFAILED] Authentication failed."
    """How a token that does not hold is refused."""


GMAIL = Dialect(
    greeting="OK Gimap ready for requests from 192.0.2.1 a1mb2",
    capability="IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE"
    " ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE",
    folders=(
        ("\\HasNoChildren", "INBOX"),
        ("\\HasChildren \\Noselect", "[Gmail]"),
        ("\\All \\HasNoChildren", "[Gmail]/Alle Nachrichten"),
        ("\\Drafts \\HasNoChildren", "[Gmail]/Entw&APw-rfe"),
        ("\\HasNoChildren \\Sent", "[Gmail]/Gesendet"),
        ("\\Flagged \\HasNoChildren", "[Gmail]/Markiert"),
        ("\\HasNoChildren \\Trash", "[Gmail]/Papierkorb"),
        ("\\HasNoChildren \\Junk", "[Gmail]/Spam"),
        ("\\HasNoChildren \\Important", "[Gmail]/Wichtig"),
    ),
    unknown="BAD Unknown command a1mb2",
    status=("MESSAGES", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"),
    gmail=True,
    before="IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN"
    " AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER",
    challenge='{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}',
    wrong="NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
)

EXCHANGE = Dialect(
    greeting="OK The Microsoft Exchange IMAP4 service is ready. [QQBNADAAUAA=]",
    capability="IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE"
    " LITERAL+",
    folders=(
        ("\\HasNoChildren", "Archive"),
        ("\\HasNoChildren", "Calendar"),
        ("\\HasNoChildren", "Conversation History"),
        ("\\HasNoChildren", "Deleted Items"),
        ("\\HasNoChildren", "Drafts"),
        ("\\Marked \\HasNoChildren", "INBOX"),
        ("\\HasNoChildren", "Junk Email"),
        ("\\HasNoChildren", "Sent Items"),
        ("\\HasNoChildren", "Sync Issues"),
    ),
    unknown="BAD Command Error. 10",
    wrong="NO AUTHENTICATE failed.",
    refuses=((r"UID SEARCH HEADER .*refused", "BAD Command Argument Error. 11"),),
)

NOTIFYING = replace(EXCHANGE, greeting="OK IMAP ready", capability=f"{EXCHANGE.capability} NOTIFY")
"""As Dovecot and Cyrus: NOTIFY (RFC 5465) beside IDLE."""

OLD = Dialect(
    greeting="OK IMAP ready",
    capability="IMAP4rev1",
    folders=(
        ("\\Unmarked \\HasChildren", "INBOX"),
        ("\\HasNoChildren", "INBOX.Gesendete Objekte"),
        ("\\HasNoChildren", "INBOX.Papierkorb"),
        ("\\HasNoChildren", "INBOX.Entw&APw-rfe"),
        ("\\HasNoChildren", "INBOX.Kunden &- Co"),
    ),
    separator=".",
    status=("MESSAGES", "UIDVALIDITY"),
)


@dataclass
class ScriptedImap:
    """The server. `deliver` before it is asked; `commands` are the lines it got, without their tags."""

    dialect: Dialect
    commands: list[str] = field(default_factory=list)
    mails: dict[Wire, list[bytes]] = field(default_factory=dict)
    structures: dict[int, str] = field(default_factory=dict)
    """By uid, a BODYSTRUCTURE to send instead of the true one."""
    deaf: bool = False
    """Whether it hangs up as soon as it is told anything."""
    tokens: set[str] | None = None
    """Those that hold; None: whatever comes."""
    twist: Callable[[str, bytes], bytes] = lambda _command, answer: answer
    """What is sent instead of the answer to a command; after a BYE the connection is closed."""
    host = HOST
    _lines: dict["_Session", asyncio.StreamWriter] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def await_waiting(self, number: int = 1, within: float = 10.0) -> None:
        """Until so many connections wait for news, by IDLE or NOTIFY; raises AssertionError where they never do."""
        with self._changed:
            if not self._changed.wait_for(lambda: sum(bool(s.waits) for s in self._lines) >= number, within):
                raise AssertionError(f"it heard {self.commands}")

    def await_command(self, pattern: str, within: float = 10.0) -> None:
        """Until it has heard one that fits; raises AssertionError where it never does."""
        with self._changed:
            if not self._changed.wait_for(lambda: any(re.fullmatch(pattern, c) for c in self.commands), within):
                raise AssertionError(f"it heard {self.commands}")

    def push(self, said: bytes) -> None:
        """Say this to all that wait for news; after a BYE, hang up."""

        def say() -> None:
            for session, writer in self._lines.items():
                if session.waits:
                    writer.write(said)
                    if b"* BYE" in said:
                        writer.close()

        self._loop.call_soon_threadsafe(say)

    def deliver(self, folder: Wire, raw: bytes) -> int:
        """Put a mail into a folder; returns its uid."""
        self.mails.setdefault(folder, []).append(raw)
        return len(self.mails[folder])

    def __enter__(self) -> Self:
        self._background = Background("scripted-imap", self._open)
        self.port = self._background.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _at: TracebackType | None) -> None:
        self._background.stop()

    async def _open(self) -> asyncio.Server:
        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            session = _Session(self)
            with contextlib.suppress(asyncio.CancelledError, OSError):
                writer.write(f"* {self.dialect.greeting}\r\n".encode())
                while not session.over and (line := await reader.readline()) and not self.deaf:
                    with self._changed:
                        answer = session.answer(line.decode("latin-1").rstrip("\r\n"))
                        self._lines[session] = writer
                        self._changed.notify_all()
                    writer.write(answer)
                    await writer.drain()
            with self._changed:
                self._lines.pop(session, None)
            writer.close()

        self._loop = asyncio.get_running_loop()
        return await asyncio.start_server(converse, HOST, 0)


class _Session:
    def __init__(self, server: ScriptedImap) -> None:
        self.over = False
        self._server, self._dialect = server, server.dialect
        self._open: list[bytes] = []
        self._inside = False
        self._talk: tuple[str, str] | None = None
        self.waits = ""
        """The tag of its IDLE, or that of its NOTIFY."""

    def answer(self, line: str) -> bytes:
        if self._talk is not None:
            self._server.commands.append(line)
            return self._login(line)
        tag, _, command = line.partition(" ")
        self._server.commands.append(command)
        if line == "DONE" and self.waits:
            tag, command, self.waits = self.waits, "DONE", ""
            self._server.commands[-1] = command
        if command.startswith("AUTHENTICATE "):
            self._talk = tag, ""
            _, _, at_once = command.split(" ", 1)[1].partition(" ")
            return self._login(at_once) if at_once else b"+ \r\n"
        for pattern, refusal in self._dialect.refuses:
            if re.match(pattern, command):
                return f"{tag} {refusal}\r\n".encode()
        if command == "IDLE" and "IDLE" in self._dialect.capability:
            self.waits = tag
            return self._twisted(command, b"+ idling\r\n")
        for pattern, reply in _TABLE:
            if match := re.fullmatch(pattern, command):
                answer = reply(self, match) + f"{tag} OK {command.split()[0]} completed.\r\n".encode()
                if command.startswith("NOTIFY"):
                    self.waits = tag if "SET" in command else ""
                return self._twisted(command, answer)
        return f"{tag} {self._dialect.unknown}\r\n".encode()

    def _twisted(self, command: str, answer: bytes) -> bytes:
        answer = self._server.twist(command, answer)
        self.over = b"* BYE " in answer
        return answer

    def _login(self, line: str) -> bytes:
        """What answers one line of AUTHENTICATE: one that has the token, or one that takes note of the challenge."""
        assert self._talk is not None
        tag, challenged = self._talk
        self._talk = None
        token = re.search(rb"auth=Bearer ([^\1]*)", b64decode(line))
        if not challenged and token and (self._server.tokens is None or token[1].decode() in self._server.tokens):
            self._inside = True
            return f"{tag} OK AUTHENTICATE completed.\r\n".encode()
        if not challenged and self._dialect.challenge:
            self._talk = tag, self._dialect.challenge
            return b"+ " + b64encode(self._dialect.challenge.encode()) + b"\r\n"
        return f"{tag} {self._dialect.wrong}\r\n".encode()

    def capability(self, _match: re.Match[str]) -> bytes:
        offered = self._dialect.capability if self._inside else self._dialect.before or self._dialect.capability
        return f"* CAPABILITY {offered}\r\n".encode()

    def login(self, _match: re.Match[str]) -> bytes:
        self._inside = True
        return b""

    def nothing(self, _match: re.Match[str]) -> bytes:
        return b""

    def logout(self, _match: re.Match[str]) -> bytes:
        return b"* BYE Logging out\r\n"

    def folders(self, _match: re.Match[str]) -> bytes:
        lines = (f'* LIST ({flags}) "{self._dialect.separator}" "{name}"\r\n' for flags, name in self._dialect.folders)
        return "".join(lines).encode()

    def status(self, match: re.Match[str]) -> bytes:
        count = len(self._server.mails.get(match[1], []))
        known = {"MESSAGES": count, "UIDNEXT": count + 1, "UIDVALIDITY": 7, "HIGHESTMODSEQ": count + 1}
        items = " ".join(f"{item} {known[item]}" for item in match[2].split() if item in self._dialect.status)
        return f'* STATUS "{match[1]}" ({items})\r\n'.encode()

    def examine(self, match: re.Match[str]) -> bytes:
        self._open = self._server.mails.get(match[1], [])
        count = len(self._open)
        return (
            f"* {count} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)\r\n"
            f"* OK [PERMANENTFLAGS ()] Permanent flags\r\n* OK [UIDVALIDITY 7] UIDVALIDITY value\r\n"
            f"* OK [UIDNEXT {count + 1}] The next unique identifier value\r\n"
        ).encode()

    def search(self, match: re.Match[str]) -> bytes:
        wanted = re.sub(r"\\(.)", r"\1", match[1]).lower().encode()
        found = (str(uid) for uid, raw in enumerate(self._open, 1) if wanted in _field(raw, "message-id").lower())
        return f"* SEARCH {' '.join(found)}".rstrip().encode() + b"\r\n"

    def search_all(self, match: re.Match[str]) -> bytes:
        last = len(self._open)
        # "5:*" names the last message, too, whatever its uid (RFC 3501 §6.4.8).
        ends = [last if end == "*" else int(end) for end in (match[1], match[2])]
        found = range(max(1, min(ends)), min(last, max(ends)) + 1)
        return f"* SEARCH {' '.join(map(str, found))}".rstrip().encode() + b"\r\n"

    def fetch(self, match: re.Match[str]) -> bytes:
        last = len(self._open)
        spans = [part.partition(":")[::2] for part in match[1].split(",")]
        wanted = [(int(low), last if high == "*" else int(high or low)) for low, high in spans]
        uids = [uid for low, high in wanted for uid in range(low, min(high, last) + 1)]
        return b"".join(self._fetched(uid, match[2]) for uid in uids)

    def _fetched(self, uid: int, asked: str) -> bytes:
        raw = self._open[uid - 1]
        facts = [f"UID {uid}"]
        if self._dialect.gmail and "X-GM-" in asked:
            facts = [f"X-GM-THRID {THREAD + uid % 2}", f"X-GM-MSGID {THREAD + uid}", *facts]
        if "FLAGS" in asked:
            facts += [f"RFC822.SIZE {len(raw)}", 'INTERNALDATE "11-Nov-2024 12:00:00 +0000"', "FLAGS (\\Seen)"]
        if "BODYSTRUCTURE" in asked:
            facts.append(f"BODYSTRUCTURE {self._server.structures.get(uid) or structure(message_from_bytes(raw))}")
        line = f"* {uid} FETCH ({' '.join(facts)}".encode()
        for section, size in re.findall(r"BODY\.PEEK\[([^\]]*)\]<0\.(\d+)>", asked):
            content = section_of(raw, section)[: int(size)]
            line += f" BODY[{section}]<0> {{{len(content)}}}\r\n".encode() + content
        return line + b")\r\n"


THREAD = 1278455344230334864
"""Gmail's numbers are of 64 bits."""

_TABLE: tuple[tuple[str, Callable[[_Session, re.Match[str]], bytes]], ...] = (
    (r"CAPABILITY", _Session.capability),
    (r"LOGIN .*", _Session.login),
    (r"ENABLE CONDSTORE", _Session.nothing),
    (r"NOOP|UNSELECT|CLOSE|DONE", _Session.nothing),
    (r"NOTIFY (?:SET .*|NONE)", _Session.nothing),
    (r"LOGOUT", _Session.logout),
    (r'LIST "" "\*"', _Session.folders),
    (r'STATUS "([^"]*)" \(([^()]*)\)', _Session.status),
    (r'EXAMINE "([^"]*)"', _Session.examine),
    (r'UID SEARCH HEADER Message-ID "((?:[^"\\]|\\.)*)"', _Session.search),
    (r"UID SEARCH UID (\d+):(\d+|\*)(?: SINCE [\w-]+)?(?: BEFORE [\w-]+)?", _Session.search_all),
    (r"(?:UID )?FETCH ([0-9,:]+|[0-9]+:\*) \((.*)\)", _Session.fetch),
)
"""All that is answered; every other line is unknown to the server."""


def _field(raw: bytes, name: str) -> bytes:
    return str(message_from_bytes(raw).get(name, "")).encode("utf-8", "replace")


def section_of(raw: bytes, section: str) -> bytes:
    """The bytes of a section (RFC 3501 §6.4.5): `HEADER.FIELDS (…)`, `2`, `1.2`, `3.HEADER.FIELDS (…)`."""
    number, _, rest = re.fullmatch(r"([0-9.]*?)(\.?)((?:HEADER.*)?)", section).groups()  # type: ignore[union-attr]
    mime: object = message_from_bytes(raw)
    for at in number.split(".") if number else ():
        if isinstance(mime, Message) and mime.is_multipart():
            mime = mime.get_payload(int(at) - 1)
    assert isinstance(mime, Message)
    if not rest:
        payload = mime.get_payload()
        return b"".join(p.as_bytes() for p in payload) if isinstance(payload, list) else str(payload).encode("latin-1")  # type: ignore[union-attr]
    if number:
        mime = mime.get_payload(0)
        assert isinstance(mime, Message)
    names = re.findall(r"[\w-]+", rest.partition("(")[2])
    return b"".join(f"{n}: {mime[n]}\r\n".encode() for n in names if mime[n] is not None) + b"\r\n"


def structure(mime: Message) -> str:
    """A BODYSTRUCTURE (RFC 3501 §7.4.2), with the extension data that servers send."""
    if mime.get_content_maintype() == "multipart":
        inner = "".join(structure(part) for part in mime.get_payload() if isinstance(part, Message))
        return f'({inner} "{mime.get_content_subtype()}" ("boundary" "x") NIL NIL NIL)'
    kind, subtype = mime.get_content_type().upper().split("/")
    charset = f'("CHARSET" "{mime.get_content_charset()}")' if mime.get_content_charset() else "NIL"
    encoding = mime.get("Content-Transfer-Encoding", "7BIT")
    disposition = f'("{mime.get_content_disposition()}" NIL)' if mime.get_content_disposition() else "NIL"
    basic = f'"{kind}" "{subtype}" {charset} NIL NIL "{encoding}" 100'
    if subtype == "RFC822" and mime.is_multipart():
        inner = structure(mime.get_payload(0))  # type: ignore[arg-type]
        return f"({basic} (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) {inner} 5 NIL {disposition} NIL NIL)"
    return f"({basic}{' 5' if kind == 'TEXT' else ''} NIL {disposition} NIL NIL)"
