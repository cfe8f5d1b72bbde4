"""An installation in this process: warehouse with the registry loaded, archive, capture server, and a small cycle."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine

from local_stack.capture import CaptureHandler, CaptureSMTP, MaildirStore
from local_stack.ports import free_ports
from local_stack.postgres import EmbeddedPostgres
from reporting.database import engine as make_engine
from reporting.registry.load import load as load_registry
from reporting.settings import settings

if TYPE_CHECKING:
    from tests.integration.rehearsed import Rehearsed

_OWNER = "reporting"
_TEMPLATE = "registry_template"


class _Controller(Controller):
    def factory(self) -> CaptureSMTP:
        return CaptureSMTP(self.handler, data_size_limit=64 * 1024 * 1024, enable_SMTPUTF8=True)


@pytest.fixture(scope="session")
def _capture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and token of a capture server of this test session."""
    token = secrets.token_urlsafe(16)
    store = MaildirStore(tmp_path_factory.mktemp("mail"), stamp_from_date=True)
    (port,) = free_ports(1)
    controller = _Controller(CaptureHandler(store, token), hostname="127.0.0.1", port=port)
    controller.start()
    yield f"127.0.0.1:{port}", token
    controller.stop()


@pytest.fixture(scope="session")
def _registry_template(postgres: EmbeddedPostgres, _migrated_template: str) -> str:
    """The name of a database into which the registry was loaded once."""
    postgres.ensure_database(_TEMPLATE, _OWNER, template=_migrated_template)
    engine = make_engine(postgres.url(_TEMPLATE, _OWNER))
    load_registry(engine)
    engine.dispose()
    return _TEMPLATE


@pytest.fixture
def registered(
    postgres: EmbeddedPostgres,
    _registry_template: str,
    _capture: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Engine]:
    """An engine on a warehouse of this test alone with the registry in it; the environment is that installation's."""
    name = f"registered_{secrets.token_hex(4)}"
    postgres.ensure_database(name, _OWNER, template=_registry_template)
    address, token = _capture
    environment = {
        "AIRFLOW_CONN_REPORTING_WAREHOUSE": postgres.url(name, _OWNER),
        "REPORTING_ARCHIVE": str(tmp_path / "archive"),
        "REPORTING_DESK": str(tmp_path / "desk"),
        "REPORTING_MAILBOX": f"maildir:{tmp_path / 'inbox'}",
        "REPORTING_MAILBOX_MODE": "rehearsal",
        "REPORTING_MINISTRY_ADDRESS": "baocao@ttdn.bo-chu-tri.example",
        "REPORTING_SIGNING_KEY": "a signing key for tests",
        "REPORTING_CAPTURE_ADDRESS": address,
        "REPORTING_CAPTURE_TOKEN": token,
    }
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("AIRFLOW_CONN_REPORTING_SMTP", raising=False)
    settings.cache_clear()
    engine = make_engine(environment["AIRFLOW_CONN_REPORTING_WAREHOUSE"])
    yield engine
    engine.dispose()
    settings.cache_clear()
    postgres.drop_database(name)


@pytest.fixture
def small(registered: Engine) -> Rehearsed:
    """The tracking cycle of 2011-2012 as a rehearsal, with the first three departments of the list."""
    from tests.integration.rehearsed import open_small_cycle

    return open_small_cycle(registered)
