"""The lists of addressees agree with the lists of the letters, and the codes with the table of provinces."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from reporting.registry.load import Row, read_registry
from reporting.registry.names import fold

DATA = Path(__file__).parents[2] / "data"
REGISTRY = read_registry()
LETTER_OF_2024 = date(2024, 5, 1)


def _on(rows: list[Row], day: date) -> list[Row]:
    return [
        row
        for row in rows
        if row.text("valid_from") <= day.isoformat() < (row.text("valid_to") or "9999-12-31")
    ]


def _names(group: str, day: date, column: str = "name") -> list[str]:
    name = {row.text("organization_id"): row.text(column) for row in _on(REGISTRY.names, day)}
    listed = [row for row in _on(REGISTRY.groups, day) if row.text("group_code") == group]
    listed.sort(key=lambda row: int(row.text("position")))
    return [name[row.text("organization_id")] for row in listed]


def _letter() -> dict[str, list[str]]:
    lists: dict[str, list[str]] = defaultdict(list)
    group = ""
    for line in (DATA / "addressees_2024.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif not line.startswith("#"):
            lists[group].append(line)
    return lists


@pytest.mark.parametrize("group", ["provincial_committees", "provincial_departments"])
def test_provincial_offices_are_listed_as_in_the_letter_of_2024(group: str) -> None:
    assert _names(group, LETTER_OF_2024) == _letter()[group]


@pytest.mark.parametrize("group", ["ministries", "government_agencies"])
def test_central_offices_stand_in_the_letters_order_with_their_official_spelling(group: str) -> None:
    """The letter writes a hyphen for a comma and some small letters as capitals, and the reverse."""
    ours, letters = _names(group, LETTER_OF_2024), _letter()[group]
    assert [fold(name) for name in ours] == [fold(name) for name in letters]
    assert {name for name in ours if name not in letters} <= {
        "Bộ Văn hóa, Thể thao và Du lịch",
        "Bộ Tài nguyên và Môi trường",
        "Ủy ban Dân tộc",
        "Bảo hiểm xã hội Việt Nam",
        "Viện Hàn lâm Khoa học xã hội Việt Nam",
        "Ủy ban Quản lý vốn nhà nước tại doanh nghiệp",
    }


def test_the_letter_of_2023_addresses_the_first_six_agencies() -> None:
    eight = _names("government_agencies", LETTER_OF_2024)
    assert _names("government_agencies_6", LETTER_OF_2024) == eight[:6]


def test_the_list_of_2012_is_the_first_column_of_the_tracking_table_but_for_one_slip() -> None:
    with (DATA / "tracking_2011_2012.csv").open(encoding="utf-8") as handle:
        written = [row["so_tttt"] for row in csv.DictReader(handle)]
    ours = _names("provincial_departments_2012", date(2012, 12, 3), "short_name")
    assert [pair for pair in zip(ours, written, strict=True) if pair[0] != pair[1]] == [
        ("Đồng Nai", "Đông Nai")
    ]


def _provinces() -> list[dict[str, str]]:
    with (DATA / "provinces_63_34.csv").open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("province", _provinces(), ids=lambda province: province["name63"])
def test_each_of_the_63_has_its_codes_regions_and_successor(province: dict[str, str]) -> None:
    codes = {(row.text("organization_id"), row.text("code_set")): row.text("code") for row in REGISTRY.codes}
    regions = {
        (row.text("organization_id"), row.text("region_scheme")): row.text("region")
        for row in REGISTRY.regions
    }
    office = next(
        office
        for (office, code_set), code in codes.items()
        if office.startswith("ubnd_") and (code_set, code) == ("gso63", province["gso63"])
    )
    names = {row.text("organization_id"): row.text("name") for row in _on(REGISTRY.names, date(2012, 12, 3))}
    word = {"tỉnh": "tỉnh", "thành phố": "Thành phố"}[province["type63_pre2025"]]
    assert names[office] == f"Ủy ban nhân dân {word} {province['name63']}"
    assert codes[office, "iso3166_2"] == province["iso3166_2"]
    assert regions[office, "region63"] == province["region63"]

    successor = next(
        (row.text("successor_id") for row in REGISTRY.successions if row.text("predecessor_id") == office),
        office,
    )
    assert codes[successor, "gso34"] == province["gso34"]
    assert regions[successor, "region34"] == province["region34"]
    for day, kind in (
        (date(2025, 7, 1), province["type34_2025_07_01"]),
        (date(2026, 11, 21), province["type34_2026_11_21"]),
    ):
        names = {row.text("organization_id"): row.text("name") for row in _on(REGISTRY.names, day)}
        word = {"tỉnh": "tỉnh", "thành phố": "Thành phố"}[kind]
        assert names[successor] == f"Ủy ban nhân dân {word} {province['name34']}"
