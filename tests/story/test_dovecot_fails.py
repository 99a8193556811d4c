"""A real mail server that is killed, rebuilt, crowded or emptied while it is read: one more round, and all is right."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from monitor.config import load
from monitor.inbox import connection
from monitor.inbox.imap import ImapSource, Login
from monitor.inbox.source import SourceError
from monitor.jobs import look
from monitor.jobs.connections import Connections
from monitor.jobs.poller import Poller
from monitor.store.store import open_store
from tests.servers.available import need_dovecot
from tests.servers.chaos import Blow, Chaos, Kind
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink
from tests.story.house import ANN, House, Mail, at, kinds

NOW, LATER = at("Tue 10:05"), at("Tue 10:10")
READERS = 40
House_ = Callable[..., House]


@pytest.fixture
def own(tmp_path: Path, smtp_sink: SmtpSink, mailboxes: Callable[[str], str]) -> Iterator[House_]:
    """`own(special_use=False, …)` is a house with a Dovecot of its own, that may be killed."""
    need_dovecot()
    servers: list[Dovecot] = []

    def build(**words: object) -> House:
        server = Dovecot(tmp_path, **words).__enter__()  # type: ignore[arg-type]
        servers.append(server)
        return House(tmp_path, server, smtp_sink, mailboxes)

    yield build
    for server in servers:
        server.__exit__(None, None, None)


def filled(house: House) -> list[Mail]:
    """Forty questions of Monday morning; the first ten are answered."""
    questions = [
        house.mail(f"Reader {n} <r{n}@reader.example>", house.address("info"), at("Mon 09:00")) for n in range(READERS)
    ]
    house.put_many("info", "INBOX", questions)
    ours = house.address("info")
    house.put_many("info", "Sent", [house.mail(ours, q.from_, at("Mon 10:00"), answers=q) for q in questions[:10]])
    return questions


def all_right(house: House, questions: list[Mail], gone: int = 0) -> None:
    """Everybody waits who was not answered; each mail is known once."""
    threads = house.threads(LATER)
    incoming = sorted(m["message_id"] for t in threads for m in t["messages"] if m["direction"] == "incoming")
    assert incoming == sorted(q.id for q in questions[: READERS - gone])
    states = [w["state"] for t in threads for w in t["waits"]]
    assert (states.count("answered"), states.count("waiting")) == (10, READERS - gone - 10)
    assert house.status(LATER)["troubles"] == []


def interrupted(house: House, at_mail: int, what: Callable[[], None]) -> list[SourceError]:
    """A look during which something happens as soon as so many mails were taken in; the faults it met."""
    settings, seen = load(house.config), 0

    def progress(_mailbox: str, count: int) -> None:
        nonlocal seen
        seen, before = seen + count, seen
        if before < at_mail <= seen:
            what()

    connections = Connections()
    with closing(open_store(settings.store_url)) as store:
        poller = Poller(store, settings, connections.of, progress=progress)
        try:
            return [s.fault for s in poller.poll(settings.mailboxes, NOW) if s.fault]
        finally:
            poller.close()
            connections.close()


def test_killed_in_the_middle_of_a_fetch_and_started_again(own: House_) -> None:
    house = own()
    questions, flags = filled(house), house.flags()
    with Chaos(house.dovecot.port) as chaos:
        house.write_config(imap_port=chaos.port)
        chaos.strike(Blow("stall", 9_000))
        killer = threading.Thread(target=lambda: chaos.struck.wait(20) and (house.dovecot.kill(), chaos.calm()))
        killer.start()
        assert house.run(NOW, "run", "--once").code == 69
        killer.join()
        assert house.run(NOW, "run", "--once").code == 69, "it is still down"
        house.dovecot.start()
        chaos.calm()
        assert kinds(house.round(LATER)) == [("opening", house.lead())]
    all_right(house, questions)
    assert house.flags() == flags


def test_a_lost_uid_list_between_two_rounds_doubles_nothing(own: House_) -> None:
    house = own()
    questions = filled(house)
    house.round(NOW)
    house.dovecot.lose_uid_list(house.address("info"), "INBOX")
    house.dovecot.lose_uid_list(house.address("info"), "Sent")
    assert kinds(house.round(LATER)) == []
    all_right(house, questions)


@pytest.mark.parametrize("at_mail", [1, 15, 35])
def test_a_uid_list_lost_between_two_batches_of_a_look(
    own: House_, at_mail: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "BATCH", 10)
    monkeypatch.setattr(look, "STORED_AT_ONCE", 10)
    house = own()
    questions = filled(house)
    interrupted(house, at_mail, lambda: house.dovecot.lose_uid_list(house.address("info"), "INBOX"))
    house.round(LATER)
    all_right(house, questions)


@pytest.mark.parametrize("at_mail", [1, 15])  # later on the last batch is fetched ahead: what is in it was seen
def test_mails_expunged_by_somebody_else_while_they_are_fetched_are_gone_and_no_trouble(
    own: House_, at_mail: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "BATCH", 10)
    monkeypatch.setattr(look, "STORED_AT_ONCE", 10)
    house = own()
    questions = filled(house)

    def expunge() -> None:
        with house.dovecot.client(house.address("info")) as client:
            client.select_folder("INBOX")
            client.delete_messages(range(READERS - 2, READERS + 1))
            client.expunge()

    assert interrupted(house, at_mail, expunge) == []
    house.round(LATER)
    all_right(house, questions, gone=3)


def test_a_server_that_lets_one_connection_in_is_busy_and_then_well(own: House_) -> None:
    house = own(max_connections=1)
    questions = filled(house)
    with house.dovecot.client(house.address("info")):
        told = house.run(NOW, "run", "--once")
        assert (told.code, house.sink.letters) == (75, [])
        assert "does not let" in told.err
        assert house.status(NOW)["mailboxes"][0]["state"] == "busy"
    assert kinds(house.round(LATER)) == [("opening", house.lead())]
    all_right(house, questions)


@pytest.mark.parametrize("name", ["Gesendete Objekte", "Éléments envoyés", "送信済みアイテム", "Отправленные"])
def test_a_localised_sent_folder_without_a_mark_is_found_and_told(own: House_, name: str) -> None:
    house = own(special_use=False)
    question = house.asks(at("Mon 10:00"), ANN)
    house.put("info", name, house.mail(house.address("info"), ANN, at("Mon 11:00"), answers=question))
    house.round(NOW)
    assert house.wait(NOW)["state"] == "answered"
    assert (name, "sent") in {(f["name"], f["role"]) for f in house.status(NOW)["mailboxes"][0]["folders"]}
    assert name in " ".join(house.run(NOW, "check").out.split())


@pytest.mark.parametrize(
    "capability",
    ["IMAP4rev1", "IMAP4rev1 LITERAL+ UIDPLUS", "IMAP4rev1 CONDSTORE", "IMAP4rev1 CONDSTORE ENABLE UNSELECT"],
)
def test_a_server_that_offers_less_shows_the_same(own: House_, capability: str) -> None:
    house = own(extra=f"imap_capability = {capability}")
    questions = filled(house)
    house.round(NOW)
    house.round(LATER)
    all_right(house, questions)
    house.dovecot.add_flags(house.address("info"), "INBOX", READERS, ["\\Answered"])
    house.round(at("Tue 10:15"))
    found = [w["evidence"] for w in house.waits(at("Tue 10:15")) if w["state"] == "answered"]
    assert found.count("flag") == 1


@pytest.mark.parametrize("kind", ["cut", "reset", "stall"])
@pytest.mark.parametrize("after", [0, 5, 100, 700, 1500])
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_ended_in_the_greeting_of_tls_the_next_try_gets_through(
    dovecot: Dovecot,
    mailboxes: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    security: Literal["tls", "starttls"],
    after: int,
    kind: Kind,
) -> None:
    port = dovecot.tls_port if security == "tls" else dovecot.port
    with Chaos(port) as chaos:
        ca = str(dovecot.ca_file)
        source = ImapSource(Login("localhost", chaos.port, security, mailboxes("info"), lambda: dovecot.password, ca))
        chaos.strike(Blow(kind, after))
        with monkeypatch.context() as impatient:
            impatient.setattr(connection, "CONNECT_TIMEOUT", 0.3)
            impatient.setattr(connection, "READ_TIMEOUT", 0.3)
            with pytest.raises(SourceError) as told:
                source.folders()
        assert told.value.fault in ("unreachable", "busy"), str(told.value)
        chaos.calm()
        assert "INBOX" in {folder.name for folder in source.folders()}
        source.close()
