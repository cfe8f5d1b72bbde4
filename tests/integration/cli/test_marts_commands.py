"""`reporting marts` and the task of tracking_marts, over a cycle whose tables lag behind."""

from __future__ import annotations

import pytest
from reporting_airflow import steps
from sqlalchemy import Engine

from reporting.consolidation import refresh as consolidation
from reporting.settings import settings
from tests.factories import submit
from tests.integration.cli.test_commands import data, done, run
from tests.integration.rehearsed import Rehearsed


def lagging() -> list[tuple[str, int]]:
    return [(one["cycle_id"], one["change_count"]) for one in data("marts", "status", "--json")]


def test_what_changed_is_listed_until_it_is_refreshed(
    small: Rehearsed, registered_owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [cycle_id for cycle_id, _ in lagging()] == [small.cycle_id]
    assert small.cycle_id in done("marts", "status")
    assert small.cycle_id in done("marts", "refresh")
    assert lagging() == []
    assert small.value("SELECT count(*) FROM mart.recipient_status") == 3
    with small.engine.begin() as connection:
        submit(connection, small.sample, small.offices[0])
    assert lagging() == [(small.cycle_id, 1)]
    done("marts", "refresh", small.cycle_id)
    assert small.rows("SELECT timeliness FROM mart.recipient_status ORDER BY position") == [
        ("on_time",),
        ("not_due",),
        ("not_due",),
    ]
    small.run("DELETE FROM mart.recipient_status")
    done("marts", "refresh", small.cycle_id, "--whole")
    assert small.value("SELECT count(*) FROM mart.recipient_status") == 3
    small.run("DELETE FROM mart.recipient_status")
    owner = registered_owner.url.render_as_string(hide_password=False)
    monkeypatch.setenv("REPORTING_WAREHOUSE_OWNER", owner)
    settings.cache_clear()
    done("marts", "rebuild")
    assert small.value("SELECT count(*) FROM mart.recipient_status") == 3


def test_an_unknown_cycle_is_refused(registered: Engine) -> None:
    result = run("marts", "refresh", "khong_co__2012")
    assert result.exit_code != 0
    assert "khong_co__2012" in result.stderr
    assert run("marts", "refresh", "--whole").exit_code == 2


def test_the_task_refreshes_what_lags_behind_and_one_cycle_holds_up_no_other(
    small: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporting_airflow.warehouse.engine", lambda: small.engine)
    assert steps.refresh_marts() == {small.cycle_id: 3}
    assert steps.refresh_marts() == {}
    with small.engine.begin() as connection:
        submit(connection, small.sample, small.offices[0])

    def fail(*_: object) -> None:
        raise ValueError("broken")

    with monkeypatch.context() as broken:
        broken.setattr(consolidation, "refresh", fail)
        with pytest.raises(RuntimeError, match=small.cycle_id):
            steps.refresh_marts()
    assert lagging() == [(small.cycle_id, 1)]  # nothing is lost
