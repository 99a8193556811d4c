"""What a glance understands of LIST and STATUS is what imapclient understands; of anything else it takes nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imapclient import imap_utf7
from imapclient.response_parser import parse_response

from monitor.core.cursor import FolderState
from monitor.inbox.glance_lines import Glance, Unusual, marks_only, read_glance, untagged
from monitor.inbox.source import RemoteFolder

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=12)


def quoted(raw: bytes) -> bytes:
    return b'"' + raw.replace(b"\\", rb"\\").replace(b'"', rb"\"") + b'"'


def literal(raw: bytes) -> bytes:
    return b"{%d}\r\n%s" % (len(raw), raw)


def as_it_stands(raw: bytes) -> bytes:
    return raw


def glance(*lines: bytes) -> Glance:
    return read_glance(b"".join(line + b"\r\n" for line in (*lines, b"G0 OK done")), [b"G0"])


@settings(max_examples=60)
@given(NAMES, st.sampled_from([quoted, literal, as_it_stands]), st.integers(1, 2**32 - 1), st.integers(0, 2**63 - 1))
def test_a_name_is_read_as_imapclient_reads_it_or_not_at_all(name: str, way, number: int, modseq: int) -> None:  # type: ignore[no-untyped-def]
    raw = imap_utf7.encode(name)
    told = way(raw)
    items = b"(MESSAGES 3 UIDNEXT 9 UIDVALIDITY %d HIGHESTMODSEQ %d)" % (number, modseq)
    try:
        seen = glance(b'* LIST (\\HasNoChildren \\Sent) "/" ' + told, b"* STATUS " + told + b" " + items)
    except Unusual:
        assert way is as_it_stands, "servers write any name in quotes, or as a literal"
        return
    given_ = [(told[: -len(raw)].rstrip(b"\r\n"), raw)] if way is literal else [told]
    (parsed,) = parse_response(given_)
    assert [str(parsed) if isinstance(parsed, int) else imap_utf7.decode(parsed)] == [f.name for f in seen.folders]
    assert seen.folders[0].attributes == {"\\sent"}
    assert seen.states == {seen.folders[0].name: FolderState(number, 9, modseq, 3)}


@pytest.mark.parametrize(
    "line",
    [
        b"* BYE the session ends",
        b"* BAD what?",
        b"+ go on",
        b'* LIST (\\Sent) "/" "Sent" ("CHILDINFO" ("SUBSCRIBED"))',
        b'* LIST () "/" NIL',
        b'* LIST () "/" "a\\b"',
        b"* STATUS INBOX (MESSAGES)",
        b"* STATUS INBOX (MESSAGES -1)",
        b"* STATUS INBOX (MESSAGES 1",
        b'* LIST () "/" {4}\r\na\r\nb',
        b"G1 OK of something else",
        b"",
    ],
)
def test_what_is_unusual_is_not_taken_apart(line: bytes) -> None:
    answer = b'* LIST () "/" INBOX\r\n' + line + b"\r\nG0 OK done\r\n"
    if line:
        with pytest.raises(Unusual):
            read_glance(answer, [b"G0"])
    else:
        assert [folder.name for folder in read_glance(answer, [b"G0"]).folders] == ["INBOX"], "an empty line is nothing"


@pytest.mark.parametrize("end", [b"G0 NO not now", b"G0 BAD what?", b"G0 OKAY", b"G1 OK"])
def test_who_does_not_say_yes_is_not_believed(end: bytes) -> None:
    with pytest.raises(Unusual):
        read_glance(b'* LIST () "/" INBOX\r\n' + end + b"\r\n", [b"G0"])


def test_news_between_the_lines_is_passed_over_and_the_last_word_counts() -> None:
    seen = glance(
        b"* 5 EXISTS",
        b"* OK Still here",
        b"* STATUS INBOX (UIDVALIDITY 7 UIDNEXT 5 MESSAGES 4 HIGHESTMODSEQ 9) ",
        b"* STATUS INBOX (UIDNEXT 6 MESSAGES 5)",
    )
    assert seen.states == {"INBOX": FolderState(7, 6, 9, 5)}


def test_a_folder_of_which_too_little_is_told_has_no_state() -> None:
    assert glance(b"* STATUS INBOX (MESSAGES 4)").states == {}


def test_folders_compare_by_what_decides_their_part() -> None:
    listed = [RemoteFolder("Sent", frozenset({"\\sent", "\\hasnochildren", "\\marked"}))]
    assert glance(b'* LIST (\\Sent) "." Sent').folders == marks_only(listed)


LINES = b"\r\n* STATUS INBOX (UIDNEXT 2)"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (LINES + b"\r\nG0 OK done (0.001 secs)\r\n", LINES + b"\r\n"),
        (b"\r\nG0 OK left\r\n* STATUS INBOX (UIDNEXT 2)\r\nG1 OK done\r\n", LINES + b"\r\n"),
        (LINES + b"\r\nG0 NO\r\n", None),
        (b"\r\nG1 OK done\r\nG0 OK done\r\n", None),
        (b"\r\n* LIST () NIL {5}\r\nG0 OK\r\nG0 OK done\r\n", None),
    ],
    ids=["one", "in between", "refused", "in another order", "literal"],
)
def test_answers_differ_in_what_they_tell_and_not_in_how_long_it_took(answer: bytes, told: bytes | None) -> None:
    assert untagged(answer, [b"G0", b"G1"] if b"G1" in answer else [b"G0"]) == told
