"""A person is forgotten, and what is old goes: no trace in the store, and the report's history as it was.

On SQLite the bytes of all its files are searched, on PostgreSQL all tables as text.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select

from monitor.core.cursor import Cursor
from monitor.core.forgetting import NOWHERE
from monitor.core.house import Desk, House
from monitor.core.ladder import Reminder
from monitor.core.message import FAILED, Address, Message
from monitor.core.report.as_csv import report_csv
from monitor.core.staff import Staff
from monitor.store import tables
from monitor.store.arrivals import Arrival, Look
from monitor.store.citations import invisible_replies
from monitor.store.forgetting import forget
from monitor.store.mailboxes import answering, refold_if_rules_changed, watch
from monitor.store.outbox import begin_try, mark_refused, mark_sent, pending
from monitor.store.past import Removed
from monitor.store.reminding import NewLetter, already_claimed, claim, due_between
from monitor.store.reporting import due_in, left_out
from monitor.store.retention import MARGIN, is_due, purge
from monitor.store.store import Store, open_store
from monitor.store.stories import Story, all_stories
from monitor.store.wiping import wipe
from tests.contract.taking import take_in

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INFO, OPS = "info@ours.example", "ops@ours.example"
ANN, BEN, CLEO = "ann.planted@far.example", "ben@borrower.example", "cleo@club.example"
NAMES = {ANN: "Ann Zaplanted", BEN: "Ben Borrower", CLEO: "Cleo Club", INFO: "Info Desk", OPS: ""}
HOUSE = House(
    staff=Staff(mailboxes=frozenset({INFO, OPS}), domains=("ours.example",)),
    desks={INFO: Desk(INFO, "Front desk"), OPS: Desk(OPS, "Operations")},
)
TRACES = (ANN, "ann.planted", "Zaplanted", "far.example", "Planted topic")
"""What may be left nowhere of Ann: address, name, Message-IDs, subject."""


@pytest.fixture
def desks(store: Store) -> "Desks":
    """Two mailboxes, empty."""
    return Desks(store)


class Desks:
    """Two mailboxes and what arrives in them."""

    def __init__(self, store: Store) -> None:
        self.store, self.uid = store, 0
        roles = [("INBOX", "inbox"), ("Sent", "sent")]
        self.folders = {(m, row.name): row.id for m in (INFO, OPS) for row in watch(store, m, roles)}  # type: ignore[arg-type]

    def take(self, message: Message, when: datetime, at: str = INFO) -> Message:
        """It lies in the Sent folder where we wrote it, else in the inbox."""
        self.uid += 1
        folder = "Sent" if message.from_.address == at else "INBOX"
        arrival = Arrival(self.uid, frozenset(), 9000, when, message)
        take_in(self.store, self.folders[at, folder], [arrival], Cursor(7, self.uid + 1), HOUSE, Look(NOW))
        return message

    def forget(self, address: str = ANN) -> Removed:
        return forget(self.store, address, HOUSE, lambda _: NOW, NOW)

    def stories(self) -> list[Story]:
        return list(all_stories(self.store))

    def waits(self, but: Collection[str] = ()) -> list[Any]:
        """All waits but those of some people, without numbers and ids."""
        found = [w for s in self.stories() for w in s.waits if w.who.address not in but]
        plain = [replace(w, id=0, answered_by=None, answer=None, members=(), opener="") for w in found]
        return sorted(plain, key=lambda w: (w.opened_at, w.who))


def mail(
    name: str, from_: str, *to: str, re: Sequence[Message] = (), subject: str = "Opening hours", **more: Any
) -> Message:
    """Its id is of the writer's domain; References names all of `re`."""
    return Message(
        identity=(i := f"<{name}@{from_.partition('@')[2]}>"),
        message_id=i,
        from_=Address(NAMES[from_], from_),
        recipients=tuple(Address(NAMES[address], address) for address in to),
        subject=("Re: " if re else "") + subject,
        in_reply_to=tuple(m.message_id for m in re[-1:]),
        references=tuple(m.message_id for m in re),
        **more,
    )


