"""Orders by mail from whoever may not give them: each arrives with a token or the like, and nothing is done."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import func, select

from monitor.config import load
from monitor.core.letter_ids import letter_id, tag_of, token_of
from monitor.core.orders import MOST_AN_HOUR
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.hear import listen, places
from monitor.store.acting_tables import acts, heard
from monitor.store.forgetting import forget
from monitor.store.outbox import LetterRow, mark_sent, pending
from tests.attacks.test_forged_staff import FORGERIES
from tests.jobs.test_hidden_replies import DESK, HEAD, HOUR, MONDAY, TEAM, Desk

LEAD, MONITOR = "lead@ours.example", "inbox-monitor@ours.example"
DAY = timedelta(days=1)
COMMANDS = '[commands]\nhost = "imap.ours.example"\n[[person]]\naddress = "deputy@ours.example"\n'


class Office(Desk):
    """A desk whose owner got a reminder about three people, and a commands mailbox in memory."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "config.toml").write_text(HEAD + DESK.format("info", "") + TEAM + COMMANDS)
        self.settings = load(folder / "config.toml")
        self.ear = MemoryFolder("INBOX")
        self.sources = {**self.sources, "ear": MemorySource(self.ear)}
        self.look(MONDAY)
        for n, who in enumerate(("ann@a.example", "ben@b.example", "cleo@c.example")):
            self.asks(MONDAY + n * HOUR + HOUR, who)
        self.now = MONDAY + DAY + 5 * HOUR
        (self.letter,) = self.round(self.now)
        mark_sent(self.store, self.letter.id, "250", self.now)

    @property
    def tag(self) -> str:
        return tag_of(token_of(self.letter.message_id, self.store.letter_key))

    def comes(self, head: str = "", line: str = "done 2", *, tag: str | None = None, after: timedelta = HOUR) -> None:
        """A mail with these fields; `head` may name From, else it is the owner's."""
        self.number += 1
        sender = "" if "rom:" in head else f"From: Lead <{LEAD}>\r\n"
        subject = f"Subject: Re: 3 people [{self.tag if tag is None else tag}]\r\n"
        head = f"{sender}{head}To: {MONITOR}\r\n{subject}Message-ID: <c{self.number}@x.example>\r\n\r\n"
        self.ear.deliver(head.encode("utf-8", "surrogateescape"), self.now + after, body=f"{line}\r\n".encode())

    def hears(self, after: timedelta = HOUR) -> list[LetterRow]:
        """One look at the commands mailbox; the receipts that came of it."""
        (mailbox,) = (place for place in places(self.settings) if place.address.startswith("commands:"))
        done = listen(self.store, self.sources["ear"], mailbox, self.settings, self.now + after)
        assert done.fault is None
        new = [letter for letter in pending(self.store, self.now + after) if letter.id not in self.told]
        self.told |= {letter.id for letter in new}
        return new

    @property
    def acts(self) -> int:
        with self.store.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(acts)).scalar_one())

    @property
    def outcomes(self) -> list[str]:
        with self.store.reading() as connection:
            return list(connection.execute(select(heard.c.outcome).order_by(heard.c.at)).scalars())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    found = Office(tmp_path)
    yield found
    found.store.close()


def text(letter: LetterRow) -> str:
    part = message_from_bytes(letter.body, policy=policy.default).get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def test_the_control_the_owner_with_the_tag_acts(office: Office) -> None:
    office.comes()
    (receipt,) = office.hears()
    assert (receipt.kind, receipt.recipient, office.acts, office.outcomes) == ("receipt", LEAD, 1, ["done"])


@pytest.mark.parametrize("form", FORGERIES)
def test_no_forged_sender_acts_though_the_tag_is_right(office: Office, form: str) -> None:
    named = {
        "ours": "ours.example",
        "wide": "ｏｕｒｓ.example",
        "unseen": "ou\u200brs.example",
        "cyrillic": "оurs.example",
    }
    office.comes(FORGERIES[form].format(**named).replace("eva@", "lead@"))
    told = office.hears()
    assert office.acts == 0
    assert {letter.recipient for letter in told} <= {LEAD}
    assert all("A mail in your name was refused." in text(letter) for letter in told)


@pytest.mark.parametrize(
    "results",
    [
        "mx.ours.example; dmarc=fail header.from=ours.example",
        "mx.ours.example; spf=fail smtp.mailfrom=ours.example; dkim=none",
        "mx.ours.example; dkim=fail header.d=ours.example; spf=pass smtp.mailfrom=evil.example",
        "mx.ours.example; dmarc=fail\r\nAuthentication-Results: mx.ours.example; dmarc=pass header.from=ours.example",
        "mx.ours.example; dmarc=fail\r\nList-Id: <info.ours.example>\r\nList-Post: <mailto:info@ours.example>",
    ],
)
def test_what_the_mail_server_does_not_believe_is_refused_and_told_to_the_one_it_names_once_a_day(
    office: Office, results: str
) -> None:
    for n in range(3):
        office.comes(f"Authentication-Results: {results}\r\n", after=(n + 1) * HOUR)
    told = office.hears(4 * HOUR)
    assert office.acts == 0
    assert [letter.recipient for letter in told] == [LEAD]


