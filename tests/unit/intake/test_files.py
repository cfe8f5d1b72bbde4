"""Files checked by themselves, without a warehouse."""

from __future__ import annotations

import json
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from rehearsal.answers import read_answers
from rehearsal.scenario import load_scenario
from rehearsal.workbooks import CoverEntries, FilledWorkbook
from reporting.forms.models import load_form
from reporting.intake.files import Asked, check_files
from reporting.regimes.models import load_regime
from reporting.settings import settings
from reporting.workbook.build import CoverPage, WorkbookIdentity, build_workbook
from tests.unit.rehearsal.test_answers import TABLE

REGIME = load_regime("ttdn_dia_phuong")
FORM = load_form("theo_doi_ttdn", "2012.1")
SCENARIO = load_scenario("tracking_2011_2012")
KEY = "a signing key for tests"


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("REPORTING_SIGNING_KEY", KEY)
    settings.cache_clear()
    yield
    settings.cache_clear()


def _filled(organization_id: str, key: str = KEY, bad_mark: str | None = None) -> bytes:
    office = SCENARIO.behaviours[organization_id].office
    day = date(2012, 12, 12)
    cover = CoverPage(
        "tình hình", "3456/BTTTT-TTĐN", day, "năm 2011 - 2012", "đến hết ngày 31/12/2012", "ngày 31/12/2012",
        office.name, "Bộ", "Cục", "đầu mối",
    )  # fmt: skip
    identity = WorkbookIdentity("a_cycle", f"TTDN12-{office.position:02d}", FORM.code, FORM.version)
    workbook = FilledWorkbook(build_workbook(FORM, identity, cover, key))
    answers = read_answers(TABLE, FORM, SCENARIO.index)
    entries = CoverEntries("45/BC-STTTT", day, "Nguyễn Văn An", "Trần Thị Bình", office.address, day)
    workbook.fill(answers[organization_id], entries, FORM)
    if bad_mark is not None:
        workbook.write_mark("quy_che", 2011, {"mark": bad_mark})
    return workbook.save()


def test_files_mails_and_folders_give_one_line_per_workbook(tmp_path: Path) -> None:
    (tmp_path / "1-tot.xlsx").write_bytes(_filled("so_tttt_an_giang"))
    (tmp_path / "2-sai.xlsx").write_bytes(_filled("so_tttt_ca_mau", bad_mark="đang làm"))
    message = EmailMessage()
    message["From"] = "a@b.example"
    message.set_content("Kính gửi.")
    empty = bytes(message)
    message.add_attachment(
        _filled("so_tttt_dong_nai"), maintype="application", subtype="octet-stream", filename="x.xlsx"
    )
    (tmp_path / "3-thu.eml").write_bytes(bytes(message))
    (tmp_path / "4-khong-tep.eml").write_bytes(empty)
    (tmp_path / "5-hong.xlsx").write_bytes(b"no workbook at all")

    lines = list(check_files([tmp_path], [Asked(REGIME, "2011_2012")]))

    json.dumps(lines)
    assert [(Path(str(line["file"])).name[0], line["outcome"], line["office"]) for line in lines] == [
        ("1", "accepted", "An Giang"),
        ("2", "to_complete", "Cà Mau"),
        ("3", "accepted", "Đồng Nai"),
        ("4", "no_submission", None),
        ("5", "unreadable", None),
    ]
    (finding,) = lines[1]["findings"]  # type: ignore[misc]  # a list of dictionaries
    assert (finding["rule"], finding["sheet"], finding["value_seen"]) == (
        "mark_is_valid",
        "Biểu 1",
        "đang làm",
    )
    assert finding["cell"]
    assert lines[2]["attachment"] == "x.xlsx"
    assert all(len(str(line["sha256"])) == 64 for line in lines)


def test_a_workbook_signed_elsewhere_is_a_question_but_its_cells_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(_filled("so_tttt_an_giang", key="another key", bad_mark="đang làm"))
    (line,) = check_files([path], [Asked(REGIME, "2011_2012")])
    assert line["office"] is None
    assert line["question"]
    assert "mark_is_valid" in {finding["rule"] for finding in line["findings"]}  # type: ignore[attr-defined]


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.xlsx.*check the path"):
        check_files([tmp_path / "none.xlsx"], [Asked(REGIME, "2011_2012")])
