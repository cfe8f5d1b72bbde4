"""Checking files from the shell, without a warehouse."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

import reporting.intake.files
from reporting import isolation
from reporting.forms.models import Form, load_form
from reporting.regimes.models import load_regime
from reporting.settings import settings
from reporting.validation.check import CheckContext, CheckedWorkbook, WorkbookFile, check_workbooks
from reporting.workbook.read import ReadWorkbook, read_workbook
from tests.unit.cli.shell import refused, run
from tests.unit.workbook.office import GOOD, MARKS, fill, request_workbook


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """An answer as it should be."""
    path = tmp_path / "tra-loi.xlsx"
    path.write_bytes(fill(request_workbook(), GOOD))
    return path


def lines_of(*arguments: object) -> list[dict[str, Any]]:
    result = run("intake", *arguments, "--json")
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_good_workbook_is_accepted(good: Path) -> None:
    result = run("check", good)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [f"Tệp: {good}", "Cơ quan: Đồng Nai", "Kết quả: Đạt", ""]


def test_a_workbook_is_checked_against_the_form_that_it_is(tmp_path: Path) -> None:
    """The newest regime asks for another form: a workbook says itself which one it is."""
    older = tmp_path / "a.xlsx"
    older.write_bytes(fill(request_workbook(), GOOD))
    newer = tmp_path / "b.xlsx"
    regime = load_regime("tien_do_nq_47")
    assert regime.form_code
    assert regime.form_version
    form = load_form(regime.form_code, regime.form_version)
    newer.write_bytes(request_workbook(cycle_id="tien_do_nq_47__2024_1", of_form=form))
    first, second = lines_of(tmp_path)
    assert first["outcome"] == "accepted"
    assert second["outcome"] == "to_complete"
    assert {finding["stage"] for finding in second["findings"]} <= {"identity", "cells", "form"}
    (as_newer,) = lines_of(older, "--regime", "tien_do_nq_47")
    assert as_newer["findings"][0]["rule"] == "form_version_is_current"


def test_findings_stand_under_their_sheet_in_the_senders_words(tmp_path: Path) -> None:
    path = tmp_path / "thieu.xlsx"
    path.write_bytes(fill(request_workbook(), {**GOOD, (MARKS, "F6"): None, (MARKS, "E7"): "maybe"}))
    result = run("check", path)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert "Kết quả: Cần hoàn thiện" in lines
    sheet = lines.index('Trang "Biểu 1"')
    assert lines[sheet + 1].startswith("  [Cần sửa] ")
    assert lines[sheet + 2].startswith("      → ")
    assert "F6" in result.stdout
    assert '"maybe"' in result.stdout
    as_json = run("check", path, "--json")
    assert as_json.exit_code == 1
    data = json.loads(as_json.stdout)
    assert data["outcome"] == "to_complete"
    assert {f["cell"] for f in data["findings"] if f["severity"] == "error"} == {"E7", "F6"}


def test_what_is_no_workbook_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "thu.xlsx"
    path.write_bytes(b"a letter")
    result = run("check", path)
    assert result.exit_code == 2
    assert "Cả tệp" in result.stdout
    assert "không phải là tệp Excel" in result.stdout


def test_another_form_can_be_named(good: Path) -> None:
    result = run("check", good, "--form", "theo_doi_ttdn@2010.1")
    assert result.exit_code == 1
    assert "mẫu đang dùng: phiên bản 2010.1" in result.stdout
    assert "CODE@VERSION" in run("check", good, "--form", "theo_doi_ttdn").stderr
    assert "1999.9" in refused("check", good, "--form", "theo_doi_ttdn@1999.9")
    assert "'1999'" in refused("check", good, "--period", "1999")


def test_without_a_key_nothing_is_proven_and_that_is_said(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REPORTING_SIGNING_KEY")
    settings.cache_clear()
    result = run("check", good)
    assert "REPORTING_SIGNING_KEY" in result.stderr
    assert "Cần người xử lý" in result.stdout


def test_a_mail_with_malformed_headers_is_told_in_one_line(tmp_path: Path) -> None:
    hostile = b"From: a@so.example\r\nContent-Type: text/plain; charset*\r\n\r\nparsers fail on it"
    path = tmp_path / "la.eml"
    path.write_bytes(hostile)
    (line,) = lines_of(path)
    assert (line["outcome"], line["attachment"]) == ("no_submission", None)
    assert line["sha256"] == hashlib.sha256(hostile).hexdigest()
    assert run("check", path).exit_code == 2


def test_any_files_give_one_line_each_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "Thư mục con").mkdir(parents=True)
    message = EmailMessage()
    message["From"] = "dau-moi@so-1.example"
    message.set_content("Kính gửi")
    message.add_attachment(
        request_workbook(), maintype="application", subtype="octet-stream", filename="Biểu.xlsx"
    )
    contents = {
        "a.xlsx": fill(request_workbook(), GOOD),
        "b.xlsx": b"",
        "c.bin": bytes(range(256)) * 20,
        "d.eml": bytes(message),
        "e.eml": b"\xff\xfe\x00",
        "f.xlsx": b"PK\x03\x04 torn",
        "Thư mục con/g.xlsx": request_workbook(),
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    (folder / "z-broken").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    lines = lines_of(folder)
    expected = sorted(folder / name for name in contents)
    assert [line["file"] for line in lines] == [str(path) for path in expected]
    outcomes = {Path(line["file"]).name: line["outcome"] for line in lines}
    assert outcomes == {
        "a.xlsx": "accepted",
        "b.xlsx": "unreadable",
        "c.bin": "unreadable",
        "d.eml": "to_complete",
        "e.eml": "no_submission",
        "f.xlsx": "unreadable",
        "g.xlsx": "to_complete",
    }
    for line in lines:
        data = contents[str(Path(line["file"]).relative_to(folder))]
        assert line["sha256"] == hashlib.sha256(data).hexdigest()
        assert line["bytes"] == len(data)
        assert (line["findings"] == []) == (line["outcome"] in {"accepted", "no_submission"})


def break_on_reading(monkeypatch: pytest.MonkeyPatch, how: Callable[[], object]) -> None:
    """Let the reading of a file that holds "bad" do this."""

    def breaking(data: bytes, filename: str, form: Form) -> ReadWorkbook:
        if data == b"bad":
            how()
        return read_workbook(data, filename, form)

    monkeypatch.setattr(reporting.intake.files, "read_workbook", breaking)


def take_all_memory() -> None:
    """Raises MemoryError where there is a limit, and may crash."""
    held = []
    while True:
        held.append(bytes(50_000_000))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "Hệ thống dừng khi đọc tệp này"),
        (take_all_memory, "Hệ thống dừng khi đọc tệp này"),
        (lambda: time.sleep(30), "chưa đọc xong tệp này trong thời gian cho phép"),
    ],
    ids=["crash", "memory", "time"],
)
def test_a_file_that_breaks_the_reader_is_told_as_our_fault_and_hides_no_other(
    tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch, how: Callable[[], object], words: str
) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"bad")
    break_on_reading(monkeypatch, how)
    monkeypatch.setattr(isolation, "SECONDS", 2.0)
    first, second = lines_of(bad, good)
    assert (first["outcome"], first["findings"]) == ("system_fault", [])
    assert words in first["question"]
    assert "Đây là lỗi của hệ thống" in first["question"]
    assert (second["outcome"], second["office"]) == ("accepted", "Đồng Nai")
    assert bad.read_bytes() == b"bad"


def test_workbooks_that_break_their_check_are_told_apart_from_the_others(
    tmp_path: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(b"bad")

    def crashing(files: Sequence[WorkbookFile], context: CheckContext) -> list[CheckedWorkbook]:
        if any(file.data == b"bad" for file in files):
            os.kill(os.getpid(), signal.SIGKILL)
        return check_workbooks(files, context)

    monkeypatch.setattr(reporting.intake.files, "check_workbooks", crashing)
    first, second = lines_of(bad, good)
    assert (first["outcome"], second["outcome"]) == ("system_fault", "accepted")


def test_an_archive_is_one_line_with_the_workbooks_in_it(tmp_path: Path, good: Path) -> None:
    path = tmp_path / "Hồ sơ.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("một.xlsx", good.read_bytes())
        archive.writestr("hai.xlsx", fill(request_workbook(), {**GOOD, (MARKS, "E7"): "maybe"}))
        archive.writestr("anh.png", b"\x89PNG\r\n\x1a\n")
    (line,) = lines_of(path)
    assert (line["outcome"], line["office"], line["findings"]) == ("to_complete", "Đồng Nai", [])
    assert [(one["attachment"], one["outcome"]) for one in line["inside"]] == [
        ("một.xlsx", "accepted"),
        ("hai.xlsx", "to_complete"),
    ]
    shown = run("check", path)
    assert shown.exit_code == 1
    assert f"Tệp: {path} › hai.xlsx" in shown.stdout


def test_folders_of_any_kind_end_in_one_line_per_file(tmp_path: Path, good: Path) -> None:
    folder = tmp_path / "in"
    deep = folder.joinpath(*["sâu"] * 100)
    deep.mkdir(parents=True)
    (deep / "a.xlsx").write_bytes(good.read_bytes())
    (folder / "loop").symlink_to(folder)
    (folder / "dead").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    (folder / "none.xlsx").touch()
    with (folder / "sparse.xlsx").open("wb") as sparse:
        sparse.truncate(200 * 1024 * 1024)
    Path(os.fsdecode(os.fsencode(folder) + b"/t\xeam.csv")).write_text("a,b", encoding="utf-8")
    (folder / unicodedata.normalize("NFD", "tệp.docx")).write_bytes(b"PK\x05\x06" + bytes(18))
    result = run("intake", folder, "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(Path(line["file"]).name, line["outcome"]) for line in lines] == [
        ("none.xlsx", "unreadable"),
        ("sparse.xlsx", "unreadable"),
        ("a.xlsx", "accepted"),
        (unicodedata.normalize("NFD", "tệp.docx"), "no_submission"),  # an empty archive
        ("t\\xeam.csv", "to_complete"),
    ]
    assert {line.rpartition(": ")[0].rpartition("/")[2] for line in result.stderr.splitlines()} == {
        "dead", "loop", "pipe",
    }  # fmt: skip


def test_a_blank_form_is_nobodys(tmp_path: Path) -> None:
    path = tmp_path / "new" / "mau.xlsx"
    assert run("workbook", "blank", "theo_doi_ttdn", "2012.1", "--out", path).stdout.strip() == str(path)
    (line,) = lines_of(path)
    assert line["outcome"] == "to_complete"
    before = path.read_bytes()
    assert "--force" in refused("workbook", "blank", "theo_doi_ttdn", "2012.1", "--out", path)
    assert path.read_bytes() == before
    assert run("workbook", "blank", "theo_doi_ttdn", "2012.1", "--out", path, "--force").exit_code == 0
