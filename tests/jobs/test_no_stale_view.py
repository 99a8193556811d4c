"""No reminder is ever claimed or delivered from a stale view, whatever the looks before it came to (law 2)."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.config import SmtpSettings
from monitor.inbox.memory import MemoryFolder, MemorySource
from monitor.inbox.source import SourceError
from monitor.jobs.claims import OutboxClaims
from monitor.jobs.deliver import deliver
from monitor.jobs.knowledge import know
from monitor.jobs.poll import sweep
from monitor.jobs.remind import remind
from monitor.store.outbox import pending
from tests.jobs.test_hidden_replies import HOUR, INFO, LETTERS, MONDAY, OPS, TUESDAY, Desk
from tests.servers.smtp_sink import SmtpSink

LOOKS = ("complete", "failed", "none", "sent unreadable", "colleague unreadable")


class Blindable(MemorySource):
    """A mailbox one folder of which may be unreadable."""

    unreadable = ""

    def _folder(self, name: str) -> MemoryFolder:
        if name == self.unreadable:
            raise SourceError("folder", f'"{name}" cannot be read')
        return super()._folder(name)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(LOOKS), st.integers(1, 30)), min_size=4, max_size=14))
def test_nobody_is_reminded_from_a_stale_view(smtp_sink: SmtpSink, looks: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), others=("ops",))
        info = Blindable(desk.inbox, desk.sent)
        ops_sent = MemoryFolder("Sent", frozenset({"\\sent"}))
        ops = Blindable(MemoryFolder("INBOX"), ops_sent)
        desk.sources = {INFO: info, OPS: ops}
        earlier = desk.asks(MONDAY - 5 * HOUR)
        answer = (f"From: {OPS}", "To: ann@reader.example", f"In-Reply-To: <{earlier}>")
        desk.put(ops_sent, MONDAY - 4 * HOUR, "ops1@ours.example", *answer)
        desk.look(MONDAY)
        for hour in range(1, 7):
            desk.asks(MONDAY + hour * HOUR, f"r{hour}@reader.example")
        now = TUESDAY
        smtp = SmtpSettings(smtp_sink.host, smtp_sink.port, "none", None, None, None, "m@ours.example")
        for look, quarters in looks:
            now += quarters * timedelta(minutes=15)
            info.broken = SourceError("unreachable", "gone") if look == "failed" else None
            info.unreadable = "Sent" if look == "sent unreadable" else ""
            ops.unreadable = "Sent" if look == "colleague unreadable" else ""
            for mailbox in desk.settings.mailboxes if look != "none" else ():
                house = desk.settings.house(desk.store.letter_key)
                sweep(desk.store, desk.sources[mailbox.address], mailbox, house, now)
            knowledge = know(desk.store, desk.settings, now)
            claimed, sent = len(pending(desk.store, now)), len(smtp_sink.letters)
            remind(desk.store, desk.settings, LETTERS, knowledge, OutboxClaims(desk.store), now)
            fresh = knowledge.is_fresh(INFO, now)
            assert fresh if look == "complete" else (look == "none" or not fresh)
            assert fresh or len(pending(desk.store, now)) <= claimed, "none is claimed"
            deliver(desk.store, smtp, knowledge, now)
            assert fresh or len(smtp_sink.letters) == sent, "none is delivered"
        desk.store.close()
