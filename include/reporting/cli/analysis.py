"""What analysts ask: `reporting trace`, `export`, `query`, `dictionary`."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reporting.cli.arguments import AsJson, CycleId, Force, OutFile
from reporting.cli.output import aligned, as_json, at, note, say
from reporting.cli.surroundings import warehouse

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from reporting.consolidation.lineage import Contribution, TracedFigure


class Format(StrEnum):
    """Kinds of file that tables are given out as."""

    CSV = "csv"
    PARQUET = "parquet"


def trace(
    cycle: CycleId,
    figure: Annotated[
        str | None,
        typer.Argument(
            metavar="FIGURE",
            help="Figure to trace, such as total:quy_che:2011 or sum:kinh_phi:2024@REGION; without it all "
            "are listed.",
        ),
    ] = None,
    office: Annotated[
        str | None, typer.Option(metavar="RECIPIENT", help="Only what this office contributes.")
    ] = None,
    regions: Annotated[
        bool, typer.Option("--regions", help="List the figures of single regions too.")
    ] = False,
    open_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", file_okay=False, help="Write the workbooks behind the figure into this folder."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Say where a figure comes from: each office's version, file, sheet and cell.

    Without FIGURE: the figures of the cycle, as the facts give them now and as the newest draft has them.
    """
    from reporting.consolidation import lineage

    if figure is None and (office or open_file):
        raise typer.BadParameter("name a figure; without one they are only listed", param_hint="FIGURE")
    with warehouse().connect() as connection:
        if figure is None:
            _list_figures(lineage.figures(connection, cycle, with_regions=regions), json=json)
            return
        found = lineage.contributions(
            connection, cycle, figure, None if office is None else _organization(connection, cycle, office)
        )
    if json:
        as_json([asdict(one) for one in found])
    else:
        _list_contributions(figure, found)
    if open_file is not None:
        for path in lineage.write_files(found, open_file):
            note(str(path))


def _organization(connection: Connection, cycle: str, office: str) -> str:
    from reporting.cli.recipients import recipient_of
    from reporting.consolidation import lineage

    return lineage.organization_of(connection, recipient_of(connection, cycle, office).reference_code)


def _list_figures(found: list[TracedFigure], *, json: bool) -> None:
    from reporting.consolidation.saved_queries import label

    if json:
        as_json([asdict(traced) for traced in found])
        return
    columns = ("figure", "short_label", "value", "drafted_value", "version", "section")
    aligned(
        [_words(f"trace.{column}") for column in columns],
        [
            (
                traced.figure,
                traced.short_label,
                label("value", traced.value),
                label("value", traced.drafted_value),
                traced.version,
                traced.section,
            )
            for traced in found
        ],
    )
    for traced in found:
        if traced.has_moved:
            note(_words("trace.has_moved", figure=traced.figure, version=traced.version))


def _list_contributions(figure: str, found: list[Contribution]) -> None:
    from reporting.consolidation.saved_queries import label

    columns = (
        "position",
        "office",
        "indicator",
        "year",
        "counts",
        "version",
        "received",
        "file",
        "sheet",
        "cell",
    )
    aligned(
        [_words(f"trace.{column}") for column in columns],
        [
            (
                one.position,
                one.short_name,
                one.indicator,
                one.year,
                label("counts", one.counts),
                one.file_version,
                at(one.received_at),
                one.filename or _words("trace.nothing_sent"),
                one.sheet,
                one.cell,
            )
            for one in found
        ],
    )
    total = sum((one.counts for one in found), start=found[0].counts * 0) if found else 0
    say(_words("trace.total", figure=figure, total=label("counts", total), count=len(found)))


