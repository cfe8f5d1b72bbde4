"""Compare the computed figures of a cycle with figures stated elsewhere.

In a letter of the ministry's own, and in the reports of earlier cycles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection

from reporting.consolidation.stated import StatedFigures
from reporting.database import query
from reporting.letters.text import document_date
from reporting.wording.catalogue import text

_Computed = Mapping[tuple[str, str, int], tuple[Decimal, tuple[str, ...]]]


@dataclass(frozen=True)
class Discrepancy:
    """A stated figure that differs from the computed one.

    `measure`: total (offices of a year), distinct (offices over all years; `year` is 0) or sum (of their
    numbers of a year).
    """

    measure: str
    indicator: str
    year: int
    stated: int | Decimal
    computed: int | Decimal
    source: str
    offices: tuple[str, ...]


def reconcile(connection: Connection, cycle_id: str, stated: StatedFigures | None) -> list[Discrepancy]:
    """Compare the marts with `stated` and with the registered reports of earlier cycles of the regime, keep
    what differs in mart.discrepancy, and return it. Where that is what stands there already, nothing is
    written: two drafts at once are not in each other's way.

    A figure left blank claims nothing. Of earlier reports only years count that were over when their period
    ended. An indicator or year in `stated` that the cycle does not have raises ValueError: the data file
    belongs to another cycle.
    """
    key = {"cycle_id": cycle_id}
    computed = {
        (row.measure, row.indicator, row.year): (row.computed, tuple(row.offices or ()))
        for row in connection.execute(query("consolidation/computed"), key)
    }
    found = [*_from_letter(cycle_id, computed, stated), *_from_reports(connection, cycle_id, computed)]
    kept = [
        Discrepancy(**{**row._mapping, "offices": tuple(row.offices)})
        for row in connection.execute(query("consolidation/kept_discrepancies"), key)
    ]
    if len(kept) == len(found) and set(kept) == set(found):
        return found
    connection.execute(query("consolidation/delete_discrepancies"), key)
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


def _from_letter(cycle_id: str, computed: _Computed, stated: StatedFigures | None) -> Iterator[Discrepancy]:
    if stated is None:
        return
    claims = [("total", indicator, year, n) for (indicator, year), n in stated.totals.items()]
    claims += [("distinct", indicator, 0, n) for indicator, n in stated.claims.items()]
    for measure, indicator, year, figure in claims:
        if (measure, indicator, year) not in computed:
            raise ValueError(
                f"{stated.source}: states {indicator} {year or ''}, which {cycle_id} does not ask for. "
                "Name the stated figures of this cycle's period, or none."
            )
        today, offices = computed[measure, indicator, year]
        if figure is not None and figure != today:
            yield Discrepancy(measure, indicator, year, figure, today, stated.source, offices)


def _from_reports(connection: Connection, cycle_id: str, computed: _Computed) -> Iterator[Discrepancy]:
    for row in connection.execute(query("consolidation/stated_in_reports"), {"cycle_id": cycle_id}):
        asked = computed.get((row.measure, row.indicator, row.year))
        if asked is None or asked[0] == row.stated:
            continue
        source = text(
            "reconciliation.discrepancies.report", number=row.number, on=document_date(row.registered_on)
        )
        today, offices = asked
        yield Discrepancy(row.measure, row.indicator, row.year, row.stated, today, source, offices)
