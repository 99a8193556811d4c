"""FLOOR 2. What the operator's letters are made of: changes of state, each remembered by its subjects and told once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from monitor.config import Settings
from monitor.core.said import When
from monitor.jobs.knowledge import Knowledge
from monitor.outbox.letters import News
from monitor.store.store import Store


@dataclass(frozen=True, slots=True)
class Change:
    """`subjects` are remembered, so that it happens once; `news` None: without a word."""

    subjects: tuple[str, ...]
    news: News | None


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known at `now`; `told`: the subjects of all changes so far."""

    store: Store
    settings: Settings
    knowledge: Knowledge
    told: Collection[str]
    now: datetime


def subject(mailbox: str, word: str, since: datetime) -> str:
    """`info@… unread 2026-11-14T09:58:00+00:00`: one spell, whoever asks and however often."""
    return f"{mailbox[:160]} {word} {since.isoformat()}"


def over(began: str) -> str:
    """The subject of the end of a spell."""
    return f"{began} over"


def spells(told: Collection[str], mailbox: str, word: str) -> list[datetime]:
    """When the spells that were told of a mailbox began, oldest first."""
    start = f"{mailbox[:160]} {word} "
    found = (s.removeprefix(start) for s in told if s.startswith(start))
    return sorted(datetime.fromisoformat(since) for since in found if " " not in since)


def open_spell(told: Collection[str], mailbox: str, word: str) -> datetime | None:
    """When the spell began that was told and whose end was not; None where there is none."""
    began = spells(told, mailbox, word)
    return next((since for since in reversed(began) if over(subject(mailbox, word, since)) not in told), None)


def when(scene: Scene, moment: datetime) -> When:
    """A moment as it is said in the zone of the house."""
    return When(moment, scene.settings.zone, scene.now)
