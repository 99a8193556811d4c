"""Invented boards: Harbour City Libraries on a Saturday morning in November 2026, with few teams and many."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from monitor.core.promise import Promise
from monitor.outbox.board_pages import BoardLine, BoardPage, BoardTeam, Doubt, State, fitted
from tests.outbox.rendered import TRICKS
from tests.outbox.samples import DAY, HOUR, LONDON, NOW

TEAMS = ("Front desk", "Events & rooms", "Loans & collections", "Digital help", "Membership", "Local history")
SEEN = NOW - timedelta(minutes=4)


def line(number: int, waited: timedelta, **more: object) -> BoardLine:
    """One with a promise of 24 hours, who has waited for so long."""
    left = DAY - waited
    state: State = "late" if left <= timedelta(0) else "due soon" if left <= 4 * HOUR else "in time"
    one = BoardLine(number, waited, NOW - waited, NOW - waited + DAY, state)
    return replace(one, **more)  # type: ignore[arg-type]


def lines(first: int, *hours: float, **more: object) -> tuple[BoardLine, ...]:
    """So many in a row, the oldest first."""
    return tuple(line(first + n, timedelta(hours=each), **more) for n, each in enumerate(hours))


def team(name: str, *waiting: BoardLine, doubts: tuple[Doubt, ...] = (), seen: bool = True) -> BoardTeam:
    return BoardTeam(name, SEEN if seen else None, waiting, doubts)


def board(*teams: BoardTeam, **more: object) -> BoardPage:
    """A page of these teams, cut to fit."""
    page = BoardPage(
        "Harbour City Libraries", NOW, LONDON, teams, timedelta(minutes=15), promise=Promise(DAY, "elapsed"),
        soon=4 * HOUR,
    )  # fmt: skip
    return fitted(replace(page, **more))  # type: ignore[arg-type]


def ordinary() -> BoardPage:
    """Twenty people, six teams, some of everything."""
    return board(
        team(TEAMS[0], *lines(4171, 48.4, 26, 21.5, 9, 2, 0.4)),
        team(
            TEAMS[1],
            line(4180, 42 * HOUR, holder="Digital help"),
            line(4183, 24.2 * HOUR, decided=True),
            *lines(4190, 12, 5),
        ),
        team(TEAMS[2], line(4150, 75 * HOUR, snoozed_until=NOW + DAY), *lines(4195, 22, 3)),
        team(TEAMS[3], *lines(4161, 30.5, 23.7, 1), line(4201, HOUR / 5, low_urgency=True)),
        team(TEAMS[4]),
        team(TEAMS[5], *lines(4121, 138.8, 8, 6.5)),
    )


def doubtful() -> BoardPage:
    """A mailbox that is not seen, one that hides replies, one never read, one held back."""
    unseen = Doubt("unseen", "events@harbourcity.example", NOW - 20 * HOUR)
    hidden = Doubt("hidden", "loans@harbourcity.example")
    perhaps = (replace(one, state="perhaps late") for one in lines(4190, 30, 25))
    return board(
        team(TEAMS[0], *lines(4171, 26, 3)),
        replace(team(TEAMS[1], *perhaps, doubts=(unseen,)), seen_up_to=NOW - 20 * HOUR),
        team(TEAMS[2], line(4150, 29 * HOUR, state="perhaps late", missing=True), doubts=(hidden,)),
        team(TEAMS[3], doubts=(Doubt("never read", "digital@harbourcity.example"),), seen=False),
        team(TEAMS[4], doubts=(Doubt("no replies", "members@harbourcity.example"),)),
        team(TEAMS[5], line(4121, 50 * HOUR, with_colleague=True, state="perhaps late"),
             doubts=(Doubt("held", "history@harbourcity.example"),)),
    )  # fmt: skip


def many(teams: int, each: int) -> BoardPage:
    """So many teams with so many each."""
    hours = [200 - 150 * n / each for n in range(each)]
    names = [f"{TEAMS[n % 6]} {['north', 'south', 'west'][n // 6] if n // 6 else ''}".strip() for n in range(teams)]
    return board(*(team(name, *lines(1000 * n, *hours)) for n, name in enumerate(names, 1)))


def hostile() -> BoardPage:
    """Each trick as a subject, and as the name of a team."""
    asked = tuple(line(4170 + n, 30 * HOUR, subject=trick) for n, trick in enumerate(TRICKS))
    return board(team("Front desk", *asked), *(team(trick, line(1, HOUR, holder=trick)) for trick in TRICKS[:2]))


def boards(language: str = "en") -> Iterator[tuple[str, BoardPage]]:
    """Each kind of page once in a language."""
    quiet = board(*map(team, TEAMS))
    subjects = ("Meeting room for the chess club, Saturdays from January", "", "Ä & <b> " * 40)
    asked = (line(4180 + n, (50 - 20 * n) * HOUR, subject=subject) for n, subject in enumerate(subjects))
    for name, page in (
        ("ordinary", ordinary()),
        ("doubtful", doubtful()),
        ("quiet", quiet),
        ("one team", many(1, 26)),
        ("two teams", many(2, 11)),
        ("three teams", many(3, 7)),
        ("four teams", many(4, 6)),
        ("eight teams", many(8, 40)),
        ("fifteen teams", many(15, 3)),
        ("five hundred", many(5, 100)),
        ("subjects", board(team(TEAMS[0], *asked), team(TEAMS[1]))),
        ("hostile", hostile()),
    ):
        yield name, replace(page, language=language)
