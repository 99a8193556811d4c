"""The rows of the table about an archive: the product against the truth, and headers alone beside it."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from bench.evaluate.table import Row, Share, Target
from bench.evaluate.told import Told
from bench.evaluate.truth import View, answers, late, pairs, stripped_replies
from tests.servers.archive import Archive

HEADERS = "headers alone"


class Measured(NamedTuple):
    """An archive and the truth about it. All by Message-ID, without brackets.

    `whole`: the true conversation of every message. `places`: the same for messages whose conversation is certain.
    `truth`: the conversations and waits of those among them in which everybody is known. `paths`: the files.
    """

    archive: Archive
    whole: Mapping[str, Hashable]
    places: Mapping[str, Hashable]
    truth: View
    paths: Mapping[str, str]


class Compared(NamedTuple):
    """What the product says, and what headers alone say."""

    measured: Measured
    seen: Told
    headers: View


def conversation_rows(compared: Compared, target: Target | None = None) -> list[Row]:
    """Pairs of messages in one conversation; the target is of F1."""
    places, view = compared.measured.places, compared.seen.view
    ours, theirs = pairs(places, view.conversation), pairs(places, compared.headers.conversation)
    strayed = _in_words(compared, _strayed(places, view))
    return [
        Row("conversations, pairs: precision", ours.precision, ours.found, None, {HEADERS: theirs.precision}),
        Row("conversations, pairs: recall", ours.recall, ours.true, None, {HEADERS: theirs.recall}),
        Row("conversations, pairs: F1", ours.f1, ours.true, target, {HEADERS: theirs.f1}, strayed),
    ]


def answer_rows(compared: Compared) -> list[Row]:
    """Which message ended which wait."""
    truth = compared.measured.truth
    true = sum(wait.answered for wait in truth.waits.values())
    ours, theirs = (answers(truth, view) for view in (compared.seen.view, compared.headers))
    named = [len(each.found) + len(each.wrong) for each in (ours, theirs)]
    return [
        _row("answers found", len(ours.found), true, len(theirs.found), true),
        _row("answers wrong, of those named", len(ours.wrong), named[0], len(theirs.wrong), named[1],
             misses=_in_words(compared, ours.wrong)),
        _row("answers missed", len(ours.missed), true, len(theirs.missed), true,
             misses=_in_words(compared, ours.missed)),
    ]  # fmt: skip


def overdue_rows(compared: Compared) -> list[Row]:
    """Whether a wait was overdue when its time was over."""
    truth = compared.measured.truth
    ours, theirs = (late(truth, view) for view in (compared.seen.view, compared.headers))
    return [
        _row("overdue: precision", ours.both, ours.found, theirs.both, theirs.found),
        _row("overdue: recall", ours.both, ours.true, theirs.both, theirs.true,
             misses=_in_words(compared, ours.wrong)),
    ]  # fmt: skip


def stripped_rows(compared: Compared, lost: Sequence[str], least: Target | None, most: Target) -> list[Row]:
    """What became of the replies that name nothing."""
    measured, n = compared.measured, len(lost)
    views = (compared.seen.view, compared.headers)
    ours, theirs = (stripped_replies(measured.truth, view, measured.whole, lost) for view in views)
    ended = {wait.answered_by: opener for opener, wait in measured.truth.waits.items() if wait.answered_by}
    not_found = [(reply, ended[reply]) for reply in ours.ending if reply not in ours.found]
    wrong = [(by, w.opener) for w in views[0].waits.values() if (by := w.answered_by) in ours.wrong and by]
    return [
        _row("stripped replies still found", len(ours.found), len(ours.ending), len(theirs.found), len(theirs.ending),
             least, _replies_in_words(compared, not_found)),
        _row("stripped replies that end a wrong wait", len(ours.wrong), n, len(theirs.wrong), n,
             most, _replies_in_words(compared, wrong)),
    ]  # fmt: skip


def _row(
    name: str, k: int, n: int, their_k: int, their_n: int, target: Target | None = None, misses: tuple[str, ...] = ()
) -> Row:
    return Row(name, Share(k, n), n, target, {HEADERS: Share(their_k, their_n)}, misses)


def _strayed(places: Mapping[str, Hashable], view: View) -> list[str]:
    """Messages that are not where most of their true conversation is, or that are where more of another one is."""
    together: defaultdict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for name, place in places.items():
        together[place][view.conversation.get(name)] += 1
    most = {place: counts.most_common(1)[0][0] for place, counts in together.items()}
    largest: dict[Hashable, Hashable] = {}
    for place, ours in sorted(most.items(), key=lambda each: -together[each[0]].total()):
        largest.setdefault(ours, place)
    at_home = {(place, ours) for place, ours in most.items() if largest[ours] == place}
    return [name for name, place in places.items() if (place, view.conversation.get(name)) not in at_home]


def _in_words(compared: Compared, names: Iterable[str]) -> tuple[str, ...]:
    """`path <id> — truth and what is said — rule — signals`, for messages of which most opened a wait."""
    lines = [f"{_where(compared, name)} — {_wait(compared, name)} — {_verdict(compared, name)}" for name in names]
    return tuple(sorted(lines))


def _replies_in_words(compared: Compared, replies: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The same for (reply, opener): the rule and the signals are the reply's."""
    lines = [
        f"{_where(compared, reply)} — to <{opener}>, {_wait(compared, opener)} — {_verdict(compared, reply)}"
        for reply, opener in replies
    ]
    return tuple(sorted(lines))


def _where(compared: Compared, name: str) -> str:
    return f"{compared.measured.paths.get(name, '?')} <{name}>"


def _wait(compared: Compared, opener: str) -> str:
    true = compared.measured.truth.waits.get(opener)
    wanted = f"truth: {f'<{true.answered_by}>' if true.answered else 'nobody answered'}; " if true else ""
    return f"{wanted}said: {compared.seen.waits.get(opener, 'no wait')}"


def _verdict(compared: Compared, name: str) -> str:
    message = compared.seen.messages.get(name)
    return f"{message.rule} — {'; '.join(message.signals) or 'no signal'}" if message else "not read"
