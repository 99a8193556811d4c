"""What a line of a letter says besides who waits: what happened since they wrote."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.core.wait import Handoff
from monitor.jobs.lines import context_of
from monitor.outbox.told import Context
from tests.jobs.test_buttons import NOW, configured, wait

ANNA = '[[person]]\naddress = "anna@ours.example"\nname = "Anna"\n'


@pytest.mark.parametrize(("more", "called"), [(ANNA, "Anna"), ("", "anna@ours.example")])
def test_who_it_was_handed_to_is_called_as_colleagues_do(tmp_path: Path, more: str, called: str) -> None:
    handed = Handoff(NOW, "Front desk", "Front desk", decided=False, person="anna@ours.example")
    told = context_of(replace(wait(), handoff=handed), configured(tmp_path, more=more))
    assert told == (Context("assigned", NOW, "Front desk", "Front desk", called),)


def test_all_that_happened_is_told_in_its_order(tmp_path: Path) -> None:
    later = NOW + timedelta(hours=1)
    passed = Handoff(NOW, "Front desk", "Digital help", decided=False)
    waited = replace(wait(), chased_at=later, handoff=passed, missing=True, low_urgency=True)
    kinds = [one.kind for one in context_of(waited, configured(tmp_path))]
    assert kinds == ["chased", "passed on", "missing", "low urgency"]
    (told,) = context_of(replace(wait(), handoff=replace(passed, decided=True)), configured(tmp_path))
    assert told.kind == "decided"
