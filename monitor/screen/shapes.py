"""FLOOR 3. The JSON of the outer contract (design.md §6): names and shapes are fixed; more may be added."""

from datetime import timedelta
from typing import Any

import monitor
from monitor.core.considered import REASONS
from monitor.core.house import House
from monitor.core.message import Place
from monitor.core.moments import utc
from monitor.core.report.as_json import blind_json, share_json
from monitor.core.report.path import Stretch
from monitor.jobs.check_fact import Fact
from monitor.jobs.health import Health
from monitor.screen.chain import Chain, Person, lies, wait_of
from monitor.screen.sharing import daemons, reader
from monitor.screen.telling import Told
from monitor.store.acts import StoryAct
from monitor.store.stories import Story, StoryMessage, StoryReminder, StoryWait


def thread(story: Story, told: Told) -> dict[str, Any]:
    """One element of `threads --json`."""
    mailboxes = mailboxes_of(story, told.house)
    home = mailboxes[0] if mailboxes else ""
    return {
        "number": story.number,
        "mailbox": home,
        "mailboxes": mailboxes,
        "team": told.house.team(home) if home else "",
        "subject": subject_of(story),
        "messages": [message(m) for m in story.messages],
        "waits": [wait(w, told) for w in story.waits],
        "acts": [act(a) for a in story.acts],
    }


def message(m: StoryMessage) -> dict[str, Any]:
    """One message of a conversation."""
    return {
        "message_id": m.shown_id,
        "from": m.seen.message.from_.address,
        "from_name": m.seen.message.from_.name,
        "direction": m.direction,
        "received_at": utc(m.seen.received_at),
        "wants_reply": bool(m.wants_reply),
        "rule": m.rule,
        "link": m.link,
    }


def wait(w: StoryWait, told: Told) -> dict[str, Any]:
    """One wait of a conversation."""
    return {
        "state": w.state,
        "opened_by": w.opener,
        "opened_at": utc(w.opened_at),
        "due_at": utc(w.due_at),
        "chased_at": utc(w.chased_at),
        "answered_by": w.answered_by,
        "answered_at": utc(w.answered_at),
        "evidence": w.evidence,
        "met": told.met(w),
        "mailboxes": list(w.mailboxes),
        "handoff": _handoff(w),
        "closed_at": utc(w.closed_at),
        "low_urgency": w.low_urgency,
        **_lengths(w, told),
        "snoozed_until": utc(w.snoozed_until),
        "also_answered_by": w.also_answered_by,
        "path": [_stretch(stretch) for stretch in told.way(w)],
    }


def act(a: StoryAct) -> dict[str, Any]:
    """What somebody said by hand."""
    return {
        "kind": a.kind,
        "at": utc(a.at),
        "who": a.who,
        "via": a.via,
        "message": a.message,
        "until": utc(a.until),
        "team": a.team or None,
        "person": a.person or None,
        "undone_at": utc(a.undone_at),
        "undone_by": a.undone_by,
    }


def _lengths(w: StoryWait, told: Told) -> dict[str, int | None]:
    """By the clock on the wall, and as the target counts."""
    elapsed, primary = told.lengths(w)
    return {"elapsed_seconds": _seconds(elapsed), "primary_seconds": _seconds(primary)}


def explained(story: Story, m: StoryMessage, told: Told) -> dict[str, Any]:
    """`explain --json` for one message."""
    return _explained(Chain(story, told), m)


def explained_all(story: Story, told: Told) -> list[dict[str, Any]]:
    """`explain --json` for a conversation: the same for each of its messages."""
    chain = Chain(story, told)
    return [_explained(chain, m) for m in story.messages]


def _explained(chain: Chain, m: StoryMessage) -> dict[str, Any]:
    story, told = chain.story, chain.told
    belongs, people = wait_of(story, m), chain.people(m)
    return {
        "message_id": m.shown_id,
        "direction": m.direction,
        "wants_reply": bool(m.wants_reply),
        "rule": m.rule,
        "signals": list(m.signals),
        "conversation": story.number,
        "joined_by": m.link,
        "wait": wait(belongs, told) if belongs else None,
        "reminders": [reminder(r) for r in chain.reminders_of(belongs)] if belongs else [],
        "from": m.seen.message.from_.address,
        "writer": people[0].who.address,
        "writer_rule": people[0].rule,
        "received_at": utc(m.seen.received_at),
        "seen_in": sorted(map(_place, m.seen.places)),
        "people": [_person(person) for person in people],
        "joined_to": m.linked_to or None,
        **_lies(m),
        "parts": [{"part": part.kind, "opened_by": part.wait.opener, "rule": part.rule} for part in chain.parts(m)],
        "clock": _clock(chain, belongs) if belongs else None,
        "considered": _considered(chain, belongs) if belongs else [],
        "acts": [act(a) for a in chain.acts_of(belongs)] if belongs else [],
    }


def _person(person: Person) -> dict[str, Any]:
    part, who, ours, rule = person
    return {"part": part, "name": who.name, "address": who.address, "ours": ours, "rule": rule}


