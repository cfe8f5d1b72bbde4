"""The DAGs as parsed once, in a process without any connection or setting of an installation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CLONE = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What tests/unit/dags/parse.py tells."""
    home = tmp_path_factory.mktemp("airflow")
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR")}
    ended = subprocess.run(
        [sys.executable, Path(__file__).with_name("parse.py"), CLONE / "dags"],
        env=kept
        | {
            "HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(CLONE / "plugins"),
            "REPORTING_SCHEDULED_REGIMES": "ttdn_dinh_ky_quy",
            "PYTHONPATH": os.pathsep.join([str(CLONE / "include"), str(CLONE / "plugins")]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found
