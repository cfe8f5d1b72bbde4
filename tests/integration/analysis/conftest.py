"""The cycle of 2011-2012 asked by mail, as the tests of the intake have it."""

from tests.integration.intake.conftest import _prepared, asked, surroundings  # noqa: F401 - fixtures
