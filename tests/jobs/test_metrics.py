"""What others see of a monitor that lives: figures that say what the store says, and a ping while all is well."""

import json
import logging
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import monitor
from monitor.config import SecretError
from monitor.config.settings import HealthSettings, MicrosoftSettings
from monitor.inbox.source import SourceError
from monitor.jobs.deliver import Delivery
from monitor.jobs.health import health
from monitor.jobs.look import Sweep
from monitor.jobs.metrics import metrics
from monitor.jobs.ping import PAUSE, Ping
from monitor.jobs.pulse import Pulse
from monitor.jobs.round import Round
from monitor.outbox.metrics import FAMILIES, PREFIX, Sample, exposed
from monitor.screen import shapes
from monitor.store import room as store_room
from monitor.store.tallies import count, tallies
from tests.jobs.test_hidden_replies import ANN, DAY, HOUR, INFO, MONDAY, Desk
from tests.jobs.test_operator_letters import Watched
from tests.jobs.weeks import House

BROKEN = SourceError("unreachable", "imap.ours.example:993: nothing answers there")
Figures = dict[tuple[str, tuple[str, ...]], float]


def read(text: str) -> Figures:
    """By name, without the prefix, and the values of labels in the order of their family."""
    labels = {f"{PREFIX}{family.name}": family.labels for family in FAMILIES}
    return {
        (sample.name.removeprefix(PREFIX), tuple(sample.labels[label] for label in labels[sample.name])): sample.value
        for found in text_string_to_metric_families(text)
        for sample in found.samples
    }


def figures(desk: Desk, now: datetime) -> Figures:
    return read(metrics(desk.store, desk.settings, health(desk.store, desk.settings, now), now))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(tmp_path)
    found.look(MONDAY)
    yield found
    found.store.close()


def of_info(found: Figures, name: str) -> float:
    (value,) = [value for (metric, labels), value in found.items() if metric == name and labels[0] == INFO]
    return value


# -- figures


def test_figures_say_what_status_says(desk: Watched) -> None:
    desk.asks(MONDAY + HOUR)
    desk.asks(MONDAY + DAY + HOUR, "ben@borrower.example")
    now = MONDAY + DAY + 2 * HOUR
    desk.look(now)
    found, (status,) = figures(desk, now), health(desk.store, desk.settings, now).mailboxes
    assert (of_info(found, "waiting"), of_info(found, "late")) == (status.waiting, status.late) == (2, 1)
    assert of_info(found, "oldest_wait_seconds") == (DAY + HOUR).total_seconds()
    assert of_info(found, "mailbox_last_complete_look_timestamp_seconds") == now.timestamp()
    assert of_info(found, "mailbox_poll_interval_seconds") == 300
    assert (of_info(found, "mailbox_up"), found["healthy", ()]) == (1, 1)
    assert found["build_info", (monitor.__version__,)] == 1
    assert found["store_bytes", ()] > 0
    assert found["store_free_bytes", ()] > 0


def test_a_mailbox_that_fails_is_down_with_its_fault_and_blind_as_long_as_it_lasts(desk: Watched) -> None:
    desk.breaks()
    now = MONDAY + 3 * HOUR
    desk.look(now)
    found = figures(desk, now)
    assert (of_info(found, "mailbox_up"), found["healthy", ()]) == (0, 0)
    assert [labels[2] for name, labels in found if name == "mailbox_fault"] == ["unreachable"]
    assert of_info(found, "mailbox_blind_seconds") == (3 * HOUR).total_seconds()
    desk.mends()
    desk.look(now + HOUR)
    assert not [name for name, _ in figures(desk, now + HOUR) if name == "mailbox_fault"]


