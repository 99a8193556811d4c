"""FLOOR 3. The lines of `explain`: what was decided, by which rule, and why, in plain words."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from monitor.core.considered import REASONS
from monitor.core.durations import canonical, short
from monitor.core.message import Flag
from monitor.core.moments import short_day_and_time, since
from monitor.core.promise import COUNTED, counted_words, promise_words
from monitor.core.topic import key_of
from monitor.screen.chain import Chain, Lies, Part, Person, ended_by, lies
from monitor.screen.telling import Clock, Told
from monitor.screen.words import DIRECTIONS, ENDED, OURS, ROLES, link, verdict
from monitor.store.acts import StoryAct
from monitor.store.stories import StoryMessage, StoryWait

MOST = 6
"""Recipients, and reasons of one kind, that are told one by one; the rest is counted."""


class Line(NamedTuple):
    """What, by which rule, why."""

    what: str
    rule: str
    why: str


def message_lines(chain: Chain, m: StoryMessage) -> list[Line]:
    """All decisions about one message."""
    return [
        *_people(chain, m),
        Line("wants a reply" if m.wants_reply else "wants no reply", m.rule, verdict(m.rule, m.signals)),
        _joined(chain, m),
        *_places(chain, m),
        *_suspicions(m),
        *_parts(chain, m),
        *_handed(chain, m),
    ]


def _people(chain: Chain, m: StoryMessage) -> list[Line]:
    writer, *others = chain.people(m)
    lines = [Line(m.direction, writer.rule, _who(writer) + DIRECTIONS[m.direction])]
    lines += [Line("to" if each.part == "to" else "From shows", each.rule, _who(each)) for each in others[:MOST]]
    if len(others) > MOST:
        lines.append(Line("to", "", f"and {len(others) - MOST} more"))
    return lines


def _who(person: Person) -> str:
    return f"{person.who.address or 'nobody'} {OURS.get(person.rule, '')}".rstrip()


def _joined(chain: Chain, m: StoryMessage) -> Line:
    first = chain.considered.messages[0].message.identity == m.identity
    new = m.link == "join.none" or (m.link == "join.cited" and first)
    why = link(m.link, m.linked_to, m.direction)
    return Line("new conversation" if new else "same conversation", m.link, why)


def _places(chain: Chain, m: StoryMessage) -> list[Line]:
    """Where it lies and lay, and what was done to it there."""
    told = chain.told
    lines = [Line("was in" if at.gone else "lies in", f"seen.{at.place.role}", _where(at, told)) for at in lies(m)]
    if m.seen.missing:
        lines.append(Line("is gone", "seen.missing", "it is no longer in the mailbox"))
    if m.seen.draft:
        lines.append(Line("is a draft", "seen.draft", "as far as we see it was never sent"))
    if m.seen.flag:
        lines.append(Line("is marked", "seen.answered-flag", _flagged(m.seen.flag, told)))
    return lines


def _where(at: Lies, told: Told) -> str:
    return f"{ROLES.get(at.place.role, at.place.role)} of {at.place.mailbox}, first seen there {_at(at.since, told)}"


def _flagged(flag: Flag, told: Told) -> str:
    if flag.at is None:
        return "\\Answered was set when we first saw it"
    after = f", not yet at that of {_at(flag.after, told)}" if flag.after else ""
    return f"\\Answered first seen at the look of {_at(flag.at, told)}{after}"


def _suspicions(m: StoryMessage) -> Iterable[Line]:
    if m.cites == "unseen":
        yield Line("quotes a reply", "cites.unseen", "it answers a message of ours that we never saw")
    if m.stands_in:
        yield Line("answers for us?", "stands-in", "if its writer is one of us, add the address to [staff] people")


def _parts(chain: Chain, m: StoryMessage) -> list[Line]:
    parts = chain.parts(m)
    lines = [_part(chain, part) for part in parts if part.kind != "refused"]
    refused: dict[str, list[Part]] = {}
    for part in parts:
        if part.kind == "refused":
            refused.setdefault(part.rule, []).append(part)
    for rule, of_rule in refused.items():
        who = f"to {name_of(of_rule[0].wait)}: " if len(of_rule) == 1 else f"to {len(of_rule)} who wait: "
        lines.append(Line("is no answer", rule, (who if len(chain.story.waits) > 1 else "") + REASONS[rule]))
    if m.wants_reply and not parts:
        lines.append(Line("opens no wait", "wait.not-in-an-inbox", "it was in no inbox that we watch"))
    return lines


def _part(chain: Chain, part: Part) -> Line:
    told, wait = chain.told, part.wait
    if part.kind == "opened":
        target = told.house.target(wait.mailboxes[0])
        promise = f"{target.calendar.mode}, {canonical(target.reply_within)}"
        return Line("opens the wait", part.rule, f"due {_at(wait.due_at, told)} ({promise})")
    if part.kind == "chased":
        return Line("asks again", part.rule, f"the wait since {_at(wait.opened_at, told)} goes on as it was")
    met = told.met(wait)
    length, _ = told.lengths(wait)
    after = f"after {short(length)}, " if length is not None else ""
    return Line(
        "ends the wait", part.rule, f"{after}{'in time' if met else 'past the target'}: {ENDED.get(part.rule, '')}"
    )


def _handed(chain: Chain, m: StoryMessage) -> Iterable[Line]:
    """What this message moved, in some wait."""
    handoffs = {h: None for w in chain.story.waits for h in w.handoffs if h.at == m.seen.received_at}
    for handoff in handoffs if m.direction == "internal" else ():
        if handoff.decided:
            yield Line("decided", "handoff.decided-not-told", f"{handoff.from_team} has answered us, not the customer")
        else:
            to = f"{handoff.from_team} → {handoff.to_team}"
            yield Line("hand-over", "handoff.other-team", f"{to}: the ball moves, the clock does not")


def act_line(act: StoryAct, told: Told) -> Line:
    """What somebody said by hand, in a mail or on the command line."""
    way = "in a mail" if act.via == "mail" else "on the command line"
    if act.kind == "snooze":
        until = _at(act.until, told) if act.until else "later"
        return Line("snoozed", "act.snooze", f"nobody is reminded before {until}; the clock runs on; said {way}")
    if act.kind == "assign":
        to = " ".join(part for part in (act.team, f"({act.person})" if act.person else "") if part)
        return Line("handed over", "act.assign", f"to {to}: the ball moves, the clock does not; said {way}")
    if act.kind == "reopen":
        return Line("opened again", "act.reopen", f"what ended it before did not; said {way}")
    return Line("done", "act.done", f"no reply needed; said {way}")


def wait_lines(chain: Chain, wait: StoryWait, alone: bool) -> list[Line]:
    """The clock of a wait and how it stands; `alone`: without the messages that were refused beside it."""
    told, clock = chain.told, chain.told.clock(wait)
    promise = promise_words(clock.reply_within, clock.mode)
    runs = f"{promise} from {_at(wait.opened_at, told)}, due {_at(wait.due_at, told)}"
    lines = [Line("clock", f"clock.{clock.mode}", f"{runs}; {COUNTED[clock.mode]}"), *_stood_still(clock, told)]
    length = "how long is not known" if clock.elapsed is None else short(clock.elapsed)
    if clock.primary is not None and clock.primary != clock.elapsed:
        length += f", {counted_words(clock.primary)} of them counted"
    state = {True: "in time", False: "past the target", None: "still in time"}[told.met(wait)]
    judged = wait.state == "waiting" or told.met(wait) is not None
    length += f", {state}" if judged else ", in no figure of the report"
    lines.append(Line("waits" if wait.state == "waiting" else "waited", f"wait.{wait.state}", length))
    if len(told.way(wait)) > 1:
        lines.append(Line("went", "wait.path", _path(wait, told)))
    if wait.state != "waiting":
        lines.append(Line("over", ended_by(wait), ENDED.get(ended_by(wait), "")))
    if wait.also_answered_by:
        second = next(m for m in chain.story.messages if m.shown_id == wait.also_answered_by)
        by = f"{_at(second.seen.received_at, told)} from {second.seen.message.from_.address}"
        lines.append(Line("answered twice", "wait.answered-twice", f"again {by}, not knowing of the first answer"))
    if wait.snoozed_until and wait.snoozed_until > told.now:
        quiet = f"nobody is reminded before {_at(wait.snoozed_until, told)}, unless they write again"
        lines.append(Line("snoozed", "wait.snoozed", quiet))
    if wait.low_urgency:
        lines.append(Line("low urgency", "wait.low-urgency", "short: perhaps only a thank-you; the clock runs on"))
    lines.append(Line("belongs to", "wait.home", _home(wait)))
    return lines + (list(_refusals(chain, wait)) if alone else [])


def _path(wait: StoryWait, told: Told) -> str:
    """`Front desk 5 h → Digital help 3 d 2 h → Front desk 5 d 18 h, decided → customer`."""
    marks = {"decided": ", decided"}
    steps = [f"{one.team} {short(one.length)}{marks.get(one.held, '')}" for one in told.way(wait)]
    return " → ".join([*steps, "customer"] if wait.state == "answered" else steps)


def _stood_still(clock: Clock, told: Told) -> Iterable[Line]:
    rule = f"clock.{clock.mode}"
    for start, end, reason in clock.closed[:MOST]:
        yield Line("stands still", rule, f"{_at(start, told)} to {_at(end, told)}, {reason}")
    if len(clock.closed) > MOST:
        yield Line("stands still", rule, f"and {len(clock.closed) - MOST} times more: --json")


def _home(wait: StoryWait) -> str:
    first, *others = wait.mailboxes
    return f"{wait.team}: {first}" + (f", seen in {', '.join(others)} too" if others else "")


def _refusals(chain: Chain, wait: StoryWait) -> Iterable[Line]:
    """The messages that were considered as the answer, each with the reason."""
    refused = chain.refused(wait)
    for identity, rule in refused[:MOST]:
        m = chain.message[identity]
        said = f"{_day(m.seen.received_at, chain.told)} from {m.seen.message.from_.address}: {REASONS[rule]}"
        yield Line("no answer", rule, said)
    if len(refused) > MOST:
        yield Line("no answer", "", f"and {len(refused) - MOST} more: --json")


def search_lines(chain: Chain, wait: StoryWait) -> list[Line]:
    """Where we looked for the answer to somebody who waits: each kind of evidence, and what there was."""
    refused = [chain.message[identity] for identity, _ in chain.refused(wait)]
    sent = sum(m.seen.in_role("sent") for m in refused)
    copies = sum(not m.seen.in_role("sent") and not m.seen.draft for m in refused)
    members = [chain.message[identity] for identity in wait.members if identity in chain.message]
    tied = any(key_of(m.seen.message) for m in members)
    flagged = any(m.seen.flag for m in members)
    return [
        Line("in Sent folders", "sent", _considered(sent, "of ours")),
        Line("as copies", "copy", _considered(copies, "in our name")),
        Line("in quotes", "cited", "they quote no reply of ours that we have not seen"),
        Line(
            "by subject",
            "inferred",
            "no other mail of ours to them has this subject" if tied else "the subject says too little to look by it",
        ),
        Line(
            "by the flag",
            "flag",
            "\\Answered is set, but for a message of ours that we saw" if flagged else "\\Answered is not set",
        ),
    ]


def _considered(count: int, whose: str) -> str:
    if not count:
        return f"no message {whose} since, in this conversation"
    return f"1 message {whose} since, no answer" if count == 1 else f"{count} messages {whose} since, none an answer"


def name_of(wait: StoryWait) -> str:
    """Who waits."""
    return wait.who.name or wait.who.address


def _at(moment: datetime, told: Told) -> str:
    return since(moment, told.settings.zone, told.now)


def _day(moment: datetime, told: Told) -> str:
    return short_day_and_time(moment, told.settings.zone, told.now)
