"""`explain` tells the whole chain: who is who, what tied it, where it lies, the wait, its clock, what ended nothing."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import update

from monitor.core.conversations import LINKS
from monitor.core.message import Seen
from monitor.core.waits import fold
from monitor.screen import words
from monitor.screen.chain import ENDED
from monitor.store.store import open_store
from monitor.store.tables import messages, waits
from tests.core.situations import HOUSE
from tests.core.test_considered import dressed
from tests.story.conftest import Houses
from tests.story.house import ANN, ROOT, House, Json, Mail, at, text_of, utc

NOW = at("Wed 10:10")


def explained(house: House, mail: Mail) -> Json:
    """`explain --json` of one message."""
    told = house.run(NOW, "explain", mail.id, "--json")
    assert told.code == 0, told.err
    found: Json = json.loads(told.out)
    return found


class Scene:
    """Ann asks, and four mails do not answer her: passed on, to a supplier, claimed, a machine's. She asks again."""

    def __init__(self, houses: Houses) -> None:
        self.house = house = houses({"info": "", "ops": ""})
        house.opens(at("Mon 07:00"))
        self.asked = house.asks(at("Mon 09:00"))
        self.passed_on = house.mail(house.address("info"), house.address("ops"), at("Mon 10:00"), answers=self.asked)
        house.put("info", "Sent", self.passed_on)
        house.put("ops", "INBOX", self.passed_on)
        self.supplier = house.sends(at("Mon 11:00"), "Sue <sue@supplier.example>", answers=self.asked)
        stamp = {"Authentication-Results": "mx.house.example; dmarc=fail"}
        jo, desk = f"Jo <{house.address('jo')}>", house.address("info")
        self.claimed = house.mail(jo, ANN, at("Mon 12:00"), answers=self.asked, cc=desk, **stamp)
        house.put("info", "INBOX", self.claimed)
        self.machine = house.answers(self.asked, at("Mon 12:30"), Auto_Submitted="auto-replied")
        self.again = house.asks(at("Mon 13:00"), answers=self.asked)
        house.round(at("Tue 10:05"))
        house.round(at("Wed 10:05"))

    @property
    def number(self) -> str:
        """The conversation's."""
        return str(self.house.thread(self.asked, NOW)["number"])


@pytest.fixture
def scene(houses: Houses) -> Scene:
    return Scene(houses)


def test_every_answer_that_was_considered_is_refused_for_its_reason(scene: Scene) -> None:
    considered = explained(scene.house, scene.asked)["considered"]
    assert {c["message_id"]: c["rule"] for c in considered} == {
        scene.passed_on.id: "refused.internal",
        scene.supplier.id: "refused.other-people",
        scene.claimed.id: "refused.claimed",
        scene.machine.id: "refused.automatic",
    }
    (part,) = explained(scene.house, scene.supplier)["parts"]
    assert part == {"part": "refused", "opened_by": scene.asked.id, "rule": "refused.other-people"}


def test_everybody_in_a_message_is_told_with_the_rule(scene: Scene) -> None:
    house = scene.house
    people = explained(house, scene.claimed)["people"]
    assert [(p["part"], p["address"], p["ours"], p["rule"]) for p in people] == [
        ("writer", house.address("jo"), True, "staff.domain"),
        ("to", "ann@reader.example", False, "staff.outside"),
        ("to", house.address("info"), True, "staff.mailbox"),
    ]


def test_where_from_was_rewritten_both_are_told(houses: Houses) -> None:
    house = houses(staff='forms = ["noreply@forms.example"]')
    house.opens(at("Mon 07:00"))
    mail = house.asks(at("Mon 09:00"), "Form <noreply@forms.example>", Reply_To=ANN)
    house.round(at("Tue 10:05"))
    people = explained(house, mail)["people"]
    assert [(p["part"], p["address"]) for p in people[:2]] == [
        ("writer", "ann@reader.example"),
        ("from", "noreply@forms.example"),
    ]


