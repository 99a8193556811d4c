"""GROUND. A person is forgotten: in mails of several people each trace of one of them gives way to a mask.

A mask is an address, a name and ids that say nothing but "the same person as there", drawn anew for each time somebody
is forgotten, so that nothing leads back. With it the others' mails keep their meaning: whom a reply reached, who wrote
to whom, what belongs together; so the waits of all others stay as they were.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from monitor.core.addresses import a_labels, plain_address
from monitor.core.ids import id_domain
from monitor.core.message import FORGOTTEN, GMAIL_THREAD, SUBJECT, Address, Message
from monitor.core.needs_reply import Verdict
from monitor.core.parties import full_name

NOWHERE = "forgotten.invalid"
"""A domain that nobody can have (RFC 2606 §2)."""

_KEPT = (GMAIL_THREAD, "thread-index")
"""Numbers of threads, which later mails name; they say nothing of a person."""


class Person:
    """An address as the traces of it are found. Details and Google's two domains make no other person."""

    def __init__(self, address: str) -> None:
        given = plain_address(address.strip().lower())
        self.plain = a_labels(given)
        self.local, _, self.domain = self.plain.rpartition("@")
        also = "googlemail.com" if self.domain == "gmail.com" else given.rpartition("@")[2]
        self.domains = tuple(dict.fromkeys((self.domain, also)))
        local = rf"{re.escape(self.local)}(?:\+[^\s@=<>,;]*)?"
        domains = "|".join(map(re.escape, self.domains))
        # Also as a list or a bounce writes it into an address of its own: ann=reader.example@lists.example.
        self._trace = re.compile(
            rf"(?:(?<![\w.+-]){local}@|(?<![\w.]){local}=)(?:{domains})(?![\w-]|\.\w)", re.IGNORECASE
        )

    def owns(self, address: str) -> bool:
        """Whether an address is theirs."""
        return plain_address(a_labels(address.lower())) == self.plain

    def is_in(self, text: str) -> bool:
        """Whether a text names their address."""
        return self._trace.search(text) is not None

    def hidden(self, text: str, mask: str) -> str:
        """The text with `mask` in place of each of their addresses."""
        return self._trace.sub(mask, text)


def takes_part(message: Message, person: Person) -> bool:
    """Whether they wrote it or it was written to them, or anything in it names them."""
    everybody = (message.from_, *message.recipients, *message.reply_to)
    if any(person.owns(a.address) or person.is_in(a.address) or person.is_in(a.name) for a in everybody):
        return True
    return person.is_in(message.subject) or any(person.is_in(v) for values in message.headers.values() for v in values)


class Mask:
    """What stands in a person's place in the conversations they share with others; `token` is drawn at random."""

    def __init__(self, person: Person, token: str) -> None:
        self.person, self._token = person, token
        self.address = f"{token}@{NOWHERE}"
        self._names: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        """Their ids, and what stands for them."""

    def learn(self, messages: Iterable[Message]) -> None:
        """The full names that stand at their address."""
        for message in messages:
            for name, address in (message.from_, *message.recipients, *message.reply_to):
                if self.person.owns(address) and (folded := full_name(name)):
                    self._names.setdefault(folded, f"(forgotten {self._token[:4]}{len(self._names) or ''})")

    def learn_ids(self, ids: Iterable[str]) -> None:
        """Ids of theirs."""
        for i in ids:
            self.ids.setdefault(i, f"<{len(self.ids) + 1}.{self._token}@{NOWHERE}>")

    def learn_phantoms(self, messages: Iterable[Message], borne: Iterable[str]) -> None:
        """Ids of their own domain that the mails name and nobody bears."""
        named = {i for m in messages for i in m.names if id_domain(i) in self.person.domains}
        self.learn_ids(sorted(named - set(borne)))

    def text(self, text: str) -> str:
        """Without their address and full names."""
        text = self.person.hidden(text, self.address)
        # The longest first: a shorter one may be its beginning.
        for name, mask in sorted(self._names.items(), key=lambda each: -len(each[0])):
            words = r"\s+".join(_in_any_case(word) for word in name.split())
            text = re.sub(rf"(?<!\w){words}(?!\w)", mask, text, flags=re.IGNORECASE)
        return text

    def scrubbed(self, message: Message) -> Message:
        """Another's mail without them. An id of theirs that it bears (as a copy of their mail may) goes too."""
        return replace(
            message,
            from_=self._address(message.from_),
            recipients=tuple(map(self._address, message.recipients)),
            reply_to=tuple(map(self._address, message.reply_to)),
            subject=self.text(message.subject),
            in_reply_to=self._ids(message.in_reply_to),
            references=self._ids(message.references),
            headers={name: tuple(map(self._fact, values)) for name, values in message.headers.items()},
        )

    def emptied(self, message: Message, writer: Address, verdict: Verdict, quoted: bool) -> Message:
        """Their own mail: that somebody wrote it then, what it answers, what was decided; its subject if `quoted`."""
        decided = (verdict.direction, "yes" if verdict.wants_reply else "no", verdict.rule)
        names = (*_KEPT, SUBJECT) if quoted else _KEPT
        kept = {name: message.headers[name] for name in names if name in message.headers}
        mine = self._address(Address(writer.name, self.person.plain))
        return replace(
            self.scrubbed(message),
            identity=self.ids[message.identity],
            message_id=self.ids.get(message.message_id, ""),
            from_=mine,
            subject=self.text(message.subject) if quoted else "",
            headers={**kept, FORGOTTEN: decided},
        )

    def _address(self, one: Address) -> Address:
        folded = full_name(one.name)
        if not self.person.owns(one.address):
            return Address(self._names.get(folded, self.text(one.name)), self.text(one.address))
        return Address(self._names.get(folded, ""), self.address)

    def _ids(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.ids.get(i, i) for i in ids)

    def _fact(self, value: str) -> str:
        """A header's value; a delivery report's fact names the mail that failed, and whom it failed to reach."""
        words = (self.ids.get(word, word) for word in value.split(" "))
        return self.text(" ".join(words))


def _in_any_case(folded: str) -> str:
    """A pattern for a folded word: IGNORECASE knows nothing of letters that fold to two, such as ß (Unicode §5.18)."""
    return re.escape(folded).replace("ss", "(?:ss|ß)")
