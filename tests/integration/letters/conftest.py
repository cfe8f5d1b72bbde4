"""An archive and a warehouse with the registry, for letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reporting.settings import settings


@pytest.fixture(autouse=True)
def _archive(monkeypatch: pytest.MonkeyPatch, warehouse_url: str, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", warehouse_url)
    monkeypatch.setenv("REPORTING_ARCHIVE", str(tmp_path / "archive"))
    settings.cache_clear()
    yield
    settings.cache_clear()