def test_a_message_tells_its_part_in_the_wait_and_the_clock(scene: Scene) -> None:
    house = scene.house
    first, again = explained(house, scene.asked), explained(house, scene.again)
    assert [p["part"] for p in first["parts"] + again["parts"]] == ["opened", "chased"]
    assert again["wait"] == first["wait"]
    assert first["clock"] == {
        "mode": "elapsed",
        "reply_within_seconds": 24 * 3600,
        "opened_at": utc(at("Mon 09:00")),
        "due_at": utc(at("Tue 09:00")),
        "elapsed_seconds": 49 * 3600 + 600,
        "primary_seconds": 49 * 3600 + 600,
        "closed": [],
    }
    answer = house.answers(scene.asked, at("Wed 10:06"))
    house.round(at("Wed 10:08"))
    ended = explained(house, answer)
    assert ended["parts"] == [{"part": "ended", "opened_by": scene.asked.id, "rule": "answer.sent"}]
    assert ended["clock"]["elapsed_seconds"] == 49 * 3600 + 360


def test_a_second_answer_came_after_the_first(house: House) -> None:
    house.opens(at("Mon 07:00"))
    asked = house.asks(at("Mon 09:00"))
    house.answers(asked, at("Mon 10:00"))
    second = house.answers(asked, at("Mon 11:00"))
    house.round(at("Tue 10:05"))
    assert [c["message_id"] for c in explained(house, asked)["considered"]] == [second.id]
    assert explained(house, second)["parts"][0]["rule"] == "refused.after-answer"


def test_a_reply_tied_by_its_subject_says_so(house: House) -> None:
    house.opens(at("Mon 07:00"))
    asked = house.asks(at("Mon 09:00"), subject="Lantern workshop route")
    reply = house.sends(at("Mon 10:00"), ANN, subject="Re: Lantern workshop route")
    house.round(at("Tue 10:05"))
    assert explained(house, reply)["joined_by"] == "join.inferred"
    page = house.run(NOW, "explain", reply.id).out
    assert "same subject and the one who waits among its recipients" in page
    assert explained(house, asked)["wait"]["evidence"] == "inferred"


def test_where_a_message_lies_and_lay_is_told(house: House) -> None:
    user = house.address("info")
    house.opens(at("Mon 07:00"))
    lost, moved = house.asks(at("Mon 09:00")), house.asks(at("Mon 09:10"))
    house.round(at("Mon 10:00"))
    with house.dovecot.client(user) as client:
        client.create_folder("Archive")
    house.dovecot.move(user, "INBOX", 2, "Archive")
    house.dovecot.delete(user, "INBOX", 1)
    (letter,) = house.round(at("Tue 10:05"))
    gone, archived = explained(house, lost), explained(house, moved)
    assert (gone["missing"], gone["lies_in"], gone["seen_in"]) == (True, [], [f"{user}/inbox"])
    assert (archived["missing"], archived["lies_in"]) == (False, [f"{user}/elsewhere"])
    assert "it is no longer in the mailbox" in house.run(NOW, "explain", lost.id).out
    assert house.run(NOW, "threads").out.count("it is no longer in the mailbox") == 1
    assert text_of(letter).count("no longer in the mailbox") == 1


def test_what_was_done_to_a_message_in_its_folder_is_told(house: House) -> None:
    user = house.address("info")
    house.opens(at("Mon 07:00"))
    flagged, done = house.asks(at("Mon 09:00")), house.asks(at("Mon 09:10"))
    house.round(at("Mon 10:00"))
    with house.dovecot.client(user) as client:
        client.create_folder("No reply needed")
    house.dovecot.add_flags(user, "INBOX", 1, ["\\Answered"])
    house.dovecot.move(user, "INBOX", 2, "No reply needed")
    house.round(at("Mon 11:00"))
    one, two = explained(house, flagged), explained(house, done)
    assert one["answered_flag"] == {"seen_at": utc(at("Mon 11:00")), "not_before": utc(at("Mon 10:00"))}
    assert two["put_away"] == {"to": "done", "since": utc(at("Mon 11:00"))}
    assert two["wait"]["closed_at"] == utc(at("Mon 11:00"))
    assert "answer.flag" in house.run(NOW, "explain", flagged.id).out
    assert "closed.done" in house.run(NOW, "explain", done.id).out


