"""GROUND. Does this message want a reply, and which way does it go? The first rule that knows decides, and signs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from monitor.core.answers import CLAIMED
from monitor.core.authentication import standing
from monitor.core.automatic import OF_BOUNCES
from monitor.core.gist import Gist, signs_of
from monitor.core.house import House
from monitor.core.letter_ids import is_letter_id
from monitor.core.message import CLOSER, FORGOTTEN, Address, Direction, Seen
from monitor.core.patterns import matches_any
from monitor.core.staff import was_sent
from monitor.core.topic import is_ignored, says_thanks

QUICK = timedelta(minutes=10)
SHORT, SMALL = 4 * 1024, 20 * 1024
"""Octets of a whole mail with its header: what a line or two come to, and a responder's answer."""


class Verdict(NamedTuple):
    """`rule` is the rule that decided, `signals` all that was seen on the way (also what did not decide).

    `low_urgency`: it may be no more than thanks; it waits like any other.
    """

    direction: Direction
    wants_reply: bool
    rule: str
    signals: tuple[str, ...] = ()
    low_urgency: bool = False


class Answers(NamedTuple):
    """What a message names: a message of ours, one of our own letters; `after`: how long after ours it came."""

    ours: bool
    letter: bool
    after: timedelta | None


NOTHING = Answers(False, False, None)


@dataclass(slots=True, eq=False)
class Case:
    """One message and what the rules may know about it; what several of them ask is found out once."""

    seen: Seen
    house: House
    guests: frozenset[str]
    """Staff who are the customer of this conversation (internal_customers)."""
    writer: Address
    by_us: bool
    """That is one of us, in this conversation."""
    in_sent: bool
    """It lies in a Sent folder."""
    was_sent: bool
    """It lies there as ours (staff.was_sent)."""
    answers: Answers
    strong: tuple[tuple[str, str], ...]
    weak: Mapping[str, str]
    spam: str | None
    signals: tuple[str, ...]
    """All signs seen, strong ones first, in words."""

    def is_ours(self, address: str) -> bool:
        """Whether `address` is ours in this conversation."""
        return self.house.staff.is_ours(address) and address not in self.guests


def case(
    seen: Seen,
    house: House,
    guests: frozenset[str] = frozenset(),
    answers: Answers | None = None,
    gist: Gist | None = None,
) -> Case:
    """The case of one message, its signs read once; `gist`: what was found out of it."""
    message, staff, in_sent = seen.message, house.staff, seen.in_role("sent")
    strong, weak, spam = gist.signs if gist else signs_of(message, staff)
    writer = gist.writer if gist else staff.writer(message)
    by_us = gist.by_us if gist else staff.is_ours(writer.address)
    if in_sent and strong:  # a desk may be called postmaster@; what it sent is no bounce
        strong = tuple(sign for sign in strong if sign[0] not in OF_BOUNCES)
    return Case(
        seen,
        house,
        guests,
        writer,
        by_us and writer.address not in guests,
        in_sent,
        in_sent and was_sent(seen, staff),
        answers or NOTHING,
        strong,
        weak,
        spam,
        _in_words(strong, spam, weak) if strong or spam or weak else (),
    )


def _in_words(strong: Sequence[tuple[str, str]], spam: str | None, weak: Mapping[str, str]) -> tuple[str, ...]:
    words = [seen for _, seen in strong]
    if spam:
        words.append(spam)
    return tuple(words + [f"{kind}: {seen}" for kind, seen in weak.items()])


Rule = Callable[[Case], Verdict | None]


def forgotten(case: Case) -> Verdict | None:
    """Its writer was forgotten: what was decided before stands."""
    match case.seen.message.headers.get(FORGOTTEN):
        case ("incoming" | "automatic" as direction, wants, rule):
            return Verdict(direction, wants == "yes", rule)
    return None


def own_letter(case: Case) -> Verdict | None:
    """Our own reminders and reports, known by the signed form of their Message-ID, never by the domain alone."""
    key = case.house.letter_key
    if key and is_letter_id(case.seen.message.message_id, key):
        return Verdict("automatic", False, "automatic.own-letter", ("our own letter", *case.signals))
    return None


def draft(case: Case) -> Verdict | None:
    """What was only ever seen as a draft has reached nobody (situation 23)."""
    if case.seen.draft and not case.in_sent:
        return Verdict("internal", False, "draft.not-sent", case.signals)
    return None


def bounce_or_loop(case: Case) -> Verdict | None:
    """The strong signs that even a web form cannot outweigh."""
    for rule, _ in case.strong:
        if rule in ("automatic.report", "automatic.bounce-sender"):
            return Verdict("automatic", False, rule, case.signals)
    return None


def spam(case: Case) -> Verdict | None:
    """Marked by the house's own filter. Never what we sent ourselves, nor a copy from staff that is proved genuine."""
    if case.in_sent or not case.spam:
        return None
    if case.by_us and standing(case.seen.message, case.house) == "pass":
        return None
    return Verdict("incoming", False, "spam.marked", case.signals)


