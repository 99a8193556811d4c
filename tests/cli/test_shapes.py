"""The JSON of the outer contract: names and shapes are fixed; stdout is nothing but JSON."""

import json
from typing import Any

import pytest

from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, House, Json, Mail, at, utc

NOW = at("Tue 10:05")

THREAD = {"number": int, "mailbox": str, "team": str, "subject": str, "messages": list, "waits": list}
MESSAGE = {
    "message_id": str,
    "from": str,
    "direction": ("incoming", "outgoing", "internal", "automatic"),
    "received_at": "moment",
    "wants_reply": bool,
    "rule": str,
}
WAIT = {
    "state": ("waiting", "answered", "no_reply_needed", "excused"),
    "opened_by": str,
    "opened_at": "moment",
    "due_at": "moment",
    "answered_by": (str, None),
    "answered_at": ("moment", None),
    "evidence": (str, None),
    "met": (True, False, None),
}
EXPLAINED = {
    "message_id": str,
    "direction": str,
    "wants_reply": bool,
    "rule": str,
    "signals": list,
    "conversation": int,
    "joined_by": str,
    "wait": (dict, None),
    "reminders": list,
}
STATUS = {"mailboxes": list, "outbox": dict, "troubles": list, "suggestions": list, "healthy": bool}
MAILBOX = {
    "address": str,
    "as_of": ("moment", None),
    "looked_at": ("moment", None),
    "state": str,
    "folders": list,
    "replies_visible": bool,
    "invisible_replies": dict,
    "waiting": int,
    "late": int,
}
TROUBLE = {"folder": str, "uidvalidity": int, "uid": int, "reason": str}
FIGURES = {"k": int, "n": int, "percent": (int, None)}


def fits(value: object, wanted: object) -> bool:
    """Whether a value is as the contract says: a type, "moment", a choice, or one of several of these."""
    if isinstance(wanted, type):
        return type(value) is wanted
    if wanted == "moment":
        return isinstance(value, str) and len(value) == 20 and value[10] == "T" and value.endswith("Z")
    if isinstance(wanted, tuple):
        return any(fits(value, each) for each in wanted)
    return value is wanted or (isinstance(wanted, str) and value == wanted)


def holds(found: Json, shape: dict[str, Any]) -> None:
    """All names are there, in their order, and each value fits; more names may come."""
    assert [name for name in found if name in shape] == list(shape)
    assert {name: found[name] for name, wanted in shape.items() if not fits(found[name], wanted)} == {}


def said(house: House, *words: str, code: int = 0) -> Any:
    """What a command prints, which is JSON and nothing else."""
    told = house.run(NOW, *words)
    assert told.code == code, told.err
    assert told.err == ""
    return json.loads(told.out)