def left(store: Store, traces: Sequence[str] = TRACES) -> list[str]:
    """Which traces can still be read, in any case, in the files or tables of the store."""
    assert wipe(store, whole=True)
    if store.is_sqlite:
        files = list(Path(str(store.engine.url.database)).parent.glob("monitor.db*"))
        held = b"\n".join(file.read_bytes() for file in files).lower()
    else:
        with store.reading() as connection:
            rows = [tuple(row) for table in tables.metadata.sorted_tables for row in connection.execute(select(table))]
        held = repr(rows).lower().encode()
    assert b"ours.example" in held
    return [trace for trace in traces if trace.lower().encode() in held]


def history(store: Store) -> dict[str, Any]:
    """All that reports are made of, but for who waits now."""
    weeks = [(TEN + n * 7 * DAY, TEN + (n + 1) * 7 * DAY) for n in (*range(-56, -50), *range(-1, 2))]
    cohorts = [due_in(store, *week, lambda _: NOW) for week in weeks]
    return {
        "csv": [report_csv(cohort) for cohort in cohorts],
        "cohorts": cohorts,
        "left out": [left_out(store, *week) for week in weeks],
        "unseen": [invisible_replies(store, *week) for week in weeks],
        "others": answering(store, NOW),
    }


def letter(name: str, recipient: str = "lead@ours.example") -> NewLetter:
    return NewLetter("reminder", f"<{name}@ours.example>", recipient, "Ann Zaplanted is waiting", b"Planted topic")


def reminder(wait: int, recipient: str = "lead@ours.example") -> Reminder:
    return Reminder(wait, "0h.owners", 0, recipient, TEN + 24 * HOUR)


def only_ann(desks: Desks, topic: str = "Planted topic") -> Message:
    """Ann asks, is answered by another desk, thanks, and sends an automatic reply; ours pass it on among themselves."""
    first = desks.take(mail("1", ANN, INFO, subject=topic), TEN)
    inner = desks.take(mail("2", INFO, OPS, re=[first], subject=topic), TEN + HOUR)
    desks.take(mail("3", OPS, ANN, re=[first, inner], subject=topic), TEN + 2 * HOUR, OPS)
    away = {"auto-submitted": ("auto-replied",)}
    desks.take(mail("4", ANN, OPS, re=[first], subject=topic, headers=away), TEN + 3 * HOUR, OPS)
    return first


