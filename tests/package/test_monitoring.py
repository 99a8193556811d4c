"""Dashboard, alerts and page speak of metrics that exist, with labels they have; and every metric is told there."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from monitor.outbox.metrics import FAMILIES, PREFIX, Family, Sample, exposed

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "monitoring.md").read_text()
BOARD: dict[str, Any] = json.loads((DOCS / "grafana-dashboard.json").read_text())
RULES = [rule for group in yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
QUERIES = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]] + [r["expr"] for r in RULES]

BY_NAME = {f"{PREFIX}{family.name}": family for family in FAMILIES}
OF_PROMETHEUS = {"instance", "job"}
"""Labels that it adds itself."""

names = re.compile(rf"\b{PREFIX}\w+")


def labels_asked(query: str) -> set[str]:
    """What it groups by, and what it selects."""
    grouped = re.findall(r"\b(?:by|without|on) \(([^)]*)\)", query)
    selected = re.findall(r"\{([^}]*)\}", query)
    return {label.strip() for group in grouped for label in group.split(",")} | {
        label for part in selected for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", part)
    }


def family_id(family: Family) -> str:
    return family.name


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_metrics_and_labels_that_there_are(query: str) -> None:
    asked = names.findall(query)
    assert asked
    assert [name for name in asked if name not in BY_NAME] == []
    known = OF_PROMETHEUS.union(*(BY_NAME[name].labels for name in asked))
    assert labels_asked(query) <= known
    assert query.count("(") == query.count(")")


@pytest.mark.parametrize("query", QUERIES)
def test_only_a_counter_is_asked_how_fast_it_grows(query: str) -> None:
    for name in names.findall(query):
        grows = re.search(rf"(?:increase|rate)\({name}\b", query) is not None
        assert grows == (BY_NAME[name].kind == "counter")


@pytest.mark.parametrize("family", FAMILIES, ids=family_id)
def test_the_page_lists_every_metric_as_it_is(family: Family) -> None:
    line = f"| `{PREFIX}{family.name}` | {family.kind} | {', '.join(family.labels)} | {family.help} |"
    assert line in PAGE.splitlines()


def test_the_page_lists_no_other_metric() -> None:
    assert set(re.findall(rf"^\| `({PREFIX}\w+)`", PAGE, re.MULTILINE)) == set(BY_NAME)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_has_a_severity_words_and_a_section_that_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("info", "warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["annotations"]["runbook"] == f"monitoring.md#{rule['alert'].lower()}"
    assert f"### {rule['alert']}" in PAGE.splitlines()
    told = "".join(rule["annotations"].values())
    kept = labels_asked(rule["expr"]) | (OF_PROMETHEUS if "by (" not in rule["expr"] else set())
    assert set(re.findall(r"\$labels\.(\w+)", told)) <= kept, "an aggregation drops all other labels"
    assert re.fullmatch(r"\d+[mhd]", rule.get("for", "1m"))


def test_the_page_has_no_section_for_an_alert_that_is_gone() -> None:
    assert set(re.findall(r"^### (InboxMonitor\w+)$", PAGE, re.MULTILINE)) == {rule["alert"] for rule in RULES}


def test_the_dashboard_lets_choose_its_data_source_and_its_panels_do_not_overlap() -> None:
    assert BOARD["schemaVersion"] >= 39
    assert BOARD["id"] is None
    variables = {variable["name"] for variable in BOARD["templating"]["list"]}
    assert variables == {"datasource", "team"}
    sources = [part["datasource"]["uid"] for panel in BOARD["panels"] for part in (panel, *panel["targets"])]
    assert set(sources) == {"${datasource}"}
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells


@pytest.mark.parametrize("family", FAMILIES, ids=family_id)
def test_a_metric_follows_the_conventions(family: Family) -> None:
    text = exposed([Sample(family.name, 1, tuple("x" for _ in family.labels))])
    (found,) = text_string_to_metric_families(text)
    (sample,) = [one for one in found.samples if not one.name.endswith("_created")]
    assert (sample.name, set(sample.labels)) == (f"{PREFIX}{family.name}", set(family.labels))
    assert family.name.endswith("_total") == (family.kind == "counter")
    assert not re.search(r"_(minutes|hours|days|ms|mb|percent)$", family.name), "base units"


def test_a_label_cannot_end_its_quotes() -> None:
    team = 'a"} 5\n# \\ Zoë'
    (found,) = text_string_to_metric_families(exposed([Sample("week_promise_kept", 3, (team,))]))
    assert [(one.labels["team"], one.value) for one in found.samples] == [(team, 3)]


# -- what the page gives to copy


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("says", "code", "line"),
    [
        ('{"problems": []}', 0, "INBOX OK"),
        (
            '{"problems": ["info@ours.example: refused", "no room"]}',
            1,
            "INBOX CRITICAL: info@ours.example: refused; no room",
        ),
        ("", 78, "INBOX UNKNOWN: config or store cannot be read"),
    ],
)
def test_the_check_for_nagios_says_one_line_and_how_bad_it_is(tmp_path: Path, says: str, code: int, line: str) -> None:
    (script,) = blocks("shell-script")
    monitor = tmp_path / "inbox-monitor"
    monitor.write_text(f"#!/bin/sh\nprintf '%s' '{says}'\nexit {code}\n")
    monitor.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", script], env={"PATH": path}, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == (line, {0: 0, 1: 2, 78: 3}[code])


@pytest.mark.parametrize(
    ("line", "ordinary"),
    [
        ("Nov 22 15:49:12 mail inbox-monitor[812]: looked mailbox=info@ours.example new=3 took=0.42s", True),
        ("2026-11-22T15:49:12.123456+00:00 mail inbox-monitor[812]: letter sent id=41 kind=reminder", True),
        ("Nov  2 05:49:12 mail inbox-monitor[812]: stopped", True),
        ("Nov 22 15:49:12 mail inbox-monitor[812]: look failed mailbox=info@ours.example", False),
        ("Nov 22 15:49:12 mail inbox-monitor[812]: letter failed id=41", False),
        ("Nov 22 15:49:12 mail other[812]: looked", False),
    ],
)
def test_logcheck_leaves_out_what_is_ordinary_and_nothing_else(tmp_path: Path, line: str, ordinary: bool) -> None:
    (rule,) = [block for block in blocks("text") if "inbox-monitor" in block]
    (tmp_path / "rules").write_text(rule)
    done = subprocess.run(["grep", "-Eqf", str(tmp_path / "rules")], input=line, text=True, check=False)
    assert (done.returncode == 0) == ordinary
