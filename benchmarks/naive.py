"""What one would write first: a loop over the files with pandas, openpyxl, Great Expectations and to_sql."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import great_expectations as gx
import pandas as pd
from sqlalchemy import Engine, text

from reporting.forms.models import Form
from reporting.workbook.layout import SEPARATOR, TAG

TABLE = "naive_fact"


def take_in(engine: Engine, form: Form, files: Iterable[bytes]) -> int:
    """Read, check and store each file by itself; returns how many passed.

    Checked is what any such loop would check: every expected row is there once, marks are X or blank, a mark
    has its number and date. Nothing is kept of the file, no office recognised, no cell named, nobody
    answered.
    """
    passed = 0
    for number, data in enumerate(files):
        sheets = pd.read_excel(io.BytesIO(data), sheet_name=None, header=None, engine="openpyxl")
        facts = _facts(sheets, form)
        if not _passes(facts, form):
            continue
        facts.assign(file=number).to_sql(TABLE, engine, schema="public", if_exists="append", index=False)
        passed += 1
    return passed


def forget(engine: Engine) -> None:
    """As if nothing had been stored."""
    with engine.begin() as connection:
        connection.execute(text(f"DROP TABLE IF EXISTS public.{TABLE}"))


def _facts(sheets: dict[str, pd.DataFrame], form: Form) -> pd.DataFrame:
    """The table of marks, found by its tags."""
    columns = ["indicator", "year", "mark", "document_number", "document_on", "remark"]
    for sheet in sheets.values():
        tags = sheet[0].astype(str)
        rows = sheet[tags.str.startswith(SEPARATOR.join((TAG, "marks", "row")))]
        if rows.empty:
            continue
        head = sheet.iloc[0].astype(str)
        at = {
            name: head[head == SEPARATOR.join((TAG, "marks", "column", name))].index for name in columns[2:]
        }
        facts = pd.DataFrame({name: rows[found[0]] for name, found in at.items()})
        keys = rows[0].str.split(SEPARATOR, regex=False)
        facts.insert(0, "indicator", keys.str[3])
        facts.insert(1, "year", keys.str[4].astype(int))
        facts["document_on"] = pd.to_datetime(facts["document_on"], dayfirst=True, errors="coerce")
        return facts.astype(dict.fromkeys(("mark", "document_number", "remark"), "string"))
    return pd.DataFrame(columns=columns)


def _spellings(form: Form) -> list[str]:
    """What an office may write for yes."""
    keys = [key for key, meaning in form.mark_meanings.items() if meaning == "yes"]
    return [*keys, *(key.upper() for key in keys)]


def _passes(facts: pd.DataFrame, form: Form) -> bool:
    context = gx.get_context(mode="ephemeral")
    batch = (
        context.data_sources.add_pandas("files")
        .add_dataframe_asset("facts")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": facts})
    )
    marked = "mark.notnull()"
    expected: Any = gx.expectations
    suite = gx.ExpectationSuite(
        name="facts",
        expectations=[
            expected.ExpectTableRowCountToEqual(value=len(form.indicators) * len(form.years)),
            expected.ExpectColumnValuesToBeInSet(
                column="indicator", value_set=[indicator.code for indicator in form.indicators]
            ),
            expected.ExpectColumnValuesToBeInSet(column="year", value_set=list(form.years)),
            expected.ExpectCompoundColumnsToBeUnique(column_list=["indicator", "year"]),
            expected.ExpectColumnValuesToBeInSet(column="mark", value_set=_spellings(form)),
            expected.ExpectColumnValuesToNotBeNull(
                column="document_number", row_condition=marked, condition_parser="pandas"
            ),
            expected.ExpectColumnValuesToNotBeNull(
                column="document_on", row_condition=marked, condition_parser="pandas"
            ),
        ],
    )
    return bool(batch.validate(suite).success)
