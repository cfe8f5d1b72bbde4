"""The scorecard: what an office scores, who shares a place, who is not scored; kept out of the report."""

from __future__ import annotations

import dataclasses
import io
import itertools
import re
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from reporting.summary.data import Office, SummaryData
from reporting.summary.draft import summary_draft
from reporting.summary.leadership_page import _facts, _regions
from reporting.summary.pictures import by_region
from reporting.summary.reconciliation import render_reconciliation
from reporting.summary.scorecard import ScorecardError, answer_state, load_scorecard, mean, ranks, score
from tests.unit.summary.sample import office, summary


def answering(**changes: object) -> Office:
    return office("An Giang", 1, **{"is_first_pass": True, **changes})


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({}, "100"),
        ({"timeliness": "extended_on_time"}, "100"),
        ({"timeliness": "late", "days_late": 3}, "88"),
        ({"timeliness": "late", "days_late": 40}, "60"),
        ({"data_form_state": "partial"}, "87.5"),
        ({"is_first_pass": False}, "80"),
        ({"warning_count": 4, "explained_count": 1}, "88.8"),
        ({"is_first_pass": None}, "100"),  # nothing of its own: its weight is spread over the rest
        ({"is_first_pass": None, "timeliness": "late", "days_late": 10}, "50"),
        ({"data_form_state": "nil", "submission_count": 0, "is_first_pass": None}, "100"),
    ],
)
def test_an_office_scores_what_it_did(changes: dict[str, object], points: str) -> None:
    scored = score(answering(**changes))
    assert scored.points == Decimal(points)
    assert not scored.reason


def test_who_sent_nothing_scores_nothing_and_who_was_not_asked_is_not_scored() -> None:
    assert score(office("A", 1, answered=False)).points == 0
    for changes, reason in (
        ({"timeliness": "waived", "data_form_state": "waived"}, "waived"),
        ({"timeliness": "confidential", "data_form_state": "confidential"}, "confidential"),
        ({"timeliness": "not_due", "data_form_state": "requested"}, "not_due"),
        ({"timeliness": "optional", "data_form_state": "optional", "signed_report_state": None}, "not_asked"),
    ):
        scored = score(dataclasses.replace(office("A", 1, answered=False), **changes))
        assert (scored.points, scored.reason) == (None, reason)


TIMELINESS = (
    "on_time", "extended_on_time", "late", "missing", "not_due", "waived", "confidential", "optional",
    "withdrawn",
)  # fmt: skip
STATES = ("completed", "partial", "nil", "confidential", "waived", "optional", "requested", "to_complete",
          "closed_missing")  # fmt: skip


@pytest.mark.parametrize("signed", [None, "completed", "requested", "closed_missing"])
def test_every_office_is_counted_once_and_the_parts_add_up(signed: str | None) -> None:
    offices = tuple(
        office(f"Nơi {n}", n, timeliness=timeliness, data_form_state=state, signed_report_state=signed,
               region=f"Vùng {n % 3}")
        for n, (timeliness, state) in enumerate(itertools.product(TIMELINESS, STATES), 1)
    )  # fmt: skip
    data = dataclasses.replace(summary({"A": []}), offices=offices, marks=())
    said = list(_facts(data))
    counts = [int(n) for n in re.findall(r"\d+", next(line for line in said if line.startswith("Đúng hạn")))]
    assert sum(counts) == len(offices)
    missing = [o.short_name for o in offices if answer_state(o) == "missing"]
    assert counts[2] == len(missing) == sum(s.points == 0 for s in map(score, offices))
    (table,) = (block.table for block in _regions(data, has_tiles=False) if block.table is not None)
    for row in table.rows[1:]:
        asked, *parts = (int(cell.text) for cell in row[1:])
        assert asked == sum(parts)
    assert int(table.rows[-1][4].text) == len(missing)


def test_who_owes_a_signed_report_and_sent_nothing_is_missing_though_the_workbook_is_optional() -> None:
    silent = office("A", 1, answered=False, timeliness="optional", data_form_state="optional")
    assert answer_state(silent) == "missing"
    assert score(silent).points == 0
    gave = dataclasses.replace(silent, signed_report_state="completed", timeliness="late", days_late=2)
    assert answer_state(gave) == "late"
    assert score(gave).points == Decimal("87.7")


