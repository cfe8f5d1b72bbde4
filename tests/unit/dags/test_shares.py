"""Many arrivals are shared out evenly: whatever their number, two workers get as many lists."""

from __future__ import annotations

import math

import pytest
from reporting_airflow.operators import even_share


@pytest.mark.parametrize(
    ("count", "size", "lists"),
    [(401, 201, 2), (1000, 500, 2), (1001, 251, 4), (2000, 500, 4), (2500, 417, 6)],
)
def test_shares_are_of_one_size_and_even_in_number(count: int, size: int, lists: int) -> None:
    assert even_share(count, 500) == size
    assert math.ceil(count / size) == lists
