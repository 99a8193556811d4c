"""Labelled mail: is automatic mail known as such, and is nobody left out who waits?

Each mail is judged alone, as one that came into a mailbox it does not name: mails that share an id never meet in one
store. A mail is known again by the second in which it arrives.
"""

import csv
import email
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import NamedTuple

from bench.evaluate.corpora import LABELS, say
from bench.evaluate.lists import lists_of
from bench.evaluate.pipeline import Mail, Pipeline, in_the_mail, whole_header
from bench.evaluate.simple_rules import SIMPLE_RULES
from bench.evaluate.table import Row, Section, Share, Target, at_least, at_most
from tests.servers.archive import read_mbox

BOUNCES = ("bounce", "bounce-temporary", "delay-notice")
AUTO_REPLIES = ("auto-reply", "bounce-reported-as-auto-reply")
REPORTS = ("automated-report", "feedback-report", "read-receipt")
NEWSLETTERS = ("ham-hard(newsletter/commercial)",)
INVITATIONS = ("calendar", "has-calendar-part")
PEOPLE = ("ham", "human", "human-new", "human-reply", "not-bounce")
LEFT_OUT = ("malformed", "spam", "phishing")

BARE = "list-twisted/"
"""Archives whose program threw nearly all header fields away."""
FIRST_ARRIVAL = datetime(2020, 1, 1, tzinfo=UTC)

