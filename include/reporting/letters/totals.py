"""Totals of what is given out, held against the rows that are printed above them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from reporting.wording.vietnamese import number

Figure = int | Decimal
_Part = TypeVar("_Part", int, str)


class TotalsError(ValueError):
    """A table would print a total that is not that of its own rows; it is not given out."""


def check_totals(
    table: str,
    printed: Mapping[tuple[str, _Part], Figure],
    stated: Mapping[tuple[str, _Part], Figure],
) -> None:
    """Compare what a table's rows add up to (`printed`) with the totals that it states.

    Both are keyed by (column, year or other part). A total that is not stated, or 0 where nothing is stated,
    claims nothing. Raises TotalsError naming the table, each place and both numbers.
    """
    wrong = [
        f"{column} {part}: {number(stated[column, part])} stated, the rows make {number(figure)}"
        for (column, part), figure in printed.items()
        if (column, part) in stated and stated[column, part] != figure
    ]
    wrong += [
        f"{column} {part}: {number(figure)} stated, but the table has no such column"
        for (column, part), figure in stated.items()
        if figure and (column, part) not in printed
    ]
    if wrong:
        raise TotalsError(
            f"{table}: {'; '.join(wrong)}. Nothing is given out with a total that is not that of its rows: "
            "refresh the cycle's figures (`reporting marts rebuild`) and draft again."
        )
