"""A look that is disturbed at any byte, and then one that is not, know and say what an undisturbed one does."""

import os
import random
import time
from collections.abc import Iterator

import pytest

from monitor.jobs import look
from tests.servers.chaos import KINDS, Blow, Chaos, Kind, Way
from tests.servers.dovecot import Dovecot
from tests.servers.smtp_sink import SmtpSink
from tests.story.scenes import BATCH, Known, Scene, scenes

STEP = 64
"""Bytes between two points of the whole sweep."""
SAMPLE = 40
SEED = int(os.environ["TEST_SEED"])  # a new one each time (tests/conftest.py); repeat one with TEST_SEED=…


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, dovecot: Dovecot) -> Iterator[dict[str, Scene]]:
    """The scenes, behind one chaos; in the end the mail lies there as it did."""
    folder = tmp_path_factory.mktemp("chaos")
    with SmtpSink(folder) as sink, Chaos(dovecot.port) as chaos, pytest.MonkeyPatch.context() as patch:
        patch.setattr(look, "BATCH", BATCH)
        patch.setattr(look, "STORED_AT_ONCE", BATCH)
        found = scenes(folder, dovecot, sink, chaos)
        before = [scene.house.flags() for scene in found.values()]
        yield found
        for scene in found.values():
            scene.close()
        assert [scene.house.flags() for scene in found.values()] == before, "reading changes nothing"


def sample() -> list[tuple[str, Kind, float]]:
    """Some points, others in each run: which look, what happens, and at which share of its bytes."""
    chance = random.Random(SEED)
    return [(chance.choice(("first", "changed")), KINDS[n % 4], round(chance.random(), 4)) for n in range(SAMPLE)]


class Looks:
    """A scene with its undisturbed end: what is known then, and how many bytes went each way."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.known = scene.rounds(None)
        self.bytes = {"answers": scene.chaos.answers, "questions": scene.chaos.questions}

    def after(self, blow: Blow) -> Known:
        """What is known after a disturbed round and a clean one."""
        return self.scene.rounds(blow, None)


@pytest.fixture(scope="module")
def looks(stage: dict[str, Scene]) -> dict[str, Looks]:
    """Each scene with its undisturbed end."""
    return {name: Looks(scene) for name, scene in stage.items()}


def test_an_undisturbed_look_comes_to_something(looks: dict[str, Looks]) -> None:
    first, quiet, changed = (looks[name].known for name in ("first", "quiet", "changed"))
    assert [len(known.letters) for known in (first, quiet, changed)] == [1, 0, 1]
    assert [len(known.tables[0]) for known in (first, quiet, changed)] == [23, 23, 25]
    assert first.tables == looks["first"].scene.rounds(None, None).tables


@pytest.mark.parametrize(("scene", "kind", "where"), sample(), ids=f"seed {SEED}, {{}}".format)
def test_disturbed_at_one_byte_of_a_sample(looks: dict[str, Looks], scene: str, kind: Kind, where: float) -> None:
    look = looks[scene]
    blow = Blow(kind, int(where * look.bytes["answers"]))
    assert look.after(blow) == look.known, f"{blow} of {scene}"


@pytest.mark.full
@pytest.mark.parametrize("scene", ["first", "quiet", "changed"])
@pytest.mark.parametrize(("kind", "way"), [*((kind, "answers") for kind in KINDS), ("cut", "questions")])
def test_disturbed_at_any_byte(looks: dict[str, Looks], scene: str, kind: Kind, way: Way) -> None:
    look, began = looks[scene], time.monotonic()
    size = look.bytes[way]
    blows = [Blow(kind, after, way) for after in (*range(0, size, STEP), size - 1)]
    assert [blow for blow in blows if look.after(blow) != look.known] == []
    print(f"{scene}, {kind} {way}: {len(blows)} points of {size} bytes, {time.monotonic() - began:.0f} s")