class TestForgetting:
    def test_who_wrote_to_us_alone_leaves_no_trace_and_the_figures_stay(self, desks: Desks) -> None:
        only_ann(desks)
        desks.take(mail("9", BEN, INFO), TEN)
        before = history(desks.store)
        assert [w.state for cohort in before["cohorts"] for w in cohort] == ["answered", "waiting"]
        assert sum(map(len, before["left out"])) == 1
        assert before["others"] == {INFO: {OPS}}
        assert len(left(desks.store)) == len(TRACES)
        removed = desks.forget()
        assert (removed.conversations, removed.messages, removed.scrubbed, removed.waits) == (1, 4, 0, 1)
        assert left(desks.store) == []
        assert history(desks.store) == before
        assert [w.who.address for w in desks.waits()] == [BEN]

    def test_who_still_waited_waits_no_more_and_the_past_knows_no_more_of_it(self, desks: Desks) -> None:
        desks.take(mail("1", ANN, INFO, subject="Planted topic"), TEN)
        before = history(desks.store)
        desks.forget()
        assert history(desks.store) == before
        assert due_between(desks.store, None, NOW) == []
        later = due_in(desks.store, TEN, TEN + 7 * DAY, lambda _: NOW + 900 * DAY)
        assert [w.length() for w in later] == [(NOW - TEN, False)], "it does not grow for ever"

    def test_in_a_conversation_with_others_only_the_person_goes(self, desks: Desks) -> None:
        first = desks.take(mail("1", ANN, INFO, BEN, subject="Planted topic of Ann Zaplanted"), TEN)
        topic = "Planted topic of Ann Zaplanted"
        chase = desks.take(mail("2", BEN, INFO, ANN, re=[first], subject=topic), TEN + HOUR)
        reply = desks.take(mail("3", INFO, BEN, ANN, re=[first, chase], subject=topic), TEN + 2 * HOUR)
        desks.take(mail("4", BEN, INFO, re=[first, chase, reply], subject=topic), TEN + 3 * HOUR)
        desks.take(mail("5", ANN, INFO, re=[first, reply], subject=topic), TEN + 4 * HOUR)
        before, waits = history(desks.store), desks.waits(but=[ANN])
        removed = desks.forget()
        assert (removed.conversations, removed.messages, removed.scrubbed) == (0, 2, 3)
        assert left(desks.store, [t for t in TRACES if t != "Planted topic"]) == []
        assert history(desks.store) == before
        assert [w for w in desks.waits() if w.who.address == BEN] == waits
        (story,) = desks.stories()
        assert [m.seen.message.from_.address.endswith(NOWHERE) for m in story.messages] == [
            True,
            False,
            False,
            False,
            True,
        ]
        assert desks.forget() == Removed(), "nothing is left to forget"

    def test_what_was_decided_stands_when_the_rules_are_asked_again(self, desks: Desks) -> None:
        first = desks.take(mail("1", ANN, INFO, BEN), TEN)
        away = {"auto-submitted": ("auto-replied",), "x-autoreply": (f"for {ANN}",)}
        desks.take(mail("2", ANN, INFO, re=[first], headers=away), TEN + HOUR)
        desks.take(mail("3", BEN, INFO, re=[first]), TEN + 2 * HOUR)
        before = history(desks.store)
        desks.forget()
        refold_if_rules_changed(desks.store, "other rules", HOUSE)
        assert history(desks.store) == before
        assert left(desks.store) == []

    def test_an_open_wait_of_theirs_ends_beside_one_that_goes_on(self, desks: Desks) -> None:
        first = desks.take(mail("1", INFO, ANN, BEN), TEN)
        desks.take(mail("2", ANN, INFO, re=[first]), TEN + HOUR)
        desks.take(mail("3", BEN, INFO, re=[first]), TEN + 2 * HOUR)
        before = history(desks.store)
        desks.forget()
        assert [w.who_address for w in due_between(desks.store, None, NOW)] == [BEN]
        assert history(desks.store) == before

    def test_mere_mentions_elsewhere_go_too(self, desks: Desks) -> None:
        first = desks.take(mail("1", ANN, INFO, subject="Planted topic"), TEN)
        desks.take(mail("2", INFO, ANN, re=[first], subject="Planted topic"), TEN + HOUR)
        bounce = {
            FAILED: (f"failed <9@ours.example> {ANN}",),
            "return-path": ("<b+ann.planted=far.example@l.example>",),
        }
        desks.take(mail("3", BEN, INFO, subject=f"About {ANN} and lifts", headers=bounce), TEN)
        named = replace(mail("4", CLEO, INFO, subject="A lost card"), references=(first.message_id,))
        desks.take(named, TEN + 2 * HOUR)
        waits = desks.waits(but=[ANN])
        desks.forget()
        assert left(desks.store) == []
        assert desks.waits() == waits

    @pytest.mark.parametrize("spelling", [ANN.upper(), "ann.planted+tickets@far.example"])
    def test_case_and_detail_make_no_other_person(self, desks: Desks, spelling: str) -> None:
        message = mail("1", ANN, INFO, subject="Planted topic")
        desks.take(replace(message, from_=Address("Ann Zaplanted", "ann.planted+news@far.example")), TEN)
        assert desks.forget(spelling).messages == 1
        assert left(desks.store) == []

    @pytest.mark.parametrize(
        "other", ["joann.planted@far.example", "ann.planted@far.example.org", "planted@far.example"]
    )
    def test_a_longer_or_shorter_address_is_another_person(self, desks: Desks, other: str) -> None:
        message = mail("1", ANN, INFO, headers={"x-autoreply": (f"for {other}",)})
        desks.take(replace(message, from_=Address("Jo", other)), TEN)
        assert desks.forget() == Removed()

    def test_their_next_mail_is_that_of_somebody_new(self, desks: Desks) -> None:
        first = only_ann(desks)
        desks.forget()
        refold_if_rules_changed(desks.store, "other rules", HOUSE)
        desks.take(mail("8", ANN, INFO, re=[first]), NOW - HOUR)
        (wait,) = desks.waits()
        assert (wait.who.address, wait.opened_at, wait.state) == (ANN, NOW - HOUR, "waiting")
        assert desks.stories()[0].number == 2, "a number is never given twice"


