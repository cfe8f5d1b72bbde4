"""States of the document axis: entered by hand, imported from CSV, shown, waited for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from reporting.documents import dispatch
from reporting.documents.lifecycle import RefusedEntryError
from tests.integration.rehearsed import Rehearsed, vn
from tests.unit.cli.shell import refused, run

KIND = "request_letter"
AT = vn(2012, 12, 3, 15)


@pytest.fixture
def sent(small: Rehearsed) -> Rehearsed:
    """The request is registered and issued; it is the afternoon of 5/12/2012."""
    small.issue()
    small.go_to(vn(2012, 12, 5, 16))
    return small


def record(cycle: Rehearsed, office: str, state: dispatch.State, at: datetime = AT, note: str = "") -> bool:
    with cycle.engine.begin() as connection:
        return dispatch.record(
            connection, cycle.cycle_id, KIND, office, state, at, note=note or None, by="van_thu"
        )


def imported(cycle: Rehearsed, lines: str, *, encoding: str = "utf-8") -> dispatch.Reading:
    with cycle.engine.begin() as connection:
        return dispatch.import_states(
            connection, cycle.cycle_id, KIND, lines.encode(encoding), "trang_thai.csv", "van_thu"
        )


def counts(cycle: Rehearsed) -> dispatch.Counts:
    with cycle.engine.connect() as connection:
        (found,) = dispatch.counts(connection, cycle.cycle_id)
    return found


def test_each_state_is_noted_once_and_the_latest_holds(sent: Rehearsed) -> None:
    first, second, _ = sent.offices
    assert record(sent, first.reference_code, "sent")
    assert not record(sent, first.reference_code.lower(), "sent")
    assert record(sent, first.name, "accepted", vn(2012, 12, 4, 8))
    assert record(sent, second.organization_id, "refused", vn(2012, 12, 4, 9), "gửi sai nơi")
    found = counts(sent)
    assert (found.sent, found.arrived, found.accepted, found.refused) == (0, 0, 1, 1)
    assert found.refused_by == (f"{second.short_name} ({second.reference_code}): gửi sai nơi",)
    assert sent.value("SELECT count(*) FROM audit.event WHERE kind = 'document_dispatched'") == 3
    assert sent.rows("SELECT DISTINCT source, entered_by FROM cycle.dispatch") == [("nhập tay", "van_thu")]


@pytest.mark.parametrize(
    ("office", "at", "words"),
    [
        ("TTDN12-DT1-99", AT, "Văn bản không gửi cơ quan nào"),
        (" ", AT, "không có mã cơ quan"),
        ("TTDN12-DT1-01", vn(2012, 12, 2, 23, 59), "trước ngày văn bản"),
        ("TTDN12-DT1-01", vn(2012, 12, 5, 16, 1), "sau thời điểm hiện tại"),
    ],
)
def test_what_cannot_be_is_refused(sent: Rehearsed, office: str, at: datetime, words: str) -> None:
    with pytest.raises(RefusedEntryError, match=words):
        record(sent, office, "sent", at)
    assert sent.value("SELECT count(*) FROM cycle.dispatch") == 0


def test_nothing_is_noted_of_a_letter_without_number(small: Rehearsed) -> None:
    with pytest.raises(RefusedEntryError, match="chưa được cấp số"):
        record(small, small.offices[0].reference_code, "sent")


@pytest.mark.parametrize(
    ("separator", "encoding"),
    [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8")],
    ids=["comma", "bom", "tab"],
)
def test_a_file_is_imported_once_whatever_its_separator(
    sent: Rehearsed, separator: str, encoding: str
) -> None:
    first, second, third = sent.offices
    lines = [
        ["Tên cơ quan", "Trạng thái", "Thời điểm", "Ghi chú", "Cột khác"],
        [first.name, "Đã tiếp nhận", "04/12/2012 08:15", "", "x"],
        [first.name, "đã gửi", "2012-12-03 15:00", "", ""],
        [second.short_name, "Từ chối tiếp nhận", "9:05 04/12/2012", "gửi sai nơi", ""],
        ["", "", "", "", ""],
        [third.reference_code, "Đã đến", "2012-12-04T09:00:00+07:00", "", ""],
    ]
    content = "\r\n".join(separator.join(line) for line in lines)
    reading = imported(sent, content, encoding=encoding)
    assert (len(reading.new), reading.known_count, reading.refused) == (4, 0, ())
    assert [e.state for e in reading.new] == ["sent", "accepted", "arrived", "refused"]
    found = counts(sent)
    assert (found.sent, found.arrived, found.accepted, found.refused) == (0, 1, 1, 1)
    again = imported(sent, content, encoding=encoding)
    assert (again.new, again.known_count) == ((), 4)
    assert sent.value("SELECT count(*) FROM cycle.dispatch") == 4
    assert sent.value("SELECT DISTINCT source FROM cycle.dispatch") == "trang_thai.csv"


def test_rows_that_cannot_stand_are_refused_alone_with_their_line(sent: Rehearsed) -> None:
    first = sent.offices[0]
    reading = imported(
        sent,
        "Mã cơ quan;Trạng thái;Thời điểm;Ghi chú\n"
        f'="{first.reference_code}";Đã gửi;03/12/2012 15:00;\n'
        f"{first.reference_code};Đang bay;03/12/2012 15:00;\n"
        f"{first.reference_code};Đã đến;hôm qua;\n"
        f'{first.reference_code};Đã đến;04/12/2012;"=HYPERLINK(""http://x.example"")"\n'
        "Sở Thông tin và Truyền thông tỉnh An Gian;Đã gửi;03/12/2012 15:00;\n",
    )
    assert [e.reference_code for e in reading.new] == [first.reference_code]
    assert [row.line for row in reading.refused] == [3, 4, 5, 6]
    state, moment, formula, office = (row.problem for row in reading.refused)
    assert 'Trạng thái "Đang bay" không có trong danh sách: Đã gửi, Đã đến' in state
    assert "03/12/2012 14:05" in moment
    assert "dấu của công thức" in formula
    assert f"An Giang ({first.reference_code})" in office


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "không có nội dung"),
        ("Mã cơ quan,Ghi chú\nx,y\n".encode(), "thiếu cột: Trạng thái, Thời điểm"),
        ("Mã cơ quan,Trạng thái\n".encode("utf-16"), "không ở dạng UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(sent: Rehearsed, data: bytes, words: str) -> None:
    with sent.engine.begin() as connection, pytest.raises(RefusedEntryError, match=words):
        dispatch.read_states(connection, sent.cycle_id, KIND, data, "trang_thai.csv")


def test_a_refusal_waits_for_a_person_until_it_was_sent_again(sent: Rehearsed) -> None:
    office = sent.offices[1]
    assert "Từ chối" not in run("intake", "waiting").stdout
    record(sent, office.reference_code, "refused", note="gửi sai nơi")
    shown = run("intake", "waiting").stdout
    assert "Văn bản bị từ chối tiếp nhận trên Trục liên thông" in shown
    assert office.short_name in shown
    assert "gửi sai nơi" in shown
    record(sent, office.reference_code, "sent", vn(2012, 12, 4, 9))
    assert "từ chối" not in run("intake", "waiting").stdout


def test_the_command_previews_then_notes_and_shows(sent: Rehearsed, tmp_path: Path) -> None:
    first, second, _ = sent.offices
    file = tmp_path / "trang_thai.csv"
    file.write_text(
        "Tên cơ quan,Trạng thái,Thời điểm,Ghi chú\n"
        f"{first.name},Đã tiếp nhận,04/12/2012 08:15,\n"
        f"{second.name},Từ chối tiếp nhận,04/12/2012 09:00,gửi sai nơi\n"
        "Sở không có,Đã gửi,03/12/2012 15:00,\n",
        "utf-8",
    )
    arguments = ("letter", "axis", sent.cycle_id, KIND, "--file", file, "--by", "van_thu")
    preview = run(*arguments).stdout
    assert "Xem trước: 2 trạng thái mới, 0 đã có, 1 dòng không ghi nhận được" in preview
    assert "Dòng 4 không ghi nhận" in preview
    assert sent.value("SELECT count(*) FROM cycle.dispatch") == 0
    assert "Đã ghi nhận 2 trạng thái mới" in run(*arguments, "--apply").stdout
    assert "Đã ghi nhận 0 trạng thái mới; 2 đã có" in run(*arguments, "--apply").stdout
    one = (
        "letter", "axis", sent.cycle_id, KIND, "--recipient", first.reference_code, "--state", "accepted",
        "--at", "2012-12-04T08:15", "--by", "van_thu",
    )  # fmt: skip
    assert "đã được ghi nhận trước đó" in run(*one).stdout
    shown = run("letter", "show", sent.cycle_id).stdout
    assert "đã gửi 0, đã đến 0, đã tiếp nhận 1, từ chối tiếp nhận 1." in shown
    assert f"Từ chối tiếp nhận: {second.short_name} ({second.reference_code}): gửi sai nơi" in shown
    assert "Văn bản không gửi cơ quan nào" in refused(
        *(str(part).replace(first.reference_code, "khong co") for part in one)
    )
