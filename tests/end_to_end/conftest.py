"""The undisturbed rehearsal, run once for all end-to-end tests."""

from __future__ import annotations

import pytest

from tests.end_to_end.outcome import Outcome, rehearse


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The rehearsal of 2011-2012 as `make demo` runs it."""
    outcome = rehearse(tmp_path_factory.mktemp("undisturbed"))
    assert outcome.exit_code == 0, outcome.said
    return outcome
