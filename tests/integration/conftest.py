"""An installation in this process: warehouse with the registry, archive, capture server; a small cycle."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine, text

from local_stack.capture import CaptureHandler, CaptureSMTP, MaildirStore
from local_stack.ports import free_ports
from local_stack.postgres import EmbeddedPostgres
from reporting.database import engine as make_engine
from reporting.registry.load import load as load_registry
from reporting.settings import settings

if TYPE_CHECKING:
    from tests.integration.rehearsed import Rehearsed

_OWNER, _PIPELINE = "reporting_owner", "reporting"
_DATABASE = "registered"


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
def _registered_url(postgres: EmbeddedPostgres, _migrated_template: str) -> str:
    """The address of a warehouse with the registry in it, used by one test after the other."""
    postgres.ensure_database(_DATABASE, _OWNER, template=_migrated_template, workers=(_PIPELINE,))
    owner = make_engine(postgres.url(_DATABASE, _OWNER))
    load_registry(owner)
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE public.contact_as_loaded AS TABLE registry.contact"))
    owner.dispose()
    return postgres.url(_DATABASE, _PIPELINE)


@pytest.fixture
def registered_owner(postgres: EmbeddedPostgres, _registered_url: str) -> Iterator[Engine]:
    """An engine on the warehouse of `registered` for its owner."""
    engine = make_engine(postgres.url(_DATABASE, _OWNER))
    yield engine
    engine.dispose()


def _empty(engine: Engine) -> None:
    """Forget every cycle; quicker than a new database. A test that left a transaction open fails here."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        tables = connection.scalars(
            text(
                "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables"
                " WHERE schemaname IN ('cycle', 'intake', 'core', 'mart', 'audit')"
            )
        ).one()
        connection.execute(text(f"TRUNCATE {tables}, registry.contact_change, registry.contact"))
        connection.execute(
            text(
                "INSERT INTO registry.contact OVERRIDING SYSTEM VALUE SELECT * FROM public.contact_as_loaded"
            )
        )


@pytest.fixture
def registered(
    _registered_url: str,
    registered_owner: Engine,
    _capture: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Engine]:
    """An engine on a warehouse with the registry and no cycle; the environment is that installation's.

    The registry is shared with later tests: add to it, but change nothing in it; contacts may be changed.
    """
    address, token = _capture
    environment = {
        "AIRFLOW_CONN_REPORTING_WAREHOUSE": _registered_url,
        "REPORTING_ARCHIVE": str(tmp_path / "archive"),
        "REPORTING_DESK": str(tmp_path / "desk"),
        "REPORTING_CHANNELS": f"maildir:{tmp_path / 'inbox'}",
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
    _empty(registered_owner)
    settings.cache_clear()


@pytest.fixture
def small(registered: Engine) -> Rehearsed:
    """The tracking cycle of 2011-2012 as a rehearsal, with the first three departments of the list."""
    from tests.integration.rehearsed import open_small_cycle

    return open_small_cycle(registered)
