"""Message-IDs as they are met in real mail (rules.md §2.1)."""

import hmac
import re
from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.ids import LONGEST_ID, cap_references, digest, find_ids
from monitor.core.letter_ids import is_letter_id, is_token_of, letter_id, tag_of, token_of, tokens_in, without_tags

KEY = b"a key"
AT_LIMIT = "a" * (LONGEST_ID - len("<@b>"))


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("<a@b>", "<a@b>"),
        ("  <a@b>  ", "<a@b>"),
        ("<a@b> <c@d>", "<a@b> <c@d>"),
        ("<a@b><c@d>", "<a@b> <c@d>"),
        ("<a@b>,<c@d>, <e@f>", "<a@b> <c@d> <e@f>"),
        ("<a@b> <a@b>", "<a@b>"),
        ("<A@b> <a@b>", "<A@b> <a@b>"),
        ("<a@\r\n b>", "<a@b>"),
        ("<a@b>\r\n\t<c@d>", "<a@b> <c@d>"),
        ("a@b", "<a@b>"),
        ("a@b, c@d", "<a@b> <c@d>"),
        ("<a@b", "<a@b>"),
        ("a@b>", "<a@b>"),
        ("<<a@b>>", "<a@b>"),
        ('Your message of "Mon, 3 May 2026 10:00:00 +0200" <a@b>', "<a@b>"),
        ("<a@b> (Ann Other's message of Monday)", "<a@b>"),
        ("Your message at 21:39:14 on Thursday, 24 May 2007", ""),
        ('Message from Ann Other <ann@x.example> of "Mon, 3 May 2026 10:00:00 +0200" <a@b>', "<a@b>"),
        ('Message from ann@x.example\r\n\tof "Mon, 3 May 2026" <a@b>', "<a@b>"),
        ("Message from Ann Other <ann@x.example> <a@b> .", "<a@b>"),
        ("message from the Bank of X <bank@x.example> of Monday", ""),
        ("<no-at-sign>", "<no-at-sign>"),
        ("<>", ""),
        ("", ""),
        (" , ", ""),
        ("<é@b>", ""),
        (f"<{AT_LIMIT}@b>", f"<{AT_LIMIT}@b>"),
        (f"<{AT_LIMIT}a@b>", ""),
        (f"<{AT_LIMIT}a@b> <c@d>", "<c@d>"),
    ],
)
def test_which_ids_a_header_names(value: str, ids: str) -> None:
    assert find_ids(value) == tuple(ids.split())


@given(st.text(max_size=400))
def test_whatever_a_header_holds_ids_are_short_printable_and_each_once(value: str) -> None:
    ids = find_ids(value)
    assert len(set(ids)) == len(ids)
    for each in ids:
        assert len(each) <= LONGEST_ID
        assert all("!" <= letter <= "~" for letter in each)
        assert (each[0], each[-1]) == ("<", ">")
        assert find_ids(each) == (each,)


@pytest.mark.parametrize(("length", "kept"), [(0, 0), (99, 99), (100, 100), (101, 100), (1000, 100)])
def test_a_long_chain_is_capped_to_its_first_and_last_fifty(length: int, kept: int) -> None:
    ids = tuple(f"<{n}@x>" for n in range(length))
    capped = cap_references(ids)
    assert len(capped) == kept
    assert capped[:50] == ids[:50]
    assert capped[-50:] == ids[-50:]


def test_the_identity_of_a_mail_without_an_id_is_a_digest_of_its_header() -> None:
    assert digest(b"a") == digest(b"a") != digest(b"b")
    assert digest(b"").startswith("sha256:")


def test_a_letter_of_ours_is_known_by_its_signature() -> None:
    letter = letter_id("reminder", "wait 7 step 0h to ann", "ours.example", KEY)
    assert is_letter_id(letter, KEY)
    assert find_ids(letter) == (letter,)
    assert letter == letter_id("reminder", "wait 7 step 0h to ann", "ours.example", KEY)
    assert letter != letter_id("reminder", "wait 8 step 0h to ann", "ours.example", KEY)


LETTER = letter_id("report", "2026-W46", "ours.example", KEY)


@pytest.mark.parametrize(
    ("what", "message_id"),
    [
        ("another id of the same domain", "<20261109.42@ours.example>"),
        ("the form with a signature that nobody made", f"<im.report.{'0' * 24}.{'0' * 20}@ours.example>"),
        ("another obligation under the same signature", LETTER.replace(LETTER[11:35], "0" * 24)),
        ("one letter more of the signature", LETTER.replace("@", "a@")),
        ("the form with a token that nobody made", f"<im.report.{'0' * 24}.{'a' * 16}@ours.example>"),
        ("another kind under the same signature", LETTER.replace("report", "reminder")),
        ("more after it", LETTER + " <x@y>"),
        ("without brackets", LETTER.strip("<>")),
        ("upper case", LETTER.upper()),
        ("nothing", ""),
    ],
)
def test_nothing_else_passes_for_a_letter_of_ours(what: str, message_id: str) -> None:
    assert not is_letter_id(message_id, KEY), what


def test_a_letter_signed_by_another_installation_is_not_ours() -> None:
    assert not is_letter_id(LETTER, b"another key")


def test_a_letter_signed_in_the_form_of_earlier_versions_is_still_ours_and_has_no_token() -> None:
    body = "0123456789abcdef01234567"
    old = f"<im.reminder.{body}.{hmac.new(KEY, f'reminder.{body}'.encode(), sha256).hexdigest()[:20]}@ours.example>"
    assert is_letter_id(old, KEY)
    assert token_of(old, KEY) == ""


def test_a_token_is_eighty_bits_in_sixteen_letters_that_nobody_mistakes() -> None:
    assert re.fullmatch(r"[a-z2-7]{16}", token_of(LETTER, KEY))
    assert re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", tag_of(token_of(LETTER, KEY)))


@given(st.binary(min_size=1), st.text())
def test_no_other_key_makes_the_token_of_a_letter(other: bytes, obligation: str) -> None:
    letter = letter_id("reminder", obligation, "ours.example", KEY)
    forged = token_of(letter_id("reminder", obligation, "ours.example", other), other)
    assert is_token_of(forged, letter, KEY) == (other.rstrip(b"\0") == KEY.rstrip(b"\0"))


@given(st.text() | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16))
def test_no_guess_passes_for_a_token(guess: str) -> None:
    assert is_token_of(guess, LETTER, KEY) == (guess == token_of(LETTER, KEY))


@given(st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=16, max_size=16), st.sampled_from([str.upper, str.lower]))
def test_a_token_is_found_again_in_a_subject_whatever_stands_around_it(token: str, case: Callable[[str], str]) -> None:
    subject = f"Re: [EXTERNAL] AW: 3 people [{case(tag_of(token))}] (was: [aaaa-aaaa])"
    assert list(tokens_in(subject)) == [token]
    assert without_tags(subject) == "Re: [EXTERNAL] AW: 3 people (was: [aaaa-aaaa])"


def test_of_two_tags_the_last_one_counts_first() -> None:
    first, last = "a" * 16, "b" * 16
    assert list(tokens_in(f"[{tag_of(first)}] Re: [{tag_of(last)}]")) == [last, first]


@given(st.text())
def test_any_subject_is_read(subject: str) -> None:
    assert all(re.fullmatch(r"[a-z2-7]{16}", token) for token in tokens_in(subject))
    assert list(tokens_in(without_tags(subject))) == []
