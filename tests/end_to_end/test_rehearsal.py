"""The cycle of 2011-2012 through a real Airflow: figures, words in the mails, cells in the workbooks, the
report.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import docx
import openpyxl
import psutil
import pytest

from local_stack.ports import is_open
from local_stack.stack import Stack
from tests.end_to_end.outcome import MINISTRY, SAMPLE, Outcome, text_of, workbook_of

TOTALS = {
    "quy_che": {"2011": 2, "2012": 7},
    "ke_hoach": {"2011": 32, "2012": 14},
    "tap_huan": {"2011": 10, "2012": 20},
    "bao_cao_tong_ket": {"2011": 59, "2012": 50},
    "de_an": {"2011": 0, "2012": 28},
    "phoi_hop_bdbp": {"2011": 10, "2012": 0},
}
DISTINCT = {
    "quy_che": 9,
    "ke_hoach": 37,
    "tap_huan": 30,
    "bao_cao_tong_ket": 61,
    "de_an": 28,
    "phoi_hop_bdbp": 10,
}


def office(name: str) -> str:
    """Address of a department's focal point."""
    return f"dau-moi@so-tttt-{name}.example"


def paragraphs(path: Path) -> str:
    """All text of a docx, tables included."""
    document = docx.Document(str(path))
    cells = (c.text for t in document.tables for r in t.rows for c in r.cells)
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def test_the_figures_are_those_of_the_table(undisturbed: Outcome) -> None:
    summary = undisturbed.summary
    assert summary["totals"] == TOTALS
    assert summary["distinct"] == DISTINCT
    assert summary["recipients"] == summary["requests_sent"] == 63
    assert summary["submissions"]["accepted"] == 63
    assert summary["submissions"]["entered_by_ministry"] == 1
    assert summary["submissions"]["to_complete"] == 6
    assert summary["submissions"]["missing"] == 0
    assert summary["unknown_outcomes"] == {}


def test_exactly_the_two_known_discrepancies_are_found(undisturbed: Outcome) -> None:
    found = {
        (d["measure"], d["indicator"], d["year"], d["stated"], d["computed"])
        for d in undisturbed.summary["discrepancies"]
    }
    assert found == {("total", "quy_che", 2012, 6, 7), ("distinct", "quy_che", None, 8, 9)}
    (total,) = [d for d in undisturbed.summary["discrepancies"] if d["measure"] == "total"]
    assert total["offices"] == [
        "Bình Phước",
        "Hà Nội",
        "TP. Hồ Chí Minh",
        "Lào Cai",
        "Ninh Bình",
        "Quảng Ngãi",
        "Quảng Trị",
    ]


def test_the_tracking_table_is_the_one_that_was_answered(undisturbed: Outcome) -> None:
    def marks(path: Path) -> list[list[str]]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        return [[c.strip().upper() if i > 1 else c for i, c in enumerate(row)] for row in rows]

    wanted, got = marks(SAMPLE), marks(undisturbed.out / "tracking.csv")
    assert [c.lower() for c in got[0]] == [c.lower() for c in wanted[0]]
    assert [row[2:] for row in got] == [row[2:] for row in wanted]
    # The slip of the typist is understood, and written right.
    assert {g[1] for g in got} - {w[1] for w in wanted} == {"Đồng Nai"}


def test_every_office_is_asked_once_with_letter_workbook_and_calendar_entry(undisturbed: Outcome) -> None:
    requests = [m for m in undisturbed.all_mails if "Đề nghị báo cáo" in m["Subject"]]
    assert len(requests) == 63
    for mail in requests:
        assert mail["Subject"].startswith("DIỄN TẬP – [TTDN12-DT1-")
        kinds = sorted((a.get_filename() or "").rpartition(".")[2] for a in mail.iter_attachments())
        assert kinds[0] in {"docx", "ics", "pdf"}
        assert {"ics", "xlsx"} < set(kinds)
        words = text_of(mail)
        assert "không có giá trị thực hiện" in words
        assert "đến hết ngày 31/12/2012 (thứ Hai)" in words
        assert "Đề nghị không gửi thông tin, tài liệu thuộc bí mật nhà nước qua thư điện tử." in words


