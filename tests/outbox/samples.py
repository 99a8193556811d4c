"""Invented pages and facts for the letters: Harbour City Libraries, one week in November 2026."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from monitor.core.blind import Blind, said
from monitor.core.report.facts import Longest, ReportFacts
from monitor.core.report.figures import Figures, Rate
from monitor.core.report.week import Week
from monitor.core.said import Text
from monitor.jobs.report import LEFT_OUT_WORDS
from monitor.outbox.actions import Action
from monitor.outbox.letters import NoticePage, OpeningPage, ReminderPage, WaitingLine
from monitor.outbox.told import Context, NextStep, Why

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 14, 10, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


def line(
    position: int = 1,
    subject: str = "Meeting room for the chess club, Saturdays from January",
    who: str = "Ellen Marsh",
    address: str = "ellen.marsh@post.example",
    waited: timedelta = timedelta(hours=48, minutes=24),
    context: tuple[Context, ...] = (Context("chased", NOW - timedelta(hours=24, minutes=48)),),
    mailbox: str = "events@harbourcity.example",
) -> WaitingLine:
    """One who waits, since `waited` before NOW, with a promise of 24 hours."""
    return WaitingLine(
        number=4179 + position,
        position=position,
        subject=subject,
        who=who,
        address=address,
        arrived=NOW - waited,
        waited=waited,
        past=waited - DAY,
        team="Events & rooms",
        mailbox=mailbox,
        context=context,
        open_url=f"https://mail.harbourcity.example/search?id={position}",
    )


HEARD_AT = "replies@harbourcity.example"
TAG = "k7qm-3vxa-p2hd-w5tj"


def acting(one: WaitingLine) -> WaitingLine:
    """The same with all that can be done about it by a press."""
    commands: tuple[tuple[Literal["done", "snooze", "assign"], str], ...] = (
        ("done", f"done {one.position}"),
        ("snooze", f"snooze {one.position} 1d"),
        ("assign", f"assign {one.position} "),
    )
    return replace(one, actions=tuple(Action(kind, mailto(command)) for kind, command in commands))


def mailto(command: str) -> str:
    """A link that opens a mail with this command, to be sent as it is (RFC 6068)."""
    return f"mailto:{HEARD_AT}?subject={quote(f'{command.strip()} [{TAG}]', safe='')}&body={quote(command, safe='')}"


THREE = (
    acting(line()),
    acting(line(2, "Step-free route to the lantern workshop", "Daniel Okafor", "d.okafor@post.example", 42 * HOUR,
                (Context("passed on", NOW - DAY, "Front desk", "Events & rooms"),))),
    acting(line(3, "Projector in the Quay Room shows no picture", "Harbour Choir Society", "choir@singers.example",
                DAY + timedelta(minutes=12), (Context("decided", NOW - HOUR, "Digital help", "Front desk"),))),
)  # fmt: skip


NEXT = NextStep(NOW + timedelta(hours=47), ("elena@harbourcity.example",), "Ellen Marsh")
WHY = Why((("events@harbourcity.example", "Events & rooms"),))


def reminder(lines: tuple[WaitingLine, ...] = THREE, more: int = 0, next_step: NextStep | None = NEXT) -> ReminderPage:
    """The reminder for the owners of Events & rooms, where replies to it are read."""
    return ReminderPage(
        organisation="Harbour City Libraries",
        now=NOW,
        zone=LONDON,
        teams=("Events & rooms",),
        promise=DAY,
        lines=lines,
        seen_up_to=NOW - timedelta(minutes=2),
        poll_every=timedelta(minutes=5),
        next_step=next_step,
        why=WHY,
        more=more,
        tag=TAG,
        heard_at=HEARD_AT,
        done_folders=("No reply needed",),
        hand_to="anna",
    )


def opening(total: int = 14, replies_unseen: tuple[str, ...] = ("events@harbourcity.example",)) -> OpeningPage:
    """What was late at the first look."""
    return OpeningPage(
        organisation="Harbour City Libraries",
        now=NOW,
        zone=LONDON,
        teams=("Events & rooms", "Front desk"),
        promise=DAY,
        lines=THREE if total else (),
        total=total,
        replies_unseen=replies_unseen,
        why=WHY,
    )


def notice() -> NoticePage:
    """A letter to the operator."""
    return NoticePage(
        organisation="Harbour City Libraries",
        now=NOW,
        zone=LONDON,
        headline="events@harbourcity.example cannot be read since 09:10",
        sentences=(
            "The server refused the login. Nothing is lost: the mailbox is read again as soon as the login works.",
            "Until then nobody is reminded about it, because the monitor cannot know who has been answered.",
        ),
        what_to_do=("Check the password of events@harbourcity.example.", "Run inbox-monitor check."),
    )


def figures(k: int, n: int, waiting: int = 0, late: int = 0, hours: int = 4, goal: float = 90) -> Figures:
    """Figures with a typical wait of `hours`."""
    return Figures(Rate(k, n, goal), hours * HOUR, 23 * HOUR, 136 * HOUR, waiting, late, n - k, 0, 0, 0, 0)


TEAMS = (
    ("Front desk", figures(44, 46, 2, 1, 3)),
    ("Events & rooms", figures(30, 36, 5, 3, 13)),
    ("Loans & collections", figures(36, 38, 2, 0, 3)),
    ("Digital help", figures(23, 24, 2, 1, 2)),
    ("Membership", figures(16, 16, 1, 0, 3)),
    ("Local history", figures(5, 7, 4, 3, 20)),
    ("Home delivery", Figures(Rate(0, 0, 90), None, None, timedelta(0), 0, 0, 0, 0, 0, 0, 0)),
)


BLIND = Blind(
    "events@harbourcity.example", datetime(2026, 11, 10, 9, 10, tzinfo=UTC), datetime(2026, 11, 10, 16, 20, tzinfo=UTC)
)
THE_WEEK_BEFORE = Rate(160, 182, 90)


def facts(
    overall: Figures | None = None,
    previous: Rate | None = THE_WEEK_BEFORE,
    teams: tuple[tuple[str, Figures], ...] = TEAMS,
    unseen: tuple[Text | None, ...] = (said([BLIND], LONDON),),
    as_of: datetime | None = datetime(2026, 11, 16, 6, 58, tzinfo=UTC),
) -> ReportFacts:
    """Week 46 of 2026."""
    return ReportFacts(
        organisation="Harbour City Libraries",
        week=Week(2026, 46, LONDON),
        made_at=datetime(2026, 11, 16, 7, 0, tzinfo=UTC),
        as_of=as_of,
        reply_within=DAY,
        overall=overall or figures(154, 168, 16, 8),
        previous=previous,
        teams=teams,
        longest=(
            Longest("Local history", 4121, datetime(2026, 11, 10, 15, 12, tzinfo=UTC), 136 * HOUR),
            Longest("Events & rooms", 4180, datetime(2026, 11, 12, 9, 36, tzinfo=UTC), 93 * HOUR),
            Longest("Front desk", 4218, datetime(2026, 11, 13, 13, 25, tzinfo=UTC), 66 * HOUR),
        ),
        left_out=tuple(zip(LEFT_OUT_WORDS.values(), (214, 61, 38), strict=False)),
        unseen=tuple(one for one in unseen if one),
        history_from=None,
    )
