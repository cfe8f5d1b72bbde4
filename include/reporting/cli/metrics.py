"""`reporting metrics`: the pipeline's metrics in the text format of Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reporting.cli.output import say
from reporting.cli.surroundings import warehouse


def metrics(
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            show_default=False,
            help="Write a file instead, in one move: *.prom for node_exporter's textfile collector.",
        ),
    ] = None,
    describe: Annotated[
        bool, typer.Option("--describe", help="List the metrics there are, as a table; needs no warehouse.")
    ] = False,
) -> None:
    """Print what is measured of the pipeline now, in the text format of Prometheus; exit code 1 where
    something could not be measured.
    """
    from reporting.metrics import measure, prometheus_text, table

    if describe:
        say(table())
        return
    samples = measure(warehouse())
    text = prometheus_text(samples)
    if out is None:
        say(text.rstrip("\n"))
    else:
        beside = out.with_name(f".{out.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.chmod(0o644)  # read by another user
        beside.replace(out)
    if any(sample.name == "measure_failed" and sample.value for sample in samples):
        raise typer.Exit(1)
