"""Mail that goes in circles: responders, and owners whose mail is sent on. No wait comes of it, and no letter."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.servers import ordinary
from tests.servers.available import need_sieve
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import Letter
from tests.story.conftest import Houses
from tests.story.house import House, Mail, at, kind_of, kinds

REPORT = '[report]\non = "mon 07:00"\nto = ["board@leaders.example"]\n'
CHIEF = '[[reminder]]\nto = ["owners", "chief@leaders.example"]\nrepeat = "24h"\n'
VACATION = 'require ["vacation"];\nvacation :days 1 :addresses ["%s"] :subject "Away" "I am on holiday until May.";\n'
SIEVE = """
protocol lda {
  mail_plugins = sieve
}
postmaster_address = postmaster@owners.example
sendmail_path = %s
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
}
service auth {
  unix_listener auth-userdb {
    mode = 0600
  }
}
"""
OUR_MARKS = ("Auto-Submitted", "List-Id", "X-Auto-Response-Suppress")
"""Any of which keeps a well-behaved responder silent."""
KINDS = ("notice", "opening", "reminder", "report")


class Away:
    """Accounts of people on holiday, on a Dovecot whose Sieve answers for them; `answers` are its answers."""

    def __init__(self, server: Dovecot, outgoing: Path) -> None:
        self._server, self._outgoing = server, outgoing

    def goes(self, who: str) -> None:
        """Somebody sets up their responder, which then knows of nobody that it has answered already."""
        home = ordinary.own_folder(self._server.mail / who)
        (home / ".dovecot.lda-dupes").unlink(missing_ok=True)
        script = home / ".dovecot.sieve"
        script.write_text(VACATION % who)
        ordinary.give_away(script)

    def gets(self, who: str, raw: bytes, sender: str) -> list[bytes]:
        """A mail is delivered to them; what was answered."""
        before = set(self._outgoing.iterdir())
        self._server.deliver(who, raw, sender)
        return [file.read_bytes() for file in sorted(set(self._outgoing.iterdir()) - before)]


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Away]:
    need_sieve()
    place = ordinary.short_folder()
    outgoing = ordinary.own_folder(place / "outgoing")
    sendmail = place / "sendmail"
    sendmail.write_text(f'#!/bin/sh\ncat >"$(mktemp {outgoing}/answer-XXXXXX)"\n')
    sendmail.chmod(0o755)
    with Dovecot(tmp_path, extra=SIEVE % sendmail) as server:
        yield Away(server, outgoing)


def all_kinds(houses: Houses) -> tuple[House, list[Letter]]:
    """A house that has sent one letter of each kind."""
    house = houses(config=REPORT)
    house.asks(at("Sat 10:00", week=-1))
    house.sends(at("Sun 10:00", week=-1), "Old Friend <friend@before.example>")
    house.round(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    house.round(at("Tue 10:05"))
    house.answers(question, at("Tue 11:00"))
    house.set_password("info", "forgotten")
    house.round(at("Wed 10:00"), code=77)
    house.set_password("info", house.dovecot.password)
    house.round(at("Mon 07:05", week=1))
    first = {kind_of(letter): letter for letter in house.sink.letters}
    assert tuple(sorted(first)) == KINDS
    return house, [first[kind] for kind in KINDS]


def without(raw: bytes, *names: str) -> bytes:
    """The same letter as a person would have sent it: without some of its fields, and as another mail."""
    message = message_from_bytes(raw, policy=policy.SMTP)
    for name in (*names, "Message-ID"):
        del message[name]
    message["Message-ID"] = f"<{len(names)}.{hash(names)}@person.example>"
    return message.as_bytes()


def test_a_real_responder_stays_silent_at_every_kind_of_letter_though_it_is_awake(houses: Houses, away: Away) -> None:
    house, letters = all_kinds(houses)
    monitor = f"monitor@{house.domain}"
    for letter in letters:
        (owner,) = letter.recipients
        away.goes(owner)
        assert away.gets(owner, letter.raw, monitor) == [], f"{kind_of(letter)}: it answered"
        only_submitted = without(letter.raw, "List-Id", "X-Auto-Response-Suppress")
        assert away.gets(owner, only_submitted, monitor) == [], "Auto-Submitted alone keeps it silent (RFC 3834 §2)"
        (answer,) = away.gets(owner, without(letter.raw, *OUR_MARKS), monitor)
        assert b"holiday" in answer, "the control: it answers what looks like a person's mail"


def test_a_responder_that_answers_all_the_same_leaves_no_wait_and_brings_no_letter(houses: Houses, away: Away) -> None:
    house, letters = all_kinds(houses)
    before = len(house.waits(at("Mon 07:10", week=1)))
    for n, letter in enumerate(letters):
        (owner,) = letter.recipients
        away.goes(owner)
        (answer,) = away.gets(owner, without(letter.raw, *OUR_MARKS), f"monitor@{house.domain}")
        house.dovecot.append(house.address("info"), "INBOX", answer, at(f"Mon 07:1{n}", week=1))
    house.sink.clear()
    house.answers(house.asks(at("Mon 07:20", week=1)), at("Mon 07:25", week=1))
    for moment in ("Mon 07:30", "Tue 07:40", "Wed 07:50"):
        assert house.round(at(moment, week=1)) == []
    assert len(house.waits(at("Wed 07:55", week=1))) == before + 1


def rude(house: House, letter: Letter, moment: str, *, names_it: bool, from_: str = "") -> Mail:
    """An answer in its own words, without any sign of a machine."""
    fields = {"In_Reply_To": str(letter.message["Message-ID"])} if names_it else {}
    monitor = f"monitor@{house.domain}"
    return house.mail(from_ or letter.recipients[0], monitor, at(moment), subject="Thank you for writing", **fields)


@pytest.mark.parametrize("names_it", [True, False], ids=["names-the-letter", "names-nothing"])
def test_a_rude_responder_at_whoever_gets_letters_makes_no_wait_and_no_second_letter(
    houses: Houses, names_it: bool
) -> None:
    house = houses(config=CHIEF)
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    came = house.round(at("Tue 10:05"))
    assert kinds(came) == [("reminder", "chief@leaders.example"), ("reminder", house.lead())]
    for n in range(6):  # each answer may be answered by a letter, if anything is wrong
        for letter in came:
            house.put("info", "INBOX", rude(house, letter, f"Tue 1{n}:20", names_it=names_it))
        assert house.round(at(f"Tue 1{n}:30")) == []
    (wait,) = house.waits(at("Tue 16:00"))
    assert (wait["opened_by"], wait["state"]) == (question.id, "waiting")
    again = house.round(at("Wed 10:05"))
    assert kinds(again) == kinds(came)
    assert all(b"Thank you for writing" not in letter.raw for letter in again)


def test_a_rude_responder_behind_an_address_we_do_not_know_makes_no_wait_either(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    (letter,) = house.round(at("Tue 10:05"))
    private = "lead.at.home@freemail.example"
    house.put("info", "INBOX", rude(house, letter, "Tue 10:20", names_it=True, from_=private))
    house.round(at("Tue 10:30"))
    assert len(house.waits(at("Tue 10:35"))) == 1
    assert house.threads(at("Tue 10:35"))[-1]["messages"][0]["rule"] == "automatic.answers-letter"


def test_a_person_outside_who_answers_a_letter_to_the_desk_itself_still_waits(house: House) -> None:
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    (letter,) = house.round(at("Tue 10:05"))
    # The owner has sent the letter on to a customer, who now writes to the desk.
    house.asks(at("Tue 11:00"), "Dora <dora@reader.example>", In_Reply_To=str(letter.message["Message-ID"]))
    house.round(at("Tue 11:05"))
    assert len(house.waits(at("Tue 11:05"))) == 2


def forwarded(letter: Letter, how: str, owner: str, desk: str) -> bytes:
    """What comes of a letter to an owner whose mail is sent on to the desk."""
    message = message_from_bytes(letter.raw, policy=policy.SMTP)
    if how == "redirected":  # RFC 5322 §3.6.6
        message["Resent-From"], message["Resent-To"] = owner, desk
    elif how == "with a new id":
        del message["Message-ID"]
        message["Message-ID"] = f"<{kind_of(letter)}.broken@forwarder.example>"
    elif how == "by a mail program":
        text = message.get_body(("plain",))
        assert text is not None
        content = text.get_content()
        message = message_from_bytes(b"", policy=policy.SMTP)
        message["From"], message["To"], message["Subject"] = owner, desk, f"Fwd: {letter.message['Subject']}"
        message["Message-ID"] = f"<{kind_of(letter)}.forward@program.example>"
        message.set_content(content)
    return message.as_bytes()


def test_letters_to_an_owner_who_sends_them_on_to_the_desk_make_no_wait_and_no_letter(houses: Houses) -> None:
    house, letters = all_kinds(houses)
    before = len(house.waits(at("Mon 07:10", week=1)))
    for how in ("as it is", "redirected", "with a new id", "by a mail program"):
        for letter in letters:
            raw = forwarded(letter, how, letter.recipients[0], house.address("info"))
            house.dovecot.append(house.address("info"), "INBOX", raw, at("Mon 07:10", week=1))
    for moment in ("Mon 07:30", "Tue 07:40", "Wed 07:50"):
        assert house.round(at(moment, week=1)) == []
    assert len(house.waits(at("Wed 07:55", week=1))) == before