class Stage:
    """A house after two rounds: one answered, one late, one newsletter, one unreadable."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.opens(at("Mon 07:00"))
        self.late = house.asks(at("Mon 09:00"), BEN)
        self.answered = house.asks(at("Mon 08:00"))
        self.answer = house.answers(self.answered, at("Mon 09:30"))
        self.news = house.asks(at("Mon 09:10"), "News <news@shop.example>", List_Unsubscribe="<mailto:x@shop.example>")
        house.dovecot.append(house.address("info"), "INBOX", b"From:\r\n\r\n", at("Mon 09:20"))
        assert house.run(NOW, "run", "--once").code == 0

    def thread(self, mail: Mail) -> Json:
        return self.house.thread(mail, NOW)


@pytest.fixture
def stage(house: House) -> Stage:
    return Stage(house)


def test_threads_are_a_list_of_conversations(stage: Stage) -> None:
    found = said(stage.house, "threads", "--all", "--json")
    assert len(found) == 4, "with the letter of the day before"
    for thread in found:
        holds(thread, THREAD)
        for message in thread["messages"]:
            holds(message, MESSAGE)
        for wait in thread["waits"]:
            holds(wait, WAIT)


def test_a_waiting_an_answered_and_an_automatic_conversation(stage: Stage) -> None:
    house = stage.house
    late, answered, news = (stage.thread(mail) for mail in (stage.late, stage.answered, stage.news))
    assert (late["mailbox"], late["team"], late["subject"]) == (house.address("info"), "Info desk", stage.late.subject)
    (wait,) = late["waits"]
    assert {name: wait[name] for name in WAIT} == {
        "state": "waiting",
        "opened_by": stage.late.id,
        "opened_at": utc(at("Mon 09:00")),
        "due_at": utc(at("Tue 09:00")),
        "answered_by": None,
        "answered_at": None,
        "evidence": None,
        "met": False,
    }
    (wait,) = answered["waits"]
    assert (wait["state"], wait["answered_by"], wait["met"]) == ("answered", stage.answer.id, True)
    assert (wait["answered_at"], wait["evidence"]) == (utc(at("Mon 09:30")), "sent")
    assert [m["direction"] for m in answered["messages"]] == ["incoming", "outgoing"]
    assert [m["from"] for m in answered["messages"]] == ["ann@reader.example", house.address("info")]
    assert (news["waits"], news["messages"][0]["wants_reply"]) == ([], False)


def test_threads_can_be_chosen(houses: Houses) -> None:
    house = houses({"info": "", "ops": ""})
    stage = Stage(house)
    other = house.asks(at("Tue 09:00"), ANN, to="ops")
    assert house.run(NOW, "run", "--once").code == 0
    ids = [t["messages"][0]["message_id"] for t in said(house, "threads", "--json")]
    assert ids == [stage.late.id, other.id], "only who waits, most overdue first"
    assert len(said(house, "threads", "--late", "--json")) == 1
    assert [t["team"] for t in said(house, "threads", "--mailbox", house.address("OPS"), "--json")] == ["Ops desk"]
    number = said(house, "threads", "--late", "--json")[0]["number"]
    holds(said(house, "threads", str(number), "--json"), THREAD)
    assert house.run(NOW, "threads", "--fail-if-late").code == 1
    assert house.run(NOW, "threads", "--fail-if-late", "--mailbox", house.address("ops")).code == 0
    assert len(said(house, "threads", "--fail-if-late", "--json", code=1)) == 2


def test_explain_tells_every_decision(stage: Stage) -> None:
    found = said(stage.house, "explain", stage.late.id, "--json")
    holds(found, EXPLAINED)
    assert (found["message_id"], found["direction"], found["wants_reply"]) == (stage.late.id, "incoming", True)
    assert found["rule"] == "needs-reply.person"
    assert found["joined_by"] == "join.none"
    assert found["wait"]["opened_by"] == stage.late.id
    (reminder,) = found["reminders"]
    assert (reminder["recipient"], reminder["state"]) == (stage.house.lead(), "sent")
    assert said(stage.house, "explain", stage.late.id.strip("<>"), "--json") == found, "also without the brackets"
    news = said(stage.house, "explain", stage.news.id, "--json")
    assert (news["wait"], news["reminders"]) == (None, [])
    assert news["signals"], "what spoke against a person"
    both = said(stage.house, "explain", str(stage.thread(stage.answered)["number"]), "--json")
    assert [m["message_id"] for m in both] == [stage.answered.id, stage.answer.id]
    assert both[1]["joined_by"] == "join.in-reply-to"


def test_status_tells_mailboxes_outbox_and_troubles(stage: Stage) -> None:
    found = said(stage.house, "status", "--json")
    holds(found, STATUS)
    (mailbox,) = found["mailboxes"]
    holds(mailbox, MAILBOX)
    assert (mailbox["state"], mailbox["waiting"], mailbox["late"]) == ("ok", 1, 1)
    assert mailbox["as_of"] == mailbox["looked_at"] == utc(NOW)
    assert {folder["role"] for folder in mailbox["folders"]} == {"inbox", "sent"}
    (trouble,) = found["troubles"]
    holds(trouble, TROUBLE)
    holds(mailbox["invisible_replies"], FIGURES)
    assert found["outbox"]["pending"] == 0
    assert found["outbox"]["sent"] == len(stage.house.sink.letters)
    stage.house.set_password("info", "wrong")
    stage.house.run(NOW, "run", "--once")
    found = said(stage.house, "status", "--json", code=1)
    assert (found["healthy"], found["mailboxes"][0]["state"]) == (False, "refused")


def test_status_knows_nothing_before_the_first_look(house: House) -> None:
    found = said(house, "status", "--json", code=1)
    assert (found["healthy"], found["troubles"]) == (False, [])
    (mailbox,) = found["mailboxes"]
    holds(mailbox, MAILBOX)
    assert (mailbox["as_of"], mailbox["looked_at"], mailbox["replies_visible"]) == (None, None, False)


def test_the_report_has_k_and_n_beside_each_percentage(stage: Stage) -> None:
    house = stage.house
    found = said(house, "report", "--week", "2024-W46", "--json")
    assert (found["week"], found["from"], found["to"]) == (
        "2024-W46",
        utc(at("Mon 00:00")),
        utc(at("Mon 00:00", week=1)),
    )
    (team,) = found["teams"]
    for figures in (found["overall"], team):
        holds(figures, FIGURES)
        assert (figures["k"], figures["n"]) == (1, 2)
    holds(found["invisible_replies"], FIGURES)
    with_percent = [part for part in walk(found) if "percent" in part]
    assert all({"k", "n"} <= part.keys() for part in with_percent)
    empty = said(house, "report", "--week", "2024-W40", "--json")
    assert (empty["overall"]["k"], empty["overall"]["n"], empty["overall"]["percent"]) == (0, 0, None)


def test_check_tells_facts(stage: Stage) -> None:
    found = said(stage.house, "check", "--json")
    shape = {"section": str, "mark": ("ok", "look", "fix"), "subject": str, "text": str, "fix": str, "fault": str}
    for fact in found:
        holds(fact, shape | {"changed": False})


def test_who_answers_for_us_is_told_by_status_and_check(house: House) -> None:
    house.opens(at("Mon 07:00"))
    kim = "Kim <kim@freemail.example>"
    for hour in (8, 9, 10):
        question = house.asks(at(f"Mon {hour:02}:00"))
        answer = house.mail(kim, question.from_, at(f"Mon {hour:02}:30"), answers=question, cc=house.address("info"))
        house.put("info", "INBOX", answer)
    assert house.run(NOW, "run", "--once").code == 0
    (found,) = said(house, "status", "--json")["suggestions"]
    assert found == {"mailbox": house.address("info"), "address": "kim@freemail.example", "conversations": 3}
    line = f"kim@freemail.example answered 3 conversations of {house.address('info')}: add to people"
    assert line in " ".join(house.run(NOW, "status").out.split())
    (fact,) = [fact for fact in said(house, "check", "--json") if "kim@" in fact["text"]]
    assert (fact["mark"], fact["text"].startswith(line)) == ("look", True)
    assert 'people = ["kim@freemail.example"]' in fact["fix"]


def walk(value: Any) -> list[Json]:
    """All objects in a JSON value."""
    if isinstance(value, list):
        return [part for each in value for part in walk(each)]
    return [value, *(part for each in value.values() for part in walk(each))] if isinstance(value, dict) else []
