"""Where the time went: from the desk to another team and back, and told to the customer at last, on a real server."""

import json

from tests.story.conftest import Houses
from tests.story.house import at, utc

HOUR = 3600


def test_the_report_tells_who_held_a_wait_and_that_the_answer_lay_inside(houses: Houses) -> None:
    house = houses({"info": "", "it": ""})
    house.opens(at("Mon 08:00"))
    question = house.asks(at("Mon 10:00"))
    passed = house.sends(at("Mon 12:00"), house.address("it"), answers=question)
    house.put("it", "INBOX", passed)
    decided = house.sends(at("Mon 18:00"), house.address("info"), by="it", answers=passed)
    house.put("info", "INBOX", decided)
    house.answers(question, at("Wed 10:00"))
    now = at("Mon 07:30", 1)
    house.round(now)

    desk, it = "Info desk", "It desk"
    found = json.loads(house.run(now, "report", "--week", "2024-W46", "--json").out)["changed_hands"]
    assert (found["weeks"], found["passed_on"]["n"], found["not_passed_on"]["n"]) == (13, 1, 0)
    assert [(r["from"], r["to"], r["times"], r["median_seconds"]) for r in found["routes"]] == [(desk, it, 1, None)]
    assert [tuple(team.values()) for team in found["teams"]] == [
        (desk, 1, 2 * HOUR, 0, 40 * HOUR),
        (it, 1, 0, 6 * HOUR, 0),
    ]
    (untold,) = found["decided_not_told"]["waits"]
    assert (untold["team"], untold["seconds"], untold["told"]) == (desk, 40 * HOUR, True)

    thread = house.thread(question, now)
    (wait,) = thread["waits"]
    assert [(one["team"], one["held"], one["from"]) for one in wait["path"]] == [
        (desk, "desk", utc(at("Mon 10:00"))),
        (it, "elsewhere", utc(at("Mon 12:00"))),
        (desk, "decided", utc(at("Mon 18:00"))),
    ]
    told = house.run(now, "explain", str(thread["number"])).out
    assert f"{desk} 2 h → {it} 6 h → {desk} 40 h, decided → customer" in " ".join(told.split())