def test_reminders_go_only_to_those_who_still_owe_and_name_what_is_missing(undisturbed: Outcome) -> None:
    sent = undisturbed.summary["reminders_sent"]
    assert list(sent) == ["reminder__t_minus_7", "reminder__t_minus_2", "reminder__t_plus_1"]
    assert sent["reminder__t_minus_7"] > sent["reminder__t_minus_2"] > sent["reminder__t_plus_1"] > 0
    spared = 0
    for address in undisturbed.addresses:
        subjects = [m["Subject"] for m in undisturbed.mails(address)]
        reminders = [n for n, words in enumerate(subjects) if "Nhắc thời hạn" in words or "sớm gửi" in words]
        receipts = [n for n, words in enumerate(subjects) if "Đã tiếp nhận" in words]
        assert len(receipts) == 1, address
        assert all(n < receipts[0] for n in reminders), f"{address} was reminded after it had answered"
        spared += not reminders
    assert spared == 63 - sent["reminder__t_minus_7"]
    # Its signed report is in, its workbook is not: it is reminded of the workbook alone.
    (last,) = [m for m in undisturbed.mails(office("phu-tho")) if "sớm gửi" in m["Subject"]]
    assert "chưa nhận được tệp số liệu (Excel) của Quý Cơ quan" in text_of(last)
    assert "báo cáo có chữ ký số và tệp số liệu" not in text_of(last)
    assert "Nếu báo cáo đã phát hành, đề nghị cho biết số, ký hiệu, ngày ban hành" in text_of(last)


def test_nobody_gets_anything_twice(undisturbed: Outcome) -> None:
    identifiers = Counter(m["Message-ID"] for m in undisturbed.all_mails)
    assert [i for i, n in identifiers.items() if n > 1] == []


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("tra-vinh", "E6", 'giá trị "đang làm" không phải dấu hợp lệ'),
        ("ninh-thuan", "F8", "đã ghi X nhưng chưa có số, ký hiệu và ngày văn bản"),
        ("binh-dinh", None, "2010.1"),
    ],
)
def test_a_faulty_workbook_comes_back_marked_and_is_then_accepted(
    undisturbed: Outcome, name: str, cell: str | None, words: str
) -> None:
    mails = undisturbed.mails(office(name))
    (asked,) = [m for m in mails if "rà soát, hoàn thiện" in m["Subject"]]
    assert words in text_of(asked)
    assert "từ chối" not in text_of(asked).lower()
    assert "trả lại" not in text_of(asked).lower()
    workbook = openpyxl.load_workbook(io.BytesIO(workbook_of(asked)))
    assert workbook.sheetnames[0] == "Cần hoàn thiện"
    listed = "\n".join(str(c.value) for row in workbook["Cần hoàn thiện"].iter_rows() for c in row if c.value)
    assert words.casefold() in listed.casefold()
    if cell is not None:
        marked = workbook["Biểu 1"][cell]
        assert marked.comment is not None
        assert words.casefold() in marked.comment.text.casefold()
        assert marked.fill.fgColor.rgb.endswith(("C7CE", "0000", "9999", "CCCC"))
    assert any("Đã tiếp nhận" in m["Subject"] for m in mails), "accepted in the end"


def test_another_offices_file_is_answered_with_the_senders_own_form(undisturbed: Outcome) -> None:
    mails = undisturbed.mails(office("quang-ninh"))
    (asked,) = [m for m in mails if "rà soát, hoàn thiện" in m["Subject"]]
    assert "Quảng Bình" in text_of(asked)
    assert "đúng tệp của Quý Cơ quan" in text_of(asked)
    workbook = openpyxl.load_workbook(io.BytesIO(workbook_of(asked)))
    cover = {str(row[1].value): row[2].value for row in workbook["Thông tin chung"].iter_rows()}
    assert cover["Cơ quan báo cáo"] == "Sở Thông tin và Truyền thông tỉnh Quảng Ninh"
    assert any("Đã tiếp nhận" in m["Subject"] for m in mails), "accepted in the end"


def test_an_office_that_slips_in_its_name_is_simply_understood(undisturbed: Outcome) -> None:
    subjects = [m["Subject"] for m in undisturbed.mails(office("dong-nai"))]
    assert any("Đã tiếp nhận" in s for s in subjects)
    assert not any("hoàn thiện" in s for s in subjects)


def test_the_office_that_never_answered_is_told_what_the_ministry_entered_for_it(
    undisturbed: Outcome,
) -> None:
    mails = undisturbed.mails(office("bac-giang"))
    assert sum("Nhắc thời hạn" in m["Subject"] for m in mails) == 2
    (told,) = [m for m in mails if "Đã tiếp nhận" in m["Subject"]]
    assert "theo nội dung đã trao đổi với Quý Cơ quan" in text_of(told)
    assert not [m for m in undisturbed.mails(MINISTRY) if "bac-giang" in m["From"]]