_IDS = re.compile(rb"<[^<>\s]+>")
_ID_FIELDS = re.compile(rb"^(?:message-id|in-reply-to|references):[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.I | re.M)

NOTES = (
    "each mail once: the same mail with other line ends counts once; of two labels of a mail the later one, which a "
    "person gave after reading it.",
    "auto-replies come apart, because the archive of twisted-python kept From, Date, Subject and ids only: nothing in "
    "those headers says that a machine wrote them.",
    "calendar: the corpora hold no answers, only invitations (REQUEST), and behind these a person waits.",
    "newsletters: the label also covers other commercial mail.",
    "left out: malformed (that label says nothing of who wrote it), spam and phishing (the mail server's job).",
    "declared: each mail is judged with the lists it came through under [staff] lists, never the writer's address.",
)


class Labelled(NamedTuple):
    """A mail with its label; `path` is relative to the corpora."""

    path: str
    label: str
    raw: bytes

    @property
    def header(self) -> bytes:
        """All of its header."""
        return whole_header(self.raw)

    @property
    def parsed(self) -> Message:
        """Its header, for the simple rules."""
        return email.message_from_bytes(self.header)


class Judged(NamedTuple):
    """What the product says of a mail."""

    excluded: bool
    why: str


UNREAD = Judged(True, "no message came of it (a trouble row)")


def labelled_mail(corpora: Path) -> Section:
    """All rows about labelled mail."""
    mails = _once(read_labels(corpora))
    with_people = [mail for mail in mails if mail.label in PEOPLE]
    say(f"judging {len(mails)} labelled mails")
    plain = judged(mails, corpora_lists=False)
    say(f"judging {len(with_people)} mails of people, their lists declared")
    declared = judged(with_people, corpora_lists=True)
    kinds = (
        ("bounces found", BOUNCES, False, at_least(0.99)),
        ("auto-replies found", AUTO_REPLIES, False, at_least(0.95)),
        ("auto-replies found, headers lost", AUTO_REPLIES, True, None),
        ("reports found", REPORTS, False, None),
        ("newsletters found", NEWSLETTERS, False, None),
    )
    rows = []
    for name, labels, bare, target in kinds:
        chosen = [m for m in mails if m.label in labels and m.path.startswith(BARE) is bare]
        rows.append(_row(name, chosen, plain, True, target))
    rows.append(_row("invitations left out", [m for m in mails if m.label in INVITATIONS], plain, False, None))
    rows.append(_row("people left out, lists declared", with_people, declared, False, at_most(0.003, "{:.1%}")))
    rows.append(_row("people left out, lists not declared", with_people, plain, False, None))
    return Section("Labelled mail", tuple(rows), NOTES)


def read_labels(corpora: Path) -> list[Labelled]:
    """Every mail of labels.csv but those left out."""
    with (corpora / LABELS).open(newline="", encoding="utf-8") as file:
        labels = {row["path"]: row["label"] for row in csv.DictReader(file)}
    return [Labelled(path, label, _raw(corpora, path)) for path, label in labels.items() if label not in LEFT_OUT]


def judged(mails: Sequence[Labelled], *, corpora_lists: bool) -> dict[str, Judged]:
    """The product's verdict on each mail, by path; with the lists it came through declared as ours, or not."""
    by_lists: defaultdict[frozenset[str], list[Labelled]] = defaultdict(list)
    for mail in mails:
        by_lists[lists_of(mail.parsed) if corpora_lists else frozenset()].append(mail)
    verdicts: dict[str, Judged] = {}
    with Pipeline() as pipeline:
        for lists, group in by_lists.items():
            for strangers in apart(group):
                verdicts |= _verdicts(pipeline, strangers, lists)
    return verdicts


def apart(mails: Iterable[Labelled]) -> list[list[Labelled]]:
    """The mails in as few groups as it takes (first fit) so that no two of a group bear or name the same id."""
    groups: list[tuple[list[Labelled], set[bytes]]] = []
    for mail in mails:
        ids = {each for field in _ID_FIELDS.findall(mail.header) for each in _IDS.findall(field)} or {mail.header}
        group = next((g for g in groups if not g[1] & ids), None)
        if group is None:
            group = ([], set())
            groups.append(group)
        group[0].append(mail)
        group[1].update(ids)
    return [group for group, _ in groups]


def _verdicts(pipeline: Pipeline, mails: Sequence[Labelled], lists: frozenset[str]) -> dict[str, Judged]:
    arrivals = {FIRST_ARRIVAL + timedelta(seconds=number): mail for number, mail in enumerate(mails)}
    inbox = [Mail(mail.header, len(mail.raw), when) for when, mail in arrivals.items()]
    verdicts = dict.fromkeys((mail.path for mail in mails), UNREAD)
    for told in (message for story in pipeline.stories({"INBOX": inbox}, lists) for message in story.messages):
        excluded = told.direction == "automatic" or not told.wants_reply
        why = f"{told.rule} — {'; '.join(told.signals) or 'no signal'}"
        verdicts[arrivals[told.seen.received_at].path] = Judged(excluded, why)
    return verdicts


def _row(name: str, mails: Sequence[Labelled], verdicts: dict[str, Judged], wanted: bool, target: Target | None) -> Row:
    """How many were excluded; a miss is one for which that is not as `wanted`."""
    excluded = [mail for mail in mails if verdicts[mail.path].excluded]
    wrong = [mail for mail in mails if verdicts[mail.path].excluded is not wanted]
    baselines = {each: Share(sum(rule(m.parsed) for m in mails), len(mails)) for each, rule in SIMPLE_RULES.items()}
    missed = tuple(f"{mail.path} — {verdicts[mail.path].why}" for mail in wrong)
    return Row(name, Share(len(excluded), len(mails)), len(mails), target, baselines, missed)


def _raw(corpora: Path, path: str) -> bytes:
    """A file, or the message of a month that `file#number <id>` names."""
    file, mark, name = path.partition("#")
    raw = (corpora / file).read_bytes()
    if not mark:
        return raw
    message_id = name.partition("<")[2].rstrip(">")
    return next(mail.raw for mail in read_mbox(raw) if mail.message_id == message_id)


def _once(mails: Iterable[Labelled]) -> list[Labelled]:
    return list({in_the_mail(mail.raw): mail for mail in reversed(list(mails))}.values())[::-1]
