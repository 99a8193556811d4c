"""FLOOR 2. Replies that leave by a path we cannot see: what can be done, and one letter to the operator a spell."""

from collections.abc import Collection, Iterator
from datetime import datetime

from monitor.config import MailboxSettings, Settings
from monitor.core.invisible import Invisible
from monitor.core.said import Said, say
from monitor.jobs.knowledge import Knowledge
from monitor.outbox.pages import News

_MICROSOFT_365 = ("outlook.office365.com", "outlook.office.com", "outlook.office365.us", "partner.outlook.cn")
"""Its IMAP hosts (Microsoft Learn, "POP, IMAP, and SMTP settings"; the last two: US government, China)."""

COPY = "or let everybody who answers put the mailbox into Cc"


def is_microsoft_365(mailbox: MailboxSettings) -> bool:
    """Whether mail from a shared mailbox stays in the sender's own Sent Items, unless an administrator says else."""
    return mailbox.host.lower().rstrip(".") in _MICROSOFT_365


def commands(mailbox: str) -> tuple[str, str]:
    """For Exchange Online PowerShell: a shared mailbox keeps what is sent as it, or on its behalf (Set-Mailbox)."""
    return (
        f"Set-Mailbox {mailbox} -MessageCopyForSentAsEnabled $true",
        f"Set-Mailbox {mailbox} -MessageCopyForSendOnBehalfEnabled $true",
    )


def turns(
    settings: Settings, knowledge: Knowledge, told: Collection[str], now: datetime
) -> Iterator[tuple[str, News | None]]:
    """(subject, what to say) of each mailbox that began to hide replies, or (without a word) no longer does.

    `told`: the subjects of all notices so far. A subject bears the day, so a share that swings about the limit brings
    one letter a day at most.
    """
    day = now.astimezone(settings.zone).date()
    for mailbox in knowledge.views:
        hidden = knowledge.replies_hidden(mailbox)
        if hidden == _is_told(mailbox, told) or not _is_settled(knowledge, mailbox, now):
            continue
        subject = f"{_name(mailbox, hidden)} {day}"
        if subject not in told:
            yield subject, _news(knowledge, mailbox) if hidden else None


def _name(mailbox: str, hidden: bool) -> str:
    return f"{mailbox[:180]} replies {'hidden' if hidden else 'shown'}"


def _is_told(mailbox: str, told: Collection[str]) -> bool:
    """Whether a spell was told that is not over: more of them began than ended."""
    began, ended = (sum(s.startswith(f"{_name(mailbox, hidden)} ") for s in told) for hidden in (True, False))
    return began > ended


def _is_settled(knowledge: Knowledge, mailbox: str, now: datetime) -> bool:
    """Whether it is sure that they are unseen: they may lie in a Sent folder that nobody has read to its end yet."""
    views = [knowledge.views.get(m) for m in knowledge.poll_every]
    return knowledge.is_fresh(mailbox, now) and all(v and (v.as_of or v.fault) for v in views)


def _news(knowledge: Knowledge, mailbox: str) -> News:
    return News(
        headline=say("Replies from %(mailbox)s leave by a path the monitor cannot see", mailbox=mailbox),
        sentences=(
            say(
                "In the last four weeks %(share)s of the messages in which people answered %(mailbox)s answer a reply "
                "that was never seen.",
                share=share(knowledge.invisible_replies(mailbox)),
                mailbox=mailbox,
            ),
            say(
                "So who seems to wait may have been answered long ago. Reminders about this mailbox have stopped; they "
                "begin again by themselves when fewer than one reply in five was missing over four weeks."
            ),
        ),
        what_to_do=(
            say(
                "Microsoft 365 keeps replies from a shared mailbox in the Sent Items of the person who wrote them. The "
                "two commands below, in Exchange Online PowerShell, put a copy where the monitor can see it."
            ),
            say(
                "Run `%(command)s`: it shows which folder was taken for Sent. If replies are kept in another one, name "
                "it with %(setting)s.",
                command="inbox-monitor check",
                setting='sent = "…"',
            ),
            say(
                "If colleagues answer from mailboxes of their own, add these with %(setting)s, or let everybody who "
                "answers put the mailbox into Cc.",
                setting='watch = "sent"',
            ),
            say(
                "If silence may be believed all the same, say %(setting)s for this mailbox: reminders go on, and the "
                "share is still shown.",
                setting='replies = "confirmed"',
            ),
        ),
        commands=commands(mailbox),
    )


def share(measured: Invisible) -> Said:
    """`7 of 20 (35%)`, `5 of 7`."""
    if measured.percent is None:
        return say("%(k)s of %(n)s", k=measured.k, n=measured.n)
    return say("%(k)s of %(n)s (%(percent)s%%)", k=measured.k, n=measured.n, percent=measured.percent)
