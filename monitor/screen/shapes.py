"""FLOOR 3. The JSON of the outer contract (design.md §6): names and shapes are fixed; more may be added."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from monitor.core.house import House
from monitor.jobs.check import Fact
from monitor.jobs.health import Health
from monitor.screen.telling import Told
from monitor.store.stories import Story, StoryMessage, StoryReminder, StoryWait


def utc(moment: datetime | None) -> str | None:
    """`2026-11-16T08:00:00Z`, or null."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
    }


def explained(story: Story, m: StoryMessage, told: Told) -> dict[str, Any]:
    """`explain --json` for one message."""
    return _explained(story, m, told, told.reminders(story))


def explained_all(story: Story, told: Told) -> list[dict[str, Any]]:
    """`explain --json` for a conversation: the same for each of its messages."""
    reminders = told.reminders(story)
    return [_explained(story, m, told, reminders) for m in story.messages]


def _explained(story: Story, m: StoryMessage, told: Told, reminders: Sequence[StoryReminder]) -> dict[str, Any]:
    belongs = wait_of(story, m)
    writer = told.house.staff.writer(m.seen.message).address
    return {
        "message_id": m.shown_id,
        "direction": m.direction,
        "wants_reply": bool(m.wants_reply),
        "rule": m.rule,
        "signals": list(m.signals),
        "conversation": story.number,
        "joined_by": m.link,
        "wait": wait(belongs, told) if belongs else None,
        "reminders": [reminder(r) for r in reminders if belongs and r.wait == belongs.id],
        "from": m.seen.message.from_.address,
        "writer": writer,
        "writer_rule": told.house.staff.why(writer),
        "received_at": utc(m.seen.received_at),
        "seen_in": sorted(f"{place.mailbox}/{place.role}" for place in m.seen.places),
    }


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


def wait_of(story: Story, m: StoryMessage) -> StoryWait | None:
    """The wait a message opened, chased or answered; the latest that had begun when it came."""
    for w in story.waits:
        if m.shown_id in (w.opener, w.answered_by):
            return w
    if m.direction != "incoming" or not m.wants_reply:
        return None
    begun = [w for w in story.waits if w.opened_at <= m.seen.received_at]
    return begun[-1] if begun else None


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
                "waiting": m.waiting,
                "late": m.late,
            }
            for m in health.mailboxes
        ],
        "outbox": dict(health.outbox),
        "troubles": [
            {"mailbox": t.mailbox, "folder": t.folder, "uidvalidity": t.uidvalidity, "uid": t.uid, "reason": t.reason}
            for t in health.troubles
        ],
        "healthy": health.healthy,
    }


def fact(f: Fact) -> dict[str, Any]:
    """One line of `check --json`."""
    return {"section": f.section, "mark": f.mark, "subject": f.subject, "text": f.text, "fix": f.fix, "fault": f.fault}


def _handoff(w: StoryWait) -> dict[str, Any] | None:
    if w.handoff is None:
        return None
    h = w.handoff
    return {"at": utc(h.at), "from": h.from_team, "to": h.to_team, "decided": h.decided}
