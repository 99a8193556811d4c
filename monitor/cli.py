"""ROOF. The command line. stdout is data, stderr is talk; exit codes are those of sysexits.h (design.md §6)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

import monitor
from monitor import logs
from monitor.config import ConfigError, Settings, load
from monitor.config.secrets import SecretError
from monitor.core.report import report_json
from monitor.daemon import Clock, Daemon, one_round, settle_memory, wall_clock
from monitor.exits import BAD_CONFIG, LATE, OK, TRY_LATER, UNREACHABLE, USAGE, exit_code
from monitor.jobs import check as checking
from monitor.jobs.claims import FolderClaims, OutboxClaims
from monitor.jobs.deliver import deliver
from monitor.jobs.health import health
from monitor.jobs.knowledge import know
from monitor.jobs.report import ask_for, make
from monitor.outbox.letters import Letters
from monitor.screen import arguments, pages, shapes, telling
from monitor.screen import story as story_page
from monitor.screen.output import as_json, as_json_list, finish, out, talk
from monitor.screen.progress import progress_on
from monitor.screen.telling import told
from monitor.store.lock import AlreadyRunning, only_daemon
from monitor.store.store import Store, StoreAddressError, StoreError, open_store
from monitor.store.stories import all_stories, waiting_stories

DEFAULT_CONFIG = Path("/etc/inbox-monitor/config.toml")

app = typer.Typer(
    help="Who still waits for a reply from a shared mailbox, and for how long.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@dataclass(slots=True)
class Global:
    """What the options before the command say."""

    config: Path
    clock: Clock


@app.callback(invoke_without_command=True)
def _global(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The config file [default: /etc/inbox-monitor/config.toml].")
    ] = None,
    now: Annotated[str | None, typer.Option(help="Work as if it were this moment (ISO 8601).")] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"inbox-monitor {monitor.__version__}")
        raise typer.Exit
    logs.set_up()
    moment = _moment(now) if now else None
    path = config or Path(os.environ.get("INBOX_MONITOR_CONFIG") or DEFAULT_CONFIG)
    context.obj = Global(path, (lambda: moment) if moment else wall_clock)


@app.command()
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One full round, then exit.")] = False,
    dry_run: Annotated[Path | None, typer.Option(help="Write letters to this folder; send and remember none.")] = None,
) -> None:
    """The daemon: look at the mailboxes, remind, report."""
    clock = context.obj.clock
    settle_memory()
    with _opened(context) as (store, settings), only_daemon(store), progress_on(sys.stderr) as progress:
        if not once and dry_run is None:
            Daemon(store, settings, clock, progress).run()
            return
        dry = _folder_claims(dry_run) if dry_run else None
        done = one_round(store, settings, clock, dry, progress)
    if dry:
        talk(f"{len(dry.written)} letters written to {dry_run}; nothing was sent")
    raise typer.Exit(exit_code(s.fault.fault for s in done.sweeps if s.fault))


@app.command()
def threads(
    context: typer.Context,
    number: Annotated[int | None, typer.Argument(help="One conversation's story.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only where somebody waits past the target.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also conversations in which nobody waits.")] = False,
    mailbox: Annotated[str | None, typer.Option(help="Only this mailbox.")] = None,
    fail_if_late: Annotated[
        bool, typer.Option("--fail-if-late", help="Exit 1 if somebody waits past the target.")
    ] = False,
    json: Json = False,
) -> None:
    """Who waits, most overdue first; or one conversation's story."""
    now = context.obj.clock()
    with _opened(context) as (store, settings):
        house = told(store, settings, now)
        if number is not None:
            story = _found(telling.find(store, str(number)), f"there is no conversation {number}")[0]
            as_json(shapes.thread(story, house)) if json else story_page.explain(story, None, house)
            return
        address = mailbox.lower() if mailbox else None
        if address and address not in settings.desks:
            _fail(USAGE, f"{address} is not a mailbox of this config; there are {', '.join(settings.desks)}")
        stories = all_stories(store) if all_ else waiting_stories(store)
        chosen = telling.Chosen(stories, house, address, late)
        if json:
            as_json_list(shapes.thread(story, house) for story in chosen)
        else:
            pages.thread_list(chosen, house, all_)
        if fail_if_late and chosen.late:
            raise typer.Exit(LATE)


@app.command()
def explain(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="MESSAGE-ID|N", help="A Message-ID, or a conversation's number.")],
    json: Json = False,
) -> None:
    """Every decision about a message, with the rule that made it."""
    now = context.obj.clock()
    with _opened(context) as (store, settings):
        house = told(store, settings, now)
        story, message = _found(telling.find(store, what), f"no message or conversation {what} is known")
        if json:
            as_json(shapes.explained(story, message, house) if message else shapes.explained_all(story, house))
        else:
            story_page.explain(story, message, house)


