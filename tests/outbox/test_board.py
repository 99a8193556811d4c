"""The page on the wall as text: what it says, what it never says, and how many lines a screen has room for."""

import re
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.outbox.board_pages import MOST_OF_ALL, BoardTeam, State, fitted
from monitor.outbox.letters import Letters
from tests.outbox.board_samples import board, boards, doubtful, hostile, line, lines, many, ordinary, team
from tests.outbox.rendered import TRICKS, Outline
from tests.outbox.samples import NOW

LETTERS = Letters()
HOUR = timedelta(hours=1)
LINE = st.builds(
    line,
    st.integers(1, 9999),
    st.floats(0, 200).map(lambda hours: timedelta(hours=hours)),
    more=st.sampled_from([0, 0, 7]),
    holder=st.sampled_from(["", "Digital help"]),
)
TEAM = st.lists(LINE, max_size=12).map(lambda waiting: team("Front desk", *waiting))


def said(page: object) -> str:
    """The words of the page, without its style and script."""
    html = LETTERS.render_board(page)  # type: ignore[arg-type]
    body = re.sub(r"<(style|script)>.*?</\1>", "", html.partition("<body")[2], flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


class TestWhatItSays:
    def test_who_waits_is_the_heading_and_the_figures_add_up(self) -> None:
        page = ordinary()
        assert page.waiting == sum(page.count(state) for state in get_args(State)) == 20
        assert "20 people are waiting to hear from us." in said(page)

    @pytest.mark.parametrize(
        ("page", "words"),
        [
            (board(team("Desk")), "Nobody is waiting."),
            (board(team("Desk", seen=False)), "Nothing has been seen yet."),
            (replace(doubtful(), teams=doubtful().teams[4:5]), "Nobody is waiting, as far as we can see."),
            (board(team("Desk", line(1, HOUR))), "1 person is waiting to hear from us."),
        ],
    )
    def test_the_heading_claims_no_more_than_is_known(self, page: object, words: str) -> None:
        assert f"<h1>{words}</h1>" in LETTERS.render_board(page)  # type: ignore[arg-type]

    def test_a_team_of_which_something_is_not_seen_is_never_simply_fine(self) -> None:
        html = LETTERS.render_board(doubtful())
        assert html.count('class="doubtful"') == html.count('class="doubt"') == 5
        assert "✓" not in html.partition("<body")[2]

    def test_what_does_not_fit_is_counted_and_nobody_is_lost(self) -> None:
        page = many(8, 40)
        assert said(page).count("and 37 more") == 8
        assert "320 people are waiting" in said(page)

    def test_a_sender_of_very_many_is_one_line_and_all_are_counted(self) -> None:
        page = board(team("Desk", line(1, 30 * HOUR, more=9999)))
        assert (page.waiting, page.count("late")) == (10_000, 10_000)
        assert "9,999 more of the same sender" in said(page)

    @pytest.mark.parametrize("name", [name for name, _ in boards() if name not in ("subjects", "hostile")])
    def test_no_subject_stands_there_unless_asked_for(self, name: str) -> None:
        page = dict(boards())[name]
        assert 'class="subject"' not in LETTERS.render_board(page)
        assert said(page).count("no subjects") == 1

    def test_marks_are_said_in_words(self) -> None:
        one = line(1, HOUR, holder="Digital help", decided=True, snoozed_until=NOW + 24 * HOUR, missing=True)
        words = said(board(team("Desk", one, line(2, HOUR, with_colleague=True, low_urgency=True))))
        for mark in (
            "answer known, not told yet",
            "with Digital help",
            "put off until Sun 10:00",
            "no longer in the mailbox",
            "with a colleague",
            "perhaps only a thank-you",
        ):
            assert mark in words


class TestHostile:
    def test_no_trick_adds_an_element_or_an_attribute(self) -> None:
        tricks, harmless = hostile(), hostile()
        teams = tuple(
            replace(
                each,
                name="Desk",
                lines=tuple(replace(one, subject=one.subject and "A", holder=one.holder and "B") for one in each.lines),
            )
            for each in harmless.teams
        )
        outlines = [Outline(_void(LETTERS.render_board(page))) for page in (tricks, replace(harmless, teams=teams))]
        assert outlines[0].tags == outlines[1].tags

    def test_tricks_arrive_as_text(self) -> None:
        html = LETTERS.render_board(hostile())
        assert "&lt;script&gt;" in html
        assert TRICKS[0] not in html
        assert "49" not in said(replace(hostile(), teams=hostile().teams[:1])).partition("{{7*7}}")[2]

    def test_it_holds_nothing_that_could_be_followed_sent_or_loaded(self) -> None:
        for _, page in boards():
            outline = Outline(_void(LETTERS.render_board(page)))
            assert not outline.of("a", "img", "form", "iframe", "object", "base")
            assert [link["href"] for link in outline.of("link")] == ["data:,"]
            assert all("style" not in attrs and not any(a.startswith("on") for a in attrs) for _, attrs in outline.tags)

    def test_the_policy_names_exactly_its_own_style_and_script(self) -> None:
        html = LETTERS.render_board(ordinary())
        (policy,) = [m["content"] for m in Outline(_void(html)).of("meta") if "http-equiv" in m and "'" in m["content"]]
        for kind in ("style", "script"):
            (own,) = re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
            digest = b64encode(sha256(own.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'; ")


def _void(html: str) -> str:
    """Without what has no end tag and is in no letter."""
    return re.sub(r"<link ([^>]*)>", r"<link \1></link>", html)


class TestRoom:
    @settings(max_examples=40)
    @given(st.lists(TEAM, min_size=1, max_size=17))
    def test_each_team_keeps_its_place_and_shows_its_oldest(self, teams: list[BoardTeam]) -> None:
        page = board(*teams)
        assert [each.lines for each in page.teams] == [each.lines for each in teams]
        for each in page.teams:
            assert len(each.shown) == min(each.most, len(each.lines)) >= min(1, len(each.lines))
            assert list(each.shown) == sorted(each.shown, key=lambda one: (one.arrived, one.number))
            assert each.waiting == sum(1 + one.more for one in each.shown) + each.hidden

    @settings(max_examples=40)
    @given(st.lists(TEAM, min_size=1, max_size=8))
    def test_there_is_no_room_lost_that_one_more_line_would_fill(self, teams: list[BoardTeam]) -> None:
        page = board(*teams)
        assert fitted(page) == page
        fewer = board(*(replace(each, lines=each.lines[: each.most]) for each in page.teams))
        assert [t.shown for t in fewer.teams] == [t.shown for t in page.teams]

    @pytest.mark.parametrize(
        ("teams", "columns"),
        [(0, 1), (1, 1), (2, 2), (3, 3), (4, 4), (5, 3), (6, 3), (7, 4), (9, 3), (12, 4), (13, 5), (40, 5)],
    )
    def test_teams_stand_in_even_ranks(self, teams: int, columns: int) -> None:
        assert board(*(team(str(n)) for n in range(teams))).columns == columns <= MOST_OF_ALL

    def test_twenty_who_wait_at_one_desk_are_all_shown(self) -> None:
        assert len(board(team("Desk", *lines(1, *range(20)))).teams[0].shown) == 20
