"""A cycle without a data form, from its opening to its report: who sent which document, and who did not."""

from __future__ import annotations

import csv
import io
from datetime import date
from email.message import EmailMessage
from mailbox import Maildir

import openpyxl
import pytest
from docx import Document
from sqlalchemy import Engine

from reporting.cycles import work
from reporting.cycles.opening import open_cycle
from reporting.documents.lifecycle import Draft
from reporting.intake.channels import collect
from reporting.intake.context import check_context
from reporting.intake.desk import IncomingDocument, register_incoming_document
from reporting.intake.files import Asked
from reporting.intake.process import process_arrivals
from reporting.intake.submissions import NoFormError
from reporting.letters.follow_up import render_follow_up_letter
from reporting.regimes.models import load_regime
from reporting.settings import settings
from reporting.summary import snapshot
from reporting.summary.draft import render_summary_report
from tests.factories import SampleCycle, formless
from tests.integration.rehearsed import Rehearsed, vn

BOTH = ("signed_report", "task_proposals")


@pytest.fixture
def cycle(registered: Engine) -> Rehearsed:
    """The cycle of 2023 as the letter alone asks, without a workbook; its request registered and sent."""
    cycle_id = open_cycle(registered, formless(load_regime("cthd_kl_57")), "2023", "rehearsal")
    found = Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))
    found.register(number="3210/BTTTT-TTĐN")
    found.go_to(vn(2023, 8, 1, 14))
    work.issue(registered, cycle_id)
    return found


def code_of(cycle: Rehearsed, organization_id: str) -> str:
    return str(
        cycle.value(
            "SELECT reference_code FROM cycle.recipient WHERE cycle_id = :c AND organization_id = :o",
            o=organization_id,
        )
    )


def receive(
    cycle: Rehearsed, organization_id: str, on: date, number: int, deliverables: tuple[str, ...] = BOTH
) -> None:
    """The records desk registers a document on the day it was sent."""
    cycle.go_to(vn(on.year, on.month, on.day, 15))
    with cycle.engine.begin() as connection:
        register_incoming_document(
            connection,
            cycle.cycle_id,
            code_of(cycle, organization_id),
            IncomingDocument(
                registered_number=str(1500 + number),
                document_number=f"{number}/BC-UBND",
                signed_on=on,
                sent_on=on,
                received_on=on,
                signer="Nguyễn Văn An",
                capacity="KT.",
                entered_by="van_thu",
                deliverables=deliverables,
            ),
        )


def draft(cycle: Rehearsed) -> Draft:
    with cycle.engine.begin() as connection:
        return render_summary_report(connection, cycle.cycle_id)


def paragraphs(made: Draft) -> list[str]:
    return [p.text for p in Document(io.BytesIO(made.files[0].data)).paragraphs if p.text.strip()]


def test_the_report_counts_what_came_in_time_late_in_part_and_not_at_all(cycle: Rehearsed) -> None:
    receive(cycle, "bo_quoc_phong", date(2023, 8, 21), 97)
    receive(cycle, "ubnd_an_giang", date(2023, 8, 25), 98, ("signed_report",))
    receive(cycle, "ubnd_ca_mau", date(2023, 8, 28), 99)
    cycle.go_to(vn(2023, 9, 20, 17))
    work.close(cycle.engine, cycle.cycle_id)
    cycle.go_to(vn(2023, 11, 15, 8))

    made = draft(cycle)
    body = paragraphs(made)
    assert any(
        "Công văn số 3210/BTTTT-TTĐN ngày 01/8/2023 đề nghị 89 cơ quan" in p
        and "thời hạn gửi trước ngày 26/8/2023" in p
        for p in body
    )
    assert (
        "Tính đến ngày 15/11/2023, 2/89 cơ quan đã gửi đủ các văn bản được đề nghị; "
        "01 cơ quan đã gửi một phần, 86 cơ quan chưa gửi." in body
    )
    assert (
        "Số cơ quan gửi đủ theo từng nhóm: Bộ, cơ quan ngang bộ 1/20; Cơ quan thuộc Chính phủ 0/6; "
        "UBND 63 tỉnh, thành phố trực thuộc Trung ương 1/63." in body
    )
    assert (
        "Đã nhận của 3/89 cơ quan, trong đó 02 cơ quan gửi đúng hạn, 01 cơ quan gửi chậm; "
        "còn 86 cơ quan chưa gửi." in body
    )
    assert any(p.startswith("[Cục Thông tin đối ngoại bổ sung nội dung tổng hợp từ 3 văn bản") for p in body)
    assert body[-1] != "[[bảng theo dõi]]"

    table = Document(io.BytesIO(made.files[0].data)).tables[-1]
    rows = {row.cells[1].text: [cell.text for cell in row.cells] for row in table.rows}
    assert len(table.rows) == 1 + 3 + 89
    assert rows["Bộ Quốc phòng"] == [
        "1",
        "Bộ Quốc phòng",
        *["Số 97/BC-UBND ngày 21/8/2023; gửi đúng hạn"] * 2,
    ]
    assert rows["Ủy ban nhân dân tỉnh An Giang"][2:] == [
        "Số 98/BC-UBND ngày 25/8/2023; gửi đúng hạn",
        "Chưa gửi",
    ]
    assert rows["Ủy ban nhân dân tỉnh Cà Mau"][3] == "Số 99/BC-UBND ngày 28/8/2023; gửi chậm 3 ngày"
    assert [row.cells[0].text for row in table.rows if row.cells[0].text == row.cells[1].text] == [
        "Bộ, cơ quan ngang bộ",
        "Cơ quan thuộc Chính phủ",
        "UBND 63 tỉnh, thành phố trực thuộc Trung ương",
    ]
    assert "2/89" in made.body_markdown
    assert "nội dung tổng hợp của báo cáo do đơn vị bổ sung" in made.body_markdown

    files = {file.role: file.data for file in made.files}
    appendix = openpyxl.load_workbook(io.BytesIO(files["appendix"]))
    assert appendix.sheetnames == ["Theo cơ quan", "Văn bản đã nhận", "Chưa gửi"]
    documents = list(appendix["Văn bản đã nhận"].iter_rows(min_row=5, values_only=True))
    assert [(row[1], row[3], row[7], row[9]) for row in documents] == [
        ("Bộ Quốc phòng", "97/BC-UBND", "1597", "gửi đúng hạn"),
        ("Ủy ban nhân dân tỉnh An Giang", "98/BC-UBND", "1598", "gửi đúng hạn"),
        ("Ủy ban nhân dân tỉnh Cà Mau", "99/BC-UBND", "1599", "gửi chậm 3 ngày"),
    ]
    missing = list(appendix["Chưa gửi"].iter_rows(min_row=5, values_only=True))
    assert len(missing) == 87
    lines = list(csv.DictReader(io.StringIO(files["tracking"].decode("utf-8"))))
    assert len(lines) == 89
    assert {line["signed_report_timeliness"] for line in lines} == {"on_time", "late", "missing"}


