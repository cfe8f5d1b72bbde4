"""Figures of the 63 read against the 34 of today: successions, codes, the rule of each kind of indicator."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from reporting.consolidation.refresh import refresh
from reporting.registry.names import fold
from tests.integration.letters.filled import fill
from tests.unit.summary.sample import rows as tracking_rows

PROVINCES = list(
    csv.DictReader((Path(__file__).parents[2] / "data" / "provinces_63_34.csv").open(encoding="utf-8"))
)

WRITTEN = {"Hồ Chí Minh": "TP. Hồ Chí Minh"}
"""Short names of today that the registry writes otherwise than the list of provinces."""


def _rows(engine: Engine, statement: str, **values: object) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


@pytest.mark.parametrize("kind", ["province_committee", "province_department"])
def test_every_committee_and_department_of_the_63_leads_to_its_unit_of_the_34(
    registered: Engine, kind: str
) -> None:
    found = {
        code: (unit_code, name, region)
        for code, unit_code, name, region in _rows(
            registered,
            "SELECT gso63, unit_gso34, unit_short_name, unit_region FROM mart.unit_today"
            " WHERE kind = :kind AND gso63 IS NOT NULL",
            kind=kind,
        )
    }
    assert found == {
        p["gso63"]: (p["gso34"], WRITTEN.get(p["name34"], p["name34"]), p["region34"]) for p in PROVINCES
    }
    units = _rows(
        registered,
        "SELECT DISTINCT t.unit_id FROM mart.unit_today t JOIN registry.organization u ON"
        " u.organization_id = t.unit_id WHERE t.kind = :kind AND u.valid_to IS NULL",
        kind=kind,
    )
    assert len(units) == 34


def test_the_eleven_unchanged_are_themselves_and_the_others_say_by_what_they_went(registered: Engine) -> None:
    rows = _rows(
        registered,
        "SELECT gso63, is_succeeded, step_count, instruments FROM mart.unit_today"
        " WHERE kind = 'province_committee' AND gso63 IS NOT NULL",
    )
    alone = {code for code, is_succeeded, _, _ in rows if not is_succeeded}
    merged = defaultdict(list)
    for province in PROVINCES:
        merged[province["gso34"]].append(province["gso63"])
    assert alone == {codes[0] for codes in merged.values() if len(codes) == 1}
    assert len(alone) == 11
    for code, is_succeeded, steps, instruments in rows:
        expected = (1, "Nghị quyết 202/2025/QH15") if is_succeeded else (0, None)
        assert (steps, instruments) == expected, code


def test_a_department_of_information_goes_on_over_two_steps(registered: Engine) -> None:
    ((unit, steps, instruments),) = _rows(
        registered,
        "SELECT unit_id, step_count, instruments FROM mart.unit_today"
        " WHERE organization_id = 'so_tttt_kien_giang'",
    )
    assert (unit, steps) == ("so_khcn_an_giang_2025", 2)
    assert str(instruments).endswith("; Nghị quyết 202/2025/QH15")


def test_ministries_go_on_in_one_office_even_where_two_took_over(registered: Engine) -> None:
    found = dict(
        _rows(
            registered,
            "SELECT organization_id, unit_id FROM mart.unit_today"
            " WHERE kind IN ('ministry', 'government_agency') AND is_succeeded",
        )
    )
    assert found["bo_giao_thong_van_tai"] == "bo_xay_dung"
    assert found["bo_tai_nguyen_va_moi_truong"] == "bo_nong_nghiep_va_moi_truong"
    assert found["bo_thong_tin_va_truyen_thong"] == "bo_van_hoa_the_thao_va_du_lich"
    (ended,) = _rows(
        registered,
        "SELECT count(*) FROM mart.unit_today t JOIN registry.organization u ON u.organization_id = t.unit_id"
        " WHERE u.valid_to IS NOT NULL",
    )
    assert ended == (0,)


def test_a_code_means_somebody_only_together_with_its_code_set(registered: Engine) -> None:
    """Seven codes of the 63 were used again: the same digits are two provinces."""
    meant = {
        (code_set, code): (name, unit)
        for code_set, code, name, unit in _rows(
            registered,
            "SELECT code_set, code, short_name, unit_short_name FROM mart.unit_by_code"
            " WHERE kind = 'province_committee'",
        )
    }
    reused = {
        code
        for code_set, code in meant
        if code_set == "gso34"
        and ("gso63", code) in meant
        and meant["gso63", code][0] != meant["gso34", code][0]
    }
    assert reused == {"15", "24", "44", "52", "80", "82", "91"}
    assert meant["gso63", "91"] == ("Kiên Giang", "An Giang")
    assert meant["gso34", "91"] == ("An Giang", "An Giang")
    assert meant["gso63", "44"] == ("Quảng Bình", "Quảng Trị")
    assert meant["gso63", "45"] == ("Quảng Trị", "Quảng Trị")
    assert ("gso34", "45") not in meant


def test_marks_of_2012_stand_as_reported_and_as_of_todays_units(registered: Engine) -> None:
    cycle_id = fill(registered, silent=["Kiên Giang", "Hà Nội"])
    ((as_reported,),) = _rows(
        registered,
        "SELECT count(DISTINCT organization_id) FROM mart.indicator_value WHERE cycle_id = :c",
        c=cycle_id,
    )
    assert as_reported == 63
    today = {
        (str(unit), str(indicator), year): rest
        for unit, indicator, year, *rest in _rows(
            registered,
            "SELECT unit_short_name, indicator, year, rule, is_marked, part_count, reported_count,"
            " contributing_count, parts FROM mart.indicator_value_today WHERE cycle_id = :c",
            c=cycle_id,
        )
    }
    assert len({unit for unit, _, _ in today}) == 34
    answers = {row["so_tttt"]: row for row in tracking_rows()}
    unit_of = {fold(p["name63"]): WRITTEN.get(p["name34"], p["name34"]) for p in PROVINCES}
    for (unit, indicator, year), (rule, is_marked, parts, reported, contributing, words) in today.items():
        of_unit = [name for name in answers if unit_of[fold(name)] == unit]
        told = [name for name in of_unit if name not in {"Kiên Giang", "Hà Nội"}]
        having = [name for name in told if answers[name][f"{indicator}_{year}"].strip()]
        assert (rule, parts, reported, contributing) == ("any", len(of_unit), len(told), len(having)), unit
        assert is_marked == (bool(having) if told else None)
        assert all(f"{name}: " in str(words) for name in of_unit)
    assert "Kiên Giang: chưa báo cáo" in str(today["An Giang", "ke_hoach", 2012][-1])
    assert today["Hà Nội", "ke_hoach", 2012][1] is None


def test_numbers_are_added_up_and_rates_are_listed(registered: Engine) -> None:
    """Two departments that are one today: amounts become a sum, nil is 0, percentages stay apart."""
    cycle_id = fill(registered)
    quantities = [
        {"code": "kinh_phi", "kind": "amount", "unit": "triệu đồng", "label": "K", "short_label": "K"},
        {"code": "ty_le", "kind": "percent", "unit": "%", "label": "T", "short_label": "T"},
    ]
    with registered.begin() as connection:
        connection.execute(
            text(
                "UPDATE cycle.form_version"
                " SET content = jsonb_set(content, '{quantities}',"
                " jsonb_build_object('rows', CAST(:q AS jsonb)))"
                " WHERE form_code = 'theo_doi_ttdn'"
            ),
            {"q": json.dumps(quantities)},
        )
        for name, indicator, value, state in (
            ("An Giang", "kinh_phi", Decimal("1234.5"), "value"),
            ("Kiên Giang", "kinh_phi", Decimal(100), "value"),
            ("An Giang", "ty_le", Decimal(40), "value"),
            ("Kiên Giang", "ty_le", Decimal(60), "value"),
            ("Cà Mau", "kinh_phi", None, "nil"),
            ("Bạc Liêu", "kinh_phi", Decimal(5), "value"),
            ("Cao Bằng", "ty_le", Decimal("12.5"), "value"),
        ):
            connection.execute(
                text(
                    "INSERT INTO core.fact (submission_id, cycle_id, recipient_id, indicator, year, kind,"
                    " state, value, unit, sheet, cell)"
                    " SELECT s.submission_id, s.cycle_id, s.recipient_id, :i, 2012, 'quantity', :state,"
                    " :value, CASE :i WHEN 'ty_le' THEN '%' ELSE 'triệu đồng' END, 'Biểu 2', 'C9'"
                    " FROM core.current_submission s JOIN cycle.recipient r USING (recipient_id)"
                    " WHERE r.short_name = :name"
                ),
                {"i": indicator, "state": state, "value": value, "name": name},
            )
        refresh(connection, cycle_id, whole=True)
    found = {
        (unit, indicator): rest
        for unit, indicator, *rest in _rows(
            registered,
            "SELECT unit_short_name, indicator, rule, value, part_count, reported_count,"
            " contributing_count, parts FROM mart.indicator_value_today"
            " WHERE cycle_id = :c AND kind = 'quantity' AND year = 2012",
            c=cycle_id,
        )
    }
    assert found["An Giang", "kinh_phi"] == [
        "sum", Decimal("1334.5"), 2, 2, 2, "An Giang: 1.234,5 triệu đồng; Kiên Giang: 100 triệu đồng",
    ]  # fmt: skip
    assert found["An Giang", "ty_le"] == ["list", None, 2, 2, 2, "An Giang: 40 %; Kiên Giang: 60 %"]
    assert found["Cà Mau", "kinh_phi"][:5] == ["sum", Decimal(5), 2, 2, 2]
    assert "Cà Mau: không phát sinh" in str(found["Cà Mau", "kinh_phi"][5])
    assert found["Cao Bằng", "ty_le"][:2] == ["list", Decimal("12.5")]


def test_prose_of_merged_offices_is_listed(registered: Engine) -> None:
    cycle_id = fill(registered, silent=["Hà Giang"])
    found = dict(
        _rows(
            registered,
            "SELECT unit_short_name, parts FROM mart.narrative_today WHERE cycle_id = :c AND rule = 'list'",
            c=cycle_id,
        )
    )
    assert len(found) == 34
    assert str(found["An Giang"]).split("\n\n") == [
        "An Giang: - Cán bộ chuyên trách còn mỏng.",
        "Kiên Giang: - Cán bộ chuyên trách còn mỏng.",
    ]
    assert "Hà Giang" not in str(found["Tuyên Quang"])
