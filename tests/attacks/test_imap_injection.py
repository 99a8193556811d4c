"""What strangers choose (ids, names of folders) never becomes a command: flags and folders stay, by a transcript."""

import re
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import pytest

from tests.attacks.relay import Recorder
from tests.servers.dovecot import Dovecot
from tests.story.house import House, at, kinds

STORE = "STORE 1:* +FLAGS.SILENT (\\Deleted \\Seen)"
HOSTILE_IDS = (
    '<a"b@evil.example>',
    '<a\\"b@evil.example>',
    "<a\\@evil.example>",
    "<{5+}@evil.example>",
    "<x{5}>",
    '<x"(OR)ALL"@evil.example>',
    "<%*@evil.example>",
    "<a@evil.example)UIDSTORE1:*>",
    f'<a@evil.example>"\r\n X1 {STORE}\r\n X2 NOOP',
    f"<a\r\n X1 {STORE}@evil.example>",
    "<=?utf-8?q?a=0D=0AX1_STORE_1_+FLAGS_=5CDeleted?=@evil.example>",
    f'<é"\r\n X1 {STORE}@evil.example>',
)
HOSTILE_FOLDERS = ('Sent "x"', "a\\b", "{5+}", "{5}", "x) (y", "%*", 'x" "y', "Sent ~ &", "l\r\nX1 NOOP", "نشان")

ALLOWED = re.compile(
    rb"""[A-Z]{1,5}\d+\ (?:
        CAPABILITY | LOGIN\ \S+\ \S+ | ENABLE\ CONDSTORE | LOGOUT | UNSELECT | CLOSE | NOOP
      | LIST\ ""\ "?\*"? | NAMESPACE
      | (?:STATUS|EXAMINE)\ (?:INBOX|"(?:[^"\\\r\n]|\\["\\])*")(?:\ \([A-Z ]+\))?
      | UID\ SEARCH\ (?:UID\ \d+:(?:\d+|\*)(?:\ SINCE\ \S{11})?(?:\ BEFORE\ \S{11})?
                       |HEADER\ Message-ID\ "(?:[!\#-\[\]-~]|\\["\\])+")
      | (?:UID\ )?FETCH\ [\d,:*]+\ \((?:UID|FLAGS|INTERNALDATE|RFC822\.SIZE|BODYSTRUCTURE|[ ]
                       |BODY\.PEEK\[(?:[\d.]*(?:HEADER(?:\.FIELDS\ \([A-Za-z -]+\))?)?)\]<0\.\d+>)+\)
    )\r\n""",
    re.VERBOSE,
)


def raw(message_id: str, when: datetime, number: int, **fields: str) -> bytes:
    """A mail with a Message-ID as no mail program would write it."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = f"Eve <eve{number}@evil.example>", "info@ours.example"
    message["Subject"], message["Date"] = f"Opening hours {number}", format_datetime(when)
    message.set_content("Good morning.\n")
    further = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"Message-ID: {message_id}\r\n{further}".encode() + message.as_bytes()


@pytest.fixture
def attacked(house: House) -> House:
    """Hostile ids wait in the inbox; and there are folders with hostile names, as far as the server makes them."""
    house.opens(at("Mon 08:00"))
    when = at("Mon 10:00")
    mails = [raw(one, when, n, References=f"{one} {one}", In_Reply_To=one) for n, one in enumerate(HOSTILE_IDS)]
    house.dovecot.append_many(house.address("info"), "INBOX", [(mail, when, ()) for mail in mails])
    with house.dovecot.client(house.address("info")) as client:
        for name in HOSTILE_FOLDERS:
            try:
                client.create_folder(name)
            except client.Error:
                continue
    return house


def folders(house: House) -> set[str]:
    with house.dovecot.client(house.address("info")) as client:
        return {name for _, _, name in client.list_folders()}


def test_the_control_a_line_end_in_a_search_is_a_command_of_its_own(dovecot: Dovecot, house: House) -> None:
    """Dovecot executes it: only what is said to it protects the mailbox."""
    house.asks(at("Mon 10:00"))
    with dovecot.client(house.address("info")) as client:
        client.select_folder("INBOX")
        client._imap.send(f'A1 UID SEARCH HEADER Message-ID "{HOSTILE_IDS[0]}"\r\nX1 {STORE}\r\n'.encode())
        client._imap.send(b"A2 NOOP\r\n")
        while not client._imap.readline().startswith(b"A2 "):
            pass
    assert dovecot.flags(house.address("info"), "INBOX") == {1: frozenset({"\\Deleted", "\\Seen"})}


def test_hostile_ids_and_folder_names_arrive_and_change_nothing(attacked: House) -> None:
    house = attacked
    flags, names = house.flags(), folders(house)
    assert len(flags["info", "INBOX"]) == len(HOSTILE_IDS)
    assert len(names & set(HOSTILE_FOLDERS)) >= 5, "the attack has arrived"
    with Recorder(house.dovecot.port) as relay:
        house.write_config(imap_port=relay.port)
        assert kinds(house.round(at("Tue 10:30"))) == [("reminder", house.lead())]
        # They leave the inbox: now each is looked for, by its id, in every folder there is.
        with house.dovecot.client(house.address("info")) as client:
            client.select_folder("INBOX")
            client.delete_messages(client.search("ALL"))
            client.expunge()
        flags[("info", "INBOX")] = {}
        house.round(at("Tue 12:00"))
        said = relay.commands
    assert [line for line in said if not ALLOWED.fullmatch(line)] == []
    assert sum(b"HEADER Message-ID" in line for line in said) >= 3 * len(names - {"INBOX"})
    assert all(any(name in line.decode() for line in said) for name in ('"{5+}"', '"%*"'))
    assert (house.flags(), folders(house)) == (flags, names)
    shown = {m["from"] for t in house.threads(at("Tue 12:00")) for m in t["messages"]}
    assert len(shown & {f"eve{n}@evil.example" for n in range(len(HOSTILE_IDS))}) == len(HOSTILE_IDS)
    assert house.status(at("Tue 12:00"))["troubles"] == []