def export(
    table: Annotated[
        str,
        typer.Argument(metavar="TABLE|QUERY", help="A table (mart.tracking, or tracking) or a saved query."),
    ],
    out: OutFile,
    file_format: Annotated[Format, typer.Option("--format", help="Kind of file.")] = Format.CSV,
    cycle: Annotated[str | None, typer.Option(metavar="CYCLE", help="Only the rows of this cycle.")] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Parameter of a saved query; may be repeated."),
    ] = None,
    bom: Annotated[
        bool, typer.Option("--bom", help="Begin CSV with a byte order mark, as older Excel wants it.")
    ] = False,
    force: Force = False,
) -> None:
    """Write a table of the warehouse, or the answer to a saved query, as CSV or Parquet."""
    from reporting.consolidation import export as given_out
    from reporting.consolidation import saved_queries

    _refuse_to_replace(out, force=force)
    with warehouse().connect() as connection:
        if table in saved_queries.saved_queries():
            asked = saved_queries.find(table)
            count = given_out.export_statement(
                connection, asked.statement, asked.values(_given(values, cycle)), out, file_format.value, bom
            )
        else:
            if values:
                raise typer.BadParameter("only saved queries have parameters", param_hint="--set")
            try:
                count = given_out.export_table(
                    connection, table, out, file_format.value, cycle_id=cycle, with_bom=bom
                )
            except given_out.UnknownTable as error:
                listed = ", ".join(saved_queries.saved_queries())
                raise LookupError(f"{error} Saved queries: {listed}.") from error
    say(str(out))
    note(_words("export.written", count=count))


def query(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Saved query; without it all are listed.")
    ] = None,
    cycle: Annotated[str | None, typer.Option(metavar="CYCLE", help="Its parameter cycle_id.")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Parameter; may be repeated.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png|.svg", dir_okay=False, help="Draw the answer into this file."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv|.parquet", dir_okay=False, help="Write the answer into this file."),
    ] = None,
    force: Force = False,
    json: AsJson = False,
) -> None:
    """Ask a saved query, show its answer, draw it or write it into a file."""
    from reporting.consolidation import saved_queries

    if name is None:
        aligned(
            [_words("query_name"), _words("query_question"), _words("query_parameters")],
            [
                (q.name, saved_queries.title(q.name), ", ".join(_parameter(p) for p in q.parameters))
                for q in saved_queries.saved_queries().values()
            ],
        )
        return
    given = _given(values, cycle)
    for path, endings in ((plot, ("png", "svg")), (out, ("csv", "parquet"))):
        if path is not None:
            _refuse_to_replace(path, force=force)
            if path.suffix.removeprefix(".") not in endings:
                raise typer.BadParameter(f"{path}: end it in .{' or .'.join(endings)}")
    with warehouse().connect() as connection:
        answer = saved_queries.ask(connection, name, given)
    if plot is not None:
        kind: Literal["png", "svg"] = "svg" if plot.suffix == ".svg" else "png"
        picture = saved_queries.picture(name, answer, given, kind)
        plot.parent.mkdir(parents=True, exist_ok=True)
        plot.write_bytes(picture)
        note(str(plot))
    if out is not None:
        export(name, out, Format(out.suffix.removeprefix(".")), cycle, values, force=force)
        return
    if json:
        as_json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
        return
    say(saved_queries.title(name))
    aligned(
        [saved_queries.heading(column, name) for column in answer.columns],
        [
            [
                value if isinstance(value, int) else saved_queries.label(column, value)
                for column, value in pairs
            ]
            for pairs in (list(zip(answer.columns, row, strict=True)) for row in answer.rows)
        ],
    )


def dictionary(
    folder: Annotated[
        Path | None, typer.Option("--out", file_okay=False, help="Folder to write into; docs without it.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 when a file is out of date.")
    ] = False,
) -> None:
    """Write the data dictionary from the comments of the warehouse; for analysts also in Vietnamese."""
    from reporting.consolidation import dictionary as written

    with warehouse().connect() as connection:
        changed = written.write(connection, folder or written.DOCS, check=check)
    for path in changed:
        say(str(path))
    if check and changed:
        raise typer.Exit(1)


def _parameter(parameter: object) -> str:
    from reporting.consolidation.saved_queries import Parameter

    assert isinstance(parameter, Parameter)
    if parameter.default is not None:
        return f"{parameter.name}={parameter.default}"
    return parameter.name if parameter.is_required else f"[{parameter.name}]"


def _given(values: list[str] | None, cycle: str | None) -> dict[str, str]:
    given = {} if cycle is None else {"cycle_id": cycle}
    for entered in values or []:
        name, separator, value = entered.partition("=")
        if not separator or not name.strip():
            raise typer.BadParameter(f"{entered!r}: write name=value", param_hint="--set")
        given[name.strip()] = value.strip()
    return given


def _refuse_to_replace(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise FileExistsError(f"{path} is there already: give --force to replace it, or another name.")


def _words(key: str, **values: object) -> str:
    from reporting.wording.catalogue import text

    return text(f"analysis.{key}", **values)