@pytest.mark.parametrize("tag", ["", "aaaa-aaaa-aaaa-aaaa", "k7qm-3vxa", "%", "' OR 1=1 --"])
def test_without_a_true_tag_a_mail_is_nobodys_business(office: Office, tag: str) -> None:
    office.comes(tag=tag)
    assert (office.hears(), office.acts, office.outcomes) == ([], 0, [])


def test_the_tag_of_another_installation_says_nothing_here(office: Office) -> None:
    other = letter_id("reminder", "anything", "ours.example", b"another key")
    office.comes(tag=tag_of(token_of(other, b"another key")))
    office.comes(f"In-Reply-To: {other}\r\n", tag="")
    assert (office.hears(), office.acts, office.outcomes) == ([], 0, [])


def test_a_tag_that_was_signed_but_never_sent_says_nothing(office: Office) -> None:
    unsent = letter_id("reminder", "never made", "ours.example", office.store.letter_key)
    office.comes(tag=tag_of(token_of(unsent, office.store.letter_key)))
    assert (office.hears(), office.acts, office.outcomes) == ([], 0, [])


def test_a_stranger_who_has_the_tag_does_nothing_and_is_told_nothing_and_not_remembered(office: Office) -> None:
    office.comes("From: Mallory <m@evil.example>\r\n")
    assert (office.hears(), office.acts, office.outcomes) == ([], 0, ["stranger"])
    with office.store.reading() as connection:
        assert connection.execute(select(heard.c.who)).scalars().all() == [""]


def test_the_receipt_goes_to_the_address_of_the_config_wherever_the_mail_asks_for_it(office: Office) -> None:
    office.comes(f"From: {LEAD.upper()}\r\nReply-To: m@evil.example\r\nReturn-Path: <m@evil.example>\r\n")
    (receipt,) = office.hears()
    assert receipt.recipient == LEAD
    assert b"evil" not in receipt.body


def test_a_letter_of_thirty_one_days_ago_can_be_answered_no_more_and_one_letter_says_so(office: Office) -> None:
    for n in (1, 2):
        office.comes(after=31 * DAY + n * HOUR)
    (told,) = office.hears(31 * DAY + 3 * HOUR)
    assert "that letter is too old" in text(told)
    assert (office.acts, office.outcomes) == (0, ["expired", "expired"])


def test_a_mail_of_thirty_one_days_ago_is_nothing(office: Office) -> None:
    office.comes()
    assert office.hears(32 * DAY) == []
    assert (office.acts, office.outcomes) == (0, [])


@pytest.mark.parametrize(
    "sign",
    [
        "Auto-Submitted: auto-replied\r\n",
        "Return-Path: <>\r\n",
        "From: MAILER-DAEMON@ours.example\r\n",
        "X-Autoreply: yes\r\n",
        "Precedence: auto_reply\r\n",
        "Precedence: bulk\r\n",
        "List-Id: <news.ours.example>\r\n",
        "Content-Type: multipart/report; report-type=delivery-status\r\n",
    ],
)
def test_what_a_machine_says_is_not_heard(office: Office, sign: str) -> None:
    office.comes(sign)
    assert (office.hears(), office.acts, office.outcomes) == ([], 0, ["automatic"])


def test_our_own_letters_in_the_commands_mailbox_say_nothing(office: Office) -> None:
    head, _, body = office.letter.body.partition(b"\r\n\r\n")
    office.ear.deliver(head + b"\r\n\r\n", office.now + HOUR, body=b"done 2\r\n" + body)
    assert (office.hears(), office.acts) == ([], 0)


def test_after_twenty_mails_in_an_hour_nothing_more_is_done_and_one_letter_says_so(office: Office) -> None:
    for n in range(MOST_AN_HOUR + 10):
        office.comes(line=("done 2", "reopen 2")[n % 2], after=HOUR + n * timedelta(seconds=30))
    told = office.hears(2 * HOUR)
    assert office.outcomes == ["done"] * MOST_AN_HOUR + ["too-many"] * 10
    assert [("a lot in one hour" in text(letter)) for letter in told].count(True) == 1
    office.comes(after=3 * HOUR)
    office.hears(3 * HOUR)
    assert office.outcomes[-1] == "done"


def test_what_is_forged_in_somebodys_name_does_not_use_up_what_they_may_say(office: Office) -> None:
    for _ in range(3 * MOST_AN_HOUR):
        office.comes("Authentication-Results: mx.ours.example; dmarc=fail\r\n")
    office.comes()
    assert len(office.hears()) == 2
    assert office.acts == 1