@app.command()
def report(
    context: typer.Context,
    week: Annotated[str | None, typer.Option(help="An ISO week, like 2026-W46 [default: the last closed one].")] = None,
    text: Annotated[bool, typer.Option("--text", help="Print it as text (the default).")] = False,
    html: Annotated[Path | None, typer.Option(help="Write it as HTML to this file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the waits behind it as CSV to this file.")] = None,
    json: Json = False,
    send: Annotated[bool, typer.Option("--send", help="Mail it now to the addresses under [report].")] = False,
) -> None:
    """The weekly SLA report."""
    now = context.obj.clock()
    with _opened(context) as (store, settings):
        try:
            chosen = arguments.week(week, settings.zone, now)
        except ValueError as error:
            _fail(USAGE, str(error))
        if send and settings.report is None:
            _fail(BAD_CONFIG, 'there is nobody to send it to: add [report] with to = ["…"]')
        letters = Letters(settings.templates_dir)
        knowledge = know(store, settings, now)
        made = make(store, settings, knowledge, chosen, now)
        if html:
            _write(html, letters.render_report(made.facts).html)
        if csv:
            _write(csv, made.csv())
        if json:
            as_json(report_json(made.facts))
        elif text or not (html or csv or send):
            out(letters.render_report(made.facts).text)
        if send:
            ask_for(store, settings, letters, OutboxClaims(store), made, now)
            raise typer.Exit(_delivered(store, settings, now))


@app.command()
def status(context: typer.Context, json: Json = False) -> None:
    """Mailboxes, last complete look, who waits, outbox. Exit 1 if something is unhealthy."""
    now = context.obj.clock()
    with _opened(context) as (store, settings):
        found = health(store, settings, now)
        as_json(shapes.status(found)) if json else pages.status(found, settings, now)
    if not found.healthy:
        raise typer.Exit(LATE)


@app.command()
def check(
    context: typer.Context,
    json: Json = False,
    send_test: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Also send one test letter there.")] = None,
) -> None:
    """Config, connect, log in, folders, SMTP: one line a fact, with the fix. Sends nothing, changes nothing."""
    settings, now = _settings(context), context.obj.clock()
    if send_test and "@" not in send_test:
        _fail(USAGE, f'--send-test: "{send_test}" is not a mail address')
    facts = list(checking.check(settings, now))
    if send_test:
        facts.append(checking.send_test(settings, send_test, now))
    as_json([shapes.fact(f) for f in facts]) if json else pages.check(facts, settings)
    raise typer.Exit(exit_code(f.fault for f in facts if f.mark == "fix"))


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Where the letters are put.")] = Path("demo-output"),
) -> None:
    """Play eleven days of a library's mail through the real thing, on servers of its own."""
    from monitor.demo.stage import run_demo

    raise typer.Exit(run_demo(output))


def main() -> None:
    """The program. Errors become one line on stderr and an exit code; a closed pipe is no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows only ASCII ends no program
    try:
        words = arguments.options_first(sys.argv[1:])
    except ValueError as error:
        talk(str(error))
        sys.exit(USAGE)
    try:
        app(words)
    finally:
        finish()


def _settings(context: typer.Context) -> Settings:
    try:
        return load(context.obj.config)
    except ConfigError as error:
        _fail(BAD_CONFIG, str(error))


@contextmanager
def _opened(context: typer.Context) -> Iterator[tuple[Store, Settings]]:
    """Config and store, opened; what goes wrong with either becomes one line and the right exit code."""
    settings = _settings(context)
    try:
        store = open_store(settings.store_url)
        try:
            yield store, settings
        finally:
            store.close()
    except (StoreAddressError, SecretError) as error:
        _fail(BAD_CONFIG, str(error))
    except (AlreadyRunning, StoreError) as error:
        _fail(TRY_LATER, str(error))


def _delivered(store: Store, settings: Settings, now: datetime) -> int:
    """Empty the outbox, unless a daemon does that: two at once would send a letter twice."""
    try:
        with only_daemon(store):
            delivery = deliver(store, settings.smtp, know(store, settings, now), now)
    except AlreadyRunning:
        talk("put into the outbox; the daemon that runs sends it with its next round")
        return OK
    refused = f", {delivery.refused} refused for good: see status" if delivery.refused else ""
    talk(delivery.fault or f"{delivery.sent} letters sent{refused}")
    return UNREACHABLE if delivery.fault or delivery.refused else OK


def _found(story: Any, text: str) -> Any:
    if story is None:
        _fail(USAGE, text)
    return story


def _moment(text: str) -> datetime:
    try:
        return arguments.moment(text)
    except ValueError as error:
        _fail(USAGE, str(error))


def _folder_claims(folder: Path) -> FolderClaims:
    try:
        return FolderClaims(folder)
    except OSError as error:
        _fail(USAGE, f"--dry-run: {folder} is no folder to write to: {error.strerror}")


def _write(path: Path, content: str) -> None:
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        _fail(USAGE, f"{path} cannot be written: {error.strerror}")


def _fail(code: int, text: str) -> NoReturn:
    talk(text)
    raise typer.Exit(code)