# -- the page


@pytest.mark.parametrize("columns", [80, 110])
def test_a_conversation_is_told_in_order_and_fits(scene: Scene, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(columns)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = scene.house.run(NOW, "explain", scene.number).out
    assert "\x1b[32mrefused.internal" in coloured, "rules are green"
    page = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert not [line for line in page.splitlines() if len(line) > columns or line != line.rstrip()]
    told = ["09:00  Ann", "10:00  info", "12:30  info", "13:00  Ann", "target passed", "reminder", "The wait of Ann"]
    places = [page.index(part) for part in told]
    assert places == sorted(places)
    assert "Looked for an answer, found none" in page


def test_a_message_alone_is_told_with_its_wait_and_nothing_else(scene: Scene) -> None:
    page = scene.house.run(NOW, "explain", scene.asked.id).out
    assert "The wait of Ann Reader: waiting" in page
    assert page.count("├──  to ") == 1, "one message"
    for rule in ("refused.internal", "refused.other-people", "refused.claimed", "refused.automatic", "ladder.0h"):
        assert rule in page


def set_rule(house: House, table: Any, **values: Any) -> None:
    """What a rule says of everything, as if it had."""
    store = open_store(house.store_url)
    with store.writing() as connection:
        connection.execute(update(table).values(**values))
    store.close()


def test_what_may_only_be_thanks_is_marked_and_listed_apart(house: House) -> None:
    house.opens(at("Mon 07:00"))
    house.asks(at("Mon 09:00"))
    house.round(at("Mon 10:00"))
    assert "thank-you" not in house.run(NOW, "threads").out
    set_rule(house, waits, low_urgency=True)
    assert "perhaps only a thank-you" in house.run(NOW, "threads").out
    (letter,) = house.round(at("Tue 10:05"))
    assert "perhaps only a thank-you." in text_of(letter)
    number = house.threads(NOW)[-1]["number"]
    set_rule(house, messages, rule="closer.thanks")
    assert f"1 probably closed (only a thank-you): {number}\n" in house.run(NOW, "threads").out
    assert "probably" not in house.run(NOW, "threads", "--mailbox", house.address("info"), "--json").out
    house.dovecot.delete(house.address("info"), "INBOX", 1)
    house.round(at("Tue 10:10"))
    set_rule(house, messages, rule="closer.thanks")
    assert "probably closed" not in house.run(NOW, "threads").out


# -- words


@given(dressed())
def test_every_rule_has_plain_words(conversation: list[Seen]) -> None:
    folded = fold(conversation, HOUSE)
    assert {v.rule.partition(".")[0] for v in folded.verdicts.values()} <= words.VERDICTS.keys()
    over = {wait.evidence for wait in folded.waits if wait.evidence}
    assert {ENDED.get(evidence, f"answer.{evidence}") for evidence in over} <= words.ENDED.keys()


def test_staff_can_read_of_every_way_a_wait_ends() -> None:
    page = (ROOT / "docs" / "how-we-count.md").read_text(encoding="utf-8")
    grades = [rule.partition(".")[2] for rule in words.ENDED if rule.startswith("answer.")] + list(ENDED)
    assert [grade for grade in grades if f"`{grade}`" not in page] == []


def test_every_link_has_plain_words() -> None:
    rules = [f"join.{rule.__name__.strip('_').replace('_', '-')}" for rule in LINKS] + ["join.none", "join.inferred"]
    assert len({words.link(rule, "x", "incoming") for rule in rules} - {"x"}) == len(rules)
