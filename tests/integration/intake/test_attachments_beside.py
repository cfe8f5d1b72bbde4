"""What comes beside the workbook: kept, shown to the officer, linked to the register, its prose compared."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime

import pytest
from docx import Document
from typer.testing import CliRunner

from reporting.cli.app import app
from reporting.clock import VIETNAM
from reporting.intake.channels import collect
from reporting.intake.desk import DeskError, register_incoming_document
from reporting.intake.process import process_arrivals
from reporting.intake.prose import side_by_side
from reporting.intake.prose_document import document
from reporting.intake.showing import shown
from reporting.intake.waiting import waiting
from tests.integration.intake.conftest import AskedCycle, reply
from tests.integration.intake.test_desk import GOOD

AN_GIANG, BAC_GIANG = "so_tttt_an_giang", "so_tttt_bac_giang"
SCAN = b"\x89PNG\r\n\x1a\n" + b"x" * 90_000


def report() -> bytes:
    """A signed report as an office writes it."""
    made = Document()
    for line in (
        "BÁO CÁO\nCông tác thông tin đối ngoại năm 2012",
        "Thực hiện công văn của Bộ, Sở báo cáo như sau:",
        "I. KẾT QUẢ THỰC HIỆN",
        "1. Về chỉ đạo, điều hành",
        "Sở đã tham mưu ban hành 03 kế hoạch.",
        "II. KHÓ KHĂN, VƯỚNG MẮC",
        "Phần lớn cán bộ kiêm nhiệm.",
        "III. ĐỀ XUẤT, KIẾN NGHỊ",
        "Đề nghị Bộ mở lớp tập huấn.",
    ):
        made.add_paragraph(line)
    table = made.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Lớp", "02"
    saved = io.BytesIO()
    made.save(saved)
    return saved.getvalue()


@pytest.fixture
def sent(asked: AskedCycle) -> int:
    """The number of a mail with workbook, report, scan, logo and an archive nobody opens."""
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))
    asked.receive(
        reply(
            asked.address(AN_GIANG),
            ("so-lieu.xlsx", asked.filled(AN_GIANG).save()),
            ("Báo cáo.docx", report()),
            ("quet.png", SCAN),
            ("logo.png", SCAN[:3000]),
            ("anh.rar", b"Rar!\x1a\x07\x01\x00"),
        )
    )
    collect(asked.engine)
    process_arrivals(asked.engine)
    return int(str(asked.scalar("SELECT arrival_id FROM intake.arrival")))


def test_every_file_is_kept_with_whose_it_is(asked: AskedCycle, sent: int) -> None:
    assert asked.rows(
        "SELECT t.position, t.filename, t.role, t.problem IS NOT NULL, r.organization_id"
        " FROM intake.attachment t JOIN cycle.recipient r USING (recipient_id) ORDER BY position"
    ) == [
        (1, "so-lieu.xlsx", "workbook", False, AN_GIANG),
        (2, "Báo cáo.docx", "document", False, AN_GIANG),
        (3, "quet.png", "document", False, AN_GIANG),
        (4, "logo.png", "picture", False, AN_GIANG),
        (5, "anh.rar", "archive", True, AN_GIANG),
    ]
    with asked.engine.connect() as connection:
        found = shown(connection, sent)
        with pytest.raises(LookupError, match="99999"):
            shown(connection, 99999)
    assert [one["outcome"] for one in found["submissions"]] == ["accepted"]
    assert [one["step"] for one in found["answers"]] == ["receipt"]
    assert found["signs"] == ["địa chỉ gửi là đầu mối của An Giang"]
    assert found["decisions"] == []


def test_the_report_stands_beside_the_workbook_and_is_read_once(asked: AskedCycle, sent: int) -> None:
    def compare() -> list[tuple[str, str]]:
        with asked.engine.begin() as connection:
            compared = side_by_side(connection, asked.cycle_id, asked.code(AN_GIANG))
        assert compared.source is not None
        assert compared.source.filename == "Báo cáo.docx"
        assert [other.filename for other in compared.others] == ["quet.png"]
        assert compared.rest.startswith("BÁO CÁO Công tác")
        assert all(section.in_workbook for section in compared.sections)
        assert document(compared).startswith(b"PK")
        return [(section.label, section.in_report) for section in compared.sections]

    assert compare() == [
        ("Kết quả", "1. Về chỉ đạo, điều hành\nSở đã tham mưu ban hành 03 kế hoạch."),
        ("Khó khăn, vướng mắc", "Phần lớn cán bộ kiêm nhiệm."),
        ("Nguyên nhân", ""),
        ("Đề xuất, kiến nghị", "Đề nghị Bộ mở lớp tập huấn.\nLớp 02"),
    ]
    kept = asked.rows(
        "SELECT filename, prose <> '' FROM intake.attachment WHERE prose IS NOT NULL ORDER BY 1"
    )
    assert kept == [("Báo cáo.docx", True), ("quet.png", False)]
    with asked.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE intake.attachment SET prose = replace(prose, '03', '04') WHERE role = 'document'"
        )
    assert "04 kế hoạch" in compare()[0][1], "what was read once is not read again"


def test_a_file_that_came_by_mail_is_the_scan_of_a_registered_document(asked: AskedCycle, sent: int) -> None:
    linked = replace(GOOD, filename=None, file=None, attachment=(sent, 2))

    def register(document: object = linked, office: str = AN_GIANG) -> int:
        with asked.engine.begin() as connection:
            return register_incoming_document(connection, asked.cycle_id, asked.code(office), document)  # type: ignore[arg-type]

    with pytest.raises(DeskError, match="của cơ quan khác"):
        register(office=BAC_GIANG)
    with pytest.raises(DeskError, match=f"reporting intake show {sent}"):
        register(replace(linked, attachment=(sent, 77)))
    with pytest.raises(DeskError, match="một trong hai"):
        register(replace(GOOD, attachment=(sent, 2)))
    assert register() == register()
    assert asked.rows("SELECT filename, arrival_id, attachment_position FROM intake.incoming_document") == [
        ("Báo cáo.docx", sent, 2)
    ]
    with asked.engine.begin() as connection:
        compared = side_by_side(connection, asked.cycle_id, asked.code(AN_GIANG))
        assert compared.source is not None
        assert compared.source.document_number == GOOD.document_number
        assert compared.source.signed_on == date(2012, 12, 10)
        (entry,) = shown(connection, sent)["documents"]
    assert (entry["registered_number"], entry["position"]) == (GOOD.registered_number, 2)


def test_a_mail_with_only_the_report_waits_until_it_is_registered(asked: AskedCycle) -> None:
    asked.set_clock(datetime(2012, 12, 12, 17, tzinfo=VIETNAM))
    asked.receive(reply(asked.address(AN_GIANG), ("Báo cáo.docx", report())))
    collect(asked.engine)
    process_arrivals(asked.engine)
    with asked.engine.begin() as connection:
        (item,) = [one for one in waiting(connection) if one.kind == "arrival"]
        assert item.arrival_id is not None
        linked = replace(GOOD, filename=None, file=None, attachment=(item.arrival_id, 1))
        register_incoming_document(connection, asked.cycle_id, asked.code(AN_GIANG), linked)
        assert [one for one in waiting(connection) if one.kind == "arrival"] == []
        (decision,) = shown(connection, item.arrival_id)["decisions"]
    assert (decision["by"], decision["kind"]) == ("van_thu", "arrival_settled")


def test_the_shell_shows_a_delivery_and_the_comparison(asked: AskedCycle, sent: int) -> None:
    told = CliRunner().invoke(app, ["intake", "show", str(sent)])
    assert told.exit_code == 0, told.output
    for words in ("Đã ghi nhận", "Báo cáo.docx · văn bản", "anh.rar", "loại rar", "An Giang", "Đạt"):
        assert words in told.output
    compared = CliRunner().invoke(app, ["intake", "prose", asked.cycle_id, asked.code(AN_GIANG)])
    assert compared.exit_code == 0, compared.output
    assert "Phần lớn cán bộ kiêm nhiệm." in compared.output
