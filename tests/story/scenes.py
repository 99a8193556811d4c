"""Looks that can be repeated: a mailbox that stays as it is, a store to start from, and all that is known afterwards.

The sweep over every byte of a look (test_chaos_sweep.py) disturbs such a look and compares.
"""

import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from monitor.config import load
from monitor.inbox import connection
from monitor.jobs.connections import Connections
from monitor.jobs.look import Sweep
from monitor.jobs.poller import Poller
from monitor.jobs.round import act
from monitor.once import one_round
from monitor.outbox.letters import Letters
from monitor.store.store import open_store
from tests.servers.chaos import Blow, Chaos
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink
from tests.story.house import ANN, BEN, CLEO, House, Mail, at

FIRST, QUIET, CHANGED = at("Tue 10:05"), at("Tue 10:10"), at("Wed 10:15")
BATCH = 5
"""Mails a batch: a look of twenty-odd mails has several, as a real one of thousands has."""

IMPATIENT, DEADLINE, PATIENCE = 0.12, 0.7, 60.0
"""Seconds of silence after which a disturbed look gives up, and seconds it, and an undisturbed one, may take in all."""

SIGHTINGS = """
SELECT f.name, f.role, s.uidvalidity, s.uid, m.identity, s.arrived_at, s.size, s.flags, s.seen_at, s.gone_at,
       s.answered_at, s.answered_after
FROM sightings s JOIN folders f ON f.id = s.folder JOIN messages m ON m.id = s.message ORDER BY 1, 3, 4
"""
FACTS = """
SELECT m.identity, m.message_id, m.received_at, m.sent_at, m.from_name, m.from_address, m.subject, m.recipients,
       m.reply_to, m.in_reply_to, m."references", m.headers, m.direction, m.wants_reply, m.rule, m.signals, m.link,
       m.linked_to, m.subject_key, m.seeks, m.cites, m.stands_in,
       (SELECT min(o.identity) FROM messages o WHERE o.conversation = m.conversation),
       (SELECT min(o.identity) FROM messages o WHERE o.strand = m.strand)
FROM messages m ORDER BY 1
"""
WAITS = """
SELECT m.identity, w.mailbox, w.mailboxes, w.team, w.who_name, w.who_address, w.state, w.opened_at, w.due_at,
       w.chased_at, a.identity, w.answered_at, w.answered_in, w.closed_at, w.evidence, w.handoffs, w.first,
       w.low_urgency
FROM waits w JOIN messages m ON m.id = w.opener LEFT JOIN messages a ON a.id = w.answered_by ORDER BY 1, 8
"""
TABLES = (
    FACTS,
    SIGHTINGS,
    WAITS,
    "SELECT name, role, uidvalidity, uidnext, highestmodseq, messages, complete, looked_at, watched"
    " FROM folders ORDER BY 1",
    "SELECT address, first_as_of, as_of, looked_at, outgoing_seen_at, fault, fault_text, fault_since, sent_sought_at"
    " FROM mailboxes ORDER BY 1",
    "SELECT kind, value, times FROM learnt ORDER BY 1, 2",
    "SELECT f.name, t.uid, t.reason FROM troubles t JOIN folders f ON f.id = t.folder ORDER BY 1, 2",
    "SELECT kind, message_id, recipient, subject, state, tries, created_at FROM letters ORDER BY 2",
    "SELECT m.identity, r.step, r.occurrence, r.recipient, r.moment FROM reminders r"
    " JOIN waits w ON w.id = r.wait JOIN messages m ON m.id = w.opener ORDER BY 1, 2, 3, 4",
    "SELECT kind, subject, recipient FROM notices ORDER BY 1, 2, 3",
)
"""All that a store holds, without the numbers that depend on which mail came first."""


class Known(NamedTuple):
    """All that can be compared after a look: what the tables hold, and what arrived by mail."""

    tables: list[list[tuple[Any, ...]]]
    letters: list[tuple[str, tuple[str, ...], str]]


