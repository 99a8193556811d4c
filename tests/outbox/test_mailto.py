"""Links that open a ready-made mail (RFC 6068): what comes out of them is what was put in, and nothing else."""

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.outbox.mailto import mailto

TEXT = st.text(st.characters(exclude_categories=("Cs",)))


@given(TEXT, TEXT)
def test_subject_and_line_come_out_as_they_went_in(subject: str, line: str) -> None:
    link = urlsplit(mailto("monitor@ours.example", subject, line))
    assert (link.scheme, unquote(link.path)) == ("mailto", "monitor@ours.example")
    asked = parse_qsl(link.query, keep_blank_values=True, strict_parsing=True)
    # In a query as HTML forms write it "+" is a blank; in a mailto: it is a plus, so it must not stand there.
    assert "+" not in link.query
    assert asked == [("subject", subject), ("body", line)]


@pytest.mark.parametrize("odd", ["a&cc=evil@evil.example", "a?bcc=x@y", "a\r\nBcc: x@y", "a#b", "100 % b", "a;b=c"])
def test_nothing_in_a_value_is_a_further_field(odd: str) -> None:
    link = mailto(f"{odd}@ours.example", odd, odd)
    assert link.count("?") == link.count("&") == 1
    assert not any(sign in link for sign in "\r\n#; ")
    assert link.isascii()


def test_a_blank_is_written_so_that_every_mail_program_reads_it() -> None:
    assert mailto("m@ours.example", "done 2 [k7qm]", "done 2") == (
        "mailto:m@ours.example?subject=done%202%20%5Bk7qm%5D&body=done%202"
    )
