"""FLOOR 3. What the names of rules mean, in plain words for people who never read the code."""

from monitor.core.message import Role

OURS = {
    "staff.mailbox": "is one of our mailboxes",
    "staff.person": "is listed as one of us",
    "staff.list": "is a list or group of ours",
    "staff.domain": "is an address of our domain",
    "staff.guest": "is one of us, and asks here as a customer",
    "staff.customer": "is listed as a customer",
    "staff.outside": "is no address of ours",
}
"""Why an address is ours or not: staff.py."""

DIRECTIONS = {
    "incoming": "",
    "outgoing": "; it goes to somebody outside",
    "internal": "; nobody outside gets it",
    "automatic": "",
}

VERDICTS = {
    "needs-reply": "a person wrote it",
    "person": "a web form wrote it in a person's name",
    "closer": "it only says thanks",
    "automatic": "a machine wrote it",
    "bulk": "a newsletter, or mail of a list",
    "spam": "it is marked as spam",
    "ignored": "the config says to leave it out",
    "draft": "it is a draft, not sent",
    "staff": "we wrote it",
    "forgotten": "who wrote it was forgotten",
    "claimed": "in our name, but it did not pass the sender check",
}
"""Whether a message wants a reply: the first part of the names of the rules of needs_reply.py."""

ENDED = {
    "answer.sent": "our reply, found in a Sent folder",
    "answer.copy": "a copy of our reply, which passed the sender check",
    "answer.copy-unverified": "a copy of our reply; nothing speaks against it",
    "answer.inferred": "our reply, by subject and recipient: no id ties it",
    "answer.cited": "they quote a reply of ours that we never saw",
    "answer.flag": "their message is marked as answered (\\Answered)",
    "closed.done": "no reply needed: put into the done folder, or closed by hand",
    "closed.deleted": "their message was deleted",
    "closed.spam": "their message was moved to Junk",
}
"""What ended a wait: answers.py, citing.py, waits.py."""

ROLES: dict[Role, str] = {
    "inbox": "the inbox",
    "sent": "the Sent folder",
    "done": "the done folder",
    "junk": "Junk",
    "trash": "Trash",
    "drafts": "Drafts",
    "elsewhere": "another folder",
}
"""Folders, by the part they play."""


def verdict(rule: str, signals: tuple[str, ...]) -> str:
    """Why a message wants a reply or not, with every sign of a machine that was seen."""
    said = VERDICTS.get(rule.partition(".")[0], "")
    if rule == "staff.sent-folder":
        said = "we wrote it: it lies in a Sent folder"
    seen = "; ".join(signals) or ("no sign of a machine" if rule == "needs-reply.person" else "")
    return ": ".join(part for part in (said, seen) if part)


def link(rule: str, to: str, direction: str) -> str:
    """What tied a message to its conversation."""
    if rule == "join.inferred":
        who = "the one who waits among its recipients" if direction == "outgoing" else "the same person"
        return f"same subject and {who}; no id says so"
    said = {
        "join.in-reply-to": f"In-Reply-To names {named(to)}",
        "join.references": f"References names {named(to)}; same subject, or a shared person outside",
        "join.bounce": f"it tells what became of {named(to)}",
        "join.gmail-thread": "Gmail keeps it in one thread with the others",
        "join.thread-index": "Exchange's Thread-Index is the same",
        "join.cited": "others name it",
        "join.none": "it names no message that we know of, and none names it",
    }
    return said.get(rule, to)


def named(message_id: str) -> str:
    """An id as far as people want to see it."""
    return message_id if len(message_id) <= LONGEST_ID else f"{message_id[:12]}…{message_id[-LONGEST_ID + 13 :]}"


LONGEST_ID = 40
