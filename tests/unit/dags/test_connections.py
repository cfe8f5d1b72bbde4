"""The mail server's credentials come from Airflow's connections alone, wherever Airflow keeps them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from reporting_airflow.warehouse import resolve_connections

from reporting.settings import settings

SECRET = "p@ss/wörd:1"
STORED = {
    "reporting_warehouse": Connection(
        conn_id="reporting_warehouse", conn_type="postgres", host="db.example", schema="warehouse"
    ),
    "reporting_smtp": Connection(
        conn_id="reporting_smtp",
        conn_type="smtp",
        host="mail.bo.example",
        login="bao cao",
        password=SECRET,
        port=587,
    ),
}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Connection]]:
    """Airflow's own store of connections; the environment holds none."""
    kept = dict(STORED)

    def get(name: str) -> Connection:
        if name not in kept:
            raise AirflowNotFoundException(name)
        return kept[name]

    monkeypatch.setattr(Connection, "get", get)
    for name in STORED:
        # set first, so that what the code puts there is taken away again
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", "")
    settings.cache_clear()
    yield kept
    settings.cache_clear()


def test_a_connection_in_airflows_store_is_used_though_settings_were_read_before(
    store: dict[str, Connection],
) -> None:
    assert settings().smtp_url is None or not settings().smtp_url.get_secret_value()  # type: ignore[union-attr]
    resolve_connections()
    url = settings().smtp_url
    assert url is not None
    assert url.get_secret_value() == "smtp://bao%20cao:p%40ss%2Fw%C3%B6rd%3A1@mail.bo.example:587"
    assert settings().warehouse_url.get_secret_value() == "postgres://db.example/warehouse"


def test_a_connection_in_the_environment_comes_first(
    store: dict[str, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_SMTP", "smtp://other.example:25")
    resolve_connections()
    assert os.environ["AIRFLOW_CONN_REPORTING_SMTP"] == "smtp://other.example:25"


def test_no_mail_server_is_no_error(store: dict[str, Connection], caplog: pytest.LogCaptureFixture) -> None:
    del store["reporting_smtp"]
    with caplog.at_level(logging.INFO):
        resolve_connections()
    assert "reporting_smtp is not defined" in caplog.text


def test_no_password_is_logged(store: dict[str, Connection], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        resolve_connections()
    assert SECRET not in caplog.text
    assert SECRET not in repr(settings())
    assert "p%40ss" not in caplog.text + repr(settings())
