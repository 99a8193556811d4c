"""`done`, `snooze`, `assign`, `reopen`, `undo`: one line of what is so now, and what was said stands in the story."""

import getpass
import json
from typing import Any

import pytest

from tests.cli.conftest import one_line
from tests.story.conftest import Houses
from tests.story.house import ANN, BEN, House, Json, Told, at, utc

NOW = at("Mon 12:00")
PEOPLE = """
[[person]]
address = "eva@ours.example"
name = "Eva Ek"
"""


@pytest.fixture
def desks(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> House:
    """Two desks; Ann waits at info@ since Monday 10:00, Ben since 10:30, in conversations of their own."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("LOGNAME", "anna")
    house = houses({"info": "", "ops": ""}, config=PEOPLE)
    house.opens(at("Mon 08:00"))
    house.asks(at("Mon 10:00"))
    house.asks(at("Mon 10:30"), BEN)
    house.round(at("Mon 11:00"))
    return house


def number(house: House, who: str = ANN) -> str:
    """The number of a customer's conversation."""
    found = next(t for t in house.threads(NOW) if t["messages"][0]["from"] in who)
    return str(found["number"])


def fine(told: Told) -> str:
    """What was printed, where nothing was wrong."""
    assert (told.code, told.err) == (0, "")
    return told.out.strip()


def story(house: House, now: Any = NOW) -> Json:
    found: Json = json.loads(house.run(now, "threads", number(house), "--json").out)
    return found


class TestSaying:
    def test_done_then_done_already_then_opened_again(self, desks: House) -> None:
        n = number(desks)
        assert fine(desks.run(NOW, "done", n)) == f"{n}  Ann Reader: needs no reply."
        assert fine(desks.run(NOW, "done", n)) == f"{n}  Ann Reader: needed no reply already."
        assert fine(desks.run(NOW, "reopen", n)) == f"{n}  Ann Reader: is waiting, since 10:00."
        assert fine(desks.run(NOW, "reopen", n)) == f"{n}  Ann Reader: is already waiting, since 10:00."
        (wait,) = story(desks)["waits"]
        assert (wait["state"], wait["opened_at"]) == ("waiting", utc(at("Mon 10:00")))

    def test_snoozed_for_a_day_unless_it_says_how_long(self, desks: House) -> None:
        n = number(desks)
        assert fine(desks.run(NOW, "snooze", n)) == f"{n}  Ann Reader: quiet until Tuesday 12:00; the clock runs on."
        assert fine(desks.run(NOW, "snooze", n, "2d")).endswith("quiet until Wednesday 12:00; the clock runs on.")
        assert story(desks)["waits"][0]["snoozed_until"] == utc(at("Wed 12:00"))
        assert "snoozed: quiet until Wednesday 12:00" in desks.run(NOW, "threads").out

    def test_handed_to_a_team_or_a_person(self, desks: House) -> None:
        n = number(desks)
        assert fine(desks.run(NOW, "assign", n, "ops")) == f"{n}  Ann Reader: is with Ops desk; the clock runs on."
        assert fine(desks.run(NOW, "assign", n, "Ops", "desk")).endswith("is already with Ops desk; the clock runs on.")
        assert fine(desks.run(NOW, "assign", n, "to", "eva")).endswith("is with eva@ours.example; the clock runs on.")
        assert story(desks)["waits"][0]["handoff"] == {
            "at": utc(NOW),
            "from": "Ops desk",
            "to": "a colleague",
            "decided": False,
            "person": "eva@ours.example",
        }

    def test_several_numbers_are_one_thing_said_and_taken_back_at_once(self, desks: House) -> None:
        ann, ben = number(desks), number(desks, BEN)
        assert fine(desks.run(NOW, "done", ann, ben)).count("needs no reply") == 2
        assert fine(desks.run(NOW, "undo")).splitlines() == [
            f"{ann}  Ann Reader: done is taken back; waiting, as before.",
            f"{ben}  Ben Borrower: done is taken back; waiting, as before.",
        ]
        told = desks.run(NOW, "undo")
        assert (told.code, told.out) == (0, "")
        assert "nothing of yours to take back" in told.err

    def test_all_who_wait_in_a_conversation_are_meant_and_named(self, desks: House) -> None:
        ann = desks.asks(at("Mon 11:10"))
        for who in ("Cleo <cleo@club.example>", "Dan <dan@club.example>", "Eli <eli@club.example>"):
            desks.asks(at("Mon 11:20"), who, answers=ann)
        desks.round(at("Mon 11:30"))
        n = str(desks.thread(ann, NOW)["number"])
        assert fine(desks.run(NOW, "done", n)) == f"{n}  4 people (Ann Reader, Cleo, Dan …): needs no reply."

    def test_as_json(self, desks: House) -> None:
        n = number(desks)
        assert json.loads(fine(desks.run(NOW, "snooze", n, "4h", "--json"))) == [
            {
                "number": int(n),
                "kind": "snooze",
                "already": False,
                "who_waits": "ann@reader.example",
                "state": "waiting",
                "opened_at": utc(at("Mon 10:00")),
                "until": utc(at("Mon 16:00")),
                "team": None,
                "person": None,
            }
        ]
        assert [act["kind"] for act in json.loads(fine(desks.run(NOW, "undo", "--json")))] == ["snooze"]
        assert json.loads(fine(desks.run(NOW, "undo", "--json"))) == []


class TestRefusing:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("done", "999"), "there is no conversation 999"),
            (("done", "0"), "there is no conversation 0"),
            (("done", "9" * 30), "there is no conversation"),
            (("snooze", "N", "soon"), '"soon" is no length of time; write for example 4h or 2d'),
            (("snooze", "N", "8d"), "at most 7 days"),
            (("snooze", "N", "1 2d"), "is no length of time"),
            (("assign", "N", "osp", "desk"), "did you mean Ops desk or Info desk?"),
            (("assign", "N", "nobody"), "there are Info desk, Ops desk"),
            (("assign", "N", "desk"), "may be several; did you mean Info desk or Ops desk?"),
        ],
    )
    def test_it_says_what_would_be_right_and_does_nothing(
        self, desks: House, words: tuple[str, ...], said: str
    ) -> None:
        n = number(desks)
        one_line(desks.run(NOW, *(n if word == "N" else word for word in words)), 2, said)
        assert story(desks)["acts"] == []

    def test_one_number_that_is_none_stops_the_others(self, desks: House) -> None:
        one_line(desks.run(NOW, "done", number(desks), "999"), 2, "no conversation 999")
        assert story(desks)["waits"][0]["state"] == "waiting"

    def test_a_conversation_in_which_nobody_ever_waited(self, desks: House) -> None:
        n = next(t["number"] for t in desks.threads(NOW) if not t["waits"])
        one_line(desks.run(NOW, "done", str(n)), 2, f"nobody ever waited in conversation {n}")


