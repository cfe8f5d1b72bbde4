"""Where a stack's metrics and logs go: nowhere, unless the environment of ``make up`` says so."""

from __future__ import annotations

from collections.abc import Mapping

STATSD = "REPORTING_STATSD"
OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"
LOG = "REPORTING_LOG"
_OF_OPENTELEMETRY = "OTEL_"


def options(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the sections of Airflow's configuration that send metrics and write logs as asked for.

    Raises ValueError when ``REPORTING_STATSD`` is no host:port, or both receivers are named.
    """
    sections: dict[str, dict[str, str]] = {}
    statsd, otlp = environment.get(STATSD, ""), environment.get(OTLP, "")
    if statsd and otlp:
        raise ValueError(
            f"{STATSD} and {OTLP} are both set; Airflow sends metrics to one of them. Unset one."
        )
    if statsd:
        host, _, port = statsd.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"{STATSD}={statsd}: write host:port, such as 127.0.0.1:9125.")
        sections["metrics"] = {**TAGGED, "statsd_on": "True", "statsd_host": host, "statsd_port": port}
    elif otlp:
        sections["metrics"] = {"otel_on": "True", "legacy_names_on": "False"}
    if environment.get(LOG) == "json":
        sections["logging"] = {"json_logs": "True"}
    return sections


TAGGED: Mapping[str, str] = {
    # tags within the name, as statsd_exporter and Telegraf read them; plain StatsD knows none
    "statsd_influxdb_enabled": "True",
    # each metric once, with tags, rather than once more for each DAG and task
    "legacy_names_on": "False",
}
"""What a StatsD server that understands tags is sent."""


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which OpenTelemetry itself is configured (OTEL_…), for every part, and how
    the command line logs.
    """
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_OF_OPENTELEMETRY) or name == LOG
    }
