"""From look to look, on SQLite and PostgreSQL: flags that appear, folders rebuilt, drafts sent, copies read later."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.cursor import Cursor
from monitor.core.house import Desk, House
from monitor.core.message import Address, Message, Role
from monitor.core.staff import Staff
from monitor.store.arrivals import Arrival, Look
from monitor.store.flags import flags_changed, forget_sightings
from monitor.store.mailboxes import watch
from monitor.store.store import Store
from monitor.store.stories import StoryWait, all_stories
from tests.contract.taking import take_in

INFO, ANN, BEN = "info@ours.example", "ann@customer.example", "ben@customer.example"
HOUSE = House(
    staff=Staff(mailboxes=frozenset({INFO}), domains=("ours.example",)), desks={INFO: Desk(INFO, "Front desk")}
)
TEN = datetime(2026, 11, 9, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
FOLDERS: tuple[tuple[str, Role], ...] = (("INBOX", "inbox"), ("Sent", "sent"), ("Drafts", "drafts"))


class Desktop:
    """One mailbox; `look` is one take of one folder at an hour after ten, the hour before being the look before."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folders = {row.name: row.id for row in watch(store, INFO, FOLDERS)}

    def look(
        self, folder: str, hour: int, *mails: tuple[Message, int, Sequence[str]], first: bool = False, validity: int = 7
    ) -> None:
        """Mails as (message, hour of arrival, flags), with uids from 1 on."""
        batch = [Arrival(uid, frozenset(f), 100, TEN + h * HOUR, m) for uid, (m, h, f) in enumerate(mails, 1)]
        look = Look(TEN + hour * HOUR, None if first else TEN + (hour - 1) * HOUR, first)
        take_in(self.store, self.folders[folder], batch, Cursor(validity, len(mails) + 1), HOUSE, look)

    def flags(self, hour: int, *flags: str, gone: Sequence[int] = ()) -> None:
        """At an hour after ten the first mail of the inbox has these flags."""
        look = Look(TEN + hour * HOUR, TEN + (hour - 1) * HOUR, first=False)
        flags_changed(self.store, self.folders["INBOX"], {1: frozenset(flags)}, gone, HOUSE, look)

    def rebuilt(self, hour: int, *flags: str) -> None:
        """The uids of the inbox are lost; it is seen again."""
        forget_sightings(self.store, self.folders["INBOX"], TEN + hour * HOUR)
        self.look("INBOX", hour, (ASK, 0, flags), first=True, validity=8)

    def wait(self) -> StoryWait:
        (wait,) = (w for story in all_stories(self.store) for w in story.waits)
        return wait


@pytest.fixture
def desk(store: Store) -> Desktop:
    """An empty mailbox on each kind of store."""
    return Desktop(store)


def mail(name: str, from_: str, to: str, *names: str) -> Message:
    return Message(
        identity=name,
        message_id=name,
        from_=Address("", from_),
        recipients=(Address("", to),),
        subject="A broken lift",
        in_reply_to=names,
    )


ASK = mail("<1@customer.example>", ANN, INFO)
REPLY = mail("<2@ours.example>", INFO, ANN, "<1@customer.example>")


def test_a_flag_is_dated_by_the_look_that_first_saw_it_whatever_other_flags_do_later(desk: Desktop) -> None:
    desk.look("INBOX", 1, (ASK, 0, ()), first=True)
    desk.flags(3, "\\Answered")
    assert (desk.wait().evidence, desk.wait().answered_at) == ("flag", TEN + 3 * HOUR)
    desk.flags(5, "\\Answered", "\\Flagged")
    assert desk.wait().answered_at == TEN + 3 * HOUR


def test_one_that_was_there_before_the_first_look_is_never_dated(desk: Desktop) -> None:
    desk.look("INBOX", 1, (ASK, 0, ("\\Answered",)), first=True)
    desk.flags(3, "\\Answered", "\\Seen")
    assert (desk.wait().evidence, desk.wait().answered_at) == ("flag", None)


def test_24_a_rebuilt_folder_does_not_forget_when_a_flag_was_set(desk: Desktop) -> None:
    desk.look("INBOX", 1, (ASK, 0, ()), first=True)
    desk.flags(3, "\\Answered")
    before = desk.wait()
    desk.rebuilt(4, "\\Answered")
    assert desk.wait() == before


def test_24_a_flag_set_while_a_known_folder_was_rebuilt_is_dated(desk: Desktop) -> None:
    desk.look("INBOX", 1, (ASK, 0, ()), first=True)
    desk.rebuilt(4, "\\Answered")
    assert (desk.wait().evidence, desk.wait().answered_at) == ("flag", TEN + 4 * HOUR)


@pytest.mark.parametrize("order", [("Drafts", "Sent"), ("Sent", "Drafts")])
def test_23_a_draft_that_was_sent_counts_from_when_it_was_sent(desk: Desktop, order: tuple[str, str]) -> None:
    desk.look("INBOX", 1, (ASK, 0, ()), first=True)
    for folder in order:
        desk.look(folder, 6, (REPLY, 5 if folder == "Sent" else 1, ("\\Draft",) if folder == "Drafts" else ()))
    assert (desk.wait().state, desk.wait().answered_at) == ("answered", TEN + 5 * HOUR)


@pytest.mark.parametrize("order", [("INBOX", "Sent"), ("Sent", "INBOX")])
def test_08_ids_of_ours_are_learnt_from_sent_also_where_a_copy_was_read_before(
    desk: Desktop, order: tuple[str, str]
) -> None:
    own = mail("<9@ours.example>", INFO, BEN)
    citing = mail("<3@customer.example>", ANN, INFO, "<8@ours.example>")
    for folder in order:
        desk.look(folder, 2, (own, 1, ()))
    desk.look("INBOX", 4, (own, 1, ()), (ASK, 0, ()), (citing, 3, ()))
    waits = sorted((w for s in all_stories(desk.store) for w in s.waits), key=lambda w: w.opened_at)
    assert [(w.opener, w.state) for w in waits] == [(ASK.identity, "waiting"), (citing.identity, "waiting")]
    cited = mail("<4@customer.example>", ANN, INFO, "<8@ours.example>", ASK.identity)
    desk.look("INBOX", 5, (own, 1, ()), (ASK, 0, ()), (citing, 3, ()), (cited, 4, ()))
    assert [w.evidence for s in all_stories(desk.store) for w in s.waits if w.opener == ASK.identity] == ["cited"]
