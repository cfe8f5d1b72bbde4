"""A refresh that has nothing to do, and a comparison that finds nothing new, are in nobody's way."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from reporting.consolidation.reconcile import reconcile
from reporting.consolidation.refresh import Refreshed, refresh
from reporting.consolidation.stated import StatedFigures
from tests.factories import add_mark, submit
from tests.integration.rehearsed import Rehearsed

STATED = StatedFigures("Công văn 212", {("quy_che", 2012): 5}, {})


def consolidate(connection: Connection, cycle: Rehearsed) -> Refreshed:
    refreshed = refresh(connection, cycle.cycle_id)
    assert len(reconcile(connection, cycle.cycle_id, STATED)) == 1
    return refreshed


def test_two_that_consolidate_at_once_on_what_is_fresh_do_not_refuse_each_other(small: Rehearsed) -> None:
    with small.engine.begin() as connection:
        submission = submit(connection, small.sample, small.offices[0], data=b"1")
        add_mark(connection, submission, "quy_che", 2012)
    with small.engine.begin() as connection:
        assert consolidate(connection, small).recipient_count > 0
    snapshots = small.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshots.begin() as first, snapshots.begin() as second:
        second.execute(text("SET LOCAL lock_timeout = '5s'"))
        assert consolidate(first, small) == Refreshed(0, False)
        assert consolidate(second, small) == Refreshed(0, False)


def test_what_another_refresh_has_taken_is_waited_for_until_it_commits(small: Rehearsed) -> None:
    with small.engine.begin() as connection:
        submission = submit(connection, small.sample, small.offices[0], data=b"1")
        add_mark(connection, submission, "quy_che", 2012)
    with small.engine.connect() as other, small.engine.connect() as ours:
        with other.begin():
            assert refresh(other, small.cycle_id).recipient_count > 0
            with ours.begin():
                ours.execute(text("SET LOCAL statement_timeout = '300ms'"))
                with pytest.raises(OperationalError, match="statement timeout"):
                    refresh(ours, small.cycle_id)
                ours.rollback()
        with ours.begin():
            assert refresh(ours, small.cycle_id) == Refreshed(0, False)
