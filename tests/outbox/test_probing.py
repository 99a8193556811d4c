"""Whether a mail server would take our letters: asked without handing one over."""

from pathlib import Path

import pytest

from monitor.outbox import probing
from monitor.outbox.probing import Probe, Prober, Refusal
from monitor.outbox.smtp import Relay, SendError
from tests.servers.smtp_sink import CLOSE, SmtpSink

FROM = "monitor@ours.example"
LEADS = ["ann@ours.example", "ben@ours.example", "cleo@ours.example"]


def probe(sink: SmtpSink, recipients: list[str] = LEADS) -> Probe:
    prober = Prober(Relay(sink.host, sink.port, "none"))
    with prober:
        found = prober.probe(FROM, recipients)
    assert sink.letters == [], "nothing is ever handed over"
    return found


@pytest.fixture
def sink(smtp_sink: SmtpSink) -> SmtpSink:
    return smtp_sink


def test_whoever_is_taken_is_counted(sink: SmtpSink) -> None:
    found = probe(sink)
    assert (found.asked, found.refused, found.sender, found.cut, found.line.tls) == (3, (), None, "", "")


def test_each_recipient_that_is_refused_is_told_and_the_others_are_asked(sink: SmtpSink) -> None:
    sink.refuse(LEADS[0])
    sink.refuse(LEADS[1], "450 4.2.0 greylisted")
    found = probe(sink)
    assert found.asked == 3
    assert found.refused == (
        Refusal(LEADS[0], "550 5.1.1 no such user", permanent=True),
        Refusal(LEADS[1], "450 4.2.0 greylisted", permanent=False),
    )


def test_where_our_sender_is_refused_nobody_else_is_asked(sink: SmtpSink) -> None:
    sink.answer("MAIL", "553 5.7.1 not yours")
    found = probe(sink)
    assert (found.sender, found.asked) == (Refusal(FROM, "553 5.7.1 not yours", permanent=True), 0)


@pytest.mark.parametrize("answer", ["421 4.7.0 too many", CLOSE])
def test_a_server_that_hangs_up_leaves_what_it_said_before(sink: SmtpSink, answer: str) -> None:
    sink.answer("RCPT", "550 no", answer)
    found = probe(sink)
    assert ([r.address for r in found.refused], found.asked, bool(found.cut)) == ([LEADS[0]], 1, True)


def test_an_address_outside_ascii_is_told_as_refused(sink: SmtpSink) -> None:
    found = probe(sink, ["lei\u00dfe@ours.example", LEADS[0]])
    assert [(r.address, r.permanent) for r in found.refused] == [("lei\u00dfe@ours.example", True)]


def test_only_so_many_are_asked(sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "MOST_ASKED", 2)
    assert probe(sink).asked == 2


@pytest.mark.parametrize(("limit", "size"), [(40_000, 40_000), (0, None)])
def test_how_long_a_letter_may_be_is_told(tmp_path: Path, limit: int, size: int | None) -> None:
    with SmtpSink(tmp_path, size_limit=limit) as sink:
        assert probe(sink).size == size


def test_how_the_line_is_protected_is_told(tmp_path: Path) -> None:
    with SmtpSink(tmp_path, security="starttls") as sink:
        prober = Prober(Relay("localhost", sink.port, "starttls", ca_file=str(sink.ca_file)))
        with prober:
            line = prober.probe(FROM, []).line
    assert line.tls.startswith("TLSv1.")
    assert line.ends is not None


def test_who_is_not_let_in_is_told_as_when_sending(tmp_path: Path) -> None:
    with SmtpSink(tmp_path, login=("monitor", "right")) as sink:
        prober = Prober(Relay(sink.host, sink.port, "none", "monitor", lambda: "wrong"))
        with pytest.raises(SendError, match="the login of monitor was refused"), prober:
            prober.probe(FROM, LEADS)
