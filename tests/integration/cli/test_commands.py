"""Commands against a warehouse: what they print, and what they change."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from sqlalchemy import Engine, text

from local_stack.airflow import Ports
from local_stack.stack import POSTGRES_PART, Stack, State, Status
from reporting import archive
from reporting.cycles import work
from reporting.documents import approval, lifecycle
from reporting.mail.delivery import deliver
from reporting.settings import settings
from tests.integration.rehearsed import ISSUE_AT, Rehearsed, vn
from tests.unit.cli.shell import refused, run
from tests.unit.workbook.office import GOOD, fill


def done(*arguments: object) -> str:
    """What a command prints that is done."""
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def data(*arguments: object) -> Any:
    """What a command prints with --json."""
    return json.loads(done(*arguments, "--json"))


def approve(cycle: Rehearsed, kind: str) -> None:
    """Draft a document and let the unit approve it."""
    work.draft_document(cycle.engine, cycle.cycle_id, kind)
    with cycle.engine.begin() as connection:
        document = lifecycle.find(connection, cycle.cycle_id, kind)
        assert document is not None
        assert approval.record_decision(
            connection, cycle.cycle_id, kind, document.version, document.content_hash, "approved", "can_bo"
        )


@pytest.fixture
def asked(small: Rehearsed, tmp_path: Path) -> Rehearsed:
    """The small cycle, its letter registered from the shell, its requests sent."""
    approve(small, "request_letter")
    signed = tmp_path / "3621 da ky.pdf"
    signed.write_bytes(b"%PDF-1.4 signed")
    printed = done(
        "letter", "register", small.cycle_id, "request_letter", "--number", "3621/BTTTT-TTĐN",
        "--date", "3/12/2012", "--signer", "Đỗ Quý Doãn", "--file", signed, "--by", "van_thu",
    )  # fmt: skip
    assert printed == "Công văn đề nghị báo cáo: đã ghi nhận số 3621/BTTTT-TTĐN ngày 3/12/2012.\n"
    assert work.complete_registration(small.engine, small.cycle_id, "request_letter")
    small.go_to(ISSUE_AT)
    work.issue(small.engine, small.cycle_id)
    return small


# -- surroundings ----------------------------------------------------------------------------------


def test_the_local_stack_of_the_clone_is_found(
    asked: Rehearsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = Stack(tmp_path / "stack")
    stack.layout.create()
    ports = Ports(api=1, postgres=int(asked.engine.url.port or 0), smtp=2, worker_logs=3, trigger_logs=4)
    stack.layout.state.write_text(State(ports, True, {}).dump(), "utf-8")
    installed = {
        name: os.environ[name]
        for name in os.environ
        if name.startswith(("AIRFLOW_CONN_REPORTING", "REPORTING_"))
    }
    monkeypatch.setattr(Stack, "environment", lambda self: installed | {"REPORTING_DEMO_PASSWORD": "x"})
    monkeypatch.setenv("REPORTING_LOCAL_DIR", str(tmp_path / "stack"))
    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", "")
    monkeypatch.setenv("REPORTING_ARCHIVE", str(tmp_path / "an archive of my own"))
    settings.cache_clear()
    assert "no local stack runs in" in refused("cycle", "list")

    living = Status((POSTGRES_PART,), (), ports, True)
    monkeypatch.setattr(Stack, "status", lambda self: living)
    assert [row["cycle_id"] for row in data("cycle", "list")] == [asked.cycle_id]
    assert settings().archive == tmp_path / "an archive of my own"
    assert "REPORTING_DEMO_PASSWORD" not in os.environ


# -- cycles ----------------------------------------------------------------------------------------


def test_a_cycle_is_opened_once_and_listed(registered: Engine) -> None:
    arguments = ("cycle", "open", "ttdn_dia_phuong", "2011_2012", "--rehearsal", "3")
    first = run(*arguments)
    cycle_id = "ttdn_dia_phuong__2011_2012__dien_tap_3"
    assert (first.exit_code, first.stdout) == (0, f"{cycle_id}\n")
    assert "cycle_keeper starts its run within two minutes" in first.stderr
    assert "open already" in run(*arguments).stderr
    (row,) = data("cycle", "list")
    assert (row["cycle_id"], row["recipients"], row["outstanding"]) == (cycle_id, 63, 63)
    assert (row["next_step"], row["next_due_at"]) == ("request_letter", "2012-12-03T08:00:00+07:00")
    line = done("cycle", "list").splitlines()[2]
    assert line.split()[:3] == [cycle_id, "Diễn", "tập"]
    assert "Công văn đề nghị báo cáo" in line


def test_an_empty_warehouse_says_how_to_open_a_cycle(registered: Engine) -> None:
    assert "reporting cycle open" in run("cycle", "list").stderr


def test_a_cycle_shows_its_plan_and_who_owes_what(asked: Rehearsed) -> None:
    first, *others = asked.offices
    done(
        "desk", "register", asked.cycle_id, first.short_name, "--registered-number", "12",
        "--document-number", "97/BC-STTTT", "--signed-on", "2012-12-03", "--received-on", "2012-12-03",
        "--signer", "Nguyễn Văn An", "--by", "van_thu",
    )  # fmt: skip
    shown = data("cycle", "show", asked.cycle_id)
    assert shown["cycle"]["now"] == ISSUE_AT.isoformat()
    assert [m["step"] for m in shown["plan"] if m["done_at"]] == ["request_letter", "issue"]
    states = {
        office["reference_code"]: {o["deliverable"]: o["state"] for o in office["obligations"]}
        for office in shown["recipients"]
    }
    assert states[first.reference_code] == {"signed_report": "completed", "data_form": "requested"}
    assert states[others[0].reference_code] == {"signed_report": "requested", "data_form": "requested"}
    printed = done("cycle", "show", asked.cycle_id)
    assert "Gửi đề nghị báo cáo" in printed
    (line,) = [line for line in printed.splitlines() if first.reference_code in line]
    assert "Hoàn thành" in line
    assert "Đã gửi đề nghị" in line
    assert line.split()[-2:] == ["3/12/2012", "0"]
    assert "`reporting cycle list`" in refused("cycle", "show", "nope")


def test_only_who_still_owes_is_shown_when_asked_for(asked: Rehearsed) -> None:
    first, *others = asked.offices
    asked.run(
        "DELETE FROM cycle.reminder_plan p USING cycle.obligation o"
        " WHERE o.obligation_id = p.obligation_id AND o.recipient_id = :r AND o.deliverable = 'data_form'",
        r=first.recipient_id,
    )
    asked.run(
        "DELETE FROM cycle.obligation WHERE recipient_id = :r AND deliverable = 'data_form'",
        r=first.recipient_id,
    )
    done(
        "desk", "register", asked.cycle_id, first.reference_code, "--registered-number", "12",
        "--document-number", "97/BC-STTTT", "--signed-on", "2012-12-03", "--received-on", "2012-12-03",
        "--signer", "Nguyễn Văn An", "--by", "van_thu",
    )  # fmt: skip
    shown = data("cycle", "show", asked.cycle_id, "--outstanding")
    assert [o["reference_code"] for o in shown["recipients"]] == [o.reference_code for o in others]


def test_an_office_gets_more_time_by_its_name(asked: Rehearsed) -> None:
    office = asked.offices[1]
    common = ("--asked-how", "phone", "--reason", "mưa lũ", "--agreed-by", "Lãnh đạo Cục")
    printed = done("cycle", "extend", asked.cycle_id, "bà rịa vũng tàu", "--before", "2013-01-06", *common)
    assert printed == (
        f"{office.short_name} ({office.reference_code}): thời hạn mới trước ngày 6/1/2013; "
        "ngày cuối còn trong hạn: ngày 5/1/2013 (thứ Bảy).\n"
    )
    assert asked.rows(
        "SELECT DISTINCT e.due_at, asked_how, reason, agreed_by, o.recipient_id FROM cycle.extension e"
        " JOIN cycle.obligation o USING (obligation_id) WHERE cycle_id = :c"
    ) == [(vn(2013, 1, 6), "phone", "mưa lũ", "Lãnh đạo Cục", office.recipient_id)]
    similar = refused(
        "cycle", "extend", asked.cycle_id, "Bà Rịa Vũng Tầm", "--through", "2013-01-05", *common
    )
    assert f"Similar names: {office.short_name} ({office.reference_code})" in similar
    assert "must be later" in refused(
        "cycle", "extend", asked.cycle_id, office.reference_code, "--through", "4/1/2013", *common
    )
    assert "The cycle closes" in refused(
        "cycle", "extend", asked.cycle_id, office.reference_code, "--through", "1/2/2013", *common
    )


def test_a_running_cycle_is_changed_and_an_office_followed_from_the_shell(asked: Rehearsed) -> None:
    first, second, third = asked.offices
    by = ("--by", "chuyen_vien", "--reason", "mưa lũ")
    agreed = ("--asked-how", "ministry", "--agreed-by", "Cục trưởng", "--reason", "mưa lũ")
    cycle = asked.cycle_id
    done("cycle", "extend", cycle, "--region", "Đông Nam Bộ", "--through", "5/1/2013", *agreed)
    assert done("cycle", "undo-extension", cycle, "Bà Rịa - Vũng Tàu", *by) == (
        "Đã hủy lần lùi hạn cuối (2 nội dung).\n"
    )
    assert done("cycle", "waive", cycle, "an giang", "--deliverable", "data_form", *agreed) == (
        "Đã miễn 1 nội dung báo cáo.\n"
    )
    assert done("cycle", "undo-waiver", cycle, "an giang", *by) == ("Đã hủy việc miễn 1 nội dung báo cáo.\n")
    printed = done("cycle", "move-deadline", cycle, "--through", "8/1/2013", "--agreed-by", "x", *by)
    assert printed.endswith(
        "thời hạn mới đến hết ngày 8/1/2013; ngày cuối còn trong hạn: ngày 8/1/2013 (thứ Ba).\n"
    )
    assert done("cycle", "move-close", cycle, "--on", "25/1/2013", *by).endswith("17:00 25/1/2013.\n")
    printed = done("cycle", "pause", cycle, "--group", "first_few", "--until", "20/12/2012", *by)
    assert printed == "Đã tạm dừng nhắc 3 cơ quan đến hết ngày 20/12/2012 (thứ Năm).\n"
    assert done("cycle", "unpause", cycle, third.reference_code, *by) == "Đã nhắc trở lại 1 cơ quan.\n"
    done(
        "cycle", "call", cycle, "An Giang", "--with", "bà B", "--summary", "chờ ký", "--promised",
        "14/12/2012", "--by", "chuyen_vien",
    )  # fmt: skip
    assert "CV 3621/BTTTT-TTĐN" in done("cycle", "zalo", cycle, "An Giang")
    history = done("cycle", "log", cycle, "An Giang")
    assert "Trao đổi qua điện thoại với bà B: chờ ký; hẹn ngày 14/12/2012" in history
    assert {line["short_name"] for line in data("cycle", "log", cycle)} >= {None, second.short_name}
    added = done(
        "cycle", "add-office", cycle, "so_tttt_bac_kan", "--like", "Bắc Giang", "--because", "x", "--by", "y"
    )
    assert added == f"so_tttt_bac_kan: mã tra cứu {first.reference_code[:-2]}04.\n"
    printed = done(
        "cycle", "add-obligation", cycle, "An Giang", "data_form", "--because", "x", "--by", "chuyen_vien"
    )
    assert "đã có nội dung data_form" in printed
    assert done("cycle", "withdraw", cycle, *by).startswith(f"{cycle}: đã dừng thực hiện (")
    assert "đã dừng thực hiện từ trước" in done("cycle", "withdraw", cycle, *by)
    assert "was withdrawn" in refused("cycle", "close", cycle, *by)


def test_a_cycle_is_checked_before_its_launch(small: Rehearsed) -> None:
    assert {finding["item"] for finding in data("cycle", "check", small.cycle_id)} >= {"deadline_on_day_off"}
    assert "Lưu ý" in done("cycle", "check", small.cycle_id)
    arguments = ("deadline_on_day_off", "--reason", "theo công văn", "--by", "cuc_truong")
    assert "bỏ qua mục deadline_on_day_off" in done("cycle", "override", small.cycle_id, *arguments)
    assert "theo công văn" in done("cycle", "check", small.cycle_id)


def test_a_cycle_is_closed_early(asked: Rehearsed) -> None:
    done("cycle", "close", asked.cycle_id, "--by", "can_bo", "--reason", "đủ báo cáo")
    assert (
        asked.value("SELECT due_at FROM cycle.milestone WHERE cycle_id = :c AND step = 'close'") == ISSUE_AT
    )
    assert asked.value(
        "SELECT detail->>'reason' FROM audit.event WHERE cycle_id = :c AND kind = 'closed_early'"
    ) == ("đủ báo cáo")
    empty = run("cycle", "close", asked.cycle_id, "--by", "can_bo", "--reason", " ")
    assert (empty.exit_code, "--reason" in empty.stderr) == (2, True)


# -- documents and workbooks -----------------------------------------------------------------------


def test_a_registration_needs_an_approved_draft_and_stands(small: Rehearsed, tmp_path: Path) -> None:
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(b"%PDF-1.4 signed")

    def register(number: str, day: str = "2012-12-03") -> str:
        return refused(
            "letter", "register", small.cycle_id, "request_letter", "--number", number, "--date", day,
            "--signer", "Đỗ Quý Doãn", "--file", signed, "--by", "van_thu",
        )  # fmt: skip

    assert "no request_letter yet" in register("3621/BTTTT-TTĐN")
    work.draft_document(small.engine, small.cycle_id, "request_letter")
    assert "chưa được đơn vị thống nhất" in register("3621/BTTTT-TTĐN")
    approve(small, "request_letter")
    assert "chưa đúng thể thức" in register("3621")
    assert "sau ngày hiện tại" in register("3621/BTTTT-TTĐN", "2012-12-04")


def test_documents_are_shown_and_their_files_copied(asked: Rehearsed, tmp_path: Path) -> None:
    (row,) = data("letter", "show", asked.cycle_id)
    assert (row["kind"], row["version"], row["decision"], row["number"]) == (
        "request_letter", 1, "approved", "3621/BTTTT-TTĐN",
    )  # fmt: skip
    printed = done("letter", "show", asked.cycle_id).splitlines()[2]
    assert "Thống nhất trình ký" in printed
    assert "3621/BTTTT-TTĐN" in printed
    out = tmp_path / "out"
    paths = done("letter", "files", asked.cycle_id, "request_letter", "--out", out).splitlines()
    assert {Path(path).suffix for path in paths} == {".docx", ".pdf"}
    assert (out / "3621 da ky.pdf").read_bytes() == b"%PDF-1.4 signed"
    assert "--force" in refused("letter", "files", asked.cycle_id, "request_letter", "--out", out)
    assert "is registered already" in refused(
        "letter", "register", asked.cycle_id, "request_letter", "--number", "1/BTTTT-X", "--date",
        "2012-12-03", "--signer", "x", "--file", out / "3621 da ky.pdf", "--by", "y",
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["request_letter", "follow_up_letter", "summary_report"])
def test_a_draft_to_look_at_leaves_no_trace(asked: Rehearsed, tmp_path: Path, kind: str) -> None:
    counted = (
        "SELECT (SELECT count(*) FROM cycle.document_version), (SELECT count(*) FROM mart.recipient_status),"
        " (SELECT count(*) FROM audit.event)"
    )
    before = asked.rows(counted)
    paths = done("letter", "draft", asked.cycle_id, kind, "--out", tmp_path / "d", "--no-pdf").splitlines()
    documents = [Document(path) for path in paths if path.endswith(".docx")]
    assert documents
    assert (
        "Bộ Thông tin và Truyền thông".casefold()
        in "\n".join(
            cell.text
            for document in documents
            for table in document.tables
            for row in table.rows
            for cell in row.cells
        ).casefold()
    )
    assert asked.rows(counted) == before


def test_the_workbook_is_the_one_that_was_mailed(asked: Rehearsed, tmp_path: Path) -> None:
    office = asked.offices[0]
    out = tmp_path / "bieu.xlsx"
    done("workbook", "make", asked.cycle_id, office.short_name, "--out", out)
    mailed = asked.value(
        "SELECT a->>'sha256' FROM cycle.message m, jsonb_array_elements(m.attachments) a WHERE cycle_id = :c"
        " AND recipient_id = :r AND step = 'request' AND a->>'filename' LIKE '%.xlsx'",
        r=office.recipient_id,
    )
    assert out.read_bytes() == archive.read(mailed)


def test_before_the_request_there_is_no_workbook(small: Rehearsed, tmp_path: Path) -> None:
    message = refused(
        "workbook", "make", small.cycle_id, small.offices[0].reference_code, "--out", tmp_path / "a.xlsx"
    )
    assert "was not asked yet" in message


def test_the_desk_enters_a_workbook_for_an_office(asked: Rehearsed, tmp_path: Path) -> None:
    office, other = asked.offices[:2]
    path = tmp_path / "nhap.xlsx"
    done("workbook", "make", asked.cycle_id, office.short_name, "--out", path)
    common = ("--reason", "trả lời qua điện thoại ngày 3/12/2012", "--by", "can_bo")
    assert "chưa nhập thay được" in refused("desk", "enter", asked.cycle_id, office.short_name, path, *common)
    path.write_bytes(fill(path.read_bytes(), GOOD))
    of_another = refused("desk", "enter", asked.cycle_id, other.short_name, path, *common)
    assert f"chưa nhập thay được cho {other.short_name}" in of_another
    done("desk", "enter", asked.cycle_id, office.short_name, path, *common)
    assert asked.rows(
        "SELECT recipient_id, channel, outcome, sender FROM intake.submission WHERE cycle_id = :c"
    ) == [(office.recipient_id, "ministry_entry", "accepted", "can_bo")]
    bad = refused(
        "desk", "register", asked.cycle_id, office.short_name, "--registered-number", "12",
        "--document-number", "97", "--signed-on", "2012-12-03", "--received-on", "2012-12-03",
        "--signer", "Nguyễn Văn An", "--by", "van_thu",
    )  # fmt: skip
    assert "chưa đúng thể thức" in bad


# -- mail ------------------------------------------------------------------------------------------


def test_mail_is_halted_and_goes_again(asked: Rehearsed) -> None:
    printed = done("mail", "stop", "--by", "Trực ban", "--reason", "sai địa chỉ")
    assert printed.startswith("Đang dừng gửi thư (Trực ban, ")
    assert printed.endswith("): sai địa chỉ\n")
    asked.run("UPDATE cycle.message SET state = 'queued' WHERE cycle_id = :c")
    held = deliver(asked.engine)
    assert (held.sent, held.left_queued) == (0, 3)
    status = data("mail", "status")
    assert (status["switch"]["is_stopped"], status["switch"]["reason"]) == (True, "sai địa chỉ")
    assert status["messages"] == {asked.cycle_id: {"queued": 3}}
    assert done("mail", "start", "--by", "Trực ban") == "Đang gửi thư bình thường.\n"
    assert deliver(asked.engine).sent == 3
    assert data("mail", "status")["messages"] == {asked.cycle_id: {"sent": 3}}
    assert "Đã gửi" in done("mail", "status")


def test_messages_are_listed_with_what_became_of_them(asked: Rehearsed) -> None:
    office = asked.offices[1]
    asked.run(
        "UPDATE cycle.message SET state = 'failed' WHERE cycle_id = :c AND recipient_id = :r",
        r=office.recipient_id,
    )
    asked.run(
        "INSERT INTO cycle.message_event (message_id, state, occurred_at, detail)"
        " SELECT message_id, 'failed', dated_at, '550 no such box' FROM cycle.message"
        " WHERE cycle_id = :c AND recipient_id = :r",
        r=office.recipient_id,
    )
    assert [row["state"] for row in data("mail", "list", asked.cycle_id)] == ["sent", "failed", "sent"]
    (row,) = data("mail", "list", asked.cycle_id, "--state", "failed", "--state", "ambiguous")
    assert (row["reference_code"], row["detail"]) == (office.reference_code, "550 no such box")
    line = done("mail", "list", asked.cycle_id, "--state", "failed").splitlines()[2]
    assert "Thư đề nghị báo cáo" in line
    assert "Không gửi được" in line
    assert line.endswith("550 no such box")


def test_a_mail_can_be_read_before_it_is_sent(asked: Rehearsed) -> None:
    office = asked.offices[0]
    for step in ("request", "reminder__t_minus_7"):
        printed = done("mail", "preview", asked.cycle_id, step)
        assert office.reference_code in printed
        assert office.name in printed
    assert "no reminder step" in refused("mail", "preview", asked.cycle_id, "close")


# -- upkeep ----------------------------------------------------------------------------------------


@pytest.fixture
def bare(warehouse_url: str, owner_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A warehouse from which every schema of ours was removed."""
    from reporting.database import engine

    monkeypatch.setenv("AIRFLOW_CONN_REPORTING_WAREHOUSE", warehouse_url)
    monkeypatch.setenv("REPORTING_WAREHOUSE_OWNER", owner_url)
    settings.cache_clear()
    made = engine(warehouse_url)
    with made.begin() as connection:
        for schema in ("audit", "mart", "core", "intake", "cycle", "registry"):
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        connection.execute(text("DROP TABLE schema_version"))
    yield made
    made.dispose()
    settings.cache_clear()


def test_a_warehouse_is_brought_up_to_date_from_the_shell(bare: Engine) -> None:
    assert "reporting migrate" in refused("cycle", "list")
    for _ in range(2):
        done("migrate")
        done("registry", "load")
    assert data("cycle", "list") == []
    with bare.connect() as connection:
        offices = connection.scalar(
            text("SELECT count(*) FROM registry.organization WHERE kind = 'province_department'")
        )
    assert offices is not None
    assert offices >= 63


def test_moments_are_given_with_their_offset(asked: Rehearsed) -> None:
    (row, *_) = data("mail", "list", asked.cycle_id)
    assert datetime.fromisoformat(row["dated_at"]) == ISSUE_AT
    assert row["dated_at"].endswith("+07:00")
