"""Walk through records office by office, holding those of one office at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

from reporting.summary.data import Office


class _OfOffice(Protocol):
    @property
    def organization_id(self) -> str: ...


Record = TypeVar("Record", bound=_OfOffice)


def by_office(offices: Sequence[Office], records: Iterable[Record]) -> Iterator[tuple[Office, list[Record]]]:
    """Every office of the list with its records, none for an office without; records of others are left out.

    Raises ValueError, when it comes to them, for records that are not in the order of the list.
    """
    listed = {office.organization_id for office in offices}
    known = (record for record in records if record.organization_id in listed)
    groups = groupby(known, key=lambda record: record.organization_id)
    ahead = next(groups, None)
    for office in offices:
        if ahead is not None and ahead[0] == office.organization_id:
            yield office, list(ahead[1])
            ahead = next(groups, None)
        else:
            yield office, []
    if ahead is not None:
        raise ValueError(
            f"Records of {ahead[0]} come out of the order of the list of offices; order them by position."
        )