class Scene:
    """One look, over and over: at `now`, from the store as it was `before`, through the chaos."""

    def __init__(self, house: House, chaos: Chaos, before: Path, now: datetime) -> None:
        self.house, self.chaos, self.now = house, chaos, now
        self._before = sqlite3.connect(before)
        # One store for all rounds, put back each time: SQLAlchemy keeps its statements, and a point costs half.
        self._store = open_store(house.store_url)
        self.settings = load(house.config)
        self._letters = Letters(self.settings.templates_dir)

    def rounds(self, *blows: Blow | None) -> Known:
        """A round for each blow (None: undisturbed), all at the same moment; and what is known in the end.

        Only a disturbed look is impatient; it is cut in the end, as the daemon does with one that makes no end.
        """
        with closing(sqlite3.connect(self.house.folder / "monitor.db")) as now:
            self._before.backup(now)
        self.sink.clear()
        for blow in blows:
            self.chaos.strike(blow)
            if blow is None:
                assert whole(self._round(PATIENCE))
                continue
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(connection, "CONNECT_TIMEOUT", IMPATIENT)
                patch.setattr(connection, "READ_TIMEOUT", IMPATIENT)
                self._round(DEADLINE)
        with self._store.reading() as rows:
            tables = [[tuple(row) for row in rows.execute(text(query))] for query in TABLES]
        letters = [(str(x.message["Message-ID"]), x.recipients, str(x.message["Subject"])) for x in self.sink.letters]
        return Known(tables, sorted(letters))

    @property
    def sink(self) -> SmtpSink:
        """Where its letters go."""
        return self.house.sink

    def close(self) -> None:
        """Let go of the databases."""
        self._store.close()
        self._before.close()

    def _round(self, within: float) -> list[Sweep]:
        """As `run --once`, but that the templates are read once for all rounds."""
        connections = Connections()
        poller = Poller(self._store, self.settings, connections.of)
        cut = threading.Timer(within, connections.abort)
        cut.start()
        try:
            sweeps = poller.poll(self.settings.mailboxes, self.now)
        finally:
            cut.cancel()
            poller.close()
            connections.close()
        act(self._store, self.settings, self._letters, self.now)
        return sweeps


def whole(sweeps: list[Sweep]) -> bool:
    """Whether they saw everything."""
    return [sweep.fault for sweep in sweeps if sweep.fault] == []


def scenes(folder: Path, dovecot: Dovecot, sink: SmtpSink, chaos: Chaos) -> dict[str, Scene]:
    """A first look; the same mailbox with nothing new; and one in which a day's work was done since."""
    found = {}
    for name, now in (("first", FIRST), ("quiet", QUIET), ("changed", CHANGED)):
        own = folder / name
        own.mkdir()
        house = House(
            own,
            dovecot,
            sink,
            lambda desk, name=name: f"{desk}@{name}-look.example",  # type: ignore[misc]
            {"info": "peek_closers = true"},
        )
        questions = furnish(house)
        house.write_config(imap_port=chaos.port)
        open_store(house.store_url).close()
        if name != "first":
            with closing(open_store(house.store_url)) as store:
                assert whole(one_round(store, load(house.config), lambda: FIRST).sweeps)
        if name == "changed":
            a_day_later(house, questions)
        shutil.move(own / "monitor.db", own / "before.db")
        found[name] = Scene(house, chaos, own / "before.db", now)
    return found


def furnish(house: House) -> dict[str, Mail]:
    """A small mailbox with something of everything; returns the questions, by who asked."""
    ours = house.address("info")
    house.sends(at("Mon 07:00"), "Old Friend <friend@before.example>")
    questions = {
        who: house.asks(at(f"Mon {8 + n:02}:00"), f"{who.title()} <{who}@{who}.example>")
        for n, who in enumerate(("dora", "emil", "fritz", "gerda", "hans", "ida"))
    }
    for n, who in enumerate(("dora", "emil")):
        house.answers(questions[who], at(f"Mon 1{n}:30"))
    thanks = house.mail(ANN, ours, at("Mon 07:30"), subject="Re: The catalogue", In_Reply_To=f"<before@{house.domain}>")
    house.put("info", "INBOX", thanks, ["\\Seen"])
    flagged = house.mail(BEN, ours, at("Mon 09:15"))
    house.put("info", "INBOX", flagged, ["\\Answered", "\\Seen"])
    bounced = house.asks(at("Mon 09:30"), CLEO)
    reply = house.answers(bounced, at("Mon 09:40"))
    house.dovecot.append(ours, "INBOX", bounce(house, reply, at("Mon 09:41")), at("Mon 09:41"))
    house.dovecot.append(ours, "INBOX", without_id(ours), at("Mon 09:50"))
    house.dovecot.append(ours, "INBOX", latin_1(ours), at("Mon 09:55"))
    house.dovecot.append(ours, "INBOX", imported(ours), at("Tue 09:00"))
    house.dovecot.append(ours, "INBOX", invitation(ours), at("Mon 10:10"))
    house.asks(at("Mon 11:15"), "News <news@shop.example>", List_Id="<news.shop.example>", Precedence="bulk")
    again = house.answers(questions["fritz"], at("Mon 12:00"))
    house.asks(at("Mon 13:00"), questions["fritz"].from_, answers=again)
    done = house.mail("Karl <karl@karl.example>", ours, at("Mon 08:15"))
    house.put("info", "No reply needed", done)
    house.sends(at("Mon 15:00"), "All Friends <all@friends.example>", cc="one@friends.example, two@friends.example")
    return questions


