"""What a server says by itself: what has come is news, what left or was read is not, and nothing breaks the reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.inbox.news import News, goodbye

SENT = b"* STATUS Sent (MESSAGES 2 UIDNEXT 3 UNSEEN 2)"


@pytest.mark.parametrize(
    ("before", "line", "is_news"),
    [
        ([b"* 4 EXISTS"], b"* 5 EXISTS", True),
        ([b"* 4 EXISTS"], b"* 4 EXISTS", False),
        ([b"* 4 EXISTS", b"* 2 EXPUNGE"], b"* 3 EXISTS", False),
        ([b"* 4 EXISTS", b"* 2 EXPUNGE"], b"* 4 exists", True),
        ([b"* 4 EXISTS", b"* VANISHED 7:9"], b"* 4 EXISTS", True),
        ([], b"* 4 EXISTS", True),
        ([], b"* 4 EXPUNGE", False),
        ([], b"* 4 FETCH (FLAGS (\\Seen))", False),
        ([], b"* 1 RECENT", False),
        ([], b"* OK Still here", False),
        ([], b"* OK [NOTIFICATIONOVERFLOW] too much to tell", True),
        ([], SENT, True),
        ([SENT], SENT, False),
        ([SENT], b'* STATUS "Sent" (MESSAGES 1 UIDNEXT 3)', False),
        ([SENT], b"* STATUS Sent (MESSAGES 3 UIDNEXT 4)", True),
        ([SENT], b"* STATUS INBOX (MESSAGES 3 UIDNEXT 3)", True),
        ([SENT], b"* STATUS Sent (MESSAGES 3)", True),
        ([SENT], b"* STATUS {4}", True),
        ([SENT], b"5 EXISTS", False),
    ],
)
def test_only_what_comes_into_a_folder_is_news(before: list[bytes], line: bytes, is_news: bool) -> None:
    news = News()
    for each in before:
        news.told(each)
    assert news.told(line) is is_news


def test_how_many_mails_lie_in_a_folder_that_is_being_opened_is_no_news() -> None:
    news = News()
    news.told(b"* 9 EXISTS")
    news.begin()
    assert not news.told(b"* 12 EXISTS", opening=True)
    assert not news.told(b"* 12 EXISTS")
    assert news.told(b"* 13 EXISTS")


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=60).map(lambda end: b"* " + end)))
def test_no_line_breaks_it(lines: list[bytes]) -> None:
    news = News()
    for line in lines:
        assert news.told(line) in (True, False)
        goodbye(line)


def test_a_server_that_names_ever_new_folders_fills_no_memory() -> None:
    news = News()
    for number in range(500):
        news.told(b"* STATUS folder-%d (UIDNEXT 1)" % number)
    assert len(news._uidnext) == 100


def test_the_words_of_a_goodbye_are_kept() -> None:
    assert goodbye(b"* BYE Session invalidated - AccessTokenExpired") == "Session invalidated - AccessTokenExpired"
    assert goodbye(b"* OK BYE") is None