def test_regions_stand_in_the_official_order_behind_who_lies_in_none_and_is_listed_first() -> None:
    names = ["Đồng bằng sông Cửu Long", "Đồng bằng sông Hồng", "Trung du và miền núi phía Bắc"]
    provinces = tuple(office(f"Nơi {n}", n, region=name) for n, name in enumerate(names, 2))
    ministry = office("Bộ Công an", 1)
    data = summary({"A": []})
    ordered = list(reversed(names[1:])) + names[:1]
    first = by_region(dataclasses.replace(data, offices=(ministry, *provinces)))
    assert list(first)[1:] == ordered
    last = by_region(
        dataclasses.replace(data, offices=(*provinces, dataclasses.replace(ministry, position=9)))
    )
    assert list(last)[:3] == ordered
    of34 = dataclasses.replace(data, offices=provinces, request_on=date(2025, 12, 1))
    assert list(by_region(of34)) == ordered


def test_equal_points_share_a_place() -> None:
    points = [Decimal(80), None, Decimal(100), Decimal(80), Decimal(20), Decimal(100)]
    assert ranks(points) == [3, None, 1, 3, 5, 1]
    assert mean(points) == Decimal(76)
    assert mean([None]) is None


def test_a_malformed_scorecard_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scorecard.yaml"
    path.write_text("criteria:\n  - {code: a, label: A, weight: 60, measure: timeliness}\n", encoding="utf-8")
    with pytest.raises(ScorecardError, match=r"(?s)scorecard\.yaml.*add up to 60; make them 100"):
        load_scorecard(path)
    path.write_text("criteria:\n  - {code: a, label: A, weight: 100, measure: beauty}\n", encoding="utf-8")
    with pytest.raises(ScorecardError, match=r"(?s)scorecard\.yaml.*measure"):
        load_scorecard(path)


def scored_data() -> SummaryData:
    data = summary({"An Giang": [], "Cà Mau": [], "Hà Nội": [], "Huế": []}, silent=["Huế"])
    first, second, third, fourth = data.offices
    return dataclasses.replace(
        data,
        offices=(
            dataclasses.replace(first, region="Đồng bằng sông Cửu Long", is_first_pass=True),
            dataclasses.replace(second, region="Đồng bằng sông Cửu Long", is_first_pass=False),
            dataclasses.replace(third, region="Đồng bằng sông Hồng", timeliness="waived"),
            dataclasses.replace(fourth, region="Đồng bằng sông Hồng"),
        ),
        previous_scores={first.organization_id: Decimal("90.5"), fourth.organization_id: Decimal(60)},
    )


def test_the_sheets_tell_points_places_last_time_and_who_is_not_scored() -> None:
    book = openpyxl.load_workbook(io.BytesIO(render_reconciliation(scored_data())))
    rows = {row[1]: row[7:] for row in book["Chấm điểm"].iter_rows(min_row=5, values_only=True)}
    assert rows["An Giang"] == (100, 1, 90.5, 9.5, None)
    assert rows["Cà Mau"] == (80, 2, None, None, None)
    assert rows["Hà Nội"] == (None, None, None, None, "Được miễn báo cáo")
    assert rows["Huế"] == (0, 3, 60, -60, None)
    regions = {
        row[1]: (row[2], row[3], row[8], row[9])
        for row in book["Chấm điểm theo vùng"].iter_rows(min_row=5, values_only=True)
    }
    assert regions == {
        "Đồng bằng sông Cửu Long": (2, 2, 90, 1),
        "Đồng bằng sông Hồng": (2, 1, 0, 2),
        "Tất cả các cơ quan": (4, 3, 60, None),
    }
    how = [row[3] for row in book["Cách chấm điểm"].iter_rows(min_row=5, values_only=True)]
    assert how[0] == "Gửi đúng hạn (kể cả thời hạn được lùi): 40 điểm; mỗi ngày chậm trừ 4 điểm."


def test_no_score_stands_in_what_is_given_out() -> None:
    given_out = {"report", "appendix", "tracking"}
    for file in summary_draft(scored_data()).files:
        if file.role not in given_out:
            continue
        words = file.data.decode() if file.filename.endswith(".csv") else ""
        if not words:
            with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
                words = "".join(archive.read(n).decode() for n in archive.namelist() if n.endswith(".xml"))
        assert "Chấm điểm" not in words
        assert "Xếp hạng" not in words
        assert "90.5" not in words
