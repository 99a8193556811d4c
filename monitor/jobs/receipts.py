"""FLOOR 2. What came of a command, as a letter to the one who said it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.config import Settings
from monitor.core.acts import Puzzled
from monitor.jobs.acting import Act
from monitor.jobs.buttons import Buttons, example_of
from monitor.jobs.remind import id_of_letter, new_letter, tag_for
from monitor.outbox.letters import Letters, ReceiptLine, ReceiptPage
from monitor.outbox.plain import shown_address
from monitor.outbox.receipts import Came
from monitor.store.hearing import Answered
from monitor.store.reminding import NewLetter
from monitor.store.store import Store


@dataclass(frozen=True, slots=True)
class Receipts:
    """The receipt of one command: of the mail with this `identity`, by `who`, that answers `letter` with `lines`."""

    store: Store
    settings: Settings
    letters: Letters
    identity: str
    who: str
    letter: Answered
    lines: Mapping[int, int]
    now: datetime

    @property
    def batch(self) -> str:
        """What the acts of this command are known by; the receipt's Message-ID holds it, for an `undo` in reply."""
        return batch_of(id_of_letter(self.store, self.settings, "receipt", self.who, self.identity))

    def of(self, came: Came, acts: Sequence[Act] = (), puzzled: Puzzled | None = None) -> NewLetter:
        """The letter. It has the numbers of the one that was answered: they mean the same in a reply to it."""
        tag = tag_for(self.store, self.settings, "receipt", self.who, self.identity)
        changed = came == "acted" and any(not act.already for act in acts)
        page = ReceiptPage(
            organisation=self.settings.organisation,
            now=self.now,
            zone=self.settings.zone,
            came=came,
            tag=tag,
            undo=Buttons(self.settings, tag).undo() if changed else None,
            lines=tuple(self._line(act) for act in acts),
            why=puzzled.why if puzzled else "",
            # Of a text that is no command nothing is given back: it might be anything (law 7).
            said=puzzled.text if puzzled and puzzled.why != "word" else "",
            did_you_mean=puzzled.did_you_mean if puzzled else (),
            numbers=max(self.lines.values(), default=3),
            hand_to=example_of(self.settings, self.who, ()),
            language=self.settings.language_of(self.who),
        )
        return new_letter(
            self.store,
            self.settings,
            "receipt",
            self.who,
            self.identity,
            self.letters.render_receipt(page),
            self.now,
            references=(self.letter.message_id,),
            lines=self.lines,
        )

    def _line(self, act: Act) -> ReceiptLine:
        at = {message: position for position, message in self.lines.items()}
        return ReceiptLine(
            position=at.get(act.message, act.number),
            kind=act.kind,
            subject=act.subject,
            who=act.who_waits.name,
            address=shown_address(act.who_waits.address),
            state=act.state,
            already=act.already,
            until=act.until,
            wrote_again=act.wrote_again and act.kind == "done",
            team=act.team,
            person=self._name(act.person),
        )

    def _name(self, address: str) -> str:
        """Of a colleague, as the config has it; else the address."""
        known = self.settings.people.get(address)
        return known.name if known and known.name else address


def batch_of(receipt: str) -> str:
    """What the acts are known by that the receipt with this Message-ID tells of."""
    return f"mail:{receipt.split('.')[2]}"
