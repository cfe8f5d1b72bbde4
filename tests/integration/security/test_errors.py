"""What the database says of an error names no value: rows hold addresses, and errors end in logs."""

from __future__ import annotations

import pytest
from psycopg2 import Error as DriverError
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from reporting.database import copy_rows, engine_of_any_release

WHO = "ai.do@so.example"


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("INSERT INTO intake.arrival (subject) VALUES (:who)", IntegrityError),  # the detail quotes the row
        ("INSERT INTO intake.archived_file VALUES (:who, 1, 'a'), (:who, 1, 'a')", IntegrityError),
        ("SELECT no_such_function(:who)", SQLAlchemyError),  # the parameters are told
    ],
)
def test_an_error_of_the_database_names_no_value(
    registered: Engine, statement: str, kind: type[Exception]
) -> None:
    engine = engine_of_any_release(registered.url.render_as_string(hide_password=False))
    try:
        with pytest.raises(kind) as raised, engine.begin() as connection:
            connection.execute(text(statement), {"who": WHO})
    finally:
        engine.dispose()
    _names_nobody(raised.value)


def test_an_error_of_a_row_that_is_copied_names_no_value(registered: Engine) -> None:
    with pytest.raises(DriverError) as raised, registered.begin() as connection:
        copy_rows(connection, "intake.archived_file", ["sha256"], [[WHO]])
    assert WHO not in f"{raised.value} {raised.value!r}"


def _names_nobody(error: BaseException) -> None:
    assert isinstance(error, SQLAlchemyError)
    told = f"{error} {error!r} {error.__cause__} {error.__cause__!r}"
    assert WHO not in told
    assert any(word in told for word in ("arrival", "archived_file", "no_such_function"))