def a_day_later(house: House, questions: dict[str, Mail]) -> None:
    """One new mail, one answer, one flag, one mail deleted, two put aside (one of them without a Message-ID)."""
    ours = house.address("info")
    by_id = {}
    with house.dovecot.client(ours) as client:
        client.select_folder("INBOX", readonly=True)
        for who, mail in questions.items():
            by_id[who] = client.search(["HEADER", "Message-ID", mail.id])[0]
        (nameless,) = client.search(["SUBJECT", "nameless"])
    house.asks(at("Tue 11:00"), "Lena <lena@lena.example>")
    house.answers(questions["gerda"], at("Tue 11:10"))
    house.dovecot.add_flags(ours, "INBOX", by_id["hans"], ["\\Answered"])
    house.dovecot.move(ours, "INBOX", by_id["ida"], "Trash")
    house.dovecot.move(ours, "INBOX", nameless, "Cabinet")
    house.dovecot.delete(ours, "INBOX", by_id["fritz"])


def bounce(house: House, about: Mail, when: datetime) -> bytes:
    """A delivery report (RFC 3464): our answer did not arrive."""
    parts = MIMEMultipart("report", report_type="delivery-status")
    parts["From"], parts["To"] = "Mail Delivery System <mailer-daemon@relay.example>", house.address("info")
    parts["Date"], parts["Message-ID"] = format_datetime(when), "<failed@relay.example>"
    parts["Subject"] = "Delivery Status Notification"
    words = EmailMessage()
    words.set_content("About your mail.\n")
    status = MIMENonMultipart("message", "delivery-status")
    mta, recipient = Message(), Message()
    mta["Reporting-MTA"] = "dns; relay.example"
    recipient["Final-Recipient"], recipient["Action"] = "rfc822; cleo@club.example", "failed"
    recipient["Status"] = "5.1.1"
    status.set_payload([mta, recipient])
    header = MIMENonMultipart("text", "rfc822-headers")
    header.set_payload(about.raw.partition(b"\r\n\r\n")[0].decode() + "\r\n")
    for part in (words, status, header):
        parts.attach(part)
    return parts.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _lines(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", "Good morning.", ""]).encode("latin-1")


def without_id(to: str) -> bytes:
    """Its identity is a digest of the whole header, which is asked for apart."""
    when = format_datetime(at("Mon 09:50"))
    return _lines("From: Mia <mia@mia.example>", f"To: {to}", f"Date: {when}", "Subject: A nameless mail", "X-Note: x")


def latin_1(to: str) -> bytes:
    """Eight-bit bytes in name and subject, as no standard allows and many programs write."""
    when = format_datetime(at("Mon 09:55"))
    first = ("From: Jörg Müller <joerg@joerg.example>", f"To: {to}", f"Date: {when}")
    return _lines(*first, "Message-ID: <8bit@joerg.example>", "Subject: Öffnungszeiten für Schüler")


def imported(to: str) -> bytes:
    """Written three days before it came here: only Received can say when it arrived (the whole header is asked)."""
    written = at("Mon 09:00") - timedelta(days=3)
    hop = f"Received: from a.example by mx.example with ESMTP; {format_datetime(written)}"
    first = (hop, "From: Nora <nora@nora.example>", f"To: {to}", f"Date: {format_datetime(written)}")
    return _lines(*first, "Message-ID: <imported@nora.example>", "Subject: From the old system")


def invitation(to: str) -> bytes:
    """A calendar message, of which the structure is asked."""
    when = format_datetime(at("Mon 10:10"))
    first = ("From: Otto <otto@otto.example>", f"To: {to}", f"Date: {when}", "Message-ID: <invite@otto.example>")
    content = ("Content-Class: urn:content-classes:calendarmessage", "Content-Type: text/calendar; method=REPLY")
    return _lines(*first, "Subject: Accepted: Meeting", "MIME-Version: 1.0", *content)
