"""The arithmetic of `make evaluate`, on archives small enough to know by heart; and the real ones where they are."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email import message_from_string
from pathlib import Path

import pytest

from bench.evaluate.archive import archive_rows, measure
from bench.evaluate.archive_rows import Compared, answer_rows, conversation_rows, overdue_rows, stripped_rows
from bench.evaluate.corpora import NoCorporaError, find
from bench.evaluate.labelled import Labelled, apart, judged, labelled_mail
from bench.evaluate.lists import lists_of
from bench.evaluate.pipeline import Pipeline, whole_header, without
from bench.evaluate.simple_rules import daemon, rfc3834
from bench.evaluate.stripped import addressees, strip
from bench.evaluate.table import Row, Section, Share, at_least, at_most, misses, table
from bench.evaluate.told import told
from bench.evaluate.truth import Said, View, answers, by_headers, in_order, late, pairs, stripped_replies, waits_of
from tests.servers.archive import LIST_ADDRESS, Archive, ArchiveMail, conversations

MONDAY = datetime(2024, 11, 11, 9, tzinfo=UTC)
BOB = "bob@desk.example"
STAFF = frozenset({BOB})
NOT_KEPT = {"auto-replies found"}
"""Of five one has no sign in its headers; docs/evaluation.md says why it stays so."""


def mail(name: str, hours: float, sender: str, *names: str, subject: str = "Opening hours at Easter") -> ArchiveMail:
    """A mail that arrives so many hours after Monday at nine, and names others."""
    lines = [f"From: {sender}", f"Subject: {subject}", f"Message-ID: <{name}>"]
    lines += [f"In-Reply-To: <{names[-1]}>", f"References: {' '.join(f'<{each}>' for each in names)}"] if names else []
    raw = "\r\n".join([*lines, "", "a text", ""]).encode()
    return ArchiveMail(raw, MONDAY + timedelta(hours=hours), sender, subject, name, frozenset(names))


ANN, CARL = "ann@reader.example", "carl@reader.example"
ARCHIVE = (
    mail("q1@x", 0, ANN),
    mail("a1@x", 2, BOB, "q1@x"),
    mail("q2@x", 3, CARL, subject="A lost umbrella, black"),
    mail("a2@x", 30, BOB, "q2@x", subject="A lost umbrella, black"),
    mail("more@x", 31, BOB, "q2@x", "a2@x", subject="A lost umbrella, black"),
    mail("again@x", 32, CARL, "q2@x", "a2@x", subject="A lost umbrella, black"),
)
"""Ann is answered in time, Carl too late; what he writes then stays unanswered."""


def view_of(mails: Iterable[ArchiveMail]) -> View:
    """What headers alone say of these mails."""
    mails = tuple(mails)
    return by_headers(conversations(mails), mails, STAFF)


def said(opener: str, answered_by: str | None, hours: float = 0) -> Said:
    """A wait that opened so many hours after Monday at nine."""
    return Said(opener, MONDAY + timedelta(hours=hours), answered_by is not None, answered_by, answered_by is None)


class TestTruth:
    def test_pairs_count_two_messages_of_one_conversation_once(self) -> None:
        found = pairs({"a": 1, "b": 1, "c": 1, "d": 2}, {"a": "x", "b": "x", "c": "y", "d": "y"})
        assert (found.true, found.found, found.both) == (3, 2, 1)
        assert (found.precision, found.recall, found.f1) == (1 / 2, 1 / 3, 2 / 5)

    def test_a_message_nobody_told_of_is_alone(self) -> None:
        assert pairs({"a": 1, "b": 1, "c": 1}, {"a": "x", "b": "x"})[:] == (3, 1, 1)

    def test_a_wait_opens_with_the_first_message_and_ends_with_the_first_of_staff(self) -> None:
        waits = waits_of([each for each in ARCHIVE if "2@" in each.message_id or each.message_id == "again@x"], STAFF)
        assert [(w.opener, w.answered_by, w.late) for w in waits] == [("q2@x", "a2@x", True), ("again@x", None, True)]

    def test_twenty_four_hours_exactly_are_in_time(self) -> None:
        times = [waits_of([mail("q@x", 0, ANN), mail("a@x", h, BOB, "q@x")], STAFF)[0].late for h in (24, 24.01)]
        assert times == [False, True]

    def test_a_reply_comes_after_what_it_names_whatever_its_clock_says(self) -> None:
        early = (mail("a@x", -5, BOB, "q@x"), mail("q@x", 0, ANN))
        assert [each.message_id for each in in_order(early)] == ["q@x", "a@x"]
        assert waits_of(early, STAFF)[0][2:] == (True, "a@x", False)

    def test_messages_that_name_each_other_are_all_there(self) -> None:
        ring = (mail("1@x", 0, ANN, "2@x"), mail("2@x", 1, BOB, "1@x"))
        assert [each.message_id for each in in_order(ring)] == ["1@x", "2@x"]

    def test_answers_are_found_wrong_or_missed(self) -> None:
        groups = dict.fromkeys(("q1", "q2", "q3", "q4", "q5"), 1)
        truth = View(
            groups, {w.opener: w for w in (said("q1", "a1"), said("q2", "a2"), said("q3", "a3"), said("q4", None))}
        )
        told_ = (said("q1", "a1"), said("q2", "a1"), said("q4", "a4"), said("q5", "a5"), said("elsewhere", "a6"))
        assert answers(truth, View({}, {w.opener: w for w in told_}))[:] == (("q1",), ("q2", "q4", "q5"), ("q3",))

    def test_overdue_is_told_by_opener(self) -> None:
        groups = dict.fromkeys(("q1", "q2", "q3"), 1)
        truth = View(groups, {w.opener: w for w in (said("q1", None), said("q2", "a2"), said("q3", None))})
        product = View({}, {w.opener: w for w in (said("q1", None), said("q2", None), said("elsewhere", None))})
        assert late(truth, product)[:] == (2, 2, 1, ("q2", "q3"))


class TestStripped:
    def test_a_reply_is_sent_to_the_customer_it_answers_also_through_staff(self) -> None:
        customers = addressees(ARCHIVE, STAFF)
        assert {name: each.sender for name, each in customers.items()} == {"a1@x": ANN, "a2@x": CARL, "more@x": CARL}

    def test_what_leads_to_no_customer_is_no_reply(self) -> None:
        mails = (mail("first@x", 0, BOB), mail("more@x", 1, BOB, "first@x"), mail("lost@x", 2, BOB, "gone@x"))
        assert addressees(mails, STAFF) == {}

    def test_headers_alone_lose_a_stripped_reply_unless_a_later_message_names_it(self) -> None:
        truth, lost = view_of(ARCHIVE), ("a1@x", "a2@x")
        became = stripped_replies(truth, view_of(strip(ARCHIVE, lost)), truth.conversation, lost)
        assert became == (("a1@x", "a2@x"), ("a2@x",), ())

    def test_a_reply_that_ends_a_wait_of_another_conversation_is_wrong(self) -> None:
        truth = view_of(ARCHIVE)
        product = View({}, {w.opener: w for w in (said("q1@x", "a1@x"), said("q2@x", "a1@x", 3))})
        became = stripped_replies(truth, product, truth.conversation, ("a1@x", "a2@x"))
        assert became == (("a1@x", "a2@x"), ("a1@x",), ("a1@x",))

    def test_a_reply_counts_for_an_older_wait_that_its_own_became_a_part_of_and_for_no_later_one(self) -> None:
        truth = view_of(ARCHIVE)
        older, later = said("q2@x", "a2@x", 1), said("again@x", "a2@x", 32)
        found = [
            stripped_replies(truth, View({}, {w.opener: w}), truth.conversation, ("a2@x",)).found
            for w in (older, later)
        ]
        assert found == [("a2@x",), ()]


class TestPipeline:
    def test_the_product_sees_a_small_archive_as_it_is(self) -> None:
        archive = Archive(ARCHIVE, STAFF)
        measured = measure(archive, {})
        with Pipeline(LIST_ADDRESS, STAFF) as pipeline:
            compared = Compared(measured, told(pipeline, archive, (), {}), view_of(ARCHIVE))
            stripped = Compared(measured, told(pipeline, archive, ("a1@x",), {"a1@x": ANN}), view_of(ARCHIVE))
        rows = [*conversation_rows(compared), *answer_rows(compared), *overdue_rows(compared)]
        assert {row.name: row.value for row in rows if row.value != 1} == {
            "answers wrong, of those named": 0,
            "answers missed": 0,
        }
        found, wrong = stripped_rows(stripped, ("a1@x",), None, at_most(0.01))
        assert (found.of, wrong.value) == (1, 0)
        assert stripped.seen.messages["a1@x"].seen.message.names == ()

    def test_each_mail_is_judged_alone_and_known_again(self) -> None:
        robot = b"From: noreply@shop.example\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <1@x>\r\n\r\n"
        person = b"From: ann@reader.example\r\nMessage-ID: <1@x>\r\n\r\n"
        nobody = b"Subject: who wrote this?\r\n\r\n"
        mails = [Labelled(name, "", raw) for name, raw in (("robot", robot), ("person", person), ("nobody", nobody))]
        verdicts = judged(mails, corpora_lists=False)
        assert {name: verdict.excluded for name, verdict in verdicts.items()} == {
            "robot": True,
            "person": False,
            "nobody": True,
        }

    def test_mails_that_share_an_id_never_meet(self) -> None:
        raws = (
            b"Message-ID: <1@x>",
            b"References: <0@x>\r\n <1@x>",
            b"Message-ID: <2@x>",
            b"In-Reply-To: <2@x>",
            b"A: b",
        )
        groups = apart([Labelled(str(at), "", raw + b"\r\n\r\n") for at, raw in enumerate(raws)])
        assert [[each.path for each in group] for group in groups] == [["0", "2", "4"], ["1", "3"]]

    @pytest.mark.parametrize(
        "raw",
        [b"From x Mon\nA: 1\n 2\nB: 3\n\nbody\n\n", b"\xef\xbb\xbfA: 1\r 2\rB: 3\r\rbody", b"A: 1\r\n 2\r\nB: 3"],
        ids=["mbox", "carriage returns and a byte order mark", "no body"],
    )
    def test_a_header_is_that_of_the_mail_not_of_the_file(self, raw: bytes) -> None:
        header = whole_header(raw)
        assert header.rstrip() == b"A: 1\r\n 2\r\nB: 3"
        assert without(header, ["a"]) == b"B: 3\r\n\r\n"


class TestSimpleRules:
    @pytest.mark.parametrize(
        ("header", "by_rfc3834", "by_daemon"),
        [
            ("Auto-Submitted: auto-replied (vacation)", True, False),
            ("Auto-Submitted: (nobody) no; x=1", False, False),
            ("Return-Path: <>", False, True),
            ("From: Mail System <MAILER-DAEMON@mx.example>", False, True),
            ("From: postmaster@mx.example\nAuto-Submitted: auto-generated", True, True),
            ("From: ann@reader.example\nReturn-Path: <ann@reader.example>", False, False),
        ],
    )
    def test_what_they_say(self, header: str, by_rfc3834: bool, by_daemon: bool) -> None:
        message = message_from_string(f"{header}\n\n")
        assert (rfc3834(message), daemon(message)) == (by_rfc3834, by_daemon)

    @pytest.mark.parametrize(
        "header",
        [
            "List-Post: <mailto:talk@lists.example>",
            "List-Id: People who talk <talk.lists.example>",
            "X-BeenThere: talk@lists.example",
            "Mailing-List: contact talk-help@lists.example; run by ezmlm",
            "Sender: owner-talk@lists.example",
            "Sender: talk-bounces@lists.example",
            "Precedence: bulk\nTo: talk@lists.example",
        ],
    )
    def test_the_list_a_mail_came_through(self, header: str) -> None:
        assert lists_of(message_from_string(f"{header}\nFrom: ann@reader.example\n\n")) == {"talk@lists.example"}

    def test_nobody_who_writes_is_a_list(self) -> None:
        assert (
            lists_of(message_from_string("From: ann@x.example\nPrecedence: list\nTo: ann@x.example\n\n")) == frozenset()
        )


class TestTable:
    def test_a_row_says_whether_its_target_is_kept(self) -> None:
        rows = (
            Row("found", Share(99, 100), 100, at_least(0.99), {"RFC 3834": Share(45, 100)}),
            Row("left out", Share(1, 100), 100, at_most(0.003, "{:.1%}"), misses=("one.eml — a rule — a signal",)),
            Row("newsletters", 0.5, 2),
        )
        section = Section("Labelled mail", rows, ("a note",))
        lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table([section]).splitlines()]
        assert lines[3][:6] == ["found", "100", "99.00% (99)", "≥ 99%", "✓", "45.00% (45)"]
        assert lines[4][:5] == ["left out", "100", "1.00% (1)", "≤ 0.3%", "✗"]
        assert lines[5][:5] == ["newsletters", "2", "0.5000", "", ""]
        assert misses([section]).splitlines()[1:] == [
            "Labelled mail, left out: 1 went wrong",
            "  one.eml — a rule — a signal",
        ]

    @pytest.mark.parametrize("named", ["", "somewhere", "no-pack.tar.xz"])
    def test_without_corpora_one_line_says_what_to_do(self, tmp_path: Path, named: str) -> None:
        (tmp_path / "no-pack.tar.xz").write_bytes(b"not a pack")
        with pytest.raises(NoCorporaError, match=r"Type: make evaluate CORPORA=FOLDER") as told_:
            find(tmp_path / named if named else None, tmp_path / "unpacked")
        assert "\n" not in str(told_.value)


@pytest.mark.full
def test_the_figures_on_real_mail(corpora: Path) -> None:
    sections = [labelled_mail(corpora), *archive_rows(corpora)]
    rows = [row for section in sections for row in section.rows]
    assert {row.name for row in rows if row.kept is False} <= NOT_KEPT
    as_it_is = {row.name: row.baselines["headers alone"] for row in sections[1].rows}
    assert as_it_is["conversations, pairs: F1"] == 1
    assert as_it_is["answers found"] == Share(990, 990)
    assert as_it_is["overdue: recall"] == Share(1272, 1272)
    assert [row.of for row in sections[0].rows] == [407, 5, 9, 13, 100, 3, 1317, 1317]
    to_list = {row.name: row.value for row in sections[2].rows}
    assert to_list["answers found"] >= 0.99
    assert to_list["overdue: precision"] >= 0.99
    assert to_list["overdue: recall"] >= 0.99
    assert [row.of for row in sections[3].rows[:2]] == [289, 345]
