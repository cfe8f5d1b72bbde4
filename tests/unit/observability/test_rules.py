"""Every alert rests on metrics that there are, and every metric and alert is described."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import airflow
import pytest
import yaml

from reporting.metrics import described, sources, table

CLONE = Path(__file__).parents[3]
FOLDER = CLONE / "docker" / "observability"
PAGE = (CLONE / "docs" / "observability.md").read_text("utf-8")
TEMPLATE = Path(airflow.__file__).parent / "_shared" / "observability" / "metrics" / "metrics_template.yaml"
NAME = re.compile(r"\b(?:reporting|airflow|node)_\w+")


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def there_are() -> set[str]:
    """The names of metrics as Prometheus knows them: ours and Airflow's."""
    airflows = yaml.safe_load(TEMPLATE.read_text("utf-8"))["metrics"]
    return {f"reporting_{name}" for name in described()} | {
        f"airflow_{one['name'].replace('.', '_')}" for one in airflows
    }


def unknown(expression: str) -> set[str]:
    named = {name for name in NAME.findall(expression) if not name.startswith("node_filesystem_")}
    assert named or "node_filesystem_" in expression, expression
    return named - there_are()


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_rests_on_metrics_that_are_sent_and_tells_the_remedy(rule: dict[str, Any]) -> None:
    assert unknown(rule["expr"]) == set()
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    summary, remedy = rule["annotations"]["summary"], rule["annotations"]["remedy"]
    assert summary == unicodedata.normalize("NFC", summary)
    assert not summary.isascii()
    assert remedy == f"docs/observability.md#{rule['alert'].lower()}"
    assert f"\n### {rule['alert']}\n" in PAGE


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_a_rehearsal_alerts_nobody(rule: dict[str, Any]) -> None:
    for name, selector in re.findall(r"\breporting_(\w+)(\{[^}]*\})?", rule["expr"]):
        if "mode" in described()[name][1]:
            assert 'mode="live"' in selector, name


def test_no_alert_is_described_that_is_none() -> None:
    assert re.findall(r"^### (\w+)$", PAGE, re.MULTILINE) == [rule["alert"] for rule in alerts()]


def test_the_page_lists_every_metric_as_reporting_metrics_describe_does() -> None:
    assert table() in PAGE


def test_no_tag_names_an_office_or_a_person() -> None:
    tags = {tag for source in sources() for tag in source.tags}
    assert tags == {"cycle", "mode", "deliverable", "step", "state", "kind", "quantile", "channel"}


def test_every_query_of_metrics_is_a_source() -> None:
    there = {path.stem for path in (CLONE / "include" / "sql" / "queries" / "metrics").glob("*.sql")}
    assert {source.query for source in sources() if source.query} == there


def test_the_dashboard_shows_metrics_that_there_are() -> None:
    board = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    expressions = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
    assert len(expressions) >= 10
    assert {name for expression in expressions for name in unknown(expression)} == set()
    # of two metrics with the same tags `or` shows the first alone
    assert [expression for expression in expressions if " or " in expression] == []


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
@pytest.mark.parametrize(
    "arguments", [("check", "config", "prometheus.yaml"), ("test", "rules", "alerts_test.yaml")], ids=" ".join
)
def test_prometheus_agrees(arguments: tuple[str, ...]) -> None:
    ended = subprocess.run(
        ["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
