"""A shell without a warehouse: nothing set, and no local stack where one would be looked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reporting.settings import settings
from tests.unit.workbook.office import KEY


@pytest.fixture(autouse=True)
def bare_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the signing key is set."""
    for name in list(os.environ):
        if name.startswith(("REPORTING_", "AIRFLOW_CONN_REPORTING_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv(
        "AIRFLOW_CONN_REPORTING_WAREHOUSE", ""
    )  # given back afterwards, whatever a command sets
    monkeypatch.setenv("REPORTING_LOCAL_DIR", str(tmp_path / "no stack"))
    monkeypatch.setenv("REPORTING_SIGNING_KEY", KEY)
    settings.cache_clear()
    yield
    settings.cache_clear()
