"""The data dictionary, written from the comments of the warehouse's own catalogue.

docs/data-dictionary.md has every table in English, docs/tu-dien-du-lieu.md the analysts' tables in
Vietnamese, whose sentences stand in include/wording/data_dictionary.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from reporting.analyst import reading
from reporting.database import SQL, query
from reporting.settings import INCLUDE
from reporting.wording.catalogue import catalogue, text

DOCS = INCLUDE.parent / "docs"
ENGLISH, VIETNAMESE = DOCS / "data-dictionary.md", DOCS / "tu-dien-du-lieu.md"
_WORDS = "data_dictionary"


@dataclass(frozen=True)
class Column:
    """A column: its type as PostgreSQL writes it, and the comment ("" if it has none)."""

    name: str
    type: str
    is_nullable: bool
    comment: str


@dataclass(frozen=True)
class Table:
    """A table or view of a schema, with its primary key (none of a view) and the tables it refers to."""

    schema: str
    schema_comment: str
    name: str
    is_view: bool
    comment: str
    key: tuple[str, ...]
    refers_to: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        """schema.name"""
        return f"{self.schema}.{self.name}"


class MissingWords(LookupError):
    """Something is not described; the message names each place and where to describe it."""


def tables(connection: Connection) -> list[Table]:
    """All tables and views of the warehouse, the marts first."""
    return [_table(row) for row in connection.execute(query("analysis/catalogue"))]


def _table(row: Any) -> Table:
    return Table(
        row.schema,
        row.schema_comment or "",
        row.name,
        row.is_view,
        row.comment or "",
        tuple(row.key or ()),
        tuple(sorted(row.refers_to or ())),
        tuple(
            Column(column["name"], column["type"], column["is_nullable"], column["comment"] or "")
            for column in row.columns
        ),
    )


def undescribed(found: Iterable[Table]) -> list[str]:
    """Schemas, tables and columns without a comment, as schema.table.column."""
    missing = []
    for table in found:
        if not table.schema_comment:
            missing.append(table.schema)
        if not table.comment:
            missing.append(table.full_name)
        missing += [f"{table.full_name}.{c.name}" for c in table.columns if not c.comment]
    return sorted(set(missing))


def english(found: Sequence[Table]) -> str:
    """The dictionary of every schema, as Markdown. Raises MissingWords naming what has no comment."""
    if missing := undescribed(found):
        raise MissingWords(
            f"no comment: {', '.join(missing)}; write COMMENT ON … in include/sql/schema beside its "
            "definition"
        )
    lines = [
        "# Data dictionary",
        "",
        "Every table and view of the warehouse, written by `reporting dictionary` from the comments of the "
        "schema (`include/sql/schema`); do not edit by hand. "
        f"The analysts' tables in Vietnamese: [{VIETNAMESE.name}]({VIETNAMESE.name}). "
        "How they are used: [analysis.md](analysis.md).",
    ]
    files = _filled_from()
    for schema in dict.fromkeys(table.schema for table in found):
        of_schema = [table for table in found if table.schema == schema]
        lines += ["", f"## {schema}", "", of_schema[0].schema_comment]
        for table in of_schema:
            lines += ["", f"### {table.full_name}", "", table.comment, ""]
            facts = ["View." if table.is_view else f"Key: {_codes(table.key) or 'none'}."]
            if table.refers_to:
                facts.append(f"Refers to {_codes(table.refers_to)}.")
            if table.full_name in files:
                facts.append(f"Filled from `include/sql/marts/{files[table.full_name]}`.")
            lines += [" ".join(facts), "", "| Column | Type | |", "|---|---|---|"]
            lines += [
                f"| `{c.name}` | {_type(c, is_view=table.is_view)} | {_cell(c.comment)} |"
                for c in table.columns
            ]
    return "\n".join(lines) + "\n"


def vietnamese(found: Sequence[Table]) -> str:
    """The dictionary of the analysts' tables in Vietnamese, as Markdown.

    Raises MissingWords naming the keys that include/wording/data_dictionary.yaml lacks.
    """
    marts = for_analysts(found)
    if missing := unworded(marts):
        raise MissingWords(f"include/wording/{_WORDS}.yaml lacks: {', '.join(missing)}")
    lines = [f"# {_say('title')}", "", _say("opening")]
    for table in marts:
        lines += ["", f"## {table.full_name}", "", _say(f"table.{table.name}"), ""]
        if table.key:
            lines += [_say("key", columns=_codes(table.key)), ""]
        lines += [f"| {_say('column_heading')} | {_say('type_heading')} | {_say('meaning_heading')} |"]
        lines += ["|---|---|---|"]
        lines += [
            f"| `{c.name}` | {_vietnamese_type(c.type)} | {_cell(text(_key_of(table, c)))} |"
            for c in table.columns
        ]
    return "\n".join(lines) + "\n"


def for_analysts(found: Iterable[Table]) -> list[Table]:
    """Of these the marts that analysts may read."""
    withheld = reading().withheld_tables
    return [table for table in found if table.schema == "mart" and table.full_name not in withheld]


def unworded(marts: Iterable[Table]) -> list[str]:
    """Keys that the Vietnamese dictionary needs and the catalogue does not have."""
    known = catalogue()
    missing = []
    for table in marts:
        keys = [f"{_WORDS}.table.{table.name}", *(_key_of(table, c) for c in table.columns)]
        keys += [f"{_WORDS}.type.{_type_key(c.type)}" for c in table.columns]
        missing += [key for key in keys if key not in known]
    return sorted(set(missing))


def write(connection: Connection, folder: Path = DOCS, *, check: bool = False) -> list[Path]:
    """Bring both dictionaries to the warehouse and return those that were not; with `check` only return them.

    Raises MissingWords as `english` and `vietnamese` do.
    """
    found = tables(connection)
    changed = []
    for file, content in ((ENGLISH.name, english(found)), (VIETNAMESE.name, vietnamese(found))):
        path = folder / file
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            changed.append(path)
            if not check:
                path.write_text(content, encoding="utf-8")
    return changed


def _filled_from() -> dict[str, str]:
    listed = {file.stem: file.name for file in (SQL / "marts").glob("*.sql")}
    return {f"mart.{name}": file for name, file in listed.items()}


def _key_of(table: Table, column: Column) -> str:
    """The sentence of this column, else the one of all columns of that name."""
    own = f"{_WORDS}.of_table.{table.name}.{column.name}"
    return own if own in catalogue() else f"{_WORDS}.column.{column.name}"


def _type_key(name: str) -> str:
    return {
        "bigint": "whole", "integer": "whole", "smallint": "whole", "numeric": "number", "boolean": "truth",
        "timestamp with time zone": "moment", "date": "day", "text[]": "texts", "jsonb": "json",
    }.get(name, "text" if name.startswith(("text", "character")) else name)  # fmt: skip


def _vietnamese_type(name: str) -> str:
    return _say(f"type.{_type_key(name)}")


def _type(column: Column, *, is_view: bool) -> str:
    return column.type if is_view or not column.is_nullable else f"{column.type}, may be null"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(sentence: str) -> str:
    return " ".join(sentence.replace("|", "\\|").replace("<", "&lt;").split())


def _say(key: str, **values: object) -> str:
    return text(f"{_WORDS}.{key}", **values)
