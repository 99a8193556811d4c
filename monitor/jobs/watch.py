"""FLOOR 2. One letter to the operator for all changes of state of a round, and at most one an hour."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from monitor.config import Settings
from monitor.core.said import say, say_n
from monitor.jobs.changes import Change, Scene
from monitor.jobs.claims import Claims
from monitor.jobs.deaf import deaf, hears_again
from monitor.jobs.doubts import braked, clock_behind, given_up, hidden, latched_recipients, never_seen
from monitor.jobs.expiring import expiring, renewed
from monitor.jobs.knowledge import Knowledge
from monitor.jobs.remind import new_letter
from monitor.jobs.store_room import room_again, short_of_room
from monitor.jobs.unread import looked_at_again, readable_again, stale, unread
from monitor.outbox.letters import Letters, News, NoticePage
from monitor.store.reminding import NewLetter, Notice, noticed, recently_written_to
from monitor.store.store import Store

LETTER_PAUSE = timedelta(hours=1)
"""What changes within an hour of the last letter stands in the next one, if it still holds then."""

STATES: tuple[Callable[[Scene], Iterable[Change]], ...] = (
    unread,
    deaf,
    stale,
    braked,
    hidden,
    never_seen,
    clock_behind,
    given_up,
    latched_recipients,
    expiring,
    short_of_room,
    readable_again,
    hears_again,
    looked_at_again,
    room_again,
    renewed,
)
"""The one place for another state the operator is told of; the most pressing first."""


def tell_operator(
    store: Store, settings: Settings, letters: Letters, knowledge: Knowledge, claims: Claims, now: datetime
) -> int:
    """Tell the operator once of each change. Returns how many letters were made: at most one."""
    if settings.operator is None:
        return 0
    told = frozenset(subject for subject, _ in noticed(store, "fault"))
    scene = Scene(store, settings, knowledge, told, now)
    changes = [change for state in STATES for change in state(scene)]
    loud = [change for change in changes if change.news is not None]
    if settings.operator in recently_written_to(store, now - LETTER_PAUSE, now, "notice"):
        loud = []
    letter = _letter(scene, letters, loud) if loud else None
    notices = [Notice("fault", c.subjects, settings.operator, None) for c in changes if c.news is None]
    if letter is not None:
        subjects = tuple(s for change in loud for s in change.subjects)
        notices.append(Notice("fault", subjects, settings.operator, letter))
    claims.notices(notices, now)
    return int(letter is not None)


def _letter(scene: Scene, letters: Letters, changes: Sequence[Change]) -> NewLetter:
    news = [change.news for change in changes if change.news is not None]
    rendered = letters.render_notice(page_of(scene.settings, news, scene.now))
    obligation = " ".join(sorted(s for change in changes for s in change.subjects))
    return new_letter(
        scene.store, scene.settings, "notice", scene.settings.operator or "", obligation, rendered, scene.now
    )


def page_of(settings: Settings, news: Sequence[News], now: datetime) -> NoticePage:
    """One piece of news is the letter; several stand below each other."""
    one, rest = news[0], len(news) - 1
    several = say_n(
        "%(headline)s, and %(n)s more change", "%(headline)s, and %(n)s more changes", rest, headline=one.headline
    )
    return NoticePage(
        organisation=settings.organisation,
        now=now,
        zone=settings.zone,
        headline=several if rest else one.headline,
        sentences=(say("Each is told once, and once more when it is over."),) if rest else one.sentences,
        points=() if rest else one.points,
        what_to_do=() if rest else one.what_to_do,
        commands=() if rest else one.commands,
        also=tuple(news) if rest else (),
        language=settings.language_of(settings.operator or ""),
    )
