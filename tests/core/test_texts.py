"""Facts as text say what the facts say."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.message import Address, Message
from monitor.core.texts import FactTexts, moment_text, texts_of, to_json
from tests.core.situations import mail

PLAIN = mail("10:00 Ann → info: A broken lamp at the pier").message
WORDS = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too
PEOPLE = st.lists(st.builds(Address, WORDS, WORDS), max_size=3).map(tuple)
IDS = st.lists(WORDS, max_size=3).map(tuple)
ZONES = st.just(UTC) | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=ZONES).filter(lambda at: 1000 < at.year < 9999)
MAILS = st.builds(
    replace,
    st.just(PLAIN),
    sent_at=st.none() | MOMENTS,
    recipients=PEOPLE,
    reply_to=PEOPLE,
    in_reply_to=IDS,
    references=IDS,
    headers=st.dictionaries(WORDS, IDS, max_size=3).flatmap(lambda d: st.sampled_from((d, MappingProxyType(d)))),
)


@given(MAILS)
def test_all_that_was_written_can_be_read_back(message: Message) -> None:
    texts = texts_of(message)
    at = datetime.fromisoformat(texts.sent_at).replace(tzinfo=UTC) if texts.sent_at else None
    assert at == message.sent_at
    assert tuple(Address(*each) for each in json.loads(texts.recipients)) == message.recipients
    assert tuple(Address(*each) for each in json.loads(texts.reply_to)) == message.reply_to
    assert tuple(json.loads(texts.in_reply_to)) == message.in_reply_to
    assert tuple(json.loads(texts.references)) == message.references
    assert {name: tuple(values) for name, values in json.loads(texts.headers).items()} == message.headers
    assert texts.headers == to_json(dict(message.headers))
    assert texts.recipients == to_json(message.recipients)
    assert texts.references == to_json(message.references)


def test_every_fact_that_is_no_text_by_itself_is_among_them() -> None:
    plain = {"identity", "message_id", "from_", "subject"}
    assert set(FactTexts._fields) == {field.name for field in fields(Message)} - plain


def test_moments_are_written_in_utc_and_naive_ones_are_refused() -> None:
    east = datetime(2026, 11, 16, 9, 30, 0, 7, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert moment_text(east) == "2026-11-16 04:00:00.000007"
    with pytest.raises(ValueError, match="without a time zone"):
        texts_of(replace(PLAIN, sent_at=datetime(2026, 11, 16)))  # noqa: DTZ001  # that is the point