def test_a_responder_without_any_sign_is_answered_once_and_the_exchange_ends(office: Office) -> None:
    office.comes(line="Thank you for writing. I am on holiday until May.")
    for n in range(1, 5):
        receipts = office.hears(n * HOUR)
        for receipt in receipts:
            mark_sent(office.store, receipt.id, "250", office.now + n * HOUR)
            tag = tag_of(token_of(receipt.message_id, office.store.letter_key))
            office.comes(line="Thank you for writing. I am on holiday until May.", tag=tag, after=(n + 1) * HOUR)
    assert office.outcomes == ["puzzled", "prose"]


LINES = {
    "a quote": "> done 2",
    "a quote of another program": "-----Original Message-----\ndone 2",
    "a signature": "-- \ndone 2",
    "sql": "done 2'; DROP TABLE acts; --",
    "a template": "{{ 7 * 7 }} done 2",
    "escape codes": "\x1b[31mdone 2\x1b[0m",
    "a second line": "Hello\r\ndone 2",
    "runs backwards": "\u202e2 enod",
    "a number of thousands of digits": "done " + "9" * 5000,
    "many numbers": "done " + ",".join(map(str, range(1, 400))),
    "minus": "done -2",
    "a link": "https://evil.example/done 2",
}


@pytest.mark.parametrize("form", LINES)
def test_no_odd_line_does_anything_or_comes_back_alive(
    office: Office, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    office.comes(line=LINES[form])
    for receipt in office.hears():
        assert b"evil.example/done" not in receipt.body
        assert b"\x1b" not in receipt.body
        assert "49" not in text(receipt)
    assert office.acts == 0
    assert all(word not in caplog.text for word in ("DROP", "enod", "evil", "Hello"))


HTML = {
    "plain": ("<p>done 2</p>", 1),
    "outlook": (
        "<html><head><style>done 3</style></head><body><p class=MsoNormal>done 2</p><p>On</p></body></html>",
        1,
    ),
    "quoted": ("<blockquote>done 2</blockquote>", 0),
    "a script": ("<script>done 2</script>", 0),
    "a comment": ("<!-- done 2 -->", 0),
}


@pytest.mark.parametrize("form", HTML)
def test_of_a_mail_in_html_only_what_is_read_by_people_counts(office: Office, form: str) -> None:
    source, done = HTML[form]
    office.comes("MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n", source)
    office.hears()
    assert office.acts == done


def test_who_writes_as_the_shared_mailbox_is_the_one_who_got_the_letter(office: Office) -> None:
    office.comes("From: info@ours.example\r\n")
    (receipt,) = office.hears()
    assert (receipt.recipient, office.acts) == (LEAD, 1)


def test_a_colleague_of_the_config_may_act_on_a_letter_passed_on_to_them(office: Office) -> None:
    office.comes("From: deputy@ours.example\r\n")
    (receipt,) = office.hears()
    assert (receipt.recipient, office.acts) == ("deputy@ours.example", 1)


def test_nobody_takes_back_what_another_one_did(office: Office) -> None:
    office.comes()
    office.hears()
    office.comes("From: deputy@ours.example\r\n", "undo", after=2 * HOUR)
    (receipt,) = office.hears(2 * HOUR)
    assert "nothing to take back" in text(receipt)
    with office.store.reading() as connection:
        assert connection.execute(select(acts.c.undone_at)).scalars().all() == [None]


def test_a_receipt_not_sent_yet_goes_with_the_person_it_names(office: Office) -> None:
    office.comes()
    (receipt,) = office.hears()
    assert b"ben@b.example" in receipt.body
    house = office.settings.house(office.store.letter_key)
    forget(office.store, "ben@b.example", house, lambda _: office.now, office.now + 2 * HOUR)
    assert pending(office.store, office.now + 3 * HOUR) == []


def test_an_own_template_that_cannot_be_rendered_stops_no_command(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a template of our own")

    monkeypatch.setattr("monitor.outbox.letters.Letters.render_receipt", broken)
    office.comes()
    assert (office.hears(), office.acts, office.outcomes) == ([], 1, ["done"])


def test_a_mail_over_which_the_program_fails_is_passed_over(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a fault of our own")

    with monkeypatch.context() as patch:
        patch.setattr("monitor.jobs.hear_one.perform", broken)
        office.comes()
        assert office.hears() == []
    assert office.outcomes == ["failed"]
    office.comes(line="done 1")
    assert len(office.hears()) == 1


@pytest.mark.parametrize("at", range(0, 19, 5))
def test_a_tag_with_one_letter_changed_is_none(office: Office, at: int) -> None:
    tag = office.tag[:at] + ("b" if office.tag[at] == "a" else "a") + office.tag[at + 1 :]
    office.comes(tag=tag)
    assert (office.hears(), office.outcomes) == ([], [])
