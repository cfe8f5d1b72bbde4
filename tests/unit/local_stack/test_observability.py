"""What a stack's Airflow is told of receivers of metrics and of logs."""

from __future__ import annotations

import pytest

from local_stack.observability import options, passed_on


def test_a_stack_sends_nothing_anywhere_by_itself() -> None:
    assert options({}) == {}
    assert passed_on({"PATH": "/bin"}) == {}


def test_statsd_gets_metrics_with_tags_and_none_twice() -> None:
    assert options({"REPORTING_STATSD": "127.0.0.1:9125"}) == {
        "metrics": {
            "statsd_on": "True",
            "statsd_host": "127.0.0.1",
            "statsd_port": "9125",
            "statsd_influxdb_enabled": "True",
            "legacy_names_on": "False",
        }
    }


def test_a_collector_is_named_by_opentelemetrys_own_variables() -> None:
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "REPORTING_LOG": "json"}
    assert options(given) == {
        "metrics": {"otel_on": "True", "legacy_names_on": "False"},
        "logging": {"json_logs": "True"},
    }
    assert passed_on(given) == given


@pytest.mark.parametrize("address", ["9125", "host", "host:port", ":9125"])
def test_a_malformed_address_is_told_with_the_remedy(address: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        options({"REPORTING_STATSD": address})


def test_two_receivers_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="Unset one"):
        options({"REPORTING_STATSD": "a:1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://b"})
