"""Whoever pretends to be staff, in whatever field, stops no clock: each forgery arrives, the customer still waits."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from tests.story.conftest import Houses
from tests.story.house import House, Mail, at

NOW = at("Tue 12:00")
STAFF = "Eva Staff <eva@{ours}>"
EVIL = "Mallory <m@evil.example>"
FAIL = "Authentication-Results: mx.{ours}; dmarc=fail header.from={ours}\r\n"
PASS = "Authentication-Results: mx.{ours}; dmarc=pass header.from={ours}\r\n"
OTHERS = "Authentication-Results: mx.evil.example; dmarc=pass header.from={ours}\r\n"

FORGERIES = {
    "her-address-dmarc-fails": FAIL + "From: " + STAFF + "\r\n",
    "a-copied-pass-below-ours": FAIL + PASS + "From: " + STAFF + "\r\n",
    "a-copied-pass-of-another-server-below-ours": FAIL + OTHERS + "From: " + STAFF + "\r\n",
    "a-pass-within-a-comment": FAIL.replace("dmarc=fail", "dmarc=fail (dmarc=pass)") + "From: " + STAFF + "\r\n",
    "a-pass-within-the-envelope": FAIL.replace("dmarc", 'spf=pass smtp.mailfrom="x; dmarc=pass"@evil.example; dmarc')
    + "From: "
    + STAFF
    + "\r\n",
    "her-address-as-the-name": 'From: "eva@{ours}" <m@evil.example>\r\n',
    "her-name-with-another-address": "From: Eva Staff <eva.staff@evil.example>\r\n",
    "her-address-as-the-name-encoded": "From: =?utf-8?q?eva=40{ours}?= <m@evil.example>\r\n",
    "her-address-in-brackets-encoded": "From: =?utf-8?q?=3Ceva=40{ours}=3E?= <m@evil.example>\r\n",
    "her-address-in-a-comment": "From: m@evil.example (eva@{ours})\r\n",
    "her-address-quoted-in-a-local-part": 'From: "eva@{ours}"@evil.example\r\n',
    "our-domain-as-a-subdomain": "From: eva@{ours}.evil.example\r\n",
    "our-domain-as-an-ending": "From: eva@not{ours}\r\n",
    "our-domain-in-full-width-letters": "From: =?utf-8?q?Eva?= <eva@{wide}>\r\n",
    "our-domain-with-an-invisible-letter": "From: Eva <eva@{unseen}>\r\n",
    "our-domain-in-cyrillic": "From: Eva <eva@{cyrillic}>\r\n",
    "two-in-from-the-evil-one-first": "From: " + EVIL + ", " + STAFF + "\r\n",
    "two-in-from-ours-first": FAIL + "From: " + STAFF + ", " + EVIL + "\r\n",
    "two-from-fields-the-evil-one-first": "From: " + EVIL + "\r\nFrom: " + STAFF + "\r\n",
    "two-from-fields-ours-first": FAIL + "From: " + STAFF + "\r\nFrom: " + EVIL + "\r\n",
    "a-group": "From: Staff of {ours}: " + EVIL + ";\r\n",
    "a-group-with-her-name": "From: eva@{ours}: m@evil.example;\r\n",
    "sender": "From: " + EVIL + "\r\nSender: " + STAFF + "\r\n",
    "resent-from": "From: " + EVIL + "\r\nResent-From: " + STAFF + "\r\nResent-Sender: " + STAFF + "\r\n",
    "reply-to": "From: " + EVIL + "\r\nReply-To: " + STAFF + "\r\n",
    "return-path": "Return-Path: <eva@{ours}>\r\nFrom: " + EVIL + "\r\n",
    "x-original-from": "From: "
    + EVIL
    + "\r\nX-Original-From: "
    + STAFF
    + "\r\nX-Google-Original-From: "
    + STAFF
    + "\r\n",
    "a-route": "From: <@{ours}:m@evil.example>\r\n",
    "percent-hack": "From: eva%{ours}@evil.example\r\n",
    "bang-path": "From: {ours}!eva@evil.example\r\n",
    "a-null-byte": "From: m@evil.example\x00eva@{ours}\r\n",
    "no-from-sender-ours": FAIL + "Sender: " + STAFF + "\r\n",
    "our-marker": "From: " + EVIL + "\r\nX-Inbox-Monitor: reminder\r\n",
}


def forged(house: House, question: Mail, number: int, head: str) -> bytes:
    """An answer to the question, as a forger writes it."""
    ours = house.domain
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in ours.partition(".")[0]) + ".example"
    unseen, cyrillic = f"{ours[:1]}\u200b{ours[1:]}", ours.replace("e", "\u0435")
    message = EmailMessage(policy=SMTP)
    message["To"], message["Date"] = question.from_, format_datetime(at("Mon 11:00"))
    message["Message-ID"], message["Subject"] = f"<forged{number}@evil.example>", f"Re: {question.subject}"
    message["In-Reply-To"] = message["References"] = question.id
    message["Cc"] = house.address("info")
    message.set_content("Solved.\n")
    text = head.format(ours=ours, wide=wide, unseen=unseen, cyrillic=cyrillic)
    return text.encode() + message.as_bytes()


def test_no_forgery_stops_a_clock(houses: Houses) -> None:
    house = houses()
    house._imap = f'authserv_id = "mx.{house.domain}"'
    house.write_config()
    house.opens(at("Mon 08:00"))
    asked = {}
    for number, (name, head) in enumerate(FORGERIES.items()):
        question = house.asks(at("Mon 09:00"), f"Reader {number} <r{number}@reader{number}.example>")
        asked[question.id] = name
        raw = forged(house, question, number, head)
        house.dovecot.append(house.address("info"), "INBOX", raw, at("Mon 11:00"))
    genuine = house.asks(at("Mon 09:00"))
    house.answers(genuine, at("Mon 11:00"))
    house.round(NOW)
    threads = house.threads(NOW)
    arrived = {m["message_id"] for t in threads for m in t["messages"] if m["message_id"].startswith("<forged")}
    assert len(arrived) == len(FORGERIES), "the attacks have arrived"
    states = {w["opened_by"]: w["state"] for t in threads for w in t["waits"]}
    assert states[genuine.id] == "answered"
    assert {name: states.get(id) for id, name in asked.items() if states.get(id) != "waiting"} == {}


def test_the_control_the_same_answer_by_staff_that_passes_does_stop_it(houses: Houses) -> None:
    house = houses()
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 09:00"))
    raw = forged(house, question, 1, PASS + "From: " + STAFF + "\r\n")
    house.dovecot.append(house.address("info"), "INBOX", raw, at("Mon 11:00"))
    house.round(NOW)
    assert house.wait(NOW)["state"] == "answered"
