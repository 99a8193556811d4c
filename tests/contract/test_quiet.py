"""A round in which nothing is new: noted all at once, and with the same rows as a look at each mailbox leaves."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from monitor.config import Settings, load
from monitor.core.cursor import FolderState
from monitor.inbox.folders import choose
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.jobs.connections import Connections
from monitor.jobs.knowledge import stale_after
from monitor.jobs.poll import sweep
from monitor.jobs.poller import Poller
from monitor.jobs.pulse import Pulse
from monitor.jobs.round import act
from monitor.jobs.sent import AGAIN
from monitor.outbox.letters import Letters
from monitor.store.leases import Hold, claim, join
from monitor.store.looks import failed_look
from monitor.store.mailboxes import sought_sent, views
from monitor.store.quiet import Glanced, note_quiet, noted, unchanged
from monitor.store.rehearsal import rehearsal
from monitor.store.sharing_tables import leases
from monitor.store.store import Store
from monitor.store.tables import blind, conversations, folders, mailboxes, metadata
from tests.contract.test_store import statements
from tests.contract.twins import header
from tests.servers.scripted_imap import EXCHANGE, ScriptedImap

NOON = datetime(2024, 11, 11, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER = NOON + 5 * MINUTE
HELD = Hold()
CONDSTORE = replace(
    EXCHANGE,
    capability=f"{EXCHANGE.capability} CONDSTORE ENABLE",
    status=("MESSAGES", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"),
)


def config(folder: Path, count: int, port: int = 993) -> Settings:
    """So many mailboxes, box0@ours.example and so on."""
    (folder / "password").write_text("geheim")
    path = folder / f"{count}.toml"
    path.write_text(
        f'[imap]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\npassword = {{ file = "password" }}\n'
        f'[health]\nmetrics = "{folder / "metrics.prom"}"\n[smtp]\nhost = "127.0.0.1"\nsecurity = "none"\n'
        + "".join(f'[[mailbox]]\naddress = "box{n}@ours.example"\nteam = "Desk"\n' for n in range(count))
        + '[[team]]\nname = "Desk"\nowners = ["lead@ours.example"]\n'
    )
    return load(path)


class Boxes:
    """Mailboxes in memory, each looked at once at noon: a question waits in the first one, with a reply in Sent."""

    def __init__(self, store: Store, settings: Settings, modseq: bool = True) -> None:
        self.store, self.settings, self.modseq = store, settings, modseq
        self.house = settings.house(store.letter_key)
        self.folders = {m.address: _account() for m in settings.mailboxes}
        first = settings.mailboxes[0].address
        self.folders[first]["INBOX"].deliver(header(1), NOON - HOUR)
        self.folders[first]["Sent"].deliver(REPLY, NOON - HOUR)
        self.look(NOON, store)

    def source(self, address: str) -> MemorySource:
        source = MemorySource(*self.folders[address].values())
        return source if self.modseq else Plain(*self.folders[address].values())

    def look(self, now: datetime, store: Store) -> None:
        for mailbox in self.settings.mailboxes:
            done = sweep(store, self.source(mailbox.address), mailbox, self.house, now)
            assert done.fault is None

    def glanced(self, now: datetime) -> list[Glanced]:
        return [self._glanced(mailbox.address, now) for mailbox in self.settings.mailboxes]

    def _glanced(self, address: str, now: datetime) -> Glanced:
        source = self.source(address)
        wanted = {folder.name: folder.role for folder in choose(source.folders(), (), ())}
        states = {name: source.state(name) for name in self.folders[address]}
        seeks = None if "sent" in wanted.values() else now - AGAIN
        return Glanced(address, wanted, states, stale_after(self.settings.mailboxes[0].poll_every), seeks)

    def quiet(self, now: datetime, store: Store | None = None, hold: Hold = HELD) -> list[str]:
        store, glanced = store or self.store, self.glanced(now)
        known = noted(store, self.folders, [one.address for one in glanced if one.seeks_since])
        same = [found for one in glanced if (found := unchanged(known, one))]
        return sorted(note_quiet(store, same, now, hold))


OF_BOX0 = folders.c.mailbox == "box0@ours.example"
REPLY = b"Message-ID: <a@ours.example>\r\nFrom: box0@ours.example\r\nTo: ann@people.example\r\nSubject: Hello\r\n\r\n"


class Plain(MemorySource):
    """A server without CONDSTORE."""

    def state(self, folder: str) -> FolderState:
        return replace(super().state(folder), highestmodseq=None)


def _account() -> dict[str, MemoryFolder]:
    made = MemoryFolder("INBOX"), MemoryFolder("Sent", frozenset({"\\sent"})), MemoryFolder("No reply needed")
    return {folder.name: folder for folder in made}


@pytest.fixture
def boxes(store: Store, tmp_path: Path) -> Boxes:
    return Boxes(store, config(tmp_path, 2))


def rows(store: Store) -> dict[str, list[str]]:
    with store.reading() as connection:
        return {t.name: sorted(map(str, connection.execute(select(t)))) for t in metadata.sorted_tables}


def write(store: Store, *said: object) -> None:
    with store.writing() as connection:
        for one in said:
            connection.execute(one)  # type: ignore[call-overload]


def of_the_future(store: Store) -> None:
    ahead = NOON + 24 * HOUR
    write(
        store,
        update(mailboxes).values(first_as_of=ahead, as_of=ahead, readable_since=ahead, looked_at=ahead),
        update(folders).values(looked_at=ahead),
        insert(blind).values(mailbox="box0@ours.example", since=NOON, until=ahead),
        insert(blind).values(mailbox="box1@ours.example", since=NOON - HOUR, until=NOON),
    )


BEFORE: dict[str, Callable[[Store], object]] = {
    "nothing": lambda store: None,
    "a fault": lambda store: failed_look(store, "box0@ours.example", "unreachable", "gone", NOON + MINUTE),
    "a clock that was ahead": of_the_future,
    "a reply nobody saw": lambda store: write(store, update(mailboxes).values(outgoing_seen_at=None)),
}


def test_it_leaves_the_very_rows_that_looks_leave(boxes: Boxes) -> None:
    for case, before in BEFORE.items():
        for now in (LATER, NOON + 2 * HOUR, NOON - HOUR):
            found = []
            with rehearsal(boxes.store) as stage:
                before(stage)
                start = rows(stage)
                boxes.look(now, stage)
                found.append(rows(stage))
            with rehearsal(boxes.store) as stage:
                before(stage)
                assert boxes.quiet(now, stage) == list(boxes.folders)
                found.append(rows(stage))
            assert found[0] == found[1] != start, (case, now)


def answer(boxes: Boxes, _store: Store) -> None:
    boxes.folders["box0@ours.example"]["Sent"].deliver(REPLY, LATER)


def flag(boxes: Boxes, _store: Store) -> None:
    boxes.folders["box0@ours.example"]["INBOX"].flag(1, "\\Seen")


def rebuild(boxes: Boxes, _store: Store) -> None:
    boxes.folders["box0@ours.example"]["No reply needed"].uidvalidity += 1


def new_part(_boxes: Boxes, store: Store) -> None:
    write(store, update(folders).where(OF_BOX0, folders.c.name == "Sent").values(role="inbox"))


def half_read(_boxes: Boxes, store: Store) -> None:
    write(store, update(folders).where(OF_BOX0).values(complete=False))


def lose_sent(boxes: Boxes, store: Store) -> None:
    del boxes.folders["box0@ours.example"]["Sent"]
    write(store, update(folders).where(OF_BOX0, folders.c.role == "sent").values(watched=False))


def test_where_anything_differs_that_mailbox_is_left_to_a_look(boxes: Boxes) -> None:
    before = deepcopy(boxes.folders)
    for change in (answer, rebuild, new_part, half_read, lose_sent, flag):
        with rehearsal(boxes.store) as stage:
            change(boxes, stage)
            start = views(stage)["box0@ours.example"]
            assert boxes.quiet(LATER, stage) == ["box1@ours.example"], change.__name__
            assert views(stage)["box0@ours.example"] == start
        boxes.folders = deepcopy(before)


def test_a_conversation_put_off_is_left_to_a_look_at_any_mailbox(boxes: Boxes) -> None:
    write(boxes.store, update(conversations).values(stale=True))
    assert boxes.quiet(LATER) == []


def test_a_sent_folder_is_sought_once_a_day(boxes: Boxes) -> None:
    box0, box1 = boxes.folders
    write(boxes.store, update(folders).where(OF_BOX0, folders.c.role == "sent").values(watched=False, looked_at=None))
    del boxes.folders[box0]["Sent"]
    assert boxes.quiet(LATER) == [box1]
    sought_sent(boxes.store, box0, NOON)
    assert boxes.quiet(LATER) == [box0, box1]
    assert boxes.quiet(NOON + AGAIN) == [box1]


def test_without_condstore_a_mailbox_is_quiet_where_nobody_waits(store: Store, tmp_path: Path) -> None:
    assert Boxes(store, config(tmp_path, 2), modseq=False).quiet(LATER) == ["box1@ours.example"]


def test_only_what_is_still_held_is_written(boxes: Boxes) -> None:
    if boxes.store.is_sqlite:
        pytest.skip("one daemon holds all")
    mine, other = (join(boxes.store, host, 1, True, "", HOUR) for host in ("here", "there"))
    with boxes.store.writing() as connection:
        hold = Hold({lease.place: lease for lease in claim(connection, mine, boxes.folders)})
        connection.execute(update(leases).where(leases.c.place == "box0@ours.example").values(daemon=None))
        claim(connection, other, ["box0@ours.example"])
    assert boxes.quiet(LATER, hold=hold) == ["box1@ours.example"]
    assert {a: view.as_of for a, view in views(boxes.store).items()} == {
        "box0@ours.example": NOON,
        "box1@ours.example": LATER,
    }


def test_a_look_in_which_nothing_is_new_writes_once(store: Store, tmp_path: Path) -> None:
    boxes = Boxes(store, config(tmp_path, 1))
    sent = statements(store, lambda: boxes.look(LATER, store))
    assert sum(said.startswith("UPDATE") for said in sent) == 2, "of its folders, and of itself"
    assert len(sent) <= 18


class House:
    """So many mailboxes on one server, and a daemon's beat."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store, self.settings, self.now = store, settings, NOON
        self.connections = Connections()
        self.poller = Poller(store, settings, self.connections.of)
        self.pulse, self.letters = Pulse(store, lambda: 0.0), Letters(None)

    def beat(self) -> int:
        """Returns how many looks were complete."""
        sweeps = self.poller.poll(self.settings.mailboxes, self.now)
        done = act(self.store, self.settings, self.letters, self.now)
        self.pulse.beat(self.settings, sweeps, done, 0.0, self.now)
        self.now += 5 * MINUTE
        return sum(each.fault is None for each in sweeps)

    def close(self) -> None:
        self.poller.close()
        self.connections.close()


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with ScriptedImap(CONDSTORE) as made:
        yield made


