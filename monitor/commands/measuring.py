"""ROOF. The command that measures: `metrics`."""

import typer

from monitor.commands.shared import opened
from monitor.jobs.health import health
from monitor.jobs.metrics import metrics as gathered
from monitor.screen.output import out


def metrics(context: typer.Context) -> None:
    """Figures for Prometheus, as [health] metrics writes them after each round."""
    now = context.obj.clock()
    with opened(context) as (store, settings):
        out(gathered(store, settings, health(store, settings, now), now))
