"""No password in what a command says when it cannot work; the checker of leftovers finds what it must."""

from __future__ import annotations

import gzip
import io
import zipfile
from base64 import b64encode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local_stack.ports import free_ports
from reporting.cli.app import app
from reporting.settings import settings
from tests.secrets_nowhere import found_in, found_in_files

SECRET = "mat-khau/bi+mat"
WRITTEN = "mat-khau%2Fbi%2Bmat"


@pytest.mark.parametrize(
    "command", [["intake", "waiting"], ["migrate"], ["registry", "load"], ["marts", "status"]]
)
@pytest.mark.parametrize(
    "address",
    ["postgres://reporting:{}@127.0.0.1:{}/warehouse", "mysql://reporting:{}@127.0.0.1:{}/warehouse"],
)
def test_a_command_names_no_password_of_a_server_that_it_cannot_reach(
    command: list[str], address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = address.format(WRITTEN, free_ports(1)[0])
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", url)
    monkeypatch.setenv("REPORTING_WAREHOUSE_OWNER", url)
    monkeypatch.setenv("REPORTING_SIGNING_KEY", SECRET)
    settings.cache_clear()
    result = CliRunner().invoke(app, command)
    settings.cache_clear()
    said = f"{result.output} {result.stderr} {result.exception!r} {caplog.text}"
    assert result.exit_code == 2
    assert "error:" in said
    assert SECRET not in said
    assert WRITTEN not in said


def test_settings_are_shown_without_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AIRFLOW_CONN_REPORTING_WAREHOUSE", "REPORTING_WAREHOUSE_OWNER", "AIRFLOW_CONN_REPORTING_SMTP",
        "REPORTING_SIGNING_KEY", "REPORTING_CAPTURE_TOKEN", "REPORTING_BACKUP_WAREHOUSE",
        "REPORTING_BACKUP_AIRFLOW",
    ):  # fmt: skip
        monkeypatch.setenv(name, f"postgres://a:{SECRET}@b/c")
    settings.cache_clear()
    shown = f"{settings()!r} {settings()} {settings().model_dump()} {settings().model_dump_json()}"
    settings.cache_clear()
    assert SECRET not in shown


def test_the_checker_finds_secrets_however_they_are_written(tmp_path: Path) -> None:
    secrets = {"key": SECRET}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/sheet.xml", f"<c>{SECRET}</c>")
    for data in (SECRET.encode(), WRITTEN.encode(), b64encode(SECRET.encode()), packed.getvalue(),
                 gzip.compress(SECRET.encode())):  # fmt: skip
        assert found_in(b"..." + data if not data.startswith((b"PK", b"\x1f")) else data, secrets) == {"key"}
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "x.log").write_text(f"password={SECRET}")
    (tmp_path / "secrets.json").write_text(SECRET)
    assert found_in_files([tmp_path], secrets) == ([f"{tmp_path / 'logs' / 'x.log'}: key"], 1)
