"""ROOF. The command that tells what other settings would have sent and reported: `simulate`."""

import sys
from typing import Annotated

import typer

from monitor.commands.shared import Json, fail, opened
from monitor.config import Settings, load
from monitor.config.overrides import OverrideError
from monitor.exits import LATE, USAGE
from monitor.jobs.simulate import Side
from monitor.jobs.simulate import simulate as played
from monitor.screen.output import as_json, talk
from monitor.screen.progress import share_on
from monitor.screen.simulation import simulation, simulation_json

MOST_WEEKS = 520
USUAL_HOURS = "mon-fri 09:00-17:00"
READING: dict[Side, str] = {"before": "as it is now", "after": "with these settings"}


def simulate(
    context: typer.Context,
    weeks: Annotated[int, typer.Option(min=1, max=MOST_WEEKS, help="So many weeks back.")] = 8,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="A setting to change, like target.reply_within=8h; repeatable."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """What these settings would have sent and reported over stored history; nothing is sent or remembered."""
    now = context.obj.clock()
    with opened(context) as (store, settings), share_on(sys.stderr) as tell:
        changed = _changed(settings, _with_hours(settings, set_)) if set_ else settings
        done = played(store, settings, changed, now, weeks, lambda side, k, n: tell(READING[side], k, n))
    if done is None:
        fail(LATE, "there is no history yet: no mailbox was read to its end; `inbox-monitor run --once` reads them")
    if json:
        as_json(simulation_json(done))
    else:
        simulation(done)


def _with_hours(settings: Settings, said: list[str]) -> list[str]:
    """Usual opening hours where office hours are tried out in a house that has told none: it is only a question."""
    keys = {key.strip(): value.strip(" \"'") for key, _, value in (one.partition("=") for one in said)}
    if keys.get("target.clock") != "office-hours" or "target.hours" in keys:
        return said
    if settings.target.calendar.mode == "office-hours":
        return said
    talk(f'note: no opening hours are set, so it plays with {USUAL_HOURS}; others: --set "target.hours=…"')
    return [*said, f"target.hours={USUAL_HOURS}"]


def _changed(settings: Settings, said: list[str]) -> Settings:
    try:
        return load(settings.path, said)
    except OverrideError as error:
        fail(USAGE, f"{error}\nThe config itself is fine; nothing was simulated.")
