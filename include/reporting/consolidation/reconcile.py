"""Compare the computed figures of a cycle with figures stated elsewhere, such as in the ministry's own
letter.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from reporting.consolidation.stated import StatedFigures
from reporting.database import query


@dataclass(frozen=True)
class Discrepancy:
    """A stated figure that differs from the computed one; `year` is 0 for distinct offices over all years."""

    measure: str
    indicator: str
    year: int
    stated: int
    computed: int
    source: str
    offices: tuple[str, ...]


def reconcile(connection: Connection, cycle_id: str, stated: StatedFigures | None) -> list[Discrepancy]:
    """Compare mart.tracking with `stated`, keep what differs in mart.discrepancy, and return it.

    A figure left blank claims nothing. A stated indicator or year that the cycle does not have raises
    ValueError: the data file belongs to another cycle.
    """
    connection.execute(query("consolidation/delete_discrepancies"), {"cycle_id": cycle_id})
    if stated is None:
        return []
    computed = {
        (row.measure, row.indicator, row.year): tuple(row.offices or ())
        for row in connection.execute(query("consolidation/computed"), {"cycle_id": cycle_id})
    }
    claims = [("total", indicator, year, n) for (indicator, year), n in stated.totals.items()]
    claims += [("distinct", indicator, 0, n) for indicator, n in stated.claims.items()]
    found = []
    for measure, indicator, year, figure in claims:
        if (measure, indicator, year) not in computed:
            raise ValueError(
                f"{stated.source}: states {indicator} {year or ''}, which {cycle_id} does not ask for. "
                "Name the stated figures of this cycle's period, or none."
            )
        offices = computed[measure, indicator, year]
        if figure is not None and figure != len(offices):
            found.append(Discrepancy(measure, indicator, year, figure, len(offices), stated.source, offices))
    if found:
        connection.execute(
            query("consolidation/insert_discrepancy"),
            [
                {
                    "cycle_id": cycle_id,
                    "measure": d.measure,
                    "indicator": d.indicator,
                    "year": d.year,
                    "stated": d.stated,
                    "computed": d.computed,
                    "source": d.source,
                    "offices": list(d.offices),
                }
                for d in found
            ],
        )
    return found
