"""Each letter of values without a letter of the Latin alphabet, in each of its ways: what has one is of our words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

from monitor.core import acts
from monitor.core.blind import Blind
from monitor.core.blind import said as blind_said
from monitor.core.calendar import Mode
from monitor.core.house import A_COLLEAGUE
from monitor.core.invisible import Invisible
from monitor.core.promise import Promise
from monitor.core.report.facts import ReportFacts
from monitor.core.report.figures import Rate, WaitFacts
from monitor.core.report.gone_quiet import FARTHEST, GoneQuiet
from monitor.core.report.missed import Missed
from monitor.core.report.month_sheet import MonthFacts
from monitor.core.report.path import ChangedHands, Route, TeamHeld, Untold
from monitor.core.report.restating import Reason, Restated
from monitor.core.report.spread import BANDS, HourCell
from monitor.core.said import say
from monitor.jobs.report import LEFT_OUT_WORDS
from monitor.outbox.board_pages import BoardPage
from monitor.outbox.letters import (
    BlindPage,
    Letters,
    News,
    ReceiptLine,
    ReceiptPage,
    Rendered,
    Trouble,
    Unseen,
    Voice,
    WaitingLine,
)
from monitor.outbox.receipts import Came, Kind
from monitor.outbox.told import Context, Gap, NextStep, Why
from tests.outbox.board_samples import board, boards, team
from tests.outbox.board_samples import line as waiting
from tests.outbox.month_samples import OCTOBER, month, wait
from tests.outbox.report_samples import ODD, changed_hands, hours, weeks, whole
from tests.outbox.samples import DAY, HOUR, LONDON, NOW, WHY, facts, figures, line, notice, opening, reminder
from tests.outbox.telling_samples import blind, double


def wordless(letters: Letters) -> Iterator[Rendered]:
    """Each letter of values without a letter of the Latin alphabet, in each of its ways."""
    told = (
        Context("chased", NOW - DAY), Context("passed on", NOW - DAY, "Ω", "Ψ"), Context("decided", NOW, "Ω", "Ψ"),
        Context("assigned", NOW, "Ω", "Ψ"), Context("missing"), Context("low urgency"), Context("more", count=3),
    )  # fmt: skip
    one = replace(line(1, "", "", "1@2", context=told, mailbox="3@4"), team="Ω", open_url="https://1.2/")
    two = replace(one, position=2, address="5@6", mailbox="7@8", team="Ψ", subject="9", past=timedelta(minutes=5))
    soon = replace(one, past=-HOUR)
    page = replace(reminder(), organisation="Ω", teams=("Ω",), language="de", why=Why((("3@4", "Ω"),), ("5@6",)))
    page = replace(page, tag="2345", heard_at="1@2", done_folders=("Ω",), hand_to="Ω", instead_of=("Ω",), holds=("Ω",))
    steps = (NextStep(NOW + DAY), NextStep(NOW, ("1@2",)), NextStep(NOW, ("1@2", "3@4"), "Ω"))
    seen = (Gap(("1@2",), NOW - DAY, NOW), Gap(("1@2", "3@4"), NOW - 9 * DAY, NOW))
    for lines, more, step in (
        ((one,), 0, steps[0]),
        ((one, two), 5, steps[1]),
        ((one, two) * 6, 0, steps[2]),
        ((soon,), 0, None),
    ):
        yield letters.render_reminder(replace(page, lines=lines, more=more, next_step=step, unseen=seen, most=10))
    yield letters.render_reminder(replace(page, lines=(soon, replace(two, past=-HOUR)), why=Why(), next_step=None))
    first = replace(
        opening(),
        organisation="Ω",
        teams=("Ω", "Ψ"),
        language="de",
        lines=(one,),
        why=replace(WHY, mailboxes=(("3@4", "Ω"),)),
    )
    yield letters.render_opening(replace(first, replies_unseen=("1@2",), replies_hidden=("1@2", "3@4")))
    yield letters.render_opening(replace(first, lines=(), total=0, replies_unseen=()))
    news = News(
        headline=say("What to do"), sentences=(say("What to do"),), what_to_do=(say("What to do"),), points=("1",) * 70
    )
    letter = replace(
        notice(), organisation="Ω", language="de", headline=news.headline, sentences=news.sentences, what_to_do=()
    )
    yield letters.render_notice(replace(letter, also=(news, news)))
    yield letters.render_notice(replace(letter, what_to_do=news.what_to_do, points=news.points))
    yield from map(letters.render_receipt, wordless_receipts())
    yield from map(letters.render_blind, wordless_blind(one))
    answers = (Voice("Ω", "1@2", NOW - HOUR), Voice("", "3@4", NOW))
    doubled = replace(double(), organisation="Ω", line=one, language="de")
    yield letters.render_double(replace(doubled, voices=answers))
    yield letters.render_double(replace(doubled, voices=(answers[0], answers[0]), looks_after="1@2"))
    for made in (*wordless_reports(), *whole_reports()):
        yield letters.render_report(made, attached="9", language="de")
    yield from (letters.render_month(sheet, "", "9", "de") for sheet in wordless_months())


def wordless_receipts() -> Iterator[ReceiptPage]:
    """Every outcome, and every reason not to understand a line."""
    line = ReceiptLine(2, "done", "", "", "1@2", "waiting")
    lines = tuple(
        replace(line, kind=kind, until=NOW + DAY, team="Ω", already=already, state=state)
        for kind in get_args(Kind)
        for already in (True, False)
        for state in ("waiting", "answered")
    )
    page = ReceiptPage("Ω", NOW, LONDON, "acted", "2345", lines, hand_to="Ω", language="de")
    yield from (replace(page, lines=(one,)) for one in (*lines, replace(lines[0], wrote_again=True, already=False)))
    yield from (replace(page, came=came) for came in get_args(Came))
    for why in get_args(acts.Why):
        yield replace(page, came="puzzled", lines=(), why=why, said="9", did_you_mean=("1", "2"))


def wordless_reports() -> Iterator[ReportFacts]:
    """Every promise, and every verdict: nothing due, too few, missed, met; and what could not be seen or told."""
    spells = [Blind("1@2", NOW, NOW + length) for length in (90 * timedelta(minutes=1), 20 * HOUR, 50 * HOUR)]
    mixed = (Promise(DAY, "elapsed"), Promise(DAY, "open-days"))
    modes: tuple[Mode, ...] = ("elapsed", "open-days", "office-hours")
    promises = [(Promise(DAY, mode),) for mode in modes] + [(Promise(HOUR / 2, "office-hours"),), mixed, ()]
    rates = [figures(0, 0, 1, 1), figures(5, 7, 12, 8), figures(6, 20, 3), figures(190, 200)]
    before = [None, Rate(1, 2, 90), Rate(199, 200, 90), Rate(10, 200, 90)]
    base = facts(teams=tuple(("Ω", one) for one in rates), unseen=tuple(blind_said([one], LONDON) for one in spells))
    base = replace(base, organisation="Ω", longest=tuple(replace(one, team="Ω") for one in base.longest))
    left = tuple((words, 5) for words in LEFT_OUT_WORDS.values())
    base = replace(base, left_out=left, invisible={"1@2": Invisible(7, 20)}, history_from=NOW)
    base = replace(base, unseen=(*base.unseen, *filter(None, [blind_said(spells, LONDON)])))
    for promise in promises:
        for rate, earlier in zip(rates, before, strict=True):
            closed = replace(rate, closed_late=rate.rate.n % 3, no_reply_needed=3, deleted=1, spam=1)
            yield replace(base, promises=promise, overall=closed, previous=earlier)
        yield replace(base, promises=promise, overall=figures(0, 0), unseen=(), previous=None)
    quiet = replace(base, overall=replace(figures(0, 0), no_reply_needed=1))
    yield from (quiet, replace(quiet, as_of=None), replace(quiet, as_of=NOW), replace(quiet, unseen=()))


def whole_reports() -> Iterator[ReportFacts]:
    """Every section as full as it gets, and as odd; every reason to say a week again; every sentence worth a talk."""
    base = nameless(whole())
    yield from map(nameless, ODD.values())
    modes = Promise(DAY, "office-hours"), Promise(HOUR / 2, "elapsed")
    for promises in (modes[:1], modes[1:], modes):
        yield replace(base, promises=promises, reply_within=promises[0].within)
    goals = tuple((f"{n}", figures(k, 40)) for n, k in enumerate((20, 39)))
    yield replace(base, teams=(goals[0], ("2", replace(goals[1][1], rate=Rate(39, 40, 95)))))
    whys = [((reason, count),) for reason in get_args(Reason) for count in (1, 2)]
    told = Restated(base.week.before(), NOW, Rate(159, 182, 90), Rate(160, 182, 90), ())
    yield replace(base, restated=tuple(replace(told, reasons=why) for why in (*whys, whys[0] + whys[3])))
    same = replace(told, now=told.before)
    yield replace(base, restated=(same,), sent=told, sent_at=NOW, is_repeat=True)
    yield replace(base, restated=(same, same), is_repeat=True)
    quiet = tuple(GoneQuiet(f"{n}.9", NOW, weeks, False) for n, weeks in enumerate((3, 4, FARTHEST + 1) * 4))
    yield replace(base, gone_quiet=quiet, weeks=weeks(((7, 8), (3, 8)), blind=(0, 1)), hours=hours()[:9])
    yield from (replace(base, **talk) for talk in worth_a_talk(base))


def worth_a_talk(base: ReportFacts) -> Iterator[dict[str, Any]]:
    """What each kind of sentence is said of, alone."""
    bare: dict[str, Any] = {"teams": (), "hours": (), "changed_hands": None, "weeks": ()}
    two = (("1", figures(30, 36)), ("2", figures(99, 100)))
    for passed_on, typical in ((0, HOUR), (3, None)):
        yield bare | {"teams": two, "missed": (Missed("1", 6, passed_on, typical, 93 * HOUR),)}
    hands = replace(changed_hands("123456"), untold=(Untold(1, "1", 50 * HOUR, False), Untold(2, "2", DAY, False)))
    routes = tuple(Route("1", "2", 20 + n, None if n else DAY, 99 * HOUR, 47, 45) for n in range(9))
    yield bare | {"changed_hands": replace(hands, routes=routes)}
    yield bare | {"changed_hands": replace(hands, untold=hands.untold[:1] * 3, routes=routes[:1], teams=(
        TeamHeld(A_COLLEAGUE, 3, DAY, HOUR, HOUR),))}  # fmt: skip
    for at in (0, 3, len(BANDS) - 1):
        cells = [HourCell(day, *band, 40, 2 * HOUR, 90 * HOUR, 2) for day in range(7) for band in BANDS]
        cells[at] = replace(cells[at], typical=None if at else 37 * HOUR, late=38)
        yield bare | {"hours": tuple(cells)}
    late = replace(figures(91, 100), closed_late=5)
    yield bare | {"overall": late}
    yield bare | {"overall": figures(195, 200), "weeks": weeks(((100, 200),) * 5 + ((195, 200),))}
    yield bare | {"teams": two[1:], "teams_before": (("2", Rate(700, 1000, 90)),)}


def nameless(made: ReportFacts) -> ReportFacts:
    """The same report of teams, partners and a house whose names have no letter of the Latin alphabet."""
    return replace(
        made,
        organisation="Ω",
        teams=tuple(("Ω", one) for _, one in made.teams),
        longest=tuple(replace(one, team="Ω") for one in made.longest),
        changed_hands=made.changed_hands and _nameless_hands(made.changed_hands),
        gone_quiet=made.gone_quiet and tuple(replace(one, partner="1.2") for one in made.gone_quiet),
        unseen=(),
        left_out=(),
    )


def _nameless_hands(hands: ChangedHands) -> ChangedHands:
    return replace(
        hands,
        routes=tuple(replace(one, from_team="Ω", to_team="Ψ") for one in hands.routes),
        teams=tuple(replace(one, team="Ω") for one in hands.teams),
        untold=tuple(replace(one, team="Ω") for one in hands.untold),
    )


def wordless_boards() -> Iterator[BoardPage]:
    """Each kind of page, every doubt and every mark; with what two teams promise otherwise, and what is the same."""
    for _, page in boards("de"):
        teams = tuple(
            replace(
                one,
                name="Ω",
                lines=tuple(
                    replace(each, subject=each.subject and "9", holder=each.holder and "Ψ") for each in one.lines
                ),
                doubts=tuple(replace(doubt, mailbox="1@2") for doubt in one.doubts),
            )
            for one in page.teams
        )
        nameless_page = replace(page, organisation="Ω", teams=teams)
        yield from (nameless_page, replace(nameless_page, soon=None), replace(nameless_page, promise=None))
        yield from (replace(nameless_page, teams=(one,)) for one in teams if one.doubts)
    marked = waiting(1, HOUR, holder="Ψ", decided=True, snoozed_until=NOW + DAY, missing=True, low_urgency=True, more=2)
    made = board(team("Ω", marked, waiting(2, 30 * HOUR, with_colleague=True, more=1)), organisation="Ω")
    yield replace(made, language="de")
    yield replace(board(team("Ω", seen=False), organisation="Ω"), language="de")


def wordless_months() -> Iterator[MonthFacts]:
    """Every headline, in each unit; one wait up to five, and many hands; nothing, not over, not seen."""
    inside = wait(1, ("Ω", 2), ("Ψ", 30), ("Ω", 60, "decided"))
    passed, kept = wait(2, ("Ω", 1), (A_COLLEAGUE, 50), state="waiting"), wait(3, ("Ω", 90))
    many = wait(4, *(("ΩΨ"[n % 2], 70 + n) for n in range(9)))
    short = [wait(5, ("Ω", 0.5), ("Ψ", hours)) for hours in (0.1, 0.5, 9)] + [wait(6, ("Ω", 1), ("Ψ", 0.01))]
    untold = [replace(inside, number=n) for n in range(20)]
    cohorts: list[list[WaitFacts]] = [
        [], [kept], [inside], [passed], [many, inside], [many, inside, passed], [many, passed, kept, kept],
        [*[kept] * 5, wait(6, ("Ω", 1), ("Ψ", 1))], untold, [passed, kept, replace(inside, state="waiting", as_of=NOW)],
        [replace(kept, state="excused")], [kept, kept], *([one] for one in short),
    ]  # fmt: skip
    two = (Promise(DAY, "elapsed"), Promise(DAY, "open-days"))
    spells = [Blind(mailbox, OCTOBER.start, OCTOBER.end) for mailbox in ("1@2", "3@4")]
    base: dict[str, Any] = {"organisation": "Ω", "teams": ("Ω", "Ψ")}
    for cohort in cohorts:
        yield month(cohort, **base)
        yield month(cohort, promises=two, blind=spells, as_of=OCTOBER.end - DAY, **base)
        yield month(cohort, made_at=OCTOBER.end - DAY, blind=spells[:1], **base)
    yield month([], as_of=None, **base)


def wordless_blind(line: WaitingLine) -> Iterator[BlindPage]:
    """Every trouble, one mailbox and two, somebody who wrote since, and nobody."""
    for trouble in get_args(Trouble):
        page = replace(
            blind((line,), 50, trouble), organisation="Ω", teams=("Ω",), language="de", why=Why((("3@4", "Ω"),), ())
        )
        unseen = (Unseen("1@2", NOW - 26 * HOUR, "1@2", trouble), Unseen("3@4", NOW - 30 * HOUR, "5@6", trouble))
        yield replace(page, unseen=unseen[:1], wrote=1, operator_told=False)
        yield replace(page, unseen=unseen)
        yield replace(page, unseen=unseen[1:], lines=(), waited=(), total=0, wrote=0)
