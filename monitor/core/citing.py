"""GROUND. Replies that we cannot see, proved by the customer who answers them (rules.md §2, last paragraph)."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal

from monitor.core.house import House
from monitor.core.ids import id_domain
from monitor.core.message import FORGOTTEN_RULE, Seen
from monitor.core.needs_reply import Verdict
from monitor.core.staff import outsiders


class Cites:
    """What customers' messages of one conversation (in order) answer. `found`: by identity, an id of ours `seen` or
    `unseen`."""

    def __init__(self, messages: Sequence[Seen], verdicts: Mapping[str, Verdict], house: House) -> None:
        self._messages, self._verdicts, self._house = messages, verdicts, house
        self._places: dict[str, int] = {}
        self._named: dict[str, int] = {}
        self._ours: set[str] = set()
        self.found: dict[str, Literal["seen", "unseen"]] = {}
        asking = [seen for seen in messages if seen.message.names and self._wants(seen)]
        if asking:  # else nothing of ours is named: so in most conversations
            self._know()
        for seen in asking:
            self._look(seen)

    def _wants(self, seen: Seen) -> bool:
        verdict = self._verdicts[seen.message.identity]
        wants = verdict.wants_reply or verdict.rule == FORGOTTEN_RULE  # what was measured stays
        return verdict.direction == "incoming" and wants

    def _know(self) -> None:
        for at, seen in enumerate(self._messages):
            self._places.setdefault(seen.message.message_id or seen.message.identity, at)
            if self._verdicts[seen.message.identity].direction == "outgoing":
                self._ours.add(seen.message.message_id)
            for name in seen.message.names:
                self._named.setdefault(name, at)

    def proves_answer(self, seen: Seen, opener: Seen) -> bool:
        """Whether it answers a reply of ours that came after the opener of a wait, and that we never saw."""
        cited = self._unseen(seen) if seen.message.in_reply_to else None
        return cited is not None and self._named[cited] > self._place(opener)

    def _look(self, seen: Seen) -> None:
        if any(name in self._ours for name in seen.message.names):
            self.found[seen.message.identity] = "seen"
        cited = self._unseen(seen)
        if cited is not None and self._named[cited] > 0:
            self.found[seen.message.identity] = "unseen"

    def _unseen(self, seen: Seen) -> str | None:
        """The id in In-Reply-To that nobody bears and that looks like one of ours; None if it may be something
        older."""
        message = seen.message
        cited = next((i for i in message.in_reply_to if i not in self._places), None)
        if cited is None or id_domain(cited) not in self._house.id_domains:
            return None
        if id_domain(cited) in self._their_domains and self._several_outside:
            return None  # of a provider that both sides use: it may be what one outsider wrote to another
        place = self._place(seen)
        if any(self._places.get(name, place) < place for name in message.names):
            return cited
        # It names nothing else: then the id must not be of its own kind, or it may well be the writer's own earlier
        # mail.
        alone = set(message.names) == {cited} and place > 0
        return cited if alone and id_domain(cited) != id_domain(message.message_id) else None

    @cached_property
    def _their_domains(self) -> set[str]:
        incoming = (s for s in self._messages if self._verdicts[s.message.identity].direction == "incoming")
        return {id_domain(s.message.message_id) for s in incoming}

    @cached_property
    def _several_outside(self) -> bool:
        return len({address for s in self._messages for address in outsiders(s.message, self._house.staff)}) > 1

    def _place(self, seen: Seen) -> int:
        return self._places[seen.message.message_id or seen.message.identity]