class TestLetters:
    def test_a_letter_not_sent_yet_is_taken_back_and_the_others_in_it_fall_due_again(self, desks: Desks) -> None:
        desks.take(mail("1", ANN, INFO, subject="Planted topic"), TEN)
        for number, who in (("2", BEN), ("3", CLEO)):
            desks.take(mail(number, who, INFO), TEN)
        waits = {w.who_address: w.id for w in due_between(desks.store, None, NOW)}
        claim(desks.store, letter("both"), [reminder(waits[ANN]), reminder(waits[BEN])], NOW)
        claim(desks.store, replace(letter("cleo"), body=b"Cleo"), [reminder(waits[CLEO])], NOW)
        (before,) = [row for row in pending(desks.store, NOW) if row.message_id == "<both@ours.example>"]
        assert desks.forget().letters == 1
        assert [row.message_id for row in pending(desks.store, NOW)] == ["<cleo@ours.example>"]
        assert already_claimed(desks.store, list(waits.values())).keys() == {waits[CLEO]}
        assert not begin_try(desks.store, before.id), "who has it in hand must not send it"
        assert left(desks.store, ["Planted topic"]) == []

    @pytest.mark.parametrize("settle", [mark_sent, mark_refused])
    def test_a_settled_letter_keeps_no_text(self, desks: Desks, settle: Any) -> None:
        desks.take(mail("1", BEN, INFO), TEN)
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], NOW)
        settle(desks.store, pending(desks.store, NOW)[0].id, "250 OK", NOW)
        assert left(desks.store, ["Zaplanted", "Planted topic"]) == []
        assert already_claimed(desks.store, [wait.id]), "and is remembered"


CAST = (ANN, BEN, CLEO)
EXAMPLES = 25


@st.composite
def worlds(draw: st.DrawFn) -> list[tuple[Message, datetime]]:
    """Up to nine mails of three customers and a desk, who answer and copy each other as it comes."""
    told: list[tuple[Message, datetime]] = []
    for n in range(draw(st.integers(1, 9))):
        from_ = draw(st.sampled_from((*CAST, INFO)))
        people = draw(st.lists(st.sampled_from(CAST), unique=True, min_size=from_ == INFO, max_size=3))
        to = [p for p in people if p != from_] + ([INFO] if from_ != INFO else [])
        parent = draw(st.sampled_from([None, *(m for m, _ in told)]))
        re = [parent] if parent else []
        subject = draw(st.sampled_from(("A lost card", "A broken lift")))
        told.append((mail(f"m{n}", from_, *to, re=re, subject=subject), TEN + n * HOUR))
    return told


def wiped(store: Store) -> Desks:
    with store.writing() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table.name != "settings":
                connection.execute(delete(table))
        connection.execute(delete(tables.settings).where(tables.settings.c.name != "letter_key"))
    return Desks(store)


@pytest.mark.parametrize("kind", ["memory", pytest.param("postgresql", marks=pytest.mark.full)])
def test_forgetting_any_one_leaves_the_waits_of_all_others_as_they_were(
    kind: str, request: pytest.FixtureRequest
) -> None:
    store = open_store("sqlite://" if kind == "memory" else request.getfixturevalue("postgres_url"))

    @settings(max_examples=EXAMPLES if store.is_sqlite else 15, database=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds(), who=st.sampled_from(CAST))
    def one_goes(world: list[tuple[Message, datetime]], who: str) -> None:
        desks = wiped(store)
        for message, when in world:
            desks.take(message, when)
        before, waits = history(store), desks.waits(but=[who])
        desks.forget(who)
        assert history(store) == before
        assert [w for w in desks.waits() if not w.who.address.endswith(NOWHERE)] == waits
        with store.reading() as connection:
            kept = [tuple(row) for t in tables.metadata.sorted_tables for row in connection.execute(select(t))]
        assert who not in repr(kept)
        assert NAMES[who] not in repr(kept)

    one_goes()
    store.close()


YEAR = 365 * DAY
OLD = NOW - YEAR - MARGIN - DAY


def aged(desks: Desks, answered: int) -> None:
    """So many conversations of a year ago that were answered; one in which somebody still waits; one of today."""
    for n in range(answered):
        first = desks.take(mail(f"a{n}", ANN, INFO, subject="Planted topic"), OLD - 9 * HOUR)
        desks.take(mail(f"b{n}", INFO, ANN, re=[first], subject="Planted topic"), OLD - 5 * HOUR)
    bulk = {"list-unsubscribe": ("<mailto:u@far.example>",), "list-id": ("<news.far.example>",)}
    desks.take(mail("news", ANN, INFO, subject="Planted topic", headers=bulk), OLD - 9 * HOUR)
    desks.take(mail("w", BEN, INFO, subject="A broken lift"), OLD)
    desks.take(mail("n", CLEO, INFO, subject="A lost card"), NOW - HOUR)


