"""Which office a written name means."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.cli.shell import run


def found(*arguments: str) -> list[dict[str, Any]]:
    result = run("resolve", *arguments, "--json")
    assert result.exit_code == 0
    offices: list[dict[str, Any]] = json.loads(result.stdout)["found"]
    return offices


def test_a_slip_of_the_pen_is_understood() -> None:
    (office,) = found("Đông Nai", "--kind", "department", "--on", "2012-12-03")
    assert office == {
        "organization_id": "so_tttt_dong_nai",
        "kind": "province_department",
        "name": "Sở Thông tin và Truyền thông tỉnh Đồng Nai",
        "valid_from": "2008-08-01",
        "valid_to": "2025-03-01",
        "successors": ["so_khcn_dong_nai"],
        "alias": None,
    }


def test_all_who_bore_the_name_are_listed_with_their_days() -> None:
    result = run("resolve", "Đồng Nai")
    assert result.exit_code == 0
    ids = [line.split()[0] for line in result.stdout.splitlines()[2:]]
    assert {"ubnd_dong_nai", "so_tttt_dong_nai", "so_khcn_dong_nai", "ubnd_dong_nai_2025"} <= set(ids)
    assert "Tên này chỉ nhiều cơ quan" in result.stderr
    (committee,) = found("Đồng Nai", "--kind", "committee", "--on", "1/7/2025")
    assert committee["organization_id"] == "ubnd_dong_nai_2025"
    (before,) = found("Đồng Nai", "--kind", "committee", "--on", "30/6/2025")
    assert before["organization_id"] == "ubnd_dong_nai"


def test_another_spelling_is_named() -> None:
    (office,) = found("BQP", "--kind", "ministry")
    assert (office["organization_id"], office["alias"]) == ("bo_quoc_phong", "BQP")
    assert 'Tên khác: "BQP"' in run("resolve", "BQP").stdout


def test_a_similar_name_is_a_suggestion_only() -> None:
    result = run("resolve", "Đồng Nay", "--kind", "department", "--on", "2012-12-03")
    assert result.exit_code == 1
    first, second, *_ = result.stdout.splitlines()
    assert first == 'Không có cơ quan nào mang tên "Đồng Nay".'
    assert second == "  Tên gần giống: Sở Thông tin và Truyền thông tỉnh Đồng Nai (so_tttt_dong_nai)"
    answer = json.loads(run("resolve", "Đồng Nay", "--json").stdout)
    assert answer["found"] == []
    assert len(answer["similar"]) == 3