class TestTelling:
    def test_each_act_is_in_the_story_with_who_and_when(self, desks: House) -> None:
        n = number(desks)
        desks.run(NOW, "done", n)
        desks.run(at("Mon 12:05"), "undo")
        desks.run(at("Mon 12:10"), "assign", n, "ops")
        done, assigned = story(desks)["acts"]
        assert done == {
            "kind": "done",
            "at": utc(NOW),
            "who": "cli:anna",
            "via": "cli",
            "message": story(desks)["messages"][0]["message_id"],
            "until": None,
            "team": None,
            "person": None,
            "undone_at": utc(at("Mon 12:05")),
            "undone_by": "cli:anna",
        }
        assert (assigned["kind"], assigned["team"], assigned["undone_at"]) == ("assign", "Ops desk", None)
        (explained,) = json.loads(desks.run(NOW, "explain", n, "--json").out)
        assert explained["acts"] == [done, assigned]

    def test_explain_tells_it_in_words_in_its_place(self, desks: House) -> None:
        n = number(desks)
        desks.run(at("Mon 11:10"), "snooze", n, "2d")
        desks.run(at("Mon 11:20"), "assign", n, "ops")
        desks.run(at("Mon 11:30"), "done", n)
        desks.run(at("Mon 11:40"), "reopen", n)
        desks.run(at("Mon 11:50"), "undo")
        told = desks.run(NOW, "explain", n).out
        rules = ["act.snooze", "act.assign", "act.done", "act.reopen", "act.undo"]
        places = [told.index(rule) for rule in rules]
        assert places == sorted(places)
        assert told.count("cli:anna said by hand") == 5
        assert "nobody is reminded before Wednesday 11:10" in told

    def test_explain_says_of_a_reply_that_it_was_taken_back(self, desks: House) -> None:
        question = desks.asks(at("Mon 11:05"), "Cleo <cleo@club.example>")
        reply = desks.answers(question, at("Mon 11:10"))
        desks.round(at("Mon 11:30"))
        n = str(desks.thread(question, NOW)["number"])
        assert fine(desks.run(NOW, "reopen", n)).endswith("Cleo: is waiting, since 11:05.")
        assert "refused.taken-back" in desks.run(NOW, "explain", reply.id).out
        assert desks.thread(question, NOW)["waits"][0]["answered_by"] is None


class TestWho:
    def test_who_became_another_user_is_named_as_they_were(self, desks: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUDO_USER", "bea")
        desks.run(NOW, "done", number(desks))
        assert [act["who"] for act in story(desks)["acts"]] == ["cli:bea"]

    @pytest.mark.parametrize("fault", [OSError, KeyError])
    def test_a_user_without_a_name_is_a_number(
        self, desks: House, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
    ) -> None:
        def nobody() -> str:
            raise fault("no such user")

        monkeypatch.setattr(getpass, "getuser", nobody)
        desks.run(NOW, "done", number(desks))
        (who,) = [act["who"] for act in story(desks)["acts"]]
        assert who.removeprefix("cli:").isdecimal()