def test_drafted_and_published_like_any_report_and_stable(cycle: Rehearsed) -> None:
    receive(cycle, "bo_quoc_phong", date(2023, 8, 21), 97)
    assert draft(cycle) == draft(cycle)
    cycle.go_to(vn(2023, 9, 20, 17))
    work.close(cycle.engine, cycle.cycle_id)
    cycle.go_to(vn(2023, 11, 15, 8))
    assert work.draft_document(cycle.engine, cycle.cycle_id, "summary_report") == 1
    assert work.draft_document(cycle.engine, cycle.cycle_id, "summary_report") == 1
    cycle.register("summary_report", "117/BC-BTTTT")
    work.complete_registration(cycle.engine, cycle.cycle_id, "summary_report")
    cycle.go_to(vn(2023, 11, 15, 15))
    assert work.publish(cycle.engine, cycle.cycle_id)


def test_with_nothing_received_the_report_says_so_and_invents_nothing(cycle: Rehearsed) -> None:
    body = paragraphs(draft(cycle))
    assert any("chưa nhận được văn bản của cơ quan nào" in p for p in body)
    assert "Chưa có văn bản để tổng hợp." in body
    assert not any(p.startswith("[") for p in body)


def test_a_workbook_that_was_not_asked_for_is_put_aside_with_the_reason(cycle: Rehearsed) -> None:
    message = EmailMessage()
    message["From"] = "dau-moi@bo-quoc-phong.example"
    message["To"] = "baocao@ttdn.bo-chu-tri.example"
    message["Subject"] = f"Re: [{code_of(cycle, 'bo_quoc_phong')}] Báo cáo"
    message["Message-ID"] = "<1@bo-quoc-phong.example>"
    message.set_content("Kính gửi.")
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    message.add_attachment(
        book.getvalue(),
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename="So lieu.xlsx",
    )
    Maildir(settings().channels.removeprefix("maildir:"), create=True).add(message)
    collect(cycle.engine)
    result = process_arrivals(cycle.engine)
    assert (result.handled, result.put_aside) == (1, 1)
    ((outcome, note),) = cycle.rows("SELECT outcome, note FROM intake.arrival")
    assert outcome == "quarantined"
    assert "không đề nghị gửi tệp số liệu; tệp So lieu.xlsx được lưu" in note
    assert cycle.value("SELECT count(*) FROM intake.submission") == 0


def test_what_needs_a_form_says_that_there_is_none(cycle: Rehearsed) -> None:
    with cycle.engine.begin() as connection:
        with pytest.raises(NoFormError, match="không đề nghị gửi tệp số liệu"):
            check_context(connection, cycle.cycle_id)
        with pytest.raises(LookupError, match="asks for no data form"):
            snapshot.take(connection, cycle.cycle_id)
        with pytest.raises(LookupError, match="has no follow_up_letter"):
            render_follow_up_letter(connection, cycle.cycle_id, None)
    with pytest.raises(NoFormError, match="không có biểu mẫu số liệu"):
        Asked(formless(load_regime("cthd_kl_57")), "2023")


@pytest.mark.parametrize(("regime", "period"), [("ct_hanh_dong_nq_47", "2024"), ("ke_hoach_ttdn", "2023")])
def test_a_cycle_without_day_and_report_runs_to_its_close(
    regime: str, period: str, registered: Engine
) -> None:
    cycle_id = open_cycle(registered, load_regime(regime), period, "rehearsal")
    cycle = Rehearsed(registered, SampleCycle(cycle_id, f"rehearsal:{cycle_id}", ()))
    assert work.draft_document(registered, cycle_id, "request_letter") == 1
    cycle.register(number="1234/BTTTT-TTĐN")
    for step, done in (
        ("issue", work.issue),
        ("reminder__i_plus_20", lambda e, c: work.remind(e, c, "reminder__i_plus_20")),
    ):
        cycle.go_to(cycle.step(step)[0])
        done(registered, cycle_id)
    assert len(cycle.mails("reminder__i_plus_20")) > 60
    cycle.go_to(cycle.step("urging_letter")[0])
    assert work.draft_document(registered, cycle_id, "urging_letter") == 1
    cycle.go_to(cycle.step("close")[0])
    assert work.close(registered, cycle_id) > 60
    with pytest.raises(work.LapsedError):
        work.draft_document(registered, cycle_id, "summary_report")