def test_who_is_late_on_the_day_is_urged_by_a_numbered_letter(undisturbed: Outcome) -> None:
    assert undisturbed.summary["urged"] == 1
    (mail,) = [m for m in undisturbed.all_mails if "Công văn đôn đốc" in m["Subject"]]
    assert mail["To"].addresses[0].addr_spec == office("bac-giang")
    assert "chậm nhất hết ngày 11/1/2013 (thứ Sáu)" in text_of(mail)
    (copy,) = mail.iter_attachments()
    assert (copy.get_filename() or "").startswith("cong-van-don-doc_MAU")
    words = paragraphs(undisturbed.out / "cong-van-don-doc.docx")
    assert "Ngày 03/12/2012, Bộ Thông tin và Truyền thông có Công văn số 9001/BTTTT-TTĐN" in words
    assert "của 62/63 Sở; còn Sở Thông tin và Truyền thông tỉnh Bắc Giang chưa gửi" in words


def test_the_report_says_the_computed_figures_and_no_more(undisturbed: Outcome) -> None:
    words = paragraphs(undisturbed.out / "bao-cao-tong-hop.docx")
    assert "9/63 tỉnh, thành phố ban hành Quy chế quản lý nhà nước về thông tin đối ngoại" in words
    assert "37/63 tỉnh, thành phố" in words
    assert "30/63 tỉnh, thành phố" in words
    assert "28/63 tỉnh, thành phố" in words
    assert "10/63 tỉnh, thành phố" in words
    for internal in ("nhắc", "đôn đốc", "chênh lệch", "nhập thay"):
        assert internal not in words.lower(), internal


def test_letter_004_is_generated_with_our_figures_and_its_table(undisturbed: Outcome) -> None:
    words = paragraphs(undisturbed.out / "cong-van-trien-khai.docx")
    assert "9/63 tỉnh, thành phố ban hành Quy chế" in words
    assert "28/63 tỉnh, thành phố có đề án thông tin đối ngoại" in words
    assert "BẢNG THEO DÕI CÔNG TÁC THÔNG TIN ĐỐI NGOẠI CỦA CÁC TỈNH, THÀNH PHỐ NĂM 2011 – 2012" in words


def test_the_appendix_has_the_shape_of_the_letters_table(undisturbed: Outcome) -> None:
    workbook = openpyxl.load_workbook(undisturbed.out / "phu-luc.xlsx", data_only=True)
    rows = [[c.value for c in row] for row in workbook.worksheets[0].iter_rows()]
    (total,) = [r for r in rows if "Tổng" in r]
    assert [v for v in total if v != "Tổng"][-12:] == [2, 7, 32, 14, 10, 20, 59, 50, 0, 28, 10, 0]
    (tay_ninh,) = [r for r in rows if "Tây Ninh" in r]
    assert [bool(v) for v in tay_ninh[2:14]] == [
        True,
        False,
        True,
        True,
        False,
        True,
        True,
        True,
        False,
        True,
        False,
        False,
    ]
    header = next(i for i, r in enumerate(rows) if r[0] in {"Stt", "STT"})
    assert rows[header + 1][2:14] == [2011, 2012] * 6 or rows[header + 1][2:14] == ["2011", "2012"] * 6


def test_the_reconciliation_sheet_names_the_offices_behind_a_discrepancy(undisturbed: Outcome) -> None:
    workbook = openpyxl.load_workbook(undisturbed.out / "phieu-doi-chieu.xlsx")
    words = "\n".join(
        str(c.value) for sheet in workbook for row in sheet.iter_rows() for c in row if c.value is not None
    )
    assert "Bình Phước, Hà Nội, TP. Hồ Chí Minh, Lào Cai, Ninh Bình, Quảng Ngãi" in words
    assert "212/BTTTT-TTĐN" in words


def test_the_rehearsal_leaves_no_process_and_no_port(undisturbed: Outcome) -> None:
    stack = str(undisturbed.stack)
    mine = [
        p.info for p in psutil.process_iter(["pid", "cmdline"]) if stack in " ".join(p.info["cmdline"] or [])
    ]
    assert mine == []
    status = Stack(undisturbed.stack).status()
    assert status.living == ()
    assert status.ports is not None
    assert not any(is_open(p) for p in (status.ports.api, status.ports.postgres, status.ports.smtp))