def test_replies_that_nobody_sees_are_a_share(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.cites(MONDAY, unseen=3, seen=1)
    desk.look(MONDAY + DAY)
    assert of_info(figures(desk, MONDAY + DAY), "mailbox_unseen_replies_ratio") == 0.75
    desk.store.close()


def test_no_figure_names_a_customer_or_a_subject(desk: Watched) -> None:
    desk.asks(MONDAY + HOUR)
    desk.look(MONDAY + DAY)
    now = MONDAY + DAY
    text = metrics(desk.store, desk.settings, health(desk.store, desk.settings, now), now)
    assert ANN.split("@")[0] not in text
    assert "Opening" not in text


def test_the_week_that_was_told_last_and_when_the_next_is_due(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.look(MONDAY + HOUR)
    house.a_week(46)
    monday = MONDAY + timedelta(weeks=1)
    before = figures(house, monday + 6 * HOUR)
    assert ("week_start_timestamp_seconds", ()) not in before
    assert before["next_report_timestamp_seconds", ()] == (monday + 7 * HOUR).timestamp()
    house.reports(46)
    after = figures(house, monday + 8 * HOUR)
    assert after["week_start_timestamp_seconds", ()] == MONDAY.timestamp()
    assert (after["week_promise_kept", ("Desk",)], after["week_promise_counted", ("Desk",)]) == (11, 12)
    assert after["next_report_timestamp_seconds", ()] == (monday + timedelta(weeks=1) + 7 * HOUR).timestamp()
    house.store.close()


def test_a_report_that_did_not_leave_is_overdue(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.look(MONDAY + HOUR)
    late = MONDAY + timedelta(weeks=1) + 30 * HOUR
    assert figures(house, late)["next_report_timestamp_seconds", ()] < late.timestamp()
    house.store.close()


def test_the_end_of_a_secret_is_a_moment(desk: Watched) -> None:
    app = MicrosoftSettings("t", "c", lambda: "planted", date(2027, 3, 1), None, "https://login.example", None)
    desk.settings = replace(desk.settings, microsoft=app)
    found = figures(desk, MONDAY + HOUR)
    assert (
        found["secret_expiry_timestamp_seconds", ("microsoft secret",)] == datetime(2027, 3, 1, tzinfo=UTC).timestamp()
    )


# -- what is counted


def beat(desk: Desk, pulse: Pulse, now: datetime, *sweeps: Sweep, done: Round | None = None) -> None:
    pulse.beat(desk.settings, sweeps, done or Round(), 0.0, now)


def test_counts_add_up_over_restarts(desk: Watched) -> None:
    for _ in range(2):
        pulse = Pulse(desk.store, lambda: 1.0)
        beat(desk, pulse, MONDAY, Sweep(INFO, 5), Sweep(INFO, 2, BROKEN), Sweep(INFO, 1, SourceError("stopped", "")))
        beat(desk, pulse, MONDAY, done=Round(letters=3, delivery=Delivery(sent=2, refused=1)))
    found = figures(desk, MONDAY)
    assert [of_info(found, f"{name}_total") for name in ("looks", "looks_failed", "messages_read")] == [4, 2, 16]
    assert [found[f"letters_{name}_total", ()] for name in ("made", "sent", "refused")] == [6, 4, 2]


def test_several_daemons_lose_no_count(desk: Watched) -> None:
    threads = [threading.Thread(target=lambda: [count(desk.store, {"x": 1}) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tallies(desk.store) == {"x": 40}


# -- the file


def with_file(desk: Desk, path: Path) -> None:
    desk.settings = replace(desk.settings, health=HealthSettings(metrics=path))


def test_the_file_is_whole_readable_for_all_and_holds_the_last_round(desk: Watched, tmp_path: Path) -> None:
    path = tmp_path / "out" / "inbox.prom"
    path.parent.mkdir()
    with_file(desk, path)
    beat(desk, Pulse(desk.store, lambda: 2.5), MONDAY, Sweep(INFO, 1), done=Round(broken=["the report"]))
    found = read(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["inbox.prom"]
    assert found["last_round_timestamp_seconds", ()] == MONDAY.timestamp()
    assert (found["last_round_duration_seconds", ()], found["last_round_failed_jobs", ()]) == (2.5, 1)


def test_while_the_store_fails_the_file_says_so_and_when_all_was_known_last(desk: Watched, tmp_path: Path) -> None:
    path = tmp_path / "inbox.prom"
    with_file(desk, path)
    pulse = Pulse(desk.store, lambda: 0.0)
    pulse.failed(desk.settings)
    assert read(path.read_text())["healthy", ()] == 0, "also where there was no round before"
    beat(desk, pulse, MONDAY)
    assert read(path.read_text())["healthy", ()] == 1
    pulse.failed(desk.settings)
    found = read(path.read_text())
    assert (found["healthy", ()], found["store_writable", ()]) == (0, 0)
    assert found["last_round_timestamp_seconds", ()] == MONDAY.timestamp()
    beat(desk, pulse, MONDAY)
    assert read(path.read_text())["healthy", ()] == 1


def test_a_file_that_the_config_names_no_more_goes(desk: Watched, tmp_path: Path) -> None:
    pulse = Pulse(desk.store, lambda: 0.0)
    for name in ("one.prom", "two.prom"):
        with_file(desk, tmp_path / name)
        beat(desk, pulse, MONDAY)
        assert [file.name for file in tmp_path.glob("*.prom")] == [name]
    desk.settings = replace(desk.settings, health=HealthSettings())
    beat(desk, pulse, MONDAY)
    assert not list(tmp_path.glob("*.prom"))


def test_names_with_quotes_and_line_ends_are_read_as_they_are() -> None:
    team = 'Rooms "A\\B"\n# HELP x'
    assert read(exposed([Sample("waiting", 1, (INFO, team))])) == {("waiting", (INFO, team)): 1}


def test_rounds_without_news_are_told_once_in_the_time_between_two_looks(
    desk: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "monitor")
    pulse = Pulse(desk.store, lambda: 0.0)

    def told(seconds: float, *sweeps: Sweep, sent: int = 0) -> bool:
        caplog.clear()
        pulse.beat(desk.settings, sweeps, Round(delivery=Delivery(sent=sent)), seconds, MONDAY)
        return bool(caplog.records)

    quiet, broken = Sweep(INFO), Sweep(INFO, 0, BROKEN)
    assert [told(at, quiet) for at in (0, 5, 295, 300, 305)] == [True, False, False, True, False]
    assert [told(310, broken), told(315, quiet), told(320, quiet)] == [True, True, False], "what has changed is told"
    assert [told(325, Sweep(INFO, 1)), told(330, quiet, sent=1)] == [True, True]
    desk.settings = replace(desk.settings)
    assert told(335, quiet), "a new config begins anew"


def test_a_file_that_cannot_be_written_stops_no_round_and_is_told_once(
    desk: Watched, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with_file(desk, tmp_path / "nowhere" / "inbox.prom")
    pulse = Pulse(desk.store, lambda: 0.0)
    for _ in range(3):
        beat(desk, pulse, MONDAY)
    assert [record.getMessage() for record in caplog.records if "metrics" in record.getMessage()] == [
        f"[health] metrics: {tmp_path}/nowhere/inbox.prom cannot be written: No such file or directory"
    ]


def test_every_metric_is_measured_somewhere_in_these_tests(tmp_path: Path) -> None:
    """A real store in which something of everything has happened."""
    house = House(tmp_path)
    house.tail = f'[commands]\naddress = "{INFO}"\n'
    house.a_week(46)
    house.cites(MONDAY + HOUR, unseen=1, seen=1)
    house.reports(46)
    app = MicrosoftSettings("t", "c", lambda: "planted", date(2027, 3, 1), None, "https://login.example", None)
    house.set("")
    house.settings = replace(house.settings, microsoft=app)
    house.sources[INFO].broken = BROKEN
    now = MONDAY + timedelta(weeks=1) + 8 * HOUR
    with pytest.raises(AssertionError):
        house.look(now)
    path = tmp_path / "inbox.prom"
    with_file(house, path)
    beat(house, Pulse(house.store, lambda: 0.0), now, Sweep(INFO, 1))
    assert {name for name, _ in read(path.read_text())} == {family.name for family in FAMILIES}
    house.store.close()


# -- the ping


class Watchman:
    """Answers on the loopback; `asked` are the paths it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer, self.hold = 200, threading.Event()
        self.hold.set()
        watchman = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name is http.server's
                watchman.hold.wait(10)
                watchman.asked.append(self.path)
                self.send_response(watchman.answer)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._server.server_port}/planted-secret"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def watchman(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watchman]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    found = Watchman()
    yield found
    found.close()


class Seconds:
    """A monotonic clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def sends(ping: Ping, url: Callable[[], str]) -> None:
    ping.send(url)
    ping.close()


def with_ping(desk: Desk, watchman: Watchman) -> Pulse:
    desk.settings = replace(desk.settings, health=HealthSettings(ping=lambda: watchman.url))
    return Pulse(desk.store, lambda: 0.0)


def test_a_round_in_which_all_is_well_is_told(desk: Watched, watchman: Watchman) -> None:
    pulse = with_ping(desk, watchman)
    beat(desk, pulse, MONDAY, Sweep(INFO))
    pulse.close()
    assert watchman.asked == ["/planted-secret"]


def test_a_round_in_which_anything_is_wrong_is_not_told(desk: Watched, watchman: Watchman) -> None:
    pulse = with_ping(desk, watchman)
    beat(desk, pulse, MONDAY, done=Round(broken=["the report"]))
    beat(desk, pulse, MONDAY + DAY)
    desk.breaks()
    desk.look(MONDAY + HOUR)
    beat(desk, pulse, MONDAY + HOUR)
    pulse.close()
    assert watchman.asked == []


def test_short_rounds_ask_once_a_minute(watchman: Watchman) -> None:
    seconds = Seconds()
    ping = Ping(seconds)
    for seconds.now in (0.0, 5.0, PAUSE - 1, PAUSE, PAUSE + 5):
        sends(ping, lambda: watchman.url)
    assert len(watchman.asked) == 2


def test_no_round_waits_for_a_watchman_that_hangs(watchman: Watchman) -> None:
    seconds = Seconds()
    ping = Ping(seconds)
    watchman.hold.clear()
    ping.send(lambda: watchman.url)
    seconds.now = 2 * PAUSE
    ping.send(lambda: watchman.url)
    assert watchman.asked == [], "it has not answered yet, and here we are"
    watchman.hold.set()
    ping.close()
    assert len(watchman.asked) == 1, "and one at a time is asked"


def test_a_ping_that_fails_is_told_once_and_so_is_its_end(watchman: Watchman, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "monitor")
    seconds = Seconds()
    ping = Ping(seconds)
    for watchman.answer in (500, 404, 200, 200, 500):
        sends(ping, lambda: watchman.url)
        seconds.now += PAUSE
    assert [record.getMessage() for record in caplog.records] == [
        "the ping of [health] fails: the server answers 500",
        "the ping of [health] works again",
        "the ping of [health] fails: the server answers 500",
    ]


def _no_secret() -> str:
    raise SecretError("the secret file /planted cannot be read: Permission denied")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (lambda: "http://127.0.0.1:1/planted-secret", "it cannot be reached (ConnectionRefusedError: "),
        (lambda: "http://planted secret/", "it cannot be asked for (InvalidURL)"),
        (lambda: "http://[planted-secret", "it cannot be asked for (ValueError)"),
        (lambda: "http://planted-secret.invalid/", "it cannot be reached (gaierror: "),
        (lambda: "file:///etc/planted-secret", "it is no http(s) address"),
        (lambda: "planted-secret", "it is no http(s) address"),
        (_no_secret, "the secret file /planted cannot be read: Permission denied"),
    ],
)
def test_what_is_wrong_with_a_ping_is_told_without_its_address(
    url: Callable[[], str], told: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    sends(Ping(lambda: 0.0), url)
    (record,) = caplog.records
    assert told in record.getMessage()
    assert "planted-secret" not in record.getMessage() + str(record.__dict__)
    assert "planted secret" not in record.getMessage()


# -- the operator, and status


def test_a_disk_that_is_nearly_full_is_told_once_and_so_is_its_end(
    desk: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = {}
    for hour, free in enumerate((900, 40, 40, 70, 40, 900, 900, 40)):
        monkeypatch.setattr(store_room.os, "statvfs", lambda _path, free=free: Disk(free))
        letters[hour] = desk.tells(MONDAY + 2 * hour * HOUR)
    assert [len(letters[hour]) for hour in letters] == [0, 1, 0, 0, 0, 1, 0, 1]
    assert "The disk of the monitor's store is nearly full" in letters[1][0]
    assert "Only 40 MB are free." in letters[1][0]
    assert "There is room again" in letters[5][0]


class Disk:
    """As statvfs(3) tells it, in megabytes."""

    f_flag, f_frsize = 0, 1_000_000

    def __init__(self, free: int) -> None:
        self.f_bavail = free


def test_status_names_its_problems_a_line_each(desk: Watched) -> None:
    desk.breaks()
    desk.look(MONDAY + HOUR)
    told = shapes.status(health(desk.store, desk.settings, MONDAY + HOUR))
    assert told["problems"] == [f"{INFO}: imap.ours.example:993: nothing answers there"]
    assert (told["healthy"], told["version"], told["next_report"]) == (False, monitor.__version__, None)
    assert json.dumps(told)