def test_a_quiet_beat_costs_the_same_for_any_number_of_mailboxes(
    store: Store, tmp_path: Path, server: ScriptedImap
) -> None:
    costs = []
    for count in (1, 7):
        house = House(store, config(tmp_path, count, server.port))
        for _ in range(2):
            assert house.beat() == count
        server.commands.clear()
        sent = statements(store, lambda: costs.append(house.beat()))  # noqa: B023  # called at once
        assert costs.pop() == count
        assert len(server.commands) == 3 * count, "LIST and a STATUS for INBOX and Sent"
        assert {v.as_of for v in views(store).values()} == {house.now - 5 * MINUTE}
        costs.append((len(sent), sum(said == "BEGIN IMMEDIATE" for said in sent)))
        house.close()
    assert costs[0] == costs[1]


def test_new_mail_is_read_at_the_next_beat_without_asking_twice_and_quiet_goes_on(
    store: Store, tmp_path: Path, server: ScriptedImap
) -> None:
    house = House(store, config(tmp_path, 2, server.port))
    house.beat()
    server.deliver("INBOX", header(1))
    server.commands.clear()
    sweeps = house.poller.poll(house.settings.mailboxes, house.now)
    assert [each.taken_in for each in sweeps] == [1, 1]
    assert sum(command.startswith(("LIST", "STATUS")) for command in server.commands) == 2 * 3
    server.commands.clear()
    for _ in range(2):
        assert house.beat() == 2
    asked = [command.split()[0] for command in server.commands]
    assert sorted(asked) == sorted(2 * ["UNSELECT"] + 4 * ["LIST", "STATUS", "STATUS"])
    house.close()
