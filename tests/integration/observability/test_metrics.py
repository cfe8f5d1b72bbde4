"""What is measured of a warehouse whose state is made by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

from reporting import metrics
from reporting.metrics import described, measure, sources
from tests.integration.observability.conftest import Otlp, StatsD
from tests.unit.cli.shell import run

CLONE = Path(__file__).parents[3]
SILENT = {"virus_scanner_up"}  # no scanner is configured here
CYCLE = "ttdn_dia_phuong__2011_2012__dien_tap_1"
OF_CYCLE = {"cycle": CYCLE, "mode": "rehearsal"}


def values(engine: Engine) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Everything that is measured, by name and tags; each series once."""
    samples = measure(engine)
    found = {(sample.name, frozenset(sample.tags.items())): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def test_every_metric_has_the_value_of_the_state_that_was_made(handmade: Engine) -> None:
    found = values(handmade)

    def value(name: str, **tags: str) -> float:
        return found[name, frozenset(tags.items())]

    assert value("deadline_in_seconds", **OF_CYCLE) == pytest.approx(28 * 86400 + 14 * 3600)
    assert value("steps_due", **OF_CYCLE) == 1
    assert value("step_late_seconds", **OF_CYCLE) == 2 * 3600
    assert value("next_step_in_seconds", **OF_CYCLE) == 4 * 3600
    of_form = OF_CYCLE | {"deliverable": "data_form"}
    assert value("asked", **of_form) == value("outstanding", **of_form) == 63
    assert value("received", **of_form) == value("received_in_time", **of_form) == 1
    for name in ("complete", "received_late", "missing", "first_pass_ratio"):
        assert value(name, **of_form) == 0
    for step, state, count in [
        ("request", "sent", 1), ("request", "bounced", 1), ("request", "queued", 1), ("request", "failed", 0),
        ("reminder__t_minus_7", "queued", 1), ("receipt", "sending", 1), ("system_fault", "sent", 1),
    ]:  # fmt: skip
        assert value("mails", **OF_CYCLE, step=step, state=state) == count, (step, state)
    for kind, seconds in [("other", 3600), ("office_hours", 1800), ("answer", 600)]:
        of_kind = {"kind": kind, "mode": "rehearsal"}
        assert value("mails_queued", **of_kind) == 1
        assert value("oldest_queued_mail_seconds", **of_kind) == seconds
        assert value("mails_in_doubt", **of_kind) == (kind == "answer")
    about = pytest.approx
    assert value("oldest_mail_in_doubt_seconds", kind="answer", mode="rehearsal") == about(120, abs=60)
    assert value("mail_stopped") == 1
    assert 8 <= value("mail_stopped_working_days") <= 12
    assert value("arrivals_unanswered", mode="rehearsal") == 1
    assert value("oldest_unanswered_arrival_seconds", mode="rehearsal") == about(3600, abs=60)
    assert value("last_arrival_seconds", mode="rehearsal") == about(600, abs=60)
    for quantile in ("0.5", "0.95", "1"):
        assert value("answer_seconds", mode="rehearsal", quantile=quantile) == about(30, abs=1)
    assert value("waiting", kind="arrival", mode="live") == 1
    assert value("oldest_waiting_seconds", kind="arrival", mode="live") == about(90000, abs=60)
    assert value("waiting", kind="message", mode="rehearsal") == 1
    assert value("waiting", kind="fault", mode="rehearsal") == 1
    assert value("oldest_waiting_seconds", kind="fault", mode="rehearsal") == about(600, abs=60)
    assert value("oldest_mart_change_seconds") == 0
    (channel,) = {dict(tags)["channel"] for name, tags in found if name == "channel_failing"}
    assert channel.startswith("maildir")
    assert value("channel_look_seconds", channel=channel) == about(4000, abs=60)
    assert value("channel_failing", channel=channel) == 1
    assert value("channel_unfit_items", channel=channel) == 0
    assert value("contacts", state="bouncing") >= 1
    assert value("offices_without_contact", **OF_CYCLE) == 1
    assert value("intake_concerns", kind="unanswered") == 1
    assert value("operator_mails_unsent") == 1
    assert value("oldest_operator_mail_seconds") == about(7200, abs=60)
    assert value("archive_files") == 3
    assert value("archive_bytes") == 1501
    assert value("warehouse_bytes") > 1e6
    assert 0 < value("archive_disk_free_ratio") < 1
    assert value("backup_age_seconds") == about(100, abs=60)
    assert value("backup_dump_bytes") == 7
    assert value("restores_open") == 0
    assert {name for name, _ in found} == set(described()) - SILENT


def test_the_text_is_what_prometheus_reads_and_names_nobody(handmade: Engine, tmp_path: Path) -> None:
    out = tmp_path / "reporting.prom"
    assert run("metrics", "--out", str(out)).exit_code == 0
    families = {family.name: family for family in text_string_to_metric_families(out.read_text("utf-8"))}
    for name, family in families.items():
        one, tags = described()[name.removeprefix("reporting_")]
        assert (family.type, family.documentation) == ("gauge", one.help)
        assert {frozenset(sample.labels) for sample in family.samples} == {frozenset(tags)}
    (outstanding,) = [
        sample.value
        for sample in families["reporting_outstanding"].samples
        if sample.labels["deliverable"] == "data_form"
    ]
    assert outstanding == 63
    assert [path.name for path in tmp_path.glob("*reporting*")] == ["reporting.prom"]
    printed = run("metrics").stdout
    assert 'reporting_mails_queued{kind="answer",mode="rehearsal"} 1.0' in printed
    with handmade.connect() as connection:
        known = connection.scalars(
            text(
                "SELECT unnest(ARRAY[r.organization_id, r.reference_code, k.email]) FROM cycle.recipient r"
                " JOIN registry.contact k USING (organization_id)"
            )
        ).all()
    assert [word for word in known if word in printed] == []
    assert "@" not in printed


def test_what_cannot_be_measured_keeps_nothing_else_from_it(
    handmade: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sources()[2]
    broken = source.model_copy(update={"query": "no_such_query"})
    monkeypatch.setattr(metrics, "sources", lambda: (*sources()[:2], broken, *sources()[3:]))
    found = values(handmade)
    assert found["measure_failed", frozenset({("source", "no_such_query")})] == 1
    assert {name for name, _ in found} & {"steps_due", "asked", "backup_age_seconds"}
    assert not {name for name, _ in found} & set(source.metrics)


def _send(environment: dict[str, str], home: Path) -> str:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("REPORTING_", "AIRFLOW_CONN_")) or name in ("PATH", "LANG", "TMPDIR")
    }
    ended = subprocess.run(
        [sys.executable, Path(__file__).with_name("send.py")],
        env=kept
        | {
            "HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__METRICS__LEGACY_NAMES_ON": "False",
            "PYTHONPATH": os.pathsep.join([str(CLONE / "include"), str(CLONE / "plugins")]),
        }
        | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()[-1]


def test_statsd_and_opentelemetry_hear_every_value_with_its_tags(
    handmade: Engine, statsd: StatsD, otlp: Otlp, tmp_path: Path
) -> None:
    with handmade.begin() as connection:  # after the deadline, so that a value lies below zero
        late = "UPDATE cycle.clock SET now_at = '2013-01-01 00:01:40+07' WHERE kind = 'simulated'"
        connection.execute(text(late))
    told = _send(
        {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(statsd.port),
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
        },
        tmp_path,
    )
    heard = statsd.heard()
    ours = {name: value for name, value in heard.items() if name.startswith("airflow.reporting.")}
    of_cycle = f"cycle={CYCLE},mode=rehearsal"
    assert told == f"True 0:01:00 {len(ours)}"
    assert ours[f"airflow.reporting.deadline_in_seconds,{of_cycle}"] == -100
    assert ours[f"airflow.reporting.outstanding,{of_cycle},deliverable=data_form"] == 63
    assert ours["airflow.reporting.mails_queued,kind=answer,mode=rehearsal"] == 1
    assert ours["airflow.reporting.mail_stopped"] == 1
    assert {name.split(",")[0].removeprefix("airflow.reporting.") for name in ours} == set(
        described()
    ) - SILENT

    told = _send(
        {
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{otlp.port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "NO_PROXY": "127.0.0.1",
        },
        tmp_path,
    )
    received = {
        (name.removeprefix("airflow.reporting."), tags): value
        for (name, tags), value in otlp.received.items()
        if name.startswith("airflow.reporting.")
    }
    assert told == f"True 0:01:00 {len(received)}"
    of_form = frozenset((OF_CYCLE | {"deliverable": "data_form"}).items())
    assert received["outstanding", of_form] == 63
    assert received["deadline_in_seconds", frozenset(OF_CYCLE.items())] == -100
    assert received["mail_stopped", frozenset()] == 1

    assert _send({}, tmp_path).startswith("False None ")  # where nobody receives, nothing is scheduled