def answers_letter(case: Case) -> Verdict | None:
    """A machine answers one of our letters: an owner's out-of-office. A person's mail is judged by its recipients.

    From outside and to none of our desks, it is for the monitor, whose mail somebody sends on to a desk: a responder
    that says so nowhere, behind an address the owner's mail is sent on to. No customer has a letter to answer.
    """
    if not case.answers.letter or case.in_sent:
        return None
    staff = case.house.staff
    for_desk = any(staff.is_mailbox_or_list(r.address) for r in case.seen.message.recipients)
    if case.strong or case.weak or not (for_desk or case.by_us):
        return Verdict("automatic", False, "automatic.answers-letter", case.signals)
    return None


def web_form(case: Case) -> Verdict | None:
    """A form writes in a customer's name: the person is in Reply-To. Beats domains and every other sign."""
    if case.house.staff.is_form(case.seen.message):
        return Verdict("incoming", True, "person.form", case.signals)
    return None


def strong(case: Case) -> Verdict | None:
    """One strong sign is enough."""
    for rule, _ in case.strong:
        return Verdict("automatic", False, rule, case.signals)
    return None


def ours(case: Case) -> Verdict | None:
    """Staff wrote it, or it lies in a Sent folder, which takes that login. Outgoing if an outsider gets it."""
    seen, staff, sent = case.seen, case.house.staff, case.was_sent
    if not sent and not case.by_us:
        return None
    # In our name, but the receiving server says it is not from us: shown, never an answer (situation 32).
    claimed = not case.in_sent and standing(seen.message, case.house) == "fail"
    why = "staff.sent-folder" if sent else CLAIMED if claimed else staff.why(case.writer.address)
    # Bcc and lists leave a Sent copy without recipients; what it answers says whom it reaches (rules.md §1).
    goes_out = _has_readers_outside(case) or (sent and not seen.message.recipients)
    return Verdict("outgoing" if goes_out else "internal", False, why, case.signals)


def _has_readers_outside(case: Case) -> bool:
    to = [r.address for r in case.seen.message.recipients]
    return any(not case.is_ours(a) or case.house.staff.is_outsiders_list(a) for a in to)


def quick_reply(case: Case) -> Verdict | None:
    """An automatic-looking subject on a small mail, minutes after ours: a responder that says so nowhere else."""
    after = case.answers.after
    if "subject" not in case.weak or not case.answers.ours or after is None:
        return None
    if timedelta(0) <= after <= QUICK and 0 < case.seen.size <= SMALL:
        return Verdict("automatic", False, "automatic.quick-reply", case.signals)
    return None


def ignored(case: Case) -> Verdict | None:
    """Named under [ignore] in the config; `*` and `?` stand for anything, any case."""
    house, message = case.house, case.seen.message
    if house.ignored_senders and matches_any(message.from_.address, house.ignored_senders):
        return Verdict("incoming", False, "ignored.sender", case.signals)
    if house.ignored_subjects and is_ignored(message, house):
        return Verdict("incoming", False, "ignored.subject", case.signals)
    return None


def weak(case: Case) -> Verdict | None:
    """Two kinds of weak signs make it automatic; a list or bulk header alone makes it bulk.

    Subject words and localparts alone leave nobody out (situation 35), and a reply to our own message is
    never left out on one weak sign; a list's headers and its Precedence are one.
    """
    kinds = case.weak.keys()
    if not kinds:
        return None
    if case.answers.ours and kinds <= {"list", "bulk"}:
        return None
    if len(kinds) >= 2:
        return Verdict("automatic", False, "automatic.weak-signs", case.signals)
    if kinds & {"list", "bulk"}:
        return Verdict("incoming", False, "bulk.list-header", case.signals)
    return None


def closer(case: Case) -> Verdict | None:
    """The opt-in look into its first lines saw thanks and nothing else, after a message of ours: probably closed."""
    if case.answers.ours and case.seen.message.first(CLOSER) == "yes":
        return Verdict("incoming", False, "closer.thanks", ("closer: thanks and nothing else", *case.signals))
    return None


def person(case: Case) -> Verdict | None:
    """Whoever is left is a person who waits; one who may only say thanks waits with a mark."""
    low = _low_urgency(case)
    return Verdict("incoming", True, "needs-reply.person", (*case.signals, low) if low else case.signals, bool(low))


def _low_urgency(case: Case) -> str | None:
    """Thanks asks for something in four cases of ten (rules.md §4): this never silences anybody."""
    if not case.answers.ours:
        return None
    if says_thanks(case.seen.message):
        return "low-urgency: the subject is a thank-you"
    return "low-urgency: a very short reply" if 0 < case.seen.size <= SHORT else None


RULES: tuple[Rule, ...] = (
    forgotten,
    own_letter,
    draft,
    bounce_or_loop,
    spam,
    answers_letter,
    web_form,
    strong,
    ours,
    quick_reply,
    ignored,
    weak,
    closer,
    person,
)


_OF_ANY: tuple[Rule, ...] = (own_letter, web_form, ours, ignored, weak, person)
"""Those that have something to say of a message in which nothing was seen but weak signs: of nearly all."""


def judge(case: Case) -> Verdict:
    """The verdict of the first rule that has one."""
    seen = case.seen
    more = case.strong or case.spam or case.answers is not NOTHING or seen.draft or FORGOTTEN in seen.message.headers
    for rule in RULES if more else _OF_ANY:
        verdict = rule(case)
        if verdict is not None:
            return verdict
    raise AssertionError("the last rule always has a verdict")
