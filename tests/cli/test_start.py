"""A command imports what it needs: what draws letters, reads mailboxes or knows holidays costs each start a second."""

import platform
import subprocess
import sys

import pytest

from monitor.cli import COMMANDS, app
from monitor.jobs.reading_process import WITHOUT_OPENSSL
from tests.story.house import House, at

HEAVY = (
    "alembic",
    "babel",
    "css_inline",
    "holidays",
    "icalendar",
    "imapclient",
    "jinja2",
    "mailparser",
    "prometheus_client",
    "rich.console",
)


def test_figures_alone_need_none_of_the_large_packages(house: House) -> None:
    house.opens(at("Mon 07:00"))
    words = ["--config", str(house.config), "--now", at("Tue 10:05").isoformat(), "report", "--json"]
    ask = f"import sys; from monitor.cli import app; app({words!r}, standalone_mode=False); "
    said = f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", ask + said], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{")
    assert done.stderr.splitlines()[-1] == "[]"


def test_what_is_imported_is_never_walked_whole_by_the_collector() -> None:
    """It stays. With Python's own threshold all of it is walked several times before a command has begun."""
    count = "gc.get_stats()[2]['collections']"
    ask = f"""
import gc, sys
from monitor.program import main
before = {count}
sys.argv = ["inbox-monitor", "report", "--help"]
try:
    main()
finally:
    import monitor.service
    print({count} - before, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "0"


def test_what_draws_letters_comes_with_the_first_letter() -> None:
    drawing = ("babel", "css_inline", "jinja2", "mailparser")
    done = _after("import monitor.service; from monitor.outbox.letters import Letters; Letters()", drawing)
    assert done == "[]"


def test_threads_of_the_service_share_one_heap() -> None:
    """As glibc's malloc_info(3) counts heaps, with threads that hold memory at the same time."""
    threads = """
import ctypes, os, sys, threading
from monitor.service import settle_memory
if sys.argv[1] == "settled":
    settle_memory()
met = threading.Barrier(4)
def hold():
    held = bytes(100_000)
    met.wait()
held = [threading.Thread(target=hold) for _ in range(3)]
for thread in held: thread.start()
met.wait()
library = ctypes.CDLL(None)
library.fdopen.restype = ctypes.c_void_p
out = library.fdopen(1, b"w")
library.malloc_info(0, ctypes.c_void_p(out))
library.fflush(ctypes.c_void_p(out))
"""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("another C library has its own ways")
    counts = {}
    for way in ("as it is", "settled"):
        ask = [sys.executable, "-c", threads, way]
        counts[way] = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.count("<heap nr=")
    assert counts["settled"] == 1 < counts["as it is"]


def test_a_look_on_sqlite_needs_none_of_what_is_for_other_houses() -> None:
    """No PostgreSQL, no watchman, no commands by mail, no reports: each brings its modules with its first use."""
    elsewhere = (
        "sqlalchemy.dialects.postgresql",
        "http.client",
        "html.entities",
        "monitor.daemon",
        "monitor.jobs.hear_one",
        "monitor.jobs.report",
    )
    assert _after("import monitor.service, monitor.store.making", elsewhere) == "[]"


def test_the_reading_process_needs_little_for_plain_headers() -> None:
    """No OpenSSL, no mail-parser, no time zones; nothing of config, store and servers."""
    plain = (
        b"From: Ann <ann@people.example>\r\nMessage-ID: <1@people.example>\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\n"
        b"Date: Mon, 16 Nov 2026 09:00:00 +0100\r\n\r\n"
    )
    of_others = ("imapclient", "mailparser", "pydantic", "sqlalchemy")
    elsewhere = ("_hashlib", "email.utils", "ssl", "urllib.parse", "zoneinfo", *of_others)
    reads = "from monitor.inbox.reading_child import Staff, with_gists; "
    assert _after(f"{WITHOUT_OPENSSL}{reads}assert with_gists([{plain!r}], Staff())[1]", elsewhere) == "[]"


def test_a_letter_brings_no_report_with_it() -> None:
    reports = ("monitor.core.report.sections", "monitor.outbox.report_pages", "monitor.outbox.month_pages")
    assert _after("import monitor.outbox.press", reports) == "[]"


def _after(code: str, names: tuple[str, ...]) -> str:
    """Which of these packages are imported once that has run."""
    said = f"; import sys; print([name for name in {names!r} if sys.modules.get(name)])"
    return subprocess.run(
        [sys.executable, "-c", code + said], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_it_is_said_to_be(name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        app([name, "--help"])
    assert ended.value.code == 0


def test_a_service_on_a_new_store_needs_neither_history_nor_bars_nor_metrics(house: House) -> None:
    words = ["--config", str(house.config), "--now", at("Tue 10:05").isoformat(), "run", "--once"]
    ask = f"import sys; from monitor.cli import app; app({words!r}, standalone_mode=False); "
    said = "print([name for name in ('alembic', 'rich', 'prometheus_client') if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", ask + said], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"