def _lies(m: StoryMessage) -> dict[str, Any]:
    """Where it lies now, and what was done to it there."""
    away, flag = m.seen.away, m.seen.flag
    return {
        "lies_in": [_place(at.place) for at in lies(m) if not at.gone],
        "missing": m.seen.missing,
        "draft": m.seen.draft,
        "put_away": {"to": away.kind, "since": utc(away.at)} if away else None,
        "answered_flag": {"seen_at": utc(flag.at), "not_before": utc(flag.after)} if flag else None,
    }


def _clock(chain: Chain, w: StoryWait) -> dict[str, Any]:
    clock = chain.told.clock(w)
    return {
        "mode": clock.mode,
        "reply_within_seconds": _seconds(clock.reply_within),
        "opened_at": utc(w.opened_at),
        "due_at": utc(w.due_at),
        **_lengths(w, chain.told),
        "closed": [{"from": utc(start), "to": utc(end), "reason": reason} for start, end, reason in clock.closed],
    }


def _considered(chain: Chain, w: StoryWait) -> list[dict[str, Any]]:
    """The messages of ours that did not end a wait, each with the reason."""
    found = [(chain.message[refused.message], refused.rule) for refused in chain.refused(w)]
    return [
        {
            "message_id": m.shown_id,
            "from": m.seen.message.from_.address,
            "received_at": utc(m.seen.received_at),
            "rule": rule,
            "why": REASONS[rule],
        }
        for m, rule in found
    ]


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


def _place(place: Place) -> str:
    return f"{place.mailbox}/{place.role}"


def reminder(r: StoryReminder) -> dict[str, Any]:
    """One reminder."""
    return {
        "step": r.step,
        "occurrence": r.occurrence,
        "recipient": r.recipient,
        "due_at": utc(r.moment),
        "letter": r.letter,
        "state": r.letter_state,
        "sent_at": utc(r.settled_at) if r.letter_state == "sent" else None,
    }


def mailboxes_of(story: Story, house: House) -> list[str]:
    """The mailboxes of a conversation, its home first: where people wrote to, else where anything was seen."""
    asked = {m for w in story.waits for m in w.mailboxes}
    return sorted(asked or story.mailboxes(), key=lambda m: (house.rank(m), m))


def subject_of(story: Story) -> str:
    """The subject its first message has."""
    return next((m.seen.message.subject for m in story.messages if m.seen.message.subject), "")


def status(health: Health) -> dict[str, Any]:
    """`status --json`."""
    return {
        "mailboxes": [
            {
                "address": m.address,
                "team": m.team,
                "as_of": utc(m.as_of),
                "looked_at": utc(m.looked_at),
                "state": m.state,
                "fault": m.fault_text,
                "folders": [
                    {"name": f.name, "role": f.role, "looked_at": utc(f.looked_at), "messages": f.messages}
                    for f in m.folders
                ],
                "replies_visible": m.replies_visible,
                "invisible_replies": share_json(m.invisible),
                "waiting": m.waiting,
                "late": m.late,
                "blind": [blind_json(one) for one in m.blind],
                "held_until": utc(m.held.until if m.held else None),
                "clock_ahead_seconds": int(m.ahead.total_seconds()) if m.ahead else None,
                "read_by": reader(health.standing.holder(m.address)),
            }
            for m in health.mailboxes
        ],
        "daemons": daemons(health.standing),
        "commands": {
            "address": health.ear.address,
            "state": health.ear.state,
            "as_of": utc(health.ear.as_of),
            "fault": health.ear.fault_text,
        }
        if health.ear
        else None,
        "outbox": dict(health.outbox),
        "latched": [{"recipient": who, "until": utc(end)} for who, end in health.latched.items()],
        "troubles": [
            {"mailbox": t.mailbox, "folder": t.folder, "uidvalidity": t.uidvalidity, "uid": t.uid, "reason": t.reason}
            for t in health.troubles
        ],
        "suggestions": [
            {"mailbox": s.mailbox, "address": s.address, "conversations": s.conversations} for s in health.suggestions
        ],
        "store": {
            "fault": health.store_fault,
            "bytes": health.size,
            "free_bytes": health.room.free if health.room else None,
        },
        "next_report": utc(health.next_report),
        "version": monitor.__version__,
        "problems": list(health.problems),
        "healthy": health.healthy,
    }


def fact(f: Fact) -> dict[str, Any]:
    """One line of `check --json`."""
    return {
        "section": f.section,
        "mark": f.mark,
        "subject": f.subject,
        "text": f.text,
        "fix": f.fix,
        "fault": f.fault,
        "changed": f.changed,
    }


def _stretch(one: Stretch) -> dict[str, Any]:
    """Who held a wait, and how: as the `desk` it came to, `elsewhere`, or `decided`."""
    times = {"from": utc(one.since), "to": utc(one.until), "seconds": _seconds(one.length)}
    return {"team": one.team, "held": one.held, **times}


def _handoff(w: StoryWait) -> dict[str, Any] | None:
    if w.handoff is None:
        return None
    h = w.handoff
    person = {"person": h.person} if h.person else {}
    return {"at": utc(h.at), "from": h.from_team, "to": h.to_team, "decided": h.decided, **person}
