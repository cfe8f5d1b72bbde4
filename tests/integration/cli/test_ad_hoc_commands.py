"""`reporting rehearse`, `reporting request`, `reporting question`: what an operator sees."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from reporting import clock
from reporting.cli.app import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def form(tmp_path: Path) -> Path:
    """A form that can stand, as a file."""
    file = tmp_path / "form.yaml"
    content = {
        "title": "Báo cáo nhanh",
        "subject": "báo cáo nhanh",
        "requests": "Báo cáo nhanh tình hình.",
        "groups": ["government_agencies"],
        "deadline_on": (clock.wall_now().date() + timedelta(days=20)).isoformat(),
        "signer": "Nguyễn Văn A",
        "officer": "bà B",
        "approver": "ông C",
    }
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def changed(form: Path, **changes: object) -> str:
    content = yaml.safe_load(form.read_text("utf-8")) | changes
    form.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return str(form)


def test_a_period_is_rehearsed_and_its_digest_written(registered: Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = run("rehearse", "ttdn_dinh_ky_quy", "2024_q1", "--answers", "on_time", "--out", str(out))
    assert ended.exit_code == 0, ended.output
    names = {path.name for path in out.iterdir() if path.is_file()}
    cycle_id = "ttdn_dinh_ky_quy__2024_q1__dien_tap_1"
    assert names == {f"ket-qua-dien-tap_{cycle_id}.md", f"thu-va-van-ban_{cycle_id}.xlsx"}
    again = run("rehearse", "ttdn_dinh_ky_quy", "2024_q1")
    assert "__dien_tap_2" in again.stdout
    assert "Diễn biến theo ngày" in again.stdout
    assert run("rehearse", "ttdn_dinh_ky_quy", "1999_q1").exit_code == 2


def test_a_form_is_checked_and_opened(registered: Engine, form: Path) -> None:
    assert run("request", "check", str(form)).exit_code == 0
    opened = run("request", "open", str(form), "--by", "chuyên viên")
    assert opened.exit_code == 0, opened.output
    today = clock.wall_now().date()
    assert opened.stdout.strip() == f"ad_hoc__{today:%Y_%m_%d}_bao_cao_nhanh"
    refused = run("request", "check", changed(form, signer="", deadline_on=str(date(2020, 1, 1))))
    assert refused.exit_code == 2
    assert "Người ký: chưa ghi." in refused.stderr
    assert "Thời hạn gửi" in refused.stderr


def test_a_question_is_asked_answered_and_listed(registered: Engine, form: Path) -> None:
    parent = run("request", "open", str(form), "--by", "A").stdout.strip()
    until = (clock.wall_now().date() + timedelta(days=10)).isoformat()
    asked = run(
        "question", "ask", parent, "--office", "Đài Truyền hình Việt Nam", "--question", "Vì sao?",
        "--officer", "bà B", "--by", "A", "--through", until,
    )  # fmt: skip
    assert asked.exit_code == 0, asked.output
    cycle_id = asked.stdout.strip()
    told = run("desk", "reply", cycle_id, "Đài Truyền hình Việt Nam", "--text", "Đang làm.", "--by", "A")
    assert told.exit_code == 0, told.output
    for group in ("question", "cycle"):
        listed = run(group, "answers", cycle_id)
        assert "Vì sao?" in listed.stdout
        assert "Đang làm." in listed.stdout
    unknown = run(
        "question", "ask", parent, "--office", "Sở X", "--question", "[Quy chế 2012] Vì sao?",
        "--officer", "bà B", "--by", "A", "--through", until,
    )  # fmt: skip
    assert unknown.exit_code == 2
    assert "không có biểu số liệu" in unknown.stderr
