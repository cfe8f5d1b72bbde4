"""The pipeline's metrics through Airflow's own: StatsD or OpenTelemetry, whichever the installation
configured.

Airflow's module of metrics is imported here alone: it is no part of its public interface.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reporting.metrics import Sample

EVERY = timedelta(minutes=1)
_SWITCHES = ("statsd_on", "statsd_datadog_enabled", "otel_on")


def are_sent() -> bool:
    """Whether this installation sends metrics anywhere, by Airflow's configuration."""
    from airflow.sdk.configuration import conf

    return any(conf.getboolean("metrics", switch, fallback=False) for switch in _SWITCHES)


def schedule() -> timedelta | None:
    """How often the pipeline is measured: never where nobody receives it."""
    return EVERY if are_sent() else None


def send(samples: Iterable[Sample]) -> int:
    """Send samples as gauges through Airflow's metrics, under the prefix configured there; returns how many.

    Without a receiver nothing happens.
    """
    from airflow.sdk.observability import stats

    from reporting.metrics import PREFIX

    count = 0
    for sample in samples:
        stats.gauge(f"{PREFIX}.{sample.name}", sample.value, tags=dict(sample.tags))
        count += 1
    _flush()
    return count


def _flush() -> None:
    """Hand over at once what OpenTelemetry would hand over after the task's process has ended."""
    from airflow.sdk.configuration import conf

    if conf.getboolean("metrics", "otel_on", fallback=False):
        from opentelemetry import metrics

        if callable(flush := getattr(metrics.get_meter_provider(), "force_flush", None)):
            flush()


def measure() -> int:
    """Measure the pipeline and send what was found; returns how many values that was.

    Raises RuntimeError naming what could not be measured, after the rest was sent.
    """
    from reporting.metrics import measure as measure_all
    from reporting_airflow.warehouse import engine

    samples = measure_all(engine())
    count = send(samples)
    if failed := [
        sample.tags["source"] for sample in samples if sample.name == "measure_failed" and sample.value
    ]:
        raise RuntimeError(f"not measured: {', '.join(failed)}; the log says why")
    return count
