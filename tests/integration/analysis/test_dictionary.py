"""The data dictionary is up to date, and describes everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from reporting.consolidation import dictionary
from reporting.consolidation.dictionary import MissingWords
from reporting.database import engine as make_engine
from reporting.wording.catalogue import catalogue


@pytest.fixture
def connection(owner_url: str) -> Iterator[Connection]:
    """A connection to an empty warehouse of the newest schema."""
    engine = make_engine(owner_url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def test_every_schema_table_and_column_has_a_comment(connection: Connection) -> None:
    assert dictionary.undescribed(dictionary.tables(connection)) == []


def test_every_column_of_the_analysts_tables_has_a_vietnamese_sentence(connection: Connection) -> None:
    marts = dictionary.for_analysts(dictionary.tables(connection))
    assert len(marts) > 15
    assert dictionary.unworded(marts) == []


def test_every_code_of_an_english_comment_stands_in_the_vietnamese_sentence(connection: Connection) -> None:
    """A list of codes is written as code: meaning; code: meaning."""
    lacking = [
        f"{table.full_name}.{column.name}: {code}"
        for table in dictionary.for_analysts(dictionary.tables(connection))
        for column in table.columns
        for code in re.findall(r"(?:^|[;:,] )([a-z]+(?:_[a-z]+)*): ", f"{column.comment} ")
        if len(re.findall(r"[a-z_]+: ", column.comment)) > 1
        and code != "null"
        and code not in catalogue()[dictionary._key_of(table, column)]
    ]
    assert lacking == []


def test_the_files_in_docs_are_up_to_date(connection: Connection) -> None:
    """Mend by `reporting dictionary`."""
    assert dictionary.write(connection, check=True) == []


def test_a_column_that_nobody_described_is_named(connection: Connection, tmp_path: Path) -> None:
    connection.execute(text("ALTER TABLE core.fact ADD COLUMN undescribed integer"))
    with pytest.raises(MissingWords, match=r"core\.fact\.undescribed; write COMMENT ON"):
        dictionary.write(connection, tmp_path)
    connection.execute(text("COMMENT ON COLUMN core.fact.undescribed IS 'x'"))
    connection.execute(text("CREATE VIEW mart.unworded AS SELECT 1 AS never_heard_of"))
    connection.execute(text("COMMENT ON VIEW mart.unworded IS 'x'"))
    connection.execute(text("COMMENT ON COLUMN mart.unworded.never_heard_of IS 'x'"))
    with pytest.raises(
        MissingWords, match=r"data_dictionary\.yaml lacks: .*column\.never_heard_of, .*table\.unworded"
    ):
        dictionary.write(connection, tmp_path)


def test_it_says_types_keys_and_what_a_table_is_filled_from(connection: Connection) -> None:
    written = dictionary.english(dictionary.tables(connection))
    section = written[
        written.index("### mart.indicator_value\n") : written.index("### mart.indicator_value_today")
    ]
    assert "Key: `recipient_id`, `indicator`, `year`." in section
    assert "Filled from `include/sql/marts/indicator_value.sql`." in section
    assert "| `value` | numeric, may be null |" in section
    assert "### core.fact\n" in written
    assert "Refers to `cycle.recipient`, `intake.submission`." in written