class TestRetention:
    def test_what_is_old_and_over_goes_and_the_figures_stay(self, desks: Desks) -> None:
        aged(desks, 2)
        before = history(desks.store)
        removed = purge(desks.store, YEAR, NOW)
        assert (removed.conversations, removed.messages, removed.waits) == (3, 5, 2)
        assert left(desks.store) == []
        assert history(desks.store) == before
        assert [w.who.address for w in desks.waits()] == [BEN, CLEO], "who still waits is kept, however old"
        assert not purge(desks.store, YEAR, NOW)

    def test_the_day_before_it_is_all_there(self, desks: Desks) -> None:
        aged(desks, 2)
        assert not purge(desks.store, YEAR + 2 * DAY, NOW)
        assert len(desks.stories()) == 5

    def test_a_later_mail_of_theirs_opens_a_conversation_of_its_own(self, desks: Desks) -> None:
        first = desks.take(mail("1", ANN, INFO), OLD)
        reply = desks.take(mail("2", INFO, ANN, re=[first]), OLD)
        desks.take(mail("n", CLEO, INFO, subject="A lost card"), NOW)
        purge(desks.store, YEAR, NOW)
        again = desks.take(mail("3", ANN, INFO, re=[first, reply]), NOW - HOUR)
        desks.take(mail("4", INFO, ANN, re=[first, reply, again]), NOW)
        (wait,) = (w for w in desks.waits() if w.who.address == ANN)
        assert (wait.opened_at, wait.state, wait.evidence) == (NOW - HOUR, "answered", "sent")
        assert invisible_replies(desks.store, NOW - DAY, NOW + DAY) == {}

    def test_a_clock_that_is_years_ahead_empties_nothing(self, desks: Desks) -> None:
        desks.take(mail("1", ANN, INFO), NOW - 2 * DAY)
        desks.take(mail("2", INFO, ANN, re=[mail("1", ANN, INFO)]), NOW - DAY)
        assert not purge(desks.store, YEAR, NOW + 9 * YEAR)

    def test_it_is_due_once_a_day(self, desks: Desks) -> None:
        assert is_due(desks.store, NOW, DAY)
        purge(desks.store, YEAR, NOW)
        assert not is_due(desks.store, NOW + 23 * HOUR, DAY)
        assert is_due(desks.store, NOW - 300 * DAY, DAY), "the clock was far ahead then"
        assert is_due(desks.store, NOW + DAY, DAY)

    def test_the_letters_of_that_time_go_with_it(self, desks: Desks) -> None:
        desks.take(mail("1", BEN, INFO), OLD - 9 * DAY)
        (wait,) = due_between(desks.store, None, NOW)
        claim(desks.store, letter("a"), [reminder(wait.id)], OLD)
        mark_sent(desks.store, pending(desks.store, NOW)[0].id, "250 OK", OLD)
        desks.take(mail("2", INFO, BEN, re=[mail("1", BEN, INFO)]), OLD)
        desks.take(mail("n", CLEO, INFO, subject="A lost card"), NOW)
        purge(desks.store, YEAR, NOW)
        with desks.store.reading() as connection:
            rows: Mapping[str, int] = {
                table.name: len(connection.execute(select(table)).all()) for table in (tables.letters, tables.reminders)
            }
        assert rows == {"letters": 0, "reminders": 0}

    def test_a_batch_costs_a_constant_number_of_statements(self, desks: Desks) -> None:
        costs: list[int] = []
        for count in (3, 12):
            aged(wiped(desks.store) if costs else desks, count)
            sent: list[str] = []
            note = lambda _c, _k, statement, *_, sent=sent: sent.append(statement)  # noqa: E731  # one line
            event.listen(desks.store.engine, "before_cursor_execute", note)
            purge(desks.store, YEAR, NOW)
            event.remove(desks.store.engine, "before_cursor_execute", note)
            costs.append(len(sent))
        assert costs[0] == costs[1] <= 40
